//! What the agent reads: why a value was kept or must be looked at.

use crate::catalogue::FieldDef;
use crate::domain::{Candidate, FieldValue, Finding, LetterMark, Pattern, SealVerdict, Sheet, Source, french};
use std::collections::BTreeMap;

/// The value as an agent would write it.
pub(super) fn shown(value: &FieldValue) -> String {
    match value {
        FieldValue::Bool(true) => "oui".to_owned(),
        FieldValue::Bool(false) => "non".to_owned(),
        FieldValue::Date(d) => french(*d),
        FieldValue::Text(text) => text.clone(),
        FieldValue::List(items) => items.join(" "),
        FieldValue::PartialDate(d) => match d.mois {
            Some(month) => format!("{month:02}/{}", d.annee),
            None => d.annee.to_string(),
        },
        FieldValue::Address(a) => {
            format!("{} {} {} {}", a.numero.as_deref().unwrap_or(""), a.voie, a.code_postal, a.commune).trim().to_owned()
        }
    }
}

/// The form is not legible and the papers are of two persons.
pub(super) fn nobody_named() -> Finding {
    Finding {
        code: "deux_identites".to_owned(),
        subjects: vec!["envelope".to_owned()],
        message: "Le formulaire ne nomme personne lisiblement et les pièces portent deux identités : dire qui demande le titre.".to_owned(),
    }
}

/// The person that the papers were taken for is French, and a French person asks for no title.
pub(super) fn french_applicant() -> Finding {
    Finding {
        code: "deux_identites".to_owned(),
        subjects: vec!["envelope".to_owned()],
        message: "La personne retenue comme demandeur est de nationalité française : dire qui demande le titre.".to_owned(),
    }
}

/// A page that is one of our own letters, sent back.
pub(super) fn returned(sheet: &Sheet) -> Option<Finding> {
    let mark = sheet.mark.as_ref()?;
    let reference = LetterMark::reference(&mark.prefecture, mark.envelope);
    Some(Finding {
        code: "retour_courrier".into(),
        subjects: vec![format!("page:{}", sheet.page)],
        message: format!("La page {} est un de nos courriers, renvoyé : ce pli complète le dossier {reference}.", sheet.page),
    })
}

/// What a person must know of the codes of a page: one that fails its check, and one that only a trial accepts.
pub(super) fn seals(sheet: &Sheet) -> impl Iterator<Item = Finding> {
    sheet.seals.iter().filter_map(|seal| {
        let code = match seal.verdict {
            SealVerdict::Invalide => "signature_2ddoc_invalide",
            SealVerdict::Essai => "signature_2ddoc_essai",
            SealVerdict::Valide | SealVerdict::NonVerifiable => return None,
        };
        Some(Finding { code: code.to_owned(), subjects: vec![format!("page:{}", sheet.page)], message: seal.reason.clone() })
    })
}

/// Where each page says it: « dans la bande MRZ (page 5, clé juste), sur le formulaire (page 2) ».
fn places<'a>(candidates: impl Iterator<Item = &'a Candidate>) -> String {
    let mut pages: BTreeMap<u32, (Source, bool)> = BTreeMap::new();
    for candidate in candidates {
        let (source, proven) = (candidate.evidence.source, candidate.evidence.proof.is_some());
        let entry = pages.entry(candidate.evidence.page).or_insert((source, proven));
        if matches!(source, Source::Mrz | Source::TwoDDoc) {
            *entry = (source, proven || entry.1 && entry.0 == source);
        }
    }
    let named = pages.iter().take(4).map(|(page, (source, proven))| match (source, proven) {
        (Source::Mrz, true) => format!("dans la bande MRZ (page {page}, clé juste)"),
        (Source::Mrz, false) => format!("dans la bande MRZ (page {page})"),
        (Source::Form, _) => format!("sur le formulaire (page {page})"),
        (Source::TwoDDoc, true) => format!("dans le code 2D-Doc (page {page}, signature juste)"),
        (Source::TwoDDoc, false) => format!("dans le code 2D-Doc (page {page}, signature non vérifiée)"),
        _ => format!("page {page}"),
    });
    let list: Vec<String> = named.collect();
    match list.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} et {last}", most.join(", ")),
    }
}

/// Why a value was accepted or goes to a person.
pub(super) fn because<'a>(
    candidates: impl Iterator<Item = &'a Candidate>,
    fit: bool,
    pattern: Pattern,
    against: Option<&Candidate>,
) -> String {
    let places = places(candidates);
    if let Some(other) = against {
        let value = other.value.as_ref().map(shown).unwrap_or_default();
        return format!("Lu {places}, mais « {value} » page {} : à trancher.", other.evidence.page);
    }
    let confirm = if fit { "" } else { ", à confirmer par un agent" };
    match pattern {
        Pattern::Proven | Pattern::Papers3 | Pattern::Papers2 => format!("Lu de façon identique {places}{confirm}."),
        Pattern::Places2 => format!("Lu de façon identique à deux endroits {places}{confirm}."),
        Pattern::Engines2 => format!("Lu seulement {places}, de façon identique par deux lectures indépendantes{confirm}."),
        Pattern::Engine1 if fit => format!("Lu seulement {places}, sans ambiguïté."),
        Pattern::Engine1 => format!("Lu seulement {places} : rien d’autre ne le confirme."),
    }
}

/// Why there is no value.
pub(super) fn without_value(sure: bool, place: Option<&Candidate>) -> String {
    match (sure, place) {
        (true, Some(c)) => format!("L’emplacement a été trouvé page {} et il est vide.", c.evidence.page),
        (_, Some(c)) => format!("Quelque chose figure page {} mais n’a pas pu être lu.", c.evidence.page),
        (_, None) => "Recherché dans le pli, non trouvé.".to_owned(),
    }
}

/// Two papers say different things of one fact.
pub(super) fn contradiction(field: &FieldDef, a: &Candidate, b: &Candidate) -> Finding {
    let value = |c: &Candidate| c.value.as_ref().map(shown).unwrap_or_default();
    let (first, second) = if a.evidence.page <= b.evidence.page { (a, b) } else { (b, a) };
    let code = if field.identity { "identite_discordante" } else { "contradiction" };
    let subjects = vec![format!("field:{}", field.id), format!("page:{}", first.evidence.page), format!("page:{}", second.evidence.page)];
    let message = format!(
        "{} : « {} » page {}, « {} » page {}.",
        field.label,
        value(first),
        first.evidence.page,
        value(second),
        second.evidence.page
    );
    Finding { code: code.to_owned(), subjects, message }
}

/// A paper of somebody whom nothing in the envelope explains.
pub(super) fn stranger(page: u32, kind: &str, name: Option<&str>) -> Finding {
    let whose = name.map(|n| format!(" ({n})")).unwrap_or_default();
    Finding {
        code: "identite_discordante".to_owned(),
        subjects: vec![format!("page:{page}")],
        message: format!("Page {page} ({kind}) : ce document est celui d’une autre personne{whose}, que rien dans le pli n’explique."),
    }
}
