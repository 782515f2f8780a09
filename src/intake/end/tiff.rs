//! TIFF and BigTIFF: every directory of the chain and every strip or tile that it names lies inside
//! the file (TIFF 6.0, section 2). Scanners write directories before or after the data; both are met.

use super::bytes_at;
use std::collections::HashSet;
use std::io::{Read, Result, Seek, SeekFrom};

/// More directories than any limit on pages; the cell refuses such a file with its own reason.
const MAX_DIRECTORIES: usize = 20_000;
/// Strips looked at in one directory. A page has some hundreds; the last ones are looked at too.
const MAX_STRIPS: u64 = 65_536;

const STRIP_OFFSETS: u16 = 273;
const STRIP_BYTE_COUNTS: u16 = 279;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTE_COUNTS: u16 = 325;
/// Old-style JPEG inside TIFF: one stream for the page.
const JPEG_OFFSET: u16 = 513;
const JPEG_LENGTH: u16 = 514;

/// Byte order and width of offsets.
#[derive(Clone, Copy)]
struct Layout {
    little: bool,
    big: bool,
}

/// An entry of a directory: how many values of how many bytes, and where they stand.
#[derive(Clone, Copy)]
struct Entry {
    tag: u16,
    width: u64,
    count: u64,
    at: u64,
}

pub fn ends(file: &mut (impl Read + Seek), length: u64) -> Result<bool> {
    let Some((layout, mut offset)) = header(file)? else { return Ok(false) };
    let mut seen = HashSet::new();
    while offset != 0 {
        // A loop is odd but nothing is missing.
        if !seen.insert(offset) || seen.len() > MAX_DIRECTORIES {
            return Ok(true);
        }
        let Some((entries, next)) = directory(file, layout, offset, length)? else { return Ok(false) };
        if !data_is_there(file, layout, &entries, length)? {
            return Ok(false);
        }
        offset = next;
    }
    Ok(!seen.is_empty())
}

fn header(file: &mut (impl Read + Seek)) -> Result<Option<(Layout, u64)>> {
    let Some(start) = bytes_at::<8>(file, 0)? else { return Ok(None) };
    let little = start[0] == b'I';
    let layout = Layout { little, big: layout_number(little, &start[2..4]) == 43 };
    if !layout.big {
        return Ok(Some((layout, layout_number(little, &start[4..8]))));
    }
    Ok(bytes_at::<8>(file, 8)?.map(|bytes| (layout, layout_number(little, &bytes))))
}

/// The entries of the directory at `offset` and the offset of the next; `None` where the file ends before.
fn directory(file: &mut (impl Read + Seek), layout: Layout, offset: u64, length: u64) -> Result<Option<(Vec<Entry>, u64)>> {
    let (count_width, entry_width, offset_width) = if layout.big { (8, 20, 8) } else { (2, 12, 4) };
    let Some(count) = number_at(file, layout, offset, count_width)? else { return Ok(None) };
    let size = count.saturating_mul(entry_width);
    let next_at = offset.saturating_add(count_width).saturating_add(size);
    // No directory is empty: these are zeros that a network copy reserved.
    if count == 0 || next_at.saturating_add(offset_width) > length {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(offset + count_width))?;
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes)?;
    let entries = bytes
        .chunks_exact(entry_width as usize)
        .zip(0u64..)
        .map(|(bytes, i)| entry(layout, bytes, offset + count_width + i * entry_width))
        .collect();
    Ok(number_at(file, layout, next_at, offset_width)?.map(|next| (entries, next)))
}

fn entry(layout: Layout, bytes: &[u8], at: u64) -> Entry {
    let number = |range: std::ops::Range<usize>| layout_number(layout.little, &bytes[range]);
    let width = match number(2..4) {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 4,
    };
    let (count, value, room) = if layout.big { (number(4..12), 12, 8) } else { (number(4..8), 8, 4) };
    let inline = width * count.min(9) <= room;
    let at = if inline { at + value as u64 } else { number(value..value + room as usize) };
    Entry { tag: number(0..2) as u16, width, count, at }
}

/// Values that stand outside the directory, and the pixels that it names, end inside the file.
fn data_is_there(file: &mut (impl Read + Seek), layout: Layout, entries: &[Entry], length: u64) -> Result<bool> {
    if entries.iter().any(|e| e.at.saturating_add(e.count.saturating_mul(e.width)) > length) {
        return Ok(false);
    }
    let find = |tag: u16| entries.iter().find(|e| e.tag == tag);
    for (offsets, counts) in [(STRIP_OFFSETS, STRIP_BYTE_COUNTS), (TILE_OFFSETS, TILE_BYTE_COUNTS), (JPEG_OFFSET, JPEG_LENGTH)] {
        let (Some(offsets), Some(counts)) = (find(offsets), find(counts)) else { continue };
        if !strips_are_there(file, layout, offsets, counts, length)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn strips_are_there(file: &mut (impl Read + Seek), layout: Layout, offsets: &Entry, counts: &Entry, length: u64) -> Result<bool> {
    let all = offsets.count.min(counts.count);
    for strip in (0..all.min(MAX_STRIPS)).chain(all.saturating_sub(MAX_STRIPS).max(MAX_STRIPS)..all) {
        let offset = number_at(file, layout, offsets.at + strip * offsets.width, offsets.width)?;
        let count = number_at(file, layout, counts.at + strip * counts.width, counts.width)?;
        let (Some(offset), Some(count)) = (offset, count) else { return Ok(false) };
        if offset.saturating_add(count) > length {
            return Ok(false);
        }
    }
    Ok(true)
}

fn number_at(file: &mut (impl Read + Seek), layout: Layout, offset: u64, width: u64) -> Result<Option<u64>> {
    let little = layout.little;
    Ok(match width {
        1 => bytes_at::<1>(file, offset)?.map(|b| layout_number(little, &b)),
        2 => bytes_at::<2>(file, offset)?.map(|b| layout_number(little, &b)),
        4 => bytes_at::<4>(file, offset)?.map(|b| layout_number(little, &b)),
        _ => bytes_at::<8>(file, offset)?.map(|b| layout_number(little, &b)),
    })
}

fn layout_number(little: bool, bytes: &[u8]) -> u64 {
    let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
    if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
}

#[cfg(test)]
mod tests {
    use super::ends;
    use std::io::Cursor;
    use tiff::encoder::{TiffEncoder, colortype::Gray8};

    fn pages(big: bool, pages: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        let pixels = vec![7; 100 * 80];
        if big {
            let mut encoder = TiffEncoder::new_big(&mut out).unwrap();
            (0..pages).for_each(|_| encoder.write_image::<Gray8>(100, 80, &pixels).unwrap());
        } else {
            let mut encoder = TiffEncoder::new(&mut out).unwrap();
            (0..pages).for_each(|_| encoder.write_image::<Gray8>(100, 80, &pixels).unwrap());
        }
        out.into_inner()
    }

    fn whole(bytes: &[u8]) -> bool {
        ends(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    #[test]
    fn several_pages_in_both_widths() {
        for big in [false, true] {
            let file = pages(big, 3);
            assert!(whole(&file), "big {big}");
            for cut in (0..file.len()).step_by(97) {
                assert!(!whole(&file[..cut]), "big {big}, cut at {cut} of {}", file.len());
            }
        }
    }

    #[test]
    fn directories_before_their_pixels_are_checked_against_the_length() {
        // One directory at 8 with one strip of 1000 bytes behind it.
        let mut file = b"II*\0\x08\0\0\0\x02\0".to_vec();
        for (tag, value) in [(273u16, 38u32), (279, 1000)] {
            file.extend(tag.to_le_bytes());
            file.extend(4u16.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        file.extend([0; 4]);
        file.extend(vec![1; 999]);
        assert!(!whole(&file));
        file.push(1);
        assert!(whole(&file));
    }

    #[test]
    fn a_loop_of_pages_ends() {
        let file = b"II*\0\x08\0\0\0\x01\0\0\x01\x04\0\x01\0\0\0\x64\0\0\0\x08\0\0\0";
        assert!(whole(file));
    }

    #[test]
    fn big_endian_and_reserved_zeros() {
        assert!(!whole(b"MM\0*\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0"));
        assert!(whole(b"MM\0*\0\0\0\x08\0\x01\x01\0\0\x03\0\0\0\x01\0\x64\0\0\0\0\0\0"));
    }
}
