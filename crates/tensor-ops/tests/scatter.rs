//! Writing and adding at indices, against the same done one after the other on the host.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use bytemuck::Pod;
use common::{Rng, contexts, download, upload, view};
use half::f16;
use redwick_tensor_ops::ops::{index_add, scatter, scatter_add};
use redwick_tensor_ops::{Context, DType, Error, Layout, Storage};

/// The source's (left, count, right), and the places along the indexed dimension.
#[derive(Clone, Copy, Debug)]
struct Shape {
    left: usize,
    count: usize,
    right: usize,
    target: usize,
}

const fn shape(left: usize, count: usize, right: usize, target: usize) -> Shape {
    Shape {
        left,
        count,
        right,
        target,
    }
}

/// Few indices and many, in both of which several go to one place.
const SHAPES: &[Shape] = &[
    shape(1, 1, 1, 1),
    shape(1, 5, 1, 3),
    shape(2, 7, 3, 4),
    shape(1, 257, 1, 31),
    shape(3, 65, 2, 100),
    shape(1, 300, 5, 7),
    shape(2, 1031, 3, 17),
];

impl Shape {
    fn source(self) -> Layout {
        Layout::contiguous(&[self.left, self.count, self.right])
    }

    fn destination(self) -> Layout {
        Layout::contiguous(&[self.left, self.target, self.right])
    }

    /// For each element of the source its place in the destination, in order.
    fn places(self, ids: &[usize]) -> Vec<Option<usize>> {
        let shared = ids.len() == self.count && self.left * self.right != 1;
        let place = |at: usize| {
            let (right, i) = (at % self.right, at / self.right % self.count);
            let left = at / self.right / self.count;
            let id = ids[if shared { i } else { at }];
            (id < self.target).then(|| (left * self.target + id) * self.right + right)
        };
        (0..self.left * self.count * self.right)
            .map(place)
            .collect()
    }

    fn indices(self, rng: &mut Rng, count: usize) -> Vec<usize> {
        (0..count).map(|_| rng.below(self.target)).collect()
    }
}

fn bits<T: Pod>(values: &[usize], number: impl Fn(usize) -> T) -> Vec<T> {
    values.iter().map(|&value| number(value)).collect()
}

fn upload_ids(context: &Context, dtype: DType, ids: &[usize]) -> Storage {
    match dtype {
        DType::U8 => upload(context, dtype, &bits(ids, |id| id as u8)),
        DType::U32 => upload(context, dtype, &bits(ids, |id| id as u32)),
        DType::I16 => upload(context, dtype, &bits(ids, |id| id as i16)),
        DType::I32 => upload(context, dtype, &bits(ids, |id| id as i32)),
        _ => upload(context, dtype, &bits(ids, |id| id as i64)),
    }
}

const INDICES: [DType; 5] = [DType::U8, DType::U32, DType::I16, DType::I32, DType::I64];

/// Scatters counted elements and compares with the same on the host.
fn check_last<T: Pod + PartialEq + std::fmt::Debug>(dtype: DType, number: fn(usize) -> T) {
    for context in contexts() {
        let mut rng = Rng(dtype as u64);
        for (at, &shape) in SHAPES.iter().enumerate() {
            let ids = shape.indices(&mut rng, shape.source().elements());
            let mut want = vec![number(99); shape.destination().elements()];
            let source: Vec<T> = (0..ids.len()).map(number).collect();
            let mut to = upload(&context, dtype, &want);
            for (place, value) in shape.places(&ids).into_iter().zip(&source) {
                want[place.unwrap()] = *value;
            }
            let ids = upload_ids(&context, INDICES[at % INDICES.len()], &ids);
            let x = upload(&context, dtype, &source);
            let layout = shape.source();
            let (ids, x) = (view(&ids, &layout), view(&x, &layout));
            scatter(&mut to, &shape.destination(), ids, x, 1).unwrap();
            assert_eq!(download::<T>(&to), want, "{dtype} {shape:?}");
        }
    }
}

#[test]
fn the_last_of_several_is_written() {
    check_last(DType::U8, |n| n as u8);
    check_last(DType::F16, |n| n as u16);
    check_last(DType::F32, |n| n as u32);
    check_last(DType::I64, |n| n as u64);
}

/// Adds small integers, whose sums are exact in any order, in both ways and in both modes.
fn check_sums<T: Pod + PartialEq + std::fmt::Debug>(dtype: DType, number: fn(i64) -> T) {
    for context in contexts() {
        let mut rng = Rng(dtype as u64);
        for (at, &shape) in SHAPES.iter().enumerate() {
            context.set_deterministic(at % 2 == 1);
            for per_slice in [false, true] {
                // Few enough to add up to what 4 bits of mantissa hold.
                let elements = shape.source().elements();
                let ids_count = if per_slice { shape.count } else { elements };
                let ids = shape.indices(&mut rng, ids_count);
                let source: Vec<i64> = (0..elements)
                    .map(|n| i64::from(n % 97 == 0) - i64::from(n % 89 == 1))
                    .collect();
                let mut want = vec![1i64; shape.destination().elements()];
                let to = upload(&context, dtype, &bits(&vec![1; want.len()], |_| number(1)));
                for (place, value) in shape.places(&ids).into_iter().zip(&source) {
                    want[place.unwrap()] += value;
                }
                let ids = upload_ids(&context, INDICES[at % INDICES.len()], &ids);
                let source: Vec<T> = source.into_iter().map(number).collect();
                let x = upload(&context, dtype, &source);
                let sums = add(to, shape, &ids, &x, per_slice);
                let want: Vec<T> = want.into_iter().map(number).collect();
                assert_eq!(download::<T>(&sums), want, "{dtype} {shape:?} {per_slice}");
            }
        }
    }
}

fn add(mut to: Storage, shape: Shape, ids: &Storage, x: &Storage, per_slice: bool) -> Storage {
    let (source, destination) = (shape.source(), shape.destination());
    let slices = Layout::contiguous(&[shape.count]);
    if per_slice {
        let (ids, x) = (view(ids, &slices), view(x, &source));
        return index_add(view(&to, &destination), ids, x, 1).unwrap();
    }
    let (ids, x) = (view(ids, &source), view(x, &source));
    scatter_add(&mut to, &destination, ids, x, 1).unwrap();
    to
}

#[test]
fn integers_are_added() {
    check_sums(DType::U8, |n| n as u8);
    check_sums(DType::I16, |n| n as i16);
    check_sums(DType::U32, |n| n as u32);
    check_sums(DType::I64, |n| n);
}

#[test]
fn floats_are_added() {
    check_sums(DType::F32, |n| n as f32);
    check_sums(DType::F64, |n| n as f64);
    check_sums(DType::F16, |n| f16::from_f32(n as f32).to_bits());
    check_sums(DType::BF16, |n| half::bf16::from_f32(n as f32).to_bits());
    check_sums(DType::F8E4M3, |n| {
        float8::F8E4M3::from_f32(n as f32).to_bits()
    });
}

#[test]
fn deterministic_sums_have_the_bits_of_adding_in_order() {
    for context in contexts() {
        context.set_deterministic(true);
        let mut rng = Rng(5);
        for &shape in SHAPES {
            for per_slice in [false, true] {
                let elements = shape.source().elements();
                let ids = shape.indices(&mut rng, if per_slice { shape.count } else { elements });
                let mut number = || (rng.next() >> 40) as f32 * 1e-3 - 8000.0;
                let source: Vec<f32> = (0..elements).map(|_| number()).collect();
                let mut want: Vec<f32> = (0..shape.destination().elements())
                    .map(|_| number())
                    .collect();
                let halves: Vec<f16> = source.iter().map(|&x| f16::from_f32(x)).collect();
                let mut want_halves: Vec<f16> = want.iter().map(|&x| f16::from_f32(x)).collect();
                let to = upload(&context, DType::F32, &want);
                let to_halves: Vec<u16> = want_halves.iter().map(|x| x.to_bits()).collect();
                let to_halves = upload(&context, DType::F16, &to_halves);
                for (at, place) in shape.places(&ids).into_iter().enumerate() {
                    want[place.unwrap()] += source[at];
                    want_halves[place.unwrap()] += halves[at];
                }
                let ids = upload_ids(&context, DType::I64, &ids);
                let x = upload(&context, DType::F32, &source);
                let got: Vec<f32> = download(&add(to, shape, &ids, &x, per_slice));
                assert_eq!(got, want, "{shape:?} {per_slice}");
                let halves: Vec<u16> = halves.iter().map(|x| x.to_bits()).collect();
                let x = upload(&context, DType::F16, &halves);
                let got: Vec<u16> = download(&add(to_halves, shape, &ids, &x, per_slice));
                let want: Vec<u16> = want_halves.iter().map(|x| x.to_bits()).collect();
                assert_eq!(got, want, "{shape:?} {per_slice}");
            }
        }
    }
}

#[test]
fn the_highest_index_goes_nowhere_and_others_out_of_range_are_reported() {
    for context in contexts() {
        let row = Layout::contiguous(&[4]);
        let x = upload(&context, DType::F32, &[1f32, 2.0, 3.0, 4.0]);
        let sum = |ids: &Storage| {
            let to = upload(&context, DType::F32, &[0f32; 3]);
            let layout = Layout::contiguous(&[3]);
            index_add(view(&to, &layout), view(ids, &row), view(&x, &row), 0).unwrap()
        };
        let skipped = [
            upload(&context, DType::I64, &[2, i64::MAX, 0, 2]),
            upload(&context, DType::U32, &[2, u32::MAX, 0, 2]),
            upload(&context, DType::I32, &[2, i32::MAX, 0, 2]),
            upload(&context, DType::I16, &[2, i16::MAX, 0, 2]),
            upload(&context, DType::U8, &[2, u8::MAX, 0, 2]),
        ];
        for ids in &skipped {
            assert_eq!(download::<f32>(&sum(ids)), [3.0, 0.0, 5.0]);
        }
        for wrong in [3i64, -1, i64::MIN, i64::MAX - 1] {
            let sums = sum(&upload(&context, DType::I64, &[2, wrong, 0, 2]));
            let mut bytes = [0; 12];
            let error = sums.download(&mut bytes).unwrap_err();
            assert!(matches!(error, Error::IndexOutOfRange { .. }), "{error}");
            sums.download(&mut bytes).unwrap();
            assert_eq!(bytemuck::cast_slice::<_, f32>(&bytes), [3.0, 0.0, 5.0]);
        }
    }
}

#[test]
fn operands_may_have_any_layout_but_the_destination() {
    for context in contexts() {
        // Both transposed: ids and values of (3, 2) lie as (2, 3).
        let ids = upload(&context, DType::U32, &[0u32, 1, 2, 2, 1, 0]);
        let x = upload(&context, DType::F32, &[1f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let transposed = Layout::strided(&[3, 2], &[1, 3], 0).unwrap();
        let mut to = upload(&context, DType::F32, &[0f32; 6]);
        let (ids, x) = (view(&ids, &transposed), view(&x, &transposed));
        scatter(&mut to, &Layout::contiguous(&[3, 2]), ids, x, 0).unwrap();
        assert_eq!(download::<f32>(&to), [1.0, 6.0, 2.0, 5.0, 3.0, 4.0]);
        let refused = scatter(&mut to, &transposed, ids, x, 0).unwrap_err();
        assert!(matches!(refused, Error::Shape { .. }), "{refused}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let context = contexts().next().unwrap();
    let (row, short) = (Layout::contiguous(&[4]), Layout::contiguous(&[3]));
    let x = upload(&context, DType::F32, &[0f32; 4]);
    let ids = upload(&context, DType::U32, &[0u32; 4]);
    let (x, ids) = (view(&x, &row), view(&ids, &row));
    let fewer = view(ids.storage(), &short);
    for error in [
        index_add(x, fewer, x, 0).unwrap_err(),
        index_add(x, ids, x, 1).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }
    let error = index_add(x, x, x, 0).unwrap_err();
    assert!(matches!(error, Error::NoKernel { .. }), "{error}");
    let error = index_add(ids, ids, x, 0).unwrap_err();
    assert!(matches!(error, Error::DTypes { .. }), "{error}");
}

#[test]
fn nothing_goes_nowhere() {
    let context = contexts().next().unwrap();
    let (none, some) = (Layout::contiguous(&[0]), Layout::contiguous(&[2]));
    let to = upload(&context, DType::F32, &[1f32, 2.0]);
    let x = upload::<f32>(&context, DType::F32, &[]);
    let ids = upload::<u32>(&context, DType::U32, &[]);
    let sums = index_add(view(&to, &some), view(&ids, &none), view(&x, &none), 0).unwrap();
    assert_eq!(download::<f32>(&sums), [1.0, 2.0]);
}
