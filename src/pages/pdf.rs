//! PDF: lopdf says whether the file is whole, hayro gives the pixels at the resolution of the scan.

mod attachments;
mod inflate;

use super::{Limits, Picture, luma, refuse, sheet};
use crate::domain::Refusal;
use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, InterpreterCache, InterpreterSettings,
    SoftMask, interpret_page,
};
use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, BezPath, Rect};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::GrayImage;
use std::sync::Arc;

/// Resolution of a page that holds no scan.
const TEXT_DPI: f64 = 300.0;
/// Resolutions that offices scan at.
const SCAN_DPI: std::ops::RangeInclusive<f64> = 72.0..=600.0;
/// The trailer may be followed by this much of anything (ISO 32000-1, annex H.3, allows 1024).
const TAIL: usize = 4096;

pub struct PdfFile {
    pdf: Pdf,
}

impl std::fmt::Debug for PdfFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PdfFile({} pages)", self.page_count())
    }
}

impl PdfFile {
    pub fn open(bytes: Arc<[u8]>, limits: &Limits) -> Result<Self, Refusal> {
        let tail = &bytes[bytes.len().saturating_sub(TAIL)..];
        if !tail.windows(5).any(|w| w == b"%%EOF") {
            return Err(refuse::pdf_truncated());
        }
        inflate::check_structure(&bytes, limits)?;
        let bytes = attachments::unlocked(bytes);
        let structure = Structure::of(&bytes, limits);
        let pdf = Pdf::new(Arc::new(bytes)).map_err(|e| match (e, &structure) {
            (hayro::hayro_syntax::LoadPdfError::Decryption(_), _) => refuse::pdf_encrypted(),
            (_, Ok(structure)) if structure.encrypted => refuse::pdf_encrypted(),
            (_, Ok(structure)) if structure.pages() == 0 => refuse::pdf_without_page(),
            (_, Err(e)) => refuse::pdf_unreadable(e),
            _ => refuse::pdf_unreadable("structure"),
        })?;
        let readable = pdf.pages().len() as u64;
        // Where the stricter reader fails, the one that repairs is believed: the end of the file is there.
        let pages = structure.map_or(0, |structure| structure.pages());
        if readable.max(pages) == 0 {
            return Err(refuse::pdf_without_page());
        }
        // A page that only one of the two readers finds would be lost without a word.
        if readable < pages {
            return Err(refuse::pdf_incomplete(pages, readable));
        }
        Ok(Self { pdf })
    }

    pub fn page_count(&self) -> u32 {
        u32::try_from(self.pdf.pages().len()).unwrap_or(u32::MAX)
    }

    pub fn page(&self, number: u32, limits: &Limits) -> Result<Picture, Refusal> {
        let pages = self.pdf.pages();
        let page = pages.get(number as usize - 1).ok_or_else(refuse::empty_page)?;
        inflate::check_page(page, limits)?;
        let probe = Probe::look(page);
        if probe.is_one_scan() {
            limits.check(probe.width, probe.height)?;
            // Twice through the page description, which is a few operators; once through the pixels.
            if let Some(grey) = Probe::take(page) {
                let dpi = probe.dpi.round().max(1.0) as u32;
                return sheet::straighten(Picture::flat(grey, dpi));
            }
        }
        let picture = render(page, probe.resolution(), limits)?;
        // Programs of telephones lay their picture on a page, with margins or without.
        if probe.covers > 0.3 { sheet::straighten(picture) } else { Ok(picture) }
    }
}

/// What the stricter of the two readers finds, before anything is drawn.
struct Structure {
    /// Under a password of its user, or nothing but attachments is: the reader that draws knows which.
    encrypted: bool,
    found: u64,
    /// `/Count` of the page tree's root.
    declared: u64,
}

impl Structure {
    fn of(bytes: &[u8], limits: &Limits) -> Result<Self, String> {
        let most = usize::try_from(limits.decompressed / inflate::PARTS).unwrap_or(usize::MAX);
        let options = lopdf::LoadOptions { max_decompressed_size: Some(most), ..lopdf::LoadOptions::default() };
        let document = lopdf::Document::load_mem_with_options(bytes, options).map_err(|e| e.to_string())?;
        let found = document.page_iter().count() as u64;
        Ok(Self { encrypted: document.is_encrypted(), found, declared: declared_pages(&document).unwrap_or(found) })
    }

    fn pages(&self) -> u64 {
        self.found.max(self.declared)
    }
}

fn declared_pages(structure: &lopdf::Document) -> Option<u64> {
    let root = structure.catalog().ok()?.get(b"Pages").ok()?.as_reference().ok()?;
    let count = structure.get_dictionary(root).ok()?.get(b"Count").ok()?.as_i64().ok()?;
    u64::try_from(count).ok()
}

fn render(page: &Page<'_>, dpi: f64, limits: &Limits) -> Result<Picture, Refusal> {
    let (width, height) = page.render_dimensions();
    let (wide, high) = (f64::from(width) * dpi / 72.0, f64::from(height) * dpi / 72.0);
    let too_much = (wide * high / limits.pixels as f64).sqrt().max(wide / f64::from(limits.side)).max(high / f64::from(limits.side));
    let dpi = if too_much > 1.0 { dpi / too_much } else { dpi };
    if !(wide > 0.0 && high > 0.0) || dpi < 20.0 {
        return Err(refuse::too_large(wide as u32, high as u32));
    }
    // The renderer cuts its size down to whole pixels: half a pixel more makes that a rounding.
    let scale = |points: f32| ((f64::from(points) * dpi / 72.0 + 0.5) / f64::from(points)) as f32;
    let pixmap = hayro::render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &PixmapSettings { x_scale: scale(width), y_scale: scale(height), bg_color: WHITE },
    );
    let pixels = pixmap.data_as_u8_slice().chunks_exact(4).map(|p| luma(p[0], p[1], p[2])).collect();
    let grey = GrayImage::from_raw(u32::from(pixmap.width()), u32::from(pixmap.height()), pixels).ok_or_else(refuse::empty_page)?;
    Ok(Picture::flat(grey, dpi.round() as u32))
}

/// Sees what a page draws without drawing it.
#[derive(Default)]
struct Probe {
    images: usize,
    /// Anything but plainly drawn images: text, lines, masks, stencils, blending.
    others: bool,
    /// Of the image that covers most of the page.
    width: u32,
    height: u32,
    dpi: f64,
    /// Share of the page that it covers, 0 to 1.
    covers: f64,
    upright: bool,
    page: Rect,
    /// Keep the pixels of an image instead of its size.
    keep: bool,
    taken: Option<GrayImage>,
}

impl Probe {
    fn look(page: &Page<'_>) -> Self {
        Self::run(page, false)
    }

    fn take(page: &Page<'_>) -> Option<GrayImage> {
        Self::run(page, true).taken
    }

    fn run(page: &Page<'_>, keep: bool) -> Self {
        let (width, height) = page.render_dimensions();
        let area = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let mut probe = Self { page: area, keep, ..Self::default() };
        let transform = hayro::hayro_interpret::util::TransformExt::to_kurbo(&page.initial_transform(true));
        let cache = InterpreterCache::new();
        let mut context = Context::new(transform, area, &cache, page.xref(), InterpreterSettings::default());
        interpret_page(page, &mut context, &mut probe);
        probe
    }

    /// The page is one upright picture from edge to edge: its pixels are the page.
    fn is_one_scan(&self) -> bool {
        self.images == 1 && !self.others && self.upright && self.covers > 0.985 && (50.0..=1300.0).contains(&self.dpi)
    }

    fn resolution(&self) -> f64 {
        if self.covers > 0.3 { self.dpi.clamp(*SCAN_DPI.start(), *SCAN_DPI.end()) } else { TEXT_DPI }
    }

    fn size_up(&mut self, width: u32, height: u32, transform: Affine) {
        let drawn = transform.transform_rect_bbox(Rect::new(0.0, 0.0, f64::from(width), f64::from(height)));
        let covers = drawn.intersect(self.page).area().max(0.0) / self.page.area().max(1.0);
        // Several strips make one scan: they cover the page together.
        if self.images > 1 && (width, height) != (self.width, self.height) {
            self.covers += covers;
        }
        if covers < self.covers {
            return;
        }
        let [a, b, c, d, ..] = transform.as_coeffs();
        let inside = drawn.x0 > -2.0 && drawn.y0 > -2.0 && drawn.x1 < self.page.x1 + 2.0 && drawn.y1 < self.page.y1 + 2.0;
        self.upright = inside && b.abs() + c.abs() < 1e-6 && a > 0.0 && d > 0.0 && (a / d - 1.0).abs() < 0.02;
        let (across, down) = (a.hypot(b), c.hypot(d));
        self.dpi = 72.0 / across.min(down).max(1e-6);
        (self.width, self.height, self.covers) = (width, height, covers.max(self.covers));
    }
}

impl<'a> Device<'a> for Probe {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.others = true;
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let bounds = hayro::kurbo::Shape::bounding_box(&clip.path);
        let whole = bounds.intersect(self.page).area() > 0.985 * self.page.area();
        self.others |= !whole;
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend: BlendMode) {
        self.others |= opacity < 1.0 || mask.is_some() || blend != BlendMode::default();
    }

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, mode: &DrawMode) {
        // A scanner's own text layer lies invisibly over the picture.
        self.others |= !matches!(mode, DrawMode::Invisible);
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.images += 1;
        match image {
            Image::Raster(raster) if self.keep => raster.with_rgba(
                |data, alpha| {
                    let untouched = alpha.is_none() && data.scale_factors() == (1.0, 1.0);
                    self.taken = untouched.then(|| grey_of(data)).flatten();
                },
                None,
            ),
            Image::Raster(raster) => self.size_up(raster.width(), raster.height(), props.transform),
            Image::Stencil(stencil) => {
                self.others = true;
                self.size_up(stencil.width(), stencil.height(), props.transform);
            }
        }
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

fn grey_of(data: ImageData) -> Option<GrayImage> {
    match data {
        ImageData::Luma(luma) => GrayImage::from_raw(luma.width, luma.height, luma.data),
        ImageData::Rgb(rgb) => {
            let pixels = rgb.data.chunks_exact(3).map(|p| luma(p[0], p[1], p[2])).collect();
            GrayImage::from_raw(rgb.width, rgb.height, pixels)
        }
    }
}
