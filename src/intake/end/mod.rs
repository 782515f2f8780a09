//! Whether the end of a file is there: a question about completeness, not about health. A file that
//! is whole but odd (a loop of pages, a wrong offset) has its end; the cell says what is wrong with it.

mod jpeg;
mod pdf;
mod png;
mod tiff;

use super::refusals::Foreign;
use super::sniff::{classify, is_cut_start};
use crate::domain::Format;
use std::io::{Read, Result, Seek, SeekFrom};

/// Whether the last byte that the format needs has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Found,
    Missing,
}

/// Looks for the end that `format` demands.
///
/// # Errors
/// Only when reading fails: content can not make this function fail.
pub fn find_end(format: Format, file: &mut (impl Read + Seek)) -> Result<End> {
    let length = file.seek(SeekFrom::End(0))?;
    let found = match format {
        Format::Pdf => pdf::ends(file, length)?,
        Format::Tiff => tiff::ends(file, length)?,
        Format::Jpeg => jpeg::ends(file)?,
        Format::Png => png::ends(file, length)?,
        // Made by us, whole or not at all.
        Format::Bundle => true,
    };
    Ok(if found { End::Found } else { End::Missing })
}

/// The end of a file of which the format is not known yet. A content that is surely foreign needs no
/// end; one that says nothing (empty, or zeros that a network copy reserves first) may become anything.
///
/// # Errors
/// Only when reading fails.
pub fn look(file: &mut (impl Read + Seek)) -> Result<End> {
    let head = super::head(file)?;
    if is_cut_start(&head) {
        return Ok(End::Missing);
    }
    match classify(&head) {
        Ok(format) => find_end(format, file),
        Err(Foreign::Empty | Foreign::Unknown) => Ok(End::Missing),
        Err(_) => Ok(End::Found),
    }
}

/// Reads exactly `N` bytes at `offset`, or `None` where the file ends before.
fn bytes_at<const N: usize>(file: &mut (impl Read + Seek), offset: u64) -> Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(offset))?;
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, ImageFormat};
    use std::io::Cursor;

    /// A file of each format as real encoders write it.
    fn image(format: ImageFormat) -> Vec<u8> {
        let picture = image::GrayImage::from_fn(301, 97, |x, y| image::Luma([(x * 7 + y * 13) as u8]));
        let mut out = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(picture).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn end(format: Format, bytes: &[u8]) -> End {
        find_end(format, &mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn every_cut_of_an_image_is_noticed() {
        for (format, encoder) in [(Format::Jpeg, ImageFormat::Jpeg), (Format::Png, ImageFormat::Png), (Format::Tiff, ImageFormat::Tiff)] {
            let whole = image(encoder);
            assert_eq!(end(format, &whole), End::Found, "{format:?}");
            for cut in 0..whole.len() {
                assert_eq!(look(&mut Cursor::new(&whole[..cut])).unwrap(), End::Missing, "{format:?} seen at {cut}");
                assert_eq!(end(format, &whole[..cut]), End::Missing, "{format:?} cut at {cut} of {}", whole.len());
            }
        }
    }

    #[test]
    fn a_reserved_file_of_zeros_has_no_end() {
        for (format, encoder) in [(Format::Jpeg, ImageFormat::Jpeg), (Format::Png, ImageFormat::Png)] {
            let mut file = image(encoder);
            let half = file.len() / 2;
            file[half..].fill(0);
            assert_eq!(end(format, &file), End::Missing, "{format:?}");
        }
        assert_eq!(look(&mut Cursor::new(vec![0; 5000])).unwrap(), End::Missing);
        assert_eq!(look(&mut Cursor::new(Vec::new())).unwrap(), End::Missing);
    }

    #[test]
    fn junk_after_the_end_is_no_cut() {
        for (format, encoder) in [(Format::Jpeg, ImageFormat::Jpeg), (Format::Png, ImageFormat::Png), (Format::Tiff, ImageFormat::Tiff)] {
            let mut file = image(encoder);
            file.extend([0; 3000]);
            assert_eq!(end(format, &file), End::Found, "{format:?}");
        }
    }

    #[test]
    fn a_foreign_content_is_not_waited_for() {
        assert_eq!(look(&mut Cursor::new(b"PK\x03\x04rest")).unwrap(), End::Found);
    }
}
