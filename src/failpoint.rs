//! Named places where a test makes the process die as if the power went: `PASSERELLE_FAILPOINT=name`,
//! or `name:3` for the third time. Nothing is flushed, dropped or caught; unset, a place costs one look.
//! `name:3:stop` makes it stand still instead (SIGSTOP), as a machine that sleeps and comes back too late.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that names the place.
pub const VARIABLE: &str = "PASSERELLE_FAILPOINT";

/// The places of the line, in its order; the restart test kills at each of them.
pub const LINE: &[&str] = &[
    "job.claimed",
    "count.before",
    "count.after",
    "page.read",
    "page.sealed",
    "page.after",
    "pages.before",
    "pages.after",
    "assemble.before",
    "assemble.after",
    "extract.before",
    "extract.after",
    "validate.before",
    "validate.after",
    "dossier.before",
    "dossier.after",
];

struct Armed {
    name: String,
    /// Passes left before the end.
    left: AtomicU32,
    signal: &'static str,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// Ends the process here, with SIGKILL, or stops it, if this place is the one that the environment names.
pub fn hit(name: &str) {
    let Some(armed) = ARMED.get_or_init(armed).as_ref().filter(|a| a.name == name) else { return };
    if armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
        strike(armed.signal);
    }
}

fn armed() -> Option<Armed> {
    let value = std::env::var(VARIABLE).ok().filter(|v| !v.is_empty())?;
    let mut parts = value.split(':');
    let name = parts.next().unwrap_or_default().to_owned();
    let times = parts.next().and_then(|times| times.parse().ok()).unwrap_or(1);
    let signal = if parts.next() == Some("stop") { "-STOP" } else { "-KILL" };
    Some(Armed { name, left: AtomicU32::new(times), signal })
}

fn strike(signal: &str) {
    // The signals that nothing can catch; raising them ourselves would need unsafe code.
    let _ = std::process::Command::new("kill").args([signal, &std::process::id().to_string()]).status();
    if signal == "-KILL" {
        std::process::abort();
    }
}
