//! The part of the program, the part of people, the texts and the rights: the same for everybody but for a few figures.

use super::{Matter, law, papers, privacy};
use crate::domain::{CorrectionAct, Decision, Extraction, LineStatus, Rank};
use crate::french::{capital, count, labels, list};
use std::collections::BTreeSet;

pub(super) fn program(matter: &Matter<'_>, said: &Extraction) -> Vec<String> {
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

pub(super) fn people(matter: &Matter<'_>, confirmed: bool) -> Vec<String> {
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
    words.extend(looked_at(matter));
    words.extend(confirmed.then(|| "Un agent a confirmé que votre dossier est incomplet.".to_owned()));
    if matter.corrections.is_empty() {
        words.push("Aucun agent n’a encore changé ni confirmé un point de votre demande.".to_owned());
    }
    words
}

/// What agents did with pages and with what the program signalled, without saying what it was.
fn looked_at(matter: &Matter<'_>) -> Vec<String> {
    use CorrectionAct::{Acknowledge, ReadAgain, Reclassify, ReplacePage, Turn};
    let any = |wanted: fn(&CorrectionAct) -> bool| matter.corrections.iter().filter(|c| c.subject != "envelope").any(|c| wanted(&c.act));
    let pages = any(|act| matches!(act, Reclassify { .. } | Turn { .. } | ReadAgain | ReplacePage { .. }));
    let signals = any(|act| matches!(act, Acknowledge));
    let said = [
        (pages, "Un agent a regardé des pages, par exemple pour dire quel document chacune est."),
        (signals, "Un agent a regardé des points que le programme avait signalés."),
    ];
    said.iter().filter(|(done, _)| *done).map(|(_, words)| (*words).to_owned()).collect()
}

/// The texts behind the lines that were applied, each once.
pub(super) fn laws(matter: &Matter<'_>) -> Vec<String> {
    let applied = matter.constat.checklist.iter().filter(|l| l.rank == Rank::Texte && l.status != LineStatus::NotRequired);
    let mut seen = BTreeSet::new();
    let words = applied.map(|l| law::in_words(&l.article)).filter(|w| !w.is_empty() && seen.insert(w.clone()));
    words.map(|w| capital(&w)).collect()
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

pub(super) const RIGHTS: [&str; 5] = [
    "Un renseignement est faux ? Vous pouvez le faire corriger (article 16 du règlement général sur la protection des données, RGPD).",
    "Vous pouvez demander une copie des données qui vous concernent (article 15 du RGPD).",
    "Vous pouvez demander cette explication à tout moment (articles L311-3-1 et R311-3-1-2 du code des relations entre le public et \
     l’administration).",
    "Écrivez à la préfecture qui traite votre demande, ou à son délégué à la protection des données. Donnez la référence écrite en haut de \
     cette page.",
    "Si la réponse ne vous convient pas, vous pouvez écrire à la Commission nationale de l’informatique et des libertés (CNIL).",
];
