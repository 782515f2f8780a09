//! A permit asked for in the applicant's own words: behind a box « Autre », or in the prose of a free letter.

use super::from_print::candidate;
use super::layout::Layout;
use super::patterns::compiled;
use super::text::squeeze;
use crate::domain::{Candidate, CheckBox, FieldId, FieldValue, PageRead, Source};

/// What stands between quotation marks behind a verb that asks, within one sentence.
const ASKED: &str =
    r#"(?i)(?:sollicit|demand|délivr|renouvel|obten|obtention)[^«»“”".]{0,140}(?:«|“|"|<<)\s*([^«»“”"<>]{3,80}?)\s*(?:»|”|"|>>)"#;
/// How far a letter is believed: less than any place of a form.
const SAID: f64 = 0.5;

/// True where these words of a box open a place for a permit that no box names.
pub(super) fn is_other(words: &str) -> bool {
    let key = squeeze(words);
    ["TITRE", "CARTE", "MENTION"].iter().fold(key.as_str(), |rest, w| rest.strip_prefix(w).unwrap_or(rest)).starts_with("AUTRE")
}

/// What is written behind the box, up to the next box of its row; `None` where nothing is.
pub(super) fn behind(page: &PageRead, tick: &CheckBox) -> Option<String> {
    let half = tick.rect.h / 2;
    let row = tick.rect.y.saturating_sub(half)..=tick.rect.bottom() + half;
    let next = page.checkboxes.iter().filter(|o| o.rect.x > tick.rect.right() && o.rect.vertical_overlap(&tick.rect) > 0).map(|o| o.rect.x);
    let next = next.min().unwrap_or(u32::MAX);
    let stands = |(x, y): (u32, u32)| x > tick.rect.right() && x < next && row.contains(&y);
    let mut words: Vec<_> = page.words.iter().filter(|w| stands(w.rect.centre())).collect();
    words.sort_by_key(|w| w.rect.x);
    let text = words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
    let tail = ["Autre", "AUTRE", "autre"].iter().find_map(|word| text.split_once(word)).map(|(_, tail)| tail)?;
    let edge = |c: char| !c.is_alphanumeric();
    let mut wording = tail.trim_start_matches(edge);
    for hint in ["à préciser", "À préciser", "préciser", "Préciser", "précisez"] {
        wording = wording.strip_prefix(hint).unwrap_or(wording).trim_start_matches(edge);
    }
    let wording = wording.trim_end_matches(|c: char| edge(c) && c != ')');
    (wording.chars().filter(|c| c.is_alphabetic()).count() >= 3).then(|| wording.to_owned())
}

/// The permit that a letter asks for. Layouts leave out quotation marks that stand alone, so the words of the page are read.
pub(super) fn asked(layout: &Layout) -> Option<Candidate> {
    let words = &layout.page.words;
    let mut text = String::new();
    let mut ends = Vec::with_capacity(words.len());
    for word in words {
        text.push_str(&word.text);
        ends.push(text.len());
        text.push(' ');
    }
    let found = compiled(ASKED)?.captures(&text)?.get(1)?;
    let touched = words.iter().zip(&ends).filter(|(w, end)| **end > found.start() && **end - w.text.len() < found.end());
    let rect = touched.map(|(w, _)| w.rect).reduce(|all, rect| all.union(&rect))?;
    let wording = found.as_str();
    Some(candidate(layout, &FieldId::from("permit_id"), FieldValue::Text(wording.to_owned()), rect, wording, SAID, Source::Text))
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::page;
    use super::*;
    use crate::domain::{Rect, TickState};

    fn tick(x: u32) -> CheckBox {
        CheckBox { rect: Rect::new(x, 100, 30, 30), words: "Autre".to_owned(), group: String::new(), ink: 0.2, state: TickState::Marked }
    }

    #[test]
    fn what_is_written_behind_a_box_is_kept_up_to_the_next_one() {
        let mut page = page(&[(140, 100, "Autre : Stagiaire ......"), (1000, 100, "Duplicata"), (140, 200, "Autre chose")]);
        page.checkboxes = vec![tick(100), tick(960)];
        assert_eq!(behind(&page, &page.checkboxes[0]).as_deref(), Some("Stagiaire"));
        assert_eq!(behind(&page, &page.checkboxes[1]), None);
        assert!(is_other("Titre « autre »") && is_other("Autre :") && !is_other("Étudiant"));
    }

    #[test]
    fn a_letter_says_between_quotation_marks_what_it_asks_for() {
        let letter = page(&[
            (100, 100, "Ma carte « étudiant » arrive à sa fin."),
            (100, 160, "J’ai l’honneur de solliciter la délivrance d’une carte de séjour portant la mention"),
            (100, 220, "« travailleur saisonnier ». Je vous remercie."),
        ]);
        let found = asked(&Layout::new(&letter)).map(|c| c.evidence.raw);
        assert_eq!(found.as_deref(), Some("travailleur saisonnier"));
        let other = page(&[(100, 100, "Vous trouverez ci-joint mes papiers. La mention « étudiant » est sur ma carte.")]);
        assert!(asked(&Layout::new(&other)).is_none());
    }
}
