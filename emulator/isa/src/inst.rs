//! One decoded instruction: what the decoder makes, the disassembler prints and the GPU executes.

use crate::opcode::Opcode;

/// A source or destination of an instruction.
///
/// Register numbers name the first register of the operand; how many it spans follows from the
/// opcode (`v_add_f64` reads pairs). Numbers are the same for every generation: where encodings
/// differ (M0 is scalar code 124 on CDNA and 125 on RDNA3) the decoder has translated them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operand {
    /// No operand in this slot.
    #[default]
    None,
    /// The scalar register file: 0–105 SGPRs, then the constants in [`sreg`].
    Sgpr(u8),
    /// Vector register 0–255.
    Vgpr(u8),
    /// Accumulation register 0–255 (CDNA).
    Agpr(u8),
    /// Reads zero, discards writes.
    Null,
    /// The scalar condition code as a source.
    Scc,
    /// Whether VCC is zero, as a source.
    Vccz,
    /// Whether EXEC is zero, as a source.
    Execz,
    /// An address-space aperture as a 64-bit source (`src_shared_base` and the like).
    Aperture(Aperture),
    /// Inline integer −16..=64, sign-extended to the operand's width.
    Int(i8),
    /// Inline float; its bits depend on the width that the instruction reads.
    Float(InlineFloat),
    /// The 32-bit literal that follows the instruction. How it widens to 64 bits (high half of an
    /// f64, zero- or sign-extended integer) depends on what the instruction reads.
    Literal(u32),
}

/// Fixed places in the scalar register file, the same for every generation.
pub mod sreg {
    /// VCC, low half (high half: 107).
    pub const VCC: u8 = 106;
    /// First trap temporary; 16 of them.
    pub const TTMP0: u8 = 108;
    /// M0.
    pub const M0: u8 = 124;
    /// EXEC, low half (high half: 127).
    pub const EXEC: u8 = 126;
}

/// The bits of [`Modifiers::cache`]. CDNA3 calls the first two and SCC sc0, nt and sc1.
pub mod cache {
    /// glc, sc0: atomics return the old value; loads pass the first cache.
    pub const GLC: u8 = 1;
    /// slc, nt: streaming.
    pub const SLC: u8 = 2;
    /// dlc (RDNA).
    pub const DLC: u8 = 4;
    /// scc, sc1: system coherence.
    pub const SCC: u8 = 8;
    /// The data goes to LDS.
    pub const LDS: u8 = 16;
    /// tfe: partially resident textures.
    pub const TFE: u8 = 32;
}

/// The bits of [`Modifiers::addressing`] for exports.
pub mod export {
    /// The last one to its kind of target.
    pub const DONE: u8 = 1;
    /// Registers hold two halves each (RDNA2).
    pub const COMPRESSED: u8 = 2;
    /// EXEC says which lanes are valid (RDNA2).
    pub const VALID_MASK: u8 = 4;
    /// M0 holds a row.
    pub const ROW: u8 = 8;
}

/// The apertures that a shader can read as constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aperture {
    /// `src_shared_base`
    SharedBase,
    /// `src_shared_limit`
    SharedLimit,
    /// `src_private_base`
    PrivateBase,
    /// `src_private_limit`
    PrivateLimit,
    /// `src_pops_exiting_wave_id`
    PopsExitingWaveId,
}

/// The floating-point values that need no literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InlineFloat {
    /// 0.5
    Half,
    /// −0.5
    NegHalf,
    /// 1.0
    One,
    /// −1.0
    NegOne,
    /// 2.0
    Two,
    /// −2.0
    NegTwo,
    /// 4.0
    Four,
    /// −4.0
    NegFour,
    /// 1/(2π)
    InvTwoPi,
}

/// The instruction formats of the ISA guides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The guides' own names.
pub enum Encoding {
    Sop1,
    Sop2,
    Sopc,
    Sopk,
    Sopp,
    Smem,
    Vop1,
    Vop2,
    Vop3,
    /// VOP3 with a scalar destination (carry out, `v_div_scale`).
    Vop3Sd,
    Vop3p,
    /// VOP3P matrix instructions of CDNA.
    Mai,
    /// A matrix instruction behind one that holds the scales of its sources (CDNA4).
    Vop3px,
    Vopc,
    Vopd,
    Ds,
    Flat,
    Global,
    Scratch,
    Mubuf,
    Mtbuf,
    Mimg,
    /// Images with a sampler on RDNA4.
    Vsample,
    Exp,
    /// Interpolation on RDNA2.
    Vintrp,
    /// Interpolation from RDNA3 on.
    Vinterp,
    Ldsdir,
}

/// A data-parallel-primitive modifier: source 0 comes from another lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dpp {
    /// Which lane.
    pub control: DppControl,
    /// Rows of 16 lanes that are written.
    pub row_mask: u8,
    /// Banks of 4 lanes in each row that are written.
    pub bank_mask: u8,
    /// A source lane out of range reads 0 (else: the lane is not written).
    pub bound_ctrl: bool,
    /// Read source lanes that EXEC disables (RDNA).
    pub fetch_inactive: bool,
}

/// How DPP moves lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The guides' own names.
pub enum DppControl {
    QuadPerm([u8; 4]),
    RowShl(u8),
    RowShr(u8),
    RowRor(u8),
    WaveShl,
    WaveRol,
    WaveShr,
    WaveRor,
    RowMirror,
    RowHalfMirror,
    RowBcast15,
    RowBcast31,
    RowNewbcast(u8),
    RowShare(u8),
    RowXmask(u8),
    Dpp8([u8; 8]),
}

/// A sub-dword modifier (CDNA, RDNA2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sdwa {
    /// Part of the destination that is written.
    pub dst_sel: SdwaSelect,
    /// What happens to the rest of it.
    pub dst_unused: SdwaUnused,
    /// Parts of the two sources that are read.
    pub src_sel: [SdwaSelect; 2],
    /// Sign-extend that part.
    pub src_sext: [bool; 2],
}

/// A byte, a half, or all of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The guides' own names.
pub enum SdwaSelect {
    Byte0,
    Byte1,
    Byte2,
    Byte3,
    Word0,
    Word1,
    Dword,
}

/// What SDWA does to the bits that it does not select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The guides' own names.
pub enum SdwaUnused {
    Pad,
    Sext,
    Preserve,
}

/// What an image instruction has beside its operands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// First registers and counts of the tuples that hold the address; one if they are in sequence.
    pub addresses: Vec<(u8, u8)>,
    /// Shape of the image.
    pub dimension: Dimension,
    /// Which channels are read or written.
    pub dmask: u8,
    /// Coordinates count texels.
    pub unnormalized: bool,
    /// The resource has four registers instead of eight.
    pub r128: bool,
    /// Coordinates are halves.
    pub a16: bool,
    /// Data are halves.
    pub d16: bool,
    /// Warn of levels of detail that are not there.
    pub lwe: bool,
}

/// The shape of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The guides' own names.
pub enum Dimension {
    D1,
    D2,
    D3,
    Cube,
    D1Array,
    D2Array,
    D2Msaa,
    D2MsaaArray,
}

impl Dimension {
    /// By the number that encodes it.
    pub(crate) const ALL: [Self; 8] = [
        Self::D1,
        Self::D2,
        Self::D3,
        Self::Cube,
        Self::D1Array,
        Self::D2Array,
        Self::D2Msaa,
        Self::D2MsaaArray,
    ];

    /// How many coordinates there are, and how many gradients.
    pub(crate) fn sizes(self) -> (u8, u8) {
        match self {
            Self::D1 => (1, 2),
            Self::D2 => (2, 4),
            Self::D3 => (3, 6),
            Self::Cube | Self::D2Array | Self::D2Msaa => (3, 4),
            Self::D1Array => (2, 2),
            Self::D2MsaaArray => (4, 4),
        }
    }

    /// The name in assembly.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::D1 => "1D",
            Self::D2 => "2D",
            Self::D3 => "3D",
            Self::Cube => "CUBE",
            Self::D1Array => "1D_ARRAY",
            Self::D2Array => "2D_ARRAY",
            Self::D2Msaa => "2D_MSAA",
            Self::D2MsaaArray => "2D_MSAA_ARRAY",
        }
    }
}

/// Everything beside opcode and operands. Bit i of `neg`, `abs`, … belongs to source i.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// Negate a float source (packed maths: its low half; `neg_hi` its high half).
    pub neg: u8,
    /// Negate the high half of a packed source.
    pub neg_hi: u8,
    /// Absolute value of a float source.
    pub abs: u8,
    /// Read the high half of a 16-bit source; bit 3: write the high half of the destination.
    /// Packed maths: which half feeds the low result. Conversions of bytes: the byte that is read (bits
    /// 0 and 1, the first the higher) or written (bits 2 and 3).
    pub op_sel: u8,
    /// Packed maths: which half feeds the high result.
    pub op_sel_hi: u8,
    /// Clamp the result (floats to 0..1, integers saturate).
    pub clamp: bool,
    /// Output modifier: 0 none, 1 ×2, 2 ×4, 3 ÷2.
    pub omod: u8,
    /// Matrix broadcast controls (MFMA): CBSZ, ABID, BLGP.
    pub cbsz: u8,
    /// See `cbsz`.
    pub abid: u8,
    /// See `cbsz`.
    pub blgp: u8,
    /// Immediate: the truth table of `v_bitop3`; SOPK/SOPP simm16 (sign-extended), SMEM and memory offsets; for DS with two
    /// offsets, offset0 | offset1 << 8.
    pub imm: i32,
    /// Cache controls as encoded: glc/sc0, slc/nt, dlc, scc/sc1, lds, tfe (see `disasm`).
    pub cache: u8,
    /// RDNA4's cache policy: temporal hint (`th`) in bits 0 to 2, scope (work-group, shader engine,
    /// device, system) in bits 3 and 4.
    pub policy: u8,
    /// MTBUF: the format as encoded.
    pub format: u8,
    /// EXP: see [`export`]. LDSDIR: the counters waited for, as encoded. DS: use GDS. MUBUF: `offen` (bit 0), `idxen` (bit 1), LDS destination (bit 2).
    pub addressing: u8,
    /// Lane movement of source 0.
    pub dpp: Option<Dpp>,
    /// Sub-dword selection.
    pub sdwa: Option<Sdwa>,
}

/// A decoded instruction.
///
/// Operand order is that of the assembly text. Destinations: `dst[0]` the result, `dst[1]` the
/// scalar result (carry out, comparison mask of `v_div_scale`). Sources as written, memory forms:
/// * DS: `src` = \[addr, data0, data1\];
/// * FLAT/GLOBAL/SCRATCH: `src` = \[vaddr, saddr, data\], each `None` where the form lacks it;
/// * MIMG: `src` = \[none, resource, sampler, data\]; the address is in [`Inst::image`];
/// * EXP: `src` = four registers, `None` where a channel is not exported; `imm` the target;
/// * VINTRP, LDSDIR, RDNA2's interpolations in VOP3: `imm` = attribute × 4 + channel (bit 0 of `op_sel`:
///   the attribute's high half); VINTERP: `imm` = exports to wait for;
/// * MUBUF, MTBUF: `src` = \[vaddr, srsrc, soffset, data\];
/// * SMEM: `src` = \[sbase, soffset\], loads write `dst[0]`; RDNA4's prefetches have a third
///   source, the length in lines less one, and those relative to the program counter no base.
///
/// * Of these, what the form lacks is [`Operand::None`]: an atomic that returns nothing has no
///   destination, one that loads into LDS neither (`cache::LDS`), SMEM without a register offset
///   no second source.
/// * SOPK: `s_cmpk`, `s_setreg` and `s_waitcnt_vscnt` read their register: it is `src[0]`.
///
/// An implicit VCC (VOP2 carry, VOPC e32, `v_cndmask_b32_e32`) is filled in as an operand, so that
/// semantics never depend on the encoding. RDNA's `v_cmpx` has EXEC as its destination; CDNA's has
/// a mask, and writes EXEC besides.
///
/// Where RDNA3's short formats name half a register (`v1.h`), the register is the operand and
/// [`Modifiers::op_sel`] says which half, as in VOP3.
#[derive(Clone, Debug, PartialEq)]
pub struct Inst {
    /// What it does.
    pub opcode: Opcode,
    /// The target's own name, with the suffix of its encoding (`v_add_f32_e32`).
    pub mnemonic: &'static str,
    /// Its format.
    pub encoding: Encoding,
    /// Its length in bytes, literal and DPP/SDWA word included.
    pub size: u8,
    /// Destinations.
    pub dst: [Operand; 2],
    /// Sources.
    pub src: [Operand; 4],
    /// Everything else.
    pub modifiers: Modifiers,
    /// The second half of a dual-issue (VOPD) instruction. Both halves read before either writes;
    /// the size of either is that of both. For a scaled matrix instruction of CDNA4: the
    /// instruction before it, whose sources are the scales.
    pub pair: Option<Box<Inst>>,
    /// What image instructions have beside their operands.
    pub image: Option<Box<Image>>,
}
