//! Tesseract, through one private handle: iterators of the library carry no lifetime, so words are
//! collected and the iterator dropped before anything else touches the handle.

use super::engine::{Charset, LineText, PageRecogniser, RecogniseError, Recogniser};
use crate::domain::{Engine, Rect, Word, hexadecimal};
use image::GrayImage;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tesseract_rs::{TessPageIteratorLevel, TessPageSegMode, TesseractAPI, TesseractError};

const NAME: &str = "Tesseract";
/// Where distributions put `tessdata`, in the order of preference; `TESSDATA_PREFIX` comes first.
const DATA: [&str; 4] =
    ["/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata", "/usr/local/share/tessdata"];
/// Resolution that line crops are presented as: their true one says nothing about a zoomed field.
const LINE_DPI: i32 = 300;

/// One engine with one language, owned by one thread.
pub struct Tesseract {
    api: TesseractAPI,
    charset: Charset,
    language: String,
}

impl Tesseract {
    /// Loads `language` (`fra`, `eng`).
    ///
    /// # Errors
    /// `Start` when the library does not find `language.traineddata`.
    pub fn load(language: &str) -> Result<Self, RecogniseError> {
        let start = |reason: String| RecogniseError::Start { engine: NAME, reason };
        let data =
            data_dir(language).ok_or_else(|| start(format!("{language}.traineddata not found: install tesseract-ocr-{language}")))?;
        let api = TesseractAPI::new();
        api.init(&data, language).map_err(|e| start(e.to_string()))?;
        // The library writes its remarks to standard error, where they could hold what a page says.
        api.set_variable("debug_file", "/dev/null").map_err(|e| start(e.to_string()))?;
        Ok(Self { api, charset: Charset::Text, language: language.to_owned() })
    }

    /// Version and language.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("tesseract {} {}", TesseractAPI::version(), self.language)
    }

    /// Version and hash of the language's model, whether or not it is loaded.
    #[must_use]
    pub fn describe_language(language: &str) -> String {
        let model = data_dir(language).and_then(|d| std::fs::read(d.join(format!("{language}.traineddata"))).ok());
        let hash = model.map_or_else(|| "absent".to_owned(), |bytes| hexadecimal(&Sha256::digest(&bytes)));
        format!("tesseract {} {language} {hash}", TesseractAPI::version())
    }

    fn set(&self, picture: &GrayImage, dpi: i32) -> Result<(), TesseractError> {
        let (w, h) = (dimension(picture.width())?, dimension(picture.height())?);
        self.api.set_image(picture.as_raw(), w, h, 1, w)?;
        self.api.set_source_resolution(dpi)
    }

    fn use_charset(&mut self, charset: Charset) -> Result<(), TesseractError> {
        if charset != self.charset {
            self.api.set_variable("tessedit_char_whitelist", whitelist(charset))?;
            self.charset = charset;
        }
        Ok(())
    }

    fn words(&mut self, picture: &GrayImage, dpi: i32, mode: TessPageSegMode, charset: Charset) -> Result<Vec<Word>, RecogniseError> {
        let read = |e: TesseractError| RecogniseError::Read { engine: NAME, reason: e.to_string() };
        self.use_charset(charset).map_err(read)?;
        self.api.set_page_seg_mode(mode).map_err(read)?;
        self.set(picture, dpi).map_err(read)?;
        self.api.recognize().map_err(read)?;
        Ok(self.collect())
    }

    /// The words of one text line, rectangles in pixels of `line`.
    pub fn read_line_words(&mut self, line: &GrayImage, charset: Charset) -> Result<Vec<Word>, RecogniseError> {
        self.words(line, LINE_DPI, TessPageSegMode::PSM_SINGLE_LINE, charset)
    }

    /// The words of the last recognition; the iterator ends here.
    fn collect(&self) -> Vec<Word> {
        // The library gives no iterator when it found nothing.
        let Ok(iterator) = self.api.get_iterator() else { return Vec::new() };
        let mut words = Vec::new();
        let (mut line, mut line_box) = (0, None);
        loop {
            let place = iterator.get_bounding_box(TessPageIteratorLevel::RIL_TEXTLINE).ok();
            if place != line_box {
                line += 1;
                line_box = place;
            }
            if let Ok((text, left, top, right, bottom, confidence)) = iterator.get_current_word() {
                let at = |v: i32| u32::try_from(v).unwrap_or(0);
                let size = |from: i32, to: i32| u32::try_from(to - from).unwrap_or(0);
                let rect = Rect::new(at(left), at(top), size(left, right), size(top, bottom));
                if !text.trim().is_empty() {
                    let confidence = (confidence / 100.0).clamp(0.0, 1.0);
                    words.push(Word { text: text.trim().to_owned(), rect, confidence, line, engine: Engine::Tesseract });
                }
            }
            if !matches!(iterator.next_word(), Ok(true)) {
                return words;
            }
        }
    }
}

impl Recogniser for Tesseract {
    fn engine(&self) -> Engine {
        Engine::Tesseract
    }

    fn read_line(&mut self, line: &GrayImage, charset: Charset) -> Result<LineText, RecogniseError> {
        let words = self.read_line_words(line, charset)?;
        let confidence = words.iter().map(|w| w.confidence).fold(f32::INFINITY, f32::min);
        let text = words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
        Ok(LineText { confidence: if text.is_empty() { 0.0 } else { confidence }, text })
    }
}

impl PageRecogniser for Tesseract {
    fn read_page(&mut self, page: &GrayImage, dpi: u32) -> Result<Vec<Word>, RecogniseError> {
        self.words(page, i32::try_from(dpi).unwrap_or(LINE_DPI), TessPageSegMode::PSM_AUTO, Charset::Text)
    }
}

fn dimension(pixels: u32) -> Result<i32, TesseractError> {
    // The library multiplies width and height in 32 bits.
    i32::try_from(pixels).ok().filter(|v| *v < 32_000).ok_or(TesseractError::InvalidDimensions)
}

fn whitelist(charset: Charset) -> &'static str {
    match charset {
        Charset::Text => "",
        Charset::Mrz => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<",
        Charset::Digits => "0123456789/.-: ",
    }
}

fn data_dir(language: &str) -> Option<PathBuf> {
    let own = std::env::var_os("TESSDATA_PREFIX").map(PathBuf::from);
    let file = format!("{language}.traineddata");
    own.into_iter().chain(DATA.iter().map(|d| Path::new(d).to_owned())).find(|d| d.join(&file).is_file())
}
