// Rows that are read once, held in registers, and written once: softmax and the norms.
#pragma once
#include "lanes.h"

// Lanes that share a short row.
constexpr u32 FEW = 16;
// Work-items of a workgroup that has a long row to itself.
constexpr u32 MANY = 1024;

// Combines the values of WORKERS work-items: some lanes, or a whole workgroup. All of them get the
// result.
template <u32 WORKERS, class T, class F>
DEVICE T reduce_workers(T x, F combine) {
    if constexpr (WORKERS > WAVE) {
        return reduce_workgroup<WORKERS>(x, combine);
    } else {
        return reduce_lanes<WORKERS>(x, combine);
    }
}

// The part of a row that one of WORKERS work-items holds: packs of PACK adjacent elements, the
// workers taking turns. Loops over it stop, for all workers alike, where the row ends.
template <class T, u32 WORKERS, u32 HELD, u32 PACK>
struct Row {
    typedef Compute<T> C;
    Pack<T, PACK> packs[HELD / PACK];
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

    // Starts to read; nothing waits for it until it is used.
    DEVICE Row(const T *x, u32 columns) : columns(columns) {
        for_packs([&](u32 k) {
            packs[k / PACK] = Pack<T, PACK>{};
            if (column(k) < columns) packs[k / PACK] = load<PACK>(x + column(k));
        });
    }

    // What was read, or 0 behind the end of the row.
    DEVICE C at(u32 k) const { return static_cast<C>(packs[k / PACK].at[k % PACK]); }

    // Holds what was read, and `absent` behind the end of the row.
    DEVICE void hold(C absent) {
        for_packs([&](u32 k) {
            const bool there = column(k) < columns;
            for (u32 i = 0; i < PACK; i++) held[k + i] = there ? at(k + i) : absent;
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
        return reduce_workers<WORKERS>(start, combine);
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

// The row of this work-item, of those that a workgroup of WORKERS work-items a row, or of BLOCK
// where that is more, has.
template <u32 WORKERS>
DEVICE u32 row_of() {
    constexpr u32 ROWS = WORKERS < BLOCK ? BLOCK / WORKERS : 1;
    return block_x() * ROWS + (ROWS > 1 ? work_item() / WORKERS : 0);
}

// Calls f(pack, column) for the packs of columns `begin` to `end` of a row of any length, WORKERS
// work-items taking turns, several reads under way at a time.
template <u32 WORKERS, u32 PACK, class T, class F>
DEVICE void for_long_row(const T *x, u32 begin, u32 end, F f) {
    constexpr u32 AHEAD = 4, STEP = WORKERS * PACK;
    for (u32 at = begin + work_item() * PACK; at < end; at += AHEAD * STEP) {
        Pack<T, PACK> packs[AHEAD];
#pragma unroll
        for (u32 k = 0; k < AHEAD; k++) {
            packs[k] = Pack<T, PACK>{};
            if (at + k * STEP < end) packs[k] = load<PACK>(x + at + k * STEP);
        }
#pragma unroll
        for (u32 k = 0; k < AHEAD; k++) {
            if (at + k * STEP < end) f(packs[k], at + k * STEP);
        }
    }
}

// y = f(x, column) for a part of a row of any length.
template <u32 WORKERS, u32 PACK, class T, class F>
DEVICE void map_long_row(const T *x, T *y, u32 begin, u32 end, F f) {
    for_long_row<WORKERS, PACK>(x, begin, end, [&](Pack<T, PACK> pack, u32 at) {
        for (u32 i = 0; i < PACK; i++) {
            pack.at[i] = static_cast<T>(f(static_cast<Compute<T>>(pack.at[i]), at + i));
        }
        store(y + at, pack);
    });
}

// Calls f(element, column) as for_long_row does.
template <u32 WORKERS, u32 PACK, class T, class F>
DEVICE void for_elements(const T *x, u32 begin, u32 end, F f) {
    for_long_row<WORKERS, PACK>(x, begin, end, [&](const Pack<T, PACK> &pack, u32 at) {
        for (u32 i = 0; i < PACK; i++) f(static_cast<Compute<T>>(pack.at[i]), at + i);
    });
}
