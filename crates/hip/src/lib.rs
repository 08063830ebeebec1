//! HIP driver for Rust: loads libamdhip64 at run time, or takes a function table.
