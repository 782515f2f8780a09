//! The reader on drawn specimens, and on pictures that are no line.

use super::{Class, LENGTHS, Line, Reader};
use image::{GrayImage, Luma};

fn reader() -> Reader {
    Reader::embedded().unwrap_or_else(|| panic!("the embedded model"))
}

fn text(characters: &[(char, f32)]) -> String {
    characters.iter().map(|c| c.0).collect()
}

/// Lines of the specimens of ICAO 9303, drawn by `models/ocrb/lines.py`: small, bitonal, faint, sloping.
const LINES: [(&[u8], &str); 4] = [
    (include_bytes!("../../../fixtures/mrz/passport-1-100dpi.png"), include_str!("../../../fixtures/mrz/passport-1-100dpi.gt.txt")),
    (include_bytes!("../../../fixtures/mrz/passport-2-bitonal.png"), include_str!("../../../fixtures/mrz/passport-2-bitonal.gt.txt")),
    (include_bytes!("../../../fixtures/mrz/card-1-faint.png"), include_str!("../../../fixtures/mrz/card-1-faint.gt.txt")),
    (include_bytes!("../../../fixtures/mrz/card-2-sloping.png"), include_str!("../../../fixtures/mrz/card-2-sloping.gt.txt")),
];

#[test]
fn specimens_are_read_and_their_length_is_found() {
    for (picture, truth) in LINES {
        let picture = image::load_from_memory(picture).map(|p| p.to_luma8()).unwrap_or_default();
        let read = reader().read_best(&picture, &LENGTHS);
        assert_eq!(read.map(|r| text(&r.characters())).as_deref(), Some(truth.trim()));
    }
}

#[test]
fn no_picture_makes_it_panic() {
    let reader = reader();
    for (w, h) in [(0, 0), (1, 1), (1, 900), (5000, 1), (39, 5), (40, 5), (41, 300), (300, 41), (700, 20)] {
        for shade in [0u8, 128, 255] {
            let _ = reader.read_best(&GrayImage::from_pixel(w, h, Luma([shade])), &[0, 1, 2, 30, 44, 100_000]);
        }
        // Every ninth pixel, stripes either way, and a number of levels without order.
        let patterns: [fn(u32, u32) -> u32; 4] =
            [|x, y| (x + y) % 9 / 8 * 255, |x, _| x / 7 % 2 * 255, |_, y| y / 3 % 2 * 255, |x, y| (x * 7919 + y * 104_729) % 251];
        for pattern in patterns {
            let _ = reader.read_best(&GrayImage::from_fn(w, h, |x, y| Luma([pattern(x, y) as u8])), &LENGTHS);
        }
    }
}

#[test]
fn positions_decide_between_look_alikes_only() {
    let cell = |pairs: &[(u8, f32)]| {
        let mut cell = [0.0; super::CLASSES];
        for (c, p) in pairs {
            if let Some(i) = super::ALPHABET.iter().position(|a| a == c) {
                cell[i] = *p;
            }
        }
        cell
    };
    let doubtful = cell(&[(b'O', 0.6), (b'0', 0.3), (b'D', 0.1)]);
    let (sign, chance) = super::surest(&Class::Digits.merged(&doubtful));
    assert_eq!(sign, '0');
    assert!(chance > 0.99);
    let (sign, chance) = super::surest(&Class::Letters.merged(&doubtful));
    assert_eq!(sign, 'O');
    assert!((chance - 0.9).abs() < 1e-3, "the D stays a letter of its own");
    assert_eq!(super::surest(&Class::Any.merged(&doubtful)), ('O', 0.6));
    assert_eq!(super::surest(&Class::Digits.merged(&cell(&[(b'K', 0.9), (b'1', 0.1)]))).0, 'K', "no look-alike, no change");
}

#[test]
fn every_line_has_a_class_for_each_of_its_cells() {
    let lines = [(Line::Names(44), 44), (Line::Data(44), 44), (Line::Data(36), 36), (Line::VisaData(44), 44), (Line::VisaData(36), 36)];
    let cards = [(Line::CardNumber, 30), (Line::CardDates, 30), (Line::FrenchNames, 36), (Line::FrenchData, 36)];
    for (line, count) in lines.into_iter().chain(cards) {
        assert_eq!(line.classes().len(), count, "{line:?}");
    }
}
