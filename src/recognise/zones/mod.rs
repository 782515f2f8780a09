//! Places for answers on unknown forms: geometry first (lines, combs, frames, tick boxes), then labels of the
//! catalogue attached to places, then what stands inside, read by the engines.
//!
//! ```text
//! grey ─► ink ─► rules, squares ─► places ┐
//! words ─► text (runs) ─► labels ─────────┴► attach ─► resolve ─► clean ─► read ─► Zone
//! ```
//!
//! A label that asks for two things ("Père (nom, prénoms)") gives one zone for each field, both with the whole
//! place and its whole text: splitting text is the business of `extract`.

mod attach;
mod clean;
mod ink;
mod labels;
mod places;
mod read;
mod reread;
mod resolve;
mod rules;
mod signature;
mod slip;
mod squares;
mod text;
mod ticks;

pub use ink::Scale;
pub use labels::LabelBook;
pub use read::Readers;
pub use slip::read_slip;

use crate::catalogue::Catalogue;
use crate::domain::{CheckBox, FieldId, Mark, MarkKind, Rect, Word, Zone, ZoneOrigin, ZoneReading, ZoneShape};
use attach::{Label, Pair, Sheet};
use image::GrayImage;
use ink::{Blob, Ink};
use places::{Place, Shape};
use rules::Rule;
use std::collections::BTreeSet;
use text::Run;

/// What stands on a page besides its words.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub zones: Vec<Zone>,
    pub checkboxes: Vec<CheckBox>,
    /// Signatures.
    pub marks: Vec<Mark>,
}

/// Topic of the fields that a signature answers.
const SIGNATURE: &str = "signature";
/// From so many attached places on a page is a form, and writing on bare paper beside a label counts.
const FORM: usize = 4;
/// Or from so many fields with bare paper beside their labels: a black-and-white copy may lose every dot of its lines.
const FORM_WITHOUT_LINES: usize = 10;

/// Finds and reads the places for answers on an upright, deskewed grey page. `words` are those of the whole page;
/// rectangles in and out are pixels of `grey`. Pages without places cost the geometry only.
pub fn read_form(grey: &GrayImage, dpi: u32, words: &[Word], catalogue: &Catalogue, readers: &mut Readers) -> Form {
    let page = Drawn::find(grey, Scale::new(dpi), words);
    let book = LabelBook::new(catalogue);
    let mut sense = Sense::make(grey, &page, words.to_vec(), &book);
    let lonely = sense.doubtful_places(&page);
    // On a page without any label the places are a table or an underlined title.
    if !lonely.is_empty() && sense.pairs.iter().any(|p| !p.free) {
        let words = reread::reread(grey, &page.print, &sense.words, &lonely, &book, readers.printed, page.scale);
        if words != sense.words {
            sense = Sense::make(grey, &page, words, &book);
        }
    }
    if let Some(row) = sense.unsigned_row(catalogue)
        && let Some(word) = reread::signature_label(grey, &page.blobs, row, &sense.words, &book, readers.printed, page.scale)
    {
        let words = sense.words.iter().cloned().chain([word]).collect();
        sense = Sense::make(grey, &page, words, &book);
    }
    fill(grey, &page, &sense, catalogue, readers)
}

/// Reads what stands in the places.
fn fill(grey: &GrayImage, page: &Drawn, sense: &Sense, catalogue: &Catalogue, readers: &mut Readers) -> Form {
    let mut form = Form { checkboxes: sense.checkboxes.clone(), ..Form::default() };
    let unlined: BTreeSet<&FieldId> = sense.pairs.iter().filter(|p| p.free).flat_map(|p| &sense.fields[p.label]).collect();
    let is_form = sense.pairs.iter().filter(|p| !p.free).count() >= FORM || unlined.len() >= FORM_WITHOUT_LINES;
    for pair in sense.pairs.iter().filter(|p| is_form || !p.free) {
        let label = &sense.labels[pair.label];
        let wanted: Vec<&FieldId> = sense.fields[pair.label].iter().filter(|f| !is_signature(catalogue, f)).collect();
        let Some(first) = wanted.first() else { continue };
        let pair = &Pair { place: below_print(&pair.place, &sense.runs, page.scale), ..pair.clone() };
        let found = clean::writing(grey, &pair.place, page.scale);
        if pair.free && found.lines.is_empty() {
            continue;
        }
        let readings = read::read(&found, pair.place.rect, &sense.words, catalogue.field(first.as_str()), readers, page.scale);
        form.zones.extend(wanted.iter().map(|f| zone(f, pair, label, &sense.runs, found.ink, found.lines.is_empty(), readings.clone())));
    }
    sign(&mut form, page, sense, catalogue);
    form
}

/// A line's strip without the print that stands over it: descenders of another line are no writing.
fn below_print(place: &Place, runs: &[Run], scale: Scale) -> Place {
    let Shape::Line { rule } = &place.shape else { return place.clone() };
    let base = rule.y();
    let over = runs.iter().map(|r| r.rect).filter(|r| {
        r.horizontal_overlap(&place.rect) > 0
            && (r.bottom() as f32) < base - scale.px(2.8)
            && r.bottom() > place.rect.y
            && r.centre().1 < place.rect.y + place.rect.h / 3
    });
    let top = over.map(|r| r.bottom() + 1).max().unwrap_or(place.rect.y).max(place.rect.y);
    let bottom = place.rect.bottom();
    Place { shape: place.shape.clone(), rect: Rect::new(place.rect.x, top, place.rect.w, bottom.saturating_sub(top)) }
}

/// What is drawn on the page, whatever its words say.
struct Drawn {
    scale: Scale,
    ink: Ink,
    blobs: Vec<Blob>,
    /// Blobs of the size of letters.
    print: Vec<Rect>,
    rules: Vec<Rule>,
    /// Small frames that may be tick boxes.
    boxes: Vec<Rect>,
    places: Vec<Place>,
}

impl Drawn {
    fn find(grey: &GrayImage, scale: Scale, words: &[Word]) -> Self {
        let ink = Ink::of_page(grey, scale);
        let stretches = rules::stretches(&ink, scale.whole(1.6), scale.px(0.17).round() as usize);
        let blobs = ink.blobs();
        let mut rules = rules::ruled(&stretches, scale);
        rules.extend(rules::dotted(&blobs, &ink, scale));
        let squares = squares::without_letters(squares::squares(&stretches, &ink, scale), words);
        let (places, cells) = places::places(&rules, &squares, &ink, scale);
        let boxes = squares
            .into_iter()
            .filter(|s| !cells.contains(s) && !places.iter().any(|p| p.is_comb() && p.rect.contains(s.centre().0, s.centre().1)))
            .collect();
        let print = reread::letters(&blobs, scale);
        Self { scale, ink, blobs, print, rules, boxes, places }
    }
}

/// What the words make of what is drawn.
struct Sense<'c> {
    words: Vec<Word>,
    runs: Vec<Run>,
    checkboxes: Vec<CheckBox>,
    labels: Vec<Label<'c>>,
    pairs: Vec<Pair>,
    /// Fields of each label.
    fields: Vec<Vec<FieldId>>,
}

impl<'c> Sense<'c> {
    fn make(grey: &GrayImage, page: &Drawn, words: Vec<Word>, book: &LabelBook<'c>) -> Self {
        let scale = page.scale;
        let print = text::print_height(&words, scale);
        let edges: Vec<Rect> = page.places.iter().filter(|p| !p.is_comb()).map(|p| p.rect).collect();
        let runs = text::runs(&outside_combs(&words, &page.places), &edges, &page.boxes, print);
        let checkboxes = ticks::ticks(grey, &page.boxes, &runs, print, scale);
        let ticked: Vec<Rect> = checkboxes.iter().map(|c| c.rect).collect();
        let labels = find_labels(book, &runs, &ticked, print);
        let sheet = Sheet { runs: &runs, labels: &labels, boxes: &ticked, places: &page.places, width: grey.width(), print, scale };
        let pairs = attach::attach(&sheet);
        let fields = resolve::resolve(book, &sheet, &pairs, &page.ink);
        Self { words, runs, checkboxes, labels, pairs, fields }
    }

    /// Places without a label, and places whose label may have lost its first words or be a heading over the true one.
    fn doubtful_places<'p>(&self, page: &'p Drawn) -> Vec<&'p Place> {
        let sure = |at: usize, place: &Place| {
            self.pairs.iter().filter(|p| p.origin == Some(at)).any(|p| {
                let label = self.labels[p.label].rect;
                let over = label.bottom() < place.rect.y + place.rect.h / 3;
                if over && matches!(place.shape, Shape::Line { .. }) {
                    return reread::left_of(place, &page.print, page.scale).is_none();
                }
                over || reread::left_of(place, &page.print, page.scale).is_none_or(|spot| spot.x + label.h >= label.x)
            })
        };
        page.places.iter().enumerate().filter(|(at, place)| !sure(*at, place)).map(|(_, p)| p).collect()
    }

    /// The last place of the line where the form asks for place and date of signing, when no label asks for the signature itself.
    fn unsigned_row(&self, catalogue: &Catalogue) -> Option<Rect> {
        let signs = |f: &FieldId| is_signature(catalogue, f);
        if self.fields.iter().flatten().any(signs) {
            return None;
        }
        let topic = |f: &FieldId| catalogue.field(f.as_str()).is_some_and(|d| d.topic.as_deref() == Some(SIGNATURE));
        let rows = self.pairs.iter().filter(|p| self.fields[p.label].iter().any(topic));
        rows.map(|p| {
            Rect::new(
                self.labels[p.label].rect.x,
                self.labels[p.label].rect.y,
                p.place.rect.right() - self.labels[p.label].rect.x,
                self.labels[p.label].rect.h,
            )
        })
        .max_by_key(Rect::right)
    }
}

/// Words that stand in no comb: there, an engine that reads whole pages sees noise.
fn outside_combs(words: &[Word], places: &[Place]) -> Vec<Word> {
    let combs: Vec<Rect> = places.iter().filter(|p| p.is_comb()).map(|p| p.rect).collect();
    let outside =
        |w: &&Word| !combs.iter().any(|c| c.vertical_overlap(&w.rect) * 2 > w.rect.h && c.horizontal_overlap(&w.rect) * 2 > w.rect.w);
    words.iter().filter(outside).cloned().collect()
}

/// Runs that are labels. A run with a colon inside may be a label with what it is about before it
/// ("Titre détenu : fin de validité") or an answer after it ("Nom : DUPONT").
fn find_labels<'c>(book: &LabelBook<'c>, runs: &[Run], boxes: &[Rect], print: f32) -> Vec<Label<'c>> {
    let mut found = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let behind_box = boxes.iter().any(|b| {
            b.vertical_overlap(&run.rect) * 2 > b.h.min(run.rect.h)
                && run.rect.x + b.w / 3 >= b.right()
                && run.rect.x <= b.right() + 2 * b.w
        });
        if behind_box {
            continue;
        }
        if let Some(matched) = book.label(&run.text()).or_else(|| two_lines(book, runs, at, print)) {
            found.push(Label { run: at, rect: run.rect, matched, prefix: false });
            continue;
        }
        found.extend(parts(book, run, at));
    }
    found
}

/// Labels among the parts of a run between its colons; a part directly before a label only says what that is about.
fn parts<'c>(book: &LabelBook<'c>, run: &Run, at: usize) -> Vec<Label<'c>> {
    let mut cuts: Vec<usize> = run.words.iter().enumerate().filter(|(_, (t, _))| t.ends_with(':')).map(|(i, _)| i + 1).collect();
    if cuts.is_empty() {
        return Vec::new();
    }
    cuts.push(run.words.len());
    let mut found: Vec<Label<'c>> = Vec::new();
    let mut from = 0;
    let mut before: Option<Run> = None;
    for to in cuts {
        let Some(part) = run.part(from, to) else { continue };
        if let Some(mut matched) = book.label(&part.text()) {
            let mut rect = part.rect;
            if let Some(prefix) = &before {
                matched.section = matched.section.or_else(|| book.heading(&prefix.text()));
            }
            if let Some(last) = found.last_mut().filter(|l| Some(l.rect) == before.as_ref().map(|b| b.rect)) {
                last.prefix = true;
                rect = rect.union(&last.rect);
            }
            found.push(Label { run: at, rect, matched, prefix: false });
        } else if from > 0
            && let Some((rect, matched)) = label_after_answer(book, run, from, to)
        {
            found.push(Label { run: at, rect, matched, prefix: false });
        }
        before = Some(part);
        from = to;
    }
    found
}

/// The label that ends words `from..to` of a run, when what stands before it is the answer to the label before.
fn label_after_answer<'c>(book: &LabelBook<'c>, run: &Run, from: usize, to: usize) -> Option<(Rect, labels::Match<'c>)> {
    (from + 1..to).find_map(|start| {
        let part = run.part(start, to)?;
        // A short word may end an answer as well as be a label.
        let matched = book.label(&part.text()).filter(|m| m.score >= 0.95 && m.length >= 8)?;
        Some((part.rect, matched))
    })
}

/// A label that goes on in the line under it.
fn two_lines<'c>(book: &LabelBook<'c>, runs: &[Run], at: usize, print: f32) -> Option<labels::Match<'c>> {
    let run = &runs[at];
    let next = runs.iter().find(|o| {
        let gap = o.rect.y as f32 - run.rect.bottom() as f32;
        gap > -print * 0.4 && gap < print * 0.9 && o.rect.x.abs_diff(run.rect.x) as f32 <= print && o.rect.y > run.rect.y
    })?;
    book.label(&format!("{} {}", run.text(), next.text()))
}

fn is_signature(catalogue: &Catalogue, field: &FieldId) -> bool {
    catalogue.field(field.as_str()).is_some_and(|f| f.kind == crate::catalogue::FieldKind::Flag && f.topic.as_deref() == Some(SIGNATURE))
}

fn zone(field: &FieldId, pair: &Pair, label: &Label, runs: &[Run], ink: f32, empty: bool, readings: Vec<ZoneReading>) -> Zone {
    let shape = match &pair.place.shape {
        Shape::Comb { cells } => ZoneShape::Comb { cells: cells.len() as u32 },
        Shape::Line { .. } => ZoneShape::Line,
        Shape::Frame if pair.free => ZoneShape::Line,
        Shape::Frame => ZoneShape::Frame,
    };
    Zone {
        field: field.clone(),
        shape,
        origin: ZoneOrigin::Discovered,
        rect: pair.place.rect,
        label: runs[label.run].text(),
        label_rect: label.rect,
        label_match: label.matched.score,
        ink,
        empty,
        readings,
    }
}

/// Signatures: a zone for each field that asks for one, a mark where a hand left strokes.
fn sign(form: &mut Form, page: &Drawn, sense: &Sense, catalogue: &Catalogue) {
    for (label, wanted) in sense.labels.iter().zip(&sense.fields) {
        let wanted: Vec<&FieldId> = wanted.iter().filter(|f| is_signature(catalogue, f)).collect();
        if wanted.is_empty() {
            continue;
        }
        let rect = signature::place(label.rect, &sense.words, page.ink.width, page.ink.height, page.scale);
        let printed = sense.words.iter().filter(|w| w.confidence >= 0.6 && text::plain(&w.text).len() >= 3).map(|w| w.rect);
        let taken: Vec<Rect> = printed.chain(form.zones.iter().filter(|z| !z.empty).map(|z| z.rect)).chain([label.rect]).collect();
        let strokes = signature::strokes(&page.ink, rect, &taken, &page.rules, page.scale);
        if let Some((share, at)) = strokes {
            form.marks.push(Mark { kind: MarkKind::Signature, rect: at, ink: share });
        }
        for field in wanted {
            form.zones.push(Zone {
                field: field.clone(),
                shape: ZoneShape::Frame,
                origin: ZoneOrigin::Discovered,
                rect,
                label: sense.runs[label.run].text(),
                label_rect: label.rect,
                label_match: label.matched.score,
                ink: strokes.map_or(0.0, |(share, _)| share),
                empty: strokes.is_none(),
                readings: Vec::new(),
            });
        }
    }
}
