//! What the OpenAPI document says of errors and conditions.

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

/// A condition on metadata: an object with one of these keys.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "the schema of `vector_store::store::Condition`")]
pub(crate) enum ConditionBody {
    /// The value of a key is this.
    Equals {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// The value of a key is one of these.
    In {
        /// The key.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// There is a value.
    Has {
        /// The key.
        key: String,
    },
    /// The value of a key is a number between two, both included.
    Between {
        /// The key.
        key: String,
        /// The least number; none for no lower limit.
        min: Option<f64>,
        /// The greatest number; none for no upper limit.
        max: Option<f64>,
    },
    /// All of them hold. Of none, that is true.
    #[schema(no_recursion)]
    All(Vec<ConditionBody>),
    /// At least one holds. Of none, that is false.
    #[schema(no_recursion)]
    Any(Vec<ConditionBody>),
    /// It does not hold.
    #[schema(no_recursion)]
    Not(Box<ConditionBody>),
}
