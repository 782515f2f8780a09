//! Reads words, zones, MRZ and codes off a page picture (runs in the cell only).

mod blank;
mod codes;
mod engine;
mod looks;
mod lost_lines;
mod marks;
mod mrz;
mod ocrb;
mod page;
pub mod ppocr;
pub mod raster;
mod sketch;
mod small_print;
mod tesseract;
mod upright;
mod words;
pub mod zones;

pub use blank::is_blank;
pub use codes::read as read_codes;
pub use engine::{Charset, LineText, PageRecogniser, RecogniseError, Recogniser};
pub use looks::look;
pub use ocrb::{LENGTHS as CELL_LENGTHS, Reader as CellReader};
pub use page::{Engines, Recognised, describe_engines, read_page};
pub use sketch::{Blob, Sketch};
pub use tesseract::Tesseract;
pub use upright::{Lines, lines};
pub use words::is_convincing;
