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

// A matrix that is read along its rows, which are the columns of what is written.
template <class T>
struct Transposition {
    const T *x;
    T *y;
    u32 rows, columns, x_stride, y_stride;

    // Whether N elements may be read and written at once.
    template <u32 N>
    DEVICE bool in_packs() const {
        return (rows | columns | x_stride | y_stride) % N == 0 && aligned<N>(x, y);
    }

    // A tile, N elements an access: along the rows of x into LDS, and out along the rows of y.
    template <u32 N, u32 SIDE, u32 PITCH>
    DEVICE void copy(T (&tile)[SIDE][PITCH]) const {
        constexpr u32 ACROSS = SIDE / N, STEP = BLOCK / ACROSS;
        const u32 row0 = block_y() * SIDE, column0 = block_x() * SIDE;
        const u32 fast = work_item() % ACROSS * N, slow = work_item() / ACROSS;
#pragma unroll
        for (u32 pass = 0; pass < SIDE / STEP; pass++) {
            const u32 k = pass * STEP + slow;
            u32 row = row0 + fast, column = column0 + k;
            if (row < rows && column < columns) {
                Pack<T, N> pack = load<N>(x + row + static_cast<u64>(column) * x_stride);
                for (u32 i = 0; i < N; i++) tile[k][fast + i] = pack.at[i];
            }
        }
        barrier();
#pragma unroll
        for (u32 pass = 0; pass < SIDE / STEP; pass++) {
            const u32 k = pass * STEP + slow;
            u32 row = row0 + k, column = column0 + fast;
            if (row < rows && column < columns) {
                Pack<T, N> pack;
                for (u32 i = 0; i < N; i++) pack.at[i] = tile[fast + i][k];
                store(y + static_cast<u64>(row) * y_stride + column, pack);
            }
        }
    }
};

// Through LDS, so that neighbouring lanes read and write neighbouring words.
template <class T>
DEVICE void copy_transposed(const T *x, T *y, u32 rows, u32 columns, u32 x_stride, u32 y_stride,
                            const Walk<2> &batch) {
    constexpr u32 SIDE = 64, WORD = sizeof(T) < 4 ? 4 / sizeof(T) : 1;
    // The pitch is odd in words, so that a column does not fall into one bank.
    SHARED T tile[SIDE][SIDE + WORD];
    u64 offsets[2];
    batch.locate(block_z(), offsets);
    Transposition<T> matrix = {x + offsets[0], y + offsets[1], rows, columns, x_stride, y_stride};
    if (matrix.template in_packs<WORD>()) {
        matrix.template copy<WORD>(tile);
    } else {
        matrix.template copy<1>(tile);
    }
}
