"""What every figure needs: where the program and the data are, and how a figure ends."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"


def say(text):
    print(text, flush=True)


def skip(message):
    """Exit 2: the data is not on this machine."""
    say(message)
    sys.exit(2)


def need_strace():
    """Exit 2 where system calls cannot be traced: not installed, or forbidden as in some containers."""
    if not shutil.which("strace"):
        skip("strace is not installed: docker/setup.sh --tests")
    tried = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "true"], capture_output=True)
    if tried.returncode:
        skip(f"strace may not trace here: {tried.stderr.decode('utf-8', 'replace').strip()[-200:]}")


def program():
    """The built program; a figure never builds. The variable has not our prefix, which is the configuration's."""
    target = os.environ.get("CARGO_TARGET_DIR") or ROOT / "target"
    path = pathlib.Path(os.environ.get("FIGURES_PROGRAM") or pathlib.Path(target) / "release" / "passerelle")
    if not path.is_file():
        say(f"{path} is not there: build it (cargo build --release) or set FIGURES_PROGRAM")
        sys.exit(1)
    return path


def copied_program(folder):
    """The program where an unprivileged user may run it: the target folder is often below a private home."""
    path = pathlib.Path(folder) / "passerelle"
    shutil.copyfile(program(), path)
    path.chmod(0o755)
    return path


def corpus():
    """The labelled scans, which are not ours to publish."""
    return corpus_if_there() or skip("no labelled corpus in ../shared beside the checkout: set PASSERELLE_SHARED to the folder that holds corpus/")


def corpus_if_there():
    folder = pathlib.Path(os.environ.get("PASSERELLE_SHARED") or ROOT.parent / "shared") / "corpus"
    return folder if folder.is_dir() else None


def truths(folder):
    """Base name of the scan -> (path of the scan, truth)."""
    found = {}
    for path in sorted(folder.glob("*/truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        found[truth["file"]] = (path.parent / truth["file"], truth)
    return found


def run(command, **more):
    """Runs a command with one Tesseract thread; gives the completed process, wall seconds and processor seconds of it and its children."""
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    before, start = children_seconds(), time.monotonic()
    done = subprocess.run([str(part) for part in command], env=environment, stdout=subprocess.PIPE, **more)
    return done, time.monotonic() - start, children_seconds() - before


def free_port():
    """A port of loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def children_seconds():
    usage = os.times()
    return usage.children_user + usage.children_system


def process(files, *options):
    """Runs `passerelle process` over files; gives base name -> JSON object, and the processor seconds."""
    done, _, seconds = run([program(), "process", *files, "--json", "--profile", "evaluation", *options])
    if done.returncode not in (0, 1):  # 1 says that a file is in anomaly
        say(f"process ended with {done.returncode}")
    results = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    return {result["file"]: result for result in results}, seconds


def finish(figure, measured, targets):
    """Ends a figure. `targets`: (what, measured value, holds). The last line is one JSON object."""
    for what, value, holds in targets:
        say(f"{'ok    ' if holds else 'MISSED'} {what}: {value}")
    missed = [what for what, _, holds in targets if not holds]
    say(json.dumps({"figure": figure, "ok": not missed, "missed": missed, **measured}, ensure_ascii=False))
    sys.exit(1 if missed else 0)
