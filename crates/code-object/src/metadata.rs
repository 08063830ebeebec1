//! What the compiler states about kernels: the `NT_AMDGPU_METADATA` note, in MessagePack.

use serde::Deserialize;

use crate::Error;

/// Arguments and resources of a kernel, as the compiler states them.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct KernelMetadata {
    /// The kernel's name.
    #[serde(rename = ".name")]
    pub name: String,
    /// The symbol of the kernel's descriptor.
    #[serde(rename = ".symbol")]
    pub symbol: String,
    /// Explicit arguments first, then hidden ones, in order of offset.
    #[serde(rename = ".args", default)]
    pub args: Vec<Argument>,
    /// Bytes of the argument buffer, hidden arguments included.
    #[serde(rename = ".kernarg_segment_size")]
    pub kernarg_segment_size: u32,
    /// Alignment of the argument buffer in bytes.
    #[serde(rename = ".kernarg_segment_align")]
    pub kernarg_segment_align: u32,
    /// Lanes of a wave: 32 or 64.
    #[serde(rename = ".wavefront_size")]
    pub wavefront_size: u32,
    /// SGPRs a wave uses.
    #[serde(rename = ".sgpr_count")]
    pub sgpr_count: u32,
    /// VGPRs a work-item uses, accumulation registers included.
    #[serde(rename = ".vgpr_count")]
    pub vgpr_count: u32,
    /// Accumulation registers a work-item uses (CDNA only).
    #[serde(rename = ".agpr_count", default)]
    pub agpr_count: u32,
    /// SGPRs that the compiler moved to memory for lack of registers.
    #[serde(rename = ".sgpr_spill_count", default)]
    pub sgpr_spill_count: u32,
    /// VGPRs that the compiler moved to memory for lack of registers.
    #[serde(rename = ".vgpr_spill_count", default)]
    pub vgpr_spill_count: u32,
    /// The largest workgroup that the kernel was compiled for, in work-items.
    #[serde(rename = ".max_flat_workgroup_size")]
    pub max_flat_workgroup_size: u32,
    /// The one workgroup size that the kernel was compiled for, if there is only one.
    #[serde(rename = ".reqd_workgroup_size", default)]
    pub required_workgroup_size: Option<[u32; 3]>,
    /// Bytes of LDS a workgroup uses, without dynamic LDS.
    #[serde(rename = ".group_segment_fixed_size")]
    pub group_segment_fixed_size: u32,
    /// Bytes of private memory a work-item uses.
    #[serde(rename = ".private_segment_fixed_size")]
    pub private_segment_fixed_size: u32,
    /// Whether private memory may have to be larger than stated.
    #[serde(rename = ".uses_dynamic_stack", default)]
    pub uses_dynamic_stack: bool,
}

impl KernelMetadata {
    /// The arguments that a caller passes, without the hidden ones.
    pub fn explicit_args(&self) -> impl Iterator<Item = &Argument> {
        self.args.iter().filter(|arg| !arg.value_kind.is_hidden())
    }

    /// Bytes of the argument buffer that a caller fills: up to the end of the last explicit one.
    #[must_use]
    pub fn explicit_args_size(&self) -> u32 {
        let end = |arg: &Argument| arg.offset.saturating_add(arg.size);
        self.explicit_args().map(end).max().unwrap_or(0)
    }
}

/// An argument of a kernel.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Argument {
    /// The argument's name in the source, where the compiler kept it.
    #[serde(rename = ".name", default)]
    pub name: Option<String>,
    /// Where it lies in the argument buffer, in bytes.
    #[serde(rename = ".offset")]
    pub offset: u32,
    /// Its size in bytes.
    #[serde(rename = ".size")]
    pub size: u32,
    /// What it is.
    #[serde(rename = ".value_kind")]
    pub value_kind: ValueKind,
    /// Which memory a pointer points to, such as `global`.
    #[serde(rename = ".address_space", default)]
    pub address_space: Option<String>,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the format's own")]
pub enum ValueKind {
    ByValue,
    GlobalBuffer,
    DynamicSharedPointer,
    Sampler,
    Image,
    Pipe,
    Queue,
    HiddenGlobalOffsetX,
    HiddenGlobalOffsetY,
    HiddenGlobalOffsetZ,
    HiddenNone,
    HiddenPrintfBuffer,
    HiddenHostcallBuffer,
    HiddenDefaultQueue,
    HiddenCompletionAction,
    HiddenMultigridSyncArg,
    HiddenBlockCountX,
    HiddenBlockCountY,
    HiddenBlockCountZ,
    HiddenGroupSizeX,
    HiddenGroupSizeY,
    HiddenGroupSizeZ,
    HiddenRemainderX,
    HiddenRemainderY,
    HiddenRemainderZ,
    HiddenGridDims,
    HiddenHeapV1,
    HiddenDynamicLdsSize,
    HiddenPrivateBase,
    HiddenSharedBase,
    HiddenQueuePtr,
    /// A kind that this crate does not know.
    #[serde(other)]
    Unknown,
}

impl ValueKind {
    /// Whether the runtime fills the argument in, not the caller.
    #[must_use]
    pub fn is_hidden(self) -> bool {
        !matches!(
            self,
            Self::ByValue
                | Self::GlobalBuffer
                | Self::DynamicSharedPointer
                | Self::Sampler
                | Self::Image
                | Self::Pipe
                | Self::Queue
                | Self::Unknown
        )
    }
}

/// The root of the note.
#[derive(Deserialize)]
struct Root {
    #[serde(rename = "amdhsa.kernels", default)]
    kernels: Vec<KernelMetadata>,
}

/// Decodes the metadata note.
pub(crate) fn decode(note: &[u8]) -> Result<Vec<KernelMetadata>, Error> {
    Ok(rmp_serde::from_slice::<Root>(note)?.kernels)
}
