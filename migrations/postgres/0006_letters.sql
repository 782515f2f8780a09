-- Letters to applicants, what comes back to them, and the record of the substitution: what was offered to somebody whom the téléservice refused.

-- A letter exists from the moment that a named agent signed it; before, it is only prepared.
CREATE TABLE letter (
    id          UUID NOT NULL PRIMARY KEY,
    prefecture  TEXT NOT NULL,
    delivery_id UUID NOT NULL REFERENCES delivery (id),
    envelope_id UUID NOT NULL REFERENCES envelope (id),
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('signed', 'posted', 'cancelled')),
    -- Everything that is printed: the PDF can be made again from it.
    content     JSONB NOT NULL,
    -- The sealed PDF as signed.
    pdf         TEXT NOT NULL REFERENCES blob (address),
    agent       TEXT NOT NULL,
    signed_at   TIMESTAMPTZ NOT NULL,
    posted_on   DATE,
    posted_by   TEXT,
    -- Why it was cancelled.
    reason      TEXT
);
CREATE INDEX letter_envelope ON letter (envelope_id, kind);
CREATE INDEX letter_state ON letter (prefecture, state, signed_at);

-- What is known of the blocking and of the way that was offered instead (CESEDA R431-2, arrêté of 1 August 2023); only added to,
-- the last row of an envelope holds.
CREATE TABLE substitution (
    sequence       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prefecture     TEXT NOT NULL,
    delivery_id    UUID NOT NULL REFERENCES delivery (id),
    envelope_id    UUID NOT NULL REFERENCES envelope (id),
    -- When the applicant told of the blocking, to whom and under which number, and which kind it is.
    blocked_on     DATE,
    ticket         TEXT,
    blocking       TEXT,
    admissibility  TEXT CHECK (admissibility IN ('established', 'to_verify')),
    evidence       TEXT,
    invited_on     DATE,
    -- The individual appointment: offered on, by which way, for which day, and the answer.
    offered_on     DATE,
    offered_by     TEXT,
    appointment_on DATE,
    answer         TEXT CHECK (answer IN ('accepted', 'declined')),
    -- The way that the applicant finally took.
    mode           TEXT,
    agent          TEXT NOT NULL,
    at             TIMESTAMPTZ NOT NULL
);
CREATE INDEX substitution_envelope ON substitution (envelope_id);

-- Papers that answer a letter belong to the dossier that it was about: their envelope is joined to the one of that dossier.
ALTER TABLE envelope ADD COLUMN joined_to UUID REFERENCES envelope (id);

-- The delivery whose pages a piece has, where it is not the dossier's own.
ALTER TABLE dossier.dossier_piece ADD COLUMN delivery_id UUID;
UPDATE dossier.dossier_version SET version = 2;
