//! What `process` is given: a file, or a folder whose files are the pages of one delivery. The same bytes,
//! and so the same hash, as the watcher makes of it. Nothing is held whole in memory.

use crate::cell::{Content, Source};
use crate::domain::{BUNDLE_END, Format, Hashing, Refusal, bundle_header, bundle_padding};
use crate::intake::{self, ExamineError, NameKind, head, kind_of_name, natural_order, of_page, shown_name, sniff};
use anyhow::Context;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The content of a delivery, and what it is or why it cannot be read.
pub struct Dropped {
    pub content: Content,
    /// Of the content, lower-case hexadecimal.
    pub sha256: String,
    pub format: Result<Format, Refusal>,
}

/// Reads the file or folder at `path`.
pub fn read(path: &Path, max_bytes: u64) -> anyhow::Result<Dropped> {
    let pages = if path.is_dir() { pages(path)? } else { vec![path.to_owned()] };
    let (content, format) = match pages.as_slice() {
        [] => (Vec::new().into(), Err(intake::empty_folder())),
        [page] => one_file(page, max_bytes).with_context(|| format!("cannot read {}", page.display()))?,
        pages => bundle(pages, max_bytes)?,
    };
    let mut hash = Hashing::default();
    content.copy_to(&mut hash).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Dropped { content, sha256: hash.finish(), format })
}

fn one_file(path: &Path, max_bytes: u64) -> io::Result<(Content, Result<Format, Refusal>)> {
    let mut file = File::open(path)?;
    if file.metadata()?.is_file() {
        let format = examine(&mut file, max_bytes);
        return Ok((Content::of(Pieces::of(vec![Piece::File(file)])?), format));
    }
    // A pipe can be read once only.
    let mut bytes = Vec::new();
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    let format = examine(&mut Cursor::new(&bytes), max_bytes);
    Ok((bytes.into(), format))
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

fn bundle(pages: &[PathBuf], max_bytes: u64) -> anyhow::Result<(Content, Result<Format, Refusal>)> {
    let mut pieces = Vec::new();
    let mut format = Ok(Format::Bundle);
    for (number, path) in (1..).zip(pages) {
        let cannot = || format!("cannot read {}", path.display());
        let mut file = File::open(path).with_context(cannot)?;
        let size = file.metadata().with_context(cannot)?.len();
        let kind = sniff(&head(&mut file).with_context(cannot)?).ok();
        if format.is_ok() {
            let name = shown_name(path.file_name().unwrap_or_default());
            format = examine(&mut file, max_bytes).map(|_| Format::Bundle).map_err(|refusal| of_page(&name, &refusal));
        }
        pieces.push(Piece::Bytes(bundle_header(number, kind, size).context("a page of more than 8 GiB")?.to_vec()));
        pieces.push(Piece::File(file));
        pieces.push(Piece::Bytes(vec![0; bundle_padding(size)]));
    }
    pieces.push(Piece::Bytes(BUNDLE_END.to_vec()));
    let whole = Pieces::of(pieces)?;
    if whole.length > max_bytes {
        format = Err(intake::too_large(whole.length, max_bytes));
    }
    Ok((Content::of(whole), format))
}

fn examine(file: &mut (impl Read + Seek), max_bytes: u64) -> Result<Format, Refusal> {
    intake::examine(file, max_bytes).map_err(ExamineError::into_refusal)
}

/// Files and what stands between them.
struct Pieces {
    length: u64,
    /// Locked while they are copied: a file has one position.
    pieces: Mutex<Vec<Piece>>,
}

enum Piece {
    Bytes(Vec<u8>),
    /// Held open, so that another file of the same name changes nothing.
    File(File),
}

impl Pieces {
    fn of(pieces: Vec<Piece>) -> io::Result<Self> {
        let mut length = 0;
        for piece in &pieces {
            length += match piece {
                Piece::Bytes(bytes) => bytes.len() as u64,
                Piece::File(file) => file.metadata()?.len(),
            };
        }
        Ok(Self { length, pieces: Mutex::new(pieces) })
    }
}

impl Source for Pieces {
    fn length(&self) -> u64 {
        self.length
    }

    fn copy_to(&self, to: &mut dyn Write) -> io::Result<()> {
        for piece in self.pieces.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            match piece {
                Piece::Bytes(bytes) => to.write_all(bytes)?,
                Piece::File(file) => {
                    file.seek(SeekFrom::Start(0))?;
                    io::copy(file, to)?;
                }
            }
        }
        Ok(())
    }
}
