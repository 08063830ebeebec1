// Moving elements of any type: only their size matters.
#include "shapes.h"

template <class T>
DEVICE void copy(const T *x, T *y, u64 n) {
    elementwise(n, [](T value) { return value; }, y, x);
}

template <class T>
DEVICE void copy_strided(const T *x, T *y, const Walk<1> &walk) {
    strided(walk, [](T value) { return value; }, y, x);
}

template <class T>
DEVICE void copy_2d(const T *x, T *y, u64 x_stride, u64 y_stride, u32 rows,
                    const Divisor &columns) {
    u32 steps = rows * columns.divisor;
#pragma unroll
    for (u32 k = 0; k < UNROLL; k++) {
        u32 row = (block_x() * UNROLL + k) * BLOCK + work_item();
        if (row >= steps) break;
        u32 column = columns.split(row);
        y[row * y_stride + column] = x[row * x_stride + column];
    }
}

// Reads along the rows of x and writes along the rows of y, both in order, through LDS.
template <class T>
DEVICE void copy_transposed(const T *x, T *y, u32 rows, u32 columns, u32 x_stride, u32 y_stride,
                            const Walk<2> &batch) {
    constexpr u32 SIDE = 32;
    SHARED T tile[SIDE][SIDE + 1];
    u64 offsets[2];
    batch.locate(block_z(), offsets);
    x += offsets[0];
    y += offsets[1];
    const u32 row0 = block_y() * SIDE, column0 = block_x() * SIDE;
    const u32 fast = work_item() % SIDE, slow = work_item() / SIDE;
#pragma unroll
    for (u32 k = slow; k < SIDE; k += BLOCK / SIDE) {
        u32 row = row0 + fast, column = column0 + k;
        if (row < rows && column < columns) {
            tile[k][fast] = x[row + static_cast<u64>(column) * x_stride];
        }
    }
    barrier();
#pragma unroll
    for (u32 k = slow; k < SIDE; k += BLOCK / SIDE) {
        u32 row = row0 + k, column = column0 + fast;
        if (row < rows && column < columns) {
            y[static_cast<u64>(row) * y_stride + column] = tile[fast][k];
        }
    }
}
