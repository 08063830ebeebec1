//! Matrix products of rocBLAS, where it is installed.

use std::ffi::CStr;
use std::fmt::{self, Debug};
use std::path::Path;
use std::ptr::{null_mut, without_provenance, without_provenance_mut};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Attempt, Error, Result};
use crate::loader::{self, Found};
use crate::safe::{Address, Stream};
use crate::sys::{self, BlasApi};

/// Names of the library, newest first: those of ROCm 7 and 6.
const NAMES: &[&str] = &["librocblas.so.5", "librocblas.so.4", "librocblas.so"];

/// rocBLAS: the library of ROCm, or a table of functions from elsewhere.
///
/// Clones are the same library.
#[derive(Clone)]
pub struct Blas(Arc<Inner>);

struct Inner {
    api: BlasApi,
    description: String,
    /// Dropped after the functions above have been called for the last time.
    _library: Option<libloading::Library>,
}

impl Blas {
    /// Loads the rocBLAS library of this machine: `librocblas.so.5`, `.so.4` or `.so` where the
    /// system's loader finds one or in ROCm's folders (see [`Driver::load`](crate::Driver::load)).
    ///
    /// # Errors
    /// [`Error::NoBlas`] with all that was tried.
    pub fn load() -> Result<Self> {
        let mut tried = Vec::new();
        let found = loader::search(NAMES, &mut tried);
        match found.map(Self::of) {
            Some(Ok(blas)) => return Ok(blas),
            Some(Err(attempt)) => tried.push(attempt),
            None => {}
        }
        Err(Error::NoBlas { tried })
    }

    /// Loads the rocBLAS library at a path. The library is trusted to be one.
    ///
    /// # Errors
    /// [`Error::NoBlas`] when it does not load, or is another library.
    pub fn load_from(path: impl AsRef<Path>) -> Result<Self> {
        let blas = loader::open_at(path.as_ref()).and_then(Self::of);
        blas.map_err(|attempt| Error::NoBlas {
            tried: vec![attempt],
        })
    }

    /// Takes a table of functions. The description stands for it in errors.
    ///
    /// # Safety
    /// The functions do what rocBLAS's documentation says, for the rest of the process.
    #[must_use]
    pub unsafe fn from_table(api: BlasApi, description: impl Into<String>) -> Self {
        Self::new(api, description.into(), None)
    }

    fn of(found: Found) -> Result<Self, Attempt> {
        // SAFETY: only rocBLAS exports these names; `Inner` keeps the library loaded.
        let api = unsafe { BlasApi::resolve(|name| found.symbol(name)) }.map_err(|missing| {
            let path = Path::new(&found.description);
            loader::attempt(path, &format!("is no rocBLAS: it lacks {missing}"))
        })?;
        Ok(Self::new(api, found.description, Some(found.library)))
    }

    fn new(api: BlasApi, description: String, library: Option<libloading::Library>) -> Self {
        Self(Arc::new(Inner {
            api,
            description,
            _library: library,
        }))
    }

    /// The name or path of the library, or the description of the table.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.0.description
    }

    /// A handle whose products go to a stream.
    ///
    /// # Errors
    /// [`Error::Blas`] as the library says; the driver's.
    pub fn on(&self, stream: &Stream) -> Result<BlasHandle> {
        stream.device().bind()?;
        let mut raw = null_mut();
        // SAFETY: writes a handle of the current device.
        let status = unsafe { (self.0.api.rocblas_create_handle)(&raw mut raw) };
        self.check("rocblas_create_handle", status)?;
        let handle = BlasHandle {
            raw: Mutex::new(Raw(raw)),
            blas: self.clone(),
            stream: stream.clone(),
        };
        // SAFETY: both handles are valid while `handle` lives, and of one device.
        let status = unsafe { (self.0.api.rocblas_set_stream)(raw, stream.raw()) };
        self.check("rocblas_set_stream", status)?;
        Ok(handle)
    }

    fn check(&self, function: &'static str, status: sys::rocblas_status) -> Result<()> {
        match status {
            sys::rocblas_status_success => Ok(()),
            _ => Err(self.failure(function, status)),
        }
    }

    #[cold]
    fn failure(&self, function: &'static str, status: sys::rocblas_status) -> Error {
        // SAFETY: takes any number.
        let text = unsafe { (self.0.api.rocblas_status_to_string)(status) };
        let message = if text.is_null() {
            "no such status".to_owned()
        } else {
            // SAFETY: the library's texts are C strings that live as long as it.
            unsafe { CStr::from_ptr(text) }
                .to_string_lossy()
                .into_owned()
        };
        Error::Blas {
            function,
            status,
            message,
            library: self.description().to_owned(),
        }
    }
}

impl Debug for Blas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blas").field(&self.description()).finish()
    }
}

/// The type of a matrix's elements. Sums are in f32, and in f64 for f64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatrixElement {
    /// 16 bits, 10 of them mantissa.
    F16,
    /// 16 bits, 7 of them mantissa.
    BF16,
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

impl MatrixElement {
    fn types(self) -> (sys::rocblas_datatype, sys::rocblas_datatype) {
        match self {
            Self::F16 => (sys::rocblas_datatype_f16_r, sys::rocblas_datatype_f32_r),
            Self::BF16 => (sys::rocblas_datatype_bf16_r, sys::rocblas_datatype_f32_r),
            Self::F32 => (sys::rocblas_datatype_f32_r, sys::rocblas_datatype_f32_r),
            Self::F64 => (sys::rocblas_datatype_f64_r, sys::rocblas_datatype_f64_r),
        }
    }
}

/// A factor of a [`Product`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Where the first matrix starts.
    pub address: Address,
    /// Whether rows are columns in memory.
    pub transposed: bool,
    /// Elements from one column in memory to the next.
    pub leading: i32,
    /// Elements from one matrix to the next; 0 for the same one.
    pub stride: i64,
}

/// A product of column-major matrices, for each of `batches`: `c = a b`, where `a` is m by k, and `b` is
/// k by n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// The type of elements of `a` and `b`.
    pub element: MatrixElement,
    /// The type of elements of `c`: that of `a` and `b`, or f32 for f16 and bf16.
    pub result: MatrixElement,
    /// Rows of `a` and `c`.
    pub m: i32,
    /// Columns of `b` and `c`.
    pub n: i32,
    /// Columns of `a` and rows of `b`.
    pub k: i32,
    /// How many products there are.
    pub batches: i32,
    /// The first factor.
    pub a: Factor,
    /// The second factor.
    pub b: Factor,
    /// Where the result starts.
    pub c: Address,
    /// Elements from one column of `c` in memory to the next; its matrices are adjacent.
    pub c_leading: i32,
}

/// The library's handle for one stream. Products of several threads take turns.
pub struct BlasHandle {
    raw: Mutex<Raw>,
    blas: Blas,
    stream: Stream,
}

struct Raw(sys::rocblas_handle);

// SAFETY: a handle may be used from any thread, by one at a time: a mutex holds it.
unsafe impl Send for Raw {}

impl BlasHandle {
    /// The library.
    #[must_use]
    pub fn blas(&self) -> &Blas {
        &self.blas
    }

    /// Puts a product behind the work of the stream.
    ///
    /// # Errors
    /// [`Error::Blas`] as the library says; the driver's.
    ///
    /// # Safety
    /// The addresses are those of matrices of these sizes, which stay valid until the work is done;
    /// the result overlaps no factor.
    pub unsafe fn multiply(&self, product: &Product) -> Result<()> {
        self.stream.device().bind()?;
        let raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
        if product.batches == 1 {
            // SAFETY: the caller promises so; the handle is valid while `self` lives.
            let status = unsafe { self.single(raw.0, product) };
            self.blas.check("rocblas_gemm_ex", status)
        } else {
            // SAFETY: as above.
            let status = unsafe { self.batched(raw.0, product) };
            self.blas.check("rocblas_gemm_strided_batched_ex", status)
        }
    }

    unsafe fn single(&self, raw: sys::rocblas_handle, product: &Product) -> sys::rocblas_status {
        let Product { m, n, k, a, b, .. } = *product;
        let (element, compute) = product.element.types();
        let (result, c_leading) = (product.result.types().0, product.c_leading);
        let (one, zero) = (Number::new(compute, 1.0), Number::new(compute, 0.0));
        let c = without_provenance_mut(product.c.0 as usize);
        // SAFETY: the caller promises so; the numbers are of the type that is computed in.
        unsafe {
            (self.blas.0.api.rocblas_gemm_ex)(
                raw,
                operation(a),
                operation(b),
                m,
                n,
                k,
                one.pointer(),
                without_provenance(a.address.0 as usize),
                element,
                a.leading,
                without_provenance(b.address.0 as usize),
                element,
                b.leading,
                zero.pointer(),
                c,
                result,
                c_leading,
                c,
                result,
                c_leading,
                compute,
                sys::rocblas_gemm_algo_standard,
                0,
                0,
            )
        }
    }

    unsafe fn batched(&self, raw: sys::rocblas_handle, product: &Product) -> sys::rocblas_status {
        let Product { m, n, k, a, b, .. } = *product;
        let (element, compute) = product.element.types();
        let (result, c_leading) = (product.result.types().0, product.c_leading);
        let (one, zero) = (Number::new(compute, 1.0), Number::new(compute, 0.0));
        let c = without_provenance_mut(product.c.0 as usize);
        let c_stride = i64::from(c_leading) * i64::from(n);
        // SAFETY: the caller promises so; the numbers are of the type that is computed in.
        unsafe {
            (self.blas.0.api.rocblas_gemm_strided_batched_ex)(
                raw,
                operation(a),
                operation(b),
                m,
                n,
                k,
                one.pointer(),
                without_provenance(a.address.0 as usize),
                element,
                a.leading,
                a.stride,
                without_provenance(b.address.0 as usize),
                element,
                b.leading,
                b.stride,
                zero.pointer(),
                c,
                result,
                c_leading,
                c_stride,
                c,
                result,
                c_leading,
                c_stride,
                product.batches,
                compute,
                sys::rocblas_gemm_algo_standard,
                0,
                0,
            )
        }
    }
}

impl Drop for BlasHandle {
    fn drop(&mut self) {
        if self.stream.device().bind().is_ok() {
            let raw = self.raw.get_mut().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: the handle comes from this library and is dropped once.
            let _ = unsafe { (self.blas.0.api.rocblas_destroy_handle)(raw.0) };
        }
    }
}

impl Debug for BlasHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "BlasHandle({} on {:?})",
            self.blas.description(),
            self.stream
        )
    }
}

fn operation(factor: Factor) -> sys::rocblas_operation {
    match factor.transposed {
        false => sys::rocblas_operation_none,
        true => sys::rocblas_operation_transpose,
    }
}

/// A factor of a product, in the type that it is computed in.
#[repr(C)]
union Number {
    single: f32,
    double: f64,
}

impl Number {
    fn new(compute: sys::rocblas_datatype, value: f32) -> Self {
        match compute {
            sys::rocblas_datatype_f64_r => Self {
                double: value.into(),
            },
            _ => Self { single: value },
        }
    }

    fn pointer(&self) -> *const std::ffi::c_void {
        (&raw const *self).cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_library_names_what_was_tried() {
        let error = Blas::load_from("/nowhere/librocblas.so").unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, Error::NoBlas { .. }), "{text}");
        assert!(text.contains("/nowhere/librocblas.so"), "{text}");
        assert!(text.contains("not needed"), "{text}");
    }

    #[test]
    fn another_library_is_not_rocblas() {
        let error = Blas::load_from("libc.so.6").unwrap_err();
        assert!(
            error.to_string().contains("lacks rocblas_create_handle"),
            "{error}"
        );
    }
}
