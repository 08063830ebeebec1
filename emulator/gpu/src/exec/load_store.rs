//! Loads and stores: one table for all ways to address memory.

use std::marker::PhantomData;

use redwick_isa::{Encoding, Inst, Opcode};

use super::access::Refused;
use super::buffer::{self, Buffered};
use super::ds::Shared;
use super::global::{self, Addressed, done};
use super::part::{self, High, HighSigned, Low, LowSigned, Part, Signed, Unsigned};
use super::{Handler, Level, bound};
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::wave::Wave;

/// A way to address memory.
pub(super) trait Space {
    /// Kinds of the sources that make an address.
    const ADDRESS: [Kind; 4];
    /// The source that holds what is stored.
    const DATA: usize;

    /// Loads `W` words for each active lane.
    fn load_words<const W: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
    ) -> Result<[[u32; L]; W], Refused>;

    /// Stores `W` words of each active lane: the rows from `first` on.
    fn store_words<const W: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        first: usize,
    ) -> Result<(), Refused>;

    /// Loads `N` bytes (1 or 2) for each active lane, zero-extended.
    fn load_part<const N: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
    ) -> Result<[u32; L], Refused>;

    /// Stores the `N` lowest bytes (1 or 2) of each active lane.
    fn store_part<const N: usize, const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        row: &[u32; L],
    ) -> Result<(), Refused>;
}

/// The kinds of a store's sources.
const fn with_data<S: Space>() -> [Kind; 4] {
    let mut kinds = S::ADDRESS;
    kinds[S::DATA] = Kind::B32;
    kinds
}

struct LoadWords<S, const W: usize>(PhantomData<S>);

impl<S: Space, const W: usize> Handler for LoadWords<S, W> {
    const SRC: [Kind; 4] = S::ADDRESS;
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(first) = s.dst[0] else {
            return Flow::Next;
        };
        let rows = match S::load_words::<W, L>(w, s) {
            Ok(rows) => rows,
            Err(kind) => return w.stop(*kind),
        };
        let mask = w.exec();
        for (word, row) in rows.iter().enumerate() {
            w.write_row(usize::from(first) + word, row, mask);
        }
        Flow::Next
    }
}

struct StoreWords<S, const W: usize>(PhantomData<S>);

impl<S: Space, const W: usize> Handler for StoreWords<S, W> {
    const SRC: [Kind; 4] = with_data::<S>();

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let first = w.source(s, S::DATA, Kind::B32);
        let stored = S::store_words::<W, L>(w, s, first);
        done(w, stored)
    }
}

/// Loads `N` bytes and places them as `P` says.
struct LoadPart<S, const N: usize, P>(PhantomData<(S, P)>);

impl<S: Space, const N: usize, P: Part> Handler for LoadPart<S, N, P> {
    const SRC: [Kind; 4] = S::ADDRESS;
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let Dst::Row(row) = s.dst[0] else {
            return Flow::Next;
        };
        match S::load_part::<N, L>(w, s) {
            Ok(loaded) => {
                let mask = w.exec();
                part::write::<P, L>(w, usize::from(row), &loaded, mask);
                Flow::Next
            }
            Err(kind) => w.stop(*kind),
        }
    }
}

/// Stores `N` bytes, from bit `SHIFT` of the data on.
struct StorePart<S, const N: usize, const SHIFT: u32>(PhantomData<S>);

impl<S: Space, const N: usize, const SHIFT: u32> Handler for StorePart<S, N, SHIFT> {
    const SRC: [Kind; 4] = with_data::<S>();

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let row = w.source(s, S::DATA, Kind::B32);
        let row = w.vgpr[row].map(|lane| lane >> SHIFT);
        let stored = S::store_part::<N, L>(w, s, &row);
        done(w, stored)
    }
}

/// Binds a load or store.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    let mut bound = match inst.encoding {
        Encoding::Ds => moves::<L, Shared>(inst.opcode, level)?,
        Encoding::Mubuf => moves::<L, Buffered>(inst.opcode, level)?,
        _ => moves::<L, Addressed>(inst.opcode, level)?,
    };
    match inst.encoding {
        Encoding::Ds => {}
        Encoding::Mubuf => buffer::address_form(&mut bound, inst),
        _ => global::address_form(&mut bound, inst)?,
    }
    Some(bound)
}

/// A load of `words` registers.
fn load<const L: usize, H: Handler>(level: Level, words: u8) -> Bound<L> {
    let mut bound = bound::<L, H>(level);
    bound.dst_words[0] = words;
    bound
}

/// A store of `words` registers.
fn store<const L: usize, S: Space, H: Handler>(level: Level, words: u8) -> Bound<L> {
    let mut bound = bound::<L, H>(level);
    bound.src_words[S::DATA] = words;
    bound
}

macro_rules! moves {
    (
        loads { $($($load:ident)|+ => $loader:ty, $load_words:literal;)* }
        stores { $($($store:ident)|+ => $storer:ty, $store_words:literal;)* }
    ) => {
        fn moves<const L: usize, S: Space>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
            Some(match opcode {
                $($(Opcode::$load)|+ => load::<L, $loader>(level, $load_words),)*
                $($(Opcode::$store)|+ => store::<L, S, $storer>(level, $store_words),)*
                _ => return None,
            })
        }
    };
}

moves! {
    loads {
        GlobalLoadB32 | FlatLoadB32 | ScratchLoadB32 | BufferLoadB32 | DsLoadB32 => LoadWords<S, 1>, 1;
        GlobalLoadB64 | FlatLoadB64 | ScratchLoadB64 | BufferLoadB64 | DsLoadB64 => LoadWords<S, 2>, 2;
        GlobalLoadB96 | FlatLoadB96 | ScratchLoadB96 | BufferLoadB96 | DsLoadB96 => LoadWords<S, 3>, 3;
        GlobalLoadB128 | FlatLoadB128 | ScratchLoadB128 | BufferLoadB128 | DsLoadB128 => LoadWords<S, 4>, 4;
        GlobalLoadU8 | FlatLoadU8 | ScratchLoadU8 | BufferLoadU8 | DsLoadU8 => LoadPart<S, 1, Unsigned>, 1;
        GlobalLoadI8 | FlatLoadI8 | ScratchLoadI8 | BufferLoadI8 | DsLoadI8 => LoadPart<S, 1, Signed<8>>, 1;
        GlobalLoadU16 | FlatLoadU16 | ScratchLoadU16 | BufferLoadU16 | DsLoadU16 => LoadPart<S, 2, Unsigned>, 1;
        GlobalLoadI16 | FlatLoadI16 | ScratchLoadI16 | BufferLoadI16 | DsLoadI16 => LoadPart<S, 2, Signed<16>>, 1;
        GlobalLoadD16U8 | FlatLoadD16U8 | ScratchLoadD16U8 | BufferLoadD16U8 | DsLoadU8D16 => LoadPart<S, 1, Low>, 1;
        GlobalLoadD16I8 | FlatLoadD16I8 | ScratchLoadD16I8 | BufferLoadD16I8 | DsLoadI8D16 => LoadPart<S, 1, LowSigned>, 1;
        GlobalLoadD16B16 | FlatLoadD16B16 | ScratchLoadD16B16 | BufferLoadD16B16 | DsLoadU16D16 => LoadPart<S, 2, Low>, 1;
        GlobalLoadD16HiU8 | FlatLoadD16HiU8 | ScratchLoadD16HiU8 | BufferLoadD16HiU8 | DsLoadU8D16Hi => LoadPart<S, 1, High>, 1;
        GlobalLoadD16HiI8 | FlatLoadD16HiI8 | ScratchLoadD16HiI8 | BufferLoadD16HiI8 | DsLoadI8D16Hi => LoadPart<S, 1, HighSigned>, 1;
        GlobalLoadD16HiB16 | FlatLoadD16HiB16 | ScratchLoadD16HiB16 | BufferLoadD16HiB16 | DsLoadU16D16Hi => LoadPart<S, 2, High>, 1;
    }
    stores {
        GlobalStoreB32 | FlatStoreB32 | ScratchStoreB32 | BufferStoreB32 | DsStoreB32 => StoreWords<S, 1>, 1;
        GlobalStoreB64 | FlatStoreB64 | ScratchStoreB64 | BufferStoreB64 | DsStoreB64 => StoreWords<S, 2>, 2;
        GlobalStoreB96 | FlatStoreB96 | ScratchStoreB96 | BufferStoreB96 | DsStoreB96 => StoreWords<S, 3>, 3;
        GlobalStoreB128 | FlatStoreB128 | ScratchStoreB128 | BufferStoreB128 | DsStoreB128 => StoreWords<S, 4>, 4;
        GlobalStoreB8 | FlatStoreB8 | ScratchStoreB8 | BufferStoreB8 | DsStoreB8 => StorePart<S, 1, 0>, 1;
        GlobalStoreB16 | FlatStoreB16 | ScratchStoreB16 | BufferStoreB16 | DsStoreB16 => StorePart<S, 2, 0>, 1;
        GlobalStoreD16HiB8 | FlatStoreD16HiB8 | ScratchStoreD16HiB8 | BufferStoreD16HiB8 | DsStoreB8D16Hi => StorePart<S, 1, 16>, 1;
        GlobalStoreD16HiB16 | FlatStoreD16HiB16 | ScratchStoreD16HiB16 | BufferStoreD16HiB16 | DsStoreB16D16Hi => StorePart<S, 2, 16>, 1;
    }
}
