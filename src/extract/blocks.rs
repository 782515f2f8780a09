//! Blocks of name and address, as letters and bills print them without a label.

use super::kinds::{address, name};
use super::labels::gap;
use super::layout::{Layout, Token, around, join};
use crate::domain::Rect;

/// A name and an address one above the other, as letters and bills print them.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The line above the street, empty when there is none.
    pub name: String,
    pub address: crate::domain::Address,
    pub rect: Rect,
}

/// All blocks of the page.
pub(super) fn blocks(layout: &Layout) -> Vec<Block> {
    let segments = segments(layout);
    let mut out = Vec::new();
    for town in &segments {
        let text = join(town);
        if !text.starts_with(|c: char| c.is_ascii_digit()) || text.len() > 60 {
            continue;
        }
        let (mut lines, mut last) = (vec![text], around(town));
        let mut rect = last;
        for _ in 0..4 {
            let Some(above) = above(&segments, &last, layout.em) else { break };
            last = around(above);
            rect = rect.union(&last);
            lines.insert(0, join(above));
        }
        let Some(street) = (0..lines.len() - 1).rev().find(|&i| address::is_street(&lines[i])) else { continue };
        let Some(address) = address::parse(&format!("{} {}", lines[street], lines[lines.len() - 1])) else { continue };
        let name = lines[..street].iter().rev().find(|l| name::one(l).is_some()).cloned().unwrap_or_default();
        out.push(Block { name, address, rect });
    }
    out
}

fn segments<'a>(layout: &'a Layout) -> Vec<&'a [Token]> {
    let mut out = Vec::new();
    for row in &layout.rows {
        let mut from = 0;
        for at in 1..=row.tokens.len() {
            if at == row.tokens.len() || gap(&row.tokens[at - 1], &row.tokens[at]) > layout.em * 3 {
                out.push(&row.tokens[from..at]);
                from = at;
            }
        }
    }
    out
}

/// The nearest segment that begins at the same column on the line above.
fn above<'a>(segments: &[&'a [Token]], below: &Rect, em: u32) -> Option<&'a [Token]> {
    let near = segments.iter().filter(|s| {
        let rect = around(s);
        rect.x.abs_diff(below.x) <= em * 3 / 2 && rect.bottom() <= below.y + em / 2 && below.y.saturating_sub(rect.bottom()) < em * 5 / 2
    });
    near.max_by_key(|s| around(s).y).copied()
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::page;
    use super::*;

    #[test]
    fn a_block_has_a_name_and_an_address() {
        let page = page(&[
            (100, 100, "EAU DU MIDI"),
            (1300, 400, "M. BEN YOUSSEF WASSIM"),
            (1300, 460, "98 AVENUE JEAN JAURÈS"),
            (1300, 520, "69126 BRINDAS"),
            (100, 900, "12345 est notre référence"),
        ]);
        let found = blocks(&Layout::new(&page));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].address.commune.as_str()), ("M. BEN YOUSSEF WASSIM", "BRINDAS"));
    }
}
