// Products of 16 by 16 blocks whose first factor is read from LDS, for every type on every target:
// by the matrix instructions of matrix.h, or where there are none, by lanes that each compute a part.
//
// `Blocks<T>` has all that `Matrix<T>` has, and `turned`: results become a factor of the next
// product, without a way through LDS. For that, the DEPTH rows of the first product are taken in
// the order of `row_of`, so that each lane's results are those elements of the sum that its fragment
// holds.
#pragma once
#include "matrix.h"

#ifndef UNIFORM_REGISTER
#define UNIFORM_REGISTER "+s"
#endif

// The numbers of a lane of the other half of the wave, between those of its own: lanes of the first
// half hold the even ones.
template <class T>
DEVICE void with_other_half(const T (&own)[8], T (&all)[16]) {
    constexpr u32 WORDS = sizeof(own) / 4;
    u32 mine[WORDS], first[WORDS], second[WORDS];
    __builtin_memcpy(mine, own, sizeof(own));
    for (u32 i = 0; i < WORDS; i++) {
        u32 other = exchange_word<16>(mine[i]);
        first[i] = lane() < 16 ? mine[i] : other;
        second[i] = lane() < 16 ? other : mine[i];
    }
    T even[8], odd[8];
    __builtin_memcpy(even, first, sizeof(even));
    __builtin_memcpy(odd, second, sizeof(odd));
    for (u32 i = 0; i < 8; i++) {
        all[2 * i] = even[i];
        all[2 * i + 1] = odd[i];
    }
}

template <class T, bool BY_INSTRUCTION = Matrix<T>::LANE_IS_COLUMN>
struct Blocks : Matrix<T> {
    typedef Matrix<T> M;
    typedef typename M::Fragment Fragment;
    typedef typename M::Result Result;
    // Numbers of a lane: of a fragment, of a result.
    static constexpr u32 HELD = sizeof(Fragment) / sizeof(T), RESULTS = sizeof(Result) / 4;
    static constexpr bool WHOLE_ROWS = HELD == M::DEPTH;

    // The row, of DEPTH, that row `row` of block `block` of the first product has to be.
    DEVICE static u32 row_of(u32 block, u32 row) {
        return WHOLE_ROWS ? row : row / RESULTS * HELD + block * RESULTS + row % RESULTS;
    }

    // Elements of a row that starts at `row`.
    DEVICE static Fragment fragment(const T *row) {
        Fragment fragment;
        __builtin_memcpy(
            &fragment, __builtin_assume_aligned(row + M::offset(), sizeof(fragment) < 16 ? 8 : 16),
            sizeof(fragment));
        return fragment;
    }

    // c + a b for the rows `a[row of this lane]`.
    DEVICE static Result multiply(const T *a, u32 pitch, u32 row, Fragment b, Result c) {
        return M::multiply(fragment(a + row * pitch), b, c);
    }

    // The results of DEPTH rows as a fragment of `b`.
    DEVICE static Fragment turned(const Result *c) {
        T numbers[HELD];
        if constexpr (WHOLE_ROWS) {
            T own[RESULTS];
            for (u32 i = 0; i < RESULTS; i++) own[i] = static_cast<T>(c[0][i]);
            with_other_half(own, numbers);
        } else {
            for (u32 i = 0; i < HELD; i++) {
                numbers[i] = static_cast<T>(c[i / RESULTS][i % RESULTS]);
            }
        }
        Fragment fragment;
        __builtin_memcpy(&fragment, numbers, sizeof(fragment));
        return fragment;
    }
};

// Without instructions: a lane holds a whole row of `b` and computes every other row of the block.
template <class T>
struct Blocks<T, false> {
    static_assert(WAVE == 32, "every target with waves of 64 has matrix instructions");
    static constexpr u32 DEPTH = 16, RESULTS = 8;
    struct Fragment {
        f32 at[DEPTH];
    };
    typedef Vector<f32, RESULTS> Result;

    DEVICE static u32 row(u32 i) { return 2 * i + lane() / 16; }
    DEVICE static u32 row_of(u32, u32 row) { return row; }

    DEVICE static Fragment fragment(const T *row) {
        Fragment fragment;
        T numbers[DEPTH];
        __builtin_memcpy(numbers, __builtin_assume_aligned(row, 16), sizeof(numbers));
        for (u32 i = 0; i < DEPTH; i++) fragment.at[i] = static_cast<f32>(numbers[i]);
        return fragment;
    }

    DEVICE static Result multiply(const T *a, u32 pitch, u32, const Fragment &b, Result c) {
        for (u32 i = 0; i < RESULTS; i++) {
            Fragment from_a = fragment(a + row(i) * pitch);
            for (u32 k = 0; k < DEPTH; k++) c[i] += from_a.at[k] * b.at[k];
        }
        return c;
    }

    DEVICE static Fragment turned(const Result *c) {
        f32 own[RESULTS];
        for (u32 i = 0; i < RESULTS; i++) own[i] = c[0][i];
        Fragment fragment;
        with_other_half(own, fragment.at);
        return fragment;
    }
};

// The same number, the same in all lanes. What depends on it is computed again in each turn of a
// loop, where the compiler would hold more results of it than there are registers.
DEVICE u32 computed_here(u32 x) {
    asm volatile("" : UNIFORM_REGISTER(x));
    return x;
}

// Rows of a matrix: `row` gives the address of each by its number, or null where there is none.
// Columns `from` to `to` are wanted; what is outside is 0.
template <class F>
struct Part {
    F row;
    u32 from, to;
    bool packed;  // whether every pack of 16 bytes may be read at once
};
template <class F>
Part(F, u32, u32, bool) -> Part<F>;

// Such a part on its way to LDS, padded so that a column does not fall into one bank.
template <class T, u32 ROWS, u32 WIDTH>
struct Stage {
    static constexpr u32 N = LANES<T>, PACKS = ROWS * WIDTH / N / BLOCK;
    static_assert(PACKS * N * BLOCK == ROWS * WIDTH, "work-items have equal shares");
    // Elements between rows in LDS, as they are and turned.
    static constexpr u32 PITCH = WIDTH + N, TURNED_PITCH = ROWS + N;
    static constexpr u32 SIZE = ROWS * PITCH, TURNED_SIZE = WIDTH * TURNED_PITCH;
    Pack<T, N> held[PACKS];

    struct Place {
        u32 row, column;
    };

    // Work-items side by side take packs side by side of a row, or rows side by side.
    template <bool TURNED>
    DEVICE static Place place(u32 i) {
        u32 pack = i * BLOCK + work_item();
        if (TURNED) return {pack % ROWS, pack / ROWS * N};
        return {pack / (WIDTH / N), pack % (WIDTH / N) * N};
    }

    // Reads columns of each row ahead, where they are read in packs.
    template <bool TURNED, class F>
    DEVICE void fetch(const Part<F> &part) {
        if (!part.packed) return;
        const u32 from = computed_here(part.from);
#pragma unroll
        for (u32 i = 0; i < PACKS; i++) {
            Place at = place<TURNED>(i);
            const T *source = part.row(at.row);
            held[i] = Pack<T, N>{};
            if (source != nullptr && from + at.column < part.to) {
                held[i] = load<N>(source + from + at.column);
            }
        }
    }

    // Writes to LDS what `fetch` read of the same part, or reads and writes single elements.
    template <bool TURNED, class F>
    DEVICE void stash(T *to, const Part<F> &part) const {
        if (!part.packed) return stash_singly<TURNED>(to, part);
#pragma unroll
        for (u32 i = 0; i < PACKS; i++) {
            Place at = place<TURNED>(i);
            if constexpr (TURNED) {
                for (u32 j = 0; j < N; j++) to[index<TURNED>({at.row, at.column + j})] = held[i].at[j];
            } else {
                void *there = __builtin_assume_aligned(to + index<TURNED>(at), 16);
                __builtin_memcpy(there, &held[i], sizeof(held[i]));
            }
        }
    }

    template <bool TURNED>
    DEVICE static u32 index(Place at) {
        return TURNED ? at.column * TURNED_PITCH + at.row : at.row * PITCH + at.column;
    }

    template <bool TURNED, class F>
    DEVICE static void stash_singly(T *to, const Part<F> &part) {
#pragma unroll 1
        for (u32 at = work_item(); at < ROWS * WIDTH; at += BLOCK) {
            Place there = {at / WIDTH, at % WIDTH};
            const T *source = part.row(there.row);
            const bool inside = source != nullptr && part.from + there.column < part.to;
            to[index<TURNED>(there)] = inside ? source[part.from + there.column] : T(0);
        }
    }
};
