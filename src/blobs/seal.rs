//! The ciphers: XChaCha20-Poly1305 for content and keys, HMAC-SHA256 for addresses.

use super::BlobError;
use crate::domain::hexadecimal;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::io::Read;

/// A symmetric key of 256 bits.
pub(super) type Key = [u8; 32];

/// First bytes of a sealed file: what it is, and the version of its form.
const MAGIC: &[u8] = b"PSR1";
const NONCE: usize = 24;

/// What the installation's key gives; the key itself is used for nothing else.
#[derive(Clone)]
pub(super) struct Secrets {
    pub(super) wrapping: Key,
    addressing: Key,
    pub(super) marking: Key,
}

impl Secrets {
    pub(super) fn derive(master: &Key) -> Self {
        Self { wrapping: mac(master, &[b"wrapping"]), addressing: mac(master, &[b"addressing"]), marking: mac(master, &[b"marking"]) }
    }

    /// The name of a content: without the key nobody can test whether a known file is stored.
    pub(super) fn address(&self, owner: &str, content: &[u8]) -> String {
        hexadecimal(&mac(&self.addressing, &[owner.as_bytes(), content]))
    }

    /// The same for what `from` gives, without holding it.
    pub(super) fn address_of(&self, owner: &str, from: &mut impl Read) -> std::io::Result<String> {
        let (mut mac, mut block) = (keyed(&self.addressing), vec![0; 256 << 10]);
        mac.update(owner.as_bytes());
        loop {
            match from.read(&mut block)? {
                0 => return Ok(hexadecimal(&mac.finalize().into_bytes())),
                read => mac.update(&block[..read]),
            }
        }
    }
}

fn mac(key: &Key, parts: &[&[u8]]) -> Key {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn keyed(key: &Key) -> Hmac<Sha256> {
    // HMAC pads a short key with zeros to the block of its hash; doing it here needs no fallible call.
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}

pub(super) fn random_key() -> Result<Key, BlobError> {
    let mut key = Key::default();
    getrandom::fill(&mut key).map_err(|error| BlobError::Random(error.to_string()))?;
    Ok(key)
}

/// Seals `content`, tied to `bound`: it opens only with both.
pub(super) fn seal(key: &Key, bound: &[u8], content: &[u8]) -> Result<Vec<u8>, BlobError> {
    let mut nonce = [0_u8; NONCE];
    getrandom::fill(&mut nonce).map_err(|error| BlobError::Random(error.to_string()))?;
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: content, aad: bound });
    let sealed = sealed.map_err(|error| BlobError::Random(error.to_string()))?;
    Ok([MAGIC, &nonce, &sealed].concat())
}

/// Opens what [`seal`] made; `None` when anything about it is not as it was.
pub(super) fn open(key: &Key, bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.strip_prefix(MAGIC)?.split_at_checked(NONCE)?;
    let nonce: [u8; NONCE] = nonce.try_into().ok()?;
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(nonce), Payload { msg: body, aad: bound }).ok()
}
