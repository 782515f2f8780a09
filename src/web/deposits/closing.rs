//! What is still open at the end of a day, and what an operator must hear of before: that nothing arrives,
//! or that something does not move.

use crate::day::Signals;
use crate::store::DayEntry;
use crate::web::french;

/// Whether a day can be closed, in words.
pub(super) struct Closing {
    /// What is open; empty when the day closes at zero.
    pub open: Vec<String>,
}

/// What is open of a day: its own deliveries, and for today what stands in the folders.
pub(super) fn of_day(entries: &[DayEntry], waiting: u64) -> Closing {
    let count = |wanted: &str| entries.iter().filter(|e| super::state(e).0 == wanted).count() as u64;
    let parts = [
        (waiting, "fichier encore dans un dossier de dépôt", "fichiers encore dans un dossier de dépôt"),
        (count("En cours"), "dépôt en cours", "dépôts en cours"),
        (count("À vérifier"), "dépôt à vérifier", "dépôts à vérifier"),
        (count("En anomalie"), "dépôt en anomalie", "dépôts en anomalie"),
    ];
    Closing { open: parts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| french::count(n, one, many)).collect() }
}

/// What cannot wait for the end of the day, each as one sentence.
pub(super) fn alarms(signals: &Signals) -> Vec<String> {
    let mut alarms = Vec::new();
    if signals.silent {
        let since = signals.last_drop.map_or_else(
            || "Aucun fichier n’est jamais arrivé".to_owned(),
            |at| format!("Aucun fichier n’est arrivé depuis le {} à {}", french::short_date(at.date_in_paris()), french::hour(at)),
        );
        alarms.push(format!("{since}, alors que le service est ouvert. Vérifier le scanner et le partage réseau."));
    }
    if !signals.medium.is_empty() {
        let why = "disque plein, droits ou partage réseau. Prévenir le service informatique ; rien n’est perdu, Passerelle réessaie.";
        alarms.push(format!("Des fichiers ne peuvent pas être pris en charge : {why}"));
    }
    if signals.stuck > 0 {
        let files = french::count(signals.stuck, "fichier attend", "fichiers attendent");
        alarms.push(format!("{files} depuis plus d’une heure dans un dossier de dépôt : voir ci-dessous ce qu’il y a à faire."));
    }
    if signals.slow > 0 {
        let deliveries = french::count(signals.slow, "dépôt est", "dépôts sont");
        alarms.push(format!("{deliveries} en cours de lecture depuis plus d’une heure. Prévenir le service informatique si cela dure."));
    }
    for (part, words) in [("watcher", "La surveillance des dossiers de dépôt"), ("worker", "La lecture des plis")] {
        if signals.is_alive(part) == Some(false) {
            alarms.push(format!("{words} ne donne plus signe de vie depuis plus de trois minutes. Prévenir le service informatique."));
        }
    }
    alarms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_closes_when_nothing_is_left_in_the_folder() {
        assert_eq!(of_day(&[], 2).open, ["2 fichiers encore dans un dossier de dépôt"]);
        assert!(of_day(&[], 0).open.is_empty());
    }
}
