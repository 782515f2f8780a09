//! A sheet of paper on a photograph: found by its edges, laid flat, lit evenly. A flat scan is left as it is.

mod flat;
mod region;
mod sides;

use super::{Picture, refuse};
use crate::domain::{Flattened, Refusal};
use image::GrayImage;

/// Long side of A4, inches, and its proportion.
const A4_LONG: f64 = 11.69;
const A4_RATIO: f64 = std::f64::consts::SQRT_2;
/// Below this, letters of forms are too small to be read.
const LEAST_DPI: u32 = 100;
/// Blur, as the width of an edge of ink on the sheet, millimetres, from which most words are lost.
const WIDEST_EDGE: f64 = 0.62;
/// A sheet fills at least this part of a picture that somebody took of it.
const LEAST_AREA: f64 = 0.25;
/// Short side by long side, as seen in perspective; A4 is 0.707, an identity card 0.63.
const SEEN_RATIO: std::ops::RangeInclusive<f64> = 0.60..=0.84;
/// Corners of a sheet in perspective, degrees.
const CORNER: std::ops::RangeInclusive<f64> = 58.0..=122.0;
/// A scanner lays a sheet at no larger angle, and its opposite sides are parallel and of one length.
const SCAN_SKEW: f64 = 4.5;
const SCAN_PARALLEL: f64 = 0.8;
const SCAN_LENGTHS: f64 = 0.012;

pub type Point = (f64, f64);

/// Lays the sheet flat, when the picture is a photograph of one.
///
/// # Errors
/// `photo_trop_petite`, `photo_floue`: the sheet was found and cannot be read; it is to be photographed again.
pub fn straighten(picture: Picture) -> Result<Picture, Refusal> {
    let Some(corners) = find(&picture.grey, picture.camera) else { return Ok(picture) };
    let sheet = size(corners);
    let dpi = (f64::from(sheet.width.max(sheet.height)) / A4_LONG).round() as u32;
    if dpi < LEAST_DPI {
        return Err(refuse::photo_too_small(dpi));
    }
    let flat = flat::even_light(&flat::lay(&picture.grey, &sheet));
    if flat::is_blurred(&flat, WIDEST_EDGE / 25.4 * f64::from(dpi)) {
        return Err(refuse::photo_blurred());
    }
    Ok(Picture { grey: flat, dpi, sheet: Some(sheet), ..picture })
}

/// The corners of the sheet, clockwise from the one that is nearest to the top left.
pub fn find(picture: &GrayImage, camera: bool) -> Option<[Point; 4]> {
    let small = region::Small::of(picture)?;
    small.candidates().into_iter().filter(|c| is_sheet(c, &small)).find_map(|coarse| {
        let corners = sides::refine(picture, coarse)?;
        (is_sheet(&corners, &small.full()) && (camera || !is_flat(&corners))).then_some(corners)
    })
}

/// Sizes that a candidate is judged by.
pub trait Frame {
    fn width(&self) -> f64;
    fn height(&self) -> f64;
}

fn is_sheet(corners: &[Point; 4], frame: &impl Frame) -> bool {
    let (w, h) = (frame.width(), frame.height());
    let inside = |p: &Point| p.0 > -0.03 * w && p.1 > -0.03 * h && p.0 < 1.03 * w && p.1 < 1.03 * h;
    let angles = (0..4).all(|i| CORNER.contains(&corner_angle(corners, i)));
    let (across, down) = lengths(corners);
    corners.iter().all(inside)
        && angles
        && area(corners) > LEAST_AREA * w * h
        && SEEN_RATIO.contains(&(across.min(down) / across.max(down)))
}

/// True for a sheet that lies as a scanner lays it: what is around it is the scanner's lid.
fn is_flat(corners: &[Point; 4]) -> bool {
    let side = |i: usize| (corners[(i + 1) % 4].0 - corners[i].0, corners[(i + 1) % 4].1 - corners[i].1);
    let angle = |(x, y): Point| y.atan2(x).to_degrees().rem_euclid(90.0);
    let skew = |i: usize| angle(side(i)).min(90.0 - angle(side(i)));
    let parallel = |i: usize| {
        let apart = (angle(side(i)) - angle(side(i + 2))).abs();
        apart.min(90.0 - apart) < SCAN_PARALLEL && (length(side(i)) / length(side(i + 2)) - 1.0).abs() < SCAN_LENGTHS
    };
    (0..4).all(|i| skew(i) < SCAN_SKEW) && parallel(0) && parallel(1)
}

fn length((x, y): Point) -> f64 {
    x.hypot(y).max(1e-9)
}

fn corner_angle(corners: &[Point; 4], i: usize) -> f64 {
    let side = |to: Point| (to.0 - corners[i].0, to.1 - corners[i].1);
    let (back, on) = (side(corners[(i + 3) % 4]), side(corners[(i + 1) % 4]));
    ((back.0 * on.0 + back.1 * on.1) / (length(back) * length(on))).clamp(-1.0, 1.0).acos().to_degrees()
}

/// Mean lengths of the sides across and down.
fn lengths(corners: &[Point; 4]) -> (f64, f64) {
    let side = |i: usize| length((corners[(i + 1) % 4].0 - corners[i].0, corners[(i + 1) % 4].1 - corners[i].1));
    (f64::midpoint(side(0), side(2)), f64::midpoint(side(1), side(3)))
}

fn area(corners: &[Point; 4]) -> f64 {
    let cross = |i: usize| corners[i].0 * corners[(i + 1) % 4].1 - corners[(i + 1) % 4].0 * corners[i].1;
    (0..4).map(cross).sum::<f64>().abs() / 2.0
}

/// The flat picture keeps the pixels of the longer of each two opposite sides, in the proportion of A4.
fn size(corners: [Point; 4]) -> Flattened {
    let side = |i: usize| length((corners[(i + 1) % 4].0 - corners[i].0, corners[(i + 1) % 4].1 - corners[i].1));
    let (across, down) = (side(0).max(side(2)), side(1).max(side(3)));
    let long = across.max(down).max(across.min(down) * A4_RATIO).round();
    let short = (long / A4_RATIO).round();
    let (width, height) = if across > down { (long, short) } else { (short, long) };
    Flattened { corners: corners.map(|(x, y)| [x as f32, y as f32]), width: width as u32, height: height as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    const CORNERS: [[f32; 2]; 4] = [[230.0, 190.0], [1310.0, 150.0], [1430.0, 1830.0], [110.0, 1760.0]];

    /// Lines of text on paper, in pixels of A4 at about 150 dpi.
    fn paper(x: f64, y: f64) -> f64 {
        let ink = y % 34.0 < 14.0 && (x + y / 3.0) % 11.0 < 3.0 && (90.0..1150.0).contains(&x) && (90.0..1650.0).contains(&y);
        if ink { 40.0 } else { 225.0 }
    }

    fn grain(x: u32, y: u32) -> f64 {
        f64::from((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503).wrapping_add(x * y)) >> 7 & 15) - 8.0
    }

    /// A sheet on a table, brighter to the right.
    fn photograph(table: f64) -> Picture {
        let to_flat = Flattened { corners: CORNERS, width: 1240, height: 1754 }.to_flat();
        let grey = GrayImage::from_fn(1536, 2048, |x, y| {
            let (u, v) = to_flat.map(f64::from(x), f64::from(y));
            let lit = 0.65 + 0.35 * f64::from(x) / 1536.0;
            let seen = if (0.0..1240.0).contains(&u) && (0.0..1754.0).contains(&v) { paper(u, v) } else { table };
            Luma([(seen * lit + grain(x, y)).clamp(0.0, 255.0) as u8])
        });
        Picture::flat(grey, 150)
    }

    #[test]
    fn the_corners_of_a_photographed_sheet_are_found_on_dark_and_pale_tables() {
        for table in [30.0, 110.0, 185.0] {
            let straight = straighten(photograph(table)).unwrap();
            let sheet = straight.sheet.unwrap_or_else(|| panic!("no sheet on {table}"));
            for (found, [x, y]) in sheet.corners.iter().zip(CORNERS) {
                assert!((found[0] - x).abs() < 5.0 && (found[1] - y).abs() < 5.0, "{table}: {found:?} where {x}, {y} was due");
            }
            let ratio = f64::from(straight.grey.height()) / f64::from(straight.grey.width());
            assert!((ratio - A4_RATIO).abs() < 0.01 && straight.scan == (1536, 2048), "{ratio}");
            // The shadow is gone: paper is as bright on both sides.
            let bright = |x: u32| f64::from(straight.grey.get_pixel(straight.grey.width() * x / 100, straight.grey.height() / 50).0[0]);
            assert!((bright(3) - bright(97)).abs() < 30.0, "{} and {}", bright(3), bright(97));
        }
    }

    #[test]
    fn a_scan_is_never_laid_flat() {
        let scan = |draw: &dyn Fn(u32, u32) -> f64| {
            let grey = GrayImage::from_fn(1240, 1754, |x, y| Luma([(draw(x, y) + grain(x, y)).clamp(0.0, 255.0) as u8]));
            straighten(Picture::flat(grey, 150)).unwrap().sheet
        };
        let page = |x: u32, y: u32| paper(f64::from(x), f64::from(y));
        assert_eq!(scan(&page), None);
        let frame = |x: u32, y: u32| {
            if [100, 1100].iter().any(|e| x.abs_diff(*e) < 4) || [150, 1600].iter().any(|e| y.abs_diff(*e) < 4) { 20.0 } else { page(x, y) }
        };
        assert_eq!(scan(&frame), None, "a printed frame");
        let lid = |x: u32, y: u32| {
            let (u, v) = (f64::from(x) - 90.0 + f64::from(y) * 0.03, f64::from(y) - 60.0 - f64::from(x) * 0.03);
            if (0.0..1080.0).contains(&u) && (0.0..1527.0).contains(&v) { paper(u, v) } else { 15.0 }
        };
        assert_eq!(scan(&lid), None, "a sheet askew under a black lid");
    }

    #[test]
    fn what_cannot_be_read_is_sent_back() {
        let sharp = photograph(60.0);
        let blurred = Picture::flat(image::imageops::fast_blur(&sharp.grey, 6.0), 150);
        assert_eq!(straighten(blurred).unwrap_err().code, "photo_floue");
        let far = Picture::flat(image::imageops::thumbnail(&sharp.grey, 900, 1200), 150);
        assert_eq!(straighten(far).unwrap_err().code, "photo_trop_petite");
    }
}
