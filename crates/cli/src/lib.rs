//! The `redwick` command and the worker binaries: command lines, devices, and what is printed.
//!
//! Each command is a file. What they share: [`args`] (the options), [`device`] (from a name to a
//! Candle device), [`load`] (from options to an engine, with progress), [`failure`] (exit codes).
//!
//! Answers go to stdout; everything else goes to stderr.

pub mod args;
pub mod demo;
pub mod device;
pub mod devices;
pub mod failure;
pub mod generate;
pub mod load;
pub mod serve;
pub mod service;
pub mod vectors;
pub mod worker;
