//! Whose paper a page is: the applicant's, or that of the spouse, a child, a parent, the host.

use super::kinds::name;
use super::layout::Layout;
use super::page::FORM;
use super::text::{find_within, fold, slack, squeeze};
use crate::catalogue::Catalogue;
use crate::domain::{Candidate, FieldValue, Person, Sheet, Source};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// From here on a name on the form is taken for a name.
const LEGIBLE: f64 = 0.55;

/// Names and birth date that one page gives of the person it is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub surnames: Vec<String>,
    pub given: Vec<Vec<String>>,
    pub births: Vec<Date>,
    /// From a machine-readable zone or the form: such a page is about one person alone.
    pub sure: bool,
}

impl Identity {
    /// What the candidates of a page say of its person.
    pub fn of(sheet: &Sheet) -> Self {
        let mut identity = Self::default();
        let zone = sheet.candidates.iter().any(|c| c.evidence.source == Source::Mrz);
        // A birth date under its check digit is sure; of the names, zone and print each may be misread.
        let proven = sheet.candidates.iter().any(|c| c.field.as_str() == "date_naissance" && c.evidence.proof.is_some());
        for candidate in &sheet.candidates {
            if proven && candidate.field.as_str() == "date_naissance" && candidate.evidence.proof.is_none() {
                continue;
            }
            match (candidate.field.as_str(), &candidate.value) {
                ("nom_naissance", Some(FieldValue::Text(text))) => identity.surnames.push(text.clone()),
                ("prenoms", Some(FieldValue::List(names))) => identity.given.push(names.clone()),
                ("date_naissance", Some(FieldValue::Date(date))) => identity.births.push(*date),
                _ => {}
            }
        }
        identity.sure = zone || sheet.kinds.first().is_some_and(|k| k.kind.as_str() == FORM);
        identity
    }

    pub fn is_empty(&self) -> bool {
        (self.surnames.is_empty() || self.given.is_empty()) && self.births.is_empty()
    }

    /// `Some(true)` the same person, `Some(false)` surely another one, `None` when too little is known.
    pub fn same(&self, other: &Self) -> Option<bool> {
        let surname = any_pair(&self.surnames, &other.surnames, |a, b| near(a, b));
        let given = any_pair(&self.given, &other.given, |a, b| a.first().zip(b.first()).is_some_and(|(a, b)| near(a, b)));
        let birth = any_pair(&self.births, &other.births, |a, b| a == b);
        match (surname, given, birth) {
            (Some(true), Some(true), _) | (Some(true) | None, _, Some(true)) | (_, Some(true), Some(true)) => Some(true),
            (Some(false), Some(false), _) | (_, Some(false), Some(false)) | (Some(false), _, Some(false)) => Some(false),
            _ => None,
        }
    }

    /// Surname and given names as most pages have them.
    pub fn usual(&self) -> Option<(String, Vec<String>)> {
        let surname = most(&self.surnames, |s| name::key(s))?;
        let given = most(&self.given, |g| g.iter().map(|n| name::key(n)).collect()).unwrap_or_default();
        Some((surname, given))
    }

    fn absorb(&mut self, other: &Self) {
        self.surnames.extend(other.surnames.iter().cloned());
        self.given.extend(other.given.iter().cloned());
        self.births.extend(&other.births);
        self.sure |= other.sure;
    }

    /// True when the page prints the surname beside the first given name.
    pub fn named_on(&self, layout: &Layout) -> bool {
        let firsts: BTreeSet<String> = self.given.iter().filter_map(|g| g.first()).map(|g| squeeze(g)).filter(|g| g.len() >= 2).collect();
        let surnames: BTreeSet<String> = self.surnames.iter().map(|s| squeeze(s)).filter(|s| s.len() >= 2).collect();
        surnames.iter().any(|s| {
            firsts.iter().any(|g| {
                [format!("{s}{g}"), format!("{g}{s}")]
                    .iter()
                    .any(|run| find_within(&layout.squeezed, run, slack(run.len()).min(1)).is_some())
            }) || layout.rows.iter().any(|r| {
                // « Madame OLIVEIRA, » is enough for a letter; with a given name behind it may be the spouse.
                let line = fold(&r.text()).replace(' ', "");
                ["MONSIEUR", "MADAME"].iter().any(|title| line.strip_prefix(title).is_some_and(|rest| rest == s))
            }) || firsts.iter().any(|g| separate(layout, s, g))
        })
    }
}

/// Surname and given name on rows of their own, one below the other (« Nom », « Prénom »).
fn separate(layout: &Layout, surname: &str, given: &str) -> bool {
    let row_with = |key: &str| {
        layout.rows.iter().position(|r| {
            r.tokens.iter().any(|t| t.key == key) || r.tokens.iter().map(|t| t.key.as_str()).collect::<String>().ends_with(key)
        })
    };
    row_with(surname).zip(row_with(given)).is_some_and(|(a, b)| a.abs_diff(b) <= 3)
}

fn any_pair<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> Option<bool> {
    (!a.is_empty() && !b.is_empty()).then(|| a.iter().any(|x| b.iter().any(|y| same(x, y))))
}

/// The value whose key occurs most often; the first of equals.
fn most<T: Clone>(values: &[T], key: impl Fn(&T) -> String) -> Option<T> {
    let count = |k: &str| values.iter().filter(|v| key(v) == k).count();
    values.iter().enumerate().max_by_key(|(order, v)| (count(&key(v)), usize::MAX - order)).map(|(_, v)| v.clone())
}

/// The same name, a slip of an engine or a part of a double name forgiven.
fn near(a: &str, b: &str) -> bool {
    if name::same(a, b) {
        return true;
    }
    let (x, y) = (name::key(a), name::key(b));
    let most = slack(x.len().min(y.len()));
    let (short, long) = if x.len() <= y.len() { (&x, &y) } else { (&y, &x) };
    x.len().abs_diff(y.len()) <= most && strsim::levenshtein(&x, &y) <= most || short.len() >= 4 && long.starts_with(short.as_str())
}

/// The persons of one envelope.
#[derive(Clone, Debug, Default)]
pub(super) struct People {
    pub applicant: Identity,
    /// For each sheet, in order.
    pub of_sheet: Vec<Person>,
    /// Sheets of a person whom nothing in the envelope explains.
    pub strangers: Vec<u32>,
    /// The form names nobody legibly and the papers name two persons: which of them applies is a guess.
    pub guessed: bool,
}

/// Finds the applicant, then whose each sheet is.
pub(super) fn people(sheets: &[Sheet], layouts: &[Layout], catalogue: &Catalogue) -> People {
    let identities: Vec<Identity> = sheets.iter().map(Identity::of).collect();
    let (applicant, guessed) = applicant(sheets, &identities, catalogue);
    let relations = relations(sheets);
    let mut people = People { applicant, guessed, ..People::default() };
    for ((sheet, identity), layout) in sheets.iter().zip(&identities).zip(layouts) {
        let person = whose(sheet, identity, layout, &people.applicant, &relations, catalogue);
        if person == Person::Other {
            people.strangers.push(sheet.page);
        }
        people.of_sheet.push(person);
    }
    people
}

/// The form says who applies; without a readable one, the person of most papers, which is a guess where papers name
/// two: a child's papers hold as many of the parent.
fn applicant(sheets: &[Sheet], identities: &[Identity], catalogue: &Catalogue) -> (Identity, bool) {
    let mut groups: Vec<(usize, Identity)> = Vec::new();
    let mut named_by_form = false;
    for (sheet, identity) in sheets.iter().zip(identities).filter(|(_, i)| !i.is_empty()) {
        let form = sheet.kinds.first().is_some_and(|k| k.kind.as_str() == FORM);
        // What the words of a form say through its combs is no name; its places are read far better.
        let legible = sheet.candidates.iter().any(|c| c.field.as_str() == "nom_naissance" && c.value.is_some() && c.confidence >= LEGIBLE);
        let own = sheet
            .kinds
            .first()
            .and_then(|k| catalogue.document(k.kind.as_str()))
            .is_none_or(|d| d.persons.first().is_none_or(|p| *p == Person::Applicant));
        let weight = match (form, own) {
            (true, _) if legible => {
                named_by_form = true;
                8
            }
            (true, _) => continue,
            (_, false) => 1,
            _ => 2 + usize::from(identity.sure),
        };
        match groups.iter_mut().find(|(_, group)| group.same(identity) == Some(true)) {
            Some((count, group)) => {
                *count += weight;
                group.absorb(identity);
            }
            None => groups.push((weight, identity.clone())),
        }
    }
    // The form's hand is read badly: a group that shares one name or the birth date with it is the form's own.
    if let Some(at) = sheets.iter().position(|s| s.kinds.first().is_some_and(|k| k.kind.as_str() == FORM)) {
        let form = &identities[at];
        for (count, group) in &mut groups {
            let birth = group.births.iter().any(|b| form.births.contains(b));
            let surname = group.surnames.iter().any(|a| form.surnames.iter().any(|b| near(a, b)));
            let given = group.given.iter().flatten().any(|a| form.given.iter().flatten().any(|b| near(a, b)));
            named_by_form |= birth || surname && given;
            if *count < 8 || birth {
                *count += 6 * (usize::from(birth) + usize::from(given)) + 2 * usize::from(surname);
            }
        }
    }
    let chosen = groups.iter().enumerate().max_by_key(|(order, (count, _))| (*count, usize::MAX - order));
    let chosen = chosen.map(|(_, (_, group))| group.clone()).unwrap_or_default();
    let two = groups.iter().any(|(_, group)| chosen.same(group) == Some(false));
    (chosen, two && !named_by_form)
}

/// Names that the form, the host's attestation or an act give for other persons.
fn relations(sheets: &[Sheet]) -> Vec<(Person, Identity)> {
    let named = |surname: &str, given: &str, birth: &str| {
        let mut identity = Identity::default();
        for candidate in sheets.iter().flat_map(|s| &s.candidates) {
            match (&candidate.field, &candidate.value) {
                (f, Some(FieldValue::Text(text))) if f.as_str() == surname => identity.surnames.push(text.clone()),
                (f, Some(FieldValue::Text(text))) if f.as_str() == given => identity.given.push(vec![text.clone()]),
                (f, Some(FieldValue::List(names))) if f.as_str() == given => identity.given.push(names.clone()),
                (f, Some(FieldValue::Date(date))) if f.as_str() == birth => identity.births.push(*date),
                _ => {}
            }
        }
        identity
    };
    vec![
        (Person::Hebergeant, named("hebergeant_nom", "hebergeant_prenom", "hebergeant_date_naissance")),
        (Person::Conjoint, named("conjoint_nom", "conjoint_prenoms", "conjoint_date_naissance")),
        (Person::Parent, named("pere_nom", "pere_prenoms", "pere_date_naissance")),
        (Person::Parent, named("mere_nom", "mere_prenoms", "mere_date_naissance")),
    ]
}

fn whose(
    sheet: &Sheet,
    identity: &Identity,
    layout: &Layout,
    applicant: &Identity,
    relations: &[(Person, Identity)],
    catalogue: &Catalogue,
) -> Person {
    let document = sheet.kinds.first().and_then(|k| catalogue.document(k.kind.as_str()));
    let same = identity.same(applicant);
    let zone = sheet.candidates.iter().any(|c| c.evidence.source == Source::Mrz);
    if same == Some(true) || document.is_some_and(|d| d.id.as_str() == FORM || d.none) || !zone && applicant.named_on(layout) {
        return Person::Applicant;
    }
    let persons = document.map(|d| d.persons.clone()).unwrap_or_default();
    let other = same == Some(false) || !identity.is_empty() || names_somebody(sheet);
    if !other {
        // Nobody is named: the paper stands among the applicant's own.
        return if persons.first().is_none_or(|p| *p == Person::Applicant) { Person::Applicant } else { persons[0] };
    }
    let related = relations.iter().find(|(_, r)| identity.same(r) == Some(true) || !r.is_empty() && r.named_on(layout));
    if let Some((person, _)) = related {
        return *person;
    }
    if let Some(first) = persons.first().filter(|p| **p != Person::Applicant) {
        return *first;
    }
    family(identity, applicant).unwrap_or(if same == Some(false) || zone || names_somebody(sheet) {
        Person::Other
    } else {
        Person::Applicant
    })
}

fn names_somebody(sheet: &Sheet) -> bool {
    sheet.candidates.iter().any(|c| c.field.as_str() == "nom" && c.value.is_some())
}

/// One of the family by surname: a generation older is a parent, a generation younger a child.
fn family(identity: &Identity, applicant: &Identity) -> Option<Person> {
    let kin = any_pair(&identity.surnames, &applicant.surnames, |a, b| near(a, b))?;
    let (theirs, own) = (identity.births.first()?, applicant.births.first()?);
    let years = i32::from(own.year()) - i32::from(theirs.year());
    match years {
        15.. if kin => Some(Person::Parent),
        ..=-15 if kin => Some(Person::Enfant),
        _ => None,
    }
}

/// The name that a page gives of its person, for the agent.
pub(super) fn name_on(candidates: &[Candidate]) -> Option<String> {
    let text = |field: &str| {
        candidates.iter().filter(|c| c.field.as_str() == field).max_by(|a, b| a.confidence.total_cmp(&b.confidence)).and_then(|c| match &c
            .value
        {
            Some(FieldValue::Text(text)) => Some(text.clone()),
            Some(FieldValue::List(names)) => Some(names.join(" ")),
            _ => None,
        })
    };
    match (text("nom_naissance"), text("prenoms")) {
        (Some(nom), Some(prenoms)) => Some(format!("{nom} {prenoms}")),
        (Some(nom), None) => Some(nom),
        _ => text("nom"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(surname: &str, given: &str, birth: &str) -> Identity {
        Identity {
            surnames: vec![surname.to_owned()],
            given: vec![given.split(' ').map(str::to_owned).collect()],
            births: birth.parse().ok().into_iter().collect(),
            sure: true,
        }
    }

    #[test]
    fn the_same_person_in_other_spelling_and_a_relative() {
        let own = who("BEN YOUSSEF", "WASSIM", "2001-11-06");
        assert_eq!(own.same(&who("BENYOUSSEF", "WASSIM ANIS", "")), Some(true));
        assert_eq!(own.same(&who("BEN YOUSSEF", "HELA", "1985-10-15")), Some(false));
        assert_eq!(own.same(&who("LI", "MEILING", "")), Some(false));
        assert_eq!(own.same(&Identity::default()), None);
        assert_eq!(family(&who("BEN YOUSSEF", "ANIS", "1970-01-01"), &own), Some(Person::Parent));
    }
}
