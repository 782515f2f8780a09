//! What `process` is given: a file, or a folder whose files are the pages of one delivery. The same bytes,
//! and so the same hash, as the watcher makes of it.

use crate::domain::{BUNDLE_END, Format, Refusal, bundle_header, bundle_padding};
use crate::intake::{self, ExamineError, NameKind, head, kind_of_name, natural_order, of_page, shown_name, sniff};
use anyhow::Context;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The content of a delivery, and what it is or why it cannot be read.
pub struct Dropped {
    pub bytes: Arc<[u8]>,
    pub format: Result<Format, Refusal>,
}

/// Reads the file or folder at `path`.
pub fn read(path: &Path, max_bytes: u64) -> anyhow::Result<Dropped> {
    let pages = if path.is_dir() { pages(path)? } else { vec![path.to_owned()] };
    let read = |page: &PathBuf| std::fs::read(page).with_context(|| format!("cannot read {}", page.display()));
    match pages.as_slice() {
        [] => Ok(Dropped { bytes: Arc::from([]), format: Err(intake::empty_folder()) }),
        [page] => {
            let bytes = read(page)?;
            Ok(Dropped { format: examine(&bytes, max_bytes), bytes: bytes.into() })
        }
        pages => {
            let contents: Vec<Vec<u8>> = pages.iter().map(read).collect::<Result<_, _>>()?;
            bundle(pages, &contents, max_bytes)
        }
    }
}

fn pages(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listed = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let listed = listed.with_context(|| format!("cannot list {}", folder.display()))?;
    let name = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let is_page = |e: &std::fs::DirEntry| e.path().is_file() && kind_of_name(&name(e), ".done") == NameKind::Candidate;
    let mut pages: Vec<std::fs::DirEntry> = listed.into_iter().filter(is_page).collect();
    pages.sort_by(|a, b| natural_order(&name(a), &name(b)).then_with(|| a.file_name().cmp(&b.file_name())));
    Ok(pages.into_iter().map(|e| e.path()).collect())
}

fn bundle(pages: &[PathBuf], contents: &[Vec<u8>], max_bytes: u64) -> anyhow::Result<Dropped> {
    let mut bytes = Vec::new();
    let mut format = Ok(Format::Bundle);
    for (number, (path, content)) in (1..).zip(pages.iter().zip(contents)) {
        let size = content.len() as u64;
        let kind = sniff(&head(&mut Cursor::new(content))?).ok();
        bytes.extend(bundle_header(number, kind, size).context("a page of more than 8 GiB")?);
        bytes.extend(content);
        bytes.resize(bytes.len() + bundle_padding(size), 0);
        if format.is_ok() {
            let name = shown_name(path.file_name().unwrap_or_default());
            format = examine(content, max_bytes).map(|_| Format::Bundle).map_err(|refusal| of_page(&name, &refusal));
        }
    }
    bytes.extend(BUNDLE_END);
    if bytes.len() as u64 > max_bytes {
        format = Err(intake::too_large(bytes.len() as u64, max_bytes));
    }
    Ok(Dropped { bytes: bytes.into(), format })
}

fn examine(bytes: &[u8], max_bytes: u64) -> Result<Format, Refusal> {
    match intake::examine(&mut Cursor::new(bytes), max_bytes) {
        Ok(format) => Ok(format),
        Err(ExamineError::Refused(refusal)) => Err(refusal),
        Err(ExamineError::Io(_)) => Err(intake::medium_failed()),
    }
}
