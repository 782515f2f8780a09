"""One installation of the program in a folder: started, killed, started again, and what stands in its database."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import common
import papers
from databases import NOBODY, Sqlite, Unreachable, small_disk, unmount, unprivileged

CONFIGURATION = """
prefecture = "33"
profile = "evaluation"
[drop]
folder = "depot"
done = "traites"
anomalies = "anomalies"
spool = "spool"
scan_seconds = 1
rest_seconds = 1
truncated_seconds = 5
[store]
url = "{url}"
[blobs]
folder = "scans"
key_file = "cle"
[web]
address = "127.0.0.1:{port}"
"""


FOLDERS = ("depot", "traites", "anomalies", "spool", "scans")
# MiB: room for the ledger of a campaign, and soon full.
SMALL = 12


class Child(subprocess.Popen):
    """A process of which the most memory is known in the end: its own, or that of a child that it waited for."""

    most = 0

    def _try_wait(self, flags):
        try:
            pid, status, usage = os.wait4(self.pid, flags)
        except ChildProcessError:
            return self.pid, 0
        if pid:
            self.most = usage.ru_maxrss << 10
        return pid, status


class Installation:
    def __init__(self, root, database=None, part="all", program=None, as_nobody=False, small=False):
        """`part` is the command (all, watch, work). `as_nobody`: without root's rights; `program` must then be readable to everybody.
        `small`: the database stands on a small disk of its own, where that is permitted."""
        self.root = pathlib.Path(root)
        for name in (*FOLDERS, "depot/tmp"):
            (self.root / name).mkdir(parents=True, mode=0o700)
        self.small_disk, self.mounted = None, None
        if database and small:
            self.small_disk = database.server.folder / "data" if database.server.small else None
        elif small and small_disk(self.root / "base", SMALL):
            self.small_disk = self.mounted = self.root / "base"
        self.database, self.part = database or Sqlite(self.mounted or self.root), part
        self.program, self.as_nobody = program or common.program(), as_nobody and os.getuid() == 0
        self.configuration = self.root / "passerelle.toml"
        self.child, self.dropped, self.orphans = None, 0, 0
        # Bytes: of the program itself, and of it or any of its cells.
        self.most, self.most_of_all = 0, 0
        # SHA-256 -> how often it was dropped for good; and of what may or may not have been seen (it vanished, or was replaced).
        self.papers, self.fleeting = {}, set()
        self.configuration.write_text(CONFIGURATION.format(root=self.root, port=common.free_port(), url=self.database.url), encoding="utf-8")
        self.give_away(self.root, self.configuration, *(self.root / name for name in (*FOLDERS, "depot/tmp")))

    def give_away(self, *paths):
        for path in paths if self.as_nobody else ():
            os.chown(path, NOBODY, NOBODY)

    def start(self, failpoint=None, before=(), part=None):
        """`before`: a command that runs the program, such as strace."""
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1", "TOKIO_WORKER_THREADS": "2"}
        if failpoint:
            environment["PASSERELLE_FAILPOINT"] = failpoint
        command = [*before, str(self.program), "--config", str(self.configuration), part or self.part]
        command = unprivileged(command) if self.as_nobody else command
        with open(self.root / "passerelle.log", "ab") as log:
            # A session of its own, so that a cell that outlives its parent can be seen.
            self.child = Child(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                          cwd=self.root)
        return self.child

    def pid(self):
        """The program itself, where another command runs it."""
        pid = self.child.pid
        while "passerelle" not in command_name(pid):
            children = children_of(pid)
            if not children:
                return self.child.pid
            pid = int(children[0])
        return pid

    def drop(self, scan):
        """As a careful scanner does: written beside, then renamed into the watched folder."""
        beside = self.root / "depot" / "tmp" / scan.name
        shutil.copyfile(scan, beside)
        self.give_away(beside)
        beside.rename(self.root / "depot" / scan.name)
        self.dropped += 1

    def put(self, name, content):
        """Drops bytes with the mark that says that they are whole, so that no time is spent on waiting."""
        beside = self.root / "depot" / "tmp" / name
        beside.write_bytes(content)
        mark = self.root / "depot" / f"{name}.done"
        mark.touch()
        self.give_away(beside, mark)
        beside.rename(self.root / "depot" / name)
        self.count(content)

    def count(self, content):
        """From now on this content must be somewhere, once more than before."""
        digest = papers.sha(content)
        self.papers[digest] = self.papers.get(digest, 0) + 1
        self.dropped += 1

    def kill(self):
        """kill -9 of the program alone: its cells must end by themselves."""
        session = self.child.pid
        if self.child.poll() is None:
            self.measure()
            os.kill(self.pid(), signal.SIGKILL)
        self.child.wait()
        self.most_of_all = max(self.most_of_all, self.child.most)
        # A cell notices at the end of its page, which takes its time on a busy machine.
        deadline = time.monotonic() + 300
        while in_session(session) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.orphans += len(in_session(session))

    def stop(self, within=60):
        """In order; its exit code, or None where it had to be killed."""
        if self.child.poll() is None:
            self.measure()
            os.kill(self.pid(), signal.SIGTERM)
        try:
            code = self.child.wait(within)
            self.most_of_all = max(self.most_of_all, self.child.most)
            return code
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def measure(self):
        """Most bytes that the running program itself held until now."""
        try:
            with open(f"/proc/{self.pid()}/status", encoding="ascii") as status:
                self.most = max(self.most, next((int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM")), 0))
        except OSError:
            pass
        return self.most

    def close(self):
        if self.mounted:
            unmount(self.mounted)

    def died(self, within):
        """True when the program ended by itself in so many seconds; stops looking when everything is done."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                return True
            if self.idle():
                # The failpoint after the last effect strikes a moment later than that effect is seen.
                time.sleep(3)
                return self.child.poll() is not None
            time.sleep(0.05)
        return False

    def wait_idle(self, within):
        deadline = time.monotonic() + within
        while not self.idle():
            if self.child.poll() is not None:
                raise SystemExit(f"the program ended with {self.child.returncode}:\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise SystemExit(f"not done after {within} s: {self.jobs()}\n{self.log_end()}")
            time.sleep(0.05)

    def jobs(self):
        try:
            return self.one("SELECT state, count(*) FROM job GROUP BY 1")
        except Unreachable as error:
            return str(error)

    def recover(self, probe, within):
        """Starts undisturbed and takes one more paper: what a start clears away is cleared once that is done."""
        self.start()
        self.put(*probe)
        self.wait_idle(within)

    def log_end(self):
        return "\n".join((self.root / "passerelle.log").read_text(errors="replace").splitlines()[-15:])

    def taken(self):
        """Everything that was dropped is in the ledger."""
        if self.in_folder() or any((self.root / "spool").iterdir()):
            return False
        try:
            return int(self.one("SELECT count(*) FROM delivery_link")[0][0]) >= self.dropped
        except Unreachable:
            return False  # not migrated yet, or away

    def idle(self):
        """Everything that was dropped is in the ledger, and no work is left."""
        if not self.taken():
            return False
        if self.part == "watch":
            return True
        try:
            open_jobs = self.one("SELECT count(*) FROM job WHERE state IN ('ready', 'running')")[0][0]
            on_line = self.one("SELECT count(*) FROM delivery d WHERE state = 'received' AND NOT EXISTS (SELECT 1 FROM review r WHERE r.delivery_id = d.id)")[0][0]
        except Unreachable:
            return False  # not migrated yet, or away
        return int(open_jobs) == int(on_line) == 0

    def in_folder(self):
        return [path for path in (self.root / "depot").iterdir() if path.is_file() and not path.name.endswith(".done")]

    def one(self, question):
        return self.database.rows(question)

    def standing(self):
        """What an installation must show, however often it was killed; no identifier, no instant."""
        tables = {
            "deliveries": "SELECT file, sha256, state, pages, refusal FROM delivery",
            "drops": "SELECT file FROM delivery_link",
            "envelopes": "SELECT d.file, e.position, e.state FROM envelope e JOIN delivery d ON d.id = e.delivery_id WHERE e.state <> 'retired'",
            "pages": "SELECT d.file, p.number, p.state FROM page p JOIN delivery d ON d.id = p.delivery_id",
            "reviews": "SELECT d.file, r.subject, r.reason, r.holds FROM review r JOIN delivery d ON d.id = r.delivery_id WHERE r.state = 'open'",
            "dossiers": "SELECT d.file, x.channel, x.state, x.permit, x.request, x.filing_date, x.constat FROM dossier x JOIN delivery d ON d.id = x.delivery_id",
            "dossier_fields": "SELECT d.file, f.field, f.value, f.decision, f.because FROM dossier_field f JOIN dossier x ON x.id = f.dossier_id "
                              "JOIN delivery d ON d.id = x.delivery_id",
            "dossier_pieces": "SELECT d.file, p.position, p.kind, p.pages FROM dossier_piece p JOIN dossier x ON x.id = p.dossier_id JOIN delivery d ON d.id = x.delivery_id",
            "dossier_events": "SELECT d.file, e.kind FROM dossier_event e JOIN dossier x ON x.id = e.dossier_id JOIN delivery d ON d.id = x.delivery_id",
            "outbox": "SELECT d.file, o.kind FROM outbox o JOIN dossier x ON x.id = o.dossier_id JOIN delivery d ON d.id = x.delivery_id",
            "persons": "SELECT numero_etranger, nom_naissance, prenoms, date_naissance FROM person",
        }
        standing = {name: sorted(map(repr, self.one(question))) for name, question in tables.items()}
        standing["source files"] = sorted(f"{name}/{p.name}" for name in ("depot", "traites", "anomalies") for p in (self.root / name).rglob("*") if p.is_file())
        standing["exports"] = self.exports()
        return standing

    def exports(self):
        lines = []
        for identifier, in self.one("SELECT id FROM delivery"):
            text = identifier.replace("-", "")
            text = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
            done, _, _ = common.run([common.program(), "--config", self.configuration, "export", "--json", text], stderr=subprocess.DEVNULL)
            lines.append(done.stdout.decode("utf-8"))
        return sorted(lines)


def command_name(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return "passerelle, gone"


def children_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended
        return []


def in_session(session):
    """Processes of a session, zombies left out."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            state, _, _, its_session = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[:4]
        except (OSError, ValueError):  # it ended while we looked
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(pid))
    return found


def differences(one, other):
    """Table -> what stands only in one of the two, shortened."""
    found = {}
    for name in one:
        only = [set(one[name]) - set(other[name]), set(other[name]) - set(one[name])]
        if one[name] != other[name]:
            found[name] = {"counts": [len(one[name]), len(other[name])], "only undisturbed": [s[:300] for s in sorted(only[0])[:3]],
                           "only killed": [s[:300] for s in sorted(only[1])[:3]]}
    return json.loads(json.dumps(found))
