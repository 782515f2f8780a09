//! `evaluate`: reads a labelled folder and compares with its truth.

use super::Exit;
use super::process::{Options, Reader};
use crate::config::Config;
use crate::evaluate::{self, Figures, Share};
use anyhow::Context;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `evaluate`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folder of labelled scans: `FOLDER/NAME/truth.json` beside the scan it names.
    folder: PathBuf,
    /// Keep the contract's lines in this file as they are made.
    #[arg(long)]
    lines: Option<PathBuf>,
    /// Only the first so many files, in name order.
    #[arg(long)]
    first: Option<usize>,
    #[command(flatten)]
    options: Options,
}

/// Prints the figures as one JSON object and a table for people on standard error.
pub async fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    let mut truths = match evaluate::load(&arguments.folder) {
        Ok(truths) => truths,
        Err(error) => {
            eprintln!("{error}");
            return Ok(Exit::Usage);
        }
    };
    truths.truncate(arguments.first.unwrap_or(usize::MAX));
    let mut kept = match &arguments.lines {
        Some(path) => Some(std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => None,
    };
    let reader = Arc::new(Reader::new(config, &arguments.options)?);
    let mut printed = reader.lines(truths.iter().map(|truth| truth.folder.join(&truth.file)).collect());
    let mut lines = BTreeMap::new();
    for truth in &truths {
        let Some(line) = printed.recv().await else { break };
        let line = line?.json;
        eprintln!("{}", truth.folder.display());
        if let Some(file) = &mut kept {
            writeln!(file, "{line}").context("cannot write the lines")?;
        }
        lines.insert(truth.file.clone(), serde_json::from_str(&line).context("our own line is no JSON")?);
    }
    let figures = evaluate::figures(&truths, &lines);
    table(&figures);
    println!("{}", serde_json::to_string(&figures)?);
    Ok(Exit::Done)
}

fn table(figures: &Figures) {
    let row = |name: &str, share: Share| eprintln!("{name:<28} {:>5} / {:<5} {:>6.1} %", share.right, share.of, 100.0 * share.share);
    row("boundaries, one application", figures.boundaries_single);
    row("boundaries, several", figures.boundaries_several);
    row("piece of the page", figures.pieces);
    row("values exact", figures.values);
    row("  printed", figures.values_printed);
    row("  handwritten only", figures.values_handwritten);
    row("values accepted", figures.accepted);
    let harm = figures.harm;
    eprintln!(
        "harm {:.2} %: wrong {}, contradiction {}, absent though there {}, invented {} of {} settled",
        100.0 * harm.share,
        harm.wrong_value,
        harm.accepted_in_contradiction,
        harm.wrongly_absent,
        harm.invented,
        harm.settled_without_a_person
    );
    row("permit", figures.permit);
    row("request", figures.request);
    row("missing papers found", figures.missing_found);
    eprintln!("{:<28} {:>5}", "missing, false alarms", figures.missing_false_alarms);
    row("outcome", figures.outcome);
    for (permit, outcomes) in &figures.outcome_by_permit {
        eprintln!("  {permit:<30} {:>3} / {:<3} falsely complete {}", outcomes.right, outcomes.of, outcomes.falsely_complete);
    }
    for (field, figure) in &figures.fields {
        eprintln!(
            "  {field:<26} exact {:>3} / {:<3} accepted {:>3} of which wrong {}",
            figure.exact, figure.of, figure.accepted, figure.accepted_wrong
        );
    }
    for wrong in &figures.wrong_accepted {
        eprintln!("  accepted and wrong: {wrong}");
    }
}
