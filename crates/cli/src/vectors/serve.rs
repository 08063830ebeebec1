//! `redwick vectors serve`: a store behind HTTP.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use redwick_vector_serving::{LARGEST_BODY, MOST_RESULTS, Options, ServeOptions, Service, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use vector_store::Store;

use super::bytes::bytes;
use super::devices::DeviceArgs;
use super::lock::{in_use, try_acquire};
use super::open::{Lists, load};
use super::print::positive;
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
    /// Refuse changes, and take no lock: for a folder that cannot be written to, and for several
    /// servers of one file.
    #[arg(long, conflicts_with = "save_each_change")]
    read_only: bool,
    /// How many results one request may ask for: its queries times the results of each.
    #[arg(long, value_name = "N", default_value_t = MOST_RESULTS, value_parser = positive)]
    most_results: usize,
    /// The longest body of a request: bytes, or a number with KiB, MiB or GiB.
    #[arg(long, value_name = "BYTES", default_value_t = LARGEST_BODY, value_parser = bytes)]
    largest_body: usize,
    /// Look only at this many lists of the store's index: faster, and not exact.
    #[arg(long, value_name = "N", value_parser = positive)]
    probes: Option<usize>,
    #[command(flatten)]
    device: DeviceArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

/// Serves until SIGTERM or SIGINT; a second one ends it at once. No other process changes the store
/// meanwhile.
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
    let (tell, told) = oneshot::channel();
    let second = async move {
        signals.wait().await;
        // Where it has ended by itself nobody listens.
        let _ = tell.send(());
        signals.wait().await;
    };
    let shutdown = async move {
        let _ = told.await;
    };
    tokio::select! {
        result = answer(listener, store, options, shutdown, grace) => result,
        () = second => {
            let what = "a second signal came, and what was not saved is lost";
            Err(Failure::io("ending")(Error::new(ErrorKind::Interrupted, what)))
        }
    }
}

/// The store, under its lock.
fn open(args: &Args) -> Result<(Store, Options), Failure> {
    let lock = match args.read_only {
        true => None,
        false => Some(try_acquire(&args.store)?.ok_or_else(|| in_use(&args.store))?),
    };
    let store = load(
        &args.store,
        &args.device.devices(),
        Lists::Kept(args.probes),
    )?;
    let options = Options {
        file: lock,
        save_each_change: args.save_each_change,
        read_only: args.read_only,
        most_results: args.most_results,
        largest_body: args.largest_body,
        ..Options::default()
    };
    Ok((store, options))
}

async fn answer(
    listener: TcpListener,
    store: Store,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> Result<(), Failure> {
    let address = listener
        .local_addr()
        .map_err(Failure::io("asking for the port"))?;
    let started = Service::start(store, options);
    let (service, thread) = started.map_err(Failure::io("starting the store's thread"))?;
    eprintln!("listening on http://{address}");
    let served = serve(listener, service.clone(), shutdown, ServeOptions { grace }).await;
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
