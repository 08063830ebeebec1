//! A wave: registers, modes, and how instructions reach them.
//!
//! A vector register is a row of `L` lanes. Behind the registers the same file holds a row for each
//! constant that the program uses and some rows for operands in the making, so that every vector
//! operand of a handler is simply a row.

mod lanes;
mod mode;
mod operand;
mod result;
mod scalar;

pub(crate) use lanes::{LANE_INVALID, dpp_lanes, mask_of};
pub(crate) use mode::{Mode, Rounding};
pub(crate) use result::blend;

use redwick_isa::inst::sreg;

use crate::fault::FaultKind;
use crate::lds::Lds;
use crate::memory::Memory;
use crate::program::Program;
use crate::shadow::Shadow;
use crate::step::Flow;

/// Rows for operands in the making: two words for each of four sources.
pub(crate) const TEMPORARIES: usize = 8;
/// Rows that a dual-issue instruction saves to.
pub(crate) const SAVED: usize = 4;
/// Hi halves of the addresses of LDS seen as flat memory.
pub(crate) const SHARED_APERTURE: u32 = 0x0001_0000;
/// The same for private memory.
pub(crate) const PRIVATE_APERTURE: u32 = 0x0002_0000;

/// Where a wave's private memory lies: lane-interleaved words, as the hardware swizzles it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scratch {
    /// Device address of the wave's share.
    pub(crate) base: u64,
    /// Bytes for each lane.
    pub(crate) size: u32,
}

/// The allocation that the last access fell into (checked mode).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastAllocation {
    base: u64,
    size: u64,
}

/// How often a wave has come to barriers. A barrier may be signalled first and waited at later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Barriers {
    /// Barriers that it has signalled to have reached.
    pub(crate) signalled: u64,
    /// Barriers that it has waited at, or waits at.
    pub(crate) waited: u64,
}

/// A wave of `L` lanes.
pub(crate) struct Wave<'g, const L: usize> {
    /// Registers, constants, temporaries: see [`Program`] for where each begins.
    pub(crate) vgpr: Vec<[u32; L]>,
    /// The scalar file with its fixed places ([`sreg`]).
    pub(crate) sgpr: [u32; 128],
    pub(crate) scc: bool,
    /// Index of the next step.
    pub(crate) pc: u32,
    /// Index of the step that the wave stopped at.
    pub(crate) at: u32,
    pub(crate) mode: Mode,
    /// The workgroup's LDS, while the wave runs.
    pub(crate) lds: Lds,
    pub(crate) memory: &'g Memory,
    pub(crate) program: &'g Program<L>,
    pub(crate) scratch: Scratch,
    pub(crate) barriers: Barriers,
    /// Why the wave stopped, after [`Flow::Trap`].
    pub(crate) trap: Option<Box<FaultKind>>,
    /// Number of the wave in its workgroup.
    pub(crate) number: u32,
    /// Wave-instructions executed.
    pub(crate) executed: u64,
    /// What was written so far (checked mode).
    pub(crate) shadow: Option<Box<Shadow<L>>>,
    pub(crate) last: LastAllocation,
}

impl<'g, const L: usize> Wave<'g, L> {
    /// A wave of the program with all registers zero.
    pub(crate) fn new(program: &'g Program<L>, memory: &'g Memory, checked: bool) -> Self {
        let mut vgpr = vec![[0; L]; program.rows()];
        for (row, value) in vgpr[program.registers..].iter_mut().zip(&program.constants) {
            row.fill(*value);
        }
        Self {
            vgpr,
            sgpr: [0; 128],
            scc: false,
            pc: program.entry,
            at: program.entry,
            mode: Mode::default(),
            lds: Lds::default(),
            memory,
            program,
            scratch: Scratch::default(),
            barriers: Barriers::default(),
            trap: None,
            number: 0,
            executed: 0,
            shadow: checked.then(|| Box::new(Shadow::new(program.registers))),
            last: LastAllocation::default(),
        }
    }

    /// Makes the wave new again, for another workgroup.
    pub(crate) fn reset(&mut self) {
        self.vgpr[..self.program.registers].fill([0; L]);
        self.sgpr = [0; 128];
        self.scc = false;
        self.pc = self.program.entry;
        self.trap = None;
        self.barriers = Barriers::default();
        if let Some(shadow) = &mut self.shadow {
            **shadow = Shadow::new(self.program.registers);
        }
    }

    /// All lanes.
    pub(crate) const FULL: u64 = if L == 64 { u64::MAX } else { (1 << L) - 1 };

    /// The active lanes.
    #[inline(always)]
    pub(crate) fn exec(&self) -> u64 {
        self.mask(sreg::EXEC)
    }

    /// A lane mask in the scalar file: as many words as the wave is wide.
    #[inline(always)]
    pub(crate) fn mask(&self, at: u8) -> u64 {
        let low = u64::from(self.sgpr[usize::from(at & 127)]);
        if L == 64 {
            low | u64::from(self.sgpr[usize::from((at + 1) & 127)]) << 32
        } else {
            low
        }
    }

    /// Writes a lane mask.
    #[inline(always)]
    pub(crate) fn set_mask(&mut self, at: u8, mask: u64) {
        self.sgpr[usize::from(at & 127)] = mask as u32;
        if L == 64 {
            self.sgpr[usize::from((at + 1) & 127)] = (mask >> 32) as u32;
        }
    }

    /// Signals the workgroup's barrier; whether it is the first wave to do so.
    pub(crate) fn signal(&mut self) -> bool {
        self.barriers.signalled += 1;
        self.lds.first_signal(self.barriers.signalled)
    }

    /// Stops the wave.
    #[cold]
    pub(crate) fn stop(&mut self, kind: FaultKind) -> Flow {
        self.trap = Some(Box::new(kind));
        Flow::Trap
    }

    /// Whether an access may be done: in the arena, and in checked mode inside an allocation.
    #[inline(always)]
    pub(crate) fn accessible(&mut self, address: u64, size: u64) -> bool {
        self.memory.in_arena(address, size)
            && (self.shadow.is_none() || self.allocated(address, size))
    }

    fn allocated(&mut self, address: u64, size: u64) -> bool {
        let inside = |last: LastAllocation| {
            let offset = address.wrapping_sub(last.base);
            offset <= last.size && size <= last.size - offset
        };
        if inside(self.last) && self.last.size > 0 {
            return true;
        }
        let Some((base, size)) = self.memory.allocation(address) else {
            return false;
        };
        self.last = LastAllocation { base, size };
        inside(self.last)
    }
}
