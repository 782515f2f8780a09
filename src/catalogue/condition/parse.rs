//! The grammar of the condition language.

use super::tokens::{Failure, Token};
use super::{Expr, Operand};
use crate::domain::PieceKind;

/// Deeper than any readable rule; keeps a hostile text from exhausting the stack.
const MAX_DEPTH: usize = 40;

/// Reads one condition by recursive descent, as deep as [`MAX_DEPTH`].
pub(super) struct Parser<'a> {
    tokens: &'a [(Token, usize)],
    next: usize,
    depth: usize,
    end: usize,
}

impl<'a> Parser<'a> {
    /// `end` is the length of the text in characters.
    pub(super) fn new(tokens: &'a [(Token, usize)], end: usize) -> Self {
        Self { tokens, next: 0, depth: 0, end }
    }

    /// The whole condition, and nothing after it.
    pub(super) fn whole(mut self) -> Result<Expr, Failure> {
        let expr = self.any()?;
        match self.peek() {
            None => Ok(expr),
            Some(token) => Err((format!("unexpected {}", token.describe()), self.place())),
        }
    }

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
            "age" => Operand::Age,
            "parameter" => {
                self.expect(&Token::Open)?;
                let place = self.place();
                let Some(Token::Word(id)) = self.take() else {
                    return Err(("the id of a parameter is expected between the brackets".into(), place));
                };
                self.expect(&Token::Close)?;
                Operand::Parameter(id)
            }
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
