//! `calibrate`: reads labelled envelopes and fits how often readings are right.

use super::Exit;
use super::process::{Options, Reader};
use crate::calibrate::{self, About, Observation};
use crate::config::Config;
use crate::domain::{FieldId, hexadecimal};
use crate::evaluate::{self, Truth};
use anyhow::Context;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `calibrate`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folders of labelled scans, which must not be those that are reported on.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Name of the calibration, as dossiers will name it.
    #[arg(long)]
    id: String,
    /// The file to write, `pipelines/calibration/ID.toml`.
    #[arg(long)]
    out: PathBuf,
    /// The report to write, HTML.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Error that the accepted readings of a group keep under, at 95 %.
    #[arg(long, default_value_t = 0.01)]
    target: f64,
    #[command(flatten)]
    options: Options,
}

/// Fits, writes the file and the report, and says on standard output what was counted.
pub async fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    let mut truths = Vec::new();
    for folder in &arguments.folders {
        match evaluate::load(folder) {
            Ok(more) => truths.extend(more),
            Err(error) => {
                eprintln!("{error}");
                return Ok(Exit::Usage);
            }
        }
    }
    let reader = Arc::new(Reader::new(config, &arguments.options)?);
    let observations = observe(&reader, &truths).await?;
    let about = About {
        id: arguments.id.clone(),
        reads: reader.reads(),
        data: labels(&truths)?,
        envelopes: u32::try_from(truths.iter().map(|t| t.envelopes.len()).sum::<usize>()).unwrap_or(u32::MAX),
        target: arguments.target,
    };
    let fitted = calibrate::fit(about, &observations);
    let written = toml::to_string(&fitted.calibration).context("the calibration cannot be written as TOML")?;
    write(&arguments.out, &format!("# Written by `passerelle calibrate`; never edited by hand.\n{written}"))?;
    if let Some(path) = &arguments.report {
        write(path, &calibrate::report(&fitted, &observations))?;
    }
    let c = &fitted.calibration;
    let accepted: u32 = c.groups.iter().map(|g| g.accepted).sum();
    let wrong: u32 = c.groups.iter().map(|g| g.accepted_wrong).sum();
    let figures = serde_json::json!({
        "id": c.id, "envelopes": c.envelopes, "readings": c.readings, "groups": c.groups.len(),
        "groups_accepted": c.groups.iter().filter(|g| g.from.is_some()).count(), "accepted": accepted, "accepted_wrong": wrong,
    });
    println!("{figures}");
    Ok(Exit::Done)
}

/// Every value that is read, with what it stands on and whether it is right.
async fn observe(reader: &Arc<Reader>, truths: &[Truth]) -> anyhow::Result<Vec<Observation>> {
    let known: BTreeSet<&str> = evaluate::known_fields(truths);
    let mut lines = reader.lines(truths.iter().map(|truth| truth.folder.join(&truth.file)).collect());
    let mut observations = Vec::new();
    for truth in truths {
        let Some(line) = lines.recv().await else { break };
        let line = line?;
        eprintln!("{}", truth.folder.display());
        let json = serde_json::from_str(&line.json).context("our own line is no JSON")?;
        for (envelope, values) in evaluate::judged(truth, &json, &known) {
            let Some(signals) = line.signals.get(envelope) else { continue };
            observations.extend(values.into_iter().filter_map(|value| {
                let signals = signals.get(&FieldId::from(value.field.as_str()))?.clone();
                Some(Observation {
                    file: truth.file.clone(),
                    field: value.field,
                    signals,
                    right: value.right,
                    read: value.read,
                    truth: value.truth,
                })
            }));
        }
    }
    Ok(observations)
}

/// SHA-256 over the labels, in the order of the scans.
fn labels(truths: &[Truth]) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    for truth in truths {
        let path = truth.folder.join("truth.json");
        hash.update(std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    Ok(hexadecimal(&hash.finalize()[..16]))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
