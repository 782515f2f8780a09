//! What stands on the disk, whoever it belongs to: for the comparison with the ledger.

use super::{BlobError, Blobs, DRAFTS, durable};
use std::path::PathBuf;
use std::time::SystemTime;

/// The folder of the keys, beside those of the kinds.
const KEYS: &str = "keys";

/// One file of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its address, or the delivery for a key.
    pub name: String,
    pub is_key: bool,
    pub path: PathBuf,
    pub modified: SystemTime,
}

impl Blobs {
    /// Every sealed file and every key. Files of a process that is writing are left out.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn stored(&self) -> Result<Vec<Stored>, BlobError> {
        let mut found = Vec::new();
        for prefecture in durable::list(&self.folder)?.into_iter().filter(|p| !p.ends_with(DRAFTS)) {
            for kind in durable::list(&prefecture)? {
                let is_key = kind.ends_with(KEYS);
                let folders = if is_key { vec![kind] } else { durable::list(&kind)? };
                for folder in folders {
                    found.extend(durable::list(&folder)?.into_iter().filter_map(|path| stored(path, is_key)));
                }
            }
        }
        Ok(found)
    }
}

/// `None` when it is gone meanwhile.
fn stored(path: PathBuf, is_key: bool) -> Option<Stored> {
    let modified = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?.modified().ok()?;
    Some(Stored { name: path.file_name()?.to_string_lossy().into_owned(), is_key, path, modified })
}
