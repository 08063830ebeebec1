//! Hardware registers: the MODE register, and the few others that kernels read.

use redwick_isa::{Inst, Opcode};

use super::{Handler, plain};
use crate::step::{Bound, Flow, Kind, Step};
use crate::target::PrivateBase;
use crate::wave::Wave;

/// Number of the MODE register.
const MODE: u32 = 1;
/// Number of the low half of the base of private memory; the high half is the next.
const FLAT_SCRATCH: u32 = 20;
/// Number of the cycle counter (RDNA3).
const SHADER_CYCLES: u32 = 29;
const FLAT_SCRATCH_HIGH: u32 = FLAT_SCRATCH + 1;

/// Number, first bit and width of the field that an immediate names.
fn field(imm: i32) -> (u32, u32, u32) {
    let imm = imm as u32;
    (imm & 63, imm >> 6 & 31, (imm >> 11 & 31) + 1)
}

fn mask(width: u32) -> u32 {
    u32::MAX >> (32 - width.min(32))
}

/// Sets bits of the base of private memory, on targets where the kernel does so.
fn set_private_base<const L: usize>(w: &mut Wave<'_, L>, place: u64, value: u64) {
    if w.program.target.private_base == PrivateBase::HardwareRegister {
        w.scratch.base = w.scratch.base & !place | value;
    }
}

struct GetRegister;

impl Handler for GetRegister {
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (number, first, width) = field(s.imm);
        let value = match number {
            MODE => w.mode.bits(),
            SHADER_CYCLES => w.executed as u32,
            FLAT_SCRATCH => w.scratch.base as u32,
            FLAT_SCRATCH_HIGH => (w.scratch.base >> 32) as u32,
            // Identifiers of hardware units: all waves run on unit 0.
            _ => 0,
        };
        w.set_scalar32(s, 0, value >> first & mask(width));
        Flow::Next
    }
}

struct SetRegister;

impl Handler for SetRegister {
    const SRC: [Kind; 4] = [Kind::B32, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (number, first, width) = field(s.imm);
        let place = mask(width) << first;
        let value = w.scalar32(s, 0) << first & place;
        match number {
            MODE => w.mode.set(w.mode.bits() & !place | value),
            FLAT_SCRATCH | FLAT_SCRATCH_HIGH => {
                let shift = 32 * (number - FLAT_SCRATCH);
                set_private_base(w, u64::from(place) << shift, u64::from(value) << shift);
            }
            _ => {}
        }
        Flow::Next
    }
}

struct RoundMode;

impl Handler for RoundMode {
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        w.mode.set(w.mode.bits() & !15 | s.imm as u32 & 15);
        Flow::Next
    }
}

struct DenormMode;

impl Handler for DenormMode {
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        w.mode.set(w.mode.bits() & !0xf0 | (s.imm as u32 & 15) << 4);
        Flow::Next
    }
}

/// Answers messages with the instruction count, which serves as the clock.
struct Message<const WIDE: bool>;

impl<const WIDE: bool> Handler for Message<WIDE> {
    const DST: [Kind; 2] = [if WIDE { Kind::B64 } else { Kind::B32 }, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        if WIDE {
            w.set_scalar64(s, 0, w.executed);
        } else {
            w.set_scalar32(s, 0, w.executed as u32);
        }
        Flow::Next
    }
}

/// Whether an instruction may make results round otherwise than to nearest even.
pub(crate) fn sets_rounding(inst: &Inst) -> bool {
    let (number, first, _) = field(inst.modifiers.imm);
    match inst.opcode {
        Opcode::SRoundMode => true,
        Opcode::SSetregB32 | Opcode::SSetregImm32B32 => number == MODE && first < 4,
        _ => false,
    }
}

/// Binds an operation on hardware registers.
pub(super) fn bind<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
    use Opcode as O;
    Some(match opcode {
        O::SGetregB32 => plain::<L, GetRegister>(),
        O::SSetregB32 | O::SSetregImm32B32 => plain::<L, SetRegister>(),
        O::SRoundMode => plain::<L, RoundMode>(),
        O::SDenormMode => plain::<L, DenormMode>(),
        O::SSendmsgRtnB32 => plain::<L, Message<false>>(),
        O::SSendmsgRtnB64 => plain::<L, Message<true>>(),
        _ => return None,
    })
}
