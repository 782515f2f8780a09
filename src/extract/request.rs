//! Which permit is asked for, and what kind of request it is.

use super::text::{alike, find_within, slack, squeeze};
use crate::catalogue::Catalogue;
use crate::domain::PermitId;

/// The permit that these few words name: the words of a box, a card's category, a visa's type.
pub(super) fn permit_named(catalogue: &Catalogue, words: &str) -> Option<PermitId> {
    let key = squeeze(words);
    if key.len() < 4 {
        return None;
    }
    if let Some(same) = catalogue.permits.iter().find(|p| p.names.iter().any(|n| squeeze(n) == key)) {
        return Some(same.id.clone());
    }
    if let Some(near) = catalogue.permits.iter().find(|p| p.names.iter().any(|n| alike(n, words))) {
        return Some(near.id.clone());
    }
    let mut best: Option<(usize, &PermitId)> = None;
    for permit in &catalogue.permits {
        for name in permit.names.iter().map(|n| squeeze(n)).filter(|n| n.len() >= 6) {
            if find_within(&key, &name, slack(name.len()) / 2).is_some() && best.is_none_or(|(length, _)| name.len() > length) {
                best = Some((name.len(), &permit.id));
            }
        }
    }
    best.map(|(_, id)| id.clone())
}
