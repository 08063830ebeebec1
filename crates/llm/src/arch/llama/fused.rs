//! The Llama family on AMD GPUs: matrices that meet the same activations are one, attention is one
//! kernel over caches that stay where they are, and the step of one token is a graph, launched by one
//! call (see [`redwick_tensor_ops::decode`](candle_core::rocm_backend::tensor_ops::decode)).
//!
//! What it computes is what candle-transformers computes, with fewer roundings between.

use candle_core::rocm_backend::tensor_ops::decode::Shape;
use candle_core::{DType, Device, Tensor};
use candle_nn::ops::rms_norm;
use candle_nn::rotary_emb::rope;
use candle_transformers::models::llama::Config as LlamaConfig;

use super::super::{Model, Sequence};
use super::angles::angles;
use super::sequence::FusedSequence;
use crate::error::Result;
use crate::weights::Weights;

/// Widths of heads that the step of one token has kernels for.
const WIDTHS: [usize; 3] = [32, 64, 128];

/// Keys and values of a layer: (1, heads, positions, width).
pub(super) type Cache = [Tensor; 2];

/// The weights of a layer.
pub(super) struct Layer {
    pub(super) norm: Tensor,
    /// Rows of q, k and v.
    pub(super) qkv: Tensor,
    pub(super) out: Tensor,
    pub(super) inner_norm: Tensor,
    /// Rows of the gate, then of up.
    pub(super) gate_up: Tensor,
    pub(super) down: Tensor,
}

/// A model of the Llama family on an AMD GPU.
pub(super) struct FusedLlama {
    pub(super) table: Tensor,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Tensor,
    pub(super) head: Tensor,
    /// Cosines and sines: for each position of the context one for each pair of a head.
    pub(super) angles: [Tensor; 2],
    pub(super) config: LlamaConfig,
    pub(super) device: Device,
    pub(super) dtype: DType,
}

/// Whether there are kernels for it on a device.
pub(super) fn suits(config: &LlamaConfig, dtype: DType, device: &Device) -> bool {
    let width = config.hidden_size / config.num_attention_heads;
    let floats = matches!(dtype, DType::F32 | DType::F16 | DType::BF16);
    device.as_rocm_device().is_ok() && floats && WIDTHS.contains(&width)
}

impl FusedLlama {
    pub(super) fn build(
        mut weights: Weights,
        config: &LlamaConfig,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let layers = (0..config.num_hidden_layers).map(|number| Layer::take(&mut weights, number));
        let layers = layers.collect::<Result<Vec<_>>>()?;
        let table = weights.take("model.embed_tokens.weight")?;
        let head = match config.tie_word_embeddings {
            true => table.clone(),
            false => weights.take("lm_head.weight")?,
        };
        Ok(Self {
            table,
            layers,
            norm: weights.take("model.norm.weight")?,
            head,
            angles: angles(config, dtype, device)?,
            config: config.clone(),
            device: device.clone(),
            dtype,
        })
    }

    pub(super) fn width(&self) -> usize {
        self.config.hidden_size / self.config.num_attention_heads
    }

    /// What the step of one token wants to know, for caches of so many positions.
    pub(super) fn shape(&self, positions: usize) -> Shape {
        let config = &self.config;
        Shape {
            hidden: config.hidden_size,
            inner: config.intermediate_size,
            heads: config.num_attention_heads,
            k_heads: config.num_key_value_heads,
            width: self.width(),
            layers: config.num_hidden_layers,
            vocabulary: config.vocab_size,
            positions,
            epsilon: config.rms_norm_eps as f32,
            interleaved: false,
        }
    }

    /// The logits behind the last of some tokens, which follow those that the caches hold.
    pub(super) fn prefill(
        &self,
        tokens: &[u32],
        position: usize,
        caches: &[Cache],
    ) -> candle_core::Result<Tensor> {
        let ids = Tensor::new(tokens, &self.device)?;
        let epsilon = self.config.rms_norm_eps as f32;
        let mut x = self.table.index_select(&ids, 0)?;
        for (layer, cache) in self.layers.iter().zip(caches) {
            let normed = rms_norm(&x, &layer.norm, epsilon)?;
            let heads = self.attention(&normed, layer, cache, position)?;
            x = (heads.matmul(&layer.out.t()?)? + x)?;
            let normed = rms_norm(&x, &layer.inner_norm, epsilon)?;
            x = (self.feed_forward(&normed, layer)? + x)?;
        }
        let last = x.narrow(0, tokens.len() - 1, 1)?;
        rms_norm(&last, &self.norm, epsilon)?.matmul(&self.head.t()?)
    }

    fn attention(
        &self,
        x: &Tensor,
        layer: &Layer,
        [keys, values]: &Cache,
        position: usize,
    ) -> candle_core::Result<Tensor> {
        let (count, width) = (x.dim(0)?, self.width());
        let (q_heads, k_heads) = (
            self.config.num_attention_heads,
            self.config.num_key_value_heads,
        );
        let qkv = x.matmul(&layer.qkv.t()?)?;
        let heads = |first: usize, heads: usize| {
            let part = qkv.narrow(1, first * width, heads * width)?;
            let split = part.reshape((1, count, heads, width))?;
            split.transpose(1, 2)?.contiguous()
        };
        let [cos, sin] = self
            .angles
            .each_ref()
            .map(|table| table.narrow(0, position, count));
        let (cos, sin) = (cos?, sin?);
        let q = rope(&heads(0, q_heads)?, &cos, &sin)?;
        let k = rope(&heads(q_heads, k_heads)?, &cos, &sin)?;
        keys.slice_set(&k, 2, position)?;
        values.slice_set(&heads(q_heads + k_heads, k_heads)?, 2, position)?;
        let seen = position + count;
        let (k, v) = (keys.narrow(2, 0, seen)?, values.narrow(2, 0, seen)?);
        let scale = 1.0 / (width as f32).sqrt();
        let y = candle_nn::ops::sdpa(&q, &k, &v, None, true, scale, 1.0)?;
        y.transpose(1, 2)?.reshape((count, q_heads * width))
    }

    fn feed_forward(&self, x: &Tensor, layer: &Layer) -> candle_core::Result<Tensor> {
        let inner = self.config.intermediate_size;
        let both = x.matmul(&layer.gate_up.t()?)?;
        let gate = both.narrow(1, 0, inner)?.silu()?;
        (gate * both.narrow(1, inner, inner)?)?.matmul(&layer.down.t()?)
    }
}

impl Layer {
    /// In the order of the fields.
    pub(super) fn tensors(&self) -> [&Tensor; 6] {
        let Self {
            norm,
            qkv,
            out,
            inner_norm,
            gate_up,
            down,
        } = self;
        [norm, qkv, out, inner_norm, gate_up, down]
    }

    fn take(weights: &mut Weights, number: usize) -> Result<Self> {
        let name = |part: &str| format!("model.layers.{number}.{part}.weight");
        let mut take = |part: &str| weights.take(&name(part));
        let (q, k, v) = (
            take("self_attn.q_proj")?,
            take("self_attn.k_proj")?,
            take("self_attn.v_proj")?,
        );
        let (gate, up) = (take("mlp.gate_proj")?, take("mlp.up_proj")?);
        Ok(Self {
            norm: take("input_layernorm")?,
            qkv: Tensor::cat(&[q, k, v], 0)?,
            out: take("self_attn.o_proj")?,
            inner_norm: take("post_attention_layernorm")?,
            gate_up: Tensor::cat(&[gate, up], 0)?,
            down: take("mlp.down_proj")?,
        })
    }
}

impl Model for FusedLlama {
    fn vocabulary(&self) -> usize {
        self.config.vocab_size
    }

    fn context(&self) -> usize {
        self.config.max_position_embeddings
    }

    fn start(&self) -> Box<dyn Sequence + '_> {
        Box::new(FusedSequence::new(self))
    }
}
