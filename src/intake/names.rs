//! What the name of a file says: a copy in progress, a mark beside a file, a scan. And how a name is
//! shown: names are written by strangers.

/// The suffix of the mark that a scanner puts beside a finished file: `lot-03.pdf.done`.
pub const DONE_MARK: &str = ".done";

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

/// The kind of a name.
#[must_use]
pub fn kind_of_name(name: &str) -> NameKind {
    let lower = name.to_lowercase();
    if name.starts_with('.') || lower == "thumbs.db" || lower == "desktop.ini" {
        NameKind::Hidden
    } else if lower.ends_with(DONE_MARK) {
        NameKind::DoneMark
    } else if name.starts_with("~$") || UNFINISHED.iter().any(|end| lower.ends_with(end)) {
        NameKind::Unfinished
    } else {
        NameKind::Candidate
    }
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
        assert_eq!(kind_of_name("lot 03 été.PDF"), NameKind::Candidate);
        assert_eq!(kind_of_name("scan"), NameKind::Candidate);
        assert_eq!(kind_of_name("lot.pdf.done"), NameKind::DoneMark);
        assert_eq!(kind_of_name("lot.pdf.PART"), NameKind::Unfinished);
        assert_eq!(kind_of_name("lot.pdf~"), NameKind::Unfinished);
        assert_eq!(kind_of_name(".nfs0000"), NameKind::Hidden);
        assert_eq!(kind_of_name("Thumbs.db"), NameKind::Hidden);
        assert_eq!(kind_of_name("apart.pdf"), NameKind::Candidate);
    }

    #[test]
    fn hostile_names_are_shown_harmless() {
        assert_eq!(shown_name("a\nb\u{202e}fdp.exe".as_ref()), "a\u{fffd}b\u{fffd}fdp.exe");
        assert_eq!(shown_name(std::ffi::OsStr::from_bytes(b"a\xff.pdf")), "a\u{fffd}.pdf");
        assert_eq!(shown_name("x".repeat(300).as_ref()).len(), 200);
    }
}
