//! Reads words, zones, MRZ and codes off a page picture (runs in the cell only).
