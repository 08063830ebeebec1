//! Program flow: branches, calls, barriers, the end, and hints that need no action.

use redwick_isa::Opcode;
use redwick_isa::inst::sreg;

use super::{Handler, plain};
use crate::fault::FaultKind;
use crate::step::{Bound, Flow, Kind, Run, Step};
use crate::wave::Wave;

/// Whether the instruction's immediate says where it branches.
pub(crate) fn is_direct_branch(opcode: Opcode) -> bool {
    use Opcode as O;
    matches!(
        opcode,
        O::SBranch
            | O::SCbranchScc0
            | O::SCbranchScc1
            | O::SCbranchVccz
            | O::SCbranchVccnz
            | O::SCbranchExecz
            | O::SCbranchExecnz
            | O::SCallB64
    )
}

/// The handler of a flow that leads to no instruction.
pub(crate) fn nowhere<const L: usize>() -> Run<L> {
    fn run<const L: usize>(w: &mut Wave<'_, L>, _: &Step<L>) -> Flow {
        w.stop(FaultKind::WildJump(0))
    }
    run::<L>
}

/// The handler of what cannot be executed.
pub(crate) fn refused<const L: usize>() -> Run<L> {
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (bytes, reason) = s.refusal.as_deref().cloned().unwrap_or_default();
        w.stop(FaultKind::UnknownInstruction { bytes, reason })
    }
    run::<L>
}

/// A row of flow operations: what happens is written with the wave and the step.
macro_rules! flow_ops {
    ($($($op:ident)|+ => [$src:ident, $dst:ident] |$w:ident, $s:ident| $body:expr;)*) => {
        pub(super) fn bind<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
            Some(match opcode {
                $($(Opcode::$op)|+ => {
                    struct Op;
                    impl Handler for Op {
                        const SRC: [Kind; 4] = [Kind::$src, Kind::None, Kind::None, Kind::None];
                        const DST: [Kind; 2] = [Kind::$dst, Kind::None];
                        const VECTOR: bool = false;
                        #[inline(always)]
                        fn run<const L: usize>($w: &mut Wave<'_, L>, $s: &Step<L>) -> Flow {
                            $body
                        }
                    }
                    plain::<L, Op>()
                })*
                _ => return None,
            })
        }
    };
}

/// Branches to the step's target if `taken`.
#[inline(always)]
fn branch<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>, taken: bool) -> Flow {
    if taken {
        w.pc = s.target;
    }
    Flow::Next
}

/// Goes to a device address.
fn jump<const L: usize>(w: &mut Wave<'_, L>, address: u64) -> Flow {
    match w.program.step_at(address) {
        Some(step) => {
            w.pc = step;
            Flow::Next
        }
        None => w.stop(FaultKind::WildJump(address)),
    }
}

/// The number of the barrier of all waves of a workgroup.
const WORKGROUP: u32 = u32::MAX;

#[cold]
fn named_barrier<const L: usize>(w: &mut Wave<'_, L>, number: u32) -> Flow {
    w.stop(FaultKind::Unsupported(format!(
        "barrier {number:#x}; only that of the workgroup (-1)"
    )))
}

fn behind<const L: usize>(s: &Step<L>) -> u64 {
    s.address + u64::from(s.size)
}

flow_ops! {
    SEndpgm | SEndpgmSaved | SEndpgmOrderedPsDone => [None, None] |_w, _s| Flow::End;
    SBarrier => [None, None] |w, _s| {
        w.signal();
        w.barriers.waited += 1;
        Flow::Barrier
    };
    SBarrierSignal => [B32, None] |w, s| match w.scalar32(s, 0) {
        WORKGROUP => {
            w.signal();
            Flow::Next
        }
        other => named_barrier(w, other),
    };
    SBarrierSignalIsfirst => [B32, None] |w, s| match w.scalar32(s, 0) {
        WORKGROUP => {
            w.scc = w.signal();
            Flow::Next
        }
        other => named_barrier(w, other),
    };
    SBarrierWait => [None, None] |w, s| match s.imm as u32 & 0xffff {
        0xffff => {
            w.barriers.waited += 1;
            Flow::Barrier
        }
        other => named_barrier(w, other),
    };
    SBranch => [None, None] |w, s| branch(w, s, true);
    SCbranchScc0 => [None, None] |w, s| branch(w, s, !w.scc);
    SCbranchScc1 => [None, None] |w, s| branch(w, s, w.scc);
    SCbranchVccz => [None, None] |w, s| branch(w, s, w.mask(sreg::VCC) == 0);
    SCbranchVccnz => [None, None] |w, s| branch(w, s, w.mask(sreg::VCC) != 0);
    SCbranchExecz => [None, None] |w, s| branch(w, s, w.exec() == 0);
    SCbranchExecnz => [None, None] |w, s| branch(w, s, w.exec() != 0);
    SCallB64 => [None, B64] |w, s| {
        w.set_scalar64(s, 0, behind(s));
        branch(w, s, true)
    };
    SGetpcB64 => [None, B64] |w, s| {
        w.set_scalar64(s, 0, behind(s));
        Flow::Next
    };
    SSetpcB64 => [B64, None] |w, s| {
        let target = w.scalar64(s, 0);
        jump(w, target)
    };
    SSwappcB64 => [B64, B64] |w, s| {
        let target = w.scalar64(s, 0);
        w.set_scalar64(s, 0, behind(s));
        jump(w, target)
    };
    STrap => [None, None] |w, s| w.stop(FaultKind::Trap(s.imm as u8));
    SNop | SSleep | SSetprio | SSethalt | SWaitcnt | SWaitcntVscnt | SWaitcntVmcnt | SWaitcntExpcnt
        | SWaitcntLgkmcnt | SWaitcntDepctr | SWaitIdle | SWaitEvent | SClause | SDelayAlu | SCodeEnd
        | SSetInstPrefetchDistance | SSendmsg | SSendmsghalt | SIcacheInv | SWakeup
        | SIncperflevel | SDecperflevel | STtracedata | STtracedataImm | SDcacheInv
        | SWaitLoadcnt | SWaitStorecnt | SWaitSamplecnt | SWaitBvhcnt | SWaitExpcnt | SWaitDscnt
        | SWaitKmcnt | SWaitLoadcntDscnt | SWaitStorecntDscnt | SSleepVar | SPrefetchInst
        | SPrefetchInstPcRel | SPrefetchData | SPrefetchDataPcRel | SBufferPrefetchData
        | GlobalInv | GlobalWb | GlobalWbinv | SDcacheInvVol | SDcacheWb | SDcacheWbVol
        | SGl1Inv | BufferGl0Inv | BufferGl1Inv | BufferInv
        | BufferInvl2 | BufferWbinvl1 | BufferWbinvl1Vol | BufferWbl2 | VNop | DsNop | VPipeflush
        | VClrexcp => [None, None] |_w, _s| Flow::Next;
}
