//! Scalar operations on EXEC and other lane masks.

use std::marker::PhantomData;

use redwick_isa::Opcode;
use redwick_isa::inst::sreg;

use super::salu::{Keep, Scalar, With, scalar_ops};
use super::{Handler, plain};
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::Wave;

/// How a mask and EXEC are combined.
trait Combine {
    fn of(source: u64, exec: u64) -> u64;
}

/// Saves EXEC, then combines it with the source.
struct Save<C, T>(PhantomData<(C, T)>);
/// Combines EXEC with the source, then writes both EXEC and the destination.
struct Write<C, T>(PhantomData<(C, T)>);

/// Reads EXEC as wide as `T`.
fn read_exec<T: Scalar, const L: usize>(w: &Wave<'_, L>) -> u64 {
    if T::KIND.words() == 2 {
        w.sgpr64(sreg::EXEC)
    } else {
        u64::from(w.sgpr32(sreg::EXEC))
    }
}

fn write_exec<T: Scalar, const L: usize>(w: &mut Wave<'_, L>, value: u64) -> u64 {
    if T::KIND.words() == 2 {
        w.set_sgpr64(sreg::EXEC, value);
        value
    } else {
        w.set_sgpr32(sreg::EXEC, value as u32);
        value & 0xffff_ffff
    }
}

fn read_source<T: Scalar, const L: usize>(w: &Wave<'_, L>, s: &Step<L>) -> u64 {
    if T::KIND.words() == 2 {
        w.scalar64(s, 0)
    } else {
        u64::from(w.scalar32(s, 0))
    }
}

fn write_result<T: Scalar, const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>, value: u64) {
    if T::KIND.words() == 2 {
        w.set_scalar64(s, 0, value)
    } else {
        w.set_scalar32(s, 0, value as u32)
    }
}

impl<C: Combine, T: Scalar> Handler for Save<C, T> {
    const SRC: [Kind; 4] = [T::KIND, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [T::KIND, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (source, exec) = (read_source::<T, L>(w, s), read_exec::<T, L>(w));
        write_result::<T, L>(w, s, exec);
        w.scc = write_exec::<T, L>(w, C::of(source, exec)) != 0;
        Flow::Next
    }
}

impl<C: Combine, T: Scalar> Handler for Write<C, T> {
    const SRC: [Kind; 4] = [T::KIND, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [T::KIND, Kind::None];
    const VECTOR: bool = false;

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let value = C::of(read_source::<T, L>(w, s), read_exec::<T, L>(w));
        let value = write_exec::<T, L>(w, value);
        write_result::<T, L>(w, s, value);
        w.scc = value != 0;
        Flow::Next
    }
}

macro_rules! exec_ops {
    ($($how:ident $op32:ident $op64:ident |$source:ident, $exec:ident| $body:expr;)*) => {
        fn on_exec<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
            Some(match opcode {
                $(Opcode::$op32 | Opcode::$op64 => {
                    struct Op;
                    impl Combine for Op {
                        fn of($source: u64, $exec: u64) -> u64 {
                            $body
                        }
                    }
                    match opcode {
                        Opcode::$op32 => plain::<L, $how<Op, u32>>(),
                        _ => plain::<L, $how<Op, u64>>(),
                    }
                })*
                _ => return None,
            })
        }
    };
}

exec_ops! {
    Save SAndSaveexecB32 SAndSaveexecB64 |source, exec| source & exec;
    Save SOrSaveexecB32 SOrSaveexecB64 |source, exec| source | exec;
    Save SXorSaveexecB32 SXorSaveexecB64 |source, exec| source ^ exec;
    Save SNandSaveexecB32 SNandSaveexecB64 |source, exec| !(source & exec);
    Save SNorSaveexecB32 SNorSaveexecB64 |source, exec| !(source | exec);
    Save SXnorSaveexecB32 SXnorSaveexecB64 |source, exec| !(source ^ exec);
    Save SAndNot0SaveexecB32 SAndNot0SaveexecB64 |source, exec| !source & exec;
    Save SAndNot1SaveexecB32 SAndNot1SaveexecB64 |source, exec| source & !exec;
    Save SOrNot0SaveexecB32 SOrNot0SaveexecB64 |source, exec| !source | exec;
    Save SOrNot1SaveexecB32 SOrNot1SaveexecB64 |source, exec| source | !exec;
    Write SAndNot0WrexecB32 SAndNot0WrexecB64 |source, exec| !source & exec;
    Write SAndNot1WrexecB32 SAndNot1WrexecB64 |source, exec| source & !exec;
}

/// Every group of four bits that has one set becomes all ones.
fn whole_quads(mask: u64) -> u64 {
    quads(mask) * 15
}

/// One bit, at its lowest place, for every group of four bits that has one set.
fn quads(mask: u64) -> u64 {
    let pairs = mask | mask >> 1;
    (pairs | pairs >> 2) & 0x1111_1111_1111_1111
}

/// As [`quads`], gathered in the lowest bits.
fn gathered_quads(mask: u64) -> u64 {
    (0..16).fold(0, |all, i| all | (quads(mask) >> (4 * i) & 1) << i)
}

scalar_ops! { fn quad;
    SWqmB32 => (a: u32, _b: u32, _scc, _i) -> With<u32> { let x = whole_quads(u64::from(a)) as u32; With(x, x != 0) }
    SWqmB64 => (a: u64, _b: u32, _scc, _i) -> With<u64> { let x = whole_quads(a); With(x, x != 0) }
    SQuadmaskB32 => (a: u32, _b: u32, _scc, _i) -> With<u32> { let x = gathered_quads(u64::from(a)) as u32; With(x, x != 0) }
    SQuadmaskB64 => (a: u64, _b: u32, _scc, _i) -> With<u64> { let x = gathered_quads(a); With(x, x != 0) }
    SBitreplicateB64B32 => (a: u32, _b: u32, _scc, _i) -> Keep<u64> {
        Keep((0..32).fold(0, |all, i| all | (u64::from(a >> i & 1) * 3) << (2 * i)))
    }
}

/// Binds an operation on lane masks.
pub(super) fn bind<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
    on_exec(opcode).or_else(|| quad(opcode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quads_are_whole_or_gathered() {
        assert_eq!(whole_quads(0x8000_0000_0000_0012), 0xf000_0000_0000_00ff);
        assert_eq!(gathered_quads(0x8000_0000_0000_0012), 0x8003);
    }
}
