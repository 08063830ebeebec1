// Softmax along the last dimension.
#include "math.h"
#include "rows.h"

template <class C>
constexpr C LOWEST = -static_cast<C>(__builtin_inff());

template <class T, u32 WORKERS, u32 HELD, u32 PACK>
DEVICE void softmax_row(const T *x, T *y, u32 columns) {
    typedef Compute<T> C;
    Row<T, WORKERS, HELD, PACK> row(x, columns, LOWEST<C>);
    C highest = row.reduce(LOWEST<C>, Largest());
    // An absent element is -inf and becomes 0.
    row.map([=](C value, u32) { return math::exp_for<T>(value - highest); });
    C scale = 1 / row.reduce(0, Sum());
    row.map([=](C value, u32) { return value * scale; });
    row.write(y);
}

template <class T, u32 WORKERS, u32 HELD>
DEVICE void softmax_held(const T *x, T *y, u32 rows, u32 columns) {
    u32 index = row_of<WORKERS>();
    if (index >= rows) return;
    u64 start = static_cast<u64>(index) * columns;
    if (aligned<LANES<T>>(x, y) && columns % LANES<T> == 0) {
        softmax_row<T, WORKERS, HELD, LANES<T>>(x + start, y + start, columns);
    } else {
        softmax_row<T, WORKERS, HELD, 1>(x + start, y + start, columns);
    }
}

template <class T>
DEVICE void softmax_group(const T *x, T *y, u32 rows, u32 columns) {
    softmax_held<T, GROUP, 8>(x, y, rows, columns);
}

template <class T>
DEVICE void softmax_block(const T *x, T *y, u32 rows, u32 columns) {
    softmax_held<T, BLOCK, 32>(x, y, rows, columns);
}

template <class T, u32 PACK>
DEVICE void softmax_twice(const T *x, T *y, u32 columns) {
    typedef Compute<T> C;
    C highest = LOWEST<C>, sum = 0;
    for_long_row<PACK>(x, columns, [&](C value, u32) {
        C higher = Largest()(highest, value);
        // Nothing but -inf so far: any finite number keeps the exponents defined.
        C shift = higher == LOWEST<C> ? C(0) : higher;
        sum = sum * math::exp_for<T>(highest - shift) + math::exp_for<T>(value - shift);
        highest = higher;
    });
    C all = reduce_workgroup(highest, Largest());
    C shift = all == LOWEST<C> ? C(0) : all;
    C scale = 1 / reduce_workgroup(sum * math::exp_for<T>(highest - shift), Sum());
    map_long_row<PACK>(x, y, columns,
                       [=](C value, u32) { return math::exp_for<T>(value - all) * scale; });
}

template <class T>
DEVICE void softmax_long(const T *x, T *y, u32, u32 columns) {
    u64 start = static_cast<u64>(block_x()) * columns;
    if (aligned<LANES<T>>(x, y) && columns % LANES<T> == 0) {
        softmax_twice<T, LANES<T>>(x + start, y + start, columns);
    } else {
        softmax_twice<T, 1>(x + start, y + start, columns);
    }
}
