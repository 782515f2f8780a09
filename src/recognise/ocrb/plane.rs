//! A picture as numbers of ink: 0 is paper, 1 is black. `models/ocrb/cells.py` does the same for training.

use image::GrayImage;

/// Ink of a picture, row by row.
#[derive(Clone, Debug, Default)]
pub struct Plane {
    pub w: usize,
    pub h: usize,
    pub values: Vec<f32>,
}

/// Contrasts of fewer grey levels are noise.
const LEAST_CONTRAST: f32 = 8.0;

impl Plane {
    /// Ink against the paper and the black of three squares of the picture's height, so that uneven light and
    /// faint print come out alike.
    pub fn of(grey: &GrayImage) -> Self {
        let (w, h) = (grey.width() as usize, grey.height() as usize);
        if w == 0 || h == 0 {
            return Self::default();
        }
        let source = grey.as_raw();
        let side = h.max(8);
        let mut levels: Vec<(f32, f32)> = Vec::new();
        for start in (0..w).step_by(side) {
            let (from, to) = (start.saturating_sub(side), (start + 2 * side).min(w));
            let mut counts = [0usize; 256];
            for row in source.chunks_exact(w) {
                row[from..to].iter().for_each(|v| counts[usize::from(*v)] += 1);
            }
            let total = (to - from) * h;
            levels.push((level(&counts, total * 85 / 100), level(&counts, total * 3 / 100)));
        }
        let most = levels.iter().map(|(paper, black)| paper - black).fold(0.0, f32::max);
        let least = (most / 2.0).max(LEAST_CONTRAST);
        let columns: Vec<(f32, f32)> = (0..w)
            .map(|x| {
                let at = ((x as f32 + 0.5) / side as f32 - 0.5).clamp(0.0, (levels.len() - 1) as f32);
                let (left, share) = (at as usize, at.fract());
                let (a, b) = (levels[left], levels[(left + 1).min(levels.len() - 1)]);
                let mix = |p: f32, q: f32| p + (q - p) * share;
                (mix(a.0, b.0), mix((a.0 - a.1).max(least), (b.0 - b.1).max(least)))
            })
            .collect();
        let ink = |v: &u8, (paper, contrast): &(f32, f32)| (((paper - f32::from(*v)) / contrast - 0.1) / 0.75).clamp(0.0, 1.0);
        let values = source.chunks_exact(w).flat_map(|row| row.iter().zip(&columns).map(|(v, c)| ink(v, c))).collect();
        Self { w, h, values }
    }

    /// Every square of `factor` pixels averaged; what is left at the right and below is dropped.
    pub fn reduced(&self, factor: usize) -> Self {
        let (w, h) = (self.w / factor.max(1), self.h / factor.max(1));
        if factor <= 1 || w == 0 || h == 0 {
            return self.clone();
        }
        let mut values = vec![0.0; w * h];
        for (row, sums) in self.values.chunks_exact(self.w * factor).zip(values.chunks_exact_mut(w)) {
            for line in row.chunks_exact(self.w) {
                for (sum, square) in sums.iter_mut().zip(line.chunks_exact(factor)) {
                    *sum += square.iter().sum::<f32>();
                }
            }
        }
        let area = (factor * factor) as f32;
        for value in &mut values {
            *value /= area;
        }
        Self { w, h, values }
    }

    /// Ink between the pixels, whose middles are at halves; white outside.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        if !(x > -1.0 && y > -1.0 && x < self.w as f32 && y < self.h as f32) {
            return 0.0;
        }
        // The floor by truncation: both are above -1, and the call costs more than all the rest.
        let (left, top) = ((x + 1.0) as usize, (y + 1.0) as usize);
        let (fx, fy) = (x + 1.0 - left as f32, y + 1.0 - top as f32);
        let row = |y: usize| {
            let Some(row) = y.checked_sub(1).and_then(|y| self.values.get(y * self.w..(y + 1) * self.w)) else { return 0.0 };
            let pixel = |x: usize| x.checked_sub(1).and_then(|x| row.get(x)).copied().unwrap_or(0.0);
            pixel(left) * (1.0 - fx) + pixel(left + 1) * fx
        };
        row(top) * (1.0 - fy) + row(top + 1) * fy
    }

    pub fn is_ink(&self, x: usize, y: usize) -> bool {
        self.values[y * self.w + x] > 0.5
    }
}

/// The first grey level below which there are more than `count` pixels.
fn level(counts: &[usize; 256], count: usize) -> f32 {
    let mut below = 0;
    let found = counts.iter().position(|n| {
        below += n;
        below > count
    });
    found.unwrap_or(255) as f32
}
