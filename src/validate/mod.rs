//! The constat: list of documents in three-valued logic, agreement, dates and deadlines.
//!
//! The filing date comes first, then the list in force on it, the findings, what agents said of both, the outcome.
//! An outcome that depends on which day the envelope was filed is no outcome: a person establishes it.

mod admissibility;
mod agent;
mod case;
mod checklist;
mod deadlines;
mod evaluate;
mod filing;
mod heard;
mod identity;
mod names;
mod needs;
mod paper;
mod rival;
mod shown;
mod truth;
mod urgency;

pub use filing::reception;

use crate::catalogue::{Catalogue, Holds};
use crate::domain::{Constat, Correction, Extraction, Finding, HORS_CATALOGUE, LineStatus, Outcome, Rank, french};
use agent::Agents;
use case::Case;
use checklist::{Judged, judge_list};
use deadlines::Clock;
use filing::{Filing, filing};
use jiff::civil::Date;
use needs::Needs;
use std::collections::BTreeSet;

/// Establishes the constat of one envelope, whose values are as agents left them (`Extraction::with_corrections`).
///
/// `registered_on` is the day the delivery was registered (Paris), `received_on` the reception date when the operator knows it.
#[must_use]
pub fn validate(
    extraction: &Extraction,
    catalogue: &Catalogue,
    registered_on: Date,
    received_on: Option<Date>,
    corrections: &[Correction],
) -> Constat {
    let agents = Agents::new(corrections);
    let filed = filing(extraction, registered_on, received_on);
    let case = Case { extraction, catalogue, filing: filed.date.value, muted: None };
    let mut view = look(&case, &agents);
    undecided_day(&mut view, &filed, &case, &agents);
    let admissibility = admissibility::admissibility(&case);
    let reception = filing::reception(extraction, registered_on, received_on);
    let clock = Clock { reception, registered_on, admissibility: admissibility.status };
    view.findings.extend(admissibility::finding(&admissibility));
    view.findings.extend(deadlines::findings(&case));
    view.findings.sort();
    view.findings.dedup();
    Constat {
        outcome: view.outcome,
        filing_date: filed.date.clone(),
        review: needs(&view, &filed, &case, &agents).list(),
        checklist: view.lines.into_iter().map(|j| j.line).collect(),
        admissibility,
        deadlines: deadlines::deadlines(&case, &clock),
        urgency: urgency::urgency(&case, &clock),
        findings: view.findings,
    }
}

/// What the rules say on one filing date.
struct View {
    lines: Vec<Judged>,
    findings: Vec<Finding>,
    outcome: Outcome,
}

fn look(case: &Case<'_>, agents: &Agents<'_>) -> View {
    let mut findings = case.extraction.findings.clone();
    findings.extend(identity::findings(case));
    findings.extend(without_list(case));
    let mut lines = case.list().map(|list| judge_list(list, case)).unwrap_or_default();
    rival::in_doubt(&mut lines, case);
    agents.decide(&mut lines);
    let outcome = outcome(&lines, &findings, case, agents);
    View { lines, findings, outcome }
}

fn outcome(lines: &[Judged], findings: &[Finding], case: &Case<'_>, agents: &Agents<'_>) -> Outcome {
    let held = findings.iter().any(|f| case.catalogue.holds(&f.code) == Holds::Outcome && !agents.looked_at(f, case));
    let has = |status, ranks: &[Rank]| lines.iter().any(|j| j.line.status == status && ranks.contains(&j.line.rank));
    if held || case.list().is_none() {
        Outcome::Review
    } else if has(LineStatus::Missing, &[Rank::Texte]) {
        // One paper that is surely missing decides, whatever the others turn out to be.
        Outcome::Incomplete
    } else if has(LineStatus::Doubtful, &[Rank::Texte, Rank::Liste]) {
        Outcome::Review
    } else {
        Outcome::Complete
    }
}

/// Says why no list decides.
fn without_list(case: &Case<'_>) -> Option<Finding> {
    let finding = |code: &str, subject: &str, message: String| Some(Finding { code: code.into(), subjects: vec![subject.into()], message });
    let id = case.permit()?;
    let Some(permit) = case.catalogue.permit(id) else {
        // The words of the form are all that an agent has to go by.
        let wording = case.extraction.permit.evidence.first().map(|e| e.raw.trim()).filter(|w| w.chars().any(char::is_alphabetic));
        let message = match wording {
            Some(words) if id == HORS_CATALOGUE => format!("La demande n’est pas d’un titre du catalogue : « {words} »."),
            None if id == HORS_CATALOGUE => "La demande n’est pas d’un titre du catalogue.".to_owned(),
            _ => "Ce titre n’est pas au catalogue.".to_owned(),
        };
        return finding("hors_catalogue", "permit", message);
    };
    if !permit.decides {
        return finding(
            "titre_sans_liste",
            "permit",
            format!("« {} » : la liste des pièces de ce titre est à vérifier par l’agent.", permit.label),
        );
    }
    if case.list().is_some() {
        return None;
    }
    let request = case.request()?;
    if permit.lists.iter().any(|l| l.request == request) {
        return finding("regle_absente", "request", "Aucune liste n’était en vigueur à la date du dépôt.".into());
    }
    finding("demande_sans_liste", "request", format!("« {} » : pas de liste pour cette nature de demande.", permit.label))
}

/// The same rules on the other days that the envelope may have been filed.
fn undecided_day(view: &mut View, filed: &Filing, case: &Case<'_>, agents: &Agents<'_>) {
    // A line that is to be checked on one day and there on the other hangs on the day only where the outcome does.
    let says = |v: &View| {
        let missing = v.lines.iter().filter(|j| j.line.status == LineStatus::Missing);
        (v.outcome, missing.map(|j| j.line.piece.clone()).collect::<BTreeSet<_>>())
    };
    let differs = filed.others.iter().find(|day| says(&look(&Case { filing: **day, ..*case }, agents)) != says(view));
    let Some(day) = differs else { return };
    let finding = Finding {
        code: "date_depot_decisive".into(),
        subjects: vec![filed.waiting.unwrap_or("field:date_reception").into()],
        message: format!(
            "La liste des pièces n’est pas la même pour un dépôt le {} et le {} : la date du dépôt est à établir.",
            french(filed.date.value),
            french(*day)
        ),
    };
    if !agents.looked_at(&finding, case) {
        view.outcome = Outcome::Review;
    }
    view.findings.push(finding);
}

fn needs(view: &View, filed: &Filing, case: &Case<'_>, agents: &Agents<'_>) -> Needs {
    let mut needs = Needs::default();
    needs::who_and_what(&mut needs, case);
    if let Some(subject) = filed.waiting {
        needs.add(subject, "date du dépôt à confirmer");
    }
    if matches!(case.request(), Some("renouvellement" | "duplicata")) {
        needs::dates(&mut needs, &deadlines::FIELDS, case);
    }
    needs::lines(&mut needs, &view.lines, case);
    needs::findings(&mut needs, &view.findings, case, |f| agents.looked_at(f, case));
    needs
}
