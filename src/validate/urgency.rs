//! How urgent an envelope is, 0 to 100, with the reasons: how soon rights end (`domain.md` 4.8).

use super::case::Case;
use super::deadlines::{Clock, after, card_end, cliff, cover, of_age};
use crate::catalogue::PermitRule;
use crate::domain::{Urgency, french};
use jiff::ToSpan;
use jiff::civil::Date;

/// Urgent from so many days before.
const SOON: i64 = 30;

/// The highest of the reasons, all of them named.
pub(super) fn urgency(case: &Case<'_>, clock: &Clock) -> Urgency {
    let today = clock.registered_on;
    let mut reasons: Vec<(u32, String)> = Vec::new();
    if let Some(end) = card_end(case) {
        reasons.push((20, String::new()));
        reasons.extend(of_card(end, case, today));
    }
    let permit = case.permit().and_then(|p| case.catalogue.permit(p));
    if permit.is_some_and(|p| p.has(PermitRule::Protection)) && case.request() == Some("premiere") {
        reasons.push((100, "premier titre d’une personne protégée (R431-15-3, R431-15-4)".into()));
    }
    let birthday = of_age(case).filter(|d| d.rule == "dix_neuf_ans");
    if let Some(due) = birthday.map(|d| d.due).filter(|due| within(*due, today)) {
        reasons.push((100, format!("à déposer avant les dix-neuf ans, le {} au plus tard", french(due))));
    }
    let score = reasons.iter().map(|(score, _)| *score).max().unwrap_or(0);
    Urgency { score, reasons: reasons.into_iter().map(|(_, words)| words).filter(|w| !w.is_empty()).collect() }
}

fn within(limit: Date, today: Date) -> bool {
    limit >= today && after(today, SOON.days()) >= limit
}

fn of_card(end: Date, case: &Case<'_>, today: Date) -> Vec<(u32, String)> {
    let mut reasons = Vec::new();
    if end >= today {
        if within(end, today) {
            reasons.push((60, format!("le titre expire le {}", french(end))));
        }
        return reasons;
    }
    reasons.push(match cover(end, case) {
        Some(limit) if limit < today => (100, format!("titre expiré le {}, couverture L433-3 finie le {}", french(end), french(limit))),
        Some(limit) if within(limit, today) => (80, format!("la couverture L433-3 finit le {}", french(limit))),
        Some(limit) => (40, format!("titre expiré le {}, couvert jusqu’au {} (L433-3)", french(end), french(limit))),
        None => (100, format!("titre expiré le {} sans couverture", french(end))),
    });
    let limit = cliff(end, case);
    if within(limit, today) {
        reasons.push((80, format!("six mois après l’expiration le {} (R431-8)", french(limit))));
    }
    reasons
}
