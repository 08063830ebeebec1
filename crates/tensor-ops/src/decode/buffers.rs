//! Room for what passes from kernel to kernel.

use super::Shape;
use crate::context::Context;
use crate::dtype::DType;
use crate::error::Result;
use crate::storage::Storage;

/// The most parts of the keys: hip/decode.hip holds as many.
const MOST_PARTS: usize = 64;

/// Heads of queries that a workgroup takes: those of hip/decode.hip's instances.
const HEADS: usize = 4;

/// Bytes of the step and sums beside 32 activations as bytes, by hip/activations.h.
const STEP_BYTES: usize = 8;

/// Room for what passes from kernel to kernel.
#[derive(Debug)]
pub(super) struct Buffers {
    /// What passes from layer to layer, before and behind attention.
    pub(super) x: [Storage; 2],
    pub(super) qkv: Storage,
    pub(super) q: Storage,
    /// The heads' results.
    pub(super) heads: Storage,
    pub(super) inner: Storage,
    /// Activations as bytes, for packed weights.
    pub(super) bytes: Storage,
    /// For each part of the keys the heads' weighted sums, and their highest scores and sums.
    pub(super) parts: Storage,
    pub(super) weights: Storage,
    pub(super) logits: Storage,
    pub(super) spread: Spread,
}

impl Buffers {
    pub(super) fn new(context: &Context, shape: &Shape, dtype: DType) -> Result<Self> {
        let row = |len| Storage::uninit(context, dtype, len);
        let heads = shape.heads * shape.width;
        let spread = Spread::over(shape, context.device().properties().compute_units);
        let widest = shape.hidden.max(shape.inner).max(heads);
        let part = |len| Storage::uninit(context, DType::F32, spread.parts * shape.heads * len);
        Ok(Self {
            x: [row(shape.hidden)?, row(shape.hidden)?],
            qkv: row(heads + 2 * shape.k_heads * shape.width)?,
            q: row(heads)?,
            heads: row(heads)?,
            inner: row(shape.inner)?,
            bytes: Storage::uninit(
                context,
                DType::U8,
                widest + widest.div_ceil(32) * STEP_BYTES,
            )?,
            parts: part(shape.width)?,
            weights: part(2)?,
            logits: row(shape.vocabulary)?,
            spread,
        })
    }
}

/// How attention is spread over workgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spread {
    /// Parts of the keys.
    pub(super) parts: usize,
    /// Heads of keys, and slices of the heads of queries that share one.
    pub(super) slices: usize,
}

impl Spread {
    /// As many parts as fill the device twice.
    fn over(shape: &Shape, compute_units: u32) -> Self {
        let slices = shape.k_heads * (shape.heads / shape.k_heads).div_ceil(HEADS);
        let parts = (2 * compute_units as usize).div_ceil(slices);
        Self {
            parts: parts.clamp(1, MOST_PARTS),
            slices,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_device() {
        let shape = |heads, k_heads| Shape {
            hidden: 64,
            inner: 64,
            heads,
            k_heads,
            width: 64,
            layers: 1,
            vocabulary: 1,
            positions: 1,
            epsilon: 0.0,
            interleaved: false,
        };
        let spread = |heads, k_heads| Spread::over(&shape(heads, k_heads), 132);
        let of = |parts, slices| Spread { parts, slices };
        assert_eq!(spread(32, 8), of(33, 8));
        assert_eq!(spread(1, 1), of(64, 1));
        assert_eq!(spread(28, 4), of(33, 8));
        assert_eq!(spread(640, 640), of(1, 640));
    }
}
