-- What the online system does with a dossier, and who may ask for what: keys, and the log of every request.

-- The state of the instruction, whatever the channel of the application. Its changes are acts of the online system.
ALTER TABLE dossier ADD COLUMN instruction TEXT NOT NULL DEFAULT 'a_instruire'
    CHECK (instruction IN ('a_instruire', 'en_instruction', 'pieces_demandees', 'accorde', 'refuse', 'sans_suite', 'titre_remis'));

-- Dossiers are instructed in the order of their filing, by post as online.
CREATE INDEX dossier_filing ON dossier (filing_date, id);

-- Somebody who may be on file already is looked for by the day of birth.
CREATE INDEX person_birth ON person (date_naissance);

CREATE TABLE api_key (
    id         BLOB    NOT NULL PRIMARY KEY,
    -- Who holds it, for people.
    name       TEXT    NOT NULL,
    -- SHA-256 of the key, in hexadecimal; the key itself is shown once and kept nowhere.
    hash       TEXT    NOT NULL UNIQUE,
    scopes     TEXT    NOT NULL,
    -- Whose dossiers it opens; none: those of every préfecture.
    prefecture TEXT,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

-- Who asked for what, and why (CESEDA R142-22: kept three years). Only added to.
CREATE TABLE api_access (
    sequence  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    key_id    BLOB    NOT NULL REFERENCES api_key (id),
    recipient TEXT    NOT NULL,
    motif     TEXT    NOT NULL,
    method    TEXT    NOT NULL,
    path      TEXT    NOT NULL,
    status    INTEGER NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
CREATE INDEX api_access_key ON api_access (key_id);

UPDATE dossier_version SET version = 3;
