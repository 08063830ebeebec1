//! An op of one's own: what a project brings that has a kernel Candle does not.
//!
//! `SwiGlu` is a [`CustomOp2`] like any of Candle's users': `cpu_fwd` computes on the host, and
//! `rocm_fwd` launches the kernel of `kernels/swiglu.hip`. The kernel comes as code objects built
//! beforehand, one for each target, and is compiled at run time, by hipRTC, for any other target.

use candle_core::backend::{BackendDevice, BackendStorage};
use candle_core::rocm_backend::{RocmKernel, RocmModule};
use candle_core::{
    CpuStorage, CustomOp2, DType, Layout, Result, RocmDevice, RocmStorage, Shape, Tensor, bail,
};

/// The kernel, to compile where there is no code object for a target.
pub const SOURCE: &str = include_str!("../kernels/swiglu.hip");

/// The kernel as `cargo xtask kernels` compiled it. With ROCm at hand:
/// `hipcc --genco --offload-arch=gfx942 -include hip/hip_runtime.h`.
const CODE_OBJECTS: &[(&str, &[u8])] = &[
    ("gfx90a", include_bytes!("../kernels/swiglu.gfx90a.hsaco")),
    ("gfx942", include_bytes!("../kernels/swiglu.gfx942.hsaco")),
    ("gfx950", include_bytes!("../kernels/swiglu.gfx950.hsaco")),
    ("gfx1030", include_bytes!("../kernels/swiglu.gfx1030.hsaco")),
    ("gfx1100", include_bytes!("../kernels/swiglu.gfx1100.hsaco")),
    ("gfx1151", include_bytes!("../kernels/swiglu.gfx1151.hsaco")),
    ("gfx1201", include_bytes!("../kernels/swiglu.gfx1201.hsaco")),
];

/// `gate * sigmoid(gate) * up`, for two tensors of f32 and of one shape.
#[derive(Debug)]
pub struct SwiGlu {
    /// None for tensors on the CPU.
    kernel: Option<RocmKernel>,
}

impl SwiGlu {
    /// The op on the CPU alone.
    pub fn on_cpu() -> Self {
        Self { kernel: None }
    }

    /// The op on a device: loads the kernel for its target. Keep it, for loading takes time.
    ///
    /// # Errors
    /// Where there is neither a code object for the target nor hipRTC to make one.
    pub fn on_rocm(device: &RocmDevice) -> Result<Self> {
        let target = device.context().device().target();
        let code = match CODE_OBJECTS.iter().find(|(name, _)| *name == target) {
            Some((_, code)) => device.load_code_object(code)?,
            None => device.compile(SOURCE, &["-O3"])?,
        };
        Self::of(&code)
    }

    /// The op with code that was loaded elsewhere.
    ///
    /// # Errors
    /// Where the code does not have the kernel.
    pub fn of(code: &RocmModule) -> Result<Self> {
        let kernel = Some(code.kernel("swiglu")?);
        Ok(Self { kernel })
    }

    /// Applies the op. Tensors that are not contiguous are made so.
    ///
    /// # Errors
    /// Where shapes differ, the dtype is not f32, or tensors are not on the op's device.
    pub fn apply(&self, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
        if gate.shape() != up.shape() {
            bail!("swiglu of {:?} and {:?}", gate.shape(), up.shape())
        }
        let (gate, up) = (gate.contiguous()?, up.contiguous()?);
        gate.apply_op2_no_bwd(&up, self)
    }
}

impl CustomOp2 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (gate.as_slice::<f32>()?, up.as_slice::<f32>()?);
        let n = gate_layout.shape().elem_count();
        let gate = gate.iter().skip(gate_layout.start_offset());
        let up = up.iter().skip(up_layout.start_offset());
        let pairs = gate.zip(up).take(n);
        let result = pairs.map(|(gate, up)| gate / (1. + (-gate).exp()) * up);
        let storage = CpuStorage::F32(result.collect());
        Ok((storage, gate_layout.shape().clone()))
    }

    fn rocm_fwd(
        &self,
        gate: &RocmStorage,
        gate_layout: &Layout,
        up: &RocmStorage,
        up_layout: &Layout,
    ) -> Result<(RocmStorage, Shape)> {
        let Some(kernel) = &self.kernel else {
            bail!("this swiglu has no kernel loaded: make it with SwiGlu::on_rocm")
        };
        if gate.dtype() != DType::F32 || up.dtype() != DType::F32 {
            bail!(
                "swiglu of {:?} and {:?}: only f32 is there",
                gate.dtype(),
                up.dtype()
            )
        }
        let shape = gate_layout.shape().clone();
        let n = shape.elem_count();
        // SAFETY: the kernel writes every element before anything reads one.
        let mut y = unsafe { gate.device().alloc_uninit(&shape, DType::F32)? };
        let launch = kernel
            .launch_builder()
            .input(gate, gate_layout)
            .input(up, up_layout)
            .output(&mut y)
            .value(n as u32)
            .for_elements(n);
        // SAFETY: the kernel touches `n` elements of each operand, all contiguous f32, and each
        // thread writes one of its own.
        unsafe { launch.launch()? };
        Ok((y, shape))
    }
}
