//! Large contents, sealed piece by piece so that none of them is ever whole in memory. The nonce of a piece
//! holds its number and whether it is the last: pieces cannot be swapped, left out or cut off (the STREAM
//! construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).

use super::BlobError;
use super::seal::Key;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::io::{Error, ErrorKind, Read, Result, Write};

/// First bytes of a file sealed in pieces.
pub(super) const MAGIC: &[u8] = b"PSR2";
/// Content of a piece.
const PIECE: usize = 1 << 20;
/// What sealing adds to a piece.
const TAG: usize = 16;
/// Random start of every nonce; four bytes of number and one of "last" follow.
const START: usize = 19;

/// Seals everything that `from` gives.
pub(super) fn seal(key: &Key, bound: &[u8], from: &mut impl Read, to: &mut impl Write) -> std::result::Result<Result<()>, BlobError> {
    let mut start = [0; START];
    getrandom::fill(&mut start).map_err(|error| BlobError::Random(error.to_string()))?;
    Ok(pieces(from, PIECE, |number, last, piece| {
        if number == 0 {
            to.write_all(MAGIC)?;
            to.write_all(&start)?;
        }
        let sealed = cipher(key).encrypt(&nonce(&start, number, last), Payload { msg: piece, aad: bound });
        to.write_all(&sealed.map_err(|e| Error::other(e.to_string()))?)
    }))
}

/// Opens what [`seal`] made, without its [`MAGIC`]; an error of kind `InvalidData` when anything is not as it was.
pub(super) fn open(key: &Key, bound: &[u8], from: &mut impl Read, to: &mut impl Write) -> Result<()> {
    let mut start = [0; START];
    from.read_exact(&mut start)?;
    pieces(from, PIECE + TAG, |number, last, piece| {
        let opened = cipher(key).decrypt(&nonce(&start, number, last), Payload { msg: piece, aad: bound });
        to.write_all(&opened.map_err(|_| Error::from(ErrorKind::InvalidData))?)
    })
}

/// Cuts what `from` gives into pieces of `size`; the last may be shorter, and is there even when nothing is.
fn pieces(from: &mut impl Read, size: usize, mut each: impl FnMut(u32, bool, &[u8]) -> Result<()>) -> Result<()> {
    let (mut now, mut next) = (Vec::new(), Vec::new());
    let mut fill = |piece: &mut Vec<u8>| {
        piece.clear();
        from.take(size as u64).read_to_end(piece)
    };
    fill(&mut now)?;
    for number in 0.. {
        fill(&mut next)?;
        each(number, next.is_empty(), &now)?;
        if next.is_empty() {
            break;
        }
        std::mem::swap(&mut now, &mut next);
    }
    Ok(())
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

fn nonce(start: &[u8; START], number: u32, last: bool) -> XNonce {
    let mut nonce = [0; 24];
    nonce[..START].copy_from_slice(start);
    nonce[START..START + 4].copy_from_slice(&number.to_be_bytes());
    nonce[23] = u8::from(last);
    XNonce::from(nonce)
}
