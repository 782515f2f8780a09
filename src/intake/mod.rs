//! Is a file complete, what is it, and how is it claimed without losing a byte.
