// Moving elements of any type: only their size matters.
#define CHECKED_PACKS
#include "shapes.h"
#include "turn.h"

template <class T>
DEVICE void copy_strided(const T *x, T *y, const Walk<1> &walk) {
    strided(walk, [](T value) { return value; }, y, x);
}

template <class T>
DEVICE void copy_2d(const T *x, T *y, u64 x_stride, u64 y_stride, u32 rows,
                    const Divisor &columns) {
    constexpr u32 STEPS = 4;  // as in the manifest
    const u32 steps = rows * columns.divisor;
    typename Moved<T>::type found[STEPS];
    u64 to[STEPS];
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        u32 row = (block_x() * STEPS + k) * BLOCK + work_item();
        if (row >= steps) break;
        const u32 column = columns.split(row);
        to[k] = row * y_stride + column;
        found[k] = moved(x)[row * x_stride + column];
    }
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        if ((block_x() * STEPS + k) * BLOCK + work_item() < steps) moved(y)[to[k]] = found[k];
    }
}

// Through LDS, so that neighbouring lanes read and write neighbouring elements.
template <class T>
DEVICE void copy_transposed(const T *x, T *y, u32 rows, u32 columns, u32 x_stride, u32 y_stride,
                            const Walk<2> &batch) {
    SHARED Lines<T> lines;
    turn_map(lines, x, y, rows, columns, x_stride, y_stride, batch, [](T value) { return value; });
}
