//! A job as its client sees it: a stream of events.

use tokio::sync::mpsc::UnboundedReceiver;

use crate::error::ApiError;
use crate::event::{Event, StopReason};

/// A job that waits or runs. Dropping it cancels it.
///
/// The channel is unbounded because an answer is not: it has `max_tokens` events, and a client that
/// reads slowly must not hold up the engine for the others.
#[derive(Debug)]
pub struct Job {
    pub(crate) id: String,
    pub(crate) events: UnboundedReceiver<Event>,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub text: String,
    /// How many tokens it has.
    pub tokens_out: usize,
    /// How long the engine worked on it.
    pub decode_time_ms: u64,
    /// Why it ended.
    pub stop_reason: StopReason,
}

impl Job {
    /// The job's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The next event; `None` after the last.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Waits for the whole answer.
    pub async fn outcome(mut self) -> Result<Outcome, ApiError> {
        let mut text = String::new();
        while let Some(event) = self.next().await {
            match event {
                Event::Token { t, .. } => text += &t,
                Event::Error(error) => return Err(error),
                Event::End {
                    tokens_out,
                    decode_time_ms,
                    stop_reason,
                } => {
                    return Ok(Outcome {
                        text,
                        tokens_out,
                        decode_time_ms,
                        stop_reason,
                    });
                }
                Event::Started { .. } | Event::Metrics { .. } => {}
            }
        }
        // The queue ends each job with one of the two, unless it is itself gone.
        Err(ApiError::ShuttingDown)
    }
}
