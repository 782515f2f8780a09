//! Rectangles in pixels, and the way back from the upright picture to the page as scanned.

use super::{Flattened, Homography};
use serde::{Deserialize, Serialize};

/// A rectangle in whole pixels; `[x, y, width, height]` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "[u32; 4]", into = "[u32; 4]")]
pub struct Rect {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

impl From<[u32; 4]> for Rect {
    fn from([x, y, w, h]: [u32; 4]) -> Self {
        Self { x, y, w, h }
    }
}

impl From<Rect> for [u32; 4] {
    fn from(r: Rect) -> Self {
        [r.x, r.y, r.w, r.h]
    }
}

impl Rect {
    #[must_use]
    pub fn new(x: u32, y: u32, w: u32, h: u32) -> Self {
        Self { x, y, w, h }
    }

    /// First column to the right of the rectangle.
    #[must_use]
    pub fn right(&self) -> u32 {
        self.x.saturating_add(self.w)
    }

    /// First row below the rectangle.
    #[must_use]
    pub fn bottom(&self) -> u32 {
        self.y.saturating_add(self.h)
    }

    /// Centre, rounded down.
    #[must_use]
    pub fn centre(&self) -> (u32, u32) {
        (self.x.saturating_add(self.w / 2), self.y.saturating_add(self.h / 2))
    }

    /// The smallest rectangle that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self::new(x, y, self.right().max(other.right()) - x, self.bottom().max(other.bottom()) - y)
    }

    /// Length of the common vertical extent, in pixels.
    #[must_use]
    pub fn vertical_overlap(&self, other: &Self) -> u32 {
        self.bottom().min(other.bottom()).saturating_sub(self.y.max(other.y))
    }

    /// Length of the common horizontal extent, in pixels.
    #[must_use]
    pub fn horizontal_overlap(&self, other: &Self) -> u32 {
        self.right().min(other.right()).saturating_sub(self.x.max(other.x))
    }

    /// True when the point lies inside.
    #[must_use]
    pub fn contains(&self, x: u32, y: u32) -> bool {
        x >= self.x && x < self.right() && y >= self.y && y < self.bottom()
    }
}

/// How the upright, deskewed picture was made from the page as scanned: a photographed sheet laid flat, turned
/// clockwise by `quarter_turns` quarters, then by `skew` degrees about its centre.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Transform {
    /// Quarter turns, clockwise, that bring the scan upright: 0 to 3.
    pub quarter_turns: u8,
    /// Degrees by which the turned picture was then rotated, positive clockwise. The picture keeps its size.
    pub skew: f32,
    /// Width of the page as scanned, pixels.
    pub scan_width: u32,
    /// Height of the page as scanned, pixels.
    pub scan_height: u32,
    /// Where the sheet lies on a photograph; `None` for a scan, which is flat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Flattened>,
}

impl Transform {
    /// Size of the upright picture.
    #[must_use]
    pub fn upright_size(&self) -> (u32, u32) {
        let (width, height) = self.flat_size();
        if self.quarter_turns.is_multiple_of(2) { (width, height) } else { (height, width) }
    }

    /// Size of the sheet before it is turned: of the page as scanned, or of the picture made of a photograph.
    fn flat_size(&self) -> (u32, u32) {
        self.sheet.map_or((self.scan_width, self.scan_height), |sheet| (sheet.width, sheet.height))
    }

    /// The same turns on a page that is flat as scanned.
    fn of_flat(&self) -> Self {
        let (scan_width, scan_height) = self.flat_size();
        Self { scan_width, scan_height, sheet: None, ..*self }
    }

    /// The rectangle of the page as scanned that covers `rect` of the upright picture, clipped to the page.
    #[must_use]
    pub fn to_scan(&self, rect: Rect) -> Rect {
        if let Some(sheet) = self.sheet {
            return through(&sheet.to_scan(), self.of_flat().to_scan(rect), (self.scan_width, self.scan_height));
        }
        let (uw, uh) = self.upright_size();
        let (cx, cy) = (f64::from(uw) / 2.0, f64::from(uh) / 2.0);
        // A small skew would inflate the box of a long line; turning its centre line keeps it tight.
        let angle = -f64::from(self.skew).to_radians();
        let turn = |x: f64, y: f64| {
            let (dx, dy) = (x - cx, y - cy);
            (cx + dx * angle.cos() - dy * angle.sin(), cy + dx * angle.sin() + dy * angle.cos())
        };
        let middle = f64::from(rect.y) + f64::from(rect.h) / 2.0;
        let (x0, y0) = turn(f64::from(rect.x), middle);
        let (x1, y1) = turn(f64::from(rect.right()), middle);
        let half = f64::from(rect.h) / 2.0;
        let corners = [(x0.min(x1), y0.min(y1) - half), (x0.max(x1), y0.max(y1) + half)];
        let (sw, sh) = (f64::from(self.scan_width), f64::from(self.scan_height));
        let back = |(x, y): (f64, f64)| match self.quarter_turns % 4 {
            0 => (x, y),
            1 => (y, sh - x),
            2 => (sw - x, sh - y),
            _ => (sw - y, x),
        };
        let (a, b) = (back(corners[0]), back(corners[1]));
        let clip = |v: f64, max: f64| v.clamp(0.0, max).round() as u32;
        let (left, right) = (clip(a.0.min(b.0), sw), clip(a.0.max(b.0), sw));
        let (top, bottom) = (clip(a.1.min(b.1), sh), clip(a.1.max(b.1), sh));
        Rect::new(left, top, right - left, bottom - top)
    }

    /// The rectangle of the upright picture that covers `rect` of the page as scanned, clipped to it.
    #[must_use]
    pub fn to_upright(&self, rect: Rect) -> Rect {
        if let Some(sheet) = self.sheet {
            return self.of_flat().to_upright(through(&sheet.to_flat(), rect, self.flat_size()));
        }
        let (uw, uh) = self.upright_size();
        let back = Self { quarter_turns: (4 - self.quarter_turns % 4) % 4, skew: 0.0, scan_width: uw, scan_height: uh, sheet: None };
        let turned = back.to_scan(rect);
        // The inverse rotation of the deskew is the rotation by the opposite angle about the same centre.
        Self { quarter_turns: 0, skew: -self.skew, scan_width: uw, scan_height: uh, sheet: None }.to_scan(turned)
    }
}

/// The upright rectangle around the image of one, clipped to a page of this size.
fn through(map: &Homography, rect: Rect, (width, height): (u32, u32)) -> Rect {
    let (left, top, right, bottom) = map.bounds(f64::from(rect.x), f64::from(rect.y), f64::from(rect.right()), f64::from(rect.bottom()));
    let clip = |v: f64, max: u32| v.clamp(0.0, f64::from(max)).round() as u32;
    let (x, y) = (clip(left, width), clip(top, height));
    Rect::new(x, y, clip(right, width) - x, clip(bottom, height) - y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_on_a_photographed_sheet_lies_inside_its_corners_and_comes_back() {
        let corners = [[310.0, 220.0], [1890.0, 340.0], [2050.0, 2900.0], [120.0, 2700.0]];
        let sheet = Some(Flattened { corners, width: 1800, height: 2546 });
        for quarter_turns in 0..4 {
            let t = Transform { quarter_turns, skew: 0.4, scan_width: 2200, scan_height: 3000, sheet };
            let rect = Rect::new(500, 700, 300, 60);
            let there = t.to_scan(rect);
            assert!(there.x > 120 && there.y > 220 && there.right() < 2050 && there.bottom() < 2900, "{there:?}");
            let (again, (x, y)) = (t.to_upright(there), rect.centre());
            let centre = again.centre();
            assert!(centre.0.abs_diff(x) < 15 && centre.1.abs_diff(y) < 15, "{quarter_turns}: {rect:?} came back as {again:?}");
            assert!(again.x <= rect.x + 2 && again.right() + 2 >= rect.right() && again.w < 2 * rect.w, "{again:?}");
        }
    }

    #[test]
    fn a_box_survives_the_way_to_the_scan_and_back_in_every_orientation() {
        let rect = Rect::new(120, 340, 200, 40);
        for quarter_turns in 0..4 {
            for skew in [0.0, 1.2, -1.7] {
                let t = Transform { quarter_turns, skew, scan_width: 1654, scan_height: 2339, sheet: None };
                let there = t.to_scan(rect);
                let again = t.to_upright(there);
                let close = |a: u32, b: u32, by: u32| a.abs_diff(b) <= by;
                assert!(
                    close(again.x, rect.x, 8) && close(again.y, rect.y, 8) && close(again.w, rect.w, 16) && close(again.h, rect.h, 16),
                    "{quarter_turns} quarters, {skew} degrees: {rect:?} came back as {again:?}"
                );
            }
        }
    }

    #[test]
    fn a_quarter_turn_moves_the_left_edge_to_the_bottom() {
        let t = Transform { quarter_turns: 1, skew: 0.0, scan_width: 100, scan_height: 200, sheet: None };
        // Turning the scan clockwise brings its bottom-left corner to the top left.
        assert_eq!(t.to_scan(Rect::new(0, 0, 10, 20)), Rect::new(0, 190, 20, 10));
    }
}
