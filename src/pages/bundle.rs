//! Several files as one document: the pages of the first, then those of the second, and so on.

use super::{Document, Limits, Picture, open, refuse};
use crate::domain::{Refusal, bundle_pages};

#[derive(Debug)]
pub struct Bundle {
    /// At least one.
    files: Vec<Document>,
}

impl Bundle {
    /// # Errors
    /// What is wrong with the first file that cannot be opened, with its place.
    pub fn open(bytes: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        let pages = bundle_pages(bytes).ok_or_else(refuse::empty_file)?;
        let files = (1..).zip(pages).map(|(place, (format, range))| {
            let said = |refusal: Refusal| Refusal { message: format!("Fichier {place} du pli : {}", refusal.message), ..refusal };
            let format = format.ok_or_else(|| said(refuse::empty_file()))?;
            open(bytes[range].into(), format, limits).map_err(said)
        });
        Ok(Self { files: files.collect::<Result<_, _>>()? })
    }

    pub fn page_count(&self) -> u32 {
        self.files.iter().map(Document::page_count).fold(0, u32::saturating_add)
    }

    /// Decodes page `number` (1-based) of the whole.
    pub fn page(&self, number: u32) -> Result<Picture, Refusal> {
        let mut left = number;
        for file in &self.files {
            match left.checked_sub(file.page_count()) {
                Some(beyond) if beyond > 0 => left = beyond,
                _ => return file.page(left),
            }
        }
        Err(refuse::page_damaged(&format!("la page {number} n’existe pas")))
    }
}
