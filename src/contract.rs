//! What `process --json` and `export --json` print, from the values of the line.
