//! What is said to the applicant: a letter is prepared from the constat and the settled values, confirmed line by line and signed by a
//! named agent, and printed as a tagged PDF that depends on the letter alone.
//!
//! ```text
//! pipelines/letters ─┐
//! constat, values ───┼─► prepare ─► Letter ─► print ─► PDF
//! service, agent ────┘
//! ```
//!
//! The texts are data; the machine signs nothing and sends nothing.

mod fonts;
mod layout;
mod prepare;
mod print;
mod recipient;

pub use prepare::{Known, NotReady, prepare};
pub use print::{PrintError, print};

use crate::catalogue::Catalogue;

/// Characters of the letters that no font of the program has, with the file that they stand in.
#[must_use]
pub fn unprintable(catalogue: &Catalogue) -> Vec<(String, char)> {
    let help = catalogue.help.lines.iter().map(|line| ("aide.toml".to_owned(), line.text.clone()));
    let letters = catalogue.letters.iter().flat_map(|letter| {
        let slip = letter.slip.iter().flat_map(|s| [&s.title, &s.lead]);
        let texts = letter.blocks.iter().map(|b| &b.text).chain(slip).chain([&letter.title]);
        texts.map(|text| (format!("letters/{}.toml", letter.id), text.clone())).collect::<Vec<_>>()
    });
    help.chain(letters)
        .flat_map(|(file, text)| text.chars().filter(|c| !fonts::has(*c)).map(|c| (file.clone(), c)).collect::<Vec<_>>())
        .collect()
}

#[cfg(test)]
mod tests;
