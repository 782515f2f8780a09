//! Reads words, zones, MRZ and codes off a page picture (runs in the cell only).

mod engine;
pub mod ppocr;

pub use engine::{Charset, LineText, PageRecogniser, RecogniseError, Recogniser};
