//! What the OpenAPI document says of errors.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response};
use utoipa::{IntoResponses, ToSchema};

/// How every error is answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// Why there is no other answer.
    pub(crate) error: ErrorDetail,
}

/// Why there is no answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorDetail {
    /// A short name for programs, stable across releases.
    pub(crate) code: String,
    /// What was asked, what was found, what to do.
    pub(crate) message: String,
}

/// Errors of any route that asks the store.
pub(crate) struct StoreErrors;

/// Errors of any route that takes a body.
pub(crate) struct BodyErrors;

/// Errors of any route that changes the store.
pub(crate) struct ChangeErrors;

impl IntoResponses for StoreErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        errors(&[
            ("500", "The device or the file failed."),
            (
                "503",
                "Too many requests wait already, or the server is shutting down.",
            ),
        ])
    }
}

impl IntoResponses for BodyErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        errors(&[
            ("413", "The body is longer than the server takes."),
            ("415", "The body is not sent as `application/json`."),
        ])
    }
}

impl IntoResponses for ChangeErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        errors(&[("403", "The store is served for reading only.")])
    }
}

fn errors(table: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let response = |description: &str| {
        let schema = Ref::from_schema_name("ErrorBody");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description(description);
        RefOr::T(response.content("application/json", content).build())
    };
    let entries = table
        .iter()
        .map(|(status, description)| ((*status).to_owned(), response(description)));
    entries.collect()
}
