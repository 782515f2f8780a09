//! The condition language of the lists: parsed here once, evaluated in three-valued logic by `validate`.
//! The grammar stands in `pipelines/conditions.toml`.

use crate::domain::PieceKind;
use jiff::civil::Date;
use serde::Deserialize;

/// Deeper than any readable rule; keeps a hostile text from exhausting the stack.
const MAX_DEPTH: usize = 40;
/// Longer than any readable rule.
const MAX_CHARS: usize = 4000;

/// A condition as written and as understood.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Condition {
    /// The text of the catalogue.
    pub source: String,
    pub expr: Expr,
}

/// What a condition says. `Literal(None)` is `unknown`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Literal(Option<bool>),
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    /// A page of this type is in the envelope.
    Present(PieceKind),
    /// False where nothing speaks of it.
    Said(Box<Expr>),
    /// The field has a value.
    Known(String),
    /// A named condition, or a field of kind flag.
    Name(String),
    Compare { left: Operand, op: Op, right: Operand },
    /// Any value of the operand is one of these.
    In { left: Operand, values: Vec<String> },
    /// The text of the operand holds these words.
    Contains { left: Operand, words: String },
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A field of the catalogue.
    Field(String),
    FilingDate,
    Request,
    Permit,
    Channel,
    Text(String),
    Date(Date),
    Number(i64),
    /// Whole months from the first date to the second, date to date.
    Months(Box<Operand>, Box<Operand>),
}

/// How two operands are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Why a condition cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("condition `{text}`: {what} (character {at}); the grammar stands in conditions.toml")]
pub struct ConditionError {
    pub text: String,
    pub what: String,
    /// 1-based, in characters.
    pub at: usize,
}

impl TryFrom<String> for Condition {
    type Error = ConditionError;

    fn try_from(source: String) -> Result<Self, Self::Error> {
        Self::parse(&source)
    }
}

impl Condition {
    /// Reads one condition.
    ///
    /// # Errors
    /// When the text does not follow the grammar, with the place.
    pub fn parse(source: &str) -> Result<Self, ConditionError> {
        let fail = |(what, at): (String, usize)| ConditionError { text: source.chars().take(120).collect(), what, at: at + 1 };
        if source.chars().count() > MAX_CHARS {
            return Err(fail((format!("longer than {MAX_CHARS} characters"), 0)));
        }
        let tokens = tokens(source).map_err(fail)?;
        let mut parser = Parser { tokens: &tokens, next: 0, depth: 0, end: source.chars().count() };
        let expr = parser.any().map_err(fail)?;
        match parser.peek() {
            None => Ok(Self { source: source.to_owned(), expr }),
            Some(token) => Err(fail((format!("unexpected {}", token.describe()), parser.place()))),
        }
    }

    /// Names used: named conditions and fields, and document types.
    #[must_use]
    pub fn references(&self) -> References {
        let mut all = References::default();
        collect(&self.expr, &mut all);
        all
    }
}

/// What a condition speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Bare names: named conditions or flag fields.
    pub names: Vec<String>,
    /// Surely fields.
    pub fields: Vec<String>,
    pub pieces: Vec<String>,
}

fn collect(expr: &Expr, all: &mut References) {
    match expr {
        Expr::Literal(_) => {}
        Expr::Not(inner) | Expr::Said(inner) => collect(inner, all),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|p| collect(p, all)),
        Expr::Present(kind) => all.pieces.push(kind.as_str().to_owned()),
        Expr::Known(field) => all.fields.push(field.clone()),
        Expr::Name(name) => all.names.push(name.clone()),
        Expr::Compare { left, right, .. } => {
            collect_operand(left, all);
            collect_operand(right, all);
        }
        Expr::In { left, .. } | Expr::Contains { left, .. } => collect_operand(left, all),
    }
}

fn collect_operand(operand: &Operand, all: &mut References) {
    match operand {
        Operand::Field(field) => all.fields.push(field.clone()),
        Operand::Months(from, to) => {
            collect_operand(from, all);
            collect_operand(to, all);
        }
        _ => {}
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
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
    fn describe(&self) -> String {
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

type Failure = (String, usize);

fn tokens(source: &str) -> Result<Vec<(Token, usize)>, Failure> {
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
    let run: String =
        chars.iter().skip(at).take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || **c == '_').collect();
    let length = run.chars().count();
    (Token::Word(run), length)
}

struct Parser<'a> {
    tokens: &'a [(Token, usize)],
    next: usize,
    depth: usize,
    end: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(t, _)| t)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(_, at)| *at)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += usize::from(token.is_some());
        token
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Result<(), Failure> {
        let place = self.place();
        match self.take() {
            Some(found) if found == *token => Ok(()),
            Some(found) => Err((format!("{} expected, found {}", token.describe(), found.describe()), place)),
            None => Err((format!("{} expected at the end", token.describe()), place)),
        }
    }

    fn any(&mut self) -> Result<Expr, Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err((format!("nested more than {MAX_DEPTH} deep"), self.place()));
        }
        let mut parts = vec![self.all()?];
        while self.skip_word("or") {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(joined(parts, Expr::Any))
    }

    fn all(&mut self) -> Result<Expr, Failure> {
        let mut parts = vec![self.not()?];
        while self.skip_word("and") {
            parts.push(self.not()?);
        }
        Ok(joined(parts, Expr::All))
    }

    fn not(&mut self) -> Result<Expr, Failure> {
        let mut negated = false;
        while self.skip_word("not") {
            negated = !negated;
        }
        let inner = self.primary()?;
        Ok(if negated { Expr::Not(Box::new(inner)) } else { inner })
    }

    fn primary(&mut self) -> Result<Expr, Failure> {
        match self.peek() {
            Some(Token::Open) => {
                self.next += 1;
                let inner = self.any()?;
                self.expect(&Token::Close)?;
                Ok(inner)
            }
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.worded(&word)
            }
            _ => self.comparison(),
        }
    }

    fn worded(&mut self, word: &str) -> Result<Expr, Failure> {
        match word {
            "true" | "false" | "unknown" => {
                self.next += 1;
                Ok(Expr::Literal(match word {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => None,
                }))
            }
            "said" => {
                self.next += 1;
                self.expect(&Token::Open)?;
                let inner = self.any()?;
                self.expect(&Token::Close)?;
                Ok(Expr::Said(Box::new(inner)))
            }
            "present" => self.argument().map(|kind| Expr::Present(PieceKind(kind))),
            "known" => self.argument().map(Expr::Known),
            _ => self.comparison(),
        }
    }

    /// `word(name)`.
    fn argument(&mut self) -> Result<String, Failure> {
        self.next += 1;
        self.expect(&Token::Open)?;
        let place = self.place();
        let Some(Token::Word(name)) = self.take() else {
            return Err(("a name is expected between the brackets".into(), place));
        };
        self.expect(&Token::Close)?;
        Ok(name)
    }

    fn comparison(&mut self) -> Result<Expr, Failure> {
        let place = self.place();
        let left = self.operand()?;
        if let Some(Token::Op(op)) = self.peek() {
            let op = *op;
            self.next += 1;
            let right = self.operand()?;
            return Ok(Expr::Compare { left, op, right });
        }
        if self.skip_word("in") {
            return self.list().map(|values| Expr::In { left, values });
        }
        if self.skip_word("contains") {
            let place = self.place();
            return match self.take() {
                Some(Token::Text(words)) => Ok(Expr::Contains { left, words }),
                _ => Err(("a text in quotes is expected after `contains`".into(), place)),
            };
        }
        match left {
            Operand::Field(name) => Ok(Expr::Name(name)),
            _ => Err(("a comparison is expected".into(), place)),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, Failure> {
        self.expect(&Token::OpenList)?;
        let mut values = Vec::new();
        loop {
            let place = self.place();
            match self.take() {
                Some(Token::Text(text)) => values.push(text),
                _ => return Err(("a text in quotes is expected in the list".into(), place)),
            }
            let place = self.place();
            match self.take() {
                Some(Token::Comma) => {}
                Some(Token::CloseList) => return Ok(values),
                _ => return Err(("`,` or `]` is expected".into(), place)),
            }
        }
    }

    fn operand(&mut self) -> Result<Operand, Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err((format!("nested more than {MAX_DEPTH} deep"), self.place()));
        }
        let place = self.place();
        let operand = match self.take() {
            Some(Token::Text(text)) => Operand::Text(text),
            Some(Token::Date(date)) => Operand::Date(date),
            Some(Token::Number(number)) => Operand::Number(number),
            Some(Token::Word(word)) => self.named_operand(word, place)?,
            Some(other) => return Err((format!("a name or a value is expected, found {}", other.describe()), place)),
            None => return Err(("the condition stops here".into(), place)),
        };
        self.depth -= 1;
        Ok(operand)
    }

    fn named_operand(&mut self, word: String, place: usize) -> Result<Operand, Failure> {
        Ok(match word.as_str() {
            "filing_date" => Operand::FilingDate,
            "request" => Operand::Request,
            "permit" => Operand::Permit,
            "channel" => Operand::Channel,
            "months_between" => {
                self.expect(&Token::Open)?;
                let from = self.operand()?;
                self.expect(&Token::Comma)?;
                let to = self.operand()?;
                self.expect(&Token::Close)?;
                Operand::Months(Box::new(from), Box::new(to))
            }
            "and" | "or" | "not" | "in" | "contains" | "said" | "present" | "known" | "true" | "false" | "unknown" => {
                return Err((format!("`{word}` cannot stand here"), place));
            }
            _ => Operand::Field(word),
        })
    }
}

fn joined(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => Expr::Literal(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expr(text: &str) -> Expr {
        Condition::parse(text).unwrap().expr
    }

    #[test]
    fn and_binds_more_tightly_than_or_and_not_more_than_both() {
        let name = |n: &str| Expr::Name(n.into());
        assert_eq!(
            expr("a or b and not c"),
            Expr::Any(vec![name("a"), Expr::All(vec![name("b"), Expr::Not(Box::new(name("c")))])])
        );
        assert_eq!(expr("(a or b) and c"), Expr::All(vec![Expr::Any(vec![name("a"), name("b")]), name("c")]));
        assert_eq!(expr("not a = 'x'"), Expr::Not(Box::new(expr("a = 'x'"))));
    }

    #[test]
    fn every_construct_of_the_grammar_is_read() {
        for text in [
            "present(acte_mariage)",
            "said(present(acte_mariage) or x)",
            "known(numero_titre)",
            "unknown",
            "titre_fin < filing_date",
            "months_between(titre_debut, titre_fin) > 12",
            "nationalites in ['MA', 'DZ']",
            "titre_mention contains 'MOBILITE'",
            "request != 'premiere'",
            "date_entree_france >= 2026-01-01",
        ] {
            assert!(Condition::parse(text).is_ok(), "{text}: {:?}", Condition::parse(text));
        }
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let fault = |text: &str| Condition::parse(text).unwrap_err();
        assert_eq!(fault("a and").at, 6);
        assert_eq!(fault("a = 'x").at, 5);
        assert!(fault("present()").what.contains("name is expected"));
        assert!(fault("a b").what.contains("unexpected `b`"));
        assert!(fault("titre_fin < 2026-13-01").what.contains("no date"));
        assert!(fault("12").what.contains("comparison"));
        assert!(fault(&"(".repeat(500)).what.contains("nested"));
        assert!(fault(&format!("{}a", "months_between(".repeat(100))).what.contains("nested"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,200}") {
            let _ = Condition::parse(&text);
        }

        #[test]
        fn no_row_of_tokens_makes_the_parser_panic(words in prop::collection::vec(
            prop::sample::select(vec!["and", "or", "not", "(", ")", "present", "said", "known", "in", "[", "]", ",", "'x'", "a", "=", "<",
                "2026-01-01", "99999999999999999999", "months_between", "filing_date", "contains", "unknown", "!", "'"]), 0..60)) {
            if let Ok(condition) = Condition::parse(&words.join(" ")) {
                let _ = condition.references();
            }
        }
    }
}
