// Products of 16 by 16 blocks, as a wave computes them with the target's matrix instructions.
//
// A `Matrix<T>` says, for the wave's lanes: a fragment of `a` (or of `b` transposed) is DEPTH
// elements of row `lane % 16`, read at `offset()`. It is of no consequence which element of the
// sum each lane holds, as long as it is the same for `a` and `b`. `row(i)` is the row of the
// block that the i-th number of the lane's result is in; its column is `lane % 16`.
// Layouts: AMD's instruction set guides, "Matrix arithmetic" and "Wave matrix multiply accumulate".
#pragma once
#include "lanes.h"

template <class T, u32 N>
using Vector = T __attribute__((ext_vector_type(N)));

template <class T>
struct Matrix {
    static constexpr bool EXISTS = false;
};

#if defined(REDWICK_MATRIX_MFMA)

struct MfmaResult {
    static constexpr bool EXISTS = true;
    typedef Vector<f32, 4> Result;
    DEVICE static u32 row(u32 i) { return lane() / 16 * 4 + i; }
};

template <>
struct Matrix<f32> : MfmaResult {
    static constexpr u32 DEPTH = 16;
    typedef Vector<f32, 4> Fragment;
    DEVICE static u32 offset() { return lane() / 16 * 4; }
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        for (u32 k = 0; k < 4; k++) c = __builtin_amdgcn_mfma_f32_16x16x4f32(a[k], b[k], c, 0, 0, 0);
        return c;
    }
};

#if defined(REDWICK_MFMA_DEPTH_32)

struct Mfma32 : MfmaResult {
    static constexpr u32 DEPTH = 32;
    DEVICE static u32 offset() { return lane() / 16 * 8; }
};
template <>
struct Matrix<f16> : Mfma32 {
    typedef Vector<f16, 8> Fragment;
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        return __builtin_amdgcn_mfma_f32_16x16x32_f16(a, b, c, 0, 0, 0);
    }
};
template <>
struct Matrix<bf16> : Mfma32 {
    typedef Vector<bf16, 8> Fragment;
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        return __builtin_amdgcn_mfma_f32_16x16x32_bf16(a, b, c, 0, 0, 0);
    }
};

#else

struct Mfma16 : MfmaResult {
    static constexpr u32 DEPTH = 16;
    DEVICE static u32 offset() { return lane() / 16 * 4; }
};
template <>
struct Matrix<f16> : Mfma16 {
    typedef Vector<f16, 4> Fragment;
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        return __builtin_amdgcn_mfma_f32_16x16x16f16(a, b, c, 0, 0, 0);
    }
};
template <>
struct Matrix<bf16> : Mfma16 {
    typedef Vector<i16, 4> Fragment;
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        return __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(a, b, c, 0, 0, 0);
    }
};

#endif

#elif defined(REDWICK_MATRIX_WMMA)

// Both halves of the wave hold the whole row.
struct Wmma {
    static constexpr bool EXISTS = true;
    static constexpr u32 DEPTH = 16;
    typedef Vector<f32, 8> Result;
    DEVICE static u32 offset() { return 0; }
    DEVICE static u32 row(u32 i) { return 2 * i + lane() / 16; }
};
template <>
struct Matrix<f16> : Wmma {
    typedef Vector<f16, 16> Fragment;
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        return __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(a, b, c);
    }
};
template <>
struct Matrix<bf16> : Wmma {
    typedef Vector<i16, 16> Fragment;
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(a, b, c);
    }
};

#elif defined(REDWICK_MATRIX_WMMA_GFX12)

struct Wmma {
    static constexpr bool EXISTS = true;
    static constexpr u32 DEPTH = 16;
    typedef Vector<f32, 8> Result;
    DEVICE static u32 offset() { return lane() / 16 * 8; }
    DEVICE static u32 row(u32 i) { return lane() / 16 * 8 + i; }
};
template <>
struct Matrix<f16> : Wmma {
    typedef Vector<f16, 8> Fragment;
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        return __builtin_amdgcn_wmma_f32_16x16x16_f16_w32_gfx12(a, b, c);
    }
};
template <>
struct Matrix<bf16> : Wmma {
    typedef Vector<i16, 8> Fragment;
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32_gfx12(a, b, c);
    }
};

#endif
