//! Engines on the writing of a place. Typed text that the page as a whole already gave is not read again; else
//! Tesseract first because it is cheap, PP-OCR where the value matters or Tesseract is not sure. An empty place is
//! never read.

use super::clean::Writing;
use super::ink::Scale;
use crate::catalogue::{FieldDef, FieldKind};
use crate::domain::{Engine, Rect, Word, ZoneReading};
use crate::recognise::{Charset, Recogniser};

/// The engines of a cell.
pub struct Readers<'e> {
    pub printed: &'e mut dyn Recogniser,
    /// `None` when its model is not installed.
    pub second: Option<&'e mut dyn Recogniser>,
}

/// Tesseract alone is enough for plain text that it reads with this figure or more, by itself.
const SURE: f32 = 0.93;
/// And for any typed text that it read so on the page as a whole, where it knows the line.
const SURE_OF_PAGE: f32 = 0.90;

/// A speck beside a word may lie outside its box; a letter may not. Millimetres.
const SPECK_MM: f32 = 1.0;
/// How far a letter may reach out of the box that the engine drew around its word, millimetres.
const RIM_MM: f32 = 0.5;

/// What the engines read; engines that fail or see nothing give no reading. `words` are those of the whole page.
pub fn read(
    writing: &Writing,
    place: Rect,
    words: &[Word],
    field: Option<&FieldDef>,
    readers: &mut Readers,
    scale: Scale,
) -> Vec<ZoneReading> {
    let mut readings = Vec::new();
    if writing.lines.is_empty() {
        return readings;
    }
    let typed = already_read(&writing.strokes, place, words, scale);
    if let Some(typed) = typed.as_ref().filter(|t| t.confidence >= SURE_OF_PAGE) {
        return vec![typed.clone()];
    }
    let printed = reading(writing, readers.printed);
    let twice = |r: &ZoneReading| r.confidence >= SURE_OF_PAGE && typed.as_ref().is_some_and(|t| t.text == r.text);
    let sure = printed.as_ref().is_some_and(|r| r.confidence >= SURE || twice(r)) && !field.is_none_or(matters);
    readings.extend(printed);
    if let Some(second) = readers.second.as_deref_mut().filter(|_| !sure) {
        readings.extend(reading(writing, second));
    }
    readings
}

/// The writing as the words of the page say it, when they leave no stroke out and no word of the place stands beside
/// them. As sure as the least of them.
fn already_read(strokes: &[Rect], place: Rect, words: &[Word], scale: Scale) -> Option<ZoneReading> {
    let ink = strokes.iter().copied().reduce(|a, b| a.union(&b))?;
    let rim = scale.whole(RIM_MM);
    let inside = |w: &&Word| strokes.iter().any(|s| w.rect.contains(s.centre().0, s.centre().1));
    let mut here: Vec<&Word> = words.iter().filter(inside).collect();
    here.sort_by_key(|w| (w.line, w.rect.x));
    let confidence = here.iter().map(|w| w.confidence).reduce(f32::min)?;
    let in_place = words.iter().filter(|w| place.contains(w.rect.centre().0, w.rect.centre().1)).count();
    let reaches_out = in_place > here.len() || here.iter().any(|w| w.rect.x + 2 * rim < ink.x || w.rect.right() > ink.right() + 2 * rim);
    let around = |w: &&Word| Rect::new(w.rect.x.saturating_sub(rim), w.rect.y.saturating_sub(rim), w.rect.w + 2 * rim, w.rect.h + 2 * rim);
    let boxes: Vec<Rect> = here.iter().map(around).collect();
    let is_read = |s: &Rect| s.w.max(s.h) < scale.whole(SPECK_MM) || boxes.iter().any(|b| b.contains(s.centre().0, s.centre().1));
    let whole = !reaches_out && strokes.iter().all(is_read);
    let text = here.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
    whole.then_some(ZoneReading { engine: Engine::Tesseract, text, confidence })
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
