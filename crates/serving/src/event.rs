//! What happens to a job, as it is told to the client.

use serde::Serialize;

use crate::error::ApiError;

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model said that it was done.
    Eos,
    /// `max_tokens` was reached, or the model's context was full.
    Length,
    /// The server stopped it: it is shutting down.
    Cancelled,
}

/// One event of a job, in the order: `Started`, `Token`…, `Metrics`, then `End` or `Error`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The engine took the job.
    Started {
        /// The job.
        job_id: String,
        /// What answers.
        model: String,
        /// Where it computes.
        device: String,
    },
    /// One token.
    Token {
        /// The text that it completes; empty inside of a character.
        t: String,
        /// Its number, from 0.
        i: usize,
    },
    /// How it went.
    Metrics {
        /// Tokens a second, over all of the answer.
        tokens_per_second: f64,
        /// The time to the first token.
        first_token_ms: u64,
        /// The time spent in the queue.
        queued_ms: u64,
    },
    /// The answer is complete.
    End {
        /// How many tokens it has.
        tokens_out: usize,
        /// How long the engine worked on it.
        decode_time_ms: u64,
        /// Why it ended.
        stop_reason: StopReason,
    },
    /// There will be no (more) answer.
    Error(ApiError),
}

impl Event {
    /// The name that the event stream gives it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Token { .. } => "token",
            Self::Metrics { .. } => "metrics",
            Self::End { .. } => "end",
            Self::Error(_) => "error",
        }
    }
}
