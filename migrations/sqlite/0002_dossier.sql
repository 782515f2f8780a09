-- The tables shared with the online system (schema "dossier" in PostgreSQL). They have their own version and
-- no foreign key to the tables of the line: either side may move to another database.

CREATE TABLE dossier_version (
    version INTEGER NOT NULL PRIMARY KEY
) STRICT;
INSERT INTO dossier_version (version) VALUES (1);

CREATE TABLE person (
    id              BLOB    NOT NULL PRIMARY KEY,
    numero_etranger TEXT    UNIQUE,
    nom_naissance   TEXT,
    prenoms         TEXT,
    date_naissance  TEXT,
    created_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE dossier (
    id             BLOB    NOT NULL PRIMARY KEY,
    prefecture     TEXT    NOT NULL,
    channel        TEXT    NOT NULL CHECK (channel IN ('en_ligne', 'postal', 'courriel', 'guichet', 'pan')),
    state          TEXT    NOT NULL CHECK (state IN ('complet', 'incomplet')),
    permit         TEXT,
    request        TEXT,
    person_id      BLOB    REFERENCES person (id),
    -- Where it came from: the envelope of the line, once.
    envelope_id    BLOB    UNIQUE,
    delivery_id    BLOB,
    date_envoi     TEXT,
    date_reception TEXT,
    filing_date    TEXT    NOT NULL,
    filing_basis   TEXT    NOT NULL CHECK (filing_basis IN ('cachet', 'recommande', 'reception', 'numerisation')),
    constat        TEXT    NOT NULL,
    findings       TEXT    NOT NULL,
    recipe         TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX dossier_prefecture ON dossier (prefecture, created_at);

CREATE TABLE dossier_field (
    dossier_id BLOB    NOT NULL REFERENCES dossier (id),
    field      TEXT    NOT NULL,
    value      TEXT,
    decision   TEXT    NOT NULL CHECK (decision IN ('accepted', 'review', 'absent', 'confirmed')),
    source     TEXT    NOT NULL,
    confidence REAL    NOT NULL,
    page       INTEGER,
    box        TEXT,
    because    TEXT    NOT NULL,
    evidence   TEXT    NOT NULL,
    agent      TEXT,
    PRIMARY KEY (dossier_id, field)
) STRICT;

CREATE TABLE dossier_piece (
    dossier_id BLOB    NOT NULL REFERENCES dossier (id),
    position   INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    person     TEXT    NOT NULL,
    pages      TEXT    NOT NULL,
    confidence REAL    NOT NULL,
    facts      TEXT    NOT NULL,
    PRIMARY KEY (dossier_id, position)
) STRICT;

CREATE TABLE dossier_event (
    sequence   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    dossier_id BLOB    NOT NULL REFERENCES dossier (id),
    kind       TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    detail     TEXT,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX dossier_event_dossier ON dossier_event (dossier_id);

-- What the online system has still to be told, in order.
CREATE TABLE outbox (
    sequence   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    dossier_id BLOB    NOT NULL REFERENCES dossier (id),
    kind       TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    sent_at    INTEGER
) STRICT;
