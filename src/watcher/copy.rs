//! Our own copy of a source file: hashed while it is made, on the disk before its name, read again and
//! compared, and only then believed. The source is opened but never changed here.

use super::folder::stamp;
use super::{WatchError, failed};
use crate::domain::{BUNDLE_END, bundle_header, bundle_padding, hexadecimal};
use crate::failpoint;
use crate::intake::{Stamp, head, sniff};
use crate::medium::{folder_of, will_pass};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const BLOCK: usize = 256 << 10;
const PART: &str = "part";

/// A source file that this process alone may take, for as long as the value lives.
#[derive(Debug)]
pub struct Source {
    /// None once it was closed to be moved.
    file: Option<File>,
    pub path: PathBuf,
    pub stamp: Stamp,
}

/// Why a source was not opened.
#[derive(Debug)]
pub enum NotOpened {
    /// It is gone, or is another file now.
    Changed,
    /// Another watcher has it.
    Busy,
    /// This account may not read it.
    Denied,
    /// The medium failed.
    Medium(std::io::Error),
}

/// Our copy in the spool.
#[derive(Debug)]
pub struct Copied {
    /// Lock held: a watcher that starts does not clear it away.
    pub file: File,
    pub path: PathBuf,
    /// Lower-case hexadecimal.
    pub sha256: String,
    pub bytes: u64,
}

/// Why there is no copy.
#[derive(Debug)]
pub enum NotCopied {
    /// The source was written to while it was read: it has not settled.
    Changed,
    /// The source's medium failed.
    Medium(std::io::Error),
    /// The spool cannot take it now: no room, no rights.
    Spool(std::io::Error),
    /// What was written is not what is read back, or `fsync` failed: this disk must not be trusted.
    Fatal(WatchError),
}

/// On which side a copy broke off.
#[derive(Debug)]
pub enum Broke {
    Reading(std::io::Error),
    Writing(std::io::Error),
}

impl From<Broke> for NotCopied {
    fn from(broke: Broke) -> Self {
        match broke {
            Broke::Reading(error) => Self::Medium(error),
            Broke::Writing(error) => Self::Spool(error),
        }
    }
}

impl From<Broke> for std::io::Error {
    fn from(broke: Broke) -> Self {
        let (Broke::Reading(error) | Broke::Writing(error)) = broke;
        error
    }
}

impl Source {
    /// Opens the file that was seen with `seen`, without following a link and without waiting at a pipe.
    pub fn open(path: &Path, seen: Stamp) -> Result<Self, NotOpened> {
        let file = open_plain(path)?;
        // A network file system without locks gives another error: the ledger's unique keys still hold.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(NotOpened::Busy);
        }
        let source = Self { file: Some(file), path: path.to_owned(), stamp: seen };
        if source.is_unchanged() { Ok(source) } else { Err(NotOpened::Changed) }
    }

    /// True while the path still names this file and nobody wrote to it since it was seen.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        let open = self.file.as_ref().is_none_or(|f| f.metadata().is_ok_and(|m| m.is_file() && stamp(&m) == self.stamp));
        open && fs::symlink_metadata(&self.path).is_ok_and(|m| stamp(&m) == self.stamp)
    }
}

impl Source {
    /// Gives the lock up: some shares move no file that is open. What is in the ledger stays ours by its key.
    pub fn close(&mut self) {
        self.file = None;
    }

    fn file(&self) -> Result<&File, Broke> {
        self.file.as_ref().ok_or_else(|| Broke::Reading(ErrorKind::NotFound.into()))
    }
}

/// Opens for a look, without the lock.
pub fn open_plain(path: &Path) -> Result<File, NotOpened> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => NotOpened::Changed,
        ErrorKind::PermissionDenied => NotOpened::Denied,
        // A link took the place of the file since it was seen.
        _ if error.raw_os_error() == Some(libc::ELOOP) => NotOpened::Changed,
        _ => NotOpened::Medium(error),
    })
}

/// Copies `source` to `spool/name`.
pub fn copy(source: &Source, spool: &Path, name: &str) -> Result<Copied, NotCopied> {
    spooled(spool, name, &|to, digest| Ok(stream(source.file()?, to, digest)?), &|| source.is_unchanged())
}

/// Copies `pages` to `spool/name`, as one bundle in this order. `is_unchanged` says whether it is still all of them.
pub fn copy_bundle(pages: &[Source], spool: &Path, name: &str, is_unchanged: &dyn Fn() -> bool) -> Result<Copied, NotCopied> {
    spooled(spool, name, &|to, digest| stream_bundle(pages, to, digest), &|| pages.iter().all(Source::is_unchanged) && is_unchanged())
}

/// Writes the content of a copy and takes its hash; gives the number of bytes.
type Fill<'a> = &'a dyn Fn(&mut File, &mut Sha256) -> Result<u64, NotCopied>;

fn spooled(spool: &Path, name: &str, fill: Fill<'_>, is_unchanged: &dyn Fn() -> bool) -> Result<Copied, NotCopied> {
    let part = spool.join(format!("{name}.{PART}"));
    let made = copy_to(&part, &spool.join(name), fill, is_unchanged);
    if made.is_err() {
        // Nothing of value: the source is untouched. What cannot be removed now is cleared at the next start.
        let _gone = fs::remove_file(&part);
    }
    made
}

fn copy_to(part: &Path, whole: &Path, fill: Fill<'_>, is_unchanged: &dyn Fn() -> bool) -> Result<Copied, NotCopied> {
    // Before anything is written: rights that go meanwhile must not leave a name of which nobody knows whether it lasts.
    let folder = File::open(folder_of(whole)).map_err(NotCopied::Spool)?;
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(part).map_err(NotCopied::Spool)?;
    file.try_lock().map_err(|e| NotCopied::Spool(e.into()))?;
    let mut digest = Sha256::new();
    let bytes = fill(&mut file, &mut digest)?;
    let sha256 = hexadecimal(&digest.finalize());
    failpoint::hit("watcher.copied");
    file.sync_all().map_err(|e| not_durable(e, part))?;
    failpoint::hit("watcher.synced");
    if !is_unchanged() {
        return Err(NotCopied::Changed);
    }
    let again = hash(&mut file).map_err(NotCopied::Spool)?;
    if again != sha256 {
        return Err(NotCopied::Fatal(WatchError::Corrupt { path: part.to_owned() }));
    }
    fs::rename(part, whole).map_err(NotCopied::Spool)?;
    if let Err(error) = folder.sync_all() {
        let _left = fs::remove_file(whole);
        return Err(not_durable(error, whole));
    }
    failpoint::hit("watcher.spooled");
    Ok(Copied { file, path: whole.to_owned(), sha256, bytes })
}

/// Any other error of fsync may have dropped the pages already: trying again would report a success that is none.
fn not_durable(error: std::io::Error, part: &Path) -> NotCopied {
    if will_pass(&error) { NotCopied::Spool(error) } else { NotCopied::Fatal(failed("made durable", part)(error)) }
}

/// Copies the whole of `from` and adds it to `digest`; gives the number of bytes. Reading and writing fail for
/// different reasons and with different consequences, so `io::copy` will not do.
pub fn stream(mut from: &File, to: &mut File, digest: &mut Sha256) -> Result<u64, Broke> {
    from.seek(SeekFrom::Start(0)).map_err(Broke::Reading)?;
    let (mut bytes, mut block) = (0u64, vec![0; BLOCK]);
    loop {
        let read = match from.read(&mut block) {
            Ok(0) => return Ok(bytes),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Broke::Reading(error)),
        };
        digest.update(&block[..read]);
        to.write_all(&block[..read]).map_err(Broke::Writing)?;
        bytes += read as u64;
    }
}

/// See [`crate::domain::bundle_header`] for the form.
fn stream_bundle(pages: &[Source], to: &mut File, digest: &mut Sha256) -> Result<u64, NotCopied> {
    let mut all = 0;
    for (number, page) in (1..).zip(pages) {
        let format = head(&mut page.file()?).map_err(NotCopied::Medium).map(|head| sniff(&head).ok())?;
        let header = bundle_header(number, format, page.stamp.size).ok_or(NotCopied::Spool(ErrorKind::FileTooLarge.into()))?;
        all += put(to, digest, &header)?;
        let bytes = stream(page.file()?, to, digest)?;
        // The header is written already: a page that grew meanwhile has not settled.
        if bytes != page.stamp.size {
            return Err(NotCopied::Changed);
        }
        all += bytes + put(to, digest, &BUNDLE_END[..bundle_padding(bytes)])?;
    }
    Ok(all + put(to, digest, &BUNDLE_END)?)
}

fn put(to: &mut File, digest: &mut Sha256, bytes: &[u8]) -> Result<u64, NotCopied> {
    digest.update(bytes);
    to.write_all(bytes).map_err(NotCopied::Spool)?;
    Ok(bytes.len() as u64)
}

/// The SHA-256 of a whole file, lower-case hexadecimal.
pub fn hash(file: &mut File) -> std::io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let (mut digest, mut block) = (Sha256::new(), vec![0; BLOCK]);
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(hexadecimal(&digest.finalize())),
            Ok(read) => digest.update(&block[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes the names in the folder of `path` durable.
pub fn sync_folder(path: &Path) -> Result<(), WatchError> {
    let folder = folder_of(path);
    crate::medium::sync_folder(folder).map_err(failed("made durable", folder))
}

/// Names of copies that a killed watcher left: complete ones, and none of a watcher that lives.
/// Incomplete ones are removed here.
pub fn leftovers(spool: &Path) -> Result<Vec<(PathBuf, File)>, WatchError> {
    let mut whole = Vec::new();
    for entry in fs::read_dir(spool).map_err(failed("listed", spool))? {
        let path = entry.map_err(failed("listed", spool))?.path();
        let Ok(file) = OpenOptions::new().read(true).write(true).open(&path) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        if path.extension().is_some_and(|e| e == PART) {
            fs::remove_file(&path).map_err(failed("removed", &path))?;
        } else {
            whole.push((path, file));
        }
    }
    Ok(whole)
}
