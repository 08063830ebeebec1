// Adds up the parts of products (see parts.h).
#include "parts.h"

// Four elements a work-item, where rows of the parts allow it.
template <class T>
DEVICE void sum_parts(const Compute<T> *parts, T *y, u32 n, u32 count) {
    constexpr u32 N = 4;
    typedef Compute<T> C;
    const u32 at = (block_x() * BLOCK + work_item()) * N;
    if (at >= n) return;
    if (n % N == 0) {
        C sums[N] = {};
#pragma unroll 4
        for (u32 part = 0; part < count; part++) {
            const Pack<C, N> from = load<N>(parts + static_cast<u64>(part) * n + at);
#pragma unroll
            for (u32 i = 0; i < N; i++) sums[i] += from.at[i];
        }
        Pack<T, N> pack;
        for (u32 i = 0; i < N; i++) pack.at[i] = static_cast<T>(sums[i]);
        store(y + at, pack);
        return;
    }
    for (u32 i = at; i < least(at + N, n); i++) {
        C sum = 0;
        for (u32 part = 0; part < count; part++) sum += parts[static_cast<u64>(part) * n + i];
        y[i] = static_cast<T>(sum);
    }
}
