//! Where files are cut, and where they must not be.

use super::*;
use crate::domain::{Candidate, Engine, Evidence, FieldId, FieldValue, KindGuess, Rect, Source};

fn candidate(page: u32, field: &str, value: FieldValue) -> Candidate {
    let evidence = Evidence {
        source: Source::Text,
        engine: Engine::Tesseract,
        page,
        rect: Rect::default(),
        value: None,
        raw: String::new(),
        proof: None,
    };
    Candidate { field: FieldId::from(field), value: Some(value), empty: false, confidence: 0.9, evidence }
}

/// `kind` in words, `who` as "SURNAME GIVEN" or empty.
fn sheet(page: u32, kind: &str, who: &str) -> Sheet {
    let role = match kind {
        "separator" => SheetRole::Separator,
        "cover" => SheetRole::Cover,
        "blank" => SheetRole::Blank,
        "front" => SheetRole::EnvelopeFront,
        "unreadable" => SheetRole::Unreadable,
        _ => SheetRole::Document,
    };
    let mut candidates = Vec::new();
    if let Some((surname, given)) = who.split_once(' ') {
        candidates.push(candidate(page, "nom_naissance", FieldValue::Text(surname.to_owned())));
        candidates.push(candidate(page, "prenoms", FieldValue::List(vec![given.to_owned()])));
    }
    let kinds = vec![KindGuess { kind: kind.into(), confidence: 0.9, signs: Vec::new() }];
    Sheet { page, role, kinds, surely_none: false, candidates, permits: Vec::new(), seals: Vec::new(), mark: None }
}

fn cuts(pages: &[(&str, &str)]) -> Vec<Vec<u32>> {
    let sheets: Vec<Sheet> = pages.iter().enumerate().map(|(i, (kind, who))| sheet(i as u32 + 1, kind, who)).collect();
    let assembly = assemble(&sheets, &Catalogue::default(), &[]);
    let mut all: Vec<u32> =
        assembly.envelopes.iter().flat_map(|e| e.pages.clone()).chain(assembly.other_pages.iter().map(|o| o.page)).collect();
    all.sort_unstable();
    assert_eq!(all, (1..=sheets.len() as u32).collect::<Vec<_>>(), "every page in exactly one place");
    assembly.envelopes.into_iter().map(|e| e.pages).collect()
}

const FORM: &str = "formulaire_demande";
const LETTER: &str = "lettre_accompagnement";

#[test]
fn separators_blanks_and_covers() {
    let found = cuts(&[
        ("cover", ""),
        (FORM, "LI MEI"),
        ("blank", ""),
        ("passeport", "LI MEI"),
        ("separator", ""),
        ("cover", ""),
        (FORM, "DIALLO AWA"),
        ("unreadable", ""),
    ]);
    assert_eq!(found, [vec![2, 4], vec![7]]);
    assert!(cuts(&[("separator", ""), ("blank", "")]).is_empty());
}

#[test]
fn a_further_form_of_another_person_with_papers_behind_it_begins_an_application() {
    let found = cuts(&[
        (FORM, "LI MEI"),
        ("passeport", "LI MEI"),
        ("front", ""),
        (FORM, "DIALLO AWA"),
        ("passeport", "DIALLO AWA"),
        ("facture", "DIALLO AWA"),
    ]);
    assert_eq!(found, [vec![1, 2], vec![3, 4, 5, 6]]);
    let unreadable_hand = cuts(&[(FORM, ""), ("passeport", "LI MEI"), (FORM, ""), ("passeport", "DIALLO AWA")]);
    assert_eq!(unreadable_hand, [vec![1, 2], vec![3, 4]]);
    let letter_first =
        cuts(&[(FORM, "LI MEI"), ("passeport", "LI MEI"), (LETTER, "DIALLO AWA"), (FORM, "DIALLO AWA"), ("passeport", "DIALLO AWA")]);
    assert_eq!(letter_first, [vec![1, 2], vec![3, 4, 5]]);
}

#[test]
fn a_lone_paper_of_somebody_else_never_splits() {
    assert_eq!(cuts(&[(FORM, "LI MEI"), ("passeport", "DIALLO AWA"), ("facture", "LI MEI")]).len(), 1);
    assert_eq!(cuts(&[(FORM, "LI MEI"), ("passeport", "LI MEI"), (LETTER, "DIALLO AWA")]).len(), 1, "nothing of that person behind it");
    assert_eq!(cuts(&[(FORM, "LI MEI"), ("passeport", "LI MEI"), (LETTER, "LI MEI")]).len(), 1, "a letter at the end of the same file");
    assert_eq!(cuts(&[(FORM, "LI MEI"), ("passeport", "LI MEI"), (FORM, "LI MEI"), ("facture", "LI MEI")]).len(), 1, "the form twice");
}

#[test]
fn an_unreadable_page_is_told_to_every_application_that_it_may_belong_to() {
    let all = [(FORM, "LI MEI"), ("unreadable", ""), ("passeport", "LI MEI"), ("separator", ""), (FORM, "DIALLO AWA")];
    let sheets: Vec<Sheet> = all.iter().enumerate().map(|(i, (kind, who))| sheet(i as u32 + 1, kind, who)).collect();
    let cut = assemble(&sheets, &Catalogue::default(), &[]);
    let told: Vec<Vec<String>> = cut.envelopes.iter().map(|e| e.findings.iter().flat_map(|f| f.subjects.clone()).collect()).collect();
    assert_eq!(told, [vec!["page:2".to_owned()], vec![]], "a separator parts what follows from it");
    assert!(cut.other_pages.iter().any(|p| p.page == 2), "and the page is still counted once");
}
