//! Convolutions and pooling of a Stable Diffusion UNet and its autoencoder.

use candle_core::DType;

use super::{Size, name};
use crate::case::{Case, numbers};

/// Channels and side of an image, for 3×3 filters that keep the channels.
const SHAPES: &[(usize, usize, usize)] = &[
    (2, 320, 64),
    (2, 640, 32),
    (2, 1280, 16),
    (1, 128, 512),
    (1, 512, 64),
];

pub(super) fn cases(size: Size) -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in [DType::F32, DType::F16] {
        for &(batch, channels, side) in SHAPES {
            cases.push(convolution(size, dtype, [batch, channels, side]));
        }
        cases.extend(pools(size, dtype));
    }
    cases
}

fn convolution(size: Size, dtype: DType, [batch, channels, side]: [usize; 3]) -> Case {
    let (channels, title) = (
        size.of(channels),
        format!("conv2d 3×3 {} {batch}×{channels}×{side}²", name(dtype)),
    );
    let image = numbers(&[batch, channels, side, side], dtype);
    let filter = numbers(&[channels, channels, 3, 3], dtype);
    Case::new("conv", title, vec![image, filter], |x| {
        x[0].conv2d(&x[1], 1, 1, 1, 1)
    })
    .computing(2 * (batch * channels * channels * side * side * 9) as u64)
}

fn pools(size: Size, dtype: DType) -> [Case; 3] {
    let image = || vec![numbers(&[8, size.of(256), 256, 256], dtype)];
    let named = |op: &str| format!("{op} {} 8×256×256²", name(dtype));
    [
        Case::new("pool", named("avg_pool2d 2"), image(), |x| {
            x[0].avg_pool2d(2)
        }),
        Case::new("pool", named("max_pool2d 2"), image(), |x| {
            x[0].max_pool2d(2)
        }),
        Case::new("pool", named("upsample_nearest2d ×2"), image(), |x| {
            let (_, _, height, width) = x[0].dims4()?;
            x[0].upsample_nearest2d(height * 2, width * 2)
        }),
    ]
}
