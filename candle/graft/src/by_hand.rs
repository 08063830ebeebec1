//! What the rules leave to people: the table of everything in Candle that names CUDA and is not
//! cloned, with what takes its place; and of what names no backend but has a better form on AMD GPUs.
//!
//! Most of it is CUDA's own implementation, to be known by standing behind the `cuda` feature.
//! Nothing behind that feature is cloned on its own; each such item needs a row here, so that an
//! upgrade of Candle asks for a decision about what is new. A row that fits nothing is an error
//! too.

/// What is done about one item instead of cloning it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing: ROCm has no twin of it, or has it in the folders of our own.
    Leave,
    /// This text follows the item.
    After(&'static str),
    /// This text goes to the end of the last rule of the item, a `macro_rules!`.
    AtEnd(&'static str),
    /// The function's signature is cloned, and this is the clone's body.
    Body(&'static str),
    /// The function goes by its name and `_elsewhere`, and this text, a function of its name, is
    /// put in front of it. Of functions for different features, only the first has it in front.
    InFront(&'static str),
}

/// One item of Candle and what is done about it.
#[derive(Debug)]
pub(crate) struct Row {
    /// The file within the package.
    pub(crate) file: &'static str,
    /// The item by its enclosing items' names: `Type::function`, `mod name;` (declared),
    /// `mod name {}` (written out), `use path`, `macro!`, and, within a function,
    /// `function::Enum::Variant` for a match arm and `function::cfg!` for the macro.
    pub(crate) item: &'static str,
    /// What is done.
    pub(crate) action: Action,
}

/// Everything by hand in one package of Candle.
#[derive(Debug)]
pub(crate) struct Table {
    /// Files and folders (ending in `/`) that are CUDA's own from top to bottom.
    pub(crate) files: &'static [&'static str],
    /// Single items.
    pub(crate) rows: &'static [Row],
    /// Exported macros that Candle uses by their path in the crate. A macro that comes by way of an
    /// `include!` may not be used so: our `lib.rs` defines these.
    pub(crate) macros: &'static [&'static str],
}

const fn row(file: &'static str, item: &'static str, action: Action) -> Row {
    Row { file, item, action }
}

use Action::{After, AtEnd, Body, InFront, Leave};

/// The table of `package`; empty for a package that has no row.
pub(crate) fn table(package: &str) -> &'static Table {
    match package {
        "candle-core" => &CANDLE_CORE,
        "candle-nn" => &CANDLE_NN,
        "candle-transformers" => &CANDLE_TRANSFORMERS,
        _ => &Table {
            files: &[],
            rows: &[],
            macros: &[],
        },
    }
}

static CANDLE_CORE: Table = Table {
    // rocm_backend/ and quantized/rocm.rs of our candle-core are their counterparts.
    files: &[
        "src/cuda_backend/",
        "src/quantized/cuda.rs",
        "src/quantized/fast_mmq.rs",
        "src/quantized/fast_mmvq.rs",
    ],
    rows: &[
        // Our lib.rs declares rocm_backend; cuDNN and cuTile are NVIDIA's.
        row("src/lib.rs", "mod cuda_backend;", Leave),
        row("src/lib.rs", "use cuda_backend::cudnn", Leave),
        row("src/lib.rs", "use cuda_backend::cutile", Leave),
        // Our lib.rs declares quantized_rocm.
        row("src/quantized/mod.rs", "mod cuda;", After(QUANTIZED_ROCM)),
        row("src/quantized/mod.rs", "mod fast_mmq;", Leave),
        row("src/quantized/mod.rs", "mod fast_mmvq;", Leave),
        // The guard is one of cudarc's types.
        row(
            "src/quantized/mod.rs",
            "QStorage::device_ptr_with_guard",
            Leave,
        ),
        row(
            "src/quantized/mod.rs",
            "QTensor::device_ptr_with_guard",
            After(PACKED_ON_ROCM),
        ),
        // No layout comes with what is to be packed.
        row(
            "src/quantized/mod.rs",
            "QTensor::quantize",
            InFront(QUANTIZE),
        ),
        row(
            "src/quantized/mod.rs",
            "QTensor::quantize_imatrix",
            InFront(QUANTIZE_IMATRIX),
        ),
        row(
            "src/quantized/mod.rs",
            "QTensor::quantize_onto",
            InFront(QUANTIZE_ONTO),
        ),
        row(
            "src/quantized/mod.rs",
            "QTensor::quantize_imatrix_onto",
            InFront(QUANTIZE_IMATRIX_ONTO),
        ),
        // CUDA panics where operands are elsewhere, or experts are numbers.
        row(
            "src/quantized/mod.rs",
            "QTensor::cuda_fwd",
            Body(PACKED_FORWARD),
        ),
        row(
            "src/quantized/mod.rs",
            "QTensor::indexed_moe_forward",
            InFront(PACKED_EXPERTS),
        ),
        row(
            "src/quantized/mod.rs",
            "QMatMul::indexed_moe_forward",
            InFront(NUMBERS_AS_EXPERTS),
        ),
        // Bytes go to the device as they are: no slice of blocks, aligned like these, is made of them.
        row(
            "src/quantized/mod.rs",
            "QStorage::from_data::Device::Cuda",
            After(FROM_DATA),
        ),
        row(
            "src/quantized/ggml_file.rs",
            "from_raw_data::Device::Cuda",
            After(FROM_RAW_DATA),
        ),
        // Metal's dummy answers with CUDA's error.
        row(
            "src/quantized/dummy_metal.rs",
            "QMetalStorage::quantize_onto",
            Leave,
        ),
        row("src/sort.rs", "mod cuda {}", Leave),
        row(
            "src/sort.rs",
            "ArgSort::cuda_fwd",
            Body("crate::rocm_backend::arg_sort(storage, layout, self.asc, self.last_dim)"),
        ),
        // CUDA draws numbers of 16 bits as f32 and rounds them, beyond the range's end too.
        row(
            "src/device.rs",
            "Device::rand_uniform_f64::Device::Cuda",
            After(RAND_UNIFORM),
        ),
        row(
            "src/device.rs",
            "Device::rand_normal_f64::Device::Cuda",
            After(RAND_NORMAL),
        ),
        // The dtypes of which Candle only stores bytes.
        row(
            "src/safetensors.rs",
            "Tensor::from_raw_buffer::Device::Cuda",
            After(STORED_ONLY),
        ),
        row(
            "src/safetensors.rs",
            "convert_dummy::Device::Cuda",
            After(STORED_ONLY),
        ),
        // CUDA counts as available once compiled in. HIP is looked for at run time.
        row(
            "src/utils.rs",
            "cuda_is_available",
            After(ROCM_IS_AVAILABLE),
        ),
        row("src/test_utils.rs", "test_device!", AtEnd(TEST_ON_ROCM)),
    ],
    macros: &["bail", "builder_arg"],
};

const QUANTIZED_ROCM: &str = r#"
#[cfg(feature = "rocm")]
pub use crate::quantized_rocm as rocm;

/// What becomes blocks on a device: for an AMD GPU a tensor of its own, not a part of one.
fn to_pack(src: &Tensor, device: &Device) -> Result<Tensor> {
    match device {
        Device::Rocm(_) => src.force_contiguous(),
        _ => Ok(src.clone()),
    }
}"#;

const QUANTIZE: &str = r#"pub fn quantize(src: &Tensor, dtype: GgmlDType) -> Result<Self> {
        Self::quantize_elsewhere(&to_pack(src, src.device())?, dtype)
    }

    "#;

const QUANTIZE_IMATRIX: &str = r#"pub fn quantize_imatrix(
        src: &Tensor,
        imatrix_weights: &[f32],
        dtype: GgmlDType,
    ) -> Result<Self> {
        Self::quantize_imatrix_elsewhere(&to_pack(src, src.device())?, imatrix_weights, dtype)
    }

    "#;

const QUANTIZE_ONTO: &str = r#"
    /// Quantize `src` (currently on the CPU) to a QTensor on `dev`
    pub fn quantize_onto(src: &Tensor, dtype: GgmlDType, dev: &Device) -> Result<Self> {
        Self::quantize_onto_elsewhere(&to_pack(src, dev)?, dtype, dev)
    }

    "#;

const QUANTIZE_IMATRIX_ONTO: &str = r#"
    /// Quantize `src` (currently on the CPU) to a QTensor on `dev`
    pub fn quantize_imatrix_onto(
        src: &Tensor,
        imatrix_weights: &[f32],
        dtype: GgmlDType,
        dev: &Device,
    ) -> Result<Self> {
        Self::quantize_imatrix_onto_elsewhere(&to_pack(src, dev)?, imatrix_weights, dtype, dev)
    }

    "#;

const PACKED_FORWARD: &str = r#"match &self.storage {
            QStorage::Rocm(packed) => packed.fwd(&self.shape, storage, layout),
            _ => crate::bail!(
                "matmul with packed weights: the weights are on {:?}, the activations on an AMD GPU; \
                 copy the ones to the device of the others",
                self.device().location()
            ),
        }"#;

const PACKED_EXPERTS: &str = r#"pub fn indexed_moe_forward(&self, x: &Tensor, ids: &Tensor) -> Result<Tensor> {
        #[cfg(feature = "rocm")]
        if [&self.device(), x.device(), ids.device()].into_iter().any(Device::is_rocm) {
            return crate::rocm_backend::moe::indexed_packed(self, x, ids);
        }
        self.indexed_moe_forward_elsewhere(x, ids)
    }

    "#;

const NUMBERS_AS_EXPERTS: &str = r#"pub fn indexed_moe_forward(&self, x: &Tensor, ids: &Tensor) -> Result<Tensor> {
        #[cfg(feature = "rocm")]
        if let Self::Tensor(w) | Self::TensorF16(w) = self {
            if [w, x, ids].into_iter().any(|operand| operand.device().is_rocm()) {
                return crate::rocm_backend::moe::indexed(w, x, ids);
            }
        }
        self.indexed_moe_forward_elsewhere(x, ids)
    }

    "#;

const FROM_DATA: &str = r#"
#[cfg(feature = "rocm")]
Device::Rocm(device) => Ok(Self::Rocm(rocm::QRocmStorage::from_bytes(device, dtype, data)?)),
#[cfg(not(feature = "rocm"))]
Device::Rocm(_) => Err(crate::Error::NotCompiledWithRocmSupport.bt()),"#;

const FROM_RAW_DATA: &str = r#"
#[cfg(feature = "rocm")]
Device::Rocm(device) => {
    let bytes = raw_data.get(..size_in_bytes).unwrap_or(raw_data);
    let packed = super::rocm::QRocmStorage::from_bytes(device, T::DTYPE, bytes)?;
    QStorage::Rocm(packed)
}
#[cfg(not(feature = "rocm"))]
Device::Rocm(_) => return Err(crate::Error::NotCompiledWithRocmSupport.bt()),"#;

const RAND_UNIFORM: &str = r#"
Device::Rocm(device) => Ok(Storage::Rocm(device.rand_uniform(shape, dtype, lo, up)?)),"#;

const RAND_NORMAL: &str = r#"
Device::Rocm(device) => Ok(Storage::Rocm(device.rand_normal(shape, dtype, mean, std)?)),"#;

// What fused ops of other packages need of a tensor.
const PACKED_ON_ROCM: &str = r#"

    /// The blocks, where they are on an AMD GPU.
    #[cfg(feature = "rocm")]
    pub fn as_rocm_storage(&self) -> Option<&rocm::QRocmStorage> {
        match &self.storage {
            QStorage::Rocm(storage) => Some(storage),
            _ => None,
        }
    }"#;

const STORED_ONLY: &str = r#"
Device::Rocm(_) => return Err(Error::UnsupportedDTypeForOp(dtype, "load").bt()),"#;

const ROCM_IS_AVAILABLE: &str = r#"

#[cfg(feature = "rocm")]
pub fn rocm_is_available() -> bool {
    crate::rocm_backend::is_available()
}

#[cfg(not(feature = "rocm"))]
pub fn rocm_is_available() -> bool {
    false
}"#;

// The macro is handed no name for a ROCm test, and cannot make one but as a module's.
const TEST_ON_ROCM: &str = r#"
        #[cfg(feature = "rocm")]
        mod $fn_name {
            #[test]
            fn rocm() -> $crate::Result<()> {
                super::$fn_name(&$crate::Device::new_rocm(0)?)
            }
        }
    "#;

static CANDLE_NN: Table = Table {
    files: &["src/moe/"],
    rows: &[
        // Grouped matmuls of CUDA alone.
        row(
            "src/moe.rs",
            "use candle::cuda_backend::kernels::ffi",
            Leave,
        ),
        row("src/moe.rs", "moe_gemm", InFront(MOE_GEMM)),
        row("src/moe.rs", "moe_gemm_gguf", InFront(MOE_GEMM_GGUF)),
        // Metal alone has it.
        row("src/ops.rs", "Sdpa::cpu_fwd", After(SDPA)),
        row(
            "src/ops.rs",
            "Sigmoid::cuda_fwd",
            Body("candle::rocm_backend::fused::sigmoid((storage, layout))"),
        ),
        row(
            "src/ops.rs",
            "SoftmaxLastDim::cuda_fwd",
            Body("candle::rocm_backend::fused::softmax_last_dim((storage, layout))"),
        ),
        row(
            "src/ops.rs",
            "RmsNorm::cuda_fwd",
            Body("candle::rocm_backend::fused::rms_norm([(s1, l1), (s2, l2)], self.eps)"),
        ),
        row(
            "src/ops.rs",
            "LayerNorm::cuda_fwd",
            Body(
                "candle::rocm_backend::fused::layer_norm([(s1, l1), (s2, l2), (s3, l3)], self.eps)",
            ),
        ),
        row(
            "src/rotary_emb.rs",
            "RotaryEmbI::cuda_fwd",
            Body(
                "use candle::rocm_backend::fused::{rope, RopeForm}; \
                 rope(RopeForm::Interleaved, [(s1, l1), (s2, l2), (s3, l3)])",
            ),
        ),
        row(
            "src/rotary_emb.rs",
            "RotaryEmb::cuda_fwd",
            Body(
                "use candle::rocm_backend::fused::{rope, RopeForm}; \
                 rope(RopeForm::HalfSplit, [(s1, l1), (s2, l2), (s3, l3)])",
            ),
        ),
        row(
            "src/rotary_emb.rs",
            "RotaryEmbThd::cuda_fwd",
            Body(
                "use candle::rocm_backend::fused::{rope, RopeForm}; \
                 rope(RopeForm::Thd, [(s1, l1), (s2, l2), (s3, l3)])",
            ),
        ),
    ],
    macros: &[],
};

const SDPA: &str = r#"

    #[cfg(feature = "rocm")]
    fn rocm_fwd(
        &self,
        q: &candle::RocmStorage,
        q_layout: &Layout,
        k: &candle::RocmStorage,
        k_layout: &Layout,
        v: &candle::RocmStorage,
        v_layout: &Layout,
    ) -> Result<(candle::RocmStorage, Shape)> {
        let operands = [(q, q_layout), (k, k_layout), (v, v_layout)];
        let mask = self.mask.as_ref();
        candle::rocm_backend::fused::sdpa(operands, mask, self.do_causal, self.scale, self.softcapping)
    }"#;

const MOE_GEMM: &str = r#"
pub fn moe_gemm(
    input: &Tensor,
    weights: &Tensor,
    topk_weights: &Option<Tensor>,
    sorted_token_ids: &Tensor,
    experts_ids: &Tensor,
    topk: usize,
    is_prefill: bool,
) -> Result<Tensor> {
    #[cfg(feature = "rocm")]
    if input.device().is_rocm() {
        use candle::rocm_backend::moe;
        let rows = moe::Rows { sorted_token_ids, experts_ids, topk_weights, topk };
        return moe::moe_gemm(input, weights, rows, is_prefill);
    }
    moe_gemm_elsewhere(
        input, weights, topk_weights, sorted_token_ids, experts_ids, topk, is_prefill,
    )
}

"#;

const MOE_GEMM_GGUF: &str = r#"
pub fn moe_gemm_gguf(
    input: &Tensor,
    weights: &QTensor,
    topk_weights: &Option<Tensor>,
    sorted_token_ids: &Tensor,
    experts_ids: &Tensor,
    topk: usize,
    is_prefill: bool,
    dtype: candle::DType,
) -> Result<Tensor> {
    #[cfg(feature = "rocm")]
    if input.device().is_rocm() {
        use candle::rocm_backend::moe;
        let rows = moe::Rows { sorted_token_ids, experts_ids, topk_weights, topk };
        return moe::moe_gemm_gguf(input, weights, rows, is_prefill, dtype);
    }
    moe_gemm_gguf_elsewhere(
        input, weights, topk_weights, sorted_token_ids, experts_ids, topk, is_prefill, dtype,
    )
}

"#;

const REPEAT_KV: &str = r#"
/// Repeats a key or value tensor for grouped query attention: in one copy on an AMD GPU, whose
/// strided copies are as fast as others.
pub fn repeat_kv(xs: Tensor, n_rep: usize) -> Result<Tensor> {
    #[cfg(feature = "rocm")]
    if n_rep > 1 && xs.device().is_rocm() {
        let (batch, heads, length, width) = xs.dims4()?;
        let repeated = xs.unsqueeze(2)?.expand((batch, heads, n_rep, length, width))?;
        return repeated.reshape((batch, heads * n_rep, length, width));
    }
    repeat_kv_elsewhere(xs, n_rep)
}

"#;

static CANDLE_TRANSFORMERS: Table = Table {
    files: &[],
    rows: &[
        // The fused mixture of experts stands on candle-nn's moe.rs, which ROCm devices have too.
        row(
            "src/models/qwen3_moe.rs",
            "DecoderLayer::new::cfg!",
            After(" || vb.device().is_rocm()"),
        ),
        // Each piece of a `cat` is a launch, and a token has two such `cat`s in each layer.
        row("src/utils.rs", "repeat_kv", InFront(REPEAT_KV)),
    ],
    macros: &["serde_default_fn"],
};
