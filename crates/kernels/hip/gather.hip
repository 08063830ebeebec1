// Reading at indices.
#define CHECKED_PACKS
#include "held_row.h"
#include "place.h"

// Steps of a work-item, as in the manifest: reads that do not wait for each other.
constexpr u32 STEPS = 4;

DEVICE u32 step_of(u32 k) { return (block_x() * STEPS + k) * BLOCK + work_item(); }

// Reads x at an index for each step: `index_at` gives it for a place. One outside gives zeros and is
// noted in `fault`, if there is one.
template <class Index, class T, class F>
DEVICE void pick(const T *x, T *y, u32 *fault, u32 n, u32 source, const Order &order, F index_at) {
    u64 from[STEPS];
    bool inside[STEPS], outside = false;
    u32 to[STEPS];
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        inside[k] = false;
        if (step_of(k) >= n) continue;
        const Place place = order.place(step_of(k));
        const Index index = index_at(place);
        inside[k] = static_cast<u64>(index) < source && !is_absent(index);
        outside |= !inside[k] && !is_absent(index);
        to[k] = place.element;
        const u64 row = static_cast<u64>(place.left) * source + static_cast<u64>(index);
        from[k] = row * order.columns() + place.right;
    }
    typename Moved<T>::type found[STEPS];
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        found[k] = {};
        if (inside[k]) found[k] = moved(x)[from[k]];
    }
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        if (step_of(k) < n) moved(y)[to[k]] = found[k];
    }
    if (outside && fault != nullptr) *fault = 1;
}

template <class Index, class T>
DEVICE void index_select(const Index *ids, const T *x, T *y, u32 *fault, u32 n, u32 source,
                         u32 ids_stride, u32 strip, const Divisor &right, const Divisor &count) {
    pick<Index>(x, y, fault, n, source, Order{right, count, strip}, [=](const Place &place) {
        return ids[static_cast<u64>(place.i) * ids_stride];
    });
}

template <class Index, class T>
DEVICE void gather(const Index *ids, const T *x, T *y, u32 *fault, u32 n, u32 source, u32, u32 strip,
                   const Divisor &right, const Divisor &count) {
    pick<Index>(x, y, fault, n, source, Order{right, count, strip},
                [=](const Place &place) { return ids[place.element]; });
}

// --- Along the last dimension: rows that LDS holds ------------------------------------------------

// What a work-item picks at a time, `begin` the first element of its workgroup.
template <class Index, class T, u32 K>
struct Picks : RowShare<K, 4> {
    static constexpr u32 AHEAD = 4;
    using RowShare<K, AHEAD>::at;
    Pack<Index, K> indices[AHEAD];

    DEVICE void read(const Index *ids, u32 begin, u32 count) {
#pragma unroll
        for (u32 k = 0; k < AHEAD; k++) {
            if (at(begin, k) < count) indices[k] = load<K>(ids + at(begin, k));
        }
    }

    // Whether an index was outside.
    DEVICE bool write(const T *row, T *y, u32 begin, u32 count, u32 source) const {
        bool outside = false;
#pragma unroll
        for (u32 k = 0; k < AHEAD; k++) {
            if (at(begin, k) >= count) break;
            Pack<T, K> found;
            for (u32 i = 0; i < K; i++) {
                const Index index = indices[k].at[i];
                const bool absent = is_absent(index);
                const bool inside = static_cast<u64>(index) < source && !absent;
                outside |= !inside && !absent;
                const T value = row[inside ? static_cast<u32>(index) : 0];
                found.at[i] = inside ? value : T(0);
            }
            store(y + at(begin, k), found);
        }
        return outside;
    }
};

template <class Index, class T, u32 K>
DEVICE bool pick_row(T *row, const Index *ids, const T *x, T *y, u32 source, u32 count) {
    typedef Picks<Index, T, K> P;
    P picks;
    hold_row(row, x, source, [&] { picks.read(ids, 0, count); });
    barrier();
    bool outside = picks.write(row, y, 0, count, source);
    for (u32 begin = P::SPAN; begin < count; begin += P::SPAN) {
        picks.read(ids, begin, count);
        outside |= picks.write(row, y, begin, count, source);
    }
    return outside;
}

// A workgroup for each row: y[l][i] = x[l][ids[l * ids_stride + i]].
template <class Index, class T>
DEVICE void gather_row(const Index *ids, const T *x, T *y, u32 *fault, u32 source, u32 count,
                       u32 ids_stride) {
    constexpr u32 K = least(LANES<T>, 4u);
    alignas(16) SHARED T row[ROW_BYTES / sizeof(T)];
    const u64 at = block_x();
    ids += at * ids_stride;
    x += at * source;
    y += at * count;
    bool outside;
    if (count % K == 0 && ids_stride % K == 0 && aligned<K>(ids) && aligned<K>(y)) {
        outside = pick_row<Index, T, K>(row, ids, x, y, source, count);
    } else {
        outside = pick_row<Index, T, 1>(row, ids, x, y, source, count);
    }
    if (outside && fault != nullptr) *fault = 1;
}
