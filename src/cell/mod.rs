//! The sandboxed child process that decodes and recognises, its protocol, and the pool that starts it.
//!
//! The child loads its engines, closes the lock on itself, and only then receives the first byte of a
//! file: whatever that file breaks, it breaks in a process without files, network or programs.

mod child;
mod content;
mod frame;
mod lines;
mod lock;
mod picture;
mod pool;

use crate::domain::{Format, PageRead, Refusal};

/// What a cell needs on the machine, for those who look whether it is there.
pub use crate::pages::Limits;
pub use crate::recognise::{Tesseract, ppocr::MODEL_FILE, ppocr::MODEL_SHA256, ppocr::find_model};
pub use child::serve;
pub use content::{Content, Source};
pub use frame::{Kind, LockReport, SelfTest, header, parse, unpack_page};
pub use lines::read_lines;
pub use pool::{CellPool, CellSettings};

/// What a cell is asked to read.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// The raw bytes of the delivery.
    pub bytes: Content,
    pub format: Format,
    /// 1-based, inclusive. At most `domain::PAGES_PER_READ` pages per request.
    pub first_page: u32,
    pub last_page: u32,
    /// Quarter turns that an agent asked for, by page: clockwise from the page **as scanned** (what the
    /// agent saw was already turned by `Transform::quarter_turns`; the sum of both stands here).
    pub turns: Vec<(u32, u8)>,
}

/// One page as a cell gives it back.
#[derive(Clone, Debug)]
pub struct CellPage {
    pub read: PageRead,
    /// The page **upright**, re-encoded as grey JPEG at no more than 150 dpi, for agents. Empty when unreadable.
    pub picture: Vec<u8>,
}

/// Why a cell did not answer.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// The file cannot be processed: an anomaly with its reason.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// This machine's fault: try again later.
    #[error("the cell could not run: {0}")]
    Machine(String),
}
