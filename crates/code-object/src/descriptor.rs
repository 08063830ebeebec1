//! The 64 bytes that say how to set up a wave: `amd_kernel_descriptor_t`.
//!
//! Bit positions are those of LLVM's "Kernel Descriptor" tables. Several bits mean different things
//! on different generations; their fields here are named after both.

/// How to set up a wave of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelDescriptor {
    /// Bytes of LDS a workgroup uses, without dynamic LDS.
    pub group_segment_fixed_size: u32,
    /// Bytes of private memory a work-item uses.
    pub private_segment_fixed_size: u32,
    /// Bytes of the argument buffer; 0 where the compiler does not say.
    pub kernarg_size: u32,
    /// From the descriptor to the kernel's first instruction, in bytes.
    pub entry_byte_offset: i64,
    /// `COMPUTE_PGM_RSRC1`: registers and modes.
    pub rsrc1: Rsrc1,
    /// `COMPUTE_PGM_RSRC2`: system registers and exceptions.
    pub rsrc2: Rsrc2,
    /// `COMPUTE_PGM_RSRC3`: what differs by generation.
    pub rsrc3: Rsrc3,
    /// Which user SGPRs the kernel wants, and its wave size.
    pub properties: KernelProperties,
    /// How many SGPRs of arguments are loaded before the kernel starts (gfx90a, gfx94x, gfx950).
    pub kernarg_preload_length: u8,
    /// The first preloaded argument word, counted in words of 4 bytes.
    pub kernarg_preload_offset: u16,
}

impl KernelDescriptor {
    /// Bytes of an encoded descriptor.
    pub const SIZE: usize = 64;

    /// Decodes a descriptor. Every bit pattern is one.
    #[must_use]
    pub fn decode(bytes: &[u8; Self::SIZE]) -> Self {
        let preload = half(bytes, 58);
        Self {
            group_segment_fixed_size: word(bytes, 0),
            private_segment_fixed_size: word(bytes, 4),
            kernarg_size: word(bytes, 8),
            entry_byte_offset: (i64::from(word(bytes, 20)) << 32 | i64::from(word(bytes, 16))),
            rsrc3: Rsrc3(word(bytes, 44)),
            rsrc1: Rsrc1(word(bytes, 48)),
            rsrc2: Rsrc2(word(bytes, 52)),
            properties: KernelProperties(half(bytes, 56)),
            kernarg_preload_length: (preload & 0x7f) as u8,
            kernarg_preload_offset: preload >> 7,
        }
    }

    /// Lanes of a wave: 32 where the kernel asks for it, else 64.
    #[must_use]
    pub fn wave_size(&self) -> u32 {
        if self.properties.wavefront_size32() {
            32
        } else {
            64
        }
    }
}

fn half(bytes: &[u8; KernelDescriptor::SIZE], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn word(bytes: &[u8; KernelDescriptor::SIZE], at: usize) -> u32 {
    u32::from(half(bytes, at)) | u32::from(half(bytes, at + 2)) << 16
}

/// Defines the fields of a register: flags of one bit, then numbers of several bits.
macro_rules! register {
    (
        $(#[$meta:meta])* $name:ident($raw:ty);
        flags { $($(#[$flag_meta:meta])* $flag:ident = $bit:literal;)* }
        fields { $($(#[$field_meta:meta])* $field:ident = $low:literal, $width:literal;)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name(
            /// All bits.
            pub $raw,
        );

        impl $name {
            $(
                $(#[$flag_meta])*
                #[must_use]
                pub fn $flag(self) -> bool {
                    self.0 >> $bit & 1 != 0
                }
            )*
            $(
                $(#[$field_meta])*
                #[must_use]
                pub fn $field(self) -> u32 {
                    u32::from(self.0 >> $low) & ((1 << $width) - 1)
                }
            )*
        }
    };
}

register! {
    /// `COMPUTE_PGM_RSRC1`: registers and modes.
    Rsrc1(u32);
    flags {
        /// The wave starts privileged; loaders want 0.
        privileged = 20;
        /// DX10 clamp mode: a clamped NaN becomes 0 (gfx9 to gfx11).
        dx10_clamp = 21;
        /// Signalling NaNs are quieted (gfx9 to gfx11).
        ieee_mode = 23;
        /// f16 results that overflow become the largest finite value.
        fp16_overflow_clamps = 26;
        /// A workgroup may spread over both units of a WGP (gfx10 and later).
        wgp_mode = 29;
        /// Memory operations complete in order (gfx10 and later).
        memory_ordered = 30;
        /// Waves of a workgroup make progress in turn (gfx10 and later).
        forward_progress = 31;
    }
    fields {
        /// VGPRs in granules, less one: see [`Rsrc1::vgprs`].
        granulated_vgpr_count = 0, 6;
        /// SGPRs in granules of 8, twice over (gfx9 only).
        granulated_sgpr_count = 6, 4;
        /// Rounding and denormal modes, as `MODE[7:0]` starts: see [`Rsrc1::float_mode`].
        float_mode_bits = 12, 8;
    }
}

impl Rsrc1 {
    /// VGPRs that a work-item is given. `granule` is 4 on gfx900 to gfx908, 8 on later CDNA, and on
    /// RDNA 8 for waves of 32 and 4 for waves of 64.
    #[must_use]
    pub fn vgprs(self, granule: u32) -> u32 {
        (self.granulated_vgpr_count() + 1) * granule
    }

    /// Rounding and denormal modes that a wave starts with.
    #[must_use]
    pub fn float_mode(self) -> FloatMode {
        let bits = self.float_mode_bits();
        FloatMode {
            round_32: (bits & 3) as u8,
            round_16_64: (bits >> 2 & 3) as u8,
            denorm_32: DenormMode::from_bits(bits >> 4),
            denorm_16_64: DenormMode::from_bits(bits >> 6),
        }
    }
}

/// Rounding and denormal modes of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatMode {
    /// f32 rounding: 0 nearest even, 1 up, 2 down, 3 towards zero.
    pub round_32: u8,
    /// f16 and f64 rounding, numbered alike.
    pub round_16_64: u8,
    /// f32 denormals.
    pub denorm_32: DenormMode,
    /// f16 and f64 denormals.
    pub denorm_16_64: DenormMode,
}

/// Which denormals are replaced by zero of the same sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenormMode {
    /// Operands.
    pub flush_source: bool,
    /// Results.
    pub flush_destination: bool,
}

impl DenormMode {
    fn from_bits(bits: u32) -> Self {
        Self {
            flush_source: bits & 1 == 0,
            flush_destination: bits & 2 == 0,
        }
    }
}

register! {
    /// `COMPUTE_PGM_RSRC2`: system registers and exceptions.
    Rsrc2(u32);
    flags {
        /// The wave uses private memory: the wave's offset into it is in an SGPR (before gfx11), or
        /// the scratch registers are set up (gfx940, gfx11 and later).
        private_segment = 0;
        /// A trap handler is present; loaders want 0.
        trap_handler = 6;
        /// The workgroup's x is in an SGPR.
        sgpr_workgroup_id_x = 7;
        /// The workgroup's y is in an SGPR.
        sgpr_workgroup_id_y = 8;
        /// The workgroup's z is in an SGPR.
        sgpr_workgroup_id_z = 9;
        /// Information about the workgroup is in an SGPR.
        sgpr_workgroup_info = 10;
        /// Exception: address watch.
        exception_address_watch = 13;
        /// Exception: memory violation.
        exception_memory = 14;
        /// Exception: invalid operation.
        exception_invalid = 24;
        /// Exception: denormal operand.
        exception_denormal = 25;
        /// Exception: division by zero.
        exception_division_by_zero = 26;
        /// Exception: overflow.
        exception_overflow = 27;
        /// Exception: underflow.
        exception_underflow = 28;
        /// Exception: inexact result.
        exception_inexact = 29;
        /// Exception: integer division by zero.
        exception_integer_division_by_zero = 30;
    }
    fields {
        /// SGPRs set up from the kernel's [`KernelProperties`] and preloaded arguments.
        user_sgpr_count = 1, 5;
        /// Work-item ids in VGPRs: 0 only x, 1 x and y, 2 all three.
        vgpr_workitem_id = 11, 2;
        /// LDS in granules; the packet processor fills it in.
        granulated_lds_size = 15, 9;
    }
}

register! {
    /// `COMPUTE_PGM_RSRC3`: what differs by generation.
    Rsrc3(u32);
    flags {
        /// Waves of a workgroup may run on different units (gfx90a and later CDNA).
        cdna_threadgroup_split = 16;
    }
    fields {
        /// The first accumulation register in granules, less one (gfx90a and later CDNA): see
        /// [`Rsrc3::cdna_accum_offset`].
        cdna_granulated_accum_offset = 0, 6;
        /// Shared VGPRs of a wave of 64, in granules of 8 (gfx10 and gfx11).
        rdna_shared_vgpr_count = 0, 4;
        /// Instruction cache lines to fetch ahead (gfx11).
        rdna3_instruction_prefetch = 4, 6;
        /// Instruction cache lines to fetch ahead (gfx12).
        rdna4_instruction_prefetch = 4, 8;
    }
}

impl Rsrc3 {
    /// Number of the first accumulation register in the unified file (gfx90a and later CDNA).
    #[must_use]
    pub fn cdna_accum_offset(self) -> u32 {
        (self.cdna_granulated_accum_offset() + 1) * 4
    }
}

register! {
    /// `KERNEL_CODE_PROPERTIES`: user SGPRs, in the order in which they are set up, and wave size.
    KernelProperties(u16);
    flags {
        /// 4 SGPRs: buffer descriptor of private memory.
        sgpr_private_segment_buffer = 0;
        /// 2 SGPRs: address of the dispatch packet.
        sgpr_dispatch_ptr = 1;
        /// 2 SGPRs: address of the queue.
        sgpr_queue_ptr = 2;
        /// 2 SGPRs: address of the argument buffer.
        sgpr_kernarg_segment_ptr = 3;
        /// 2 SGPRs: number of the dispatch.
        sgpr_dispatch_id = 4;
        /// 2 SGPRs: set-up of flat scratch.
        sgpr_flat_scratch_init = 5;
        /// 1 SGPR: bytes of private memory a work-item has.
        sgpr_private_segment_size = 6;
        /// Waves have 32 lanes (gfx10 and later).
        wavefront_size32 = 10;
        /// Private memory may have to be larger than stated.
        uses_dynamic_stack = 11;
    }
    fields {}
}
