// Canonical scores: defined to the bit, the same on every device and on the CPU.
//
// A team of 8 lanes adds up a row: lane j the elements whose number leaves j when divided by 8, in
// order, in f64; then the lanes' sums are added: j and j + 4, then j and j + 2, then the last two.
// Products of two f32 are exact in f64, so that it is of no consequence whether they are fused with
// additions; squares of differences are not, and never are.
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
#pragma unroll 8
        for (u32 i = lane() % TEAM; i < depth; i += TEAM) {
            f64 apart = static_cast<f64>(query[i]) - static_cast<f64>(read<f32>(row, i));
            f64 square = ROUNDED_PRODUCT(apart, apart);
            sums.product += square;
        }
    } else {
#pragma unroll 8
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

// Keys of the rows of `slots[query][i]`, or of all tiles where that is null: TILE for each. A
// workgroup takes a tile. `queries`: `query_pitch` numbers each, `row_bytes` those of a given row.
DEVICE void score(const u64 *table, const f32 *queries, const f64 *norms, const u32 *live,
                  const u32 *filter, const u32 *list, const u32 *words, const u32 *slots, u32 *keys,
                  u32 shift, u32 depth, u32 row_bytes, u32 query_pitch, u32 pitch, u32 slot_pitch,
                  u32 metric) {
    static_assert(BLOCK == TILE * TEAM, "a team for each row of a tile");
    const Tiles tiles = {table, shift};
    const Chosen chosen = {list, words, live, filter};
    const u32 at = block_x(), query = block_y(), row = work_item() / TEAM;
    const u32 slot = slots == nullptr ? at : slots[query * slot_pitch + at];
    const bool is_chosen = slot != NONE && (chosen.rows(slot) >> row & 1) != 0;
    // All lanes take part in exchanges, those of other rows with nothing.
    u64 start = 0;
    if (is_chosen) start = tiles.at(chosen.tile(slot), Plane::GIVEN, row_bytes) + row * row_bytes;
    const f32 cost = cost_of(queries + static_cast<u64>(query) * query_pitch, norms[query], start,
                             is_chosen ? depth : 0, metric);
    const u32 key = is_chosen ? key_of(cost) : NONE;
    if (work_item() % TEAM == 0) keys[static_cast<u64>(query) * pitch + at * TILE + row] = key;
}
