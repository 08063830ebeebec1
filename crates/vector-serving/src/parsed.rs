//! Bodies and answers whose JSON takes long are worked on beside the thread that all connections share.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use redwick_serving::http::RequestError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::service::Service;

/// Bytes of JSON that take less than a millisecond.
const SHORT: usize = 64 << 10;

/// A body, read as JSON.
pub(crate) struct Parsed<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<Service> for Parsed<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, service: &Service) -> Result<Self, ApiError> {
        check_head(request.headers(), service.largest_body())?;
        let bytes = Bytes::from_request(request, service)
            .await
            .map_err(|error| refused(error.status(), error.body_text()))?;
        let length = bytes.len();
        let parse = move || Json::<T>::from_bytes(&bytes);
        let Json(body) = beside(length, parse).await??;
        Ok(Self(body))
    }
}

/// What can be refused before the body is here.
fn check_head(headers: &HeaderMap, most: usize) -> Result<(), ApiError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let is_json = kind
        .strip_prefix("application/")
        .is_some_and(|kind| kind == "json" || kind.ends_with("+json"));
    if !is_json {
        let message = "send it with `Content-Type: application/json`".to_owned();
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    match length {
        Some(length) if length > most => {
            let message = format!("{length} bytes, and at most {most} are taken; send it in parts");
            Err(refused(StatusCode::PAYLOAD_TOO_LARGE, message))
        }
        _ => Ok(()),
    }
}

fn refused(status: StatusCode, message: String) -> ApiError {
    RequestError::Body { status, message }.into()
}

/// An answer as JSON; `length` says about how many bytes.
pub(crate) async fn answer<T: Serialize + Send + 'static>(
    length: usize,
    answer: T,
) -> Result<Response, ApiError> {
    beside(length, move || Json(answer).into_response()).await
}

/// Does what takes as long as so many bytes of JSON.
async fn beside<T: Send + 'static>(
    length: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if length <= SHORT {
        return Ok(work());
    }
    // It fails where the runtime ends first.
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| ApiError::ShuttingDown)
}
