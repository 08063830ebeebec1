//! Each op over each kind of layout that Candle can hand over, against the CPU: parts, transposes,
//! broadcasts, offsets, and nothing at all. The CPU, which refuses some of them, gets the same numbers
//! without gaps. Where it still refuses, so does the device.

use std::panic::{catch_unwind, AssertUnwindSafe};

use grafted::{DType, Device, Result, Tensor, D};
use redwick_candle_tests::emulated;

/// An op of one tensor of three dimensions.
type Op = (&'static str, fn(&Tensor) -> Result<Tensor>);

/// A tensor as it lies, or, on the CPU, without gaps.
fn laid(x: Tensor) -> Result<Tensor> {
    match x.device() {
        Device::Cpu => x.contiguous(),
        _ => Ok(x),
    }
}

/// A tensor of the same shape with other values, laid out otherwise.
fn partner(x: &Tensor) -> Result<Tensor> {
    let (a, b, c) = x.dims3()?;
    let count = (a * b * c) as f32;
    let values = Tensor::arange(0f32, count, x.device())?.affine(-0.37, 3.)?;
    laid(values.reshape((c, b, a))?.transpose(0, 2)?)
}

/// Different numbers.
fn ramp(dims: &[usize], like: &Tensor) -> Result<Tensor> {
    let count = dims.iter().product::<usize>() as f32;
    let values = Tensor::arange(0f32, count, like.device())?.affine(0.11, -2.)?;
    values.reshape(dims)
}

/// A convolution's kernel, its first two dimensions exchanged in memory.
fn kernel(dims: &[usize], like: &Tensor) -> Result<Tensor> {
    let mut exchanged = dims.to_vec();
    exchanged.swap(0, 1);
    laid(ramp(&exchanged, like)?.transpose(0, 1)?)
}

/// Indices into dimension `dim` of `x`, of the dimensions of `x`, with gaps between them.
fn indices(x: &Tensor, dim: usize) -> Result<Tensor> {
    let (a, b, c) = x.dims3()?;
    let size = x.dim(dim)?.max(1) as u32;
    let values: Vec<u32> = (0..(a * b * c * 2) as u32)
        .map(|i| (i * 7 + 3) / 2 % size)
        .collect();
    let spaced = Tensor::from_vec(values, (a, b, c, 2), x.device())?;
    laid(spaced.narrow(3, 1, 1)?.squeeze(3)?)
}

/// Indices of slices of dimension 0.
fn slices(x: &Tensor) -> Result<Tensor> {
    let last = (x.dim(0)? as u32).saturating_sub(1);
    let spaced = Tensor::new(&[last, 9, 0, 9, last, 9], x.device())?.reshape((3, 2))?;
    laid(spaced.narrow(1, 0, 1)?.squeeze(1)?)
}

/// A tensor of zeros into which something is written.
fn written(x: &Tensor, write: impl FnOnce(&Tensor) -> Result<()>) -> Result<Tensor> {
    let to = Tensor::zeros((6, 6, 6), DType::F32, x.device())?;
    write(&to)?;
    Ok(to)
}

const OPS: &[Op] = &[
    ("affine", |x| x.affine(2., -1.)),
    ("powf", |x| x.abs()?.powf(1.5)),
    ("elu", |x| x.elu(0.7)),
    ("sum", |x| x.sum(1)),
    ("sum of all", |x| x.sum_all()),
    ("sum of two dimensions", |x| x.sum((0, 2))),
    ("max", |x| x.max(0)),
    ("min", |x| x.min(D::Minus1)),
    ("argmax", |x| x.argmax(1)),
    ("argmin", |x| x.argmin(0)),
    ("compare", |x| x.lt(&partner(x)?)),
    ("to f16", |x| x.to_dtype(DType::F16)),
    ("to i64", |x| x.to_dtype(DType::I64)),
    ("exp", |x| x.affine(0.1, 0.)?.exp()),
    ("neg", |x| x.neg()),
    ("tanh", |x| x.tanh()),
    ("gelu", |x| x.gelu_erf()),
    ("add", |x| x.add(&partner(x)?)),
    ("divide", |x| x.div(&partner(x)?)),
    ("maximum", |x| partner(x)?.maximum(x)),
    ("broadcast add", |x| {
        x.broadcast_add(&partner(x)?.narrow(1, 0, 1)?)
    }),
    ("where", |x| x.gt(2f32)?.where_cond(x, &partner(x)?)),
    ("gather", |x| x.gather(&indices(x, 1)?, 1)),
    ("gather of one", |x| {
        x.gather(&laid(indices(x, 2)?.narrow(2, 0, 1)?)?, 2)
    }),
    ("index_select", |x| x.index_select(&slices(x)?, 0)),
    ("index_add", |x| {
        let (_, b, c) = x.dims3()?;
        let source = laid(ramp(&[c, b, 3], x)?.transpose(0, 2)?)?;
        x.index_add(&slices(x)?, &source, 0)
    }),
    ("scatter_add", |x| {
        x.scatter_add(&indices(x, 1)?, &partner(x)?, 1)
    }),
    ("sort", |x| Ok(x.contiguous()?.sort_last_dim(false)?.0)),
    ("conv1d", |x| {
        x.conv1d(&kernel(&[2, x.dim(1)?, 2], x)?, 1, 1, 1, 1)
    }),
    ("conv_transpose1d", |x| {
        x.conv_transpose1d(&kernel(&[x.dim(1)?, 2, 3], x)?, 1, 0, 2, 1, 1)
    }),
    ("conv2d", |x| {
        let kernel = kernel(&[2, x.dim(0)?, 2, 2], x)?;
        laid(x.unsqueeze(0)?)?.conv2d(&kernel, 1, 2, 1, 1)
    }),
    ("conv_transpose2d", |x| {
        let kernel = kernel(&[x.dim(0)?, 2, 2, 2], x)?;
        laid(x.unsqueeze(0)?)?.conv_transpose2d(&kernel, 0, 0, 2, 1)
    }),
    ("avg_pool2d", |x| x.unsqueeze(0)?.avg_pool2d(2)),
    ("max_pool2d", |x| {
        x.unsqueeze(0)?.max_pool2d_with_stride((2, 1), (1, 1))
    }),
    ("upsample_nearest1d", |x| x.upsample_nearest1d(9)),
    ("upsample_nearest2d", |x| {
        x.unsqueeze(0)?.upsample_nearest2d(7, 9)
    }),
    ("upsample_bilinear2d", |x| {
        x.unsqueeze(0)?.upsample_bilinear2d(7, 9, false)
    }),
    ("matmul", |x| x.matmul(&laid(partner(x)?.transpose(1, 2)?)?)),
    ("matmul, transposed", |x| {
        laid(x.transpose(1, 2)?)?.matmul(&partner(x)?)
    }),
    ("contiguous", |x| x.contiguous()),
    ("cat", |x| Tensor::cat(&[x, &partner(x)?], 2)),
    ("cat of the first dimension", |x| Tensor::cat(&[x, x], 0)),
    ("repeat", |x| x.repeat((2, 1, 2))),
    ("flip", |x| x.flip(&[1])),
    ("softmax", |x| candle_nn::ops::softmax(x, D::Minus1)),
    ("softmax_last_dim", |x| candle_nn::ops::softmax_last_dim(x)),
    ("sigmoid", |x| candle_nn::ops::sigmoid(x)),
    ("rms_norm", |x| {
        let scale = partner(x)?.get(0)?.get(0)?;
        candle_nn::ops::rms_norm(&x.contiguous()?, &scale, 1e-5)
    }),
    ("zero_set", |x| {
        written(x, |to| to.narrow(1, 2, 3)?.zero_set())
    }),
    ("one_set", |x| {
        written(x, |to| to.transpose(0, 2)?.narrow(1, 2, 3)?.one_set())
    }),
    ("slice_set", |x| {
        let (a, b, c) = x.dims3()?;
        let to = Tensor::zeros((a, b + 2, c), DType::F32, x.device())?;
        to.slice_set(&x.contiguous()?, 1, 2)?;
        Ok(to)
    }),
];

/// Views of a tensor of three dimensions, by every way in which a layout can be other than plain.
fn views(device: &Device) -> Result<Vec<(&'static str, Tensor)>> {
    let x = Tensor::arange(0f32, 120., device)?
        .affine(0.21, -9.)?
        .reshape((4, 5, 6))?;
    Ok(vec![
        ("plain", x.clone()),
        ("part", x.narrow(1, 1, 3)?),
        (
            "part of each",
            x.narrow(0, 1, 2)?.narrow(1, 2, 2)?.narrow(2, 1, 4)?,
        ),
        ("transposed", x.transpose(1, 2)?),
        ("turned", x.transpose(0, 2)?),
        ("part, transposed", x.narrow(2, 2, 3)?.transpose(0, 1)?),
        ("row broadcast", x.get(2)?.get(3)?.broadcast_as((3, 2, 6))?),
        (
            "column broadcast",
            x.get(1)?
                .narrow(1, 4, 1)?
                .unsqueeze(0)?
                .broadcast_as((2, 5, 3))?,
        ),
        (
            "number broadcast",
            x.get(3)?.get(4)?.get(5)?.broadcast_as((2, 3, 4))?,
        ),
        (
            "one number",
            x.narrow(0, 3, 1)?.narrow(1, 4, 1)?.narrow(2, 5, 1)?,
        ),
        ("none", x.narrow(1, 5, 0)?),
        ("none in the last dimension", x.narrow(2, 3, 0)?),
    ])
}

/// What an op gave, on the host and in f64.
fn values(x: &Tensor) -> Result<Vec<f64>> {
    let x = x.to_device(&Device::Cpu)?.to_dtype(DType::F64)?;
    x.flatten_all()?.to_vec1()
}

fn compare(what: &str, expected: Result<Tensor>, found: Result<Tensor>) -> Result<()> {
    let (expected, found) = match (expected, found) {
        (Ok(expected), Ok(found)) => (expected, found),
        (Err(_), Err(_)) => return Ok(()),
        // The CPU also refuses to reduce nothing to nothing.
        (Err(_), Ok(found)) if found.elem_count() == 0 => return Ok(()),
        (Ok(_), Err(error)) => panic!("{what}: only the device refuses: {error}"),
        (Err(error), Ok(_)) => panic!("{what}: only the CPU refuses: {error}"),
    };
    assert_eq!(
        (found.dims(), found.dtype()),
        (expected.dims(), expected.dtype()),
        "{what}"
    );
    for (at, (x, y)) in values(&found)?.iter().zip(values(&expected)?).enumerate() {
        let close = (x - y).abs() <= 1e-5 + 2e-5 * y.abs() || (x.is_nan() && y.is_nan()) || *x == y;
        assert!(close, "{what}: number {at} is {x}, on the CPU {y}");
    }
    Ok(())
}

/// Runs an op. On some tensors without elements Candle panics.
fn run(op: &fn(&Tensor) -> Result<Tensor>, x: &Tensor) -> Result<Tensor> {
    let result = catch_unwind(AssertUnwindSafe(|| op(x)));
    result.unwrap_or_else(|_| Err(grafted::Error::Msg("a panic".to_owned())))
}

fn every_op_takes_every_layout(target: &str) -> Result<()> {
    let device = emulated(target)?;
    let on_cpu = views(&Device::Cpu)?;
    for ((view, x), (_, plain)) in views(&device)?.into_iter().zip(on_cpu) {
        let plain = laid(plain)?;
        for (name, op) in OPS {
            compare(&format!("{name} of {view}"), run(op, &plain), run(op, &x))?;
        }
    }
    Ok(())
}

macro_rules! on_targets {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() -> Result<()> {
            every_op_takes_every_layout(stringify!($target))
        })*
    };
}

on_targets!(gfx90a gfx942 gfx1030 gfx1100 gfx1201);
