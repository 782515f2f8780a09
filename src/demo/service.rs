//! The services of the demo: `passerelle all`, the same program, as a child process.

use super::DemoError;
use super::folder::Folder;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// What the services may take to open the database and load what they need.
const START: Duration = Duration::from_mins(1);
/// What they may take to end by themselves.
const END: Duration = Duration::from_secs(10);
/// How much of the log an error shows.
const LOG_LINES: usize = 15;

pub(super) struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    /// Starts `passerelle all` on the folder; what it says goes to the folder's log.
    pub fn start(folder: &Folder) -> Result<Self, DemoError> {
        let log = std::fs::File::create(folder.log()).map_err(DemoError::Start)?;
        let child = Command::new(std::env::current_exe().map_err(DemoError::Start)?)
            .arg("all")
            .arg("--config")
            .arg(folder.configuration())
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(DemoError::Start)?)
            .stderr(log)
            .env("NO_COLOR", "1")
            .kill_on_drop(true)
            .spawn()
            .map_err(DemoError::Start)?;
        Ok(Self { child, log: folder.log() })
    }

    /// Waits until the pages are served.
    pub async fn answers(&mut self, folder: &Folder) -> Result<(), DemoError> {
        let start = Instant::now();
        while tokio::net::TcpStream::connect(folder.address()).await.is_err() {
            self.is_running()?;
            if start.elapsed() > START {
                return Err(self.stalled(START, "the pages do not answer"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// An error when the services ended.
    pub fn is_running(&mut self) -> Result<(), DemoError> {
        match self.child.try_wait().map_err(DemoError::Start)? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    pub fn stalled(&self, after: Duration, waiting: impl Into<String>) -> DemoError {
        DemoError::Stalled { seconds: after.as_secs(), waiting: waiting.into(), log: self.log_end() }
    }

    /// Until Ctrl-C, which the terminal sends to the services as well.
    pub async fn until_interrupted(&mut self) -> Result<(), DemoError> {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(DemoError::Start),
            ended = self.child.wait() => Err(self.ended(ended.map_err(DemoError::Start)?)),
        }
    }

    /// Lets the services end; those that do not are killed, which loses nothing.
    pub async fn end(mut self) {
        if let Some(id) = self.child.id() {
            // Rust has no safe call that sends SIGTERM; when `kill` is not there the child is killed below.
            let _ = Command::new("kill").arg(id.to_string()).stderr(Stdio::null()).status().await;
        }
        if tokio::time::timeout(END, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }

    fn ended(&self, status: ExitStatus) -> DemoError {
        DemoError::Ended { status: status.to_string(), log: self.log_end() }
    }

    fn log_end(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }
}
