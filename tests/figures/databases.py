"""The databases of a figure: a SQLite file, or PostgreSQL on a temporary server of its own that an unprivileged user runs."""
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

NOBODY = 65534


class Unreachable(Exception):
    """The database does not answer, or has no tables yet."""


def unprivileged(command):
    """As the user nobody where this runs as root: root may do what the program must not need, and PostgreSQL refuses root."""
    words = [str(word) for word in command]
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--", *words] if os.getuid() == 0 else words


class Sqlite:
    name = "SQLite"

    def __init__(self, root):
        self.file = pathlib.Path(root) / "passerelle.db"
        self.url = f"sqlite://{self.file}"

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
    """One temporary PostgreSQL on a socket, with fsync as in production."""

    def __init__(self):
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not versions:
            raise FileNotFoundError("no PostgreSQL under /usr/lib/postgresql; install it with docker/setup.sh --tests")
        self.bin = versions[-1].parent
        # A socket's path may have 107 characters.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="psr-pg-", dir="/tmp"))
        if os.getuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        self.server = None
        initdb = [self.bin / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(unprivileged(initdb), check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.start()

    def start(self):
        command = [self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=", "-c", "max_connections=200"]
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

    def create(self, database):
        subprocess.run([str(self.bin / "createdb"), "-h", str(self.folder), "-U", "postgres", database], check=True)
        return Postgres(self, database)

    def close(self):
        if self.server and self.server.poll() is None:
            self.stop(signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)


def text(value):
    return value.hex() if isinstance(value, bytes) else None if value is None else str(value)
