//! A decoded instruction as the interpreter runs it: a handler and resolved operands.

use redwick_isa::Opcode;
use redwick_isa::inst::{Dpp, Sdwa};

use crate::wave::Wave;

/// What a wave does after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Flow {
    /// Goes on with the instruction at its program counter.
    Next,
    /// Waits for its workgroup.
    Barrier,
    /// Has ended.
    End,
    /// Has stopped with `Wave::trap`.
    Trap,
}

/// Executes one step. The caller makes sure that the host has the features that the handler was
/// compiled for (see [`crate::exec::Level`]).
pub(crate) type Run<const L: usize> =
    for<'a, 'g> unsafe fn(&'a mut Wave<'g, L>, &'a Step<L>) -> Flow;

/// How an instruction reads or writes an operand: its width, and how constants and modifiers apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Not a value that is read or written by lanes.
    #[default]
    None,
    /// 16 bits, no float.
    B16,
    /// f16.
    F16,
    /// 32 bits, no float.
    B32,
    /// f32.
    F32,
    /// Two f16 in 32 bits.
    PkF16,
    /// Two 16-bit integers in 32 bits.
    PkB16,
    /// 64 bits; literals are zero-extended.
    B64,
    /// 64 bits; literals are sign-extended.
    I64,
    /// f64; a literal is its high half.
    F64,
    /// Two f32 in 64 bits.
    PkF32,
}

impl Kind {
    /// Registers that an operand of this kind spans.
    pub(crate) fn words(self) -> usize {
        match self {
            Self::B64 | Self::I64 | Self::F64 | Self::PkF32 => 2,
            _ => 1,
        }
    }
}

/// A resolved source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Src {
    /// There is none.
    #[default]
    None,
    /// A row of the wave's vector file; constants have rows of their own.
    Row(u16),
    /// A place in the scalar file.
    Scalar(u8),
    /// A value known at decoding.
    Const(u64),
    /// SCC.
    Scc,
    /// VCC is zero.
    Vccz,
    /// EXEC is zero.
    Execz,
    /// A vector source with modifiers: described by `Step::mods` and this base.
    Modified(Base),
}

/// What a modified source is before its modifiers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Base {
    /// A row of the vector file.
    Row(u16),
    /// A place in the scalar file.
    Scalar(u8),
    /// A constant.
    Const(u64),
    /// SCC, VCCZ or EXECZ.
    Flag(Flag),
}

/// One-bit sources.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(clippy::enum_variant_names)]
pub(crate) enum Flag {
    /// SCC.
    Scc,
    /// VCC is zero.
    Vccz,
    /// EXEC is zero.
    Execz,
}

/// A resolved destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dst {
    /// There is none, or it discards.
    #[default]
    None,
    /// A row of the wave's vector file.
    Row(u16),
    /// A place in the scalar file.
    Scalar(u8),
}

/// What a 16-bit result does to its register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Half {
    /// Goes to the low half, the high half becomes zero.
    #[default]
    LowClear,
    /// Goes to the low half, the high half stays.
    Low,
    /// Goes to the high half, the low half stays.
    High,
}

/// Modifiers that the plain path does not know.
#[derive(Clone, Debug)]
pub(crate) struct Mods {
    pub(crate) neg: u8,
    pub(crate) abs: u8,
    pub(crate) op_sel: u8,
    pub(crate) clamp: bool,
    pub(crate) omod: u8,
    pub(crate) dpp: Option<Dpp>,
    /// The source lane of every lane under `dpp`.
    pub(crate) lanes: [u8; 64],
    pub(crate) sdwa: Option<Sdwa>,
}

/// A decoded instruction, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Step<const L: usize> {
    pub(crate) run: Run<L>,
    /// Index of the step behind it.
    pub(crate) next: u32,
    /// Index of the step that it branches to.
    pub(crate) target: u32,
    pub(crate) src: [Src; 4],
    pub(crate) dst: [Dst; 2],
    /// The modifiers' immediate.
    pub(crate) imm: i32,
    /// The handler's variant of the operation.
    pub(crate) flag: u8,
    /// Cache controls as encoded; for memory operations.
    pub(crate) cache: u8,
    /// The modifiers' addressing bits.
    pub(crate) addressing: u8,
    /// Where a 16-bit result goes.
    pub(crate) half: Half,
    /// The result needs no modifier.
    pub(crate) plain: bool,
    /// Set where a source or the result has modifiers.
    pub(crate) mods: Option<Box<Mods>>,
    /// Packed-maths and matrix controls, as decoded.
    pub(crate) packed: Packed,
    /// The other half of a dual-issue instruction.
    pub(crate) pair: Option<Box<Pair<L>>>,
    /// Device address.
    pub(crate) address: u64,
    /// Bytes.
    pub(crate) size: u8,
    /// Index of the instruction in the program.
    pub(crate) inst: u32,
    /// Why the step cannot be executed: the bytes, if they are no instruction, and the reason.
    pub(crate) refusal: Option<Box<(Vec<u8>, String)>>,
}

/// Controls of packed maths and matrix instructions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Packed {
    pub(crate) neg: u8,
    pub(crate) neg_hi: u8,
    pub(crate) abs: u8,
    pub(crate) op_sel: u8,
    pub(crate) op_sel_hi: u8,
    pub(crate) clamp: bool,
    pub(crate) cbsz: u8,
    pub(crate) abid: u8,
    pub(crate) blgp: u8,
}

/// The two halves of a dual-issue instruction.
#[derive(Clone, Debug)]
pub(crate) struct Pair<const L: usize> {
    /// First half.
    pub(crate) x: Step<L>,
    /// Second half; where it reads what the first writes, it reads a saved row.
    pub(crate) y: Step<L>,
    /// Row to save before the first half runs, and where to.
    pub(crate) save: Option<(u16, u16)>,
}

/// What a handler is bound with: the function and how it reads and writes its operands.
#[derive(Clone, Copy)]
pub(crate) struct Bound<const L: usize> {
    pub(crate) run: Run<L>,
    /// Kinds of the sources.
    pub(crate) src: [Kind; 4],
    /// Kinds of the destinations.
    pub(crate) dst: [Kind; 2],
    /// Registers of the sources, where more than the kinds say.
    pub(crate) src_words: [u8; 4],
    /// Registers of the destinations, where more than the kinds say.
    pub(crate) dst_words: [u8; 2],
    /// Sources are vector lanes (constants become rows), not scalars.
    pub(crate) vector: bool,
    /// The handler looks at neg, abs, op_sel and clamp itself (`Step::packed`).
    pub(crate) own_modifiers: bool,
    /// A variant of the operation, for the handler to look at.
    pub(crate) flag: u8,
}

/// Whether the opcode's 16-bit result keeps the register's other half on CDNA too.
pub(crate) fn keeps_high_half_on_cdna(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::VFmaF16
            | Opcode::VMadF16
            | Opcode::VMadI16
            | Opcode::VMadU16
            | Opcode::VDivFixupF16
            | Opcode::VFmaMixloF16
            | Opcode::VFmaMixhiF16
            | Opcode::VCvtPkFp8F32
            | Opcode::VCvtPkBf8F32
    )
}

impl<const L: usize> Pair<L> {
    /// Two halves, the first run first: where the second reads the first's result, the row's old
    /// content is saved for it. [`Pair::place_saved`] says where.
    pub(crate) fn new(x: Step<L>, y: Step<L>) -> Self {
        let Dst::Row(result) = x.dst[0] else {
            return Self { x, y, save: None };
        };
        let reads = y.src.contains(&Src::Row(result));
        Self {
            x,
            y,
            save: reads.then_some((result, result)),
        }
    }

    /// Says which row is free to save to.
    pub(crate) fn place_saved(&mut self, row: u16) {
        let Some((result, place)) = &mut self.save else {
            return;
        };
        for src in self
            .y
            .src
            .iter_mut()
            .filter(|src| **src == Src::Row(*result))
        {
            *src = Src::Row(row);
        }
        *place = row;
    }
}
