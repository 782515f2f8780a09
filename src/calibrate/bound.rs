//! What error a count of errors does not exclude.

/// The largest share of wrong readings that `wrong` of `all` does not contradict at 95 %, one-sided (Clopper and
/// Pearson 1934): 1 when there are none, about `3 / all` without an error.
#[must_use]
pub fn upper_bound(wrong: u32, all: u32) -> f64 {
    if all == 0 || wrong >= all {
        return 1.0;
    }
    let (mut low, mut high) = (f64::from(wrong) / f64::from(all), 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_most(wrong, all, middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}

/// Probability of `wrong` errors or fewer in `all` trials of probability `p`.
fn at_most(wrong: u32, all: u32, p: f64) -> f64 {
    let (n, odds) = (f64::from(all), p / (1.0 - p));
    let mut term = n * (-p).ln_1p();
    let mut sum = term.exp();
    for k in 0..wrong {
        term += ((n - f64::from(k)) / f64::from(k + 1) * odds).ln();
        sum += term.exp();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::upper_bound;

    #[test]
    fn known_values() {
        // 598 without an error show half a percent.
        assert!((upper_bound(0, 598) - 0.005).abs() < 1e-5);
        assert!((upper_bound(0, 299) - 0.00997).abs() < 1e-4);
        // R: binom.test(3, 100, alternative = "less")$conf.int gives 0.0757.
        assert!((upper_bound(3, 100) - 0.0757).abs() < 1e-4);
        assert!(upper_bound(0, 0) >= 1.0 && upper_bound(5, 5) >= 1.0);
    }
}
