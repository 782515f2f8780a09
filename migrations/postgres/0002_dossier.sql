-- The tables shared with the online system (schema "dossier"; plain tables in SQLite). They have their own version and
-- no foreign key to the tables of the line: either side may move to another database.

CREATE SCHEMA IF NOT EXISTS dossier;

CREATE TABLE dossier.dossier_version (
    version BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO dossier.dossier_version (version) VALUES (1);

CREATE TABLE dossier.person (
    id UUID NOT NULL PRIMARY KEY,
    numero_etranger TEXT UNIQUE,
    nom_naissance TEXT,
    prenoms JSONB,
    date_naissance JSONB,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE dossier.dossier (
    id UUID NOT NULL PRIMARY KEY,
    prefecture TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('en_ligne', 'postal', 'courriel', 'guichet', 'pan')),
    state TEXT NOT NULL CHECK (state IN ('complet', 'incomplet')),
    permit TEXT,
    request TEXT,
    person_id UUID REFERENCES dossier.person (id),
    -- Where it came from: the envelope of the line, once.
    envelope_id UUID UNIQUE,
    delivery_id UUID,
    date_envoi DATE,
    date_reception DATE,
    filing_date DATE NOT NULL,
    filing_basis TEXT NOT NULL CHECK (filing_basis IN ('cachet', 'recommande', 'reception', 'numerisation')),
    constat JSONB NOT NULL,
    findings JSONB NOT NULL,
    recipe TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX dossier_prefecture ON dossier.dossier (prefecture, created_at);

CREATE TABLE dossier.dossier_field (
    dossier_id UUID NOT NULL REFERENCES dossier.dossier (id),
    field TEXT NOT NULL,
    value JSONB,
    decision TEXT NOT NULL CHECK (decision IN ('accepted', 'review', 'absent', 'confirmed')),
    source TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    page BIGINT,
    box JSONB,
    because TEXT NOT NULL,
    evidence JSONB NOT NULL,
    agent TEXT,
    PRIMARY KEY (dossier_id, field)
);

CREATE TABLE dossier.dossier_piece (
    dossier_id UUID NOT NULL REFERENCES dossier.dossier (id),
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    pages JSONB NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    facts JSONB NOT NULL,
    PRIMARY KEY (dossier_id, position)
);

CREATE TABLE dossier.dossier_event (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dossier_id UUID NOT NULL REFERENCES dossier.dossier (id),
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    detail JSONB,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX dossier_event_dossier ON dossier.dossier_event (dossier_id);

-- What the online system has still to be told, in order.
CREATE TABLE dossier.outbox (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dossier_id UUID NOT NULL REFERENCES dossier.dossier (id),
    kind TEXT NOT NULL,
    body JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    sent_at TIMESTAMPTZ
);
