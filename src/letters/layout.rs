//! Where everything stands: a letter as drawings on pages, each with its place in the reading order. Points (1/72 inch) from the top
//! left corner of an A4 page.

use super::fonts::{self, Font};
use crate::catalogue::{CODE_MM, CODES_MM, SlipBox};
use crate::domain::{HelpLine, Letter, LetterLine, LetterPart, Slip};
use crate::french;

pub(super) const WIDTH: f32 = 210.0 * MM;
pub(super) const HEIGHT: f32 = 297.0 * MM;
const MM: f32 = 72.0 / 25.4;
const LEFT: f32 = 20.0 * MM;
const RIGHT: f32 = 190.0 * MM;
const TOP: f32 = 24.0 * MM;
const BOTTOM: f32 = 274.0 * MM;
/// The window of a French envelope shows 110 to 200 mm across, 45 to 85 mm down.
const WINDOW: (f32, f32) = (112.0 * MM, 54.0 * MM);
const CODE_AT: (f32, f32) = (20.0 * MM, 58.0 * MM);
const CODE: f32 = 22.0 * MM;
const DATED: f32 = 96.0 * MM;
const TITLED: f32 = 107.0 * MM;
const BODY: f32 = 111.0 * MM;
/// Large type: most readers are learning French, some see badly.
const SIZE: f32 = 11.5;
const SMALL: f32 = 9.5;
const HEADING: f32 = 13.0;
const TITLE: f32 = 16.0;
const LEADING: f32 = 1.32;
const COLUMN: f32 = 50.0 * MM;

/// What a block is for a screen reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Title,
    Heading,
    Paragraph,
    /// Runs of items form one list.
    Item,
    /// A picture with its words.
    Figure,
    /// Nothing that is read aloud.
    Artifact,
}

/// One thing on a page.
#[derive(Clone, Debug)]
pub(super) enum Draw {
    /// One line of text at its baseline.
    Text { at: (f32, f32), size: f32, font: Font, text: String, right_to_left: bool, lang: Option<String> },
    /// An outline: left, top, width, height, and the width of its line.
    Frame { place: (f32, f32, f32, f32), line: f32 },
    /// A QR code of this text: left, top, side.
    Code { at: (f32, f32), side: f32, text: String },
}

/// Drawings that belong together.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub role: Role,
    /// Words for what is no text.
    pub alt: Option<String>,
    /// With their page, from 0.
    pub draws: Vec<(usize, Draw)>,
}

/// A letter on its pages.
pub(super) struct Sheets {
    pub blocks: Vec<Block>,
    pub pages: usize,
}

/// Lays a letter out; `boxes` are those of its slip.
pub(super) fn lay_out(letter: &Letter, boxes: &[SlipBox]) -> Sheets {
    let mut flow = Flow { blocks: Vec::new(), page: 0, y: BODY };
    head(&mut flow, letter);
    let help = |part: &&LetterPart| matches!(part, LetterPart::Help { .. });
    letter.parts.iter().filter(|p| !help(p)).for_each(|part| flow.part(part));
    flow.signature(letter);
    letter.parts.iter().filter(help).for_each(|part| flow.part(part));
    if let Some(slip) = &letter.slip {
        flow.slip(letter, slip, boxes);
    }
    let pages = flow.page + 1;
    for page in 0..pages {
        let foot = format!("Référence {} – page {} sur {pages}", letter.reference, page + 1);
        let at = (RIGHT - fonts::width(&foot, Font::Regular, SMALL, false), 287.0 * MM);
        flow.put(Role::Artifact, None, vec![(page, text(at, SMALL, Font::Regular, foot))]);
    }
    Sheets { blocks: flow.blocks, pages }
}

fn text(at: (f32, f32), size: f32, font: Font, words: impl Into<String>) -> Draw {
    let words = words.into();
    Draw::Text { at, size, font: fonts::fit(font, &words), text: words, right_to_left: false, lang: None }
}

/// Sender, recipient in the window, code, date and title.
fn head(flow: &mut Flow, letter: &Letter) {
    let stack = |lines: &[String], at: (f32, f32), bold_first: bool| -> Vec<(usize, Draw)> {
        let font = |i| if bold_first && i == 0 { Font::Bold } else { Font::Regular };
        lines.iter().enumerate().map(|(i, line)| (0, text((at.0, at.1 + i as f32 * SIZE * 1.25), SIZE, font(i), line))).collect()
    };
    flow.put(Role::Paragraph, None, stack(&letter.sender, (LEFT, TOP), true));
    flow.put(Role::Paragraph, None, stack(&letter.recipient, WINDOW, false));
    let alt = format!("Code du dossier {}", letter.reference);
    flow.put(Role::Figure, Some(alt), vec![(0, Draw::Code { at: CODE_AT, side: CODE, text: letter.mark.clone() })]);
    let reference = format!("Référence {}", letter.reference);
    flow.put(Role::Paragraph, None, vec![(0, text((LEFT, CODE_AT.1 + CODE + 12.0), SMALL, Font::Bold, reference))]);
    let dated = format!("{}, le {}", letter.place, french::long_date(letter.day));
    flow.put(Role::Paragraph, None, vec![(0, text((WINDOW.0, DATED), SIZE, Font::Regular, dated))]);
    flow.put(Role::Title, None, vec![(0, text((LEFT, TITLED), TITLE, Font::Bold, letter.title.as_str()))]);
}

/// Where the next line goes.
struct Flow {
    blocks: Vec<Block>,
    page: usize,
    /// Baseline of the last line.
    y: f32,
}

impl Flow {
    fn put(&mut self, role: Role, alt: Option<String>, draws: Vec<(usize, Draw)>) {
        self.blocks.push(Block { role, alt, draws });
    }

    /// Makes room for so many points below the last line.
    fn room(&mut self, points: f32) {
        if self.y + points > BOTTOM {
            self.page += 1;
            self.y = TOP;
        }
    }

    /// Lines of text between two edges, each on the page where it fits.
    fn lines(&mut self, words: &str, font: Font, size: f32, left: f32, right: f32) -> Vec<(usize, Draw)> {
        let font = fonts::fit(font, words);
        let lines = broken(words, font, size, right - left, false);
        let draws = lines.into_iter().map(|line| {
            self.room(size * LEADING);
            self.y += size * LEADING;
            (self.page, text((left, self.y), size, font, line))
        });
        draws.collect()
    }

    fn part(&mut self, part: &LetterPart) {
        match part {
            LetterPart::Heading { text } => {
                // A heading never stands alone at the foot of a page.
                self.room(HEADING + 4.0 * SIZE * LEADING);
                self.y += 7.0;
                let draws = self.lines(text, Font::Bold, HEADING, LEFT, RIGHT);
                self.put(Role::Heading, None, draws);
                self.y += 2.0;
            }
            LetterPart::Paragraph { text } => {
                let draws = self.lines(text, Font::Regular, SIZE, LEFT, RIGHT);
                self.put(Role::Paragraph, None, draws);
                self.y += 5.0;
            }
            LetterPart::Values { lines } => self.values(lines),
            LetterPart::Pieces { lines } => self.pieces(lines),
            LetterPart::Help { lines } => self.help(lines),
        }
    }

    /// Label to the left, value in its own column.
    fn values(&mut self, lines: &[LetterLine]) {
        for line in lines {
            self.room(2.0 * SIZE * LEADING);
            let start = (self.page, self.y);
            let mut draws = self.lines(&format!("{} :", line.label), Font::Regular, SIZE, LEFT + 8.0, LEFT + COLUMN);
            let label = (self.page, self.y);
            (self.page, self.y) = start;
            draws.extend(self.lines(&line.text, Font::Bold, SIZE, LEFT + COLUMN + 4.0, RIGHT));
            if label > (self.page, self.y) {
                (self.page, self.y) = label;
            }
            self.put(Role::Item, None, draws);
        }
        self.y += 5.0;
    }

    fn pieces(&mut self, lines: &[LetterLine]) {
        for line in lines {
            self.room(2.0 * SIZE * LEADING);
            let bullet = (self.page, text((LEFT + 8.0, self.y + SIZE * LEADING), SIZE, Font::Regular, "–"));
            let mut draws = vec![bullet];
            draws.extend(self.lines(&line.label, Font::Bold, SIZE, LEFT + 18.0, RIGHT));
            if !line.text.is_empty() {
                draws.extend(self.lines(&line.text, Font::Regular, SMALL, LEFT + 18.0, RIGHT));
            }
            self.put(Role::Item, None, draws);
            self.y += 1.5;
        }
        self.y += 4.0;
    }

    fn signature(&mut self, letter: &Letter) {
        self.room(4.0 * SIZE * LEADING);
        self.y += 6.0;
        let left = WINDOW.0;
        let mut draws = self.lines("Pour le préfet,", Font::Regular, SIZE, left, RIGHT);
        draws.extend(self.lines(&letter.signatory, Font::Bold, SIZE, left, RIGHT));
        self.put(Role::Paragraph, None, draws);
        self.y += 8.0;
    }

    /// Each sentence in its language, so that a screen reader changes its voice.
    fn help(&mut self, lines: &[HelpLine]) {
        for line in lines {
            let font = fonts::fit(Font::Regular, &line.text);
            let mut draws = Vec::new();
            for words in broken(&line.text, font, SMALL, RIGHT - LEFT, line.right_to_left) {
                self.room(SMALL * LEADING);
                self.y += SMALL * LEADING;
                let left = if line.right_to_left { RIGHT - fonts::width(&words, font, SMALL, true) } else { LEFT };
                let lang = Some(line.lang.clone());
                let drawn = Draw::Text { at: (left, self.y), size: SMALL, font, text: words, right_to_left: line.right_to_left, lang };
                draws.push((self.page, drawn));
            }
            self.put(Role::Paragraph, None, draws);
            self.y += 2.5;
        }
    }

    /// The slip is a page of its own: what comes back is one sheet whose geometry is known.
    fn slip(&mut self, letter: &Letter, slip: &Slip, boxes: &[SlipBox]) {
        self.page += 1;
        let page = self.page;
        let mm = |v: (f32, f32)| (v.0 * MM, v.1 * MM);
        for (at, mark) in CODES_MM.into_iter().zip(&slip.marks) {
            let alt = format!("Code du coupon {}", letter.reference);
            self.put(Role::Figure, Some(alt), vec![(page, Draw::Code { at: mm(at), side: CODE_MM * MM, text: mark.clone() })]);
        }
        let left = 16.0 * MM;
        self.put(Role::Heading, None, vec![(page, text((left, 20.0 * MM), TITLE, Font::Bold, slip.title.as_str()))]);
        self.y = 23.0 * MM;
        let lead = self.lines(&slip.lead, Font::Regular, SIZE, left, 162.0 * MM);
        self.put(Role::Paragraph, None, lead);
        let whose = format!("{} – référence {}", letter.recipient.first().map_or("", String::as_str), letter.reference);
        self.put(Role::Paragraph, None, vec![(page, text((left, 53.0 * MM), SIZE, Font::Bold, whose))]);
        for (row, place) in slip.rows.iter().zip(boxes) {
            self.slip_row(page, row, place);
        }
        let foot = text((46.0 * MM, 278.0 * MM), SMALL, Font::Regular, "Votre signature :");
        self.put(Role::Paragraph, None, vec![(page, foot)]);
    }

    fn slip_row(&mut self, page: usize, row: &crate::domain::SlipRow, place: &SlipBox) {
        let left = 16.0 * MM;
        let label = format!("{} : ", row.label);
        let indent = fonts::width(&label, Font::Regular, SIZE, false);
        let value = if row.value.is_empty() { "(en cours de vérification)" } else { row.value.as_str() };
        let size = fitting(value, 170.0 * MM - left - indent);
        let draws = vec![
            (page, text((left, place.baseline * MM), SIZE, Font::Regular, label)),
            (page, text((left + indent, place.baseline * MM), size, Font::Bold, value)),
            (page, text((174.0 * MM, place.baseline * MM), SMALL, Font::Regular, "c’est faux")),
        ];
        self.put(Role::Paragraph, None, draws);
        let scaled = |p: (f32, f32, f32, f32)| (p.0 * MM, p.1 * MM, p.2 * MM, p.3 * MM);
        let mut frames = vec![(page, Draw::Frame { place: scaled(place.tick), line: 1.0 })];
        for comb in &place.combs {
            let cell = comb.2 / place.cells as f32;
            let cells = (0..place.cells).map(|i| (comb.0 + i as f32 * cell, comb.1, cell, comb.3));
            frames.extend(cells.map(|c| (page, Draw::Frame { place: scaled(c), line: 0.5 })));
        }
        self.put(Role::Artifact, None, frames);
    }
}

/// The size at which a value stands on one line; an address may be long.
fn fitting(value: &str, room: f32) -> f32 {
    let wide = fonts::width(value, fonts::fit(Font::Bold, value), SIZE, false);
    if wide <= room { SIZE } else { (SIZE * room / wide).max(6.0) }
}

/// Lines that are no wider than `room`; a word that is wider alone stands alone.
fn broken(words: &str, font: Font, size: f32, room: f32, right_to_left: bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split([' ', '\n']).filter(|w| !w.is_empty()) {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (longer, lines.last_mut()) {
            (Some(longer), Some(line)) if fonts::width(&longer, font, size, right_to_left) <= room => *line = longer,
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
