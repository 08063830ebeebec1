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
    /// After the prompt; only some answers have them.
    logits: Option<Vec<f32>>,
}

fn references() -> Vec<Continuation> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo/reference.json");
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    json["continuations"]
        .as_array()
        .unwrap()
        .iter()
        .map(read)
        .collect()
}

fn read(json: &Value) -> Continuation {
    let list = |key: &str| json[key].as_array().cloned();
    let tokens = |key: &str| -> Vec<u32> {
        let list = list(key).unwrap();
        list.iter()
            .map(|token| token.as_u64().unwrap() as u32)
            .collect()
    };
    let logits = list("logits").map(|logits| {
        logits
            .iter()
            .map(|logit| logit.as_f64().unwrap() as f32)
            .collect()
    });
    Continuation {
        prompt: json["prompt"].as_str().unwrap().to_owned(),
        prompt_tokens: tokens("prompt_tokens"),
        tokens: tokens("tokens_past_the_end"),
        logits,
    }
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

fn full_precision(device: &str, references: &[Continuation]) {
    let engine = engine(device, Precision::F32);
    for Continuation {
        prompt,
        prompt_tokens,
        tokens,
        logits,
    } in references
    {
        assert_eq!(
            engine.codec().encode(prompt).unwrap(),
            *prompt_tokens,
            "{prompt}"
        );
        if let Some(logits) = logits {
            let difference = difference(&first_logits(&engine, prompt_tokens), logits);
            assert!(difference <= 1e-4, "{device}, {prompt}: {difference}");
        }
        assert_eq!(
            greedy(&engine, prompt_tokens),
            *tokens,
            "{device}, {prompt}"
        );
    }
}

fn half_precision(device: &str, references: &[Continuation]) {
    for precision in [Precision::F16, Precision::Bf16] {
        let engine = engine(device, precision);
        let with_logits = |reference: &Continuation| {
            Some((reference.prompt_tokens.clone(), reference.logits.clone()?))
        };
        for (prompt, logits) in references.iter().filter_map(with_logits) {
            let difference = difference(&first_logits(&engine, &prompt), &logits);
            assert!(
                difference > 0.0 && difference <= 2e-2,
                "{device}, {precision:?}: {difference}"
            );
        }
    }
}

#[test]
fn the_cpu_computes_the_reference() {
    let references = references();
    assert!(
        references
            .iter()
            .any(|reference| reference.logits.is_some())
    );
    full_precision("cpu", &references);
    half_precision("cpu", &references);
}

/// An emulated GPU takes its time: the sum that has logits, and an answer of more than a word.
fn is_on_gpus(reference: &Continuation) -> bool {
    reference.logits.is_some() || reference.prompt.starts_with("count from")
}

/// A test per target: 32 greedy tokens and logits in f32, logits in f16 and bf16.
macro_rules! on_targets {
    ($($target:ident),*) => {$(
        #[test]
        fn $target() {
            let device = concat!("emulated:", stringify!($target), ":checked");
            let references = references();
            let few: Vec<_> = references.into_iter().filter(is_on_gpus).collect();
            assert_eq!(few.len(), 2);
            full_precision(device, &few);
            half_precision(device, &few);
        }
    )*};
}

on_targets!(gfx90a, gfx942, gfx1100);
