//! A small random model of the Llama family on emulated GPUs, whose kernels fit that family, against
//! candle-transformers on the CPU: grouped heads, scaled angles, prompts in pieces, caches that grow.

#![allow(clippy::unwrap_used)]
#![cfg(feature = "emulator")]

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use redwick_cli::device::DeviceName;
use redwick_llm::{Engine, LoadOptions, Precision, Source};
use serde_json::{Value, json};

const HIDDEN: usize = 96;
const INNER: usize = 80;
const VOCABULARY: usize = 40;
/// Keys and values: one head of 32 for three of queries.
const KEY_VALUE: usize = 32;
const LAYERS: usize = 2;

/// Where the caches grow first.
const FIRST_POSITIONS: usize = 512;

fn config(tied: bool) -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"], "hidden_size": HIDDEN, "intermediate_size": INNER,
        "vocab_size": VOCABULARY, "num_hidden_layers": LAYERS, "num_attention_heads": 3,
        "num_key_value_heads": 1, "max_position_embeddings": 600, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
            "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64},
        "eos_token_id": 1, "hidden_act": "silu", "tie_word_embeddings": tied, "dtype": "float32"
    })
}

/// A character a token.
fn tokenizer() -> Value {
    let letters = (b'0'..).take(VOCABULARY).enumerate();
    let vocabulary = letters.map(|(id, letter)| (char::from(letter).to_string(), id.into()));
    json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null,
        "post_processor": null, "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "merges": [], "unk_token": null,
            "vocab": vocabulary.collect::<serde_json::Map<_, _>>()}
    })
}

/// Numbers about `mean` that look random and are the same everywhere.
fn random(state: &mut u64, shape: &[usize], scale: f32, mean: f32) -> Tensor {
    let mut number = || {
        *state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((*state >> 40) as f32 / (1 << 23) as f32 - 1.0) * scale + mean
    };
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| number()).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn tensors(tied: bool) -> HashMap<String, Tensor> {
    let layer: [(&str, [usize; 2]); 7] = [
        ("self_attn.q_proj", [HIDDEN, HIDDEN]),
        ("self_attn.k_proj", [KEY_VALUE, HIDDEN]),
        ("self_attn.v_proj", [KEY_VALUE, HIDDEN]),
        ("self_attn.o_proj", [HIDDEN, HIDDEN]),
        ("mlp.gate_proj", [INNER, HIDDEN]),
        ("mlp.up_proj", [INNER, HIDDEN]),
        ("mlp.down_proj", [HIDDEN, INNER]),
    ];
    let (mut state, mut all) = (1, HashMap::new());
    let mut matrix = |name: &str, shape: [usize; 2]| {
        all.insert(
            format!("{name}.weight"),
            random(&mut state, &shape, 0.2, 0.0),
        );
    };
    matrix("model.embed_tokens", [VOCABULARY, HIDDEN]);
    if !tied {
        matrix("lm_head", [VOCABULARY, HIDDEN]);
    }
    for number in 0..LAYERS {
        layer
            .iter()
            .for_each(|(name, shape)| matrix(&format!("model.layers.{number}.{name}"), *shape));
    }
    let mut norm = |name: String| all.insert(name, random(&mut state, &[HIDDEN], 0.3, 1.0));
    norm("model.norm.weight".to_owned());
    for number in 0..LAYERS {
        norm(format!("model.layers.{number}.input_layernorm.weight"));
        norm(format!(
            "model.layers.{number}.post_attention_layernorm.weight"
        ));
    }
    all
}

fn write(folder: &Path, tied: bool) {
    let json =
        |name: &str, json: Value| std::fs::write(folder.join(name), json.to_string()).unwrap();
    json("config.json", config(tied));
    json("tokenizer.json", tokenizer());
    candle_core::safetensors::save(&tensors(tied), folder.join("model.safetensors")).unwrap();
}

fn engine(folder: &Path, device: &str, precision: Precision) -> Engine {
    let device = device.parse::<DeviceName>().unwrap().open().unwrap().device;
    let source = Source::from_path(folder).unwrap();
    Engine::load(&source, &LoadOptions { device, precision }).unwrap()
}

/// The logits behind each piece of a text, one piece fed after another.
fn logits(engine: &Engine, pieces: &[usize]) -> Vec<Vec<f32>> {
    let mut sequence = engine.model().start();
    let mut feed = |count: usize| {
        let first = sequence.position();
        let tokens: Vec<u32> = (first..first + count)
            .map(|at| (at * at % 37) as u32)
            .collect();
        sequence.feed(&tokens).unwrap()
    };
    pieces.iter().map(|count| feed(*count)).collect()
}

/// The distance of two rows of logits, relative to the length of one.
fn distance(found: &[f32], expected: &[f32]) -> f32 {
    let length = |values: &mut dyn Iterator<Item = f32>| values.map(|x| x * x).sum::<f32>().sqrt();
    let apart = length(&mut found.iter().zip(expected).map(|(a, b)| a - b));
    apart / length(&mut expected.iter().copied())
}

fn agree(device: &str, tied: bool, precision: Precision, bound: f32, pieces: &[usize]) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), tied);
    let expected = logits(&engine(folder.path(), "cpu", Precision::F32), pieces);
    let found = logits(&engine(folder.path(), device, precision), pieces);
    for (piece, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let apart = distance(found, expected);
        assert!(
            apart < bound,
            "{device} {precision:?}, piece {piece} of {pieces:?}: {apart}"
        );
    }
}

#[test]
fn tokens_one_by_one_and_prompts_in_pieces() {
    for device in ["emulated:gfx942", "emulated:gfx1100"] {
        let pieces = [1, 1, 5, 1, 1, 7, 1];
        agree(device, false, Precision::F32, 1e-5, &pieces);
        agree(device, true, Precision::F16, 1e-2, &pieces);
        agree(device, true, Precision::Bf16, 8e-2, &pieces);
    }
}

#[test]
fn caches_grow_and_keep_what_is_in_them() {
    let by_a_token = [FIRST_POSITIONS - 2, 1, 1, 1, 1];
    agree("emulated:gfx1100", false, Precision::F32, 1e-5, &by_a_token);
    let by_a_piece = [3, 1, FIRST_POSITIONS, 1];
    agree("emulated:gfx1100", true, Precision::F32, 1e-5, &by_a_piece);
}

#[test]
fn sequences_of_one_model_do_not_meet() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), false);
    let engine = engine(folder.path(), "emulated:gfx1100", Precision::F32);
    let alone = logits(&engine, &[4, 1, 1, 1]);
    let (mut one, mut other) = (engine.model().start(), engine.model().start());
    let tokens: Vec<u32> = (0..7).map(|at| at * at % 37).collect();
    other.feed(&[9, 8, 7]).unwrap();
    let mut found = vec![one.feed(&tokens[..4]).unwrap()];
    for token in &tokens[4..] {
        other.feed(&[*token + 1]).unwrap();
        found.push(one.feed(&[*token]).unwrap());
    }
    assert_eq!(found, alone);
}
