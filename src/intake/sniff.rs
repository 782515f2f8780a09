//! What a file is, by its first bytes and never by its name.

use super::refusals::Foreign;
use crate::domain::{Format, Refusal};

/// How many first bytes are looked at. Readers accept junk before `%PDF-` up to here (ISO 32000-1, annex H.3.4.1).
pub const HEAD: usize = 1024;

/// Contents known by the bytes that they start with.
const STARTS: [(&[u8], Foreign); 18] = [
    (b"GIF8", Foreign::OtherImage),
    (b"BM", Foreign::OtherImage),
    (b"\0\0\0\x0cjP  ", Foreign::OtherImage),
    (b"\xff\x4f\xff\x51", Foreign::OtherImage),
    (b"\x97JB2", Foreign::OtherImage),
    (b"8BPS", Foreign::OtherImage),
    (b"PK\x05\x06", Foreign::Archive),
    (b"Rar!", Foreign::Archive),
    (b"7z\xbc\xaf\x27\x1c", Foreign::Archive),
    (b"\x1f\x8b", Foreign::Archive),
    (b"BZh", Foreign::Archive),
    (b"\xfd7zXZ\0", Foreign::Archive),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign::OfficeDocument),
    (b"{\\rtf", Foreign::OfficeDocument),
    // Outlook's way of packing a mail: winmail.dat.
    (b"\x78\x9f\x3e\x22", Foreign::Mail),
    (b"MZ", Foreign::Program),
    (b"\x7fELF", Foreign::Program),
    (b"#!", Foreign::Program),
];

/// Header names that open a saved mail.
const MAIL_HEADERS: [&str; 12] = [
    "return-path:",
    "received:",
    "delivered-to:",
    "from:",
    "to:",
    "subject:",
    "date:",
    "message-id:",
    "mime-version:",
    "content-type:",
    "x-original-to:",
    "dkim-signature:",
];

/// The format of a file that starts with `head` (its first [`HEAD`] bytes, or all of it when shorter).
///
/// # Errors
/// The reason for which a file with this content is set aside.
pub fn sniff(head: &[u8]) -> Result<Format, Refusal> {
    classify(head).map_err(Foreign::refusal)
}

/// As [`sniff`], before words are found for it.
pub fn classify(head: &[u8]) -> Result<Format, Foreign> {
    let head = &head[..head.len().min(HEAD)];
    if let Some(format) = accepted_start(head) {
        return Ok(format);
    }
    // Before the search for `%PDF-`: an archive may hold a PDF as it is, close to its start.
    if let Some(foreign) = foreign_start(head) {
        return Err(foreign);
    }
    let Some(at) = head.windows(5).position(|w| w == b"%PDF-") else {
        return if opens_an_object(head) { Ok(Format::Pdf) } else { Err(by_text(head)) };
    };
    // A mail may carry a PDF as it is, too.
    if by_text(&head[..at]) == Foreign::Mail { Err(Foreign::Mail) } else { Ok(Format::Pdf) }
}

/// A PDF that lost its first line, or wrote it wrongly, is known by its first object: `1 0 obj` on a line of its own.
fn opens_an_object(head: &[u8]) -> bool {
    let is_object = |line: &[u8]| {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let mut number = || words.next().is_some_and(|word| word.len() < 11 && word.iter().all(u8::is_ascii_digit));
        number() && number() && words.next().is_some_and(|word| word.starts_with(b"obj"))
    };
    head.split(|byte| matches!(byte, b'\n' | b'\r')).take(20).any(is_object)
}

/// True for the first bytes of a scan and nothing more: what it will be is not written yet.
pub fn is_cut_start(head: &[u8]) -> bool {
    const STARTS: [&[u8]; 7] = [b"%PDF-", b"II*\0", b"II+\0", b"MM\0*", b"MM\0+", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"];
    STARTS.iter().any(|start| head.len() < start.len() && start.starts_with(head))
}

fn accepted_start(head: &[u8]) -> Option<Format> {
    match head {
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(Format::Pdf),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Format::Tiff),
        [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
        _ => None,
    }
}

fn foreign_start(head: &[u8]) -> Option<Foreign> {
    if head.is_empty() {
        return Some(Foreign::Empty);
    }
    if head.starts_with(b"PK\x03\x04") {
        return Some(if is_office(head) { Foreign::OfficeDocument } else { Foreign::Archive });
    }
    if head.get(4..8) == Some(b"ftyp") {
        return Some(by_brand(head.get(8..12).unwrap_or_default()));
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Some(Foreign::OtherImage);
    }
    STARTS.iter().find(|(start, _)| head.starts_with(start)).map(|(_, foreign)| *foreign)
}

/// Word, Excel, LibreOffice are archives whose first entries have these names.
fn is_office(head: &[u8]) -> bool {
    [&b"[Content_Types].xml"[..], b"mimetypeapplication/vnd", b"word/", b"xl/", b"_rels/.rels"].iter().any(|n| contains(head, n))
}

/// ISO base media files: phone photos; everything else (films) is of no use either.
fn by_brand(brand: &[u8]) -> Foreign {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Foreign::Heic,
        b"avif" | b"avis" => Foreign::OtherImage,
        _ => Foreign::Unknown,
    }
}

fn by_text(head: &[u8]) -> Foreign {
    let Some(text) = as_text(head) else { return Foreign::Unknown };
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).to_lowercase();
    if ["<!doctype", "<html", "<?xml", "<head", "<body", "<svg"].iter().any(|s| text.starts_with(s)) {
        return Foreign::Html;
    }
    // One header could be a note; two are a mail.
    let headers = text.lines().take(20).filter(|line| MAIL_HEADERS.iter().any(|h| line.starts_with(h))).count();
    if headers >= 2 { Foreign::Mail } else { Foreign::Text }
}

/// The head as text, when it is text: no control characters but those of lines and tabs.
fn as_text(head: &[u8]) -> Option<String> {
    let is_control = |b: &u8| *b < 32 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x0c);
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Some(String::new());
    }
    (!head.iter().any(is_control)).then(|| String::from_utf8_lossy(head).into_owned())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|w| w == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(head: &[u8]) -> String {
        sniff(head).unwrap_err().code
    }

    #[test]
    fn accepted_formats_by_content() {
        assert_eq!(sniff(b"%PDF-1.7\n").unwrap(), Format::Pdf);
        for start in [&b"II*\0\x08\0\0\0"[..], b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"] {
            assert_eq!(sniff(start).unwrap(), Format::Tiff);
        }
        assert_eq!(sniff(b"\xff\xd8\xff\xe0\0\x10JFIF").unwrap(), Format::Jpeg);
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap(), Format::Png);
    }

    #[test]
    fn junk_before_a_pdf_up_to_1024_bytes() {
        let mut file = vec![b'x'; 900];
        file.extend(b"%PDF-1.4\n");
        assert_eq!(sniff(&file).unwrap(), Format::Pdf);
        let mut late = vec![b'x'; 1022];
        late.extend(b"%PDF-1.4\n");
        assert_eq!(code(&late), "type_texte");
    }

    #[test]
    fn a_pdf_without_its_first_line_is_known_by_its_first_object() {
        assert_eq!(sniff(b"%PDF1.4\r\n%\xe2\xe3\r\n1 0 obj\r\n<<").unwrap(), Format::Pdf);
        assert_eq!(sniff(b"\n12 0 obj<</Type").unwrap(), Format::Pdf);
        assert_eq!(code(b"Il y a 1 0 obj ici\n"), "type_texte");
    }

    #[test]
    fn an_archive_with_a_pdf_inside_is_an_archive() {
        assert_eq!(code(b"PK\x03\x04\x0a\0\0\0\0\0aaaaaaaaaaaaaaaaascan.pdf%PDF-1.4"), "type_archive");
        assert_eq!(code(b"PK\x03\x04\x14\0\x06\0\x08\0....[Content_Types].xml"), "type_bureautique");
    }

    #[test]
    fn foreign_contents_have_their_own_code() {
        assert_eq!(code(b""), "fichier_vide");
        assert_eq!(code(b"\0\0\0\x24ftypheic\0\0\0\0"), "type_heic");
        assert_eq!(code(b"RIFF\x10\0\0\0WEBPVP8 "), "type_image");
        assert_eq!(code(b"Return-Path: <a@b>\r\nReceived: from x\r\nSubject: dossier\r\n"), "type_courriel");
        assert_eq!(code(b"From: a@b\r\nTo: c@d\r\nSubject: x\r\n\r\n--b\r\n\r\n%PDF-1.4\n"), "type_courriel");
        assert_eq!(code("Date: demain\nBonjour à tous".as_bytes()), "type_texte");
        assert_eq!(code(b"\xef\xbb\xbf<?xml version=\"1.0\"?>"), "type_page_web");
        assert_eq!(code(b"  <!DOCTYPE html><p>"), "type_page_web");
        assert_eq!(code(b"MZ\x90\0\x03"), "type_programme");
        assert_eq!(code(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"), "type_bureautique");
        assert_eq!(code(b"\0\x01\x02\x03"), "type_inconnu");
        assert_eq!(code(b"I"), "type_texte");
    }
}
