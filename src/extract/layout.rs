//! The words of a page as rows from left to right: engines cut a table row into several lines, and a
//! label belongs to what stands beside or below it.

use super::text::squeeze;
use crate::domain::{PageRead, Rect, Word};

/// One printed word.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub text: String,
    /// Without accents, case and punctuation; empty for a mere sign.
    pub key: String,
    pub rect: Rect,
    pub confidence: f32,
    /// A colon follows: what stands before it is a label.
    pub colon: bool,
    /// A slash stands before it: behind a label begins its second language.
    pub slash: bool,
}

/// Words on one height, left to right.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub tokens: Vec<Token>,
    pub rect: Rect,
}

impl Row {
    pub fn text(&self) -> String {
        join(&self.tokens)
    }
}

/// A page as rows from top to bottom.
#[derive(Clone, Debug)]
pub(super) struct Layout<'a> {
    pub page: &'a PageRead,
    pub rows: Vec<Row>,
    /// Usual height of a word, pixels.
    pub em: u32,
    /// All rows, squeezed, for phrases that run over a line end.
    pub squeezed: String,
}

/// Words joined by one space.
pub(super) fn join(tokens: &[Token]) -> String {
    tokens.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The rectangle around all tokens.
pub(super) fn around(tokens: &[Token]) -> Rect {
    let mut rects = tokens.iter().map(|t| t.rect);
    let first = rects.next().unwrap_or_default();
    rects.fold(first, |all, r| all.union(&r))
}

impl<'a> Layout<'a> {
    pub fn new(page: &'a PageRead) -> Self {
        let em = median_height(&page.words);
        let colons: Vec<Rect> =
            page.words.iter().filter(|w| matches!(w.text.trim(), ":" | "::" | ".:" | ":." | ";")).map(|w| w.rect).collect();
        let slashes: Vec<Rect> = page.words.iter().filter(|w| w.text.trim() == "/").map(|w| w.rect).collect();
        let mut words: Vec<&Word> = page.words.iter().filter(|w| is_text(w, em)).collect();
        words.sort_by_key(|w| w.rect.y * 2 + w.rect.h);
        let mut rows: Vec<Vec<Token>> = Vec::new();
        for word in words {
            let mut token = token(word);
            token.colon |= colons
                .iter()
                .any(|c| c.x + em / 2 >= token.rect.right() && c.x < token.rect.right() + em && c.vertical_overlap(&token.rect) > 0);
            token.slash |=
                slashes.iter().any(|s| s.x < token.rect.x && token.rect.x <= s.right() + em && s.vertical_overlap(&token.rect) > 0);
            // Rows are few and words come from the top: only the last ones can take this word.
            match rows.iter_mut().rev().take(4).find(|row| same_height(row, &token)) {
                Some(row) => row.push(token),
                None => rows.push(vec![token]),
            }
        }
        let mut rows: Vec<Row> = rows
            .into_iter()
            .map(|mut tokens| {
                tokens.sort_by_key(|t| t.rect.x);
                Row { rect: around(&tokens), tokens }
            })
            .collect();
        rows.sort_by_key(|r| r.rect.y * 2 + r.rect.h);
        let squeezed = rows.iter().flat_map(|r| r.tokens.iter().map(|t| t.key.as_str())).collect();
        Self { page, rows, em, squeezed }
    }

    /// The text with one line per row.
    pub fn text(&self) -> String {
        self.rows.iter().map(Row::text).collect::<Vec<_>>().join("\n")
    }

    /// The words that the characters `from..to` of [`Layout::text`] touch, as a rectangle of the upright picture.
    pub fn rect_of(&self, from: usize, to: usize) -> Rect {
        let mut at = 0;
        let mut hit: Vec<Token> = Vec::new();
        for row in &self.rows {
            for token in &row.tokens {
                let end = at + token.text.len();
                if at < to && end > from {
                    hit.push(token.clone());
                }
                at = end + 1;
            }
        }
        around(&hit)
    }
}

fn token(word: &Word) -> Token {
    Token {
        text: word.text.clone(),
        key: squeeze(&word.text),
        rect: word.rect,
        confidence: word.confidence,
        colon: word.text.ends_with(':'),
        slash: word.text.starts_with('/'),
    }
}

fn median_height(words: &[Word]) -> u32 {
    let mut heights: Vec<u32> = words.iter().filter(|w| w.text.chars().count() > 2).map(|w| w.rect.h).collect();
    heights.sort_unstable();
    heights.get(heights.len() / 2).copied().unwrap_or(30).max(8)
}

/// Leaves out frames, dotted leaders and drawings that an engine took for letters.
fn is_text(word: &Word, em: u32) -> bool {
    let letters = word.text.chars().filter(|c| c.is_alphanumeric()).count();
    letters > 0 && (word.rect.h <= em * 3 || letters > 4) && (letters > 1 || word.confidence > 0.2)
}

fn same_height(row: &[Token], token: &Token) -> bool {
    // The nearest word of the row decides, so that a slight slope does not tear a long row.
    let near = row.iter().min_by_key(|t| t.rect.x.abs_diff(token.rect.x));
    near.is_some_and(|t| t.rect.vertical_overlap(&token.rect) * 2 > t.rect.h.min(token.rect.h))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{Engine, PageState, Transform};

    /// A page of 2480 x 3508 pixels with these lines: `(x, y, text)`, letters 20 pixels wide and 30 high.
    pub fn page(lines: &[(u32, u32, &str)]) -> PageRead {
        let mut words = Vec::new();
        for (line, &(x, y, text)) in lines.iter().enumerate() {
            let mut at = x;
            for part in text.split(' ') {
                let w = 20 * part.chars().count() as u32;
                words.push(Word {
                    text: part.to_owned(),
                    rect: Rect::new(at, y, w, 30),
                    confidence: 0.95,
                    line: line as u32,
                    engine: Engine::Tesseract,
                });
                at += w + 20;
            }
        }
        PageRead {
            number: 1,
            dpi: 300,
            transform: Transform { quarter_turns: 0, skew: 0.0, scan_width: 2480, scan_height: 3508, sheet: None },
            state: PageState::Read,
            words,
            zones: Vec::new(),
            checkboxes: Vec::new(),
            mrz: Vec::new(),
            codes: Vec::new(),
            marks: Vec::new(),
            looks: Vec::new(),
        }
    }

    #[test]
    fn a_table_row_that_the_engine_cut_is_one_row_again() {
        let page = page(&[(200, 100, "Date de facture"), (200, 200, "Client"), (1000, 104, "03/09/2026")]);
        let layout = Layout::new(&page);
        assert_eq!(layout.rows.iter().map(Row::text).collect::<Vec<_>>(), ["Date de facture 03/09/2026", "Client"]);
        let text = layout.text();
        let at = text.find("03/").unwrap();
        assert_eq!(layout.rect_of(at, at + 10).x, 1000);
    }
}
