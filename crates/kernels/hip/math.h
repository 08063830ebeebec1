// Mathematics. Functions that the compiler expands wrongly or not at all come from ocml, AMD's
// device library, linked as bitcode beside the constants of oclc.c.
#pragma once
#include "device.h"

#define OCML(name)                                                          \
    extern "C" __attribute__((device, const)) f32 __ocml_##name##_f32(f32); \
    extern "C" __attribute__((device, const)) f64 __ocml_##name##_f64(f64); \
    DEVICE f32 name(f32 x) { return __ocml_##name##_f32(x); }               \
    DEVICE f64 name(f64 x) { return __ocml_##name##_f64(x); }
extern "C" __attribute__((device, const)) f32 __ocml_pow_f32(f32, f32);
extern "C" __attribute__((device, const)) f64 __ocml_pow_f64(f64, f64);

namespace math {
OCML(exp)
OCML(log)
OCML(sin)
OCML(cos)
OCML(tanh)
OCML(erf)
OCML(expm1)
DEVICE f32 pow(f32 x, f32 y) { return __ocml_pow_f32(x, y); }
DEVICE f64 pow(f64 x, f64 y) { return __ocml_pow_f64(x, y); }

DEVICE f32 sqrt(f32 x) { return __builtin_sqrtf(x); }
DEVICE f64 sqrt(f64 x) { return __builtin_sqrt(x); }
DEVICE f32 abs(f32 x) { return __builtin_fabsf(x); }
DEVICE f64 abs(f64 x) { return __builtin_fabs(x); }
DEVICE f32 ceil(f32 x) { return __builtin_ceilf(x); }
DEVICE f64 ceil(f64 x) { return __builtin_ceil(x); }
DEVICE f32 floor(f32 x) { return __builtin_floorf(x); }
DEVICE f64 floor(f64 x) { return __builtin_floor(x); }
// Halves away from zero.
DEVICE f32 round(f32 x) { return __builtin_roundf(x); }
DEVICE f64 round(f64 x) { return __builtin_round(x); }

constexpr f32 LOG2_E = 1.44269504088896340736f;

// exp with an error that 16-bit results do not show: the hardware's 2^x.
DEVICE f32 exp_approximate(f32 x) { return __builtin_amdgcn_exp2f(x * LOG2_E); }

// 1 / sqrt(x) for results of type T.
template <class T>
DEVICE Compute<T> inverse_root(Compute<T> x) {
    if constexpr (is_half<T>) {
        return __builtin_amdgcn_rsqf(x);
    } else {
        return 1 / sqrt(x);
    }
}

// exp for results of type T.
template <class T>
DEVICE Compute<T> exp_for(Compute<T> x) {
    if constexpr (is_half<T>) {
        return exp_approximate(x);
    } else {
        return exp(x);
    }
}
}  // namespace math
