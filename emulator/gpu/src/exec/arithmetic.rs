//! Float arithmetic of f16, f32 and f64.

use super::float::{
    f32_to_f16, f64_to_f32_odd, frexp64, max32, max64, maximum32, maximum64, med32, min32, min64,
    minimum32, minimum64, scale64,
};
use super::map::lane_ops;
use super::value::{F16, WideF16};

/// A product that is 0 where a factor is 0, whatever the other is.
#[inline(always)]
fn product_or_zero(a: f32, b: f32) -> f32 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

/// The largest number below 1, to which `v_fract` clamps.
const BELOW_ONE: f32 = f32::from_bits(0x3f7f_ffff);

#[inline(always)]
fn fract32(x: f32) -> f32 {
    let fraction = x - x.floor();
    if x.is_nan() || x.is_infinite() {
        f32::NAN
    } else if fraction < BELOW_ONE {
        fraction
    } else {
        BELOW_ONE
    }
}

#[inline(always)]
fn fract64(x: f64) -> f64 {
    let below_one = f64::from_bits(0x3fef_ffff_ffff_ffff);
    let fraction = x - x.floor();
    if x.is_nan() || x.is_infinite() {
        f64::NAN
    } else if fraction < below_one {
        fraction
    } else {
        below_one
    }
}

/// A fused f16 operation.
#[inline(always)]
fn fma16(a: f64, b: f64, c: f64) -> WideF16 {
    // Products of f16 are exact in f64; where the sum is not, the smaller term is far below half a
    // unit of the result, so that it rounds as the exact sum does.
    WideF16(a * b + c)
}

lane_ops! { pub(super) fn bind;
    VAddF32 => (a: f32, b: f32) -> f32 { a + b }
    VSubF32 => (a: f32, b: f32) -> f32 { a - b }
    VSubrevF32 => (a: f32, b: f32) -> f32 { b - a }
    VMulF32 => (a: f32, b: f32) -> f32 { a * b }
    VMulDx9ZeroF32 => (a: f32, b: f32) -> f32 { product_or_zero(a, b) }
    VMinF32 => (a: f32, b: f32) -> f32 { min32(a, b) }
    VMaxF32 => (a: f32, b: f32) -> f32 { max32(a, b) }
    VFmaF32 | VFmacF32 | VFmaakF32 => (a: f32, b: f32, c: f32) -> f32 { a.mul_add(b, c) }
    VFmamkF32 => (a: f32, k: f32, c: f32) -> f32 { a.mul_add(k, c) }
    VMadF32 | VMacF32 | VMadakF32 => (a: f32, b: f32, c: f32) -> f32 { a * b + c }
    VMadmkF32 => (a: f32, k: f32, c: f32) -> f32 { a * k + c }
    VMadLegacyF32 => (a: f32, b: f32, c: f32) -> f32 { product_or_zero(a, b) + c }
    VFmaDx9ZeroF32 | VFmacDx9ZeroF32 => (a: f32, b: f32, c: f32) -> f32 {
        if a == 0.0 || b == 0.0 { 0.0 + c } else { a.mul_add(b, c) }
    }
    VMin3F32 => (a: f32, b: f32, c: f32) -> f32 { min32(min32(a, b), c) }
    VMax3F32 => (a: f32, b: f32, c: f32) -> f32 { max32(max32(a, b), c) }
    VMed3F32 => (a: f32, b: f32, c: f32) -> f32 { med32(a, b, c) }
    VMinmaxF32 => (a: f32, b: f32, c: f32) -> f32 { max32(min32(a, b), c) }
    VMaxminF32 => (a: f32, b: f32, c: f32) -> f32 { min32(max32(a, b), c) }
    VMinimumF32 => (a: f32, b: f32) -> f32 { minimum32(a, b) }
    VMaximumF32 => (a: f32, b: f32) -> f32 { maximum32(a, b) }
    VMinimum3F32 => (a: f32, b: f32, c: f32) -> f32 { minimum32(minimum32(a, b), c) }
    VMaximum3F32 => (a: f32, b: f32, c: f32) -> f32 { maximum32(maximum32(a, b), c) }
    VMinimummaximumF32 => (a: f32, b: f32, c: f32) -> f32 { maximum32(minimum32(a, b), c) }
    VMaximumminimumF32 => (a: f32, b: f32, c: f32) -> f32 { minimum32(maximum32(a, b), c) }
    VFractF32 => (a: f32) -> f32 { fract32(a) }
    VTruncF32 => (a: f32) -> f32 { a.trunc() }
    VCeilF32 => (a: f32) -> f32 { a.ceil() }
    VFloorF32 => (a: f32) -> f32 { a.floor() }
    VRndneF32 => (a: f32) -> f32 { a.round_ties_even() }
    VFrexpMantF32 => (a: f32) -> f32 { frexp64(f64::from(a)).0 as f32 }
    VFrexpExpI32F32 => (a: f32) -> i32 { frexp64(f64::from(a)).1 }
    VLdexpF32 => (a: f32, n: i32) -> f32 { scale64(f64::from(a), n.clamp(-500, 500)) as f32 }

    VAddF16 => (a: F16, b: F16) -> F16 { F16(a.0 + b.0) }
    VSubF16 => (a: F16, b: F16) -> F16 { F16(a.0 - b.0) }
    VSubrevF16 => (a: F16, b: F16) -> F16 { F16(b.0 - a.0) }
    VMulF16 => (a: F16, b: F16) -> F16 { F16(a.0 * b.0) }
    VMinF16 => (a: F16, b: F16) -> F16 { F16(min32(a.0, b.0)) }
    VMaxF16 => (a: F16, b: F16) -> F16 { F16(max32(a.0, b.0)) }
    VFmaF16 | VFmaLegacyF16 | VFmacF16 | VFmaakF16 | VFmamkF16 => (a: WideF16, b: WideF16, c: WideF16) -> WideF16 {
        fma16(a.0, b.0, c.0)
    }
    VMadF16 | VMadLegacyF16 | VMacF16 | VMadakF16 | VMadmkF16 => (a: F16, b: F16, c: F16) -> F16 {
        let product = super::float::f16_to_f32(f32_to_f16(a.0 * b.0));
        F16(product + c.0)
    }
    VMin3F16 => (a: F16, b: F16, c: F16) -> F16 { F16(min32(min32(a.0, b.0), c.0)) }
    VMax3F16 => (a: F16, b: F16, c: F16) -> F16 { F16(max32(max32(a.0, b.0), c.0)) }
    VMed3F16 => (a: F16, b: F16, c: F16) -> F16 { F16(med32(a.0, b.0, c.0)) }
    VMinmaxF16 => (a: F16, b: F16, c: F16) -> F16 { F16(max32(min32(a.0, b.0), c.0)) }
    VMaxminF16 => (a: F16, b: F16, c: F16) -> F16 { F16(min32(max32(a.0, b.0), c.0)) }
    VMinimumF16 => (a: F16, b: F16) -> F16 { F16(minimum32(a.0, b.0)) }
    VMaximumF16 => (a: F16, b: F16) -> F16 { F16(maximum32(a.0, b.0)) }
    VMinimum3F16 => (a: F16, b: F16, c: F16) -> F16 { F16(minimum32(minimum32(a.0, b.0), c.0)) }
    VMaximum3F16 => (a: F16, b: F16, c: F16) -> F16 { F16(maximum32(maximum32(a.0, b.0), c.0)) }
    VMinimummaximumF16 => (a: F16, b: F16, c: F16) -> F16 { F16(maximum32(minimum32(a.0, b.0), c.0)) }
    VMaximumminimumF16 => (a: F16, b: F16, c: F16) -> F16 { F16(minimum32(maximum32(a.0, b.0), c.0)) }
    VFractF16 => (a: F16) -> F16 {
        let fraction = a.0 - a.0.floor();
        F16(if a.0.is_finite() { fraction.min(f32::from_bits(0x3f7f_e000)) } else { f32::NAN })
    }
    VTruncF16 => (a: F16) -> F16 { F16(a.0.trunc()) }
    VCeilF16 => (a: F16) -> F16 { F16(a.0.ceil()) }
    VFloorF16 => (a: F16) -> F16 { F16(a.0.floor()) }
    VRndneF16 => (a: F16) -> F16 { F16(a.0.round_ties_even()) }
    VFrexpMantF16 => (a: F16) -> F16 { F16(frexp64(f64::from(a.0)).0 as f32) }
    VFrexpExpI16F16 => (a: F16) -> i16 { frexp64(f64::from(a.0)).1 as i16 }
    VLdexpF16 => (a: F16, n: i16) -> F16 { F16(f64_to_f32_odd(scale64(f64::from(a.0), i32::from(n).clamp(-100, 100)))) }

    VAddF64 => (a: f64, b: f64) -> f64 { a + b }
    VMulF64 => (a: f64, b: f64) -> f64 { a * b }
    VMinF64 => (a: f64, b: f64) -> f64 { min64(a, b) }
    VMaxF64 => (a: f64, b: f64) -> f64 { max64(a, b) }
    VMinimumF64 => (a: f64, b: f64) -> f64 { minimum64(a, b) }
    VMaximumF64 => (a: f64, b: f64) -> f64 { maximum64(a, b) }
    VFmaF64 | VFmacF64 => (a: f64, b: f64, c: f64) -> f64 { a.mul_add(b, c) }
    VFractF64 => (a: f64) -> f64 { fract64(a) }
    VTruncF64 => (a: f64) -> f64 { a.trunc() }
    VCeilF64 => (a: f64) -> f64 { a.ceil() }
    VFloorF64 => (a: f64) -> f64 { a.floor() }
    VRndneF64 => (a: f64) -> f64 { a.round_ties_even() }
    VFrexpMantF64 => (a: f64) -> f64 { frexp64(a).0 }
    VFrexpExpI32F64 => (a: f64) -> i32 { frexp64(a).1 }
    VLdexpF64 => (a: f64, n: i32) -> f64 { scale64(a, n) }
}
