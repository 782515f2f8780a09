-- What the online system does with a dossier, and who may ask for what: keys, and the log of every request.

-- The state of the instruction, whatever the channel of the application. Its changes are acts of the online system.
ALTER TABLE dossier.dossier ADD COLUMN instruction TEXT NOT NULL DEFAULT 'a_instruire'
    CHECK (instruction IN ('a_instruire', 'en_instruction', 'pieces_demandees', 'accorde', 'refuse', 'sans_suite', 'titre_remis'));

-- Dossiers are instructed in the order of their filing, by post as online.
CREATE INDEX dossier_filing ON dossier.dossier (filing_date, id);

-- Somebody who may be on file already is looked for by the day of birth.
CREATE INDEX person_birth ON dossier.person (date_naissance);

-- Readers follow the events by their number. Numbers are drawn at the insert and seen at the commit: without one writer at
-- a time, a reader would pass a number that becomes visible later, and never see it. A trigger of the statement runs before
-- the number is drawn; the lock ends with the transaction.
CREATE FUNCTION dossier.one_after_the_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('dossier.dossier_event'));
    RETURN NULL;
END $$;
CREATE TRIGGER one_after_the_other BEFORE INSERT ON dossier.dossier_event
    FOR EACH STATEMENT EXECUTE FUNCTION dossier.one_after_the_other();

CREATE TABLE dossier.api_key (
    id UUID NOT NULL PRIMARY KEY,
    -- Who holds it, for people.
    name TEXT NOT NULL,
    -- SHA-256 of the key, in hexadecimal; the key itself is shown once and kept nowhere.
    hash TEXT NOT NULL UNIQUE,
    scopes JSONB NOT NULL,
    -- Whose dossiers it opens; none: those of every préfecture.
    prefecture TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);

-- Who asked for what, and why (CESEDA R142-22: kept three years). Only added to.
CREATE TABLE dossier.api_access (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_id UUID NOT NULL REFERENCES dossier.api_key (id),
    recipient TEXT NOT NULL,
    motif TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX api_access_key ON dossier.api_access (key_id);

UPDATE dossier.dossier_version SET version = 3;
