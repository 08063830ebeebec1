// Products of few rows and a matrix whose columns are adjacent along k, as a transposed weight's are:
// bound by reading the matrix, each element of which goes from memory to one wave's registers and no
// further. A workgroup computes COLUMNS columns of all rows; its waves take turns along k and add up
// their parts in LDS at the end.
#include "parts.h"
#include "strip.h"
#include "walk.h"

// Where the operands of one batch are.
template <class T>
struct FewRows {
    const T *a, *b;
    u32 m, n, k, a_row, b_column;
};

// By matrix instructions: blocks of 16 columns by 16 rows.
template <class T, u32 ROWS, u32 COLUMNS>
struct FewByWave {
    typedef Matrix<T> M;
    typedef Strip<T> S;
    // 128 bytes of each row of both operands at once.
    static constexpr u32 AHEAD = 128 / sizeof(T) / S::DEPTH, STEP = S::DEPTH * AHEAD;
    static constexpr u32 DOWN = ROWS / 16, ACROSS = COLUMNS / 16;
    typename M::Result results[ACROSS][DOWN];

    struct Strips {
        S a[AHEAD][DOWN], b[AHEAD][ACROSS];
    };

    DEVICE void clear() {
#pragma unroll
        for (u32 i = 0; i < ACROSS; i++) {
#pragma unroll
            for (u32 j = 0; j < DOWN; j++) results[i][j] = 0;
        }
    }

    DEVICE static void load(Strips &strips, const FewRows<T> &from, u32 column0, u32 k0) {
#pragma unroll
        for (u32 s = 0; s < AHEAD; s++) {
            const u32 at = k0 + s * S::DEPTH;
#pragma unroll
            for (u32 i = 0; i < ACROSS; i++) {
                strips.b[s][i].load(from.b, column0 + i * 16, from.n, from.b_column, at, from.k);
            }
#pragma unroll
            for (u32 j = 0; j < DOWN; j++) {
                strips.a[s][j].load(from.a, j * 16, from.m, from.a_row, at, from.k);
            }
        }
    }

    DEVICE void multiply(const Strips &strips) {
#pragma unroll
        for (u32 s = 0; s < AHEAD; s++) {
#pragma unroll
            for (u32 part = 0; part < S::PARTS; part++) {
#pragma unroll
                for (u32 i = 0; i < ACROSS; i++) {
                    const typename S::Fragment b = strips.b[s][i].fragment(part);
#pragma unroll
                    for (u32 j = 0; j < DOWN; j++) {
                        results[i][j] =
                            M::multiply(b, strips.a[s][j].fragment(part), results[i][j]);
                    }
                }
            }
        }
    }

    // Adds up along k, from `k0` on in steps of `stride`. The next strips are on their way while
    // these are multiplied.
    DEVICE void run(const FewRows<T> &from, u32 column0, u32 k0, u32 stride) {
        Strips next;
        load(next, from, column0, k0);
#pragma unroll 1
        for (u32 at = k0; at < from.k; at += stride) {
            const Strips now = next;
            load(next, from, column0, at + stride);
            multiply(now);
        }
    }

    template <class Partial>
    DEVICE void put(Partial &partial) const {
#pragma unroll
        for (u32 i = 0; i < ACROSS; i++) {
#pragma unroll
            for (u32 j = 0; j < DOWN; j++) {
#pragma unroll
                for (u32 e = 0; e < sizeof(results[i][j]) / sizeof(f32); e++) {
                    const u32 row = j * 16 + M::column() + M::across(e);
                    partial[row][i * 16 + M::row(e)] = results[i][j][e];
                }
            }
        }
    }
};

// Without matrix instructions: a lane holds one column's sums, of all rows.
template <class T, u32 ROWS, u32 COLUMNS>
struct FewByLane {
    typedef Compute<T> C;
    static constexpr u32 N = LANES<T>, SLICES = WAVE / COLUMNS, STEP = SLICES * N;
    static_assert(SLICES * COLUMNS == WAVE, "lanes share columns equally");
    C results[ROWS];

    DEVICE void clear() {
#pragma unroll
        for (u32 i = 0; i < ROWS; i++) results[i] = 0;
    }

    DEVICE void run(const FewRows<T> &from, u32 column0, u32 k0, u32 stride) {
        const u32 column = least(column0 + lane() % COLUMNS, from.n - 1);
        const T *b = from.b + static_cast<u64>(column) * from.b_column;
#pragma unroll 1
        for (u32 at = k0 + lane() / COLUMNS * N; at < from.k; at += stride) {
            const Pack<T, N> from_b = load<N>(b + at);
#pragma unroll
            for (u32 i = 0; i < ROWS; i++) {
                const u32 row = least(i, from.m - 1);
                const Pack<T, N> from_a = load<N>(from.a + static_cast<u64>(row) * from.a_row + at);
                for (u32 e = 0; e < N; e++) {
                    results[i] += static_cast<C>(from_a.at[e]) * static_cast<C>(from_b.at[e]);
                }
            }
        }
    }

    template <class Partial>
    DEVICE void put(Partial &partial) const {
#pragma unroll
        for (u32 i = 0; i < ROWS; i++) {
            C sum = results[i];
            if constexpr (SLICES == 2) sum += exchange<COLUMNS>(sum);
            if (lane() < COLUMNS) partial[i][lane()] = sum;
        }
    }
};

template <bool BY_WAVE, class T, u32 ROWS, u32 COLUMNS>
struct ChooseFew {
    typedef FewByLane<T, ROWS, COLUMNS> type;
};
template <class T, u32 ROWS, u32 COLUMNS>
struct ChooseFew<true, T, ROWS, COLUMNS> {
    typedef FewByWave<T, ROWS, COLUMNS> type;
};

// `a` and `b` are adjacent along k, in whole packs; there are at most ROWS rows.
template <class T, u32 ROWS, u32 COLUMNS>
DEVICE void gemm_few(const T *a, const T *b, void *c, u32 m, u32 n, u32 k, u32 a_row, u32, u32,
                     u32 b_column, u32 part_size, const Walk<2> &batch) {
    typedef typename ChooseFew<Matrix<T>::EXISTS, T, ROWS, COLUMNS>::type Product;
    constexpr u32 WAVES = BLOCK / WAVE;
    // Padded, so that a column does not fall into one bank.
    SHARED f32 partial[WAVES][ROWS][COLUMNS + 1];
    const PartOf part(block_z(), part_size, k);
    u64 offsets[2];
    batch.locate(part.whole ? block_z() : 0, offsets);
    const FewRows<T> from = {a + offsets[0] + part.begin, b + offsets[1] + part.begin,
                             m, n, part.end - part.begin, a_row, b_column};
    const u32 wave = __builtin_amdgcn_readfirstlane(work_item() / WAVE);
    const u32 column0 = block_x() * COLUMNS;
    Product product;
    product.clear();
    product.run(from, column0, wave * Product::STEP, WAVES * Product::STEP);
    product.put(partial[wave]);
    barrier();
    for (u32 at = work_item(); at < ROWS * COLUMNS; at += BLOCK) {
        const u32 row = at / COLUMNS, column = column0 + at % COLUMNS;
        if (row >= m || column >= n) continue;
        f32 sum = 0;
        for (u32 w = 0; w < WAVES; w++) sum += partial[w][row][at % COLUMNS];
        const u64 place = (static_cast<u64>(block_z()) * m + row) * n + column;
        write_sum<T>(c, part.whole, place, sum);
    }
}
