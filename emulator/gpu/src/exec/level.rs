//! Choosing the code for the host's vector features, and running it.
//!
//! The one place where compiled handlers are called: each was compiled for a level, and
//! [`Level::detect`] only names a level that the host has.

use super::Handler;
#[cfg(not(any(feature = "portable", not(target_arch = "x86_64"))))]
use crate::fault::FaultKind;
use crate::step::{Flow, Run, Step};
use crate::wave::Wave;

/// Host features that handlers are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// What every host of the architecture has.
    Portable,
    /// x86-64 with AVX2, FMA and the bit instructions of their time.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,popcnt,lzcnt")]
fn avx2<const L: usize, H: Handler>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
    H::run(w, s)
}

#[cfg(any(feature = "portable", not(target_arch = "x86_64")))]
fn portable<const L: usize, H: Handler>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
    H::run(w, s)
}

/// Stands for code that this build leaves out; [`Level::detect`] never asks for it.
#[cfg(not(any(feature = "portable", not(target_arch = "x86_64"))))]
fn portable<const L: usize, H: Handler>(w: &mut Wave<'_, L>, _: &Step<L>) -> Flow {
    w.stop(FaultKind::Unsupported("this host's processor".to_owned()))
}

impl Level {
    /// The best level that this host has and this build contains.
    pub(crate) fn detect() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let vector = has!("avx2") && has!("fma") && has!("f16c");
            if vector && has!("bmi1") && has!("bmi2") && has!("popcnt") && has!("lzcnt") {
                return Some(Self::Avx2);
            }
        }
        cfg!(any(feature = "portable", not(target_arch = "x86_64"))).then_some(Self::Portable)
    }

    /// A handler compiled for this level.
    pub(super) fn compiled<const L: usize, H: Handler>(self) -> Run<L> {
        match self {
            Self::Portable => portable::<L, H> as Run<L>,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::<L, H> as Run<L>,
        }
    }
}

/// A handler that needs no vector features: the same code for every host.
pub(super) fn scalar<const L: usize, H: Handler>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
    H::run(w, s)
}

/// Runs a wave until it waits, ends or faults, or has run `turn` instructions.
pub(crate) fn run<const L: usize>(wave: &mut Wave<'_, L>, turn: u64) -> Flow {
    if wave.shadow.is_some() {
        run_checked(wave, turn)
    } else {
        run_plain(wave, turn)
    }
}

fn run_plain<const L: usize>(wave: &mut Wave<'_, L>, turn: u64) -> Flow {
    let steps = wave.program.steps.as_slice();
    for count in 1..=turn {
        let at = wave.pc;
        let step = &steps[at as usize];
        wave.pc = step.next;
        // SAFETY: the step was bound at the level that `Level::detect` found on this host.
        let flow = unsafe { (step.run)(wave, step) };
        if flow != Flow::Next {
            wave.executed += count;
            wave.at = at;
            return flow;
        }
    }
    wave.executed += turn;
    Flow::Next
}

fn run_checked<const L: usize>(wave: &mut Wave<'_, L>, turn: u64) -> Flow {
    let program = wave.program;
    for _ in 0..turn {
        let at = wave.pc;
        let (step, access) = (&program.steps[at as usize], &program.accesses[at as usize]);
        wave.at = at;
        wave.pc = step.next;
        wave.executed += 1;
        let mask = match wave.check_sources(access) {
            Ok(defined) => defined,
            Err(kind) => return wave.stop(kind),
        };
        // SAFETY: as in `run_plain`.
        let flow = unsafe { (step.run)(wave, step) };
        wave.note_results(access, mask);
        if flow != Flow::Next {
            return flow;
        }
    }
    Flow::Next
}

/// Runs both halves of a dual-issue instruction.
///
/// # Safety
/// As for every [`Run`]: the host has the features of the level that the halves were bound at.
pub(super) unsafe fn dual<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
    let Some(pair) = &s.pair else {
        return Flow::Next;
    };
    if let Some((row, place)) = pair.save {
        w.vgpr[usize::from(place)] = w.vgpr[usize::from(row)];
    }
    // SAFETY: both halves were bound at the same level as all steps of the program.
    unsafe {
        (pair.x.run)(w, &pair.x);
        (pair.y.run)(w, &pair.y)
    }
}
