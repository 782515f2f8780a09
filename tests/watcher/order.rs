//! Killing a process cannot prove `fsync`: the order of its system calls can.

use super::{Site, pdf};
use crate::support::sqlite;
use std::path::Path;
use std::process::Command;

/// What the trace must hold, in this order: our copy on the disk before its name, its name before the
/// ledger, the ledger before the source moves, the move before the end.
#[tokio::test(flavor = "multi_thread")]
async fn the_source_moves_only_after_everything_is_on_the_disk() {
    let site = Site::on(sqlite(), &[]).await;
    let source = site.drop("trace.pdf", &pdf("trace"));
    let trace = site.root().join("trace.txt");
    let output = Command::new("strace")
        .args(["-f", "-y", "-s", "4096", "-e", "trace=openat,rename,renameat,renameat2,fsync,fdatasync,unlink,unlinkat", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["watcher::kills::a_process_that_watches", "--exact"])
        .env("WATCHER_KILL_ROOT", site.root())
        .env("WATCHER_KILL_URL", &site.database.url)
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: strace is not installed");
        return;
    };
    assert!(output.status.success() && !source.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = std::fs::read_to_string(&trace).unwrap();
    let (spool, done) = (site.config.drop.spool.clone(), site.config.drop.done.clone());
    let mut from = 0;
    let mut next = |what: &str, found: &dyn Fn(&str) -> bool| {
        let line = calls.lines().enumerate().skip(from).find(|(_, line)| found(line));
        from = line.unwrap_or_else(|| panic!("{what} does not come after line {from} of\n{calls}")).0 + 1;
    };
    let has = |line: &str, parts: &[&str]| parts.iter().all(|part| line.contains(part));
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (spool, done, folder, original, base) =
        (text(&spool), text(&done), text(site.folder()), text(&site.config.blobs.folder), text(&site.root().join("passerelle.db")));
    next("our own copy, made new", &|l| has(l, &["openat", &spool, ".part", "O_EXCL"]));
    next("fsync of the copy", &|l| has(l, &["fsync(", &spool, ".part"]));
    next("rename of the copy", &|l| has(l, &["rename", &spool, ".part"]));
    next("fsync of the spool folder", &|l| has(l, &["fsync(", &format!("{spool}>")]));
    next("fsync of the sealed file", &|l| has(l, &["fsync(", &original, "/original/"]));
    next("commit of the ledger", &|l| (l.contains("fdatasync(") || l.contains("fsync(")) && l.contains(&base));
    next("the move of the source", &|l| has(l, &["rename", &format!("{folder}/trace.pdf"), &done]));
    next("fsync of the treated files", &|l| has(l, &["fsync(", &format!("{done}>")]));
    next("fsync of the drop folder", &|l| has(l, &["fsync(", &format!("{folder}>")]));
    next("the end of our own copy", &|l| has(l, &["unlink", &spool]));
    let before_move = calls.lines().take_while(|l| !has(l, &["rename", &format!("{folder}/trace.pdf"), &done]));
    assert!(!before_move.into_iter().any(|l| l.contains("unlink") && l.contains(&folder)), "the source was removed early");
}
