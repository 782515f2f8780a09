//! One page from picture to words, codes, MRZ and zones. The order saves work: what is cheap decides what dear steps see.

use super::engine::{PageRecogniser, RecogniseError, Recogniser};
use super::ocrb::Reader;
use super::ppocr::{self, PpOcr};
use super::sketch::Sketch;
use super::zones::{self, Readers};
use super::{blank, codes, lost_lines, marks, mrz, raster, small_print, tesseract::Tesseract, upright, words};
use crate::catalogue::Catalogue;
use crate::domain::{PageRead, PageState, Transform, Word};
use crate::pages::Picture;
use image::GrayImage;
use std::path::Path;

/// Engines loaded once for all pages of a delivery.
pub struct Engines {
    /// French, full pages and lines.
    pub tesseract: Tesseract,
    /// For handwriting, MRZ and doubtful zones; `None` where its model is not installed.
    pub second: Option<Box<dyn Recogniser>>,
    /// For MRZ, cell by cell; its model is part of the program.
    pub cells: Option<Reader>,
}

impl Engines {
    /// Loads what is installed. The second recogniser is optional.
    ///
    /// # Errors
    /// `Start` when the first engine or its language is missing, or a model is there and does not load.
    pub fn load(models_dir: Option<&Path>) -> Result<Self, RecogniseError> {
        let start = |e: ppocr::PpOcrError| RecogniseError::Start { engine: "PP-OCR", reason: e.to_string() };
        let second: Option<Box<dyn Recogniser>> = match ppocr::find_model(models_dir) {
            Some(path) => Some(Box::new(PpOcr::load(&path).map_err(start)?)),
            None => None,
        };
        Ok(Self { tesseract: Tesseract::load("fra")?, second, cells: Reader::embedded() })
    }

    /// Names and versions of what is loaded.
    #[must_use]
    pub fn describe(&self) -> String {
        let second = if self.second.is_some() { SECOND } else { "" };
        let cells = if self.cells.is_some() { CELLS } else { "" };
        format!("{}{second}{cells}", self.tesseract.describe())
    }
}

/// The second engine as recipes name it: its loader accepts this one model only.
const SECOND: &str = "; ppocrv6 small";

/// The reader of machine-readable zones as recipes name it: the number changes with its model.
const CELLS: &str = "; ocrb 1";

/// Engines that [`Engines::load`] would load here, with the hashes of their models; without loading them.
#[must_use]
pub fn describe_engines(models_dir: Option<&Path>) -> String {
    let second = ppocr::find_model(models_dir).map(|_| format!("{SECOND} {}", ppocr::MODEL_SHA256)).unwrap_or_default();
    format!("{}{second}{CELLS}", Tesseract::describe_language("fra"))
}

/// A page and the picture that its rectangles refer to.
pub struct Recognised {
    pub read: PageRead,
    /// Upright and straight, at the resolution of the scan.
    pub upright: GrayImage,
}

/// Above this, more pixels cost time and add nothing; below that, letters are too small for the engine.
const MOST_DPI: u32 = 340;
const OCR_DPI: f64 = 300.0;
const LEAST_DPI: u32 = 140;
/// From so many places for answers the page is a form: what the layout lost there are combs, which zones read.
const FORM: usize = 4;

/// Reads page `number`. `turns` is what an agent ordered: quarter turns clockwise from the page as
/// scanned; `None` lets the machine find out.
///
/// # Errors
/// When the first engine fails on the page as a whole.
pub fn read_page(
    picture: &Picture,
    number: u32,
    turns: Option<u8>,
    engines: &mut Engines,
    catalogue: &Catalogue,
) -> Result<Recognised, RecogniseError> {
    let sketch = Sketch::new(&picture.grey, picture.dpi);
    let transform = Transform {
        quarter_turns: turns.unwrap_or(0) % 4,
        skew: 0.0,
        scan_width: picture.scan.0,
        scan_height: picture.scan.1,
        sheet: picture.sheet,
    };
    if blank::is_blank(&sketch) {
        let upright = raster::turn(&picture.grey, transform.quarter_turns);
        return Ok(Recognised { read: bare(number, picture.dpi, transform, PageState::Blank), upright });
    }
    let lines = upright::lines(&sketch);
    let view = straighten(picture, &lines, turns, &mut engines.tesseract)?;
    let transform = Transform { quarter_turns: view.quarter_turns, skew: lines.skew, ..transform };
    let mut read = bare(number, picture.dpi, transform, PageState::Read);
    read.words = words::clean(view.words, picture.dpi);
    search(&mut read, &view.picture, engines, catalogue)?;
    Ok(Recognised { read, upright: view.picture })
}

/// Everything on the upright page besides the words of its plain text.
fn search(read: &mut PageRead, upright: &GrayImage, engines: &mut Engines, catalogue: &Catalogue) -> Result<(), RecogniseError> {
    let sketch = Sketch::new(upright, read.dpi);
    read.codes = codes::read(upright, &sketch);
    read.marks = marks::find(&sketch, &read.words, &read.codes);
    read.mrz = mrz::read(upright, read.dpi, &read.words, engines);
    let enlarged = small_print::read(upright, read.dpi, &read.mrz, std::mem::take(&mut read.words), &mut engines.tesseract)?;
    read.words = words::clean(enlarged, read.dpi);
    // Papers with a machine-readable zone are no forms: nobody writes on them.
    if read.mrz.is_empty() {
        let mut readers = Readers { printed: &mut engines.tesseract, second: second(&mut engines.second) };
        let returned = zones::read_slip(upright, read.dpi, &read.words, &read.codes, catalogue, &mut readers);
        let form = returned.unwrap_or_else(|| zones::read_form(upright, read.dpi, &read.words, catalogue, &mut readers));
        (read.zones, read.checkboxes) = (form.zones, form.checkboxes);
        marks::add(&mut read.marks, form.marks);
    }
    if read.zones.len() < FORM {
        read.words = lost_lines::read(upright, &sketch, &read.words, &read.marks, &mut engines.tesseract)?;
    }
    read.words = marks::without_photos(std::mem::take(&mut read.words), &read.marks);
    Ok(())
}

/// The second engine as zones want it.
fn second(engine: &mut Option<Box<dyn Recogniser>>) -> Option<&mut dyn Recogniser> {
    match engine {
        Some(engine) => Some(engine.as_mut()),
        None => None,
    }
}

fn bare(number: u32, dpi: u32, transform: Transform, state: PageState) -> PageRead {
    PageRead {
        number,
        dpi,
        transform,
        state,
        words: Vec::new(),
        zones: Vec::new(),
        checkboxes: Vec::new(),
        mrz: Vec::new(),
        codes: Vec::new(),
        marks: Vec::new(),
        looks: Vec::new(),
    }
}

/// The page in one direction, with the words read there.
struct View {
    quarter_turns: u8,
    picture: GrayImage,
    words: Vec<Word>,
}

/// Reads the page in the likely direction; when that makes no sense, in the others too, and keeps the best.
fn straighten(picture: &Picture, lines: &upright::Lines, turns: Option<u8>, engine: &mut Tesseract) -> Result<View, RecogniseError> {
    let mut best: Option<(u32, View)> = None;
    for quarter_turns in directions(lines, turns) {
        let upright = raster::rotate(&raster::turn(&picture.grey, quarter_turns), lines.skew);
        let words = full_page(&upright, picture.dpi, engine)?;
        let sense = words::sense(&words);
        let convincing = words::is_convincing(&words);
        if best.as_ref().is_none_or(|(most, _)| sense > *most) {
            best = Some((sense, View { quarter_turns, picture: upright, words }));
        }
        if convincing {
            break;
        }
    }
    let nothing = || RecogniseError::Read { engine: "Tesseract", reason: "no direction was tried".to_owned() };
    best.map(|(_, view)| view).ok_or_else(nothing)
}

/// Quarter turns to try, best first. The page as scanned wins a draw.
fn directions(lines: &upright::Lines, turns: Option<u8>) -> Vec<u8> {
    /// The wrong direction never came within this of the right one on real pages.
    const SURE: f32 = 1.3;
    let likely: [u8; 2] = if lines.sideways { [1, 3] } else { [0, 2] };
    let other: [u8; 2] = if lines.sideways { [0, 2] } else { [1, 3] };
    match turns {
        Some(quarters) => vec![quarters % 4],
        None if lines.margin >= SURE => likely.to_vec(),
        None => [likely, other].concat(),
    }
}

fn full_page(upright: &GrayImage, dpi: u32, engine: &mut Tesseract) -> Result<Vec<Word>, RecogniseError> {
    if (LEAST_DPI..=MOST_DPI).contains(&dpi) {
        return engine.read_page(upright, dpi);
    }
    let by = OCR_DPI / f64::from(dpi);
    let mut words = engine.read_page(&raster::scale(upright, by), OCR_DPI as u32)?;
    let back = |v: u32| (f64::from(v) / by).round() as u32;
    for word in &mut words {
        let r = &mut word.rect;
        (r.x, r.y, r.w, r.h) = (back(r.x), back(r.y), back(r.w).max(1), back(r.h).max(1));
    }
    Ok(words)
}
