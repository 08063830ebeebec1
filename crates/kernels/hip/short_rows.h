// Many short rows: a few lanes hold two rows at a time, so that their reads and exchanges do not wait
// for each other. More would cost too many registers.
#pragma once
#include "rows.h"

// Packs that a lane holds at a time; the rows that some lanes take one after the other, and those of a
// workgroup, as in the manifest.
constexpr u32 HELD_PACKS = 2, LANE_ROWS = 4, SHORT_ROWS = BLOCK / FEW * LANE_ROWS;

// Rows of whole packs, at most PACKS for each of FEW lanes.
template <class T, u32 PACKS>
struct ShortRows {
    typedef Compute<T> C;
    typedef Pack<T, LANES<T>> P;
    static constexpr u32 ROWS = HELD_PACKS / PACKS, N = LANES<T>;
    P packs[ROWS][PACKS];
    u32 first, rows, columns;

    DEVICE static u32 column(u32 p) { return (p * FEW + work_item() % FEW) * N; }

    // The pack of a row that all rows share; that of column 0 where this lane has none.
    DEVICE static P shared(const T *x, u32 columns, u32 p) {
        return load<N>(x + (column(p) < columns ? column(p) : 0));
    }

    // Starts to read; nothing waits for it until it is used.
    DEVICE ShortRows(const T *x, u32 first, u32 rows, u32 columns)
        : first(first), rows(rows), columns(columns) {
#pragma unroll
        for (u32 r = 0; r < ROWS; r++) {
            const T *row = x + static_cast<u64>(least(first + r, rows - 1)) * columns;
#pragma unroll
            for (u32 p = 0; p < PACKS; p++) packs[r][p] = shared(row, columns, p);
        }
    }

    // Combines f(element, row) of each row; all lanes get the results.
    template <class F, class G>
    DEVICE void reduce(C start, F f, G combine, C (&results)[ROWS]) const {
#pragma unroll
        for (u32 r = 0; r < ROWS; r++) {
            results[r] = start;
#pragma unroll
            for (u32 p = 0; p < PACKS; p++) {
                if (column(p) >= columns) continue;
                for (u32 i = 0; i < N; i++) {
                    results[r] = combine(results[r], f(computed(packs[r][p].at[i]), r));
                }
            }
        }
#pragma unroll
        for (u32 r = 0; r < ROWS; r++) results[r] = reduce_lanes<FEW>(results[r], combine);
    }

    // Writes f(element, row, p, i) for the element i of each pack p.
    template <class F>
    DEVICE void write(T *y, F f) const {
#pragma unroll
        for (u32 r = 0; r < ROWS; r++) {
            if (first + r >= rows) break;
            T *row = y + static_cast<u64>(first + r) * columns;
#pragma unroll
            for (u32 p = 0; p < PACKS; p++) {
                if (column(p) >= columns) continue;
                P pack = packs[r][p];
                for (u32 i = 0; i < N; i++) {
                    pack.at[i] = static_cast<T>(f(computed(pack.at[i]), r, p, i));
                }
                store(row + column(p), pack);
            }
        }
    }
};

// Calls f.of<PACKS>(first row) for the rows of a lane, as few packs a row as they need.
template <class T, class F>
DEVICE void for_short_rows(u32 columns, F f) {
    const u32 first = block_x() * SHORT_ROWS + work_item() / FEW * LANE_ROWS;
    if (columns <= FEW * LANES<T>) {
#pragma unroll 1
        for (u32 r = 0; r < LANE_ROWS; r += HELD_PACKS) f.template of<1>(first + r);
    } else {
#pragma unroll 1
        for (u32 r = 0; r < LANE_ROWS; r += HELD_PACKS / 2) f.template of<2>(first + r);
    }
}
