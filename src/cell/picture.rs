//! The picture that agents see of a page, and cut-outs of it.

use crate::domain::{Rect, Refusal};
use crate::recognise::raster;
use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, ImageFormat, ImageReader};
use std::io::Cursor;

/// Resolution of stored page pictures, dots per inch, for pages scanned at more.
const PICTURE_DPI: u32 = 150;
const QUALITY: u8 = 72;
/// Cut-outs are read closely.
const CUT_QUALITY: u8 = 85;

/// Pixels of the stored picture per pixel of the page.
fn shrink(dpi: u32) -> f64 {
    if dpi <= PICTURE_DPI { 1.0 } else { f64::from(PICTURE_DPI) / f64::from(dpi) }
}

/// Encodes the upright page for agents.
pub fn encode(upright: &GrayImage, dpi: u32) -> Result<Vec<u8>, image::ImageError> {
    let by = shrink(dpi);
    let whole = (1.0 / by).round();
    let small = if by >= 1.0 {
        return jpeg(upright, QUALITY);
    } else if (1.0 / by - whole).abs() < 1e-9 {
        raster::reduce(upright, whole as u32)
    } else {
        raster::scale(upright, by)
    };
    jpeg(&small, QUALITY)
}

/// Cuts `rect` (upright pixels of the full page at `dpi`) out of a picture that [`encode`] made.
pub fn cut(picture: &[u8], rect: Rect, dpi: u32) -> Result<Vec<u8>, Refusal> {
    let refuse = |detail: &str| {
        Refusal::new("page_illisible", format!("L’image de la page ne peut pas être découpée ({detail})."), "Relancez la lecture du pli.")
    };
    let mut reader = ImageReader::with_format(Cursor::new(picture), ImageFormat::Jpeg);
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(20_000), Some(20_000));
    reader.limits(limits);
    let page = reader.decode().map_err(|e| refuse(&e.to_string()))?.into_luma8();
    let by = shrink(dpi);
    let down = |v: u32| (f64::from(v) * by).floor() as u32;
    let up = |v: u32| (f64::from(v) * by).ceil() as u32;
    let inside = Rect::new(down(rect.x), down(rect.y), up(rect.w).max(1), up(rect.h).max(1));
    let part = raster::cut(&page, inside).ok_or_else(|| refuse("le rectangle est hors de la page"))?;
    jpeg(&part, CUT_QUALITY).map_err(|e| refuse(&e.to_string()))
}

fn jpeg(picture: &GrayImage, quality: u8) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn a_cut_shows_the_place_that_was_asked_for() {
        for dpi in [100, 200, 300] {
            let ink = Rect::new(4 * dpi, 2 * dpi, dpi, dpi / 2);
            let page = GrayImage::from_fn(8 * dpi, 10 * dpi, |x, y| Luma([if ink.contains(x, y) { 0 } else { 255 }]));
            let cut = cut(&encode(&page, dpi).unwrap(), ink, dpi).unwrap();
            let cut = image::load_from_memory(&cut).unwrap().into_luma8();
            let mean: u64 = cut.pixels().map(|p| u64::from(p.0[0])).sum::<u64>() / u64::from(cut.width() * cut.height());
            assert!(mean < 25, "{dpi} dpi: mean {mean}");
            let aspect = f64::from(cut.width()) / f64::from(cut.height());
            assert!((aspect - 2.0).abs() < 0.1, "{dpi} dpi: {aspect}");
        }
        assert!(super::cut(b"no jpeg", Rect::new(0, 0, 5, 5), 300).is_err());
    }
}
