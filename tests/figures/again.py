"""I4 and I7: every stage run twice makes the same rows, and a worker that comes back too late changes nothing."""
import os
import signal
import subprocess
import time

from databases import unprivileged

# Everything but who was there first, how often something was tried, and what is only told: jobs, events, the counter of a delivery.
ROWS = {
    "delivery": "SELECT id, prefecture, file, sha256, bytes, format, channel, state, pages, refusal, registered_at, received_on, original, assembly FROM delivery",
    "delivery_link": "SELECT * FROM delivery_link", "blob": "SELECT * FROM blob", "artefact": "SELECT * FROM artefact", "page": "SELECT * FROM page",
    "envelope": "SELECT * FROM envelope", "envelope_page": "SELECT * FROM envelope_page", "review": "SELECT * FROM review",
    "job": "SELECT subject_kind, subject_id, stage, unit, delivery_id, state FROM job", "person": "SELECT * FROM person",
    "dossier": "SELECT id, prefecture, channel, state, permit, request, person_id, envelope_id, delivery_id, filing_date, filing_basis, constat, findings, "
               "recipe, created_at FROM dossier",
    "dossier_field": "SELECT * FROM dossier_field", "dossier_piece": "SELECT * FROM dossier_piece", "outbox": "SELECT * FROM outbox",
}
# Places right before a worker writes what it made.
LATE = ["count.before", "page.sealed", "pages.before", "assemble.before", "extract.before", "validate.before"]


def rows(installation):
    return {table: sorted(map(repr, installation.one(question))) for table, question in ROWS.items()}


def difference(before, after):
    """The tables that are not the same, each with the first row that only one side has."""
    found = []
    for table in before:
        if before[table] != after[table]:
            only = sorted(set(before[table]) ^ set(after[table]))
            found.append(f"{table} ({len(before[table])} and {len(after[table])} rows): {only[0][:300] if only else 'a row twice'}")
    return found


def every_stage_twice(installation, within):
    """Makes every job of what was processed ready again; gives a sentence for each table that is another afterwards."""
    installation.start()
    installation.wait_idle(within)
    installation.kill()
    before = rows(installation)
    again = "(SELECT id FROM delivery WHERE state = 'processed')"
    installation.database.change(
        f"UPDATE job SET state = 'ready', attempt_limit = attempt + 5, lease_until = NULL WHERE state = 'done' AND delivery_id IN {again}")
    installation.start()
    installation.wait_idle(within)
    installation.kill()
    return [f"I4: run twice, {sentence}" for sentence in difference(before, rows(installation))]


def comes_back_late(installation, failpoint, drop, within):
    """A worker stands still at `failpoint` until another has done its work, then goes on; gives what it changed."""
    installation.start(f"{failpoint}:1:stop")
    drop()
    if not eventually(lambda: state_of(installation.pid()) == "T", within):
        installation.kill()
        return [f"I7: the failpoint {failpoint} was not reached"]
    late = installation.child
    installation.database.change(f"UPDATE job SET lease_until = {past(installation)} WHERE state = 'running'")
    command = [str(installation.program), "--config", str(installation.configuration), "work"]
    with open(installation.root / "second.log", "ab") as log:
        second = subprocess.Popen(unprivileged(command) if installation.as_nobody else command, stdout=log, stderr=log, cwd=installation.root)
    try:
        done = eventually(installation.idle, within)
        before = rows(installation)
        mark = (installation.root / "passerelle.log").stat().st_size
        os.kill(installation.pid(), signal.SIGCONT)
        refused = eventually(lambda: b"taken over" in (installation.root / "passerelle.log").read_bytes()[mark:], 20)
        after = rows(installation)
    finally:
        second.kill()
        second.wait()
    said = [f"I7: late at {failpoint}, {sentence}" for sentence in difference(before, after)]
    if not done:
        said.append(f"I7: the work of a worker that stands still at {failpoint} was not taken over")
    if not refused:
        said.append(f"I7: the worker that came back at {failpoint} was not refused")
    if late.poll() is not None:
        said.append(f"I7: the worker that came back at {failpoint} ended with {late.returncode}")
    installation.kill()
    return said


def past(installation):
    return "1" if installation.database.name == "SQLite" else "'1971-01-01T00:00:00Z'"


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "gone"


def eventually(true, within):
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False
