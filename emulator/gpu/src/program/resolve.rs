//! From an instruction to a step: its handler, its operands, its modifiers.

use std::collections::HashMap;

use redwick_isa::inst::{Aperture, InlineFloat, Modifiers, Operand};
use redwick_isa::{Encoding, Generation, Inst};

use super::{Code, Decoded, Program, branch_target};
use crate::exec::{self, Level};
use crate::shadow::Access;
use crate::step::{
    Base, Bound, Dst, Flag, Half, Kind, Mods, Packed, Pair, Src, Step, keeps_high_half_on_cdna,
};
use crate::wave::{LANE_INVALID, PRIVATE_APERTURE, SHARED_APERTURE, TEMPORARIES, dpp_lanes};

/// Bytes of the longest instruction.
const LONGEST: usize = 16;
/// Bytes of an instruction that a fault shows.
const SHOWN: usize = 8;

/// Decodes the instruction at a device address.
pub(super) fn decode(code: &dyn Code, address: u64) -> Decoded {
    let mut bytes = [0; LONGEST];
    let n = code.bytes_at(address, &mut bytes);
    let decoder = redwick_isa::Decoder::new(code.target().generation);
    match decoder.decode(&bytes[..n], address) {
        Ok(inst) => Decoded::Inst(inst),
        Err(error) => Decoded::Unknown(error.to_string()),
    }
}

/// An instruction as assembly text.
pub(super) fn text(inst: &Inst, generation: Generation, address: u64) -> String {
    redwick_isa::disasm::format(inst, generation, address)
}

/// Why an instruction cannot become a step.
type Refusal = String;

/// Builds the steps of a program.
pub(super) struct Resolver<'p, const L: usize> {
    program: &'p mut Program<L>,
    code: &'p dyn Code,
    level: Level,
    /// Value of one or two words → row among the constants.
    constants: HashMap<(u32, Option<u32>), u16>,
}

impl<'p, const L: usize> Resolver<'p, L> {
    pub(super) fn new(program: &'p mut Program<L>, code: &'p dyn Code, level: Level) -> Self {
        Self {
            program,
            code,
            level,
            constants: HashMap::new(),
        }
    }

    /// Adds the step that a flow without an instruction reaches.
    pub(super) fn add_nowhere(&mut self) {
        let step = self.blank(0, 4, exec::nowhere::<L>());
        self.push(step, Access::default());
    }

    /// Adds the step for what was found at an address.
    pub(super) fn add(&mut self, address: u64, decoded: Decoded) {
        match decoded {
            Decoded::Unknown(reason) => self.add_refused(address, 4, reason),
            Decoded::Inst(inst) => {
                let size = inst.size;
                match self.step(address, &inst) {
                    Ok((step, access)) => self.push(step, access),
                    Err(reason) => self.add_refused(address, size, reason),
                }
                self.program.instructions.push(inst);
                if let Some(last) = self.program.steps.last_mut() {
                    last.inst = self.program.instructions.len() as u32 - 1;
                }
            }
        }
    }

    /// Patches what was not known while steps were added: rows count constants that came later.
    pub(super) fn finish(self) {
        let saved = (self.program.temporaries() + TEMPORARIES) as u16;
        for step in &mut self.program.steps {
            if let Some(pair) = &mut step.pair {
                pair.place_saved(saved);
            }
        }
    }

    fn push(&mut self, step: Step<L>, access: Access) {
        self.program.steps.push(step);
        self.program.accesses.push(access);
    }

    fn add_refused(&mut self, address: u64, size: u8, reason: Refusal) {
        let mut bytes = vec![0; SHOWN];
        let there = self.code.bytes_at(address, &mut bytes);
        bytes.truncate(there);
        let mut step = self.blank(address, size, exec::refused::<L>());
        step.refusal = Some(Box::new((bytes, reason)));
        self.push(step, Access::default());
    }

    fn blank(&self, address: u64, size: u8, run: crate::step::Run<L>) -> Step<L> {
        let behind = address + u64::from(size);
        Step {
            run,
            next: self.program.step_at(behind).unwrap_or(0),
            target: 0,
            src: [Src::None; 4],
            dst: [Dst::None; 2],
            imm: 0,
            flag: 0,
            cache: 0,
            addressing: 0,
            half: Half::LowClear,
            plain: true,
            mods: None,
            packed: Packed::default(),
            pair: None,
            address,
            size,
            inst: u32::MAX,
            refusal: None,
        }
    }

    fn step(&mut self, address: u64, inst: &Inst) -> Result<(Step<L>, Access), Refusal> {
        let Some(second) = &inst.pair else {
            return self.single(address, inst);
        };
        let (x, read_x) = self.single(address, inst)?;
        let (y, read_y) = self.single(address, second)?;
        let mut step = self.blank(address, inst.size, exec::dual::<L>());
        step.pair = Some(Box::new(Pair::new(x, y)));
        Ok((step, read_x.and(&read_y)))
    }

    fn single(&mut self, address: u64, inst: &Inst) -> Result<(Step<L>, Access), Refusal> {
        let unknown = || format!("{} is not executed", inst.mnemonic);
        let bound = exec::bind::<L>(inst, self.level, self.program.target, self.program.rounds)
            .ok_or_else(unknown)?;
        let mut step = self.blank(address, inst.size, bound.run);
        let m = &inst.modifiers;
        step.imm = m.imm;
        step.flag = bound.flag;
        step.cache = m.cache;
        step.addressing = m.addressing;
        step.packed = packed(m);
        if inst.encoding == Encoding::Vop2 {
            // Without selection bits, each half feeds its own.
            step.packed.op_sel_hi = 7;
        }
        if exec::is_direct_branch(inst.opcode) {
            let target = branch_target(address + u64::from(inst.size), inst);
            step.target = self.program.step_at(target).unwrap_or(0);
        }
        step.half = self.half(inst, &bound);
        step.mods = lane_mods::<L>(inst, &bound);
        step.plain = step.half == Half::LowClear
            && step.mods.as_ref().is_none_or(|mods| mods.leaves_result());
        let mut sources = inst.src;
        if exec::accumulates(inst.opcode) && sources[2] == Operand::None {
            sources[2] = inst.dst[0];
        }
        for (i, source) in sources.into_iter().enumerate() {
            let base = self.base(source, bound.src[i], bound.src_words[i])?;
            step.src[i] = match base {
                Some(base) if modifies(step.mods.as_deref(), i, bound.src[i]) => {
                    Src::Modified(base)
                }
                Some(base) => self.source(base, bound.src[i], &bound),
                None => Src::None,
            };
        }
        for i in 0..2 {
            step.dst[i] = self.destination(inst.dst[i], bound.dst[i], bound.dst_words[i])?;
        }
        let access = Access::of(inst, &bound, &step);
        Ok((step, access))
    }

    /// Where a 16-bit result goes.
    fn half(&self, inst: &Inst, bound: &Bound<L>) -> Half {
        let narrow = matches!(bound.dst[0], Kind::B16 | Kind::F16);
        let keeps = self.program.target.keeps_high_half || keeps_high_half_on_cdna(inst.opcode);
        match () {
            () if !narrow || bound.own_modifiers => Half::LowClear,
            () if inst.modifiers.op_sel & 8 != 0 => Half::High,
            () if keeps => Half::Low,
            () => Half::LowClear,
        }
    }

    fn base(&self, operand: Operand, kind: Kind, words: u8) -> Result<Option<Base>, Refusal> {
        let words = kind.words().max(usize::from(words));
        Ok(Some(match operand {
            Operand::None => return Ok(None),
            Operand::Vgpr(n) => Base::Row(self.row(usize::from(n), words, false)?),
            Operand::Agpr(n) => Base::Row(self.row(usize::from(n), words, true)?),
            Operand::Sgpr(n) => Base::Scalar(n),
            Operand::Null => Base::Const(0),
            Operand::Scc => Base::Flag(Flag::Scc),
            Operand::Vccz => Base::Flag(Flag::Vccz),
            Operand::Execz => Base::Flag(Flag::Execz),
            Operand::Aperture(aperture) => Base::Const(aperture_value(aperture)),
            Operand::Int(n) => Base::Const(i64::from(n) as u64),
            Operand::Float(float) => Base::Const(float_bits(float, kind)),
            Operand::Literal(bits) => Base::Const(literal_bits(bits, kind)),
        }))
    }

    fn source(&mut self, base: Base, kind: Kind, bound: &Bound<L>) -> Src {
        match base {
            Base::Row(row) => Src::Row(row),
            Base::Scalar(at) => Src::Scalar(at),
            Base::Flag(Flag::Scc) => Src::Scc,
            Base::Flag(Flag::Vccz) => Src::Vccz,
            Base::Flag(Flag::Execz) => Src::Execz,
            Base::Const(value) if bound.vector && kind != Kind::None => {
                Src::Row(self.constant(value, kind))
            }
            Base::Const(value) => Src::Const(value),
        }
    }

    /// The row that holds a constant.
    fn constant(&mut self, value: u64, kind: Kind) -> u16 {
        let (low, high) = (value as u32, (value >> 32) as u32);
        let key = (low, (kind.words() == 2).then_some(high));
        let program = &mut *self.program;
        *self.constants.entry(key).or_insert_with(|| {
            let row = program.registers + program.constants.len();
            program.constants.push(low);
            program.constants.extend(key.1);
            row as u16
        })
    }

    fn destination(&self, operand: Operand, kind: Kind, words: u8) -> Result<Dst, Refusal> {
        let words = kind.words().max(usize::from(words));
        Ok(match operand {
            Operand::Vgpr(n) => Dst::Row(self.row(usize::from(n), words, false)?),
            Operand::Agpr(n) => Dst::Row(self.row(usize::from(n), words, true)?),
            Operand::Sgpr(n) => Dst::Scalar(n),
            _ => Dst::None,
        })
    }

    /// The row of a vector register, if the kernel has it.
    fn row(&self, number: usize, words: usize, accumulator: bool) -> Result<u16, Refusal> {
        let p = &*self.program;
        let (base, end) = if accumulator {
            (p.accumulators, p.registers)
        } else {
            (0, p.registers)
        };
        let row = base + number;
        let name = if accumulator { 'a' } else { 'v' };
        if row + words > end {
            return Err(format!(
                "register {name}{number} is beyond the {} that the kernel asked for",
                end - base
            ));
        }
        Ok(row as u16)
    }
}

fn packed(m: &Modifiers) -> Packed {
    Packed {
        neg: m.neg,
        neg_hi: m.neg_hi,
        abs: m.abs,
        op_sel: m.op_sel,
        op_sel_hi: m.op_sel_hi,
        clamp: m.clamp,
        cbsz: m.cbsz,
        abid: m.abid,
        blgp: m.blgp,
    }
}

/// The modifiers of a lane-wise instruction, if it has any.
fn lane_mods<const L: usize>(inst: &Inst, bound: &Bound<L>) -> Option<Box<Mods>> {
    let m = &inst.modifiers;
    let lanes = m.dpp.is_some() || m.sdwa.is_some();
    let own = bound.own_modifiers || !is_vector_alu(inst.encoding);
    let values = !own && (m.neg | m.abs | m.op_sel | m.omod != 0 || m.clamp);
    (bound.vector && (lanes || values)).then(|| {
        let keep = |bits: u8| if own { 0 } else { bits };
        Box::new(Mods {
            neg: keep(m.neg),
            abs: keep(m.abs),
            op_sel: keep(m.op_sel),
            clamp: !own && m.clamp,
            omod: keep(m.omod),
            dpp: m.dpp,
            lanes: m
                .dpp
                .map_or([LANE_INVALID; 64], |dpp| dpp_lanes(dpp.control, L)),
            sdwa: m.sdwa,
        })
    })
}

fn is_vector_alu(encoding: Encoding) -> bool {
    use Encoding as E;
    matches!(
        encoding,
        E::Vop1
            | E::Vop2
            | E::Vop3
            | E::Vop3Sd
            | E::Vop3p
            | E::Mai
            | E::Vopc
            | E::Vopd
            | E::Vinterp
    )
}

/// Whether source `i` is not simply what its operand holds.
fn modifies(mods: Option<&Mods>, i: usize, kind: Kind) -> bool {
    let Some(mods) = mods else { return false };
    let bit = 1 << i;
    let narrow = matches!(kind, Kind::F16 | Kind::B16);
    kind != Kind::None
        && ((mods.neg | mods.abs) & bit != 0
            || (narrow && mods.op_sel & bit != 0)
            || (i == 0 && mods.dpp.is_some())
            || (i < 2 && mods.sdwa.is_some()))
}

fn aperture_value(aperture: Aperture) -> u64 {
    match aperture {
        Aperture::SharedBase => u64::from(SHARED_APERTURE) << 32,
        Aperture::SharedLimit => u64::from(SHARED_APERTURE) << 32 | 0xffff_ffff,
        Aperture::PrivateBase => u64::from(PRIVATE_APERTURE) << 32,
        Aperture::PrivateLimit => u64::from(PRIVATE_APERTURE) << 32 | 0xffff_ffff,
        Aperture::PopsExitingWaveId => 0,
    }
}

/// Bits of an inline float, as wide as the instruction reads it.
fn float_bits(float: InlineFloat, kind: Kind) -> u64 {
    let (f16, f32, f64) = match float {
        InlineFloat::Half => (0x3800, 0.5f32.to_bits(), 0.5f64.to_bits()),
        InlineFloat::NegHalf => (0xb800, (-0.5f32).to_bits(), (-0.5f64).to_bits()),
        InlineFloat::One => (0x3c00, 1f32.to_bits(), 1f64.to_bits()),
        InlineFloat::NegOne => (0xbc00, (-1f32).to_bits(), (-1f64).to_bits()),
        InlineFloat::Two => (0x4000, 2f32.to_bits(), 2f64.to_bits()),
        InlineFloat::NegTwo => (0xc000, (-2f32).to_bits(), (-2f64).to_bits()),
        InlineFloat::Four => (0x4400, 4f32.to_bits(), 4f64.to_bits()),
        InlineFloat::NegFour => (0xc400, (-4f32).to_bits(), (-4f64).to_bits()),
        InlineFloat::InvTwoPi => (0x3118, 0x3e22_f983, 0x3fc4_5f30_6dc9_c882),
    };
    match kind {
        Kind::F16 | Kind::B16 | Kind::PkF16 => f16,
        Kind::F64 | Kind::B64 | Kind::I64 => f64,
        _ => u64::from(f32),
    }
}

/// A literal, widened as the instruction reads it.
fn literal_bits(bits: u32, kind: Kind) -> u64 {
    match kind {
        Kind::F64 => u64::from(bits) << 32,
        Kind::I64 => i64::from(bits as i32) as u64,
        _ => u64::from(bits),
    }
}

impl Mods {
    /// The result is written as the handler made it, in all active lanes.
    fn leaves_result(&self) -> bool {
        !self.clamp && self.omod == 0 && self.dpp.is_none() && self.sdwa.is_none()
    }
}
