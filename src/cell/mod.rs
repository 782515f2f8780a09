//! The sandboxed child process that decodes and recognises, its protocol, and the pool that starts it.

use crate::domain::{Format, PageRead, Rect, Refusal};
use std::sync::Arc;

/// What a cell is asked to read.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// The raw bytes of the delivery.
    pub bytes: Arc<[u8]>,
    pub format: Format,
    /// 1-based, inclusive. At most `domain::PAGES_PER_READ` pages per request.
    pub first_page: u32,
    pub last_page: u32,
    /// Quarter turns that an agent asked for, by page.
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

/// Starts cells; one for each delivery.
#[derive(Clone, Debug, Default)]
pub struct CellPool {}

impl CellPool {
    /// Counts the pages of a file without reading them.
    ///
    /// # Errors
    /// `Refused` when the file is not to be processed, `Machine` when the cell could not run.
    pub async fn count_pages(&self, _bytes: Arc<[u8]>, _format: Format) -> Result<u32, CellError> {
        Err(CellError::Machine("not built".into()))
    }

    /// Reads pages and sends each as soon as it is ready. A page that kills its cell or passes its
    /// deadline comes back as `PageState::Unreadable` and a fresh cell goes on with the next.
    ///
    /// # Errors
    /// As [`Self::count_pages`].
    pub async fn read(&self, _request: ReadRequest, _pages: tokio::sync::mpsc::Sender<CellPage>) -> Result<(), CellError> {
        Err(CellError::Machine("not built".into()))
    }

    /// Cuts `rect` (upright pixels of the full page at `dpi`) out of a stored page picture; grey JPEG.
    ///
    /// # Errors
    /// As [`Self::count_pages`].
    pub async fn crop(&self, _picture: Vec<u8>, _rect: Rect, _dpi: u32) -> Result<Vec<u8>, CellError> {
        Err(CellError::Machine("not built".into()))
    }
}
