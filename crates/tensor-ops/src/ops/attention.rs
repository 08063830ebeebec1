//! Attention in one piece: `softmax(scale q kᵀ + mask) v`.

mod operands;

use redwick_kernels::{Divisor, Kernel, args};

use super::rows::Adjacent;
use super::{find, no_kernel};
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::storage::{Storage, View};
use operands::{Mask, Operand, Sizes};

const OP: &str = "attention";

/// Rows of a head of `k` up to which a workgroup has few rows and many keys.
const FEW_ROWS: usize = 32;

/// The columns that kernels take at once.
const NARROW: usize = 64;

/// The fewest keys that a workgroup is worth.
const LEAST_PART: usize = 256;

/// Parts begin at multiples of this: the keys that kernels take at once.
const STEP: usize = 64;

/// The most workgroups along y and z.
const MAX_GRID_YZ: usize = 65_535;

/// How attention is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttentionParams {
    /// What products of `q` and `k` are multiplied by.
    pub scale: f32,
    /// Scores become `cap * tanh(score / cap)`; none for `None`.
    pub cap: Option<f32>,
    /// Whether a position sees only the keys up to its own, the last position of `q` being that of
    /// the last key.
    pub causal: bool,
}

/// The operands of [`attention`].
#[derive(Debug, Clone, Copy)]
pub struct AttentionOperands<'a> {
    /// (batch, heads, positions, width).
    pub q: View<'a>,
    /// (batch, heads of k, keys, width); the heads of `q` are a multiple of its heads.
    pub k: View<'a>,
    /// (batch, heads of k, keys, width of v).
    pub v: View<'a>,
    /// What broadcasts to (batch, heads, positions, keys): of the dtype of `q`, which is added to the
    /// scores, or u8, where 0 hides a key.
    pub mask: Option<View<'a>>,
}

/// `softmax(scale q kᵀ + mask) v` for each head: (batch, heads, positions, width of v). For f32, f16
/// and bf16, computed and summed in f32; heads of any width, lengths of any size. `k` and `v` may lie
/// in any way in which the elements of a row are adjacent, such as a part of a cache, without being
/// copied. A row that sees no key gives zeros.
///
/// # Errors
/// [`Error::NoKernel`] for other dtypes; where operands do not fit each other; those of an
/// allocation.
pub fn attention(operands: AttentionOperands<'_>, params: AttentionParams) -> Result<Storage> {
    let AttentionOperands { q, k, v, mask } = operands;
    q.matches(OP, &k)?;
    q.matches(OP, &v)?;
    let sizes = Sizes::of(q.layout(), k.layout(), v.layout())?;
    let mask = mask.map(|mask| Mask::of(mask, q, &sizes)).transpose()?;
    find(OP, q.dtype(), redwick_kernels::attention_64)?;
    let count = sizes.rows() * sizes.v_width;
    if sizes.keys == 0 || count == 0 {
        return Storage::zeroed(q.context(), q.dtype(), count);
    }
    let [q, k, v] = [Operand::of(q)?, Operand::of(k)?, Operand::of(v)?];
    Launch {
        sizes,
        q,
        k,
        v,
        mask,
        params,
    }
    .run()
}

/// How the work is spread over workgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spread {
    /// Parts that the keys are divided into, and the keys of each.
    parts: usize,
    part_size: usize,
}

impl Spread {
    /// As many parts as fill the device twice, where the keys are many enough.
    fn over(keys: usize, workgroups: usize, compute_units: u32) -> Self {
        let wanted = (2 * compute_units as usize).div_ceil(workgroups.max(1));
        let parts = wanted.min(keys.div_ceil(LEAST_PART)).max(1);
        let part_size = keys.div_ceil(parts).next_multiple_of(STEP);
        Self {
            parts: keys.div_ceil(part_size),
            part_size,
        }
    }
}

/// What is launched.
struct Launch<'a> {
    sizes: Sizes,
    q: Operand<'a>,
    k: Operand<'a>,
    v: Operand<'a>,
    mask: Option<Mask<'a>>,
    params: AttentionParams,
}

/// The results of parts: weighted sums, and the highest score and sum of each row.
struct Parts {
    sums: Storage,
    weights: Storage,
}

impl Launch<'_> {
    fn context(&self) -> &crate::Context {
        match &self.q.source {
            Adjacent::View(view) => view.context(),
            Adjacent::Copy(storage) => storage.context(),
        }
    }

    fn run(&self) -> Result<Storage> {
        let (context, dtype, sizes) = (self.context(), self.q.dtype, &self.sizes);
        let kernel = self.kernel()?;
        let [_, tile_rows] = kernel.info().tile;
        let tiles = sizes.rows_of_head().div_ceil(tile_rows.max(1) as usize);
        let slices = sizes.v_width.div_ceil(columns(&kernel));
        let workgroups = sizes.batch * sizes.k_heads * tiles * slices;
        let units = context.device().properties().compute_units;
        let spread = Spread::over(sizes.keys, workgroups, units);
        let y = Storage::uninit(context, dtype, sizes.rows() * sizes.v_width)?;
        let parts = (spread.parts > 1)
            .then(|| self.parts(spread.parts))
            .transpose()?;
        let batches = (MAX_GRID_YZ / sizes.k_heads).max(1);
        for first in (0..sizes.batch).step_by(batches) {
            let arguments = self.arguments(first, &y, parts.as_ref(), spread)?;
            let count = batches.min(sizes.batch - first) * sizes.k_heads;
            let grid = kernel
                .grid_for_tiles(
                    Error::narrow(OP, "parts", spread.parts * slices)?,
                    Error::narrow(OP, "the number of rows", sizes.rows_of_head())?,
                    Error::narrow(OP, "batches and heads", count)?,
                )
                .of(OP)?;
            context.launch(kernel, grid, &arguments)?;
        }
        if let Some(parts) = parts {
            self.combine(&parts, &y, spread)?;
        }
        Ok(y)
    }

    fn kernel(&self) -> Result<Kernel<args::Attention>> {
        use redwick_kernels as k;
        let wide = self.sizes.width.max(self.sizes.v_width) > NARROW;
        let few = self.sizes.rows_of_head() <= FEW_ROWS;
        let found = super::kernel_dtype(self.q.dtype).and_then(|dtype| {
            let (narrow_kernel, wide_kernel) = match few {
                true => (k::attention_few_64(dtype), k::attention_few_128(dtype)),
                false => (k::attention_64(dtype), k::attention_128(dtype)),
            };
            wide_kernel.filter(|_| wide).or(narrow_kernel)
        });
        found.ok_or_else(|| no_kernel(OP, self.q.dtype, ""))
    }

    fn parts(&self, count: usize) -> Result<Parts> {
        let rows = count * self.sizes.rows();
        Ok(Parts {
            sums: Storage::uninit(self.context(), DType::F32, rows * self.sizes.v_width)?,
            weights: Storage::uninit(self.context(), DType::F32, rows * 2)?,
        })
    }

    /// The arguments for the batches from `first` on.
    fn arguments(
        &self,
        first: usize,
        y: &Storage,
        parts: Option<&Parts>,
        spread: Spread,
    ) -> Result<args::Attention> {
        let sizes = &self.sizes;
        let number = |what, value| Error::narrow(OP, what, value);
        let row = (first * sizes.heads * sizes.positions) as u64;
        let (row_bytes, mask) = (sizes.v_width as u64 * 4, self.mask.as_ref());
        let mask_strides = mask.map_or([0; 4], |mask| mask.strides);
        let ([q_batch, q_head, q_row], [k_batch, k_head, k_row]) = (self.q.strides, self.k.strides);
        let [v_batch, v_head, v_row] = self.v.strides;
        Ok(args::Attention {
            q: self.q.address(first),
            k: self.k.address(first),
            v: self.v.address(first),
            mask: mask.map_or(0, |mask| mask.address(first)),
            y: y.address() + row * sizes.v_width as u64 * self.q.dtype.size() as u64,
            parts: parts.map_or(0, |parts| parts.sums.address() + row * row_bytes),
            weights: parts.map_or(0, |parts| parts.weights.address() + row * 8),
            q_batch,
            q_head,
            q_row,
            k_batch,
            k_head,
            k_row,
            v_batch,
            v_head,
            v_row,
            mask_batch: mask_strides[0],
            mask_head: mask_strides[1],
            mask_row: mask_strides[2],
            mask_column: mask_strides[3],
            q_length: number("the number of positions", sizes.positions)?,
            k_length: Error::steps(OP, sizes.keys)?,
            width: number("the width of a head", sizes.width)?,
            v_width: number("the width of a head", sizes.v_width)?,
            group: Divisor::new(number("a group of heads", sizes.group())?),
            k_heads: Divisor::new(number("the number of heads", sizes.k_heads)?),
            part_count: Divisor::new(number("parts", spread.parts)?),
            part_size: number("a part", spread.part_size)?,
            rows: Error::steps(OP, sizes.rows())?,
            mask_kind: mask.map_or(0, |mask| mask.kind),
            causal: self.params.causal.into(),
            scale: self.params.scale,
            cap: self.params.cap.unwrap_or(0.0),
        })
    }

    fn combine(&self, parts: &Parts, y: &Storage, spread: Spread) -> Result<()> {
        let kernel = find(OP, self.q.dtype, redwick_kernels::attention_combine)?;
        let rows = Error::steps(OP, self.sizes.rows())?;
        let arguments = args::AttentionCombine {
            parts: parts.sums.address(),
            weights: parts.weights.address(),
            y: y.address(),
            rows,
            columns: Error::narrow(OP, "the width of a head", self.sizes.v_width)?,
            part_count: Error::narrow(OP, "parts", spread.parts)?,
            reserved: 0,
        };
        let grid = kernel.grid_for_outputs(rows, 1).of(OP)?;
        self.context().launch(kernel, grid, &arguments)
    }
}

/// The columns that a kernel takes at once.
fn columns(kernel: &Kernel<args::Attention>) -> usize {
    kernel.info().max_columns.max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_divided_where_workgroups_are_few() {
        let spread = |keys, workgroups| Spread::over(keys, workgroups, 100);
        assert_eq!(
            spread(4096, 1),
            Spread {
                parts: 16,
                part_size: 256
            }
        );
        assert_eq!(
            spread(4096, 500),
            Spread {
                parts: 1,
                part_size: 4096
            }
        );
        assert_eq!(
            spread(100, 1),
            Spread {
                parts: 1,
                part_size: 128
            }
        );
        assert_eq!(
            spread(257, 1),
            Spread {
                parts: 2,
                part_size: 192
            }
        );
        assert_eq!(spread(100_000, 8).parts, 25);
    }
}
