//! Layouts and sizes for which ops take another path than for small ones: tiles in LDS, packs of 16
//! bytes, strips, parts. Numbers are whole, so that results are exact.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

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

/// Enough rows that kernels for many of them are chosen, some fewer than their workgroups have.
fn many_rows(context: &Context) -> usize {
    context.device().properties().compute_units as usize * 64 + 3
}

#[test]
fn functions_turn_their_operand() {
    let mut rng = Rng(8);
    for context in contexts() {
        for [rows, columns] in MATRICES {
            let values = whole(&mut rng, 2 * rows * columns);
            let dims = [2, columns, rows];
            let turned = Layout::strided(&dims, &[rows * columns, 1, columns], 0).unwrap();
            let straight = Layout::contiguous(&dims);
            let all = Layout::contiguous(&[values.len()]);
            let x = given(&context, &values);
            for dtype in [DType::F32, DType::F16, DType::BF16] {
                let x = ops::cast(view(&x, &all), dtype).unwrap();
                let copy = ops::contiguous(view(&x, &turned)).unwrap();
                let bits = |z: Storage| download::<u8>(&z);
                for op in UnaryOp::ALL {
                    let of = |x| bits(ops::unary(op, x).unwrap());
                    let (got, want) = (of(view(&x, &turned)), of(view(&copy, &straight)));
                    assert!(got == want, "{op:?} {dtype:?}, {rows} by {columns}");
                }
                let of = |x| bits(ops::affine(x, 3.0, -1.0).unwrap());
                let (got, want) = (of(view(&x, &turned)), of(view(&copy, &straight)));
                assert!(got == want, "affine {dtype:?}, {rows} by {columns}");
            }
        }
    }
}

#[test]
fn many_short_rows_are_reduced() {
    let mut rng = Rng(9);
    for context in contexts() {
        let rows = many_rows(&context);
        for columns in [8, 64, 128, 200, 256] {
            let mut values = whole(&mut rng, rows * columns);
            // One that begins with NaN, and one that has it elsewhere.
            values[columns] = f32::NAN;
            values[2 * columns + 1] = f32::NAN;
            let layout = Layout::contiguous(&[rows, columns]);
            let of_rows = |f: &dyn Fn(&[f32]) -> f32| values.chunks(columns).map(f).collect();
            let largest = |row: &[f32]| {
                row[1..]
                    .iter()
                    .fold(row[0], |a, &x| if x > a { x } else { a })
            };
            let places: Vec<f32> = of_rows(&|row| {
                let largest = largest(row);
                row.iter().position(|&x| x == largest).unwrap_or(0) as f32
            });
            for x in [given(&context, &values), halves(&context, &values)] {
                let reduce = |op| ops::reduce(op, view(&x, &layout), &[1]).unwrap();
                let same = |got: Vec<f32>, want: Vec<f32>| {
                    let equal = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
                    assert!(
                        got.iter().zip(&want).all(equal),
                        "{columns} of {}",
                        x.dtype()
                    );
                };
                same(
                    numbers(&reduce(ReduceOp::Sum)),
                    of_rows(&|row| row.iter().sum()),
                );
                same(numbers(&reduce(ReduceOp::Max)), of_rows(&largest));
                let found = download::<u32>(&reduce(ReduceOp::ArgMax));
                same(
                    found.into_iter().map(|x| x as f32).collect(),
                    places.clone(),
                );
            }
        }
    }
}

#[test]
fn many_short_rows_are_normalised() {
    let mut rng = Rng(10);
    for context in contexts() {
        let rows = many_rows(&context);
        for columns in [8, 64, 104, 128] {
            let values = whole(&mut rng, rows * columns);
            let [scale, shift] = [(); 2].map(|()| whole(&mut rng, columns));
            let normal = |row: &[f32]| -> Vec<f64> {
                let n = columns as f64;
                let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
                let square = |&x: &f32| (f64::from(x) - mean).powi(2);
                let factor = (row.iter().map(square).sum::<f64>() / n + 1e-5)
                    .sqrt()
                    .recip();
                let of = |(i, &x): (usize, &f32)| {
                    (f64::from(x) - mean) * factor * f64::from(scale[i]) + f64::from(shift[i])
                };
                row.iter().enumerate().map(of).collect()
            };
            let want: Vec<f64> = values.chunks(columns).flat_map(normal).collect();
            let (layout, one) = (
                Layout::contiguous(&[rows, columns]),
                Layout::contiguous(&[columns]),
            );
            for (make, bound) in [(given as fn(&_, &_) -> _, 1e-4), (halves, 1e-2)] {
                let [x, by, more] = [&values, &scale, &shift].map(|values| make(&context, values));
                let y =
                    ops::layer_norm(view(&x, &layout), view(&by, &one), view(&more, &one), 1e-5)
                        .unwrap();
                let close = |(y, want): (&f32, &f64)| {
                    (f64::from(*y) - want).abs() <= bound * want.abs().max(1.0)
                };
                assert!(
                    numbers(&y).iter().zip(&want).all(close),
                    "{columns} of {}",
                    x.dtype()
                );
            }
        }
    }
}

#[test]
fn elements_are_picked_from_rows_in_lds() {
    let mut rng = Rng(11);
    for context in contexts() {
        let rows = context.device().properties().compute_units as usize;
        for (source, count) in [(1024, 1024), (1101, 400), (8192, 9000)] {
            let values = whole(&mut rng, rows * source);
            let ids: Vec<u32> = (0..rows * count)
                .map(|_| rng.below(source) as u32)
                .collect();
            let places = upload(&context, DType::U32, &ids);
            let (from, to) = (
                Layout::contiguous(&[rows, source]),
                Layout::contiguous(&[rows, count]),
            );
            let want = |of: &dyn Fn(usize) -> usize| -> Vec<f32> {
                let at = |i: usize| values[i / count * source + ids[of(i)] as usize];
                (0..ids.len()).map(at).collect()
            };
            for x in [given(&context, &values), halves(&context, &values)] {
                let y = ops::gather(view(&x, &from), view(&places, &to), 1).unwrap();
                assert!(numbers(&y) == want(&|i| i), "{source} of {}", x.dtype());
                let row = Layout::contiguous(&[count]);
                let y = ops::index_select(view(&x, &from), view(&places, &row), 1).unwrap();
                assert!(
                    numbers(&y) == want(&|i| i % count),
                    "{source} of {}",
                    x.dtype()
                );
            }
        }
    }
}

#[test]
fn elements_are_added_to_rows_in_lds() {
    let mut rng = Rng(13);
    for context in contexts() {
        let rows = context.device().properties().compute_units as usize;
        for (target, count) in [(1024, 1024), (1101, 400), (8192, 3000)] {
            let values = whole(&mut rng, rows * target);
            let added = whole(&mut rng, rows * count);
            let ids: Vec<u32> = (0..added.len()).map(|_| rng.below(target) as u32).collect();
            let places = upload(&context, DType::U32, &ids);
            let [to, from] = [target, count].map(|n| Layout::contiguous(&[rows, n]));
            let row = Layout::contiguous(&[count]);
            let (mut once, mut twice) = (values.clone(), values.clone());
            for (i, x) in added.iter().enumerate() {
                let start = i / count * target;
                once[start + ids[i] as usize] += x;
                twice[start + ids[i] as usize] += x;
                twice[start + ids[i % count] as usize] += x;
            }
            for make in [given, halves] {
                let (x, mut sum) = (make(&context, &added), make(&context, &values));
                let x = view(&x, &from);
                ops::scatter_add(&mut sum, &to, view(&places, &from), x, 1).unwrap();
                assert!(numbers(&sum) == once, "{count} to {target}");
                let sum = ops::index_add(view(&sum, &to), view(&places, &row), x, 1).unwrap();
                assert!(numbers(&sum) == twice, "{count} to {target}");
            }
        }
    }
}

#[test]
fn an_index_outside_a_row_in_lds_is_reported() {
    const COLUMNS: usize = 1024;
    for context in contexts() {
        let rows = context.device().properties().compute_units as usize;
        let x = given(&context, &vec![1.0; rows * COLUMNS]);
        let row = Layout::contiguous(&[rows, COLUMNS]);
        let mut ids = vec![0; rows * COLUMNS];
        ids[700] = COLUMNS as u32;
        ids[701] = u32::MAX;
        let ids = upload(&context, DType::U32, &ids);
        let y = ops::gather(view(&x, &row), view(&ids, &row), 1).unwrap();
        let mut values = vec![0.0f32; rows * COLUMNS];
        let found = y.download(bytemuck::cast_slice_mut(&mut values));
        assert!(found.is_err(), "an index outside went unseen");
    }
}

#[test]
fn wide_rows_of_halves_are_scaled() {
    for context in contexts() {
        for (rows, columns) in [(2, 32_000), (1, 8200)] {
            let values: Vec<f32> = (0..rows * columns).map(|i| (i % 2) as f32 * 8.0).collect();
            let x = halves(&context, &values);
            let y = ops::softmax(view(&x, &Layout::contiguous(&[rows, columns]))).unwrap();
            let want = 2.0 / columns as f64 / (1.0 + (-8f64).exp());
            let close = |(y, x): (&f32, &f32)| {
                let want = if *x == 0.0 {
                    want * (-8f64).exp()
                } else {
                    want
                };
                (f64::from(*y) - want).abs() < 1e-3 * want + 1e-7
            };
            assert!(
                numbers(&y).iter().zip(&values).all(close),
                "{rows} by {columns}"
            );
        }
    }
}

#[test]
fn images_are_doubled_in_packs() {
    let mut rng = Rng(12);
    for context in contexts() {
        for dims in [[2, 3, 5, 32], [1, 1, 1, 4], [2, 3, 5, 6]] {
            let values = whole(&mut rng, dims.iter().product());
            let layout = Layout::contiguous(&dims);
            let [_, _, height, width] = dims;
            let source = |i: usize| {
                let (column, row) = (i % (2 * width) / 2, i / (2 * width) % (2 * height) / 2);
                (i / (4 * width * height) * height + row) * width + column
            };
            let want: Vec<f32> = (0..4 * values.len()).map(|i| values[source(i)]).collect();
            for x in [given(&context, &values), halves(&context, &values)] {
                let y = ops::upsample_nearest(view(&x, &layout), &[2 * height, 2 * width]).unwrap();
                assert_eq!(numbers(&y), want, "{dims:?} of {}", x.dtype());
            }
        }
    }
}

/// Numbers in a dtype, and how it has them.
fn rounded(context: &Context, dtype: DType, values: &[f32]) -> (Storage, Vec<f32>) {
    let layout = Layout::contiguous(&[values.len()]);
    let storage = ops::cast(view(&given(context, values), &layout), dtype).unwrap();
    let back = as_f32(&storage);
    (storage, back)
}

fn as_f32(storage: &Storage) -> Vec<f32> {
    let layout = Layout::contiguous(&[storage.len()]);
    numbers(&ops::cast(view(storage, &layout), DType::F32).unwrap())
}

/// Rows of a matrix that occupy a workgroup each, and columns that fill the device.
#[test]
fn few_rows_meet_long_and_wide_matrices() {
    let mut rng = Rng(21);
    for context in contexts() {
        for dtype in [DType::F32, DType::F16, DType::BF16, DType::F64] {
            for (m, k, n, transposed) in [(3, 4096, 9, true), (1, 5, 64 * 320, false)] {
                let (x, w) = (whole(&mut rng, m * k), whole(&mut rng, k * n));
                let at = |p: usize, j: usize| {
                    if transposed {
                        w[j * k + p]
                    } else {
                        w[p * n + j]
                    }
                };
                let cell = |i: usize, j: usize| (0..k).map(|p| x[i * k + p] * at(p, j)).sum();
                let sums: Vec<f32> = (0..m * n).map(|c| cell(c / n, c % n)).collect();
                let [(x, _), (w, _)] = [&x, &w].map(|values| rounded(&context, dtype, values));
                let strides = if transposed { [1, k] } else { [n, 1] };
                let layout = Layout::strided(&[k, n], &strides, 0).unwrap();
                let rows = Layout::contiguous(&[m, k]);
                let y = ops::matmul(view(&x, &rows), view(&w, &layout)).unwrap();
                let expected = rounded(&context, dtype, &sums).1;
                assert_eq!(as_f32(&y), expected, "{} {dtype} {k}", context.name());
            }
        }
    }
}

/// Outputs enough for tiles of 128 by 128 to fill the device.
#[test]
fn large_images_are_convolved_in_large_tiles() {
    const SIDE: usize = 121;
    const CHANNELS: usize = 256;
    let mut rng = Rng(22);
    for context in contexts() {
        for dtype in [DType::F32, DType::F16, DType::BF16] {
            let (x, w) = (whole(&mut rng, SIDE * SIDE), whole(&mut rng, CHANNELS * 4));
            let side = SIDE - 1;
            let cell = |at: usize| {
                let (channel, row, column) = (at / (side * side), at / side % side, at % side);
                let tap = |t: usize| w[channel * 4 + t] * x[(row + t / 2) * SIDE + column + t % 2];
                (0..4).map(tap).sum()
            };
            let sums: Vec<f32> = (0..CHANNELS * side * side).map(cell).collect();
            let [(x, _), (w, _)] = [&x, &w].map(|values| rounded(&context, dtype, values));
            let image = Layout::contiguous(&[1, 1, SIDE, SIDE]);
            let weight = Layout::contiguous(&[CHANNELS, 1, 2, 2]);
            let plain = ops::Conv {
                padding: 0,
                stride: 1,
                dilation: 1,
            };
            let y = ops::conv(view(&x, &image), view(&w, &weight), plain).unwrap();
            let expected = rounded(&context, dtype, &sums).1;
            assert!(as_f32(&y) == expected, "{} {dtype}", context.name());
        }
    }
}
