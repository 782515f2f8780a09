//! Whether a sealed file is on the disk at all: cheap enough for a page, where `get` reads and opens all of it.

use super::Blobs;
use crate::domain::BlobRef;

impl Blobs {
    /// True when a file of that name stands there. It says nothing of its content.
    #[must_use]
    pub fn is_there(&self, blob: &BlobRef) -> bool {
        self.path(blob).is_ok_and(|path| path.is_file())
    }
}
