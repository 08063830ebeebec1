// Products of 16 by 16 blocks, as a wave computes them with the target's matrix instructions.
//
// A `Matrix<T>` says, for the wave's lanes: a fragment of `a` (or of `b` transposed) is DEPTH
// elements of row `lane % 16`, read at `offset()`. It is of no consequence which element of the
// sum each lane holds, as long as it is the same for `a` and `b`. `row(i)` and `column(i)` are the
// row and column of the block that the i-th number of the lane's result is in. Where LANE_IS_COLUMN,
// the column is `lane % 16`, and the fragment is what the lane reads itself.
// Layouts: AMD's instruction set guides, "Matrix arithmetic" and "Wave matrix multiply accumulate".
#pragma once
#include "lanes.h"

template <class T, u32 N>
using Vector = T __attribute__((ext_vector_type(N)));

template <class T>
struct Matrix {
    static constexpr bool EXISTS = false, LANE_IS_COLUMN = false;
};

// What all of AMD's have in common.
struct LaneIsColumn {
    static constexpr bool EXISTS = true, LANE_IS_COLUMN = true;
    DEVICE static u32 column() { return lane() % 16; }
    DEVICE static u32 across(u32) { return 0; }
};

#if defined(REDWICK_MATRIX_MFMA)

struct MfmaResult : LaneIsColumn {
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
struct Wmma : LaneIsColumn {
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

struct Wmma : LaneIsColumn {
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

#elif defined(REDWICK_MATRIX_WGMMA)

// NVIDIA's products of a wave; those of larger teams are in wgmma.h. Layouts: NVIDIA's PTX guide,
// "mma.m16n8k16" and "ldmatrix".
struct Mma {
    static constexpr bool EXISTS = true, LANE_IS_COLUMN = false;
    static constexpr u32 DEPTH = 16;
    typedef Vector<u32, 4> Fragment;
    typedef Vector<f32, 8> Result;
    DEVICE static u32 offset() { return lane() / 16 * 8; }
    DEVICE static u32 row(u32 i) { return lane() / 4 + i / 2 % 2 * 8; }
    DEVICE static u32 column() { return lane() % 4 * 2; }
    DEVICE static u32 across(u32 i) { return i % 2 + i / 4 * 8; }
};
template <>
struct Matrix<f16> : Mma {
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        nvptx_multiply_f16(a, b, c);
        return c;
    }
};
template <>
struct Matrix<bf16> : Mma {
    DEVICE static Result multiply(Fragment a, Fragment b, Result c) {
        nvptx_multiply_bf16(a, b, c);
        return c;
    }
};

#endif

// How many fragments a lane reads at once, 16 bytes where they are shorter: the elements of the sum
// change places, in `a` as in `b`.
template <class T>
constexpr u32 FRAGMENTS = sizeof(typename Matrix<T>::Fragment) < 16 ? 2 : 1;

template <class T>
struct Fragments {
    typedef typename Matrix<T>::Fragment Fragment;
    Fragment at[FRAGMENTS<T>];
    static constexpr u32 DEPTH = Matrix<T>::DEPTH * FRAGMENTS<T>;

    // Where this lane's elements of a row are.
    DEVICE static u32 offset() { return Matrix<T>::offset() * FRAGMENTS<T>; }

    // Reads those of a tile in LDS; `row` is where this lane's part of its row is.
    DEVICE static Fragments read(const T *row) {
        Fragments fragments;
#if defined(REDWICK_MATRIX_WGMMA)
        nvptx_load_fragment(fragments.at[0], row);
#else
        __builtin_memcpy(&fragments, __builtin_assume_aligned(row, 16), sizeof(fragments));
#endif
        return fragments;
    }
};
