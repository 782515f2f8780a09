//! A kept original looked at once more, after a limit was raised or the program learned to read it.

use super::{ExamineError, examine, of_page, too_large};
use crate::domain::{Format, Refusal, bundle_pages};
use std::io::Cursor;

/// Refusals by what an index announced: the bytes that are kept cannot answer them.
const OF_THE_INDEX: [&str; 4] = ["pages_manquantes", "page_hors_index", "index_illisible", "index_absent"];

/// What intake says today of an original that was refused with `before`.
///
/// # Errors
/// The reason why it is still an anomaly.
pub fn examine_again(original: &[u8], max_bytes: u64, before: Option<&Refusal>) -> Result<Format, Refusal> {
    if let Some(refusal) = before.filter(|refusal| OF_THE_INDEX.contains(&refusal.code.as_str())) {
        return Err(refusal.clone());
    }
    let size = original.len() as u64;
    if size > max_bytes {
        return Err(too_large(size, max_bytes));
    }
    let Some(pages) = bundle_pages(original) else { return one(original, max_bytes) };
    for (number, (_, range)) in (1..).zip(pages) {
        one(&original[range], max_bytes).map_err(|refusal| of_page(&format!("page {number}"), &refusal))?;
    }
    Ok(Format::Bundle)
}

fn one(bytes: &[u8], max_bytes: u64) -> Result<Format, Refusal> {
    examine(&mut Cursor::new(bytes), max_bytes).map_err(ExamineError::into_refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_limit_lets_a_file_in_and_an_index_is_not_answered_by_the_same_bytes() {
        let jpeg: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 0, 2, 0xff, 0xd9];
        assert_eq!(examine_again(jpeg, 4, None).unwrap_err().code, "fichier_trop_gros");
        assert_eq!(examine_again(jpeg, 400, None).unwrap(), Format::Jpeg);
        let before = Refusal::new("pages_manquantes", "L’index annonce deux pages.", "Ajouter la page.");
        assert_eq!(examine_again(jpeg, 400, Some(&before)).unwrap_err(), before);
        assert_eq!(examine_again(b"", 400, None).unwrap_err().code, "fichier_vide");
    }
}
