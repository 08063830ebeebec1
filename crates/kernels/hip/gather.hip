// Reading at indices.
#include "place.h"

// Steps of a work-item, as in the manifest: reads that do not wait for each other.
constexpr u32 STEPS = 4;

DEVICE u32 step_of(u32 k) { return (block_x() * STEPS + k) * BLOCK + work_item(); }

// Elements of 16 bytes as values that registers hold.
template <class T>
struct Held {
    typedef T type;
};
template <>
struct Held<b128> {
    typedef u64 __attribute__((ext_vector_type(2))) type;
};

// Reads x at an index for each step: `index_at` gives it for a place. One outside gives zeros and is
// noted in `fault`, if there is one.
template <class Index, class T, class F>
DEVICE void pick(const T *elements, T *results, u32 *fault, u32 n, u32 source, const Order &order, F index_at) {
    typedef typename Held<T>::type H;
    const H *x = reinterpret_cast<const H *>(elements);
    H *y = reinterpret_cast<H *>(results);
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
    H found[STEPS];
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        found[k] = H();
        if (inside[k]) found[k] = x[from[k]];
    }
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        if (step_of(k) < n) y[to[k]] = found[k];
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
