//! Every row of every list that decides, exercised by the cases under `pipelines/permits/cases/`, and the French
//! that agents read held against the vocabulary. Cases are discovered, not listed.

use passerelle::cases::{Cases, Change, piece};
use passerelle::catalogue::{Catalogue, Condition, FieldKind, ListRow, PieceList, References, case_files};
use passerelle::domain::{ChecklistLine, Constat, Decision, Extraction, LineStatus, Outcome, Rank};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn files() -> Vec<(String, Cases)> {
    let files = case_files(None).unwrap();
    files.iter().map(|f| (f.path.clone(), Cases::parse(f).unwrap_or_else(|e| panic!("{e}")))).collect()
}

#[test]
fn every_case_of_every_list_comes_out_as_written() {
    let catalogue = Catalogue::embedded().unwrap();
    let files = files();
    let count: usize = files.iter().map(|(_, cases)| cases.cases.len()).sum();
    let faulty: Vec<String> = files.iter().flat_map(|(name, cases)| cases.run(name, &catalogue)).collect();
    assert!(count >= 60, "only {count} cases were found");
    assert!(faulty.is_empty(), "{} of {count} cases:\n{}", faulty.len(), faulty.join("\n"));
}

/// A row that no case can turn is a row that nobody has tried.
#[test]
fn every_row_of_every_list_that_decides_is_exercised_both_ways() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut seen: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
    for (_, cases) in files() {
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
                    (_, passerelle::domain::LineClass::AtCollection, _) => has("AtCollection") || row.when.is_some() && has("NotRequired"),
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

/// Each case with the envelope and the constat that it stands for.
fn constats(catalogue: &Catalogue) -> Vec<(String, Cases, Change, Extraction, Constat)> {
    let mut all = Vec::new();
    for (name, cases) in files() {
        for change in &cases.cases {
            let envelope = cases.envelope(change, catalogue).unwrap();
            let constat = cases.constat(change, catalogue).unwrap();
            all.push((format!("{name}: {}", change.name), cases.clone(), change.clone(), envelope, constat));
        }
    }
    all
}

fn statuses(constat: &Constat) -> Vec<(String, LineStatus)> {
    constat.checklist.iter().map(|l| (l.piece.to_string(), l.status)).collect()
}

#[test]
fn only_a_text_makes_a_dossier_incomplete() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut count = 0;
    for (name, _, _, _, constat) in constats(&catalogue) {
        if constat.outcome == Outcome::Incomplete {
            count += 1;
            let by_text = |l: &ChecklistLine| l.status == LineStatus::Missing && l.rank == Rank::Texte;
            assert!(constat.checklist.iter().any(by_text), "{name}: incomplete, and nothing that a text asks for is missing");
        }
    }
    assert!(count > 200, "only {count} incomplete cases were found");
}

#[test]
fn the_constat_does_not_depend_on_the_order_of_the_pages() {
    let catalogue = Catalogue::embedded().unwrap();
    for (name, cases, change, mut envelope, constat) in constats(&catalogue) {
        envelope.pieces.reverse();
        let turned = cases.constat_of(&envelope, &change, &catalogue);
        assert_eq!((turned.outcome, statuses(&turned)), (constat.outcome, statuses(&constat)), "{name}");
    }
}

/// What was told becomes unclear: an envelope that did not settle by itself as complete does not for that.
#[test]
fn knowing_less_never_makes_a_dossier_complete() {
    let catalogue = Catalogue::embedded().unwrap();
    let settles = |constat: &Constat| constat.outcome == Outcome::Complete && constat.review.is_empty();
    let mut tried = 0;
    for (name, cases, change, envelope, constat) in constats(&catalogue) {
        if settles(&constat) {
            let mut blurred = envelope.clone();
            blurred.pieces.iter_mut().for_each(|p| p.confidence = 0.3);
            let nothing_asked = constat.checklist.iter().all(|l| l.rank == Rank::Pratique || l.status != LineStatus::Present);
            let again = cases.constat_of(&blurred, &change, &catalogue);
            assert!(!settles(&again) || nothing_asked, "{name}: complete though no paper is told for sure");
            continue;
        }
        for id in envelope.fields.keys() {
            let mut less = envelope.clone();
            if let Some(reading) = less.fields.get_mut(id) {
                (reading.decision, reading.confidence) = (Decision::Review, 0.3);
            }
            tried += 1;
            assert!(!settles(&cases.constat_of(&less, &change, &catalogue)), "{name}: complete once {id} is unclear");
        }
    }
    assert!(tried > 1000, "only {tried} readings were blurred");
}

/// Save where a condition of the list speaks of the paper: who shows that somebody hosts him is asked for the host's papers.
#[test]
fn a_paper_more_never_makes_a_dossier_less_complete() {
    let catalogue = Catalogue::embedded().unwrap();
    let better = |outcome: Outcome| match outcome {
        Outcome::Incomplete => 0,
        Outcome::Review => 1,
        Outcome::Complete => 2,
    };
    let mut tried = 0;
    for (name, cases, change, envelope, constat) in constats(&catalogue) {
        let permit = catalogue.permit(&cases.permit).unwrap();
        let rows: Vec<_> = permit.lists.iter().flat_map(|l| &l.rows).collect();
        let spoken = spoken_of(&catalogue, rows.iter().flat_map(|r| r.when.iter().chain(&r.held_when).chain(&r.other_name_when)));
        let kinds: BTreeSet<&str> = rows.iter().map(|r| r.piece.as_str()).filter(|k| !spoken.pieces.iter().any(|p| p == k)).collect();
        for kind in kinds {
            let mut more = envelope.clone();
            let page = u32::try_from(more.pages.len()).unwrap() + 1;
            let mut table = toml::Table::new();
            table.insert("kind".into(), kind.into());
            table.insert("signe".into(), true.into());
            let person = catalogue.document(kind).unwrap().persons.first().copied().unwrap_or_default();
            let mut paper = piece(&table, page, &catalogue).unwrap();
            paper.person = person;
            more.pieces.push(paper);
            more.pages.push(page);
            tried += 1;
            let outcome = cases.constat_of(&more, &change, &catalogue).outcome;
            assert!(better(outcome) >= better(constat.outcome), "{name}: {:?} became {outcome:?} with {kind}", constat.outcome);
        }
    }
    assert!(tried > 10_000, "only {tried} papers were added");
}

/// Everything that these conditions speak of, through named conditions too.
fn spoken_of<'a>(catalogue: &'a Catalogue, conditions: impl Iterator<Item = &'a Condition>) -> References {
    let mut all = References::default();
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Condition> = conditions.collect();
    while let Some(condition) = open.pop() {
        let references = condition.references();
        all.pieces.extend(references.pieces);
        all.fields.extend(references.fields);
        all.parameters.extend(references.parameters);
        for name in references.names {
            if let Some(named) = catalogue.condition(&name).filter(|_| seen.insert(name.clone())) {
                open.push(&named.when);
            }
        }
    }
    all
}

#[test]
fn moving_the_filing_date_changes_only_what_time_governs() {
    let catalogue = Catalogue::embedded().unwrap();
    let (mut same, mut moved) = (0, 0);
    for (name, cases, change, mut envelope, constat) in constats(&catalogue) {
        // The day of filing is the day of registration, and nothing else says another one.
        (envelope.dates.envoi, envelope.dates.reception) = (None, None);
        let on = |day| {
            let change = Change { registered_on: Some(day), received_on: Some(day), ..change.clone() };
            cases.constat_of(&envelope, &change, &catalogue)
        };
        let first = constat.filing_date.value;
        let before = on(first);
        for days in [1, 45, 400] {
            let later = first.saturating_add(jiff::ToSpan::days(days));
            let after = on(later);
            let Some(list) = catalogue.permit(&cases.permit).and_then(|p| p.list_on(&cases.request, first)) else { continue };
            let again = catalogue.permit(&cases.permit).and_then(|p| p.list_on(&cases.request, later));
            let rows = |l: &PieceList, day| l.rows_on(day).map(|r| (r.piece.clone(), r.since)).collect::<Vec<_>>();
            if again.map(|l| (l.since, rows(l, later))) != Some((list.since, rows(list, first))) {
                // Another law: its own cases say what it asks for.
                continue;
            }
            let governed: BTreeSet<&str> = list.rows.iter().filter(|r| by_time(&catalogue, r)).map(|r| r.piece.as_str()).collect();
            let groups: BTreeSet<&str> =
                list.rows.iter().filter(|r| governed.contains(r.piece.as_str())).filter_map(|r| r.group.as_deref()).collect();
            for (line, then) in before.checklist.iter().zip(&after.checklist) {
                assert_eq!(line.piece, then.piece, "{name}: another list {days} days later");
                if line.status == then.status {
                    same += 1;
                    continue;
                }
                moved += 1;
                let grouped = line.group.as_deref().is_some_and(|g| groups.contains(g));
                assert!(governed.contains(line.piece.as_str()) || grouped, "{name}: {} {days} days later: {}", line.piece, then.because);
            }
        }
    }
    assert!(same > 10_000 && moved > 100, "{same} lines stayed, {moved} moved");
}

/// True when the filing date may change what a row says: an age, a validity, years to cover, its own dates, a condition on a date or
/// on a number of the law.
fn by_time(catalogue: &Catalogue, row: &ListRow) -> bool {
    let conditions = [&row.when, &row.held_when, &row.other_name_when].into_iter().flatten();
    let spoken = spoken_of(catalogue, conditions);
    let is_date = |id: &String| catalogue.field(id).is_some_and(|f| f.kind == FieldKind::Date);
    if !spoken.parameters.is_empty() || spoken.fields.iter().any(is_date) {
        return true;
    }
    row.max_age_months.is_some() || row.valid || row.covers.is_some() || row.since.is_some() || row.until.is_some()
}

/// A list in a folder is a permit of the program: nobody compiles anything.
#[test]
fn a_permit_is_added_without_a_programmer() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines"), folder.path());
    let list = |text: &str| std::fs::write(folder.path().join("permits/saisonnier.toml"), text).unwrap();
    list(concat!(
        "id = \"saisonnier\"\nlabel = \"Travailleur saisonnier\"\nbasis = \"L421-34\"\nnames = [\"travailleur saisonnier\"]\ndecides = true\n",
        "[[lists]]\nrequest = \"premiere\"\nsince = \"2021-05-01\"\n",
        "[[lists.rows]]\npiece = \"contrat_travail\"\nrank = \"texte\"\nclass = \"to_be_asked\"\narticle = \"CESEDA L421-34\"\n",
    ));
    let case = concat!(
        "permit = \"saisonnier\"\nrequest = \"premiere\"\nfiled_on = \"2026-11-12\"\npieces = [{ kind = \"contrat_travail\" }]\n",
        "[[cases]]\nname = \"complet\"\nexpect = { outcome = \"complete\" }\n",
        "[[cases]]\nname = \"sans contrat\"\nwithout = [\"contrat_travail\"]\nexpect = { outcome = \"incomplete\" }\n",
    );
    std::fs::write(folder.path().join("permits/cases/saisonnier-premiere.toml"), case).unwrap();
    let catalogue = Catalogue::load(folder.path()).unwrap_or_else(|e| panic!("{e}"));
    let cases = case_files(Some(folder.path())).unwrap();
    let own = cases.iter().find(|f| f.path.ends_with("saisonnier-premiere.toml")).unwrap();
    assert_eq!(Cases::parse(own).unwrap().run(&own.path, &catalogue), Vec::<String>::new());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(drop).unwrap() }
    }
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
