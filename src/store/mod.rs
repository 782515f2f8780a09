//! All SQL: SQLite and PostgreSQL behind one set of functions, one file per table.
