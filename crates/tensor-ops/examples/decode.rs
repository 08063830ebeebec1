//! Times a language model's step of one token, of the shape of Llama 3 8B with random weights, as a
//! graph and launch by launch: `cargo run --release -p redwick-tensor-ops --example decode -- rocm:0`.
//!
//! Tokens are chosen on the device, so that nothing waits for the host; the last column is with a token
//! from the host and all scores back, as an engine does it. Caches are random, as the weights are.

use std::error::Error;
use std::time::Instant;

use redwick_tensor_ops::decode::{Cache, Decoder, Layer, Matrix, Shape, Weights};
use redwick_tensor_ops::ops::Random;
use redwick_tensor_ops::quantized::{Format, Packed};
use redwick_tensor_ops::{Context, DType, DeviceSpec, Layout, Storage, View, open};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const SHAPE: Shape = Shape {
    hidden: 4096,
    inner: 14336,
    heads: 32,
    k_heads: 8,
    width: 128,
    layers: 32,
    vocabulary: 128_256,
    positions: 4352,
    epsilon: 1e-5,
    interleaved: false,
};

/// Tokens before the step.
const POSITIONS: [usize; 3] = [16, 512, 4096];

/// Steps between two events, and how often.
const STEPS: usize = 32;
const TIMES: usize = 5;

/// A model's name, the dtype of its activations, and what its weights are packed as, by GGUF's number.
const MODELS: [(&str, DType, Option<u32>); 5] = [
    ("bf16", DType::BF16, None),
    ("f16", DType::F16, None),
    ("Q4_0", DType::F32, Some(2)),
    ("Q4K", DType::F32, Some(12)),
    ("Q8_0", DType::F32, Some(8)),
];

fn main() -> Result<()> {
    let spec = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "rocm:0".to_owned());
    let context = open(&spec.parse::<DeviceSpec>()?)?;
    println!("{}", context.device());
    for (name, dtype, packed) in MODELS {
        let model = Model::random(&context, dtype, packed)?;
        time(&context, name, dtype, &model)?;
        drop(model);
        context.trim()?;
    }
    Ok(())
}

/// A tensor with its dimensions: numbers, or packed.
enum Tensor {
    Numbers(Storage, Layout),
    Packed(Packed, usize),
}

impl Tensor {
    fn view(&self) -> Result<View<'_>> {
        match self {
            Self::Numbers(storage, layout) => Ok(View::new(storage, layout)?),
            Self::Packed(..) => Err("packed where numbers are wanted".into()),
        }
    }

    fn matrix(&self) -> Result<Matrix<'_>> {
        Ok(match self {
            Self::Numbers(..) => Matrix::Numbers(self.view()?),
            Self::Packed(weights, rows) => Matrix::Packed {
                weights,
                rows: *rows,
            },
        })
    }
}

/// Makes random tensors.
struct Maker<'a> {
    context: &'a Context,
    random: Random,
    dtype: DType,
    packed: Option<u32>,
}

impl Maker<'_> {
    fn numbers(&mut self, dims: &[usize], low: f64, high: f64) -> Result<Tensor> {
        let layout = Layout::contiguous(dims);
        let count = layout.elements();
        let storage = self
            .random
            .uniform(self.context, self.dtype, count, low, high)?;
        Ok(Tensor::Numbers(storage, layout))
    }

    fn matrix(&mut self, rows: usize, columns: usize) -> Result<Tensor> {
        let Some(number) = self.packed else {
            let most = 1.7 / (columns as f64).sqrt();
            return self.numbers(&[rows, columns], -most, most);
        };
        let format = Format::of_gguf(number)?;
        let mut bytes = vec![0; format.bytes_of("weights", rows * columns)?];
        let mut state = 1u64;
        for word in bytes.chunks_exact_mut(8) {
            // Knuth's MMIX generator; its high bits are the good ones.
            state = state.wrapping_mul(6_364_136_223_846_793_005);
            state = state.wrapping_add(1_442_695_040_888_963_407);
            word.copy_from_slice(&(state >> 11).to_le_bytes());
        }
        // Scales in f16, at the start of each block of these formats, that keep numbers finite.
        let scales = if format.values == 32 { 1 } else { 2 };
        for block in bytes.chunks_mut(format.bytes) {
            for scale in block[..2 * scales].chunks_mut(2) {
                scale.copy_from_slice(&0x1000u16.to_le_bytes());
            }
        }
        Ok(Tensor::Packed(
            Packed::upload(self.context, format, &bytes)?,
            rows,
        ))
    }
}

/// Weights, caches and tables.
struct Model {
    table: Tensor,
    /// For each layer: norm, qkv, out, norm, gate and up, down; keys, values.
    layers: Vec<[Tensor; 8]>,
    norm: Tensor,
    head: Tensor,
    angles: [Tensor; 2],
}

impl Model {
    fn random(context: &Context, dtype: DType, packed: Option<u32>) -> Result<Self> {
        let random = Random::seeded(1);
        let mut make = Maker {
            context,
            random,
            dtype,
            packed,
        };
        let s = SHAPE;
        let (heads, k_heads) = (s.heads * s.width, s.k_heads * s.width);
        let cache = [s.k_heads, s.positions, s.width];
        let mut layer = || {
            Ok::<_, Box<dyn Error>>([
                make.numbers(&[s.hidden], 0.5, 1.5)?,
                make.matrix(heads + 2 * k_heads, s.hidden)?,
                make.matrix(s.hidden, heads)?,
                make.numbers(&[s.hidden], 0.5, 1.5)?,
                make.matrix(2 * s.inner, s.hidden)?,
                make.matrix(s.hidden, s.inner)?,
                make.numbers(&cache, -1.0, 1.0)?,
                make.numbers(&cache, -1.0, 1.0)?,
            ])
        };
        let layers = (0..s.layers).map(|_| layer()).collect::<Result<_>>()?;
        let angles = [s.positions, s.width / 2];
        Ok(Self {
            layers,
            table: make.numbers(&[s.vocabulary, s.hidden], -1.0, 1.0)?,
            norm: make.numbers(&[s.hidden], 0.5, 1.5)?,
            head: make.matrix(s.vocabulary, s.hidden)?,
            angles: [
                make.numbers(&angles, -0.7, 0.7)?,
                make.numbers(&angles, -0.7, 0.7)?,
            ],
        })
    }

    fn weights(&self) -> Result<Weights<'_>> {
        Ok(Weights {
            table: self.table.view()?,
            layers: self.layers.iter().map(layer_of).collect::<Result<_>>()?,
            norm: self.norm.view()?,
            head: self.head.matrix()?,
        })
    }

    fn caches(&self) -> Result<Vec<Cache<'_>>> {
        let both = self
            .layers
            .iter()
            .map(|layer| Ok([layer[6].view()?, layer[7].view()?]));
        both.collect()
    }
}

fn layer_of(tensors: &[Tensor; 8]) -> Result<Layer<'_>> {
    let [norm, qkv, out, inner_norm, gate_up, down, _, _] = tensors;
    Ok(Layer {
        norm: norm.view()?,
        qkv: vec![qkv.matrix()?],
        out: out.matrix()?,
        inner_norm: inner_norm.view()?,
        gate_up: gate_up.matrix()?,
        down: down.matrix()?,
    })
}

fn time(context: &Context, name: &str, dtype: DType, model: &Model) -> Result<()> {
    let (weights, caches) = (model.weights()?, model.caches()?);
    let angles = [model.angles[0].view()?, model.angles[1].view()?];
    let decoder = Decoder::new(context, SHAPE, dtype, angles)?;
    let step = || decoder.step(&weights, &caches);
    let both = || step().and_then(|()| decoder.advance());
    decoder.set(1, 0)?;
    both()?;
    let (graph, ()) = context.capture(both)?;
    let (scores, ()) = context.capture(step)?;
    println!("{name}: {} launches in one", graph.nodes());
    for position in POSITIONS {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            decoder.set(1, position)?;
            graph.launch()?;
            times.push(between(context, || Ok(graph.launch()?))?);
        }
        times.sort_by(f64::total_cmp);
        let ms = times[TIMES / 2];
        decoder.set(1, position)?;
        let plain = between(context, || Ok(both()?))?;
        let mut bytes = vec![0; decoder.logits().bytes()];
        let start = Instant::now();
        for at in 0..STEPS {
            decoder.set(1, position + at)?;
            scores.launch()?;
            decoder.logits().download(&mut bytes)?;
        }
        let engine = start.elapsed().as_secs_f64() * 1e3 / STEPS as f64;
        println!(
            "  after {position:4}: {ms:.3} ms, {:.0} tokens/s; launch by launch {plain:.3} ms; with the \
             host {engine:.3} ms, {:.0} tokens/s",
            1e3 / ms,
            1e3 / engine
        );
    }
    Ok(())
}

/// Milliseconds of a run, of many between two events.
fn between(context: &Context, mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = context.device().create_event(true)?;
    let stop = context.device().create_event(true)?;
    context.stream().record(&start)?;
    for _ in 0..STEPS {
        run()?;
    }
    context.stream().record(&stop)?;
    stop.synchronize()?;
    Ok(f64::from(stop.milliseconds_since(&start)?) / STEPS as f64)
}
