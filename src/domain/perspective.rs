//! A photographed sheet: where it lies in the picture, and the flat picture that was made of it.

use serde::{Deserialize, Serialize};

/// The four corners of a sheet in pixels of the page as scanned, and the size of the flat picture made of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flattened {
    /// `[x, y]` of the top left, top right, bottom right and bottom left corner. May lie a little outside.
    pub corners: [[f32; 2]; 4],
    /// Of the flat picture, pixels.
    pub width: u32,
    pub height: u32,
}

impl Flattened {
    /// The way from the flat picture to the page as scanned.
    #[must_use]
    pub fn to_scan(&self) -> Homography {
        let [first, second, third, fourth] = self.corners.map(|[x, y]| (f64::from(x), f64::from(y)));
        // The unit square onto four points (Heckbert, Fundamentals of Texture Mapping, 1989, 2.2.3).
        let (dx1, dx2, sx) = (second.0 - third.0, fourth.0 - third.0, first.0 - second.0 + third.0 - fourth.0);
        let (dy1, dy2, sy) = (second.1 - third.1, fourth.1 - third.1, first.1 - second.1 + third.1 - fourth.1);
        let det = dx1 * dy2 - dx2 * dy1;
        let det = if det.abs() < 1e-9 { 1e-9 } else { det };
        let (along, down) = ((sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det);
        let (wide, high) = (f64::from(self.width.max(1)), f64::from(self.height.max(1)));
        Homography([
            [(second.0 - first.0 + along * second.0) / wide, (fourth.0 - first.0 + down * fourth.0) / high, first.0],
            [(second.1 - first.1 + along * second.1) / wide, (fourth.1 - first.1 + down * fourth.1) / high, first.1],
            [along / wide, down / high, 1.0],
        ])
    }

    /// The way back.
    #[must_use]
    pub fn to_flat(&self) -> Homography {
        self.to_scan().inverse()
    }
}

/// A map of the plane that keeps straight lines straight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography(pub [[f64; 3]; 3]);

impl Homography {
    /// Where a point goes.
    #[must_use]
    pub fn map(&self, x: f64, y: f64) -> (f64, f64) {
        let [across, down, scale] = self.0.map(|row| row[0] * x + row[1] * y + row[2]);
        let scale = if scale.abs() < 1e-12 { 1e-12 } else { scale };
        (across / scale, down / scale)
    }

    fn inverse(&self) -> Self {
        let m = &self.0;
        // The adjugate: a factor does not matter.
        let minor = |r: usize, c: usize| {
            let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
            m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
        };
        Self(std::array::from_fn(|row| std::array::from_fn(|column| minor(column, row))))
    }

    /// The smallest upright rectangle around the image of one: left, top, right, bottom.
    #[must_use]
    pub fn bounds(&self, left: f64, top: f64, right: f64, bottom: f64) -> (f64, f64, f64, f64) {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| self.map(x, y));
        let all = |pick: fn((f64, f64)) -> f64, fold: fn(f64, f64) -> f64, start| corners.iter().map(|c| pick(*c)).fold(start, fold);
        let (x, y) = (|c: (f64, f64)| c.0, |c: (f64, f64)| c.1);
        let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        (all(x, f64::min, low), all(y, f64::min, low), all(x, f64::max, high), all(y, f64::max, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_map_to_corners_and_back() {
        let sheet = Flattened { corners: [[310.0, 220.0], [1890.0, 340.0], [2050.0, 2900.0], [120.0, 2700.0]], width: 1800, height: 2546 };
        let (there, back) = (sheet.to_scan(), sheet.to_flat());
        for ((x, y), [u, v]) in [(0.0, 0.0), (1800.0, 0.0), (1800.0, 2546.0), (0.0, 2546.0)].into_iter().zip(sheet.corners) {
            let at = there.map(x, y);
            assert!((at.0 - f64::from(u)).abs() < 1e-3 && (at.1 - f64::from(v)).abs() < 1e-3, "{at:?}");
            let again = back.map(at.0, at.1);
            assert!((again.0 - x).abs() < 1e-3 && (again.1 - y).abs() < 1e-3, "{again:?}");
        }
    }
}
