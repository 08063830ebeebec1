//! A tiny Llama with random weights, written as a Hugging Face folder.

#![allow(clippy::unwrap_used, dead_code)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use redwick_llm::{Engine, LoadOptions, Precision, Source};
use serde_json::{Value, json};

pub(crate) const LETTERS: &str = "abcdefgh ";
pub(crate) const END: u32 = 9;
pub(crate) const CONTEXT: usize = 24;

const HIDDEN: usize = 16;
const INNER: usize = 24;
const VOCABULARY: usize = 10;
const KEY_VALUE: usize = 8;
const LAYERS: usize = 2;

pub(crate) fn config() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"], "hidden_size": HIDDEN, "intermediate_size": INNER,
        "vocab_size": VOCABULARY, "num_hidden_layers": LAYERS, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_theta": 100.0, "rope_type": "default"}, "eos_token_id": 77,
        "hidden_act": "silu", "tie_word_embeddings": false, "dtype": "float32"
    })
}

/// A letter a token, and one special token for the end.
pub(crate) fn tokenizer() -> Value {
    let vocab: serde_json::Map<_, _> = LETTERS
        .chars()
        .enumerate()
        .map(|(id, c)| (c.to_string(), id.into()))
        .collect();
    json!({
        "version": "1.0", "added_tokens": [{"id": END, "content": "<end>", "special": true,
            "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}],
        "normalizer": null, "pre_tokenizer": null, "post_processor": null,
        "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "vocab": vocab, "merges": [], "unk_token": null}
    })
}

/// Numbers that look random and are the same everywhere.
fn random(state: &mut u64, shape: &[usize]) -> Tensor {
    let mut number = || {
        *state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (*state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| number()).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

pub(crate) fn tensors() -> HashMap<String, Tensor> {
    let mut state = 1;
    let mut all = HashMap::new();
    let mut add = |name: String, shape: &[usize]| {
        all.insert(name, random(&mut state, shape));
    };
    add("model.embed_tokens.weight".into(), &[VOCABULARY, HIDDEN]);
    add("model.norm.weight".into(), &[HIDDEN]);
    add("lm_head.weight".into(), &[VOCABULARY, HIDDEN]);
    for layer in 0..LAYERS {
        let mut layer_add = |name: &str, shape: &[usize]| {
            add(format!("model.layers.{layer}.{name}.weight"), shape);
        };
        layer_add("input_layernorm", &[HIDDEN]);
        layer_add("post_attention_layernorm", &[HIDDEN]);
        layer_add("self_attn.q_proj", &[HIDDEN, HIDDEN]);
        layer_add("self_attn.k_proj", &[KEY_VALUE, HIDDEN]);
        layer_add("self_attn.v_proj", &[KEY_VALUE, HIDDEN]);
        layer_add("self_attn.o_proj", &[HIDDEN, HIDDEN]);
        layer_add("mlp.gate_proj", &[INNER, HIDDEN]);
        layer_add("mlp.up_proj", &[INNER, HIDDEN]);
        layer_add("mlp.down_proj", &[HIDDEN, INNER]);
    }
    all
}

pub(crate) fn write_json(folder: &Path, name: &str, json: &Value) {
    fs::write(folder.join(name), json.to_string()).unwrap();
}

pub(crate) fn write_weights(folder: &Path, name: &str, tensors: &HashMap<String, Tensor>) {
    candle_core::safetensors::save(tensors, folder.join(name)).unwrap();
}

/// A folder with the whole model in it.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_json(folder.path(), "config.json", &config());
    write_json(folder.path(), "tokenizer.json", &tokenizer());
    write_json(
        folder.path(),
        "generation_config.json",
        &json!({"eos_token_id": [END]}),
    );
    write_weights(folder.path(), "model.safetensors", &tensors());
    folder
}

pub(crate) fn options(precision: Precision) -> LoadOptions {
    LoadOptions {
        device: Device::Cpu,
        precision,
    }
}

pub(crate) fn load(folder: &Path) -> redwick_llm::Result<Engine> {
    Engine::load(&Source::from_path(folder)?, &options(Precision::F32))
}

pub(crate) fn engine() -> Engine {
    let folder = folder();
    let engine = load(folder.path()).unwrap();
    assert_eq!(engine.dtype(), DType::F32);
    engine
}
