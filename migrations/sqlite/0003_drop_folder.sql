-- What the watcher needs to be killed at any moment, and to be seen at work.

-- Names one drop of one file, so that taking it a second time after a crash adds no second drop.
ALTER TABLE delivery_link ADD COLUMN drop_key TEXT;
CREATE UNIQUE INDEX delivery_link_drop ON delivery_link (delivery_id, drop_key);

-- Files that stand in a drop folder and are not in the ledger, with the reason when there is one.
CREATE TABLE waiting_file (
    prefecture TEXT    NOT NULL,
    folder     TEXT    NOT NULL,
    file       TEXT    NOT NULL,
    bytes      INTEGER NOT NULL,
    refusal    TEXT,
    since      INTEGER NOT NULL,
    PRIMARY KEY (prefecture, folder, file)
) STRICT;
