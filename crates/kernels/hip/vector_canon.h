// Canonical scores: defined to the bit, the same on every device and on the CPU.
//
// A team of 8 lanes adds up a row: lane j the elements whose number leaves j when divided by 8, in
// order, in f64; then the lanes' sums are added: j and j + 4, then j and j + 2, then the last two.
// Products of two f32 are exact in f64, so that it is of no consequence whether they are fused with
// additions; squares of differences are not, and never are.
#pragma once
#include "vector.h"

enum Metric { L2, INNER, COSINE };

struct Sums {
    f64 product = 0, row = 0;
};

DEVICE f64 over_team(f64 sum) {
    sum += exchange<4>(sum);
    sum += exchange<2>(sum);
    return sum + exchange<1>(sum);
}

// Adds up this lane's elements.
DEVICE Sums sums_of(const f32 *query, u64 row, u32 depth, u32 metric) {
#pragma clang fp contract(off)
    Sums sums;
    if (metric == L2) {
#pragma unroll 16
        for (u32 i = lane() % TEAM; i < depth; i += TEAM) {
            f64 apart = static_cast<f64>(query[i]) - static_cast<f64>(read<f32>(row, i));
            f64 square = ROUNDED_PRODUCT(apart, apart);
            sums.product += square;
        }
    } else {
#pragma unroll 16
        for (u32 i = lane() % TEAM; i < depth; i += TEAM) {
            f64 x = read<f32>(row, i);
            sums.product += static_cast<f64>(query[i]) * x;
            if (metric == COSINE) sums.row += x * x;
        }
    }
    return sums;
}

// The cost of a row: its squared distance, or its negated product or cosine. `norm` is that of the
// query. Zero has no sign.
DEVICE f32 cost_of(const f32 *query, f64 norm, u64 row, u32 depth, u32 metric) {
#pragma clang fp contract(off)
    const Sums sums = sums_of(query, row, depth, metric);
    f64 score = over_team(sums.product);
    if (metric == L2) return static_cast<f32>(score);
    if (metric == COSINE) {
        const f64 lengths = norm * __builtin_sqrt(over_team(sums.row));
        score = lengths == 0 ? 0 : score / lengths;
    }
    const f32 rounded = static_cast<f32>(score);
    return 0.0f - rounded;
}

// What rows are scored with: queries of `query_pitch` numbers with their norms, and where rows as they
// were given are, `row_bytes` each.
struct Canon {
    Tiles tiles;
    const f32 *queries;
    const f64 *norms;
    u32 depth, row_bytes, query_pitch, metric;

    // The key of a query and this work-item's row of a tile: a team for each row of a workgroup of
    // TILE teams. `rows`: which of the tile's rows are meant; others have no key.
    DEVICE u32 key(u32 query, u32 tile, u32 rows) const {
        const u32 row = work_item() / TEAM % TILE;
        const bool is_chosen = (rows >> row & 1) != 0;
        // All lanes take part in exchanges, those of other rows with nothing.
        u64 start = 0;
        if (is_chosen) start = tiles.at(tile, Plane::GIVEN, row_bytes) + row * row_bytes;
        const f32 cost = cost_of(queries + static_cast<u64>(query) * query_pitch, norms[query], start,
                                 is_chosen ? depth : 0, metric);
        return is_chosen ? key_of(cost) : NONE;
    }
};
