//! A tensor's elements on an AMD GPU, as Candle has storages.

use redwick_tensor_ops::{self as tensor_ops, ops, Layout as OpsLayout, View};

use super::convert;
use super::device::RocmDevice;
use super::error::{IntoCandle, RocmError};
use crate::backend::BackendStorage;
use crate::conv::{ParamsConv1D, ParamsConv2D, ParamsConvTranspose1D, ParamsConvTranspose2D};
use crate::op::{BinaryOpT, CmpOp, ReduceOp, UnaryOpT};
use crate::scalar::Scalar;
use crate::{CpuStorage, DType, Layout, Result};

/// A tensor's elements in an AMD GPU's memory.
#[derive(Debug)]
pub struct RocmStorage {
    device: RocmDevice,
    storage: tensor_ops::Storage,
}

/// An op that writes a source into a storage of a layout, by indices along a dimension.
type Scatter =
    fn(&mut tensor_ops::Storage, &OpsLayout, View<'_>, View<'_>, usize) -> tensor_ops::Result<()>;

impl RocmStorage {
    /// A storage of tensor-ops, on a device over its context.
    pub fn new(device: &RocmDevice, storage: tensor_ops::Storage) -> Self {
        Self {
            device: device.clone(),
            storage,
        }
    }

    /// The elements, for ops of tensor-ops.
    pub fn storage(&self) -> &tensor_ops::Storage {
        &self.storage
    }

    pub(super) fn storage_mut(&mut self) -> &mut tensor_ops::Storage {
        &mut self.storage
    }

    /// Copies to another device.
    ///
    /// # Errors
    /// Where the copy fails.
    pub fn transfer_to_device(&self, target: &RocmDevice) -> Result<Self> {
        let storage = self.storage.to_context(target.context()).candle()?;
        Ok(Self::new(target, storage))
    }

    /// Runs an op over one view of this storage.
    pub(crate) fn map(
        &self,
        layout: &Layout,
        op: impl FnOnce(View<'_>) -> tensor_ops::Result<tensor_ops::Storage>,
    ) -> Result<Self> {
        let layout = convert::layout(layout);
        let storage = View::new(&self.storage, &layout).and_then(op).candle()?;
        Ok(Self::new(&self.device, storage))
    }

    /// Runs an op over a view of this storage and one of another.
    pub(crate) fn map2(
        &self,
        layout: &Layout,
        other: (&Self, &Layout),
        op: impl FnOnce(View<'_>, View<'_>) -> tensor_ops::Result<tensor_ops::Storage>,
    ) -> Result<Self> {
        let second = convert::layout(other.1);
        self.map(layout, |x| op(x, View::new(&other.0.storage, &second)?))
    }

    /// Runs an op over a view of this storage and of two others.
    pub(super) fn map3(
        &self,
        layout: &Layout,
        second: (&Self, &Layout),
        third: (&Self, &Layout),
        op: impl FnOnce(View<'_>, View<'_>, View<'_>) -> tensor_ops::Result<tensor_ops::Storage>,
    ) -> Result<Self> {
        let last = convert::layout(third.1);
        self.map2(layout, second, |x, y| {
            op(x, y, View::new(&third.0.storage, &last)?)
        })
    }

    /// Runs an op that writes a source into this storage by indices along a dimension.
    fn scatter_by(
        &mut self,
        op: Scatter,
        layout: &Layout,
        ids: (&Self, &Layout),
        source: (&Self, &Layout),
        dim: usize,
    ) -> Result<()> {
        let [layout, of_ids, of_source] = [layout, ids.1, source.1].map(convert::layout);
        let ids = View::new(&ids.0.storage, &of_ids).candle()?;
        let source = View::new(&source.0.storage, &of_source).candle()?;
        op(&mut self.storage, &layout, ids, source, dim).candle()
    }

    /// The answer of ops without kernels.
    pub(super) fn unavailable<T>(&self, op: &'static str) -> Result<T> {
        let dtype = self.dtype();
        Err(RocmError::OpUnavailable { op, dtype }.into())
    }
}

impl BackendStorage for RocmStorage {
    type Device = RocmDevice;

    fn dtype(&self) -> DType {
        convert::candle_dtype(self.storage.dtype())
    }

    fn device(&self) -> &RocmDevice {
        &self.device
    }

    fn try_clone(&self, _: &Layout) -> Result<Self> {
        let storage = self.storage.duplicate().candle()?;
        Ok(Self::new(&self.device, storage))
    }

    fn to_cpu_storage(&self) -> Result<CpuStorage> {
        convert::download(&self.storage)
    }

    fn affine(&self, layout: &Layout, mul: f64, add: f64) -> Result<Self> {
        self.map(layout, |x| ops::affine(x, mul, add))
    }

    fn powf(&self, layout: &Layout, exponent: f64) -> Result<Self> {
        self.map(layout, |x| ops::powf(x, exponent))
    }

    fn elu(&self, layout: &Layout, alpha: f64) -> Result<Self> {
        self.map(layout, |x| ops::elu(x, alpha))
    }

    fn reduce_op(&self, op: ReduceOp, layout: &Layout, dims: &[usize]) -> Result<Self> {
        let op = match op {
            ReduceOp::Sum => ops::ReduceOp::Sum,
            ReduceOp::Min => ops::ReduceOp::Min,
            ReduceOp::Max => ops::ReduceOp::Max,
            ReduceOp::ArgMin => ops::ReduceOp::ArgMin,
            ReduceOp::ArgMax => ops::ReduceOp::ArgMax,
        };
        self.map(layout, |x| ops::reduce(op, x, dims))
    }

    fn cmp(&self, op: CmpOp, other: &Self, layout: &Layout, other_layout: &Layout) -> Result<Self> {
        let op = match op {
            CmpOp::Eq => ops::CompareOp::Eq,
            CmpOp::Ne => ops::CompareOp::Ne,
            CmpOp::Le => ops::CompareOp::Le,
            CmpOp::Ge => ops::CompareOp::Ge,
            CmpOp::Lt => ops::CompareOp::Lt,
            CmpOp::Gt => ops::CompareOp::Gt,
        };
        self.map2(layout, (other, other_layout), |a, b| ops::compare(op, a, b))
    }

    fn to_dtype(&self, layout: &Layout, dtype: DType) -> Result<Self> {
        let dtype = convert::dtype("to_dtype", dtype)?;
        self.map(layout, |x| ops::cast(x, dtype))
    }

    fn unary_impl<B: UnaryOpT>(&self, layout: &Layout) -> Result<Self> {
        // Both sides name their ops alike.
        let found = ops::UnaryOp::ALL
            .into_iter()
            .find(|op| op.name() == B::NAME);
        match found {
            Some(op) => self.map(layout, |x| ops::unary(op, x)),
            None => self.unavailable(B::NAME),
        }
    }

    fn binary_impl<B: BinaryOpT>(
        &self,
        other: &Self,
        layout: &Layout,
        other_layout: &Layout,
    ) -> Result<Self> {
        let found = ops::BinaryOp::ALL
            .into_iter()
            .find(|op| op.name() == B::NAME);
        match found {
            Some(op) => self.map2(layout, (other, other_layout), |a, b| ops::binary(op, a, b)),
            None => self.unavailable(B::NAME),
        }
    }

    fn where_cond(
        &self,
        layout: &Layout,
        on_true: &Self,
        on_true_layout: &Layout,
        on_false: &Self,
        on_false_layout: &Layout,
    ) -> Result<Self> {
        let (a, b) = ((on_true, on_true_layout), (on_false, on_false_layout));
        self.map3(layout, a, b, ops::select)
    }

    fn conv1d(
        &self,
        layout: &Layout,
        kernel: &Self,
        kernel_layout: &Layout,
        params: &ParamsConv1D,
    ) -> Result<Self> {
        let conv = convert::conv(params.padding, params.stride, params.dilation);
        self.map2(layout, (kernel, kernel_layout), |x, weight| {
            ops::conv(x, weight, conv)
        })
    }

    fn conv_transpose1d(
        &self,
        layout: &Layout,
        kernel: &Self,
        kernel_layout: &Layout,
        params: &ParamsConvTranspose1D,
    ) -> Result<Self> {
        let parameters = ops::ConvTranspose {
            conv: convert::conv(params.padding, params.stride, params.dilation),
            output_padding: params.output_padding,
        };
        self.map2(layout, (kernel, kernel_layout), |x, weight| {
            ops::conv_transpose(x, weight, parameters)
        })
    }

    fn conv2d(
        &self,
        layout: &Layout,
        kernel: &Self,
        kernel_layout: &Layout,
        params: &ParamsConv2D,
    ) -> Result<Self> {
        let conv = convert::conv(params.padding, params.stride, params.dilation);
        self.map2(layout, (kernel, kernel_layout), |x, weight| {
            ops::conv(x, weight, conv)
        })
    }

    fn conv_transpose2d(
        &self,
        layout: &Layout,
        kernel: &Self,
        kernel_layout: &Layout,
        params: &ParamsConvTranspose2D,
    ) -> Result<Self> {
        let parameters = ops::ConvTranspose {
            conv: convert::conv(params.padding, params.stride, params.dilation),
            output_padding: params.output_padding,
        };
        self.map2(layout, (kernel, kernel_layout), |x, weight| {
            ops::conv_transpose(x, weight, parameters)
        })
    }

    fn avg_pool2d(
        &self,
        layout: &Layout,
        window: (usize, usize),
        stride: (usize, usize),
    ) -> Result<Self> {
        self.map(layout, |x| {
            ops::pool(ops::PoolOp::Avg, x, window.into(), stride.into())
        })
    }

    fn max_pool2d(
        &self,
        layout: &Layout,
        window: (usize, usize),
        stride: (usize, usize),
    ) -> Result<Self> {
        self.map(layout, |x| {
            ops::pool(ops::PoolOp::Max, x, window.into(), stride.into())
        })
    }

    fn upsample_nearest1d(&self, layout: &Layout, size: usize) -> Result<Self> {
        self.map(layout, |x| ops::upsample_nearest(x, &[size]))
    }

    fn upsample_nearest2d(&self, layout: &Layout, height: usize, width: usize) -> Result<Self> {
        self.map(layout, |x| ops::upsample_nearest(x, &[height, width]))
    }

    fn upsample_bilinear2d(
        &self,
        layout: &Layout,
        height: usize,
        width: usize,
        align_corners: bool,
        scale_h: Option<f64>,
        scale_w: Option<f64>,
    ) -> Result<Self> {
        let corners = if align_corners {
            ops::Corners::Aligned
        } else {
            ops::Corners::Areas([scale_h, scale_w])
        };
        self.map(layout, |x| {
            ops::upsample_bilinear(x, [height, width], corners)
        })
    }

    fn gather(&self, layout: &Layout, ids: &Self, ids_layout: &Layout, dim: usize) -> Result<Self> {
        self.map2(layout, (ids, ids_layout), |x, ids| ops::gather(x, ids, dim))
    }

    fn scatter_set(
        &mut self,
        layout: &Layout,
        ids: &Self,
        ids_layout: &Layout,
        source: &Self,
        source_layout: &Layout,
        dim: usize,
    ) -> Result<()> {
        let (ids, source) = ((ids, ids_layout), (source, source_layout));
        self.scatter_by(ops::scatter, layout, ids, source, dim)
    }

    fn scatter_add_set(
        &mut self,
        layout: &Layout,
        ids: &Self,
        ids_layout: &Layout,
        source: &Self,
        source_layout: &Layout,
        dim: usize,
    ) -> Result<()> {
        let (ids, source) = ((ids, ids_layout), (source, source_layout));
        self.scatter_by(ops::scatter_add, layout, ids, source, dim)
    }

    fn index_select(
        &self,
        ids: &Self,
        layout: &Layout,
        ids_layout: &Layout,
        dim: usize,
    ) -> Result<Self> {
        self.map2(layout, (ids, ids_layout), |x, ids| {
            ops::index_select(x, ids, dim)
        })
    }

    fn index_add(
        &self,
        layout: &Layout,
        ids: &Self,
        ids_layout: &Layout,
        source: &Self,
        source_layout: &Layout,
        dim: usize,
    ) -> Result<Self> {
        let (ids, source) = ((ids, ids_layout), (source, source_layout));
        self.map3(layout, ids, source, |to, ids, x| {
            ops::index_add(to, ids, x, dim)
        })
    }

    fn matmul(
        &self,
        other: &Self,
        _: (usize, usize, usize, usize),
        layout: &Layout,
        other_layout: &Layout,
    ) -> Result<Self> {
        self.map2(layout, (other, other_layout), ops::matmul)
    }

    fn copy_strided_src(&self, to: &mut Self, offset: usize, layout: &Layout) -> Result<()> {
        let layout = convert::layout(layout);
        View::new(&self.storage, &layout)
            .and_then(|x| ops::copy_into(x, &mut to.storage, offset))
            .candle()
    }

    fn copy2d(
        &self,
        to: &mut Self,
        rows: usize,
        columns: usize,
        from_stride: usize,
        to_stride: usize,
        from_offset: usize,
        to_offset: usize,
    ) -> Result<()> {
        let rows = ops::Rows {
            rows,
            columns,
            from_stride,
            to_stride,
            from: from_offset,
            to: to_offset,
        };
        ops::copy_rows(&self.storage, &mut to.storage, rows).candle()
    }

    fn const_set(&mut self, scalar: Scalar, layout: &Layout) -> Result<()> {
        if scalar.dtype() != self.dtype() {
            return Err(RocmError::ScalarDType {
                op: "const_set",
                scalar: scalar.dtype(),
                tensor: self.dtype(),
            }
            .into());
        }
        let layout: OpsLayout = convert::layout(layout);
        ops::fill(&mut self.storage, &layout, &convert::scalar_bytes(scalar)).candle()
    }
}
