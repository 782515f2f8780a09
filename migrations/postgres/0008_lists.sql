-- Each filter of the list of dossiers finds its few among the many, still in the order of filing.
CREATE INDEX dossier_listed_instruction ON dossier.dossier (instruction, filing_date, id);
CREATE INDEX dossier_listed_state ON dossier.dossier (state, filing_date, id);
CREATE INDEX dossier_listed_permit ON dossier.dossier (permit, filing_date, id);
CREATE INDEX dossier_listed_channel ON dossier.dossier (channel, filing_date, id);
CREATE INDEX dossier_listed_prefecture ON dossier.dossier (prefecture, filing_date, id);
