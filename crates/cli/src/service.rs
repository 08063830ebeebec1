//! An engine behind HTTP: what `serve` and the workers share.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use redwick_llm::{Engine, Generation, Request, Sampling, fresh_seed};
use redwick_serving::{
    Engine as Serve, EngineError, EngineInfo, Fault, Params, Queue, QueueOptions, Run,
    ServeOptions, Step, StopReason, router,
};
use tokio::net::TcpListener;

use crate::args::ModelArgs;
use crate::failure::Failure;
use crate::load::{Loaded, load};

/// Where to listen and how to end.
#[derive(Debug, clap::Args)]
pub struct ListenArgs {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The address to listen on: 0.0.0.0 also answers other machines.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// On SIGTERM or SIGINT, how long the running answer may go on before it is cancelled.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 5000)]
    pub grace_ms: u64,
}

/// Loads a model and answers requests until SIGTERM or SIGINT.
///
/// The port is taken first: one that is in use shows before minutes of loading.
pub fn run(listen: &ListenArgs, model: ModelArgs, name: Option<String>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(Failure::io("starting the server"))?;
    let result = runtime.block_on(serve(listen, model, name));
    // A model may still be loading, or a step may hang: neither keeps the process.
    runtime.shutdown_background();
    result
}

async fn serve(listen: &ListenArgs, model: ModelArgs, name: Option<String>) -> Result<(), Failure> {
    let mut signals = Signals::new().map_err(Failure::io("listening for signals"))?;
    let address = SocketAddr::new(listen.host, listen.port);
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(Failure::io(format!("listening on {address}")))?;
    let loading = tokio::task::spawn_blocking(move || load(&model));
    let loaded = tokio::select! {
        loaded = loading => loaded.map_err(|error| Failure::io("loading the model")(error.into()))??,
        () = signals.wait() => return Ok(()),
    };
    answer(
        listener,
        loaded,
        name,
        signals,
        Duration::from_millis(listen.grace_ms),
    )
    .await
}

async fn answer(
    listener: TcpListener,
    loaded: Loaded,
    name: Option<String>,
    mut signals: Signals,
    grace: Duration,
) -> Result<(), Failure> {
    let address = listener
        .local_addr()
        .map_err(Failure::io("asking for the port"))?;
    let queue = Queue::start(Served::new(loaded, name), QueueOptions::default());
    let queue = queue.map_err(Failure::io("starting the engine's thread"))?;
    eprintln!("listening on http://{address}");
    let shutdown = async move { signals.wait().await };
    let routes = router(queue.clone());
    let options = ServeOptions { grace };
    let served = redwick_serving::serve(listener, routes, queue, shutdown, options).await;
    eprintln!("stopped");
    served.map_err(Failure::io("serving"))
}

/// SIGTERM and SIGINT, from the moment this is made.
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self {
            terminate,
            interrupt,
        })
    }

    #[cfg(unix)]
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    pub(crate) async fn wait(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// A language model as the serving core sees it.
struct Served {
    engine: Engine,
    info: EngineInfo,
}

impl Served {
    fn new(loaded: Loaded, name: Option<String>) -> Self {
        let model = name.unwrap_or(loaded.model);
        let info = EngineInfo {
            model,
            device: loaded.device.description,
        };
        Self {
            engine: loaded.engine,
            info,
        }
    }
}

impl Serve for Served {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn start(&self, params: &Params) -> Result<Box<dyn Run + '_>, EngineError> {
        let sampling = Sampling {
            temperature: params.temperature,
            top_p: params.top_p,
            top_k: params.top_k,
            seed: params.seed.unwrap_or_else(fresh_seed),
        };
        let prompt = params.prompt.clone();
        let request = Request {
            prompt,
            max_tokens: params.max_tokens,
            sampling,
        };
        let generation = self.engine.start(&request).map_err(engine_error)?;
        Ok(Box::new(Answer(Some(generation))))
    }
}

/// A generation until it ends.
struct Answer<'e>(Option<Generation<'e>>);

impl Run for Answer<'_> {
    fn step(&mut self) -> Result<Step, EngineError> {
        if let Some(token) = self.0.as_mut().and_then(Iterator::next) {
            return token
                .map(|token| Step::Token(token.text))
                .map_err(engine_error);
        }
        let Some(generation) = self.0.take() else {
            return Ok(Step::End {
                text: String::new(),
                stop_reason: StopReason::Cancelled,
            });
        };
        let (text, summary) = generation.finish().map_err(engine_error)?;
        Ok(Step::End {
            text,
            stop_reason: stop_reason(summary.stop_reason),
        })
    }
}

fn stop_reason(reason: redwick_llm::StopReason) -> StopReason {
    match reason {
        redwick_llm::StopReason::Eos => StopReason::Eos,
        redwick_llm::StopReason::Length => StopReason::Length,
        redwick_llm::StopReason::Cancelled => StopReason::Cancelled,
    }
}

fn engine_error(error: redwick_llm::Error) -> EngineError {
    let fault = if error.is_bad_request() {
        Fault::Request
    } else {
        Fault::Engine
    };
    // The log has the whole of it, for whoever runs the server.
    if fault == Fault::Engine {
        eprintln!("error: {error}");
    }
    EngineError {
        fault,
        code: error.code().to_owned(),
        message: error.to_string(),
    }
}
