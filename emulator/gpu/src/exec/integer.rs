//! Integer arithmetic, bit fields and moves.

use redwick_isa::Inst;

use super::map::lane_ops;
use super::value::F16Bits;
use super::{Level, bits};
use crate::step::Bound;

/// The low 24 bits, sign-extended.
#[inline(always)]
fn s24(x: i32) -> i64 {
    i64::from(x << 8 >> 8)
}

/// The low 24 bits.
#[inline(always)]
fn u24(x: u32) -> u64 {
    u64::from(x & 0xff_ffff)
}

/// Binds an integer operation; clamped ones saturate.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    let saturates = inst
        .modifiers
        .clamp
        .then(|| saturating(inst.opcode, level))
        .flatten();
    saturates
        .or_else(|| plain(inst.opcode, level))
        .or_else(|| narrow(inst.opcode, level))
        .or_else(|| fields(inst.opcode, level))
}

lane_ops! { fn plain;
    VMovB32 | VAccvgprMovB32 | VAccvgprReadB32 | VAccvgprWriteB32 => (a: u32) -> u32 { a }
    VMovB64 => (a: u64) -> u64 { a }
    VNotB32 => (a: u32) -> u32 { !a }
    VAndB32 => (a: u32, b: u32) -> u32 { a & b }
    VOrB32 => (a: u32, b: u32) -> u32 { a | b }
    VXorB32 => (a: u32, b: u32) -> u32 { a ^ b }
    VXnorB32 => (a: u32, b: u32) -> u32 { !(a ^ b) }
    VAndOrB32 => (a: u32, b: u32, c: u32) -> u32 { a & b | c }
    VOr3B32 => (a: u32, b: u32, c: u32) -> u32 { a | b | c }
    VXor3B32 => (a: u32, b: u32, c: u32) -> u32 { a ^ b ^ c }
    VAddNcU32 | VAddNcI32 => (a: u32, b: u32) -> u32 { a.wrapping_add(b) }
    VSubNcU32 | VSubNcI32 => (a: u32, b: u32) -> u32 { a.wrapping_sub(b) }
    VSubrevNcU32 => (a: u32, b: u32) -> u32 { b.wrapping_sub(a) }
    VAdd3U32 => (a: u32, b: u32, c: u32) -> u32 { a.wrapping_add(b).wrapping_add(c) }
    VXadU32 => (a: u32, b: u32, c: u32) -> u32 { (a ^ b).wrapping_add(c) }
    VMulLoU32 => (a: u32, b: u32) -> u32 { a.wrapping_mul(b) }
    VMulHiU32 => (a: u32, b: u32) -> u32 { ((u64::from(a) * u64::from(b)) >> 32) as u32 }
    VMulHiI32 => (a: i32, b: i32) -> i32 { ((i64::from(a) * i64::from(b)) >> 32) as i32 }
    VMulI32I24 => (a: i32, b: i32) -> i32 { (s24(a) * s24(b)) as i32 }
    VMulU32U24 => (a: u32, b: u32) -> u32 { (u24(a) * u24(b)) as u32 }
    VMulHiI32I24 => (a: i32, b: i32) -> i32 { ((s24(a) * s24(b)) >> 32) as i32 }
    VMulHiU32U24 => (a: u32, b: u32) -> u32 { ((u24(a) * u24(b)) >> 32) as u32 }
    VMadI32I24 => (a: i32, b: i32, c: i32) -> i32 { ((s24(a) * s24(b)) as i32).wrapping_add(c) }
    VMadU32U24 => (a: u32, b: u32, c: u32) -> u32 { ((u24(a) * u24(b)) as u32).wrapping_add(c) }
    VMadI32I16 => (a: i16, b: i16, c: i32) -> i32 { (i32::from(a) * i32::from(b)).wrapping_add(c) }
    VMadU32U16 => (a: u16, b: u16, c: u32) -> u32 { (u32::from(a) * u32::from(b)).wrapping_add(c) }
    VLshlrevB32 => (n: u32, a: u32) -> u32 { a.wrapping_shl(n) }
    VLshrrevB32 => (n: u32, a: u32) -> u32 { a.wrapping_shr(n) }
    VAshrrevI32 => (n: u32, a: i32) -> i32 { a.wrapping_shr(n) }
    VLshlrevB64 => (n: u32, a: u64) -> u64 { a.wrapping_shl(n) }
    VLshrrevB64 => (n: u32, a: u64) -> u64 { a.wrapping_shr(n) }
    VAshrrevI64 => (n: u32, a: i64) -> i64 { a.wrapping_shr(n) }
    VLshlAddU32 => (a: u32, n: u32, c: u32) -> u32 { a.wrapping_shl(n).wrapping_add(c) }
    VAddLshlU32 => (a: u32, b: u32, n: u32) -> u32 { a.wrapping_add(b).wrapping_shl(n) }
    VLshlOrB32 => (a: u32, n: u32, c: u32) -> u32 { a.wrapping_shl(n) | c }
    VLshlAddU64 => (a: u64, n: u32, c: u64) -> u64 { a.wrapping_shl(n & 7).wrapping_add(c) }
    VMinI32 => (a: i32, b: i32) -> i32 { a.min(b) }
    VMaxI32 => (a: i32, b: i32) -> i32 { a.max(b) }
    VMinU32 => (a: u32, b: u32) -> u32 { a.min(b) }
    VMaxU32 => (a: u32, b: u32) -> u32 { a.max(b) }
    VMin3I32 => (a: i32, b: i32, c: i32) -> i32 { a.min(b).min(c) }
    VMax3I32 => (a: i32, b: i32, c: i32) -> i32 { a.max(b).max(c) }
    VMin3U32 => (a: u32, b: u32, c: u32) -> u32 { a.min(b).min(c) }
    VMax3U32 => (a: u32, b: u32, c: u32) -> u32 { a.max(b).max(c) }
    VMed3I32 => (a: i32, b: i32, c: i32) -> i32 { a.max(b).min(a.min(b).max(c)) }
    VMed3U32 => (a: u32, b: u32, c: u32) -> u32 { a.max(b).min(a.min(b).max(c)) }
    VMaxminI32 => (a: i32, b: i32, c: i32) -> i32 { a.max(b).min(c) }
    VMinmaxI32 => (a: i32, b: i32, c: i32) -> i32 { a.min(b).max(c) }
    VMaxminU32 => (a: u32, b: u32, c: u32) -> u32 { a.max(b).min(c) }
    VMinmaxU32 => (a: u32, b: u32, c: u32) -> u32 { a.min(b).max(c) }
}

lane_ops! { fn saturating;
    VAddNcU32 => (a: u32, b: u32) -> u32 { a.saturating_add(b) }
    VSubNcU32 => (a: u32, b: u32) -> u32 { a.saturating_sub(b) }
    VSubrevNcU32 => (a: u32, b: u32) -> u32 { b.saturating_sub(a) }
    VAddNcI32 => (a: i32, b: i32) -> i32 { a.saturating_add(b) }
    VSubNcI32 => (a: i32, b: i32) -> i32 { a.saturating_sub(b) }
    VAddNcU16 => (a: u16, b: u16) -> u16 { a.saturating_add(b) }
    VSubNcU16 => (a: u16, b: u16) -> u16 { a.saturating_sub(b) }
    VAddNcI16 => (a: i16, b: i16) -> i16 { a.saturating_add(b) }
    VSubNcI16 => (a: i16, b: i16) -> i16 { a.saturating_sub(b) }
    VMadI32I24 => (a: i32, b: i32, c: i32) -> i32 {
        (s24(a) * s24(b) + i64::from(c)).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
    }
    VMadU32U24 => (a: u32, b: u32, c: u32) -> u32 { (u24(a) * u24(b) + u64::from(c)).min(u64::from(u32::MAX)) as u32 }
}

lane_ops! { fn narrow;
    VMovB16 => (a: u16) -> u16 { a }
    VNotB16 => (a: u16) -> u16 { !a }
    VAndB16 => (a: u16, b: u16) -> u16 { a & b }
    VOrB16 => (a: u16, b: u16) -> u16 { a | b }
    VXorB16 => (a: u16, b: u16) -> u16 { a ^ b }
    VAddNcU16 | VAddNcI16 => (a: u16, b: u16) -> u16 { a.wrapping_add(b) }
    VSubNcU16 | VSubNcI16 => (a: u16, b: u16) -> u16 { a.wrapping_sub(b) }
    VSubrevNcU16 => (a: u16, b: u16) -> u16 { b.wrapping_sub(a) }
    VMulLoU16 => (a: u16, b: u16) -> u16 { a.wrapping_mul(b) }
    VMadU16 | VMadLegacyU16 | VMadI16 | VMadLegacyI16 => (a: u16, b: u16, c: u16) -> u16 { a.wrapping_mul(b).wrapping_add(c) }
    VLshlrevB16 => (n: u16, a: u16) -> u16 { a.wrapping_shl(u32::from(n)) }
    VLshrrevB16 => (n: u16, a: u16) -> u16 { a.wrapping_shr(u32::from(n)) }
    VAshrrevI16 => (n: u16, a: i16) -> i16 { a.wrapping_shr(u32::from(n)) }
    VMinI16 => (a: i16, b: i16) -> i16 { a.min(b) }
    VMaxI16 => (a: i16, b: i16) -> i16 { a.max(b) }
    VMinU16 => (a: u16, b: u16) -> u16 { a.min(b) }
    VMaxU16 => (a: u16, b: u16) -> u16 { a.max(b) }
    VMin3I16 => (a: i16, b: i16, c: i16) -> i16 { a.min(b).min(c) }
    VMax3I16 => (a: i16, b: i16, c: i16) -> i16 { a.max(b).max(c) }
    VMin3U16 => (a: u16, b: u16, c: u16) -> u16 { a.min(b).min(c) }
    VMax3U16 => (a: u16, b: u16, c: u16) -> u16 { a.max(b).max(c) }
    VMed3I16 => (a: i16, b: i16, c: i16) -> i16 { a.max(b).min(a.min(b).max(c)) }
    VMed3U16 => (a: u16, b: u16, c: u16) -> u16 { a.max(b).min(a.min(b).max(c)) }
    VPackB32F16 => (a: F16Bits, b: F16Bits) -> u32 { u32::from(a.0) | u32::from(b.0) << 16 }
    VCvtI32I16 => (a: i16) -> i32 { i32::from(a) }
    VCvtU32U16 => (a: u16) -> u32 { u32::from(a) }
}

lane_ops! { fn fields;
    VBfeU32 => (a: u32, offset: u32, width: u32) -> u32 { bits::extract(a, offset, width) }
    VBfeI32 => (a: u32, offset: u32, width: u32) -> u32 { bits::extract_signed(a, offset, width) }
    VBfiB32 => (a: u32, b: u32, c: u32) -> u32 { a & b | !a & c }
    VBfmB32 => (width: u32, offset: u32) -> u32 { (1u32.wrapping_shl(width)).wrapping_sub(1).wrapping_shl(offset) }
    VPrngB32 => (a: u32) -> u32 { a << 1 ^ if a >> 31 != 0 { 197 } else { 0 } }
    VBfrevB32 => (a: u32) -> u32 { a.reverse_bits() }
    VAlignbitB32 => (a: u32, b: u32, n: u32) -> u32 { ((u64::from(a) << 32 | u64::from(b)) >> (n & 31)) as u32 }
    VAlignbyteB32 => (a: u32, b: u32, n: u32) -> u32 { ((u64::from(a) << 32 | u64::from(b)) >> (8 * (n & 3))) as u32 }
    VPermB32 => (a: u32, b: u32, select: u32) -> u32 { bits::permute(a, b, select) }
    VBcntU32B32 => (a: u32, b: u32) -> u32 { a.count_ones().wrapping_add(b) }
    VClzI32U32 => (a: u32) -> u32 { bits::leading_zeros(a) }
    VClsI32 => (a: u32) -> u32 { bits::leading_signs(a) }
    VCtzI32B32 => (a: u32) -> u32 { bits::trailing_zeros(a) }
    VSadU8 => (a: u32, b: u32, c: u32) -> u32 { bits::byte_distance(a, b).wrapping_add(c) }
    VSadHiU8 => (a: u32, b: u32, c: u32) -> u32 { (bits::byte_distance(a, b) << 16).wrapping_add(c) }
    VSadU16 => (a: u32, b: u32, c: u32) -> u32 {
        (a & 0xffff).abs_diff(b & 0xffff).wrapping_add((a >> 16).abs_diff(b >> 16)).wrapping_add(c)
    }
    VSadU32 => (a: u32, b: u32, c: u32) -> u32 { a.abs_diff(b).wrapping_add(c) }
    VMsadU8 => (a: u32, b: u32, c: u32) -> u32 { bits::masked_byte_distance(a, b).wrapping_add(c) }
    VQsadPkU16U8 => (a: u64, b: u32, c: u64) -> u64 { bits::sliding_distances(a, b, c, bits::byte_distance) }
    VMqsadPkU16U8 => (a: u64, b: u32, c: u64) -> u64 { bits::sliding_distances(a, b, c, bits::masked_byte_distance) }
    VLerpU8 => (a: u32, b: u32, round: u32) -> u32 { bits::average_bytes(a, b, round) }
    VSatPkU8I16 => (a: u32) -> u16 {
        let byte = |half: u32| u16::from((half as i16).clamp(0, 255) as u8);
        byte(a) | byte(a >> 16) << 8
    }
}
