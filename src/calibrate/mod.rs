//! Fits how often readings are right: from labelled envelopes to a file of `pipelines/calibration/` and a report.
//!
//! One logistic model gives each reading a probability ([`crate::domain::Signals::features`]). For each group of readings
//! the least probability is sought from which on their error keeps under a bound; a group without such a figure, or with
//! too few readings to show one, is never accepted. Probabilities that decide about a group are out of sample: each
//! third of the envelopes is judged by a model fitted on the other two.
//!
//! Sources: logistic regression by iteratively reweighted least squares (McCullagh and Nelder, 1989, § 2.5) with a ridge;
//! one-sided 95 % bound of a share after Clopper and Pearson (1934).

mod bound;
mod fit;
mod report;

pub use bound::upper_bound;
pub use report::report;

use crate::domain::{COEFFICIENTS, Calibration, Group, GroupFigures, Signals, probability};
use std::collections::BTreeMap;

/// One reading of a labelled envelope.
#[derive(Clone, Debug)]
pub struct Observation {
    /// File that it stands in; readings of one file are never split between fitting and judging.
    pub file: String,
    pub field: String,
    pub signals: Signals,
    pub right: bool,
    /// As read and as labelled, for the report: invented people only.
    pub read: String,
    pub truth: String,
}

/// Names of a fit.
#[derive(Clone, Debug)]
pub struct About {
    pub id: String,
    /// [`crate::line::reads`].
    pub reads: String,
    /// SHA-256 over the labels.
    pub data: String,
    pub envelopes: u32,
    /// Error that the accepted readings of a group must not exceed.
    pub target: f64,
}

/// A fit, and the probability of each observation by a model that did not see its file.
#[derive(Clone, Debug)]
pub struct Fitted {
    pub calibration: Calibration,
    pub out_of_sample: Vec<f64>,
}

/// Parts of the files; each is judged by a model of the others.
const FOLDS: u64 = 3;

/// Fits the model and the groups.
#[must_use]
pub fn fit(about: About, observations: &[Observation]) -> Fitted {
    let rows: Vec<([f64; COEFFICIENTS], bool)> = observations.iter().map(|o| (o.signals.features(), o.right)).collect();
    let folds: Vec<u64> = observations.iter().map(|o| fold(&o.file)).collect();
    let mut out_of_sample = vec![0.0; rows.len()];
    for fold in 0..FOLDS {
        let seen: Vec<_> = rows.iter().zip(&folds).filter(|(_, f)| **f != fold).map(|(r, _)| *r).collect();
        let coefficients = fit::logistic(&seen);
        for (at, (x, _)) in rows.iter().enumerate().filter(|(at, _)| folds[*at] == fold) {
            out_of_sample[at] = probability(&coefficients, x);
        }
    }
    let groups = groups(observations, &out_of_sample, about.target);
    let calibration = Calibration {
        id: about.id,
        reads: about.reads,
        data: about.data,
        envelopes: about.envelopes,
        readings: u32::try_from(observations.len()).unwrap_or(u32::MAX),
        target: about.target,
        coefficients: fit::logistic(&rows).iter().map(|c| (c * 1e6).round() / 1e6).collect(),
        groups,
    };
    Fitted { calibration, out_of_sample }
}

/// FNV-1a: the same part on every machine.
fn fold(file: &str) -> u64 {
    let hash = file.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 32) % FOLDS
}

/// Every group with enough readings; those of the others are counted in the next wider group.
fn groups(observations: &[Observation], probabilities: &[f64], target: f64) -> Vec<GroupFigures> {
    let mut open: BTreeMap<Group, Vec<(f64, bool)>> = BTreeMap::new();
    for (o, p) in observations.iter().zip(probabilities) {
        open.entry(o.signals.group()).or_default().push((*p, o.right));
    }
    // So many without an error show the target; fewer can show nothing.
    let fewest = (3.0 / target).ceil() as usize;
    let mut counted = Vec::new();
    while !open.is_empty() {
        let mut wider: BTreeMap<Group, Vec<(f64, bool)>> = BTreeMap::new();
        for (group, judged) in open {
            match group.wider().filter(|_| judged.len() < fewest) {
                Some(next) => wider.entry(next).or_default().extend(judged),
                None => counted.push(figures(group, judged, target)),
            }
        }
        open = wider;
    }
    counted
}

/// The longest run of the most probable readings whose error keeps under `target`.
fn figures(group: Group, mut judged: Vec<(f64, bool)>, target: f64) -> GroupFigures {
    judged.sort_by(|a, b| b.0.total_cmp(&a.0));
    let seen = u32::try_from(judged.len()).unwrap_or(u32::MAX);
    let mut best = GroupFigures {
        group,
        seen,
        wrong: u32::try_from(judged.iter().filter(|(_, right)| !right).count()).unwrap_or(u32::MAX),
        from: None,
        accepted: 0,
        accepted_wrong: 0,
        bound: 1.0,
    };
    let mut wrong = 0;
    for (at, (p, right)) in judged.iter().enumerate() {
        wrong += u32::from(!right);
        let accepted = u32::try_from(at + 1).unwrap_or(u32::MAX);
        // Readings of one probability are accepted or not together.
        if judged.get(at + 1).is_some_and(|next| next.0 >= *p) {
            continue;
        }
        let bound = upper_bound(wrong, accepted);
        if bound <= target {
            let from = (p * 1e6).floor() / 1e6;
            best = GroupFigures { from: Some(from), accepted, accepted_wrong: wrong, bound: (bound * 1e6).ceil() / 1e6, ..best };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Medium, Pattern, ValueKind};

    fn observation(number: u32, most: f64, right: bool) -> Observation {
        let signals = Signals {
            kind: ValueKind::Date,
            pattern: Pattern::Engines2,
            medium: Medium::Form,
            contested: false,
            most,
            least: most,
            other: 0.0,
            length: 8,
        };
        Observation { file: format!("f{}", number / 4), field: "date".into(), signals, right, read: String::new(), truth: String::new() }
    }

    fn about() -> About {
        About { id: "t".into(), reads: "r".into(), data: "d".into(), envelopes: 1, target: 0.01 }
    }

    #[test]
    fn sure_readings_are_accepted_and_unsure_ones_that_err_are_not() {
        // Of the unsure every fifth is wrong, of the sure none.
        let sure = (0..600).map(|n| observation(n, 0.95, true));
        let unsure = (600..1200).map(|n| observation(n, 0.5, n % 5 != 0));
        let all: Vec<Observation> = sure.chain(unsure).collect();
        let calibration = fit(about(), &all).calibration;
        let (good, bad) = (observation(0, 0.95, true).signals, observation(0, 0.5, true).signals);
        assert!(calibration.accepts(&good) && !calibration.accepts(&bad), "{:?}", calibration.groups);
        assert!((calibration.probability(&bad) - 0.8).abs() < 0.05, "{}", calibration.probability(&bad));
        let group = calibration.figures(&good).unwrap();
        assert!(group.accepted >= 600 && group.accepted_wrong == 0 && group.bound <= 0.01, "{group:?}");
    }

    #[test]
    fn few_readings_show_nothing_even_without_an_error() {
        let all: Vec<Observation> = (0..120).map(|n| observation(n, 0.95, true)).collect();
        let calibration = fit(about(), &all).calibration;
        assert!(!calibration.accepts(&all[0].signals));
    }

    #[test]
    fn a_file_that_was_written_is_read_as_it_was() {
        let all: Vec<Observation> = (0..900).map(|n| observation(n, 0.9, n % 300 != 0)).collect();
        let calibration = fit(about(), &all).calibration;
        let text = toml::to_string(&calibration).unwrap();
        assert_eq!(toml::from_str::<Calibration>(&text).unwrap(), calibration);
    }
}
