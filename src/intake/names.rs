//! What the name of a file says: a copy in progress, a mark beside a file, a scan. And how a name is
//! shown: names are written by strangers.

use std::cmp::Ordering;

/// Endings that programs give to what they have not finished writing.
const UNFINISHED: [&str; 7] = [".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", "~"];

/// What a name in the drop folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A file to take once it is complete.
    Candidate,
    /// A mark that says that the file of the same name is complete.
    DoneMark,
    /// Being written under a name for the time being; the rename brings it back.
    Unfinished,
    /// A file of the system, never shown.
    Hidden,
}

/// The kind of a name; `mark` is the ending (or whole name) of marks, such as `.done`.
#[must_use]
pub fn kind_of_name(name: &str, mark: &str) -> NameKind {
    let lower = name.to_lowercase();
    if lower.ends_with(&mark.to_lowercase()) && !name.is_empty() {
        NameKind::DoneMark
    } else if name.starts_with('.') || lower == "thumbs.db" || lower == "desktop.ini" {
        NameKind::Hidden
    } else if name.starts_with("~$") || UNFINISHED.iter().any(|end| lower.ends_with(end)) {
        NameKind::Unfinished
    } else {
        NameKind::Candidate
    }
}

/// The order in which people count: `page 9` before `page 10`, letters before case.
#[must_use]
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some(l), Some(r)) = (left.chars().next(), right.chars().next()) {
        if l.is_ascii_digit() && r.is_ascii_digit() {
            let (ln, lrest) = digits(left);
            let (rn, rrest) = digits(right);
            let by_number = ln.len().cmp(&rn.len()).then_with(|| ln.cmp(rn));
            if by_number.is_ne() {
                return by_number;
            }
            (left, right) = (lrest, rrest);
        } else {
            let by_letter = l.to_lowercase().cmp(r.to_lowercase());
            if by_letter.is_ne() {
                return by_letter;
            }
            (left, right) = (&left[l.len_utf8()..], &right[r.len_utf8()..]);
        }
    }
    // `007` and `7`, `A` and `a`: the bytes decide, so that the order is the same everywhere.
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The number that `text` begins with, without leading zeros, and what follows.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].trim_start_matches('0'), &text[end..])
}

/// A name fit for a page, a log line or a database: no control characters, none that reverse the
/// direction of writing, at most 200 characters.
#[must_use]
pub fn shown_name(name: &std::ffi::OsStr) -> String {
    let visible = |c: char| match c {
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    name.to_string_lossy().chars().map(visible).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn names_say_what_is_in_progress() {
        assert_eq!(kind_of_name("lot 03 été.PDF", ".done"), NameKind::Candidate);
        assert_eq!(kind_of_name("scan", ".done"), NameKind::Candidate);
        assert_eq!(kind_of_name("lot.pdf.done", ".done"), NameKind::DoneMark);
        assert_eq!(kind_of_name("lot.pdf.PART", ".done"), NameKind::Unfinished);
        assert_eq!(kind_of_name("lot.pdf~", ".done"), NameKind::Unfinished);
        assert_eq!(kind_of_name(".nfs0000", ".done"), NameKind::Hidden);
        assert_eq!(kind_of_name("Thumbs.db", ".done"), NameKind::Hidden);
        assert_eq!(kind_of_name("apart.pdf", ".done"), NameKind::Candidate);
    }

    #[test]
    fn a_mark_may_have_any_name() {
        assert_eq!(kind_of_name(".done", ".done"), NameKind::DoneMark);
        assert_eq!(kind_of_name("FIN.OK", "fin.ok"), NameKind::DoneMark);
        assert_eq!(kind_of_name("lot.pdf.done", ".ok"), NameKind::Candidate);
    }

    #[test]
    fn pages_are_counted_as_people_do() {
        let mut names = ["page 10.tif", "Page 9.tif", "page 1.tif", "page 01.tif", "annexe.tif", "page.tif", "99999999999999999999999.tif"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(
            names,
            ["99999999999999999999999.tif", "annexe.tif", "page 01.tif", "page 1.tif", "Page 9.tif", "page 10.tif", "page.tif"]
        );
    }

    #[test]
    fn hostile_names_are_shown_harmless() {
        assert_eq!(shown_name("a\nb\u{202e}fdp.exe".as_ref()), "a\u{fffd}b\u{fffd}fdp.exe");
        assert_eq!(shown_name(std::ffi::OsStr::from_bytes(b"a\xff.pdf")), "a\u{fffd}.pdf");
        assert_eq!(shown_name("x".repeat(300).as_ref()).len(), 200);
    }
}
