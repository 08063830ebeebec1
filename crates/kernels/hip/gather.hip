// Reading at indices.
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
