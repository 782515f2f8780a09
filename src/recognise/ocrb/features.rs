//! Features of windows round the middles of cells. `models/ocrb/cells.py` does the same for training.
//!
//! Eight directions of gradient in 5 x 7 squares of 4 pixels (histograms of oriented gradients), and the ink of
//! 10 x 14 squares of 2 pixels.

/// Pixels of one cell in a strip, from middle to middle.
pub const PITCH: usize = 16;
/// Pixels from the top to the base of a capital.
pub const CAPITAL: usize = 20;
/// White above and below the capitals.
pub const ABOVE: usize = 4;
/// Rows of a strip.
pub const ROWS: usize = CAPITAL + 2 * ABOVE;
/// Columns of a window: a cell and a little of its neighbours.
pub const WINDOW: usize = 20;
const DIRECTIONS: usize = 8;
const SQUARES: usize = 7;
const INKS: usize = 14;
pub const FEATURES: usize = DIRECTIONS * 5 * SQUARES + 10 * INKS;

/// A line at the size that the network knows, with the sums that its windows share.
pub struct Strip {
    pub width: usize,
    /// Direction, row of squares, column: gradients of 4 x 4 pixels.
    squares: Vec<f32>,
    /// Row of squares, column: mean ink of 2 x 2 pixels.
    inks: Vec<f32>,
}

impl Strip {
    /// Of `ROWS` rows of ink.
    pub fn new(ink: &[f32], width: usize) -> Self {
        let mut planes = vec![0.0f32; DIRECTIONS * SQUARES * width];
        for y in 0..ROWS {
            let row = |y: usize| &ink[y * width..(y + 1) * width];
            let (above, here, below) = (row(y.saturating_sub(1)), row(y), row((y + 1).min(ROWS - 1)));
            for x in 0..width {
                let gx = here[(x + 1).min(width - 1)] - here[x.saturating_sub(1)];
                let gy = below[x] - above[x];
                let size = (gx * gx + gy * gy).sqrt();
                if size > 0.0 {
                    let turn = (gy.atan2(gx) / std::f32::consts::TAU * DIRECTIONS as f32).rem_euclid(DIRECTIONS as f32);
                    let low = (turn as usize).min(DIRECTIONS - 1);
                    let share = turn - low as f32;
                    planes[(low * SQUARES + y / 4) * width + x] += size * (1.0 - share);
                    planes[((low + 1) % DIRECTIONS * SQUARES + y / 4) * width + x] += size * share;
                }
            }
        }
        let mut halves = vec![0.0f32; INKS * width];
        for (y, row) in ink.chunks_exact(width).take(ROWS).enumerate() {
            halves[y / 2 * width..(y / 2 + 1) * width].iter_mut().zip(row).for_each(|(h, v)| *h += v / 2.0);
        }
        let mut inks = across(&halves, width, 2);
        for v in &mut inks {
            *v /= 2.0;
        }
        Self { width, squares: across(&planes, width, 4), inks }
    }

    /// Columns with the ink of a stroke: a pixel and a half at the height of capitals.
    pub fn inked(&self) -> Vec<bool> {
        let rows = ABOVE / 2..ABOVE / 2 + CAPITAL / 2;
        let dark = |x: usize| rows.clone().map(|row| self.inks[row * self.width + x]).sum::<f32>();
        (0..self.width).map(|x| dark(x) > 1.0).collect()
    }

    /// The features of the window whose middle is column `middle`; `None` where it would stand out.
    pub fn window(&self, middle: usize) -> Option<[f32; FEATURES]> {
        let start = middle.checked_sub(WINDOW / 2)?;
        if start + WINDOW > self.width {
            return None;
        }
        let mut out = [0.0; FEATURES];
        let (gradients, darks) = out.split_at_mut(DIRECTIONS * SQUARES * 5);
        for (group, row) in gradients.chunks_exact_mut(5).zip(self.squares.chunks_exact(self.width)) {
            for (i, value) in group.iter_mut().enumerate() {
                *value = row[start + 4 * i];
            }
        }
        let mean = gradients.iter().sum::<f32>() / gradients.len() as f32 + 0.05;
        for value in gradients.iter_mut() {
            *value = (*value / mean).sqrt();
        }
        for (group, row) in darks.chunks_exact_mut(10).zip(self.inks.chunks_exact(self.width)) {
            for (i, value) in group.iter_mut().enumerate() {
                *value = 2.0 * row[start + 2 * i];
            }
        }
        Some(out)
    }
}

/// Each value with the `count - 1` to the right of it.
fn across(rows: &[f32], width: usize, count: usize) -> Vec<f32> {
    let mut out = rows.to_vec();
    for (sums, row) in out.chunks_exact_mut(width).zip(rows.chunks_exact(width)) {
        for shift in 1..count.min(width) {
            sums.iter_mut().zip(&row[shift..]).for_each(|(sum, v)| *sum += v);
        }
    }
    out
}
