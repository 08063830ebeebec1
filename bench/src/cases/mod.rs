//! The list of cases, a file for each kind.

mod elementwise;
mod indexing;
mod llama;
mod matmul;
mod models;
mod movement;
mod packed_llama;
mod quantized;
mod rows;
mod small;
mod vision;
mod weights;

use candle_core::DType;

use crate::case::Case;

/// The types that models run in.
const FLOATS: [DType; 3] = [DType::F32, DType::F16, DType::BF16];

/// All cases; sizes are divided by `shrink`.
pub(crate) fn all(shrink: usize) -> Vec<Case> {
    let size = Size { shrink };
    let lists = [
        |_| small::cases(),
        elementwise::cases,
        movement::cases,
        rows::cases,
        indexing::cases,
        matmul::cases,
        quantized::cases,
        vision::cases,
        models::cases,
        llama::cases,
        packed_llama::cases,
    ];
    lists.iter().flat_map(|list| list(size)).collect()
}

/// Sizes, divided where a slow device is to try the list.
#[derive(Clone, Copy)]
struct Size {
    shrink: usize,
}

impl Size {
    /// A dimension.
    fn of(self, dim: usize) -> usize {
        (dim / self.shrink).max(1)
    }
}

/// `f16`, as cases are named.
fn name(dtype: DType) -> &'static str {
    dtype.as_str()
}
