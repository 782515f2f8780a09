//! Patterns of the catalogue and of field kinds, compiled once: compiling one takes far longer than looking for it on a page.

use regex::Regex;
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The compiled pattern; `None` when it is no pattern (those of the catalogue were checked when it was loaded).
pub(super) fn compiled(pattern: &str) -> Option<Regex> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Option<Regex>>>> = OnceLock::new();
    // A thread that died while it held the map left it whole: entries are only added.
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(pattern) {
        return found.clone();
    }
    let regex = Regex::new(pattern).ok();
    known.insert(pattern.to_owned(), regex.clone());
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_the_same_the_second_time_and_a_bad_one_is_none() {
        for _ in 0..2 {
            assert!(compiled("^(?:[0-9]{10})$").unwrap().is_match("9912345678"));
            assert!(compiled("(?i:n° (ab+))").unwrap().is_match("N° ABB"));
            assert!(compiled("(").is_none());
        }
    }
}
