//! French for whoever reads: dates, hours, counts, the words of states and sources, the names of what the catalogue holds.
//!
//! Pages and explanations say the same thing with the same words, so the words stand here once.

pub(crate) mod countries;
pub(crate) mod labels;
pub(crate) mod rows;
pub(crate) mod values;

use crate::domain::{
    Channel, Constat, Engine, Evidence, FilingBasis, Instant, LineClass, LineStatus, OtherKind, Outcome, Proof, Rank, Source,
};
use jiff::civil::{Date, Weekday};

const MONTHS: [&str; 12] =
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];

/// The same words with a capital first.
pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// « mardi 24 novembre 2026 »
pub(crate) fn long_date(date: Date) -> String {
    let day = match date.weekday() {
        Weekday::Monday => "lundi",
        Weekday::Tuesday => "mardi",
        Weekday::Wednesday => "mercredi",
        Weekday::Thursday => "jeudi",
        Weekday::Friday => "vendredi",
        Weekday::Saturday => "samedi",
        Weekday::Sunday => "dimanche",
    };
    let number = if date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day} {number} {} {}", month(date), date.year())
}

fn month(date: Date) -> &'static str {
    usize::try_from(date.month() - 1).ok().and_then(|m| MONTHS.get(m)).copied().unwrap_or("")
}

/// « 24/11/2026 »
pub(crate) fn short_date(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// « 14 h 05 », hour of Paris.
pub(crate) fn hour(at: Instant) -> String {
    let zoned = at.0.to_zoned(paris());
    format!("{} h {:02}", zoned.hour(), zoned.minute())
}

/// The zone of every date and hour on a screen.
pub(crate) fn paris() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get("Europe/Paris").unwrap_or(jiff::tz::TimeZone::UTC)
}

/// « 1 page », « 3 pages », « 0 page »: French counts zero in the singular.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number < 2 { one } else { many })
}

/// « 1, 2 et 5 »
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} et {last}", head.join(", ")),
    }
}

/// « page 3 », « pages 1 à 10 », « pages 1, 2 et 5 »
pub(crate) fn pages(pages: &[u32]) -> String {
    let words: Vec<String> = pages.iter().map(u32::to_string).collect();
    let run = pages.windows(2).all(|w| w[1] == w[0] + 1);
    match pages {
        [] => "aucune page".to_owned(),
        [one] => format!("page {one}"),
        [first, .., last] if run && pages.len() > 2 => format!("pages {first} à {last}"),
        _ => format!("pages {}", list(&words)),
    }
}

pub(crate) fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::EnLigne => "en ligne",
        Channel::Postal => "courrier postal",
        Channel::Courriel => "courriel",
        Channel::Guichet => "guichet",
        Channel::Pan => "point d’accueil numérique",
    }
}

pub(crate) fn outcome(constat: &Constat) -> &'static str {
    match constat.outcome {
        Outcome::Complete => "Dossier complet",
        Outcome::Incomplete => "Dossier incomplet",
        Outcome::Review => "Complétude à établir",
    }
}

pub(crate) fn line_status(status: LineStatus) -> &'static str {
    match status {
        LineStatus::Present => "Présente",
        LineStatus::Missing => "Manquante",
        LineStatus::Doubtful => "À vérifier",
        LineStatus::NotRequired => "Non demandée",
        LineStatus::AtCollection => "À la remise du titre",
    }
}

pub(crate) fn line_class(class: LineClass) -> &'static str {
    match class {
        LineClass::BlocksReceipt => "sans elle, pas d’attestation de dépôt",
        LineClass::ToBeAsked => "à demander si elle manque",
        LineClass::AtCollection => "demandée à la remise du titre",
    }
}

pub(crate) fn rank(rank: Rank) -> &'static str {
    match rank {
        Rank::Texte => "exigée par un texte",
        Rank::Liste => "figure sur la liste nationale",
        Rank::Pratique => "usage des préfectures",
    }
}

pub(crate) fn filing_basis(basis: FilingBasis) -> &'static str {
    match basis {
        FilingBasis::Cachet => "cachet de la poste",
        FilingBasis::Recommande => "date du recommandé",
        FilingBasis::Reception => "date de réception",
        FilingBasis::Numerisation => "jour de la numérisation",
    }
}

pub(crate) fn other_page(kind: OtherKind) -> &'static str {
    match kind {
        OtherKind::Blank => "page blanche",
        OtherKind::Separator => "feuille de séparation",
        OtherKind::Cover => "feuille de garde",
        OtherKind::Unreadable => "page illisible",
    }
}

/// Where a value was read, for the caption of its cut-out.
pub(crate) fn source(evidence: &Evidence) -> &'static str {
    match (evidence.source, evidence.engine) {
        (Source::TwoDDoc, _) => "code 2D-Doc",
        (Source::Mrz, _) => "bande MRZ du document",
        (Source::Form, Engine::Geometry) => "case cochée ou zone du formulaire",
        (Source::Form, _) => "zone du formulaire",
        (Source::Text, _) => "texte imprimé",
        (Source::Agreement, _) => "plusieurs endroits",
        (Source::Agent, _) => "agent",
    }
}

pub(crate) fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::CheckDigit => "clé de contrôle juste",
        Proof::Signature => "signature vérifiée",
    }
}

/// One space between words, none at the ends; narrow and no-break spaces count as spaces.
pub(crate) fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without case, accents and the two forms of the apostrophe, for comparison.
pub(crate) fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let bare = squeeze(text).nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect::<String>();
    bare.to_lowercase().replace('’', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn dates_are_written_as_in_french_letters() {
        assert_eq!(long_date(date(2026, 11, 24)), "mardi 24 novembre 2026");
        assert_eq!(long_date(date(2026, 3, 1)), "dimanche 1er mars 2026");
    }

    #[test]
    fn hours_are_those_of_paris() {
        let at = Instant("2026-07-01T12:05:00Z".parse().unwrap());
        assert_eq!(hour(at), "14 h 05");
    }

    #[test]
    fn pages_in_a_row_are_told_by_their_ends() {
        assert_eq!(pages(&[4, 5, 6]), "pages 4 à 6");
        assert_eq!(pages(&[1, 2, 5]), "pages 1, 2 et 5");
        assert_eq!(pages(&[3]), "page 3");
    }

    #[test]
    fn zero_is_singular() {
        assert_eq!(count(0, "page", "pages"), "0 page");
        assert_eq!(count(2, "page", "pages"), "2 pages");
    }
}
