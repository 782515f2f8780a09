//! A second engine on printed values that no other paper is likely to repeat: two engines that agree are not one.

use super::engine::{Charset, Recogniser};
use super::raster;
use crate::domain::{Look, Rect, Word};
use image::GrayImage;

/// More values than this stand on no page that prints them for a person; the rest stays with one engine.
const MOST: usize = 24;
/// A value on two lines is not one line of text; its height is this share of the line's.
const ONE_LINE: f32 = 1.7;

/// Reads the words in each of `places`, pixels of `upright`. A place without words, or over two lines, gives nothing.
pub fn look(upright: &GrayImage, places: &[Rect], words: &[Word], engine: &mut dyn Recogniser) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::new();
    for place in places.iter().take(MOST) {
        let mut there: Vec<&Word> = words.iter().filter(|w| place.contains(w.rect.centre().0, w.rect.centre().1)).collect();
        there.sort_by_key(|w| w.rect.x);
        let Some(rect) = there.iter().map(|w| w.rect).reduce(|a, b| a.union(&b)) else { continue };
        let highest = there.iter().map(|w| w.rect.h).max().unwrap_or(1);
        let seen = looks.iter().any(|l| l.rect.vertical_overlap(&rect) > 0 && l.rect.horizontal_overlap(&rect) > 0);
        if !seen
            && rect.h as f32 <= highest as f32 * ONE_LINE
            && let Some(words) = read(upright, rect, &there, engine)
        {
            looks.push(Look { rect, words });
        }
    }
    looks
}

fn read(upright: &GrayImage, rect: Rect, there: &[&Word], engine: &mut dyn Recogniser) -> Option<Vec<Word>> {
    let pad = rect.h / 4;
    let frame = Rect::new(rect.x.saturating_sub(pad), rect.y.saturating_sub(pad), rect.w + 2 * pad, rect.h + 2 * pad);
    let (line, places) = engine.read_placed(&raster::cut(upright, frame)?, Charset::Text).ok()?;
    let name = engine.engine();
    let number = there.first()?.line;
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    if letters(&line.text) == there.iter().map(|w| letters(&w.text)).collect::<String>() {
        // The same letters: where words end is seen better on the whole page than on a cut line.
        let confidence = line.confidence;
        return Some(there.iter().map(|w| Word { confidence, engine: name, line: number, ..(*w).clone() }).collect());
    }
    let at = |share: f32| (frame.x + (share * frame.w as f32) as u32).clamp(rect.x, rect.right().saturating_sub(1));
    let characters: Vec<char> = line.text.chars().collect();
    // The engine tells the middle of each character.
    let half = frame.w as f32 / characters.len().max(1) as f32 / 2.0;
    let middle = |index: usize| places.get(index).map_or(rect.x, |p| at(*p));
    let mut words: Vec<Word> = Vec::new();
    let mut from = 0;
    for part in characters.chunk_by(|a, b| a.is_whitespace() == b.is_whitespace()) {
        let to = from + part.len();
        if !part[0].is_whitespace() {
            let left = middle(from).saturating_sub(half as u32).max(rect.x);
            let right = (middle(to - 1) + half as u32).min(rect.right());
            let rect = Rect::new(left, rect.y, right.saturating_sub(left).max(1), rect.h);
            words.push(Word { text: part.iter().collect(), rect, confidence: line.confidence, line: number, engine: name });
        }
        from = to;
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Engine;
    use crate::recognise::{LineText, RecogniseError};

    struct Says(&'static str);

    impl Recogniser for Says {
        fn engine(&self) -> Engine {
            Engine::Ppocr
        }

        fn read_line(&mut self, line: &GrayImage, charset: Charset) -> Result<LineText, RecogniseError> {
            Ok(self.read_placed(line, charset)?.0)
        }

        fn read_placed(&mut self, _: &GrayImage, _: Charset) -> Result<(LineText, Vec<f32>), RecogniseError> {
            let length = self.0.chars().count() as f32;
            let places = (0..self.0.chars().count()).map(|at| (at as f32 + 0.5) / length).collect();
            Ok((LineText { text: self.0.to_owned(), confidence: 0.9 }, places))
        }
    }

    fn texts(says: &'static str) -> Vec<String> {
        let word = |text: &str, x| Word {
            text: text.to_owned(),
            rect: Rect::new(x, 100, 90, 30),
            confidence: 0.8,
            line: 3,
            engine: Engine::Tesseract,
        };
        let words = [word("SAINT", 100), word("LEU", 200), word("Signature", 600)];
        let page = GrayImage::from_pixel(1000, 300, image::Luma([255]));
        let looks = look(&page, &[Rect::new(95, 95, 200, 40)], &words, &mut Says(says));
        looks[0].words.iter().map(|w| w.text.clone()).collect()
    }

    #[test]
    fn the_same_letters_keep_the_words_and_others_make_new_ones() {
        assert_eq!(texts("SAINTLEU"), ["SAINT", "LEU"]);
        assert_eq!(texts("SAINT LEV"), ["SAINT", "LEV"]);
        assert_eq!(texts("SAINTLEV"), ["SAINTLEV"]);
    }
}
