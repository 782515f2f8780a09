//! Every row of every list that decides, exercised by the cases under `pipelines/permits/cases/`, and the French
//! that agents read held against the vocabulary. Cases are discovered, not listed.

use passerelle::catalogue::{Catalogue, FieldKind};
use passerelle::domain::{
    Channel, Constat, Decision, Extraction, FieldId, FieldValue, INCONNU, LineStatus, Outcome, PartialDate, Person, Piece, PieceKind, Rank,
    Reading, RequestDates, Source,
};
use passerelle::validate::validate;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A file of cases: one complete envelope, and what changes in each case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    permit: String,
    request: String,
    /// Postmark of every case that does not give its own.
    filed_on: String,
    fields: BTreeMap<String, toml::Value>,
    pieces: Vec<toml::Table>,
    cases: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: String,
    #[serde(default)]
    filed_on: Option<String>,
    /// Kinds that are taken out.
    #[serde(default)]
    without: Vec<String>,
    /// Papers that are put in, with their facts; `kind`, `person`, `confidence`, `surely_none` are the piece's own.
    #[serde(default)]
    with: Vec<toml::Table>,
    /// Facts changed on the papers that are there, by kind.
    #[serde(default)]
    facts: BTreeMap<String, toml::Table>,
    #[serde(default)]
    fields: BTreeMap<String, toml::Value>,
    #[serde(default)]
    without_fields: Vec<String>,
    #[serde(default)]
    request: Option<String>,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    outcome: Outcome,
    #[serde(default)]
    lines: BTreeMap<String, LineStatus>,
    /// Lines that must not be there at all (a rule not yet in force).
    #[serde(default)]
    no_line: Vec<String>,
    #[serde(default)]
    findings: Vec<String>,
    /// Subjects that must wait for a person; `needs_none = true` asks for an empty list.
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    needs_none: bool,
}

/// A reading as a case writes it: a value, or a table with `value`, `confidence`, `decision`.
pub(crate) fn reading(value: &toml::Value, kind: Option<FieldKind>) -> Reading {
    let (written, confidence, decision) = match value {
        toml::Value::Table(t) if t.contains_key("value") || t.contains_key("decision") => {
            let decision = t.get("decision").and_then(toml::Value::as_str).unwrap_or("review");
            let decision = Decision::deserialize(toml::Value::from(decision)).unwrap();
            (t.get("value"), t.get("confidence").and_then(toml::Value::as_float).unwrap_or(0.7), decision)
        }
        plain => (Some(plain), 0.999, Decision::Accepted),
    };
    Reading {
        value: written.map(|v| field_value(v, kind)),
        decision,
        confidence,
        source: Source::Text,
        page: Some(1),
        rect: None,
        because: String::new(),
        evidence: Vec::new(),
    }
}

fn field_value(value: &toml::Value, kind: Option<FieldKind>) -> FieldValue {
    match value {
        toml::Value::Boolean(b) => FieldValue::Bool(*b),
        toml::Value::Array(items) => FieldValue::List(items.iter().map(|i| i.as_str().unwrap().to_owned()).collect()),
        toml::Value::Table(t) => FieldValue::PartialDate(PartialDate::deserialize(toml::Value::Table(t.clone())).unwrap()),
        toml::Value::String(text) => match kind {
            Some(FieldKind::Date) => FieldValue::Date(text.parse().unwrap_or_else(|_| panic!("{text} is no date"))),
            _ => FieldValue::Text(text.clone()),
        },
        other => panic!("a case cannot hold {other}"),
    }
}

pub(crate) fn known(text: &str) -> Reading {
    reading(&toml::Value::from(text), None)
}

pub(crate) fn piece(table: &toml::Table, page: u32, catalogue: &Catalogue) -> Piece {
    let kind = table["kind"].as_str().unwrap();
    assert!(kind == INCONNU || catalogue.document(kind).is_some(), "unknown piece {kind}");
    let own = ["kind", "person", "confidence", "surely_none"];
    let facts = table.iter().filter(|(id, _)| !own.contains(&id.as_str()));
    Piece {
        kind: PieceKind::from(kind),
        pages: vec![page],
        confidence: table.get("confidence").and_then(toml::Value::as_float).unwrap_or(0.98),
        person: table.get("person").map_or(Person::Applicant, |p| Person::deserialize(p.clone()).unwrap()),
        surely_none: table.get("surely_none").and_then(toml::Value::as_bool).unwrap_or(false),
        facts: facts
            .map(|(id, value)| {
                let field = catalogue.field(id).unwrap_or_else(|| panic!("unknown fact {id}"));
                (FieldId::from(id.as_str()), reading(value, Some(field.kind)))
            })
            .collect(),
    }
}

fn envelope(cases: &Cases, change: &Change, catalogue: &Catalogue) -> Extraction {
    let mut tables: Vec<toml::Table> = cases.pieces.clone();
    tables.retain(|t| !change.without.iter().any(|k| *k == t["kind"].as_str().unwrap()));
    for table in &mut tables {
        if let Some(facts) = change.facts.get(table["kind"].as_str().unwrap()) {
            table.extend(facts.clone());
        }
    }
    tables.extend(change.with.iter().cloned());
    let pieces: Vec<Piece> = tables.iter().zip(1..).map(|(t, page)| piece(t, page, catalogue)).collect();
    let mut fields = cases.fields.clone();
    fields.extend(change.fields.clone());
    fields.retain(|id, _| !change.without_fields.contains(id));
    let read = |(id, value): (&String, &toml::Value)| {
        let field = catalogue.field(id).unwrap_or_else(|| panic!("unknown field {id}"));
        (FieldId::from(id.as_str()), reading(value, Some(field.kind)))
    };
    let filed_on = change.filed_on.as_ref().unwrap_or(&cases.filed_on);
    Extraction {
        pages: (1..=u32::try_from(pages_count(&pieces)).unwrap()).collect(),
        channel: Channel::Postal,
        permit: known(&cases.permit),
        request: known(change.request.as_ref().unwrap_or(&cases.request)),
        dates: RequestDates {
            envoi: Some(reading(&toml::Value::from(filed_on.as_str()), Some(FieldKind::Date))),
            ..RequestDates::default()
        },
        pieces,
        fields: fields.iter().map(read).collect(),
        findings: Vec::new(),
        signals: std::collections::BTreeMap::new(),
    }
}

fn pages_count(pieces: &[Piece]) -> usize {
    pieces.iter().map(|p| p.pages.len()).sum()
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/permits/cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "toml"));
    files.sort();
    files
}

fn faults(constat: &Constat, expected: &Expected) -> Vec<String> {
    let mut faults = Vec::new();
    if constat.outcome != expected.outcome {
        faults.push(format!("outcome {:?}, expected {:?}", constat.outcome, expected.outcome));
    }
    let line = |piece: &str| constat.checklist.iter().find(|l| l.piece.as_str() == piece);
    for (piece, status) in &expected.lines {
        match line(piece) {
            Some(l) if l.status == *status => {}
            Some(l) => faults.push(format!("{piece} is {:?} ({}), expected {status:?}", l.status, l.because)),
            None => faults.push(format!("{piece} is not in the list")),
        }
    }
    faults.extend(expected.no_line.iter().filter(|p| line(p).is_some()).map(|p| format!("{p} is in the list")));
    let codes: BTreeSet<&str> = constat.findings.iter().map(|f| f.code.as_str()).collect();
    faults.extend(expected.findings.iter().filter(|c| !codes.contains(c.as_str())).map(|c| format!("no finding {c} among {codes:?}")));
    let subjects: BTreeSet<&str> = constat.review.iter().map(|n| n.subject.as_str()).collect();
    faults.extend(expected.needs.iter().filter(|s| !subjects.contains(s.as_str())).map(|s| format!("no need {s} among {subjects:?}")));
    if expected.needs_none && !subjects.is_empty() {
        faults.push(format!("needs: {:?}", constat.review));
    }
    faults
}

#[test]
fn every_case_of_every_list_comes_out_as_written() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut faulty = Vec::new();
    let mut count = 0;
    for file in files() {
        let cases: Cases = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        for change in &cases.cases {
            count += 1;
            let day = "2026-11-20".parse().unwrap();
            let constat = validate(&envelope(&cases, change, &catalogue), &catalogue, day, None, &[]);
            let name = file.file_stem().unwrap().to_string_lossy();
            faulty.extend(faults(&constat, &change.expect).iter().map(|f| format!("{name}: {}: {f}", change.name)));
        }
    }
    assert!(count >= 60, "only {count} cases were found");
    assert!(faulty.is_empty(), "{} of {count} cases:\n{}", faulty.len(), faulty.join("\n"));
}

/// A row that no case can turn is a row that nobody has tried.
#[test]
fn every_row_of_every_list_that_decides_is_exercised_both_ways() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut seen: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
    for file in files() {
        let cases: Cases = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for change in &cases.cases {
            for (piece, status) in &change.expect.lines {
                let key = (cases.permit.clone(), cases.request.clone(), piece.clone());
                seen.entry(key).or_default().insert(format!("{status:?}"));
            }
        }
    }
    let mut untried = Vec::new();
    for permit in catalogue.permits.iter().filter(|p| p.decides) {
        for list in &permit.lists {
            for row in &list.rows {
                let key = (permit.id.to_string(), list.request.clone(), row.piece.to_string());
                let has = |s: &str| seen.get(&key).is_some_and(|statuses| statuses.contains(s));
                let turned = match (row.advisory, row.class, row.rank) {
                    (true, ..) => has("NotRequired"),
                    (_, passerelle::domain::LineClass::AtCollection, _) => has("AtCollection"),
                    (_, _, Rank::Texte | Rank::Pratique) => {
                        (has("Missing") || has("Doubtful")) && (row.when.is_none() || has("NotRequired"))
                    }
                    (_, _, Rank::Liste) => has("Doubtful"),
                };
                if !(turned && has("Present")) {
                    untried.push(format!("{} {} {}: only {:?}", key.0, key.1, key.2, seen.get(&key)));
                }
            }
        }
    }
    assert!(untried.is_empty(), "rows without a case both ways:\n{}", untried.join("\n"));
}

/// Words of `vocabulaire.toml` that no agent reads, looked for in every French text of the program.
#[test]
fn no_french_text_uses_a_forbidden_word() {
    let catalogue = Catalogue::embedded().unwrap();
    assert!(catalogue.vocabulary.forbidden.len() >= 5);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    collect(&root.join("src"), &mut texts);
    collect(&root.join("pipelines"), &mut texts);
    let mut found = Vec::new();
    for (path, text) in &texts {
        for (number, spoken) in spoken(path, text) {
            for word in plain_words(&spoken) {
                if let Some(f) = catalogue.vocabulary.forbidden.iter().find(|f| word.starts_with(&f.stem)) {
                    found.push(format!("{}:{number}: « {word} » in {spoken:?}; say: {}", path.display(), f.instead));
                }
            }
        }
    }
    assert!(texts.len() > 100, "only {} files were read", texts.len());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn collect(folder: &Path, texts: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, texts);
        } else if path.extension().is_some_and(|e| ["rs", "html", "toml"].iter().any(|x| e == *x))
            && path.file_name().is_none_or(|n| n != "vocabulaire.toml")
        {
            texts.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// What an agent could read: templates whole, else strings with more than one word (identifiers have one).
fn spoken(path: &Path, text: &str) -> Vec<(usize, String)> {
    let template = path.extension().is_some_and(|e| e == "html");
    let mut spoken = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if template {
            spoken.push((number + 1, without_marks(line)));
        } else if !line.starts_with("//") && !line.starts_with('#') {
            let strings = line.split('"').skip(1).step_by(2).filter(|s| s.contains(' '));
            spoken.extend(strings.map(|s| (number + 1, s.to_owned())));
        }
    }
    spoken
}

/// A template line without its `{{ … }}`, `{% … %}` and tags.
fn without_marks(line: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_u32;
    for c in line.chars() {
        match c {
            '{' | '<' => depth += 1,
            '}' | '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

fn plain_words(text: &str) -> Vec<String> {
    use unicode_normalization::UnicodeNormalization;
    let plain: String = text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect::<String>().to_lowercase();
    plain.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_search_for_forbidden_words_finds_one() {
    let lines = spoken(Path::new("x.rs"), "let a = \"Document douteux à revoir\"; // \"score\"\nlet b = \"score\";");
    assert_eq!(lines, [(1, "Document douteux à revoir".to_owned()), (1, "score".to_owned())].into_iter().take(1).collect::<Vec<_>>());
    assert!(plain_words("Pièce Douteuse").contains(&"douteuse".to_owned()));
    assert_eq!(without_marks("<td class=\"score\">{{ score }} à voir</td>").trim(), "à voir");
}
