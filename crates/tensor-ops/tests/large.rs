//! Layouts and sizes for which ops take another path than for small ones: tiles in LDS, packs of 16
//! bytes, strips, parts. Numbers are whole, so that results are exact.

mod common;

use common::{Rng, contexts, download, upload, view};
use half::f16;
use redwick_tensor_ops::ops::{self, BinaryOp, PoolOp, ReduceOp, UnaryOp};
use redwick_tensor_ops::{Context, DType, Layout, Storage, View};

fn whole(rng: &mut Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| rng.below(17) as f32 - 8.0).collect()
}

fn given(context: &Context, values: &[f32]) -> Storage {
    upload(context, DType::F32, values)
}

fn halves(context: &Context, values: &[f32]) -> Storage {
    let halves: Vec<u16> = values.iter().map(|&x| f16::from_f32(x).to_bits()).collect();
    upload(context, DType::F16, &halves)
}

fn numbers(storage: &Storage) -> Vec<f32> {
    match storage.dtype() {
        DType::F16 => download::<u16>(storage)
            .into_iter()
            .map(|bits| f16::from_bits(bits).to_f32())
            .collect(),
        _ => download(storage),
    }
}

/// Whole tiles, parts of tiles, and rows that allow no wide access.
const MATRICES: [[usize; 2]; 3] = [[64, 128], [70, 131], [136, 200]];

#[test]
fn matrices_are_turned() {
    let mut rng = Rng(1);
    for context in contexts() {
        for [rows, columns] in MATRICES {
            let values = whole(&mut rng, 2 * rows * columns);
            let dims = [2, columns, rows];
            let turned = Layout::strided(&dims, &[rows * columns, 1, columns], 0).unwrap();
            let at = |i: usize| {
                let (batch, i) = (i / (rows * columns), i % (rows * columns));
                values[batch * rows * columns + i % rows * columns + i / rows]
            };
            let want: Vec<f32> = (0..values.len()).map(at).collect();
            for x in [given(&context, &values), halves(&context, &values)] {
                let y = ops::contiguous(view(&x, &turned)).unwrap();
                assert_eq!(numbers(&y), want, "{rows} by {columns} of {}", x.dtype());
            }
        }
    }
}

#[test]
fn an_operand_is_turned_beside_another() {
    let mut rng = Rng(2);
    for context in contexts() {
        for [rows, columns] in MATRICES {
            let (a, b) = (
                whole(&mut rng, rows * columns),
                whole(&mut rng, rows * columns),
            );
            let dims = [columns, rows];
            let turned = Layout::strided(&dims, &[1, columns], 0).unwrap();
            let others = [[rows, 1], [0, 1], [1, 0]];
            for strides in others {
                let other = Layout::strided(&dims, &strides, 0).unwrap();
                let pair = |i: usize| {
                    let (row, column) = (i / rows, i % rows);
                    let there = row * strides[0] + column * strides[1];
                    (a[column * columns + row], b[there])
                };
                let pairs: Vec<_> = (0..rows * columns).map(pair).collect();
                for make in [given, halves] {
                    let (x, y) = (make(&context, &a), make(&context, &b));
                    let first =
                        ops::binary(BinaryOp::Sub, view(&x, &turned), view(&y, &other)).unwrap();
                    let want: Vec<_> = pairs.iter().map(|(x, y)| x - y).collect();
                    assert_eq!(numbers(&first), want, "{rows} by {columns}, {strides:?}");
                    let second =
                        ops::binary(BinaryOp::Sub, view(&y, &other), view(&x, &turned)).unwrap();
                    let want: Vec<_> = pairs.iter().map(|(x, y)| y - x).collect();
                    assert_eq!(numbers(&second), want, "{rows} by {columns}, {strides:?}");
                }
            }
        }
    }
}

/// Each kernel that turns an operand gives what the op gives of a copy.
#[test]
fn every_op_turns_an_operand() {
    const SIDE: usize = 96;
    let mut rng = Rng(7);
    let [a, b] = [(); 2].map(|()| whole(&mut rng, SIDE * SIDE));
    let turned = Layout::strided(&[SIDE, SIDE], &[1, SIDE], 0).unwrap();
    let straight = Layout::contiguous(&[SIDE, SIDE]);
    for context in contexts() {
        for dtype in [DType::F32, DType::F16, DType::BF16] {
            let [x, y] = [&a, &b].map(|values| {
                let values = given(&context, values);
                ops::cast(view(&values, &straight), dtype).unwrap()
            });
            let copy = ops::contiguous(view(&x, &turned)).unwrap();
            for op in BinaryOp::ALL {
                let of = |x: View<'_>| ops::binary(op, x, view(&y, &straight)).unwrap();
                let (got, want) = (of(view(&x, &turned)), of(view(&copy, &straight)));
                let bits = |z: &Storage| download::<u8>(z);
                assert_eq!(bits(&got), bits(&want), "{op:?} {dtype:?}");
            }
        }
    }
}

#[test]
fn a_large_transpose_is_copied_for_other_ops() {
    const SIDE: usize = 513;
    for context in contexts() {
        let values: Vec<f32> = (0..SIDE * SIDE).map(|i| i as f32).collect();
        let x = given(&context, &values);
        let turned = Layout::strided(&[SIDE, SIDE], &[1, SIDE], 0).unwrap();
        let y = ops::unary(UnaryOp::Neg, view(&x, &turned)).unwrap();
        let at = |i: usize| -values[i % SIDE * SIDE + i / SIDE];
        let want: Vec<f32> = (0..SIDE * SIDE).map(at).collect();
        assert_eq!(numbers(&y), want);
    }
}

#[test]
fn elements_of_large_tensors_are_reached_in_strips() {
    const ROWS: usize = 16_500;
    const COLUMNS: usize = 128;
    const COUNT: usize = 9;
    let mut rng = Rng(3);
    for context in contexts() {
        let values: Vec<f32> = (0..ROWS * COLUMNS).map(|i| i as f32).collect();
        let ids: Vec<u32> = (0..COUNT * COLUMNS)
            .map(|_| rng.below(ROWS) as u32)
            .collect();
        let place = |i: usize| ids[i] as usize * COLUMNS + i % COLUMNS;
        let (large, small) = (
            Layout::contiguous(&[ROWS, COLUMNS]),
            Layout::contiguous(&[COUNT, COLUMNS]),
        );
        let x = given(&context, &values);
        let places = upload(&context, DType::U32, &ids);
        let y = ops::gather(view(&x, &large), view(&places, &small), 0).unwrap();
        let want: Vec<f32> = (0..ids.len()).map(|i| values[place(i)]).collect();
        assert_eq!(numbers(&y), want);

        let added = whole(&mut rng, ids.len());
        let mut sum = x.duplicate().unwrap();
        let source = given(&context, &added);
        ops::scatter_add(
            &mut sum,
            &large,
            view(&places, &small),
            view(&source, &small),
            0,
        )
        .unwrap();
        let mut want = values;
        for (i, x) in added.iter().enumerate() {
            want[place(i)] += x;
        }
        assert!(numbers(&sum) == want);
    }
}

#[test]
fn windows_of_two_by_two_are_read_in_packs() {
    let mut rng = Rng(4);
    for context in contexts() {
        let dims = [2, 3, 6, 32];
        let values = whole(&mut rng, dims.iter().product());
        let layout = Layout::contiguous(&dims);
        let window = |i: usize| {
            let (column, row, image) = (i % 16 * 2, i / 16 % 3 * 2, i / 48);
            let at = image * 192 + row * 32 + column;
            [values[at], values[at + 1], values[at + 32], values[at + 33]]
        };
        let windows: Vec<[f32; 4]> = (0..288).map(window).collect();
        for x in [given(&context, &values), halves(&context, &values)] {
            let pool = |op| ops::pool(op, view(&x, &layout), [2, 2], [2, 2]).unwrap();
            let average: Vec<f32> = windows
                .iter()
                .map(|w| w.iter().sum::<f32>() / 4.0)
                .collect();
            assert_eq!(numbers(&pool(PoolOp::Avg)), average);
            let largest: Vec<f32> = windows
                .iter()
                .map(|w| w.iter().copied().fold(f32::MIN, f32::max))
                .collect();
            assert_eq!(numbers(&pool(PoolOp::Max)), largest);
        }
    }
}

#[test]
fn columns_are_reduced_side_by_side_and_in_parts() {
    let mut rng = Rng(5);
    for context in contexts() {
        for (rows, columns) in [(3000, 8), (600, 136), (5000, 1)] {
            let values = whole(&mut rng, rows * columns);
            let layout = Layout::contiguous(&[rows, columns]);
            let column = |c: usize| values.iter().copied().skip(c).step_by(columns);
            let first_largest = |c: usize| {
                let largest = column(c).fold(f32::MIN, f32::max);
                column(c).position(|x| x == largest).unwrap() as u32
            };
            for x in [given(&context, &values), halves(&context, &values)] {
                let sum = ops::reduce(ReduceOp::Sum, view(&x, &layout), &[0]).unwrap();
                let want: Vec<f32> = (0..columns).map(|c| column(c).sum()).collect();
                assert_eq!(numbers(&sum), want, "{rows} by {columns} of {}", x.dtype());
                let place = ops::reduce(ReduceOp::ArgMax, view(&x, &layout), &[0]).unwrap();
                let want: Vec<u32> = (0..columns).map(first_largest).collect();
                assert_eq!(download::<u32>(&place), want, "{rows} by {columns}");
            }
        }
    }
}

#[test]
fn where_nothing_is_larger_the_first_is_the_largest() {
    for context in contexts() {
        for (rows, columns) in [(3, 40), (2, 9000), (4096, 4)] {
            let x = given(&context, &vec![f32::NEG_INFINITY; rows * columns]);
            let layout = Layout::contiguous(&[rows, columns]);
            for dim in [0, 1] {
                let place = ops::reduce(ReduceOp::ArgMax, view(&x, &layout), &[dim]).unwrap();
                assert!(download::<u32>(&place).iter().all(|&place| place == 0));
            }
        }
    }
}

#[test]
fn long_rows_are_scaled_in_parts() {
    const COLUMNS: usize = 40_000;
    for context in contexts() {
        for (rows, columns) in [(2, COLUMNS), (1, COLUMNS + 1)] {
            let values: Vec<f32> = (0..rows * columns).map(|i| (i % 2) as f32).collect();
            let x = given(&context, &values);
            let y = ops::softmax(view(&x, &Layout::contiguous(&[rows, columns]))).unwrap();
            let y = numbers(&y);
            for (row, of) in y.chunks(columns).zip(values.chunks(columns)) {
                let ones: f64 = of.iter().map(|&x| f64::from(x)).sum();
                let e = std::f64::consts::E;
                let sum = ones * e + (columns as f64 - ones);
                let close = |(y, x): (&f32, &f32)| {
                    let want = if *x == 1.0 { e / sum } else { 1.0 / sum };
                    (f64::from(*y) / want - 1.0).abs() < 1e-5
                };
                assert!(row.iter().zip(of).all(close), "{rows} by {columns}");
            }
        }
    }
}
