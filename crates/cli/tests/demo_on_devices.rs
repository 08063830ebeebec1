//! The demo model on the CPU and on emulated GPUs, against numbers computed outside of Candle.

#![allow(clippy::unwrap_used)]
#![cfg(feature = "emulator")]

use std::path::Path;

use redwick_cli::demo;
use redwick_cli::device::DeviceName;
use redwick_llm::{Engine, LoadOptions, Precision};
use serde_json::Value;

/// How many tokens each answer is followed for, past its end.
const TOKENS: usize = 32;

/// An answer as `models/demo/reference.json` has it.
struct Continuation {
    prompt: String,
    prompt_tokens: Vec<u32>,
    tokens: Vec<u32>,
    logits: Vec<f32>,
}

fn references() -> Vec<Continuation> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo/reference.json");
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let list = |json: &Value| json.as_array().unwrap().clone();
    let tokens = |json: &Value| -> Vec<u32> {
        list(json)
            .iter()
            .map(|token| token.as_u64().unwrap() as u32)
            .collect()
    };
    let read = |json: &Value| Continuation {
        prompt: json["prompt"].as_str().unwrap().to_owned(),
        prompt_tokens: tokens(&json["prompt_tokens"]),
        tokens: tokens(&json["tokens_past_the_end"]),
        logits: list(&json["logits"])
            .iter()
            .map(|logit| logit.as_f64().unwrap() as f32)
            .collect(),
    };
    list(&json["continuations"]).iter().map(read).collect()
}

fn engine(device: &str, precision: Precision) -> Engine {
    let device = device.parse::<DeviceName>().unwrap().open().unwrap().device;
    Engine::load(&demo::model(), &LoadOptions { device, precision }).unwrap()
}

fn largest(logits: &[f32]) -> usize {
    (0..logits.len())
        .max_by(|a, b| logits[*a].total_cmp(&logits[*b]))
        .unwrap()
}

/// The largest difference, relative to the largest of the expected.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let differences = found
        .iter()
        .zip(expected)
        .map(|(found, expected)| (found - expected).abs());
    differences.fold(0.0, f32::max) / expected[largest(expected)].abs()
}

fn first_logits(engine: &Engine, prompt: &[u32]) -> Vec<f32> {
    engine.model().start().feed(prompt).unwrap()
}

/// Greedy tokens, whether or not one of them is an end.
fn greedy(engine: &Engine, prompt: &[u32]) -> Vec<u32> {
    let mut sequence = engine.model().start();
    let mut logits = sequence.feed(prompt).unwrap();
    let mut tokens = Vec::new();
    while tokens.len() < TOKENS {
        let token = largest(&logits) as u32;
        tokens.push(token);
        logits = sequence.feed(&[token]).unwrap();
    }
    tokens
}

fn full_precision(device: &str, count: usize) {
    let engine = engine(device, Precision::F32);
    for reference in references().iter().take(count) {
        let prompt = engine.codec().encode(&reference.prompt).unwrap();
        assert_eq!(prompt, reference.prompt_tokens, "{}", reference.prompt);
        let difference = difference(&first_logits(&engine, &prompt), &reference.logits);
        assert!(
            difference <= 1e-4,
            "{device}, {}: {difference}",
            reference.prompt
        );
        assert_eq!(
            greedy(&engine, &prompt),
            reference.tokens,
            "{device}, {}",
            reference.prompt
        );
    }
}

fn half_precision(device: &str) {
    let reference = &references()[0];
    for precision in [Precision::F16, Precision::Bf16] {
        let engine = engine(device, precision);
        let logits = first_logits(&engine, &reference.prompt_tokens);
        let difference = difference(&logits, &reference.logits);
        assert!(
            difference > 0.0 && difference <= 2e-2,
            "{device}, {precision:?}: {difference}"
        );
    }
}

#[test]
fn the_cpu_computes_the_reference() {
    full_precision("cpu", usize::MAX);
    half_precision("cpu");
}

/// A test per target: 32 greedy tokens and logits in f32, logits in f16 and bf16.
macro_rules! on_targets {
    ($($target:ident),*) => {$(
        #[test]
        fn $target() {
            let device = concat!("emulated:", stringify!($target));
            full_precision(device, 1);
            half_precision(device);
        }
    )*};
}

on_targets!(gfx90a, gfx942, gfx1100);
