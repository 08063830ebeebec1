//! A sequence of a model on an AMD GPU: caches that grow by doubling, and a graph for each token.

use std::ops::Deref;

use candle_core::op::BackpropOp;
use candle_core::rocm_backend::RocmError;
use candle_core::rocm_backend::tensor_ops::decode::{self, Decoder, Matrix, Weights};
use candle_core::rocm_backend::tensor_ops::{self, Graph, hip};
use candle_core::{DType, RocmStorage, Storage, Tensor};

use super::super::Sequence;
use super::fused::{Cache, FusedLlama};
use crate::error::Result;

/// The positions that caches begin with, where the context has as many.
const FIRST_POSITIONS: usize = 512;

/// A sequence.
pub(super) struct FusedSequence<'m> {
    model: &'m FusedLlama,
    caches: Vec<Cache>,
    /// The positions of the caches.
    positions: usize,
    position: usize,
    step: Option<Step>,
}

/// The step of one token, for caches as they are now.
struct Step {
    decoder: Decoder,
    graph: Recorded,
}

/// The step as a graph.
enum Recorded {
    /// Before the first step, which loads kernels.
    NotYet,
    Graph(Graph),
    /// The driver has none: kernels are launched one by one.
    Never,
}

impl<'m> FusedSequence<'m> {
    pub(super) fn new(model: &'m FusedLlama) -> Self {
        Self {
            model,
            caches: Vec::new(),
            positions: 0,
            position: 0,
            step: None,
        }
    }

    /// Makes the caches as long as the tokens need. What is in them is copied.
    fn grow(&mut self, needed: usize) -> candle_core::Result<()> {
        if needed <= self.positions {
            return Ok(());
        }
        let model = self.model;
        let context = model.config.max_position_embeddings;
        let positions = needed.next_power_of_two().max(FIRST_POSITIONS).min(context);
        let heads = model.config.num_key_value_heads;
        let empty = || {
            let dims = (1, heads, positions, model.width());
            Tensor::zeros(dims, model.dtype, &model.device)
        };
        self.step = None;
        let mut old = std::mem::take(&mut self.caches).into_iter();
        for _ in &model.layers {
            let cache = [empty()?, empty()?];
            if let Some(old) = old.next() {
                for (to, from) in cache.iter().zip(&old) {
                    let held = from.narrow(2, 0, self.position)?.contiguous()?;
                    to.slice_set(&held, 2, 0)?;
                }
            }
            self.caches.push(cache);
        }
        self.positions = positions;
        Ok(())
    }

    /// One token, by the graph.
    fn decode(&mut self, token: u32) -> candle_core::Result<Tensor> {
        let step = match &mut self.step {
            Some(step) => step,
            none => none.insert(Step::new(self.model, self.positions)?),
        };
        candle(step.decoder.set(token, self.position))?;
        match &step.graph {
            Recorded::Graph(graph) => candle(graph.launch())?,
            Recorded::Never => step.run(self.model, &self.caches)?,
            Recorded::NotYet => {
                step.run(self.model, &self.caches)?;
                step.record(self.model, &self.caches)?;
            }
        }
        step.logits(self.model)
    }
}

impl Sequence for FusedSequence<'_> {
    fn feed(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        self.grow(self.position + tokens.len())?;
        let logits = match tokens {
            [token] => self.decode(*token)?,
            _ => self.model.prefill(tokens, self.position, &self.caches)?,
        };
        self.position += tokens.len();
        let logits = logits.to_dtype(DType::F32)?;
        Ok(logits.flatten_all()?.to_vec1()?)
    }

    fn position(&self) -> usize {
        self.position
    }
}

impl Step {
    fn new(model: &FusedLlama, positions: usize) -> candle_core::Result<Self> {
        let context = model.device.as_rocm_device()?.context().clone();
        let [cos, sin] = model
            .angles
            .each_ref()
            .map(|table| table.narrow(0, 0, positions));
        let [cos, sin] = [cos?, sin?];
        let tables = [hold(&cos), hold(&sin)];
        let [cos, sin] = [tables[0].view()?, tables[1].view()?];
        let dtype = cos.dtype();
        let decoder = Decoder::new(&context, model.shape(positions), dtype, [cos, sin]);
        Ok(Self {
            decoder: candle(decoder)?,
            graph: Recorded::NotYet,
        })
    }

    /// Launches the kernels one by one.
    fn run(&self, model: &FusedLlama, caches: &[Cache]) -> candle_core::Result<()> {
        self.with(model, caches, |weights, caches| {
            candle(self.decoder.step(weights, caches))
        })
    }

    /// Makes a graph of them.
    fn record(&mut self, model: &FusedLlama, caches: &[Cache]) -> candle_core::Result<()> {
        let captured = self.with(model, caches, |weights, caches| {
            let context = self.decoder.context();
            Ok(context.capture(|| self.decoder.step(weights, caches)))
        })?;
        self.graph = match captured {
            Ok((graph, ())) => Recorded::Graph(graph),
            Err(tensor_ops::Error::Hip(hip::Error::Unsupported { .. })) => Recorded::Never,
            Err(error) => return candle(Err(error)),
        };
        Ok(())
    }

    /// Calls a function with the weights and the caches as the step takes them.
    fn with<T>(
        &self,
        model: &FusedLlama,
        caches: &[Cache],
        run: impl FnOnce(&Weights<'_>, &[decode::Cache<'_>]) -> candle_core::Result<T>,
    ) -> candle_core::Result<T> {
        let ends = [&model.table, &model.norm, &model.head].map(hold);
        let layers: Vec<_> = model
            .layers
            .iter()
            .map(|layer| layer.tensors().map(hold))
            .collect();
        let caches: Vec<_> = caches
            .iter()
            .map(|pair| pair.each_ref().map(hold))
            .collect();
        let weights = Weights {
            table: ends[0].view()?,
            layers: layers
                .iter()
                .map(layer)
                .collect::<candle_core::Result<_>>()?,
            norm: ends[1].view()?,
            head: Matrix::Numbers(ends[2].view()?),
        };
        let caches = caches
            .iter()
            .map(|pair| Ok([pair[0].view()?, pair[1].view()?]));
        let caches = caches.collect::<candle_core::Result<Vec<_>>>()?;
        run(&weights, &caches)
    }

    /// The scores that the step left, as a tensor.
    fn logits(&self, model: &FusedLlama) -> candle_core::Result<Tensor> {
        let scores = candle(self.decoder.logits().duplicate())?;
        let count = scores.len();
        let storage = RocmStorage::new(model.device.as_rocm_device()?, scores);
        let none = BackpropOp::none();
        Ok(Tensor::from_storage(
            Storage::Rocm(storage),
            count,
            none,
            false,
        ))
    }
}

fn layer<G: Deref<Target = Storage>>(
    held: &[Held<G>; 6],
) -> candle_core::Result<decode::Layer<'_>> {
    let [norm, qkv, out, inner_norm, gate_up, down] = held;
    Ok(decode::Layer {
        norm: norm.view()?,
        qkv: vec![Matrix::Numbers(qkv.view()?)],
        out: Matrix::Numbers(out.view()?),
        inner_norm: inner_norm.view()?,
        gate_up: Matrix::Numbers(gate_up.view()?),
        down: Matrix::Numbers(down.view()?),
    })
}

/// A tensor's storage, held for reading, and its layout.
struct Held<G> {
    storage: G,
    layout: tensor_ops::Layout,
}

fn hold(tensor: &Tensor) -> Held<impl Deref<Target = Storage>> {
    let (storage, layout) = tensor.storage_and_layout();
    let (dims, start) = (layout.dims(), layout.start_offset());
    let layout = tensor_ops::Layout::strided(dims, layout.stride(), start)
        .unwrap_or_else(|| tensor_ops::Layout::contiguous_from(dims, start));
    Held { storage, layout }
}

impl<G: Deref<Target = Storage>> Held<G> {
    fn view(&self) -> candle_core::Result<tensor_ops::View<'_>> {
        match &*self.storage {
            Storage::Rocm(storage) => {
                candle(tensor_ops::View::new(storage.storage(), &self.layout))
            }
            other => candle_core::bail!("a weight is on {:?}", other.device().location()),
        }
    }
}

/// An answer of tensor-ops as one of Candle's.
fn candle<T>(answer: tensor_ops::Result<T>) -> candle_core::Result<T> {
    answer.map_err(|error| RocmError::from(error).into())
}
