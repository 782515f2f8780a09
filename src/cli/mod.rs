//! The commands: what they are called, what they print, how they exit.
//!
//! Data goes to standard output, talk to standard error.
//!
//! | exit | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | done, and something needs a person: a file in anomaly, a failed check, a missed target |
//! | 2 | usage or configuration error, or data that the command needs is not there |
//! | 3 | this machine failed: database, disk, cell |

mod calibrate;
mod check;
mod day;
mod dropped;
mod evaluate;
mod explain;
mod export;
mod kept;
mod key;
mod lists;
mod parts;
mod process;
mod purge;
mod serve;

use crate::config::Config;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Reads paper applications for residence permits and files them beside the online ones.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// Configuration file; without it the built-in defaults and `PASSERELLE_…` variables hold.
    #[arg(long, global = true, env = "PASSERELLE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read files without a database and print one JSON object for each.
    Process(process::Arguments),
    /// Print the JSON object of a stored delivery.
    Export(export::Arguments),
    /// Say what was done with an application: data and sources, rules and results, the part of people.
    Explain(explain::Arguments),
    /// Read a labelled folder and compare with its truth.
    Evaluate(evaluate::Arguments),
    /// Fit on labelled folders how often readings are right.
    Calibrate(calibrate::Arguments),
    /// Take files from the drop folder.
    Watch,
    /// Drive the line for what was taken.
    Work,
    /// Serve the pages of the agents.
    Serve,
    /// Watch, work and serve in one process.
    All,
    /// Bring the database to this version.
    Migrate,
    /// Say where each file and page of a day is.
    Day(day::Arguments),
    /// Remove treated files after their time, once both copies were compared.
    Purge(purge::Arguments),
    /// Check the configuration and the pipelines without touching anything.
    Check {
        /// Also run the cases written beside the lists: facts in, constat out.
        #[arg(long)]
        cases: bool,
        /// Print what the lists hold and how the cases came out as one JSON object.
        #[arg(long, requires = "cases")]
        json: bool,
    },
    /// Write the lists of documents as pages, each line with its source, and what changed between two days.
    Lists(lists::Arguments),
    /// Check this machine: folders, database, engines, sandbox.
    Doctor {
        /// One JSON object instead of text.
        #[arg(long)]
        json: bool,
        /// Also open every sealed file and compare it with the ledger.
        #[arg(long)]
        fsck: bool,
    },
    /// Make, list and end the keys of the API.
    #[command(subcommand)]
    Key(key::Arguments),
    /// Print the description of the API (OpenAPI 3.1).
    Openapi,
    /// Show the whole product on the fixtures.
    Demo(crate::demo::Arguments),
    /// Read pictures of single MRZ lines; for `tests/figures/mrz`.
    #[command(hide = true)]
    Lines { folder: PathBuf },
    /// The child process that reads hostile bytes; started by the others.
    #[command(hide = true)]
    Cell,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    NeedsAPerson,
    Usage,
    Machine,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::NeedsAPerson => 1,
            Exit::Usage => 2,
            Exit::Machine => 3,
        })
    }
}

/// Runs the command named by the process arguments.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if matches!(arguments.command, Command::Cell) {
        return crate::cell::serve();
    }
    if let Command::Lines { folder } = &arguments.command {
        return match crate::cell::read_lines(folder, &mut std::io::stdout()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    if matches!(arguments.command, Command::Openapi) {
        println!("{}", crate::api::description().to_pretty_json().unwrap_or_default());
        return ExitCode::SUCCESS;
    }
    if let Command::Demo(arguments) = &arguments.command {
        return block_on(async { Ok(crate::demo::main(arguments).await) });
    }
    let config = match Config::load(arguments.config.as_deref(), std::env::vars_os()) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return Exit::Usage.into();
        }
    };
    crate::telemetry::start(&config.log);
    block_on(async { run(arguments.command, config).await.map(ExitCode::from) })
}

fn block_on(command: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start the runtime: {error}; check the limits on threads and open files");
            return Exit::Machine.into();
        }
    };
    runtime.block_on(command).unwrap_or_else(|error| {
        eprintln!("{error:#}");
        Exit::Machine.into()
    })
}

async fn run(command: Command, config: Config) -> anyhow::Result<Exit> {
    match command {
        Command::Process(arguments) => process::run(&arguments, &config).await,
        Command::Export(arguments) => export::run(&arguments, &config).await,
        Command::Explain(arguments) => explain::run(&arguments, &config).await,
        Command::Evaluate(arguments) => evaluate::run(&arguments, &config).await,
        Command::Calibrate(arguments) => calibrate::run(&arguments, &config).await,
        Command::Watch => serve::run(&config, serve::Parts::WATCH).await,
        Command::Work => serve::run(&config, serve::Parts::WORK).await,
        Command::Serve => serve::run(&config, serve::Parts::PAGES).await,
        Command::All => serve::run(&config, serve::Parts::ALL).await,
        Command::Day(arguments) => day::run(&arguments, &config).await,
        Command::Purge(arguments) => purge::run(&arguments, &config).await,
        Command::Migrate => check::migrate(&config).await,
        Command::Doctor { json, fsck } => check::doctor(&config, json, fsck).await,
        Command::Lists(arguments) => lists::run(&config, &arguments),
        Command::Check { cases, json } => check::run(&config, cases, json),
        Command::Demo(_) => anyhow::bail!("the demo reads its own configuration"),
        Command::Key(arguments) => key::run(&arguments, &config).await,
        Command::Cell | Command::Openapi | Command::Lines { .. } => anyhow::bail!("started before any runtime"),
    }
}
