//! A plain text of sections and lines, narrow enough to be printed.

use std::fmt::Write as _;

const WIDTH: usize = 96;

/// The text as it grows.
#[derive(Default)]
pub(super) struct Sheet(String);

impl Sheet {
    pub(super) fn title(&mut self, words: &str) {
        let _ = writeln!(self.0, "{}\n{}", words.to_uppercase(), "=".repeat(words.chars().count()));
    }

    pub(super) fn section(&mut self, words: &str) {
        let _ = writeln!(self.0, "\n{words}\n{}", "-".repeat(words.chars().count()));
    }

    pub(super) fn line(&mut self, words: &str) {
        self.wrapped("", words);
    }

    pub(super) fn item(&mut self, words: &str) {
        self.wrapped("- ", words);
    }

    /// Below an item.
    pub(super) fn detail(&mut self, words: &str) {
        self.wrapped("    ", words);
    }

    /// The items with their heading, or nothing.
    pub(super) fn items(&mut self, heading: &str, items: &[String]) {
        if !items.is_empty() {
            self.line(heading);
            for item in items {
                self.item(item);
            }
        }
    }

    pub(super) fn done(self) -> String {
        self.0
    }

    fn wrapped(&mut self, lead: &str, words: &str) {
        let indent = lead.chars().count();
        let (mut line, mut length) = (lead.to_owned(), indent);
        let mut bare = true;
        for word in words.split(' ') {
            let size = word.chars().count();
            if !bare && length + 1 + size > WIDTH {
                let _ = writeln!(self.0, "{line}");
                (line, length, bare) = (" ".repeat(indent), indent, true);
            }
            if !bare {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += size;
            bare = false;
        }
        let _ = writeln!(self.0, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_below_their_own_beginning() {
        let mut sheet = Sheet::default();
        sheet.item(&"mot ".repeat(30));
        let text = sheet.done();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("- mot") && lines[1].starts_with("  mot"), "{text}");
        assert!(lines.iter().all(|l| l.chars().count() <= WIDTH));
    }
}
