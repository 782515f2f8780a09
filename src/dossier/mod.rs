//! The normalised dossier and its one door into the shared tables.
