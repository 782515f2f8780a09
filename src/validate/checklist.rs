//! The rows of the list in force, each with what the envelope shows for it.

use super::case::Case;
use super::evaluate::{evaluate, pages_in_french};
use super::paper::{Worth, judge};
use super::truth::Truth;
use crate::catalogue::{ListRow, PieceList};
use crate::domain::{ChecklistLine, LineClass, LineStatus, Piece, Rank};

/// One line with the fields that its status hangs on and that still wait for a person.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judged {
    pub line: ChecklistLine,
    pub hangs_on: Vec<String>,
    /// What a person confirms about a paper that counts as read.
    pub confirm: Option<String>,
}

/// Every row in force on the filing date.
pub(super) fn judge_list(list: &PieceList, case: &Case<'_>) -> Vec<Judged> {
    let in_force =
        |row: &&ListRow| row.since.is_none_or(|since| since <= case.filing) && row.until.is_none_or(|until| case.filing <= until);
    list.rows.iter().filter(in_force).map(|row| judge_row(row, list, case)).collect()
}

fn judge_row(row: &ListRow, list: &PieceList, case: &Case<'_>) -> Judged {
    let (worth, paper) = best(row, case);
    let due = due(row, case);
    let (status, because) = status(row, worth.as_ref(), paper, &due, case);
    // A paper that counts settles its row whatever the condition says.
    let settled = matches!(status, LineStatus::Present | LineStatus::AtCollection);
    let hangs_on = match &row.when {
        Some(when) if !settled && !row.advisory => case.hangs_on(when),
        _ => Vec::new(),
    };
    let version = row.since.map_or(list.since, |since| since.max(list.since));
    let line = ChecklistLine {
        piece: row.piece.clone(),
        status,
        class: row.class,
        rank: row.rank,
        article: row.article.clone(),
        rule_version: version.to_string(),
        because: with_note(&because, row),
    };
    let confirm = match worth {
        Some(Worth::Likely(words)) if status == LineStatus::Present => Some(words),
        _ => None,
    };
    Judged { line, hangs_on, confirm }
}

fn with_note(because: &str, row: &ListRow) -> String {
    row.note.as_ref().map_or_else(|| because.to_owned(), |note| format!("{because} ; {note}"))
}

/// The paper that counts best for the row.
fn best<'a>(row: &ListRow, case: &Case<'a>) -> (Option<Worth>, Option<&'a Piece>) {
    let kinds = std::iter::once(&row.piece).chain(&row.or);
    let papers = kinds.flat_map(|kind| case.pieces_of(kind.as_str()));
    match papers.map(|p| (judge(p, row, case), p)).min_by(|a, b| a.0.cmp(&b.0)) {
        Some((worth, paper)) => (Some(worth), Some(paper)),
        None => (None, None),
    }
}

fn due(row: &ListRow, case: &Case<'_>) -> Truth {
    if row.advisory {
        return Truth::False;
    }
    row.when.as_ref().map_or(Truth::True, |when| evaluate(&when.expr, case))
}

fn status(row: &ListRow, worth: Option<&Worth>, paper: Option<&Piece>, due: &Truth, case: &Case<'_>) -> (LineStatus, String) {
    let condition = condition_words(row, case);
    match (worth, due) {
        // A paper of another type counts for the row where the row is due, and does not make it due.
        (Some(Worth::Counts | Worth::Likely(_)), due) if *due != Truth::False || paper.is_some_and(|p| p.kind == row.piece) => {
            (LineStatus::Present, paper.map_or_else(String::new, pages_of))
        }
        _ if row.class == LineClass::AtCollection => (LineStatus::AtCollection, "à remettre au plus tard au retrait du titre".into()),
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

fn pages_of(piece: &Piece) -> String {
    let list = piece.pages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if piece.pages.len() == 1 { format!("page {list}") } else { format!("pages {list}") }
}
