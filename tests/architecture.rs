//! The shape of the crate, held by reading its source: who imports whom, where SQL stands, how long a file is.

use regex::Regex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Longest file, without its inline tests.
const MOST_LINES: usize = 400;

/// What a module may import of the crate.
enum May {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// Modules that see hostile bytes decoded: they run in the cell and nobody else calls them.
const IN_THE_CELL: &[&str] = &["pages", "recognise"];

fn may(module: &str) -> May {
    match module {
        "domain" | "failpoint" | "medium" => May::Only(&[]),
        "catalogue" | "clock" | "config" => May::Only(&["domain"]),
        "store" | "blobs" => May::Only(&["domain", "medium"]),
        "telemetry" => May::Only(&["config"]),
        "intake" | "assemble" | "extract" | "validate" | "dossier" | "pages" | "french" => May::Only(&["domain", "catalogue"]),
        // A picture is what `pages` gives and `recognise` takes; both run in the cell.
        "recognise" => May::Only(&["domain", "catalogue", "pages"]),
        "explain" | "letters" => May::Only(&["domain", "catalogue", "french"]),
        "line" => May::Only(&["domain", "catalogue", "assemble", "extract", "validate"]),
        // A cell asks `extract` where a page shows values, to look at them again while it has the picture.
        "cell" => May::Only(&["domain", "catalogue", "config", "failpoint", "pages", "recognise", "extract"]),
        "worker" | "watcher" => May::AllBut(&["pages", "recognise", "web", "cli", "demo", "doctor"]),
        // The API serves what was filed; it neither reads papers nor judges them.
        "api" => May::Only(&["domain", "store", "blobs", "clock"]),
        "web" => May::AllBut(&["pages", "recognise", "worker", "watcher", "cli", "demo"]),
        // The commands and what they are made of stand on top of everything but what only the cell may call.
        _ => May::AllBut(IN_THE_CELL),
    }
}

struct Source {
    /// Below `src`, such as `store/delivery.rs`.
    path: PathBuf,
    text: String,
}

impl Source {
    /// The top module that the file belongs to.
    fn module(&self) -> String {
        let first = self.path.iter().next().unwrap().to_string_lossy();
        first.trim_end_matches(".rs").to_owned()
    }

    /// The path of the module that the file is: `["store", "delivery"]`.
    fn module_path(&self) -> Vec<String> {
        let mut path: Vec<String> = self.path.with_extension("").iter().map(|p| p.to_string_lossy().into_owned()).collect();
        if path.last().is_some_and(|p| ["mod", "lib", "main"].contains(&p.as_str())) {
            path.pop();
        }
        path
    }

    /// Without inline tests.
    fn shipped(&self) -> &str {
        let tests = Regex::new(r"(?m)^#\[cfg\(test\)\]\s*\nmod \w+ \{").unwrap();
        tests.find(&self.text).map_or(&self.text, |m| &self.text[..m.start()])
    }

    /// Without inline tests and comments.
    fn code(&self) -> String {
        let comment = Regex::new(r"(?m)(^|\s)//.*$").unwrap();
        comment.replace_all(self.shipped(), "").into_owned()
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(found.len() > 80, "only {} files under {}", found.len(), root.display());
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && path.file_name().is_some_and(|n| n != "tests.rs") {
            found.push(Source { path: path.strip_prefix(root).unwrap().to_owned(), text: std::fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The top modules of the crate that `source` names, whether by `crate::` or by climbing with `super::`.
fn imports(source: &Source) -> BTreeSet<String> {
    let code = source.code();
    let mut modules = BTreeSet::new();
    for at in Regex::new(r"\bcrate::").unwrap().find_iter(&code) {
        modules.extend(names(&code[at.end()..]));
    }
    let depth = source.module_path().len();
    for at in Regex::new(r"\b(?:super::)+").unwrap().find_iter(&code) {
        if depth > 0 && at.as_str().matches("super::").count() >= depth {
            modules.extend(names(&code[at.end()..]));
        }
    }
    modules
}

/// `a::b` gives `a`; `{a, b::{c, d}, e as f}` gives `a`, `b`, `e`.
fn names(path: &str) -> Vec<String> {
    let word = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(list) = path.strip_prefix('{') else { return vec![word(path)] };
    let (mut depth, mut item, mut out) = (1, String::new(), Vec::new());
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => out.push(word(&std::mem::take(&mut item))),
            _ if depth == 1 => item.push(c),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    out.push(word(&item));
    out.retain(|name| !name.is_empty());
    out
}

#[test]
fn names_of_nested_imports_are_found() {
    assert_eq!(names("store::{Store, Job};"), ["store"]);
    assert_eq!(names("{assemble, extract::{a, b}, validate as v,\n};\nfn x(a: B, c: D)"), ["assemble", "extract", "validate"]);
    let climbing = Source { path: "intake/end/pdf.rs".into(), text: "use super::super::super::store::Store;".into() };
    assert_eq!(imports(&climbing), BTreeSet::from(["store".into()]));
    let own = Source { path: "intake/end/pdf.rs".into(), text: "use super::super::sniff; // crate::web\n".into() };
    assert_eq!(imports(&own), BTreeSet::new());
}

#[test]
fn modules_import_only_what_they_may() {
    let sources = sources();
    let top: BTreeSet<String> = sources.iter().map(Source::module).collect();
    let mut wrong = Vec::new();
    for source in &sources {
        let module = source.module();
        if module == "lib" || module == "main" {
            continue;
        }
        for import in imports(source).into_iter().filter(|i| *i != module && top.contains(i)) {
            let allowed = match may(&module) {
                May::Only(list) => list.contains(&import.as_str()),
                May::AllBut(list) => !list.contains(&import.as_str()),
            };
            if !allowed {
                wrong.push(format!("src/{} imports {import}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Stages are values to a value: no runtime, no database, no clock, no network, no files, no environment.
#[test]
fn stages_do_nothing_to_the_world() {
    let world = Regex::new(r"\b(tokio|sqlx|axum|std::fs|std::net|std::process|std::env|SystemTime|Instant::now|Timestamp::now|Zoned::now|getrandom|Uuid::(now_v7|new_v4))\b").unwrap();
    let stages = ["domain", "assemble", "extract", "validate", "dossier", "intake", "line", "letters", "explain"];
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|s| stages.contains(&s.module().as_str())) {
        wrong.extend(world.find_iter(&source.code()).map(|m| format!("src/{} uses {}", source.path.display(), m.as_str())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sql_stands_in_the_store_alone() {
    let sql = Regex::new(r#""\s*(SELECT\s|INSERT INTO\s|UPDATE \w+ SET\s|DELETE FROM\s|CREATE TABLE\s|WITH \w+ AS\s)"#).unwrap();
    let sources = sources();
    assert!(sources.iter().any(|s| s.module() == "store" && sql.is_match(&s.code())), "the pattern finds no SQL at all");
    let wrong: Vec<_> = sources.iter().filter(|s| s.module() != "store" && sql.is_match(&s.code())).map(|s| &s.path).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let wrong: Vec<_> = sources().into_iter().filter(|s| !s.text.starts_with("//! ")).map(|s| s.path).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_too_long_to_read() {
    let length = |s: &Source| s.shipped().lines().count();
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|s| length(s) > MOST_LINES)
        .map(|s| format!("{} lines: src/{}", length(&s), s.path.display()))
        .collect();
    assert!(wrong.is_empty(), "more than {MOST_LINES} lines without tests: {wrong:#?}");
}

/// `unsafe_code` is denied for the crate; one module may say why it needs it.
#[test]
fn unsafe_stands_in_the_cell_alone() {
    let word = Regex::new(r"\bunsafe\s*(\{|fn|impl|extern)|allow\(unsafe_code|expect\(unsafe_code").unwrap();
    let wrong: Vec<_> = sources().into_iter().filter(|s| s.module() != "cell" && word.is_match(&s.code())).map(|s| s.path).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A lint is silenced with a reason, so that it comes back when the reason goes.
#[test]
fn no_lint_is_silenced_without_a_reason() {
    let silenced = Regex::new(r"#!?\[allow\(").unwrap();
    let wrong: Vec<_> = sources().into_iter().filter(|s| silenced.is_match(&s.code())).map(|s| s.path).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
