//! Conversions between formats.

use super::float::{bf16_to_f32, f32_to_bf16, f32_to_f16, f32_to_f16_toward_zero};
use super::map::lane_ops;
use super::value::F16;

/// A float in −1..1 as a 16-bit fraction of `scale`.
#[inline(always)]
fn normalised(x: f32, low: f32, scale: f32) -> u32 {
    let limited = if x.is_nan() { 0.0 } else { x.clamp(low, 1.0) };
    (limited * scale).round_ties_even() as i32 as u32 & 0xffff
}

#[inline(always)]
fn pair(low: u32, high: u32) -> u32 {
    low & 0xffff | high << 16
}

/// Byte `n` of `old` replaced by the nearest 8-bit integer.
#[inline(always)]
fn with_byte(x: f32, n: u32, old: u32) -> u32 {
    let shift = 8 * (n & 3);
    let byte = x.round_ties_even() as u8;
    old & !(0xff << shift) | u32::from(byte) << shift
}

lane_ops! { pub(super) fn bind;
    // Rust's casts saturate and take NaN to 0, as the hardware does.
    VCvtI32F32 => (a: f32) -> i32 { a as i32 }
    VCvtU32F32 => (a: f32) -> u32 { a as u32 }
    VCvtI32F64 => (a: f64) -> i32 { a as i32 }
    VCvtU32F64 => (a: f64) -> u32 { a as u32 }
    VCvtI16F16 => (a: F16) -> i16 { a.0 as i16 }
    VCvtU16F16 => (a: F16) -> u16 { a.0 as u16 }
    VCvtNearestI32F32 => (a: f32) -> i32 { (f64::from(a) + 0.5).floor() as i32 }
    VCvtFloorI32F32 => (a: f32) -> i32 { a.floor() as i32 }
    VCvtF32I32 => (a: i32) -> f32 { a as f32 }
    VCvtF32U32 => (a: u32) -> f32 { a as f32 }
    VCvtF64I32 => (a: i32) -> f64 { f64::from(a) }
    VCvtF64U32 => (a: u32) -> f64 { f64::from(a) }
    VCvtF16I16 => (a: i16) -> F16 { F16(f32::from(a)) }
    VCvtF16U16 => (a: u16) -> F16 { F16(f32::from(a)) }
    VCvtF32F16 => (a: F16) -> f32 { a.0 }
    VCvtF16F32 => (a: f32) -> F16 { F16(a) }
    VCvtF32F64 => (a: f64) -> f32 { a as f32 }
    VCvtF64F32 => (a: f32) -> f64 { f64::from(a) }
    VCvtF32Ubyte0 => (a: u32) -> f32 { (a & 0xff) as f32 }
    VCvtF32Ubyte1 => (a: u32) -> f32 { (a >> 8 & 0xff) as f32 }
    VCvtF32Ubyte2 => (a: u32) -> f32 { (a >> 16 & 0xff) as f32 }
    VCvtF32Ubyte3 => (a: u32) -> f32 { (a >> 24) as f32 }
    VCvtOffF32I4 => (a: u32) -> f32 { ((a << 28) as i32 >> 28) as f32 / 16.0 }
    VCvtPkRtzF16F32 => (a: f32, b: f32) -> u32 { pair(f32_to_f16_toward_zero(a), f32_to_f16_toward_zero(b)) }
    VCvtPkF16F32 => (a: f32, b: f32) -> u32 { pair(f32_to_f16(a), f32_to_f16(b)) }
    VCvtPkBf16F32 => (a: f32, b: f32) -> u32 { pair(f32_to_bf16(a), f32_to_bf16(b)) }
    VCvtF32Bf16 => (a: u16) -> f32 { bf16_to_f32(u32::from(a)) }
    VCvtPkNormI16F32 => (a: f32, b: f32) -> u32 { pair(normalised(a, -1.0, 32767.0), normalised(b, -1.0, 32767.0)) }
    VCvtPkNormU16F32 => (a: f32, b: f32) -> u32 { pair(normalised(a, 0.0, 65535.0), normalised(b, 0.0, 65535.0)) }
    VCvtPkNormI16F16 => (a: F16, b: F16) -> u32 { pair(normalised(a.0, -1.0, 32767.0), normalised(b.0, -1.0, 32767.0)) }
    VCvtPkNormU16F16 => (a: F16, b: F16) -> u32 { pair(normalised(a.0, 0.0, 65535.0), normalised(b.0, 0.0, 65535.0)) }
    VCvtNormI16F16 => (a: F16) -> u16 { normalised(a.0, -1.0, 32767.0) as u16 }
    VCvtNormU16F16 => (a: F16) -> u16 { normalised(a.0, 0.0, 65535.0) as u16 }
    VCvtPkI16F32 => (a: f32, b: f32) -> u32 { pair(a as i16 as u32, b as i16 as u32) }
    VCvtPkU16F32 => (a: f32, b: f32) -> u32 { pair(u32::from(a as u16), u32::from(b as u16)) }
    VCvtPkI16I32 => (a: i32, b: i32) -> u32 { pair(a.clamp(-32768, 32767) as u32, b.clamp(-32768, 32767) as u32) }
    VCvtPkU16U32 => (a: u32, b: u32) -> u32 { pair(a.min(65535), b.min(65535)) }
    VCvtPkU8F32 => (a: f32, n: u32, old: u32) -> u32 { with_byte(a, n, old) }
}
