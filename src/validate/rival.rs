//! Where the form does not say what is asked for and the papers alone told it: another request that explains every paper as well.

use super::case::Case;
use super::checklist::{Judged, judge_list};
use super::heard::settled;
use crate::catalogue::{PermitDef, PieceList};
use crate::domain::{LineStatus, Rank, Reading};

/// A permit or request with no more than this was deduced from papers.
const DEDUCED: f64 = 0.5;

/// Nothing is missing for sure while the papers are, every one of them, those of another request.
pub(super) fn in_doubt(lines: &mut [Judged], case: &Case<'_>) {
    let Some(other) = rival(case) else { return };
    for judged in lines.iter_mut().filter(|j| j.line.status == LineStatus::Missing) {
        judged.line.status = LineStatus::Doubtful;
        judged.line.because =
            format!("{} ; les pièces sont aussi celles de « {} » : la demande est à confirmer", judged.line.because, other.label);
    }
}

fn rival<'a>(case: &Case<'a>) -> Option<&'a PermitDef> {
    let deduced = |r: &Reading| !settled(r) && r.confidence <= DEDUCED;
    if !deduced(&case.extraction.permit) || !deduced(&case.extraction.request) {
        return None;
    }
    // Only requests that are permits of their own are taken for one another: the others differ in what the person does.
    let own = |p: &&PermitDef| p.lists.iter().any(|l| l.request == p.id.as_str()) && case.permit() != Some(p.id.as_str());
    case.catalogue.permits.iter().filter(own).find(|p| p.lists.iter().any(|list| explains(list, case)))
}

fn explains(list: &PieceList, case: &Case<'_>) -> bool {
    let asked = |kind: &str| list.rows.iter().any(|r| r.piece.as_str() == kind || r.or.iter().any(|o| o.as_str() == kind));
    let known = |kind: &str| case.catalogue.document(kind).is_some_and(|d| !d.none && !d.admissibility);
    let every_paper = case.extraction.pieces.iter().filter(|p| known(p.kind.as_str())).all(|p| asked(p.kind.as_str()));
    let missing = |j: &Judged| j.line.status == LineStatus::Missing && j.line.rank == Rank::Texte;
    list.since <= case.filing && every_paper && !judge_list(list, case).iter().any(missing)
}
