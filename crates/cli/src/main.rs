//! The `redwick` command.

fn main() {}
