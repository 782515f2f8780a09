//! What must come out of a case, and where the constat says otherwise.

use crate::domain::{Constat, LineStatus, Outcome};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a case expects; what it does not name may be anything.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub outcome: Outcome,
    /// By document type; where two lines ask for one type, any of them.
    #[serde(default)]
    pub lines: BTreeMap<String, LineStatus>,
    /// Lines that must not be there at all (a rule not yet in force).
    #[serde(default)]
    pub no_line: Vec<String>,
    #[serde(default)]
    pub findings: Vec<String>,
    #[serde(default)]
    pub no_findings: Vec<String>,
    /// The day of a deadline, by its rule.
    #[serde(default)]
    pub deadlines: BTreeMap<String, Date>,
    #[serde(default)]
    pub no_deadlines: Vec<String>,
    /// The score of urgency.
    #[serde(default)]
    pub urgency: Option<u32>,
    /// Subjects that must wait for a person; `needs_none = true` asks for an empty list.
    #[serde(default)]
    pub needs: Vec<String>,
    #[serde(default)]
    pub needs_none: bool,
}

impl Expected {
    /// Every difference, in words.
    #[must_use]
    pub fn faults(&self, constat: &Constat) -> Vec<String> {
        let mut faults = Vec::new();
        if constat.outcome != self.outcome {
            faults.push(format!("outcome {:?}, expected {:?}", constat.outcome, self.outcome));
        }
        self.of_lines(constat, &mut faults);
        let codes: BTreeSet<&str> = constat.findings.iter().map(|f| f.code.as_str()).collect();
        faults.extend(self.findings.iter().filter(|c| !codes.contains(c.as_str())).map(|c| format!("no finding {c} among {codes:?}")));
        faults.extend(self.no_findings.iter().filter(|c| codes.contains(c.as_str())).map(|c| format!("finding {c}")));
        self.of_days(constat, &mut faults);
        let subjects: BTreeSet<&str> = constat.review.iter().map(|n| n.subject.as_str()).collect();
        faults.extend(self.needs.iter().filter(|s| !subjects.contains(s.as_str())).map(|s| format!("no need {s} among {subjects:?}")));
        if self.needs_none && !subjects.is_empty() {
            faults.push(format!("needs: {:?}", constat.review));
        }
        faults
    }

    fn of_lines(&self, constat: &Constat, faults: &mut Vec<String>) {
        let lines = |piece: &str| constat.checklist.iter().filter(|l| l.piece.as_str() == piece).collect::<Vec<_>>();
        for (piece, status) in &self.lines {
            let found = lines(piece);
            if found.is_empty() {
                faults.push(format!("{piece} is not in the list"));
            } else if found.iter().all(|l| l.status != *status) {
                let is: Vec<String> = found.iter().map(|l| format!("{:?} ({})", l.status, l.because)).collect();
                faults.push(format!("{piece} is {}, expected {status:?}", is.join(" and ")));
            }
        }
        faults.extend(self.no_line.iter().filter(|p| !lines(p).is_empty()).map(|p| format!("{p} is in the list")));
    }

    fn of_days(&self, constat: &Constat, faults: &mut Vec<String>) {
        let due = |rule: &str| constat.deadlines.iter().find(|d| d.rule == rule).map(|d| d.due);
        for (rule, day) in &self.deadlines {
            if due(rule) != Some(*day) {
                faults.push(format!("{rule} is due {:?}, expected {day}", due(rule)));
            }
        }
        faults.extend(self.no_deadlines.iter().filter(|r| due(r).is_some()).map(|r| format!("deadline {r} is there")));
        if self.urgency.is_some_and(|score| score != constat.urgency.score) {
            faults.push(format!("urgency {} ({}), expected {:?}", constat.urgency.score, constat.urgency.reasons.join(", "), self.urgency));
        }
    }
}
