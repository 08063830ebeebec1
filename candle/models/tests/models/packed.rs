//! Models with packed weights, from GGUF files that are written here, in memory.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{Content, Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Result};
use candle_nn::VarBuilder;
use candle_transformers::models::{quantized_llama, quantized_qwen3};
use redwick_candle_models::{difference, random_weights, targets};

use crate::generation::{Step, run};

/// A whole number of blocks of any type is this wide.
const WIDTH: usize = 256;
const HEAD: usize = 64;
const VOCABULARY: usize = 97;
const LAYERS: usize = 2;

/// The types of a file's matrices, in turn.
type Types = &'static [GgmlDType];

const OF_32: Types = &[
    GgmlDType::Q4_0,
    GgmlDType::Q8_0,
    GgmlDType::Q5_1,
    GgmlDType::Q4_1,
    GgmlDType::Q5_0,
];

const OF_256: Types = &[
    GgmlDType::Q4K,
    GgmlDType::Q6K,
    GgmlDType::Q3K,
    GgmlDType::Q5K,
    GgmlDType::Q2K,
];

/// How far logits may be off, relative to the greatest: the CPU and the device round activations to 8
/// bits, each in its own way.
const TOLERANCE: f32 = 6e-2;

/// The tensors of a file, by name.
struct File {
    tensors: Vec<(String, QTensor)>,
    weights: VarBuilder<'static>,
    types: Types,
}

impl File {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<()> {
        let kind = self.types[self.tensors.len() % self.types.len()];
        let matrix = self.weights.get((rows, columns), name)?;
        let packed = QTensor::quantize(&matrix, kind)?;
        self.tensors.push((name.to_owned(), packed));
        Ok(())
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<()> {
        let packed = QTensor::quantize(&self.weights.get(width, name)?, GgmlDType::F32)?;
        self.tensors.push((name.to_owned(), packed));
        Ok(())
    }

    /// A file of an architecture that names its tensors like llama.
    fn of(types: Types, head_norms: bool) -> Result<Self> {
        let weights = random_weights(DType::F32, DType::F32, &Device::Cpu);
        let mut file = Self {
            tensors: Vec::new(),
            weights,
            types,
        };
        file.matrix("token_embd.weight", VOCABULARY, WIDTH)?;
        file.matrix("output.weight", VOCABULARY, WIDTH)?;
        file.norm("output_norm.weight", WIDTH)?;
        for layer in 0..LAYERS {
            let name = |part: &str| format!("blk.{layer}.{part}.weight");
            let (heads, k_heads) = (WIDTH, WIDTH / 2);
            file.matrix(&name("attn_q"), heads, WIDTH)?;
            file.matrix(&name("attn_k"), k_heads, WIDTH)?;
            file.matrix(&name("attn_v"), k_heads, WIDTH)?;
            file.matrix(&name("attn_output"), WIDTH, heads)?;
            for part in ["ffn_gate", "ffn_up", "ffn_down"] {
                file.matrix(&name(part), WIDTH, WIDTH)?;
            }
            for part in ["attn_norm", "ffn_norm"] {
                file.norm(&name(part), WIDTH)?;
            }
            let of_heads = ["attn_q_norm", "attn_k_norm"];
            for part in of_heads.into_iter().filter(|_| head_norms) {
                file.norm(&name(part), HEAD)?;
            }
        }
        Ok(file)
    }

    /// `numbers_in`: as in the file's `general.dtype`, 0 for f32 and 1 for f16.
    fn bytes(&self, architecture: &str, numbers_in: u32) -> Result<Vec<u8>> {
        let numbers = [
            ("attention.head_count", WIDTH / HEAD),
            ("attention.head_count_kv", WIDTH / HEAD / 2),
            ("attention.key_length", HEAD),
            ("block_count", LAYERS),
            ("embedding_length", WIDTH),
            ("context_length", 32),
            ("rope.dimension_count", HEAD),
        ];
        let fractions = [
            ("attention.layer_norm_rms_epsilon", 1e-6),
            ("rope.freq_base", 1e4),
        ];
        let numbers = numbers.map(|(name, number)| (name, Value::U32(number as u32)));
        let fractions = fractions.map(|(name, number)| (name, Value::F32(number)));
        let metadata: Vec<(String, Value)> = numbers
            .into_iter()
            .chain(fractions)
            .map(|(name, value)| (format!("{architecture}.{name}"), value))
            .chain([("general.dtype".to_owned(), Value::U32(numbers_in))])
            .collect();
        let metadata: Vec<_> = metadata
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        let tensors: Vec<_> = self
            .tensors
            .iter()
            .map(|(name, packed)| (name.as_str(), packed))
            .collect();
        let mut bytes = Cursor::new(Vec::new());
        write(&mut bytes, &metadata, &tensors)?;
        Ok(bytes.into_inner())
    }
}

/// A model from a file's bytes.
type Load = fn(&[u8], &Device) -> Result<Step>;

fn load_llama(bytes: &[u8], device: &Device) -> Result<Step> {
    let mut reader = Cursor::new(bytes);
    let content = Content::read(&mut reader)?;
    let mut model = quantized_llama::ModelWeights::from_gguf(content, &mut reader, device)?;
    Ok(Box::new(move |ids, at| model.forward(ids, at)))
}

fn load_qwen3(bytes: &[u8], device: &Device) -> Result<Step> {
    let mut reader = Cursor::new(bytes);
    let content = Content::read(&mut reader)?;
    let mut model = quantized_qwen3::ModelWeights::from_gguf(content, &mut reader, device)?;
    Ok(Box::new(move |ids, at| model.forward(ids, at)))
}

fn check(architecture: &str, types: Types, numbers_in: u32, load: Load) -> Result<()> {
    let bytes = File::of(types, architecture == "qwen3")?.bytes(architecture, numbers_in)?;
    let expected = run(load(&bytes, &Device::Cpu)?, &Device::Cpu, None)?;
    for target in targets() {
        let device = target.open()?;
        let found = run(load(&bytes, &device)?, &device, Some(&expected.tokens))?;
        for (at, (found, expected)) in found.logits.iter().zip(&expected.logits).enumerate() {
            let difference = difference(found, expected)?;
            assert!(
                difference <= TOLERANCE,
                "{architecture} on {}: logits of step {at} differ by {difference}",
                target.name
            );
        }
    }
    Ok(())
}

#[test]
fn llama_in_blocks_of_32() -> Result<()> {
    check("llama", OF_32, 0, load_llama)
}

#[test]
fn llama_in_blocks_of_256() -> Result<()> {
    check("llama", OF_256, 0, load_llama)
}

#[test]
fn qwen3_in_blocks_of_32() -> Result<()> {
    check("qwen3", OF_32, 0, load_qwen3)
}

#[test]
fn qwen3_in_blocks_of_256() -> Result<()> {
    check("qwen3", OF_256, 0, load_qwen3)
}

#[test]
fn qwen3_whose_numbers_are_f16() -> Result<()> {
    check("qwen3", OF_32, 1, load_qwen3)
}
