//! What a copy is, and why it cannot be read when it cannot: decided on our own bytes, never on the source.

use super::copy::Copied;
use super::origin::Origin;
use crate::domain::{Format, Refusal, bundle_pages};
use crate::intake::{ExamineError, examine, of_page, too_large};
use std::fs;
use std::io::{Cursor, Error, Result};

type Judged = std::result::Result<Format, Refusal>;

/// The format and no refusal, or a refusal and no format. `limit`: most bytes that are read.
pub fn judge(origin: &Origin, copied: &Copied, limit: u64) -> Result<(Option<Format>, Option<Refusal>)> {
    if copied.bytes > limit {
        return Ok((None, Some(too_large(copied.bytes, limit))));
    }
    let wrong = match origin {
        Origin::Pli(open) => open.ordered.wrong.clone(),
        Origin::File(_) => None,
    };
    let pages = origin.pages();
    let judged = if pages.len() > 1 { judge_bundle(&fs::read(&copied.path)?, &pages, limit)? } else { judge_file(copied, limit)? };
    Ok(match (judged, wrong) {
        (Ok(_), Some(wrong)) => (None, Some(wrong)),
        (Ok(format), None) => (Some(format), None),
        (Err(refusal), _) => (None, Some(refusal)),
    })
}

fn judge_file(copied: &Copied, limit: u64) -> Result<Judged> {
    let mut file = copied.file.try_clone()?;
    said(examine(&mut file, limit))
}

/// Every page by itself; the first that cannot be read is named.
fn judge_bundle(bytes: &[u8], pages: &[String], limit: u64) -> Result<Judged> {
    let ranges = bundle_pages(bytes).ok_or_else(|| Error::other("the copy is no bundle"))?;
    for (page, (_, range)) in pages.iter().zip(ranges) {
        if let Err(refusal) = said(examine(&mut Cursor::new(&bytes[range]), limit))? {
            return Ok(Err(of_page(page, &refusal)));
        }
    }
    Ok(Ok(Format::Bundle))
}

fn said(examined: std::result::Result<Format, ExamineError>) -> Result<Judged> {
    match examined {
        Ok(format) => Ok(Ok(format)),
        Err(ExamineError::Refused(refusal)) => Ok(Err(refusal)),
        Err(ExamineError::Io(error)) => Err(error),
    }
}
