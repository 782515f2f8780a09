//! The cells of a line: a first path through all columns finds pitch and phase, a second one follows small drift.

use super::edges::Edges;
use super::features::{ABOVE, CAPITAL, PITCH, ROWS, Strip};
use super::net::{CLASSES, Net};
use super::plane::Plane;

/// Left edges of cells: `a + b t + c t²` for cell `t`. The square is for cameras, which see one end larger.
#[derive(Clone, Copy, Debug)]
struct Grid {
    a: f32,
    b: f32,
    c: f32,
}

impl Grid {
    fn x(&self, t: f32) -> f32 {
        self.a + self.b * t + self.c * t * t
    }

    /// The grid whose first cell is cell `by` of this one.
    fn shifted(&self, by: f32) -> Self {
        Self { a: self.x(by), b: self.b + 2.0 * self.c * by, c: self.c }
    }
}

/// What one window may be: the probability of each class.
pub type Chances = [f32; CLASSES];
/// A cell no character fits costs no more than this.
const WORST: f32 = -7.0;
/// Cells looked at beyond either end: dirt there is taken for a character by [`super::edges`].
const MARGIN: usize = 2;
/// Pixels from cell to cell on the first path, at the most; one step to the next differ by one at the most.
const STEPS: std::ops::RangeInclusive<usize> = 12..=20;
const BEND: f32 = 0.6;
/// What a column of ink costs that no cell holds, if a character could stand there: dirt and the edge of a card may stay out.
const LEFT_OUT: f32 = 0.8;
/// From this cost of what was left out on, one more character may stand at either end.
const DOUBTFUL: f32 = 0.5;
/// Pixels that a cell may lie beside its place in the fitted grid.
const DRIFT: usize = 3;

/// The cells of a line of `count` characters, with the mean logarithm of their surest characters less what ink
/// beside them costs.
pub fn cells(plane: &Plane, edges: &Edges, count: usize, net: &Net) -> Option<(Vec<Chances>, f32)> {
    let around = Window { net, plane, edges };
    // A character leaves a sixth of its cell white on either side.
    let pitch = (edges.right - edges.left) / (count as f32 - 0.3);
    if !(pitch > 2.0 && pitch.is_finite()) {
        return None;
    }
    let first = Grid { a: edges.left - 0.15 * pitch, b: pitch, c: 0.0 };
    let strip = around.strip(&first, count, MARGIN, 0.0, 1.0);
    // Half of the columns: the next pass looks at all of them.
    let mut costs: Vec<f32> =
        (0..strip.width).map(|u| if u % 2 == 0 { around.surest(&strip, u).map_or(WORST, |(cost, _)| cost) } else { WORST }).collect();
    for u in (1..costs.len().saturating_sub(1)).step_by(2) {
        costs[u] = f32::midpoint(costs[u - 1], costs[u + 1]);
    }
    let (path, left_out) = path(&costs, &strip.inked(), count)?;
    let places: Vec<(f32, f32, f32)> = (0..count)
        .map(|i| {
            let t = (path[i] as f32) / PITCH as f32 - MARGIN as f32;
            (i as f32 + 0.5, first.x(t), costs[path[i]].exp())
        })
        .collect();
    let grid = fitted(&places, &first, count);
    // The edge of a card looks like an E that stands almost at the pitch; on the even grid it does not.
    let shifts: &[f32] = if left_out > DOUBTFUL { &[0.0, 1.0, -1.0] } else { &[0.0] };
    shifts
        .iter()
        .filter_map(|by| settle(&around, &grid.shifted(*by), count))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(cells, sum)| (cells, (sum - left_out) / count as f32))
}

/// What all windows of a line share.
struct Window<'a> {
    net: &'a Net,
    plane: &'a Plane,
    edges: &'a Edges,
}

impl Window<'_> {
    /// The line at the size that the network knows, `margin` cells beyond its ends; moved down by a share of
    /// its height, and its height changed by a factor.
    fn strip(&self, grid: &Grid, count: usize, margin: usize, down: f32, taller: f32) -> Strip {
        let width = (count + 2 * margin) * PITCH;
        let mut ink = vec![0.0; width * ROWS];
        for u in 0..width {
            let x = grid.x((u as f32 + 0.5) / PITCH as f32 - margin as f32);
            let height = self.edges.height_at(x);
            let middle = self.edges.middle_at(x) + down * height;
            for row in 0..ROWS {
                let share = (row as f32 + 0.5 - ABOVE as f32 - CAPITAL as f32 / 2.0) / CAPITAL as f32;
                ink[row * width + u] = self.plane.at(x, middle + share * height * taller);
            }
        }
        Strip::new(&ink, width)
    }

    /// Logarithm of the probability of the surest character of a window, and those of all classes.
    fn surest(&self, strip: &Strip, middle: usize) -> Option<(f32, Chances)> {
        let chances = self.net.probabilities(&strip.window(middle)?);
        let most = chances[..CLASSES - 1].iter().copied().fold(0.0, f32::max);
        Some((most.ln().max(WORST), chances))
    }
}

/// The best way of `count` cells through the columns, whose pitch changes slowly, and what the ink beside costs.
fn path(costs: &[f32], inked: &[bool], count: usize) -> Option<(Vec<usize>, f32)> {
    let kinds = STEPS.count();
    let low = *STEPS.start();
    let columns = costs.len();
    // The first cell lies near its place: two cells of dirt before it at the most.
    let latest = (PITCH * (2 * MARGIN + 1)).min(columns);
    let mut sum = 0.0;
    let left_out: Vec<f32> = std::iter::once(0.0)
        .chain(inked.iter().zip(costs).map(|(ink, cost)| {
            sum += if *ink { LEFT_OUT * cost.exp() } else { 0.0 };
            sum
        }))
        .collect();
    let before = |u: usize| left_out[u.saturating_sub(PITCH / 2)];
    let after = |u: usize| sum - left_out[(u + PITCH / 2).min(columns)];
    let start = |u: usize| if u < latest { costs[u] - before(u) } else { f32::NEG_INFINITY };
    let mut best: Vec<f32> = (0..columns * kinds).map(|i| start(i / kinds)).collect();
    let mut choices: Vec<Vec<u8>> = Vec::with_capacity(count);
    for _ in 1..count {
        let mut next = vec![f32::NEG_INFINITY; columns * kinds];
        let mut chosen = vec![0u8; columns * kinds];
        for u in low..columns {
            for kind in 0..kinds {
                let step = low + kind;
                let Some(last) = u.checked_sub(step) else { continue };
                let uneven = 0.03 * (step as f32 - PITCH as f32).powi(2);
                for from in kind.saturating_sub(1)..(kind + 2).min(kinds) {
                    let bend = if from == kind { 0.0 } else { BEND };
                    let value = best[last * kinds + from] + costs[u] - bend - uneven;
                    if value > next[u * kinds + kind] {
                        (next[u * kinds + kind], chosen[u * kinds + kind]) = (value, from as u8);
                    }
                }
            }
        }
        choices.push(chosen);
        best = next;
    }
    best.iter_mut().enumerate().for_each(|(i, value)| *value -= after(i / kinds));
    let last = (0..best.len()).max_by(|a, b| best[*a].total_cmp(&best[*b]))?;
    if best[last] == f32::NEG_INFINITY {
        return None;
    }
    let (mut u, mut kind) = (last / kinds, last % kinds);
    let cost_after = after(u);
    let mut path = vec![u];
    for chosen in choices.iter().rev() {
        let from = usize::from(chosen[u * kinds + kind]);
        u = u.checked_sub(low + kind)?;
        kind = from;
        path.push(u);
    }
    path.reverse();
    Some((path, before(u) + cost_after))
}

/// The grid through (cell, place, weight), without the places far from it.
fn fitted(places: &[(f32, f32, f32)], first: &Grid, count: usize) -> Grid {
    let mut grid = *first;
    let mut used = places.to_vec();
    for _ in 0..3 {
        let Some(better) = least_squares(&used, count as f32).filter(|g| g.b > 0.5 * first.b && g.b < 2.0 * first.b) else { return grid };
        grid = better;
        used = places.iter().copied().filter(|(t, x, _)| (grid.x(*t) - x).abs() < 0.2 * grid.b).collect();
        if used.len() * 2 < places.len() {
            break;
        }
    }
    grid
}

/// The parabola of least squares; cell numbers are brought to 0 to 1 to keep the sums of like size.
fn least_squares(places: &[(f32, f32, f32)], count: f32) -> Option<Grid> {
    let mut sums = [[0.0f64; 4]; 3];
    for (t, x, weight) in places {
        let t = f64::from(t / count);
        let powers = [1.0, t, t * t];
        for (row, p) in sums.iter_mut().zip(powers) {
            for (sum, q) in row.iter_mut().zip(powers) {
                *sum += p * q * f64::from(*weight);
            }
            row[3] += p * f64::from(*x) * f64::from(*weight);
        }
    }
    // A slight pull to a straight grid: five sure cells at one end say nothing of the other.
    sums[2][2] += 1e-3;
    for i in 0..3 {
        let pivot = sums[i];
        if pivot[i].abs() < 1e-9 {
            return None;
        }
        for (j, row) in sums.iter_mut().enumerate().filter(|(j, _)| *j != i) {
            let factor = row[i] / pivot[i];
            for (value, p) in row.iter_mut().zip(pivot) {
                *value -= factor * p;
            }
            debug_assert!(j < 3);
        }
    }
    let solved = |i: usize| (sums[i][3] / sums[i][i]) as f32;
    Some(Grid { a: solved(0), b: solved(1) / count, c: solved(2) / (count * count) })
}

/// The cells at their places and the sum of their logarithms: top and base are tried a little off, then every cell may drift a little.
fn settle(around: &Window, grid: &Grid, count: usize) -> Option<(Vec<Chances>, f32)> {
    let middle = |i: usize| (i + 1) * PITCH + PITCH / 2;
    let total = |strip: &Strip| (0..count).filter_map(|i| around.surest(strip, middle(i))).map(|(cost, _)| cost).sum::<f32>();
    let mut best: Option<(f32, f32, f32, Strip)> = None;
    let offer = |down: f32, taller: f32, best: &mut Option<(f32, f32, f32, Strip)>| {
        let strip = around.strip(grid, count, 1, down, taller);
        let sum = total(&strip);
        if best.as_ref().is_none_or(|b| sum > b.0) {
            *best = Some((sum, down, taller, strip));
        }
    };
    for taller in [1.0, 0.92, 1.08] {
        offer(0.0, taller, &mut best);
    }
    let taller = best.as_ref().map_or(1.0, |b| b.2);
    for down in [-0.07, 0.07] {
        offer(down, taller, &mut best);
    }
    let (_, _, _, strip) = best?;
    let wide = 2 * DRIFT + 1;
    let near: Vec<Vec<(f32, Chances)>> =
        (0..count).map(|i| (0..wide).filter_map(|d| around.surest(&strip, middle(i) + d - DRIFT)).collect()).collect();
    if near.iter().any(|n| n.len() != wide) {
        return None;
    }
    let drifts = drifts(&near);
    let mut sum = 0.0;
    let cells = near
        .iter()
        .zip(drifts)
        .map(|(n, d)| {
            let used = &n[d.saturating_sub(1)..(d + 2).min(wide)];
            let mut mean = [0.0; CLASSES];
            for (_, chances) in used {
                mean.iter_mut().zip(chances).for_each(|(m, p)| *m += p / used.len() as f32);
            }
            sum += mean[..CLASSES - 1].iter().copied().fold(0.0, f32::max).ln().max(WORST);
            mean
        })
        .collect();
    Some((cells, sum))
}

/// For each cell its best drift, such that neighbours drift alike.
fn drifts(near: &[Vec<(f32, Chances)>]) -> Vec<usize> {
    let wide = 2 * DRIFT + 1;
    let own = |cell: &[(f32, Chances)], d: usize| cell[d].0 - 0.05 * (d as f32 - DRIFT as f32).powi(2);
    let mut sums: Vec<Vec<(f32, usize)>> = Vec::with_capacity(near.len());
    for cell in near {
        let row = (0..wide)
            .map(|d| {
                let (value, from) = sums.last().map_or((0.0, d), |last| {
                    (d.saturating_sub(1)..(d + 2).min(wide))
                        .map(|f| (last[f].0 - if f == d { 0.0 } else { 0.2 }, f))
                        .max_by(|a, b| a.0.total_cmp(&b.0))
                        .unwrap_or((0.0, d))
                });
                (value + own(cell, d), from)
            })
            .collect();
        sums.push(row);
    }
    let mut at = sums.last().and_then(|last| (0..wide).max_by(|a, b| last[*a].0.total_cmp(&last[*b].0))).unwrap_or(DRIFT);
    let mut out = Vec::with_capacity(near.len());
    for row in sums.iter().rev() {
        out.push(at);
        at = row[at].1;
    }
    out.reverse();
    out
}
