//! Candidates from the printed words of a page: the value beside or below each label that the document
//! is known to print, patterns where there is no label.

use super::kinds::{self, date, name};
use super::labels::{Book, Hit, places};
use super::layout::{Layout, Token, around, join};
use super::patterns::compiled;
use super::text::squeeze;
use crate::catalogue::{Catalogue, DocumentDef, FieldDef, FieldKind};
use crate::domain::{Candidate, Engine, Evidence, FieldId, FieldValue, PieceKind, Rect, Source};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// What is needed to read any page.
pub(super) struct Reader<'a> {
    pub catalogue: &'a Catalogue,
    pub reference_year: i16,
    /// Labels by document: many pages share them and folding them costs more than a page.
    books: RefCell<HashMap<Option<PieceKind>, Rc<Shelf>>>,
}

/// The labels of one document, and the fields that are wanted from it.
type Shelf = (Book, Vec<FieldId>);

impl<'a> Reader<'a> {
    pub fn new(catalogue: &'a Catalogue, reference_year: i16) -> Self {
        Self { catalogue, reference_year, books: RefCell::default() }
    }

    /// Labels of one document: its own, then those of every field, which only stop a value.
    fn book(&self, document: Option<&DocumentDef>) -> Rc<Shelf> {
        let key = document.map(|d| d.id.clone());
        let known = self.books.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let made = Rc::new(self.make_book(document));
            self.books.borrow_mut().insert(key, Rc::clone(&made));
            made
        })
    }

    fn make_book(&self, document: Option<&DocumentDef>) -> Shelf {
        let mut book = Book::default();
        let mut wanted: Vec<FieldId> = ["date_document", "expire_le", "date_reception"].map(FieldId::from).to_vec();
        for value in document.map(|d| d.values.as_slice()).unwrap_or_default() {
            for (rank, label) in value.labels.iter().enumerate() {
                book.add(label, &value.field, rank);
            }
            wanted.push(value.field.clone());
        }
        for field in &self.catalogue.fields {
            let own = document.is_some_and(|d| d.values.iter().any(|v| v.field == field.id && !v.labels.is_empty()));
            for (rank, label) in field.labels.iter().enumerate().filter(|_| !own) {
                book.add_stop(label, &field.id, rank);
            }
        }
        (book, wanted)
    }

    /// Every value that the labels and patterns of the document give on this page.
    pub fn values(&self, layout: &Layout, document: Option<&DocumentDef>, source: Source) -> Vec<Candidate> {
        let shelf = self.book(document);
        let (book, wanted) = &*shelf;
        let hits = book.hits(layout);
        let mut out = Vec::new();
        for hit in &hits {
            let mut fields: Vec<&FieldDef> =
                hit.fields.iter().filter(|f| wanted.contains(f)).filter_map(|f| self.catalogue.field(f.as_str())).collect();
            fields.extend(self.date_beside(document, &fields));
            out.extend(self.beside(layout, &hits, hit, &fields, source));
        }
        for value in document.map(|d| d.values.as_slice()).unwrap_or_default() {
            if let (Some(pattern), Some(field)) = (&value.pattern, self.catalogue.field(value.field.as_str())) {
                out.extend(self.by_pattern(layout, field, pattern, source));
            }
        }
        out
    }

    /// The date that the document prints under one label with a place ("Délivré le, à"), when only the place's half of it was read.
    fn date_beside(&self, document: Option<&DocumentDef>, fields: &[&FieldDef]) -> Option<&'a FieldDef> {
        let [place] = fields else { return None };
        let values = &document?.values;
        let labels = &values.iter().find(|v| v.field == place.id && place.kind == FieldKind::Text)?.labels;
        let shares = |v: &&crate::catalogue::DocumentValue| v.field != place.id && v.labels.iter().any(|l| labels.contains(l));
        let dates = values.iter().filter(shares).filter_map(|v| self.catalogue.field(v.field.as_str()));
        dates.into_iter().find(|f| f.kind == FieldKind::Date)
    }

    /// Where the value of a label should stand that is of its kind by no reading so far: small print is often misread.
    pub fn unanswered(&self, layout: &Layout, document: Option<&DocumentDef>, wanted: impl Fn(&FieldId) -> bool) -> Vec<Rect> {
        let shelf = self.book(document);
        let (book, own) = &*shelf;
        let hits = book.hits(layout);
        let asked = hits.iter().filter(|h| h.fields.iter().any(|f| own.contains(f) && wanted(f)));
        asked.filter_map(|hit| places(layout, &hits, hit, 1).first().map(|tokens| around(tokens))).collect()
    }

    /// The words of a form, where no place was found by geometry: every field, under the heading of its section.
    pub fn form(&self, layout: &Layout) -> Vec<Candidate> {
        let shelf = self.book(None);
        let hits = shelf.0.hits(layout);
        let mut out = Vec::new();
        for hit in &hits {
            let section = self.section(layout, hit.row);
            let meant = |id: &FieldId| match section {
                Some(section) if section.id != "demandeur" => {
                    section.fields.get(id).cloned().or_else(|| id.as_str().starts_with(section.id.as_str()).then(|| id.clone()))
                }
                _ => Some(id.clone()),
            };
            // A form asks for a thing once: a label of several fields means the first that it can give a value of.
            let fields: Vec<FieldId> = hit.fields.iter().filter_map(meant).collect();
            let fields: Vec<&FieldDef> =
                fields.iter().filter_map(|f| self.catalogue.field(f.as_str())).filter(|f| !matches!(f.kind, FieldKind::Flag)).collect();
            // A row of tick boxes prints every answer; only its marks tell which one was given.
            let many = layout.rows[hit.row].tokens.len() > hit.to + 4;
            let shown: Vec<&str> = layout.rows[hit.row].tokens.iter().skip(hit.to).map(|t| t.key.as_str()).collect();
            let printed = |f: &FieldDef| many || answers_shown(f, &shown) > 1;
            let fields: Vec<&FieldDef> =
                fields.into_iter().filter(|f| !(printed(f) && (!f.choices.is_empty() || f.id.as_str() == "permit_id"))).collect();
            out.extend(self.beside(layout, &hits, hit, &fields, Source::Form));
        }
        for candidate in &mut out {
            // Words of a form are read through rules and combs.
            candidate.confidence *= 0.6;
        }
        out
    }

    /// The heading above a row, when the form has such headings.
    fn section(&self, layout: &Layout, row: usize) -> Option<&crate::catalogue::Section> {
        layout.rows[..row].iter().rev().find_map(|r| {
            let key: String = r.tokens.iter().map(|t| t.key.as_str()).collect();
            let heading = key.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, 'I' | 'V' | 'X'));
            let numbered = heading.len() < key.len();
            self.catalogue.sections.iter().find(|s| {
                s.words.iter().any(|w| {
                    let word = squeeze(w);
                    heading == word || numbered && word.len() > 3 && heading.starts_with(&word) && heading.len() < word.len() + 20
                })
            })
        })
    }

    /// The values of one label; a label of two names gives both.
    fn beside(&self, layout: &Layout, hits: &[Hit], hit: &Hit, fields: &[&FieldDef], source: Source) -> Vec<Candidate> {
        let surname = fields.iter().find(|f| f.kind == FieldKind::Name);
        let given = fields.iter().find(|f| f.kind == FieldKind::Names || f.id.as_str().ends_with("_prenom"));
        if let (Some(surname), Some(given)) = (surname, given)
            && surname.id != given.id
        {
            return Self::two_names(layout, hits, hit, surname, given, source);
        }
        let dated = fields.iter().any(|f| f.kind == FieldKind::Date);
        fields.iter().filter_map(|field| self.one(layout, hits, hit, field, dated, source)).collect()
    }

    fn one(&self, layout: &Layout, hits: &[Hit], hit: &Hit, field: &FieldDef, dated: bool, source: Source) -> Option<Candidate> {
        let lines = if field.kind == FieldKind::Address { 3 } else { 1 };
        places(layout, hits, hit, lines).into_iter().enumerate().find_map(|(order, tokens)| {
            let mut text = join(&tokens);
            if dated && field.kind != FieldKind::Date {
                // "Date et lieu": the place is what follows the date.
                text = date::find(&text, self.reference_year).map_or(text, |found| found.rest);
                let place = text.trim_start_matches("à ").trim_start_matches("À ").len();
                text.drain(..text.len() - place);
            }
            if field.kind == FieldKind::Text {
                text = without_brackets(&text);
            }
            if answers_shown(field, &tokens.iter().map(|t| t.key.as_str()).collect::<Vec<_>>()) > 1 {
                return None;
            }
            let value = kinds::parse(field, &text, self.reference_year)?;
            let trust = hit.quality * sureness(&tokens) * if order == 0 { 0.9 } else { 0.75 } * (1.0 - 0.02 * hit.rank.min(20) as f64);
            Some(candidate(layout, &field.id, value, around(&tokens), &text, trust, source))
        })
    }

    fn two_names(layout: &Layout, hits: &[Hit], hit: &Hit, surname: &FieldDef, given: &FieldDef, source: Source) -> Vec<Candidate> {
        let Some(tokens) = places(layout, hits, hit, 1).into_iter().next() else { return Vec::new() };
        let text = join(&tokens);
        let Some((nom, prenoms)) = name::both(&text) else { return Vec::new() };
        let trust = hit.quality * sureness(&tokens) * 0.85;
        let prenoms = if given.kind == FieldKind::Names { FieldValue::List(prenoms) } else { FieldValue::Text(prenoms.join(" ")) };
        vec![
            candidate(layout, &surname.id, FieldValue::Text(nom), around(&tokens), &text, trust, source),
            candidate(layout, &given.id, prenoms, around(&tokens), &text, trust, source),
        ]
    }

    fn by_pattern(&self, layout: &Layout, field: &FieldDef, pattern: &str, source: Source) -> Vec<Candidate> {
        // A pattern of the catalogue is checked when it is loaded; a bad one finds nothing.
        let Some(pattern) = compiled(&format!("(?i:{pattern})")) else { return Vec::new() };
        let text = layout.text();
        let most = if field.kind == FieldKind::Text { 1 } else { 4 };
        let found = pattern.captures_iter(&text).take(most).filter_map(|c| c.get(1));
        found
            .filter_map(|m| {
                let value = kinds::parse(field, m.as_str(), self.reference_year)?;
                Some(candidate(layout, &field.id, value, layout.rect_of(m.start(), m.end()), m.as_str(), 0.7, source))
            })
            .collect()
    }
}

/// A candidate whose rectangle is led back to the page as scanned.
pub(super) fn candidate(
    layout: &Layout,
    field: &FieldId,
    value: FieldValue,
    rect: Rect,
    raw: &str,
    confidence: f64,
    source: Source,
) -> Candidate {
    let wrong_key = field.as_str() == "employeur_siret" && matches!(&value, FieldValue::Text(number) if !kinds::number::siret_key(number));
    let confidence = if wrong_key { confidence * 0.4 } else { confidence };
    Candidate {
        field: field.clone(),
        value: Some(value.clone()),
        empty: false,
        confidence: confidence.clamp(0.01, 0.95),
        evidence: Evidence {
            source,
            engine: Engine::Tesseract,
            page: layout.page.number,
            rect: layout.page.transform.to_scan(rect),
            value: Some(value),
            raw: raw.to_owned(),
            proof: None,
        },
    }
}

fn sureness(tokens: &[Token]) -> f64 {
    f64::from(tokens.iter().map(|t| t.confidence).fold(1.0, f32::min)).max(0.3)
}

fn without_brackets(text: &str) -> String {
    match (text.find('('), text.find(')')) {
        (Some(from), Some(to)) if from > 0 && to > from => format!("{}{}", &text[..from], &text[to + 1..]).trim().to_owned(),
        _ => text.to_owned(),
    }
}

/// How many answers of a question stand among the folded words of a row: two are printed answers, not a given one.
fn answers_shown(field: &FieldDef, shown: &[&str]) -> usize {
    let text = shown.concat();
    let stands = |word: &String| {
        let word = squeeze(word);
        if word.len() > 2 { text.contains(&word) } else { shown.contains(&word.as_str()) }
    };
    field.choices.iter().filter(|choice| choice.words.iter().any(stands)).count()
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::page;
    use super::*;

    #[derive(serde::Deserialize)]
    struct File {
        fields: Vec<FieldDef>,
    }

    fn catalogue() -> Catalogue {
        let fields = "
[[fields]]
id = 'pere_nom'
label = 'x'
kind = 'name'
labels = ['Père']
[[fields]]
id = 'pere_prenoms'
label = 'x'
kind = 'names'
labels = ['Père']
[[fields]]
id = 'date_naissance'
label = 'x'
kind = 'date'
labels = ['Né(e) le', 'Date et lieu de naissance']
[[fields]]
id = 'lieu_naissance'
label = 'x'
kind = 'text'
labels = ['Date et lieu de naissance', 'À']
[[fields]]
id = 'ressources_mensuelles'
label = 'x'
kind = 'amount'
";
        let mut catalogue = Catalogue::default();
        catalogue.fields = toml::from_str::<File>(fields).unwrap().fields;
        catalogue
    }

    fn read(lines: &[(u32, u32, &str)]) -> Vec<(String, String)> {
        let document: DocumentDef = toml::from_str(
            "id = 'acte'\nlabel = 'x'\nvalues = [{ field = 'pere_nom' }, { field = 'pere_prenoms' }, { field = 'date_naissance' }, { field = 'lieu_naissance' }, { field = 'ressources_mensuelles', pattern = 'solde [^\\d]*([\\d ]+,\\d\\d)' }]",
        )
        .unwrap();
        let catalogue = catalogue();
        let reader = Reader::new(&catalogue, 2026);
        let page = page(lines);
        let found = reader.values(&Layout::new(&page), Some(&document), Source::Text);
        found.into_iter().map(|c| (c.field.0, serde_json::to_string(&c.value).unwrap())).collect()
    }

    #[test]
    fn a_register_gives_names_dates_and_places() {
        let found = read(&[(100, 100, "Né(e) le : 16 juin 1978"), (100, 200, "À : BELÉM (BRÉSIL)"), (100, 300, "Père : OLIVEIRA João")]);
        let expect = [
            ("date_naissance", "\"1978-06-16\""),
            ("lieu_naissance", "\"BELÉM\""),
            ("pere_nom", "\"OLIVEIRA\""),
            ("pere_prenoms", "[\"JOÃO\"]"),
        ];
        assert_eq!(found, expect.map(|(f, v)| (f.to_owned(), v.to_owned())));
    }

    #[test]
    fn date_and_place_share_a_label_and_a_pattern_needs_none() {
        let found = read(&[
            (100, 100, "DATE ET LIEU DE NAISSANCE"),
            (100, 150, "06/11/2001 TUNIS"),
            (100, 400, "présente un solde créditeur de 20 971,02 €"),
        ]);
        assert_eq!(found.iter().map(|f| f.1.as_str()).collect::<Vec<_>>(), ["\"2001-11-06\"", "\"TUNIS\"", "\"20971.02\""]);
    }

    #[test]
    fn printed_answers_are_not_a_given_one() {
        let catalogue = Catalogue::embedded().unwrap();
        let reader = Reader::new(&catalogue, 2026);
        let sexe = |line: &str| -> Vec<String> {
            let page = page(&[(100, 100, line)]);
            let found = reader.form(&Layout::new(&page)).into_iter().filter(|c| c.field.as_str() == "sexe");
            found.map(|c| serde_json::to_string(&c.value).unwrap()).collect()
        };
        assert_eq!(sexe("Sexe : Féminin Masculin"), Vec::<String>::new());
        assert_eq!(sexe("Sexe : M F"), Vec::<String>::new());
        assert_eq!(sexe("Sexe : Masculin"), ["\"M\""]);
    }
}
