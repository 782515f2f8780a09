//! The clock, so that time is an argument everywhere else.

use crate::domain::Instant;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the present comes from: the machine, or a hand that a test moves.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    /// Microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `instant` until moved.
    #[must_use]
    pub fn manual(instant: Instant) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(instant.as_micros())))
    }

    /// The present, to the microsecond.
    #[must_use]
    pub fn now(&self) -> Instant {
        // Databases keep microseconds: a finer instant would not equal its stored self.
        let micros = match self {
            Self::System => jiff::Timestamp::now().as_microsecond(),
            Self::Manual(hand) => hand.load(Ordering::SeqCst),
        };
        Instant::from_micros(micros).unwrap_or(Instant(jiff::Timestamp::UNIX_EPOCH))
    }

    /// Moves a manual clock on; the system's clock is nobody's to move.
    pub fn advance(&self, seconds: i64) {
        if let Self::Manual(hand) = self {
            hand.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
        }
    }
}
