//! The language model in the shape of Llama 3 8B with weights packed as Q4_0: Candle's own model of GGUF
//! files. The file is not there: what is read of it is random blocks, repeated.

use std::collections::HashMap;
use std::io::{Read, Result as IoResult, Seek, SeekFrom};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::{Content, TensorInfo, Value, VersionedMagic};
use candle_core::{DType, Device, Result};
use candle_transformers::models::llama::Config;
use candle_transformers::models::quantized_llama::{MAX_SEQ_LEN, ModelWeights};

use super::quantized::Tile;
use super::{Size, llama};
use crate::case::{Case, Program};

const PACKING: GgmlDType = GgmlDType::Q4_0;

pub(super) fn cases(size: Size) -> Vec<Case> {
    let config = llama::config(size);
    vec![
        decode(&config, 16),
        decode(&config, 4096 / size.shrink),
        prefill(&config, 512 / size.shrink),
    ]
}

/// A token after so many: the context grows by one in each run. The model knows positions below
/// [`MAX_SEQ_LEN`] only, so tokens behind it are given the last one: they cost the same.
fn decode(config: &Config, context: usize) -> Case {
    let bytes = llama::weights(config) / PACKING.block_size() * PACKING.type_size();
    let title = format!("Llama-8B {PACKING:?} decode after {context}");
    let config = config.clone();
    Case::program("model", title, DType::F16, move |device| {
        let mut model = model(&config, device)?;
        model.forward(&llama::tokens(&config, context, device)?, 0)?;
        let token = llama::tokens(&config, 1, device)?;
        let mut position = context;
        let program: Program = Box::new(move || {
            position += 1;
            model.forward(&token, (position - 1).min(MAX_SEQ_LEN - 1))
        });
        Ok(program)
    })
    .moving(bytes as u64)
}

/// So many tokens at once; the first position empties the model's cache.
fn prefill(config: &Config, count: usize) -> Case {
    let title = format!("Llama-8B {PACKING:?} prefill of {count}");
    let layers = llama::weights(config) - config.vocab_size * config.hidden_size;
    let config = config.clone();
    Case::program("model", title, DType::F16, move |device| {
        let mut model = model(&config, device)?;
        let prompt = llama::tokens(&config, count, device)?;
        let program: Program = Box::new(move || model.forward(&prompt, 0));
        Ok(program)
    })
    .computing(2 * (count * layers) as u64)
}

fn model(config: &Config, device: &Device) -> Result<ModelWeights> {
    let blocks = Tile::new(PACKING, config.hidden_size)?.into_bytes();
    let ones = 1f32.to_le_bytes().to_vec();
    let mut file = Repeated::new([blocks, ones]);
    ModelWeights::from_gguf(content(config), &mut file, device)
}

/// What such a file's header says.
fn content(config: &Config) -> Content {
    let number = |value: usize| Value::U32(value as u32);
    let heads = config.num_attention_heads;
    let metadata = [
        ("general.architecture", Value::String("llama".into())),
        ("llama.attention.head_count", number(heads)),
        (
            "llama.attention.head_count_kv",
            number(config.num_key_value_heads),
        ),
        ("llama.block_count", number(config.num_hidden_layers)),
        ("llama.embedding_length", number(config.hidden_size)),
        (
            "llama.rope.dimension_count",
            number(config.hidden_size / heads),
        ),
        ("llama.rope.freq_base", Value::F32(config.rope_theta)),
        (
            "llama.attention.layer_norm_rms_epsilon",
            Value::F32(config.rms_norm_eps as f32),
        ),
    ];
    Content {
        magic: VersionedMagic::GgufV3,
        metadata: metadata.map(|(key, value)| (key.into(), value)).into(),
        tensor_infos: tensors(config),
        tensor_data_offset: 0,
    }
}

fn tensors(config: &Config) -> HashMap<String, TensorInfo> {
    let (width, inner, words) = (
        config.hidden_size,
        config.intermediate_size,
        config.vocab_size,
    );
    let keys = width / config.num_attention_heads * config.num_key_value_heads;
    let layer = [
        ("attn_q", width, width),
        ("attn_k", keys, width),
        ("attn_v", keys, width),
        ("attn_output", width, width),
        ("ffn_gate", inner, width),
        ("ffn_up", inner, width),
        ("ffn_down", width, inner),
    ];
    let mut tensors = HashMap::from([
        ("token_embd.weight".to_owned(), packed(words, width)),
        ("output.weight".to_owned(), packed(words, width)),
        ("output_norm.weight".to_owned(), norm(width)),
    ]);
    for index in 0..config.num_hidden_layers {
        let name = |part: &str| format!("blk.{index}.{part}.weight");
        let products = layer.map(|(part, out, depth)| (name(part), packed(out, depth)));
        let norms = ["attn_norm", "ffn_norm"].map(|part| (name(part), norm(width)));
        tensors.extend(products.into_iter().chain(norms));
    }
    tensors
}

fn packed(out: usize, depth: usize) -> TensorInfo {
    TensorInfo {
        ggml_dtype: PACKING,
        shape: (out, depth).into(),
        offset: 0,
    }
}

fn norm(width: usize) -> TensorInfo {
    TensorInfo {
        ggml_dtype: GgmlDType::F32,
        shape: width.into(),
        offset: Repeated::PART,
    }
}

/// A file of two parts, each of which is some bytes again and again.
struct Repeated {
    parts: [Vec<u8>; 2],
    position: u64,
}

impl Repeated {
    /// Bytes of a part: more than any tensor has.
    const PART: u64 = 1 << 40;

    fn new(parts: [Vec<u8>; 2]) -> Self {
        Self { parts, position: 0 }
    }
}

impl Read for Repeated {
    fn read(&mut self, into: &mut [u8]) -> IoResult<usize> {
        let Some(part) = self.parts.get((self.position / Self::PART) as usize) else {
            return Ok(0);
        };
        let start = (self.position % Self::PART) as usize % part.len();
        let count = into.len().min(part.len() - start);
        into[..count].copy_from_slice(&part[start..start + count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Repeated {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        let from = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => (2 * Self::PART).checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = from.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
