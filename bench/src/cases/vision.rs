//! Convolutions and pooling of a Stable Diffusion UNet and its autoencoder.

use candle_core::DType;

use super::{Size, name};
use crate::case::Case;
use crate::input::numbers;

/// A convolution: what it is of, the image, output channels, and side and stride of the filter.
struct Conv {
    of: &'static str,
    image: [usize; 4],
    out: usize,
    filter: usize,
    stride: usize,
}

const fn conv(
    of: &'static str,
    [batch, channels, side]: [usize; 3],
    out: usize,
    filter: usize,
    stride: usize,
) -> Conv {
    let image = [batch, channels, side, side];
    Conv {
        of,
        image,
        out,
        filter,
        stride,
    }
}

const CONVS: &[Conv] = &[
    conv("UNet", [2, 4, 64], 320, 3, 1),
    conv("UNet", [2, 320, 64], 320, 3, 1),
    conv("UNet", [2, 320, 64], 320, 1, 1),
    conv("UNet", [2, 320, 64], 320, 3, 2),
    conv("UNet", [2, 640, 32], 640, 3, 1),
    conv("UNet", [2, 1280, 16], 1280, 3, 1),
    conv("UNet", [2, 2560, 8], 1280, 3, 1),
    conv("UNet", [2, 960, 64], 320, 3, 1),
    conv("VAE", [1, 512, 64], 512, 3, 1),
    conv("VAE", [1, 512, 128], 512, 3, 1),
    conv("VAE", [1, 256, 256], 256, 3, 1),
    conv("VAE", [1, 128, 512], 128, 3, 1),
    conv("VAE", [1, 128, 512], 3, 3, 1),
];

pub(super) fn cases(size: Size) -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in [DType::F32, DType::F16] {
        cases.extend(CONVS.iter().map(|conv| convolution(size, dtype, conv)));
        cases.push(signals(size, dtype));
        cases.extend(pools(size, dtype));
    }
    cases
}

fn convolution(size: Size, dtype: DType, conv: &Conv) -> Case {
    let [batch, channels, side, _] = conv.image;
    let (out, filter, stride) = (conv.out, conv.filter, conv.stride);
    let title = format!(
        "{} conv2d {filter}×{filter} /{stride} {} {batch}×{channels}×{side}² to {out}",
        conv.of,
        name(dtype)
    );
    let (channels, side) = (size.of(channels), size.of(side));
    let image = numbers(&[batch, channels, side, side], dtype);
    let weight = numbers(&[out, channels, filter, filter], dtype);
    let pixels = batch * side.div_ceil(stride) * side.div_ceil(stride);
    Case::new("conv", title, vec![image, weight], move |x| {
        x[0].conv2d(&x[1], filter / 2, stride, 1, 1)
    })
    .computing(2 * (pixels * channels * out * filter * filter) as u64)
}

/// The first convolution of a speech model.
fn signals(size: Size, dtype: DType) -> Case {
    let (channels, length) = (size.of(384), 3000);
    let signal = numbers(&[8, channels, length], dtype);
    let weight = numbers(&[channels, channels, 3], dtype);
    let title = format!("conv1d 3 {} 8×384×3000", name(dtype));
    Case::new("conv", title, vec![signal, weight], |x| {
        x[0].conv1d(&x[1], 1, 1, 1, 1)
    })
    .computing(2 * (8 * channels * channels * length * 3) as u64)
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
