//! Accesses of different waves to the same bytes of LDS that no barrier orders.
//!
//! An access of one wave comes before that of another if the first wave signalled a barrier after its
//! access that the second waited at before its own.

use crate::wave::Barriers;

/// What a wave does to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    Load,
    Store,
    /// Atomics race with loads and stores, not with one another.
    Atomic,
}

/// Who touched a byte last.
#[derive(Clone, Copy, Debug, Default)]
struct Visit {
    /// The wave's number plus one; 0: nobody.
    wave: u32,
    /// Barriers that it had signalled.
    signalled: u64,
    atomic: bool,
}

/// Stands for several waves.
const SEVERAL: u32 = u32::MAX;

impl Visit {
    /// Whether it comes before what a wave does that has waited at that many barriers.
    fn precedes(self, wave: u32, waited: u64) -> bool {
        self.wave == 0 || self.wave == wave || self.signalled < waited
    }
}

/// The last visits to each byte.
#[derive(Clone, Debug, Default)]
pub(crate) struct Races {
    writes: Vec<Visit>,
    reads: Vec<Visit>,
}

impl Races {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            writes: vec![Visit::default(); size],
            reads: vec![Visit::default(); size],
        }
    }

    /// Makes it new again, for another workgroup.
    pub(crate) fn reset(&mut self) {
        self.writes.fill(Visit::default());
        self.reads.fill(Visit::default());
    }

    /// Notes what wave `number` does to `size` bytes; whether it races with another. Bytes out of range
    /// are somebody else's business.
    pub(crate) fn visit(
        &mut self,
        offset: u32,
        size: usize,
        number: u32,
        barriers: Barriers,
        touch: Touch,
    ) -> bool {
        let wave = number + 1;
        let first = offset as usize;
        let places = first..first.saturating_add(size);
        let Some((writes, reads)) = self
            .writes
            .get_mut(places.clone())
            .zip(self.reads.get_mut(places))
        else {
            return false;
        };
        let mine = Visit {
            wave,
            signalled: barriers.signalled,
            atomic: touch == Touch::Atomic,
        };
        let mut races = false;
        for (write, read) in writes.iter_mut().zip(reads) {
            let both_atomic = write.atomic && mine.atomic;
            races |= !write.precedes(wave, barriers.waited) && !both_atomic;
            if touch != Touch::Load {
                races |= !read.precedes(wave, barriers.waited);
                *write = mine;
            } else if read.precedes(wave, barriers.waited) {
                *read = mine;
            } else {
                read.wave = SEVERAL;
                read.signalled = read.signalled.max(mine.signalled);
            }
        }
        races
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(signalled: u64, waited: u64) -> Barriers {
        Barriers { signalled, waited }
    }

    #[test]
    fn only_a_barrier_orders_waves() {
        let mut races = Races::new(8);
        assert!(!races.visit(0, 4, 0, at(0, 0), Touch::Store));
        assert!(!races.visit(0, 4, 0, at(0, 0), Touch::Load));
        assert!(!races.visit(4, 4, 1, at(0, 0), Touch::Store));
        assert!(races.visit(2, 2, 1, at(0, 0), Touch::Load));
        assert!(!races.visit(0, 4, 1, at(1, 1), Touch::Load));
        assert!(races.visit(0, 4, 0, at(1, 1), Touch::Store));
        assert!(!races.visit(0, 4, 0, at(2, 2), Touch::Store));
    }

    #[test]
    fn signalling_before_the_access_does_not_order_it() {
        let mut races = Races::new(4);
        // Stored behind the signal: another wave's wait says nothing about it.
        assert!(!races.visit(0, 4, 0, at(1, 0), Touch::Store));
        assert!(races.visit(0, 4, 1, at(1, 1), Touch::Load));
    }

    #[test]
    fn several_readers_all_count() {
        let mut races = Races::new(4);
        assert!(!races.visit(0, 4, 0, at(0, 0), Touch::Load));
        assert!(!races.visit(0, 4, 1, at(0, 0), Touch::Load));
        assert!(races.visit(0, 4, 1, at(0, 0), Touch::Store));
    }

    #[test]
    fn atomics_race_with_others_only() {
        let mut races = Races::new(4);
        assert!(!races.visit(0, 4, 0, at(0, 0), Touch::Atomic));
        assert!(!races.visit(0, 4, 1, at(0, 0), Touch::Atomic));
        assert!(races.visit(0, 4, 0, at(0, 0), Touch::Load));
        assert!(!races.visit(100, 4, 0, at(0, 0), Touch::Load));
    }
}
