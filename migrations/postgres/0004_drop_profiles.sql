-- Folders of pages, indexes, and sources that may not be changed.

-- What the index of the capture station announced: pli, lot, number of pages.
ALTER TABLE delivery ADD COLUMN index_facts JSONB;

-- Files that stand in a drop folder although they are in the ledger.
CREATE TABLE taken_file (
    prefecture  TEXT   NOT NULL,
    folder      TEXT   NOT NULL,
    file        TEXT   NOT NULL,
    bytes       BIGINT NOT NULL,
    -- Nanoseconds since 1970, as the file system says it: compared, never shown.
    modified    BIGINT NOT NULL,
    delivery_id UUID   NOT NULL REFERENCES delivery (id),
    PRIMARY KEY (prefecture, folder, file)
);
