"""The faults of a campaign: each drops papers, disturbs the program in one way, and puts right what it broke."""
import signal
import sqlite3
import subprocess
import time

import papers
from databases import Balloon, Unreachable, unprivileged

WATCHER = ["watcher.copied", "watcher.synced", "watcher.spooled", "watcher.sealed", "watcher.registered", "watcher.moved"]
LINE = ["job.claimed", "count.after", "page.read", "page.sealed", "page.after", "pages.after", "assemble.before", "assemble.after"]
CALLS = {"openat": 70, "write": 60, "pwrite64": 40, "fsync": 25, "rename": 10, "linkat": 4, "unlink": 10, "close": 60, "sendto": 40}


class Scene:
    """One installation under a seeded campaign."""

    def __init__(self, installation, rng, seed):
        self.installation, self.rng, self.seed, self.number, self.said = installation, rng, seed, 0, []

    def next(self):
        self.number += 1
        return papers.paper(self.number, self.seed)

    def put(self, count):
        for _ in range(count):
            self.installation.put(*self.next())

    def place(self, name, content):
        """Into the folder without a mark: it must come to rest."""
        path = self.installation.root / "depot" / name
        path.write_bytes(content)
        self.installation.give_away(path)
        return path

    def pause(self, most):
        time.sleep(self.rng.uniform(0, most))

    def settle(self, within, done=None):
        """True once everything is done, or `done` says so; false after so many seconds or when the program ended."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.installation.child.poll() is None:
            if (done or self.installation.idle)():
                return True
            time.sleep(0.05)
        return False

    def wrong(self, sentence):
        self.said.append(sentence)


def traced(call, action, when):
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{action}:when={when}"]


def killed_at_a_failpoint(s):
    names = WATCHER + (LINE if s.installation.part == "all" else [])
    s.put(3)
    s.installation.start(f"{s.rng.choice(names)}:{s.rng.randint(1, 3)}")
    s.settle(8)
    s.installation.kill()


def killed_at_a_call(s):
    call = s.rng.choice(sorted(CALLS))
    s.put(2)
    s.installation.start(before=traced(call, "signal=KILL", s.rng.randint(1, CALLS[call])))
    s.settle(8)
    s.installation.kill()


def killed_at_an_instant(s):
    s.put(4)
    s.installation.start()
    s.pause(0.6)
    s.installation.kill()


def disk_full(s):
    """Writes are refused for a while; the program waits or ends, and takes everything once there is room."""
    first = s.rng.randint(1, 40)
    call = s.rng.choice(["write", "pwrite64", "fsync", "openat", "rename", "linkat", "mkdir"])
    s.put(3)
    s.installation.start(before=traced(call, "error=ENOSPC", f"{first}..{first + s.rng.randint(1, 30)}"))
    s.settle(4)
    s.installation.stop()


def disk_lies(s):
    """EIO on every fsync from the Nth on: the program must end by itself, and must not take a paper after that."""
    s.put(3)
    s.installation.start(before=traced("fsync", "error=EIO", f"{s.rng.randint(1, 9)}+"))
    taken = s.settle(120)
    code = s.installation.child.poll()
    if code is None and not taken:
        s.wrong("I10: after a failed fsync the program still runs")
    if code is not None and code != 3:
        s.wrong(f"I10: after a failed fsync the program ended with {code}, not 3")
    s.installation.kill()


def slow_writer(s):
    name, content = s.next()
    if name.startswith("note"):
        # What is no scan has no end that could be waited for.
        name, content = s.next()
    cuts = sorted(s.rng.sample(range(1, len(content)), 2))
    s.installation.start()
    path = s.place(name, b"")
    for part in (content[:cuts[0]], content[cuts[0]:cuts[1]], content[cuts[1]:]):
        s.pause(1.4)
        with open(path, "ab") as writer:
            writer.write(part)
    s.installation.count(content)
    s.settle(6)
    s.installation.stop()


def replaced(s):
    """Another file takes the name while the first may be being taken."""
    (name, one), (_, other) = s.next(), s.next()
    s.installation.start()
    s.place(name, one)
    s.pause(1.5)
    beside = s.installation.root / "depot" / "tmp" / name
    beside.write_bytes(other)
    s.installation.give_away(beside)
    s.installation.fleeting.add(papers.sha(one))
    beside.rename(s.installation.root / "depot" / name)
    s.installation.count(other)
    s.settle(6)
    s.installation.stop()


def vanished(s):
    name, content = s.next()
    s.installation.start()
    path = s.place(name, content)
    s.pause(1.5)
    try:
        path.unlink()
        s.installation.fleeting.add(papers.sha(content))
    except FileNotFoundError:
        s.installation.count(content)
    s.put(1)
    s.settle(4)
    s.installation.stop()


def rights_refused(s):
    root = s.installation.root
    s.installation.start()
    s.settle(5)
    where = s.rng.choice([root / "depot", root / "traites", root / "spool", root / "scans", root / "depot/tmp"])
    s.put(2)
    mode = s.rng.choice([0o000, 0o500])
    where.chmod(mode)
    s.pause(2)
    where.chmod(0o700)
    name, content = s.next()
    path = s.place(name, content)
    path.chmod(0o000)
    s.installation.count(content)
    s.pause(2)
    try:
        path.chmod(0o600)
    except FileNotFoundError:
        s.wrong("a file without rights was taken")
    if s.installation.child.poll() is not None:
        s.wrong(f"the program ended with {s.installation.child.returncode} because rights on {where.name} were refused for a while")
    s.installation.stop()


def two_watchers(s):
    installation = s.installation
    installation.start()
    command = [str(installation.program), "--config", str(installation.configuration), "watch"]
    with open(installation.root / "passerelle.log", "ab") as log:
        second = subprocess.Popen(unprivileged(command) if installation.as_nobody else command, stdout=log, stderr=log, cwd=installation.root)
    s.put(8)
    s.pause(1)
    if s.rng.random() < 0.5:
        second.kill()
    s.settle(6)
    second.kill()
    second.wait()
    installation.stop()


def database_away(s):
    """PostgreSQL crashes and comes back, or drops its connections; SQLite's file is held by another process."""
    installation = s.installation
    s.put(2)
    installation.start()
    s.pause(0.6)
    if installation.database.name == "SQLite":
        # Only once the program has made its files: made by us they would not be its own.
        if (installation.root / "passerelle.db-shm").exists():
            holder = sqlite3.connect(installation.database.file, isolation_level=None, timeout=5)
            holder.execute("BEGIN IMMEDIATE")
            s.put(2)
            time.sleep(1)
            holder.execute("ROLLBACK")
            holder.close()
    elif s.rng.random() < 0.5:
        installation.database.server.stop(s.rng.choice([signal.SIGQUIT, signal.SIGINT]))
        s.put(2)
        s.pause(1.5)
        installation.database.server.start()
    else:
        for _ in range(5):
            try:
                installation.one("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            except Unreachable:
                pass
            s.put(1)
            s.pause(0.3)
    s.settle(6)
    installation.stop()


def database_full(s):
    """The disk of the database has no room left; PostgreSQL may give up, and is started again once there is room."""
    installation = s.installation
    if not installation.small_disk:
        return  # mounting is not permitted here
    s.put(2)
    installation.start()
    s.settle(8)
    balloon = Balloon(installation.small_disk)
    balloon.fill()
    # Enough that no room inside the database's own files takes them all.
    s.put(12)
    s.settle(5)
    balloon.let_go()
    installation.database.revive()
    # By itself: nobody starts the program again.
    resumed = s.settle(100, installation.taken)
    if installation.child.poll() is not None:
        s.wrong(f"the program ended with {installation.child.returncode} because the database was full for a while")
    elif not resumed:
        s.wrong("the program does not go on although the database has room again")
    installation.stop()


def clock_jumps(s):
    offset = s.rng.choice(["+3y", "-2h", "-1s", "+1h", "-400d"])
    s.put(3)
    s.installation.start(before=["faketime", "-m", "-f", offset])
    s.settle(s.rng.uniform(0.2, 4))
    s.rng.choice([s.installation.kill, s.installation.stop])()


def dropped_twice(s):
    name, content = s.next()
    s.installation.start()
    s.installation.put(name, content)
    s.pause(0.5)
    s.installation.put(f"copie de {name}", content)
    if s.rng.random() < 0.5:
        s.installation.kill()
    else:
        s.settle(6)
        s.installation.stop()


def stopped_in_order(s):
    s.put(4)
    s.installation.start()
    s.pause(1)
    code = s.installation.stop(30)
    # Ended by the signal itself: it had not yet come to listen for it.
    if code not in (0, -signal.SIGTERM):
        s.wrong(f"asked to stop, the program ended with {code}")


FAULTS = [killed_at_a_failpoint, killed_at_a_call, killed_at_an_instant, disk_full, disk_lies, slow_writer, replaced, vanished, rights_refused,
          two_watchers, database_away, database_full, clock_jumps, dropped_twice, stopped_in_order]
