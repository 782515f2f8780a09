//! Which process works on a job, named so that another on the same machine can tell that it is gone: its
//! jobs are then free at once, without waiting for their leases.

use std::fs;

/// Names this process: machine start, process namespace, number, and start of the process.
pub(super) fn this_process() -> String {
    let pid = std::process::id();
    format!("{}/{pid}/{}", place(), started(pid).unwrap_or_default())
}

/// True when `name` is a process of this very machine and namespace that no longer runs. In doubt, false:
/// the lease decides then.
pub(super) fn is_gone(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(&place()).and_then(|rest| rest.strip_prefix('/')) else { return false };
    let Some((pid, start)) = rest.split_once('/') else { return false };
    match pid.parse() {
        // A number is given again after a while; the start tells the new bearer from the old.
        Ok(pid) => started(pid).as_deref() != Some(start),
        Err(_) => false,
    }
}

fn place() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").map(|link| link.display().to_string()).unwrap_or_default();
    format!("{} {namespace}", boot.trim())
}

/// Clock ticks from the start of the machine to that of the process (field 22 of `/proc/PID/stat`).
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field holds the name of the program, which may contain anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    // A dead process that nobody waited for works no more.
    if state == "Z" { None } else { fields.nth(18).map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn only_a_dead_process_of_this_machine_is_gone() {
        assert!(!is_gone(&this_process()));
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let name = format!("{}/{}/{}", place(), child.id(), started(child.id()).unwrap());
        assert!(!is_gone(&name));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_gone(&name));
        assert!(is_gone(&format!("{}/{}/1", place(), std::process::id())), "another bearer of the number");
        assert!(!is_gone("elsewhere pid:[1]/1/1"), "nothing is known of another machine");
    }
}
