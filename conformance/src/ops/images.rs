//! Convolutions, pooling and upsampling.

use candle_core::{DType, Device, Result, Tensor};

use crate::compare::Tolerance;
use crate::op::{Case, Cases, DTYPES, FLOATS, Op, Reference, Run};
use crate::operand::{Operand, Values};
use crate::view::View;

/// Those in which the CPU and a device round alike.
const WHOLE: &[DType] = &[
    DType::F32,
    DType::F64,
    DType::U8,
    DType::U32,
    DType::I16,
    DType::I32,
    DType::I64,
];
const SHORT: &[DType] = &[DType::F16, DType::BF16, DType::F8E4M3];
/// Those with tiles of two sizes.
const TILED: &[DType] = &[DType::F32, DType::F16, DType::BF16];
const INTEGERS: &[DType] = &[DType::U8, DType::U32, DType::I16, DType::I32, DType::I64];

/// In 16 bits and fewer: computed wider, and rounded once.
const fn rounded(name: &'static str, cases: Cases, run: Run) -> Op {
    Op {
        reference: Reference::Wide,
        tolerance: Tolerance::sum(16.0),
        ..Op::row(name, SHORT, cases, run)
    }
}

const AVG_POOL: Run = |x, a| x[0].avg_pool2d_with_stride((a[0], a[1]), (a[2], a[3]));
const BILINEAR: Run = |x, a| x[0].upsample_bilinear2d(a[0], a[1], a[2] == 1);
/// Factors are given in eighths.
const BY_FACTORS: Run = |x, a| {
    let [h, w] = [a[0], a[1]].map(|eighths| eighths as f64 / 8.0);
    x[0].upsample_bilinear2d_with_scale(h, w, a[2] == 1)
};

/// Pooling.
pub const POOL: &[Op] = &[
    Op::row("max_pool2d", DTYPES, windows, |x, a| {
        x[0].max_pool2d_with_stride((a[0], a[1]), (a[2], a[3]))
    }),
    Op::row("avg_pool2d", WHOLE, windows, AVG_POOL),
    rounded("avg_pool2d", windows, AVG_POOL),
];

/// Upsampling, and the opposite.
pub const UPSAMPLE: &[Op] = &[
    Op::row("upsample_nearest1d", DTYPES, lengths, |x, a| {
        x[0].upsample_nearest1d(a[0])
    }),
    Op::row("upsample_nearest2d", DTYPES, TO_SIZES, |x, a| {
        x[0].upsample_nearest2d(a[0], a[1])
    }),
    Op::row("upsample_bilinear2d", WHOLE, TO_CORNERS, BILINEAR),
    rounded("upsample_bilinear2d", TO_CORNERS, BILINEAR),
    Op::row(
        "upsample_bilinear2d by factors",
        WHOLE,
        BY_FACTOR,
        BY_FACTORS,
    ),
    rounded("upsample_bilinear2d by factors", BY_FACTOR, BY_FACTORS),
];

const CONV1D: Run = |x, a| x[0].conv1d(&x[1], a[0], a[1], a[2], a[3]);
const CONV2D: Run = |x, a| x[0].conv2d(&x[1], a[0], a[1], a[2], a[3]);
const CONV_TRANSPOSE1D: Run = |x, a| x[0].conv_transpose1d(&x[1], a[0], a[4], a[1], a[2], a[3]);
const CONV_TRANSPOSE2D: Run = |x, a| x[0].conv_transpose2d(&x[1], a[0], a[4], a[1], a[2]);

const fn floats(name: &'static str, cases: Cases, run: Run) -> Op {
    Op {
        reference: Reference::Wide,
        // Terms of both signs cancel, and equal ones are each rounded the same way.
        tolerance: Tolerance {
            within: 8.0,
            ..Tolerance::sum(128.0)
        },
        ..Op::row(name, FLOATS, cases, run)
    }
}

/// The CPU has no convolution of integers, so `oracle` is one of floats.
const fn integers(name: &'static str, cases: Cases, run: Run, oracle: Run) -> Op {
    Op {
        // Sums stay within 16 bits.
        values: Values::Between(-1.0, 1.0),
        oracle: Some(oracle),
        ..Op::row(name, INTEGERS, cases, run)
    }
}

/// Convolutions and transposed convolutions.
pub const CONV: &[Op] = &[
    Op {
        dtypes: TILED,
        ..floats("conv1d", long_signals, CONV1D)
    },
    Op {
        dtypes: &[DType::F64],
        ..floats("conv1d", SIGNALS_1D, CONV1D)
    },
    integers("conv1d", SIGNALS_1D, CONV1D, |x, a| {
        in_floats(x, |x| CONV1D(x, a))
    }),
    floats("conv2d", IMAGES_2D, CONV2D),
    integers("conv2d", IMAGES_2D, CONV2D, |x, a| {
        in_floats(x, |x| CONV2D(x, a))
    }),
    Op {
        oracle: Some(|x, a| by_batch(x, |x| CONV_TRANSPOSE1D(x, a))),
        ..floats("conv_transpose1d", SIGNALS_BACK, CONV_TRANSPOSE1D)
    },
    integers(
        "conv_transpose1d",
        SIGNALS_BACK,
        CONV_TRANSPOSE1D,
        |x, a| in_floats(x, |x| by_batch(x, |x| CONV_TRANSPOSE1D(x, a))),
    ),
    floats("conv_transpose2d", IMAGES_BACK, CONV_TRANSPOSE2D),
    integers("conv_transpose2d", IMAGES_BACK, CONV_TRANSPOSE2D, |x, a| {
        in_floats(x, |x| CONV_TRANSPOSE2D(x, a))
    }),
];

/// An op on integers in floats, which hold all sums exactly; those of bytes wrap around.
fn in_floats(x: &[Tensor], run: impl Fn(&[Tensor]) -> Result<Tensor>) -> Result<Tensor> {
    let wide = x.iter().map(|x| x.to_dtype(DType::F64));
    let y = run(&wide.collect::<Result<Vec<_>>>()?)?;
    if x[0].dtype() != DType::U8 || y.elem_count() == 0 {
        return y.to_dtype(x[0].dtype());
    }
    let sums = y.flatten_all()?.to_vec1::<f64>()?;
    let wrapped: Vec<u8> = sums.iter().map(|sum| *sum as u64 as u8).collect();
    Tensor::from_vec(wrapped, y.dims(), &Device::Cpu)
}

/// An op on each signal by itself: the CPU mixes up the batches of a transposed convolution without
/// padding, since its product of matrices takes the transposed signals for one matrix.
fn by_batch(x: &[Tensor], run: impl Fn(&[Tensor]) -> Result<Tensor>) -> Result<Tensor> {
    let batches = x[0].dim(0)?;
    if batches < 2 {
        return run(x);
    }
    let one = |batch| run(&[x[0].narrow(0, batch, 1)?, x[1].clone()]);
    let all = (0..batches).map(one).collect::<Result<Vec<_>>>()?;
    Tensor::cat(&all, 0)
}

/// Images: batch, channels, height, width.
const IMAGES: &[[usize; 4]] = &[
    [1, 1, 1, 1],
    [0, 2, 4, 4],
    [1, 1, 4, 4],
    [2, 3, 5, 7],
    [1, 2, 8, 16],
    [3, 1, 13, 11],
    [1, 5, 17, 33],
];

/// Each of the images with some of the parameters, in all layouts.
fn on_images(values: Values, parameters: &[[usize; 4]]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (at, dims) in IMAGES.iter().enumerate() {
        let some = |(number, _): &(usize, _)| (number + at) % 2 == 0;
        for (_, axes) in parameters.iter().enumerate().filter(some) {
            for view in View::ALL {
                cases.push(Case::along(vec![Operand::new(dims, view, values)], axes));
            }
        }
    }
    cases
}

/// Windows and their strides.
const WINDOWS: &[[usize; 4]] = &[
    [1, 1, 1, 1],
    [2, 2, 2, 2],
    [3, 3, 1, 2],
    [2, 3, 3, 1],
    [1, 4, 2, 3],
    [4, 4, 4, 4],
];

/// Those of the windows that fit an image.
fn windows(values: Values) -> Vec<Case> {
    let mut cases = on_images(values, WINDOWS);
    cases.retain(|case| {
        let dims = &case.operands[0].dims;
        case.axes[0] <= dims[2] && case.axes[1] <= dims[3]
    });
    cases
}

/// Heights and widths.
const SIZES: &[[usize; 4]] = &[
    [1, 1, 0, 0],
    [8, 16, 0, 0],
    [7, 5, 0, 0],
    [3, 32, 0, 0],
    [0, 4, 0, 0],
    [34, 21, 0, 0],
];

/// Heights, widths and whether corners stay corners.
const CORNERS: &[[usize; 4]] = &[
    [1, 1, 0, 0],
    [1, 1, 1, 0],
    [8, 8, 0, 0],
    [8, 8, 1, 0],
    [7, 19, 0, 0],
    [3, 2, 1, 0],
];

/// Factors in eighths, and whether corners stay corners.
const FACTORS: &[[usize; 4]] = &[
    [16, 16, 0, 0],
    [16, 24, 1, 0],
    [12, 11, 0, 0],
    [8, 13, 0, 0],
    [5, 9, 0, 0],
];

const TO_SIZES: Cases = |v| on_images(v, SIZES);
const TO_CORNERS: Cases = |v| on_images(v, CORNERS);
const BY_FACTOR: Cases = |v| on_images(v, FACTORS);

fn lengths(values: Values) -> Vec<Case> {
    let mut cases = Vec::new();
    for dims in [[1, 1, 1], [2, 3, 7], [1, 2, 16], [0, 1, 4], [1, 1, 257]] {
        for size in [1, 8, 13, 64, 259] {
            for view in View::ALL {
                cases.push(Case::along(
                    vec![Operand::new(&dims, view, values)],
                    &[size],
                ));
            }
        }
    }
    cases
}

/// Batch, input channels, output channels, length and taps of signals; for images both sides of the
/// latter.
const SIGNALS: &[[usize; 5]] = &[
    [1, 1, 1, 1, 1],
    [1, 1, 1, 9, 3],
    [0, 2, 3, 8, 3],
    [2, 3, 5, 17, 3],
    [1, 2, 7, 64, 5],
    [2, 4, 3, 31, 4],
    [1, 13, 65, 16, 3],
    [3, 6, 12, 24, 1],
    [1, 70, 6, 33, 2],
];
const PICTURES: &[[usize; 7]] = &[
    [1, 1, 1, 1, 1, 1, 1],
    [1, 1, 1, 5, 4, 3, 3],
    [0, 2, 5, 4, 4, 3, 3],
    [2, 3, 5, 7, 9, 3, 3],
    [1, 2, 6, 8, 16, 3, 5],
    [2, 4, 3, 5, 31, 2, 1],
    [1, 9, 65, 3, 16, 3, 3],
    [3, 6, 12, 4, 8, 1, 1],
    [1, 33, 7, 6, 8, 3, 3],
    [2, 4, 4, 9, 8, 4, 4],
    // Windows that are divided among workgroups.
    [2, 130, 6, 4, 4, 3, 3],
];
/// Padding, stride, dilation and output padding.
const PARAMETERS: &[[usize; 4]] = &[
    [0, 1, 1, 0],
    [1, 1, 1, 0],
    [2, 1, 2, 0],
    [1, 2, 1, 1],
    [0, 2, 2, 0],
    [2, 3, 1, 2],
    [1, 3, 2, 1],
    [3, 4, 6, 0],
];

/// The dimensions of the images or signals, the input and output channels, and the window.
type Dims = (Vec<usize>, [usize; 2], Vec<usize>);

/// How the operands of convolutions are laid out.
#[derive(Clone, Copy)]
struct Family {
    /// What a row of sizes stands for.
    dims: fn(&[usize]) -> Dims,
    /// Whether they are transposed: input channels then come first in the weight.
    back: bool,
    /// Whether Candle takes groups.
    groups: bool,
}

const CONV_1D: Family = Family {
    dims: of_signal,
    back: false,
    groups: true,
};
const CONV_2D: Family = Family {
    dims: of_image,
    ..CONV_1D
};
const BACK_1D: Family = Family {
    back: true,
    ..CONV_1D
};
const BACK_2D: Family = Family {
    back: true,
    groups: false,
    ..CONV_2D
};

const SIGNALS_1D: Cases = |v| CONV_1D.cases(v, SIGNALS);
const SIGNALS_BACK: Cases = |v| BACK_1D.cases(v, SIGNALS);
const IMAGES_2D: Cases = |v| CONV_2D.cases(v, PICTURES);
const IMAGES_BACK: Cases = |v| BACK_2D.cases(v, PICTURES);

impl Family {
    fn case(&self, values: Values, shape: &[usize], number: usize) -> Option<Case> {
        let (image, [inputs, outputs], window) = (self.dims)(shape);
        let [padding, stride, dilation, output_padding] = PARAMETERS[number % PARAMETERS.len()];
        let fits = |at: usize| {
            let (size, reach) = (image[2 + at], dilation * (window[at] - 1));
            match self.back {
                true => (size - 1) * stride + reach + output_padding + 1 > 2 * padding,
                false => size + 2 * padding > reach,
            }
        };
        if !(0..window.len()).all(fits) {
            return None;
        }
        let grouped = self.groups && number % 2 == 1 && outputs.is_multiple_of(inputs);
        let groups = if grouped { inputs } else { 1 };
        let channels = match self.back {
            true => [inputs, outputs],
            false => [outputs, inputs / groups],
        };
        let weight = [&channels[..], &window].concat();
        let views = [number, number / 2 + 3].map(|view| View::ALL[view % View::ALL.len()]);
        let operands = vec![
            Operand::new(&image, views[0], values),
            Operand::new(&weight, views[1], values),
        ];
        let axes = [padding, stride, dilation, groups, output_padding];
        Some(Case::along(operands, &axes))
    }

    /// Each shape with three of the parameters in turn, so that all of them occur.
    fn cases<const N: usize>(&self, values: Values, shapes: &[[usize; N]]) -> Vec<Case> {
        let numbers = |at: usize| (0..3).map(move |turn| at * 3 + turn);
        let of_shape = |(at, shape): (usize, &[usize; N])| -> Vec<Case> {
            let cases = numbers(at).filter_map(|number| self.case(values, shape, number));
            cases.collect()
        };
        shapes.iter().enumerate().flat_map(of_shape).collect()
    }
}

fn of_signal(shape: &[usize]) -> (Vec<usize>, [usize; 2], Vec<usize>) {
    let [batch, inputs, outputs, length, taps] = [0, 1, 2, 3, 4].map(|at| shape[at]);
    (vec![batch, inputs, length], [inputs, outputs], vec![taps])
}

fn of_image(shape: &[usize]) -> (Vec<usize>, [usize; 2], Vec<usize>) {
    let [batch, inputs, outputs, h, w, rows, columns] = [0, 1, 2, 3, 4, 5, 6].map(|at| shape[at]);
    let image = vec![batch, inputs, h, w];
    (image, [inputs, outputs], vec![rows, columns])
}

/// Also enough tiles to fill a device, so that it takes large ones.
fn long_signals(values: Values) -> Vec<Case> {
    let mut cases = CONV_1D.cases(values, SIGNALS);
    let long = [&[1, 1, 38_920][..], &[5, 1, 3]];
    let long = long.map(|dims| Operand::new(dims, View::Plain, values));
    cases.push(Case::along(long.to_vec(), &[1, 1, 1, 1, 0]));
    cases
}
