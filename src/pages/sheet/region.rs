//! The sheet on a small picture: one even area around the middle, as far as its edges, with four sides.

use super::{Frame, Point, area};
use image::GrayImage;
use image::imageops::thumbnail;

/// Long side of the small picture.
const SMALL: u32 = 480;
/// Text is thinner than this on the small picture, on both sides together.
const TEXT: usize = 4;
/// Changes of brightness per pixel that may be the edge of a sheet, the clearest first.
const STEPS: [i32; 5] = [22, 14, 9, 6, 4];
/// How much of the picture's border the area may touch before it is the background.
const TOUCHING: f64 = 0.06;
/// The area against its hull, and the hull against its four-sided figure: smaller ones are no sheet.
const FILLED: f64 = 0.90;
const FOUR_SIDED: f64 = 0.94;

/// The picture reduced, without its text.
pub struct Small {
    pixels: Vec<u8>,
    width: usize,
    height: usize,
    /// Pixels of the picture for one of these.
    scale: f64,
}

pub struct Full(f64, f64);

impl Frame for Full {
    fn width(&self) -> f64 {
        self.0
    }

    fn height(&self) -> f64 {
        self.1
    }
}

impl Frame for Small {
    fn width(&self) -> f64 {
        self.width as f64 * self.scale
    }

    fn height(&self) -> f64 {
        self.height as f64 * self.scale
    }
}

impl Small {
    /// `None` for pictures too small to hold a sheet that could be read.
    pub fn of(picture: &GrayImage) -> Option<Self> {
        let long = picture.width().max(picture.height());
        if long < 2 * SMALL || picture.width().min(picture.height()) < SMALL {
            return None;
        }
        let scale = f64::from(long) / f64::from(SMALL);
        let side = |v: u32| (f64::from(v) / scale).round().max(8.0) as u32;
        let small = thumbnail(picture, side(picture.width()), side(picture.height()));
        let (width, height) = (small.width() as usize, small.height() as usize);
        let closed = erode(&dilate(small.as_raw(), width, height, TEXT), width, height, TEXT);
        Some(Self { pixels: closed, width, height, scale })
    }

    pub fn full(&self) -> Full {
        Full(Frame::width(self), Frame::height(self))
    }

    /// Corners of what may be a sheet, in pixels of the picture.
    pub fn candidates(&self) -> Vec<[Point; 4]> {
        let slopes = self.slopes();
        STEPS.iter().filter_map(|step| self.candidate(&slopes, *step)).collect()
    }

    /// Steepest change of brightness at each pixel.
    fn slopes(&self) -> Vec<i32> {
        let (w, h) = (self.width, self.height);
        let at = |x: usize, y: usize| i32::from(self.pixels[y.min(h - 1) * w + x.min(w - 1)]);
        let across = |x: usize, y: usize| at(x + 1, y) - at(x.saturating_sub(1), y);
        let down = |x: usize, y: usize| at(x, y + 1) - at(x, y.saturating_sub(1));
        (0..w * h).map(|i| (i % w, i / w)).map(|(x, y)| across(x, y).abs().max(down(x, y).abs())).collect()
    }

    fn candidate(&self, slopes: &[i32], step: i32) -> Option<[Point; 4]> {
        let even = self.even_area(slopes, step)?;
        let hull = hull(&self.outline(&even));
        let filled = self.filled(&even) as f64;
        let figure = four_sides(hull.clone())?;
        let whole = polygon_area(&hull);
        if filled < FILLED * whole || whole < FOUR_SIDED * area(&figure) {
            return None;
        }
        let full = |(x, y): Point| ((x + 0.5) * self.scale, (y + 0.5) * self.scale);
        Some(from_top_left(figure).map(full))
    }

    /// The largest area without a steep change that reaches into the middle of the picture.
    fn even_area(&self, slopes: &[i32], step: i32) -> Option<Vec<bool>> {
        let (w, h) = (self.width, self.height);
        let mut seen: Vec<bool> = slopes.iter().map(|slope| *slope >= step).collect();
        let mut best: Option<(usize, Vec<usize>)> = None;
        for (x, y) in (h / 3..2 * h / 3).step_by(4).flat_map(|y| (w / 3..2 * w / 3).step_by(4).map(move |x| (x, y))) {
            let area = flood(&mut seen, w, h, y * w + x);
            if best.as_ref().is_none_or(|(most, _)| area.len() > *most) {
                best = Some((area.len(), area));
            }
        }
        let (size, area) = best?;
        let border = area.iter().filter(|i| *i % w == 0 || *i % w == w - 1 || **i < w || **i >= w * (h - 1)).count();
        if size * 6 < w * h || border as f64 > TOUCHING * (2 * (w + h)) as f64 {
            return None;
        }
        let mut mask = vec![false; w * h];
        for at in area {
            mask[at] = true;
        }
        Some(mask)
    }

    /// First and last pixel of each row.
    fn outline(&self, mask: &[bool]) -> Vec<Point> {
        let ends = |(y, row): (usize, &[bool])| {
            let first = row.iter().position(|m| *m)?;
            let last = row.iter().rposition(|m| *m)?;
            Some([(first as f64, y as f64), (last as f64, y as f64)])
        };
        mask.chunks_exact(self.width).enumerate().filter_map(ends).flatten().collect()
    }

    /// Pixels of the area with what lies in it: pictures, stamps, tables.
    fn filled(&self, mask: &[bool]) -> usize {
        let (w, h) = (self.width, self.height);
        let mut seen = mask.to_vec();
        let border = (0..w).flat_map(|x| [x, (h - 1) * w + x]).chain((0..h).flat_map(|y| [y * w, y * w + w - 1]));
        let outside: usize = border.map(|at| flood(&mut seen, w, h, at).len()).sum();
        w * h - outside
    }
}

/// Everything that hangs together with a pixel that is not seen yet; marks it as seen.
fn flood(seen: &mut [bool], w: usize, h: usize, from: usize) -> Vec<usize> {
    let mut area = Vec::new();
    if seen[from] {
        return area;
    }
    seen[from] = true;
    area.push(from);
    let mut next = 0;
    while let Some(at) = area.get(next).copied() {
        next += 1;
        let (x, y) = (at % w, at / w);
        let beside = [(x > 0).then(|| at - 1), (x + 1 < w).then(|| at + 1), (y > 0).then(|| at - w), (y + 1 < h).then(|| at + w)];
        for other in beside.into_iter().flatten() {
            if !seen[other] {
                seen[other] = true;
                area.push(other);
            }
        }
    }
    area
}

fn dilate(pixels: &[u8], w: usize, h: usize, by: usize) -> Vec<u8> {
    extreme(pixels, w, h, by, u8::max)
}

fn erode(pixels: &[u8], w: usize, h: usize, by: usize) -> Vec<u8> {
    extreme(pixels, w, h, by, u8::min)
}

fn extreme(pixels: &[u8], w: usize, h: usize, by: usize, pick: fn(u8, u8) -> u8) -> Vec<u8> {
    let reach = |i: usize, most: usize| i.saturating_sub(by)..(i + by + 1).min(most);
    let over = |values: &[u8], first: u8| values.iter().fold(first, |a, b| pick(a, *b));
    let rows: Vec<u8> = pixels.chunks_exact(w).flat_map(|row| (0..w).map(move |x| over(&row[reach(x, w)], row[x]))).collect();
    let column = |x: usize, y: usize| reach(y, h).map(|y| rows[y * w + x]).fold(rows[y * w + x], pick);
    (0..w * h).map(|i| column(i % w, i / w)).collect()
}

/// Convex hull, clockwise on a picture whose y grows downwards (Andrew's monotone chain).
fn hull(points: &[Point]) -> Vec<Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    sorted.dedup();
    let turn = |a: Point, b: Point, c: Point| (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
    let half = |points: &mut dyn Iterator<Item = Point>| {
        let mut chain: Vec<Point> = Vec::new();
        for point in points {
            while chain.len() > 1 && turn(chain[chain.len() - 2], chain[chain.len() - 1], point) <= 0.0 {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut whole = half(&mut sorted.iter().copied());
    whole.extend(half(&mut sorted.iter().rev().copied()));
    whole
}

fn polygon_area(points: &[Point]) -> f64 {
    let cross = |i: usize| {
        let (a, b) = (points[i], points[(i + 1) % points.len()]);
        a.0 * b.1 - b.0 * a.1
    };
    (0..points.len()).map(cross).sum::<f64>().abs() / 2.0
}

/// The four-sided figure around a convex one: the sides that add the least when they are left out go first.
fn four_sides(mut points: Vec<Point>) -> Option<[Point; 4]> {
    while points.len() > 4 {
        let count = points.len();
        let at = |i: usize| points[i % count];
        let without = |i: usize| {
            let (from, to) = (at(i), at(i + 1));
            let meeting = crossing((at(i + count - 1), from), (at(i + 2), to))?;
            // The neighbours must meet beyond the side, not behind it.
            let before = at(i + count - 1);
            let beyond = (meeting.0 - from.0) * (from.0 - before.0) + (meeting.1 - from.1) * (from.1 - before.1) >= -1e-9;
            beyond.then(|| (polygon_area(&[from, meeting, to]), i, meeting))
        };
        let (_, i, meeting) = (0..count).filter_map(without).min_by(|a, b| a.0.total_cmp(&b.0))?;
        points[i] = meeting;
        points.remove((i + 1) % count);
    }
    points.try_into().ok()
}

/// Where two lines through two points each meet.
pub fn crossing(one: (Point, Point), other: (Point, Point)) -> Option<Point> {
    let along = (one.1.0 - one.0.0, one.1.1 - one.0.1);
    let across = (other.1.0 - other.0.0, other.1.1 - other.0.1);
    let det = along.0 * across.1 - along.1 * across.0;
    if det.abs() < 1e-9 {
        return None;
    }
    let part = ((other.0.0 - one.0.0) * across.1 - (other.0.1 - one.0.1) * across.0) / det;
    Some((one.0.0 + part * along.0, one.0.1 + part * along.1))
}

fn from_top_left(mut corners: [Point; 4]) -> [Point; 4] {
    let clockwise = (0..4).map(|i| corners[i].0 * corners[(i + 1) % 4].1 - corners[(i + 1) % 4].0 * corners[i].1).sum::<f64>() > 0.0;
    if !clockwise {
        corners.reverse();
    }
    let first = (0..4).min_by(|a, b| (corners[*a].0 + corners[*a].1).total_cmp(&(corners[*b].0 + corners[*b].1))).unwrap_or(0);
    corners.rotate_left(first);
    corners
}
