// Rows that are read once, held in registers, and written once: softmax and the norms.
#pragma once
#include "lanes.h"

// The part of a row that one of WORKERS work-items holds: packs of PACK adjacent elements, the
// workers taking turns. Loops over it stop, for all workers alike, where the row ends.
template <class T, u32 WORKERS, u32 HELD, u32 PACK>
struct Row {
    typedef Compute<T> C;
    C held[HELD];
    u32 columns;

    DEVICE static u32 column(u32 k) { return (k / PACK * WORKERS + work_item() % WORKERS) * PACK; }

    // Calls f(k) for each pack, `k` its first element here. In few enough steps to be unrolled.
    template <class F>
    DEVICE void for_packs(F f) const {
        constexpr u32 STEP = PACK < 4 ? 4 : PACK;
#pragma unroll
        for (u32 step = 0; step < HELD; step += STEP) {
            if (step * WORKERS >= columns) break;
#pragma unroll
            for (u32 k = 0; k < STEP; k += PACK) f(step + k);
        }
    }

    DEVICE Row(const T *x, u32 columns, C absent) : columns(columns) {
        for_packs([&](u32 k) {
            for (u32 i = 0; i < PACK; i++) held[k + i] = absent;
            if (column(k) >= columns) return;
            Pack<T, PACK> pack = load<PACK>(x + column(k));
            for (u32 i = 0; i < PACK; i++) held[k + i] = static_cast<C>(pack.at[i]);
        });
    }

    // Replaces each element by f(element, its number here).
    template <class F>
    DEVICE void map(F f) {
        for_packs([&](u32 k) {
            for (u32 i = 0; i < PACK; i++) held[k + i] = f(held[k + i], k + i);
        });
    }

    // Combines f(element, its number here) of the whole row; all workers get the result. Absent
    // elements take part.
    template <class F, class G>
    DEVICE C reduce(C start, F f, G combine) const {
        for_packs([&](u32 k) {
            for (u32 i = 0; i < PACK; i++) start = combine(start, f(held[k + i], k + i));
        });
        if constexpr (WORKERS == BLOCK) {
            return reduce_workgroup(start, combine);
        } else {
            return reduce_lanes<WORKERS>(start, combine);
        }
    }

    template <class G>
    DEVICE C reduce(C start, G combine) const {
        return reduce(start, [](C value, u32) { return value; }, combine);
    }

    DEVICE void write(T *y) const {
        for_packs([&](u32 k) {
            if (column(k) >= columns) return;
            Pack<T, PACK> pack;
            for (u32 i = 0; i < PACK; i++) pack.at[i] = static_cast<T>(held[k + i]);
            store(y + column(k), pack);
        });
    }
};

// The row of this work-item, where each takes WORKERS work-items.
template <u32 WORKERS>
DEVICE u32 row_of() {
    return block_x() * (BLOCK / WORKERS) + work_item() / WORKERS;
}

// Calls f(element, column) for the elements of a row of any length, a workgroup taking turns.
template <u32 PACK, class T, class F>
DEVICE void for_long_row(const T *x, u32 columns, F f) {
    for (u32 at = work_item() * PACK; at < columns; at += BLOCK * PACK) {
        Pack<T, PACK> pack = load<PACK>(x + at);
        for (u32 i = 0; i < PACK; i++) f(static_cast<Compute<T>>(pack.at[i]), at + i);
    }
}

// y = f(x, column) for a row of any length.
template <u32 PACK, class T, class F>
DEVICE void map_long_row(const T *x, T *y, u32 columns, F f) {
    for (u32 at = work_item() * PACK; at < columns; at += BLOCK * PACK) {
        Pack<T, PACK> pack = load<PACK>(x + at);
        for (u32 i = 0; i < PACK; i++) {
            pack.at[i] = static_cast<T>(f(static_cast<Compute<T>>(pack.at[i]), at + i));
        }
        store(y + at, pack);
    }
}
