//! Products by the vendor's library: a table of functions that computes on the host what rocBLAS's
//! documentation says, on the memory of an emulated GPU.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use std::ffi::{c_char, c_int, c_void};
use std::sync::Mutex;

use common::{Rng, download, upload, view};
use half::{bf16, f16};
use redwick_tensor_ops::hip::Blas;
use redwick_tensor_ops::hip::result::Hip;
use redwick_tensor_ops::hip::sys::{self, BlasApi, hipStream_t};
use redwick_tensor_ops::quantized::{self, Format, Packed, PackedForm};
use redwick_tensor_ops::{Context, DType, Error, Layout, ProductsBy, driver, open_another, ops};

const SPEC: &str = "emulated:gfx942";

/// What a call said of its operands: operations, leading dimensions, batches.
type Call = ([c_int; 2], [i32; 2], i32);

/// The calls of this process; tests take turns.
static CALLS: Mutex<Vec<Call>> = Mutex::new(Vec::new());
static TURN: Mutex<()> = Mutex::new(());

fn hip() -> redwick_tensor_ops::hip::Device {
    let driver = driver(&SPEC.parse().unwrap()).unwrap();
    driver.device(0).unwrap()
}

fn read(hip: &Hip, from: *const c_void, bytes: usize) -> Vec<u8> {
    let mut to = vec![0; bytes];
    let kind = sys::hipMemcpyDeviceToHost;
    // SAFETY: the tests' matrices are as large as the library is told.
    unsafe {
        hip.memcpy_async(
            to.as_mut_ptr().cast(),
            from,
            bytes,
            kind,
            std::ptr::null_mut(),
        )
        .unwrap();
        hip.synchronize_device().unwrap();
    }
    to
}

fn write(hip: &Hip, to: *mut c_void, from: &[u8]) {
    let kind = sys::hipMemcpyHostToDevice;
    // SAFETY: as above.
    unsafe {
        hip.memcpy_async(
            to,
            from.as_ptr().cast(),
            from.len(),
            kind,
            std::ptr::null_mut(),
        )
        .unwrap();
    }
    hip.synchronize_device().unwrap();
}

fn size(datatype: c_int) -> usize {
    match datatype {
        sys::rocblas_datatype_f64_r => 8,
        sys::rocblas_datatype_f32_r => 4,
        _ => 2,
    }
}

fn number(datatype: c_int, bytes: &[u8]) -> f64 {
    match datatype {
        sys::rocblas_datatype_f64_r => f64::from_le_bytes(bytes.try_into().unwrap()),
        sys::rocblas_datatype_f32_r => f32::from_le_bytes(bytes.try_into().unwrap()).into(),
        sys::rocblas_datatype_bf16_r => bf16::from_le_bytes(bytes.try_into().unwrap()).into(),
        _ => f16::from_le_bytes(bytes.try_into().unwrap()).into(),
    }
}

fn bytes(datatype: c_int, number: f64) -> Vec<u8> {
    match datatype {
        sys::rocblas_datatype_f64_r => number.to_le_bytes().to_vec(),
        sys::rocblas_datatype_f32_r => (number as f32).to_le_bytes().to_vec(),
        sys::rocblas_datatype_bf16_r => bf16::from_f64(number).to_le_bytes().to_vec(),
        _ => f16::from_f64(number).to_le_bytes().to_vec(),
    }
}

/// A column-major matrix of `rows` by `columns`, as the library is told of it.
struct Matrix {
    data: Vec<u8>,
    datatype: c_int,
    transposed: bool,
    leading: usize,
}

impl Matrix {
    fn read(
        from: *const c_void,
        datatype: c_int,
        operation: c_int,
        [rows, columns]: [i32; 2],
        leading: i32,
    ) -> Self {
        let transposed = operation == sys::rocblas_operation_transpose;
        let (inner, outer) = if transposed {
            (columns, rows)
        } else {
            (rows, columns)
        };
        assert!(
            leading >= inner.max(1),
            "a leading dimension of {leading} for {inner}"
        );
        let elements = (outer as usize - 1) * leading as usize + inner as usize;
        Self {
            data: read(hip().bind().unwrap(), from, elements * size(datatype)),
            datatype,
            transposed,
            leading: leading as usize,
        }
    }

    fn at(&self, row: i32, column: i32) -> f64 {
        let (inner, outer) = if self.transposed {
            (column, row)
        } else {
            (row, column)
        };
        let start = (outer as usize * self.leading + inner as usize) * size(self.datatype);
        number(
            self.datatype,
            &self.data[start..start + size(self.datatype)],
        )
    }
}

fn scalar(at: *const c_void, compute: c_int) -> f64 {
    // SAFETY: the caller's number, of the type that is computed in.
    unsafe {
        match compute {
            sys::rocblas_datatype_f64_r => at.cast::<f64>().read(),
            _ => at.cast::<f32>().read().into(),
        }
    }
}

unsafe extern "C" fn rocblas_create_handle(handle: *mut sys::rocblas_handle) -> c_int {
    // SAFETY: the caller's pointer.
    unsafe { handle.write(std::ptr::without_provenance_mut(16)) };
    0
}

unsafe extern "C" fn rocblas_destroy_handle(handle: sys::rocblas_handle) -> c_int {
    c_int::from(handle.addr() != 16)
}

unsafe extern "C" fn rocblas_set_stream(handle: sys::rocblas_handle, stream: hipStream_t) -> c_int {
    c_int::from(handle.addr() != 16 || stream.is_null())
}

unsafe extern "C" fn rocblas_status_to_string(_: c_int) -> *const c_char {
    c"of this test".as_ptr()
}

unsafe extern "C" fn rocblas_gemm_ex(
    handle: sys::rocblas_handle,
    op_a: c_int,
    op_b: c_int,
    m: i32,
    n: i32,
    k: i32,
    alpha: *const c_void,
    a: *const c_void,
    a_type: c_int,
    lda: i32,
    b: *const c_void,
    b_type: c_int,
    ldb: i32,
    beta: *const c_void,
    c: *const c_void,
    c_type: c_int,
    ldc: i32,
    d: *mut c_void,
    d_type: c_int,
    ldd: i32,
    compute: c_int,
    algo: c_int,
    solution: i32,
    flags: u32,
) -> c_int {
    // SAFETY: one matrix, at no distance.
    unsafe {
        rocblas_gemm_strided_batched_ex(
            handle, op_a, op_b, m, n, k, alpha, a, a_type, lda, 0, b, b_type, ldb, 0, beta, c,
            c_type, ldc, 0, d, d_type, ldd, 0, 1, compute, algo, solution, flags,
        )
    }
}

unsafe extern "C" fn rocblas_gemm_strided_batched_ex(
    handle: sys::rocblas_handle,
    op_a: c_int,
    op_b: c_int,
    m: i32,
    n: i32,
    k: i32,
    alpha: *const c_void,
    a: *const c_void,
    a_type: c_int,
    lda: i32,
    stride_a: i64,
    b: *const c_void,
    b_type: c_int,
    ldb: i32,
    stride_b: i64,
    beta: *const c_void,
    c: *const c_void,
    _c_type: c_int,
    ldc: i32,
    _stride_c: i64,
    d: *mut c_void,
    d_type: c_int,
    ldd: i32,
    stride_d: i64,
    batches: i32,
    compute: c_int,
    _algo: c_int,
    _solution: i32,
    _flags: u32,
) -> c_int {
    assert_eq!((handle.addr(), c, ldc), (16, d.cast_const(), ldd));
    assert_eq!((scalar(alpha, compute), scalar(beta, compute)), (1.0, 0.0));
    if k == REFUSED_DEPTH {
        return sys::rocblas_status_not_implemented;
    }
    CALLS
        .lock()
        .unwrap()
        .push(([op_a, op_b], [lda, ldb], batches));
    hip().synchronize().unwrap();
    for batch in 0..batches as usize {
        let from = |start: *const c_void, stride: i64, datatype: c_int| {
            start.wrapping_byte_add(batch * stride as usize * size(datatype))
        };
        let a = Matrix::read(from(a, stride_a, a_type), a_type, op_a, [m, k], lda);
        let b = Matrix::read(from(b, stride_b, b_type), b_type, op_b, [k, n], ldb);
        let to = d.wrapping_byte_add(batch * stride_d as usize * size(d_type));
        for j in 0..n {
            let sum = |i| {
                let terms = (0..k).map(|p| a.at(i, p) * b.at(p, j));
                terms.fold(0.0, |sum, term| sum + term)
            };
            let column: Vec<u8> = (0..m).flat_map(|i| bytes(d_type, sum(i))).collect();
            assert!(ldd >= m, "columns of the result are {ldd} apart");
            let to = to.wrapping_byte_add(j as usize * ldd as usize * size(d_type));
            write(hip().bind().unwrap(), to, &column);
        }
    }
    0
}

/// An inner dimension for which the library fails.
const REFUSED_DEPTH: i32 = 17;

const TABLE: BlasApi = BlasApi {
    rocblas_create_handle,
    rocblas_destroy_handle,
    rocblas_set_stream,
    rocblas_status_to_string,
    rocblas_gemm_ex,
    rocblas_gemm_strided_batched_ex,
};

/// A context whose products go to the library.
fn context() -> Context {
    let context = open_another(&SPEC.parse().unwrap()).unwrap();
    // SAFETY: the functions above.
    let blas = unsafe { Blas::from_table(TABLE, "a test's library") };
    assert!(context.take_product_library(&blas).unwrap());
    context.set_products_by(ProductsBy::Library);
    context
}

/// The product by the library, which has to be what own kernels make of it; and the library's calls.
fn both(context: &Context, dtype: DType, a: &Layout, b: &Layout) -> Vec<Call> {
    let mut rng = Rng(7);
    let mut storage = |layout: &Layout| {
        let span = layout.dims().iter().zip(layout.strides());
        let elements = 1 + span.map(|(dim, stride)| (dim - 1) * stride).sum::<usize>();
        let datatype = match dtype {
            DType::F64 => sys::rocblas_datatype_f64_r,
            DType::F32 => sys::rocblas_datatype_f32_r,
            DType::BF16 => sys::rocblas_datatype_bf16_r,
            _ => sys::rocblas_datatype_f16_r,
        };
        // Small whole numbers: sums are exact in every type.
        let numbers = (0..elements).flat_map(|_| bytes(datatype, rng.below(7) as f64 - 3.0));
        upload(context, dtype, &numbers.collect::<Vec<u8>>())
    };
    let (x, y) = (storage(a), storage(b));
    let before = CALLS.lock().unwrap().len();
    context.set_products_by(ProductsBy::Library);
    let by_library = ops::matmul(view(&x, a), view(&y, b)).unwrap();
    let calls = CALLS.lock().unwrap()[before..].to_vec();
    context.set_products_by(ProductsBy::Own);
    let own = ops::matmul(view(&x, a), view(&y, b)).unwrap();
    assert_eq!(
        download::<u8>(&by_library),
        download::<u8>(&own),
        "{dtype} {a} {b}"
    );
    assert_eq!(CALLS.lock().unwrap().len(), before + calls.len());
    calls
}

fn strided(dims: &[usize], strides: &[usize]) -> Layout {
    Layout::strided(dims, strides, 0).unwrap()
}

const N: c_int = sys::rocblas_operation_none;
const T: c_int = sys::rocblas_operation_transpose;

#[test]
fn every_dtype_and_transposition() {
    let _turn = TURN.lock();
    let context = context();
    for dtype in [DType::F16, DType::BF16, DType::F32, DType::F64] {
        let (a, b) = (Layout::contiguous(&[6, 5]), Layout::contiguous(&[5, 7]));
        let (a_turned, b_turned) = (strided(&[6, 5], &[1, 6]), strided(&[5, 7], &[1, 5]));
        // The library's first operand is ours second.
        assert_eq!(both(&context, dtype, &a, &b), [([N, N], [7, 5], 1)]);
        assert_eq!(both(&context, dtype, &a, &b_turned), [([T, N], [5, 5], 1)]);
        assert_eq!(both(&context, dtype, &a_turned, &b), [([N, T], [7, 6], 1)]);
        assert_eq!(
            both(&context, dtype, &a_turned, &b_turned),
            [([T, T], [5, 6], 1)]
        );
    }
}

#[test]
fn few_rows_and_few_tiles() {
    let _turn = TURN.lock();
    let context = context();
    let shapes = [
        [1, 2200, 40],
        [1, 9000, 3],
        [1, 8, 20_000],
        [3, 4200, 37],
        [4, 1030, 5],
        [9, 1100, 40],
        [70, 1030, 72],
        [130, 2050, 136],
    ];
    for dtype in [DType::F16, DType::BF16, DType::F32, DType::F64] {
        for [m, k, n] in shapes {
            let (a, b) = (Layout::contiguous(&[m, k]), Layout::contiguous(&[k, n]));
            both(&context, dtype, &a, &b);
            both(&context, dtype, &a, &strided(&[k, n], &[1, k]));
        }
    }
}

#[test]
fn rows_with_gaps_and_single_rows() {
    let _turn = TURN.lock();
    let context = context();
    let gaps = (strided(&[6, 5], &[9, 1]), strided(&[5, 7], &[1, 8]));
    assert_eq!(
        both(&context, DType::F32, &gaps.0, &gaps.1),
        [([T, N], [8, 9], 1)]
    );
    for (m, n, k) in [(1, 7, 5), (6, 1, 5), (6, 7, 1), (1, 1, 1)] {
        let (a, b) = (Layout::contiguous(&[m, k]), Layout::contiguous(&[k, n]));
        assert_eq!(both(&context, DType::F32, &a, &b).len(), 1);
        assert_eq!(
            both(&context, DType::F32, &a, &strided(&[k, n], &[1, k])).len(),
            1
        );
    }
}

#[test]
fn batches() {
    let _turn = TURN.lock();
    let context = context();
    let (a, b) = (
        Layout::contiguous(&[2, 3, 6, 5]),
        Layout::contiguous(&[2, 3, 5, 7]),
    );
    assert_eq!(both(&context, DType::F16, &a, &b), [([N, N], [7, 5], 6)]);
    let shared = strided(&[4, 5, 7], &[0, 7, 1]);
    let spread = strided(&[4, 6, 5], &[100, 5, 1]);
    assert_eq!(
        both(&context, DType::F32, &spread, &shared),
        [([N, N], [7, 5], 4)]
    );
}

#[test]
fn what_the_library_cannot_take_is_for_own_kernels() {
    let _turn = TURN.lock();
    let context = context();
    let sparse = strided(&[6, 5], &[10, 2]);
    assert_eq!(
        both(&context, DType::F32, &sparse, &Layout::contiguous(&[5, 7])),
        []
    );
    let heads = strided(&[2, 3, 6, 5], &[90, 5, 15, 1]);
    let values = strided(&[2, 3, 5, 7], &[500, 0, 7, 1]);
    assert_eq!(both(&context, DType::F32, &heads, &values), []);
}

#[test]
fn the_table_decides_where_nobody_else_does() {
    let _turn = TURN.lock();
    let context = context();
    context.set_products_by(ProductsBy::Table);
    let x = upload(&context, DType::F32, &vec![1f32; 128 * 128]);
    let before = CALLS.lock().unwrap().len();
    for rows in [2, 128] {
        let layout = Layout::contiguous(&[rows, 4]);
        let other = Layout::contiguous(&[4, 128]);
        let y = ops::matmul(view(&x, &layout), view(&x, &other)).unwrap();
        assert_eq!(download::<f32>(&y), vec![4f32; rows * 128]);
    }
    let calls = CALLS.lock().unwrap()[before..].to_vec();
    assert_eq!(
        calls,
        [([N, N], [128, 4], 1)],
        "large products of gfx942 are the library's"
    );
}

#[test]
fn a_failing_library_is_an_error() {
    let _turn = TURN.lock();
    let context = context();
    let x = upload(&context, DType::F32, &[0f32; 17 * 2]);
    let (a, b) = (Layout::contiguous(&[2, 17]), Layout::contiguous(&[17, 2]));
    let error = ops::matmul(view(&x, &a), view(&x, &b)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Hip(_)), "{text}");
    assert!(
        text.contains("rocblas_gemm_ex") && text.contains("of this test"),
        "{text}"
    );
}

#[test]
fn what_the_table_gives_in_vain_own_kernels_compute() {
    let _turn = TURN.lock();
    let context = context();
    context.set_products_by(ProductsBy::Table);
    let x = upload(&context, DType::F32, &vec![1f32; 128 * 17]);
    let (a, b) = (
        Layout::contiguous(&[128, 17]),
        Layout::contiguous(&[17, 128]),
    );
    let y = ops::matmul(view(&x, &a), view(&x, &b)).unwrap();
    assert_eq!(download::<f32>(&y), vec![17f32; 128 * 128]);
}

#[test]
fn without_a_library_own_kernels_do_all() {
    let context = open_another(&SPEC.parse().unwrap()).unwrap();
    let x = upload(&context, DType::F32, &vec![1f32; 128 * 128]);
    let layout = Layout::contiguous(&[128, 128]);
    let y = ops::matmul(view(&x, &layout), view(&x, &layout)).unwrap();
    assert_eq!(download::<f32>(&y), vec![128f32; 128 * 128]);
    let error = context.product_library().unwrap_err();
    assert!(matches!(error, Error::NoProductLibrary { .. }), "{error}");
    context.set_products_by(ProductsBy::Library);
    let error = ops::matmul(view(&x, &layout), view(&x, &layout)).unwrap_err();
    assert!(error.to_string().contains("REDWICK_ROCBLAS"), "{error}");
}

#[test]
fn convolutions_of_unfolded_patches() {
    let _turn = TURN.lock();
    let context = context();
    let mut rng = Rng(11);
    let mut tensor = |layout: &Layout| {
        let numbers = (0..layout.elements()).map(|_| rng.below(7) as f32 - 3.0);
        let numbers: Vec<u8> = numbers.flat_map(f32::to_le_bytes).collect();
        upload(&context, DType::F32, &numbers)
    };
    let cases: [(&[usize], &[usize], [usize; 3]); 8] = [
        // Windows that workgroups share.
        (&[2, 130, 4, 4], &[6, 130, 3, 3], [1, 1, 1]),
        (&[1, 130, 9, 12], &[70, 130, 3, 3], [1, 1, 1]),
        (&[2, 3, 7, 6], &[5, 3, 3, 3], [1, 1, 1]),
        // Too large to be one product.
        (&[2, 1, 70, 70], &[5, 1, 3, 3], [0, 1, 1]),
        (&[2, 3, 7, 6], &[5, 3, 3, 2], [0, 2, 1]),
        (&[1, 2, 9, 8], &[4, 2, 3, 3], [2, 1, 2]),
        (&[2, 3, 11], &[5, 3, 4], [1, 2, 1]),
        (&[3, 2, 5, 5], &[6, 2, 1, 1], [1, 1, 1]),
    ];
    for (images, weights, [padding, stride, dilation]) in cases {
        let (image, weight) = (Layout::contiguous(images), Layout::contiguous(weights));
        let (x, w) = (tensor(&image), tensor(&weight));
        let parameters = ops::Conv {
            padding,
            stride,
            dilation,
        };
        let conv = |by| {
            context.set_products_by(by);
            let y = ops::conv(view(&x, &image), view(&w, &weight), parameters).unwrap();
            download::<f32>(&y)
        };
        let own = conv(ProductsBy::Own);
        let before = CALLS.lock().unwrap().len();
        assert_eq!(conv(ProductsBy::Library), own, "{images:?} {weights:?}");
        assert!(CALLS.lock().unwrap().len() > before, "{images:?}");
    }
}

/// Rows of 32 values, from -3 to 3 and whole, as blocks of Q8_0 with a step of 1.
fn packed_rows(context: &Context, rows: usize) -> (Packed, Vec<f32>) {
    let mut rng = Rng(11);
    let values: Vec<i8> = (0..rows * 32).map(|_| rng.below(7) as i8 - 3).collect();
    let block = |row: &[i8]| [&[0x00, 0x3c][..], bytemuck::cast_slice(row)].concat();
    let blocks: Vec<u8> = values.chunks(32).flat_map(block).collect();
    let format = Format::of_gguf(8).unwrap();
    let packed = Packed::upload(context, format, &blocks).unwrap();
    (packed, values.into_iter().map(f32::from).collect())
}

#[test]
fn packed_weights_are_unpacked_slice_by_slice() {
    let _turn = TURN.lock();
    let context = context();
    let (w, weights) = packed_rows(&context, 11);
    let mut rng = Rng(5);
    let numbers: Vec<f32> = (0..3 * 32).map(|_| rng.below(9) as f32 - 4.0).collect();
    let (x, layout) = (
        upload(&context, DType::F32, &numbers),
        Layout::contiguous(&[3, 32]),
    );
    let rows = numbers.chunks(32);
    let product = |x: &[f32], w: &[f32]| x.iter().zip(w).map(|(x, w)| x * w).sum::<f32>();
    let expected: Vec<f32> = rows
        .flat_map(|x| weights.chunks(32).map(move |w| product(x, w)))
        .collect();
    // Rows of 64 bytes: all at once, four at a time, and one.
    for (limit, slices) in [(64 << 20, 1), (300, 3), (0, 11)] {
        context.set_unpacked_limit(limit);
        assert_eq!(context.unpacked_limit(), limit);
        let before = CALLS.lock().unwrap().len();
        let form = PackedForm::Unpacked;
        let y = quantized::matmul_as(form, view(&x, &layout), &w, [11, 32]).unwrap();
        assert_eq!(download::<f32>(&y), expected, "{limit}");
        let calls = CALLS.lock().unwrap()[before..].to_vec();
        assert_eq!(calls, vec![([T, N], [32, 32], 1); slices], "{limit}");
    }
}

#[test]
fn packed_weights_of_few_columns_are_not_the_librarys() {
    let _turn = TURN.lock();
    let context = context();
    let (w, _) = packed_rows(&context, 2);
    // The table gives the library large products alone, own kernels none.
    for by in [ProductsBy::Table, ProductsBy::Own] {
        context.set_products_by(by);
        let x = upload(&context, DType::F32, &vec![1.0f32; 600 * 32]);
        let before = CALLS.lock().unwrap().len();
        let layout = Layout::contiguous(&[600, 32]);
        let y = quantized::matmul(view(&x, &layout), &w, [2, 32]).unwrap();
        assert_eq!(y.len(), 1200);
        assert_eq!(CALLS.lock().unwrap().len(), before, "two columns are few");
    }
}
