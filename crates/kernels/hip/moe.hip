// Mixtures of experts whose matrices are numbers.
#include "moe.h"

// The matrix of an expert, (columns, depth), on its way to LDS.
template <class T>
struct Numbers {
    typedef typename MixtureTile<T>::Side Side;
    const T *matrix;
    u32 columns, depth;
    bool packed;
    Side side;

    DEVICE auto part(u32 k) const {
        const u32 first = block_x() * MixtureTile<T>::SIDE;
        auto row = [=](u32 place) {
            const u64 column = first + place;
            return column < columns ? matrix + column * depth : nullptr;
        };
        return Part{row, k, depth, packed};
    }

    DEVICE void fetch(u32 k) { side.template fetch<false>(part(k)); }
    DEVICE void stash(T *to, u32 k) const { side.template stash<false>(to, part(k)); }
};

template <class T>
DEVICE void moe_tile(const T *x, const T *weights, const u32 *ids, const u32 *experts,
                     const f32 *scales, T *y, u32 *fault, u32 rows, u32 columns, u32 depth,
                     u32 expert_count, u32 x_rows, const Divisor &share, u32 listed) {
    const Mixture<T, T> mixture = {x,    ids,     experts, scales,       y,      fault,
                                   rows, columns, depth,   expert_count, x_rows, share};
    const bool packed = mixture.packed(weights);
    run_experts(mixture, listed, [&](u32 expert) {
        const T *matrix = weights + static_cast<u64>(expert) * columns * depth;
        return Numbers<T>{matrix, columns, depth, packed, {}};
    });
}

// Of a dot product of `depth` elements, what this lane of a group adds up, N elements an access.
template <u32 N, class T>
DEVICE f32 dot(const T *a, const T *b, u32 depth) {
    f32 sum = 0;
    for (u32 at = work_item() % GROUP * N; at < depth; at += GROUP * N) {
        Pack<T, N> from_a = load<N>(a + at), from_b = load<N>(b + at);
        for (u32 i = 0; i < N; i++) {
            sum += static_cast<f32>(from_a.at[i]) * static_cast<f32>(from_b.at[i]);
        }
    }
    return sum;
}

// One place of the list and 8 columns, 32 lanes each.
template <class T>
DEVICE void moe_row(const T *x, const T *weights, const u32 *ids, const u32 *experts,
                    const f32 *scales, T *y, u32 *fault, u32 rows, u32 columns, u32 depth,
                    u32 expert_count, u32 x_rows, const Divisor &share, u32) {
    const Mixture<T, T> mixture = {x,    ids,     experts, scales,       y,      fault,
                                   rows, columns, depth,   expert_count, x_rows, share};
    const u32 row = mixture.row_at(block_y()), expert = experts[block_y()];
    const u32 column = block_x() * (BLOCK / GROUP) + work_item() / GROUP;
    if (row == ~0u || !mixture.has_expert(expert) || column >= columns) return;
    const T *a = mixture.source(row);
    const T *b = weights + (static_cast<u64>(expert) * columns + column) * depth;
    const bool packed = mixture.packed(x) && mixture.packed(weights);
    f32 sum = packed ? dot<LANES<T>>(a, b, depth) : dot<1>(a, b, depth);
    sum = reduce_lanes<GROUP>(sum, Sum());
    if (work_item() % GROUP == 0) mixture.write(row, column, sum);
}
