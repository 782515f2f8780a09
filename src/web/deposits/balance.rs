//! The counters of a day. The two sides come from different tables, so that a lost file shows.

use crate::day::{Account, Pages};
use crate::domain::Outcome;
use crate::store::{DayEntry, DayEnvelope, EnvelopeState};
use crate::web::french;

/// A sum with its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Balance {
    pub name: &'static str,
    pub total: u64,
    pub total_words: String,
    pub parts: Vec<Part>,
    /// Why it does not add up, in words; none when it does.
    pub wrong: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub number: u64,
    pub words: String,
    pub tone: &'static str,
}

/// Files, envelopes and pages of a day.
pub(super) fn of_day(account: &Account, entries: &[DayEntry]) -> Vec<Balance> {
    vec![files(account, entries), envelopes(entries), pages(&account.pages)]
}

/// Drops and files of the folders against deliveries by state, repeats, and files of the folders.
fn files(account: &Account, entries: &[DayEntry]) -> Balance {
    let all = &account.files;
    let fresh = |e: &&DayEntry| e.delivery.registered_at.date_in_paris() == account.day;
    let of = |wanted: &str| entries.iter().filter(fresh).filter(|e| super::state(e).0 == wanted).count() as u64;
    balance(
        "fichiers",
        all.dropped,
        words(all.dropped, "fichier déposé", "fichiers déposés"),
        vec![
            part(of("En cours"), "en cours", "en cours", "blue"),
            part(of("À vérifier"), "à vérifier", "à vérifier", "amber"),
            part(of("Traité"), "traité", "traités", "green"),
            part(all.anomalies_open, "en anomalie", "en anomalie", "red"),
            part(all.anomalies_closed, "remplacé ou mis de côté", "remplacés ou mis de côté", ""),
            part(all.duplicates, "déjà reçu", "déjà reçus", ""),
            part(all.in_folder, "encore dans un dossier", "encore dans un dossier", "blue"),
        ],
        "les fichiers déposés",
    )
}

fn envelopes(entries: &[DayEntry]) -> Balance {
    let all: Vec<&DayEnvelope> = entries.iter().flat_map(|e| &e.envelopes).collect();
    let filed = |incomplete: bool| {
        let this = |e: &&&DayEnvelope| e.state == EnvelopeState::Filed && (e.outcome == Some(Outcome::Incomplete)) == incomplete;
        all.iter().filter(this).count() as u64
    };
    let of = |state| all.iter().filter(|e| e.state == state).count() as u64;
    balance(
        "plis",
        all.len() as u64,
        words(all.len() as u64, "pli trouvé", "plis trouvés"),
        vec![
            part(of(EnvelopeState::Open), "en cours", "en cours", "blue"),
            part(of(EnvelopeState::Review), "à vérifier", "à vérifier", "amber"),
            part(filed(false), "dossier complet", "dossiers complets", "green"),
            part(filed(true), "dossier incomplet", "dossiers incomplets", "green"),
        ],
        "les plis trouvés",
    )
}

/// Pages that the files announce against pages that were read; what is still being read is not missing.
fn pages(all: &Pages) -> Balance {
    balance(
        "pages",
        all.pages,
        words(all.pages, "page numérisée", "pages numérisées"),
        vec![
            part(all.in_envelopes, "dans un pli", "dans un pli", "green"),
            part(all.blank, "blanche", "blanches", ""),
            part(all.separators, "de séparation", "de séparation", ""),
            part(all.covers, "de garde", "de garde", ""),
            part(all.unreadable, "illisible", "illisibles", "red"),
            part(all.waiting, "à lire", "à lire", "blue"),
            part(all.in_anomalies, "en anomalie", "en anomalie", "red"),
        ],
        "les pages numérisées",
    )
}

fn balance(name: &'static str, total: u64, total_words: String, parts: Vec<Part>, what: &str) -> Balance {
    let sum: u64 = parts.iter().map(|p| p.number).sum();
    let wrong = (sum != total).then(|| {
        let side = if sum < total { "de moins" } else { "de trop" };
        format!("le détail en compte {} {side} que {what}", total.abs_diff(sum))
    });
    Balance { name, total, total_words, parts, wrong }
}

fn part(number: u64, one: &str, many: &str, tone: &'static str) -> Part {
    Part { number, words: words(number, one, many), tone }
}

fn words(number: u64, one: &str, many: &str) -> String {
    french::count(number, one, many).split_once(' ').map(|(_, words)| words.to_owned()).unwrap_or_default()
}
