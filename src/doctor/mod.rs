//! Looks at the machine before a person has to: each check says what was found and what to do. It
//! changes nothing but test files that it removes again.

mod folders;
mod fsck;
mod machine;
mod parts;

use crate::cell::CellPool;
use crate::config::Config;
use crate::domain::Profile;
use serde::Serialize;
use std::fmt::Write as _;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    /// It works, less well or not for long.
    Warning,
    /// It does not work.
    Failure,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Stable, such as `drop_folder`.
    pub name: &'static str,
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do; none when nothing is to be done.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), remedy: None }
    }

    fn warning(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, state: State::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn failure(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, state: State::Failure, found: found.into(), remedy: Some(remedy.into()) }
    }
}

/// Everything that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub state: State,
    pub checks: Vec<Check>,
}

/// Runs every check; `fsck` also opens every sealed file, which takes as long as reading them all.
pub async fn examine(config: &Config, cells: &CellPool, fsck: bool) -> Report {
    let mut checks = vec![
        configuration(config),
        folders::drop_folder(config),
        folders::spool(config),
        folders::blobs(config),
        folders::key_file(config),
        parts::database(config).await,
        parts::tesseract(),
        parts::second_recogniser(config),
        parts::trust(config),
        parts::cell(cells).await,
        machine::processors(config),
        machine::clock(),
        parts::pipelines(config),
    ];
    if fsck {
        checks.push(fsck::ledger(config).await);
        checks.extend(fsck::sealed_files(config).await);
    }
    Report { state: checks.iter().map(|c| c.state).max().unwrap_or(State::Ok), checks }
}

fn configuration(config: &Config) -> Check {
    match config.validate() {
        Ok(()) => {
            let profile = match config.profile {
                Profile::Observation => "observation",
                Profile::Evaluation => "evaluation",
            };
            Check::ok("configuration", format!("préfecture {}, profile {profile}", config.prefecture))
        }
        Err(error) => Check::failure("configuration", error.to_string(), "correct these keys; `docker/passerelle.toml` explains each"),
    }
}

impl Report {
    /// For people: one line for each check, and what to do below.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for check in &self.checks {
            let state = match check.state {
                State::Ok => "ok",
                State::Warning => "WARNING",
                State::Failure => "FAILURE",
            };
            // Writing to a String cannot fail.
            let _infallible = writeln!(text, "{state:<8} {:<18} {}", check.name, check.found.replace('\n', " "));
            if let Some(remedy) = &check.remedy {
                let _infallible = writeln!(text, "{:>27} do: {remedy}", "");
            }
        }
        text
    }

    /// For programs: one object.
    ///
    /// # Errors
    /// Never for this type; the signature is that of the serialiser.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// 0: everything works, perhaps less well; 1: something does not.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(self.state == State::Failure)
    }
}
