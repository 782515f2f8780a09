//! One application explained to the person who made it: short sentences, what is settled, and the rights that follow.

use super::dates::{Counts, dates, filing};
use super::privacy::{self, Kept};
use super::source::{pages, piece_of};
use super::{EXPLANATION, Matter, Standing, law, papers, points, rules, settled, usager_text};
use crate::domain::{
    Address, ChecklistLine, CorrectionAct, Decision, DossierState, Extraction, FieldValue, INCONNU, LineStatus, PartialDate, Rank, Reading,
};
use crate::french::{count, labels, list, long_date, rows, values};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeSet;

/// How many papers are named as the source of one value: the others say the same.
const MOST_SOURCES: usize = 3;

/// What an applicant is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForUsager {
    pub explanation: u32,
    /// To be named when asking.
    pub reference: String,
    pub explained_on: Date,
    /// « DIALLO AWA », once settled.
    pub name: Option<String>,
    pub received: Vec<String>,
    pub understood: Vec<Understood>,
    /// Labels of values that a person still looks at.
    pub checking: Vec<String>,
    /// Labels of places that are empty.
    pub empty: Vec<String>,
    /// What was taken into account and is not copied.
    pub not_copied: Vec<String>,
    pub papers_found: Vec<Found>,
    pub papers_asked: Vec<Asked>,
    pub papers_checking: Vec<String>,
    pub papers_at_collection: Vec<Asked>,
    pub points: Vec<String>,
    pub program: Vec<String>,
    pub people: Vec<String>,
    pub rules: Vec<String>,
    pub dates: Vec<Counts>,
    pub rights: Vec<String>,
}

/// One settled value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Understood {
    pub label: String,
    pub value: String,
    /// « votre passeport, page 3 »
    pub read_on: Vec<String>,
    /// A person confirmed it.
    pub confirmed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    pub paper: String,
    pub pages: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    pub paper: String,
    /// « moins de 6 mois au dépôt, signée »
    pub must_be: String,
    /// In words.
    pub article: String,
}

/// The explanation for the applicant.
#[must_use]
pub fn for_usager(matter: &Matter<'_>) -> ForUsager {
    let said = matter.read.with_corrections(matter.corrections);
    let filed = matches!(matter.standing, Standing::Filed(_));
    let confirmed = matter.constat.incomplete_confirmed(matter.corrections);
    let with = |statuses: &[LineStatus]| lines(matter, statuses);
    // That a paper is missing is a question until an agent confirmed it.
    let asked = if confirmed { with(&[LineStatus::Missing]) } else { Vec::new() };
    let open = if confirmed { with(&[LineStatus::Doubtful]) } else { with(&[LineStatus::Doubtful, LineStatus::Missing]) };
    ForUsager {
        explanation: EXPLANATION,
        reference: matter.envelope.to_string(),
        explained_on: matter.on,
        name: name(&said),
        received: received(matter, &said),
        understood: understood(matter, &said),
        checking: points::checking(matter, &said),
        empty: empty(matter, &said),
        not_copied: not_copied(&said),
        papers_found: found(matter, &said),
        papers_asked: asked.iter().map(|line| ask(matter, &said, line)).collect(),
        papers_checking: open.iter().map(|line| papers::on_a_list(matter.catalogue, line.piece.as_str())).collect(),
        papers_at_collection: with(&[LineStatus::AtCollection]).iter().map(|line| ask(matter, &said, line)).collect(),
        points: if filed { Vec::new() } else { points::points(matter, &said) },
        program: program(matter, &said),
        people: people(matter, confirmed),
        rules: laws(matter),
        dates: dates(matter, &said),
        rights: RIGHTS.iter().map(|words| (*words).to_owned()).collect(),
    }
}

impl ForUsager {
    /// The same as text.
    #[must_use]
    pub fn text(&self) -> String {
        usager_text::text(self)
    }
}

/// Lines by status; a custom of offices asks nothing of anybody.
fn lines<'a>(matter: &Matter<'a>, statuses: &[LineStatus]) -> Vec<&'a ChecklistLine> {
    matter.constat.checklist.iter().filter(|l| statuses.contains(&l.status) && l.rank != Rank::Pratique).collect()
}

fn name(said: &Extraction) -> Option<String> {
    let value = |subject: &str| said.reading(subject).filter(|r| settled(r)).and_then(|r| r.value.as_ref()).map(|v| values::show(v, None));
    let given = value("field:prenoms").map(|names| names.replace(", ", " "));
    let both = [value("field:nom_naissance"), given];
    let both: Vec<String> = both.into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}

fn received(matter: &Matter<'_>, said: &Extraction) -> Vec<String> {
    let settled_text = |reading: &Reading| Some(reading).filter(|r| settled(r)).and_then(super::text).map(str::to_owned);
    let permit = settled_text(&said.permit).map(|id| labels::permit_label(matter.catalogue, &id));
    let request = settled_text(&said.request).map(|id| labels::request_label(matter.catalogue, &id));
    let about: Vec<String> = permit.into_iter().chain(request).collect();
    let mut words = vec![if about.is_empty() {
        "Votre demande de titre de séjour est en cours de lecture.".to_owned()
    } else {
        format!("Votre demande : {}.", about.join(", "))
    }];
    let day = matter.delivery.received_on.unwrap_or_else(|| matter.delivery.registered_at.date_in_paris());
    let arrived = if matter.delivery.received_on.is_some() { "reçue" } else { "enregistrée" };
    let size = count(said.pages.len() as u64, "page", "pages");
    words.push(format!("Elle a été {arrived} le {}, {}. Elle compte {size}.", long_date(day), channel(said)));
    words.push(filing(matter, said));
    words.push(standing(matter.standing).to_owned());
    words
}

fn channel(said: &Extraction) -> &'static str {
    use crate::domain::Channel::{Courriel, EnLigne, Guichet, Pan, Postal};
    match said.channel {
        EnLigne => "par internet",
        Postal => "par la poste",
        Courriel => "par courriel",
        Guichet => "au guichet",
        Pan => "dans un point d’accueil numérique",
    }
}

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Working => "Elle est en cours de lecture.",
        Standing::Waiting => "Un agent vérifie encore certains points.",
        Standing::Filed(DossierState::Complet) => "Votre dossier est complet et enregistré.",
        Standing::Filed(DossierState::Incomplet) => "Un agent a confirmé que votre dossier est incomplet.",
    }
}

fn understood(matter: &Matter<'_>, said: &Extraction) -> Vec<Understood> {
    let fields = matter.fields(said);
    let own = fields.iter().filter_map(|s| Some((s, s.strip_prefix("field:")?))).filter(|(_, id)| quoted(id));
    let readings = own.filter_map(|(s, _)| Some((s, said.reading(s).filter(|r| settled(r))?)));
    readings.filter_map(|(subject, reading)| one(matter, said, subject, reading)).collect()
}

fn quoted(field: &str) -> bool {
    privacy::kept(field).is_none() && !privacy::is_said_elsewhere(field)
}

fn one(matter: &Matter<'_>, said: &Extraction, subject: &str, reading: &Reading) -> Option<Understood> {
    let field = labels::field_of(matter.catalogue, subject);
    let value = match reading.value.as_ref()? {
        FieldValue::PartialDate(date) => partial(*date),
        FieldValue::Address(address) if address.pays.as_deref() == Some("FR") => {
            values::show(&FieldValue::Address(Address { pays: None, ..address.clone() }), None)
        }
        other => values::show(other, field.as_ref()),
    };
    Some(Understood {
        label: field.map_or_else(|| subject.to_owned(), |f| f.label),
        value,
        read_on: read_on(matter, said, reading),
        confirmed: reading.decision == Decision::Confirmed,
    })
}

fn partial(date: PartialDate) -> String {
    match date.mois {
        Some(month) => format!("{month:02}/{} (jour inconnu)", date.annee),
        None => format!("{} (jour et mois inconnus)", date.annee),
    }
}

/// Each paper once, with its page in what the applicant sent: a lot may hold other people’s pages before it.
fn read_on(matter: &Matter<'_>, said: &Extraction, reading: &Reading) -> Vec<String> {
    let place = |page: u32| {
        let kind = piece_of(said, page).map_or(INCONNU, |p| p.kind.as_str());
        Some((kind, own_page(said, page)?))
    };
    let mut kinds = BTreeSet::new();
    let places = pages(reading).into_iter().filter_map(place).filter(|(kind, _)| kinds.insert(*kind));
    let mut places: Vec<(&str, u32)> = places.collect();
    // A paper with a name tells more than one that was not recognised.
    places.sort_by_key(|(kind, _)| *kind == INCONNU);
    places.iter().take(MOST_SOURCES).map(|(kind, page)| format!("{}, page {page}", papers::name(matter.catalogue, kind))).collect()
}

/// The page as the applicant counts: the first one sent is page 1.
fn own_page(said: &Extraction, page: u32) -> Option<u32> {
    said.pages.iter().position(|p| *p == page).and_then(|i| u32::try_from(i + 1).ok())
}

fn empty(matter: &Matter<'_>, said: &Extraction) -> Vec<String> {
    let fields = matter.fields(said);
    let absent = fields.iter().filter(|s| said.reading(s).is_some_and(|r| r.decision == Decision::Absent));
    let own = absent.filter(|s| s.strip_prefix("field:").is_some_and(quoted));
    own.map(|s| labels::subject_label(matter.catalogue, &said.pieces, s)).collect()
}

fn not_copied(said: &Extraction) -> Vec<String> {
    let read = said.fields.iter().filter(|(_, r)| r.value.is_some());
    let kinds: BTreeSet<Kept> = read.filter_map(|(id, _)| privacy::kept(id.as_str())).collect();
    kinds.into_iter().map(|kept| kept.words().to_owned()).collect()
}

/// Every recognised paper once, with its pages.
fn found(matter: &Matter<'_>, said: &Extraction) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    for piece in &said.pieces {
        let pages = piece.pages.iter().filter_map(|p| own_page(said, *p));
        let paper = papers::capital(&papers::name(matter.catalogue, piece.kind.as_str()));
        match all.iter_mut().find(|f| f.paper == paper) {
            Some(found) => found.pages.extend(pages),
            None => all.push(Found { paper, pages: pages.collect() }),
        }
    }
    all
}

fn ask(matter: &Matter<'_>, said: &Extraction, line: &ChecklistLine) -> Asked {
    let row = rules::row(matter, said, line);
    Asked {
        paper: papers::on_a_list(matter.catalogue, line.piece.as_str()),
        must_be: row.map(rows::asks).unwrap_or_default(),
        article: law::in_words(&line.article),
    }
}

fn program(matter: &Matter<'_>, said: &Extraction) -> Vec<String> {
    let readings = || {
        let fields = matter.fields(said);
        let subjects = ["permit".to_owned(), "request".to_owned()].into_iter().chain(fields);
        subjects.filter_map(|s| said.reading(&s)).collect::<Vec<_>>()
    };
    let of = |wanted: &[Decision]| readings().iter().filter(|r| wanted.contains(&r.decision) && !super::nowhere(r)).count() as u64;
    let data = |n: u64| count(n, "renseignement", "renseignements");
    let mut words: Vec<String> = PROGRAM.iter().map(|words| (*words).to_owned()).collect();
    words.push(format!(
        "Pour votre demande : {} par le programme seul, {} par un agent, {} en cours de vérification.",
        count(of(&[Decision::Accepted, Decision::Absent]), "renseignement établi", "renseignements établis"),
        data(of(&[Decision::Confirmed])),
        data(of(&[Decision::Review]))
    ));
    words.extend(matter.constat.urgency.reasons.first().map(|_| {
        "Votre demande est signalée comme urgente. Cela peut changer l’ordre dans lequel elle est vue, et rien d’autre.".to_owned()
    }));
    words
}

fn people(matter: &Matter<'_>, confirmed: bool) -> Vec<String> {
    let about = |wanted: fn(&CorrectionAct) -> bool| -> Vec<String> {
        let mut seen = BTreeSet::new();
        let subjects = matter.corrections.iter().filter(|c| wanted(&c.act)).map(|c| c.subject.as_str()).filter(|s| seen.insert(*s));
        let own = subjects.filter(|s| s.strip_prefix("field:").is_none_or(|id| privacy::kept(id).is_none()));
        own.map(|s| match s.strip_prefix("checklist:") {
            Some(kind) => papers::name(matter.catalogue, kind),
            None => labels::subject_label(matter.catalogue, &[], s),
        })
        .collect()
    };
    let values = about(|act| matches!(act, CorrectionAct::Value { .. } | CorrectionAct::Absent | CorrectionAct::Illegible));
    let judged = about(|act| matches!(act, CorrectionAct::Checklist { .. }));
    let mut words = Vec::new();
    if !values.is_empty() {
        words.push(format!("Un agent a vérifié ces renseignements : {}.", list(&values)));
    }
    if !judged.is_empty() {
        words.push(format!("Un agent a décidé pour ces pièces : {}.", list(&judged)));
    }
    let pages = matter.corrections.iter().any(|c| matches!(c.act, CorrectionAct::Reclassify { .. } | CorrectionAct::Turn { .. }));
    words.extend(pages.then(|| "Un agent a regardé des pages et dit quels documents elles sont.".to_owned()));
    words.extend(confirmed.then(|| "Un agent a confirmé que votre dossier est incomplet.".to_owned()));
    if matter.corrections.is_empty() {
        words.push("Aucun agent n’a encore changé ni confirmé un point de votre demande.".to_owned());
    }
    words
}

/// The texts behind the lines that were applied, each once.
fn laws(matter: &Matter<'_>) -> Vec<String> {
    let applied = matter.constat.checklist.iter().filter(|l| l.rank == Rank::Texte && l.status != LineStatus::NotRequired);
    let mut seen = BTreeSet::new();
    let words = applied.map(|l| law::in_words(&l.article)).filter(|w| !w.is_empty() && seen.insert(w.clone()));
    words.map(|w| papers::capital(&w)).collect()
}

const PROGRAM: [&str; 6] = [
    "Un programme informatique lit les pages, reconnaît les documents et relève les renseignements. Il les compare avec la liste des \
     pièces que les textes prévoient.",
    "Il ne retient seul un renseignement que s’il en a une preuve. Par exemple : un code sécurisé, ou la même chose lue à deux endroits. \
     Sinon, un agent décide.",
    "Il ne décide jamais seul qu’une pièce manque ni qu’un dossier est incomplet : un agent le confirme toujours.",
    "Il ne décide pas si vous avez droit à un titre de séjour.",
    "Pour la liste des pièces, aucune règle ne pèse plus qu’une autre.",
    "Il signale les demandes urgentes, par exemple quand un titre finit bientôt.",
];

const RIGHTS: [&str; 5] = [
    "Un renseignement est faux ? Vous pouvez le faire corriger (article 16 du règlement général sur la protection des données, RGPD).",
    "Vous pouvez demander une copie des données qui vous concernent (article 15 du RGPD).",
    "Vous pouvez demander cette explication à tout moment (articles L311-3-1 et R311-3-1-2 du code des relations entre le public et \
     l’administration).",
    "Écrivez à la préfecture qui traite votre demande, ou à son délégué à la protection des données. Donnez la référence écrite en haut de \
     cette page.",
    "Si la réponse ne vous convient pas, vous pouvez écrire à la Commission nationale de l’informatique et des libertés (CNIL).",
];
