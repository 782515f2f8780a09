//! Evaluates a condition of the catalogue over what one envelope says.

use super::case::Case;
use super::heard::{Heard, days, flag, flat};
use super::names::plain;
use super::truth::Truth;
use crate::catalogue::{BIRTH, Expr, Op, Operand};
use crate::domain::FieldValue;
use jiff::civil::Date;
use std::cmp::Ordering;

/// Deeper chains of named conditions are refused by `Catalogue::check`.
const MAX_DEPTH: usize = 60;

/// What a condition says of this envelope.
pub(super) fn evaluate(expr: &Expr, case: &Case<'_>) -> Truth {
    at_depth(expr, case, 0)
}

fn at_depth(expr: &Expr, case: &Case<'_>, depth: usize) -> Truth {
    if depth > MAX_DEPTH {
        return Truth::unclear("une règle du catalogue revient sur elle-même");
    }
    let inner = |e: &Expr| at_depth(e, case, depth + 1);
    match expr {
        Expr::Literal(Some(value)) => Truth::of(*value),
        Expr::Literal(None) => Truth::unclear("les textes laissent ce point à l’agent"),
        Expr::Not(e) => inner(e).not(),
        Expr::All(parts) => Truth::all(parts.iter().map(inner)),
        Expr::Any(parts) => Truth::any(parts.iter().map(inner)),
        Expr::Said(e) => inner(e).said(),
        Expr::Present(kind) => present(kind.as_str(), case),
        Expr::Known(field) => match case.field(field) {
            Heard::Value(_) => Truth::True,
            Heard::Silent => Truth::False,
            Heard::Unclear => Truth::unclear(case.unsettled(field)),
        },
        Expr::Name(name) => named(name, case, depth),
        Expr::Compare { left, op, right } => compare(left, *op, right, case),
        Expr::In { left, values } => over(left, case, |text| values.iter().any(|v| plain(v) == plain(text))),
        Expr::Contains { left, words } => over(left, case, |text| contains(text, words)),
    }
}

fn contains(text: &str, words: &str) -> bool {
    format!(" {} ", plain(text)).contains(&format!(" {} ", plain(words)))
}

fn present(kind: &str, case: &Case<'_>) -> Truth {
    if case.pieces_of(kind).any(|p| !Case::uncertain(p)) {
        return Truth::True;
    }
    let label = case.label_of(kind);
    if case.pieces_of(kind).next().is_some() {
        return Truth::unclear(format!("une page est peut-être : {label}"));
    }
    match case.open_pages().as_slice() {
        [] => Truth::False,
        pages => Truth::silent(format!("{} : {label} ?", pages_in_french(pages))),
    }
}

pub(super) fn pages_in_french(pages: &[u32]) -> String {
    let list = pages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if pages.len() == 1 { format!("page {list} à identifier") } else { format!("pages {list} à identifier") }
}

fn named(name: &str, case: &Case<'_>, depth: usize) -> Truth {
    if let Some(condition) = case.catalogue.condition(name) {
        return at_depth(&condition.when.expr, case, depth + 1);
    }
    match case.field(name) {
        Heard::Value(value) => flag(value).map_or_else(|| Truth::unclear(case.unsettled(name)), Truth::of),
        Heard::Unclear => Truth::unclear(case.unsettled(name)),
        Heard::Silent => Truth::silent(case.unsettled(name)),
    }
}

/// True when any text of the operand passes.
fn over(operand: &Operand, case: &Case<'_>, passes: impl Fn(&str) -> bool) -> Truth {
    match resolve(operand, case) {
        Ok(Value::Texts(texts)) => Truth::of(texts.iter().any(|t| passes(t))),
        Ok(_) => Truth::unclear("une règle du catalogue compare ce qui ne se compare pas"),
        Err(unknown) => unknown,
    }
}

enum Value {
    /// First and last possible day.
    Days(Date, Date),
    Number(i64, i64),
    Texts(Vec<String>),
}

fn compare(left: &Operand, op: Op, right: &Operand, case: &Case<'_>) -> Truth {
    let (left, right) = match (resolve(left, case), resolve(right, case)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(unknown), Ok(_)) | (Ok(_), Err(unknown)) => return unknown,
        // Both sides say what would settle it.
        (Err(a), Err(b)) => return Truth::all([a, b]),
    };
    match (left, right) {
        (Value::Days(a, b), Value::Days(c, d)) => ordered((a, b), op, (c, d)),
        (Value::Number(a, b), Value::Number(c, d)) => ordered((a, b), op, (c, d)),
        (Value::Texts(a), Value::Texts(b)) => {
            let equal = a.iter().any(|x| b.iter().any(|y| plain(x) == plain(y)));
            match op {
                Op::Equal => Truth::of(equal),
                Op::Different => Truth::of(!equal),
                _ => Truth::unclear("une règle du catalogue compare ce qui ne se compare pas"),
            }
        }
        _ => Truth::unclear("une règle du catalogue compare ce qui ne se compare pas"),
    }
}

/// Compares two ranges; unknown where the answer depends on what each really is.
fn ordered<T: Ord>((a, b): (T, T), op: Op, (c, d): (T, T)) -> Truth {
    let low = a.cmp(&d);
    let high = b.cmp(&c);
    let never_equal = low == Ordering::Greater || high == Ordering::Less;
    let always_equal = a == b && c == d && a == c;
    let settle = |yes: bool, no: bool| match (yes, no) {
        (true, _) => Truth::True,
        (_, true) => Truth::False,
        _ => Truth::unclear("une date n’est connue qu’en partie"),
    };
    match op {
        Op::Equal => settle(always_equal, never_equal),
        Op::Different => settle(never_equal, always_equal),
        Op::Less => settle(high == Ordering::Less, low != Ordering::Less),
        Op::LessOrEqual => settle(high != Ordering::Greater, low == Ordering::Greater),
        Op::Greater => settle(low == Ordering::Greater, high != Ordering::Greater),
        Op::GreaterOrEqual => settle(low != Ordering::Less, high == Ordering::Less),
    }
}

fn resolve(operand: &Operand, case: &Case<'_>) -> Result<Value, Truth> {
    let text = |t: &str| Ok(Value::Texts(vec![t.to_owned()]));
    match operand {
        Operand::Text(t) => text(t),
        Operand::Date(date) => Ok(Value::Days(*date, *date)),
        Operand::Number(number) => Ok(Value::Number(*number, *number)),
        Operand::FilingDate => Ok(Value::Days(case.filing, case.filing)),
        Operand::Channel => text(case.channel()),
        Operand::Request => said(case.request(), "la nature de la demande est à confirmer"),
        Operand::Permit => said(case.permit(), "le titre demandé est à confirmer"),
        Operand::Field(field) => match case.field(field) {
            Heard::Value(value) => Ok(value_of(value)),
            Heard::Unclear => Err(Truth::unclear(case.unsettled(field))),
            Heard::Silent => Err(Truth::silent(case.unsettled(field))),
        },
        Operand::Age => match case.field(BIRTH) {
            Heard::Value(value) => days(value).map_or_else(
                || Err(Truth::unclear(case.unsettled(BIRTH))),
                |(first, last)| Ok(Value::Number(months(last, case.filing) / 12, months(first, case.filing) / 12)),
            ),
            _ => Err(Truth::unclear(case.unsettled(BIRTH))),
        },
        Operand::Parameter(id) => match case.catalogue.parameter(id, case.filing) {
            Some((_, found)) => Ok(Value::Number(found.value, found.value)),
            None => Err(Truth::unclear("un montant ou un délai du catalogue n’était pas en vigueur au jour du dépôt")),
        },
        Operand::Months(from, to) => match (resolve(from, case)?, resolve(to, case)?) {
            (Value::Days(a, b), Value::Days(c, d)) => Ok(Value::Number(months(b, c), months(a, d))),
            _ => Err(Truth::unclear("une règle du catalogue compte les mois de ce qui n’est pas une date")),
        },
    }
}

fn said(value: Option<&str>, otherwise: &str) -> Result<Value, Truth> {
    value.map(|v| Value::Texts(vec![v.to_owned()])).ok_or_else(|| Truth::unclear(otherwise))
}

fn value_of(value: &FieldValue) -> Value {
    if let Some((first, last)) = days(value) {
        return Value::Days(first, last);
    }
    match value {
        FieldValue::List(items) => Value::Texts(items.clone()),
        other => {
            let text = flat(other);
            text.parse().map_or_else(|_| Value::Texts(vec![text]), |n| Value::Number(n, n))
        }
    }
}

/// Whole months from one day to another, date to date: 31 January to 28 February is one.
pub(super) fn months(from: Date, to: Date) -> i64 {
    if to < from {
        return -months(to, from);
    }
    let between = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month()) - i64::from(from.month());
    let short = to.day() < from.day() && to != to.last_of_month();
    between - i64::from(short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn months_are_counted_date_to_date() {
        assert_eq!(months(day("2026-05-12"), day("2026-11-12")), 6);
        assert_eq!(months(day("2026-05-13"), day("2026-11-12")), 5);
        assert_eq!(months(day("2026-01-31"), day("2026-02-28")), 1);
        assert_eq!(months(day("2026-11-12"), day("2026-05-12")), -6);
    }

    #[test]
    fn a_range_settles_a_comparison_only_where_both_ends_agree() {
        let year = (day("2026-01-01"), day("2026-12-31"));
        let on = |t: &str| (day(t), day(t));
        assert_eq!(ordered(year, Op::Less, on("2027-01-01")), Truth::True);
        assert_eq!(ordered(year, Op::Less, on("2026-01-01")), Truth::False);
        assert!(matches!(ordered(year, Op::Less, on("2026-06-01")), Truth::Unknown(_)));
        assert_eq!(ordered(year, Op::Equal, on("2027-06-01")), Truth::False);
        assert!(matches!(ordered(year, Op::Equal, on("2026-06-01")), Truth::Unknown(_)));
        assert_eq!(ordered(on("2026-06-01"), Op::GreaterOrEqual, on("2026-06-01")), Truth::True);
    }

    proptest! {
        #[test]
        fn each_comparison_and_its_opposite_never_agree(a in 0i64..9, b in 0i64..9, c in 0i64..9, d in 0i64..9) {
            let (x, y) = ((a.min(b), a.max(b)), (c.min(d), c.max(d)));
            for (op, opposite) in [(Op::Less, Op::GreaterOrEqual), (Op::Greater, Op::LessOrEqual), (Op::Equal, Op::Different)] {
                let (one, other) = (ordered(x, op, y), ordered(x, opposite, y));
                if !matches!((&one, &other), (Truth::Unknown(_), Truth::Unknown(_))) {
                    prop_assert_eq!(one, other.not());
                }
            }
        }
    }
}
