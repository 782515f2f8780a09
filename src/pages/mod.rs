//! Decodes PDF, TIFF, JPEG and PNG into grey pictures, one page at a time (runs in the cell only).

mod bundle;
mod dots;
mod pdf;
mod photo;
mod refuse;
mod sheet;
mod tiff;

use crate::domain::{Flattened, Format, Refusal};
use image::GrayImage;
pub use refuse::photo_without_sheet;
use std::sync::Arc;

/// How much a file may ask for before anything is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pages of one file.
    pub pages: u32,
    /// Pixels of one page. A3 at 600 dpi has 70 million.
    pub pixels: u64,
    /// Pixels of one side.
    pub side: u32,
    /// Bytes that what is compressed on one page may become together; an eighth for a part that is no picture.
    pub decompressed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pages: 2_000, pixels: 100_000_000, side: 20_000, decompressed: 512 << 20 }
    }
}

impl Limits {
    /// Refuses a page of this size when it is too large to be decoded.
    fn check(&self, width: u32, height: u32) -> Result<(), Refusal> {
        let too_many = u64::from(width) * u64::from(height) > self.pixels;
        if width == 0 || height == 0 {
            return Err(refuse::empty_page());
        }
        if too_many || width > self.side || height > self.side {
            return Err(refuse::too_large(width, height));
        }
        Ok(())
    }
}

/// One page as scanned, dark ink on light paper.
#[derive(Clone, Debug)]
pub struct Picture {
    pub grey: GrayImage,
    /// Dots per inch: as the file declares when that gives a plausible sheet, else derived from A4.
    pub dpi: u32,
    /// Size of the page as scanned, pixels.
    pub scan: (u32, u32),
    /// Where the sheet lies on the page as scanned, when that is a photograph and `grey` was made of it.
    pub sheet: Option<Flattened>,
    /// The file says that a camera made it.
    pub camera: bool,
}

impl Picture {
    /// A page that is flat as scanned.
    #[must_use]
    pub fn flat(grey: GrayImage, dpi: u32) -> Self {
        let scan = grey.dimensions();
        Self { grey, dpi, scan, sheet: None, camera: false }
    }
}

/// A file whose structure is known; pixels are decoded page by page.
#[derive(Debug)]
pub struct Document {
    source: Source,
    limits: Limits,
}

#[derive(Debug)]
enum Source {
    Pdf(pdf::PdfFile),
    Tiff(tiff::TiffFile),
    Photo(photo::PhotoFile),
    Bundle(bundle::Bundle),
}

/// Reads the structure of a file. Nothing of a page is decoded yet.
///
/// # Errors
/// The reason why the whole file cannot be processed: codes `fichier_vide`, `pdf_illisible`,
/// `pdf_chiffre`, `pdf_tronque`, `pdf_sans_page`, `pdf_incomplet`, `tiff_illisible`,
/// `tiff_tronque`, `image_illisible`, `trop_de_pages`, `decompression`.
pub fn open(bytes: Arc<[u8]>, format: Format, limits: &Limits) -> Result<Document, Refusal> {
    if bytes.is_empty() {
        return Err(refuse::empty_file());
    }
    let source = match format {
        Format::Pdf => Source::Pdf(pdf::PdfFile::open(bytes, limits)?),
        Format::Tiff => Source::Tiff(tiff::TiffFile::open(bytes, limits.pages)?),
        Format::Jpeg => Source::Photo(photo::PhotoFile::open(bytes, image::ImageFormat::Jpeg)?),
        Format::Png => Source::Photo(photo::PhotoFile::open(bytes, image::ImageFormat::Png)?),
        Format::Bundle => Source::Bundle(bundle::Bundle::open(&bytes, limits)?),
    };
    let document = Document { source, limits: *limits };
    if document.page_count() > limits.pages {
        return Err(refuse::too_many_pages(document.page_count(), limits.pages));
    }
    Ok(document)
}

impl Document {
    /// Number of pages, at least 1.
    #[must_use]
    pub fn page_count(&self) -> u32 {
        match &self.source {
            Source::Pdf(file) => file.page_count(),
            Source::Tiff(file) => file.page_count(),
            Source::Photo(_) => 1,
            Source::Bundle(bundle) => bundle.page_count(),
        }
    }

    /// Decodes page `number` (1-based).
    ///
    /// # Errors
    /// `page_illisible`, `page_trop_grande`, `decompression`, `compression_non_lue`, `photo_trop_petite`,
    /// `photo_floue`: this page only, the others may be fine.
    pub fn page(&self, number: u32) -> Result<Picture, Refusal> {
        if number == 0 || number > self.page_count() {
            return Err(refuse::page_damaged(&format!("la page {number} n’existe pas")));
        }
        match &self.source {
            Source::Pdf(file) => file.page(number, &self.limits),
            Source::Tiff(file) => file.page(number, &self.limits),
            Source::Photo(file) => file.page(&self.limits),
            Source::Bundle(bundle) => bundle.page(number),
        }
    }
}

/// Grey of a colour: Rec. 709 luma, the same for every format.
fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 2126 + u32::from(g) * 7152 + u32::from(b) * 722) / 10_000) as u8
}
