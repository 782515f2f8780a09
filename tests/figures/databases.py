"""The databases of a figure: a SQLite file, or PostgreSQL on a temporary server of its own that an unprivileged user runs."""
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

NOBODY = 65534


class Unreachable(Exception):
    """The database does not answer, or has no tables yet."""


def unprivileged(command):
    """As the user nobody where this runs as root: root may do what the program must not need, and PostgreSQL refuses root."""
    words = [str(word) for word in command]
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--", *words] if os.getuid() == 0 else words


class Balloon:
    """A file that takes all the room of a small file system, until it is let go."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "balloon"

    def fill(self):
        with open(self.path, "wb") as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        os.write(file.fileno(), b"\0" * size)
                except OSError:
                    pass

    def let_go(self):
        self.path.unlink(missing_ok=True)


def small_disk(folder, mebibytes):
    """Mounts a file system of so many MiB on `folder`; false where that is not permitted."""
    pathlib.Path(folder).mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "passerelle", str(folder)], capture_output=True)
    if mounted.returncode == 0 and os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    return mounted.returncode == 0


def unmount(folder):
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True)


# Not in this process: files that root makes would not be the program's own. SQLite says at once that a file is locked, without waiting, while
# another process recovers the log of a killed one.
CHANGE = """
import sqlite3, sys, time
for attempt in range(300):
    base = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
    try:
        base.execute("BEGIN IMMEDIATE")
        base.execute(sys.argv[2])
        base.execute("COMMIT")
        break
    except sqlite3.OperationalError as error:
        if "locked" not in str(error) or attempt == 299:
            raise
        time.sleep(0.1)
    finally:
        base.close()
"""


class Sqlite:
    name = "SQLite"

    def __init__(self, root):
        self.file = pathlib.Path(root) / "passerelle.db"
        self.url = f"sqlite://{self.file}"

    def revive(self):
        """A file is always there."""

    def change(self, statement):
        subprocess.run(unprivileged([sys.executable, "-c", CHANGE, self.file, statement]), check=True, cwd="/")

    def rows(self, question):
        """Rows of text, numbers and identifiers in hexadecimal."""
        try:
            base = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=10)
        except sqlite3.Error as error:
            raise Unreachable(error) from error
        try:
            found = base.execute(question).fetchall()
        except sqlite3.Error as error:
            raise Unreachable(error) from error
        finally:
            base.close()
        return [tuple(text(value) for value in row) for row in found]


class Postgres:
    name = "PostgreSQL"

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.url = f"postgres:///{database}?host={server.folder}&user=postgres"

    def revive(self):
        """Starts the server again where it gave up."""
        time.sleep(1)
        if self.server.server.poll() is not None:
            self.server.start()

    def change(self, statement):
        self.rows(statement)

    def rows(self, question):
        command = [self.server.bin / "psql", "-XAtq", "-F", "\x1f", "-R", "\x1e", "-P", "null=\x02", "-h", self.server.folder, "-U", "postgres",
                   "-d", self.database, "-c", question]
        environment = {**os.environ, "PGOPTIONS": "-c search_path=public,dossier"}
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        if done.returncode:
            raise Unreachable(done.stderr.decode(errors="replace").strip())
        lines = done.stdout.decode().removesuffix("\n")
        return [tuple(None if value == "\x02" else value for value in line.split("\x1f")) for line in lines.split("\x1e")] if lines else []


class Server:
    """One temporary PostgreSQL on a socket, with fsync as in production. `mebibytes`: on a disk of its own of that size."""

    def __init__(self, mebibytes=None):
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not versions:
            raise FileNotFoundError("no PostgreSQL under /usr/lib/postgresql; install it with docker/setup.sh --tests")
        self.bin = versions[-1].parent
        # A socket's path may have 107 characters.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="psr-pg-", dir="/tmp"))
        if os.getuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        self.server, self.small = None, False
        if mebibytes:
            self.small = small_disk(self.folder / "data", mebibytes)
        segments = ["--wal-segsize=1"] if self.small else []
        initdb = [self.bin / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", *segments]
        subprocess.run(unprivileged(initdb), check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.start()

    def start(self):
        command = [self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=", "-c", "max_connections=200",
                   *(["-c", "min_wal_size=2MB", "-c", "max_wal_size=4MB"] if self.small else [])]
        with open(self.folder / "log", "ab") as log:
            self.server = subprocess.Popen(unprivileged(command), stdout=log, stderr=log, cwd="/")
        deadline = time.monotonic() + 60
        while subprocess.run([str(self.bin / "pg_isready"), "-q", "-h", str(self.folder)]).returncode:
            if time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL does not start, see {self.folder}/log")
            time.sleep(0.05)

    def stop(self, how=signal.SIGQUIT):
        """SIGQUIT: at once, as after a crash; it recovers from its log. SIGINT: in order."""
        self.server.send_signal(how)
        self.server.wait()

    def create(self, database, template=None):
        command = [str(self.bin / "createdb"), "-h", str(self.folder), "-U", "postgres", database]
        subprocess.run(command + (["--template", template] if template else []), check=True)
        return Postgres(self, database)

    def close(self):
        if self.server and self.server.poll() is None:
            self.stop(signal.SIGINT)
        if self.small:
            unmount(self.folder / "data")
        shutil.rmtree(self.folder, ignore_errors=True)


def text(value):
    return value.hex() if isinstance(value, bytes) else None if value is None else str(value)
