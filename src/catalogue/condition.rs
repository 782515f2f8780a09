//! The condition language of the lists: parsed here once, evaluated in three-valued logic by `validate`.
//! The grammar stands in `pipelines/conditions.toml`.

mod parse;
mod tokens;

use crate::domain::PieceKind;
use jiff::civil::Date;
use serde::Deserialize;

/// The field that `age` counts from.
pub const BIRTH: &str = "date_naissance";
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
    Compare {
        left: Operand,
        op: Op,
        right: Operand,
    },
    /// Any value of the operand is one of these.
    In {
        left: Operand,
        values: Vec<String>,
    },
    /// The text of the operand holds these words.
    Contains {
        left: Operand,
        words: String,
    },
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
    /// Whole years of the applicant at the filing date.
    Age,
    /// The value of `parametres.toml` in force on the filing date.
    Parameter(String),
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
        let words = tokens::tokens(source).map_err(fail)?;
        let expr = parse::Parser::new(&words, source.chars().count()).whole().map_err(fail)?;
        Ok(Self { source: source.to_owned(), expr })
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
    pub parameters: Vec<String>,
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
        Operand::Age => all.fields.push(BIRTH.to_owned()),
        Operand::Parameter(id) => all.parameters.push(id.clone()),
        _ => {}
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
        assert_eq!(expr("a or b and not c"), Expr::Any(vec![name("a"), Expr::All(vec![name("b"), Expr::Not(Box::new(name("c")))])]));
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
            "age <= parameter(age_integration)",
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
