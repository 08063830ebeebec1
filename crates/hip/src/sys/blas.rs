//! rocBLAS's C interface: types, constants and the table of functions.
//!
//! Names are rocBLAS's own, from `rocblas-types.h` and `rocblas-functions.h` of ROCm 6. Only what is
//! called is bound.

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;

/// What a function answers.
pub type rocblas_status = c_int;
/// The function did what it was asked.
pub const rocblas_status_success: rocblas_status = 0;
/// The handle is none.
pub const rocblas_status_invalid_handle: rocblas_status = 1;
/// There is no such function for these arguments.
pub const rocblas_status_not_implemented: rocblas_status = 2;
/// The library found no memory.
pub const rocblas_status_memory_error: rocblas_status = 5;
/// Something else failed.
pub const rocblas_status_internal_error: rocblas_status = 6;
/// An argument has no such value.
pub const rocblas_status_invalid_value: rocblas_status = 11;

/// The library's state for one stream.
pub type rocblas_handle = *mut c_void;

/// How an operand is read.
pub type rocblas_operation = c_int;
/// As it is.
pub const rocblas_operation_none: rocblas_operation = 111;
/// Rows as columns.
pub const rocblas_operation_transpose: rocblas_operation = 112;

/// The type of elements.
pub type rocblas_datatype = c_int;
/// f16.
pub const rocblas_datatype_f16_r: rocblas_datatype = 150;
/// f32.
pub const rocblas_datatype_f32_r: rocblas_datatype = 151;
/// f64.
pub const rocblas_datatype_f64_r: rocblas_datatype = 152;
/// bf16.
pub const rocblas_datatype_bf16_r: rocblas_datatype = 168;

/// How a kernel is chosen.
pub type rocblas_gemm_algo = c_int;
/// The library chooses.
pub const rocblas_gemm_algo_standard: rocblas_gemm_algo = 0;

/// Calls the macro `$callback` with every rocBLAS function that this project calls.
#[macro_export]
macro_rules! rocblas_functions {
    ($callback:ident) => {
        $callback! {
            /// Makes a handle on the current device.
            fn rocblas_create_handle(
                handle: *mut $crate::sys::rocblas_handle,
            ) -> $crate::sys::rocblas_status;
            /// Ends a handle.
            fn rocblas_destroy_handle(
                handle: $crate::sys::rocblas_handle,
            ) -> $crate::sys::rocblas_status;
            /// Says which stream a handle's work goes to.
            fn rocblas_set_stream(
                handle: $crate::sys::rocblas_handle,
                stream: $crate::sys::hipStream_t,
            ) -> $crate::sys::rocblas_status;
            /// What a status means, in words.
            fn rocblas_status_to_string(
                status: $crate::sys::rocblas_status,
            ) -> *const ::std::ffi::c_char;
            /// `d = alpha op(a) op(b) + beta c` for column-major matrices.
            fn rocblas_gemm_ex(
                handle: $crate::sys::rocblas_handle,
                transpose_a: $crate::sys::rocblas_operation,
                transpose_b: $crate::sys::rocblas_operation,
                m: i32,
                n: i32,
                k: i32,
                alpha: *const ::std::ffi::c_void,
                a: *const ::std::ffi::c_void,
                a_type: $crate::sys::rocblas_datatype,
                lda: i32,
                b: *const ::std::ffi::c_void,
                b_type: $crate::sys::rocblas_datatype,
                ldb: i32,
                beta: *const ::std::ffi::c_void,
                c: *const ::std::ffi::c_void,
                c_type: $crate::sys::rocblas_datatype,
                ldc: i32,
                d: *mut ::std::ffi::c_void,
                d_type: $crate::sys::rocblas_datatype,
                ldd: i32,
                compute_type: $crate::sys::rocblas_datatype,
                algo: $crate::sys::rocblas_gemm_algo,
                solution_index: i32,
                flags: u32,
            ) -> $crate::sys::rocblas_status;
            /// The same for matrices at equal distances.
            fn rocblas_gemm_strided_batched_ex(
                handle: $crate::sys::rocblas_handle,
                transpose_a: $crate::sys::rocblas_operation,
                transpose_b: $crate::sys::rocblas_operation,
                m: i32,
                n: i32,
                k: i32,
                alpha: *const ::std::ffi::c_void,
                a: *const ::std::ffi::c_void,
                a_type: $crate::sys::rocblas_datatype,
                lda: i32,
                stride_a: i64,
                b: *const ::std::ffi::c_void,
                b_type: $crate::sys::rocblas_datatype,
                ldb: i32,
                stride_b: i64,
                beta: *const ::std::ffi::c_void,
                c: *const ::std::ffi::c_void,
                c_type: $crate::sys::rocblas_datatype,
                ldc: i32,
                stride_c: i64,
                d: *mut ::std::ffi::c_void,
                d_type: $crate::sys::rocblas_datatype,
                ldd: i32,
                stride_d: i64,
                batch_count: i32,
                compute_type: $crate::sys::rocblas_datatype,
                algo: $crate::sys::rocblas_gemm_algo,
                solution_index: i32,
                flags: u32,
            ) -> $crate::sys::rocblas_status;
        }
    };
}

macro_rules! table {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty;)*) => {
        /// The functions of a rocBLAS implementation. The library has no use without any of them.
        #[derive(Clone, Copy, Debug)]
        pub struct BlasApi {
            $(
                $(#[$meta])*
                pub $name: unsafe extern "C" fn($($arg: $ty),*) -> $ret,
            )*
        }

        impl BlasApi {
            /// The table of what `symbol` finds, or the first function that it does not find.
            ///
            /// # Safety
            /// Each address that `symbol` answers must be that of a function with rocBLAS's
            /// signature for the name, and stay valid while the table is used.
            pub unsafe fn resolve(
                mut symbol: impl FnMut(&'static str) -> Option<NonNull<c_void>>,
            ) -> Result<Self, &'static str> {
                Ok(Self {
                    $($name: {
                        let address = symbol(stringify!($name)).ok_or(stringify!($name))?;
                        // SAFETY: the caller promises that this is a function of that type.
                        unsafe {
                            std::mem::transmute::<
                                *mut c_void,
                                unsafe extern "C" fn($($ty),*) -> $ret,
                            >(address.as_ptr())
                        }
                    },)*
                })
            }
        }
    };
}

crate::rocblas_functions!(table);
