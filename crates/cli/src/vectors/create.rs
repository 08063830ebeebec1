//! `redwick vectors create`: an empty store.

use std::path::PathBuf;

use vector_store::{Config, Dtype, Metric, Store};

use super::devices::Devices;
use super::lock::LockArgs;
use crate::failure::Failure;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    /// How many numbers a vector has.
    #[arg(long, value_name = "D")]
    dim: usize,
    /// How vectors are compared: l2 (squared distance), cosine, or ip (inner product).
    #[arg(long, default_value = "l2")]
    metric: Metric,
    /// What is scanned: f32, f16, bf16 or int8. Results are the same; memory and speed are not.
    #[arg(long, default_value = "f32")]
    dtype: Dtype,
    /// Also see that this device serves such a store. A store's file is for any device.
    #[arg(long)]
    device: Option<Devices>,
    #[command(flatten)]
    lock: LockArgs,
}

/// Makes it, where there is nothing of that name yet.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::new(args.dim, args.metric).dtype(args.dtype);
    let store = match &args.device {
        Some(devices) => Store::new(devices.resolve().engine(config)?)?,
        None => Store::open("cpu", config)?,
    };
    let lock = args.lock.acquire(&args.store)?;
    if args.store.exists() {
        let path = args.store.display();
        return Err(Failure::Usage(format!(
            "{path} exists already; remove it or name another"
        )));
    }
    store.save_under(&lock)?;
    eprintln!(
        "{}: vectors of {} numbers, {}, scanned as {}",
        args.store.display(),
        args.dim,
        args.metric,
        args.dtype
    );
    Ok(())
}
