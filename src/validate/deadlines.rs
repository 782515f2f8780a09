//! Deadlines that follow from the card held, the birth and the reception (`domain.md` 4.1). Numbers of days and months are the
//! dated parameters of the catalogue. Dates that wait for a person are used and named in `review`.

use super::case::Case;
use super::evaluate::months;
use super::heard::{Heard, days};
use crate::catalogue::{BIRTH, PermitDef, PermitRule};
use crate::domain::{AdmissibilityStatus, Deadline, Finding, french};
use jiff::ToSpan;
use jiff::civil::Date;

/// Fields that the deadlines read.
pub(super) const FIELDS: [&str; 2] = ["titre_fin", "titre_debut"];
/// Cards are made for a little less than their years: one of four years may end a month early.
const SHORT_BY: i64 = 1;
/// The late filing of a child's first request is not told for people who came long after.
const YOUNG: i64 = 21;

/// The days that the rules count from.
pub(super) struct Clock {
    /// From which silence runs.
    pub reception: Date,
    /// The day on which urgency is measured.
    pub registered_on: Date,
    /// Whether the paper channel is shown to have been open.
    pub admissibility: AdmissibilityStatus,
}

/// A number of the law on the filing date. `Catalogue::check` holds that the parameter is there; before its first value in
/// force nothing is counted.
pub(super) fn number(id: &str, case: &Case<'_>) -> i64 {
    case.catalogue.parameter(id, case.filing).map_or(0, |(_, found)| found.value)
}

pub(super) fn date(field: &str, case: &Case<'_>) -> Option<Date> {
    let Heard::Value(value) = case.field(field) else { return None };
    days(value).filter(|(first, last)| first == last).map(|(d, _)| d)
}

pub(super) fn after(date: Date, span: jiff::Span) -> Date {
    date.saturating_add(span)
}

fn permit<'a>(case: &Case<'a>) -> Option<&'a PermitDef> {
    case.permit().and_then(|p| case.catalogue.permit(p))
}

/// The end of the card that is to be renewed.
pub(super) fn card_end(case: &Case<'_>) -> Option<Date> {
    date("titre_fin", case).filter(|_| case.request() == Some("renouvellement"))
}

/// L433-3: until when the expired card proves lawful stay: one of four years, a carte de résident, or more than one year by an
/// international agreement.
pub(super) fn cover(end: Date, case: &Case<'_>) -> Option<Date> {
    let lasted = months(date("titre_debut", case)?, end) + SHORT_BY;
    let agreement =
        permit(case).is_some_and(|p| p.has(PermitRule::Agreement)) && lasted > 12 * number("couverture_duree_accord", case) + SHORT_BY;
    let long = lasted >= 12 * number("couverture_duree_pluriannuelle", case);
    (agreement || long).then(|| after(end, number("couverture_titre_expire", case).months()))
}

/// Six months after the end, when the conditions of the visa are to be proved again.
pub(super) fn cliff(end: Date, case: &Case<'_>) -> Date {
    after(end, number("six_mois_expiration", case).months())
}

/// Every deadline of this envelope, earliest first.
pub(super) fn deadlines(case: &Case<'_>, clock: &Clock) -> Vec<Deadline> {
    let mut all = Vec::new();
    if let Some(end) = card_end(case) {
        all.push(window(end, case));
        let because = "au-delà de six mois après l’expiration, les conditions du visa sont à prouver de nouveau (R431-8)".into();
        all.push(Deadline { rule: "six_mois".into(), due: cliff(end, case), because });
        if let Some(due) = cover(end, case) {
            let because = "la carte expirée prouve le séjour régulier pendant trois mois (L433-3)".into();
            all.push(Deadline { rule: "L433_3".into(), due, because });
        }
    }
    all.extend(of_age(case));
    all.push(silence(case, clock));
    all.sort_by_key(|d| d.due);
    all
}

/// The last day to file a renewal in time: 60 days before the end on the téléservice, else the end itself.
fn window(end: Date, case: &Case<'_>) -> Deadline {
    let online = permit(case).and_then(|p| p.anef_since).is_some_and(|since| since <= case.filing);
    let (rule, opens, last) = if online {
        let day = |id: &str| after(end, -number(id, case).days());
        ("fenetre_renouvellement_anef", day("fenetre_anef_debut"), day("fenetre_anef_fin"))
    } else {
        ("fenetre_renouvellement_papier", after(end, -number("fenetre_papier", case).months()), end)
    };
    let due = case.catalogue.holidays.working_day(last);
    // The general rule for limits of procedure; that it holds for this one is the favourable reading (`domain.md` 7).
    let moved = if due == last { String::new() } else { format!(", le {} n’étant pas un jour ouvré", french(last)) };
    let because = if case.filing > due {
        format!("déposé après le {}, dernier jour de la fenêtre{moved} (R431-5 1°)", french(due))
    } else if case.filing < opens {
        format!("déposé avant l’ouverture de la fenêtre, qui va du {} au {}{moved} (R431-5 1°)", french(opens), french(due))
    } else {
        format!("déposé dans la fenêtre, qui va du {} au {}{moved} (R431-5 1°)", french(opens), french(due))
    };
    Deadline { rule: rule.into(), due, because }
}

/// First requests of people who came as minors (R431-5 2° and 3°).
pub(super) fn of_age(case: &Case<'_>) -> Option<Deadline> {
    let born = date(BIRTH, case).filter(|_| case.request() == Some("premiere"))?;
    let birthday = |age: i64| after(born, age.years());
    if permit(case).is_some_and(|p| p.has(PermitRule::BeforeNineteen)) {
        let because = "première demande à déposer au plus tard la veille du dix-neuvième anniversaire (R431-5 2°)".into();
        let due = after(birthday(number("age_dix_neuf", case)), -1.day());
        return (case.filing <= birthday(YOUNG)).then(|| Deadline { rule: "dix_neuf_ans".into(), due, because });
    }
    let adult = birthday(number("age_majorite", case));
    let as_minor = date("date_entree_france", case).is_some_and(|entered| entered < adult) && case.filing <= birthday(YOUNG);
    let because = "première demande d’une personne entrée mineure : dans les deux mois du dix-huitième anniversaire (R431-5 3°)".into();
    as_minor.then(|| Deadline { rule: "dix_huit_ans_2_mois".into(), due: after(adult, 2.months()), because })
}

fn silence(case: &Case<'_>, clock: &Clock) -> Deadline {
    let from = french(clock.reception);
    let permit = permit(case);
    let (due, mut because) = match permit.and_then(|p| p.silence_days) {
        Some(count) => {
            let article = permit.and_then(|p| p.silence_article.as_deref()).unwrap_or("R432-2");
            (
                after(clock.reception, i64::from(count).days()),
                format!("{count} jours de silence après la réception du {from} valent rejet ({article})"),
            )
        }
        None => (
            after(clock.reception, number("silence", case).months()),
            format!("quatre mois de silence après la réception du {from} valent rejet (R*432-1, R432-2)"),
        ),
    };
    // Sent by post without being prescribed nor invited: silence makes no decision. That this is so is for an agent to say.
    let online = permit.and_then(|p| p.anef_since).is_some_and(|since| since <= case.filing);
    if online && clock.admissibility == AdmissibilityStatus::ToVerify {
        because.push_str(" ; aucun délai ne court si l’envoi postal n’était pas ouvert à la personne (CE, avis n° 493514)");
    }
    Deadline { rule: "silence".into(), due, because }
}

/// Late filing, and a lost card that ends soon: told, never a refusal.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let finding = |code: &str, message: String| Finding { code: code.into(), subjects: vec!["field:titre_fin".into()], message };
    if let Some(end) = date("titre_fin", case).filter(|_| case.request() == Some("duplicata")) {
        let soon = after(case.filing, number("duplicata_vers_renouvellement", case).months());
        let message = format!("Le titre perdu ou volé expire le {} : la demande est à traiter comme un renouvellement.", french(end));
        return if end < soon { vec![finding("duplicata_a_renouveler", message)] } else { Vec::new() };
    }
    let Some(end) = card_end(case) else { return Vec::new() };
    let due = window(end, case).due;
    if case.filing > cliff(end, case) {
        let message = format!("Le titre a expiré le {}, plus de six mois avant le dépôt (R431-8).", french(end));
        return vec![finding("titre_expire_6_mois", message)];
    }
    if case.filing > due {
        let message = format!(
            "Demande déposée après le {} : droit de visa de régularisation de {} €, sauf force majeure (L436-5).",
            french(due),
            number("taxe_retard", case)
        );
        return vec![finding("depot_hors_delai", message)];
    }
    Vec::new()
}
