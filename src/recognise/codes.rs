//! QR and DataMatrix, by zxing-cpp at full and half size: small modules need the first, blurred ones the second.

use super::raster;
use super::sketch::Sketch;
use crate::domain::{CodeRead, Rect};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::GrayImage;
use zxingcpp::{BarcodeFormat, BarcodeReader, ImageFormat, ImageView};

/// Smallest and largest side of a printed code.
const SIDE_MM: std::ops::RangeInclusive<f32> = 6.0..=80.0;
/// Pixels of a picture that is cut out of a page or a screen rather than scanned.
const SMALL: u32 = 2_000_000;
/// A cell of the grid on which dark-and-light texture is measured.
const CELL_MM: f32 = 2.0;
/// Quiet zone kept around a candidate.
const QUIET_MM: f32 = 6.0;

/// All codes of the page. `sketch` is that of `upright`.
///
/// The whole page is searched at half size, which costs a fifth of the full one and finds nearly all;
/// places that look like a code are searched at full size too, and a small picture as a whole.
#[must_use]
pub fn read(upright: &GrayImage, sketch: &Sketch) -> Vec<CodeRead> {
    let reader = zxingcpp::read().formats([BarcodeFormat::QRCode, BarcodeFormat::DataMatrix]).try_harder(true).try_rotate(true);
    let whole = Rect::new(0, 0, upright.width(), upright.height());
    let mut found = decode(&reader, &raster::reduce(upright, 2), whole, 2);
    if found.is_empty() && upright.width() * upright.height() <= SMALL {
        found = decode(&reader, upright, whole, 1);
    }
    for place in candidates(sketch) {
        let rect = sketch.on_page(place);
        if found.iter().any(|f| overlaps(&f.rect, &rect)) {
            continue;
        }
        if let Some(part) = raster::cut(upright, rect) {
            found.extend(decode(&reader, &part, rect, 1));
        }
    }
    found
}

fn overlaps(a: &Rect, b: &Rect) -> bool {
    a.horizontal_overlap(b) > 0 && a.vertical_overlap(b) > 0
}

fn decode(reader: &BarcodeReader, picture: &GrayImage, at: Rect, factor: u32) -> Vec<CodeRead> {
    let Ok(view) = ImageView::from_slice(picture.as_raw(), picture.width(), picture.height(), ImageFormat::Lum) else { return Vec::new() };
    let codes = reader.from(view).unwrap_or_default();
    codes.iter().filter(|code| code.is_valid()).map(|code| code_read(code, at, factor)).collect()
}

fn code_read(code: &zxingcpp::Barcode, at: Rect, factor: u32) -> CodeRead {
    let p = code.position();
    let corners = [p.top_left, p.top_right, p.bottom_right, p.bottom_left];
    let on_page = |v: i32, origin: u32| origin + u32::try_from(v).unwrap_or(0) * factor;
    let (xs, ys) = (corners.map(|c| on_page(c.x, at.x)), corners.map(|c| on_page(c.y, at.y)));
    let span = |vs: [u32; 4]| (vs.into_iter().min().unwrap_or(0), vs.into_iter().max().unwrap_or(0));
    let ((x0, x1), (y0, y1)) = (span(xs), span(ys));
    let bytes = code.bytes();
    CodeRead {
        symbology: match code.symbology() {
            BarcodeFormat::QRCode => "qr_code".to_owned(),
            BarcodeFormat::DataMatrix => "data_matrix".to_owned(),
            other => other.to_string().to_lowercase(),
        },
        text: String::from_utf8(bytes.clone()).unwrap_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect()),
        bytes: STANDARD.encode(&bytes),
        rect: Rect::new(x0, y0, x1 - x0, y1 - y0),
    }
}

/// Squares of fine dark-and-light texture: nothing else on a page changes so often in both directions.
fn candidates(sketch: &Sketch) -> Vec<Rect> {
    let side = sketch.mm(CELL_MM).round().max(4.0) as usize;
    let (w, h) = (sketch.width(), sketch.height());
    let (across, down) = (w / side, h / side);
    let busy: Vec<bool> = (0..across * down).map(|i| is_busy(sketch, (i % across) * side, (i / across) * side, side)).collect();
    let margin = sketch.mm(QUIET_MM) as u32;
    let least = (*SIDE_MM.start() / CELL_MM) as usize;
    groups(&busy, across, down)
        .into_iter()
        .filter(|g| g.2 - g.0 + 1 >= least && g.3 - g.1 + 1 >= least && g.4 * 2 >= (g.2 - g.0 + 1) * (g.3 - g.1 + 1))
        .map(|(x0, y0, x1, y1, _)| {
            let start = |v: usize| ((v * side) as u32).saturating_sub(margin);
            let size = |a: usize, b: usize| ((b - a + 1) * side) as u32 + 2 * margin;
            Rect::new(start(x0), start(y0), size(x0, x1), size(y0, y1))
        })
        .filter(|r| r.w.min(r.h) as f32 <= sketch.mm(*SIDE_MM.end()))
        .collect()
}

fn is_busy(sketch: &Sketch, x0: usize, y0: usize, side: usize) -> bool {
    let wide = sketch.width();
    let grey = sketch.grey.as_raw();
    let (mut dark, mut changes_across, mut changes_down) = (0u32, 0u32, 0u32);
    for y in y0..y0 + side {
        for x in x0..x0 + side {
            let at = y * wide + x;
            dark += u32::from(sketch.ink[at]);
            if x > x0 {
                changes_across += u32::from(grey[at].abs_diff(grey[at - 1]));
            }
            if y > y0 {
                changes_down += u32::from(grey[at].abs_diff(grey[at - wide]));
            }
        }
    }
    let area = (side * side) as u32;
    let mean = |sum: u32| sum / area;
    dark * 100 >= area * 35 && mean(changes_across) >= 9 && mean(changes_down) >= 9
}

/// Connected busy cells: left, top, right, bottom (inclusive) and how many.
fn groups(busy: &[bool], across: usize, down: usize) -> Vec<(usize, usize, usize, usize, usize)> {
    let mut left = busy.to_vec();
    let mut found = Vec::new();
    for start in 0..left.len() {
        if !left[start] {
            continue;
        }
        left[start] = false;
        let mut members = vec![start];
        let (mut x0, mut y0, mut x1, mut y1) = (across, down, 0, 0);
        let mut done = 0;
        while let Some(&at) = members.get(done) {
            done += 1;
            let (x, y) = (at % across, at / across);
            (x0, y0, x1, y1) = (x0.min(x), y0.min(y), x1.max(x), y1.max(y));
            for ny in y.saturating_sub(1)..=(y + 1).min(down - 1) {
                for nx in x.saturating_sub(1)..=(x + 1).min(across - 1) {
                    let next = ny * across + nx;
                    if left[next] {
                        left[next] = false;
                        members.push(next);
                    }
                }
            }
        }
        found.push((x0, y0, x1, y1, members.len()));
    }
    found
}
