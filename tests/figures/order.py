"""I2 on the system calls themselves: a kill cannot prove that something was synced before it was believed, their order can."""
import re

import papers

CALLS = "write,fsync,fdatasync,rename,sendto"
LINE = re.compile(r"^(\d+)\s+(.*)$")


def calls(trace):
    """(name, arguments) in the order in which they ended; a rename or a message in the order in which they began."""
    begun, found = {}, []
    for line in trace.splitlines():
        pid, rest = LINE.match(line).groups()
        resumed = re.match(r"<\.\.\. (\w+) resumed>(.*)", rest)
        if resumed:
            name, arguments = begun.pop(pid, (resumed[1], ""))
            if name in ("fsync", "fdatasync", "write"):
                found.append((name, arguments))
            continue
        match = re.match(r"(\w+)\((.*)", rest)
        if not match:
            continue
        name, arguments = match.groups()
        unfinished = "<unfinished" in rest
        if unfinished:
            begun[pid] = (name, arguments)
        if not unfinished or name in ("rename", "sendto"):
            found.append((name, arguments))
    return found


def check(installation, trace_file):
    """Takes one paper under strace; gives a sentence for each thing that came too early."""
    name, content = papers.paper(0, "order")
    installation.put(name, content)
    installation.start(before=["strace", "-f", "-qq", "-y", "-s", "64", "-o", str(trace_file), "-e", f"trace={CALLS}"])
    installation.wait_idle(60)
    installation.stop()
    with open(trace_file, encoding="utf-8", errors="replace") as trace:
        return too_early(installation, name, trace.read())


def too_early(installation, name, trace):
    found = calls(trace)
    spool, scans, root = f"{installation.root}/spool", f"{installation.root}/scans", installation.root
    # The very file that gets the name: keys are drafted in the same place.
    sealed = re.search(rf'rename\("({scans}/[^"]*\.tmp)", "{scans}/33/original/', trace)
    draft = re.escape(sealed[1]) if sealed else "no sealed file was named"
    commit = ("fdatasync|fsync", r"passerelle\.db-wal") if installation.database.name == "SQLite" else ("sendto", "COMMIT")
    steps = [("written into the spool", "write", rf"<{spool}/[^>]*\.part>"), ("synced in the spool", "fsync", rf"<{spool}/[^>]*\.part>"),
             ("named in the spool", "rename", rf'"{spool}/[^"]*\.part"'), ("the spool itself synced", "fsync", rf"<{spool}>"),
             ("synced sealed", "fsync", rf"<{draft}>"), ("named sealed", "rename", rf'"{draft}", "{scans}/33/original/'),
             ("its folder synced", "fsync", rf"<{scans}/33/original/[^/>]*>"), ("committed", *commit),
             ("moved out of the folder", "rename", rf'"{re.escape(f"{root}/depot/{name}")}", "{root}/traites/'),
             ("the treated files synced", "fsync", rf"<{root}/traites>")]
    said, at = [], 0
    for what, call, pattern in steps:
        # Each step is the next of its kind after the one before it.
        place = next((i for i in range(at, len(found)) if re.fullmatch(call, found[i][0]) and re.search(pattern, found[i][1])), None)
        if place is None:
            said.append(f"I2 ({installation.database.name}): « {what} » does not come after the step before it")
        else:
            at = place + 1
    return said
