//! Who computes products of matrices: own kernels, or the vendor's library where it is installed.
//!
//! Nothing needs the library. Which products it gets is a table of the kernel manifest; it is loaded
//! at the first of them, and asked for only once.

use std::ffi::OsStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use redwick_hip::{Blas, BlasHandle};
use redwick_kernels::{LibraryProducts, ProductShape, library_products};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::spec::Library;

/// The environment variable that says who computes products of matrices in new contexts: `own`
/// kernels, the vendor's `library`, or each what the table gives it, where it is anything else.
pub const PRODUCTS_VARIABLE: &str = "REDWICK_MATMUL";

/// The environment variable that names the rocBLAS library to load, in place of the system's.
pub const BLAS_VARIABLE: &str = "REDWICK_ROCBLAS";

/// Who computes products of matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProductsBy {
    /// Own kernels or the vendor's library, as the manifest's table says; own kernels where there is
    /// no library.
    Table,
    /// Own kernels.
    Own,
    /// Own kernels, in the largest tiles that take the operands however small these are: for tests,
    /// since it takes large matrices to fill a GPU.
    OwnInLargeTiles,
    /// The vendor's library, for all operands that it takes; without it a product is an error.
    Library,
}

/// Bytes of packed weights that are unpacked at a time, where nothing else is said: few enough to be
/// found in a large cache, and to be spared by any device; enough for products that occupy one.
const UNPACKED_LIMIT: usize = 64 << 20;

/// The dtypes that the library computes in.
const FLOATS: [redwick_kernels::DType; 4] = {
    use redwick_kernels::DType;
    [DType::BF16, DType::F16, DType::F32, DType::F64]
};

impl ProductsBy {
    const ALL: [Self; 4] = [Self::Table, Self::Own, Self::OwnInLargeTiles, Self::Library];

    fn from_value(value: Option<&OsStr>) -> Self {
        match value.and_then(OsStr::to_str) {
            Some("own") => Self::Own,
            Some("library") => Self::Library,
            _ => Self::Table,
        }
    }
}

/// Where a context's library comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// [`BLAS_VARIABLE`], or else ROCm.
    System,
    /// [`BLAS_VARIABLE`]: a HIP library that was named has no rocBLAS of its own that could be found.
    Named,
    /// cuBLAS.
    Nvidia,
    /// There is none.
    None,
}

impl Origin {
    pub(crate) fn of(library: &Library) -> Self {
        match library {
            Library::System => Self::System,
            Library::Path(_) => Self::Named,
            Library::Nvidia => Self::Nvidia,
            Library::Emulated(_) => Self::None,
        }
    }

    fn load(self, device: &str) -> Result<Blas> {
        let named = std::env::var_os(BLAS_VARIABLE).filter(|path| !path.is_empty());
        match (self, named) {
            (Self::System | Self::Named, Some(path)) => Ok(Blas::load_from(path)?),
            (Self::System, None) => Ok(Blas::load()?),
            (Self::Nvidia, _) => redwick_hip_on_cuda::blas().map_err(|error| Error::Nvidia {
                spec: device.to_owned(),
                reason: error.to_string(),
            }),
            (Self::Named | Self::None, _) => Err(Error::NoProductLibrary {
                device: device.to_owned(),
            }),
        }
    }
}

/// What a context knows of its library.
pub(crate) struct Products {
    by: AtomicU8,
    unpacked_limit: AtomicUsize,
    /// The table's rows for the context's target.
    rows: Vec<&'static LibraryProducts>,
    origin: Origin,
    library: OnceLock<Result<BlasHandle>>,
}

impl Products {
    pub(crate) fn new(target: &str, origin: Origin) -> Self {
        let by = ProductsBy::from_value(std::env::var_os(PRODUCTS_VARIABLE).as_deref());
        Self {
            by: AtomicU8::new(by as u8),
            unpacked_limit: AtomicUsize::new(UNPACKED_LIMIT),
            rows: library_products(target).collect(),
            origin,
            library: OnceLock::new(),
        }
    }
}

/// Who computes products of matrices.
impl Context {
    /// Says who computes products from now on. [`PRODUCTS_VARIABLE`] says what new contexts do.
    pub fn set_products_by(&self, by: ProductsBy) {
        self.products().by.store(by as u8, Ordering::Relaxed);
    }

    /// Who computes products.
    pub fn products_by(&self) -> ProductsBy {
        let number = self.products().by.load(Ordering::Relaxed);
        let found = ProductsBy::ALL.into_iter().find(|by| *by as u8 == number);
        found.unwrap_or(ProductsBy::Table)
    }

    /// Says how many bytes packed weights may take that are unpacked for the library, from now on: their
    /// products go slice by slice. 64 MiB where nothing is said; at least a row is unpacked.
    pub fn set_unpacked_limit(&self, bytes: usize) {
        self.products()
            .unpacked_limit
            .store(bytes, Ordering::Relaxed);
    }

    /// The bytes of packed weights that are unpacked at a time.
    pub fn unpacked_limit(&self) -> usize {
        self.products().unpacked_limit.load(Ordering::Relaxed)
    }

    /// The vendor's library, loaded where it is not yet. It is looked for once.
    ///
    /// # Errors
    /// Where there is none, with what was tried.
    pub fn product_library(&self) -> Result<&BlasHandle> {
        let products = self.products();
        let load = || self.with_library(&products.origin.load(self.name())?);
        products
            .library
            .get_or_init(load)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Takes a library from elsewhere, where none was looked for yet; says whether it did.
    ///
    /// # Errors
    /// Those of making a handle.
    pub fn take_product_library(&self, blas: &Blas) -> Result<bool> {
        let handle = self.with_library(blas)?;
        Ok(self.products().library.set(Ok(handle)).is_ok())
    }

    fn with_library(&self, blas: &Blas) -> Result<BlasHandle> {
        Ok(blas.on(self.stream())?)
    }

    /// Whether the library is to compute convolutions of windows of so many elements, as products of
    /// unfolded patches.
    pub(crate) fn unfolds(&self, dtype: redwick_kernels::DType, window: usize) -> bool {
        let takes = |row: &&LibraryProducts| row.take_patches(dtype, window);
        match self.products_by() {
            ProductsBy::Own | ProductsBy::OwnInLargeTiles => false,
            ProductsBy::Library => FLOATS.contains(&dtype),
            ProductsBy::Table => {
                self.products().rows.iter().any(takes) && self.product_library().is_ok()
            }
        }
    }

    /// The library, where it is to compute a product.
    pub(crate) fn library_for(&self, shape: &ProductShape) -> Result<Option<&BlasHandle>> {
        match self.products_by() {
            ProductsBy::Own | ProductsBy::OwnInLargeTiles => Ok(None),
            ProductsBy::Library => self.product_library().map(Some),
            ProductsBy::Table => {
                let wanted = self.products().rows.iter().any(|row| row.contain(shape));
                Ok(wanted.then(|| self.product_library().ok()).flatten())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_says_who() {
        let by = |text: &str| ProductsBy::from_value(Some(OsStr::new(text)));
        assert_eq!(ProductsBy::from_value(None), ProductsBy::Table);
        assert_eq!(by("own"), ProductsBy::Own);
        assert_eq!(by("library"), ProductsBy::Library);
        assert_eq!(by(""), ProductsBy::Table);
    }

    #[test]
    fn an_emulated_gpu_has_no_library() {
        let origin = Origin::of(&Library::Emulated("gfx942".into()));
        let error = origin.load("emulated:gfx942").unwrap_err();
        assert!(error.to_string().contains("emulated:gfx942"), "{error}");
    }
}
