//! One open point as a question: the cut-out, what was read, why a person, and the answers that are possible.

use super::case::{Case, OpenPoint, act_words, document_label, field_of, label};
use crate::catalogue::{Catalogue, FieldDef, FieldKind};
use crate::domain::{Delivery, EnvelopeId, Evidence, FieldValue, INCONNU, Reading, Rect};
use crate::web::french;
use crate::web::values::{self, Entry};

/// Choices up to this number are shown as radio buttons: all are seen, and Enter answers.
const FEW: usize = 8;

/// The inputs of an answer.
pub(super) enum Input {
    Text { value: String, hint: String, numeric: bool },
    Choice { value: String, options: Vec<(String, String)> },
    Radios { value: String, options: Vec<(String, String)> },
    Address { parts: [String; 6] },
    Buttons { buttons: Vec<Button> },
}

pub(super) struct Button {
    pub value: &'static str,
    pub words: &'static str,
    pub key: &'static str,
}

/// A place of a page, cut out.
#[derive(Clone)]
pub(super) struct Cut {
    pub src: String,
    /// The whole page with the place marked.
    pub whole: String,
    pub page: u32,
    pub source: String,
}

/// Another place that was read.
pub(super) struct Other {
    pub cut: Option<Cut>,
    pub value: String,
    pub source: String,
}

/// A reading that the agent may take as it is.
pub(super) struct Alternative {
    /// The value in JSON; only one of the evidence is taken back.
    pub entry: String,
    pub value: String,
    pub source: String,
}

/// What the agent had before the eyes, what stands now, and what was answered.
pub(super) struct Conflict {
    pub seen: String,
    pub now: String,
    pub answer: String,
}

/// One question.
#[expect(clippy::struct_excessive_bools, reason = "each is one button of the form, shown or not, in any combination")]
pub(super) struct Question {
    pub subject: String,
    pub kicker: String,
    pub label: String,
    pub field_label: String,
    pub reason: String,
    pub read: Option<String>,
    /// What is shown now, in JSON, and how many answers this point had: both come back with the answer.
    pub seen: String,
    pub state: usize,
    pub input: Input,
    pub cut: Option<Cut>,
    pub whole_page: Option<Cut>,
    pub no_cut: String,
    pub others_title: &'static str,
    pub others: Vec<Other>,
    pub pages: Vec<Cut>,
    pub alternatives: Vec<Alternative>,
    /// False for questions that are answered by their buttons alone.
    pub confirms: bool,
    pub confirm_words: &'static str,
    pub can_be_absent: bool,
    pub can_be_illegible: bool,
    /// The question may be put aside without changing anything: a finding about a page or a value was looked at.
    pub can_be_seen: bool,
    pub can_turn: bool,
    pub error: Option<String>,
    pub conflict: Option<Conflict>,
}

impl Question {
    pub(super) fn new(catalogue: &Catalogue, case: &Case, point: &OpenPoint) -> Self {
        let mut question = Self::bare(catalogue, case, point);
        match point.subject.split_once(':') {
            Some(("page" | "piece", _)) => question.about_page(catalogue, case),
            Some(("checklist", piece)) => question.about_line(catalogue, case, piece),
            _ if is_value(&point.subject) => question.about_value(catalogue, case),
            _ => question.about_finding(catalogue, case),
        }
        question
    }

    fn bare(catalogue: &Catalogue, case: &Case, point: &OpenPoint) -> Self {
        let name = label(catalogue, case, &point.subject);
        Self {
            subject: point.subject.clone(),
            kicker: if point.holds { String::new() } else { "Facultatif : ne retient pas le dossier".to_owned() },
            field_label: name.clone(),
            label: name,
            reason: point.reason.clone(),
            read: None,
            seen: serde_json::to_string(&case.shown(&point.subject)).unwrap_or_default(),
            state: case.corrections.iter().filter(|c| c.subject == point.subject).count(),
            input: Input::Buttons { buttons: vec![Button { value: "vu", words: "J’ai vérifié, cela n’empêche rien", key: "v" }] },
            cut: None,
            whole_page: None,
            no_cut: "Aucun endroit du pli n’a été trouvé pour cette question. Feuilletez les pages.".to_owned(),
            others_title: "",
            others: Vec::new(),
            pages: Vec::new(),
            alternatives: Vec::new(),
            confirms: false,
            confirm_words: "Confirmer",
            can_be_absent: false,
            can_be_illegible: false,
            can_be_seen: false,
            can_turn: false,
            error: None,
            conflict: None,
        }
    }

    fn about_value(&mut self, catalogue: &Catalogue, case: &Case) {
        let Some(field) = field_of(catalogue, &self.subject) else { return };
        let reading = case.reading(&self.subject);
        let value = reading.and_then(|r| r.value.as_ref());
        self.read = value.map(|v| values::show(v, Some(&field)));
        self.input = input(&field, value, self.read.clone().unwrap_or_default());
        self.confirms = true;
        (self.can_be_absent, self.can_be_illegible) = (self.subject.starts_with("field:"), true);
        // Answered and asked again: what is asked is no longer the value but a finding about it.
        self.can_be_seen = case.spoken(&self.subject).is_some();
        if self.kicker.is_empty() {
            self.kicker = if field.identity { "Identité" } else { "À confirmer ou à corriger" }.into();
        }
        if let Some(reading) = reading {
            self.places(case, &field, reading);
        }
        self.earlier_word(catalogue, case);
        if self.cut.is_none() {
            self.pages = pages(catalogue, case);
        }
    }

    /// The place of the reading large, the other places small, and their values to be taken.
    fn places(&mut self, case: &Case, field: &FieldDef, reading: &Reading) {
        let own = reading.page.zip(reading.rect).or_else(|| reading.evidence.first().map(|e| (e.page, e.rect)));
        let own = own.filter(|(page, rect)| case.pages.contains(page) && rect.w > 0 && rect.h > 0);
        let source_of =
            |page, rect| reading.evidence.iter().find(|e| e.page == page && e.rect == rect).map_or("endroit lu", french::source);
        self.cut = own.map(|(page, rect)| cut(case, &self.subject, page, rect, source_of(page, rect).to_owned()));
        let elsewhere = |e: &&Evidence| Some((e.page, e.rect)) != own && case.pages.contains(&e.page);
        self.others_title = "Lu aussi à ces endroits";
        for evidence in reading.evidence.iter().filter(elsewhere) {
            let place = (evidence.rect.w > 0 && evidence.rect.h > 0)
                .then(|| cut(case, &self.subject, evidence.page, evidence.rect, french::source(evidence).to_owned()));
            self.others.push(Other { cut: place, value: read_words(evidence, field), source: source_words(evidence) });
        }
        let mut known: Vec<&FieldValue> = reading.value.iter().collect();
        for evidence in &reading.evidence {
            let Some(value) = evidence.value.as_ref().filter(|v| !known.contains(v)) else { continue };
            known.push(value);
            let entry = serde_json::to_string(value).unwrap_or_default();
            self.alternatives.push(Alternative { entry, value: values::show(value, Some(field)), source: source_words(evidence) });
        }
    }

    /// A point that was answered and is open again: the reading changed since, both are shown.
    fn earlier_word(&mut self, catalogue: &Catalogue, case: &Case) {
        let Some(correction) = case.spoken(&self.subject) else { return };
        let said = act_words(catalogue, &self.subject, &correction.act);
        let source = format!("répondu par {} le {}", correction.agent, french::short_date(correction.at.date_in_paris()));
        self.others.insert(0, Other { cut: None, value: said, source });
    }

    fn about_page(&mut self, catalogue: &Catalogue, case: &Case) {
        let page = case.page_of(&self.subject);
        self.whole_page = page.map(|p| whole(case, p, String::new()));
        self.kicker = "Quelle pièce est-ce ?".into();
        self.field_label = "Cette page est".into();
        let kind = case.piece(&self.subject).map(|p| p.kind.to_string()).unwrap_or_default();
        self.read = Some(document_label(catalogue, if kind.is_empty() { INCONNU } else { &kind }));
        let mut options: Vec<(String, String)> = catalogue.documents.iter().map(|d| (d.id.to_string(), d.label.clone())).collect();
        options.sort_by_cached_key(|(_, label)| label.to_lowercase());
        options.push((INCONNU.to_owned(), "Aucune pièce connue (courrier, publicité, autre)".to_owned()));
        self.input = Input::Choice { value: kind, options };
        (self.confirms, self.can_turn, self.can_be_seen) = (true, page.is_some(), true);
    }

    fn about_line(&mut self, catalogue: &Catalogue, case: &Case, piece: &str) {
        let line = case.constat.as_ref().and_then(|c| c.checklist.iter().find(|l| l.piece.as_str() == piece));
        self.kicker = line.map_or_else(
            || "Liste des pièces".to_owned(),
            |l| format!("Liste des pièces · {} · {}", l.article, french::line_class(l.class)),
        );
        self.read = line.map(|l| l.because.clone()).filter(|b| !b.is_empty());
        self.no_cut = "Feuilletez les pages du pli : la pièce y est-elle ?".into();
        self.pages = pages(catalogue, case);
        self.input = Input::Buttons {
            buttons: vec![
                Button { value: "piece-presente", words: "La pièce est là", key: "1" },
                Button { value: "piece-manquante", words: "Elle manque", key: "2" },
                Button { value: "piece-non-demandee", words: "Elle n’est pas demandée ici", key: "3" },
            ],
        };
    }

    fn about_finding(&mut self, catalogue: &Catalogue, case: &Case) {
        self.kicker = "Constat à regarder".into();
        self.no_cut = match self.subject.as_str() {
            "envelope" => "La liste des pièces, sous cette question, dit ce qui reste à établir : ouvrez chaque ligne « À vérifier ».",
            _ => "Ce constat porte sur tout le pli : feuilletez ses pages.",
        }
        .into();
        self.pages = pages(catalogue, case);
    }

    /// The question again, with what was typed and why it was not taken.
    pub(super) fn refused(mut self, typed: Entry, error: String) -> Self {
        match &mut self.input {
            Input::Text { value, .. } | Input::Choice { value, .. } | Input::Radios { value, .. } => *value = typed.text,
            Input::Address { parts } => *parts = typed.address,
            Input::Buttons { .. } => {}
        }
        self.error = Some(error);
        self
    }
}

/// True for what is answered by a value: the permit, the request, a field.
pub(super) fn is_value(subject: &str) -> bool {
    matches!(subject, "permit" | "request") || subject.starts_with("field:")
}

fn input(field: &FieldDef, value: Option<&FieldValue>, shown: String) -> Input {
    let text = |hint: &str, numeric| Input::Text { value: shown.clone(), hint: hint.to_owned(), numeric };
    match field.kind {
        FieldKind::Choice => choices(field, value),
        FieldKind::Flag => {
            let options = vec![("oui".to_owned(), "Oui".to_owned()), ("non".to_owned(), "Non".to_owned())];
            Input::Radios { value: shown, options }
        }
        FieldKind::Address => Input::Address { parts: values::address_parts(value) },
        FieldKind::Date => text("JJ/MM/AAAA, 00 pour une partie inconnue", true),
        FieldKind::Name => text("tel qu’il est écrit, accents et traits d’union compris", false),
        FieldKind::Names => text("dans l’ordre, séparés par des virgules", false),
        FieldKind::Number => text("sans les espaces", false),
        FieldKind::Country => text("le nom du pays ou son code à deux lettres", false),
        FieldKind::Countries => text("pays ou codes à deux lettres, séparés par des virgules", false),
        FieldKind::Telephone => text("dix chiffres, ou + et l’indicatif", true),
        FieldKind::Courriel => text("prenom.nom@exemple.fr", false),
        FieldKind::Amount => text("en euros, par exemple 1 234,50", true),
        FieldKind::Text => text("tel qu’il est écrit", false),
    }
}

fn choices(field: &FieldDef, value: Option<&FieldValue>) -> Input {
    let options = values::choices(field);
    let value = match value {
        Some(FieldValue::Text(id)) => id.clone(),
        _ => String::new(),
    };
    if options.len() <= FEW { Input::Radios { value, options } } else { Input::Choice { value, options } }
}

fn read_words(evidence: &Evidence, field: &FieldDef) -> String {
    match &evidence.value {
        Some(value) => values::show(value, Some(field)),
        None if evidence.raw.is_empty() => "rien de lisible".to_owned(),
        None => evidence.raw.clone(),
    }
}

fn source_words(evidence: &Evidence) -> String {
    let place = format!("page {}, {}", evidence.page, french::source(evidence));
    evidence.proof.map_or(place.clone(), |p| format!("{place}, {}", french::proof(p)))
}

fn cut(case: &Case, subject: &str, page: u32, rect: Rect, source: String) -> Cut {
    let area = format!("page={page}&boite={},{},{},{}", rect.x, rect.y, rect.w, rect.h);
    Cut {
        src: format!("/verifier/{}/extrait?{area}", case.id),
        whole: whole_at(&case.delivery, case.id, page, subject, Some(rect)),
        page,
        source,
    }
}

fn whole(case: &Case, page: u32, source: String) -> Cut {
    Cut {
        src: format!("/depots/{}/pages/{page}/image", case.delivery.id),
        whole: whole_at(&case.delivery, case.id, page, "", None),
        page,
        source,
    }
}

fn pages(catalogue: &Catalogue, case: &Case) -> Vec<Cut> {
    let kind = |page: u32| case.extraction.as_ref().and_then(|x| x.pieces.iter().find(|p| p.pages.contains(&page)));
    let name = |page| kind(page).map(|p| document_label(catalogue, p.kind.as_str())).unwrap_or_default();
    case.pages.iter().map(|&page| whole(case, page, name(page))).collect()
}

/// The whole page, with the way back to this envelope and this point.
fn whole_at(delivery: &Delivery, envelope: EnvelopeId, page: u32, subject: &str, rect: Option<Rect>) -> String {
    let area = rect.map(|r| format!("&boite={},{},{},{}#endroit", r.x, r.y, r.w, r.h)).unwrap_or_default();
    let point = if subject.is_empty() { String::new() } else { format!("&point={subject}") };
    format!("/depots/{}/pages/{page}?pli={envelope}{point}{area}", delivery.id)
}
