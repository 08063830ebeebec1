//! What instructions do: one function for each operation, whatever generation encodes it.
//!
//! A handler is a type with a `run` function; [`Bound`] is the function compiled for the wave size
//! and the host's vector features. Lane-wise operations are rows of tables (`lane_ops!`,
//! `compare_ops!`, `scalar_ops!`): an opcode and an expression on lane values.

#![allow(
    clippy::needless_range_loop,
    reason = "a lane is an index into several rows at once"
)]

mod access;
mod arithmetic;
mod atomic;
mod bits;
mod buffer;
mod carry;
mod compare;
mod control;
mod convert;
mod convert_fp8;
mod cross_lane;
mod divide;
mod dot;
mod ds;
mod ds_cross_lane;
pub(crate) mod float;
mod fp8;
mod global;
mod integer;
mod level;
mod load_store;
mod load_to_lds;
mod map;
mod matrix;
mod mode;
mod packed;
mod part;
mod rounded;
mod salu;
mod salu_compare;
mod salu_float;
mod salu_mask;
mod salu_relative;
mod scalar_memory;
mod smfmac;
#[cfg(test)]
mod tests;
mod transcendental;
mod trigonometric;
mod value;
mod wmma;

pub(crate) use control::{is_direct_branch, nowhere, refused};
pub(crate) use level::{Level, run};
pub(crate) use mode::sets_rounding;

use redwick_isa::{Inst, Opcode};

use crate::step::{Bound, Flow, Kind, Run, Step};
use crate::target::Target;
use crate::wave::Wave;

/// An operation on a wave. Handlers are inlined into one function for each wave size and level.
trait Handler {
    /// Kinds of the sources.
    const SRC: [Kind; 4] = [Kind::None; 4];
    /// Kinds of the destinations.
    const DST: [Kind; 2] = [Kind::None; 2];
    /// Sources are lanes: constants get rows.
    const VECTOR: bool = true;
    /// The handler applies neg, abs, op_sel and clamp itself.
    const OWN_MODIFIERS: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow;
}

/// Binds a handler that works on all lanes at once: compiled for the host's vector features.
fn bound<const L: usize, H: Handler>(level: Level) -> Bound<L> {
    with::<L, H>(level.compiled::<L, H>())
}

/// Binds a handler that vector features would not speed up.
fn plain<const L: usize, H: Handler>() -> Bound<L> {
    with::<L, H>(level::scalar::<L, H>)
}

fn with<const L: usize, H: Handler>(run: Run<L>) -> Bound<L> {
    Bound {
        run,
        src: H::SRC,
        dst: H::DST,
        src_words: [0; 4],
        dst_words: [0; 2],
        vector: H::VECTOR,
        own_modifiers: H::OWN_MODIFIERS,
        flag: 0,
    }
}

/// Finds what executes an instruction; `rounds`: it may run under any rounding mode.
pub(crate) fn bind<const L: usize>(
    inst: &Inst,
    level: Level,
    target: &Target,
    rounds: bool,
) -> Option<Bound<L>> {
    let op = inst.opcode;
    let rounded = rounds.then(|| rounded::bind(op, level)).flatten();
    rounded
        .or_else(|| arithmetic::bind(op, level))
        .or_else(|| integer::bind(inst, level))
        .or_else(|| compare::bind(op, level))
        .or_else(|| convert::bind(op, level))
        .or_else(|| convert_fp8::bind(op))
        .or_else(|| transcendental::bind(op, level))
        .or_else(|| trigonometric::bind(op, level))
        .or_else(|| divide::bind(op, level))
        .or_else(|| carry::bind(inst, level))
        .or_else(|| packed::bind(inst, level))
        .or_else(|| dot::bind(inst, level))
        .or_else(|| cross_lane::bind(inst, level))
        .or_else(|| matrix::bind(inst, level, target))
        .or_else(|| smfmac::bind(inst, level, target))
        .or_else(|| wmma::bind(inst, level))
        .or_else(|| salu::bind(op))
        .or_else(|| salu_compare::bind(op))
        .or_else(|| salu_float::bind(inst))
        .or_else(|| salu_mask::bind(op))
        .or_else(|| salu_relative::bind(op))
        .or_else(|| mode::bind(op))
        .or_else(|| control::bind(op))
        .or_else(|| scalar_memory::bind(op))
        .or_else(|| load_to_lds::bind(inst))
        .or_else(|| load_store::bind(inst, level))
        .or_else(|| atomic::bind(inst))
        .or_else(|| ds::bind(inst, level))
        .or_else(|| ds_cross_lane::bind(inst, level))
}

/// Operations whose destination is also their last source.
pub(crate) fn accumulates(opcode: Opcode) -> bool {
    use Opcode as O;
    matches!(
        opcode,
        O::VFmacF16
            | O::VFmacF32
            | O::VFmacF64
            | O::VFmacDx9ZeroF32
            | O::VMacF16
            | O::VMacF32
            | O::VPkFmacF16
            | O::VDot2accF32F16
            | O::VDot2accF32Bf16
            | O::VDot2cF32Bf16
            | O::VDot2cI32I16
            | O::VDot4cI32I8
            | O::VDot8cI32I4
            | O::SFmacF32
            | O::SFmacF16
    )
}

/// The handler of a dual-issue instruction: both halves read before either writes.
pub(crate) fn dual<const L: usize>() -> Run<L> {
    level::dual::<L>
}

/// Whether a lane of the result comes from other lanes of the sources.
pub(crate) fn crosses_lanes(inst: &Inst) -> bool {
    use Opcode as O;
    inst.modifiers.dpp.is_some()
        || matches!(
            inst.opcode,
            O::VPermlane16SwapB32
                | O::VPermlane32SwapB32
                | O::VReadlaneB32
                | O::VWritelaneB32
                | O::VPermlane16B32
                | O::VPermlanex16B32
                | O::VPermlane16VarB32
                | O::VPermlanex16VarB32
                | O::VPermlane64B32
        )
}
