"""One installation of the program in a folder: started, killed, started again, and what stands in its database."""
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

import common

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
url = "sqlite://{root}/passerelle.db"
[blobs]
folder = "scans"
key_file = "cle"
[web]
address = "127.0.0.1:{port}"
"""


class Installation:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        for name in ("depot/tmp", "traites", "anomalies", "spool", "scans"):
            (self.root / name).mkdir(parents=True, mode=0o700)
        self.configuration = self.root / "passerelle.toml"
        self.child, self.dropped, self.orphans = None, 0, 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.configuration.write_text(CONFIGURATION.format(root=self.root, port=free.getsockname()[1]), encoding="utf-8")

    def start(self, failpoint=None):
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        if failpoint:
            environment["PASSERELLE_FAILPOINT"] = failpoint
        with open(self.root / "passerelle.log", "ab") as log:
            # A session of its own, so that a cell that outlives its parent can be seen.
            self.child = subprocess.Popen([str(common.program()), "--config", str(self.configuration), "all"], env=environment, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, start_new_session=True)

    def drop(self, scan):
        """As a careful scanner does: written beside, then renamed into the watched folder."""
        beside = self.root / "depot" / "tmp" / scan.name
        shutil.copyfile(scan, beside)
        beside.rename(self.root / "depot" / scan.name)
        self.dropped += 1

    def kill(self):
        """kill -9 of the program alone: its cells must end by themselves."""
        session = self.child.pid
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        # A cell notices at the end of its page.
        deadline = time.monotonic() + 90
        while in_session(session) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.orphans += len(in_session(session))

    def died(self, within):
        """True when the program ended by itself in so many seconds; stops looking when everything is done."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                return True
            if self.idle():
                return False
            time.sleep(0.2)
        return False

    def wait_idle(self, within):
        deadline = time.monotonic() + within
        while not self.idle():
            if self.child.poll() is not None:
                raise SystemExit(f"the program ended with {self.child.returncode}:\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise SystemExit(f"not done after {within} s: {self.one('SELECT state, count(*) FROM job GROUP BY 1')}\n{self.log_end()}")
            time.sleep(0.3)

    def log_end(self):
        return "\n".join((self.root / "passerelle.log").read_text(errors="replace").splitlines()[-15:])

    def idle(self):
        """Everything that was dropped is in the ledger, and no work is left."""
        try:
            here = self.one("SELECT count(*) FROM delivery_link")[0][0]
            open_jobs = self.one("SELECT count(*) FROM job WHERE state IN ('ready', 'running')")[0][0]
            on_line = self.one("SELECT count(*) FROM delivery d WHERE state = 'received' AND NOT EXISTS (SELECT 1 FROM review r WHERE r.delivery_id = d.id)")[0][0]
        except sqlite3.Error:
            return False  # not migrated yet
        waiting = [p for p in (self.root / "depot").iterdir() if p.is_file()]
        return here >= self.dropped and not open_jobs and not on_line and not waiting

    def one(self, question):
        base = sqlite3.connect(f"file:{self.root}/passerelle.db?mode=ro", uri=True, timeout=10)
        try:
            return base.execute(question).fetchall()
        finally:
            base.close()

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
            text = identifier.hex()
            text = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
            done, _, _ = common.run([common.program(), "--config", self.configuration, "export", "--json", text], stderr=subprocess.DEVNULL)
            lines.append(done.stdout.decode("utf-8"))
        return sorted(lines)


def in_session(session):
    """Processes of a session, zombies left out."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = path.read_text().rsplit(")", 1)[1].split()[:4]
        except (OSError, ValueError):
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(path.parent.name))
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
