//! From everything that speaks for a field to one reading.
//!
//! Accepted without a person is what a proof and a second look say alike, and what a calibration says is right so often
//! that nobody need look; while there is no calibration at all, what two papers say alike. A paper that clearly says
//! otherwise stops that. All else goes to a person.

use super::compare::{compatible, key};
use super::evidence::signals;
use super::words;
use crate::catalogue::{FieldDef, FieldKind};
use crate::domain::{Candidate, Decision, FieldValue, Finding, Ground, Latitude, Pattern, Profile, Reading, Signals, Source};
use std::collections::{BTreeMap, BTreeSet};

/// From here on a reading that differs stands against acceptance.
const OBJECTS: f64 = 0.45;
/// From here on two readings that differ are a contradiction of the papers, not a slip of an engine.
const CONTRADICTS: f64 = 0.8;

/// One candidate and the paper that it stands on (pages of one paper are one source).
#[derive(Clone, Debug)]
pub(super) struct Vote {
    pub candidate: Candidate,
    pub paper: usize,
}

/// Votes for one value.
pub(super) struct Group<'a> {
    pub votes: Vec<&'a Vote>,
    pub papers: BTreeSet<usize>,
    pub pages: BTreeSet<u32>,
    pub proven: bool,
    printed: bool,
    weight: f64,
}

/// What became of the votes for one field.
pub(super) struct Verdict {
    pub reading: Reading,
    /// Two papers contradict each other.
    pub finding: Option<Finding>,
    /// What the reading stands on; none without a value.
    pub signals: Option<Signals>,
}

/// Weighs the votes for one field, as far as the machine may decide.
pub(super) fn weigh(field: &FieldDef, votes: &[Vote], latitude: Latitude) -> Verdict {
    let valued: Vec<&Vote> = votes.iter().filter(|v| v.candidate.value.is_some()).collect();
    let groups = groups(&valued);
    let Some(best) = groups.first() else {
        return Verdict { reading: without_value(field, votes), finding: None, signals: None };
    };
    let value = spelling(field, best);
    let against = groups[1..].iter().filter(|g| !friendly(g, best) && objects(g, best, &valued)).collect::<Vec<_>>();
    let clear = |g: &Group| g.proven || g.weight >= CONTRADICTS;
    let finding = against.iter().find(|g| clear(g) && clear(best)).map(|g| words::contradiction(field, best.strongest(), g.strongest()));
    let enough = best.papers.len() >= 2 && best.pages.len() >= 2;
    let others: Vec<&Group> = groups[1..].iter().filter(|g| !friendly(g, best)).collect();
    let signals = signals(field, &value, best, &others);
    let name = matches!(field.kind, FieldKind::Name | FieldKind::Names);
    // A signature is ink on one paper: two signed papers do not prove each other.
    let may = field.kind != FieldKind::Flag && against.is_empty() && (best.printed || !name) && latitude.profile == Profile::Evaluation;
    let (fit, confidence) = match latitude.ground {
        Ground::Agreement => (may && enough, confidence(best, may && enough, !against.is_empty())),
        Ground::Proofs => (may && signals.pattern == Pattern::Proven, confidence(best, false, !against.is_empty())),
        Ground::Calibrated(calibration) => {
            let right = calibration.probability(&signals);
            (may && calibration.accepts(&signals), if against.is_empty() { right } else { right.min(0.6) })
        }
    };
    let evidence = evidence(best, &groups[1..]);
    let strongest = best.strongest();
    let reading = Reading {
        value: Some(value),
        decision: if fit { Decision::Accepted } else { Decision::Review },
        confidence,
        source: if enough { Source::Agreement } else { strongest.evidence.source },
        page: Some(strongest.evidence.page),
        rect: Some(strongest.evidence.rect),
        because: words::because(best.votes.iter().map(|v| &v.candidate), fit, signals.pattern, against.first().map(|g| g.strongest())),
        evidence,
    };
    Verdict { reading, finding, signals: Some(signals) }
}

impl Group<'_> {
    /// What to show the agent: proof first, then the surest.
    fn strongest(&self) -> &Candidate {
        let order = |v: &&&Vote| (v.candidate.evidence.proof.is_some(), (v.candidate.confidence * 1000.0) as i64);
        // A group holds one vote at least.
        let best = self.votes.iter().max_by_key(order);
        &best.unwrap_or(&self.votes[0]).candidate
    }
}

/// Distinct values with who speaks for them, heaviest first.
fn groups<'a>(votes: &[&'a Vote]) -> Vec<Group<'a>> {
    let mut by_key: BTreeMap<String, Vec<&'a Vote>> = BTreeMap::new();
    for vote in votes {
        if let Some(value) = &vote.candidate.value {
            by_key.entry(key(value)).or_default().push(vote);
        }
    }
    let mut groups: Vec<Group> = by_key.into_values().map(group).collect();
    groups.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.pages.cmp(&b.pages)));
    // A longer list of given names that a shorter one begins says more, if it is read about as well.
    if let [first, rest @ ..] = groups.as_slice()
        && let Some(longer) = rest.iter().position(|g| friendly(g, first) && length(g) > length(first) && g.weight * 2.5 >= first.weight)
    {
        groups.swap(0, longer + 1);
    }
    groups
}

fn group(votes: Vec<&Vote>) -> Group<'_> {
    let mut by_page: BTreeMap<u32, f64> = BTreeMap::new();
    for vote in &votes {
        let trust = vote.candidate.confidence + if vote.candidate.evidence.proof.is_some() { 0.5 } else { 0.0 };
        let best = by_page.entry(vote.candidate.evidence.page).or_default();
        *best = best.max(trust);
    }
    Group {
        papers: votes.iter().map(|v| v.paper).collect(),
        pages: by_page.keys().copied().collect(),
        proven: votes.iter().any(|v| v.candidate.evidence.proof.is_some()),
        printed: votes.iter().any(|v| !matches!(v.candidate.evidence.source, Source::Mrz | Source::TwoDDoc)),
        weight: by_page.values().sum(),
        votes,
    }
}

fn value_of<'a>(group: &Group<'a>) -> Option<&'a FieldValue> {
    group.votes.first().and_then(|v| v.candidate.value.as_ref())
}

fn friendly(a: &Group, b: &Group) -> bool {
    value_of(a).zip(value_of(b)).is_some_and(|(a, b)| compatible(a, b))
}

fn length(group: &Group) -> usize {
    value_of(group).map_or(0, |v| key(v).len())
}

/// A group objects when some page says it rather than the best value, and says it clearly enough.
fn objects(group: &Group, best: &Group, votes: &[&Vote]) -> bool {
    group.votes.iter().any(|vote| {
        let page = vote.candidate.evidence.page;
        let agrees = best.pages.contains(&page);
        let strongest = votes.iter().filter(|v| v.candidate.evidence.page == page).map(|v| v.candidate.confidence).fold(0.0, f64::max);
        let clear = vote.candidate.evidence.proof.is_some() || vote.candidate.confidence >= OBJECTS;
        // A page that also says the best value has been misread once, unless a proof stands on the other side.
        clear && if agrees { vote.candidate.evidence.proof.is_some() } else { vote.candidate.confidence >= strongest }
    })
}

/// The value as the print spells it: accents and hyphens are never taken from a machine-readable zone, nor from a
/// form where another paper prints them.
fn spelling(field: &FieldDef, group: &Group) -> FieldValue {
    let mut counts: BTreeMap<&FieldValue, (usize, usize, f64)> = BTreeMap::new();
    for vote in &group.votes {
        let Some(value) = &vote.candidate.value else { continue };
        let rank = match vote.candidate.evidence.source {
            Source::Text => 2,
            Source::Form => 1,
            _ => 0,
        };
        let entry = counts.entry(value).or_default();
        entry.0 = entry.0.max(rank);
        entry.1 += 1;
        entry.2 = entry.2.max(vote.candidate.confidence);
    }
    let accents = |v: &FieldValue| {
        if field.kind == FieldKind::Text || matches!(field.kind, FieldKind::Name | FieldKind::Names) { marks(v) } else { 0 }
    };
    let best = counts.iter().max_by(|a, b| {
        let order = |(value, (rank, count, _)): &(&&FieldValue, &(usize, usize, f64))| {
            ((*rank).min(1), accents(value).min(1) * usize::from(*rank == 2), *count, *rank)
        };
        order(a).cmp(&order(b)).then(a.1.2.total_cmp(&b.1.2))
    });
    best.map_or_else(|| FieldValue::Text(String::new()), |(value, _)| (*value).clone())
}

fn marks(value: &FieldValue) -> usize {
    match value {
        FieldValue::Text(text) => text.chars().filter(|c| !c.is_ascii()).count(),
        FieldValue::List(items) => items.iter().map(|i| i.chars().filter(|c| !c.is_ascii()).count()).sum(),
        _ => 0,
    }
}

/// Set by hand for each kind of evidence, not measured; a calibration on confirmed data replaces it.
fn confidence(best: &Group, fit: bool, against: bool) -> f64 {
    let single = best.votes.iter().map(|v| v.candidate.confidence).fold(0.0, f64::max);
    match (fit, best.pages.len()) {
        (true, _) if best.proven => 0.998,
        (true, 3..) => 0.996,
        (true, _) => 0.99,
        (false, _) if against => single.min(0.6),
        (false, 2..) => single.max(0.9),
        _ => single.min(0.95),
    }
}

fn evidence(best: &Group, others: &[Group]) -> Vec<crate::domain::Evidence> {
    let mut votes: Vec<&Vote> = best.votes.clone();
    votes.extend(others.iter().flat_map(|g| &g.votes));
    votes.sort_by_key(|v| v.candidate.evidence.page);
    let mut seen = BTreeSet::new();
    let mut out: Vec<(bool, crate::domain::Evidence)> = Vec::new();
    for vote in votes {
        let evidence = &vote.candidate.evidence;
        if seen.insert((evidence.page, evidence.source, evidence.engine, evidence.value.as_ref().map(key))) {
            out.push((!best.votes.iter().any(|v| std::ptr::eq(*v, vote)), evidence.clone()));
        }
    }
    out.sort_by_key(|(other, _)| *other);
    out.into_iter().map(|(_, e)| e).take(12).collect()
}

/// No value: `absent` is a statement, made only where every place that was found is surely empty.
fn without_value(field: &FieldDef, votes: &[Vote]) -> Reading {
    let void = |v: &&Vote| v.candidate.empty && v.candidate.confidence >= 0.9 && v.candidate.evidence.source == Source::Form;
    let empty: Vec<&Vote> = votes.iter().filter(void).collect();
    let sure = !empty.is_empty() && empty.len() == votes.len() && !field.identity && field.kind != FieldKind::Flag;
    let first = votes.first();
    Reading {
        value: None,
        decision: if sure { Decision::Absent } else { Decision::Review },
        confidence: if sure { 0.97 } else { 0.0 },
        source: first.map_or(Source::Text, |v| v.candidate.evidence.source),
        page: first.map(|v| v.candidate.evidence.page),
        rect: first.map(|v| v.candidate.evidence.rect),
        because: words::without_value(sure, first.map(|v| &v.candidate)),
        evidence: votes.iter().take(6).map(|v| v.candidate.evidence.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Engine, Evidence, FieldId, Proof, Rect};

    fn field(id: &str, kind: &str) -> FieldDef {
        toml::from_str(&format!("id = '{id}'\nlabel = 'Champ'\nkind = '{kind}'")).unwrap()
    }

    fn vote(page: u32, source: Source, value: FieldValue, confidence: f64, proof: bool) -> Vote {
        let evidence = Evidence {
            source,
            engine: Engine::Tesseract,
            page,
            rect: Rect::default(),
            value: Some(value.clone()),
            raw: String::new(),
            proof: proof.then_some(Proof::CheckDigit),
        };
        Vote {
            candidate: Candidate { field: FieldId::from("x"), value: Some(value), empty: false, confidence, evidence },
            paper: page as usize,
        }
    }

    fn date(text: &str) -> FieldValue {
        FieldValue::Date(text.parse().unwrap())
    }

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }

    fn weighed(field: &FieldDef, votes: &[Vote], profile: Profile) -> Verdict {
        weigh(field, votes, Latitude { profile, ground: &Ground::Agreement })
    }

    fn decided(field: &FieldDef, votes: &[Vote], profile: Profile) -> Decision {
        weighed(field, votes, profile).reading.decision
    }

    #[test]
    fn a_proof_needs_a_second_page() {
        let birth = field("date_naissance", "date");
        let alone = [vote(5, Source::Mrz, date("2001-11-06"), 0.97, true), vote(5, Source::Text, date("2001-11-06"), 0.9, false)];
        assert_eq!(decided(&birth, &alone, Profile::Evaluation), Decision::Review, "one page is one source");
        let both = [alone[0].clone(), vote(2, Source::Form, date("2001-11-06"), 0.6, false)];
        assert_eq!(decided(&birth, &both, Profile::Evaluation), Decision::Accepted);
        assert_eq!(decided(&birth, &both, Profile::Observation), Decision::Review);
    }

    #[test]
    fn a_form_that_says_otherwise_is_a_contradiction_and_both_pages_are_named() {
        let birth = field("date_naissance", "date");
        let votes = [
            vote(5, Source::Mrz, date("2001-11-06"), 0.97, true),
            vote(6, Source::Text, date("2001-11-06"), 0.9, false),
            vote(2, Source::Form, date("2001-11-16"), 0.9, false),
        ];
        let Verdict { reading, finding, .. } = weighed(&birth, &votes, Profile::Evaluation);
        assert_eq!((reading.decision, reading.value), (Decision::Review, Some(date("2001-11-06"))));
        let finding = finding.unwrap();
        assert!(finding.subjects.contains(&"page:5".to_owned()) && finding.subjects.contains(&"page:2".to_owned()), "{finding:?}");
    }

    #[test]
    fn the_print_gives_the_spelling_and_a_zone_alone_gives_no_name() {
        let name = field("nom_naissance", "name");
        let zones = [vote(5, Source::Mrz, text("GONCALVES"), 0.9, false), vote(6, Source::Mrz, text("GONCALVES"), 0.9, false)];
        assert_eq!(decided(&name, &zones, Profile::Evaluation), Decision::Review);
        let printed =
            [zones[0].clone(), vote(2, Source::Form, text("GONCALVES"), 0.9, false), vote(7, Source::Text, text("GONÇALVES"), 0.8, false)];
        let Verdict { reading, .. } = weighed(&name, &printed, Profile::Evaluation);
        assert_eq!((reading.decision, reading.value), (Decision::Accepted, Some(text("GONÇALVES"))));
    }

    #[test]
    fn the_first_given_name_alone_does_not_object() {
        let names = field("prenoms", "names");
        let list = |names: &[&str]| FieldValue::List(names.iter().map(|n| (*n).to_owned()).collect());
        let votes = [
            vote(5, Source::Mrz, list(&["WASSIM", "ANIS"]), 0.9, false),
            vote(2, Source::Form, list(&["WASSIM", "ANIS"]), 0.8, false),
            vote(6, Source::Text, list(&["WASSIM"]), 0.8, false),
        ];
        let Verdict { reading, finding, .. } = weighed(&names, &votes, Profile::Evaluation);
        assert_eq!((reading.decision, reading.value, finding), (Decision::Accepted, Some(list(&["WASSIM", "ANIS"])), None));
    }

    #[test]
    fn absent_only_where_every_place_is_empty() {
        let usage = field("nom_usage", "name");
        let mut empty = vote(2, Source::Form, text(""), 0.95, false);
        empty.candidate.value = None;
        empty.candidate.empty = true;
        assert_eq!(decided(&usage, &[empty.clone()], Profile::Evaluation), Decision::Absent);
        let mut inked = empty.clone();
        inked.candidate.empty = false;
        assert_eq!(decided(&usage, &[empty, inked], Profile::Evaluation), Decision::Review);
        assert_eq!(decided(&usage, &[], Profile::Evaluation), Decision::Review, "no place found is no statement");
    }
}
