//! Several page files as one original: a plain `tar` archive that depends on the pages and their order
//! alone, so that the same pages always have the same hash. Any archive program opens it.
//!
//! ```text
//! page-0001.tif, page-0002.tif, …      mode 0600, owner 0, date 1970
//! ```

use super::Format;
use std::ops::Range;

/// Size of a header, and what contents are filled up to (POSIX.1-1988, `ustar`).
const BLOCK: usize = 512;
/// Largest content that the eleven octal digits of a header can state.
const LARGEST: u64 = 0o777_7777_7777;

/// The header that stands before page `number` (1-based); `format` is that of its content, where known.
/// `None` for a content of more than 8 GiB.
#[must_use]
pub fn bundle_header(number: usize, format: Option<Format>, bytes: u64) -> Option<[u8; BLOCK]> {
    if bytes > LARGEST {
        return None;
    }
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, &format!("page-{number:04}.{}", extension(format)));
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{bytes:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    Some(block)
}

/// Zeros that follow a content of so many bytes.
#[must_use]
pub fn bundle_padding(bytes: u64) -> usize {
    (BLOCK - (bytes % BLOCK as u64) as usize) % BLOCK
}

/// Zeros that end a bundle.
pub const BUNDLE_END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// Where each page stands, in order, with its format; `None` when `bytes` is no whole bundle.
#[must_use]
pub fn bundle_pages(bytes: &[u8]) -> Option<Vec<(Option<Format>, Range<usize>)>> {
    let mut pages = Vec::new();
    let mut at = 0;
    loop {
        let head = bytes.get(at..at + BLOCK)?;
        if head.iter().all(|b| *b == 0) {
            return (!pages.is_empty() && bytes.len() == at + BUNDLE_END.len()).then_some(pages);
        }
        let size = std::str::from_utf8(&head[124..135]).ok().and_then(|octal| usize::from_str_radix(octal, 8).ok())?;
        let start = at + BLOCK;
        let end = start.checked_add(size)?;
        let name = head[..100].split(|b| *b == 0).next()?;
        let known = bundle_header(pages.len() + 1, format_of(name), size as u64)?;
        // Nothing but what we write ourselves: no links, no other names, no other dates.
        if head != known || end > bytes.len() {
            return None;
        }
        pages.push((format_of(name), start..end));
        at = end + bundle_padding(size as u64);
    }
}

fn extension(format: Option<Format>) -> &'static str {
    match format {
        Some(Format::Pdf) => "pdf",
        Some(Format::Tiff) => "tif",
        Some(Format::Jpeg) => "jpg",
        Some(Format::Png) => "png",
        Some(Format::Bundle) | None => "bin",
    }
}

fn format_of(name: &[u8]) -> Option<Format> {
    match name.get(name.len().checked_sub(3)?..)? {
        b"pdf" => Some(Format::Pdf),
        b"tif" => Some(Format::Tiff),
        b"jpg" => Some(Format::Jpeg),
        b"png" => Some(Format::Png),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(pages: &[(Option<Format>, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, (format, content)) in (1..).zip(pages) {
            out.extend(bundle_header(number, *format, content.len() as u64).unwrap());
            out.extend(*content);
            out.resize(out.len() + bundle_padding(content.len() as u64), 0);
        }
        out.extend(BUNDLE_END);
        out
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let bytes = bundle(&[(Some(Format::Tiff), &[7; 512]), (None, b""), (Some(Format::Jpeg), b"abc")]);
        let pages = bundle_pages(&bytes).unwrap();
        let contents: Vec<&[u8]> = pages.iter().map(|(_, range)| &bytes[range.clone()]).collect();
        assert_eq!(contents, [&[7; 512][..], b"", b"abc"]);
        assert_eq!(pages.iter().map(|p| p.0).collect::<Vec<_>>(), [Some(Format::Tiff), None, Some(Format::Jpeg)]);
        for cut in 0..bytes.len() {
            assert_eq!(bundle_pages(&bytes[..cut]), None, "cut at {cut}");
        }
        for at in (0..512).chain(1024..1536) {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_eq!(bundle_pages(&other), None, "byte {at}");
        }
    }

    #[test]
    fn tar_lists_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pli.tar");
        std::fs::write(&path, bundle(&[(Some(Format::Tiff), b"II*\0"), (Some(Format::Pdf), &[b'x'; 1000])])).unwrap();
        let listed = std::process::Command::new("tar").arg("-tvf").arg(&path).env("LC_ALL", "C").output().unwrap();
        let text = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.status.success() && text.contains("page-0001.tif") && text.contains("1000 1970-01-01"), "{text}");
    }
}
