//! Each op on small numbers whose result is known.

mod small;

use redwick_tensor_ops::ops::{self, BinaryOp, CompareOp, ReduceOp, RopeForm, UnaryOp};
use redwick_tensor_ops::{DType, Error, Layout, Storage, View};
use small::{Tensor, contexts, numbers};

#[test]
fn one_number_at_a_time() {
    for context in contexts() {
        let x = Tensor::f32(&context, &[3], &[-1.0, 0.0, 4.0]);
        assert_eq!(numbers(ops::affine(x.view(), 2.0, 1.0)), [-1.0, 1.0, 9.0]);
        assert_eq!(numbers(ops::powf(x.view(), 2.0)), [1.0, 0.0, 16.0]);
        let elu = numbers(ops::elu(x.view(), 2.0));
        assert!(
            (elu[0] + 1.264_241).abs() < 1e-5 && elu[1..] == [0.0, 4.0],
            "{elu:?}"
        );
        assert_eq!(numbers(ops::unary(UnaryOp::Abs, x.view())), [1.0, 0.0, 4.0]);
        assert_eq!(numbers(ops::cast(x.view(), DType::U8)), [0.0, 0.0, 4.0]);
        assert_eq!(numbers(ops::cast(x.view(), DType::F32)), [-1.0, 0.0, 4.0]);
    }
}

#[test]
fn pairs_and_choices() {
    for context in contexts() {
        let a = Tensor::f32(&context, &[4], &[1.0, 2.0, 3.0, 4.0]);
        let b = Tensor::f32(&context, &[4], &[4.0, 2.0, 1.0, 4.0]);
        let sum = numbers(ops::binary(BinaryOp::Add, a.view(), b.view()));
        assert_eq!(sum, [5.0, 4.0, 4.0, 8.0]);
        let less = ops::compare(CompareOp::Lt, a.view(), b.view()).unwrap();
        let less = Tensor::new(less, &[4]);
        let smaller = ops::select(less.view(), a.view(), b.view());
        assert_eq!(numbers(smaller), [1.0, 2.0, 1.0, 4.0]);
        assert_eq!(numbers(Ok(less.storage)), [1.0, 0.0, 0.0, 0.0]);
    }
}

#[test]
fn copies_and_fills_stay_in_their_place() {
    for context in contexts() {
        let x = Tensor::counted(&context, &[2, 3]);
        let mut y = Storage::zeroed(&context, DType::F32, 8).unwrap();
        let turned = Layout::strided(&[3, 2], &[1, 3], 0).unwrap();
        ops::copy_into(View::new(&x.storage, &turned).unwrap(), &mut y, 1).unwrap();
        let rows = ops::Rows {
            rows: 1,
            columns: 1,
            from_stride: 3,
            to_stride: 3,
            from: 5,
            to: 7,
        };
        ops::copy_rows(&x.storage, &mut y, rows).unwrap();
        let want = [0.0, 0.0, 3.0, 1.0, 4.0, 2.0, 5.0, 5.0];
        assert_eq!(numbers(y.duplicate()), want);
        let every_third = Layout::strided(&[2], &[3], 1).unwrap();
        ops::fill(&mut y, &every_third, &9f32.to_le_bytes()).unwrap();
        assert_eq!(numbers(Ok(y)), [0.0, 9.0, 3.0, 1.0, 9.0, 2.0, 5.0, 5.0]);
    }
}

#[test]
fn reads_by_index() {
    for context in contexts() {
        let x = Tensor::counted(&context, &[3, 4]);
        let ids = Tensor::u32(&context, &[2], &[2, 0]);
        let rows = numbers(ops::index_select(x.view(), ids.view(), 0));
        assert_eq!(rows, [8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 3.0]);
        // Fewer indices than elements beside the dimension.
        let ids = Tensor::u32(&context, &[2, 1], &[3, 1]);
        assert_eq!(numbers(ops::gather(x.view(), ids.view(), 1)), [3.0, 5.0]);
        let ids = Tensor::u32(&context, &[1, 4], &[0, 1, 2, 0]);
        let picked = numbers(ops::gather(x.view(), ids.view(), 0));
        assert_eq!(picked, [0.0, 5.0, 10.0, 3.0]);
    }
}

#[test]
fn an_index_out_of_range_is_told_once() {
    for context in contexts() {
        let x = Tensor::counted(&context, &[3, 4]);
        let ids = Tensor::u32(&context, &[1], &[3]);
        let picked = ops::index_select(x.view(), ids.view(), 0).unwrap();
        let told = context.synchronize();
        assert!(
            matches!(told, Err(Error::IndexOutOfRange { .. })),
            "{told:?}"
        );
        context.synchronize().unwrap();
        assert_eq!(numbers(Ok(picked)).len(), 4);
    }
}

#[test]
fn products() {
    for context in contexts() {
        // Few rows, whose right side is read along either dimension; small and large tiles.
        for (batch, m, k, n) in [(1, 1, 3, 2), (1, 5, 4, 3), (400, 5, 2, 3), (2, 3, 4, 1)] {
            let a = Tensor::f32(&context, &[batch, m, k], &vec![2.0; batch * m * k]);
            let b = Tensor::f32(&context, &[batch, k, n], &vec![0.5; batch * k * n]);
            let c = numbers(ops::matmul(a.view(), b.view()));
            assert_eq!(c, vec![k as f32; batch * m * n], "{batch} {m} {k} {n}");
        }
        let a = Tensor::counted(&context, &[1, 3]);
        let b = Tensor::counted(&context, &[6]);
        let turned = Layout::strided(&[3, 2], &[1, 3], 0).unwrap();
        let turned = View::new(&b.storage, &turned).unwrap();
        assert_eq!(numbers(ops::matmul(a.view(), turned)), [5.0, 14.0]);
    }
}

#[test]
fn batches_in_other_dimensions_and_products_of_nothing() {
    for context in contexts() {
        let a = Tensor::f32(&context, &[2, 3, 5, 2], &[1.0; 60]);
        let b = Tensor::f32(&context, &[3, 2, 2, 4], &[1.0; 48]);
        assert_eq!(numbers(ops::matmul(a.view(), b.view())), [2.0; 120]);
        let (a, b) = (
            Tensor::f32(&context, &[2, 0], &[]),
            Tensor::f32(&context, &[0, 3], &[]),
        );
        assert_eq!(numbers(ops::matmul(a.view(), b.view())), [0.0; 6]);
        assert!(
            numbers(ops::matmul(
                b.view(),
                Tensor::counted(&context, &[3, 1]).view()
            ))
            .is_empty()
        );
    }
}

#[test]
fn reductions_of_every_spread() {
    for context in contexts() {
        let short = Tensor::counted(&context, &[2, 3]);
        let reduce = |op, x: &Tensor, dims: &[usize]| numbers(ops::reduce(op, x.view(), dims));
        assert_eq!(reduce(ReduceOp::Sum, &short, &[1]), [3.0, 12.0]);
        assert_eq!(reduce(ReduceOp::Sum, &short, &[0]), [3.0, 5.0, 7.0]);
        assert_eq!(reduce(ReduceOp::Max, &short, &[0, 1]), [5.0]);
        assert_eq!(reduce(ReduceOp::ArgMin, &short, &[1]), [0.0, 0.0]);
        // A workgroup for each row, several for each, and columns in parts.
        let long = Tensor::f32(&context, &[2, 1000], &[1.0; 2000]);
        assert_eq!(reduce(ReduceOp::Sum, &long, &[1]), [1000.0; 2]);
        let mut values = vec![1.0; 20_000];
        values[12_345] = 7.0;
        let parts = Tensor::f32(&context, &[20_000], &values);
        assert_eq!(reduce(ReduceOp::ArgMax, &parts, &[0]), [12_345.0]);
        let columns = Tensor::f32(&context, &[10_000, 2], &values);
        assert_eq!(reduce(ReduceOp::Sum, &columns, &[0]), [10_000.0, 10_006.0]);
    }
}

#[test]
fn rows_of_every_length() {
    for context in contexts() {
        for length in [1, 100, 1000, 9000] {
            let x = Tensor::f32(&context, &[2, length], &vec![3.0; 2 * length]);
            let even = numbers(ops::softmax(x.view()));
            let want = 1.0 / length as f32;
            assert!(even.iter().all(|y| (y - want).abs() < 1e-6), "{length}");
            let scale = Tensor::f32(&context, &[length], &vec![2.0; length]);
            let ones = numbers(ops::rms_norm(x.view(), scale.view(), 0.0));
            assert!(ones.iter().all(|y| (y - 2.0).abs() < 1e-5), "{length}");
            let shifted = numbers(ops::layer_norm(x.view(), scale.view(), scale.view(), 1.0));
            assert!(shifted.iter().all(|y| (y - 2.0).abs() < 1e-5), "{length}");
        }
    }
}

#[test]
fn a_quarter_turn() {
    for context in contexts() {
        let x = Tensor::counted(&context, &[1, 1, 1, 4]);
        let cos = Tensor::f32(&context, &[1, 2], &[0.0; 2]);
        let sin = Tensor::f32(&context, &[1, 2], &[1.0; 2]);
        let turn = |form| numbers(ops::rope(form, x.view(), cos.view(), sin.view()));
        assert_eq!(turn(RopeForm::HalfSplit), [-2.0, -3.0, 0.0, 1.0]);
        assert_eq!(turn(RopeForm::Interleaved), [-1.0, 0.0, -3.0, 2.0]);
        assert_eq!(turn(RopeForm::Thd), [-2.0, -3.0, 0.0, 1.0]);
    }
}
