//! The words of the condition language.

use super::Op;
use jiff::civil::Date;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Date(Date),
    Number(i64),
    Op(Op),
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
}

impl Token {
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Word(w) => format!("`{w}`"),
            Self::Text(t) => format!("text '{t}'"),
            Self::Date(d) => format!("date {d}"),
            Self::Number(n) => format!("number {n}"),
            Self::Op(_) => "comparison".into(),
            Self::Open => "`(`".into(),
            Self::Close => "`)`".into(),
            Self::OpenList => "`[`".into(),
            Self::CloseList => "`]`".into(),
            Self::Comma => "`,`".into(),
        }
    }
}

/// What is wrong, and at which character (from 0).
pub(super) type Failure = (String, usize);

/// Cuts a condition into its words, each with its place.
pub(super) fn tokens(source: &str) -> Result<Vec<(Token, usize)>, Failure> {
    let chars: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let (token, length) = match c {
            _ if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '[' => (Token::OpenList, 1),
            ']' => (Token::CloseList, 1),
            ',' => (Token::Comma, 1),
            '=' | '!' | '<' | '>' => operator(&chars, at)?,
            '\'' => text(&chars, at)?,
            _ if c.is_ascii_digit() => number_or_date(&chars, at)?,
            _ if c.is_ascii_lowercase() => word(&chars, at),
            _ => return Err((format!("`{c}` has no meaning here"), at)),
        };
        found.push((token, at));
        at += length;
    }
    Ok(found)
}

fn operator(chars: &[char], at: usize) -> Result<(Token, usize), Failure> {
    let followed = chars.get(at + 1) == Some(&'=');
    match (chars.get(at), followed) {
        (Some('='), false) => Ok((Token::Op(Op::Equal), 1)),
        (Some('!'), true) => Ok((Token::Op(Op::Different), 2)),
        (Some('<'), true) => Ok((Token::Op(Op::LessOrEqual), 2)),
        (Some('<'), false) => Ok((Token::Op(Op::Less), 1)),
        (Some('>'), true) => Ok((Token::Op(Op::GreaterOrEqual), 2)),
        (Some('>'), false) => Ok((Token::Op(Op::Greater), 1)),
        _ => Err(("comparisons are =, !=, <, <=, > and >=".into(), at)),
    }
}

fn text(chars: &[char], at: usize) -> Result<(Token, usize), Failure> {
    let inner: String = chars.iter().skip(at + 1).take_while(|c| **c != '\'').collect();
    let length = inner.chars().count();
    if chars.get(at + 1 + length).is_none() {
        return Err(("text without its closing quote".into(), at));
    }
    Ok((Token::Text(inner), length + 2))
}

fn number_or_date(chars: &[char], at: usize) -> Result<(Token, usize), Failure> {
    let run: String = chars.iter().skip(at).take_while(|c| c.is_ascii_digit() || **c == '-').collect();
    let token = if run.contains('-') {
        run.parse().map(Token::Date).map_err(|_| (format!("`{run}` is no date (2026-01-31)"), at))?
    } else {
        run.parse().map(Token::Number).map_err(|_| (format!("`{run}` is no number"), at))?
    };
    Ok((token, run.chars().count()))
}

fn word(chars: &[char], at: usize) -> (Token, usize) {
    let run: String = chars.iter().skip(at).take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || **c == '_').collect();
    let length = run.chars().count();
    (Token::Word(run), length)
}
