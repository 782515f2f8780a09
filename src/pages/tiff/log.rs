//! Logarithmic luminance (SGI LogL and LogLuv; G. Ward, "LogLuv encoding for full-gamut, high-dynamic range images",
//! Journal of Graphics Tools 3(1), 1998). No scanner writes it; image programs do.

/// Rows of pixels of `width` bytes each, stored byte plane by byte plane, highest first, each as runs and literals.
pub fn unpack(stored: &[u8], pixels: usize, width: usize, size: usize) -> Vec<u8> {
    let mut unpacked = vec![0; size];
    let mut rest = stored.iter().copied();
    let mut done = 0;
    for row in unpacked.chunks_exact_mut((pixels * width).max(1)) {
        for plane in 0..width {
            let mut places = row[plane..].iter_mut().step_by(width);
            while places.len() > 0 {
                let Some(head) = rest.next() else { return unpacked[..done].to_vec() };
                let (count, run) = if head < 128 { (head, None) } else { (head - 126, rest.next()) };
                for place in places.by_ref().take(usize::from(count)) {
                    let Some(byte) = run.or_else(|| rest.next()) else { return unpacked[..done].to_vec() };
                    *place = byte;
                }
            }
        }
        done += pixels * width;
    }
    unpacked
}

/// Grey of a pixel of so many bits, as viewers show it: luminance 1 is white.
pub fn grey(pixel: u32, bits: u32) -> u8 {
    let (code, scale, zero) = match bits {
        24 => (pixel >> 14, 64.0, 12.0),
        bits => (pixel >> (bits - 16), 256.0, 64.0),
    };
    let negative = bits != 24 && code & 0x8000 != 0;
    if code == 0 || negative {
        return 0;
    }
    let luminance = ((f64::from(code) + 0.5) / scale - zero).exp2();
    (256.0 * luminance.sqrt()).min(255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::{grey, unpack};

    #[test]
    fn runs_and_literals_of_both_planes() {
        assert!(unpack(&[129, 1, 1, 7], 3, 2, 6).is_empty());
        assert_eq!(unpack(&[129, 1, 1, 7, 128, 9], 3, 2, 6), [1, 7, 1, 9, 1, 9]);
    }

    #[test]
    fn luminance_one_is_white() {
        assert_eq!((grey(64 * 256, 16), grey(62 * 256, 16), grey(0, 16), grey(0xffff, 16)), (255, 128, 0, 0));
        assert_eq!(grey((12 * 64) << 14, 24), 255);
    }
}
