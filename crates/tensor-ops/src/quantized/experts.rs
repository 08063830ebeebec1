//! Products of rows and the matrix of the expert that each goes to.

use redwick_kernels::{Divisor, args};

use super::activations::Activations;
use super::format::Content;
use super::packed::Packed;
use crate::dtype::DType;
use crate::error::{Error, OfOp, Result};
use crate::faults::IndexFault;
use crate::ops::{self, Adjacent};
use crate::storage::{Storage, View};

const OP: &str = "experts";

/// The most pairs of one launch.
const MAX_PAIRS: usize = 65_535;

/// Which rows go to which experts. All operands are one-dimensional; ids are u32.
#[derive(Debug, Clone, Copy)]
pub struct Routes<'a> {
    /// For each pair, the row of the result.
    pub tokens: View<'a>,
    /// For each pair, its expert.
    pub experts: View<'a>,
    /// What each row of the result is multiplied by, f32; nothing multiplies by 1.
    pub weights: Option<View<'a>>,
    /// Rows of the result for each row of the input.
    pub share: usize,
    /// Rows of the result. Those that no pair names are 0.
    pub outputs: usize,
}

/// For each token and each of its experts, the product of the token's row and the transposed matrix of
/// the expert: `w` is `[experts, n, k]`, `x` is `[tokens, experts of each, k]` or `[tokens, 1, k]`, of
/// f32, f16 or bf16, `ids` is `[tokens, experts of each]`, of u32; the result is
/// `[tokens, experts of each, n]`, of f32.
///
/// # Errors
/// [`Error::NoKernel`] for other dtypes; where operands do not fit each other, or rows are no whole
/// number of blocks; those of an allocation. An id out of range shows when the device is next waited
/// for.
pub fn indexed_experts(
    x: View<'_>,
    w: &Packed,
    dims: [usize; 3],
    ids: View<'_>,
) -> Result<Storage> {
    let (&[tokens, each, k], &[id_tokens, of_each]) = (x.layout().dims(), ids.layout().dims())
    else {
        return Err(mismatch(x, dims, &ids));
    };
    if tokens != id_tokens || k != dims[2] || (each != 1 && each != of_each) {
        return Err(mismatch(x, dims, &ids));
    }
    let pairs = Pairs {
        tokens: None,
        experts: ids,
        weights: None,
        share: if each == 1 { of_each } else { 1 },
        outputs: tokens * of_each,
    };
    pairs.multiply(x, w, dims)
}

/// For each pair of a row of the result and an expert: row `token` is the product of row
/// `token / share` of `x` (`[rows, k]`, of f32, f16 or bf16) and the transposed matrix of the expert,
/// times `weights[token]`. `w` is `[experts, n, k]`; the result is `[outputs, n]`, of f32.
///
/// Pairs in the order of their experts find the weights in the device's caches.
///
/// # Errors
/// As [`indexed_experts`].
pub fn routed_experts(
    x: View<'_>,
    w: &Packed,
    dims: [usize; 3],
    routes: Routes<'_>,
) -> Result<Storage> {
    let &[rows, k] = x.layout().dims() else {
        return Err(mismatch(x, dims, &routes.experts));
    };
    let weights = routes.weights.map(|weights| weights.layout().elements());
    let fits = routes.outputs <= rows.saturating_mul(routes.share)
        && weights.is_none_or(|weights| weights >= routes.outputs)
        && routes.tokens.layout().elements() == routes.experts.layout().elements();
    if k != dims[2] || !fits {
        return Err(mismatch(x, dims, &routes.experts));
    }
    let pairs = Pairs {
        tokens: Some(routes.tokens),
        experts: routes.experts,
        weights: routes.weights,
        share: routes.share,
        outputs: routes.outputs,
    };
    pairs.multiply(x, w, dims)
}

fn mismatch(x: View<'_>, [experts, n, k]: [usize; 3], ids: &View<'_>) -> Error {
    Error::Shape {
        op: OP,
        left: x.layout().to_string(),
        right: format!(
            "ids of {} to {experts} experts of {n} rows of {k}",
            ids.layout()
        ),
    }
}

/// Pairs of a row of the result and an expert.
struct Pairs<'a> {
    /// Nothing for the numbers of the pairs.
    tokens: Option<View<'a>>,
    experts: View<'a>,
    weights: Option<View<'a>>,
    share: usize,
    outputs: usize,
}

impl Pairs<'_> {
    fn multiply(&self, x: View<'_>, w: &Packed, [experts, n, k]: [usize; 3]) -> Result<Storage> {
        self.check(x, w)?;
        w.format().bytes_of(OP, k)?;
        w.holds(OP, experts.saturating_mul(n).saturating_mul(k), true)?;
        let size = self.outputs.saturating_mul(n);
        // Rows stay so that no pair names, or whose expert there is not.
        let y = Storage::zeroed(x.context(), DType::F32, size)?;
        if y.is_empty() || k == 0 {
            return Ok(y);
        }
        self.launch(x, w, [experts, n, k], &y)?;
        Ok(y)
    }

    fn check(&self, x: View<'_>, w: &Packed) -> Result<()> {
        crate::storage::same_device(OP, x.context(), w.context())?;
        for ids in [Some(self.experts), self.tokens].into_iter().flatten() {
            x.same_device(OP, &ids)?;
            if ids.dtype() != DType::U32 {
                return Err(ops::no_kernel_but(
                    OP,
                    ids.dtype(),
                    " ids",
                    vec![DType::U32],
                ));
            }
        }
        match self.weights {
            Some(weights) if weights.dtype() != DType::F32 => Err(ops::no_kernel_but(
                OP,
                weights.dtype(),
                " weights of tokens",
                vec![DType::F32],
            )),
            Some(weights) => x.same_device(OP, &weights),
            None => Ok(()),
        }
    }

    fn launch(
        &self,
        x: View<'_>,
        w: &Packed,
        [experts, n, k]: [usize; 3],
        y: &Storage,
    ) -> Result<()> {
        let Content::Blocks(block) = w.format().content else {
            return Err(ops::no_kernel(
                OP,
                x.dtype(),
                format!(" and experts of {}", w.format()),
            ));
        };
        let kernel = ops::required(OP, x.dtype(), redwick_kernels::quant_routed(block))?;
        let activations = Activations::of(OP, x)?;
        let ids = Adjacent::of(self.experts)?;
        let tokens = self.tokens.map(Adjacent::of).transpose()?;
        let weights = self.weights.map(Adjacent::of).transpose()?;
        let address = |of: &Option<Adjacent<'_>>| of.as_ref().map_or(0, Adjacent::address);
        let mut arguments = args::QuantRouted {
            w: w.address(),
            quants: activations.quants(),
            steps: activations.steps(),
            tokens: address(&tokens),
            experts: ids.address(),
            weights: address(&weights),
            y: y.address(),
            fault: x
                .context()
                .fault_word(IndexFault::of_experts(OP, experts, self.outputs)),
            n: Error::narrow(OP, "the rows of an expert", n)?,
            k: Error::narrow(OP, "the inner dimension", k)?,
            count: Error::narrow(OP, "the number of experts", experts)?,
            outputs: Error::steps(OP, self.outputs)?,
            share: Divisor::new(Error::narrow(OP, "rows for each input", self.share)?),
            first: 0,
        };
        let pairs = self.experts.layout().elements();
        Error::steps(OP, pairs)?;
        for first in (0..pairs).step_by(MAX_PAIRS) {
            arguments.first = Error::narrow(OP, "the number of pairs", first)?;
            let count = Error::narrow(OP, "the number of pairs", (pairs - first).min(MAX_PAIRS))?;
            let grid = kernel.grid_for_tiles(count, arguments.n, 1).of(OP)?;
            x.context().launch(kernel, grid, &arguments)?;
        }
        x.context().fault_is_possible();
        Ok(())
    }
}
