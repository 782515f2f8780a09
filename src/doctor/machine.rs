//! The machine: processors, memory, clock.

use super::Check;
use crate::config::Config;

/// What a cell uses on a page of 300 dpi, bytes, with room.
const CELL_BYTES: u64 = 800 << 20;
/// No machine that runs this program is older: a date before it is a clock that was never set.
const FIRST_YEAR: i16 = 2026;

/// Cells against processors and memory. A cell always runs with `OMP_THREAD_LIMIT=1`, whatever the
/// environment says: Tesseract's threads cost many times the time that they save.
pub fn processors(config: &Config) -> Check {
    const NAME: &str = "processors";
    let (cells, processors) = (config.cell.count() as u64, std::thread::available_parallelism().map_or(1, |n| n.get() as u64));
    let memory = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_memory(&text));
    let found = format!("{cells} cells (one thread each, OMP_THREAD_LIMIT=1) on {processors} processors");
    if cells > processors {
        return Check::warning(
            NAME,
            format!("{found}: pages pass their deadline while they wait for each other"),
            "set cell.processes to 0 or to the number of processors",
        );
    }
    match memory {
        Some(memory) if memory < cells * CELL_BYTES => Check::warning(
            NAME,
            format!("{found} with {} MiB of memory", memory >> 20),
            format!("set cell.processes to {}", (memory / CELL_BYTES).max(1)),
        ),
        _ => Check::ok(NAME, found),
    }
}

fn total_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|l| l.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Days of dossiers are those of Paris.
pub fn clock() -> Check {
    const NAME: &str = "clock";
    let now = jiff::Timestamp::now();
    let Ok(paris) = jiff::tz::TimeZone::get("Europe/Paris") else {
        return Check::failure(NAME, "the time zone Europe/Paris is unknown here: days would be those of UTC", "apt-get install tzdata");
    };
    let here = now.to_zoned(paris);
    if here.year() < FIRST_YEAR {
        return Check::failure(NAME, format!("this machine believes that it is {}", here.date()), "set the clock, and have it kept by NTP");
    }
    Check::ok(NAME, format!("{} in Paris", here.strftime("%Y-%m-%d %H:%M %Z")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_memory_of_meminfo() {
        assert_eq!(super::total_memory("MemTotal:       24588412 kB\nMemFree: 1 kB\n"), Some(24_588_412 << 10));
    }
}
