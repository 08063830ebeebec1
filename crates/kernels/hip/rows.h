// Rows that are read once, held in registers, and written once: softmax and the norms.
#pragma once
#include "lanes.h"

// Lanes that share a short row.
constexpr u32 FEW = 16;
// Lanes that share one that is longer.
constexpr u32 SOME = 32;
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

// The part of a row that one of WORKERS work-items holds: packs of PACK adjacent elements, as they are
// in memory, the workers taking turns. Loops over it stop, for all workers alike, where the row ends.
template <class T, u32 WORKERS, u32 HELD, u32 PACK>
struct Row {
    typedef Compute<T> C;
    typedef Pack<T, PACK> P;
    P packs[HELD / PACK];
    u32 columns;

    DEVICE static u32 column(u32 k) { return (k * WORKERS + work_item() % WORKERS) * PACK; }

    // Calls f(k) for each pack that there is. In few enough steps to be unrolled.
    template <class F>
    DEVICE void for_packs(F f) const {
        constexpr u32 STEP = PACK < 4 ? 4 / PACK : 1;
#pragma unroll
        for (u32 step = 0; step < HELD / PACK; step += STEP) {
            if (step * PACK * WORKERS >= columns) break;
#pragma unroll
            for (u32 k = step; k < step + STEP; k++) {
                if (column(k) < columns) f(k);
            }
        }
    }

    // Starts to read; nothing waits for it until it is used.
    DEVICE Row(const T *x, u32 columns) : columns(columns) {
        for_packs([&](u32 k) { packs[k] = load<PACK>(x + column(k)); });
    }

    // Replaces each element by f(element).
    template <class F>
    DEVICE void map(F f) {
        for_packs([&](u32 k) {
            for (u32 i = 0; i < PACK; i++) packs[k].at[i] = static_cast<T>(f(packs[k].at[i]));
        });
    }

    // Combines f(element) of the whole row; all workers get the result.
    template <class F, class G>
    DEVICE C reduce(C start, F f, G combine) const {
        for_packs([&](u32 k) {
            for (u32 i = 0; i < PACK; i++) {
                start = combine(start, f(computed(packs[k].at[i])));
            }
        });
        return reduce_workers<WORKERS>(start, combine);
    }

    // Writes f(pack, its number here) for each pack.
    template <class F>
    DEVICE void write(T *y, F f) const {
        for_packs([&](u32 k) { store(y + column(k), f(packs[k], k)); });
    }
};

// A row that all rows share, read AHEAD where registers hold it, or else when it is used.
template <class R, class T, bool AHEAD>
struct Shared;
template <class R, class T>
struct Shared<R, T, true> {
    R row;
    DEVICE Shared(const T *x, u32 columns) : row(x, columns) {}
    DEVICE typename R::P pack(u32 k) const { return row.packs[k]; }
};
template <class R, class T>
struct Shared<R, T, false> {
    const T *x;
    DEVICE Shared(const T *x, u32) : x(x) {}
    DEVICE typename R::P pack(u32 k) const {
        return *reinterpret_cast<const typename R::P *>(x + R::column(k));
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
            pack.at[i] = static_cast<T>(f(computed(pack.at[i]), at + i));
        }
        store(y + at, pack);
    });
}

// Calls f(element, column) as for_long_row does.
template <u32 WORKERS, u32 PACK, class T, class F>
DEVICE void for_elements(const T *x, u32 begin, u32 end, F f) {
    for_long_row<WORKERS, PACK>(x, begin, end, [&](const Pack<T, PACK> &pack, u32 at) {
        for (u32 i = 0; i < PACK; i++) f(computed(pack.at[i]), at + i);
    });
}
