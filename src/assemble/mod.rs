//! Cuts a delivery into envelopes: separators, cover sheets, a second applicant's papers.
//!
//! Every page ends in exactly one place. Without a separator a second application begins only at a
//! further form or covering letter of another person with papers of that person behind it; a lone paper
//! of somebody else never splits a file.

mod who;

use crate::catalogue::Catalogue;
use crate::domain::{Assembly, Correction, CorrectionAct, EnvelopePages, Finding, OtherKind, OtherPage, Refusal, Sheet, SheetRole};
use who::Who;

/// Documents that open an application.
const OPENERS: [&str; 2] = ["formulaire_demande", "lettre_accompagnement"];
/// From here on a guess of the kind counts.
const LIKELY: f64 = 0.45;

/// Cuts the sheets of one delivery into envelopes.
#[must_use]
pub fn assemble(sheets: &[Sheet], _catalogue: &Catalogue, corrections: &[Correction]) -> Assembly {
    if corrections.iter().any(|c| c.act == CorrectionAct::ByHand) {
        return by_hand(sheets);
    }
    let mut other_pages = Vec::new();
    let mut envelopes = Vec::new();
    for run in sheets.split(|s| s.role == SheetRole::Separator) {
        let papers: Vec<&Sheet> = run.iter().filter(|s| other(s).is_none()).collect();
        let unread: Vec<Finding> = run.iter().filter(|s| s.role == SheetRole::Unreadable).map(|s| unreadable_finding(s.page)).collect();
        envelopes.extend(cut(&papers).into_iter().map(|pages| EnvelopePages { pages, findings: unread.clone() }));
    }
    other_pages.extend(sheets.iter().filter_map(other));
    Assembly { envelopes, other_pages }
}

/// One application of everything, because an agent said so; it may have no page that could be read.
fn by_hand(sheets: &[Sheet]) -> Assembly {
    let pages = sheets.iter().filter(|s| other(s).is_none()).map(|s| s.page).collect();
    let findings = sheets.iter().filter(|s| s.role == SheetRole::Unreadable).map(|s| unreadable_finding(s.page)).collect();
    Assembly { envelopes: vec![EnvelopePages { pages, findings }], other_pages: sheets.iter().filter_map(other).collect() }
}

/// Pages that belong to no envelope, and why.
fn other(sheet: &Sheet) -> Option<OtherPage> {
    let kind = match sheet.role {
        SheetRole::Separator => OtherKind::Separator,
        SheetRole::Cover => OtherKind::Cover,
        SheetRole::Blank => OtherKind::Blank,
        SheetRole::Unreadable => OtherKind::Unreadable,
        SheetRole::Document | SheetRole::EnvelopeFront => return None,
    };
    let unreadable = || {
        Refusal::new(
            "page_illisible",
            "Cette page n’a pas pu être lue.",
            "Ouvrir l’original et saisir ce qu’elle porte, ou numériser de nouveau la page.",
        )
    };
    Some(OtherPage { page: sheet.page, kind, code: (kind == OtherKind::Unreadable).then(unreadable) })
}

/// The page may be a paper of any application that it was scanned with: none of them is settled before a person looked.
fn unreadable_finding(page: u32) -> Finding {
    Finding {
        code: "page_illisible".to_owned(),
        subjects: vec![format!("page:{page}")],
        message: format!("La page {page} de ce lot n’a pas pu être lue : elle peut porter une pièce de ce pli."),
    }
}

/// The pages of each envelope in one run of pages without a separator in it.
fn cut(papers: &[&Sheet]) -> Vec<Vec<u32>> {
    let mut starts = vec![0];
    for at in 1..papers.len() {
        let from = *starts.last().unwrap_or(&0);
        if opens(papers[at]) && another(papers, from, at) {
            starts.push(with_front(papers, from, at));
        }
    }
    starts.push(papers.len());
    let pages = starts.windows(2).map(|w| papers[w[0]..w[1]].iter().map(|s| s.page).collect::<Vec<u32>>());
    pages.filter(|p| !p.is_empty()).collect()
}

fn opens(sheet: &Sheet) -> bool {
    sheet.kinds.first().is_some_and(|k| k.confidence >= LIKELY && OPENERS.contains(&k.kind.as_str()))
}

/// True when the papers from `at` on are another person's than those before.
fn another(papers: &[&Sheet], from: usize, at: usize) -> bool {
    let next = (at + 1..papers.len()).find(|&i| opens(papers[i]) && kind(papers[i]) == kind(papers[at])).unwrap_or(papers.len());
    let before: Vec<Who> = papers[from..at].iter().map(|s| Who::of(s)).collect();
    let behind: Vec<Who> = papers[at + 1..next].iter().map(|s| Who::of(s)).collect();
    let opener = Who::of(papers[at]);
    let Some(first) = who::most(&before) else { return false };
    // A form in bad handwriting names nobody: then the papers behind it do.
    let second = if opener.is_empty() { who::most(&behind) } else { Some(opener) };
    let Some(second) = second else { return false };
    let of = |whom: &Who, list: &[Who]| list.iter().filter(|w| w.same(whom) == Some(true)).count();
    first.same(&second) == Some(false) && of(&second, &behind) > of(&first, &behind) && of(&second, &before) == 0
}

fn kind(sheet: &Sheet) -> Option<&str> {
    sheet.kinds.first().map(|k| k.kind.as_str())
}

/// The postal envelope and the covering letter lie before the form that they came with.
fn with_front(papers: &[&Sheet], from: usize, at: usize) -> usize {
    let own = Who::of(papers[at]);
    let mut start = at;
    while start > from + 1 {
        let page = papers[start - 1];
        let front = page.role == SheetRole::EnvelopeFront;
        let letter = kind(page) == Some("lettre_accompagnement") && Who::of(page).same(&own) != Some(false);
        if !front && !letter {
            break;
        }
        start -= 1;
    }
    start
}

#[cfg(test)]
mod tests;
