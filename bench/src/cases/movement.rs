//! Copies: transposes, concatenation, repeated heads.

use candle_core::{DType, Tensor};

use super::{FLOATS, Size, name};
use crate::case::Case;
use crate::input::numbers;

pub(super) fn cases(size: Size) -> Vec<Case> {
    FLOATS.iter().flat_map(|&dtype| of(size, dtype)).collect()
}

fn of(size: Size, dtype: DType) -> Vec<Case> {
    let group = "copy";
    let named = |op: &str| format!("{op} {}", name(dtype));
    let (rows, columns) = (size.of(32768), 8192);
    let cache = vec![1, 8, size.of(4096), 128];
    let token = vec![1, 8, 1, 128];
    let heads = vec![1, size.of(4096), 32, 128];
    let square = || numbers(&[size.of(8192), 8192], dtype);
    vec![
        Case::new(
            group,
            named("transpose 32768×8192"),
            vec![numbers(&[rows, columns], dtype)],
            |x| x[0].t()?.contiguous(),
        ),
        Case::new(
            group,
            named("heads (1,4096,32,128) to (1,32,4096,128)"),
            vec![numbers(&heads, dtype)],
            |x| x[0].transpose(1, 2)?.contiguous(),
        ),
        Case::new(
            group,
            named("cat rows 2 × 8192²"),
            vec![square(), square()],
            |x| Tensor::cat(&[&x[0], &x[1]], 0),
        ),
        Case::new(
            group,
            named("cat columns 2 × 8192²"),
            vec![square(), square()],
            |x| Tensor::cat(&[&x[0], &x[1]], 1),
        ),
        Case::new(
            group,
            named("copy of half the columns 8192²"),
            vec![square()],
            |x| x[0].narrow(1, 1024, 4096)?.contiguous(),
        )
        .moving((size.of(8192) * 8192 * dtype.size_in_bytes()) as u64),
        Case::new(
            group,
            named("cat KV (4096+1)"),
            vec![numbers(&cache, dtype), numbers(&token, dtype)],
            |x| Tensor::cat(&[&x[0], &x[1]], 2),
        ),
        Case::new(
            group,
            named("repeat_kv ×4"),
            vec![numbers(&cache, dtype)],
            |x| {
                let (batch, heads, length, dim) = x[0].dims4()?;
                let repeated = x[0].unsqueeze(2)?.expand((batch, heads, 4, length, dim))?;
                repeated.reshape((batch, heads * 4, length, dim))
            },
        ),
    ]
}
