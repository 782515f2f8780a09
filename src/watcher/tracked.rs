//! What the watcher remembers of one file between two looks.

use crate::domain::{Delivery, Instant, Refusal};
use crate::intake::{Settling, Stamp};
use crate::store::WaitingFile;
use std::time::Duration;

/// The first wait after a failure that may pass; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// One name of the folder.
#[derive(Clone, Debug)]
pub struct Tracked {
    pub stamp: Stamp,
    pub state: State,
    /// Since when the state shown to agents stands.
    pub shown_since: Instant,
}

/// Where a name stands.
#[derive(Clone, Debug)]
pub enum State {
    /// Being copied under a temporary name.
    Unfinished,
    Settling(Settling),
    /// Not taken, for a reason that an agent sees.
    Blocked(Blocked),
    /// In the ledger, but it could not be moved: only that is tried again.
    Registered {
        delivery: Box<Delivery>,
        blocked: Blocked,
    },
}

/// A file that waits for something else than its own end.
#[derive(Clone, Debug)]
pub struct Blocked {
    pub refusal: Refusal,
    /// Time of the monotonic clock before which it is left alone; `None`: until the file changes.
    pub again_at: Option<Duration>,
    wait: Duration,
}

impl Blocked {
    /// Nothing will change until the file does.
    pub fn until_changed(refusal: Refusal) -> Self {
        Self { refusal, again_at: None, wait: FIRST_WAIT }
    }

    /// Tried again soon, and then less and less often: `before` is how it stood until now.
    pub fn again(refusal: Refusal, now: Duration, before: Option<&Self>) -> Self {
        let wait = before.map_or(FIRST_WAIT, |b| (b.wait * 2).min(LONGEST_WAIT));
        Self { refusal, again_at: Some(now + wait), wait }
    }

    /// True when the time has come to try again.
    pub fn is_due(&self, now: Duration) -> bool {
        self.again_at.is_some_and(|at| now >= at)
    }
}

impl Tracked {
    /// A file that starts to be watched.
    pub fn new(stamp: Stamp, state: State, now: Instant) -> Self {
        Self { stamp, state, shown_since: now }
    }

    /// Why it is not taken, when there is a reason.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.blocked().map(|blocked| &blocked.refusal)
    }

    /// Why it waits for something else than its own end.
    pub fn blocked(&self) -> Option<&Blocked> {
        match &self.state {
            State::Blocked(blocked) | State::Registered { blocked, .. } => Some(blocked),
            State::Unfinished | State::Settling(_) => None,
        }
    }

    /// As agents see it.
    pub fn waiting(&self, file: String) -> WaitingFile {
        WaitingFile { file, bytes: self.stamp.size, refusal: self.refusal().cloned(), since: self.shown_since }
    }
}
