//! What the worker needs of the cells; recorded pages can stand in for them.

use crate::cell::{CellError, CellPage, CellPool, Content, ReadRequest};
use crate::domain::Format;
use std::future::Future;
use tokio::sync::mpsc::Sender;

/// Turns the bytes of a delivery into pages. Dropping a call ends its cell.
pub trait Reader: Clone + Send + Sync + 'static {
    /// The programs and models that read, for the recipe.
    fn engines(&self) -> String;

    /// Counts the pages of a file.
    fn count_pages(&self, bytes: Content, format: Format) -> impl Future<Output = Result<u32, CellError>> + Send;

    /// Reads pages and sends each as soon as it is ready.
    fn read(&self, request: ReadRequest, pages: Sender<CellPage>) -> impl Future<Output = Result<(), CellError>> + Send;
}

impl Reader for CellPool {
    fn engines(&self) -> String {
        // The inherent function, which knows what the cells are started with.
        self.engines().to_string()
    }

    async fn count_pages(&self, bytes: Content, format: Format) -> Result<u32, CellError> {
        Self::count_pages(self, bytes, format).await
    }

    async fn read(&self, request: ReadRequest, pages: Sender<CellPage>) -> Result<(), CellError> {
        Self::read(self, request, pages).await
    }
}
