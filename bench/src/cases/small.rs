//! Small ops: how fast launches follow each other, and what waiting, transfers and memory cost.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::ops;

use crate::backend;
use crate::case::{Case, Program};
use crate::input::{indices, numbers};

const GROUP: &str = "small";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = launches();
    cases.extend(transfers());
    for (title, bytes) in [
        ("4 KiB", 4 << 10),
        ("1 MiB", 1 << 20),
        ("256 MiB", 256 << 20),
    ] {
        cases.push(allocation(title, bytes));
    }
    cases
}

/// Ops that a device is done with before the host has enqueued the next.
fn launches() -> Vec<Case> {
    let row = || numbers(&[1, 4096], DType::F16);
    let square = || numbers(&[64, 64], DType::F32);
    let words = || vec![numbers(&[100, 64], DType::F32), indices(&[4], 100)];
    let scale = || numbers(&[4096], DType::F16);
    let case = |title: &str, inputs, run: fn(&[Tensor]) -> Result<Tensor>| {
        Case::new(GROUP, title, inputs, run)
    };
    vec![
        case("add f32 64²", vec![square(), square()], |x| &x[0] + &x[1]),
        case("affine f16 4096", vec![row()], |x| x[0].affine(2.0, 1.0)),
        case("silu f16 4096", vec![row()], |x| x[0].silu()),
        case("cast f16 to f32 4096", vec![row()], |x| {
            x[0].to_dtype(DType::F32)
        }),
        case("sum f32 64²", vec![square()], |x| x[0].sum(D::Minus1)),
        case("softmax f32 64²", vec![square()], |x| {
            ops::softmax_last_dim(&x[0])
        }),
        case("rms_norm f16 4096", vec![row(), scale()], |x| {
            ops::rms_norm(&x[0], &x[1], 1e-5)
        }),
        case("transpose f32 64²", vec![square()], |x| {
            x[0].t()?.contiguous()
        }),
        case("cat f32 2 × 64²", vec![square(), square()], |x| {
            Tensor::cat(&[&x[0], &x[1]], 0)
        }),
        case("index_select f32 4 of 100", words(), |x| {
            x[0].index_select(&x[1], 0)
        }),
        case("matmul f32 64³", vec![square(), square()], |x| {
            x[0].matmul(&x[1])
        }),
    ]
}

/// What the host waits for.
fn transfers() -> [Case; 3] {
    let row = || numbers(&[1024], DType::F32);
    let wait = |x: &[Tensor]| {
        let sum = (&x[0] + &x[1])?;
        x[0].device().synchronize()?;
        Ok(sum)
    };
    let download = |x: &[Tensor]| {
        x[0].to_vec1::<f32>()?;
        Ok(x[0].clone())
    };
    [
        Case::new(GROUP, "add f32 1024, and wait", vec![row(), row()], wait).on_host(),
        Case::new(GROUP, "to_vec1 f32 1024", vec![row()], download).on_host(),
        Case::program(GROUP, "from_slice f32 1024", DType::F32, |device| {
            let device = device.clone();
            let values: Vec<f32> = (0..1024u16).map(f32::from).collect();
            let program: Program = Box::new(move || Tensor::from_slice(&values, 1024, &device));
            Ok(program)
        })
        .on_host(),
    ]
}

/// Memory taken and given back.
fn allocation(title: &str, bytes: usize) -> Case {
    let make = move |device: &Device| {
        let device = device.clone();
        let program: Program = Box::new(move || backend::allocate(bytes, &device));
        Ok(program)
    };
    Case::program(GROUP, format!("allocate {title}"), DType::U8, make).on_host()
}
