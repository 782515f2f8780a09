//! What stands around a question: the head, the list of points, the end, the constat.

use super::case::{Case, OpenPoint, Standing, act_words, document_label, field_of, label, permit_label, request_label};
use crate::catalogue::Catalogue;
use crate::domain::{AgentId, Constat, Decision, FieldValue, Instant, LineStatus, Outcome, Reading};
use crate::web::{french, values};

/// Which envelope this is.
pub(super) struct Head {
    pub request: String,
    pub about: String,
    pub progress: String,
}

/// A word on what was just recorded.
pub(super) struct Notice {
    pub tone: &'static str,
    pub words: String,
}

/// One line of the list of points.
pub(super) struct Point {
    pub href: String,
    pub label: String,
    pub state: String,
    pub tone: &'static str,
    pub tick: &'static str,
    pub current: bool,
}

/// What is said when no question is left.
pub(super) struct Done {
    pub title: &'static str,
    pub sentence: String,
    /// Document and article.
    pub missing: Vec<(String, String)>,
    pub confirm_incomplete: bool,
    /// The missing documents as shown, in JSON: they come back with the confirmation.
    pub state: String,
    pub waiting: bool,
}

/// The constat and the readings, folded under the question.
pub(super) struct Summary {
    pub outcome: String,
    pub filing: String,
    pub lines: Vec<Line>,
    pub fields: Vec<Field>,
    pub findings: Vec<String>,
}

pub(super) struct Line {
    pub href: String,
    pub piece: String,
    pub status: &'static str,
    pub tone: &'static str,
    pub because: String,
    pub rule: String,
}

pub(super) struct Field {
    pub href: String,
    pub label: String,
    pub value: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub because: String,
}

impl Head {
    pub(super) fn new(catalogue: &Catalogue, case: &Case) -> Self {
        let (file, received) = (&case.delivery.file, french::short_date(case.delivery.registered_at.date_in_paris()));
        let holding = case.open.iter().filter(|p| p.holds).count() as u64;
        let progress = match (&case.standing, holding) {
            (Standing::Waiting, 0) => "Plus aucun point à vérifier".to_owned(),
            (Standing::Waiting, n) => french::count(n, "point à vérifier", "points à vérifier"),
            (Standing::Filed(_), _) => "Dossier déposé".to_owned(),
            (Standing::Working, _) => "En cours de traitement".to_owned(),
            (Standing::Retired, _) => "Pli remplacé".to_owned(),
        };
        Self { request: request(catalogue, case), about: format!("{file}, {}, reçu le {received}", french::pages(&case.pages)), progress }
    }
}

/// « Étudiant – Renouvellement », with what is known of it.
pub(in crate::web) fn request(catalogue: &Catalogue, case: &Case) -> String {
    let said = case.extraction.as_ref().map(|x| x.with_corrections(&case.corrections));
    let text = |r: &Reading| match &r.value {
        Some(FieldValue::Text(id)) => Some(id.clone()),
        _ => None,
    };
    let permit = said.as_ref().and_then(|x| text(&x.permit)).map(|id| permit_label(catalogue, &id));
    let request = said.as_ref().and_then(|x| text(&x.request)).map(|id| request_label(catalogue, &id));
    match (permit, request) {
        (Some(permit), Some(request)) if permit == request => permit,
        (Some(permit), Some(request)) => format!("{permit} – {request}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "Demande à identifier".to_owned(),
    }
}

impl Notice {
    /// The last answer of this agent, for a minute.
    pub(super) fn of(catalogue: &Catalogue, case: &Case, agent: Option<&AgentId>, now: Instant) -> Option<Self> {
        let last = case.corrections.last().filter(|c| Some(&c.agent) == agent && now <= c.at.plus_seconds(60))?;
        let words = if last.subject == "envelope" {
            "Enregistré.".to_owned()
        } else {
            format!("Enregistré – {} : {}", label(catalogue, case, &last.subject), act_words(catalogue, &last.subject, &last.act))
        };
        Some(Self { tone: "green", words })
    }
}

impl Point {
    /// The open points in their order, then the answered ones.
    pub(super) fn all(catalogue: &Catalogue, case: &Case, open: &[OpenPoint], current: Option<&str>) -> Vec<Self> {
        let make = |subject: &str, state: String, tone, tick| Self {
            href: format!("/verifier/{}?point={subject}", case.id),
            label: label(catalogue, case, subject),
            state,
            tone,
            tick,
            current: current == Some(subject),
        };
        let state = |p: &OpenPoint| if p.holds { "à vérifier" } else { "facultatif" }.to_owned();
        let asked: Vec<&OpenPoint> = open.iter().filter(|p| !case.is_confirmation(p)).collect();
        let mut points: Vec<Self> =
            asked.iter().map(|p| make(&p.subject, state(p), if p.holds { "amber" } else { "" }, if p.holds { "?" } else { "○" })).collect();
        let mut told: Vec<&str> = open.iter().map(|p| p.subject.as_str()).collect();
        for correction in case.corrections.iter().rev() {
            let subject = correction.subject.as_str();
            if subject != "envelope" && !told.contains(&subject) {
                told.push(subject);
                points.push(make(subject, act_words(catalogue, subject, &correction.act), "green", "✓"));
            }
        }
        points
    }
}

impl Done {
    pub(super) fn new(catalogue: &Catalogue, case: &Case) -> Self {
        let said = |title, sentence: &str| Self {
            title,
            sentence: sentence.to_owned(),
            missing: Vec::new(),
            confirm_incomplete: false,
            state: String::new(),
            waiting: false,
        };
        match (&case.standing, &case.constat) {
            (Standing::Filed(words), _) => said("Dossier déposé", words),
            (Standing::Retired, _) => said("Pli remplacé", "Le dépôt a été découpé autrement : les nouveaux plis sont dans la liste."),
            (Standing::Waiting, Some(constat)) if case.open.iter().any(|p| p.holds && !case.is_confirmation(p)) => {
                said("Point déjà traité", french::outcome(constat))
            }
            (Standing::Waiting, Some(constat))
                if constat.outcome == Outcome::Incomplete && !constat.incomplete_confirmed(&case.corrections) =>
            {
                Self { confirm_incomplete: true, ..Self::incomplete(catalogue, constat) }
            }
            (Standing::Waiting, Some(constat)) if constat.outcome == Outcome::Review => said(
                "Complétude à établir",
                "Aucun point précis n’est ouvert, mais la complétude n’est pas établie. Signalez ce pli au chef de section.",
            ),
            (Standing::Waiting | Standing::Working, _) => Self {
                waiting: true,
                ..said("Le pli est en cours de traitement", "Vos réponses sont enregistrées ; le constat est refait avec elles.")
            },
        }
    }

    fn incomplete(catalogue: &Catalogue, constat: &Constat) -> Self {
        let missing = constat.checklist.iter().filter(|l| l.status == LineStatus::Missing);
        Self {
            title: "Dossier incomplet ?",
            sentence: "Tous les points sont vérifiés. Ces pièces n’ont pas été trouvées dans le pli :".to_owned(),
            missing: missing.map(|l| (document_label(catalogue, l.piece.as_str()), l.article.clone())).collect(),
            confirm_incomplete: false,
            state: serde_json::to_string(&constat.missing()).unwrap_or_default(),
            waiting: false,
        }
    }
}

impl Summary {
    pub(super) fn new(catalogue: &Catalogue, case: &Case) -> Self {
        let constat = case.constat.as_ref();
        Self {
            outcome: constat.map_or("pas encore établi", french::outcome).to_owned(),
            filing: constat.map_or_else(String::new, |c| {
                format!("date de dépôt : {} ({})", french::short_date(c.filing_date.value), french::filing_basis(c.filing_date.basis))
            }),
            lines: constat.map(|c| lines(catalogue, case, c)).unwrap_or_default(),
            fields: fields(catalogue, case),
            findings: constat.map(|c| c.findings.iter().map(|f| f.message.clone()).collect()).unwrap_or_default(),
        }
    }
}

fn lines(catalogue: &Catalogue, case: &Case, constat: &Constat) -> Vec<Line> {
    let tone = |status| match status {
        LineStatus::Present => "green",
        LineStatus::Missing => "red",
        LineStatus::Doubtful => "amber",
        LineStatus::NotRequired | LineStatus::AtCollection => "",
    };
    let line = |l: &crate::domain::ChecklistLine| Line {
        href: format!("/verifier/{}?point=checklist:{}", case.id, l.piece),
        piece: document_label(catalogue, l.piece.as_str()),
        status: french::line_status(l.status),
        tone: tone(l.status),
        because: l.because.clone(),
        rule: format!("{} ({})", l.article, french::rank(l.rank)),
    };
    constat.checklist.iter().map(line).collect()
}

fn fields(catalogue: &Catalogue, case: &Case) -> Vec<Field> {
    let Some(extraction) = &case.extraction else { return Vec::new() };
    let said = extraction.with_corrections(&case.corrections);
    let known = catalogue.fields.iter().map(|f| f.id.clone()).filter(|id| said.fields.contains_key(id));
    let unknown = said.fields.keys().filter(|id| catalogue.field(id.as_str()).is_none()).cloned();
    let order: Vec<_> = known.chain(unknown).collect();
    let whole = [field(catalogue, case, "permit", &said.permit), field(catalogue, case, "request", &said.request)];
    let fields = order.iter().filter_map(|id| said.fields.get(id).map(|reading| field(catalogue, case, &format!("field:{id}"), reading)));
    whole.into_iter().chain(fields).collect()
}

fn field(catalogue: &Catalogue, case: &Case, subject: &str, reading: &Reading) -> Field {
    let def = field_of(catalogue, subject);
    let (state, tone) = match reading.decision {
        Decision::Accepted => ("Établi", "green"),
        Decision::Confirmed => ("Confirmé", "green"),
        Decision::Absent => ("Rien d’inscrit", ""),
        Decision::Review => ("À vérifier", "amber"),
    };
    Field {
        href: format!("/verifier/{}?point={subject}", case.id),
        label: def.as_ref().map_or_else(|| subject.to_owned(), |d| d.label.clone()),
        value: reading.value.as_ref().map(|v| values::show(v, def.as_ref())).unwrap_or_default(),
        state,
        tone,
        because: reading.because.clone(),
    }
}
