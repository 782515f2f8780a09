//! `process`: the line over memory, with the same cells and the same functions as the worker.

use super::dropped::{self, Dropped};
use super::kept::KeptPages;
use super::{Exit, parts};
use crate::cell::{CellError, CellPage, CellPool, Content, ReadRequest};
use crate::clock::Clock;
use crate::config::Config;
use crate::contract::{self, DroppedFile, Processed, Versions};
use crate::domain::{FieldId, Format, PAGES_PER_READ, PageRead, Profile, Signals};
use crate::intake;
use crate::line::{self, Days, Rules};
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Arguments of `process`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Files to read; a folder is one delivery whose files are its pages.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object per file (the only output there is; kept explicit for scripts).
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub options: Options,
}

/// What `process` and `evaluate` may be told about the files.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Reception date, when the operator knows it (YYYY-MM-DD).
    #[arg(long)]
    received: Option<jiff::civil::Date>,
    /// Accept 2D-Doc codes signed by the public test authority; every such reading is marked.
    #[arg(long)]
    test_authorities: bool,
    /// How far the machine may decide alone.
    #[arg(long, value_enum, default_value = "evaluation")]
    profile: ProfileName,
    /// Keep what is read of each page in this folder, in the clear, and take it from there the next time: for labelled files alone.
    #[arg(long)]
    pages: Option<PathBuf>,
}

/// Names of the profiles on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum ProfileName {
    Evaluation,
    Observation,
}

impl Options {
    /// The rules of the embedded or configured pipelines under these options.
    pub fn rules(&self, config: &Config, engines: &str) -> anyhow::Result<Rules> {
        let profile = match self.profile {
            ProfileName::Evaluation => Profile::Evaluation,
            ProfileName::Observation => Profile::Observation,
        };
        let trust = parts::trust(config)?;
        let trust = if self.test_authorities { trust.with_test_authority() } else { trust };
        parts::rules(config, profile, trust, engines)
    }

    /// Today in Paris, and the reception date that the operator gave.
    #[must_use]
    pub fn days(&self) -> Days {
        Days { registered_on: Clock::System.now().date_in_paris(), received_on: self.received }
    }
}

/// Reads every file and prints its line; 1 when one is in anomaly.
pub async fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    if !arguments.json {
        eprintln!("process prints JSON Lines; say --json to make that explicit");
        return Ok(Exit::Usage);
    }
    let reader = Arc::new(Reader::new(config, &arguments.options)?);
    let mut exit = Exit::Done;
    let mut lines = reader.lines(arguments.files.clone());
    while let Some(line) = lines.recv().await {
        let line = line?;
        println!("{}", line.json);
        if line.in_anomaly {
            exit = Exit::NeedsAPerson;
        }
    }
    Ok(exit)
}

/// What came of one file.
pub struct FileLine {
    /// The JSON line of the contract.
    pub json: String,
    pub in_anomaly: bool,
    /// What the values of each envelope stand on, in the order of the line.
    pub signals: Vec<BTreeMap<FieldId, Signals>>,
}

/// The line over memory.
pub struct Reader {
    cells: CellPool,
    rules: Rules,
    days: Days,
    versions: Versions,
    max_bytes: u64,
    at_once: usize,
    kept: Option<KeptPages>,
}

impl Reader {
    pub fn new(config: &Config, options: &Options) -> anyhow::Result<Self> {
        let cells = parts::cells(config);
        let rules = options.rules(config, cells.engines())?;
        let versions = Versions {
            recipe: rules.recipe(cells.engines()),
            catalogue: rules.catalogue.snapshot().to_owned(),
            calibration: rules.ground.id().to_owned(),
        };
        let recipe = format!("{} {}", line::reads(cells.engines()), rules.catalogue.reading_snapshot());
        let kept = options.pages.as_ref().map(|folder| KeptPages::new(folder, &recipe)).transpose()?;
        Ok(Self { cells, rules, days: options.days(), versions, max_bytes: config.limits.bytes, at_once: config.cell.count(), kept })
    }

    /// What its readings are made with, for a calibration.
    #[must_use]
    pub fn reads(&self) -> String {
        line::reads(self.cells.engines())
    }

    /// Reads the files, as many at a time as there are cells, and gives their lines in the order of `files`.
    #[must_use]
    pub fn lines(self: &Arc<Self>, files: Vec<PathBuf>) -> mpsc::Receiver<anyhow::Result<FileLine>> {
        let (sender, receiver) = mpsc::channel(1);
        // The queue holds what is being read; its length bounds the work that is ahead of the reader.
        let (started, mut running) = mpsc::channel::<JoinHandle<anyhow::Result<FileLine>>>(self.at_once);
        let reader = self.clone();
        tokio::spawn(async move {
            for file in files {
                let reader = reader.clone();
                let reading = tokio::spawn(async move { reader.line(&file).await });
                if started.send(reading).await.is_err() {
                    return;
                }
            }
        });
        tokio::spawn(async move {
            while let Some(reading) = running.recv().await {
                let line = reading.await.unwrap_or_else(|error| Err(error.into()));
                if sender.send(line).await.is_err() {
                    return;
                }
            }
        });
        receiver
    }

    async fn line(&self, path: &Path) -> anyhow::Result<FileLine> {
        let (dropped, limit) = (path.to_owned(), self.max_bytes);
        let Dropped { content, sha256, format } = tokio::task::spawn_blocking(move || dropped::read(&dropped, limit)).await??;
        let file = DroppedFile { name: path.file_name().map(intake::shown_name).unwrap_or_default(), sha256 };
        let processed = match format {
            Ok(format) => self.process(&file.sha256, content, format).await,
            Err(refusal) => Err(refusal.into()),
        };
        match processed {
            Ok(result) => {
                let signals = result.envelopes.iter().map(|(extraction, _)| extraction.signals.clone()).collect();
                Ok(FileLine { json: contract::processed(&file, &result, &self.versions)?, in_anomaly: false, signals })
            }
            Err(CellError::Refused(refusal)) => {
                let json = contract::anomaly(&file, 0, &refusal, &self.versions)?;
                Ok(FileLine { json, in_anomaly: true, signals: Vec::new() })
            }
            Err(error @ CellError::Machine(_)) => Err(error).with_context(|| format!("while reading {}", path.display())),
        }
    }

    async fn process(&self, sha256: &str, bytes: Content, format: Format) -> Result<Processed, CellError> {
        let pages = match self.kept.as_ref().and_then(|kept| kept.take(sha256)) {
            Some(pages) => pages,
            None => self.read_and_keep(sha256, bytes, format).await?,
        };
        let assembly = line::assemble(&self.rules, &pages, &[]);
        let envelopes = assembly
            .envelopes
            .iter()
            .map(|envelope| {
                let extraction = line::extract(&self.rules, &pages, envelope, &[]);
                let constat = line::validate(&self.rules, &extraction, self.days, &[]);
                (extraction, constat)
            })
            .collect();
        Ok(Processed { pages: u32::try_from(pages.len()).unwrap_or(u32::MAX), assembly, envelopes })
    }

    async fn read_and_keep(&self, sha256: &str, bytes: Content, format: Format) -> Result<Vec<PageRead>, CellError> {
        let pages = self.all_pages(bytes, format).await?;
        if let Some(kept) = &self.kept {
            kept.keep(sha256, &pages).map_err(|error| CellError::Machine(format!("the pages could not be kept: {error}")))?;
        }
        Ok(pages)
    }

    async fn all_pages(&self, bytes: Content, format: Format) -> Result<Vec<PageRead>, CellError> {
        let count = self.cells.count_pages(bytes.clone(), format).await?;
        let mut pages = Vec::new();
        let mut first = 1;
        while first <= count {
            let last = count.min(first + PAGES_PER_READ - 1);
            let request = ReadRequest { bytes: bytes.clone(), format, first_page: first, last_page: last, turns: Vec::new() };
            pages.extend(self.read(request).await?);
            first = last + 1;
        }
        pages.sort_by_key(|page: &PageRead| page.number);
        Ok(pages)
    }

    async fn read(&self, request: ReadRequest) -> Result<Vec<PageRead>, CellError> {
        let (sender, mut receiver) = mpsc::channel::<CellPage>(4);
        let collect = async {
            let mut pages = Vec::new();
            while let Some(page) = receiver.recv().await {
                pages.push(page.read);
            }
            pages
        };
        let (pages, outcome) = tokio::join!(collect, self.cells.read(request, sender));
        outcome.map(|()| pages)
    }
}
