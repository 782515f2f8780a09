//! In which direction lines of text run, and by how much they lean, from the ink of the sketch alone.

use super::sketch::Sketch;

/// How far a sheet may lie askew in the feeder, degrees.
const MOST_SKEW: f32 = 4.0;
/// Below this a rotation blurs more than it straightens.
const LEAST_SKEW: f32 = 0.12;
/// Fewer points than two short words have say nothing.
const FEWEST: usize = 60;
/// Straightening must make the rows this much sharper, or it follows grain.
const GAIN: f32 = 1.03;

/// The direction of the lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lines {
    /// True when text runs down or up the page as scanned.
    pub sideways: bool,
    /// How much better that direction is than the other, 1 and more; under 1.3 it is a guess.
    pub margin: f32,
    /// Clockwise degrees that straighten the lines, once the page is turned.
    pub skew: f32,
}

/// Measures both directions.
#[must_use]
pub fn lines(sketch: &Sketch) -> Lines {
    let (w, h) = (sketch.width(), sketch.height());
    let text = sketch.text_ink();
    let unknown = Lines { sideways: false, margin: 1.0, skew: 0.0 };
    let across = edges(&text, w, h, false);
    let down = edges(&text, w, h, true);
    if across.len().max(down.len()) < FEWEST {
        return unknown;
    }
    let (skew_across, score_across) = best_angle(&across, h);
    let (skew_down, score_down) = best_angle(&down, w);
    let sideways = score_down > score_across;
    let margin = if sideways { score_down / score_across.max(1e-6) } else { score_across / score_down.max(1e-6) };
    let skew = if sideways { -skew_down } else { skew_across };
    Lines { sideways, margin, skew: if skew.abs() < LEAST_SKEW { 0.0 } else { skew } }
}

/// Points where ink begins, seen across the lines: `(along, across)` coordinates.
fn edges(ink: &[bool], w: usize, h: usize, sideways: bool) -> Vec<(f32, f32)> {
    let mut points = Vec::new();
    for y in 1..h {
        for x in 1..w {
            let at = y * w + x;
            let before = if sideways { at - 1 } else { at - w };
            if ink[at] && !ink[before] {
                points.push(if sideways { (y as f32, x as f32) } else { (x as f32, y as f32) });
            }
        }
    }
    // Enough to be sure of; a page full of rubbish must not cost more than a page of text.
    let step = points.len().div_ceil(30_000).max(1);
    points.into_iter().step_by(step).collect()
}

/// The angle at which the points fall into the fewest rows, and how sharply they do.
fn best_angle(points: &[(f32, f32)], size: usize) -> (f32, f32) {
    let try_all = |from: f32, to: f32, step: f32| {
        let mut best = (0.0f32, f32::MIN);
        let mut angle = from;
        while angle <= to {
            let score = sharpness(points, size, angle);
            if score > best.1 {
                best = (angle, score);
            }
            angle += step;
        }
        best
    };
    let coarse = try_all(-MOST_SKEW, MOST_SKEW, 0.25);
    let fine = try_all(coarse.0 - 0.25, coarse.0 + 0.25, 0.05);
    let best = if fine.1 > coarse.1 { fine } else { coarse };
    let straight = sharpness(points, size, 0.0);
    if best.1 > straight * GAIN { best } else { (0.0, straight) }
}

/// Mean square of the rows' counts after shearing by `angle` degrees, against evenly spread points.
fn sharpness(points: &[(f32, f32)], size: usize, angle: f32) -> f32 {
    let slope = angle.to_radians().tan();
    let mut rows = vec![0u32; size * 2];
    for (along, across) in points {
        // A line that falls to the right by the angle needs the opposite turn; `angle` is that turn.
        let row = across + along * slope + size as f32 / 2.0;
        if let Some(count) = rows.get_mut(row.max(0.0) as usize) {
            *count += 1;
        }
    }
    let total: f32 = rows.iter().map(|c| *c as f32).sum();
    let squares: f32 = rows.iter().map(|c| (*c as f32).powi(2)).sum();
    if total < 1.0 { 0.0 } else { squares * size as f32 / (total * total) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::raster;
    use image::{GrayImage, Luma};

    /// Rows of dashes of uneven length, as text looks from far.
    fn text() -> GrayImage {
        GrayImage::from_fn(1654, 2339, |x, y| {
            let line = y / 50;
            let on = y % 50 < 16 && (x / (7 + line % 5) + line) % 6 < 4 && (200..1400).contains(&x) && (200..2100).contains(&y);
            Luma([if on && x % 9 < 6 { 30 } else { 245 }])
        })
    }

    #[test]
    fn lean_and_direction_are_found() {
        let straight = lines(&Sketch::new(&text(), 200));
        assert!(!straight.sideways && straight.skew.abs() < 0.3, "{straight:?}");
        let leaning = lines(&Sketch::new(&raster::rotate(&text(), 1.6), 200));
        assert!(!leaning.sideways && (leaning.skew + 1.6).abs() < 0.3, "{leaning:?}");
        let sideways = lines(&Sketch::new(&raster::turn(&text(), 1), 200));
        assert!(sideways.sideways && sideways.margin > 1.3, "{sideways:?}");
    }

    #[test]
    fn straightening_works_after_a_quarter_turn_too() {
        let page = raster::turn(&raster::rotate(&text(), 1.2), 1);
        let found = lines(&Sketch::new(&page, 200));
        let again = raster::rotate(&raster::turn(&page, 3), found.skew);
        let rest = lines(&Sketch::new(&again, 200));
        assert!(rest.skew.abs() < 0.3, "{found:?} leaves {rest:?}");
    }
}
