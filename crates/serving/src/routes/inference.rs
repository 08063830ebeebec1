//! `POST /v1/inference`: one prompt, answered as JSON or as server-sent events.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::ApiError;
use crate::event::{Event, StopReason};
use crate::params::Params;
use crate::queue::Queue;
use crate::sse;

#[derive(Serialize)]
struct Answer {
    text: String,
    tokens_out: usize,
    decode_time_ms: u64,
    stop_reason: StopReason,
}

pub(super) async fn inference(
    State(queue): State<Queue>,
    body: Result<Json<Params>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(params) = body?;
    let stream = params.stream;
    let mut job = queue.submit(params)?;
    if stream {
        // A request that the engine refuses is answered with a status, not with a stream.
        return match job
            .next()
            .await
            .unwrap_or(Event::Error(ApiError::ShuttingDown))
        {
            Event::Error(error) => Err(error),
            first => Ok(sse::stream(first, job)),
        };
    }
    let outcome = job.outcome().await?;
    let answer = Answer {
        text: outcome.text,
        tokens_out: outcome.tokens_out,
        decode_time_ms: outcome.decode_time_ms,
        stop_reason: outcome.stop_reason,
    };
    Ok(Json(answer).into_response())
}
