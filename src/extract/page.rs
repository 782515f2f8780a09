//! One page by itself: its role, the documents that it may be, the values that it shows.

use super::blocks::blocks;
use super::from_print::{Reader, candidate};
use super::layout::Layout;
use super::{from_form, from_mrz, in_words, request, signs, two_d_doc};
use crate::catalogue::{Catalogue, DocumentDef, FieldKind};
use crate::domain::{
    Candidate, Correction, CorrectionAct, Engine, FieldId, FieldValue, KindGuess, LetterMark, MarkKind, PageRead, PageState, Rect, Sheet,
    SheetRole, Source, TickState, Trust, Word, mrz::Mrz,
};
use std::collections::BTreeSet;

/// Text of the code on a separator sheet.
const SEPARATOR: &str = "PASSERELLE|SEP|";
/// The request form among the documents.
pub(super) const FORM: &str = "formulaire_demande";
/// A letter of ours among the documents.
const RETURNED: &str = "retour_courrier";
/// The letter that comes with an application, or in place of a form.
const LETTER: &str = "lettre_accompagnement";
/// From here on a guess is used to choose which labels to look for.
const SURE: f64 = 0.45;
/// Below this a guess is no more than a word that several papers print.
const RUMOUR: f64 = 0.3;
/// A page goes on with the form beside it from so many places on, so many of which no other paper prints.
const PLACES: usize = 4;
const OWN_PLACES: usize = 2;
/// How sure that is.
const GOES_ON: f64 = 0.75;
/// The year taken when no page bears a date: births are then told from this century up to it.
const NO_YEAR: i16 = 2026;

/// What each page says by itself. Corrections of a page's kind are already known facts here.
pub(super) fn describe(pages: &[PageRead], catalogue: &Catalogue, trust: &Trust, corrections: &[Correction]) -> Vec<Sheet> {
    let reference_year = reference_year(pages);
    let reader = Reader::new(catalogue, reference_year);
    let mut sheets: Vec<Sheet> = pages.iter().map(|page| sheet(page, None, &reader, trust, corrections)).collect();
    for at in form_goes_on(pages, &sheets, catalogue) {
        let guess = KindGuess { kind: FORM.into(), confidence: GOES_ON, signs: vec!["suite du formulaire".into()] };
        sheets[at] = sheet(&pages[at], Some(guess), &reader, trust, corrections);
    }
    sheets
}

/// Pages that no sign names, beside a page of the request form, with places for answers that forms alone ask for: its other side.
fn form_goes_on(pages: &[PageRead], sheets: &[Sheet], catalogue: &Catalogue) -> Vec<usize> {
    let elsewhere: BTreeSet<&str> =
        catalogue.documents.iter().filter(|d| d.id.as_str() != FORM).flat_map(|d| &d.values).map(|v| v.field.as_str()).collect();
    let answers = |page: &PageRead| page.zones.iter().map(|z| z.field.as_str().to_owned()).collect::<BTreeSet<_>>();
    let asks = |at: usize| {
        let fields = answers(&pages[at]);
        fields.len() >= PLACES && fields.iter().filter(|f| !elsewhere.contains(f.as_str())).count() >= OWN_PLACES
    };
    let best = |sheet: &Sheet| sheet.kinds.first().map_or((false, 0.0), |k| (k.kind.as_str() == FORM, k.confidence));
    let is_form = |sheet: &Sheet| matches!(best(sheet), (true, confidence) if confidence >= SURE);
    let nameless = |sheet: &Sheet| {
        let (form, confidence) = best(sheet);
        sheet.role == SheetRole::Document && confidence < if form { SURE } else { RUMOUR }
    };
    let beside = |at: usize| {
        let seen = |s: &&Sheet| s.role != SheetRole::Blank;
        sheets[..at].iter().rev().find(seen).is_some_and(is_form) || sheets[at + 1..].iter().find(seen).is_some_and(is_form)
    };
    (0..sheets.len()).filter(|at| nameless(&sheets[*at]) && asks(*at) && beside(*at)).collect()
}

/// The latest year that several dates of the papers share: letters, bills and copies are recent.
pub(super) fn reference_year(pages: &[PageRead]) -> i16 {
    let mut counts: std::collections::BTreeMap<i16, usize> = std::collections::BTreeMap::new();
    for word in pages.iter().flat_map(|p| &p.words) {
        if word.text.len() <= 12
            && let Some(FieldValue::Date(date)) = super::kinds::date::parse(&word.text, NO_YEAR)
        {
            *counts.entry(date.year()).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(year, count)| (*count, *year)).map_or(NO_YEAR, |(year, _)| year.max(2000) + 1)
}

/// `known` is the kind that the pages beside it give it.
fn sheet(page: &PageRead, known: Option<KindGuess>, reader: &Reader, trust: &Trust, corrections: &[Correction]) -> Sheet {
    let empty = |role| Sheet {
        page: page.number,
        role,
        kinds: Vec::new(),
        surely_none: false,
        candidates: Vec::new(),
        permits: Vec::new(),
        seals: Vec::new(),
        mark: None,
    };
    match page.state {
        PageState::Blank => return empty(SheetRole::Blank),
        PageState::Unreadable(_) => return empty(SheetRole::Unreadable),
        PageState::Read => {}
    }
    if page.codes.iter().any(|c| c.text.starts_with(SEPARATOR)) {
        return empty(SheetRole::Separator);
    }
    let mark = page.codes.iter().find_map(|c| LetterMark::claimed(&c.text));
    // An agent who says that the page is no document of the list says nothing against what was written on it.
    let none = |kind: String| reader.catalogue.document(&kind).is_none_or(|d| d.none);
    if let Some(mark) = mark.filter(|_| reclassified(page.number, corrections).is_none_or(none)) {
        return returned(page, mark, reader);
    }
    let layout = Layout::new(page);
    let zones = from_mrz::zones(page, reader.reference_year);
    let parsed: Vec<Mrz> = zones.iter().map(|(zone, _)| zone.clone()).collect();
    let kinds = match reclassified(page.number, corrections) {
        Some(kind) => vec![KindGuess { kind: kind.as_str().into(), confidence: 1.0, signs: Vec::new() }],
        None => known.map_or_else(|| signs::guesses(&layout, &parsed, &reader.catalogue.documents), |k| vec![k]),
    };
    let document = likely(&kinds, reader.catalogue);
    let (seals, sealed) = two_d_doc::read(page, reader.catalogue, trust);
    let mut candidates = candidates(page, &layout, &zones, document, reader);
    candidates.extend(looked_at(page, document, &candidates, reader));
    candidates.extend(sealed);
    let permits = permits(&layout, &candidates, document, reader.catalogue);
    Sheet {
        page: page.number,
        role: role(document),
        surely_none: document.is_some_and(|d| d.none),
        kinds,
        candidates,
        permits,
        seals,
        mark: None,
    }
}

/// A letter of ours that came back. What we printed on it is no evidence; what was written into the boxes of its slip is, and an
/// empty box says nothing.
fn returned(page: &PageRead, mark: LetterMark, reader: &Reader) -> Sheet {
    let mut candidates = from_form::candidates(page, reader.catalogue, reader.reference_year, Source::Form);
    // Specks in a box whose line nobody ticked are no answer.
    let ticked = |c: &Candidate| {
        let label = reader.catalogue.field(c.field.as_str()).map(|f| f.label.as_str());
        page.checkboxes.iter().any(|b| Some(b.group.as_str()) == label && b.state != TickState::Clear)
    };
    candidates.retain(|c| !c.empty && c.evidence.engine != Engine::Geometry && (c.value.is_some() || ticked(c)));
    Sheet {
        page: page.number,
        role: SheetRole::Document,
        kinds: vec![KindGuess { kind: RETURNED.into(), confidence: 0.99, signs: vec!["code d’un courrier".into()] }],
        surely_none: true,
        candidates,
        permits: Vec::new(),
        seals: Vec::new(),
        mark: Some(mark),
    }
}

/// The document of the best guess, if that is sure enough to look for its labels.
fn likely<'c>(guesses: &[KindGuess], catalogue: &'c Catalogue) -> Option<&'c DocumentDef> {
    guesses.first().filter(|k| k.confidence >= SURE).and_then(|k| catalogue.document(k.kind.as_str()))
}

fn reclassified(page: u32, corrections: &[Correction]) -> Option<String> {
    let subject = format!("page:{page}");
    corrections.iter().rev().filter(|c| c.subject == subject).find_map(|c| match &c.act {
        CorrectionAct::Reclassify { kind } => Some(kind.clone()),
        _ => None,
    })
}

fn role(document: Option<&DocumentDef>) -> SheetRole {
    match document.map(|d| d.id.as_str()) {
        Some("feuille_garde") => SheetRole::Cover,
        Some("enveloppe") => SheetRole::EnvelopeFront,
        _ => SheetRole::Document,
    }
}

fn candidates(
    page: &PageRead,
    layout: &Layout,
    zones: &[(Mrz, &crate::domain::MrzRead)],
    document: Option<&DocumentDef>,
    reader: &Reader,
) -> Vec<Candidate> {
    let form = document.is_some_and(|d| d.id.as_str() == FORM);
    let source = if form { Source::Form } else { Source::Text };
    let mut out: Vec<Candidate> = zones.iter().flat_map(|(zone, read)| from_mrz::candidates(page, zone, read)).collect();
    let places = from_form::candidates(page, reader.catalogue, reader.reference_year, source);
    // On any other paper the dots and rules beside a label are its design, and the print beside it is the value.
    let places: Vec<Candidate> = if form { places } else { from_form::signing_date(page, reader.catalogue, reader.reference_year) };
    let printed = printed(layout, document, reader);
    // A place found by geometry reads better than the words around it, but an unread one leaves the words.
    out.extend(printed.into_iter().filter(|c| !is_answered(&places, &c.field)));
    // Which paper is signed is told by the paper, not by the label « Signature » that all of them print.
    out.extend(places.into_iter().filter(|c| !c.field.as_str().ends_with("_signe")));
    out.extend(signed(page, layout, document));
    // A free letter is a request like any form.
    out.extend(document.filter(|d| d.id.as_str() == LETTER).and_then(|_| in_words::asked(layout)));
    for block in blocks(layout) {
        let raw = format!("{}\n{}", block.name, super::kinds::address::key(&block.address));
        out.push(candidate(layout, &FieldId::from("adresse"), FieldValue::Address(block.address), block.rect, &raw, 0.8, Source::Text));
        if super::kinds::name::one(&block.name).is_some() {
            out.push(candidate(
                layout,
                &FieldId::from("nom"),
                FieldValue::Text(block.name.to_uppercase()),
                block.rect,
                &block.name,
                0.8,
                Source::Text,
            ));
        }
    }
    out
}

/// True where a place says what the field is, or that it is empty.
fn is_answered(places: &[Candidate], field: &FieldId) -> bool {
    places.iter().any(|p| p.field == *field && (p.value.is_some() || p.empty))
}

/// What the printed words say, whoever read them.
fn printed(layout: &Layout, document: Option<&DocumentDef>, reader: &Reader) -> Vec<Candidate> {
    match document {
        Some(form) if form.id.as_str() == FORM => reader.form(layout),
        _ => reader.values(layout, document, Source::Text),
    }
}

/// Values of one printed line that mostly stand on one paper, and so have no other to confirm them.
pub(super) fn sought(page: &PageRead, catalogue: &Catalogue) -> Vec<Rect> {
    if page.state != PageState::Read {
        return Vec::new();
    }
    let reader = Reader::new(catalogue, reference_year(std::slice::from_ref(page)));
    let layout = Layout::new(page);
    let zones: Vec<Mrz> = from_mrz::zones(page, reader.reference_year).into_iter().map(|(zone, _)| zone).collect();
    let document = likely(&signs::guesses(&layout, &zones, &catalogue.documents), catalogue);
    let alone = |field: &FieldId| {
        catalogue.field(field.as_str()).is_some_and(|f| !f.everywhere && !matches!(f.kind, FieldKind::Flag | FieldKind::Address))
    };
    let form = document.is_some_and(|d| d.id.as_str() == FORM);
    // What a place of the form answers is read there; its words do not count, and looking at them costs as much as reading them.
    let answers = if form { from_form::candidates(page, catalogue, reader.reference_year, Source::Form) } else { Vec::new() };
    let wanted = |c: &Candidate| c.value.is_some() && alone(&c.field) && !is_answered(&answers, &c.field);
    let found = printed(&layout, document, &reader).into_iter().filter(wanted);
    let mut places: Vec<Rect> = found.map(|c| page.transform.to_upright(c.evidence.rect)).collect();
    if document.is_some() && !form {
        places.extend(reader.unanswered(&layout, document, alone));
    }
    places
}

/// The same page once more, with the words of the second engine where it looked: what they say there.
fn looked_at(page: &PageRead, document: Option<&DocumentDef>, first: &[Candidate], reader: &Reader) -> Vec<Candidate> {
    if page.looks.is_empty() {
        return Vec::new();
    }
    let replaced = |w: &&Word| page.looks.iter().any(|l| l.rect.contains(w.rect.centre().0, w.rect.centre().1));
    let kept = page.words.iter().filter(|w| !replaced(w));
    let words = kept.chain(page.looks.iter().flat_map(|l| &l.words)).cloned().collect();
    let again = PageRead { words, looks: Vec::new(), ..page.clone() };
    let looks: Vec<Rect> = page.looks.iter().map(|l| page.transform.to_scan(l.rect)).collect();
    let looked = |c: &Candidate| looks.iter().any(|l| l.contains(c.evidence.rect.centre().0, c.evidence.rect.centre().1));
    // On a form, places are read by both engines already: words only repeat what words said there the first time.
    let form = document.is_some_and(|d| d.id.as_str() == FORM);
    let wanted = |c: &Candidate| !form || first.iter().any(|f| f.field == c.field && f.evidence.rect == c.evidence.rect);
    let mut found = printed(&Layout::new(&again), document, reader);
    found.retain(|c| looked(c) && wanted(c));
    for candidate in &mut found {
        candidate.evidence.engine = Engine::Ppocr;
    }
    found
}

/// A hand-drawn mark near a word for « signature », or ink in the place for it on the form, says that the paper is
/// signed. A word without a mark near it is a question for a person, not an answer.
fn signed(page: &PageRead, layout: &Layout, document: Option<&DocumentDef>) -> Vec<Candidate> {
    let (field, asked) = match document.map(|d| d.id.as_str()) {
        Some(FORM) => ("formulaire_signe", true),
        Some("contrat_engagement_republique") => ("contrat_signe", true),
        _ => ("signe", false),
    };
    let place = page.zones.iter().find(|z| field == "formulaire_signe" && z.field.as_str() == field);
    let labels = layout.rows.iter().flat_map(|r| &r.tokens).filter(|t| t.key.starts_with("SIGNATURE"));
    // The scribble often runs into its label, which then is no word any more; it stands beside place and date all the same.
    let signing =
        page.zones.iter().filter(|z| field == "formulaire_signe" && matches!(z.field.as_str(), "lieu_signature" | "date_signature"));
    let boxes: Vec<_> = signing.map(|z| z.rect).chain(labels.map(|t| t.rect)).chain(place.map(|z| z.label_rect)).collect();
    let near = |rect: &crate::domain::Rect| {
        boxes.iter().any(|b| {
            b.y <= rect.bottom() + layout.em * 3
                && rect.y <= b.bottom() + layout.em * 10
                && rect.x <= b.right() + layout.em * 20
                && b.x <= rect.right() + layout.em * 10
        })
    };
    // The remains of a rule are as long as a signature, and not as high as a letter.
    let drawn = |rect: &Rect| rect.h * 2 >= layout.em;
    let mark = page.marks.iter().filter(|m| m.kind == MarkKind::Signature && drawn(&m.rect)).find(|m| near(&m.rect)).map(|m| m.rect);
    let inked = mark.or_else(|| place.filter(|z| !z.empty).map(|z| z.rect));
    let (rect, value, trust) = match (inked, boxes.last()) {
        (Some(rect), _) => (rect, true, if mark.is_some() { 0.93 } else { 0.7 }),
        // The act itself prints one place to sign; without a mark anywhere on the page that place is empty.
        (None, Some(label)) if asked && field == "contrat_signe" && !page.marks.iter().any(|m| m.kind == MarkKind::Signature) => {
            (*label, false, 0.9)
        }
        (None, Some(label)) if asked => (*label, false, 0.55),
        _ => return Vec::new(),
    };
    vec![candidate(layout, &FieldId::from(field), FieldValue::Bool(value), rect, "", trust, Source::Form)]
}

/// Permits that the page names: a ticked box or written answer on the form, the category of a card, the type of a visa.
fn permits(layout: &Layout, candidates: &[Candidate], document: Option<&DocumentDef>, catalogue: &Catalogue) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for candidate in candidates.iter().filter(|c| matches!(c.field.as_str(), "permit_id" | "titre_mention")) {
        let named = match &candidate.value {
            Some(FieldValue::Text(text)) if catalogue.permit(text).is_some() => Some(text.clone()),
            Some(FieldValue::Text(text)) => request::permit_named(catalogue, text).map(|p| p.0),
            _ => None,
        };
        out.extend(named);
    }
    if document.is_some_and(|d| d.id.as_str() == "visa_ou_titre_sejour") {
        let named = layout.rows.iter().filter(|r| r.tokens.iter().any(|t| t.key.contains("VLS"))).filter_map(|r| {
            let text = r.text();
            let tail = text.find("VLS").map_or(text.as_str(), |at| &text[at..]);
            request::permit_named(catalogue, tail.trim_start_matches("VLS-TS").trim_start_matches("VLS"))
        });
        out.extend(named.map(|p| p.0));
    }
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|p| seen.insert(p.clone()));
    out
}
