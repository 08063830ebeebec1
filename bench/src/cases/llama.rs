//! A language model in the shape of Llama 3 8B, in bf16, of random weights: Candle's own model, the
//! same source on both backends.

use candle_core::{DType, Device, Result, Tensor};
use candle_transformers::models::llama::{Cache, Config, Llama};

use super::{Size, weights};
use crate::case::{Case, Program};
use crate::input::indices;

const DTYPE: DType = DType::BF16;

pub(super) fn cases(size: Size) -> Vec<Case> {
    let config = config(size);
    vec![
        decode(&config, 16),
        decode(&config, 4096 / size.shrink),
        prefill(&config, 512 / size.shrink),
    ]
}

/// The published shape.
pub(super) fn config(size: Size) -> Config {
    Config {
        hidden_size: 4096,
        intermediate_size: 14_336,
        vocab_size: 128_256,
        num_hidden_layers: size.of(32),
        num_attention_heads: 32,
        num_key_value_heads: 8,
        use_flash_attn: false,
        rms_norm_eps: 1e-5,
        rope_theta: 500_000.0,
        bos_token_id: None,
        eos_token_id: None,
        rope_scaling: None,
        max_position_embeddings: 8192,
        tie_word_embeddings: false,
    }
}

/// The weights that a token's products read.
pub(super) fn weights(config: &Config) -> usize {
    let heads = config.num_attention_heads + 2 * config.num_key_value_heads;
    let head = config.hidden_size / config.num_attention_heads;
    let attention = config.hidden_size * (heads * head + config.hidden_size);
    let layer = attention + 3 * config.hidden_size * config.intermediate_size;
    config.num_hidden_layers * layer + config.vocab_size * config.hidden_size
}

fn model(config: &Config, device: &Device) -> Result<(Llama, Cache)> {
    let model = Llama::load(weights::drawn(DTYPE, device), config)?;
    let cache = Cache::new(true, DTYPE, config, device)?;
    Ok((model, cache))
}

pub(super) fn tokens(config: &Config, count: usize, device: &Device) -> Result<Tensor> {
    indices(&[1, count], config.vocab_size).make(device)
}

/// A token after so many: the context grows by one in each run.
fn decode(config: &Config, context: usize) -> Case {
    let bytes = weights(config) * DTYPE.size_in_bytes();
    let (title, config) = (
        format!("Llama-8B bf16 decode after {context}"),
        config.clone(),
    );
    Case::program("model", title, DTYPE, move |device| {
        let (model, mut cache) = model(&config, device)?;
        model.forward(&tokens(&config, context, device)?, 0, &mut cache)?;
        let token = tokens(&config, 1, device)?;
        let mut position = context;
        let program: Program = Box::new(move || {
            position += 1;
            model.forward(&token, position - 1, &mut cache)
        });
        Ok(program)
    })
    .moving(bytes as u64)
}

/// So many tokens at once.
fn prefill(config: &Config, count: usize) -> Case {
    let layers = weights(config) - config.vocab_size * config.hidden_size;
    let title = format!("Llama-8B bf16 prefill of {count}");
    let config = config.clone();
    Case::program("model", title, DTYPE, move |device| {
        let (model, empty) = model(&config, device)?;
        let prompt = tokens(&config, count, device)?;
        let program: Program = Box::new(move || model.forward(&prompt, 0, &mut empty.clone()));
        Ok(program)
    })
    .computing(2 * (count * layers) as u64)
}
