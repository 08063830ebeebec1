//! `redwick vectors serve`: a store behind HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use redwick_vector_serving::{Options, ServeOptions, Service, router, serve};
use tokio::net::TcpListener;
use vector_store::Store;
use vector_store::file::Lock;

use super::devices::DeviceArgs;
use super::open::{Lists, load};
use crate::failure::Failure;
use crate::service::{ListenArgs, Signals};

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    /// Save each change before it is answered. Without it changes are saved by POST /v1/save, and on
    /// SIGTERM or SIGINT.
    #[arg(long)]
    save_each_change: bool,
    /// Look only at this many lists of the store's index: faster, and not exact.
    #[arg(long, value_name = "N")]
    probes: Option<usize>,
    #[command(flatten)]
    device: DeviceArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

/// Serves until SIGTERM or SIGINT. No other process changes the store meanwhile.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(Failure::io("starting the server"))?;
    let result = runtime.block_on(run_on(args));
    // A store may still be loading: it keeps no process.
    runtime.shutdown_background();
    result
}

async fn run_on(args: Args) -> Result<(), Failure> {
    let mut signals = Signals::new().map_err(Failure::io("listening for signals"))?;
    let address = SocketAddr::new(args.listen.host, args.listen.port);
    // The port is taken first: one that is in use shows before minutes of loading.
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(Failure::io(format!("listening on {address}")))?;
    let grace = Duration::from_millis(args.listen.grace_ms);
    let loading = tokio::task::spawn_blocking(move || open(&args));
    let (store, options) = tokio::select! {
        loaded = loading => loaded.map_err(|error| Failure::io("loading the store")(error.into()))??,
        () = signals.wait() => return Ok(()),
    };
    answer(listener, store, options, signals, grace).await
}

/// The store, under its lock.
fn open(args: &Args) -> Result<(Store, Options), Failure> {
    let lock = Lock::try_acquire(&args.store).map_err(vector_store::Error::from)?;
    let in_use = || {
        Failure::Usage(format!(
            "{} is in use by another process",
            args.store.display()
        ))
    };
    let lock = lock.ok_or_else(in_use)?;
    let store = load(
        &args.store,
        &args.device.devices(),
        Lists::Kept(args.probes),
    )?;
    let options = Options {
        file: Some(lock),
        save_each_change: args.save_each_change,
        ..Options::default()
    };
    Ok((store, options))
}

async fn answer(
    listener: TcpListener,
    store: Store,
    options: Options,
    mut signals: Signals,
    grace: Duration,
) -> Result<(), Failure> {
    let address = listener
        .local_addr()
        .map_err(Failure::io("asking for the port"))?;
    let started = Service::start(store, options);
    let (service, thread) = started.map_err(Failure::io("starting the store's thread"))?;
    eprintln!("listening on http://{address}");
    let shutdown = async move { signals.wait().await };
    let served = serve(
        listener,
        router(service.clone()),
        shutdown,
        ServeOptions { grace },
    )
    .await;
    service.close();
    let ended = tokio::task::spawn_blocking(move || thread.join()).await;
    match ended {
        Ok(Ok(saved)) => saved?,
        Ok(Err(_)) | Err(_) => {
            return Err(Failure::Usage(
                "the store's thread ended in a panic".to_owned(),
            ));
        }
    }
    eprintln!("stopped");
    served.map_err(Failure::io("serving"))
}
