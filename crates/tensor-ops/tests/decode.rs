//! A language model's step, token by token, against the same model in plain loops.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use common::{Rng, contexts, download, upload};
use redwick_tensor_ops::decode::{Cache, Decoder, Layer, Matrix, Shape, Weights};
use redwick_tensor_ops::quantized::{Format, Packed};
use redwick_tensor_ops::{Context, DType, Layout, Storage, View, ops};

const SHAPE: Shape = Shape {
    hidden: 96,
    inner: 160,
    heads: 6,
    k_heads: 2,
    width: 64,
    layers: 2,
    vocabulary: 50,
    positions: 18,
    epsilon: 1e-5,
    interleaved: false,
};

/// Values with their dimensions, on the host and on the device.
struct Values {
    host: Vec<f32>,
    storage: Storage,
    layout: Layout,
    packed: Option<Packed>,
}

/// Numbers as the dtype has them.
fn rounded(context: &Context, dtype: DType, values: &[f32]) -> (Vec<f32>, Storage) {
    let f32s = upload(context, DType::F32, values);
    let layout = Layout::contiguous(&[values.len()]);
    let storage = ops::cast(View::new(&f32s, &layout).unwrap(), dtype).unwrap();
    let back = ops::cast(View::new(&storage, &layout).unwrap(), DType::F32).unwrap();
    (download(&back), storage)
}

/// Blocks of Q8_0: a step in f16, and 32 bytes.
fn packed_rows(values: &[f32]) -> (Vec<f32>, Vec<u8>) {
    let (mut back, mut bytes) = (Vec::new(), Vec::new());
    for block in values.chunks(32) {
        let step = 1.0 / 1024.0; // 2^-10 is exact in f16.
        bytes.extend_from_slice(&0x1400u16.to_le_bytes());
        for value in block {
            let quant = (value / step).round().clamp(-127.0, 127.0);
            bytes.push(quant as i8 as u8);
            back.push(quant * step);
        }
    }
    (back, bytes)
}

struct Maker<'a> {
    context: &'a Context,
    rng: Rng,
    dtype: DType,
    packed: bool,
}

impl Maker<'_> {
    fn numbers(&mut self, len: usize, scale: f32) -> Vec<f32> {
        let draw = |rng: &mut Rng| (rng.below(2001) as f32 / 1000.0 - 1.0) * scale;
        (0..len).map(|_| draw(&mut self.rng)).collect()
    }

    fn plain(&mut self, dims: &[usize], scale: f32, add: f32) -> Values {
        let count = dims.iter().product();
        let values: Vec<f32> = self.numbers(count, scale).iter().map(|v| v + add).collect();
        let (host, storage) = rounded(self.context, self.dtype, &values);
        Values {
            host,
            storage,
            layout: Layout::contiguous(dims),
            packed: None,
        }
    }

    fn matrix(&mut self, rows: usize, columns: usize) -> Values {
        if !self.packed {
            return self.plain(&[rows, columns], 0.1, 0.0);
        }
        let values = self.numbers(rows * columns, 0.1);
        let (host, bytes) = packed_rows(&values);
        let format = Format::of_gguf(8).unwrap();
        Values {
            host,
            storage: Storage::uninit(self.context, DType::U8, 0).unwrap(),
            layout: Layout::contiguous(&[rows, columns]),
            packed: Some(Packed::upload(self.context, format, &bytes).unwrap()),
        }
    }
}

impl Values {
    fn view(&self) -> View<'_> {
        View::new(&self.storage, &self.layout).unwrap()
    }

    fn matrix(&self) -> Matrix<'_> {
        match &self.packed {
            None => Matrix::Numbers(self.view()),
            Some(weights) => Matrix::Packed {
                weights,
                rows: self.layout.dims()[0],
            },
        }
    }

    /// The product with a row.
    fn times(&self, x: &[f32]) -> Vec<f32> {
        let dot = |row: &[f32]| row.iter().zip(x).map(|(a, b)| a * b).sum();
        self.host.chunks(x.len()).map(dot).collect()
    }
}

/// A layer: norm, qkv, out, norm, gate and up, down.
struct Model {
    shape: Shape,
    table: Values,
    layers: Vec<[Values; 6]>,
    norm: Values,
    head: Values,
    angles: [Values; 2],
}

impl Model {
    fn new(context: &Context, shape: Shape, dtype: DType, packed: bool) -> Self {
        let rng = Rng(7);
        let mut make = Maker {
            context,
            rng,
            dtype,
            packed,
        };
        let s = shape;
        let heads = s.heads * s.width;
        let new_layer = |make: &mut Maker<'_>| {
            [
                make.plain(&[s.hidden], 0.2, 1.0),
                make.matrix(heads + 2 * s.k_heads * s.width, s.hidden),
                make.matrix(s.hidden, heads),
                make.plain(&[s.hidden], 0.2, 1.0),
                make.matrix(2 * s.inner, s.hidden),
                make.matrix(s.hidden, s.inner),
            ]
        };
        Self {
            shape,
            table: make.plain(&[s.vocabulary, s.hidden], 1.0, 0.0),
            layers: (0..s.layers).map(|_| new_layer(&mut make)).collect(),
            norm: make.plain(&[s.hidden], 0.2, 1.0),
            head: make.matrix(s.vocabulary, s.hidden),
            angles: [(); 2].map(|()| make.plain(&[s.positions, s.width / 2], 1.0, 0.0)),
        }
    }

    fn decoder(&self, context: &Context, dtype: DType) -> Decoder {
        let angles = self.angles.each_ref().map(Values::view);
        Decoder::new(context, self.shape, dtype, angles).unwrap()
    }

    fn caches(&self, context: &Context, dtype: DType) -> Caches {
        let s = self.shape;
        let layout = Layout::contiguous(&[s.k_heads, s.positions, s.width]);
        let new = || Storage::zeroed(context, dtype, layout.elements()).unwrap();
        let storages = (0..s.layers).map(|_| [new(), new()]).collect();
        Caches { storages, layout }
    }

    fn weights(&self) -> Weights<'_> {
        Weights {
            table: self.table.view(),
            layers: self.layers.iter().map(layer).collect(),
            norm: self.norm.view(),
            head: self.head.matrix(),
        }
    }
}

struct Caches {
    storages: Vec<[Storage; 2]>,
    layout: Layout,
}

impl Caches {
    fn views(&self) -> Vec<Cache<'_>> {
        let view = |storage| View::new(storage, &self.layout).unwrap();
        let both = self.storages.iter().map(|pair| pair.each_ref().map(view));
        both.collect()
    }
}

fn layer(values: &[Values; 6]) -> Layer<'_> {
    let [norm, qkv, out, inner_norm, gate_up, down] = values;
    Layer {
        norm: norm.view(),
        qkv: vec![qkv.matrix()],
        out: out.matrix(),
        inner_norm: inner_norm.view(),
        gate_up: gate_up.matrix(),
        down: down.matrix(),
    }
}

/// The model in plain loops.
struct Reference<'a> {
    model: &'a Model,
    /// Keys and values of each layer: for each position all heads.
    cache: Vec<[Vec<Vec<f32>>; 2]>,
}

impl Reference<'_> {
    fn normed(&self, x: &[f32], factors: &Values) -> Vec<f32> {
        let mean = x.iter().map(|v| v * v).sum::<f32>() / x.len() as f32;
        let root = (mean + self.model.shape.epsilon).sqrt();
        x.iter()
            .zip(&factors.host)
            .map(|(v, f)| v / root * f)
            .collect()
    }

    fn rotate(&self, head: &mut [f32], position: usize) {
        let half = head.len() / 2;
        for pair in 0..half {
            let at = if self.model.shape.interleaved {
                [2 * pair, 2 * pair + 1]
            } else {
                [pair, pair + half]
            };
            let [cos, sin] = self
                .model
                .angles
                .each_ref()
                .map(|t| t.host[position * half + pair]);
            let [a, b] = at.map(|i| head[i]);
            head[at[0]] = a * cos - b * sin;
            head[at[1]] = a * sin + b * cos;
        }
    }

    fn attention(&mut self, layer: usize, mut qkv: Vec<f32>, position: usize) -> Vec<f32> {
        let s = self.model.shape;
        let (q_end, k_end) = (s.heads * s.width, (s.heads + s.k_heads) * s.width);
        for head in qkv[..k_end].chunks_mut(s.width) {
            self.rotate(head, position);
        }
        self.cache[layer][0].push(qkv[q_end..k_end].to_vec());
        self.cache[layer][1].push(qkv[k_end..].to_vec());
        let [keys, values] = &self.cache[layer];
        let mut result = Vec::new();
        for head in 0..s.heads {
            let q = &qkv[head * s.width..][..s.width];
            let from = head / (s.heads / s.k_heads) * s.width;
            let score = |key: &Vec<f32>| {
                let products = key[from..].iter().zip(q).map(|(a, b)| a * b);
                products.sum::<f32>() / (s.width as f32).sqrt()
            };
            let weights: Vec<f32> = keys.iter().map(|key| score(key).exp()).collect();
            let sum: f32 = weights.iter().sum();
            let column = |c| {
                weights
                    .iter()
                    .zip(values)
                    .map(|(w, v)| w * v[from + c])
                    .sum::<f32>()
            };
            result.extend((0..s.width).map(|c| column(c) / sum));
        }
        result
    }

    fn step(&mut self, token: usize, position: usize) -> Vec<f32> {
        let (model, s) = (self.model, self.model.shape);
        let mut x = model.table.host[token * s.hidden..][..s.hidden].to_vec();
        let add = |x: &mut Vec<f32>, y: Vec<f32>| x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
        for (number, [norm, qkv, out, inner_norm, gate_up, down]) in model.layers.iter().enumerate()
        {
            let heads = self.attention(number, qkv.times(&self.normed(&x, norm)), position);
            add(&mut x, out.times(&heads));
            let both = gate_up.times(&self.normed(&x, inner_norm));
            let (gate, up) = both.split_at(s.inner);
            let silu = |v: f32| v / (1.0 + (-v).exp());
            let inner: Vec<f32> = gate.iter().zip(up).map(|(g, u)| silu(*g) * u).collect();
            add(&mut x, down.times(&inner));
        }
        model.head.times(&self.normed(&x, &model.norm))
    }
}

fn distance(found: &[f32], expected: &[f32]) -> f32 {
    let square = |x: f32| x * x;
    let apart: f32 = found.iter().zip(expected).map(|(a, b)| square(a - b)).sum();
    (apart / expected.iter().map(|x| square(*x)).sum::<f32>()).sqrt()
}

fn logits(decoder: &Decoder) -> Vec<f32> {
    let layout = Layout::contiguous(&[decoder.logits().len()]);
    let view = View::new(decoder.logits(), &layout).unwrap();
    download(&ops::cast(view, DType::F32).unwrap())
}

/// Steps as they are, and as a graph: bit for bit the same, and near the reference.
fn check(context: &Context, shape: Shape, dtype: DType, packed: bool, bound: f32) {
    let model = Model::new(context, shape, dtype, packed);
    let weights = model.weights();
    let [plain, captured] = [(); 2].map(|()| model.decoder(context, dtype));
    let both = [(); 2].map(|()| model.caches(context, dtype));
    let [caches, others] = both.each_ref().map(Caches::views);
    captured.set(0, 0).unwrap();
    let step = || captured.step(&weights, &others);
    step().unwrap();
    let (graph, ()) = context.capture(step).unwrap();
    let mut reference = Reference {
        model: &model,
        cache: vec![Default::default(); shape.layers],
    };
    let mut rng = Rng(3);
    for position in 0..shape.positions {
        let token = rng.below(shape.vocabulary);
        for decoder in [&plain, &captured] {
            decoder.set(token as u32, position).unwrap();
        }
        plain.step(&weights, &caches).unwrap();
        graph.launch().unwrap();
        let found = logits(&plain);
        assert_eq!(
            found,
            logits(&captured),
            "{} {dtype} at {position}",
            context.name()
        );
        let apart = distance(&found, &reference.step(token, position));
        assert!(
            apart < bound,
            "{} {dtype} at {position}: {apart}",
            context.name()
        );
    }
    context.synchronize().unwrap();
}

#[test]
fn a_step_is_the_models_in_each_dtype() {
    for context in contexts() {
        check(&context, SHAPE, DType::F32, false, 1e-5);
        check(&context, SHAPE, DType::F16, false, 5e-3);
        check(&context, SHAPE, DType::BF16, false, 4e-2);
    }
}

#[test]
fn heads_of_128_and_neighbouring_pairs() {
    let shape = Shape {
        heads: 5,
        k_heads: 1,
        width: 128,
        layers: 1,
        positions: 35,
        interleaved: true,
        ..SHAPE
    };
    for context in contexts() {
        check(&context, shape, DType::F32, false, 1e-5);
        check(&context, shape, DType::F16, false, 5e-3);
    }
}

#[test]
fn rows_that_a_workgroup_shares() {
    let shape = Shape {
        hidden: 1030,
        inner: 1028,
        heads: 2,
        k_heads: 1,
        layers: 1,
        positions: 3,
        ..SHAPE
    };
    for context in contexts() {
        check(&context, shape, DType::F32, false, 1e-5);
    }
}

#[test]
fn packed_weights() {
    for context in contexts() {
        check(&context, SHAPE, DType::F32, true, 3e-2);
    }
}

#[test]
fn the_most_probable_token_is_next() {
    for context in contexts() {
        let model = Model::new(&context, SHAPE, DType::F32, false);
        let (weights, decoder) = (model.weights(), model.decoder(&context, DType::F32));
        let caches = model.caches(&context, DType::F32);
        let caches = caches.views();
        let work = || {
            decoder.step(&weights, &caches)?;
            decoder.advance()
        };
        decoder.set(5, 0).unwrap();
        work().unwrap();
        let (graph, ()) = context.capture(work).unwrap();
        decoder.set(5, 0).unwrap();
        let mut reference = Reference {
            model: &model,
            cache: vec![Default::default(); SHAPE.layers],
        };
        let mut token = 5;
        let mut expected = vec![0u32];
        for position in 0..SHAPE.positions - 1 {
            graph.launch().unwrap();
            let scores = reference.step(token, position);
            let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
            token = best.unwrap();
            expected.push(token as u32);
        }
        assert_eq!(download::<u32>(decoder.history()), expected);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let context = contexts().next().unwrap();
    let model = Model::new(&context, SHAPE, DType::F32, false);
    let decoder = model.decoder(&context, DType::F32);
    assert!(decoder.set(0, SHAPE.positions).is_err());
    let fewer = Weights {
        layers: Vec::new(),
        ..model.weights()
    };
    let caches = model.caches(&context, DType::F32);
    let caches = caches.views();
    assert!(decoder.step(&fewer, &caches).is_err());
    assert!(decoder.step(&model.weights(), &caches[1..]).is_err());
    let halves = model.caches(&context, DType::F16);
    assert!(decoder.step(&model.weights(), &halves.views()).is_err());
    let other = Weights {
        head: model.layers[0][1].matrix(),
        ..model.weights()
    };
    assert!(decoder.step(&other, &caches).is_err());
    let angles = || model.angles.each_ref().map(Values::view);
    for shape in [
        Shape { width: 80, ..SHAPE },
        Shape {
            k_heads: 4,
            ..SHAPE
        },
        Shape {
            k_heads: 0,
            ..SHAPE
        },
        Shape {
            positions: 41,
            ..SHAPE
        },
    ] {
        assert!(Decoder::new(&context, shape, DType::F32, angles()).is_err());
    }
    assert!(Decoder::new(&context, SHAPE, DType::F64, angles()).is_err());
    assert!(Decoder::new(&context, SHAPE, DType::F16, angles()).is_err());
}
