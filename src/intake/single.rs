//! Whether a file holds one picture and no more: such a file is a page, and no application by itself.

use super::{head, sniff};
use crate::domain::Format;
use std::io::{Read, Result, Seek, SeekFrom};

/// True for a JPEG or PNG, and for a TIFF whose first directory names no second one (TIFF 6.0, section 2).
///
/// # Errors
/// When reading fails.
pub fn is_single_image(file: &mut (impl Read + Seek)) -> Result<bool> {
    let start = head(file)?;
    match sniff(&start) {
        Ok(Format::Jpeg | Format::Png) => Ok(true),
        Ok(Format::Tiff) => Ok(second_directory(&start, file)? == Some(0)),
        _ => Ok(false),
    }
}

/// Offset of the second directory, 0 when there is none; `None` where the file ends before it.
fn second_directory(start: &[u8], file: &mut (impl Read + Seek)) -> Result<Option<u64>> {
    let little = start.first() == Some(&b'I');
    let big = start.get(2..4).is_some_and(|v| number(v, little) == 43);
    let (first_at, count_width, entry_width, offset_width) = if big { (8, 8, 20, 8) } else { (4, 2, 12, 4) };
    let Some(first) = at(file, first_at, offset_width, little)? else { return Ok(None) };
    let Some(count) = at(file, first, count_width, little)? else { return Ok(None) };
    let next = first.saturating_add(count_width).saturating_add(count.saturating_mul(entry_width));
    at(file, next, offset_width, little)
}

fn at(file: &mut (impl Read + Seek), offset: u64, width: u64, little: bool) -> Result<Option<u64>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(width).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 == width).then(|| number(&bytes, little)))
}

fn number(bytes: &[u8], little: bool) -> u64 {
    let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
    if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
}

#[cfg(test)]
mod tests {
    use super::is_single_image;
    use std::io::Cursor;
    use tiff::encoder::{TiffEncoder, colortype::Gray8};

    fn pages(number: usize) -> Cursor<Vec<u8>> {
        let mut out = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut out).unwrap();
        for _ in 0..number {
            encoder.write_image::<Gray8>(4, 4, &[0; 16]).unwrap();
        }
        out
    }

    #[test]
    fn one_page_is_told_from_two_and_from_a_pdf() {
        assert!(is_single_image(&mut pages(1)).unwrap());
        assert!(!is_single_image(&mut pages(2)).unwrap());
        assert!(is_single_image(&mut Cursor::new(b"\xff\xd8\xff\xe0rest")).unwrap());
        assert!(!is_single_image(&mut Cursor::new(b"%PDF-1.4")).unwrap());
        assert!(!is_single_image(&mut Cursor::new(b"II*\0\xff\xff\0\0")).unwrap());
    }
}
