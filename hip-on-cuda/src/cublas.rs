//! rocBLAS's functions over cuBLAS, loaded at run time.
//!
//! Names and signatures are those of `cublas_api.h` 12.0 and later. f32 is multiplied as f32, never
//! as TF32: that is cuBLAS's default mode, which is left as it is.

#![allow(non_snake_case, reason = "the names of the C interface")]

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use libloading::Library;
use redwick_hip::sys::{self, BlasApi, hipStream_t};

use crate::cuda::{self, Handle};
use crate::{Error, current};

/// Names of the library, newest first, then where toolkits install it.
const NAMES: &[&str] = &[
    "libcublas.so.13",
    "libcublas.so.12",
    "/usr/local/cuda/lib64/libcublas.so.13",
    "/usr/local/cuda/lib64/libcublas.so.12",
];

type Status = c_int;

macro_rules! functions {
    ($(fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty;)*) => {
        /// The functions.
        struct Cublas {
            $($name: unsafe extern "C" fn($($arg: $ty),*) -> $ret,)*
            /// Keeps the functions loaded.
            _library: Library,
        }

        impl Cublas {
            /// Finds the functions of a library.
            fn resolve(library: Library, name: &'static str) -> Result<Self, Error> {
                let absent = |function| Error::TooOld { library: name, function };
                $(
                    // SAFETY: the signature is that of `cublas_api.h`; the library is kept beside it.
                    let $name = unsafe { library.get(stringify!($name)) };
                    let $name = *$name.map_err(|_| absent(stringify!($name)))?;
                )*
                Ok(Self { $($name,)* _library: library })
            }
        }
    };
}

functions! {
    fn cublasCreate_v2(handle: *mut Handle) -> Status;
    fn cublasDestroy_v2(handle: Handle) -> Status;
    fn cublasSetStream_v2(handle: Handle, stream: Handle) -> Status;
    fn cublasSetMathMode(handle: Handle, mode: c_int) -> Status;
    fn cublasGemmEx(
        handle: Handle,
        transpose_a: c_int,
        transpose_b: c_int,
        m: c_int,
        n: c_int,
        k: c_int,
        alpha: *const c_void,
        a: *const c_void,
        a_type: c_int,
        lda: c_int,
        b: *const c_void,
        b_type: c_int,
        ldb: c_int,
        beta: *const c_void,
        c: *mut c_void,
        c_type: c_int,
        ldc: c_int,
        compute_type: c_int,
        algo: c_int,
    ) -> Status;
    fn cublasGemmStridedBatchedEx(
        handle: Handle,
        transpose_a: c_int,
        transpose_b: c_int,
        m: c_int,
        n: c_int,
        k: c_int,
        alpha: *const c_void,
        a: *const c_void,
        a_type: c_int,
        lda: c_int,
        stride_a: i64,
        b: *const c_void,
        b_type: c_int,
        ldb: c_int,
        stride_b: i64,
        beta: *const c_void,
        c: *mut c_void,
        c_type: c_int,
        ldc: c_int,
        stride_c: i64,
        batches: c_int,
        compute_type: c_int,
        algo: c_int,
    ) -> Status;
}

/// `CUBLAS_DEFAULT_MATH` with `CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION`: without it cuBLAS adds
/// the parts of a divided inner dimension in 16 bits where the result has as many, and errs more than
/// by one rounding.
const MATH_MODE: c_int = 16;

/// `CUBLAS_GEMM_DEFAULT`.
const DEFAULT_ALGORITHM: c_int = -1;

/// The table of rocBLAS's functions.
pub(crate) fn table() -> Result<BlasApi, Error> {
    cuda::api()?;
    loaded()?;
    Ok(TABLE)
}

fn loaded() -> Result<&'static Cublas, Error> {
    static LOADED: OnceLock<Result<Cublas, Error>> = OnceLock::new();
    LOADED.get_or_init(load).as_ref().map_err(Clone::clone)
}

fn load() -> Result<Cublas, Error> {
    let mut reasons = Vec::new();
    for name in NAMES {
        // SAFETY: loading runs the initialisers of cuBLAS.
        match unsafe { Library::new(*name) } {
            Ok(library) => return Cublas::resolve(library, name),
            Err(reason) => reasons.push(cuda::words(&reason)),
        }
    }
    let reason = reasons.join("; ");
    Err(Error::NoCublas { reason })
}

/// rocBLAS's status for one of cuBLAS.
fn status(cublas: Status) -> sys::rocblas_status {
    match cublas {
        0 => sys::rocblas_status_success,
        1 => sys::rocblas_status_invalid_handle,
        3 => sys::rocblas_status_memory_error,
        7 => sys::rocblas_status_invalid_value,
        15 => sys::rocblas_status_not_implemented,
        _ => sys::rocblas_status_internal_error,
    }
}

/// Runs a call with the calling thread's context current.
fn enter(call: impl FnOnce(&'static Cublas) -> Result<Status, Status>) -> Status {
    let run = || {
        let cuda = cuda::api().map_err(|_| sys::rocblas_status_internal_error)?;
        current::bind(cuda).map_err(|_| sys::rocblas_status_internal_error)?;
        call(loaded().map_err(|_| sys::rocblas_status_internal_error)?)
    };
    run().map_or_else(|own| own, status)
}

/// `cudaDataType` of an element type.
fn element(datatype: sys::rocblas_datatype) -> Result<c_int, Status> {
    match datatype {
        sys::rocblas_datatype_f32_r => Ok(0),
        sys::rocblas_datatype_f64_r => Ok(1),
        sys::rocblas_datatype_f16_r => Ok(2),
        sys::rocblas_datatype_bf16_r => Ok(14),
        _ => Err(sys::rocblas_status_not_implemented),
    }
}

/// `cublasComputeType_t` of the type that sums are in.
fn compute(datatype: sys::rocblas_datatype) -> Result<c_int, Status> {
    match datatype {
        sys::rocblas_datatype_f32_r => Ok(68),
        sys::rocblas_datatype_f64_r => Ok(70),
        _ => Err(sys::rocblas_status_not_implemented),
    }
}

/// `cublasOperation_t`.
fn operation(operation: sys::rocblas_operation) -> Result<c_int, Status> {
    match operation {
        sys::rocblas_operation_none => Ok(0),
        sys::rocblas_operation_transpose => Ok(1),
        _ => Err(sys::rocblas_status_invalid_value),
    }
}

/// cuBLAS writes its result over `c`: they have to be one matrix.
fn in_place(c: *const c_void, d: *mut c_void, same_layout: bool) -> Result<(), Status> {
    match c == d.cast_const() && same_layout {
        true => Ok(()),
        false => Err(sys::rocblas_status_not_implemented),
    }
}

unsafe extern "C" fn rocblas_create_handle(handle: *mut sys::rocblas_handle) -> Status {
    enter(|cublas| {
        // SAFETY: the caller's pointer takes the handle.
        let status = unsafe { (cublas.cublasCreate_v2)(handle) };
        if status != 0 {
            return Ok(status);
        }
        // SAFETY: the handle that cuBLAS has just written.
        Ok(unsafe { (cublas.cublasSetMathMode)(*handle, MATH_MODE) })
    })
}

unsafe extern "C" fn rocblas_destroy_handle(handle: sys::rocblas_handle) -> Status {
    // SAFETY: the caller's handle.
    enter(|cublas| Ok(unsafe { (cublas.cublasDestroy_v2)(handle) }))
}

unsafe extern "C" fn rocblas_set_stream(
    handle: sys::rocblas_handle,
    stream: hipStream_t,
) -> Status {
    // SAFETY: the caller's handles.
    enter(|cublas| Ok(unsafe { (cublas.cublasSetStream_v2)(handle, stream.cast()) }))
}

unsafe extern "C" fn rocblas_status_to_string(status: sys::rocblas_status) -> *const c_char {
    let text = match status {
        sys::rocblas_status_success => c"success",
        sys::rocblas_status_invalid_handle => c"cuBLAS was not started",
        sys::rocblas_status_not_implemented => c"not supported by cuBLAS",
        sys::rocblas_status_memory_error => c"cuBLAS has no memory",
        sys::rocblas_status_invalid_value => c"cuBLAS refuses an argument",
        _ => c"cuBLAS failed",
    };
    text.as_ptr()
}

unsafe extern "C" fn rocblas_gemm_ex(
    handle: sys::rocblas_handle,
    transpose_a: sys::rocblas_operation,
    transpose_b: sys::rocblas_operation,
    m: i32,
    n: i32,
    k: i32,
    alpha: *const c_void,
    a: *const c_void,
    a_type: sys::rocblas_datatype,
    lda: i32,
    b: *const c_void,
    b_type: sys::rocblas_datatype,
    ldb: i32,
    beta: *const c_void,
    c: *const c_void,
    c_type: sys::rocblas_datatype,
    ldc: i32,
    d: *mut c_void,
    d_type: sys::rocblas_datatype,
    ldd: i32,
    compute_type: sys::rocblas_datatype,
    _algo: sys::rocblas_gemm_algo,
    _solution_index: i32,
    _flags: u32,
) -> Status {
    enter(|cublas| {
        in_place(c, d, ldc == ldd && c_type == d_type)?;
        let (op_a, op_b) = (operation(transpose_a)?, operation(transpose_b)?);
        let (a_type, b_type, d_type) = (element(a_type)?, element(b_type)?, element(d_type)?);
        let compute_type = compute(compute_type)?;
        // SAFETY: the caller's handle, numbers and matrices.
        Ok(unsafe {
            (cublas.cublasGemmEx)(
                handle,
                op_a,
                op_b,
                m,
                n,
                k,
                alpha,
                a,
                a_type,
                lda,
                b,
                b_type,
                ldb,
                beta,
                d,
                d_type,
                ldd,
                compute_type,
                DEFAULT_ALGORITHM,
            )
        })
    })
}

unsafe extern "C" fn rocblas_gemm_strided_batched_ex(
    handle: sys::rocblas_handle,
    transpose_a: sys::rocblas_operation,
    transpose_b: sys::rocblas_operation,
    m: i32,
    n: i32,
    k: i32,
    alpha: *const c_void,
    a: *const c_void,
    a_type: sys::rocblas_datatype,
    lda: i32,
    stride_a: i64,
    b: *const c_void,
    b_type: sys::rocblas_datatype,
    ldb: i32,
    stride_b: i64,
    beta: *const c_void,
    c: *const c_void,
    c_type: sys::rocblas_datatype,
    ldc: i32,
    stride_c: i64,
    d: *mut c_void,
    d_type: sys::rocblas_datatype,
    ldd: i32,
    stride_d: i64,
    batch_count: i32,
    compute_type: sys::rocblas_datatype,
    _algo: sys::rocblas_gemm_algo,
    _solution_index: i32,
    _flags: u32,
) -> Status {
    enter(|cublas| {
        in_place(c, d, (ldc, stride_c, c_type) == (ldd, stride_d, d_type))?;
        let (op_a, op_b) = (operation(transpose_a)?, operation(transpose_b)?);
        let (a_type, b_type, d_type) = (element(a_type)?, element(b_type)?, element(d_type)?);
        let compute_type = compute(compute_type)?;
        // SAFETY: the caller's handle, numbers and matrices.
        Ok(unsafe {
            (cublas.cublasGemmStridedBatchedEx)(
                handle,
                op_a,
                op_b,
                m,
                n,
                k,
                alpha,
                a,
                a_type,
                lda,
                stride_a,
                b,
                b_type,
                ldb,
                stride_b,
                beta,
                d,
                d_type,
                ldd,
                stride_d,
                batch_count,
                compute_type,
                DEFAULT_ALGORITHM,
            )
        })
    })
}

macro_rules! table_of {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty;)*) => {
        const TABLE: BlasApi = BlasApi { $($name,)* };
    };
}

redwick_hip::rocblas_functions!(table_of);
