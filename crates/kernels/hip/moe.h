// What mixtures of experts do alike, whether the matrices are numbers or packed: each row of the
// result is a row of `x` times the matrix of one expert.
//
// `ids` lists the rows of the result and `experts`, beside it, the expert of each; rows of one expert
// are adjacent for speed, not for correctness. Row `r` of the result comes from row `r / share` of
// `x`. What is out of range is noted in `fault`.
#pragma once
#include "blocks.h"
#include "walk.h"

template <class T, class Y>
struct Mixture {
    const T *x;
    const u32 *ids, *experts;
    const f32 *scales;  // for each row of the result, or null
    Y *y;
    u32 *fault;
    u32 rows, columns, depth, expert_count, x_rows;
    Divisor share;

    // The row of the result at a place of the list, or one that does not exist.
    DEVICE u32 row_at(u32 place) const {
        u32 row = ids[place];
        if (row < rows && share.quotient(row) < x_rows) return row;
        *fault = 1;
        return ~0u;
    }

    DEVICE bool has_expert(u32 expert) const {
        if (expert < expert_count) return true;
        *fault = 1;
        return false;
    }

    DEVICE const T *source(u32 row) const {
        return x + static_cast<u64>(share.quotient(row)) * depth;
    }

    // Whether rows of `from`, of as many elements as those of `x`, are read in packs.
    DEVICE bool packed(const T *from) const {
        return depth % LANES<T> == 0 && aligned<LANES<T>>(from);
    }

    DEVICE void write(u32 row, u32 column, f32 value) const {
        if (column >= columns) return;
        if (scales != nullptr) value *= scales[row];
        y[static_cast<u64>(row) * columns + column] = static_cast<Y>(value);
    }
};

// A tile of 64 places of the list and 64 columns, for one expert after another.
template <class T>
struct MixtureTile {
    typedef Blocks<T> B;
    typedef Stage<T, 64, 64> Side;
    static constexpr u32 SIDE = 64, ACROSS = BLOCK / WAVE / 2;
    static constexpr u32 ROW_BLOCKS = SIDE / 16 / 2, COLUMN_BLOCKS = SIDE / 16 / ACROSS;
    typename B::Result results[ROW_BLOCKS][COLUMN_BLOCKS];

    DEVICE static u32 wave() { return __builtin_amdgcn_readfirstlane(work_item() / WAVE); }
    DEVICE static u32 row0() { return wave() / ACROSS * ROW_BLOCKS * 16; }
    DEVICE static u32 column0() { return wave() % ACROSS * COLUMN_BLOCKS * 16; }

    DEVICE void clear() {
        for (u32 i = 0; i < ROW_BLOCKS; i++) {
            for (u32 j = 0; j < COLUMN_BLOCKS; j++) results[i][j] = 0;
        }
    }

    // Adds the product of what is in LDS; columns of the result are rows of the matrix.
    DEVICE void multiply(const T *x, const T *weights) {
        x += (row0() + lane() % 16) * Side::PITCH;
        weights += column0() * Side::PITCH;
        for (u32 at = 0; at < SIDE; at += B::DEPTH) {
            for (u32 i = 0; i < ROW_BLOCKS; i++) {
                typename B::Fragment b = B::fragment(x + i * 16 * Side::PITCH + at);
                for (u32 j = 0; j < COLUMN_BLOCKS; j++) {
                    const T *a = weights + j * 16 * Side::PITCH + at;
                    results[i][j] = B::multiply(a, Side::PITCH, lane() % 16, b, results[i][j]);
                }
            }
        }
    }

    // Rows `begin` to `end` of the tile, whose numbers in the result are in LDS. `Weights` reads and
    // stashes the expert's matrix.
    template <class Y, class Weights>
    DEVICE void run(const Mixture<T, Y> &mixture, Weights weights, const u32 *rows, u32 begin,
                    u32 end) {
        alignas(16) SHARED T shared_x[Side::SIZE], shared_weights[Side::SIZE];
        const bool packed = mixture.packed(mixture.x);
        auto row = [&](u32 place) {
            const bool exists = place >= begin && place < end && rows[place] != ~0u;
            return exists ? mixture.source(rows[place]) : nullptr;
        };
        auto of_x = [&](u32 k) { return Part{row, k, mixture.depth, packed}; };
        Side x;
        x.template fetch<false>(of_x(0));
        weights.fetch(0);
        clear();
        for (u32 k = 0; k < mixture.depth; k += SIDE) {
            x.template stash<false>(shared_x, of_x(k));
            weights.stash(shared_weights, k);
            barrier();
            x.template fetch<false>(of_x(k + SIDE));
            weights.fetch(k + SIDE);
            multiply(shared_x, shared_weights);
            barrier();
        }
        write(mixture, rows, begin, end);
    }

    template <class Y>
    DEVICE void write(const Mixture<T, Y> &mixture, const u32 *rows, u32 begin, u32 end) const {
        for (u32 i = 0; i < ROW_BLOCKS; i++) {
            const u32 place = row0() + i * 16 + lane() % 16;
            if (place < begin || place >= end || rows[place] == ~0u) continue;
            for (u32 j = 0; j < COLUMN_BLOCKS; j++) {
                for (u32 k = 0; k < B::RESULTS; k++) {
                    const u32 column = block_x() * SIDE + column0() + j * 16 + B::row(k);
                    mixture.write(rows[place], column, results[i][j][k]);
                }
            }
        }
    }
};

// Runs a tile of the list for one expert after another; `weights_of` gives what reads the matrix of
// an expert.
template <class T, class Y, class F>
DEVICE void run_experts(const Mixture<T, Y> &mixture, u32 listed, F weights_of) {
    typedef MixtureTile<T> Tile;
    SHARED u32 rows[Tile::SIDE], experts[Tile::SIDE];
    const u32 first = block_y() * Tile::SIDE, count = least(Tile::SIDE, listed - first);
    if (work_item() < count) {
        rows[work_item()] = mixture.row_at(first + work_item());
        experts[work_item()] = mixture.experts[first + work_item()];
    }
    barrier();
    Tile tile;
    for (u32 begin = 0, end = 0; begin < count; begin = end) {
        const u32 expert = experts[begin];
        while (end < count && experts[end] == expert) end++;
        if (mixture.has_expert(expert)) tile.run(mixture, weights_of(expert), rows, begin, end);
    }
}
