//! Candle's tensors on AMD GPUs.

use crate::backend::{BackendDevice, BackendStorage};
use crate::op::{BinaryOpT, CmpOp, ReduceOp, UnaryOpT};
use crate::{CpuStorage, DType, DeviceLocation, Layout, Result, Shape};

/// What the backend answers when it cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RocmError {
    /// There are no kernels for this op and dtype.
    #[error("{op} is not available for {dtype:?} on ROCm")]
    OpUnavailable {
        /// The op.
        op: &'static str,
        /// The dtype of its first operand.
        dtype: DType,
    },
    /// The device cannot be opened.
    #[error("ROCm device {ordinal} cannot be opened: no HIP library is loaded")]
    NoDevice {
        /// The device asked for.
        ordinal: usize,
    },
}

impl From<RocmError> for crate::Error {
    fn from(error: RocmError) -> Self {
        crate::Error::Rocm(Box::new(error)).bt()
    }
}

/// Whether an AMD GPU can be opened here.
pub fn is_available() -> bool {
    false
}

/// Tells apart devices opened at one location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceId(usize);

/// An AMD GPU.
#[derive(Debug, Clone)]
pub struct RocmDevice {
    ordinal: usize,
}

impl RocmDevice {
    /// Opens a device with a stream of its own.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn new_with_stream(ordinal: usize) -> Result<Self> {
        Err(RocmError::NoDevice { ordinal }.into())
    }

    /// This device, told apart from others at its location.
    pub fn id(&self) -> DeviceId {
        DeviceId(self.ordinal)
    }
}

/// A tensor's elements in an AMD GPU's memory.
#[derive(Debug)]
pub struct RocmStorage {
    device: RocmDevice,
    dtype: DType,
}

impl RocmStorage {
    /// Copies to another device.
    ///
    /// # Errors
    /// When the copy fails.
    pub fn transfer_to_device(&self, _target: &RocmDevice) -> Result<Self> {
        self.unavailable("transfer_to_device")
    }

    fn unavailable<T>(&self, op: &'static str) -> Result<T> {
        Err(RocmError::OpUnavailable {
            op,
            dtype: self.dtype,
        }
        .into())
    }
}

/// The order that sorts each row.
pub(crate) fn arg_sort(
    storage: &RocmStorage,
    _layout: &Layout,
    _ascending: bool,
    _last_dim: usize,
) -> Result<(RocmStorage, Shape)> {
    storage.unavailable("argsort")
}

impl BackendStorage for RocmStorage {
    type Device = RocmDevice;

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn device(&self) -> &RocmDevice {
        &self.device
    }

    fn try_clone(&self, _: &Layout) -> Result<Self> {
        self.unavailable("try_clone")
    }

    fn to_cpu_storage(&self) -> Result<CpuStorage> {
        self.unavailable("to_cpu_storage")
    }

    fn affine(&self, _: &Layout, _: f64, _: f64) -> Result<Self> {
        self.unavailable("affine")
    }

    fn powf(&self, _: &Layout, _: f64) -> Result<Self> {
        self.unavailable("powf")
    }

    fn elu(&self, _: &Layout, _: f64) -> Result<Self> {
        self.unavailable("elu")
    }

    fn reduce_op(&self, _: ReduceOp, _: &Layout, _: &[usize]) -> Result<Self> {
        self.unavailable("reduce_op")
    }

    fn cmp(&self, _: CmpOp, _: &Self, _: &Layout, _: &Layout) -> Result<Self> {
        self.unavailable("cmp")
    }

    fn to_dtype(&self, _: &Layout, _: DType) -> Result<Self> {
        self.unavailable("to_dtype")
    }

    fn unary_impl<B: UnaryOpT>(&self, _: &Layout) -> Result<Self> {
        self.unavailable("unary_impl")
    }

    fn binary_impl<B: BinaryOpT>(&self, _: &Self, _: &Layout, _: &Layout) -> Result<Self> {
        self.unavailable("binary_impl")
    }

    fn where_cond(&self, _: &Layout, _: &Self, _: &Layout, _: &Self, _: &Layout) -> Result<Self> {
        self.unavailable("where_cond")
    }

    fn conv1d(
        &self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: &crate::conv::ParamsConv1D,
    ) -> Result<Self> {
        self.unavailable("conv1d")
    }

    fn conv_transpose1d(
        &self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: &crate::conv::ParamsConvTranspose1D,
    ) -> Result<Self> {
        self.unavailable("conv_transpose1d")
    }

    fn conv2d(
        &self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: &crate::conv::ParamsConv2D,
    ) -> Result<Self> {
        self.unavailable("conv2d")
    }

    fn conv_transpose2d(
        &self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: &crate::conv::ParamsConvTranspose2D,
    ) -> Result<Self> {
        self.unavailable("conv_transpose2d")
    }

    fn avg_pool2d(&self, _: &Layout, _: (usize, usize), _: (usize, usize)) -> Result<Self> {
        self.unavailable("avg_pool2d")
    }

    fn max_pool2d(&self, _: &Layout, _: (usize, usize), _: (usize, usize)) -> Result<Self> {
        self.unavailable("max_pool2d")
    }

    fn upsample_nearest1d(&self, _: &Layout, _: usize) -> Result<Self> {
        self.unavailable("upsample_nearest1d")
    }

    fn upsample_nearest2d(&self, _: &Layout, _: usize, _: usize) -> Result<Self> {
        self.unavailable("upsample_nearest2d")
    }

    fn upsample_bilinear2d(
        &self,
        _: &Layout,
        _: usize,
        _: usize,
        _: bool,
        _: Option<f64>,
        _: Option<f64>,
    ) -> Result<Self> {
        self.unavailable("upsample_bilinear2d")
    }

    fn gather(&self, _: &Layout, _: &Self, _: &Layout, _: usize) -> Result<Self> {
        self.unavailable("gather")
    }

    fn scatter_set(
        &mut self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: usize,
    ) -> Result<()> {
        self.unavailable("scatter_set")
    }

    fn scatter_add_set(
        &mut self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: usize,
    ) -> Result<()> {
        self.unavailable("scatter_add_set")
    }

    fn index_select(&self, _: &Self, _: &Layout, _: &Layout, _: usize) -> Result<Self> {
        self.unavailable("index_select")
    }

    fn index_add(
        &self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: &Self,
        _: &Layout,
        _: usize,
    ) -> Result<Self> {
        self.unavailable("index_add")
    }

    fn matmul(
        &self,
        _: &Self,
        _: (usize, usize, usize, usize),
        _: &Layout,
        _: &Layout,
    ) -> Result<Self> {
        self.unavailable("matmul")
    }

    fn copy_strided_src(&self, _: &mut Self, _: usize, _: &Layout) -> Result<()> {
        self.unavailable("copy_strided_src")
    }

    fn copy2d(
        &self,
        _: &mut Self,
        _: usize,
        _: usize,
        _: usize,
        _: usize,
        _: usize,
        _: usize,
    ) -> Result<()> {
        self.unavailable("copy2d")
    }

    fn const_set(&mut self, _: crate::scalar::Scalar, _: &Layout) -> Result<()> {
        self.unavailable("const_set")
    }
}

impl BackendDevice for RocmDevice {
    type Storage = RocmStorage;

    fn new(ordinal: usize) -> Result<Self> {
        Err(RocmError::NoDevice { ordinal }.into())
    }

    fn location(&self) -> DeviceLocation {
        DeviceLocation::Rocm {
            gpu_id: self.ordinal,
        }
    }

    fn same_device(&self, other: &Self) -> bool {
        self.ordinal == other.ordinal
    }

    fn zeros_impl(&self, _: &Shape, _: DType) -> Result<Self::Storage> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }

    unsafe fn alloc_uninit(&self, _: &Shape, _: DType) -> Result<Self::Storage> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }

    fn storage_from_slice<T: crate::WithDType>(&self, _: &[T]) -> Result<Self::Storage> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }

    fn storage_from_cpu_storage(&self, _: &CpuStorage) -> Result<Self::Storage> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }

    fn storage_from_cpu_storage_owned(&self, _: CpuStorage) -> Result<Self::Storage> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }

    fn rand_uniform(&self, _: &Shape, _: DType, _: f64, _: f64) -> Result<Self::Storage> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }

    fn rand_normal(&self, _: &Shape, _: DType, _: f64, _: f64) -> Result<Self::Storage> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }

    fn set_seed(&self, _: u64) -> Result<()> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }

    fn get_current_seed(&self) -> Result<u64> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }

    fn synchronize(&self) -> Result<()> {
        Err(RocmError::NoDevice {
            ordinal: self.ordinal,
        }
        .into())
    }
}
