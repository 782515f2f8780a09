//! What a row of a list asks, in words.

use crate::catalogue::{Catalogue, Condition, ListRow};

/// When a row asks for its paper.
pub(crate) fn due(row: &ListRow, catalogue: &Catalogue) -> String {
    let words = |c: &Condition| catalogue.condition(&c.source).map_or_else(|| c.source.clone(), |named| named.label.clone());
    let due = match (&row.when, row.advisory) {
        (_, true) => "jamais d’elle-même".to_owned(),
        (Some(when), false) => format!("si {}", words(when)),
        (None, false) => "toujours".to_owned(),
    };
    let held = row.held_when.as_ref().map_or_else(String::new, |c| format!(", sauf si l’administration la détient : {}", words(c)));
    let group = row.group.as_ref().map_or_else(String::new, |g| format!(" (une seule pièce du groupe « {g} » suffit)"));
    format!("{due}{held}{group}")
}

/// What the paper itself must be.
pub(crate) fn asks(row: &ListRow) -> String {
    let mut asks = Vec::new();
    if let Some(limit) = row.max_age_months {
        asks.push(format!("moins de {limit} mois au dépôt"));
    }
    if row.signed {
        asks.push("signée".to_owned());
    }
    if row.valid {
        asks.push("en cours de validité".to_owned());
    }
    if let Some(count) = row.count {
        asks.push(format!("{count} exemplaires"));
    }
    if let Some(covers) = row.covers {
        let unit = if covers.per.months() == 12 { "année" } else { "semestre" };
        asks.push(format!("une par {unit} sur {} ans", covers.years));
    }
    asks.join(", ")
}
