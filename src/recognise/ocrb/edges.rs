//! Where the characters of a line stand: slope, top and base, left and right end.

use super::plane::Plane;

/// A straight, perhaps sloping and widening line of characters, in pixels of its plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edges {
    /// First and last column with characters.
    pub left: f32,
    pub right: f32,
    /// Middle row of the characters in column 0, and what it goes down by from column to column.
    pub middle: f32,
    pub slope: f32,
    /// Height of a capital in column 0, and what it grows by from column to column.
    pub height: f32,
    pub growth: f32,
}

impl Edges {
    pub fn middle_at(&self, x: f32) -> f32 {
        self.middle + self.slope * x
    }

    pub fn height_at(&self, x: f32) -> f32 {
        (self.height + self.growth * x).max(self.height / 3.0)
    }
}

/// Slopes that are looked at: 1.7 degrees to either side, which is more than straightening leaves.
const SLOPES: i32 = 15;
const SLOPE_STEP: f32 = 0.002;
/// Parts of the line whose height is measured, three to four characters each.
const PARTS: usize = 12;

/// `None` when there is no band of ink as wide as a line of characters.
pub fn find(plane: &Plane) -> Option<Edges> {
    if plane.w < 40 || plane.h < 5 {
        return None;
    }
    let inked: Vec<(usize, usize)> =
        (0..plane.h).flat_map(|y| (0..plane.w).filter(move |x| plane.is_ink(*x, y)).map(move |x| (x, y))).collect();
    let half = plane.w as f32 / 2.0;
    let slope_of = |i: i32| i as f32 * SLOPE_STEP;
    let rows_at = |slope: f32| {
        let mut rows = vec![0u32; 3 * plane.h];
        for (x, y) in &inked {
            let row = *y as f32 - slope * (*x as f32 - half);
            let at = (row + plane.h as f32 + 0.5).max(0.0) as usize;
            if let Some(count) = rows.get_mut(at) {
                *count += 1;
            }
        }
        rows
    };
    let sharpness = |slope: f32| rows_at(slope).iter().map(|c| u64::from(*c) * u64::from(*c)).sum::<u64>();
    // The straightest of equals: rounding makes neighbours equal on small pictures.
    let best = (-SLOPES..=SLOPES).max_by_key(|i| (sharpness(slope_of(*i)), -i.abs()))?;
    let slope = slope_of(best);
    let (top, base) = band(&rows_at(slope), plane.h)?;
    let (top, base) = (top as f32 - plane.h as f32, base as f32 - plane.h as f32);
    let straight =
        Edges { left: 0.0, right: plane.w as f32, middle: f32::midpoint(top, base) - slope * half, slope, height: base - top, growth: 0.0 };
    let (left, right) = ends(plane, &straight)?;
    Some(refined(plane, Edges { left, right, ..straight }))
}

/// The heaviest run of rows with ink.
fn band(rows: &[u32], most: usize) -> Option<(usize, usize)> {
    let highest = *rows.iter().max()?;
    let limit = highest / 6;
    let mut best: Option<(u32, usize, usize)> = None;
    let mut y = 0;
    while y < rows.len() {
        if rows[y] <= limit {
            y += 1;
            continue;
        }
        let top = y;
        while y < rows.len() && rows[y] > limit {
            y += 1;
        }
        let total = rows[top..y].iter().sum();
        if best.is_none_or(|(most, _, _)| total > most) {
            best = Some((total, top, y));
        }
    }
    best.map(|(_, top, base)| (top, base)).filter(|(top, base)| base - top >= 5 && base - top <= 2 * most)
}

/// The longest stretch of columns with ink that no gap wider than two and a half characters breaks.
fn ends(plane: &Plane, edges: &Edges) -> Option<(f32, f32)> {
    let inked = |x: usize| {
        let (middle, half) = (edges.middle_at(x as f32), edges.height / 2.0);
        let rows = (middle - half).max(0.0) as usize..((middle + half).max(0.0) as usize).min(plane.h);
        rows.filter(|y| plane.is_ink(x, *y)).count() > (edges.height / 16.0) as usize
    };
    let columns: Vec<usize> = (0..plane.w).filter(|x| inked(*x)).collect();
    let widest = 2.5 * edges.height;
    let mut best: Option<(usize, usize)> = None;
    let mut start = *columns.first()?;
    for (i, x) in columns.iter().enumerate() {
        let next = columns.get(i + 1);
        if next.is_none_or(|n| (n - x) as f32 > widest) {
            if best.is_none_or(|(l, r)| r - l < x + 1 - start) {
                best = Some((start, x + 1));
            }
            start = next.copied().unwrap_or(start);
        }
    }
    best.map(|(l, r)| (l as f32, r as f32)).filter(|(l, r)| r - l >= 8.0 * edges.height.min(plane.h as f32) / 2.0)
}

/// Measures the middle and the height part by part: pages bend, and cameras see one end larger.
fn refined(plane: &Plane, edges: Edges) -> Edges {
    let wide = (edges.right - edges.left) / PARTS as f32;
    let parts: Vec<(f32, f32, f32)> = (0..PARTS)
        .filter_map(|i| {
            let from = edges.left + wide * i as f32;
            let (top, base) = reach(plane, &edges, from, from + wide)?;
            Some((from + wide / 2.0, f32::midpoint(top, base), base - top))
        })
        .collect();
    let mut heights: Vec<f32> = parts.iter().map(|p| p.2).collect();
    heights.sort_by(f32::total_cmp);
    // Fillers and signs that did not take are lower than letters, dirt makes few parts higher.
    let Some(&high) = heights.get(heights.len() * 3 / 4) else { return edges };
    let sound: Vec<(f32, f32, f32)> = parts.into_iter().filter(|p| p.2 > 0.6 * high && p.2 < 1.3 * high).collect();
    let Some((slope, middle)) = line_through(&sound.iter().map(|p| (p.0, p.1)).collect::<Vec<_>>()) else {
        return Edges { height: high, ..edges };
    };
    let tall: Vec<(f32, f32)> = sound.iter().filter(|p| p.2 > 0.88 * high).map(|p| (p.0, p.2)).collect();
    let spread = tall.last().map_or(0.0, |l| l.0) - tall.first().map_or(0.0, |f| f.0);
    let level = (0.0, high);
    let (growth, height) =
        if tall.len() >= 6 && spread > 0.6 * (edges.right - edges.left) { line_through(&tall).unwrap_or(level) } else { level };
    let fits = |v: f32| v > 0.6 * high && v < 1.6 * high;
    let (growth, height) = if fits(height) && fits(height + growth * edges.right) { (growth, height) } else { level };
    Edges { middle, slope, height, growth, ..edges }
}

/// Top and base of the ink between two columns, without the fiftieth part at either end, which may be dirt.
fn reach(plane: &Plane, edges: &Edges, from: f32, to: f32) -> Option<(f32, f32)> {
    let half = edges.height * 0.75;
    let count = (2.0 * half) as usize + 1;
    let mut rows = vec![0usize; count];
    for x in from.max(0.0) as usize..(to.max(0.0) as usize).min(plane.w) {
        let start = edges.middle_at(x as f32) - half;
        for (i, row) in rows.iter_mut().enumerate() {
            let y = start + i as f32;
            if y >= 0.0 && (y as usize) < plane.h && plane.is_ink(x, y as usize) {
                *row += 1;
            }
        }
    }
    let total: usize = rows.iter().sum();
    if total < 4 {
        return None;
    }
    let mut sum = 0;
    let top = rows.iter().position(|c| {
        sum += c;
        sum * 50 > total
    })?;
    sum = 0;
    let below = rows.iter().rev().position(|c| {
        sum += c;
        sum * 50 > total
    })?;
    let middle = edges.middle_at(f32::midpoint(from, to));
    Some((middle - half + top as f32, middle - half + (count - below) as f32))
}

/// (slope, value at 0) through points: the median of all slopes (Theil and Sen), which no outlier moves.
fn line_through(points: &[(f32, f32)]) -> Option<(f32, f32)> {
    let mut slopes: Vec<f32> = Vec::new();
    for (i, a) in points.iter().enumerate() {
        slopes.extend(points[i + 1..].iter().filter(|b| b.0 > a.0).map(|b| (b.1 - a.1) / (b.0 - a.0)));
    }
    let slope = median(&mut slopes)?;
    let mut rests: Vec<f32> = points.iter().map(|p| p.1 - slope * p.0).collect();
    Some((slope, median(&mut rests)?))
}

fn median(values: &mut [f32]) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

impl Edges {
    /// The same in a picture that was made smaller by `factor`.
    pub fn reduced(self, factor: f32) -> Self {
        Self { left: self.left / factor, right: self.right / factor, middle: self.middle / factor, height: self.height / factor, ..self }
    }
}
