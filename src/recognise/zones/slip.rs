//! A correction slip that came back: its two codes say which letter it belongs to and carry its geometry, so that its boxes are
//! known places and not discovered ones.

use super::clean;
use super::ink::Scale;
use super::places::{Place, Shape};
use super::read::{self, Readers};
use super::ticks;
use super::{Drawn, Form};
use crate::catalogue::{CODE_MM, CODES_MM, Catalogue, Millimetres, SLIP_PAGES, SlipBox};
use crate::domain::{CheckBox, CodeRead, LetterMark, Rect, Word, Zone, ZoneOrigin, ZoneReading, ZoneShape};
use image::GrayImage;

/// Reads the slip on an upright page. `None` when the page is none of ours; a letter, or a slip of which one code is lost, has no
/// zones: a person reads it.
pub fn read_slip(
    grey: &GrayImage,
    dpi: u32,
    words: &[Word],
    codes: &[CodeRead],
    catalogue: &Catalogue,
    readers: &mut Readers,
) -> Option<Form> {
    let marks: Vec<(LetterMark, &CodeRead)> = codes.iter().filter_map(|c| LetterMark::claimed(&c.text).map(|m| (m, c))).collect();
    let (first, _) = marks.first()?;
    let letter = catalogue.letters.iter().find(|l| l.code == first.letter);
    let corner = |page: u32| marks.iter().find(|(m, _)| m.page == page && m.envelope == first.envelope).map(|(_, code)| code.rect);
    let (Some(letter), Some(top), Some(bottom)) = (letter, corner(SLIP_PAGES[0]), corner(SLIP_PAGES[1])) else {
        return Some(Form::default());
    };
    let Some(view) = View::between(top, bottom) else { return Some(Form::default()) };
    let scale = Scale::new(dpi);
    let drawn = Drawn::find(grey, scale, words).places;
    let mut slip = Returned { grey, words, catalogue, readers, view, drawn, scale, letter: &letter.id };
    let mut form = Form::default();
    for place in catalogue.slip_boxes(letter) {
        form.checkboxes.push(slip.tick(&place));
        form.zones.push(slip.zone(&place));
    }
    Some(form)
}

/// One slip in front of the engines.
struct Returned<'a, 'e> {
    grey: &'a GrayImage,
    words: &'a [Word],
    catalogue: &'a Catalogue,
    readers: &'a mut Readers<'e>,
    view: View,
    /// Combs that the picture itself shows: where they are, they are exact.
    drawn: Vec<Place>,
    scale: Scale,
    letter: &'a str,
}

impl Returned<'_, '_> {
    fn label(&self, place: &SlipBox) -> String {
        self.catalogue.field(place.field.as_str()).map_or_else(|| place.field.to_string(), |f| f.label.clone())
    }

    /// The comb that is drawn where the slip has one, else where the codes say that it is, without its lines.
    fn comb(&self, comb: Millimetres, cells: usize) -> Place {
        let rect = self.view.rect(comb);
        let is_it = |p: &&Place| {
            let same = matches!(&p.shape, Shape::Comb { cells: drawn } if drawn.len() == cells);
            same && p.rect.horizontal_overlap(&rect) * 10 > rect.w * 9 && p.rect.vertical_overlap(&rect) * 10 > rect.h * 7
        };
        if let Some(drawn) = self.drawn.iter().find(is_it) {
            return drawn.clone();
        }
        let wide = comb.2 / cells as f32;
        let inside = |i: usize| (comb.0 + i as f32 * wide + LINE, comb.1 + LINE, wide - 2.0 * LINE, comb.3 - 2.0 * LINE);
        Place { shape: Shape::Comb { cells: (0..cells).map(|i| self.view.rect(inside(i))).collect() }, rect }
    }

    fn tick(&self, place: &SlipBox) -> CheckBox {
        let rect = self.view.rect(place.tick);
        let (ink, state) = ticks::mark(self.grey, rect, self.scale);
        CheckBox { rect, words: "c’est faux".to_owned(), group: self.label(place), ink, state }
    }

    fn zone(&mut self, place: &SlipBox) -> Zone {
        let mut readings: Vec<ZoneReading> = Vec::new();
        let (mut ink, mut empty, mut whole) = (0.0f32, true, None::<Rect>);
        for comb in &place.combs {
            let found = self.comb(*comb, place.cells);
            let rect = found.rect;
            whole = Some(whole.map_or(rect, |w| w.union(&rect)));
            let writing = clean::writing(self.grey, &found, self.scale);
            ink = ink.max(writing.ink);
            empty &= writing.lines.is_empty();
            let field = self.catalogue.field(place.field.as_str());
            for reading in read::read(&writing, rect, self.words, field, self.readers, self.scale) {
                goes_on(&mut readings, reading);
            }
        }
        let rect = whole.unwrap_or_default();
        Zone {
            field: place.field.clone(),
            shape: ZoneShape::Comb { cells: place.cells as u32 },
            origin: ZoneOrigin::Form { id: self.letter.to_owned() },
            rect,
            label: self.label(place),
            label_rect: rect,
            label_match: 1.0,
            ink,
            empty,
            readings,
        }
    }
}

/// The second row goes on where the first one ends.
fn goes_on(readings: &mut Vec<ZoneReading>, reading: ZoneReading) {
    match readings.iter_mut().find(|r| r.engine == reading.engine) {
        Some(first) => {
            first.text = format!("{} {}", first.text, reading.text);
            first.confidence = first.confidence.min(reading.confidence);
        }
        None => readings.push(reading),
    }
}

/// From millimetres of the printed slip to pixels of the scan: moved, turned and scaled, by the centres of the two codes.
struct View {
    origin: (f32, f32),
    /// Pixels a millimetre, as a complex number: its size scales, its direction turns.
    unit: (f32, f32),
}

/// Half a drawn line and what the codes may be wrong by, millimetres.
const LINE: f32 = 0.7;
/// A slip is scanned, not photographed: what is enlarged or turned by more than this is no slip.
const TURNED: f32 = 0.1;

impl View {
    fn between(top: Rect, bottom: Rect) -> Option<Self> {
        let centre = |r: Rect| (r.x as f32 + r.w as f32 / 2.0, r.y as f32 + r.h as f32 / 2.0);
        let printed = |c: (f32, f32)| (c.0 + CODE_MM / 2.0, c.1 + CODE_MM / 2.0);
        let (a, b) = (centre(top), centre(bottom));
        let (p, q) = (printed(CODES_MM[0]), printed(CODES_MM[1]));
        let (seen, known) = ((b.0 - a.0, b.1 - a.1), (q.0 - p.0, q.1 - p.1));
        let square = known.0 * known.0 + known.1 * known.1;
        let unit = ((seen.0 * known.0 + seen.1 * known.1) / square, (seen.1 * known.0 - seen.0 * known.1) / square);
        let straight = unit.0 > 0.0 && unit.1.abs() <= unit.0 * TURNED;
        let origin = (a.0 - (p.0 * unit.0 - p.1 * unit.1), a.1 - (p.0 * unit.1 + p.1 * unit.0));
        straight.then_some(Self { origin, unit })
    }

    fn point(&self, x: f32, y: f32) -> (f32, f32) {
        (self.origin.0 + x * self.unit.0 - y * self.unit.1, self.origin.1 + x * self.unit.1 + y * self.unit.0)
    }

    fn rect(&self, place: Millimetres) -> Rect {
        let (x, y, w, h) = place;
        let ((left, top), (right, bottom)) = (self.point(x, y), self.point(x + w, y + h));
        let pixel = |v: f32| v.round().max(0.0) as u32;
        Rect::new(pixel(left), pixel(top), pixel(right - left).max(1), pixel(bottom - top).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_codes_carry_the_page_when_it_is_scaled_moved_and_turned() {
        let at = |x: f32, y: f32| (100.0 + 11.8 * x - 0.2 * y, 50.0 + 0.2 * x + 11.8 * y);
        let code = |c: (f32, f32)| {
            let (x, y) = at(c.0 + CODE_MM / 2.0, c.1 + CODE_MM / 2.0);
            Rect::new((x - 140.0) as u32, (y - 140.0) as u32, 280, 280)
        };
        let view = View::between(code(CODES_MM[0]), code(CODES_MM[1])).unwrap();
        let (x, y) = view.point(16.0, 130.0);
        let (wx, wy) = at(16.0, 130.0);
        assert!((x - wx).abs() < 1.5 && (y - wy).abs() < 1.5, "{x} {y} for {wx} {wy}");
        assert!(View::between(code(CODES_MM[1]), code(CODES_MM[0])).is_none(), "upside down");
    }
}
