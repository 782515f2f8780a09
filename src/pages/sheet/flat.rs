//! The flat picture of a photographed sheet: every pixel fetched from where it lies, the light made even.

use crate::domain::Flattened;
use image::imageops::{FilterType, resize, thumbnail};
use image::{GrayImage, Luma};

/// What lies outside of the photograph is taken for paper.
const PAPER: u8 = 255;
/// Brightness of paper after the light was made even.
const WHITE: f64 = 245.0;
/// Paper in the deepest shadow that is brightened, against the brightest.
const DEEPEST: f64 = 0.35;
/// Side of the squares that light is measured on, pixels of the sheet: a letter fits in three of them.
const SQUARE: u32 = 24;

/// A fall of brightness from paper to ink, at least: blurred letters are pale.
const INK: u8 = 40;
/// Part of a fall that a narrow edge makes at once; of sharp photographs 0.9, of ones that a person can just read 0.58.
const NARROW_PART: f64 = 0.5;
/// Edges on a page with a few lines of text.
const FEWEST_EDGES: usize = 200;

/// Fetches the sheet.
pub fn lay(picture: &GrayImage, sheet: &Flattened) -> GrayImage {
    let to_scan = sheet.to_scan();
    let (w, h) = (picture.width() as usize, picture.height() as usize);
    let source = picture.as_raw();
    let mut flat = GrayImage::from_pixel(sheet.width, sheet.height, Luma([PAPER]));
    for (y, row) in flat.chunks_exact_mut(sheet.width as usize).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let (u, v) = to_scan.map(x as f64 + 0.5, y as f64 + 0.5);
            let (u, v) = (u - 0.5, v - 0.5);
            if u < 0.0 || v < 0.0 || u >= (w - 1) as f64 || v >= (h - 1) as f64 {
                continue;
            }
            let (x0, y0) = (u as usize, v as usize);
            let (fx, fy) = (u - x0 as f64, v - y0 as f64);
            let at = y0 * w + x0;
            let across = |at: usize| f64::from(source[at]) * (1.0 - fx) + f64::from(source[at + 1]) * fx;
            *pixel = (across(at) * (1.0 - fy) + across(at + w) * fy).round() as u8;
        }
    }
    flat
}

/// Brightens shadows: each pixel against the paper around it.
pub fn even_light(flat: &GrayImage) -> GrayImage {
    let side = |v: u32| v.div_ceil(SQUARE).max(2);
    let small = thumbnail(flat, side(flat.width()), side(flat.height()));
    let paper = image::imageops::blur(&paper_of(&small), 1.5);
    let mut levels: Vec<u8> = paper.pixels().map(|p| p.0[0]).collect();
    levels.sort_unstable();
    let bright = f64::from(levels[levels.len() * 9 / 10]).max(1.0);
    let large = resize(&paper, flat.width(), flat.height(), FilterType::Triangle);
    let mut even = flat.clone();
    for (pixel, paper) in even.iter_mut().zip(large.iter()) {
        let paper = f64::from(*paper).max(DEEPEST * bright);
        *pixel = (f64::from(*pixel) * WHITE / paper).min(255.0) as u8;
    }
    even
}

/// The brightest of five squares by five, and the darkest of these: letters vanish, shadows stay.
fn paper_of(small: &GrayImage) -> GrayImage {
    let around = |picture: &GrayImage, pick: fn(u8, u8) -> u8| {
        GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
            let near = |v: u32, most: u32| v.saturating_sub(2)..(v + 3).min(most);
            let all = near(y, picture.height()).flat_map(|y| near(x, picture.width()).map(move |x| (x, y)));
            Luma([all.map(|(x, y)| picture.get_pixel(x, y).0[0]).fold(picture.get_pixel(x, y).0[0], pick)])
        })
    };
    around(&around(small, u8::max), u8::min)
}

/// True when hardly an edge of the ink is as narrow as this many pixels, which is where letters run into each other.
pub fn is_blurred(flat: &GrayImage, widest: f64) -> bool {
    let narrow = (widest / 2.0).round().max(1.0) as usize;
    let far = 6 * narrow;
    let width = flat.width() as usize;
    let mut steepness: Vec<f64> = Vec::new();
    // Three rows as one: strokes are longer than that, and the grain of the camera is not.
    for rows in flat.as_raw().chunks_exact(3 * width).step_by(2) {
        let row: Vec<u8> =
            (0..width).map(|x| ((u16::from(rows[x]) + u16::from(rows[x + width]) + u16::from(rows[x + 2 * width])) / 3) as u8).collect();
        steepness.extend(row.windows(far + 1).step_by(2).filter_map(|part| steepest(part, narrow)));
    }
    // Next to no ink is a blank page, not a blurred one.
    if steepness.len() < FEWEST_EDGES {
        return false;
    }
    steepness.sort_by(f64::total_cmp);
    steepness[steepness.len() * 3 / 4] < NARROW_PART
}

/// Which part of the deepest fall of brightness happens over `narrow` pixels, 0 to 1; `None` where no ink begins.
fn steepest(part: &[u8], narrow: usize) -> Option<f64> {
    let (mut paper, mut fall) = (0, 0);
    for value in part {
        paper = paper.max(*value);
        fall = fall.max(paper - value);
    }
    if fall < INK {
        return None;
    }
    let most = part.windows(narrow + 1).map(|near| near[0].saturating_sub(near[narrow])).max()?;
    Some(f64::from(most) / f64::from(fall))
}
