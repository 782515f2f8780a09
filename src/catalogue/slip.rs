//! Where the boxes of a correction slip stand: one geometry for the printer of letters and for the reader of what comes back.
//!
//! Millimetres from the top left corner of an A4 page. Two QR codes at opposite corners carry the page: between their centres lies
//! its longest sure distance.

use super::{Catalogue, FieldKind, LetterDef};
use crate::domain::FieldId;

/// Side of a code.
pub const CODE_MM: f32 = 24.0;
/// Top left corners of the two codes: top right and bottom left of the page.
pub const CODES_MM: [(f32, f32); 2] = [(170.0, 12.0), (16.0, 260.0)];
/// Page numbers in the two codes: no letter is as long.
pub const SLIP_PAGES: [u32; 2] = [90, 91];

/// Left end of every comb.
const LEFT: f32 = 16.0;
const TOP: f32 = 62.0;
/// From the top of a row to its first comb, and from comb to comb.
const HEAD: f32 = 7.0;
const CELL: (f32, f32) = (6.8, 7.4);
const GAP: f32 = 1.6;
const BELOW: f32 = 4.0;
const TICK: (f32, f32) = (189.0, 4.4);
const LONG: usize = 26;

/// A rectangle in millimetres: left, top, width, height.
pub type Millimetres = (f32, f32, f32, f32);

/// The boxes of one value.
#[derive(Clone, Debug, PartialEq)]
pub struct SlipBox {
    pub field: FieldId,
    /// Baseline of the printed label and value.
    pub baseline: f32,
    /// « c’est faux »
    pub tick: Millimetres,
    /// One or two rows of cells.
    pub combs: Vec<Millimetres>,
    /// Cells of a row.
    pub cells: usize,
}

impl Catalogue {
    /// The boxes of a letter's slip, in order; none for a letter without one.
    #[must_use]
    pub fn slip_boxes(&self, letter: &LetterDef) -> Vec<SlipBox> {
        if letter.slip.is_none() {
            return Vec::new();
        }
        let mut top = TOP;
        let boxes = letter.reads_back.iter().map(|field| {
            let (cells, rows) = self.room(field);
            let comb = |row: usize| (LEFT, top + HEAD + row as f32 * (CELL.1 + GAP), cells as f32 * CELL.0, CELL.1);
            let boxed = SlipBox {
                field: field.clone(),
                baseline: top + HEAD - 2.4,
                tick: (TICK.0, top + HEAD - 2.4 - TICK.1, TICK.1, TICK.1),
                combs: (0..rows).map(comb).collect(),
                cells,
            };
            top += HEAD + rows as f32 * (CELL.1 + GAP) + BELOW;
            boxed
        });
        boxes.collect()
    }

    /// Cells and rows that a value may need.
    fn room(&self, field: &FieldId) -> (usize, usize) {
        match self.field(field.as_str()).map(|f| f.kind) {
            Some(FieldKind::Date) => (8, 1),
            Some(FieldKind::Telephone | FieldKind::Number) => (10, 1),
            Some(FieldKind::Address) => (LONG, 2),
            _ => (LONG, 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boxes_stand_on_the_page_and_touch_neither_each_other_nor_the_codes() {
        let catalogue = Catalogue::embedded().unwrap();
        for letter in catalogue.letters.iter().filter(|l| l.slip.is_some()) {
            let boxes = catalogue.slip_boxes(letter);
            assert_eq!(boxes.len(), letter.reads_back.len());
            let mut last = CODES_MM[0].1 + CODE_MM;
            for place in boxes.iter().flat_map(|b| &b.combs) {
                assert!(place.1 > last && place.0 + place.2 < 200.0, "{}: {place:?}", letter.id);
                last = place.1 + place.3;
            }
            assert!(last < CODES_MM[1].1, "{}: {last}", letter.id);
        }
    }
}
