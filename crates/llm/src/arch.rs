//! The architectures: a file each, and a row each in the registry.

mod llama;

use candle_core::{DType, Device};
use serde_json::Value;

use crate::config::{Config, architecture_of};
use crate::error::{Error, Result};
use crate::source::Source;
use crate::weights::{Expected, LoadProgress, Weights};

/// A model on its device, shared by the sequences that run on it.
pub trait Model: Send + Sync {
    /// How many tokens it knows; every token it is fed must be smaller.
    fn vocabulary(&self) -> usize;

    /// The longest sequence, prompt and answer together.
    fn context(&self) -> usize;

    /// A new, empty sequence.
    fn start(&self) -> Box<dyn Sequence + '_>;
}

/// One text that a model is working on: its attention cache and its position.
pub trait Sequence: Send {
    /// Feeds the tokens that follow those fed before, and returns the logits after the last of them.
    ///
    /// The caller keeps to the model's context and vocabulary and feeds at least one token. After an
    /// error the sequence is of no further use.
    fn feed(&mut self, tokens: &[u32]) -> Result<Vec<f32>>;

    /// How many tokens were fed.
    fn position(&self) -> usize;
}

/// What it takes to load a model, found out before any weights are read.
pub(crate) trait Plan {
    /// Every tensor that the model consists of.
    fn tensors(&self) -> Vec<Expected>;

    /// Builds the model from them.
    fn build(&self, weights: Weights, dtype: DType, device: &Device) -> Result<Box<dyn Model>>;
}

/// Reads a config into a plan.
type Planner = fn(&Config<'_>) -> Result<Box<dyn Plan>>;

/// Names of an architecture (as `architectures` and as `model_type`) and what reads its config.
const REGISTRY: &[(&[&str], Planner)] = &[
    (&["LlamaForCausalLM", "llama"], llama::plan),
    // Without a sliding window, which the plan insists on, it is the same computation.
    (&["MistralForCausalLM", "mistral"], llama::plan),
];

/// The architectures that can be loaded, as `config.json` names them.
pub fn supported_architectures() -> Vec<&'static str> {
    REGISTRY.iter().map(|(names, _)| names[0]).collect()
}

/// Chooses the architecture that a config names, and reads the rest of it.
pub(crate) fn plan(json: &Value) -> Result<Box<dyn Plan>> {
    let name = architecture_of(json).ok_or_else(|| unknown("(none named)"))?;
    let row = REGISTRY.iter().find(|(names, _)| names.contains(&name));
    let (_, planner) = row.ok_or_else(|| unknown(&format!("`{name}`")))?;
    planner(&Config::new(json, name)?)
}

fn unknown(found: &str) -> Error {
    Error::UnknownArchitecture {
        found: found.to_owned(),
        supported: supported_architectures().join(", "),
    }
}

/// Plans, loads and builds.
pub(crate) fn load(
    source: &Source,
    json: &Value,
    dtype: DType,
    device: &Device,
    on_progress: &mut dyn FnMut(LoadProgress),
) -> Result<Box<dyn Model>> {
    let plan = plan(json)?;
    let weights = Weights::load(source, &plan.tensors(), dtype, device, on_progress)?;
    plan.build(weights, dtype, device)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_architecture_is_named_with_those_there_are() {
        for config in [json!({"architectures": ["MambaForCausalLM"]}), json!({})] {
            let error = plan(&config).err().unwrap().to_string();
            assert!(
                error.contains("LlamaForCausalLM, MistralForCausalLM"),
                "{error}"
            );
        }
    }
}
