//! A language model's step of one token, for the Llama family.
//!
//! A [`Decoder`] has what a sequence needs beside the weights and the caches of keys and values: the token
//! and its position, tables of angles, and room for what passes from kernel to kernel. [`Decoder::step`] is the same launches with the same arguments for each token, so
//! it can be captured ([`Context::capture`](crate::Context::capture)) and launched as one:
//!
//! ```no_run
//! # use redwick_tensor_ops::{Result, decode::{Cache, Decoder, Weights}};
//! # fn example(decoder: &Decoder, weights: &Weights<'_>, caches: &[Cache<'_>]) -> Result<()> {
//! decoder.set(1, 0)?;
//! decoder.step(weights, caches)?; // Loads the kernels.
//! let context = decoder.context().clone();
//! let (graph, ()) = context.capture(|| decoder.step(weights, caches))?;
//! decoder.set(1, 0)?;
//! graph.launch()?;
//! # Ok(())
//! # }
//! ```
//!
//! Each layer is seven launches (ten with packed weights): the norms are part of the products behind
//! them, sums with the residual and the gate's activation of those before.

mod buffers;
mod matrix;
mod step;

use crate::context::Context;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::storage::{Storage, View};

pub use matrix::Matrix;

use buffers::Buffers;

const OP: &str = "a decoding step";

/// What a model is, in numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// The width of what passes from layer to layer.
    pub hidden: usize,
    /// The width between a layer's gate and its last product.
    pub inner: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values, of which the former are a multiple.
    pub k_heads: usize,
    /// The width of a head: 32, 64 or 128.
    pub width: usize,
    /// How many layers there are.
    pub layers: usize,
    /// How many tokens the model knows.
    pub vocabulary: usize,
    /// How many positions the caches have.
    pub positions: usize,
    /// What norms add to the mean square.
    pub epsilon: f32,
    /// Whether rotated pairs are neighbours, as in GGUF files, or half a head apart.
    pub interleaved: bool,
}

/// The weights of a layer.
#[derive(Debug, Clone)]
pub struct Layer<'a> {
    /// Factors of the norm before attention.
    pub norm: View<'a>,
    /// From hidden to the heads of q, of k and of v: one matrix, or several one after another.
    pub qkv: Vec<Matrix<'a>>,
    /// From the heads to hidden.
    pub out: Matrix<'a>,
    /// Factors of the norm behind attention.
    pub inner_norm: View<'a>,
    /// From hidden to inner: the rows of the gate, then those of up.
    pub gate_up: Matrix<'a>,
    /// From inner to hidden.
    pub down: Matrix<'a>,
}

/// The weights of a model: of one dtype where they are numbers, which is the decoder's.
#[derive(Debug, Clone)]
pub struct Weights<'a> {
    /// A row of hidden for each token.
    pub table: View<'a>,
    /// The layers in order.
    pub layers: Vec<Layer<'a>>,
    /// Factors of the last norm.
    pub norm: View<'a>,
    /// From hidden to a score for each token.
    pub head: Matrix<'a>,
}

/// Keys and values of a layer: (heads, positions, width) each, adjacent, of the decoder's dtype. A step
/// reads the positions before its own and writes its own.
pub type Cache<'a> = [View<'a>; 2];

/// A sequence's state on the device: see the [module](self).
#[derive(Debug)]
pub struct Decoder {
    shape: Shape,
    dtype: DType,
    /// The token and its position.
    state: Storage,
    /// The tokens that [`Decoder::advance`] chose, by position.
    history: Storage,
    /// Cosines and sines: for each position one for each pair of a head.
    angles: [Storage; 2],
    buffers: Buffers,
}

impl Decoder {
    /// The beginning of a sequence. Activations and caches are of `dtype`: f32, f16 or bf16; for packed weights
    /// f32. `angles` are cosines and sines, for each position one for each pair of a head.
    ///
    /// # Errors
    /// [`Error::NoKernel`] for other dtypes and widths of heads; [`Error::Shape`] where heads or tables
    /// do not fit; those of allocations.
    pub fn new(
        context: &Context,
        shape: Shape,
        dtype: DType,
        [cos, sin]: [View<'_>; 2],
    ) -> Result<Self> {
        shape.check(dtype)?;
        let angles = shape.positions * shape.width / 2;
        let table = |x: View<'_>| {
            if x.dtype() == dtype && x.layout().elements() == angles {
                return crate::ops::contiguous(x);
            }
            let left = format!("{} of {}", x.layout(), x.dtype());
            let right = format!("{angles} angles of {dtype}");
            Err(Error::Shape {
                op: OP,
                left,
                right,
            })
        };
        let angles = [table(cos)?, table(sin)?];
        Ok(Self {
            shape,
            dtype,
            state: Storage::zeroed(context, DType::U32, 2)?,
            history: Storage::zeroed(context, DType::U32, shape.positions)?,
            angles,
            buffers: Buffers::new(context, &shape, dtype)?,
        })
    }

    /// The device.
    pub fn context(&self) -> &Context {
        self.state.context()
    }

    /// What the model is.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The token that the next step begins with, and its position: rows of the caches before it are
    /// those of the tokens before.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for a position behind the caches; the driver's.
    pub fn set(&self, token: u32, position: usize) -> Result<()> {
        let limit = self.shape.positions - 1;
        if position > limit {
            return Err(Error::TooLarge {
                op: OP,
                what: "the position",
                value: position,
                limit,
            });
        }
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&token.to_le_bytes());
        bytes[4..].copy_from_slice(&(position as u32).to_le_bytes());
        self.state.write(&bytes)
    }

    /// The scores of all tokens, after a step: of the decoder's dtype.
    pub fn logits(&self) -> &Storage {
        &self.buffers.logits
    }

    /// The tokens that [`Decoder::advance`] chose: that of a position is the one that comes there.
    pub fn history(&self) -> &Storage {
        &self.history
    }
}

impl Shape {
    fn check(&self, dtype: DType) -> Result<()> {
        if !matches!(self.width, 32 | 64 | 128)
            || !matches!(dtype, DType::F32 | DType::F16 | DType::BF16)
        {
            let detail = format!(" with heads of {}", self.width);
            return Err(crate::ops::no_kernel(OP, dtype, detail));
        }
        let sizes = [
            self.hidden,
            self.inner,
            self.heads,
            self.vocabulary,
            self.positions,
        ];
        let grouped = self.k_heads > 0 && self.heads.is_multiple_of(self.k_heads);
        if grouped && !sizes.contains(&0) {
            return Ok(());
        }
        Err(Error::Shape {
            op: OP,
            left: format!("{} heads of {sizes:?}", self.heads),
            right: format!("{} heads of keys", self.k_heads),
        })
    }
}
