//! Deadlines that follow from the end of the card held and from the reception (`domain.md` 4.1), and how
//! urgent that makes the envelope (4.8). Dates that wait for a person are used and named in `review`.

use super::case::Case;
use super::evaluate::months;
use super::heard::{Heard, days, french};
use crate::catalogue::PermitDef;
use crate::domain::{Deadline, Finding, Urgency};
use jiff::ToSpan;
use jiff::civil::Date;

/// Fields that the deadlines read.
pub(super) const FIELDS: [&str; 2] = ["titre_fin", "titre_debut"];
/// A card of four years or more is a multi-annual or resident's card: it proves lawful stay for three more months (L433-3).
const LONG_CARD_MONTHS: i64 = 47;

/// The days that the rules count from.
pub(super) struct Clock {
    /// From which silence runs.
    pub reception: Date,
    /// The day on which urgency is measured.
    pub registered_on: Date,
}

fn date(field: &str, case: &Case<'_>) -> Option<Date> {
    let Heard::Value(value) = case.field(field) else { return None };
    days(value).filter(|(first, last)| first == last).map(|(d, _)| d)
}

fn after(date: Date, span: jiff::Span) -> Date {
    date.saturating_add(span)
}

fn renews(case: &Case<'_>) -> bool {
    case.request() == Some("renouvellement")
}

/// L433-3: a card of four years or more, carte de résident.
fn covered(end: Date, case: &Case<'_>) -> bool {
    date("titre_debut", case).is_some_and(|start| months(start, end) >= LONG_CARD_MONTHS)
}

/// Every deadline of this envelope, earliest first.
pub(super) fn deadlines(case: &Case<'_>, clock: &Clock) -> Vec<Deadline> {
    let permit = case.permit().and_then(|p| case.catalogue.permit(p));
    let mut all = Vec::new();
    if let Some(end) = date("titre_fin", case).filter(|_| renews(case)) {
        all.push(window(end, permit, case));
        all.push(Deadline {
            rule: "six_mois".into(),
            due: after(end, 6.months()),
            because: "au-delà de six mois après l’expiration, les conditions du visa sont à prouver de nouveau (R431-8)".into(),
        });
        if covered(end, case) {
            let because = "la carte expirée prouve le séjour régulier pendant trois mois (L433-3)".into();
            all.push(Deadline { rule: "L433_3".into(), due: after(end, 3.months()), because });
        }
    }
    all.push(silence(permit, clock));
    all.sort_by_key(|d| d.due);
    all
}

/// The last day to file a renewal in time: 60 days before the end on the téléservice, else the end itself.
fn window(end: Date, permit: Option<&PermitDef>, case: &Case<'_>) -> Deadline {
    let online = permit.and_then(|p| p.anef_since).is_some_and(|since| since <= case.filing);
    let (rule, opens, due) = if online {
        ("fenetre_renouvellement_anef", after(end, -120.days()), after(end, -60.days()))
    } else {
        ("fenetre_renouvellement_papier", after(end, -2.months()), end)
    };
    let place = if case.filing > due {
        "déposé après"
    } else if case.filing < opens {
        "déposé avant l’ouverture de la fenêtre, qui va"
    } else {
        "déposé dans la fenêtre, qui va"
    };
    let because = if case.filing > due {
        format!("{place} le {}, dernier jour de la fenêtre (R431-5 1°)", french(due))
    } else {
        format!("{place} du {} au {} (R431-5 1°)", french(opens), french(due))
    };
    Deadline { rule: rule.into(), due, because }
}

fn silence(permit: Option<&PermitDef>, clock: &Clock) -> Deadline {
    let from = french(clock.reception);
    let (due, because) = match permit.and_then(|p| p.silence_days) {
        Some(count) => {
            let article = permit.and_then(|p| p.silence_article.as_deref()).unwrap_or("R432-2");
            (
                after(clock.reception, i64::from(count).days()),
                format!("{count} jours de silence après la réception du {from} valent rejet ({article})"),
            )
        }
        None => (
            after(clock.reception, 4.months()),
            format!("quatre mois de silence après la réception du {from} valent rejet (R*432-1, R432-2)"),
        ),
    };
    Deadline { rule: "silence".into(), due, because }
}

/// Late filing: told, never a refusal.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let Some(end) = date("titre_fin", case).filter(|_| renews(case)) else { return Vec::new() };
    let due = window(end, case.permit().and_then(|p| case.catalogue.permit(p)), case).due;
    let finding = |code: &str, message: String| Finding { code: code.into(), subjects: vec!["field:titre_fin".into()], message };
    if case.filing > after(end, 6.months()) {
        let message = format!("Le titre a expiré le {}, plus de six mois avant le dépôt (R431-8).", french(end));
        return vec![finding("titre_expire_6_mois", message)];
    }
    if case.filing > due {
        let message =
            format!("Demande déposée après le {} : droit de visa de régularisation de 180 €, sauf force majeure (L436-5).", french(due));
        return vec![finding("depot_hors_delai", message)];
    }
    Vec::new()
}

/// 0 to 100, with the reasons: how soon rights end.
pub(super) fn urgency(case: &Case<'_>, clock: &Clock) -> Urgency {
    let today = clock.registered_on;
    let Some(end) = date("titre_fin", case).filter(|_| renews(case)) else { return Urgency::default() };
    let cover = covered(end, case).then(|| after(end, 3.months()));
    let cliff = after(end, 6.months());
    let in_days = |limit: Date, count: i64| limit >= today && after(today, count.days()) >= limit;
    let mut reasons = Vec::new();
    let mut score = 20;
    let mut raise = |to: u32, words: String| {
        score = score.max(to);
        reasons.push(words);
    };
    match cover {
        _ if end >= today && in_days(end, 30) => raise(60, format!("le titre expire le {}", french(end))),
        _ if end >= today => {}
        Some(limit) if limit < today => {
            raise(100, format!("titre expiré le {}, couverture L433-3 finie le {}", french(end), french(limit)));
        }
        Some(limit) if in_days(limit, 30) => raise(80, format!("la couverture L433-3 finit le {}", french(limit))),
        Some(limit) => raise(40, format!("titre expiré le {}, couvert jusqu’au {} (L433-3)", french(end), french(limit))),
        None => raise(100, format!("titre expiré le {} sans couverture", french(end))),
    }
    if end < today && in_days(cliff, 30) {
        raise(80, format!("six mois après l’expiration le {} (R431-8)", french(cliff)));
    }
    Urgency { score, reasons }
}
