-- The tables of the line. The same tables stand in migrations/sqlite/0001_pipeline.sql; tests/store_schema.rs compares them.
-- An artefact's body is text, not jsonb: it keeps its bytes, and jsonb refuses the NUL that a barcode may hold.

CREATE TABLE delivery (
    id UUID NOT NULL PRIMARY KEY,
    prefecture TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    format TEXT,
    channel TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'processed', 'anomaly')),
    pages BIGINT,
    refusal JSONB,
    registered_at TIMESTAMPTZ NOT NULL,
    received_on DATE,
    original TEXT NOT NULL,
    assembly UUID,
    -- Written first by every transaction of this delivery, which serialises the fan-in.
    touched BIGINT NOT NULL DEFAULT 0,
    UNIQUE (prefecture, sha256)
);
CREATE INDEX delivery_registered ON delivery (prefecture, registered_at);

-- Every drop of the bytes of a delivery, the first one included.
CREATE TABLE delivery_link (
    id UUID NOT NULL PRIMARY KEY,
    delivery_id UUID NOT NULL REFERENCES delivery (id),
    file TEXT NOT NULL,
    source TEXT NOT NULL,
    dropped_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX delivery_link_delivery ON delivery_link (delivery_id);

CREATE TABLE blob (
    address TEXT NOT NULL PRIMARY KEY,
    prefecture TEXT NOT NULL,
    delivery_id UUID NOT NULL REFERENCES delivery (id),
    kind TEXT NOT NULL CHECK (kind IN ('original', 'derived', 'export')),
    media_type TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX blob_delivery ON blob (delivery_id);

-- What a stage made of its input; never updated.
CREATE TABLE artefact (
    id UUID NOT NULL PRIMARY KEY,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('delivery', 'envelope')),
    subject_id UUID NOT NULL,
    stage TEXT NOT NULL,
    unit BIGINT NOT NULL,
    input_hash TEXT NOT NULL,
    recipe TEXT NOT NULL,
    schema BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (subject_kind, subject_id, stage, unit, input_hash, recipe)
);

-- The current reading of each page.
CREATE TABLE page (
    delivery_id UUID NOT NULL REFERENCES delivery (id),
    number BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('read', 'blank', 'unreadable')),
    artefact_id UUID NOT NULL REFERENCES artefact (id),
    picture TEXT REFERENCES blob (address),
    PRIMARY KEY (delivery_id, number)
);

CREATE TABLE envelope (
    id UUID NOT NULL PRIMARY KEY,
    delivery_id UUID NOT NULL REFERENCES delivery (id),
    prefecture TEXT NOT NULL,
    position BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'review', 'filed', 'retired')),
    findings JSONB NOT NULL,
    extraction UUID REFERENCES artefact (id),
    constat UUID REFERENCES artefact (id),
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX envelope_delivery ON envelope (delivery_id, position);

CREATE TABLE envelope_page (
    envelope_id UUID NOT NULL REFERENCES envelope (id),
    position BIGINT NOT NULL,
    page BIGINT NOT NULL,
    PRIMARY KEY (envelope_id, position),
    UNIQUE (envelope_id, page)
);

CREATE TABLE job (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('delivery', 'envelope')),
    subject_id UUID NOT NULL,
    stage TEXT NOT NULL,
    unit BIGINT NOT NULL,
    delivery_id UUID NOT NULL REFERENCES delivery (id),
    state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'done', 'held')),
    -- Counted at claim and never reset: it fences the late write of a worker that lost its lease.
    attempt BIGINT NOT NULL,
    attempt_limit BIGINT NOT NULL,
    lease_until TIMESTAMPTZ,
    not_before TIMESTAMPTZ NOT NULL,
    priority BIGINT NOT NULL,
    worker TEXT,
    last_error TEXT,
    UNIQUE (subject_kind, subject_id, stage, unit)
);
CREATE INDEX job_open ON job (state, priority, sequence);
CREATE INDEX job_delivery ON job (delivery_id, stage, state);

CREATE TABLE review (
    id UUID NOT NULL PRIMARY KEY,
    prefecture TEXT NOT NULL,
    delivery_id UUID NOT NULL REFERENCES delivery (id),
    envelope_id UUID REFERENCES envelope (id),
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    code TEXT,
    -- 0: filed as unconfirmed, stays open without holding the dossier.
    holds BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'settled', 'withdrawn')),
    opened_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    agent TEXT
);
CREATE INDEX review_open ON review (prefecture, state, opened_at);
CREATE INDEX review_delivery ON review (delivery_id, state);

-- What an agent changed; only added to.
CREATE TABLE correction (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id UUID NOT NULL REFERENCES delivery (id),
    envelope_id UUID REFERENCES envelope (id),
    stage TEXT NOT NULL,
    subject TEXT NOT NULL,
    act JSONB NOT NULL,
    seen JSONB,
    page BIGINT,
    box JSONB,
    agent TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX correction_delivery ON correction (delivery_id);

-- Who did what when; only added to, no personal data in it.
CREATE TABLE event (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prefecture TEXT NOT NULL,
    delivery_id UUID,
    envelope_id UUID,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    detail JSONB,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX event_delivery ON event (delivery_id);
