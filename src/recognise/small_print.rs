//! Labels on identity documents are a millimetre high: at the resolution of an office scan the engine drops them,
//! and with them what the values mean. The document around a machine-readable zone is read once more, enlarged.

use super::engine::{PageRecogniser, RecogniseError};
use super::raster;
use crate::domain::{MrzRead, Rect, Word};
use image::GrayImage;

/// At more, a millimetre of print has pixels enough.
const COARSE_DPI: u32 = 250;
const ENLARGED: u32 = 2;
/// A document reaches so far above its zone and beyond its ends, as shares of the zone's width: the two sides of a card
/// stand one above the other on a copy.
const ABOVE: f32 = 1.6;
const BESIDE: f32 = 0.15;

/// `words` with those of the documents that bear `zones`, read enlarged; unchanged for a fine scan.
///
/// # Errors
/// When the engine fails.
pub fn read(
    upright: &GrayImage,
    dpi: u32,
    zones: &[MrzRead],
    words: Vec<Word>,
    engine: &mut dyn PageRecogniser,
) -> Result<Vec<Word>, RecogniseError> {
    if dpi > COARSE_DPI {
        return Ok(words);
    }
    let mut all = words;
    for zone in zones {
        let document = document(zone.rect);
        let Some(part) = raster::cut(upright, document) else { continue };
        let found = engine.read_page(&raster::scale(&part, f64::from(ENLARGED)), dpi * ENLARGED)?;
        all = merged(all, found, document);
    }
    Ok(all)
}

fn document(zone: Rect) -> Rect {
    let wide = zone.w as f32;
    let (side, up) = ((wide * BESIDE) as u32, (wide * ABOVE) as u32);
    let (x, y) = (zone.x.saturating_sub(side), zone.y.saturating_sub(up));
    // The zone itself is read by its own reader.
    Rect::new(x, y, zone.right() + side - x, zone.y.saturating_sub(y))
}

/// The new words, and of the old ones those that no new word covers.
fn merged(old: Vec<Word>, found: Vec<Word>, document: Rect) -> Vec<Word> {
    let lines = old.iter().map(|w| w.line).max().unwrap_or(0) + 1;
    let back = |v: u32| v / ENLARGED;
    let new: Vec<Word> = found
        .into_iter()
        .map(|w| {
            let rect = Rect::new(document.x + back(w.rect.x), document.y + back(w.rect.y), back(w.rect.w).max(1), back(w.rect.h).max(1));
            Word { rect, line: w.line + lines, ..w }
        })
        .collect();
    let covers = |a: &Rect, b: &Rect| a.vertical_overlap(b) * 2 > a.h.min(b.h) && a.horizontal_overlap(b) * 3 > a.w.min(b.w);
    let kept = old.into_iter().filter(|w| !new.iter().any(|n| covers(&n.rect, &w.rect)));
    let mut words: Vec<Word> = kept.collect();
    words.extend(new);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Engine;

    fn word(text: &str, x: u32, y: u32) -> Word {
        Word { text: text.to_owned(), rect: Rect::new(x, y, 60, 10), confidence: 0.9, line: 1, engine: Engine::Tesseract }
    }

    #[test]
    fn what_is_read_enlarged_stands_where_it_was_and_takes_the_place_of_what_it_covers() {
        let document = document(Rect::new(400, 1000, 800, 60));
        assert_eq!((document.x, document.y, document.bottom()), (280, 0, 1000));
        let old = vec![word("Dae", 500, 500), word("CHINE", 500, 520), word("Facture", 10, 1200)];
        let new = vec![Word { rect: Rect::new(440, 1000, 120, 20), ..word("Date", 0, 0) }];
        let words = merged(old, new, document);
        let texts: Vec<_> = words.iter().map(|w| (w.text.as_str(), w.rect.x, w.rect.y)).collect();
        assert_eq!(texts, [("CHINE", 500, 520), ("Facture", 10, 1200), ("Date", 500, 500)]);
    }
}
