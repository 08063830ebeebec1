//! Atomic operations, on device memory and LDS.
//!
//! Workgroups run on several host threads, so atomics on device memory are host atomics; LDS belongs
//! to one thread.

use std::marker::PhantomData;
use std::sync::atomic::Ordering;

use redwick_isa::{Encoding, Inst, Opcode};

use super::access::{Place, Refused, lanes};
use super::float::{bf16_to_f32, f16_to_f32, f32_to_bf16, f32_to_f16, max32, max64, min32, min64};
use super::global::{self, done};
use super::{Handler, buffer, ds, plain};
use crate::fault::FaultKind;
use crate::lds::Touch;
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::wave::Wave;

/// `Step::flag` of atomics on LDS.
const LDS: u8 = 8;
/// `Step::flag` of atomics through buffer descriptors.
const BUFFER: u8 = 9;

/// A word of memory.
trait Word: Copy + PartialEq {
    /// Registers that it takes.
    const WORDS: usize;
    fn from_parts(low: u32, high: u32) -> Self;
    fn parts(self) -> (u32, u32);
    /// Replaces the word in device memory by `new` of it; `None` where it cannot be reached.
    fn update<const L: usize>(
        w: &mut Wave<'_, L>,
        address: u64,
        new: impl Fn(Self) -> Self,
    ) -> Option<Self>;
}

macro_rules! memory_words {
    ($($ty:ty, $words:literal, $atomic:ident;)*) => {$(
        impl Word for $ty {
            const WORDS: usize = $words;
            fn from_parts(low: u32, high: u32) -> Self {
                (u64::from(low) | u64::from(high) << 32) as Self
            }
            fn parts(self) -> (u32, u32) {
                let wide = u64::from(self);
                (wide as u32, (wide >> 32) as u32)
            }
            fn update<const L: usize>(w: &mut Wave<'_, L>, address: u64, new: impl Fn(Self) -> Self) -> Option<Self> {
                if !w.accessible(address, 4 * $words) {
                    return None;
                }
                let word = w.memory.$atomic(address)?;
                word.fetch_update(Ordering::AcqRel, Ordering::Acquire, |old| Some(new(old))).ok()
            }
        }
    )*};
}

memory_words! {
    u32, 1, atomic_u32;
    u64, 2, atomic_u64;
}

/// An atomic operation: what replaces the old word.
trait Update {
    type Word: Word;
    /// The operation takes two data words: the new one and the one compared with.
    const TWO: bool;
    fn new(old: Self::Word, data: Self::Word, second: Self::Word) -> Self::Word;
}

struct Atomic<U>(PhantomData<U>);

impl<U: Update> Atomic<U> {
    const WORDS: usize = U::Word::WORDS;

    fn data<const L: usize>(w: &Wave<'_, L>, row: usize, lane: usize) -> U::Word {
        let high = if Self::WORDS == 2 {
            w.vgpr[row + 1][lane]
        } else {
            0
        };
        U::Word::from_parts(w.vgpr[row][lane], high)
    }

    /// The rows of the first and second data word.
    fn data_rows<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> (usize, usize) {
        let first = match s.flag {
            LDS => 1,
            BUFFER => 3,
            _ => 2,
        };
        let row = w.source(s, first, Kind::B32);
        match s.flag {
            LDS if U::TWO => (row, w.source(s, 2, Kind::B32)),
            _ => (row, row + Self::WORDS),
        }
    }

    fn run_all<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Result<(), Refused> {
        let (first, second) = Self::data_rows(w, s);
        let (addresses, mask) = match s.flag {
            LDS => (ds::offsets(w, s, s.imm as u32).map(u64::from), w.exec()),
            BUFFER => buffer::addresses(w, s, 4 * Self::WORDS as u64)?,
            _ => (global::addresses(w, s), w.exec()),
        };
        for lane in lanes(mask) {
            let data = Self::data(w, first, lane);
            let two = if U::TWO {
                Self::data(w, second, lane)
            } else {
                data
            };
            let old = Self::one(w, s, addresses[lane], lane, |old| U::new(old, data, two))?;
            if let Dst::Row(row) = s.dst[0] {
                let (low, high) = old.parts();
                w.vgpr[usize::from(row)][lane] = low;
                if Self::WORDS == 2 {
                    w.vgpr[usize::from(row) + 1][lane] = high;
                }
            }
        }
        Ok(())
    }

    /// Updates one lane's word, wherever it is.
    fn one<const L: usize>(
        w: &mut Wave<'_, L>,
        s: &Step<L>,
        address: u64,
        lane: usize,
        new: impl Fn(U::Word) -> U::Word,
    ) -> Result<U::Word, Refused> {
        let size = 4 * Self::WORDS as u32;
        let place = match s.flag {
            LDS => Place::Lds(address as u32),
            _ => w.place(address, size, lane, true)?,
        };
        match place {
            Place::Lds(offset) => Self::in_lds(w, offset, lane, new),
            Place::Global(place) => {
                U::Word::update(w, place, new).ok_or_else(|| refusal(w, place, size, lane))
            }
        }
    }

    fn in_lds<const L: usize>(
        w: &mut Wave<'_, L>,
        offset: u32,
        lane: usize,
        new: impl Fn(U::Word) -> U::Word,
    ) -> Result<U::Word, Refused> {
        w.lds_touch(offset, 4 * Self::WORDS, lane, Touch::Atomic)?;
        let mut words = [0; 2];
        for (word, value) in words.iter_mut().enumerate().take(Self::WORDS) {
            *value = u32::from_le_bytes(w.lds_fetch(offset.wrapping_add(4 * word as u32), lane)?);
        }
        let old = U::Word::from_parts(words[0], words[1]);
        let (low, high) = new(old).parts();
        w.lds_put(offset, lane, low.to_le_bytes())?;
        if Self::WORDS == 2 {
            w.lds_put(offset.wrapping_add(4), lane, high.to_le_bytes())?;
        }
        Ok(old)
    }
}

/// Why a word of device memory could not be updated.
fn refusal<const L: usize>(w: &Wave<'_, L>, address: u64, size: u32, lane: usize) -> Refused {
    let lane = lane as u32;
    Box::new(
        if w.memory.in_arena(address, u64::from(size)) && !address.is_multiple_of(u64::from(size)) {
            FaultKind::MisalignedAtomic {
                address,
                size,
                lane,
            }
        } else {
            FaultKind::OutOfBounds {
                address,
                size,
                lane: Some(lane),
                write: true,
            }
        },
    )
}

impl<U: Update> Handler for Atomic<U> {
    const SRC: [Kind; 4] = [Kind::B32; 4];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let result = Self::run_all(w, s);
        done(w, result)
    }
}

/// Binds an atomic operation.
pub(super) fn bind<const L: usize>(inst: &Inst) -> Option<Bound<L>> {
    let (mut bound, words, two) = table(inst.opcode)?;
    let data = if two { 2 * words } else { words };
    bound.dst_words[0] = words;
    match inst.encoding {
        Encoding::Ds => {
            bound.flag = LDS;
            bound.src_words = [1, words, words, 0];
        }
        Encoding::Mubuf => {
            bound.flag = BUFFER;
            buffer::address_form(&mut bound, inst);
            bound.src_words[3] = data;
        }
        _ => {
            global::address_form(&mut bound, inst)?;
            bound.src[1] = Kind::B64;
            bound.src_words[2] = data;
        }
    }
    Some(bound)
}

fn f32_of(bits: u32) -> f32 {
    f32::from_bits(bits)
}

fn f64_of(bits: u64) -> f64 {
    f64::from_bits(bits)
}

/// Applies an f32 operation to both halves, in another format.
fn halves(old: u32, data: u32, widen: impl Fn(u32) -> f32, narrow: impl Fn(f32) -> u32) -> u32 {
    let sum =
        |shift: u32| narrow(widen(old >> shift & 0xffff) + widen(data >> shift & 0xffff)) & 0xffff;
    sum(0) | sum(16) << 16
}

macro_rules! atomics {
    ($($ty:ty, $two:literal: $($op:ident)|+ => |$old:ident, $data:ident, $second:ident| $body:expr;)*) => {
        /// The handler, the words of memory that it updates, and whether it takes two data words.
        fn table<const L: usize>(opcode: Opcode) -> Option<(Bound<L>, u8, bool)> {
            Some(match opcode {
                $($(Opcode::$op)|+ => {
                    struct Op;
                    impl Update for Op {
                        type Word = $ty;
                        const TWO: bool = $two;
                        fn new($old: $ty, $data: $ty, $second: $ty) -> $ty {
                            $body
                        }
                    }
                    (plain::<L, Atomic<Op>>(), <$ty>::WORDS as u8, $two)
                })*
                _ => return None,
            })
        }
    };
}

atomics! {
    u32, false: GlobalAtomicAddU32 | FlatAtomicAddU32 | BufferAtomicAddU32 | DsAddU32 | DsAddRtnU32 => |old, data, _second| old.wrapping_add(data);
    u32, false: GlobalAtomicSubU32 | FlatAtomicSubU32 | BufferAtomicSubU32 | DsSubU32 | DsSubRtnU32 => |old, data, _second| old.wrapping_sub(data);
    u32, false: GlobalAtomicAndB32 | FlatAtomicAndB32 | BufferAtomicAndB32 | DsAndB32 | DsAndRtnB32 => |old, data, _second| old & data;
    u32, false: GlobalAtomicOrB32 | FlatAtomicOrB32 | BufferAtomicOrB32 | DsOrB32 | DsOrRtnB32 => |old, data, _second| old | data;
    u32, false: GlobalAtomicXorB32 | FlatAtomicXorB32 | BufferAtomicXorB32 | DsXorB32 | DsXorRtnB32 => |old, data, _second| old ^ data;
    u32, false: GlobalAtomicMinU32 | FlatAtomicMinU32 | BufferAtomicMinU32 | DsMinU32 | DsMinRtnU32 => |old, data, _second| old.min(data);
    u32, false: GlobalAtomicMaxU32 | FlatAtomicMaxU32 | BufferAtomicMaxU32 | DsMaxU32 | DsMaxRtnU32 => |old, data, _second| old.max(data);
    u32, false: GlobalAtomicMinI32 | FlatAtomicMinI32 | BufferAtomicMinI32 | DsMinI32 | DsMinRtnI32 => |old, data, _second| (old as i32).min(data as i32) as u32;
    u32, false: GlobalAtomicMaxI32 | FlatAtomicMaxI32 | BufferAtomicMaxI32 | DsMaxI32 | DsMaxRtnI32 => |old, data, _second| (old as i32).max(data as i32) as u32;
    u32, false: GlobalAtomicIncU32 | FlatAtomicIncU32 | BufferAtomicIncU32 | DsIncU32 | DsIncRtnU32 => |old, data, _second| if old >= data { 0 } else { old + 1 };
    u32, false: GlobalAtomicDecU32 | FlatAtomicDecU32 | BufferAtomicDecU32 | DsDecU32 | DsDecRtnU32 => |old, data, _second| if old == 0 || old > data { data } else { old - 1 };
    u32, false: DsRsubU32 | DsRsubRtnU32 => |old, data, _second| data.wrapping_sub(old);
    u32, false: GlobalAtomicSwapB32 | FlatAtomicSwapB32 | BufferAtomicSwapB32 | DsStorexchgRtnB32 => |_old, data, _second| data;
    u32, true: GlobalAtomicCmpswapB32 | FlatAtomicCmpswapB32 | BufferAtomicCmpswapB32 | DsCmpstoreB32 | DsCmpstoreRtnB32 => |old, data, compared| if old == compared { data } else { old };
    u32, true: DsCmpstB32 | DsCmpstRtnB32 => |old, compared, data| if old == compared { data } else { old };
    u32, false: GlobalAtomicAddF32 | FlatAtomicAddF32 | BufferAtomicAddF32 | DsAddF32 | DsAddRtnF32 => |old, data, _second| (f32_of(old) + f32_of(data)).to_bits();
    u32, false: GlobalAtomicMinF32 | FlatAtomicMinF32 | BufferAtomicMinF32 | DsMinF32 | DsMinRtnF32 => |old, data, _second| min32(f32_of(old), f32_of(data)).to_bits();
    u32, false: GlobalAtomicMaxF32 | FlatAtomicMaxF32 | BufferAtomicMaxF32 | DsMaxF32 | DsMaxRtnF32 => |old, data, _second| max32(f32_of(old), f32_of(data)).to_bits();
    u32, true: GlobalAtomicCmpswapF32 | FlatAtomicCmpswapF32 | BufferAtomicCmpswapF32 | DsCmpstoreF32 | DsCmpstoreRtnF32 => |old, data, compared| if f32_of(old) == f32_of(compared) { data } else { old };
    u32, true: DsCmpstF32 | DsCmpstRtnF32 => |old, compared, data| if f32_of(old) == f32_of(compared) { data } else { old };
    u32, true: DsMskorB32 | DsMskorRtnB32 => |old, mask, data| old & !mask | data;
    u64, false: GlobalAtomicAddU64 | FlatAtomicAddU64 | BufferAtomicAddU64 | DsAddU64 | DsAddRtnU64 => |old, data, _second| old.wrapping_add(data);
    u64, false: GlobalAtomicSubU64 | FlatAtomicSubU64 | BufferAtomicSubU64 | DsSubU64 | DsSubRtnU64 => |old, data, _second| old.wrapping_sub(data);
    u64, false: GlobalAtomicAndB64 | FlatAtomicAndB64 | BufferAtomicAndB64 | DsAndB64 | DsAndRtnB64 => |old, data, _second| old & data;
    u64, false: GlobalAtomicOrB64 | FlatAtomicOrB64 | BufferAtomicOrB64 | DsOrB64 | DsOrRtnB64 => |old, data, _second| old | data;
    u64, false: GlobalAtomicXorB64 | FlatAtomicXorB64 | BufferAtomicXorB64 | DsXorB64 | DsXorRtnB64 => |old, data, _second| old ^ data;
    u64, false: GlobalAtomicMinU64 | FlatAtomicMinU64 | BufferAtomicMinU64 | DsMinU64 | DsMinRtnU64 => |old, data, _second| old.min(data);
    u64, false: GlobalAtomicMaxU64 | FlatAtomicMaxU64 | BufferAtomicMaxU64 | DsMaxU64 | DsMaxRtnU64 => |old, data, _second| old.max(data);
    u64, false: GlobalAtomicMinI64 | FlatAtomicMinI64 | BufferAtomicMinI64 | DsMinI64 | DsMinRtnI64 => |old, data, _second| (old as i64).min(data as i64) as u64;
    u64, false: GlobalAtomicMaxI64 | FlatAtomicMaxI64 | BufferAtomicMaxI64 | DsMaxI64 | DsMaxRtnI64 => |old, data, _second| (old as i64).max(data as i64) as u64;
    u64, false: GlobalAtomicIncU64 | FlatAtomicIncU64 | BufferAtomicIncU64 | DsIncU64 | DsIncRtnU64 => |old, data, _second| if old >= data { 0 } else { old + 1 };
    u64, false: GlobalAtomicDecU64 | FlatAtomicDecU64 | BufferAtomicDecU64 | DsDecU64 | DsDecRtnU64 => |old, data, _second| if old == 0 || old > data { data } else { old - 1 };
    u64, false: DsRsubU64 | DsRsubRtnU64 => |old, data, _second| data.wrapping_sub(old);
    u64, false: GlobalAtomicSwapB64 | FlatAtomicSwapB64 | BufferAtomicSwapB64 | DsStorexchgRtnB64 => |_old, data, _second| data;
    u64, true: GlobalAtomicCmpswapB64 | FlatAtomicCmpswapB64 | BufferAtomicCmpswapB64 | DsCmpstoreB64 | DsCmpstoreRtnB64 => |old, data, compared| if old == compared { data } else { old };
    u64, true: DsCmpstB64 | DsCmpstRtnB64 => |old, compared, data| if old == compared { data } else { old };
    u64, false: GlobalAtomicAddF64 | FlatAtomicAddF64 | BufferAtomicAddF64 | DsAddF64 | DsAddRtnF64 => |old, data, _second| (f64_of(old) + f64_of(data)).to_bits();
    u64, false: GlobalAtomicMinF64 | FlatAtomicMinF64 | BufferAtomicMinF64 | DsMinF64 | DsMinRtnF64 => |old, data, _second| min64(f64_of(old), f64_of(data)).to_bits();
    u64, false: GlobalAtomicMaxF64 | FlatAtomicMaxF64 | BufferAtomicMaxF64 | DsMaxF64 | DsMaxRtnF64 => |old, data, _second| max64(f64_of(old), f64_of(data)).to_bits();
    u64, true: GlobalAtomicCmpswapF64 | FlatAtomicCmpswapF64 | BufferAtomicCmpswapF64 | DsCmpstoreF64 | DsCmpstoreRtnF64 => |old, data, compared| if f64_of(old) == f64_of(compared) { data } else { old };
    u64, true: DsCmpstF64 | DsCmpstRtnF64 => |old, compared, data| if f64_of(old) == f64_of(compared) { data } else { old };
    u64, true: DsMskorB64 | DsMskorRtnB64 => |old, mask, data| old & !mask | data;
    u32, false: GlobalAtomicPkAddF16 | FlatAtomicPkAddF16 | BufferAtomicPkAddF16 | DsPkAddF16 | DsPkAddRtnF16 => |old, data, _second| halves(old, data, f16_to_f32, f32_to_f16);
    u32, false: GlobalAtomicPkAddBf16 | FlatAtomicPkAddBf16 | BufferAtomicPkAddBf16 | DsPkAddBf16 | DsPkAddRtnBf16 => |old, data, _second| halves(old, data, bf16_to_f32, f32_to_bf16);
    u32, false: GlobalAtomicCondSubU32 | FlatAtomicCondSubU32 | BufferAtomicCondSubU32 | DsCondSubU32 | DsCondSubRtnU32 => |old, data, _second| if old >= data { old - data } else { old };
    u32, true: DsWrapRtnB32 => |old, down, up| if old >= down { old - down } else { old.wrapping_add(up) };
    u32, false: GlobalAtomicCsubU32 | FlatAtomicCsubU32 | BufferAtomicCsubU32 | DsSubClampU32 | DsSubClampRtnU32 => |old, data, _second| old.saturating_sub(data);
}
