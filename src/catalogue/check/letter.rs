//! Letters that name only what the program can fill in.

use super::{Checker, nearest};
use crate::catalogue::{FLAGS, LetterDef, PLACEHOLDERS, placeholders};
use crate::domain::FieldId;
use std::collections::BTreeSet;

impl Checker<'_> {
    pub(super) fn letters(&mut self) {
        let catalogue = self.catalogue;
        self.unique("letters/", "letter", catalogue.letters.iter().map(|l| l.id.as_str()));
        for letter in &catalogue.letters {
            self.letter(letter);
        }
        let codes: BTreeSet<&str> = catalogue.letters.iter().map(|l| l.code.as_str()).collect();
        if codes.len() != catalogue.letters.len() {
            self.report(
                "letters/",
                "code =",
                "two letters have one code".into(),
                Some("the code leads a returned page to its letter".into()),
            );
        }
    }

    fn letter(&mut self, letter: &LetterDef) {
        let file = format!("letters/{}.toml", letter.id);
        if letter.sources.is_empty() {
            self.report(&file, "id =", "the letter names no source".into(), Some("give the articles that ask for it".into()));
        }
        if letter.code.len() != 2 || !letter.code.chars().all(|c| c.is_ascii_uppercase()) {
            self.report(&file, "code =", format!("code `{}` is not two capitals", letter.code), None);
        }
        let words: BTreeSet<&str> = PLACEHOLDERS.iter().map(|(word, _)| *word).collect();
        let flags: BTreeSet<&str> = FLAGS.iter().map(|(flag, _)| *flag).collect();
        for block in &letter.blocks {
            for word in placeholders(&block.text).filter(|word| !words.contains(word)) {
                self.report(&file, &format!("{{{word}}}"), format!("unknown word {{{word}}}"), nearest(word, &words));
            }
            if let Some((flag, _)) = block.condition().filter(|(flag, _)| !flags.contains(flag)) {
                self.report(&file, flag, format!("unknown condition `{flag}`"), nearest(flag, &flags));
            }
        }
        let catalogue = self.catalogue;
        let known: BTreeSet<&str> = catalogue.fields.iter().map(|f| f.id.as_str()).collect();
        let told: Vec<&str> = letter.reads_back.iter().chain(letter.labels.keys()).map(FieldId::as_str).collect();
        for field in told.into_iter().filter(|f| !known.contains(f)) {
            self.unknown(&file, "field", field, &known);
        }
    }
}
