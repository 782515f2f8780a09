//! PNG: the chunk IEND, found by walking the chunks (ISO/IEC 15948, 5).

use super::bytes_at;
use std::io::{Read, Result, Seek};

const SIGNATURE: u64 = 8;
/// Length, type and check sum around the data of a chunk.
const FRAME: u64 = 12;

pub fn ends(file: &mut (impl Read + Seek), length: u64) -> Result<bool> {
    let mut offset = SIGNATURE;
    while let Some([a, b, c, d, kind @ ..]) = bytes_at::<8>(file, offset)? {
        // Zeros that a network copy reserved, or damage: no chunk, so no end either.
        if !kind.iter().all(u8::is_ascii_alphabetic) {
            return Ok(false);
        }
        offset = offset.saturating_add(u64::from(u32::from_be_bytes([a, b, c, d]))).saturating_add(FRAME);
        if &kind == b"IEND" {
            return Ok(offset <= length);
        }
    }
    Ok(false)
}
