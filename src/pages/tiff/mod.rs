//! Multi-page TIFF: every page is decoded on its own, so that one bad page does not take the rest along.

mod codec;
mod directory;
mod fax;
mod jpeg;
mod layout;
mod log;
mod shade;

use super::{Limits, Picture, dots, refuse};
use crate::domain::Refusal;
use directory::{Container, Directory, tag};
use image::GrayImage;
use layout::{Layout, compression};
use shade::{Row, Shades};
use std::sync::Arc;

#[derive(Debug)]
pub struct TiffFile {
    container: Container,
    /// Offset of the directory of each page.
    pages: Vec<u64>,
}

impl TiffFile {
    pub fn open(bytes: Arc<[u8]>, most_pages: u32) -> Result<Self, Refusal> {
        let container = Container::open(bytes)?;
        let pages = container.pages(most_pages).ok_or_else(refuse::tiff_truncated)?;
        if pages.is_empty() {
            return Err(refuse::tiff_unreadable("aucune page"));
        }
        Ok(Self { container, pages })
    }

    pub fn page_count(&self) -> u32 {
        u32::try_from(self.pages.len()).unwrap_or(u32::MAX)
    }

    pub fn page(&self, number: u32, limits: &Limits) -> Result<Picture, Refusal> {
        let file = &self.container;
        let at = *self.pages.get(number as usize - 1).ok_or_else(refuse::empty_page)?;
        let (directory, _) = file.directory(at).ok_or_else(refuse::tiff_truncated)?;
        let layout = Layout::read(file, &directory, limits)?;
        let grey = grey(file, &directory, &layout)?;
        let (across, down) = (dpi(file, &directory, tag::X_RESOLUTION), dpi(file, &directory, tag::Y_RESOLUTION));
        let (grey, declared) = square(grey, across, down, limits);
        let mut picture = image::DynamicImage::ImageLuma8(grey);
        let turn = file.first(&directory, tag::ORIENTATION).and_then(|turn| u8::try_from(turn).ok());
        if let Some(orientation) = turn.and_then(image::metadata::Orientation::from_exif) {
            picture.apply_orientation(orientation);
        }
        let grey = picture.into_luma8();
        let dpi = dots::resolution(declared, grey.width(), grey.height());
        Ok(Picture::flat(grey, dpi))
    }
}

/// Dots per inch as the file declares them.
fn dpi(file: &Container, directory: &Directory, tag: u16) -> Option<f64> {
    let value = file.real(directory, tag, 0).filter(|dpi| dpi.is_finite())?;
    match file.first(directory, tag::RESOLUTION_UNIT).unwrap_or(2) {
        2 => Some(value),
        3 => Some(value * 2.54),
        _ => None,
    }
}

/// Fax pages have other dots across than down (204 x 98, 204 x 196): the coarser side is stretched. Gives the resolution too.
fn square(grey: GrayImage, across: Option<f64>, down: Option<f64>, limits: &Limits) -> (GrayImage, Option<f64>) {
    let (Some(across), Some(down)) = (across, down) else { return (grey, across.or(down)) };
    let ratio = across / down;
    let stretched = |side: u32, by: f64| (f64::from(side) * by).round() as u32;
    let (width, height) = match ratio {
        1.2..=4.0 => (grey.width(), stretched(grey.height(), ratio)),
        0.25..=0.833 => (stretched(grey.width(), 1.0 / ratio), grey.height()),
        _ => return (grey, Some(across)),
    };
    if limits.check(width, height).is_err() {
        return (grey, Some(across));
    }
    (image::imageops::resize(&grey, width, height, image::imageops::FilterType::Triangle), Some(across.max(down)))
}

fn grey(file: &Container, directory: &Directory, layout: &Layout) -> Result<GrayImage, Refusal> {
    let missing = || refuse::page_damaged("des lignes manquent");
    if layout.compression == compression::OLD_JPEG {
        let pixels = jpeg::old_style(file, directory, layout)?;
        return GrayImage::from_raw(layout.width, layout.height, pixels).ok_or_else(missing);
    }
    let shades = Shades::read(file, directory, layout)?;
    let mut page = GrayImage::new(layout.width, layout.height);
    for index in 0..layout.chunks_of_plane() {
        let planes: Vec<Vec<u8>> = (0..layout.planes())
            .map(|plane| codec::unpack(file, directory, layout, plane * layout.chunks_of_plane() + index, layout.rows_of_chunk(index)))
            .collect::<Result<_, _>>()?;
        if layout.subsampling == (1, 1) {
            whole_samples(file, layout, &shades, &planes, index, &mut page);
        } else {
            blocks(layout, &shades, &planes[0], index, &mut page);
        }
    }
    Ok(page)
}

/// Lays a strip or tile of which each pixel has all its samples.
fn whole_samples(file: &Container, layout: &Layout, shades: &Shades, planes: &[Vec<u8>], index: usize, page: &mut GrayImage) {
    let (x, y) = corner(layout, index);
    let of_chunk = layout.samples_of_chunk();
    let row =
        Row { bits: layout.bits, little: file.little && !layout.is_logarithmic(), differences: layout.differences.then_some(of_chunk) };
    let size = layout.size_of_row() as usize;
    let mut samples = vec![0; layout.chunk.0 as usize * layout.samples];
    for line in 0..layout.rows_of_chunk(index).min(layout.height - y) {
        for (plane, packed) in planes.iter().enumerate() {
            row.unpack(&packed[line as usize * size..][..size], &mut samples, plane, layout.planes());
        }
        for (column, pixel) in (x..layout.width).zip(samples.chunks_exact(layout.samples)) {
            page.put_pixel(column, y + line, image::Luma([shades.grey(pixel)]));
        }
    }
}

/// Lays a strip or tile of blocks: the luminance of each pixel, then one pair of colours (TIFF 6.0, section 21).
fn blocks(layout: &Layout, shades: &Shades, packed: &[u8], index: usize, page: &mut GrayImage) {
    let (x, y) = corner(layout, index);
    let (h, v) = layout.subsampling;
    for (line, row) in packed.chunks_exact(layout.size_of_row() as usize).enumerate() {
        for (block, samples) in row.chunks_exact((h * v + 2) as usize).enumerate() {
            for (i, sample) in (0..h * v).zip(samples) {
                let (column, line) = (x + block as u32 * h + i % h, y + line as u32 * v + i / h);
                if column < layout.width && line < layout.height {
                    page.put_pixel(column, line, image::Luma([shades.grey(&[u32::from(*sample)])]));
                }
            }
        }
    }
}

/// Where strip or tile `index` of a plane begins.
fn corner(layout: &Layout, index: usize) -> (u32, u32) {
    let across = layout.chunks_across();
    ((index % across) as u32 * layout.chunk.0, (index / across) as u32 * layout.chunk.1)
}
