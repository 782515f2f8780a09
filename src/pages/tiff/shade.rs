//! Samples of any depth and colour space, turned into grey on white paper, row by row.

use super::directory::{Container, Directory, tag};
use super::layout::{Layout, photometric};
use super::log;
use crate::domain::Refusal;
use crate::pages::{luma, refuse};

/// What to do with the samples of a pixel.
pub struct Shades {
    colour: Colour,
    bits: u32,
    /// Index of the sample that says how opaque the pixel is, and whether the colours are multiplied by it.
    alpha: Option<(usize, bool)>,
}

enum Colour {
    White,
    Black,
    Rgb,
    /// Grey of each index.
    Palette(Vec<u8>),
    Cmyk,
    /// Luminance, with the codes of black and white.
    Luminance(f64, f64),
    Logarithm,
}

impl Shades {
    pub fn read(file: &Container, directory: &Directory, layout: &Layout) -> Result<Self, Refusal> {
        let (colour, needs) = match layout.photometric {
            photometric::MIN_IS_WHITE => (Colour::White, 1),
            // Of Lab colours the first sample is the lightness.
            photometric::MIN_IS_BLACK | photometric::CIE_LAB | photometric::ICC_LAB | photometric::ITU_LAB => (Colour::Black, 1),
            photometric::RGB => (Colour::Rgb, 3),
            photometric::PALETTE if layout.bits <= 16 => (Colour::Palette(palette(file, directory, layout.bits)?), 1),
            photometric::CMYK => (Colour::Cmyk, 4),
            photometric::YCBCR => (luminance(file, directory), 1),
            photometric::LOG_L | photometric::LOG_LUV if layout.is_logarithmic() => (Colour::Logarithm, 1),
            other => return Err(refuse::page_damaged(&format!("les couleurs TIFF {other} ne sont pas lues"))),
        };
        if layout.samples < needs {
            return Err(refuse::page_damaged("des couleurs manquent"));
        }
        let alpha = match file.first(directory, tag::EXTRA_SAMPLES) {
            Some(kind @ (1 | 2)) if layout.samples > needs && layout.photometric <= photometric::RGB => Some((needs, kind == 1)),
            _ => None,
        };
        Ok(Self { colour, bits: layout.bits, alpha })
    }

    /// Grey of one pixel.
    pub fn grey(&self, pixel: &[u32]) -> u8 {
        let byte = |at: usize| to_byte(pixel[at], self.bits);
        let grey = match &self.colour {
            Colour::White => 255 - byte(0),
            Colour::Black => byte(0),
            Colour::Rgb => luma(byte(0), byte(1), byte(2)),
            Colour::Palette(shades) => shades.get(pixel[0] as usize).copied().unwrap_or(255),
            Colour::Cmyk => {
                let light = |ink: u8| (u32::from(255 - ink) * u32::from(255 - byte(3)) / 255) as u8;
                luma(light(byte(0)), light(byte(1)), light(byte(2)))
            }
            Colour::Logarithm => log::grey(pixel[0], self.bits),
            Colour::Luminance(black, white) => ((f64::from(byte(0)) - black) * 255.0 / (white - black)).round().clamp(0.0, 255.0) as u8,
        };
        match self.alpha {
            None => grey,
            Some((at, multiplied)) => {
                let (grey, alpha) = (u32::from(grey), u32::from(byte(at)));
                let own = if multiplied { grey } else { grey * alpha / 255 };
                (own + 255 - alpha).min(255) as u8
            }
        }
    }
}

/// Codes of black and white of the luminance: 15 and 235 in files that follow video (TIFF 6.0, section 20).
fn luminance(file: &Container, directory: &Directory) -> Colour {
    let code = |index| file.real(directory, tag::REFERENCE_BLACK_WHITE, index);
    match (code(0), code(1)) {
        (Some(black), Some(white)) if (0.0..=64.0).contains(&black) && (191.0..=255.0).contains(&white) => Colour::Luminance(black, white),
        _ => Colour::Luminance(0.0, 255.0),
    }
}

fn palette(file: &Container, directory: &Directory, bits: u32) -> Result<Vec<u8>, Refusal> {
    let colours = 1usize << bits;
    let map = file.numbers(directory, tag::COLOR_MAP, 3 * colours);
    if map.len() < 3 * colours {
        return Err(refuse::page_damaged("la table des couleurs manque"));
    }
    // Values have 16 bits; some writers fill 8 of them.
    let shift = if map.iter().any(|v| *v > 255) { 8 } else { 0 };
    let channel = |c: usize, i: usize| (map[c * colours + i] >> shift) as u8;
    Ok((0..colours).map(|i| luma(channel(0, i), channel(1, i), channel(2, i))).collect())
}

fn to_byte(value: u32, bits: u32) -> u8 {
    match bits {
        8 => value as u8,
        0..=7 => (value * 255 / ((1 << bits) - 1)) as u8,
        _ => (value >> (bits - 8)) as u8,
    }
}

/// Takes the samples of one row apart.
pub struct Row {
    pub bits: u32,
    pub little: bool,
    /// Samples are differences to the one so many before.
    pub differences: Option<usize>,
}

impl Row {
    /// Writes the samples of `packed` to every `step`th place of `out`, from `first` on.
    pub fn unpack(&self, packed: &[u8], out: &mut [u32], first: usize, step: usize) {
        let mask = u32::MAX >> (32 - self.bits);
        for (i, at) in (first..out.len()).step_by(step).enumerate() {
            let stored = self.sample(packed, i);
            out[at] = match self.differences {
                Some(back) if i >= back => out[at - back * step].wrapping_add(stored) & mask,
                _ => stored,
            };
        }
    }

    fn sample(&self, packed: &[u8], index: usize) -> u32 {
        let byte = |at: usize| u32::from(packed.get(at).copied().unwrap_or(0));
        match self.bits {
            8 => byte(index),
            // Whole bytes follow the order of the file; others are packed from the highest bit on.
            16 | 24 | 32 => {
                let width = self.bits as usize / 8;
                let each = |i: usize| byte(index * width + if self.little { width - 1 - i } else { i });
                (0..width).fold(0, |sum, i| sum << 8 | each(i))
            }
            bits => {
                let start = index * bits as usize;
                let window = (0..5).fold(0u64, |sum, i| sum << 8 | u64::from(byte(start / 8 + i)));
                (window >> (40 - bits as usize - start % 8)) as u32 & (u32::MAX >> (32 - bits))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bits: u32, little: bool, differences: Option<usize>, packed: &[u8], samples: usize) -> Vec<u32> {
        let mut out = vec![0; samples];
        Row { bits, little, differences }.unpack(packed, &mut out, 0, 1);
        out
    }

    #[test]
    fn samples_of_every_depth() {
        assert_eq!(row(1, true, None, &[0b1010_0000], 4), [1, 0, 1, 0]);
        assert_eq!(row(4, true, None, &[0x1f, 0x20], 3), [1, 15, 2]);
        assert_eq!(row(12, true, None, &[0xab, 0xcd, 0xef], 2), [0xabc, 0xdef]);
        assert_eq!(row(16, true, None, &[0x34, 0x12], 1), [0x1234]);
        assert_eq!(row(16, false, None, &[0x12, 0x34], 1), [0x1234]);
        assert_eq!(row(24, true, None, &[3, 2, 1], 1), [0x01_0203]);
    }

    #[test]
    fn differences_add_up_for_each_colour_and_wrap() {
        assert_eq!(row(8, true, Some(3), &[10, 20, 30, 1, 2, 250], 6), [10, 20, 30, 11, 22, 24]);
    }

    #[test]
    fn full_white_and_full_black_of_every_depth() {
        for bits in [1, 2, 4, 6, 8, 12, 16, 24, 32] {
            assert_eq!((to_byte(0, bits), to_byte(u32::MAX >> (32 - bits), bits)), (0, 255), "{bits} bits");
        }
    }
}
