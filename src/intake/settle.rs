//! When a file in the folder is complete. A pure state machine: it is told what was seen and when,
//! and says what to do; the caller opens files.

use super::End;
use std::time::Duration;

/// What a directory entry shows of a file without opening it. Two equal stamps: nobody wrote in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    pub device: u64,
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub modified: i128,
}

/// The waiting times of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// So long must the stamp rest.
    pub rest: Duration,
    /// After so long at rest a file without its end is an anomaly.
    pub truncated: Duration,
}

/// What to do with the file now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: look again at the next scan.
    Wait,
    /// Open it, look for its end, and tell [`Settling::after_look`].
    Look,
    /// It is complete, or nothing more will come: take it. What it is, is decided on the copy.
    Take,
}

/// One file on its way to being complete.
#[derive(Clone, Debug)]
pub struct Settling {
    stamp: Stamp,
    /// Time (of the caller's monotonic clock) since which `stamp` rests.
    since: Duration,
    /// The end was looked for at this stamp and is not there.
    without_end: bool,
}

impl Settling {
    /// A file seen for the first time. Also one that was there when the watcher started: its age is
    /// no proof, a copy may keep the date of its source.
    #[must_use]
    pub fn new(stamp: Stamp, now: Duration) -> Self {
        Self { stamp, since: now, without_end: false }
    }

    /// Since when the file has not changed.
    #[must_use]
    pub fn since(&self) -> Duration {
        self.since
    }

    /// True when the file rests but its end is not there yet.
    #[must_use]
    pub fn lacks_its_end(&self) -> bool {
        self.without_end
    }

    /// The file was seen again. `declared`: its writer says that it is complete (renamed from `tmp/`, or a mark beside it).
    #[must_use]
    pub fn seen(&mut self, stamp: Stamp, now: Duration, declared: bool, timing: Timing) -> Step {
        if stamp != self.stamp {
            *self = Self::new(stamp, now);
        }
        let rests = now.saturating_sub(self.since);
        if rests >= timing.truncated {
            return Step::Take;
        }
        // An end that was not there at this stamp cannot have come without changing the stamp. A declared
        // file needs its end too: a mark may be left over from an earlier file of the same name.
        if (declared || rests >= timing.rest) && !self.without_end { Step::Look } else { Step::Wait }
    }

    /// The file was opened and this is what its end looks like.
    #[must_use]
    pub fn after_look(&mut self, end: End) -> Step {
        match end {
            End::Found => Step::Take,
            End::Missing => {
                self.without_end = true;
                Step::Wait
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMING: Timing = Timing { rest: Duration::from_secs(5), truncated: Duration::from_mins(1) };

    fn stamp(size: u64, modified: i128) -> Stamp {
        Stamp { device: 1, inode: 2, size, modified }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn rests_then_looks_then_takes() {
        let mut file = Settling::new(stamp(10, 0), at(100));
        assert_eq!(file.seen(stamp(10, 0), at(104), false, TIMING), Step::Wait);
        assert_eq!(file.seen(stamp(10, 0), at(105), false, TIMING), Step::Look);
        assert_eq!(file.after_look(End::Found), Step::Take);
    }

    #[test]
    fn a_writer_that_pauses_is_waited_for() {
        let mut file = Settling::new(stamp(10, 0), at(0));
        assert_eq!(file.seen(stamp(10, 0), at(6), false, TIMING), Step::Look);
        assert_eq!(file.after_look(End::Missing), Step::Wait);
        assert_eq!(file.seen(stamp(20, 7), at(7), false, TIMING), Step::Wait);
        assert_eq!(file.seen(stamp(20, 7), at(13), false, TIMING), Step::Look);
    }

    #[test]
    fn a_moving_date_alone_keeps_a_file_waiting() {
        let mut file = Settling::new(stamp(10, 0), at(0));
        for second in 1..100 {
            assert_eq!(file.seen(stamp(10, i128::from(second)), at(second), false, TIMING), Step::Wait);
        }
    }

    #[test]
    fn another_file_of_the_same_name_starts_anew() {
        let mut file = Settling::new(stamp(10, 0), at(0));
        let other = Stamp { inode: 3, ..stamp(10, 0) };
        assert_eq!(file.seen(other, at(6), false, TIMING), Step::Wait);
    }

    #[test]
    fn a_declared_file_need_not_rest_but_needs_its_end() {
        let mut file = Settling::new(stamp(10, 0), at(0));
        assert_eq!(file.seen(stamp(10, 0), at(0), true, TIMING), Step::Look);
        assert_eq!(file.after_look(End::Missing), Step::Wait);
        assert_eq!(file.seen(stamp(10, 0), at(1), true, TIMING), Step::Wait);
        assert_eq!(file.seen(stamp(20, 1), at(2), true, TIMING), Step::Look);
        assert_eq!(file.after_look(End::Found), Step::Take);
    }

    #[test]
    fn a_file_whose_end_never_comes_is_taken_in_the_end() {
        let mut file = Settling::new(stamp(10, 0), at(0));
        assert_eq!(file.seen(stamp(10, 0), at(5), false, TIMING), Step::Look);
        assert_eq!(file.after_look(End::Missing), Step::Wait);
        assert!(file.lacks_its_end());
        assert_eq!(file.seen(stamp(10, 0), at(59), false, TIMING), Step::Wait);
        assert_eq!(file.seen(stamp(10, 0), at(60), false, TIMING), Step::Take);
    }
}
