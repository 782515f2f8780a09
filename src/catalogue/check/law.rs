//! Permits, their lists and conditions: what would ask for nothing, for the same twice, or for what is nowhere.

use super::{Checker, nearest, possible};
use crate::catalogue::{COUNTED_WITH, Condition, ListRow, PermitDef, PieceList};
use crate::domain::Rank;
use std::collections::{BTreeMap, BTreeSet};

impl Checker<'_> {
    pub(super) fn permit(&mut self, permit: &PermitDef) {
        let file = format!("permits/{}.toml", permit.id);
        if permit.names.is_empty() {
            let hint = Some("give the words that forms and letters use".into());
            self.report(&file, "id =", format!("permit `{}` has no names", permit.id), hint);
        }
        if permit.decides && permit.lists.is_empty() {
            let hint = Some("give `lists`, or leave `decides` out".into());
            self.report(&file, "decides", format!("permit `{}` decides without a list", permit.id), hint);
        }
        let mut seen = BTreeSet::new();
        for list in &permit.lists {
            if !self.requests().contains(list.request.as_str()) {
                let known = self.catalogue.field("type_demande").map(|f| f.choices.iter().map(|c| c.id.as_str()).collect());
                self.unknown(&file, "request", &list.request, &known.unwrap_or_default());
            }
            if !seen.insert((list.request.as_str(), list.since)) {
                let message = format!("two lists for `{}` since {}", list.request, list.since);
                self.report(&file, &format!("\"{}\"", list.request), message, Some("give the later one its own date".into()));
            }
            for row in &list.rows {
                self.row(&file, row);
            }
            self.groups(&file, list);
            self.times(&file, list);
        }
    }

    fn row(&mut self, file: &str, row: &ListRow) {
        let catalogue = self.catalogue;
        let known: BTreeSet<&str> = catalogue.documents.iter().map(|d| d.id.as_str()).collect();
        for kind in std::iter::once(&row.piece).chain(&row.or) {
            if !known.contains(kind.as_str()) {
                self.unknown(file, "piece", kind.as_str(), &known);
            }
        }
        if row.rank == Rank::Texte && row.article.trim().is_empty() {
            let message = format!("row `{}` is of rank texte without its article", row.piece);
            self.report(file, &format!("\"{}\"", row.piece), message, Some("name the article, or lower the rank".into()));
        }
        for condition in row.when.iter().chain(&row.other_name_when).chain(&row.held_when) {
            self.condition(file, condition);
        }
        let quoted = format!("\"{}\"", row.piece);
        if let Some(when) = &row.when
            && let Some(always) = possible::constant(&when.expr, self.catalogue)
        {
            let (what, hint) =
                if always { ("always holds", "leave `when` out") } else { ("can never hold", "correct it, or take the row out") };
            self.report(file, &when.source, format!("the condition of row `{}` {what}", row.piece), Some(hint.into()));
        }
        if row.count == Some(0) || row.covers.is_some_and(|c| c.years == 0) {
            self.report(file, &quoted, format!("row `{}` asks for nothing", row.piece), Some("give a number above 0".into()));
        }
        if let (Some(since), Some(until)) = (row.since, row.until)
            && until < since
        {
            self.report(file, &quoted, format!("row `{}` ends on {until} before it begins on {since}", row.piece), None);
        }
    }

    pub(super) fn condition(&mut self, file: &str, condition: &Condition) {
        let references = condition.references();
        let (fields, pieces) = (self.fields(), self.pieces());
        let named: BTreeSet<&str> = self.catalogue.conditions.iter().map(|c| c.id.as_str()).collect();
        let either: BTreeSet<&str> = fields.union(&named).copied().collect();
        let mut wrong = Vec::new();
        wrong.extend(references.pieces.iter().filter(|p| !pieces.contains(p.as_str())).map(|p| ("piece", p, &pieces)));
        wrong.extend(references.fields.iter().filter(|f| !fields.contains(f.as_str())).map(|f| ("field", f, &fields)));
        wrong.extend(references.names.iter().filter(|n| !either.contains(n.as_str())).map(|n| ("name", n, &either)));
        let parameters: BTreeSet<&str> = self.catalogue.parameters.iter().map(|p| p.id.as_str()).collect();
        wrong.extend(references.parameters.iter().filter(|p| !parameters.contains(p.as_str())).map(|p| ("parameter", p, &parameters)));
        let hints: Vec<_> = wrong.into_iter().map(|(what, id, known)| (what, id.clone(), nearest(id, known))).collect();
        for (what, id, hint) in hints {
            self.report(file, &condition.source, format!("unknown {what} `{id}` in a condition"), hint);
        }
    }

    /// A condition that leads back to itself could never be decided.
    pub(super) fn cycles(&mut self) {
        let uses: BTreeMap<&str, Vec<String>> =
            self.catalogue.conditions.iter().map(|c| (c.id.as_str(), c.when.references().names)).collect();
        for start in uses.keys() {
            let mut seen = BTreeSet::new();
            let mut open: Vec<&str> = vec![start];
            while let Some(name) = open.pop() {
                for next in uses.get(name).into_iter().flatten() {
                    if next == start {
                        let message = format!("condition `{start}` leads back to itself");
                        self.report("conditions.toml", &format!("\"{start}\""), message, None);
                        open.clear();
                        break;
                    }
                    if seen.insert(next.as_str()) {
                        open.push(next);
                    }
                }
            }
        }
    }

    /// A group of one is no choice.
    fn groups(&mut self, file: &str, list: &PieceList) {
        let named = |group: &str| list.rows.iter().filter(|r| r.group.as_deref() == Some(group)).count();
        let groups: BTreeSet<&str> = list.rows.iter().filter_map(|r| r.group.as_deref()).collect();
        for group in groups.into_iter().filter(|g| named(g) < 2) {
            let message = format!("group `{group}` of `{}` has one row", list.request);
            self.report(file, &format!("\"{group}\""), message, Some("name the others, or leave `group` out".into()));
        }
    }

    /// Two rows for one paper of the same persons on one day would ask for it twice.
    fn times(&mut self, file: &str, list: &PieceList) {
        for (i, row) in list.rows.iter().enumerate() {
            let begins = |r: &ListRow| r.since.unwrap_or(list.since);
            let meets = |o: &&ListRow| {
                let before = |a: &ListRow, b: &ListRow| a.until.is_some_and(|end| end < begins(b));
                o.piece == row.piece && o.of == row.of && !before(row, o) && !before(o, row)
            };
            if list.rows.iter().skip(i + 1).any(|o| meets(&o)) {
                let message = format!("two rows of `{}` ask for `{}` at the same time", list.request, row.piece);
                self.report(file, &format!("\"{}\"", row.piece), message, Some("end the earlier one with `until`".into()));
            }
        }
    }

    /// Values of a parameter follow each other.
    pub(super) fn parameters(&mut self) {
        let known: BTreeSet<&str> = self.catalogue.parameters.iter().map(|p| p.id.as_str()).collect();
        for id in COUNTED_WITH.iter().filter(|id| !known.contains(*id)) {
            let message = format!("parameter `{id}` is missing, and the deadlines count with it");
            self.report("parametres.toml", "[[parameters]]", message, nearest(id, &known));
        }
        for parameter in &self.catalogue.parameters {
            let needle = format!("\"{}\"", parameter.id);
            if parameter.values.is_empty() {
                self.report("parametres.toml", &needle, format!("parameter `{}` has no value", parameter.id), None);
            }
            if parameter.values.windows(2).any(|pair| pair[0].since >= pair[1].since) {
                let message = format!("values of `{}` do not follow each other in time", parameter.id);
                self.report("parametres.toml", &needle, message, Some("order them by `since`".into()));
            }
            if parameter.values.iter().any(|v| v.source.trim().is_empty()) {
                let message = format!("a value of `{}` has no source", parameter.id);
                self.report("parametres.toml", &needle, message, Some("name the article or the publication".into()));
            }
        }
    }
}
