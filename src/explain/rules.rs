//! The line of a list again as the catalogue writes it, and the papers of the envelope that are for it.

use super::Matter;
use crate::catalogue::{ListRow, PieceList};
use crate::domain::{ChecklistLine, Extraction, LineStatus, Piece};
use std::collections::BTreeSet;

/// The list that decided, if the catalogue of today still has it.
fn list<'a>(matter: &Matter<'a>, said: &Extraction) -> Option<&'a PieceList> {
    let permit = matter.catalogue.permit(super::text(&said.permit)?)?;
    let only: BTreeSet<&str> = permit.lists.iter().map(|l| l.request.as_str()).collect();
    let request = super::text(&said.request).or_else(|| only.first().copied().filter(|_| only.len() == 1))?;
    permit.list_on(request, matter.constat.filing_date.value)
}

/// The row of a line, in the version that the line names.
pub(super) fn row<'a>(matter: &Matter<'a>, said: &Extraction, line: &ChecklistLine) -> Option<&'a ListRow> {
    let list = list(matter, said)?;
    let same =
        |row: &&ListRow| row.piece == line.piece && row.article == line.article && list.since_of(row).to_string() == line.rule_version;
    list.rows_on(matter.constat.filing_date.value).find(same)
}

/// The papers that a line was judged on: those that it counts where it says so, else all of its kind or of one that stands for it.
pub(super) fn papers<'a>(said: &'a Extraction, line: &ChecklistLine, row: Option<&ListRow>) -> Vec<&'a Piece> {
    let stands = |p: &Piece| row.is_some_and(|r| r.or.contains(&p.kind));
    let counted = if line.status == LineStatus::Present { told(&line.because) } else { Vec::new() };
    let for_it = |p: &&Piece| p.kind == line.piece || stands(p);
    let all: Vec<&Piece> = said.pieces.iter().filter(for_it).collect();
    let those: Vec<&Piece> = all.iter().filter(|p| p.pages.iter().any(|n| counted.contains(n))).copied().collect();
    if those.is_empty() { all } else { those }
}

/// The pages that the reason of a line begins with: « pages 3, 4 ; … ».
fn told(because: &str) -> Vec<u32> {
    let first = because.split(" ; ").next().unwrap_or_default();
    let numbers = first.strip_prefix("pages ").or_else(|| first.strip_prefix("page "));
    numbers.map(|list| list.split(", ").filter_map(|n| n.parse().ok()).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn the_pages_of_a_reason_are_found() {
        assert_eq!(told("pages 3, 4 ; une note"), [3, 4]);
        assert_eq!(told("page 12"), [12]);
        assert!(told("établi par a.martin").is_empty());
    }
}
