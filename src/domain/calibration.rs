//! How often readings of one kind, carried by one pattern of evidence, are right: fitted on labelled envelopes by
//! `calibrate`, applied by `extract`. A probability for each reading, and for each group of readings the
//! figure from which they were so seldom wrong that no person need look.

use super::Profile;
use serde::{Deserialize, Serialize};

/// What kind of value a reading is, as far as engines err on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    Name,
    Date,
    Number,
    Choice,
    Country,
    Address,
    Contact,
    Amount,
    Flag,
    Text,
}

/// Which independent looks agree on a value, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// A check digit or signature, and something else that says the same.
    Proven,
    /// Three papers or more.
    Papers3,
    /// Two papers.
    Papers2,
    /// Two places of one paper: its machine-readable zone and its print, or two of its pages.
    Places2,
    /// One place, read alike by two engines.
    Engines2,
    /// One place, one engine, or marks that geometry alone tells.
    Engine1,
}

/// Where the value stands that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// Printed on a paper.
    Print,
    /// In a place of a form, typed or by hand.
    Form,
}

/// What speaks for one reading and against it, as a calibration sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Signals {
    pub kind: ValueKind,
    pub pattern: Pattern,
    pub medium: Medium,
    /// Some place of the envelope says another value.
    pub contested: bool,
    /// Surest and least sure of those that agree, before calibration, 0 to 1.
    pub most: f64,
    pub least: f64,
    /// The surest that says another value, 0 when none does.
    pub other: f64,
    /// Letters and digits of the value.
    pub length: u32,
}

/// Number of coefficients of the model.
pub const COEFFICIENTS: usize = 26;

impl Signals {
    /// Group of readings whose errors are counted together.
    #[must_use]
    pub fn group(&self) -> Group {
        Group { kind: Some(self.kind), pattern: self.pattern, medium: Some(self.medium), contested: self.contested }
    }

    /// What the model weighs: a constant, log-odds of the confidences, length, then one place for each pattern, kind and medium.
    #[must_use]
    pub fn features(&self) -> [f64; COEFFICIENTS] {
        let mut x = [0.0; COEFFICIENTS];
        x[0] = 1.0;
        x[1] = log_odds(self.most);
        x[2] = log_odds(self.least);
        x[3] = self.other;
        x[4] = f64::from(self.length.max(1)).ln();
        x[5] = f64::from(u8::from(self.contested));
        x[6] = f64::from(u8::from(self.medium == Medium::Form));
        x[7 + self.pattern as usize] = 1.0;
        x[13 + self.kind as usize] = 1.0;
        // Handwriting: one engine more tells more of a form than of print, and a long value more than a short one.
        x[23] = if self.medium == Medium::Form { log_odds(self.least) } else { 0.0 };
        x[24] = if self.pattern >= Pattern::Engines2 { log_odds(self.least) } else { 0.0 };
        x[25] = if self.pattern >= Pattern::Engines2 { x[4] } else { 0.0 };
        x
    }
}

fn log_odds(confidence: f64) -> f64 {
    let p = confidence.clamp(0.02, 0.98);
    (p / (1.0 - p)).ln()
}

/// Readings whose errors are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Group {
    /// None: all kinds, for those of which too few were seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ValueKind>,
    pub pattern: Pattern,
    /// None: any medium and any stronger pattern as well, where those of one pattern are too few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    pub contested: bool,
}

impl Group {
    /// The next wider group: of all kinds, then of all patterns in which several places agree. One place alone is never
    /// counted with several.
    #[must_use]
    pub fn wider(self) -> Option<Self> {
        match (self.kind, self.medium) {
            (Some(_), _) => Some(Self { kind: None, ..self }),
            (None, Some(_)) if self.pattern <= Pattern::Places2 => Some(Self { pattern: Pattern::Places2, medium: None, ..self }),
            _ => None,
        }
    }
}

/// What was counted of a group, and from where on it needs no person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupFigures {
    #[serde(flatten)]
    pub group: Group,
    /// Readings seen, and how many of them were wrong.
    pub seen: u32,
    pub wrong: u32,
    /// Probability from which readings are accepted; none: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Of those from there on: how many, how many wrong, and the share of wrong ones that is exceeded in one case of twenty
    /// (Clopper and Pearson, 1934).
    pub accepted: u32,
    pub accepted_wrong: u32,
    pub bound: f64,
}

/// A fitted file of `pipelines/calibration/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    pub id: String,
    /// Reading stages and engines that it was fitted for; for others only proofs count.
    pub reads: String,
    /// SHA-256 over the truth of the envelopes, and how many they were.
    pub data: String,
    pub envelopes: u32,
    pub readings: u32,
    /// Upper bound of the error that a group must keep to be accepted.
    pub target: f64,
    /// Of [`Signals::features`].
    pub coefficients: Vec<f64>,
    #[serde(default)]
    pub groups: Vec<GroupFigures>,
}

impl Calibration {
    /// Probability that the reading is right.
    #[must_use]
    pub fn probability(&self, signals: &Signals) -> f64 {
        probability(&self.coefficients, &signals.features())
    }

    /// What was counted of the group of this reading, or of the narrowest wider one that was counted.
    #[must_use]
    pub fn figures(&self, signals: &Signals) -> Option<&GroupFigures> {
        std::iter::successors(Some(signals.group()), |g| g.wider()).find_map(|group| self.groups.iter().find(|g| g.group == group))
    }

    /// True when readings like this one need no person.
    #[must_use]
    pub fn accepts(&self, signals: &Signals) -> bool {
        self.accepts_at(signals, self.probability(signals))
    }

    /// The same for a reading that another model gave this probability.
    #[must_use]
    pub fn accepts_at(&self, signals: &Signals, probability: f64) -> bool {
        self.figures(signals).and_then(|g| g.from).is_some_and(|from| probability >= from)
    }
}

/// The logistic model: what coefficients make of features.
#[must_use]
pub fn probability(coefficients: &[f64], features: &[f64; COEFFICIENTS]) -> f64 {
    let score: f64 = coefficients.iter().zip(features).map(|(w, x)| w * x).sum();
    1.0 / (1.0 + (-score).exp())
}

/// On what ground the machine may accept a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Ground {
    /// Calibrations are there, none for this recipe.
    Proofs,
    /// No calibration at all: what two papers say alike.
    #[default]
    Agreement,
    Calibrated(Box<Calibration>),
}

/// How far the machine may decide alone.
#[derive(Clone, Copy, Debug)]
pub struct Latitude<'a> {
    pub profile: Profile,
    pub ground: &'a Ground,
}

impl Ground {
    /// The calibration that was fitted for these stages and engines.
    #[must_use]
    pub fn of(calibrations: &[Calibration], reads: &str) -> Self {
        match calibrations.iter().rev().find(|c| c.reads == reads) {
            Some(fitting) => Self::Calibrated(Box::new(fitting.clone())),
            None if calibrations.is_empty() => Self::Agreement,
            None => Self::Proofs,
        }
    }

    /// Name for artefacts and the contract.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Proofs => "proofs-1",
            Self::Agreement => "agreement-1",
            Self::Calibrated(calibration) => &calibration.id,
        }
    }
}
