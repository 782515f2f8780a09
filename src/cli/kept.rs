//! Pages that were read before, for those who change what comes after reading and measure it again on the same files.

use crate::domain::{PageRead, hexadecimal};
use sha2::{Digest, Sha256};
use std::io::Result;
use std::path::{Path, PathBuf};

/// A folder of read pages, one file for each scan and recipe of reading.
pub struct KeptPages {
    folder: PathBuf,
    recipe: String,
}

impl KeptPages {
    /// Pages read by another recipe are left alone and never given.
    pub fn new(folder: &Path, recipe: &str) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), recipe: hexadecimal(&Sha256::digest(recipe.as_bytes())[..6]) })
    }

    fn place(&self, sha256: &str) -> PathBuf {
        self.folder.join(format!("{}-{}.json", &sha256[..sha256.len().min(16)], self.recipe))
    }

    /// The pages of this scan, if they were kept whole.
    pub fn take(&self, sha256: &str) -> Option<Vec<PageRead>> {
        serde_json::from_slice(&std::fs::read(self.place(sha256)).ok()?).ok()
    }

    /// Keeps them; a name exists once its content is whole.
    pub fn keep(&self, sha256: &str, pages: &[PageRead]) -> Result<()> {
        let place = self.place(sha256);
        let draft = place.with_extension("part");
        std::fs::write(&draft, serde_json::to_vec(pages)?)?;
        std::fs::rename(draft, place)
    }
}
