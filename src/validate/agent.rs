//! What named agents said about lines of the list and about findings.

use super::case::Case;
use super::checklist::Judged;
use crate::domain::{Correction, CorrectionAct, Decision, FieldValue, Finding, LineStatus, Piece, Source};
use std::collections::{BTreeMap, BTreeSet};

/// The last word of the agents on each subject.
pub(super) struct Agents<'a> {
    /// With how often the agents spoke of the line.
    lines: BTreeMap<&'a str, (&'a Correction, LineStatus, usize)>,
    looked_at: BTreeSet<&'a str>,
}

impl<'a> Agents<'a> {
    pub(super) fn new(corrections: &'a [Correction]) -> Self {
        let mut agents = Self { lines: BTreeMap::new(), looked_at: BTreeSet::new() };
        for correction in corrections {
            match correction.act {
                CorrectionAct::Checklist { status } => {
                    if let Some(piece) = correction.subject.strip_prefix("checklist:") {
                        let times = agents.lines.get(piece).map_or(0, |(.., times)| *times);
                        agents.lines.insert(piece, (correction, status, times + 1));
                    }
                }
                // « Le dossier est incomplet » is said of the envelope with the list that was seen: it opens no finding.
                CorrectionAct::Acknowledge if matches!(correction.seen, Some(FieldValue::List(_))) => {}
                CorrectionAct::Acknowledge => {
                    agents.looked_at.insert(correction.subject.as_str());
                }
                _ => {}
            }
        }
        agents
    }

    /// Lays the agents' word over the lines.
    pub(super) fn decide(&self, lines: &mut [Judged]) {
        for judged in lines {
            let Some((correction, status, times)) = self.lines.get(judged.line.piece.as_str()) else { continue };
            let agent = &correction.agent;
            // Who speaks again saw an earlier decision and not the machine's word.
            if *times == 1 && overtaken(correction, judged.line.status, *status) {
                judged.line.because = format!("{} ; le constat a changé depuis la décision de {agent}", judged.line.because);
                judged.line.status = LineStatus::Doubtful;
            } else {
                judged.line.status = *status;
                judged.line.because = format!("établi par {agent}");
                judged.hangs_on.clear();
                judged.confirm = None;
            }
        }
    }

    /// True when a person looked at what the finding speaks of: at the finding, at the value, or at the line of the paper.
    pub(super) fn looked_at(&self, finding: &Finding, case: &Case<'_>) -> bool {
        let by_code = format!("finding:{}", finding.code);
        self.looked_at.contains(by_code.as_str()) || finding.subjects.iter().any(|s| self.spoke_of(s, case))
    }

    fn spoke_of(&self, subject: &str, case: &Case<'_>) -> bool {
        if self.looked_at.contains(subject) {
            return true;
        }
        let pieces = &case.extraction.pieces;
        match subject.split_once(':') {
            Some(("checklist", piece)) => self.lines.contains_key(piece),
            Some(("field", id)) => {
                case.extraction.reading(&format!("field:{id}")).is_some_and(|r| r.source == Source::Agent && r.decision != Decision::Review)
            }
            Some(("page", number)) => {
                let on_page = |p: &&Piece| p.pages.iter().any(|n| n.to_string() == number);
                pieces.iter().find(on_page).is_some_and(|p| self.line_of(p, case))
            }
            Some(("piece", number)) => {
                let index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                index.and_then(|i| pieces.get(i)).is_some_and(|p| self.line_of(p, case))
            }
            _ => false,
        }
    }

    /// An agent spoke of a line that this paper is for.
    fn line_of(&self, piece: &Piece, case: &Case<'_>) -> bool {
        let rows = case.list().map(|l| l.rows.as_slice()).unwrap_or_default();
        rows.iter().any(|r| (r.piece == piece.kind || r.or.contains(&piece.kind)) && self.lines.contains_key(r.piece.as_str()))
    }
}

/// The machine now says something else than what the agent saw, and than what the agent said.
fn overtaken(correction: &Correction, now: LineStatus, said: LineStatus) -> bool {
    let Some(FieldValue::Text(seen)) = &correction.seen else { return false };
    let code = |status: LineStatus| match status {
        LineStatus::Present => "present",
        LineStatus::Missing => "missing",
        LineStatus::Doubtful => "doubtful",
        LineStatus::NotRequired => "not_required",
        LineStatus::AtCollection => "at_collection",
    };
    seen != code(now) && now != said
}
