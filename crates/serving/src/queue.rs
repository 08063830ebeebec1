//! The queue: bounded, served by one thread that owns the engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::engine::{Engine, EngineError, EngineInfo, Fault, Run, Step};
use crate::error::ApiError;
use crate::event::{Event, StopReason};
use crate::job::Job;
use crate::params::Params;

/// How a queue is set up.
#[derive(Debug, Clone, Copy)]
pub struct QueueOptions {
    /// How many jobs may wait; one more is refused.
    pub capacity: usize,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self { capacity: 64 }
    }
}

/// Where jobs wait for the engine. Cheap to clone; the last clone's drop ends the thread.
#[derive(Clone)]
pub struct Queue {
    shared: Arc<Shared>,
}

struct Shared {
    /// Taken when the queue closes: the thread then ends after what waits.
    entrance: Mutex<Option<SyncSender<Waiting>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    control: Arc<Control>,
    next_id: AtomicU64,
}

/// What both sides see.
#[derive(Default)]
struct Control {
    closed: AtomicBool,
    cancelled: AtomicBool,
    waiting: AtomicUsize,
}

struct Waiting {
    id: String,
    params: Params,
    client: Client,
    since: Instant,
}

impl Queue {
    /// Starts the thread that serves the queue with this engine.
    pub fn start(engine: impl Engine, options: QueueOptions) -> std::io::Result<Self> {
        let (entrance, exit) = sync_channel(options.capacity);
        let control = Arc::new(Control::default());
        let server = Server {
            engine,
            control: control.clone(),
        };
        let builder = std::thread::Builder::new().name("engine".to_owned());
        let thread = builder.spawn(move || server.run(&exit))?;
        let shared = Shared {
            entrance: Mutex::new(Some(entrance)),
            thread: Mutex::new(Some(thread)),
            control,
            next_id: AtomicU64::new(1),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Lets a job wait for its turn, after checking its parameters.
    pub fn submit(&self, params: Params) -> Result<Job, ApiError> {
        params.check()?;
        let id = format!(
            "job-{}",
            self.shared.next_id.fetch_add(1, Ordering::Relaxed)
        );
        let (sender, events) = unbounded_channel();
        let client = Client(sender);
        let waiting = Waiting {
            id: id.clone(),
            params,
            client,
            since: Instant::now(),
        };
        self.enter(waiting)?;
        Ok(Job { id, events })
    }

    fn enter(&self, waiting: Waiting) -> Result<(), ApiError> {
        let entrance = self
            .shared
            .entrance
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let entrance = entrance.as_ref().ok_or(ApiError::ShuttingDown)?;
        let count = &self.shared.control.waiting;
        count.fetch_add(1, Ordering::Relaxed);
        entrance.try_send(waiting).map_err(|error| {
            let waiting = count.fetch_sub(1, Ordering::Relaxed) - 1;
            match error {
                TrySendError::Full(_) => ApiError::QueueFull { waiting },
                TrySendError::Disconnected(_) => ApiError::ShuttingDown,
            }
        })
    }

    /// How many jobs wait.
    pub fn waiting(&self) -> usize {
        self.shared.control.waiting.load(Ordering::Relaxed)
    }

    /// Takes no more jobs and refuses those that wait; the one that runs goes on.
    pub fn close(&self) {
        self.shared.control.closed.store(true, Ordering::Relaxed);
        let mut entrance = self
            .shared
            .entrance
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        entrance.take();
    }

    /// Ends the job that runs after its current step, with the stop reason `cancelled`.
    pub fn cancel_running(&self) {
        self.shared.control.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the engine's thread has ended, as it does after [`close`](Self::close).
    pub fn is_finished(&self) -> bool {
        let thread = self
            .shared
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

/// The way back to the client of a job.
struct Client(UnboundedSender<Event>);

impl Client {
    fn is_gone(&self) -> bool {
        self.0.is_closed()
    }

    /// A client that has gone is noticed by [`is_gone`](Self::is_gone), before the next step.
    fn send(&self, event: Event) {
        let _ = self.0.send(event);
    }

    fn fail(&self, error: impl Into<ApiError>) {
        self.send(Event::Error(error.into()));
    }
}

/// The thread's side.
struct Server<E> {
    engine: E,
    control: Arc<Control>,
}

impl<E: Engine> Server<E> {
    fn run(&self, exit: &Receiver<Waiting>) {
        let info = self.engine.info();
        while let Ok(waiting) = exit.recv() {
            self.control.waiting.fetch_sub(1, Ordering::Relaxed);
            self.serve(&info, &waiting);
        }
    }

    fn serve(&self, info: &EngineInfo, waiting: &Waiting) {
        if waiting.client.is_gone() {
            return;
        }
        if self.control.closed.load(Ordering::Relaxed) {
            return waiting.client.fail(ApiError::ShuttingDown);
        }
        // The engine is only read here, and a run that panicked is dropped: nothing half-changed stays.
        let result = catch_unwind(AssertUnwindSafe(|| self.answer(info, waiting)));
        match result {
            Ok(Ok(())) => {}
            Ok(Err(error)) => waiting.client.fail(error),
            Err(panic) => waiting.client.fail(panicked(panic.as_ref())),
        }
    }

    fn answer(&self, info: &EngineInfo, waiting: &Waiting) -> Result<(), EngineError> {
        let Waiting {
            id,
            params,
            client,
            since,
        } = waiting;
        let start = Instant::now();
        let queued_ms = millis(*since);
        let mut run = self.engine.start(params)?;
        client.send(Event::Started {
            job_id: id.clone(),
            model: info.model.clone(),
            device: info.device.clone(),
        });
        let mut progress = Progress {
            client,
            tokens_out: 0,
            first_token_ms: 0,
            start,
        };
        if let Some(stop_reason) = self.drive(run.as_mut(), &mut progress)? {
            progress.end(stop_reason, queued_ms);
        }
        Ok(())
    }

    /// Steps to the end; `None` where the client has gone, who wants no end.
    fn drive(
        &self,
        run: &mut dyn Run,
        progress: &mut Progress<'_>,
    ) -> Result<Option<StopReason>, EngineError> {
        loop {
            if progress.client.is_gone() {
                return Ok(None);
            }
            if self.control.cancelled.load(Ordering::Relaxed) {
                return Ok(Some(StopReason::Cancelled));
            }
            match run.step()? {
                Step::Token(text) => progress.token(text),
                Step::End { text, stop_reason } => {
                    progress.rest(text);
                    return Ok(Some(stop_reason));
                }
            }
        }
    }
}

/// What a job has brought so far.
struct Progress<'c> {
    client: &'c Client,
    tokens_out: usize,
    first_token_ms: u64,
    start: Instant,
}

impl Progress<'_> {
    fn token(&mut self, t: String) {
        if self.tokens_out == 0 {
            self.first_token_ms = millis(self.start);
        }
        self.client.send(Event::Token {
            t,
            i: self.tokens_out,
        });
        self.tokens_out += 1;
    }

    /// Text of tokens that were counted when they came.
    fn rest(&self, t: String) {
        if !t.is_empty() {
            self.client.send(Event::Token {
                t,
                i: self.tokens_out.saturating_sub(1),
            });
        }
    }

    fn end(&self, stop_reason: StopReason, queued_ms: u64) {
        let seconds = self.start.elapsed().as_secs_f64().max(1e-9);
        self.client.send(Event::Metrics {
            tokens_per_second: self.tokens_out as f64 / seconds,
            first_token_ms: self.first_token_ms,
            queued_ms,
        });
        self.client.send(Event::End {
            tokens_out: self.tokens_out,
            decode_time_ms: millis(self.start),
            stop_reason,
        });
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn panicked(panic: &(dyn Any + Send)) -> EngineError {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    EngineError {
        fault: Fault::Engine,
        code: "engine_panic".to_owned(),
        message: format!(
            "the engine stopped in the middle of this job ({}); other jobs are not affected",
            text.unwrap_or("no message")
        ),
    }
}
