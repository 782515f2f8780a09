"""What must hold after any fault, once the program has been started again and has come to rest."""
import collections
import json

import papers

# Bytes of the program itself, and of the largest of it and its cells.
MEMORY, MEMORY_OF_ALL = 160 << 20, 1536 << 20


def invariants(installation):
    """One sentence for each violation of I1 to I10 and I12; the number of lost and of doubled papers."""
    said = []
    lost, doubled = conserved(installation, said)
    one_delivery_each(installation, said)
    blobs_and_rows(installation, said)
    if installation.part != "watch":
        on_the_line(installation, said)
        pages_once(installation, said)
        dossiers_whole(installation, said)
    dates_are_data(installation, said)
    refusals_speak(installation, said)
    if installation.most > MEMORY or installation.most_of_all > MEMORY_OF_ALL:
        said.append(f"I12: the program held {installation.most >> 20} MiB, it or a cell {installation.most_of_all >> 20} MiB")
    if installation.orphans:
        said.append(f"I12: {installation.orphans} cells outlived the program")
    return said, lost, doubled


def conserved(installation, said):
    """I1: each drop is one link of the ledger or still in the folder, and its source stands in exactly one place."""
    links = collections.Counter(sha for sha, in installation.one("SELECT d.sha256 FROM delivery_link l JOIN delivery d ON d.id = l.delivery_id"))
    folder, away = found_in(installation, "depot"), found_in(installation, "traites") + found_in(installation, "anomalies")
    lost = doubled = 0
    for sha, drops in installation.papers.items():
        held = links[sha] + folder[sha]
        lost += max(0, drops - held)
        doubled += max(0, held - drops)
        if held != drops:
            said.append(f"I1: {sha[:12]} was dropped {drops} times, stands {links[sha]} times in the ledger and {folder[sha]} times in the folder")
        if links[sha] != away[sha]:
            said.append(f"I1: {sha[:12]} stands {links[sha]} times in the ledger and {away[sha]} times among the treated files")
    for sha in (links + away).keys() - installation.papers.keys() - installation.fleeting:
        said.append(f"I1: nobody dropped {sha[:12]} whole, and it is in the ledger or among the treated files")
    left = [path.name for path in (installation.root / "spool").iterdir()]
    if left:
        said.append(f"I2: the spool still holds {left}")
    return lost, doubled


def found_in(installation, folder):
    files = (path for path in (installation.root / folder).iterdir() if path.is_file() and not path.name.endswith(".done"))
    return collections.Counter(papers.sha(path.read_bytes()) for path in files)


def one_delivery_each(installation, said):
    """I3."""
    for sha, count in installation.one("SELECT sha256, count(*) FROM delivery GROUP BY prefecture, sha256 HAVING count(*) > 1"):
        said.append(f"I3: {count} deliveries of {sha[:12]}")
    for sha, in installation.one("SELECT sha256 FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM delivery_link l WHERE l.delivery_id = d.id)"):
        said.append(f"I3: the delivery of {sha[:12]} has no drop")
    question = """SELECT d.sha256, e.kind, count(*) FROM event e JOIN delivery d ON d.id = e.delivery_id
        WHERE e.kind IN ('depot_recu', 'depot_en_anomalie') GROUP BY d.sha256, e.kind HAVING count(*) > 1"""
    for sha, kind, count in installation.one(question):
        said.append(f"I3: {sha[:12]} has {count} events {kind}")


def blobs_and_rows(installation, said):
    """I2 and I9: each original is kept, sealed, under its row, and nothing sealed is nobody's."""
    rows = {address: int(size) for address, size in installation.one("SELECT address, bytes FROM blob")}
    files = {path.name: path for path in (installation.root / "scans").rglob("*") if path.is_file() and path.parent.name != "keys"}
    for address in sorted(rows.keys() - files.keys()):
        said.append(f"I2: the sealed file {address[:12]} of the ledger is not on the disk")
    for address in sorted(files.keys() - rows.keys()):
        said.append(f"I2: the sealed file {files[address].relative_to(installation.root)} is nobody's")
    for address in rows.keys() & files.keys():
        # Sealing adds a mark, a nonce and a tag.
        if files[address].stat().st_size <= rows[address]:
            said.append(f"I2: the sealed file {address[:12]} is cut")
    for sha, in installation.one("SELECT sha256 FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.address = d.original AND b.delivery_id = d.id)"):
        said.append(f"I9: the original of {sha[:12]} is not kept")
    keys = {path.name.replace("-", "") for path in (installation.root / "scans").glob("*/keys/*")}
    owners = {identifier.replace("-", "") for identifier, in installation.one("SELECT DISTINCT delivery_id FROM blob")}
    if keys - owners:
        said.append(f"I2: {len(keys - owners)} keys are nobody's")


def on_the_line(installation, said):
    """I4 and I7: every job ended once, none is held by a process that is gone."""
    for stage, state, count in installation.one("SELECT stage, state, count(*) FROM job WHERE state NOT IN ('done', 'held') GROUP BY stage, state"):
        said.append(f"I7: {count} jobs of {stage} are {state} although nothing happens any more")
    question = """SELECT stage, count(*) FROM job j WHERE state = 'held' AND NOT EXISTS
        (SELECT 1 FROM review r WHERE r.delivery_id = j.delivery_id) GROUP BY stage"""
    for stage, count in installation.one(question):
        said.append(f"I9: {count} jobs of {stage} were given up and no person is told")
    question = "SELECT stage, count(*) FROM artefact GROUP BY subject_kind, subject_id, stage, unit HAVING count(*) > 1"
    for stage, count in installation.one(question):
        said.append(f"I4: {count} results of one {stage} where nothing was corrected")
    for sha, in installation.one("""SELECT sha256 FROM delivery d WHERE state = 'received'
            AND NOT EXISTS (SELECT 1 FROM review r WHERE r.delivery_id = d.id AND r.state = 'open')"""):
        said.append(f"I1: {sha[:12]} stands still: no result, no question, no anomaly")


def pages_once(installation, said):
    """Each page of a delivery that was read stands in exactly one envelope, or the assembly says what else it is."""
    counted = {sha: int(pages) for sha, pages in installation.one("SELECT sha256, pages FROM delivery WHERE state = 'processed'")}
    seen = {sha: collections.Counter() for sha in counted}
    for sha, page in installation.one("""SELECT d.sha256, p.page FROM envelope_page p JOIN envelope e ON e.id = p.envelope_id
            JOIN delivery d ON d.id = e.delivery_id WHERE e.state <> 'retired' AND d.state = 'processed'"""):
        seen[sha][int(page)] += 1
    for sha, body in installation.one("SELECT d.sha256, a.body FROM delivery d JOIN artefact a ON a.id = d.assembly WHERE d.state = 'processed'"):
        seen[sha].update(other["page"] for other in json.loads(body)["other_pages"])
    for sha, pages in counted.items():
        wrong = [page for page in range(1, pages + 1) if seen[sha][page] != 1]
        if wrong:
            said.append(f"I1: pages {wrong} of {sha[:12]} are in no envelope, or in several")


def dossiers_whole(installation, said):
    """I5: an envelope that is filed has one dossier with all its parts; no other dossier exists."""
    question = """SELECT e.id FROM envelope e WHERE e.state = 'filed' AND (SELECT count(*) FROM dossier x WHERE x.envelope_id = e.id) <> 1"""
    for identifier, in installation.one(question):
        said.append(f"I5: the filed envelope {identifier} has no dossier")
    parts = " OR ".join(f"NOT EXISTS (SELECT 1 FROM {table} t WHERE t.dossier_id = x.id)" for table in ("dossier_field", "dossier_piece", "dossier_event", "outbox"))
    for identifier, in installation.one(f"SELECT x.id FROM dossier x WHERE {parts}"):
        said.append(f"I5: the dossier {identifier} lacks a part")
    question = "SELECT x.id FROM dossier x JOIN envelope e ON e.id = x.envelope_id WHERE e.state <> 'filed'"
    for identifier, in installation.one(question):
        said.append(f"I5: the dossier {identifier} belongs to an envelope that is not filed")


def dates_are_data(installation, said):
    """I6: no paper here bears a date of reception, so none may have one, whatever the clock did."""
    for sha, in installation.one("SELECT sha256 FROM delivery WHERE received_on IS NOT NULL"):
        said.append(f"I6: {sha[:12]} has a date of reception that nobody wrote")


def refusals_speak(installation, said):
    """I9: a refusal has a code, a sentence and what to do, and stands open before a person."""
    question = """SELECT d.sha256, d.refusal, (SELECT count(*) FROM review r WHERE r.delivery_id = d.id AND r.subject = 'file' AND r.state = 'open')
        FROM delivery d WHERE d.state = 'anomaly' OR d.refusal IS NOT NULL"""
    for sha, refusal, asked in installation.one(question):
        words = json.loads(refusal or "{}")
        if not all(words.get(part) for part in ("code", "message", "next")):
            said.append(f"I9: the anomaly {sha[:12]} does not say what is wrong and what to do: {refusal}")
        if int(asked) != 1:
            said.append(f"I9: {asked} questions are open for the anomaly {sha[:12]}")

