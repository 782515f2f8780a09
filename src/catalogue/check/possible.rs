//! Whether a condition says anything: one that no facts make true, or none make false, is a slip of the pen.

use crate::catalogue::{Catalogue, Expr};

/// Conditions with more different statements than this are not tried.
const MOST: usize = 12;
/// As deep as named conditions are followed; cycles are reported elsewhere.
const DEEP: usize = 20;

/// `Some(true)` for a condition that always holds, `Some(false)` for one that never can. Statements about different things
/// are taken as independent, so that only contradictions of form are found.
pub(super) fn constant(expr: &Expr, catalogue: &Catalogue) -> Option<bool> {
    let mut atoms = Vec::new();
    collect(expr, catalogue, 0, &mut atoms);
    if atoms.len() > MOST {
        return None;
    }
    let mut seen = (false, false);
    for facts in 0_u32..1 << atoms.len() {
        if holds(expr, catalogue, 0, &|atom| atoms.iter().position(|a| *a == atom).is_some_and(|i| facts >> i & 1 == 1)) {
            seen.0 = true;
        } else {
            seen.1 = true;
        }
    }
    match seen {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

fn named<'a>(expr: &Expr, catalogue: &'a Catalogue, depth: usize) -> Option<&'a Expr> {
    match expr {
        Expr::Name(name) if depth < DEEP => catalogue.condition(name).map(|c| &c.when.expr),
        _ => None,
    }
}

fn collect(expr: &Expr, catalogue: &Catalogue, depth: usize, atoms: &mut Vec<String>) {
    match expr {
        Expr::Literal(Some(_)) => {}
        Expr::Not(inner) | Expr::Said(inner) => collect(inner, catalogue, depth, atoms),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|p| collect(p, catalogue, depth, atoms)),
        _ => {
            if let Some(inner) = named(expr, catalogue, depth) {
                collect(inner, catalogue, depth + 1, atoms);
            } else if !atoms.contains(&atom(expr)) {
                atoms.push(atom(expr));
            }
        }
    }
}

fn atom(expr: &Expr) -> String {
    format!("{expr:?}")
}

fn holds(expr: &Expr, catalogue: &Catalogue, depth: usize, is: &dyn Fn(String) -> bool) -> bool {
    match expr {
        Expr::Literal(Some(value)) => *value,
        Expr::Not(inner) => !holds(inner, catalogue, depth, is),
        Expr::Said(inner) => holds(inner, catalogue, depth, is),
        Expr::All(parts) => parts.iter().all(|p| holds(p, catalogue, depth, is)),
        Expr::Any(parts) => parts.iter().any(|p| holds(p, catalogue, depth, is)),
        _ => named(expr, catalogue, depth).map_or_else(|| is(atom(expr)), |inner| holds(inner, catalogue, depth + 1, is)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Condition;

    #[test]
    fn a_contradiction_and_a_truism_are_seen_through_names() {
        let catalogue = Catalogue::embedded().unwrap();
        let constant = |text: &str| constant(&Condition::parse(text).unwrap().expr, &catalogue);
        assert_eq!(constant("heberge and not heberge"), Some(false));
        assert_eq!(constant("premier_titre_sans_carte and titulaire_titre"), Some(false), "the one is the negation of the other");
        assert_eq!(constant("heberge or not heberge"), Some(true));
        assert_eq!(constant("heberge and titulaire_titre"), None);
    }
}
