//! Every dtype in every element-wise op: conversions to the bit, integers of 16 and 32 bits, floats of
//! 8 bits.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use common::{Rng, contexts, download, upload, view};
use float8::F8E4M3;
use half::{bf16, f16};
use redwick_tensor_ops::ops::{self, BinaryOp, CompareOp, ReduceOp, UnaryOp};
use redwick_tensor_ops::{Context, DType, Layout, Storage};

fn row(count: usize) -> Layout {
    Layout::contiguous(&[count])
}

fn cast(x: &Storage, to: DType) -> Storage {
    ops::cast(view(x, &row(x.len())), to).unwrap()
}

/// All numbers of 8 bits.
fn bytes() -> Vec<u8> {
    (0..=255).collect()
}

fn small(bits: u8) -> F8E4M3 {
    F8E4M3::from_bits(bits)
}

#[test]
fn floats_of_8_bits_become_the_numbers_that_they_are() {
    for context in contexts() {
        let x = upload(&context, DType::F8E4M3, &bytes());
        let singles: Vec<u32> = download(&cast(&x, DType::F32));
        let doubles: Vec<f64> = download(&cast(&x, DType::F64));
        let halves: Vec<u16> = download(&cast(&x, DType::F16));
        let brains: Vec<u16> = download(&cast(&x, DType::BF16));
        let shorts: Vec<i16> = download(&cast(&x, DType::I16));
        let unsigned: Vec<u8> = download(&cast(&x, DType::U8));
        let longs: Vec<i64> = download(&cast(&x, DType::I64));
        for bits in bytes() {
            let (at, value) = (usize::from(bits), small(bits).to_f32());
            assert_eq!(singles[at], value.to_bits(), "{bits:#x}");
            assert_eq!(shorts[at], value as i16);
            assert_eq!(unsigned[at], value as u8);
            assert_eq!(longs[at], value as i64);
            if value.is_nan() {
                assert!(doubles[at].is_nan() && f16::from_bits(halves[at]).is_nan());
                assert!(bf16::from_bits(brains[at]).is_nan());
            } else {
                assert_eq!(doubles[at].to_bits(), f64::from(value).to_bits());
                assert_eq!(halves[at], f16::from_f32(value).to_bits());
                assert_eq!(brains[at], bf16::from_f32(value).to_bits());
            }
        }
    }
}

/// Numbers at, and just beside, the ties between neighbours of 8 bits, and beyond them.
fn hard_numbers() -> Vec<f64> {
    let mut numbers = vec![
        0.0,
        464.0,
        465.0,
        1e30,
        1e300,
        f64::INFINITY,
        f64::NAN,
        1e-300,
    ];
    for bits in 0..0x7eu8 {
        let (low, high) = (small(bits).to_f64(), small(bits + 1).to_f64());
        let tie = (low + high) / 2.0;
        numbers.extend([low, tie, tie.next_down(), tie.next_up(), tie * 1.000_000_1]);
    }
    let opposite: Vec<f64> = numbers.iter().map(|x| -x).collect();
    numbers.extend(opposite);
    numbers
}

#[test]
fn numbers_become_the_nearest_float_of_8_bits() {
    let numbers = hard_numbers();
    for context in contexts() {
        let doubles = upload(&context, DType::F64, &numbers);
        let singles: Vec<f32> = numbers.iter().map(|&x| x as f32).collect();
        let singles_there = upload(&context, DType::F32, &singles);
        let got: Vec<u8> = download(&cast(&doubles, DType::F8E4M3));
        for (&x, got) in numbers.iter().zip(got) {
            assert_eq!(got, F8E4M3::from_f64(x).to_bits(), "{x:e}");
        }
        let got: Vec<u8> = download(&cast(&singles_there, DType::F8E4M3));
        for (&x, got) in singles.iter().zip(got) {
            assert_eq!(got, F8E4M3::from_f32(x).to_bits(), "{x:e}");
        }
        let integers: Vec<i32> = (-600..600).collect();
        let there = upload(&context, DType::I32, &integers);
        let got: Vec<u8> = download(&cast(&there, DType::F8E4M3));
        for (&x, got) in integers.iter().zip(got) {
            assert_eq!(got, F8E4M3::from_f32(x as f32).to_bits(), "{x}");
        }
    }
}

/// The number with `kept` bits of mantissa nearest to `x`, ties to even, by whole numbers alone; `x`
/// is normal in the smaller format.
fn rounded_once(x: f64, kept: u32) -> f64 {
    let dropped = 52 - kept;
    let (bits, half) = (x.to_bits(), 1u64 << (dropped - 1));
    let odd = bits >> dropped & 1;
    f64::from_bits((bits + half - 1 + odd) >> dropped << dropped)
}

#[test]
fn doubles_are_rounded_to_16_bits_once() {
    let mut rng = Rng(1);
    // Near ties: rounding to f32 first would make them ties.
    let mut numbers = Vec::new();
    for _ in 0..500 {
        let sign = (rng.next() & 1) << 63;
        let exponent = (1023 - 10 + rng.below(20) as u64) << 52;
        for kept in [7, 10] {
            let mantissa = rng.next() >> 12 >> (52 - kept - 1) << (52 - kept - 1);
            for near in [0, 1, 3, 0u64.wrapping_sub(1)] {
                numbers.push(f64::from_bits(
                    (sign | exponent | mantissa).wrapping_add(near),
                ));
            }
        }
    }
    for context in contexts() {
        let x = upload(&context, DType::F64, &numbers);
        let halves: Vec<u16> = download(&cast(&x, DType::F16));
        let brains: Vec<u16> = download(&cast(&x, DType::BF16));
        for (at, &x) in numbers.iter().enumerate() {
            assert_eq!(
                f16::from_bits(halves[at]).to_f64(),
                rounded_once(x, 10),
                "{x:e}"
            );
            assert_eq!(
                bf16::from_bits(brains[at]).to_f64(),
                rounded_once(x, 7),
                "{x:e}"
            );
        }
    }
}

#[test]
fn integers_become_each_other_as_in_rust() {
    let numbers: Vec<i64> = [
        0, 1, -1, 127, 128, 255, 256, 32767, 32768, -32769, 65535, 65536,
    ]
    .into_iter()
    .chain([
        i64::from(i32::MAX),
        i64::from(i32::MIN) - 1,
        1 << 32,
        i64::MAX,
        i64::MIN,
    ])
    .collect();
    for context in contexts() {
        let x = upload(&context, DType::I64, &numbers);
        let shorts = cast(&x, DType::I16);
        let ints = cast(&x, DType::I32);
        let want: Vec<i16> = numbers.iter().map(|&n| n as i16).collect();
        assert_eq!(download::<i16>(&shorts), want);
        let want: Vec<i32> = numbers.iter().map(|&n| n as i32).collect();
        assert_eq!(download::<i32>(&ints), want);
        let want: Vec<u32> = numbers.iter().map(|&n| n as i16 as u32).collect();
        assert_eq!(download::<u32>(&cast(&shorts, DType::U32)), want);
        let want: Vec<i64> = numbers.iter().map(|&n| i64::from(n as i32)).collect();
        assert_eq!(download::<i64>(&cast(&ints, DType::I64)), want);
    }
}

#[test]
fn floats_saturate_in_integers() {
    let numbers = [
        0.0, -0.5, 1.9, -1.9, 32767.5, 32768.0, -32769.0, 3e9, -3e9, 1e30, -1e30,
    ];
    let numbers: Vec<f64> = numbers
        .into_iter()
        .chain([f64::NAN, f64::INFINITY])
        .collect();
    for context in contexts() {
        let x = upload(&context, DType::F64, &numbers);
        let want: Vec<i16> = numbers.iter().map(|&n| n as i16).collect();
        assert_eq!(download::<i16>(&cast(&x, DType::I16)), want);
        let want: Vec<i32> = numbers.iter().map(|&n| n as i32).collect();
        assert_eq!(download::<i32>(&cast(&x, DType::I32)), want);
    }
}

fn pairs(op: BinaryOp, context: &Context, a: &[i16], b: &[i16]) -> Vec<i16> {
    let layout = row(a.len());
    let (a, b) = (
        upload(context, DType::I16, a),
        upload(context, DType::I16, b),
    );
    download(&ops::binary(op, view(&a, &layout), view(&b, &layout)).unwrap())
}

#[test]
fn integers_of_16_bits_wrap() {
    let (a, b) = ([32767i16, -5, 300, -32768, 7], [1i16, 3, 300, -1, -2]);
    for context in contexts() {
        assert_eq!(
            pairs(BinaryOp::Add, &context, &a, &b),
            [-32768, -2, 600, 32767, 5]
        );
        assert_eq!(
            pairs(BinaryOp::Mul, &context, &a, &b),
            [32767, -15, 24464, -32768, -14]
        );
        assert_eq!(
            pairs(BinaryOp::Minimum, &context, &a, &b),
            [1, -5, 300, -32768, -2]
        );
        assert_eq!(pairs(BinaryOp::Div, &context, &a[1..3], &b[1..3]), [-1, 1]);
        let x = upload(&context, DType::I16, &a);
        let sum = ops::reduce(ReduceOp::Sum, view(&x, &row(5)), &[0]).unwrap();
        assert_eq!(download::<i16>(&sum), [301]);
        let least = ops::reduce(ReduceOp::ArgMin, view(&x, &row(5)), &[0]).unwrap();
        assert_eq!(download::<u32>(&least), [3]);
    }
}

#[test]
fn functions_of_integers() {
    for context in contexts() {
        let x = upload(&context, DType::I32, &[-7i32, 0, 9, i32::MIN]);
        let of = |op| download::<i32>(&ops::unary(op, view(&x, &row(4))).unwrap());
        assert_eq!(of(UnaryOp::Abs), [7, 0, 9, i32::MIN]);
        assert_eq!(of(UnaryOp::Relu), [0, 0, 9, 0]);
        assert_eq!(of(UnaryOp::Sign), [-1, 0, 1, -1]);
        assert_eq!(of(UnaryOp::Floor), [-7, 0, 9, i32::MIN]);
        assert_eq!(of(UnaryOp::Gelu), [0; 4]);
        let refused = ops::unary(UnaryOp::Exp, view(&x, &row(4))).unwrap_err();
        assert!(refused.to_string().contains("exp of i32"), "{refused}");
        let x = upload(&context, DType::U8, &[0u8, 1, 255]);
        let of = |op| download::<u8>(&ops::unary(op, view(&x, &row(3))).unwrap());
        assert_eq!(
            (of(UnaryOp::Abs), of(UnaryOp::Sign)),
            (vec![0, 1, 255], vec![0, 1, 1])
        );
    }
}

#[test]
fn arithmetic_of_8_bit_floats_rounds_once() {
    let mut rng = Rng(3);
    let (a, b): (Vec<u8>, Vec<u8>) = (0..1031)
        .map(|_| (rng.next() as u8, rng.next() as u8))
        .unzip();
    let layout = row(a.len());
    for context in contexts() {
        let (x, y) = (
            upload(&context, DType::F8E4M3, &a),
            upload(&context, DType::F8E4M3, &b),
        );
        let (x, y) = (view(&x, &layout), view(&y, &layout));
        let same = |op, of: fn(F8E4M3, F8E4M3) -> F8E4M3| {
            let got: Vec<u8> = download(&ops::binary(op, x, y).unwrap());
            for at in 0..a.len() {
                let (got, want) = (small(got[at]), of(small(a[at]), small(b[at])));
                let equal = got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan());
                assert!(
                    equal,
                    "{op:?} of {} and {}: {got}",
                    small(a[at]),
                    small(b[at])
                );
            }
        };
        same(BinaryOp::Add, |a, b| a + b);
        same(BinaryOp::Sub, |a, b| a - b);
        same(BinaryOp::Mul, |a, b| a * b);
        same(BinaryOp::Div, |a, b| a / b);
        same(BinaryOp::Maximum, |a, b| if a < b { b } else { a });
        let less: Vec<u8> = download(&ops::compare(CompareOp::Lt, x, y).unwrap());
        assert!((0..a.len()).all(|at| (less[at] == 1) == (small(a[at]) < small(b[at]))));
        let exp: Vec<u8> = download(&ops::unary(UnaryOp::Exp, x).unwrap());
        for (&x, got) in a.iter().zip(exp) {
            let want = F8E4M3::from_f32(small(x).to_f32().exp());
            assert!(
                small(got).to_bits() == want.to_bits() || want.is_nan(),
                "exp {x:#x}"
            );
        }
        let affine: Vec<u8> = download(&ops::affine(x, 1.5, -0.25).unwrap());
        for (&x, got) in a.iter().zip(affine) {
            let want = F8E4M3::from_f32(small(x).to_f32() * 1.5 - 0.25);
            assert!(got == want.to_bits() || want.is_nan(), "affine {x:#x}");
        }
    }
}
