//! Files of which only the attachments are locked: the pages are plain, and shown as every viewer shows them.

use std::sync::Arc;

/// The reference to the rules of encryption, and the same length without a meaning.
const KEY: &[u8] = b"/Encrypt";
const NO_KEY: &[u8] = b"/EncrypT";

/// The file without its lock, where that lock is on nothing but attachments; else the file as it is.
///
/// Streams and strings are then stored under the filter `Identity` (ISO 32000-2, 7.6.6, tables 20 and 25), and the
/// only thing in the way of the reader that draws is that it wants a password for the attachments first.
pub fn unlocked(bytes: Arc<[u8]>) -> Arc<[u8]> {
    let places: Vec<usize> = places(&bytes).collect();
    let locks_attachments = !places.is_empty() && places.iter().all(|at| rules_of(&bytes, *at).is_some_and(spares_the_pages));
    if !locks_attachments {
        return bytes;
    }
    let mut plain = bytes.to_vec();
    for at in places {
        plain[at..at + KEY.len()].copy_from_slice(NO_KEY);
    }
    plain.into()
}

/// Where a trailer refers to its rules: the key and a reference, `12 0 R`.
fn places(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let is_key = |at: &usize| bytes[*at..].starts_with(KEY) && reference(&bytes[at + KEY.len()..]).is_some();
    memchr_slash(bytes).filter(is_key)
}

fn memchr_slash(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at)
}

/// Number and generation of a reference, which must be the next thing.
fn reference(rest: &[u8]) -> Option<(u32, u32)> {
    let text = std::str::from_utf8(rest.get(..rest.len().min(24))?.split(|b| !b.is_ascii()).next()?).ok()?;
    let mut words = text.split_ascii_whitespace();
    let (number, generation) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    words.next()?.starts_with('R').then_some((number, generation))
}

/// The dictionary that the trailer at `at` refers to. It is never inside an object stream (7.5.7).
fn rules_of(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let (number, generation) = reference(&bytes[at + KEY.len()..])?;
    let start = format!("{number} {generation} obj");
    let found = find(bytes, start.as_bytes(), |before| before.is_none_or(|b| b.is_ascii_whitespace()))?;
    let object = &bytes[found + start.len()..];
    let end = find(object, b"endobj", |_| true)?;
    Some(&object[..end])
}

/// Version 4 or 5 with `/StmF` and `/StrF` absent or `/Identity`, and no metadata to open either.
fn spares_the_pages(rules: &[u8]) -> bool {
    let value = |key: &[u8]| {
        let at = find(rules, key, |_| true)? + key.len();
        let text = rules[at..].trim_ascii_start();
        let name = text.strip_prefix(b"/")?;
        Some(&name[..name.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(name.len())])
    };
    let plain = |key: &[u8]| value(key).is_none_or(|name| name == b"Identity");
    find(rules, b"/CF", |_| true).is_some() && plain(b"/StmF") && plain(b"/StrF")
}

fn find(bytes: &[u8], part: &[u8], before: impl Fn(Option<u8>) -> bool) -> Option<usize> {
    let is_here = |at: &usize| before(at.checked_sub(1).map(|b| bytes[b]));
    bytes.windows(part.len()).enumerate().filter(|(_, window)| *window == part).map(|(at, _)| at).find(is_here)
}

#[cfg(test)]
mod tests {
    use super::unlocked;

    fn file(rules: &str) -> Vec<u8> {
        format!("%PDF-2.0\n5 0 obj\n<</Filter/Standard/V 5{rules}>>\nendobj\ntrailer\n<</Root 1 0 R/Encrypt 5 0 R>>\n%%EOF").into_bytes()
    }

    #[test]
    fn only_a_lock_on_attachments_alone_is_taken_off() {
        let attachments = file("/CF<</StdCF<</AuthEvent/EFOpen/CFM/AESV3>>>>/StmF/Identity/StrF /Identity/EFF/StdCF");
        assert!(unlocked(attachments.into()).windows(8).all(|w| w != b"/Encrypt"));
        for rules in ["/CF<</StdCF<</CFM/AESV3>>>>/StmF/StdCF/StrF/StdCF", "/CF<<>>/StmF/Identity/StrF/StdCF", ""] {
            let whole = file(rules);
            assert_eq!(&*unlocked(whole.clone().into()), &whole[..]);
        }
    }
}
