//! The equation of the pages: each one in exactly one envelope, or blank, separator, cover, unreadable.

use super::Difference;
use crate::domain::{DeliveryState, OtherKind};
use crate::store::DayEntry;
use serde::Serialize;

/// Both sides: `pages` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pages {
    /// Of the deliveries whose pages are counted.
    pub pages: u64,
    pub in_envelopes: u64,
    pub blank: u64,
    pub separators: u64,
    pub covers: u64,
    pub unreadable: u64,
    /// Not read or not cut yet.
    pub waiting: u64,
    /// Of files in anomaly.
    pub in_anomalies: u64,
}

impl Pages {
    /// Counts page by page; a page in no place or in two is named in `differences`.
    pub(super) fn of(entries: &[DayEntry], differences: &mut Vec<Difference>) -> Self {
        let mut all = Self::default();
        for entry in entries {
            let Some(number) = entry.delivery.pages else { continue };
            all.pages += u64::from(number);
            for page in 1..=number {
                match all.place_of(entry, page) {
                    Ok(place) => *place += 1,
                    Err(what) => differences.push(Difference {
                        page: Some(page),
                        what: format!("La page {page} de « {} » {what}.", entry.delivery.file),
                        todo: "Ouvrir le dépôt et relire la page ; si elle reste ainsi, prévenir le service informatique.",
                        ..Difference::of("page_sans_place", entry)
                    }),
                }
            }
        }
        all
    }

    fn place_of(&mut self, entry: &DayEntry, page: u32) -> Result<&mut u64, &'static str> {
        let envelopes = entry.envelopes.iter().filter(|e| e.pages.contains(&page)).count();
        let others: Vec<OtherKind> = entry.other_pages.iter().flatten().filter(|o| o.page == page).map(|o| o.kind).collect();
        let working = entry.delivery.state == DeliveryState::Received;
        match (envelopes, others.as_slice()) {
            _ if entry.delivery.state == DeliveryState::Anomaly => Ok(&mut self.in_anomalies),
            (1, []) => Ok(&mut self.in_envelopes),
            (0, [kind]) => Ok(match kind {
                OtherKind::Blank => &mut self.blank,
                OtherKind::Separator => &mut self.separators,
                OtherKind::Cover => &mut self.covers,
                OtherKind::Unreadable => &mut self.unreadable,
            }),
            (0, []) if entry.by_hand && !entry.pages_there.contains(&page) => Ok(&mut self.unreadable),
            (0, []) if working || entry.open_jobs > 0 || entry.held_jobs > 0 => Ok(&mut self.waiting),
            (0, []) => Err("n’est dans aucun pli, et n’est ni blanche, ni de séparation, ni de garde, ni illisible"),
            // While it is cut anew the old and the new place may stand beside each other for a moment.
            _ if entry.open_jobs > 0 => Ok(&mut self.waiting),
            _ => Err("est à deux endroits à la fois"),
        }
    }

    /// Between both sides.
    #[must_use]
    pub fn difference(&self) -> u64 {
        let placed = self.in_envelopes + self.blank + self.separators + self.covers + self.unreadable + self.waiting + self.in_anomalies;
        self.pages.abs_diff(placed)
    }
}
