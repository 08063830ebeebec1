//! `redwick serve`: a model behind HTTP.

use crate::args::ModelArgs;
use crate::failure::Failure;
use crate::service::{self, ListenArgs};

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

/// Serves until SIGTERM or SIGINT.
pub fn run(args: Args) -> Result<(), Failure> {
    service::run(&args.listen, args.model, None)
}
