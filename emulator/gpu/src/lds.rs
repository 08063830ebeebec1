//! A workgroup's local data share, and what else its waves have in common.

mod races;

pub(crate) use races::Touch;

use self::races::Races;
use crate::wave::Barriers;

/// The bytes of a workgroup's LDS, and which of them were written (checked mode).
#[derive(Clone, Debug, Default)]
pub(crate) struct Lds {
    bytes: Vec<u8>,
    /// One entry for each byte in checked mode, else empty.
    written: Vec<bool>,
    /// The last barrier that some wave signalled.
    signalled: u64,
    /// Set where races are looked for.
    races: Option<Box<Races>>,
}

impl Lds {
    /// LDS of `size` bytes, all zero.
    pub(crate) fn new(size: usize, checked: bool) -> Self {
        Self {
            bytes: vec![0; size],
            written: vec![false; if checked { size } else { 0 }],
            signalled: 0,
            races: None,
        }
    }

    /// Makes it new again, for another workgroup.
    pub(crate) fn reset(&mut self) {
        self.bytes.fill(0);
        self.written.fill(false);
        self.signalled = 0;
        if let Some(races) = &mut self.races {
            races.reset();
        }
    }

    /// Looks for races from now on.
    pub(crate) fn find_races(mut self) -> Self {
        self.races = Some(Box::new(Races::new(self.bytes.len())));
        self
    }

    /// Notes an access; whether it races with another wave's.
    #[inline(always)]
    pub(crate) fn races(
        &mut self,
        offset: u32,
        size: usize,
        wave: u32,
        barriers: Barriers,
        touch: Touch,
    ) -> bool {
        match &mut self.races {
            Some(races) => races.visit(offset, size, wave, barriers, touch),
            None => false,
        }
    }

    /// Notes that a wave signals a barrier; whether it is the first.
    pub(crate) fn first_signal(&mut self, barrier: u64) -> bool {
        let first = barrier > self.signalled;
        self.signalled = self.signalled.max(barrier);
        first
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// All bytes, for accesses that were checked as a whole.
    #[inline(always)]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads `N` bytes, if they are within its size.
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&self, offset: u32) -> Option<[u8; N]> {
        let bytes = self.bytes.get(offset as usize..)?;
        bytes.first_chunk().copied()
    }

    /// Writes `N` bytes, if they are within its size.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self, offset: u32, value: [u8; N]) -> bool {
        let place = self
            .bytes
            .get_mut(offset as usize..)
            .and_then(|bytes| bytes.first_chunk_mut());
        let Some(place) = place else { return false };
        *place = value;
        if !self.written.is_empty() {
            self.written[offset as usize..offset as usize + N].fill(true);
        }
        true
    }

    /// Whether a read of `N` bytes is aligned to words and of what was written (checked mode).
    #[inline(always)]
    pub(crate) fn is_sound<const N: usize>(&self, offset: u32) -> bool {
        let written = self
            .written
            .get(offset as usize..)
            .and_then(|written| written.first_chunk::<N>());
        offset.is_multiple_of(N.min(4) as u32) && written == Some(&[true; N])
    }

    /// The first of `size` bytes that was never written (checked mode).
    pub(crate) fn unwritten(&self, offset: u32, size: u32) -> Option<u32> {
        let range = self
            .written
            .get(offset as usize..(offset + size) as usize)?;
        range
            .iter()
            .position(|written| !written)
            .map(|at| offset + at as u32)
    }
}
