// Products of 16 by 16 blocks of f16 from LDS, added up by a wave, whatever it has for them. Both
// factors are stored by rows of 32 elements, `PITCH` apart.
//
// Of a result of `blocks` blocks, a lane's number `e` is in row `row(e)` and in the `column_of(e)`-th
// of the columns that the lane holds, which is `column(...)`; lanes that hold the same columns differ
// in the bits of their number from `SAME` up.
#pragma once
#include "blocks.h"

constexpr u32 STEP = 32, PITCH = STEP + 8;

#if defined(NVPTX_MULTIPLY)

struct Block {
    typedef Vector<u32, 4> Fragment;
    typedef Vector<f32, 8> Result;
    static constexpr u32 RESULTS = 8, HELD_COLUMNS = 4, SAME = 4;
    DEVICE static u32 row(u32 e) { return lane() / 4 + e / 2 % 2 * 8; }
    DEVICE static constexpr u32 column_of(u32 e) { return e % 2 + e / 4 * 2; }
    DEVICE static u32 column(u32 held) { return lane() % 4 * 2 + held % 2 + held / 2 * 8; }

    DEVICE static Fragment read(const f16 *rows, u32 k) {
        Fragment fragment;
        nvptx_load_fragment(fragment, rows + lane() % 16 * PITCH + k + lane() / 16 * 8);
        return fragment;
    }
    template <u32 DOWN, u32 ACROSS>
    DEVICE static void multiply(const f16 *a, const f16 *b, Result (&results)[DOWN][ACROSS]) {
#pragma unroll
        for (u32 k = 0; k < STEP; k += 16) {
            Fragment from_b[ACROSS];
            for (u32 j = 0; j < ACROSS; j++) from_b[j] = read(b + j * 16 * PITCH, k);
            for (u32 i = 0; i < DOWN; i++) {
                const Fragment from_a = read(a + i * 16 * PITCH, k);
                for (u32 j = 0; j < ACROSS; j++) {
                    nvptx_multiply_f16(from_a, from_b[j], results[i][j]);
                }
            }
        }
    }
};

#else

// What a lane reads of a step's rows and multiplies, by the instructions of matrix.h or without any.
template <class T, bool BY_INSTRUCTION = Matrix<T>::EXISTS>
struct Lane {
    typedef Matrix<T> M;
    typedef typename M::Fragment Fragment;

    // Which elements of a row are a lane's, in its `part`-th fragment of a step. Fragments of 8
    // bytes are read two at a time: it is of no consequence which elements of the sum they hold.
    DEVICE static u32 place(u32 part) {
        if constexpr (sizeof(Fragment) == 8) return lane() / 16 * 8 + part * 4;
        return M::offset() + part * M::DEPTH;
    }
    DEVICE static Fragment read(const f16 *rows, u32 part) {
        Fragment fragment;
        const f16 *row = rows + lane() % 16 * PITCH + place(part);
        constexpr u32 ALIGNMENT = sizeof(Fragment) < 16 ? 8 : 16;
        __builtin_memcpy(&fragment, __builtin_assume_aligned(row, ALIGNMENT), sizeof(fragment));
        return fragment;
    }
    template <class Result>
    DEVICE static Result multiplied(const f16 *a, u32 part, const Fragment &b, Result c) {
        return M::multiply(read(a, part), b, c);
    }
};
template <>
struct Lane<f16, false> {
    typedef Blocks<f16> B;
    typedef B::Fragment Fragment;

    DEVICE static Fragment read(const f16 *rows, u32 part) {
        return B::fragment(rows + lane() % 16 * PITCH + part * B::DEPTH);
    }
    DEVICE static B::Result multiplied(const f16 *a, u32 part, const Fragment &b, B::Result c) {
        return B::multiply(a + part * B::DEPTH, PITCH, 0, b, c);
    }
};

struct Block : Lane<f16> {
    typedef Blocks<f16> B;
    typedef B::Result Result;
    static constexpr u32 RESULTS = B::RESULTS, HELD_COLUMNS = 1, SAME = 16;
    DEVICE static u32 row(u32 e) { return B::row(e); }
    DEVICE static constexpr u32 column_of(u32) { return 0; }
    DEVICE static u32 column(u32) { return lane() % 16; }

    template <u32 DOWN, u32 ACROSS>
    DEVICE static void multiply(const f16 *a, const f16 *b, Result (&results)[DOWN][ACROSS]) {
#pragma unroll
        for (u32 part = 0; part < STEP / B::DEPTH; part++) {
            Fragment from_b[ACROSS];
            for (u32 j = 0; j < ACROSS; j++) from_b[j] = read(b + j * 16 * PITCH, part);
            for (u32 i = 0; i < DOWN; i++) {
                for (u32 j = 0; j < ACROSS; j++) {
                    results[i][j] = multiplied(a + i * 16 * PITCH, part, from_b[j], results[i][j]);
                }
            }
        }
    }
};

#endif
