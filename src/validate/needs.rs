//! What must be settled before the dossier is filed (contract: `review`).

use super::case::Case;
use super::checklist::Judged;
use super::heard::settled;
use crate::catalogue::Holds;
use crate::domain::{Decision, FieldId, Finding, LineStatus, Rank, Reading, ReviewNeed, Source};
use std::collections::BTreeMap;

/// Number of the person in the register: new applicants have none yet.
const NUMBER: &str = "numero_etranger";

/// One reason for each subject.
#[derive(Default)]
pub(super) struct Needs(BTreeMap<String, String>);

impl Needs {
    pub(super) fn add(&mut self, subject: impl Into<String>, reason: impl Into<String>) {
        let (subject, reason) = (subject.into(), reason.into());
        self.0
            .entry(subject)
            .and_modify(|r| {
                if !r.contains(&reason) {
                    *r = format!("{r} ; {reason}");
                }
            })
            .or_insert(reason);
    }

    /// A reading that waits for a person.
    fn reading(&mut self, subject: &str, reading: &Reading) {
        if reading.decision == Decision::Review {
            let reason = if reading.because.is_empty() { "à confirmer" } else { &reading.because };
            self.add(subject, reason);
        }
    }

    fn field(&mut self, id: &str, case: &Case<'_>) {
        if let Some(reading) = case.reading(id) {
            self.reading(&format!("field:{id}"), reading);
        }
    }

    pub(super) fn list(self) -> Vec<ReviewNeed> {
        self.0.into_iter().map(|(subject, reason)| ReviewNeed { subject, reason }).collect()
    }
}

/// Identity, permit and request.
pub(super) fn who_and_what(needs: &mut Needs, case: &Case<'_>) {
    for field in case.catalogue.fields.iter().filter(|f| f.identity) {
        identity(needs, &field.id, &field.label, case);
    }
    needs.reading("permit", &case.extraction.permit);
    needs.reading("request", &case.extraction.request);
}

fn identity(needs: &mut Needs, id: &FieldId, label: &str, case: &Case<'_>) {
    let subject = format!("field:{id}");
    // A first applicant may have no number: nothing is asked where nothing was read.
    let may_be_none = id.as_str() == NUMBER && case.request() == Some("premiere");
    match case.reading(id.as_str()) {
        Some(r) if settled(r) || (r.decision == Decision::Absent && (r.source == Source::Agent || may_be_none)) => {}
        Some(r) if r.value.is_none() && may_be_none => {}
        Some(r) if r.decision == Decision::Absent => needs.add(subject, format!("{label} : la place est vide")),
        Some(r) => needs.reading(&subject, r),
        None if may_be_none => {}
        None => needs.add(subject, format!("{label} : trouvé sur aucune page")),
    }
}

/// Fields that a deadline reads, where one was written.
pub(super) fn dates(needs: &mut Needs, fields: &[&str], case: &Case<'_>) {
    for id in fields {
        if case.reading(id).is_some_and(|r| r.value.is_some()) {
            needs.field(id, case);
        }
    }
}

/// Lines of the list that a person must look at, and the fields that a status hangs on.
pub(super) fn lines(needs: &mut Needs, lines: &[Judged], case: &Case<'_>) {
    for judged in lines {
        let line = &judged.line;
        if line.status == LineStatus::Doubtful && line.rank != Rank::Pratique {
            needs.add(format!("checklist:{}", line.piece), &line.because);
        }
        if let Some(words) = &judged.confirm {
            needs.add(format!("checklist:{}", line.piece), words);
        }
        for id in &judged.hangs_on {
            needs.field(id, case);
        }
    }
}

/// Findings that hold the dossier until a person looked.
pub(super) fn findings(needs: &mut Needs, findings: &[Finding], case: &Case<'_>, acknowledged: impl Fn(&Finding) -> bool) {
    for finding in findings {
        if case.catalogue.holds(&finding.code) != Holds::Nothing && !acknowledged(finding) {
            needs.add(finding.subjects.first().map_or("file", String::as_str), &finding.message);
        }
    }
}
