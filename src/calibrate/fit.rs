//! Logistic regression with a ridge, by Newton's method.

use crate::domain::{COEFFICIENTS, probability};

type Row = [f64; COEFFICIENTS];

/// Holds back coefficients that few readings speak for.
const RIDGE: f64 = 2.0;
const MOST_STEPS: usize = 50;
const CONVERGED: f64 = 1e-7;

/// Coefficients that make the labels of `rows` most probable, less the ridge.
pub(super) fn logistic(rows: &[(Row, bool)]) -> Row {
    let mut w = [0.0; COEFFICIENTS];
    for _ in 0..MOST_STEPS {
        let mut gradient = w.map(|c| -RIDGE * c);
        let mut hessian = [[0.0; COEFFICIENTS]; COEFFICIENTS];
        for (at, line) in hessian.iter_mut().enumerate() {
            line[at] = RIDGE;
        }
        for (x, right) in rows {
            let p = probability(&w, x);
            let (error, weight) = (f64::from(u8::from(*right)) - p, (p * (1.0 - p)).max(1e-9));
            for i in (0..COEFFICIENTS).filter(|i| x[*i] != 0.0) {
                gradient[i] += error * x[i];
                for j in 0..COEFFICIENTS {
                    hessian[i][j] += weight * x[i] * x[j];
                }
            }
        }
        let step = solve(hessian, gradient);
        for (c, s) in w.iter_mut().zip(step) {
            // A first step from zero may be far too long where one side is rare.
            *c += s.clamp(-3.0, 3.0);
        }
        if step.iter().all(|s| s.abs() < CONVERGED) {
            break;
        }
    }
    w
}

/// Solves `a x = b` for a symmetric positive definite `a`, by elimination.
fn solve(mut a: [[f64; COEFFICIENTS]; COEFFICIENTS], mut b: Row) -> Row {
    for i in 0..COEFFICIENTS {
        let (above, below) = a.split_at_mut(i + 1);
        let pivot = &above[i];
        for (at, line) in below.iter_mut().enumerate() {
            let factor = line[i] / pivot[i];
            line.iter_mut().zip(pivot).skip(i).for_each(|(c, p)| *c -= factor * p);
            b[i + 1 + at] -= factor * b[i];
        }
    }
    let mut x = [0.0; COEFFICIENTS];
    for i in (0..COEFFICIENTS).rev() {
        let known: f64 = (i + 1..COEFFICIENTS).map(|j| a[i][j] * x[j]).sum();
        x[i] = (b[i] - known) / a[i][i];
    }
    x
}
