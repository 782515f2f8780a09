//! Grey pictures: make smaller, turn, rotate, cut out.

use crate::domain::Rect;
use image::GrayImage;

/// Paper beyond the edge of a scan.
const PAPER: u8 = 255;

/// The picture with every `factor` x `factor` square averaged into one pixel.
#[must_use]
pub fn reduce(picture: &GrayImage, factor: u32) -> GrayImage {
    if factor <= 1 {
        return picture.clone();
    }
    let (f, wide) = (factor as usize, picture.width() as usize);
    let (w, h) = ((picture.width() / factor).max(1), (picture.height() / factor).max(1));
    let source = picture.as_raw();
    let mut pixels = Vec::with_capacity((w * h) as usize);
    let mut sums = vec![0u32; w as usize];
    for row in source.chunks_exact(wide * f).take(h as usize) {
        sums.fill(0);
        for line in row.chunks_exact(wide) {
            for (sum, square) in sums.iter_mut().zip(line.chunks_exact(f)) {
                *sum += square.iter().map(|v| u32::from(*v)).sum::<u32>();
            }
        }
        pixels.extend(sums.iter().map(|s| (s / (factor * factor)) as u8));
    }
    GrayImage::from_raw(w, h, pixels).unwrap_or_else(|| picture.clone())
}

/// The picture at another size, for engines that want a certain resolution.
#[must_use]
pub fn scale(picture: &GrayImage, by: f64) -> GrayImage {
    let size = |v: u32| (f64::from(v) * by).round().max(1.0) as u32;
    let (w, h) = (size(picture.width()), size(picture.height()));
    if by < 1.0 {
        // Every pixel of the page counts once; a filter of floats gives the same picture at ten times the time.
        return image::imageops::thumbnail(picture, w, h);
    }
    image::imageops::resize(picture, w, h, image::imageops::FilterType::Triangle)
}

/// The picture turned clockwise by so many quarters.
#[must_use]
pub fn turn(picture: &GrayImage, quarters: u8) -> GrayImage {
    match quarters % 4 {
        0 => picture.clone(),
        1 => image::imageops::rotate90(picture),
        2 => image::imageops::rotate180(picture),
        _ => image::imageops::rotate270(picture),
    }
}

/// The picture rotated clockwise about its centre by a small angle in degrees, same size.
#[must_use]
pub fn rotate(picture: &GrayImage, degrees: f32) -> GrayImage {
    const ONE: i64 = 1 << 16;
    if degrees == 0.0 {
        return picture.clone();
    }
    let (w, h) = (picture.width() as usize, picture.height() as usize);
    let source = picture.as_raw();
    let angle = f64::from(degrees).to_radians();
    let (sin, cos) = ((angle.sin() * ONE as f64).round() as i64, (angle.cos() * ONE as f64).round() as i64);
    let (cx, cy) = ((w as i64 * ONE) / 2, (h as i64 * ONE) / 2);
    let mut pixels = vec![PAPER; w * h];
    for (y, line) in pixels.chunks_exact_mut(w).enumerate() {
        let dy = y as i64 * ONE + ONE / 2 - cy;
        let dx = ONE / 2 - cx;
        // Where the first pixel of this row comes from; each next one is a constant step away.
        let mut sx = cx + ((dx * cos + dy * sin) >> 16) - ONE / 2;
        let mut sy = cy + ((dy * cos - dx * sin) >> 16) - ONE / 2;
        for pixel in line {
            let (x0, y0) = (sx >> 16, sy >> 16);
            if x0 >= 0 && y0 >= 0 && x0 + 1 < w as i64 && y0 + 1 < h as i64 {
                let at = y0 as usize * w + x0 as usize;
                let (fx, fy) = ((sx & 0xffff) as u32 >> 8, (sy & 0xffff) as u32 >> 8);
                let across = |a: u8, b: u8| u32::from(a) * (256 - fx) + u32::from(b) * fx;
                let top = across(source[at], source[at + 1]);
                let low = across(source[at + w], source[at + w + 1]);
                *pixel = ((top * (256 - fy) + low * fy) >> 16) as u8;
            }
            sx += cos;
            sy -= sin;
        }
    }
    GrayImage::from_raw(picture.width(), picture.height(), pixels).unwrap_or_else(|| picture.clone())
}

/// The part of the picture inside `rect`, clipped to it; `None` when nothing is left.
#[must_use]
pub fn cut(picture: &GrayImage, rect: Rect) -> Option<GrayImage> {
    let (x1, y1) = (rect.right().min(picture.width()), rect.bottom().min(picture.height()));
    if rect.x >= x1 || rect.y >= y1 {
        return None;
    }
    Some(image::imageops::crop_imm(picture, rect.x, rect.y, x1 - rect.x, y1 - rect.y).to_image())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Transform;

    #[test]
    fn the_rotation_agrees_with_the_transform_that_is_stored() {
        for degrees in [1.5f32, -1.5] {
            let mut picture = GrayImage::from_pixel(400, 600, image::Luma([255]));
            for (dx, dy) in (0..5).flat_map(|x| (0..5).map(move |y| (x, y))) {
                picture.put_pixel(60 + dx, 100 + dy, image::Luma([0]));
            }
            let rotated = rotate(&picture, degrees);
            let dark: Vec<(u32, u32)> = rotated.enumerate_pixels().filter(|(_, _, p)| p.0[0] < 100).map(|(x, y, _)| (x, y)).collect();
            assert!(!dark.is_empty());
            let (x, y) = dark[dark.len() / 2];
            let transform = Transform { quarter_turns: 0, skew: degrees, scan_width: 400, scan_height: 600, sheet: None };
            let back = transform.to_scan(Rect::new(x, y, 1, 1));
            assert!(back.x.abs_diff(62) <= 3 && back.y.abs_diff(102) <= 3, "{degrees}: {back:?}");
        }
    }

    #[test]
    fn a_reduced_picture_keeps_the_mean() {
        let picture = GrayImage::from_fn(8, 8, |x, _| image::Luma([if x % 2 == 0 { 0 } else { 200 }]));
        let small = reduce(&picture, 4);
        assert_eq!((small.width(), small.height()), (2, 2));
        assert!(small.pixels().all(|p| p.0[0] == 100));
    }
}
