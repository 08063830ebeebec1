//! The `redwick` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use redwick_cli::failure::{EXIT_CODES, report};
use redwick_cli::{devices, generate, serve, vectors};

/// AMD GPUs for Candle: language models and vector search on a GPU, or on a GPU in software.
#[derive(Parser)]
#[command(name = "redwick", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the GPUs that there are, and what is missing where there are none.
    Devices,
    /// Go on from a prompt; the answer goes to stdout as it comes.
    Generate(generate::Args),
    /// Answer requests over HTTP.
    Serve(serve::Args),
    /// Store vectors and find the nearest.
    #[command(subcommand)]
    Vectors(vectors::Command),
}

fn main() -> ExitCode {
    report(match Cli::parse().command {
        Command::Devices => {
            devices::run();
            Ok(())
        }
        Command::Generate(args) => generate::run(&args),
        Command::Serve(args) => serve::run(args),
        Command::Vectors(command) => vectors::run(command),
    })
}
