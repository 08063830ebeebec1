//! The launches of a step.

use redwick_kernels::{Kernel, args};

use super::matrix::{Matrix, Taken};
use super::{Cache, Decoder, Layer, OP, Weights};
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::layout::Layout;
use crate::ops::{self, ReduceOp};
use crate::storage::{Storage, View};

/// Values that a work-item makes bytes of.
const TAKEN: usize = 4;

/// A row of activations, and the factors of a norm before it is multiplied.
#[derive(Clone, Copy)]
struct Input<'a> {
    x: &'a Storage,
    norm: Option<View<'a>>,
}

/// Where a product goes, and what is added to it.
#[derive(Clone, Copy)]
struct Output<'a> {
    y: &'a Storage,
    first: usize,
    add: Option<&'a Storage>,
}

impl Decoder {
    /// Puts a step behind all work before: of the token and the position that [`Decoder::set`] or
    /// [`Decoder::advance`] left. The scores of the next token are then in [`Decoder::logits`].
    ///
    /// # Errors
    /// [`Error::Shape`] where weights do not fit; [`Error::NoKernel`]; the driver's.
    pub fn step(&self, weights: &Weights<'_>, caches: &[Cache<'_>]) -> Result<()> {
        let found = [weights.layers.len(), caches.len()];
        if found != [self.shape.layers; 2] {
            return Err(Error::Shape {
                op: OP,
                left: format!("{found:?} layers of weights and of caches"),
                right: format!("{} layers", self.shape.layers),
            });
        }
        let [x, between] = &self.buffers.x;
        self.embed(weights.table, x)?;
        for (layer, cache) in weights.layers.iter().zip(caches) {
            self.attend(layer, self.addresses(cache)?, x, between)?;
            self.feed_forward(layer, between, x)?;
        }
        let norm = Some(weights.norm);
        self.products(
            Input { x, norm },
            &[weights.head],
            &self.buffers.logits,
            None,
        )
    }

    /// Makes the most probable token the next step's, at the next position.
    ///
    /// # Errors
    /// The driver's.
    pub fn advance(&self) -> Result<()> {
        let logits = &self.buffers.logits;
        let layout = Layout::contiguous(&[logits.len()]);
        let token = ops::reduce(ReduceOp::ArgMax, View::new(logits, &layout)?, &[0])?;
        let kernel = ops::required(OP, DType::U32, redwick_kernels::decode_advance())?;
        let arguments = args::DecodeAdvance {
            token: token.address(),
            state: self.state.address(),
            history: self.history.address(),
            context: Error::narrow(OP, "the number of positions", self.shape.positions)?,
            reserved: 0,
        };
        self.context()
            .launch(kernel, kernel.grid_for_steps(1).of(OP)?, &arguments)
    }

    fn embed(&self, table: View<'_>, x: &Storage) -> Result<()> {
        let rows = Matrix::Numbers(table).taken(self.dtype, self.shape.hidden)?;
        let kernel = ops::find(OP, self.dtype, redwick_kernels::decode_embed)?;
        let columns = Error::narrow(OP, "the width", self.shape.hidden)?;
        let arguments = args::DecodeEmbed {
            table: rows.address,
            state: self.state.address(),
            y: x.address(),
            rows: rows.rows,
            columns,
        };
        self.context()
            .launch(kernel, kernel.grid_for_steps(columns).of(OP)?, &arguments)
    }

    fn attend(&self, layer: &Layer<'_>, cache: [u64; 2], x: &Storage, to: &Storage) -> Result<()> {
        let (buffers, norm) = (&self.buffers, Some(layer.norm));
        self.products(Input { x, norm }, &layer.qkv, &buffers.qkv, None)?;
        self.rotate(cache)?;
        self.attention(cache)?;
        self.combine()?;
        let heads = Input {
            x: &buffers.heads,
            norm: None,
        };
        self.products(heads, &[layer.out], to, Some(x))
    }

    fn feed_forward(&self, layer: &Layer<'_>, x: &Storage, to: &Storage) -> Result<()> {
        let norm = Some(layer.inner_norm);
        self.gated(Input { x, norm }, layer.gate_up, &self.buffers.inner)?;
        let inner = Input {
            x: &self.buffers.inner,
            norm: None,
        };
        self.products(inner, &[layer.down], to, Some(x))
    }

    /// The products with matrices whose rows one after another are those of `y`.
    fn products(
        &self,
        input: Input<'_>,
        matrices: &[Matrix<'_>],
        y: &Storage,
        add: Option<&Storage>,
    ) -> Result<()> {
        let columns = input.x.len();
        let taken = matrices
            .iter()
            .map(|matrix| matrix.taken(self.dtype, columns));
        let taken = taken.collect::<Result<Vec<Taken>>>()?;
        let rows: usize = taken.iter().map(|matrix| matrix.rows as usize).sum();
        if rows != y.len() {
            return Err(Error::Shape {
                op: OP,
                left: format!("weights of {rows} rows"),
                right: format!("{} results", y.len()),
            });
        }
        if taken.iter().any(|matrix| matrix.block.is_some()) {
            self.to_bytes(input)?;
        }
        let mut first = 0;
        for matrix in taken {
            let output = Output { y, first, add };
            match matrix.block {
                Some(_) => self.packed_product(matrix, columns, output)?,
                None => self.plain_product(matrix, input, output)?,
            }
            first += matrix.rows as usize;
        }
        Ok(())
    }

    fn plain_product(&self, matrix: Taken, input: Input<'_>, output: Output<'_>) -> Result<()> {
        use redwick_kernels as k;
        let kernel = match input.norm {
            Some(_) => ops::find(OP, self.dtype, k::decode_normed)?,
            None => ops::find(OP, self.dtype, k::decode_product)?,
        };
        self.launch_plain(kernel, matrix, matrix.rows, input, output)
    }

    fn launch_plain(
        &self,
        kernel: Kernel<args::DecodeProduct>,
        matrix: Taken,
        n: u32,
        input: Input<'_>,
        output: Output<'_>,
    ) -> Result<()> {
        let norm = input.norm.map(|norm| self.factors(norm, input.x.len()));
        let size = self.dtype.size();
        let arguments = args::DecodeProduct {
            x: input.x.address(),
            norm: norm.transpose()?.unwrap_or(0),
            w: matrix.address,
            add: output.add.map_or(0, Storage::address),
            y: output.y.address() + (output.first * size) as u64,
            n,
            k: Error::narrow(OP, "the number of columns", input.x.len())?,
            epsilon: self.shape.epsilon,
            reserved: 0,
        };
        self.context()
            .launch(kernel, kernel.grid_for_tiles(1, n, 1).of(OP)?, &arguments)
    }

    fn packed_product(&self, matrix: Taken, columns: usize, output: Output<'_>) -> Result<()> {
        let found = matrix.block.and_then(redwick_kernels::quant_product);
        let kernel = ops::required(OP, self.dtype, found)?;
        self.launch_packed(kernel, matrix, matrix.rows, columns, output)
    }

    fn launch_packed(
        &self,
        kernel: Kernel<args::QuantProduct>,
        matrix: Taken,
        n: u32,
        columns: usize,
        output: Output<'_>,
    ) -> Result<()> {
        let bytes = self.buffers.bytes.address();
        let offset = (output.first * self.dtype.size()) as u64;
        let arguments = args::QuantProduct {
            w: matrix.address,
            quants: bytes,
            steps: bytes + columns as u64,
            add: output.add.map_or(0, Storage::address),
            y: output.y.address() + offset,
            n,
            k: Error::narrow(OP, "the number of columns", columns)?,
        };
        self.context()
            .launch(kernel, kernel.grid_for_tiles(1, n, 1).of(OP)?, &arguments)
    }

    fn gated(&self, input: Input<'_>, matrix: Matrix<'_>, y: &Storage) -> Result<()> {
        let columns = input.x.len();
        let taken = matrix.taken(self.dtype, columns)?;
        if taken.rows as usize != 2 * y.len() {
            return Err(Error::Shape {
                op: OP,
                left: format!("{} rows of gate and up", taken.rows),
                right: format!("twice {}", y.len()),
            });
        }
        let output = Output {
            y,
            first: 0,
            add: None,
        };
        match taken.block {
            Some(block) => {
                self.to_bytes(input)?;
                let kernel = redwick_kernels::quant_gated(block);
                let kernel = ops::required(OP, self.dtype, kernel)?;
                self.launch_packed(kernel, taken, taken.rows / 2, columns, output)
            }
            None => {
                let kernel = ops::find(OP, self.dtype, redwick_kernels::decode_gated)?;
                self.launch_plain(kernel, taken, taken.rows / 2, input, output)
            }
        }
    }

    /// The input as bytes, for packed weights.
    fn to_bytes(&self, input: Input<'_>) -> Result<()> {
        let (context, columns) = (self.context(), input.x.len());
        let quants = self.buffers.bytes.address();
        let steps = quants + columns as u64;
        let n = Error::steps(OP, columns / TAKEN)?;
        let Some(norm) = input.norm else {
            let kernel = ops::find(OP, self.dtype, redwick_kernels::quantize)?;
            let arguments = args::Quantize {
                x: input.x.address(),
                quants,
                steps,
                n,
                reserved: 0,
            };
            return context.launch(kernel, kernel.grid_for_steps(n).of(OP)?, &arguments);
        };
        let kernel = ops::required(OP, self.dtype, redwick_kernels::quantize_normed())?;
        let arguments = args::QuantizeNormed {
            x: input.x.address(),
            norm: self.factors(norm, columns)?,
            quants,
            steps,
            n,
            epsilon: self.shape.epsilon,
        };
        context.launch(kernel, kernel.grid_for_steps(n).of(OP)?, &arguments)
    }

    /// The address of a norm's factors.
    fn factors(&self, norm: View<'_>, columns: usize) -> Result<u64> {
        let layout = norm.layout();
        if layout.elements() == columns && layout.is_contiguous() && norm.dtype() == self.dtype {
            return Ok(norm.address());
        }
        Err(Error::Shape {
            op: OP,
            left: format!("factors of a norm, {layout} of {}", norm.dtype()),
            right: format!("{columns} of {}", self.dtype),
        })
    }

    /// The addresses of keys and values.
    fn addresses(&self, cache: &Cache<'_>) -> Result<[u64; 2]> {
        let shape = &self.shape;
        let expected = shape.k_heads * shape.positions * shape.width;
        for view in cache {
            let layout = view.layout();
            let fits = layout.is_contiguous() && layout.elements() == expected;
            if !fits || view.dtype() != self.dtype {
                return Err(Error::Shape {
                    op: OP,
                    left: format!("a cache of {layout} of {}", view.dtype()),
                    right: format!("{expected} adjacent elements of {}", self.dtype),
                });
            }
        }
        Ok([cache[0].address(), cache[1].address()])
    }

    /// Rotates queries and keys, and puts keys and values into the caches.
    fn rotate(&self, [keys, values]: [u64; 2]) -> Result<()> {
        let (shape, buffers) = (&self.shape, &self.buffers);
        let kernel = ops::find(OP, self.dtype, redwick_kernels::decode_rope)?;
        let number = |value| Error::narrow(OP, "a dimension", value);
        let arguments = args::DecodeRope {
            x: buffers.qkv.address(),
            cos: self.angles[0].address(),
            sin: self.angles[1].address(),
            state: self.state.address(),
            q: buffers.q.address(),
            k: keys,
            v: values,
            heads: number(shape.heads)?,
            k_heads: number(shape.k_heads)?,
            width: number(shape.width)?,
            context: number(shape.positions)?,
            interleaved: shape.interleaved.into(),
            reserved: 0,
        };
        let pairs = Error::steps(OP, buffers.qkv.len() / 2)?;
        self.context()
            .launch(kernel, kernel.grid_for_steps(pairs).of(OP)?, &arguments)
    }

    /// Attention of the heads, in parts of the keys.
    fn attention(&self, [keys, values]: [u64; 2]) -> Result<()> {
        use redwick_kernels as k;
        let (shape, buffers) = (&self.shape, &self.buffers);
        let kernel = match shape.width {
            32 => ops::find(OP, self.dtype, k::decode_attention_32)?,
            64 => ops::find(OP, self.dtype, k::decode_attention_64)?,
            _ => ops::find(OP, self.dtype, k::decode_attention_128)?,
        };
        let number = |value| Error::narrow(OP, "a dimension", value);
        let parts = number(buffers.spread.parts)?;
        let arguments = args::DecodeAttention {
            q: buffers.q.address(),
            k: keys,
            v: values,
            state: self.state.address(),
            parts: buffers.parts.address(),
            weights: buffers.weights.address(),
            heads: number(shape.heads)?,
            group: number(shape.heads / shape.k_heads)?,
            context: number(shape.positions)?,
            part_count: parts,
            scale: 1.0 / (shape.width as f32).sqrt(),
            reserved: 0,
        };
        let grid = kernel
            .grid_for_tiles(number(buffers.spread.slices)?, parts, 1)
            .of(OP)?;
        self.context().launch(kernel, grid, &arguments)
    }

    fn combine(&self) -> Result<()> {
        use redwick_kernels as k;
        let (shape, buffers) = (&self.shape, &self.buffers);
        let kernel = match shape.width {
            32 => ops::find(OP, self.dtype, k::decode_combine_32)?,
            64 => ops::find(OP, self.dtype, k::decode_combine_64)?,
            _ => ops::find(OP, self.dtype, k::decode_combine_128)?,
        };
        let number = |value| Error::narrow(OP, "a dimension", value);
        let arguments = args::DecodeCombine {
            parts: buffers.parts.address(),
            weights: buffers.weights.address(),
            state: self.state.address(),
            y: buffers.heads.address(),
            heads: number(shape.heads)?,
            part_count: number(buffers.spread.parts)?,
            context: number(shape.positions)?,
            reserved: 0,
        };
        let grid = kernel.grid_for_outputs(arguments.heads, 1).of(OP)?;
        self.context().launch(kernel, grid, &arguments)
    }
}
