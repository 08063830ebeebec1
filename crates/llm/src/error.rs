//! What can go wrong between a model folder and its text, each with what to do about it.

use std::io;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder, or the file given as a model, is not there or is not a model.
    #[error(
        "`{path}` is not a model: {reason}. Give a Hugging Face folder with config.json, tokenizer.json and *.safetensors, or a safetensors file inside one"
    )]
    NotAModel {
        /// What was given.
        path: String,
        /// Why it is not a model.
        reason: String,
    },
    /// A file that a model cannot do without is missing.
    #[error("the model has no `{file}` (looked for {path}): {advice}")]
    MissingFile {
        /// The file's name.
        file: String,
        /// Where it was expected.
        path: String,
        /// What to do.
        advice: &'static str,
    },
    /// A file is there and cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not the JSON it should be.
    #[error(
        "{file} is not valid JSON ({source}): the file is damaged or incomplete, copy or download it again"
    )]
    Json {
        /// The file.
        file: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A key that the model needs is missing or has the wrong form.
    #[error("{file}: `{key}` is {found}, but {expected} is needed")]
    BadValue {
        /// The file.
        file: String,
        /// The key, dotted.
        key: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// A key asks for something that would change the output and that is not implemented.
    #[error("config.json: `{key}` = {value} is not supported for {architecture}: {reason}")]
    Unsupported {
        /// The key, dotted.
        key: String,
        /// Its value.
        value: String,
        /// The architecture that was asked for.
        architecture: String,
        /// What would be supported.
        reason: String,
    },
    /// No row of the registry has this architecture.
    #[error("config.json: the architecture {found} is not supported; supported: {supported}")]
    UnknownArchitecture {
        /// What the file names.
        found: String,
        /// What there is.
        supported: String,
    },
    /// A safetensors file is truncated or corrupt.
    #[error("{file} is damaged or incomplete ({reason}; {bytes} bytes): copy or download it again")]
    DamagedWeights {
        /// The file.
        file: String,
        /// What the format's reader said.
        reason: String,
        /// The size that was found.
        bytes: usize,
    },
    /// The weights lack a tensor that the config calls for.
    #[error(
        "no weights file has the tensor `{name}` {expected:?} ({tensors} tensors in {files}): the weights and config.json are of different models, or a shard is missing"
    )]
    MissingTensor {
        /// The tensor.
        name: String,
        /// Its shape, from the config.
        expected: Vec<usize>,
        /// How many tensors there are.
        tensors: usize,
        /// The files that were read.
        files: String,
    },
    /// A tensor has another shape than the config says.
    #[error(
        "{file}: the tensor `{name}` has the shape {found:?} where config.json calls for {expected:?}: the weights and config.json are of different models"
    )]
    TensorShape {
        /// The file.
        file: String,
        /// The tensor.
        name: String,
        /// The shape found.
        found: Vec<usize>,
        /// The shape expected.
        expected: Vec<usize>,
    },
    /// A tensor has a type that cannot be used.
    #[error(
        "{file}: the tensor `{name}` is stored as {dtype}; F32, F16, BF16 and F64 are supported"
    )]
    TensorType {
        /// The file.
        file: String,
        /// The tensor.
        name: String,
        /// How it is stored.
        dtype: String,
    },
    /// The tokenizer file cannot be used.
    #[error(
        "{file} is not a tokenizer that can be used ({reason}): it must be the `tokenizer.json` of a fast tokenizer"
    )]
    BadTokenizer {
        /// The file.
        file: String,
        /// What its reader said.
        reason: String,
    },
    /// The tokenizer refused a text.
    #[error("the tokenizer failed: {0}")]
    Tokenize(String),
    /// The tokenizer knows tokens that the model does not.
    #[error(
        "the tokenizer gives the token {token}, but the model has {vocabulary} tokens: tokenizer.json and the weights are of different models"
    )]
    TokenRange {
        /// The token.
        token: u32,
        /// The size of the model's vocabulary.
        vocabulary: usize,
    },
    /// The prompt holds no token.
    #[error("the prompt is empty: give at least one character")]
    EmptyPrompt,
    /// The prompt does not fit.
    #[error(
        "the prompt is {tokens} tokens long, the model's context is {context} (one is kept for the answer): shorten the prompt"
    )]
    PromptTooLong {
        /// The prompt's length.
        tokens: usize,
        /// The context length.
        context: usize,
    },
    /// A parameter of the request is out of its range.
    #[error("{parameter} = {found} is out of range: {expected}")]
    BadParameter {
        /// The parameter.
        parameter: &'static str,
        /// What was given.
        found: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// The model computed something that is not a number.
    #[error(
        "the model computed logits that are not numbers after {position} tokens: the precision is too small for this model (try f32 or bf16), or the weights are damaged"
    )]
    NotFinite {
        /// How many tokens had been fed.
        position: usize,
    },
    /// The device failed: out of memory, a fault, an op without a kernel.
    #[error("the device failed: {0}")]
    Device(#[from] candle_core::Error),
}

impl Error {
    /// Whether the request, not the model or the device, is at fault.
    pub fn is_bad_request(&self) -> bool {
        matches!(
            self,
            Self::EmptyPrompt | Self::PromptTooLong { .. } | Self::BadParameter { .. }
        )
    }

    /// Whether what was given (a file or a request), not the device, is at fault.
    pub fn is_bad_input(&self) -> bool {
        !matches!(
            self,
            Self::Device(_) | Self::NotFinite { .. } | Self::Read { .. }
        )
    }

    /// A short name for programs, stable across releases.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAModel { .. } | Self::MissingFile { .. } => "model_not_found",
            Self::Read { .. } => "model_unreadable",
            Self::Json { .. } | Self::BadValue { .. } => "bad_config",
            Self::Unsupported { .. } => "unsupported_config",
            Self::UnknownArchitecture { .. } => "unknown_architecture",
            Self::DamagedWeights { .. } => "damaged_weights",
            Self::MissingTensor { .. } | Self::TensorShape { .. } | Self::TensorType { .. } => {
                "wrong_weights"
            }
            Self::BadTokenizer { .. } | Self::Tokenize(_) | Self::TokenRange { .. } => {
                "bad_tokenizer"
            }
            Self::EmptyPrompt => "empty_prompt",
            Self::PromptTooLong { .. } => "prompt_too_long",
            Self::BadParameter { .. } => "bad_parameter",
            Self::NotFinite { .. } => "not_finite",
            Self::Device(_) => "device_error",
        }
    }
}
