//! Resolution of a picture: what the file declares when that gives a plausible sheet of paper, else A4.

/// Long side of A4, inches.
const A4_LONG: f64 = 11.69;
/// Sheets that offices scan: from a card (85 mm) to a little more than A3.
const LONG_SIDE: std::ops::RangeInclusive<f64> = 2.5..=17.5;

/// Dots per inch of a picture of this size. `declared` is what its header says.
pub fn resolution(declared: Option<f64>, width: u32, height: u32) -> u32 {
    let long = f64::from(width.max(height));
    let plausible = |dpi: &f64| (50.0..=1300.0).contains(dpi) && LONG_SIDE.contains(&(long / dpi));
    declared.filter(plausible).unwrap_or(long / A4_LONG).round().max(1.0) as u32
}

#[cfg(test)]
mod tests {
    use super::resolution;

    #[test]
    fn a_phone_photo_that_claims_72_dpi_is_taken_for_a4() {
        assert_eq!(resolution(Some(72.0), 3024, 4032), 345);
        assert_eq!(resolution(Some(300.0), 2480, 3508), 300);
        assert_eq!(resolution(None, 1654, 2339), 200);
    }
}
