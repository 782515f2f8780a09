//! The clock, so that time is an argument everywhere else.
