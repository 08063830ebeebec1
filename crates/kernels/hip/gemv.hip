// Products of few rows and a matrix, for each batch or in parts: bound by reading `b`, so each work-item
// reads and adds, several accesses on their way before it uses the first, and no tile goes through LDS.
#include "lanes.h"
#include "parts.h"
#include "walk.h"

// The operands of one batch, and the part of the inner dimension.
template <class T>
struct Vectors {
    const T *a, *b;
    u32 m, n, a_row, a_column, b_row, b_column;
    PartOf part;

    DEVICE Vectors(const T *a, const T *b, u32 m, u32 n, u32 k, u32 a_row, u32 a_column, u32 b_row,
                   u32 b_column, u32 part_size, const Walk<2> &batch)
        : a(a), b(b), m(m), n(n), a_row(m > 1 ? a_row : 0), a_column(a_column), b_row(b_row),
          b_column(n > 1 ? b_column : 0), part(block_z(), part_size, k) {
        if (!part.whole || batch.rank == 0) return;
        u64 offsets[2];
        batch.locate(block_z(), offsets);
        this->a += offsets[0];
        this->b += offsets[1];
    }

    // The row of `a` that is row `i` of this workgroup's ROWS; past the last it is the last again.
    template <u32 ROWS>
    DEVICE const T *row(u32 i) const {
        return a + static_cast<u64>(least(block_y() * ROWS + i, m - 1)) * a_row;
    }

    DEVICE u64 place(u32 row, u32 column) const {
        return (static_cast<u64>(block_z()) * m + row) * n + column;
    }
};

// Adds the values of the lanes whose numbers differ in bits from FIRST on, and leaves each of them an
// equal share of the sums, or all of them the last one; `number` becomes that of the first one left.
template <u32 FIRST, u32 N, class C>
DEVICE void share_sums(C (&values)[N], u32 &number) {
    if constexpr (FIRST < WAVE) {
        if constexpr (N == 1) {
            values[0] += exchange<FIRST>(values[0]);
            share_sums<FIRST * 2>(values, number);
        } else {
            const bool upper = (lane() & FIRST) != 0;
            C half[N / 2];
#pragma unroll
            for (u32 i = 0; i < N / 2; i++) {
                const C kept = upper ? values[i + N / 2] : values[i];
                half[i] = kept + exchange<FIRST>(upper ? values[i] : values[i + N / 2]);
            }
            if (upper) number += N / 2;
            share_sums<FIRST * 2>(half, number);
#pragma unroll
            for (u32 i = 0; i < N / 2; i++) values[i] = half[i];
        }
    }
}

// --- Matrices that are adjacent along k ------------------------------------------------------------

// What this lane, of TEAM that share columns, adds up of EACH columns from `column` on: N elements an
// access, AHEAD of them of each column before the first is used.
template <u32 N, u32 TEAM, u32 AHEAD, u32 ROWS, u32 EACH, class T>
DEVICE void add_along_k(const Vectors<T> &of, u32 column, Compute<T> (&sums)[ROWS][EACH]) {
    typedef Compute<T> C;
    constexpr u32 STEP = TEAM * N;
    const T *a[ROWS], *b[EACH];
#pragma unroll
    for (u32 i = 0; i < ROWS; i++) a[i] = of.template row<ROWS>(i);
#pragma unroll
    for (u32 j = 0; j < EACH; j++) {
        b[j] = of.b + static_cast<u64>(least(column + j, of.n - 1)) * of.b_column;
    }
    auto add = [&](u32 at, const Pack<T, N> (&packs)[EACH]) __attribute__((always_inline)) {
#pragma unroll
        for (u32 i = 0; i < ROWS; i++) {
            Pack<T, N> factors;
            if constexpr (N > 1) {
                factors = load<N>(a[i] + at);
            } else {
                factors.at[0] = a[i][static_cast<u64>(at) * of.a_column];
            }
#pragma unroll
            for (u32 j = 0; j < EACH; j++) {
#pragma unroll
                for (u32 e = 0; e < N; e++) {
                    sums[i][j] += static_cast<C>(factors.at[e]) * static_cast<C>(packs[j].at[e]);
                }
            }
        }
    };
    u32 at = of.part.begin + work_item() % TEAM * N;
#pragma unroll 1
    for (; at + (AHEAD - 1) * STEP < of.part.end; at += AHEAD * STEP) {
        Pack<T, N> packs[AHEAD][EACH];
#pragma unroll
        for (u32 u = 0; u < AHEAD; u++) {
#pragma unroll
            for (u32 j = 0; j < EACH; j++) packs[u][j] = load<N>(b[j] + at + u * STEP);
        }
        __builtin_amdgcn_sched_barrier(0);
#pragma unroll
        for (u32 u = 0; u < AHEAD; u++) add(at + u * STEP, packs[u]);
    }
#pragma unroll 1
    for (; at < of.part.end; at += STEP) {
        Pack<T, N> packs[EACH];
#pragma unroll
        for (u32 j = 0; j < EACH; j++) packs[j] = load<N>(b[j] + at);
        add(at, packs);
    }
}

// `b` is adjacent along k: `b_row` is 1. TEAM lanes share columns: part of a wave where k is short, or
// the workgroup, which then reads few lines at once and all of them in long pieces.
template <class T, u32 TEAM, u32 ROWS, u32 COLUMNS>
DEVICE void gemv_k(const T *a, const T *b, void *c, u32 m, u32 n, u32 k, u32 a_row, u32 a_column,
                   u32 b_row, u32 b_column, u32 part_size, const Walk<2> &batch) {
    typedef Compute<T> C;
    constexpr u32 N = LANES<T>, EACH = COLUMNS / (BLOCK / TEAM), AHEAD = TEAM == GROUP ? 4 : 8 / EACH;
    const u32 column = block_x() * COLUMNS + work_item() / TEAM * EACH;
    if (column >= n) return;
    const Vectors<T> of(a, b, m, n, k, a_row, a_column, b_row, b_column, part_size, batch);
    C sums[ROWS][EACH] = {};
    if (a_column == 1 && (k | of.a_row | of.b_column) % N == 0 && aligned<N>(of.a, of.b)) {
        add_along_k<N, TEAM, AHEAD>(of, column, sums);
    } else {
        add_along_k<1, TEAM, AHEAD>(of, column, sums);
    }
    auto write = [&](u32 i, u32 j, C sum) {
        const u32 row = block_y() * ROWS + i;
        if (row < m && column + j < n) write_sum<T>(c, of.part.whole, of.place(row, column + j), sum);
    };
    if constexpr (TEAM == GROUP) {
#pragma unroll
        for (u32 i = 0; i < ROWS; i++) {
#pragma unroll
            for (u32 j = 0; j < EACH; j++) {
                const C sum = reduce_lanes<GROUP>(sums[i][j], Sum());
                if (work_item() % GROUP == 0) write(i, j, sum);
            }
        }
    } else {
        constexpr u32 COUNT = ROWS * EACH, LEFT = COUNT > WAVE ? COUNT / WAVE : 1;
        SHARED C partial[BLOCK / WAVE][COUNT];
        C values[COUNT];
#pragma unroll
        for (u32 i = 0; i < COUNT; i++) values[i] = sums[i / EACH][i % EACH];
        u32 first = 0;
        share_sums<1>(values, first);
#pragma unroll
        for (u32 i = 0; i < LEFT; i++) partial[work_item() / WAVE][first + i] = values[i];
        barrier();
        if (work_item() >= COUNT) return;
        C sum = 0;
#pragma unroll
        for (u32 wave = 0; wave < BLOCK / WAVE; wave++) sum += partial[wave][work_item()];
        write(work_item() / EACH, work_item() % EACH, sum);
    }
}

// --- Matrices that are adjacent along n, or along nothing -------------------------------------------

// Of the columns `from` on of those of the workgroup, which start at `first`, what each wave adds up, in
// `partial`. Work-items side by side have N columns each, and those that have the same take turns along
// k: AHEAD accesses of each are on their way before it uses the first.
template <u32 N, u32 ACROSS, u32 AHEAD, u32 WORKERS, u32 ROWS, u32 COLUMNS, class T>
DEVICE void add_along_n(const Vectors<T> &of, u32 first, u32 from,
                        Compute<T> (&partial)[WORKERS / WAVE][ROWS][COLUMNS]) {
    typedef Compute<T> C;
    constexpr u32 SLICES = WORKERS / ACROSS, SHARERS = WAVE / ACROSS;
    constexpr u32 LEFT = N > SHARERS ? N / SHARERS : 1;
    static_assert(ACROSS <= WAVE, "columns lie in one wave");
    const u32 column = from + work_item() % ACROSS * N;
    const T *b = of.b + static_cast<u64>(first + column) * of.b_column, *a[ROWS];
#pragma unroll
    for (u32 i = 0; i < ROWS; i++) a[i] = of.template row<ROWS>(i);
    C sums[ROWS][N] = {};
    const u32 end = first + column < of.n ? of.part.end : 0;
    // Rows past the end are zeros.
    auto add = [&](u32 at, bool all_there) __attribute__((always_inline)) {
        Pack<T, N> packs[AHEAD];
        C factors[AHEAD][ROWS];
#pragma unroll
        for (u32 u = 0; u < AHEAD; u++) {
            const u32 row = at + u * SLICES;
            packs[u] = Pack<T, N>{};
            if (all_there || row < end) packs[u] = load<N>(b + static_cast<u64>(row) * of.b_row);
        }
#pragma unroll
        for (u32 u = 0; u < AHEAD; u++) {
            const u32 row = at + u * SLICES;
#pragma unroll
            for (u32 i = 0; i < ROWS; i++) {
                factors[u][i] = 0;
                if (all_there || row < end) {
                    factors[u][i] = static_cast<C>(a[i][static_cast<u64>(row) * of.a_column]);
                }
            }
        }
        __builtin_amdgcn_sched_barrier(0);
#pragma unroll
        for (u32 u = 0; u < AHEAD; u++) {
#pragma unroll
            for (u32 i = 0; i < ROWS; i++) {
#pragma unroll
                for (u32 e = 0; e < N; e++) {
                    sums[i][e] += factors[u][i] * static_cast<C>(packs[u].at[e]);
                }
            }
        }
    };
    u32 at = of.part.begin + work_item() / ACROSS;
#pragma unroll 1
    for (; at + (AHEAD - 1) * SLICES < end; at += AHEAD * SLICES) add(at, true);
    if (at < end) add(at, false);
#pragma unroll
    for (u32 i = 0; i < ROWS; i++) {
        u32 to = column;
        share_sums<ACROSS>(sums[i], to);
#pragma unroll
        for (u32 e = 0; e < LEFT; e++) partial[work_item() / WAVE][i][to + e] = sums[i][e];
    }
}

// `b` with any strides, best with `b_column` 1.
template <class T, u32 WORKERS, u32 ROWS, u32 COLUMNS>
DEVICE void gemv_n(const T *a, const T *b, void *c, u32 m, u32 n, u32 k, u32 a_row, u32 a_column,
                   u32 b_row, u32 b_column, u32 part_size, const Walk<2> &batch) {
    typedef Compute<T> C;
    constexpr u32 N = LANES<T>, WAVES = WORKERS / WAVE, AHEAD = ROWS == 1 ? 8 : 4;
    SHARED C partial[WAVES][ROWS][COLUMNS];
    const u32 first = block_x() * COLUMNS;
    const Vectors<T> of(a, b, m, n, k, a_row, a_column, b_row, b_column, part_size, batch);
    if (of.b_column == 1 && (n | b_row) % N == 0 && aligned<N>(of.b)) {
        add_along_n<N, COLUMNS / N, AHEAD, WORKERS>(of, first, 0, partial);
    } else {
        constexpr u32 ACROSS = 32;
#pragma unroll 1
        for (u32 from = 0; from < COLUMNS; from += ACROSS) {
            add_along_n<1, ACROSS, AHEAD, WORKERS>(of, first, from, partial);
        }
    }
    barrier();
    for (u32 at = work_item(); at < ROWS * COLUMNS; at += WORKERS) {
        const u32 i = at / COLUMNS, row = block_y() * ROWS + i, column = first + at % COLUMNS;
        if (row >= m || column >= n) continue;
        C sum = 0;
#pragma unroll
        for (u32 wave = 0; wave < WAVES; wave++) sum += partial[wave][i][at % COLUMNS];
        write_sum<T>(c, of.part.whole, of.place(row, column), sum);
    }
}
