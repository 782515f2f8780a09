//! A private PostgreSQL for one test: its own folder, a socket and no port, gone with the test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub struct Cluster {
    folder: TempDir,
    server: Child,
}

impl Cluster {
    /// Starts a server; `None` only where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let bin = bin()?;
        let template = template(&bin);
        // A socket's path may have 107 characters, which a target folder soon exceeds.
        let folder = tempfile::Builder::new().prefix("psr-pg-").tempdir_in("/tmp").unwrap();
        let data = folder.path().join("data");
        run(Command::new("cp").arg("-a").arg(&template).arg(&data));
        if is_root() {
            run(Command::new("chown").arg("postgres:").arg(folder.path()));
        }
        let mut command = unprivileged(&bin.join("postgres"));
        command.arg("-D").arg(&data).arg("-k").arg(folder.path());
        // The tests kill our own processes, never the server: it need not wait for the disk.
        command.args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=60"]);
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let cluster = Self { folder, server };
        cluster.wait(&bin);
        Some(cluster)
    }

    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Makes another empty database on this server.
    pub fn create(&self, name: &str) -> String {
        let bin = bin().unwrap();
        run(Command::new(bin.join("createdb")).args(["-U", "postgres", "-h"]).arg(self.folder.path()).arg(name));
        self.url_of(name)
    }

    fn url_of(&self, name: &str) -> String {
        format!("postgres:///{name}?host={}&user=postgres", self.folder.path().display())
    }

    /// Where `psql` and sqlx find the server.
    fn wait(&self, bin: &Path) {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let ready = Command::new(bin.join("pg_isready")).arg("-q").arg("-h").arg(self.folder.path()).status().unwrap();
            if ready.success() {
                return;
            }
            assert!(Instant::now() < end, "PostgreSQL did not start in {}", self.folder.path().display());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}

fn bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|v| v.path().join("bin")).filter(|b| b.join("initdb").exists()).collect();
    found.sort();
    found.pop()
}

/// An initialised data folder, made once a machine and copied for each test.
fn template(bin: &Path) -> PathBuf {
    let version = bin.parent().and_then(|v| v.file_name()).unwrap().to_string_lossy().into_owned();
    let template = PathBuf::from(format!("/tmp/psr-pg-template-{version}-{}", if is_root() { "root" } else { "user" }));
    if template.join("PG_VERSION").exists() {
        return template;
    }
    let folder = tempfile::Builder::new().prefix("psr-pg-init-").tempdir_in("/tmp").unwrap();
    if is_root() {
        run(Command::new("chown").arg("postgres:").arg(folder.path()));
    }
    let data = folder.path().join("data");
    let mut initdb = unprivileged(&bin.join("initdb"));
    run(initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]));
    // Several tests may be here at once: the first rename wins, and the others use its result.
    let _ = std::fs::rename(&data, &template);
    assert!(template.join("PG_VERSION").exists(), "{} was not made", template.display());
    template
}

/// PostgreSQL refuses to run as root; and it must not outlive a test that is killed.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.current_dir("/tmp").args(["--pdeathsig", "INT"]);
    if is_root() {
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]);
    }
    command.arg(program);
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
