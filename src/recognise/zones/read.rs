//! Engines on the writing of a place: Tesseract first because it is cheap, PP-OCR where the value matters or
//! Tesseract is not sure. An empty place is never read.

use super::clean::Writing;
use crate::catalogue::{FieldDef, FieldKind};
use crate::domain::ZoneReading;
use crate::recognise::{Charset, Recogniser};

/// The engines of a cell.
pub struct Readers<'e> {
    pub printed: &'e mut dyn Recogniser,
    /// `None` when its model is not installed.
    pub second: Option<&'e mut dyn Recogniser>,
}

/// Tesseract alone is enough for plain text that it reads with this figure or more.
const SURE: f32 = 0.93;

/// What the engines read; engines that fail or see nothing give no reading.
pub fn read(writing: &Writing, field: Option<&FieldDef>, readers: &mut Readers) -> Vec<ZoneReading> {
    let mut readings = Vec::new();
    if writing.lines.is_empty() {
        return readings;
    }
    let printed = reading(writing, readers.printed);
    let sure = printed.as_ref().is_some_and(|r| r.confidence >= SURE) && !field.is_none_or(matters);
    readings.extend(printed);
    if let Some(second) = readers.second.as_deref_mut().filter(|_| !sure) {
        readings.extend(reading(writing, second));
    }
    readings
}

/// Names, dates, numbers: whatever a wrong letter spoils and no list of words would notice.
fn matters(field: &FieldDef) -> bool {
    field.identity || matches!(field.kind, FieldKind::Name | FieldKind::Names | FieldKind::Date | FieldKind::Number | FieldKind::Telephone)
}

fn reading(writing: &Writing, engine: &mut dyn Recogniser) -> Option<ZoneReading> {
    let mut texts = Vec::new();
    let mut confidence = 1.0f32;
    for line in &writing.lines {
        let (read, places) = engine.read_placed(line, Charset::Text).ok().filter(|(r, _)| !r.text.trim().is_empty())?;
        confidence = confidence.min(read.confidence);
        texts.push(with_blanks(&read.text, &places, &writing.blanks));
    }
    let text = spaced(&texts.join(" "), &writing.cells);
    Some(ZoneReading { engine: engine.engine(), text, confidence })
}

/// The text with a space where a comb's blank cell is, as far as the engine says where its characters are.
fn with_blanks(text: &str, places: &[f32], blanks: &[f32]) -> String {
    let mut blanks = blanks.iter().peekable();
    let mut spaced = String::new();
    for (at, c) in text.chars().enumerate() {
        while places.get(at).is_some_and(|place| blanks.next_if(|b| **b < *place).is_some()) {
            spaced.push(' ');
        }
        spaced.push(c);
    }
    spaced
}

/// The text of a comb with a space where a cell is blank, when it has as many characters as filled cells.
fn spaced(text: &str, cells: &[bool]) -> String {
    let single = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let letters: Vec<char> = single.chars().filter(|c| !c.is_whitespace()).collect();
    let skip = cells.iter().position(|c| *c).unwrap_or(0);
    if cells.is_empty() || letters.len() != cells.iter().filter(|c| **c).count() {
        return single;
    }
    let mut next = letters.into_iter();
    cells[skip..].iter().map(|filled| if *filled { next.next().unwrap_or(' ') } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::spaced;

    #[test]
    fn blank_cells_become_spaces_and_spaces_of_the_engine_go() {
        let cells = [true, true, true, false, true, true];
        assert_eq!(spaced("BE N YO", &cells), "BEN YO");
        assert_eq!(spaced("BENYOX", &cells), "BENYOX", "one letter too many: left as read");
        assert_eq!(spaced("a  b", &[]), "a b");
    }
}
