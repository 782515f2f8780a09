//! Strips and tiles as they are stored, turned into rows of samples. What comes out is never longer than the
//! picture says: a bomb stops there.

use super::directory::{Container, Directory, tag};
use super::layout::{Layout, compression};
use super::{fax, jpeg, log};
use crate::domain::Refusal;
use crate::pages::refuse;
use std::borrow::Cow;
use std::io::Read;
use weezl::{BitOrder, LzwStatus, decode::Configuration};

/// Bit 0 of `T4Options` (TIFF 6.0, section 11): rows may refer to the one above.
const TWO_DIMENSIONAL: u64 = 1;

/// The rows of strip or tile `index`, of which `rows` are wanted.
pub fn unpack(file: &Container, directory: &Directory, layout: &Layout, index: usize, rows: u32) -> Result<Vec<u8>, Refusal> {
    let stored = layout.stored(file, index)?;
    if layout.compression == compression::JPEG {
        return jpeg::strip(file.raw(directory, tag::JPEG_TABLES), stored, layout, rows);
    }
    let stored = if layout.lowest_bit_first { stored.iter().map(|b| b.reverse_bits()).collect() } else { Cow::Borrowed(stored) };
    let size = usize::try_from(layout.size_of_chunk(rows)).unwrap_or(usize::MAX);
    let unpacked = match layout.compression {
        compression::NONE | compression::LOG_24 => stored.get(..size).map(<[u8]>::to_vec).unwrap_or_default(),
        compression::HUFFMAN => fax::huffman(&stored, layout.chunk.0, rows),
        compression::GROUP_3 => {
            let options = file.first(directory, tag::T4_OPTIONS).unwrap_or(0);
            fax::group_3(&stored, layout.chunk.0, rows, options & TWO_DIMENSIONAL != 0)
        }
        compression::GROUP_4 => fax::group_4(&stored, layout.chunk.0, rows),
        compression::LZW => lzw(&stored, size),
        compression::PACK_BITS => pack_bits(&stored, size),
        compression::DEFLATE | compression::OLD_DEFLATE => deflate(&stored, size),
        compression::LOG => log::unpack(&stored, layout.chunk.0 as usize, layout.bits as usize / 8, size),
        compression::ZSTANDARD => zstandard(&stored, size),
        other => return Err(refuse::unread_compression(&name_of(other))),
    };
    if unpacked.len() < size { Err(refuse::page_damaged("des lignes manquent")) } else { Ok(unpacked) }
}

/// Variable-length codes, highest bit first since TIFF 5.0. Earlier writers began at the lowest bit: their
/// first code, 256 in 9 bits, then reads 00 in the first byte and a set lowest bit in the second.
fn lzw(stored: &[u8], size: usize) -> Vec<u8> {
    let old = matches!(stored, [0, second, ..] if second & 1 == 1);
    let rules = if old { Configuration::new(BitOrder::Lsb, 8) } else { Configuration::with_tiff_size_switch(BitOrder::Msb, 8) };
    let mut decoder = rules.with_yield_on_full_buffer(true).build();
    let mut unpacked = vec![0; size];
    let (mut read, mut written) = (0, 0);
    while written < size {
        let step = decoder.decode_bytes(&stored[read..], &mut unpacked[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        let stuck = step.consumed_in == 0 && step.consumed_out == 0;
        if stuck || !matches!(step.status, Ok(LzwStatus::Ok)) {
            break;
        }
    }
    unpacked.truncate(written);
    unpacked
}

/// Runs and literals (TIFF 6.0, section 9).
fn pack_bits(stored: &[u8], size: usize) -> Vec<u8> {
    let mut unpacked = Vec::with_capacity(size);
    let mut rest = stored;
    while let (true, [head, after @ ..]) = (unpacked.len() < size, rest) {
        rest = match *head {
            count @ 0..=127 => {
                let (literal, after) = after.split_at(after.len().min(usize::from(count) + 1));
                unpacked.extend_from_slice(literal);
                after
            }
            128 => after,
            count => {
                let Some((value, after)) = after.split_first() else { break };
                unpacked.resize(unpacked.len() + 257 - usize::from(count), *value);
                after
            }
        };
    }
    unpacked.truncate(size);
    unpacked
}

/// What people call the compressions that are not read here, nor by most viewers.
fn name_of(compression: u64) -> String {
    let name = match compression {
        9 | 10 | 34_661 | 34_663 => "JBIG",
        32_766 => "NeXT",
        32_809 => "ThunderScan",
        33_003 | 33_005 | 34_712 => "JPEG 2000",
        34_715 => "JBIG2",
        34_887 => "LERC",
        34_925 => "LZMA",
        34_927 | 50_001 => "WebP",
        50_002 | 52_546 => "JPEG XL",
        other => return format!("un codage inconnu, {other}"),
    };
    name.to_owned()
}

fn zstandard(stored: &[u8], size: usize) -> Vec<u8> {
    let mut unpacked = Vec::with_capacity(size);
    if let Ok(decoder) = ruzstd::decoding::StreamingDecoder::new(stored) {
        let _ = decoder.take(size as u64).read_to_end(&mut unpacked);
    }
    unpacked
}

fn deflate(stored: &[u8], size: usize) -> Vec<u8> {
    let mut unpacked = Vec::with_capacity(size);
    // What comes before an error counts: writers that forget the check sum are met.
    let _ = flate2::read::ZlibDecoder::new(stored).take(size as u64).read_to_end(&mut unpacked);
    unpacked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_stop_at_the_size_of_the_picture() {
        assert_eq!(pack_bits(&[2, 7, 8, 9, 128, 254, 5, 0, 1], 100), [7, 8, 9, 5, 5, 5, 1]);
        assert_eq!(pack_bits(&[129, 5, 129, 5], 130).len(), 130);
        assert!(pack_bits(&[129], 10).is_empty());
        let bomb: Vec<u8> = weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&vec![3; 1 << 20]).unwrap();
        assert_eq!(lzw(&bomb, 1000), vec![3; 1000]);
    }

    #[test]
    fn both_bit_orders_of_lzw() {
        let text: Vec<u8> = (0..20_000u32).map(|i| (i * i / 7) as u8).collect();
        let new = weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&text).unwrap();
        let old = weezl::encode::Encoder::new(BitOrder::Lsb, 8).encode(&text).unwrap();
        assert_eq!(lzw(&new, text.len()), text);
        assert_eq!(lzw(&old, text.len()), text);
        assert!(lzw(&new[..new.len() / 2], text.len()).len() < text.len());
    }
}
