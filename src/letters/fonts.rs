//! The fonts inside the program, so that a letter is the same on every machine: Liberation Sans (SIL OFL 1.1) and, for the letters that
//! it lacks, DejaVu Sans (Bitstream Vera licence). Widths are those of the shaper that the PDF library draws with.

use rustybuzz::{Direction, Face, UnicodeBuffer};
use std::sync::LazyLock;

static FILES: [&[u8]; 3] = [
    include_bytes!("fonts/LiberationSans-Regular.ttf"),
    include_bytes!("fonts/LiberationSans-Bold.ttf"),
    include_bytes!("fonts/DejaVuSans.ttf"),
];
static FACES: LazyLock<Vec<Face<'static>>> = LazyLock::new(|| FILES.iter().filter_map(|file| Face::from_slice(file, 0)).collect());

/// Which of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Font {
    Regular = 0,
    Bold = 1,
    Fallback = 2,
}

/// The files in the order of [`Font`].
pub(super) fn files() -> [&'static [u8]; 3] {
    FILES
}

/// True when some font of the program can print the character.
pub(super) fn has(c: char) -> bool {
    c.is_whitespace() || [Font::Regular, Font::Fallback].into_iter().any(|font| prints(font, c))
}

fn prints(font: Font, c: char) -> bool {
    FACES.get(font as usize).is_some_and(|face| face.glyph_index(c).is_some())
}

/// The font for a text: the wanted one, or the fallback where that lacks a letter.
pub(super) fn fit(wanted: Font, text: &str) -> Font {
    if text.chars().all(|c| c.is_whitespace() || prints(wanted, c)) { wanted } else { Font::Fallback }
}

/// Width of one line, in points.
pub(super) fn width(text: &str, font: Font, size: f32, right_to_left: bool) -> f32 {
    let Some(face) = FACES.get(font as usize) else { return 0.0 };
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
    let shaped = rustybuzz::shape(face, &[], buffer);
    let units: i32 = shaped.glyph_positions().iter().map(|p| p.x_advance).sum();
    units as f32 / face.units_per_em() as f32 * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_alphabets_can_be_printed() {
        assert_eq!(FACES.len(), 3);
        for name in ["ÉLÉONORE D’ŒUVRES", "ŠIMŮNEK ŽĎÁR", "Nguyễn Thị Ánh", "ΓΙΏΡΓΟΣ", "Юлия Щербакова", "محمد", "Ğülşen İnönü"]
        {
            assert!(name.chars().all(has), "{name}");
        }
        assert!(!has('漢'));
    }

    #[test]
    fn widths_grow_with_text_and_size() {
        let w = |text, size| width(text, Font::Regular, size, false);
        assert!(w("DIALLO", 12.0) > w("DIALL", 12.0) && (w("DIALLO", 24.0) - 2.0 * w("DIALLO", 12.0)).abs() < 0.01);
    }
}
