//! A workgroup: its waves run in turn on one host thread and meet at barriers.

use crate::exec;
use crate::fault::{Fault, FaultKind};
use crate::gpu::Options;
use crate::lds::Lds;
use crate::memory::Memory;
use crate::program::Program;
use crate::setup::Setup;
use crate::step::Flow;
use crate::wave::Wave;

/// Instructions that a wave may run before the others get their turn, so that waves that wait for
/// one another in memory make progress.
const TURN: u64 = 1 << 20;

/// Where a wave stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Runs,
    Waits,
    Ended,
}

/// A workgroup in the making: the same waves serve one workgroup after another.
pub(crate) struct Group<'g, const L: usize> {
    waves: Vec<(Wave<'g, L>, State)>,
    lds: Lds,
    setup: &'g Setup<'g>,
    worker: u64,
    checked: bool,
    limit: u64,
}

impl<'g, const L: usize> Group<'g, L> {
    pub(crate) fn new(
        program: &'g Program<L>,
        memory: &'g Memory,
        options: &Options,
        setup: &'g Setup<'g>,
        worker: u64,
    ) -> Self {
        let wave = || (Wave::new(program, memory, options.checked), State::Runs);
        let lds = Lds::new(setup.lds as usize, options.checked);
        let lds = if options.checked && options.races {
            lds.find_races()
        } else {
            lds
        };
        Self {
            waves: (0..setup.waves).map(|_| wave()).collect(),
            lds,
            setup,
            worker,
            checked: options.checked,
            limit: options.instruction_limit.unwrap_or(u64::MAX),
        }
    }

    /// Wave-instructions executed so far, over all workgroups.
    pub(crate) fn executed(&self) -> u64 {
        self.waves.iter().map(|(wave, _)| wave.executed).sum()
    }

    /// Runs a workgroup to its end.
    pub(crate) fn run(&mut self, workgroup: [u32; 3]) -> Result<(), Box<Fault>> {
        self.lds.reset();
        for (number, (wave, state)) in self.waves.iter_mut().enumerate() {
            self.setup
                .start(wave, workgroup, number as u32, self.worker);
            *state = State::Runs;
        }
        let started = self.executed();
        while !self.waves.iter().all(|(_, state)| *state == State::Ended) {
            self.run_turn(workgroup)?;
            self.meet(workgroup)?;
            if self.executed() - started > self.limit {
                return Err(self.fault(0, workgroup, FaultKind::TooManyInstructions(self.limit)));
            }
        }
        Ok(())
    }

    /// Lets every wave that can run do so until it waits, ends, or its turn is over.
    fn run_turn(&mut self, workgroup: [u32; 3]) -> Result<(), Box<Fault>> {
        for number in 0..self.waves.len() {
            let (wave, state) = &mut self.waves[number];
            if *state != State::Runs {
                continue;
            }
            wave.lds = std::mem::take(&mut self.lds);
            let flow = exec::run(wave, TURN.min(self.limit));
            self.lds = std::mem::take(&mut wave.lds);
            *state = match flow {
                Flow::Next => State::Runs,
                Flow::Barrier => State::Waits,
                Flow::End => State::Ended,
                Flow::Trap => {
                    let kind = wave.trap.take().map_or(FaultKind::Trap(0), |kind| *kind);
                    return Err(self.fault(number, workgroup, kind));
                }
            };
        }
        Ok(())
    }

    /// Lets waves pass the barrier that they wait at once all others that have not ended have
    /// signalled it. In checked mode those that ended must have signalled it too.
    fn meet(&mut self, workgroup: [u32; 3]) -> Result<(), Box<Fault>> {
        let signalled = |ended: bool| {
            let counted = self.waves.iter();
            let counted = counted.filter(|(_, state)| (*state == State::Ended) == ended);
            counted.map(|(wave, _)| wave.barriers.signalled).min()
        };
        let running = signalled(false).unwrap_or(u64::MAX);
        let ended = signalled(true).filter(|_| self.checked);
        for (wave, state) in &mut self.waves {
            let barrier = wave.barriers.waited;
            let passes = barrier <= running && ended.is_none_or(|ended| barrier <= ended);
            if *state == State::Waits && passes {
                *state = State::Runs;
            }
        }
        let of = |wanted| move |(_, state): &(Wave<'g, L>, State)| *state == wanted;
        match self.waves.iter().position(of(State::Waits)) {
            Some(first) if !self.waves.iter().any(of(State::Runs)) => {
                let kind = FaultKind::Barrier {
                    waiting: self
                        .waves
                        .iter()
                        .filter(|wave| of(State::Waits)(wave))
                        .count() as u32,
                    waves: self.waves.len() as u32,
                };
                Err(self.fault(first, workgroup, kind))
            }
            _ => Ok(()),
        }
    }

    fn fault(&self, number: usize, workgroup: [u32; 3], kind: FaultKind) -> Box<Fault> {
        let wave = &self.waves[number].0;
        let (address, instruction) = wave.program.describe(wave.at);
        Box::new(Fault {
            kind,
            kernel: self.setup.kernel.name().to_owned(),
            address,
            offset: address.wrapping_sub(self.setup.kernel.image().base),
            instruction,
            workgroup,
            wave: number as u32,
        })
    }
}
