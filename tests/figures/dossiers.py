"""The shared tables filled with drawn dossiers, as the online system's own SQL role would file them, and the API served over them."""
import json
import pathlib
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

import common
from databases import Postgres, Sqlite

sys.path.insert(0, str(common.ROOT / "tests" / "online_system"))
from client import Client  # noqa: E402

CONFIGURATION = """
prefecture = "33"
[drop]
folder = "{root}/depot"
done = "{root}/traites"
anomalies = "{root}/anomalies"
spool = "{root}/spool"
[store]
url = "{url}"
[blobs]
folder = "{root}/scans"
key_file = "{root}/cle"
[web]
address = "127.0.0.1:{web}"
[api]
address = "127.0.0.1:{api}"
[log]
level = "error"
"""
FIELDS = ["nom_naissance", "prenoms", "date_naissance", "nationalites", "sexe", "adresse", "telephone", "courriel"]
KINDS = ["passeport", "justificatif_domicile", "photo"]
TABLES = {
    "dossier": "id prefecture channel state permit request date_reception filing_date filing_basis constat findings recipe created_at updated_at",
    "dossier_field": "dossier_id field value decision source confidence page because evidence",
    "dossier_piece": "dossier_id position kind person pages confidence facts",
    "dossier_event": "dossier_id kind actor at",
}
START = 1_760_000_000


def drawn(count, seed):
    """Rows of each table. Identifiers grow with the number, not with the filing date."""
    chance = random.Random(seed)
    rows = {table: [] for table in TABLES}
    for number in range(count):
        name, at = uuid.UUID(int=(seed << 64) + number + 1), START + number
        channel = chance.choice(["en_ligne", "en_ligne", "postal", "courriel", "guichet"])
        day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        state = "complet" if chance.random() < 0.8 else "incomplet"
        permit = chance.choice(["etudiant", "salarie", "visiteur", "vpf_conjoint"])
        rows["dossier"].append((name, "33", channel, state, permit, "premiere", day, day, "reception", "{}", "[]", "tirage", at, at))
        for field in FIELDS:
            value = json.dumps(f"VALEUR {number % 977}")
            rows["dossier_field"].append((name, field, value, "confirmed", "agent", 1.0, 1, "saisi", "[]"))
        for position, kind in enumerate(KINDS):
            rows["dossier_piece"].append((name, position, kind, "applicant", "[1]", 1.0, "{}"))
        rows["dossier_event"].append((name, "depose", "machine", at))
    return rows


def fill_sqlite(database, rows):
    def plain(value, column):
        if isinstance(value, uuid.UUID):
            return value.bytes
        return value * 1_000_000 if column in ("at", "created_at", "updated_at") else value

    base = sqlite3.connect(database.file)
    for table, names in TABLES.items():
        columns = names.split()
        marks = ", ".join("?" * len(columns))
        values = ([plain(value, column) for value, column in zip(row, columns)] for row in rows[table])
        base.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)
    base.commit()
    base.close()


def fill_postgres(database, rows):
    def plain(value, column):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(value)) if column in ("at", "created_at", "updated_at") else str(value)

    for table, names in TABLES.items():
        columns = names.split()
        text = "\n".join("\t".join(plain(value, column) for value, column in zip(row, columns)) for row in rows[table])
        command = [str(database.server.bin / "psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-h", str(database.server.folder), "-U", "postgres",
                   "-d", database.database, "-c", f"COPY dossier.{table} ({', '.join(columns)}) FROM STDIN"]
        subprocess.run(command, input=text.encode(), check=True)
    database.rows("ANALYZE")


class Served:
    """The API over `count` drawn dossiers; ends with the `with`."""

    def __init__(self, database, root, count, seed=1):
        self.database, self.root = database, pathlib.Path(root)
        self.api = common.free_port()
        self.file = self.root / "passerelle.toml"
        self.file.write_text(CONFIGURATION.format(root=self.root, url=database.url, web=common.free_port(), api=self.api), encoding="utf-8")
        for folder in ("depot", "traites", "anomalies", "spool", "scans"):
            (self.root / folder).mkdir(exist_ok=True)
        self.run("migrate")
        self.fill(count, seed)
        scopes = ["--scope", "dossiers:read", "--scope", "images:read", "--scope", "dossiers:instruct"]
        self.key = self.run("key", "new", "figure", *scopes).strip()
        self.server = subprocess.Popen(self.command("serve"), stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.api), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or self.server.poll() is not None:
                    raise SystemExit(f"the API does not answer: {' '.join(self.command('serve'))}")
                time.sleep(0.05)

    def command(self, *words):
        return [str(common.program()), "--config", str(self.file), *words]

    def run(self, *words):
        return subprocess.run(self.command(*words), check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    def fill(self, count, seed):
        (fill_sqlite if isinstance(self.database, Sqlite) else fill_postgres)(self.database, drawn(count, seed))

    def client(self):
        return Client(f"127.0.0.1:{self.api}", self.key, "13001530000012", "mesure")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()


def databases(folder, server, name):
    """SQLite, and PostgreSQL on `server`, each with a folder of its own."""
    for kind in ("sqlite", "postgres"):
        root = pathlib.Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=folder))
        if kind == "sqlite":
            yield Sqlite(root), root
        else:
            server.create(name)
            yield Postgres(server, name), root
