-- The tables of the line. The same tables stand in migrations/postgres/0001_pipeline.sql; tests/store_schema.rs compares them.
-- Instants are microseconds since 1970 UTC, civil dates are text YYYY-MM-DD, identifiers are 16-byte UUIDs.

CREATE TABLE delivery (
    id            BLOB    NOT NULL PRIMARY KEY,
    prefecture    TEXT    NOT NULL,
    file          TEXT    NOT NULL,
    sha256        TEXT    NOT NULL,
    bytes         INTEGER NOT NULL,
    format        TEXT,
    channel       TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('received', 'processed', 'anomaly')),
    pages         INTEGER,
    refusal       TEXT,
    registered_at INTEGER NOT NULL,
    received_on   TEXT,
    original      TEXT    NOT NULL,
    assembly      BLOB,
    -- Written first by every transaction of this delivery, which serialises the fan-in.
    touched       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (prefecture, sha256)
) STRICT;
CREATE INDEX delivery_registered ON delivery (prefecture, registered_at);

-- Every drop of the bytes of a delivery, the first one included.
CREATE TABLE delivery_link (
    id          BLOB    NOT NULL PRIMARY KEY,
    delivery_id BLOB    NOT NULL REFERENCES delivery (id),
    file        TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    dropped_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_link_delivery ON delivery_link (delivery_id);

CREATE TABLE blob (
    address     TEXT    NOT NULL PRIMARY KEY,
    prefecture  TEXT    NOT NULL,
    delivery_id BLOB    NOT NULL REFERENCES delivery (id),
    kind        TEXT    NOT NULL CHECK (kind IN ('original', 'derived', 'export')),
    media_type  TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX blob_delivery ON blob (delivery_id);

-- What a stage made of its input; never updated.
CREATE TABLE artefact (
    id           BLOB    NOT NULL PRIMARY KEY,
    subject_kind TEXT    NOT NULL CHECK (subject_kind IN ('delivery', 'envelope')),
    subject_id   BLOB    NOT NULL,
    stage        TEXT    NOT NULL,
    unit         INTEGER NOT NULL,
    input_hash   TEXT    NOT NULL,
    recipe       TEXT    NOT NULL,
    schema       INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    UNIQUE (subject_kind, subject_id, stage, unit, input_hash, recipe)
) STRICT;

-- The current reading of each page.
CREATE TABLE page (
    delivery_id BLOB    NOT NULL REFERENCES delivery (id),
    number      INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('read', 'blank', 'unreadable')),
    artefact_id BLOB    NOT NULL REFERENCES artefact (id),
    picture     TEXT    REFERENCES blob (address),
    PRIMARY KEY (delivery_id, number)
) STRICT;

CREATE TABLE envelope (
    id          BLOB    NOT NULL PRIMARY KEY,
    delivery_id BLOB    NOT NULL REFERENCES delivery (id),
    prefecture  TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'review', 'filed', 'retired')),
    findings    TEXT    NOT NULL,
    extraction  BLOB    REFERENCES artefact (id),
    constat     BLOB    REFERENCES artefact (id),
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX envelope_delivery ON envelope (delivery_id, position);

CREATE TABLE envelope_page (
    envelope_id BLOB    NOT NULL REFERENCES envelope (id),
    position    INTEGER NOT NULL,
    page        INTEGER NOT NULL,
    PRIMARY KEY (envelope_id, position),
    UNIQUE (envelope_id, page)
) STRICT;

CREATE TABLE job (
    sequence      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    subject_kind  TEXT    NOT NULL CHECK (subject_kind IN ('delivery', 'envelope')),
    subject_id    BLOB    NOT NULL,
    stage         TEXT    NOT NULL,
    unit          INTEGER NOT NULL,
    delivery_id   BLOB    NOT NULL REFERENCES delivery (id),
    state         TEXT    NOT NULL CHECK (state IN ('ready', 'running', 'done', 'held')),
    -- Counted at claim and never reset: it fences the late write of a worker that lost its lease.
    attempt       INTEGER NOT NULL,
    attempt_limit INTEGER NOT NULL,
    lease_until   INTEGER,
    not_before    INTEGER NOT NULL,
    priority      INTEGER NOT NULL,
    worker        TEXT,
    last_error    TEXT,
    UNIQUE (subject_kind, subject_id, stage, unit)
) STRICT;
CREATE INDEX job_open ON job (state, priority, sequence);
CREATE INDEX job_delivery ON job (delivery_id, stage, state);

CREATE TABLE review (
    id          BLOB    NOT NULL PRIMARY KEY,
    prefecture  TEXT    NOT NULL,
    delivery_id BLOB    NOT NULL REFERENCES delivery (id),
    envelope_id BLOB    REFERENCES envelope (id),
    subject     TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    code        TEXT,
    -- 0: filed as unconfirmed, stays open without holding the dossier.
    holds       INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'settled', 'withdrawn')),
    opened_at   INTEGER NOT NULL,
    closed_at   INTEGER,
    agent       TEXT
) STRICT;
CREATE INDEX review_open ON review (prefecture, state, opened_at);
CREATE INDEX review_delivery ON review (delivery_id, state);

-- What an agent changed; only added to.
CREATE TABLE correction (
    sequence    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    delivery_id BLOB    NOT NULL REFERENCES delivery (id),
    envelope_id BLOB    REFERENCES envelope (id),
    stage       TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    act         TEXT    NOT NULL,
    seen        TEXT,
    page        INTEGER,
    box         TEXT,
    agent       TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX correction_delivery ON correction (delivery_id);

-- Who did what when; only added to, no personal data in it.
CREATE TABLE event (
    sequence    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    prefecture  TEXT    NOT NULL,
    delivery_id BLOB,
    envelope_id BLOB,
    kind        TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    detail      TEXT,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX event_delivery ON event (delivery_id);
