//! The documents of one envelope: which kind each page is in the light of the permit's list and of whose
//! paper it is, and which pages belong together.

use super::person::People;
use crate::catalogue::{Catalogue, DocumentDef};
use crate::domain::{Correction, CorrectionAct, INCONNU, KindGuess, Person, PieceKind, Sheet};
use std::collections::BTreeSet;

/// From here on a guess decides; below it the page is `inconnu`.
const DECIDES: f64 = 0.45;

/// A document before its facts.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub kind: PieceKind,
    pub pages: Vec<u32>,
    pub confidence: f64,
    pub person: Person,
    pub surely_none: bool,
}

/// One draft for each document, in page order.
pub(super) fn drafts(
    sheets: &[Sheet],
    people: &People,
    catalogue: &Catalogue,
    permit: Option<&str>,
    request: Option<&str>,
    corrections: &[Correction],
) -> Vec<Draft> {
    let listed = listed(catalogue, permit, request);
    let mut out: Vec<Draft> = Vec::new();
    for (sheet, person) in sheets.iter().zip(&people.of_sheet) {
        let draft = draft(sheet, *person, catalogue, &listed);
        match out.last_mut().filter(|last| follows(last, &draft, sheet, catalogue)) {
            Some(last) => last.pages.push(sheet.page),
            None => out.push(draft),
        }
    }
    for (number, draft) in out.iter_mut().enumerate() {
        let subject = format!("piece:{}", number + 1);
        let told = corrections.iter().rev().find_map(|c| match &c.act {
            CorrectionAct::Reclassify { kind } if c.subject == subject => Some(kind.clone()),
            _ => None,
        });
        if let Some(kind) = told {
            draft.surely_none = catalogue.document(&kind).is_some_and(|d| d.none);
            draft.kind = PieceKind(kind);
            draft.confidence = 1.0;
        }
    }
    out
}

/// The kinds that the permit's list knows for this request; all of its lists when the request is open.
fn listed(catalogue: &Catalogue, permit: Option<&str>, request: Option<&str>) -> BTreeSet<PieceKind> {
    let lists = permit.and_then(|p| catalogue.permit(p)).map(|p| p.lists.as_slice()).unwrap_or_default();
    let wanted = lists.iter().filter(|l| request.is_none_or(|r| l.request == r));
    wanted.flat_map(|l| &l.rows).flat_map(|r| std::iter::once(r.piece.clone()).chain(r.or.iter().cloned())).collect()
}

fn draft(sheet: &Sheet, person: Person, catalogue: &Catalogue, listed: &BTreeSet<PieceKind>) -> Draft {
    let unknown = Draft { kind: INCONNU.into(), pages: vec![sheet.page], confidence: 0.5, person, surely_none: sheet.surely_none };
    let Some(best) = sheet.kinds.first().filter(|k| k.confidence >= DECIDES) else { return unknown };
    if catalogue.document(best.kind.as_str()).is_some_and(|d| d.none) {
        return Draft { confidence: best.confidence, surely_none: true, ..unknown };
    }
    let kind = resolve(best, &sheet.kinds, person, catalogue, listed);
    Draft { kind, confidence: best.confidence, ..unknown }
}

/// The same print serves several rows of a list: the paper's person and the permit's list tell which.
fn resolve(best: &KindGuess, guesses: &[KindGuess], person: Person, catalogue: &Catalogue, listed: &BTreeSet<PieceKind>) -> PieceKind {
    if person == Person::Other {
        // Nothing explains the person: the print alone says what the paper is.
        return best.kind.clone();
    }
    let rivals = guesses.iter().filter(|g| g.confidence >= best.confidence * 0.7).map(|g| &g.kind);
    let mut family: Vec<&DocumentDef> = rivals.filter_map(|k| catalogue.document(k.as_str())).filter(|d| !d.none).collect();
    let alike: Vec<&DocumentDef> = catalogue.documents.iter().filter(|d| d.like.contains(&best.kind)).collect();
    family.extend(alike);
    let fits = |d: &DocumentDef| match d.persons.iter().position(|p| *p == person) {
        Some(at) => at,
        None if d.persons.is_empty() && person == Person::Applicant => 0,
        None => 9,
    };
    let order = |d: &DocumentDef| (fits(d), usize::from(!listed.contains(&d.id)), usize::from(d.id != best.kind));
    family.into_iter().min_by_key(|d| order(d)).map_or_else(|| best.kind.clone(), |d| d.id.clone())
}

/// Front and back, and a page that goes on where the one before stopped: the same kind and person, and no title of its own.
fn follows(last: &Draft, next: &Draft, sheet: &Sheet, catalogue: &Catalogue) -> bool {
    let adjacent = last.pages.last().is_some_and(|p| p + 1 == sheet.page);
    let same = last.kind == next.kind && last.person == next.person && last.kind.as_str() != INCONNU;
    adjacent && same && !titled(sheet, catalogue)
}

fn titled(sheet: &Sheet, catalogue: &Catalogue) -> bool {
    let Some(guess) = sheet.kinds.first() else { return false };
    let Some(document) = catalogue.document(guess.kind.as_str()) else { return false };
    document.signs.iter().filter(|s| s.title).any(|s| s.any.iter().any(|phrase| guess.signs.contains(phrase)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SheetRole;

    fn sheet(page: u32, kind: &str, confidence: f64, sign: &str) -> Sheet {
        Sheet {
            page,
            role: SheetRole::Document,
            kinds: vec![KindGuess { kind: kind.into(), confidence, signs: vec![sign.to_owned()] }],
            surely_none: false,
            candidates: Vec::new(),
            permits: Vec::new(),
            seals: Vec::new(),
            mark: None,
        }
    }

    fn kinds(sheets: &[Sheet], persons: &[Person], permit: &str, request: &str) -> Vec<(String, Vec<u32>)> {
        let catalogue = Catalogue::embedded().unwrap();
        let people = People { of_sheet: persons.to_vec(), ..People::default() };
        drafts(sheets, &people, &catalogue, Some(permit), Some(request), &[]).into_iter().map(|d| (d.kind.0, d.pages)).collect()
    }

    #[test]
    fn a_bill_in_the_name_of_the_host_is_the_hosts_and_an_unsure_page_is_unknown() {
        let sheets = [
            sheet(1, "justificatif_domicile", 0.9, "FACTURE"),
            sheet(2, "justificatif_domicile", 0.9, "FACTURE"),
            sheet(3, "releve_notes", 0.2, "x"),
        ];
        let found = kinds(&sheets, &[Person::Applicant, Person::Hebergeant, Person::Applicant], "changement_adresse", "changement_adresse");
        assert_eq!(
            found,
            [("justificatif_domicile".to_owned(), vec![1]), ("domicile_hebergeant".to_owned(), vec![2]), (INCONNU.to_owned(), vec![3])]
        );
    }

    #[test]
    fn the_back_of_a_card_belongs_to_its_front_and_two_cards_stay_two() {
        let front = |page| sheet(page, "titre_sejour_en_cours", 0.9, "TITRE DE SÉJOUR");
        let sheets = [front(1), sheet(2, "titre_sejour_en_cours", 0.9, "mrz:IR"), front(3)];
        let found = kinds(&sheets, &[Person::Applicant; 3], "salarie", "renouvellement");
        assert_eq!(found.iter().map(|f| f.1.clone()).collect::<Vec<_>>(), [vec![1, 2], vec![3]]);
    }
}
