//! The rows of the list in force, each with what the envelope shows for it.

use super::case::Case;
use super::evaluate::{evaluate, pages_in_french};
use super::heard::clear;
use super::paper::Worth;
use super::shown::{Shown, shown};
use super::truth::Truth;
use crate::catalogue::{Condition, ListRow, PieceList};
use crate::domain::{ChecklistLine, LineClass, LineStatus, Piece, Rank};
use std::collections::BTreeSet;

/// One line with the fields that its status hangs on and that still wait for a person.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judged {
    pub line: ChecklistLine,
    pub hangs_on: Vec<String>,
    /// What a person confirms about a paper that counts as read.
    pub confirm: Option<String>,
    /// Whether the row asks for its paper.
    asked: Truth,
    /// There is a paper, whatever it is worth.
    shown: bool,
    /// It is of the row's own type, and not of one that may stand for it.
    own: bool,
}

/// Every row in force on the filing date.
pub(super) fn judge_list(list: &PieceList, case: &Case<'_>) -> Vec<Judged> {
    let mut lines: Vec<Judged> = list.rows_on(case.filing).map(|row| judge_row(row, list, case)).collect();
    alternatives(&mut lines, case);
    lines
}

/// Within a group one paper that counts for a row that asks for it is enough; while one may count, no other is missing.
fn alternatives(lines: &mut [Judged], case: &Case<'_>) {
    let groups: BTreeSet<String> = lines.iter().filter_map(|j| j.line.group.clone()).collect();
    for group in groups {
        let members: Vec<&mut Judged> = lines.iter_mut().filter(|j| j.line.group.as_ref() == Some(&group)).collect();
        let labels = |status: LineStatus, wanted: &dyn Fn(&Judged) -> bool| -> Vec<String> {
            let those = members.iter().filter(|j| j.line.status == status && wanted(j));
            those.map(|j| case.label_of(j.line.piece.as_str())).collect()
        };
        // Who joins the very paper says that it is asked for, unless something speaks of it unclearly.
        let silent = |j: &Judged| matches!(&j.asked, Truth::Unknown(doubts) if doubts.iter().all(|d| d.silent));
        let enough = |j: &Judged| j.asked == Truth::True || j.own && silent(j);
        let there = labels(LineStatus::Present, &enough);
        let mut open = labels(LineStatus::Doubtful, &|j| j.shown);
        open.extend(labels(LineStatus::Present, &|j| matches!(j.asked, Truth::Unknown(_)) && !enough(j)));
        let lacking = labels(LineStatus::Missing, &|_| true);
        for judged in members {
            alternative(judged, &there, &open, &lacking);
        }
    }
}

fn alternative(judged: &mut Judged, there: &[String], open: &[String], lacking: &[String]) {
    let line = &mut judged.line;
    let unsettled = matches!(line.status, LineStatus::Missing | LineStatus::Doubtful);
    if unsettled && !there.is_empty() {
        (line.status, line.because) = (LineStatus::NotRequired, format!("une autre pièce suffit : {}", there.join(", ")));
        judged.hangs_on.clear();
    } else if line.status == LineStatus::Missing && !open.is_empty() {
        (line.status, line.because) = (LineStatus::Doubtful, format!("une autre pièce suffirait, à vérifier : {}", open.join(", ")));
    } else if line.status == LineStatus::Missing && lacking.len() > 1 {
        line.because = format!("{} ; une seule de ces pièces suffit : {}", line.because, lacking.join(", "));
    }
}

fn judge_row(row: &ListRow, list: &PieceList, case: &Case<'_>) -> Judged {
    let shown = shown(row, case);
    let due = due(row, case);
    let (status, because) = unsettled_condition(row, status(row, &shown, &due, case), case);
    // A paper that counts settles its row whatever the condition says.
    let settled = matches!(status, LineStatus::Present | LineStatus::AtCollection) || row.advisory;
    let conditions = row.when.iter().chain(&row.held_when).filter(|_| !settled);
    let hangs_on = conditions.flat_map(|when| case.hangs_on(when)).collect();
    let line = ChecklistLine {
        piece: row.piece.clone(),
        status,
        class: row.class,
        rank: row.rank,
        article: row.article.clone(),
        rule_version: list.since_of(row).to_string(),
        because: with_note(&because, row),
        group: row.group.clone(),
    };
    let confirm = match shown.worth {
        Some(Worth::Likely(words)) if status == LineStatus::Present => Some(words),
        _ => None,
    };
    let own = shown.papers.iter().any(|p| p.kind == row.piece);
    Judged { line, hangs_on, confirm, asked: due.asked, shown: !shown.papers.is_empty(), own }
}

/// That a paper is missing is said against the applicant: not where it is due by a reading that is not clear.
fn unsettled_condition(row: &ListRow, said: (LineStatus, String), case: &Case<'_>) -> (LineStatus, String) {
    if said.0 != LineStatus::Missing {
        return said;
    }
    let fields = row.when.iter().flat_map(|when| case.hangs_on(when));
    let unclear: Vec<String> = fields.filter(|id| !case.reading(id).is_some_and(clear)).map(|id| case.unsettled(&id)).collect();
    if unclear.is_empty() { said } else { (LineStatus::Doubtful, format!("{} ; {}", said.1, unclear.join(" ; "))) }
}

fn with_note(because: &str, row: &ListRow) -> String {
    row.note.as_ref().map_or_else(|| because.to_owned(), |note| format!("{because} ; {note}"))
}

/// Whether the row asks for its paper, and whether the administration holds it already.
struct Due {
    asked: Truth,
    held: bool,
}

fn due(row: &ListRow, case: &Case<'_>) -> Due {
    let truth = |c: &Condition| evaluate(&c.expr, case);
    let held = row.held_when.as_ref().map_or(Truth::False, truth);
    let asked = if row.advisory { Truth::False } else { row.when.as_ref().map_or(Truth::True, truth) };
    let known = held == Truth::True && asked != Truth::False;
    Due { asked: Truth::all([asked, held.not()]), held: known }
}

fn status(row: &ListRow, shown: &Shown<'_>, due: &Due, case: &Case<'_>) -> (LineStatus, String) {
    let condition = condition_words(row, case);
    match (&shown.worth, &due.asked) {
        // A paper of another type counts for the row where the row is due, and does not make it due.
        (Some(Worth::Counts | Worth::Likely(_)), asked) if *asked != Truth::False || shown.papers.iter().any(|p| p.kind == row.piece) => {
            (LineStatus::Present, pages_of(&shown.papers))
        }
        _ if due.held => (LineStatus::NotRequired, "déjà détenue par l’administration (CRPA L113-12, L114-8)".into()),
        (_, asked) if row.class == LineClass::AtCollection && *asked != Truth::False => {
            (LineStatus::AtCollection, "à remettre au plus tard au retrait du titre".into())
        }
        (_, Truth::False) if row.advisory => (LineStatus::NotRequired, "les textes ne la demandent pas d’elle-même".into()),
        (_, Truth::False) => {
            (LineStatus::NotRequired, format!("non demandée{}", condition.map_or_else(String::new, |c| format!(" : due si {c}"))))
        }
        (Some(Worth::Counts | Worth::Likely(_)), _) => (LineStatus::NotRequired, "non demandée".into()),
        (Some(Worth::Unsure(words)), _) => (LineStatus::Doubtful, words.clone()),
        (Some(Worth::Fails(words)), Truth::True) => absent(row, format!("ne compte pas : {words}"), case),
        (Some(Worth::Fails(words)), doubt @ Truth::Unknown(_)) => (LineStatus::Doubtful, format!("{words} ; {}", doubt.words())),
        (None, Truth::True) => absent(row, "aucune page ne porte cette pièce".into(), case),
        (None, doubt @ Truth::Unknown(_)) => {
            let condition = condition.map_or_else(String::new, |c| format!("due si {c} ; "));
            (LineStatus::Doubtful, format!("{condition}{}", doubt.words()))
        }
    }
}

fn condition_words(row: &ListRow, case: &Case<'_>) -> Option<String> {
    let when = row.when.as_ref()?;
    case.catalogue.condition(&when.source).map(|named| named.label.clone())
}

/// No page shows it: missing, unless a page that could be it was not identified, or the line is of rank liste.
fn absent(row: &ListRow, words: String, case: &Case<'_>) -> (LineStatus, String) {
    let open = case.open_pages();
    if !open.is_empty() {
        return (LineStatus::Doubtful, format!("{words}, mais {}", pages_in_french(&open)));
    }
    match row.rank {
        Rank::Liste => (
            LineStatus::Doubtful,
            format!("{words} ; demandée par une liste officielle et non par un texte ({}) : à vérifier", row.article),
        ),
        Rank::Texte | Rank::Pratique => (LineStatus::Missing, words),
    }
}

fn pages_of(papers: &[&Piece]) -> String {
    let mut pages: Vec<u32> = papers.iter().flat_map(|p| p.pages.iter().copied()).collect();
    pages.sort_unstable();
    let list = pages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if pages.len() == 1 { format!("page {list}") } else { format!("pages {list}") }
}
