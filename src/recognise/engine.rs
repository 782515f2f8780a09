//! What every recogniser offers, whatever stands behind it: one line of text, or a whole page.

use crate::domain::{Engine, Word};
use image::GrayImage;

/// Characters that may stand on a line; engines that cannot restrict themselves ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    /// French text.
    Text,
    /// `A` to `Z`, `0` to `9` and `<` (ICAO 9303 part 3, 4.3).
    Mrz,
    /// `0` to `9` and the separators of dates and numbers.
    Digits,
}

/// One line as an engine read it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineText {
    /// Empty when the engine saw no character.
    pub text: String,
    /// Smallest character confidence (smallest word confidence where the engine gives no more), 0 to 1.
    pub confidence: f32,
}

/// Why an engine gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum RecogniseError {
    /// The engine's data or model is not there: install it (`doctor` says where it is looked for).
    #[error("{engine} cannot start: {reason}")]
    Start { engine: &'static str, reason: String },
    /// This picture could not be read; the page goes on without.
    #[error("{engine} could not read the picture: {reason}")]
    Read { engine: &'static str, reason: String },
}

/// Reads one line of text.
pub trait Recogniser {
    /// The name under which its readings are stored.
    fn engine(&self) -> Engine;

    /// Reads `line`, a grey crop (dark ink on light paper) of one upright text line at any size.
    fn read_line(&mut self, line: &GrayImage, charset: Charset) -> Result<LineText, RecogniseError>;

    /// Reads `line` and says where each character of the text stands, as shares of the picture's width;
    /// no places from an engine that does not know them.
    fn read_placed(&mut self, line: &GrayImage, charset: Charset) -> Result<(LineText, Vec<f32>), RecogniseError> {
        Ok((self.read_line(line, charset)?, Vec::new()))
    }
}

/// Finds and reads all words of a page.
pub trait PageRecogniser: Recogniser {
    /// Words of an upright grey page in reading order, rectangles in its pixels. `dpi` is the resolution of `page`.
    fn read_page(&mut self, page: &GrayImage, dpi: u32) -> Result<Vec<Word>, RecogniseError>;
}
