//! What goes between the pool and a cell: frames of a kind and a length over standard input and output.
//!
//! ```text
//! pool                         cell
//!  Setup ────────────────────►        loads engines, closes the lock
//!        ◄──────────────────── Ready
//!  Job, Bytes ───────────────►
//!        ◄──────────────────── Opened, Page, Page, … Done   (read)
//!        ◄──────────────────── Count | Cut | Tested         (others)
//!        ◄──────────────────── Refused                      (the file is not to be processed)
//!        ◄──────────────────── Failed                       (this machine's fault)
//! ```

use crate::domain::{Format, PageRead, Rect};
use serde::{Deserialize, Serialize};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::PathBuf;

/// Both sides are the same program, except while it is being replaced on disk.
pub const PROTOCOL: u32 = 3;
/// No file and no answer is longer.
pub const LONGEST: usize = 1 << 30;
/// A cell that was taken over must not fill the pool's memory.
pub const LONGEST_ANSWER: usize = 64 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Setup = 1,
    Job = 2,
    Bytes = 3,
    Ready = 16,
    Opened = 17,
    Page = 18,
    Done = 19,
    Count = 20,
    Cut = 21,
    Tested = 22,
    Refused = 23,
    Failed = 24,
}

impl Kind {
    #[must_use]
    pub fn of(byte: u8) -> Option<Self> {
        use Kind::{Bytes, Count, Cut, Done, Failed, Job, Opened, Page, Ready, Refused, Setup, Tested};
        [Setup, Job, Bytes, Ready, Opened, Page, Done, Count, Cut, Tested, Refused, Failed].into_iter().find(|k| *k as u8 == byte)
    }
}

/// The pool's own words to a new cell, before the lock.
#[derive(Debug, Serialize, Deserialize)]
pub struct Setup {
    pub protocol: u32,
    /// Address space, bytes.
    pub memory_bytes: u64,
    /// Processor time of the whole cell.
    pub cpu_seconds: u64,
    /// Pages of the file.
    pub pages: u32,
    /// Pixels of one page.
    pub pixels: u64,
    /// Bytes that what is compressed on one page may become.
    pub decompressed: u64,
    pub models_dir: Option<PathBuf>,
    pub pipelines_dir: Option<PathBuf>,
    /// False for jobs that recognise nothing.
    pub engines: bool,
}

/// What the cell is for. The bytes follow in a frame of their own.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    Count { format: Format },
    Read { format: Format, first_page: u32, last_page: u32, turns: Vec<(u32, u8)> },
    Cut { rect: Rect, dpi: u32 },
    SelfTest,
}

/// How well the lock closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockReport {
    /// `enforced`, `partial` or `absent` (the kernel does not have it).
    pub landlock: String,
    /// System calls that open, connect, start or delete are denied.
    pub seccomp: bool,
    /// Files open when the lock closed: standard input and output, and nothing of the parent's.
    pub open_files: u32,
    /// Which engines are loaded, with the hashes of their models.
    pub engines: String,
}

/// What a locked cell could still do; every `true` is a hole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "five independent answers of one test, not a state")]
pub struct SelfTest {
    pub reads_files: bool,
    pub writes_files: bool,
    pub opens_sockets: bool,
    pub starts_programs: bool,
    /// More memory than the limit could be had.
    pub exceeds_memory: bool,
}

impl SelfTest {
    /// True when nothing was possible.
    #[must_use]
    pub fn is_tight(&self) -> bool {
        !(self.reads_files || self.writes_files || self.opens_sockets || self.starts_programs || self.exceeds_memory)
    }
}

/// Length and kind as they stand before each payload.
pub fn header(kind: Kind, length: usize) -> Result<[u8; 5]> {
    let length = u32::try_from(length).ok().filter(|l| *l as usize <= LONGEST).ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
    let [a, b, c, d] = length.to_le_bytes();
    Ok([kind as u8, a, b, c, d])
}

/// Kind and length of a header.
pub fn parse(header: [u8; 5]) -> Result<(Kind, usize)> {
    let [kind, length @ ..] = header;
    let length = u32::from_le_bytes(length) as usize;
    let kind = Kind::of(kind).ok_or_else(|| Error::new(ErrorKind::InvalidData, format!("frame of unknown kind {kind}")))?;
    if length > LONGEST {
        return Err(Error::new(ErrorKind::InvalidData, format!("frame of {length} bytes")));
    }
    Ok((kind, length))
}

pub fn send(to: &mut impl Write, kind: Kind, payload: &[u8]) -> Result<()> {
    to.write_all(&header(kind, payload.len())?)?;
    to.write_all(payload)?;
    to.flush()
}

pub fn receive(from: &mut impl Read, wanted: Kind) -> Result<Vec<u8>> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let (kind, length) = parse(head)?;
    if kind != wanted {
        return Err(Error::new(ErrorKind::InvalidData, format!("{kind:?} where {wanted:?} was due")));
    }
    let mut payload = Vec::new();
    from.take(length as u64).read_to_end(&mut payload)?;
    if payload.len() == length { Ok(payload) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

/// A page frame: length of the JSON, the JSON, the picture.
pub fn pack_page(read: &PageRead, picture: &[u8]) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(read)?;
    let length = u32::try_from(json.len()).map_err(|_| Error::from(ErrorKind::InvalidInput))?;
    Ok([&length.to_le_bytes()[..], &json, picture].concat())
}

#[must_use]
pub fn unpack_page(payload: &[u8]) -> Option<(PageRead, Vec<u8>)> {
    let (length, rest) = payload.split_first_chunk::<4>()?;
    let (json, picture) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((serde_json::from_slice(json).ok()?, picture.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_a_cut_or_oversized_one_does_not() {
        let mut wire = Vec::new();
        send(&mut wire, Kind::Count, b"12").unwrap();
        assert_eq!(receive(&mut &wire[..], Kind::Count).unwrap(), b"12");
        assert!(receive(&mut &wire[..], Kind::Page).is_err());
        assert!(receive(&mut &wire[..6], Kind::Count).is_err());
        assert!(parse([Kind::Page as u8, 0, 0, 0, 0xff]).is_err());
        assert!(parse([99, 0, 0, 0, 0]).is_err());
        assert!(unpack_page(&[9, 0, 0, 0, b'{']).is_none());
    }
}
