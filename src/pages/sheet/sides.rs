//! The sides of the sheet on the picture itself: straight lines through the edge, found at many places and fitted
//! so that a hand or a shadow across it does not count.

use super::Point;
use super::region::crossing;
use image::GrayImage;
use image::imageops::thumbnail;

/// Long side of the picture that edges are looked for on.
const LOOKED_AT: u32 = 1600;
/// Places along a side.
const PLACES: usize = 60;
/// How far around the coarse side the edge may be, share of the long side.
const REACH: f64 = 0.02;
/// How far from the line a place may lie and still be of it: paper is never quite straight.
const STRAIGHT: f64 = 0.0025;
/// Places that must lie on the line.
const ON_LINE: f64 = 0.55;
/// The paper is brighter than what is around it by this much, on both sides of the edge, median.
const BRIGHTER: f64 = 9.0;

/// The corners, exactly; `None` where a side is no straight edge between paper and something darker.
pub fn refine(picture: &GrayImage, coarse: [Point; 4]) -> Option<[Point; 4]> {
    let long = picture.width().max(picture.height());
    let scale = (f64::from(long) / f64::from(LOOKED_AT)).max(1.0);
    let side = |v: u32| (f64::from(v) / scale).round().max(1.0) as u32;
    let view = View { picture: &thumbnail(picture, side(picture.width()), side(picture.height())) };
    let size = f64::from(long) / scale;
    let corners = coarse.map(|(x, y)| (x / scale, y / scale));
    let middle = (corners.iter().map(|c| c.0).sum::<f64>() / 4.0, corners.iter().map(|c| c.1).sum::<f64>() / 4.0);
    let mut lines = Vec::with_capacity(4);
    for i in 0..4 {
        lines.push(view.line(corners[i], corners[(i + 1) % 4], middle, size)?);
    }
    let corner = |i: usize| crossing(lines[(i + 3) % 4], lines[i]).map(|(x, y)| (x * scale, y * scale));
    Some([corner(0)?, corner(1)?, corner(2)?, corner(3)?])
}

struct View<'a> {
    picture: &'a GrayImage,
}

impl View<'_> {
    /// Brightness around a point: the mean of nine pixels.
    fn at(&self, (x, y): Point) -> Option<f64> {
        let (x, y) = (x.round() as i64, y.round() as i64);
        let inside = x >= 1 && y >= 1 && x + 1 < i64::from(self.picture.width()) && y + 1 < i64::from(self.picture.height());
        let pixel = |i: i64| f64::from(self.picture.get_pixel((x + i % 3 - 1) as u32, (y + i / 3 - 1) as u32).0[0]);
        inside.then(|| (0..9).map(pixel).sum::<f64>() / 9.0)
    }

    fn line(&self, a: Point, b: Point, middle: Point, size: f64) -> Option<(Point, Point)> {
        let along = (b.0 - a.0, b.1 - a.1);
        let length = along.0.hypot(along.1).max(1.0);
        let mut out = (along.1 / length, -along.0 / length);
        if (middle.0 - a.0) * out.0 + (middle.1 - a.1) * out.1 > 0.0 {
            out = (-out.0, -out.1);
        }
        let place = |i: usize| 0.06 + 0.88 * i as f64 / (PLACES - 1) as f64;
        let edges: Vec<Point> =
            (0..PLACES).filter_map(|i| self.edge((a.0 + along.0 * place(i), a.1 + along.1 * place(i)), out, size)).collect();
        let line = fit(&edges, STRAIGHT * size)?;
        self.parts_paper(line, a, b, out, size).then_some(line)
    }

    /// The steepest fall of brightness on the way out of the sheet.
    fn edge(&self, from: Point, out: Point, size: f64) -> Option<Point> {
        let reach = (REACH * size).ceil();
        let point = |t: f64| (from.0 + out.0 * t, from.1 + out.1 * t);
        let fall = |t: f64| Some(self.at(point(t - 2.0))? - self.at(point(t + 2.0))?);
        let steps = (0..=(2.0 * reach) as usize).map(|i| i as f64 - reach);
        let (fall, t) = steps.filter_map(|t| Some((fall(t)?, t))).max_by(|x, y| x.0.total_cmp(&y.0))?;
        (fall >= 6.0).then(|| point(t))
    }

    /// Whether it is brighter inside of the line than outside, past any rule that is printed there.
    fn parts_paper(&self, line: (Point, Point), a: Point, b: Point, out: Point, size: f64) -> bool {
        let falls = |far: f64| {
            let mut all: Vec<f64> = (0..PLACES)
                .filter_map(|i| {
                    let t = 0.06 + 0.88 * i as f64 / (PLACES - 1) as f64;
                    let on = crossing(
                        line,
                        ((a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t), (a.0 + (b.0 - a.0) * t + out.0, a.1 + (b.1 - a.1) * t + out.1)),
                    )?;
                    let inside =
                        (1..4).filter_map(|i| self.at((on.0 - out.0 * far * f64::from(i) / 2.0, on.1 - out.1 * far * f64::from(i) / 2.0)));
                    Some(inside.fold(0.0, f64::max) - self.at((on.0 + out.0 * far, on.1 + out.1 * far))?)
                })
                .collect();
            all.sort_by(f64::total_cmp);
            // Too few: the picture ends there, and nothing is known of what is outside.
            if all.len() < PLACES / 3 { None } else { all.get(all.len() / 2).copied() }
        };
        [0.006, 0.012].into_iter().all(|share| falls((share * size).max(4.0)).is_none_or(|fall| fall >= BRIGHTER))
            && falls((0.006 * size).max(4.0)).is_some()
    }
}

/// The line that most points lie on; `None` when too few do.
fn fit(points: &[Point], within: f64) -> Option<(Point, Point)> {
    let distance = |(a, b): (Point, Point), p: Point| {
        let (u, v) = (b.0 - a.0, b.1 - a.1);
        ((p.0 - a.0) * v - (p.1 - a.1) * u).abs() / u.hypot(v).max(1e-9)
    };
    let near = |line: (Point, Point)| points.iter().copied().filter(|p| distance(line, *p) <= within).collect::<Vec<_>>();
    let pairs = (0..points.len()).flat_map(|i| (i + points.len() / 4..points.len()).map(move |j| (i, j)));
    let best = pairs.map(|(i, j)| near((points[i], points[j]))).max_by_key(Vec::len)?;
    if (best.len() as f64) < ON_LINE * PLACES as f64 {
        return None;
    }
    Some(through(&best))
}

/// The line of least squares across itself: through the centre, along the larger spread.
fn through(points: &[Point]) -> (Point, Point) {
    let n = points.len().max(1) as f64;
    let centre = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let spread = |f: fn(f64, f64) -> f64| points.iter().map(|p| f(p.0 - centre.0, p.1 - centre.1)).sum::<f64>();
    let (xx, xy, yy) = (spread(|x, _| x * x), spread(|x, y| x * y), spread(|_, y| y * y));
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    (centre, (centre.0 + angle.cos(), centre.1 + angle.sin()))
}
