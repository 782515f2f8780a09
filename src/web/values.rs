//! Values as an agent reads and types them: French form on the screen, normal form in the line.
//!
//! An entry is taken or refused with a sentence; nothing is guessed from it.

mod countries;
mod entry;
mod show;

pub(super) use entry::{Entry, normalise, unchanged};
pub(super) use show::{address_parts, choices, show};

/// One space between words, none at the ends; narrow and no-break spaces count as spaces.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without case, accents and the two forms of the apostrophe, for comparison.
fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let bare = squeeze(text).nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect::<String>();
    bare.to_lowercase().replace('’', "'")
}

/// The words of a choice: the first that is more than an initial.
fn choice_words(choice: &crate::catalogue::Choice) -> &str {
    let long = choice.words.iter().find(|w| w.chars().count() > 2);
    long.or(choice.words.first()).map_or(choice.id.as_str(), String::as_str)
}
