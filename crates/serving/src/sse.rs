//! A job's events as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::{StreamExt, once};

use crate::event::Event;
use crate::job::Job;

/// What ends every stream, after `end` or `error`.
const DONE: &str = "[DONE]";

/// A comment keeps the connection open, and shows a client that has gone, while a long prompt is read.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Answers with a job's events, of which the first has been taken already, and then `[DONE]`.
pub(crate) fn stream(first: Event, job: Job) -> Response {
    let events = once(first).chain(UnboundedReceiverStream::new(job.events));
    let done = once(sse::Event::default().data(DONE));
    let stream = events
        .map(|event| to_sse(&event))
        .chain(done)
        .map(Ok::<_, Infallible>);
    Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

fn to_sse(event: &Event) -> sse::Event {
    let named = sse::Event::default().event(event.name());
    // Serialising these events cannot fail: they are plain maps with text keys.
    named
        .json_data(event)
        .unwrap_or_else(|error| sse::Event::default().comment(error.to_string()))
}
