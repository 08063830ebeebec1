// Reading at indices.
#include "place.h"

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
