//! PDF: `startxref`, an offset, `%%EOF`, close to the end of the file (ISO 32000-1, 7.5.5). Where the
//! two words before are damaged, `%%EOF` as the last word of the file is an end too.

use std::io::{Read, Result, Seek, SeekFrom};

/// Scanners and mail gateways add line ends and padding behind the trailer; more than this is another file.
const TAIL: u64 = 4096;
/// The dictionary of a linearised file stands in its first kilobyte (ISO 32000-1, annex F.3.3).
const LINEARISED: usize = 1024;

pub fn ends(file: &mut (impl Read + Seek), length: u64) -> Result<bool> {
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(LINEARISED as u64).read_to_end(&mut head)?;
    // A linearised file has a first trailer near its start: its own length tells when the rest is there.
    if declared_length(&head).is_some_and(|declared| declared > length) {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    Ok(trailer_in(&tail) || last_word_is_eof(&tail))
}

/// Nothing but padding follows the mark: whatever its trailer says, no byte is missing behind it.
fn last_word_is_eof(tail: &[u8]) -> bool {
    let padding = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let end = tail.iter().rposition(|byte| !padding(byte)).map_or(0, |last| last + 1);
    tail[..end].ends_with(b"%%EOF") && rfind(tail, b"trailer").is_some()
}

/// `/L` of the linearisation dictionary.
fn declared_length(head: &[u8]) -> Option<u64> {
    let dictionary = &head[find(head, b"/Linearized")?..];
    let end = find(dictionary, b">>").unwrap_or(dictionary.len());
    let dictionary = &dictionary[..end];
    let value = dictionary.windows(3).position(|w| w[0] == b'/' && w[1] == b'L' && (w[2] == b' ' || w[2].is_ascii_digit()))?;
    number(&dictionary[value + 2..])
}

/// The last `%%EOF` has a `startxref` and a number before it.
fn trailer_in(tail: &[u8]) -> bool {
    let Some(end) = rfind(tail, b"%%EOF") else { return false };
    let Some(start) = rfind(&tail[..end], b"startxref") else { return false };
    number(&tail[start + b"startxref".len()..end]).is_some()
}

fn number(text: &[u8]) -> Option<u64> {
    let digits: String =
        text.iter().skip_while(|b| b.is_ascii_whitespace()).take_while(|b| b.is_ascii_digit()).map(|b| char::from(*b)).collect();
    digits.parse().ok()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|w| w == part)
}

fn rfind(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|w| w == part)
}

#[cfg(test)]
mod tests {
    use super::ends;
    use std::io::Cursor;

    fn whole(bytes: &[u8]) -> bool {
        ends(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    const SMALL: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n52\n%%EOF";

    #[test]
    fn every_cut_is_noticed() {
        assert!(whole(SMALL));
        for cut in 0..SMALL.len() {
            assert!(!whole(&SMALL[..cut]), "cut at {cut}");
        }
    }

    #[test]
    fn an_end_of_which_a_sign_is_damaged() {
        let text = String::from_utf8(SMALL.to_vec()).unwrap();
        assert!(whole(text.replace("startxref\n52", "garbage 52").as_bytes()));
    }

    #[test]
    fn line_ends_and_padding_follow_but_not_another_file() {
        let padded = |n: usize| [SMALL, &vec![0; n]].concat();
        assert!(whole(&padded(2)));
        assert!(whole(&padded(2000)));
        assert!(!whole(&padded(50_000)));
    }

    #[test]
    fn the_first_trailer_of_a_linearised_file_is_not_its_end() {
        let first = b"%PDF-1.5\n1 0 obj\n<</Linearized 1/L 900/H[ 10 20]/O 3/E 80/N 1/T 700>>\nendobj\nstartxref\n0\n%%EOF\n".to_vec();
        assert!(!whole(&first));
        let mut rest = first.clone();
        rest.resize(900 - 25, b' ');
        rest.extend(b"\nstartxref\n110\n%%EOF\n     ");
        assert!(whole(&rest));
    }

    #[test]
    fn an_update_saved_behind_the_file_is_part_of_it() {
        let updated = [SMALL, b"\n5 0 obj<<>>endobj\nxref\n", SMALL].concat();
        assert!(whole(&updated));
    }
}
