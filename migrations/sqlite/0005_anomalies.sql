-- Anomalies have a way out, copies a retention, and the parts of an installation a pulse.

-- Set while an anomaly is closed without a reading: another delivery stands for it, or it was set aside.
ALTER TABLE delivery ADD COLUMN closure TEXT CHECK (closure IN ('replaced', 'set_aside'));
CREATE INDEX delivery_state ON delivery (state, registered_at);

-- What agents did with a file that could not be processed; only added to.
CREATE TABLE anomaly_act (
    sequence    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    delivery_id BLOB    NOT NULL REFERENCES delivery (id),
    act         TEXT    NOT NULL CHECK (act IN ('retry', 'replace', 'by_hand', 'set_aside', 'reopen')),
    -- Why it was an anomaly at that moment.
    refusal     TEXT,
    reason      TEXT,
    note        TEXT,
    replaced_by BLOB    REFERENCES delivery (id),
    agent       TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX anomaly_act_delivery ON anomaly_act (delivery_id);
CREATE INDEX anomaly_act_replaced_by ON anomaly_act (replaced_by);

-- Treated files that the retention removed. Written before the file goes: removed_at is empty until it is gone.
CREATE TABLE removed_copy (
    prefecture  TEXT    NOT NULL,
    path        TEXT    NOT NULL,
    sha256      TEXT    NOT NULL,
    delivery_id BLOB    NOT NULL REFERENCES delivery (id),
    bytes       INTEGER NOT NULL,
    intended_at INTEGER NOT NULL,
    removed_at  INTEGER,
    PRIMARY KEY (prefecture, path, sha256, intended_at)
) STRICT;

-- Time counts as far as events saw it pass; they are looked up by it.
CREATE INDEX event_at ON event (at);

-- When each part was last seen at work.
CREATE TABLE part_seen (
    part    TEXT    NOT NULL,
    host    TEXT    NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (part, host)
) STRICT;
