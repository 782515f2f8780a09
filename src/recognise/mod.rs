//! Reads words, zones, MRZ and codes off a page picture (runs in the cell only).

mod blank;
mod engine;
pub mod ppocr;
pub mod raster;
mod sketch;
mod tesseract;
mod upright;

pub use blank::is_blank;
pub use engine::{Charset, LineText, PageRecogniser, RecogniseError, Recogniser};
pub use sketch::{Blob, Sketch};
pub use tesseract::Tesseract;
pub use upright::{Lines, lines};
