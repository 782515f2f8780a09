//! JPEG: the marker EOI after the last scan (ITU-T T.81, annex B). Previews in the header have an
//! EOI of their own, so the segments are walked from the start.

use std::io::{BufRead, BufReader, ErrorKind, Read, Result, Seek, SeekFrom};

const SOS: u8 = 0xda;
const EOI: u8 = 0xd9;

pub fn ends(file: &mut (impl Read + Seek)) -> Result<bool> {
    file.seek(SeekFrom::Start(2))?;
    let mut file = BufReader::with_capacity(64 << 10, file);
    match walk(&mut file) {
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(false),
        other => other,
    }
}

fn walk(file: &mut impl BufRead) -> Result<bool> {
    loop {
        match next_marker(file)? {
            EOI => return Ok(true),
            // No parameters: restart marks, a second SOI, TEM.
            0x01 | 0xd0..=0xd8 => {}
            // Segments with a length; behind SOS come coded data, which the search for the next marker skips.
            SOS | 0xc0..=0xcf | 0xdb..=0xfe => skip_segment(file)?,
            // Reserved, and met only in damaged data: the search goes on.
            _ => {}
        }
    }
}

/// The next byte after `FF` that is neither stuffing (`FF00`) nor fill (`FFFF`).
fn next_marker(file: &mut impl BufRead) -> Result<u8> {
    loop {
        skip_to_ff(file)?;
        let mut code = byte(file)?;
        while code == 0xff {
            code = byte(file)?;
        }
        if code != 0 {
            return Ok(code);
        }
    }
}

fn skip_to_ff(file: &mut impl BufRead) -> Result<()> {
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let (used, found) = buffer.iter().position(|b| *b == 0xff).map_or((buffer.len(), false), |at| (at + 1, true));
        file.consume(used);
        if found {
            return Ok(());
        }
    }
}

fn skip_segment(file: &mut impl BufRead) -> Result<()> {
    let mut length = [0; 2];
    file.read_exact(&mut length)?;
    let rest = u64::from(u16::from_be_bytes(length)).saturating_sub(2);
    let skipped = std::io::copy(&mut file.take(rest), &mut std::io::sink())?;
    if skipped == rest { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

fn byte(file: &mut impl BufRead) -> Result<u8> {
    let mut one = [0];
    file.read_exact(&mut one)?;
    Ok(one[0])
}

#[cfg(test)]
mod tests {
    use super::ends;
    use std::io::Cursor;

    #[test]
    fn the_end_of_a_preview_is_not_the_end() {
        let preview = b"\xff\xd8\xff\xda\0\x02data\xff\xd9";
        let mut file = b"\xff\xd8\xff\xe1".to_vec();
        file.extend((preview.len() as u16 + 2).to_be_bytes());
        file.extend(preview);
        file.extend(b"\xff\xda\0\x04\x01\x02abc\xff\0def\xff\xd0ghi");
        assert!(!ends(&mut Cursor::new(&file)).unwrap());
        file.extend(b"\xff\xd9");
        assert!(ends(&mut Cursor::new(&file)).unwrap());
    }
}
