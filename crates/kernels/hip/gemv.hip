// Products of a row and a matrix, for each row and batch: bound by reading `b`, so each work-item
// reads and adds, and no tile goes through LDS.
#include "lanes.h"
#include "walk.h"

// Of a dot product along k, what this lane of a group adds up, N elements an access.
template <u32 N, class T>
DEVICE Compute<T> dot(const T *a, const T *b, u32 k, u32 a_stride) {
    typedef Compute<T> C;
    C sum = 0;
    for (u32 at = work_item() % GROUP * N; at < k; at += GROUP * N) {
        Pack<T, N> from_b = load<N>(b + at), from_a;
        if constexpr (N > 1) {
            from_a = load<N>(a + at);
        } else {
            from_a.at[0] = a[static_cast<u64>(at) * a_stride];
        }
        for (u32 i = 0; i < N; i++) sum += static_cast<C>(from_a.at[i]) * static_cast<C>(from_b.at[i]);
    }
    return sum;
}

// `b` is adjacent along k: `b_row` is 1.
template <class T>
DEVICE void gemv_k(const T *a, const T *b, T *c, u32 m, u32 n, u32 k, u32 a_row, u32 a_column, u32,
                   u32 b_column, const Walk<2> &batch) {
    constexpr u32 N = LANES<T>;
    const u32 column = block_x() * (BLOCK / GROUP) + work_item() / GROUP, row = block_y();
    if (column >= n) return;
    u64 offsets[2];
    batch.locate(block_z(), offsets);
    a += offsets[0] + static_cast<u64>(row) * a_row;
    b += offsets[1];
    const bool packed = a_column == 1 && (k | b_column) % N == 0 && aligned<N>(a, b);
    b += static_cast<u64>(column) * b_column;
    Compute<T> sum = packed ? dot<N>(a, b, k, 1) : dot<1>(a, b, k, a_column);
    sum = reduce_lanes<GROUP>(sum, Sum());
    if (work_item() % GROUP == 0) {
        c[(static_cast<u64>(block_z()) * m + row) * n + column] = static_cast<T>(sum);
    }
}

// Columns of a workgroup of gemv_n.
constexpr u32 COLUMNS = 32;

// Of each column, what the work-items that share it add up: N columns an access, and the workgroup's
// work-items take turns along k. The sums are left in `partial`, in SLICES parts for each column.
template <u32 N, class T>
DEVICE void dots(const T *a, const T *b, Compute<T> (*partial)[COLUMNS], u32 columns, u32 k,
                 u32 a_stride, u32 b_row) {
    typedef Compute<T> C;
    constexpr u32 ACROSS = COLUMNS / N, SLICES = BLOCK / ACROSS;
    const u32 slice = work_item() / ACROSS, column = work_item() % ACROSS * N;
    C sum[N];
    for (u32 i = 0; i < N; i++) sum[i] = 0;
    if (column < columns) {
#pragma unroll 4
        for (u32 at = slice; at < k; at += SLICES) {
            C from_a = static_cast<C>(a[static_cast<u64>(at) * a_stride]);
            Pack<T, N> from_b = load<N>(b + column + static_cast<u64>(at) * b_row);
            for (u32 i = 0; i < N; i++) sum[i] += from_a * static_cast<C>(from_b.at[i]);
        }
    }
    for (u32 i = 0; i < N; i++) partial[slice][column + i] = sum[i];
    barrier();
}

// `b` with any strides, best with `b_column` 1: work-items side by side take columns side by side,
// and the workgroup's groups take turns along k.
template <class T>
DEVICE void gemv_n(const T *a, const T *b, T *c, u32 m, u32 n, u32 k, u32 a_row, u32 a_column,
                   u32 b_row, u32 b_column, const Walk<2> &batch) {
    typedef Compute<T> C;
    constexpr u32 N = LANES<T>, GROUPS = BLOCK / COLUMNS;
    SHARED C partial[GROUPS * N][COLUMNS];
    const u32 group = work_item() / COLUMNS, row = block_y();
    const u32 first = block_x() * COLUMNS, column = work_item() % COLUMNS;
    u64 offsets[2];
    batch.locate(block_z(), offsets);
    a += offsets[0] + static_cast<u64>(row) * a_row;
    b += offsets[1] + static_cast<u64>(first) * b_column;
    u32 slices = GROUPS;
    if (b_column == 1 && (n | b_row) % N == 0 && aligned<N>(b)) {
        dots<N>(a, b, partial, n - first, k, a_column, b_row);
        slices = GROUPS * N;
    } else {
        C sum = 0;
        if (first + column < n) {
            b += static_cast<u64>(column) * b_column;
#pragma unroll 4
            for (u32 at = group; at < k; at += GROUPS) {
                C from_a = static_cast<C>(a[static_cast<u64>(at) * a_column]);
                sum += from_a * static_cast<C>(b[static_cast<u64>(at) * b_row]);
            }
        }
        partial[group][column] = sum;
        barrier();
    }
    // Each group adds up some of a column's parts, and the first those of the groups.
    C sum = partial[group][column];
    for (u32 i = group + GROUPS; i < slices; i += GROUPS) sum += partial[i][column];
    barrier();
    partial[group][column] = sum;
    barrier();
    if (group != 0 || first + column >= n) return;
    for (u32 i = 1; i < GROUPS; i++) sum += partial[i][column];
    c[(static_cast<u64>(block_z()) * m + row) * n + first + column] = static_cast<T>(sum);
}
