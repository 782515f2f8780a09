//! `check`, `doctor` and `migrate`: what can be said before anything runs, and the database's own step.

use super::{Exit, parts};
use crate::cases::Cases;
use crate::catalogue::{Catalogue, ListRow, PermitDef, PieceList, case_files};
use crate::config::Config;
use crate::domain::Rank;
use crate::letters::unprintable;
use serde::Serialize;
use std::collections::BTreeMap;

/// Says what is wrong with the configuration and the pipelines, and touches nothing.
///
/// # Errors
/// When the report cannot be written.
pub fn run(config: &Config, cases: bool, json: bool) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    if let Err(error) = config.validate() {
        eprintln!("{error}");
        exit = Exit::Usage;
    }
    match parts::catalogue(config) {
        Ok(catalogue) => {
            eprintln!(
                "pipelines {}: {} permits, {} document types, {} fields",
                catalogue.snapshot(),
                catalogue.permits.len(),
                catalogue.documents.len(),
                catalogue.fields.len()
            );
            for (file, character) in unprintable(&catalogue) {
                eprintln!("{file}: no font of the program prints {character:?}; write the sentence without it");
                exit = Exit::Usage;
            }
            if cases {
                let tried = tried(config, &catalogue)?;
                tried.wrong.iter().for_each(|case| eprintln!("{case}"));
                eprintln!("{} cases in {} files, {} not as written", tried.cases, tried.files, tried.wrong.len());
                if !tried.wrong.is_empty() {
                    exit = Exit::NeedsAPerson;
                }
                if json {
                    println!("{}", serde_json::to_string(&tried)?);
                }
            }
        }
        Err(error) => {
            eprintln!("{error:#}");
            exit = Exit::Usage;
        }
    }
    Ok(exit)
}

/// What the lists hold, and how their cases came out.
#[derive(Serialize)]
struct Tried {
    permits: usize,
    /// Permits that decide.
    deciding: usize,
    lists: usize,
    rows: usize,
    rows_texte: usize,
    rows_liste: usize,
    rows_pratique: usize,
    parameters: usize,
    parameters_unconfirmed: usize,
    files: usize,
    cases: usize,
    /// The fewest cases that any list has.
    fewest_cases_of_a_list: usize,
    wrong: Vec<String>,
}

fn tried(config: &Config, catalogue: &Catalogue) -> anyhow::Result<Tried> {
    let rows: Vec<&ListRow> = catalogue.permits.iter().flat_map(|p| &p.lists).flat_map(|l| &l.rows).collect();
    let of_rank = |rank: Rank| rows.iter().filter(|r| r.rank == rank).count();
    let files = case_files(config.pipelines_dir.as_deref())?;
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for file in &files {
        match Cases::parse(file) {
            Ok(cases) => {
                *counts.entry((cases.permit.clone(), cases.request.clone())).or_default() += cases.cases.len();
                wrong.extend(cases.run(&file.path, catalogue));
            }
            Err(error) => wrong.push(error.to_string()),
        }
    }
    let of_list = |permit: &PermitDef, list: &PieceList| counts.get(&(permit.id.to_string(), list.request.clone())).copied().unwrap_or(0);
    let fewest = catalogue.permits.iter().flat_map(|p| p.lists.iter().map(move |l| of_list(p, l))).min();
    Ok(Tried {
        permits: catalogue.permits.len(),
        deciding: catalogue.permits.iter().filter(|p| p.decides).count(),
        lists: catalogue.permits.iter().map(|p| p.lists.len()).sum(),
        rows: rows.len(),
        rows_texte: of_rank(Rank::Texte),
        rows_liste: of_rank(Rank::Liste),
        rows_pratique: of_rank(Rank::Pratique),
        parameters: catalogue.parameters.len(),
        parameters_unconfirmed: catalogue.parameters.iter().filter(|p| p.values.iter().any(|v| !v.confirmed)).count(),
        files: files.len(),
        cases: counts.values().sum(),
        fewest_cases_of_a_list: fewest.unwrap_or(0),
        wrong,
    })
}

/// Brings the database to this version.
pub async fn migrate(config: &Config) -> anyhow::Result<Exit> {
    parts::migrated_store(config).await?;
    eprintln!("the database is at this version");
    Ok(Exit::Done)
}

/// Looks at this machine; 1 when something does not work.
pub async fn doctor(config: &Config, json: bool, fsck: bool) -> anyhow::Result<Exit> {
    let report = crate::doctor::examine(config, &parts::cells(config), fsck).await;
    if json {
        println!("{}", report.json()?);
    } else {
        print!("{}", report.text());
    }
    Ok(if report.exit_code() == 0 { Exit::Done } else { Exit::NeedsAPerson })
}
