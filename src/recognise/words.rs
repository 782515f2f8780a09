//! What is a word and what is noise, and whether a page of words makes sense in this direction.

use crate::domain::Word;

/// Confidence from which a word counts as read.
const READ: f32 = 0.7;

/// How much was read for certain: letters in confident words of three letters and more. Upside down,
/// the engine finds as many shapes but almost none of these.
#[must_use]
pub fn sense(words: &[Word]) -> u32 {
    words.iter().map(weight).sum()
}

fn weight(word: &Word) -> u32 {
    let letters = word.text.chars().filter(|c| c.is_alphanumeric()).count() as u32;
    let fillers = word.text.matches('<').count();
    // Fillers of a machine-readable zone are never read upside down.
    if fillers >= 4 {
        return 20;
    }
    let plain = word.text.chars().all(|c| c.is_alphanumeric() || "'’-.,:;()/°«»\"!?€%@<".contains(c));
    if word.confidence >= READ && letters >= 3 && plain { letters } else { 0 }
}

/// True when the words leave no doubt that the page is the right way up.
#[must_use]
pub fn is_convincing(words: &[Word]) -> bool {
    let sense = sense(words);
    let all: u32 = words.iter().map(|w| w.text.chars().count() as u32).sum();
    sense >= 120 && sense * 4 >= all || sense >= 24 && sense * 2 >= all
}

/// Words without the shapes that an engine makes of rules, combs and grain.
#[must_use]
pub fn clean(words: Vec<Word>, dpi: u32) -> Vec<Word> {
    // No printed line on a form or letter is taller than an inch.
    words.into_iter().filter(|w| is_word(w) && w.rect.h <= dpi.max(72) && w.rect.w > 1 && w.rect.h > 2).collect()
}

fn is_word(word: &Word) -> bool {
    let signs = word.text.chars().filter(|c| c.is_alphanumeric() || "<€@&".contains(*c)).count();
    // Long numbers and machine-readable lines come with no confidence at all and are right all the same.
    signs >= 4 || signs > 0 && word.confidence > 0.2 || word.confidence >= 0.6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Engine, Rect};

    fn word(text: &str, confidence: f32) -> Word {
        Word { text: text.to_owned(), rect: Rect::new(10, 10, 60, 20), confidence, line: 1, engine: Engine::Tesseract }
    }

    #[test]
    fn a_page_upside_down_does_not_convince() {
        let upright: Vec<Word> =
            "République française Préfecture de police Récépissé de demande".split(' ').map(|t| word(t, 0.94)).collect();
        let flipped: Vec<Word> = "asıeouey anbı|qnday ap 29]od ®p ezpn1993 ne".split(' ').map(|t| word(t, 0.31)).collect();
        assert!(is_convincing(&upright) && !is_convincing(&flipped));
        assert!(sense(&upright) > 5 * sense(&flipped));
    }
}
