// Factors of products that lanes hold, 16 neighbouring values of a row at a time: for lanes that make
// these values themselves, where nothing has to go through LDS.
//
// Which elements of the sum an instruction takes from a lane is of no consequence, as long as both
// factors take the same. So a lane takes 16 neighbouring values of a row, and instructions take them
// in turn, where they would have a lane's values lie apart.
#pragma once
#include "matrix.h"

// The bytes from which an instruction, or this lane, takes values of both factors.
typedef Vector<u32, 4> Bytes16;

template <class T = bf16, bool BY_INSTRUCTION = Matrix<T>::EXISTS>
struct Held {
    typedef Matrix<T> M;
    typedef typename M::Fragment Fragment;
    typedef typename M::Result Result;
    // Rows of 16 that a lane holds, and of each the values that an instruction takes at once.
    static constexpr u32 ROWS = M::LANE_IS_COLUMN ? 1 : 2;
    static constexpr u32 TAKEN = sizeof(Fragment) / sizeof(T) / ROWS;
    // Lanes that hold different values of one row; instructions for 16 values of each.
    static constexpr u32 SHARERS = M::DEPTH / TAKEN, STEPS = 16 / TAKEN;
    static constexpr u32 RESULTS = sizeof(Result) / sizeof(f32);

    DEVICE static u32 row(u32 i) { return M::LANE_IS_COLUMN ? lane() % 16 : lane() / 4 + 8 * i; }
    DEVICE static u32 sharer() {
        if constexpr (SHARERS == 1) return 0;
        return M::LANE_IS_COLUMN ? lane() / 16 : lane() % SHARERS;
    }

    // 16 values of each of the lane's rows.
    struct Values {
        u32 words[ROWS][8];

        DEVICE Fragment fragment(u32 step) const {
            u32 taken[TAKEN / 2 * ROWS];
            for (u32 i = 0; i < TAKEN / 2; i++) {
                for (u32 r = 0; r < ROWS; r++) taken[i * ROWS + r] = words[r][step * TAKEN / 2 + i];
            }
            return __builtin_bit_cast(Fragment, taken);
        }
    };

    // The same 16 values of 16 rows as a wave reads them, in 32 packs of 16 bytes, so that no word has
    // to move: which row, and which of its words, is word `i` of a pack.
    DEVICE static u32 row_of(u32 pack, u32 i) { return ROWS == 1 ? pack % 16 : pack % 8 + i % 2 * 8; }
    DEVICE static u32 word_of(u32 pack, u32 i) {
        return ROWS == 1 ? pack / 16 * 4 + i : pack / 8 * 2 + i / 2;
    }

    // c + a b, where the 16 rows of `a` are in packs in LDS, that with number `i` at `place(i)`.
    template <class Place>
    DEVICE static Result multiply(const Bytes16 *packs, Place place, const Values &b, Result c) {
        constexpr u32 PACKS = 2 * ROWS, BETWEEN = 16 / ROWS;
        u32 words[PACKS * 4];
        for (u32 i = 0; i < PACKS; i++) {
            const Bytes16 pack = packs[place(i * BETWEEN + row(0))];
            for (u32 j = 0; j < 4; j++) words[i * 4 + j] = pack[j];
        }
        for (u32 step = 0; step < STEPS; step++) {
            constexpr u32 TAKEN_WORDS = TAKEN / 2 * ROWS;
            u32 taken[TAKEN_WORDS];
            for (u32 i = 0; i < TAKEN_WORDS; i++) taken[i] = words[step * TAKEN_WORDS + i];
            c = M::multiply(__builtin_bit_cast(Fragment, taken), b.fragment(step), c);
        }
        return c;
    }

    DEVICE static u32 result_row(u32 i) { return M::row(i); }
    DEVICE static u32 result_column(u32 i) { return M::column() + M::across(i); }
};

// Without instructions: a lane holds a whole row of `b` and computes every other row of the block.
template <class T>
struct Held<T, false> {
    static_assert(WAVE == 32, "every target with waves of 64 has matrix instructions");
    static constexpr u32 ROWS = 1, SHARERS = 1, RESULTS = 8;
    typedef Vector<f32, RESULTS> Result;

    DEVICE static u32 row(u32) { return lane() % 16; }
    DEVICE static u32 sharer() { return 0; }

    struct Values {
        u32 words[ROWS][8];
    };

    // The numbers of two neighbours in a word.
    DEVICE static f32 low(u32 word) { return __builtin_bit_cast(f32, word << 16); }
    DEVICE static f32 high(u32 word) { return __builtin_bit_cast(f32, word & 0xffff0000); }

    DEVICE static u32 row_of(u32 pack, u32) { return pack % 16; }
    DEVICE static u32 word_of(u32 pack, u32 i) { return pack / 16 * 4 + i; }

    template <class Place>
    DEVICE static Result multiply(const Bytes16 *packs, Place place, const Values &b, Result c) {
        for (u32 i = 0; i < RESULTS; i++) {
            for (u32 half = 0; half < 2; half++) {
                const Bytes16 a = packs[place(half * 16 + result_row(i))];
                for (u32 j = 0; j < 4; j++) {
                    const u32 of_b = b.words[0][half * 4 + j];
                    c[i] = __builtin_fmaf(low(a[j]), low(of_b), c[i]);
                    c[i] = __builtin_fmaf(high(a[j]), high(of_b), c[i]);
                }
            }
        }
        return c;
    }

    DEVICE static u32 result_row(u32 i) { return 2 * i + lane() / 16; }
    DEVICE static u32 result_column(u32) { return lane() % 16; }
};
