//! The Llama family: on AMD GPUs by kernels that fit it (`fused.rs`), else through candle-transformers.
//!
//! Candle's parser of Llama configs knows neither `rope_parameters` nor biases nor a `head_dim` of
//! its own, and drops what it does not know. So the config is read here and Candle gets the result.

mod angles;
mod fused;
mod rope;
mod sequence;

use candle_core::{DType, Device, Tensor};
use candle_transformers::models::llama::{Cache, Config as LlamaConfig, Llama};

use self::fused::FusedLlama;
use super::{Model, Plan, Sequence};
use crate::config::{Config, Key};
use crate::error::Result;
use crate::weights::{Expected, Weights};

/// Bounds that no real model reaches: a file with more is damaged.
const MAX_WIDTH: usize = 1 << 24;
const MAX_LAYERS: usize = 1 << 12;

const KEYS: &[(&str, Key)] = &[
    ("hidden_size", Key::Read),
    ("intermediate_size", Key::Read),
    ("vocab_size", Key::Read),
    ("num_hidden_layers", Key::Read),
    ("num_attention_heads", Key::Read),
    ("num_key_value_heads", Key::Read),
    ("head_dim", Key::Read),
    ("rms_norm_eps", Key::Read),
    ("rope_theta", Key::Read),
    ("rope_scaling", Key::Read),
    ("rope_parameters", Key::Read),
    ("max_position_embeddings", Key::Read),
    ("tie_word_embeddings", Key::Read),
    ("max_sequence_length", Key::NoEffect),
    ("hidden_act", Key::Only("\"silu\"")),
    ("attention_bias", Key::Only("false")),
    ("mlp_bias", Key::Only("false")),
    ("partial_rotary_factor", Key::Only("1.0")),
    ("rope_interleaved", Key::Only("false")),
    ("sliding_window", Key::Only("null")),
    ("quantization_config", Key::Only("null")),
];

struct LlamaPlan {
    config: LlamaConfig,
}

pub(super) fn plan(config: &Config<'_>) -> Result<Box<dyn Plan>> {
    config.check_keys(KEYS)?;
    let config = read(config)?;
    Ok(Box::new(LlamaPlan { config }))
}

fn read(config: &Config<'_>) -> Result<LlamaConfig> {
    let rope = rope::read(config)?;
    let heads = config.needed_count("num_attention_heads", MAX_WIDTH)?;
    let result = LlamaConfig {
        hidden_size: config.needed_count("hidden_size", MAX_WIDTH)?,
        intermediate_size: config.needed_count("intermediate_size", MAX_WIDTH)?,
        vocab_size: config.needed_count("vocab_size", MAX_WIDTH)?,
        num_hidden_layers: config.needed_count("num_hidden_layers", MAX_LAYERS)?,
        num_attention_heads: heads,
        num_key_value_heads: config
            .count("num_key_value_heads", MAX_WIDTH)?
            .unwrap_or(heads),
        use_flash_attn: false,
        rms_norm_eps: config.number("rms_norm_eps")?.unwrap_or(1e-6),
        rope_theta: rope.theta,
        rope_scaling: rope.scaling,
        // Ends are the engine's business: Candle's model does not look at these.
        bos_token_id: None,
        eos_token_id: None,
        max_position_embeddings: config.needed_count("max_position_embeddings", MAX_WIDTH)?,
        tie_word_embeddings: config.flag("tie_word_embeddings", false)?,
    };
    check_heads(config, &result)?;
    Ok(result)
}

/// What Candle takes for granted about the heads.
fn check_heads(config: &Config<'_>, llama: &LlamaConfig) -> Result<()> {
    let (hidden, heads) = (llama.hidden_size, llama.num_attention_heads);
    if !hidden.is_multiple_of(heads) || !(hidden / heads).is_multiple_of(2) {
        let expected = format!("an even multiple of the {heads} attention heads");
        return Err(config.bad("hidden_size", &expected));
    }
    if !heads.is_multiple_of(llama.num_key_value_heads) {
        return Err(config.bad("num_key_value_heads", &format!("a divisor of {heads}")));
    }
    // Its cache compares this dimension, instead of the length, with the context.
    if llama.num_key_value_heads > llama.max_position_embeddings {
        let expected = format!("at least the {} key-value heads", llama.num_key_value_heads);
        return Err(config.bad("max_position_embeddings", &expected));
    }
    let head_dim = hidden / heads;
    match config.count("head_dim", MAX_WIDTH)? {
        Some(other) if other != head_dim => {
            let reason = format!("only hidden_size / num_attention_heads = {head_dim} is");
            Err(config.unsupported("head_dim", reason))
        }
        _ => Ok(()),
    }
}

impl Plan for LlamaPlan {
    fn tensors(&self) -> Vec<Expected> {
        let LlamaConfig {
            hidden_size,
            vocab_size,
            ..
        } = self.config;
        let mut all = vec![
            Expected::new("model.embed_tokens.weight", [vocab_size, hidden_size]),
            Expected::new("model.norm.weight", [hidden_size]),
        ];
        if !self.config.tie_word_embeddings {
            all.push(Expected::new("lm_head.weight", [vocab_size, hidden_size]));
        }
        (0..self.config.num_hidden_layers).for_each(|layer| all.extend(self.layer(layer)));
        all
    }

    fn build(&self, weights: Weights, dtype: DType, device: &Device) -> Result<Box<dyn Model>> {
        if fused::suits(&self.config, dtype, device) {
            let model = FusedLlama::build(weights, &self.config, dtype, device)?;
            return Ok(Box::new(model));
        }
        let llama = Llama::load(weights.var_builder(), &self.config)?;
        let empty_cache = Cache::new(true, dtype, &self.config, device)?;
        let device = device.clone();
        Ok(Box::new(LlamaModel {
            llama,
            empty_cache,
            device,
            config: self.config.clone(),
        }))
    }
}

impl LlamaPlan {
    fn layer(&self, layer: usize) -> impl Iterator<Item = Expected> {
        let c = &self.config;
        let (hidden, inner) = (c.hidden_size, c.intermediate_size);
        let key_value = hidden / c.num_attention_heads * c.num_key_value_heads;
        let tensors: [(&str, Vec<usize>); 9] = [
            ("input_layernorm", vec![hidden]),
            ("post_attention_layernorm", vec![hidden]),
            ("self_attn.q_proj", vec![hidden, hidden]),
            ("self_attn.k_proj", vec![key_value, hidden]),
            ("self_attn.v_proj", vec![key_value, hidden]),
            ("self_attn.o_proj", vec![hidden, hidden]),
            ("mlp.gate_proj", vec![inner, hidden]),
            ("mlp.up_proj", vec![inner, hidden]),
            ("mlp.down_proj", vec![hidden, inner]),
        ];
        tensors.into_iter().map(move |(name, shape)| {
            Expected::new(format!("model.layers.{layer}.{name}.weight"), shape)
        })
    }
}

struct LlamaModel {
    llama: Llama,
    /// Holds the rotary tables, which every sequence shares: cloning it copies no numbers.
    empty_cache: Cache,
    device: Device,
    config: LlamaConfig,
}

impl Model for LlamaModel {
    fn vocabulary(&self) -> usize {
        self.config.vocab_size
    }

    fn context(&self) -> usize {
        self.config.max_position_embeddings
    }

    fn start(&self) -> Box<dyn Sequence + '_> {
        Box::new(LlamaSequence {
            model: self,
            cache: self.empty_cache.clone(),
            position: 0,
        })
    }
}

struct LlamaSequence<'m> {
    model: &'m LlamaModel,
    cache: Cache,
    position: usize,
}

impl Sequence for LlamaSequence<'_> {
    fn feed(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        let input = Tensor::new(tokens, &self.model.device)?.unsqueeze(0)?;
        let logits = self
            .model
            .llama
            .forward(&input, self.position, &mut self.cache)?;
        self.position += tokens.len();
        Ok(logits.squeeze(0)?.to_vec1()?)
    }

    fn position(&self) -> usize {
        self.position
    }
}

#[cfg(test)]
mod tests;
