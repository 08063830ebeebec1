//! A model with its tokenizer, ready to answer.

use candle_core::{DType, Device};
use serde_json::Value;

use crate::arch::{self, Model};
use crate::config::stop_tokens;
use crate::error::{Error, Result};
use crate::generation::{Generation, Request};
use crate::source::Source;
use crate::text::TextCodec;
use crate::weights::LoadProgress;

/// The precision to compute in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// What `config.json` says, on a GPU; f32 on the CPU, which has no faster one.
    #[default]
    Auto,
    /// 32 bits.
    F32,
    /// 16 bits, 10 of them behind the point.
    F16,
    /// 16 bits with the range of f32.
    Bf16,
}

impl Precision {
    fn dtype(self, config: &Value, device: &Device) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
            Self::Auto if device.is_cpu() => DType::F32,
            Self::Auto => stored_dtype(config),
        }
    }
}

/// What transformers 5 calls `dtype` was `torch_dtype` before.
fn stored_dtype(config: &Value) -> DType {
    let name = config.get("dtype").or_else(|| config.get("torch_dtype"));
    match name.and_then(Value::as_str) {
        Some("float16") => DType::F16,
        Some("bfloat16") => DType::BF16,
        _ => DType::F32,
    }
}

/// Where and how to load a model.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// The device that computes.
    pub device: Device,
    /// The precision that it computes in.
    pub precision: Precision,
}

/// A model with its tokenizer, ready to answer.
///
/// It does not change while it answers, so several threads may run a [`Generation`] each.
pub struct Engine {
    model: Box<dyn Model>,
    codec: TextCodec,
    stop: Vec<u32>,
    dtype: DType,
}

impl Engine {
    /// Loads a model; the small files first, since a mistake there shows at once.
    pub fn load(source: &Source, options: &LoadOptions) -> Result<Self> {
        Self::load_with(source, options, &mut |_| {})
    }

    /// Loads a model and tells how far it is.
    pub fn load_with(
        source: &Source,
        options: &LoadOptions,
        on_progress: &mut dyn FnMut(LoadProgress),
    ) -> Result<Self> {
        let config = source.config()?;
        let stop = stop_tokens(&config, source.generation_config()?.as_ref())?;
        arch::plan(&config)?;
        let codec = TextCodec::load(source.tokenizer()?)?;
        let dtype = options.precision.dtype(&config, &options.device);
        let model = arch::load(source, &config, dtype, &options.device, on_progress)?;
        Ok(Self {
            model,
            codec,
            stop,
            dtype,
        })
    }

    /// Begins an answer, after checking the request. Nothing is computed yet.
    pub fn start(&self, request: &Request) -> Result<Generation<'_>> {
        request.sampling.check()?;
        if request.max_tokens == 0 {
            return Err(Error::BadParameter {
                parameter: "max_tokens",
                found: "0".to_owned(),
                expected: "1 or more",
            });
        }
        if request.prompt.is_empty() {
            return Err(Error::EmptyPrompt);
        }
        let prompt = self.codec.encode(&request.prompt)?;
        self.check_prompt(&prompt)?;
        Generation::new(self, prompt, request)
    }

    fn check_prompt(&self, prompt: &[u32]) -> Result<()> {
        let (context, vocabulary) = (self.model.context(), self.model.vocabulary());
        if prompt.is_empty() {
            return Err(Error::EmptyPrompt);
        }
        if prompt.len() >= context {
            return Err(Error::PromptTooLong {
                tokens: prompt.len(),
                context,
            });
        }
        match prompt.iter().find(|token| **token as usize >= vocabulary) {
            Some(&token) => Err(Error::TokenRange { token, vocabulary }),
            None => Ok(()),
        }
    }

    /// The model, for callers that want its logits.
    pub fn model(&self) -> &dyn Model {
        self.model.as_ref()
    }

    /// The tokenizer.
    pub fn codec(&self) -> &TextCodec {
        &self.codec
    }

    /// The precision that the model computes in.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    pub(crate) fn is_stop(&self, token: u32) -> bool {
        self.stop.contains(&token)
    }
}
