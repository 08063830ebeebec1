//! What a model has to offer to be served.

use crate::event::StopReason;
use crate::params::Params;

/// A model, ready to answer. It lives on the queue's thread.
pub trait Engine: Send + 'static {
    /// What is served, for the `started` event.
    fn info(&self) -> EngineInfo;

    /// Checks a request and prepares to answer it; anything long belongs into the first step.
    fn start(&self, params: &Params) -> Result<Box<dyn Run + '_>, EngineError>;
}

/// One answer in the making. Dropping it cancels it and frees what it holds.
pub trait Run {
    /// The next token, or the end.
    fn step(&mut self) -> Result<Step, EngineError>;
}

/// What a step brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A token, with the text that it completes: empty inside of a character.
    Token(String),
    /// The end, with text that waited for the rest of a character that never came.
    End {
        /// What is left of the text, mostly nothing.
        text: String,
        /// Why.
        stop_reason: StopReason,
    },
}

/// What is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// The model.
    pub model: String,
    /// The device that computes.
    pub device: String,
}

/// Who is to blame for an engine's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request: another one may succeed.
    Request,
    /// The model or the device.
    Engine,
}

/// Why an engine gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    /// Who is to blame.
    pub fault: Fault,
    /// A short name for programs.
    pub code: String,
    /// What was asked, what was found, what to do.
    pub message: String,
}
