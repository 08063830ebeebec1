// Reading at indices.
#include "shapes.h"

// Indices of this value give zeros, as in Candle.
template <class Index>
DEVICE bool is_absent(Index index) {
    constexpr Index highest = sizeof(Index) == 8 ? static_cast<Index>(~0ul >> 1)
                                                 : static_cast<Index>(~Index(0));
    return index == highest;
}

// The element at an index of `x`. One outside gives zeros and is noted in `fault`, if there is one.
template <class Index, class T>
DEVICE T pick(const T *x, Index index, u64 before, u32 source, u32 right, u32 at, u32 *fault) {
    if (is_absent(index)) return T();
    if (static_cast<u64>(index) < source) {
        return x[(before * source + static_cast<u64>(index)) * right + at];
    }
    if (fault != nullptr) *fault = 1;
    return T();
}

// The element of the destination that a work-item writes, as left, i and right.
struct Place {
    u32 left, i, right;
    DEVICE Place(u32 step, const Divisor &right_size, const Divisor &count) {
        right = right_size.split(step);
        i = count.split(step);
        left = step;
    }
};

template <class Index, class T>
DEVICE void index_select(const Index *ids, const T *x, T *y, u32 *fault, u32 n, u32 source,
                         u32 ids_stride, const Divisor &right, const Divisor &count) {
    u32 step = block_x() * BLOCK + work_item();
    if (step >= n) return;
    Place place(step, right, count);
    Index index = ids[static_cast<u64>(place.i) * ids_stride];
    y[step] = pick(x, index, place.left, source, right.divisor, place.right, fault);
}

template <class Index, class T>
DEVICE void gather(const Index *ids, const T *x, T *y, u32 *fault, u32 n, u32 source, u32,
                   const Divisor &right, const Divisor &count) {
    u32 step = block_x() * BLOCK + work_item();
    if (step >= n) return;
    Place place(step, right, count);
    y[step] = pick(x, ids[step], place.left, source, right.divisor, place.right, fault);
}
