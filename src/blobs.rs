//! Sealed files: originals and derived pictures, encrypted under a key per delivery, addressed by a
//! keyed hash. A file is complete and durable before its name exists; [`Blobs::get`] verifies.

mod durable;
mod seal;
mod stream;
mod survey;
mod there;

pub use survey::Stored;

use crate::domain::{BlobKind, BlobRef, DeliveryId, PrefectureId};
use crate::medium::folder_of;
use durable::{create_once, replace, replace_by};
use seal::{Key, Secrets};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where files are written before they have their name. No préfecture is called so.
const DRAFTS: &str = ".drafts";

/// What can go wrong with a sealed file.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("{} could not be {action}: {error}; look at the disk and its rights", path.display())]
    File { path: PathBuf, action: &'static str, error: std::io::Error },
    #[error("{} is not the 32-byte key of this installation; restore the key file that belongs to these blobs", .0.display())]
    KeyFile(PathBuf),
    #[error("the sealed file {0} does not open: it was altered, or its key is not the one it was sealed with")]
    Altered(String),
    #[error("the key of delivery {0} was destroyed or never made")]
    NoKey(DeliveryId),
    #[error("`{0}` cannot name a préfecture here; use letters, digits, - and _")]
    Prefecture(String),
    #[error("no random numbers from the system: {0}")]
    Random(String),
}

/// Contents above this size are sealed in pieces, never whole in memory.
const LARGE: u64 = 16 << 20;

/// A folder of sealed files. Cheap to clone; every call blocks on the disk.
#[derive(Clone)]
pub struct Blobs {
    folder: PathBuf,
    secrets: Secrets,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Blobs {
    /// Opens the folder with the installation's key file, both made when absent (the key file 0600).
    pub fn open(folder: &Path, key_file: &Path) -> Result<Self, BlobError> {
        durable::create_folders(folder)?;
        durable::clear_drafts(&folder.join(DRAFTS))?;
        if !key_file.exists() {
            // Beside it, for the key file may stand on a file system of its own.
            create_once(key_file, folder_of(key_file), seal::random_key()?.as_ref())?;
        }
        let bytes = durable::read(key_file)?;
        let master: Key = bytes.try_into().map_err(|_| BlobError::KeyFile(key_file.to_owned()))?;
        Ok(Self { folder: folder.to_owned(), secrets: Secrets::derive(&master) })
    }

    /// What the codes on our own letters are signed with.
    #[must_use]
    pub fn mark_key(&self) -> [u8; 32] {
        self.secrets.marking
    }

    /// Seals `content` for one delivery. The same content again gives the same name and changes nothing.
    pub fn put(&self, prefecture: &PrefectureId, delivery: DeliveryId, kind: BlobKind, content: &[u8]) -> Result<BlobRef, BlobError> {
        let owner = owner(prefecture, delivery, kind);
        let address = self.secrets.address(&owner, content);
        let blob = BlobRef { prefecture: prefecture.clone(), delivery, kind, address, bytes: content.len() as u64 };
        let path = self.path(&blob)?;
        if path.exists() && self.get(&blob).is_ok() {
            return Ok(blob);
        }
        let key = self.key_for_writing(prefecture, delivery)?;
        replace(&path, &self.folder.join(DRAFTS), &seal::seal(&key, bound_to(&blob).as_bytes(), content)?)?;
        Ok(blob)
    }

    /// As [`Self::put`], for the whole content of `file`; a large one is never whole in memory.
    pub fn put_file(&self, prefecture: &PrefectureId, delivery: DeliveryId, kind: BlobKind, file: &mut File) -> Result<BlobRef, BlobError> {
        let read = |error| BlobError::File { path: PathBuf::from("the copy to be sealed"), action: "read", error };
        let bytes = file.seek(SeekFrom::End(0)).map_err(read)?;
        file.seek(SeekFrom::Start(0)).map_err(read)?;
        if bytes <= LARGE {
            let mut content = Vec::new();
            file.read_to_end(&mut content).map_err(read)?;
            return self.put(prefecture, delivery, kind, &content);
        }
        let address = self.secrets.address_of(&owner(prefecture, delivery, kind), file).map_err(read)?;
        let blob = BlobRef { prefecture: prefecture.clone(), delivery, kind, address, bytes };
        let path = self.path(&blob)?;
        if path.exists() && self.copy_to(&blob, &mut std::io::sink()).is_ok() {
            return Ok(blob);
        }
        let key = self.key_for_writing(prefecture, delivery)?;
        file.seek(SeekFrom::Start(0)).map_err(read)?;
        replace_by(&path, &self.folder.join(DRAFTS), |to| stream::seal(&key, bound_to(&blob).as_bytes(), file, to))?;
        Ok(blob)
    }

    /// Writes the content to `to`; a large one is never whole in memory. What was written is only to be trusted
    /// when this succeeds.
    pub fn copy_to(&self, blob: &BlobRef, to: &mut impl std::io::Write) -> Result<(), BlobError> {
        let path = self.path(blob)?;
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => BlobError::Altered(blob.address.clone()),
            _ => BlobError::File { path: path.clone(), action: "read", error },
        };
        let mut sealed = File::open(&path).map_err(failed)?;
        let mut magic = [0; 4];
        sealed.read_exact(&mut magic).map_err(failed)?;
        if magic != stream::MAGIC {
            return to.write_all(&self.get(blob)?).map_err(failed);
        }
        let key = self.key(&blob.prefecture, blob.delivery)?.ok_or(BlobError::NoKey(blob.delivery))?;
        stream::open(&key, bound_to(blob).as_bytes(), &mut sealed, to).map_err(failed)
    }

    /// The content, opened and verified against its address.
    pub fn get(&self, blob: &BlobRef) -> Result<Vec<u8>, BlobError> {
        let key = self.key(&blob.prefecture, blob.delivery)?.ok_or(BlobError::NoKey(blob.delivery))?;
        let sealed = durable::read(&self.path(blob)?)?;
        let altered = || BlobError::Altered(blob.address.clone());
        if let Some(mut pieces) = sealed.strip_prefix(stream::MAGIC) {
            let mut content = Vec::new();
            stream::open(&key, bound_to(blob).as_bytes(), &mut pieces, &mut content).map_err(|_| altered())?;
            let address = self.secrets.address(&owner(&blob.prefecture, blob.delivery, blob.kind), &content);
            return if address == blob.address { Ok(content) } else { Err(altered()) };
        }
        let content = seal::open(&key, bound_to(blob).as_bytes(), &sealed).ok_or_else(altered)?;
        let address = self.secrets.address(&owner(&blob.prefecture, blob.delivery, blob.kind), &content);
        if address == blob.address { Ok(content) } else { Err(altered()) }
    }

    /// Removes one sealed file; it is no error when it is gone already.
    pub fn forget(&self, blob: &BlobRef) -> Result<(), BlobError> {
        durable::remove(&self.path(blob)?)
    }

    /// Destroys the key of a delivery: whatever copy of its files is left can no longer be read.
    pub fn destroy_key(&self, prefecture: &PrefectureId, delivery: DeliveryId) -> Result<(), BlobError> {
        durable::remove(&self.key_path(prefecture, delivery)?)
    }

    fn key_for_writing(&self, prefecture: &PrefectureId, delivery: DeliveryId) -> Result<Key, BlobError> {
        if let Some(key) = self.key(prefecture, delivery)? {
            return Ok(key);
        }
        let wrapped = seal::seal(&self.secrets.wrapping, delivery.0.as_bytes(), &seal::random_key()?)?;
        create_once(&self.key_path(prefecture, delivery)?, &self.folder.join(DRAFTS), &wrapped)?;
        // Another process may have been first: what stands there now is the key.
        self.key(prefecture, delivery)?.ok_or(BlobError::NoKey(delivery))
    }

    fn key(&self, prefecture: &PrefectureId, delivery: DeliveryId) -> Result<Option<Key>, BlobError> {
        let path = self.key_path(prefecture, delivery)?;
        if !path.exists() {
            return Ok(None);
        }
        let opened = seal::open(&self.secrets.wrapping, delivery.0.as_bytes(), &durable::read(&path)?);
        let key = opened.and_then(|bytes| Key::try_from(bytes).ok());
        key.map(Some).ok_or_else(|| BlobError::Altered(format!("key of {delivery}")))
    }

    fn path(&self, blob: &BlobRef) -> Result<PathBuf, BlobError> {
        let shard = blob.address.get(..2).unwrap_or("00");
        Ok(self.folder.join(folder_name(&blob.prefecture)?).join(kind_name(blob.kind)).join(shard).join(&blob.address))
    }

    fn key_path(&self, prefecture: &PrefectureId, delivery: DeliveryId) -> Result<PathBuf, BlobError> {
        Ok(self.folder.join(folder_name(prefecture)?).join("keys").join(delivery.to_string()))
    }
}

fn kind_name(kind: BlobKind) -> &'static str {
    match kind {
        BlobKind::Original => "original",
        BlobKind::Derived => "derived",
        BlobKind::Export => "export",
    }
}

/// The delivery is part of the name: the same bytes dropped twice at once are sealed under two keys, and
/// one must not overwrite the other.
fn owner(prefecture: &PrefectureId, delivery: DeliveryId, kind: BlobKind) -> String {
    format!("{prefecture}/{delivery}/{}/", kind_name(kind))
}

/// What a sealed file is tied to, so that two of them cannot be swapped.
fn bound_to(blob: &BlobRef) -> String {
    format!("passerelle-1/{}{}", owner(&blob.prefecture, blob.delivery, blob.kind), blob.address)
}

fn folder_name(prefecture: &PrefectureId) -> Result<&str, BlobError> {
    let name = prefecture.as_str();
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if plain { Ok(name) } else { Err(BlobError::Prefecture(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use uuid::Uuid;

    fn blobs(folder: &Path) -> Blobs {
        Blobs::open(&folder.join("blobs"), &folder.join("cle")).unwrap()
    }

    #[test]
    fn what_is_put_comes_back_and_stands_nowhere_in_the_clear() {
        let folder = tempfile::tempdir().unwrap();
        let (store, delivery) = (blobs(folder.path()), DeliveryId(Uuid::now_v7()));
        let blob = store.put(&"75".into(), delivery, BlobKind::Original, b"NOM DIALLO").unwrap();
        assert_eq!(store.put(&"75".into(), delivery, BlobKind::Original, b"NOM DIALLO").unwrap(), blob);
        assert_eq!(blobs(folder.path()).get(&blob).unwrap(), b"NOM DIALLO", "after a restart");
        let stored = std::fs::read(store.path(&blob).unwrap()).unwrap();
        assert!(!stored.windows(6).any(|w| w == b"DIALLO"));
        assert_eq!(std::fs::metadata(folder.path().join("cle")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(store.path(&blob).unwrap()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn one_flipped_bit_or_two_swapped_files_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let (store, delivery) = (blobs(folder.path()), DeliveryId(Uuid::now_v7()));
        let one = store.put(&"75".into(), delivery, BlobKind::Derived, b"page 1").unwrap();
        let two = store.put(&"75".into(), delivery, BlobKind::Derived, b"page 2").unwrap();
        std::fs::copy(store.path(&two).unwrap(), store.path(&one).unwrap()).unwrap();
        assert!(matches!(store.get(&one), Err(BlobError::Altered(_))));
        let mut bytes = std::fs::read(store.path(&two).unwrap()).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(store.path(&two).unwrap(), bytes).unwrap();
        assert!(matches!(store.get(&two), Err(BlobError::Altered(_))));
        // Sealing the same content again mends what the disk lost.
        assert_eq!(store.put(&"75".into(), delivery, BlobKind::Derived, b"page 2").unwrap(), two);
        assert_eq!(store.get(&two).unwrap(), b"page 2");
    }

    #[test]
    fn every_single_flipped_byte_of_a_sealed_file_or_of_its_key_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let (store, delivery) = (blobs(folder.path()), DeliveryId(Uuid::now_v7()));
        let blob = store.put(&"75".into(), delivery, BlobKind::Original, b"NOM DIALLO").unwrap();
        for file in store.stored().unwrap() {
            let sound = std::fs::read(&file.path).unwrap();
            for place in 0..sound.len() {
                let mut bytes = sound.clone();
                bytes[place] ^= 0x10;
                std::fs::write(&file.path, bytes).unwrap();
                assert!(store.get(&blob).is_err(), "byte {place} of {}", file.path.display());
            }
            std::fs::write(&file.path, sound).unwrap();
        }
        assert_eq!(store.get(&blob).unwrap(), b"NOM DIALLO");
    }

    #[test]
    fn a_large_content_is_sealed_in_pieces_that_cannot_be_cut_or_swapped() {
        let folder = tempfile::tempdir().unwrap();
        let (store, delivery) = (blobs(folder.path()), DeliveryId(Uuid::now_v7()));
        let content: Vec<u8> = (0..LARGE + 3_000_000).map(|i| (i / 7) as u8).collect();
        let path = folder.path().join("grand");
        std::fs::write(&path, &content).unwrap();
        let put = || store.put_file(&"75".into(), delivery, BlobKind::Original, &mut File::open(&path).unwrap()).unwrap();
        let blob = put();
        assert_eq!(put(), blob, "again");
        assert!(store.get(&blob).unwrap() == content);
        let mut copied = Vec::new();
        store.copy_to(&blob, &mut copied).unwrap();
        assert!(copied == content);
        let sealed = std::fs::read(store.path(&blob).unwrap()).unwrap();
        let piece = (1 << 20) + 16;
        let mut swapped = sealed.clone();
        swapped[23..23 + 2 * piece].rotate_left(piece);
        for wrong in [sealed[..23 + 3 * piece].to_vec(), swapped, sealed[..sealed.len() - 1].to_vec()] {
            std::fs::write(store.path(&blob).unwrap(), wrong).unwrap();
            assert!(matches!(store.copy_to(&blob, &mut std::io::sink()), Err(BlobError::Altered(_))));
        }
    }

    #[test]
    fn a_destroyed_key_makes_every_copy_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let (store, delivery) = (blobs(folder.path()), DeliveryId(Uuid::now_v7()));
        let blob = store.put(&"75".into(), delivery, BlobKind::Original, b"pli").unwrap();
        store.destroy_key(&"75".into(), delivery).unwrap();
        assert!(matches!(store.get(&blob), Err(BlobError::NoKey(_))));
    }

    #[test]
    fn the_same_bytes_of_two_deliveries_never_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = blobs(folder.path());
        let (a, b) = (DeliveryId(Uuid::now_v7()), DeliveryId(Uuid::now_v7()));
        let one = store.put(&"75".into(), a, BlobKind::Original, b"pli").unwrap();
        let two = store.put(&"75".into(), b, BlobKind::Original, b"pli").unwrap();
        store.forget(&two).unwrap();
        store.destroy_key(&"75".into(), b).unwrap();
        assert_eq!(store.get(&one).unwrap(), b"pli");
    }

    #[test]
    fn a_draft_of_a_killed_process_is_cleared_at_the_next_start_and_that_of_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = folder.path().join("blobs").join(DRAFTS);
        blobs(folder.path());
        std::fs::create_dir_all(&drafts).unwrap();
        std::fs::write(drafts.join("dead"), b"half").unwrap();
        let living = std::fs::File::create(drafts.join("living")).unwrap();
        living.lock().unwrap();
        blobs(folder.path());
        let left: Vec<_> = std::fs::read_dir(&drafts).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["living"]);
    }

    #[test]
    fn a_prefecture_cannot_lead_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let put = blobs(folder.path()).put(&"../75".into(), DeliveryId(Uuid::now_v7()), BlobKind::Original, b"x");
        assert!(matches!(put, Err(BlobError::Prefecture(_))));
    }
}
