// Products of packed weights and few rows of activations: bound by reading the weights, so each byte
// of them is read once, 16 a lane where the layout allows, and goes from there to dot products of
// bytes. Nothing goes through LDS.
#include "activations.h"
#include "packed.h"
#include "dot4.h"
#include "lanes.h"
#include "math.h"
#include "number.h"
#include "walk.h"

// A row of activations.
struct Activations {
    const u8 *quants;
    const Steps *steps;

    Activations() = default;
    DEVICE Activations(const u8 *quants, const Steps *steps, u32 row, u32 k)
        : quants(quants + static_cast<u64>(row) * k), steps(steps + static_cast<u64>(row) * (k / 32)) {}

    DEVICE Pack<u32, 4> bytes(u32 group) const {
        Pack<u32, 4> pack;
        __builtin_memcpy(&pack, __builtin_assume_aligned(quants + group * 16, 16), 16);
        return pack;
    }
};

DEVICE i32 dot(const Group &group, const Pack<u32, 4> &x, i32 sum) {
    for (u32 i = 0; i < 4; i++) sum = dot4(group.quants[i], x.at[i], sum);
    return sum;
}

// The product of values and activations, of which `products` and `sum` are those of their quants.
template <class B>
DEVICE f32 scaled(const Group &group, i32 products, i32 sum) {
    f32 value = static_cast<f32>(products - B::ZERO * sum) * group.scale;
    if constexpr (B::HAS_MIN) value = __builtin_fmaf(-group.min, static_cast<f32>(sum), value);
    return value;
}

// Adds the products of two neighbouring groups that have one scale.
template <class B, u32 ROWS, u32 COUNT>
DEVICE void add_pair(const Group (&low)[ROWS], const Group (&high)[ROWS], const Activations *x,
                     u32 group, f32 (&sums)[ROWS][COUNT]) {
#pragma unroll
    for (u32 column = 0; column < COUNT; column++) {
        const Pack<u32, 4> first = x[column].bytes(group), second = x[column].bytes(group + 1);
        const Steps steps = x[column].steps[group / 2];
#pragma unroll
        for (u32 row = 0; row < ROWS; row++) {
            const i32 products = dot(high[row], second, dot(low[row], first, 0));
            const f32 value = scaled<B>(low[row], products, steps.low + steps.high);
            sums[row][column] = __builtin_fmaf(steps.step, value, sums[row][column]);
        }
    }
}

// Adds the products of one group.
template <class B, u32 ROWS, u32 COUNT>
DEVICE void add_group(const Group (&groups)[ROWS], const Activations *x, u32 group,
                      f32 (&sums)[ROWS][COUNT]) {
#pragma unroll
    for (u32 column = 0; column < COUNT; column++) {
        const Pack<u32, 4> bytes = x[column].bytes(group);
        const Steps steps = x[column].steps[group / 2];
        const i32 sum = group % 2 ? steps.high : steps.low;
#pragma unroll
        for (u32 row = 0; row < ROWS; row++) {
            const f32 value = scaled<B>(groups[row], dot(groups[row], bytes, 0), sum);
            sums[row][column] = __builtin_fmaf(steps.step, value, sums[row][column]);
        }
    }
}

// Reads the same group of each row.
template <class B, u32 ROWS>
DEVICE void read_groups(const u8 *const (&rows)[ROWS], u32 piece, u32 part, Group (&groups)[ROWS]) {
    const u32 at = piece / B::PIECES * B::BYTES;
#pragma unroll
    for (u32 row = 0; row < ROWS; row++) {
        groups[row] = B::group(rows[row] + at, piece % B::PIECES, part);
    }
}

// The number, in its row, of a group of a piece.
template <class B>
DEVICE u32 group_in_row(u32 piece, u32 part) {
    return piece / B::PIECES * B::GROUPS + B::group_of(piece % B::PIECES, part);
}

// Adds the products of ROWS rows of weights and COUNT rows of activations that belong to this lane.
template <class B, u32 ROWS, u32 COUNT>
DEVICE void multiply(const u8 *const (&rows)[ROWS], const Activations *x, u32 k,
                     f32 (&sums)[ROWS][COUNT]) {
    const u32 pieces = k / B::VALUES * B::PIECES;
#pragma unroll 1
    for (u32 piece = work_item() % GROUP; piece < pieces; piece += GROUP) {
        Group groups[ROWS], others[ROWS];
        if constexpr (B::UNIFORM) {
            read_groups<B>(rows, piece, 0, groups);
            read_groups<B>(rows, piece, 1, others);
            add_pair<B>(groups, others, x, group_in_row<B>(piece, 0), sums);
        } else {
#pragma unroll 1
            for (u32 part = 0; part < B::PARTS; part++) {
                read_groups<B>(rows, piece, part, groups);
                add_group<B>(groups, x, group_in_row<B>(piece, part), sums);
            }
        }
    }
}

// The same for one row of activations, where there is little to compute: reads several pieces before it
// uses the first, so that enough bytes are on their way.
template <class B, u32 ROWS>
DEVICE void multiply(const u8 *const (&rows)[ROWS], const Activations *x, u32 k,
                     f32 (&sums)[ROWS][1]) {
    constexpr u32 AHEAD = 8 / B::PARTS > ROWS ? 8 / B::PARTS / ROWS : 1;
    const u32 pieces = k / B::VALUES * B::PIECES;
#pragma unroll 1
    for (u32 first = work_item() % GROUP; first < pieces; first += GROUP * AHEAD) {
        Group groups[AHEAD][B::PARTS][ROWS];
#pragma unroll
        for (u32 i = 0; i < AHEAD; i++) {
            const u32 piece = least(first + i * GROUP, pieces - 1);
#pragma unroll
            for (u32 part = 0; part < B::PARTS; part++) {
                read_groups<B>(rows, piece, part, groups[i][part]);
            }
        }
        __builtin_amdgcn_sched_barrier(0);
#pragma unroll
        for (u32 i = 0; i < AHEAD; i++) {
            // Past the end the last piece again, for nothing: a branch would take its reads along.
            const u32 piece = least(first + i * GROUP, pieces - 1);
            f32 next[ROWS][1];
#pragma unroll
            for (u32 row = 0; row < ROWS; row++) next[row][0] = sums[row][0];
            if constexpr (B::UNIFORM) {
                add_pair<B>(groups[i][0], groups[i][1], x, group_in_row<B>(piece, 0), next);
            } else {
#pragma unroll
                for (u32 part = 0; part < B::PARTS; part++) {
                    add_group<B>(groups[i][part], x, group_in_row<B>(piece, part), next);
                }
            }
            const bool there = first + i * GROUP < pieces;
#pragma unroll
            for (u32 row = 0; row < ROWS; row++) sums[row][0] = there ? next[row][0] : sums[row][0];
        }
    }
}

// The products of whole rows; each lane of the group has all.
template <class B, u32 ROWS, u32 COUNT>
DEVICE void multiply_rows(const u8 *const (&rows)[ROWS], const Activations *x, u32 k,
                          f32 (&sums)[ROWS][COUNT]) {
    multiply<B>(rows, x, k, sums);
#pragma unroll
    for (u32 row = 0; row < ROWS; row++) {
#pragma unroll
        for (u32 column = 0; column < COUNT; column++) {
            sums[row][column] = reduce_lanes<GROUP>(sums[row][column], Sum());
        }
    }
}

DEVICE u32 first_row(u32 rows) { return (block_x() * (BLOCK / GROUP) + work_item() / GROUP) * rows; }

// The row of weights that a row of the tile is; those past the end repeat the last.
template <class B>
DEVICE const u8 *row_of(const u8 *w, u64 row, u32 k) {
    return w + row * (k / B::VALUES) * B::BYTES;
}

// COUNT rows of activations, of m; y is m by n.
template <class B, u32 ROWS, u32 COUNT>
DEVICE void vector(const u8 *w, const u8 *quants, const Steps *steps, void *y, u32 n, u32 k, u32 m,
                   u32 to) {
    const u32 row0 = first_row(ROWS), column0 = block_y() * COUNT;
    if (row0 >= n) return;
    const u8 *rows[ROWS];
#pragma unroll
    for (u32 row = 0; row < ROWS; row++) rows[row] = row_of<B>(w, least(row0 + row, n - 1), k);
    Activations x[COUNT] = {};
#pragma unroll
    for (u32 column = 0; column < COUNT; column++) {
        x[column] = Activations(quants, steps, least(column0 + column, m - 1), k);
    }
    f32 sums[ROWS][COUNT] = {};
    multiply_rows<B>(rows, x, k, sums);
    if (work_item() % GROUP != 0) return;
#pragma unroll
    for (u32 column = 0; column < COUNT; column++) {
#pragma unroll
        for (u32 row = 0; row < ROWS; row++) {
            if (row0 + row >= n || column0 + column >= m) continue;
            write_number(y, static_cast<u64>(column0 + column) * n + row0 + row, sums[row][column], to);
        }
    }
}

DEVICE f32 silu(f32 x) { return x / (1 + math::exp(-x)); }

// y = w x + add for one row of activations, all in f32: the products of a language model's step of one
// token. `add` may be null.
template <class B, u32 ROWS>
DEVICE void product(const u8 *w, const u8 *quants, const Steps *steps, const f32 *add, f32 *y, u32 n,
                    u32 k) {
    const u32 row0 = first_row(ROWS);
    if (row0 >= n) return;
    const u8 *rows[ROWS];
#pragma unroll
    for (u32 row = 0; row < ROWS; row++) rows[row] = row_of<B>(w, least(row0 + row, n - 1), k);
    const Activations x[1] = {Activations(quants, steps, 0, k)};
    f32 sums[ROWS][1] = {};
    multiply_rows<B>(rows, x, k, sums);
    if (work_item() % GROUP != 0) return;
#pragma unroll
    for (u32 row = 0; row < ROWS; row++) {
        if (row0 + row < n) y[row0 + row] = sums[row][0] + (add != nullptr ? add[row0 + row] : 0);
    }
}

// y = silu(gate x) * (up x): `n` rows of gate, then as many of up.
template <class B>
DEVICE void gated(const u8 *w, const u8 *quants, const Steps *steps, const f32 *, f32 *y, u32 n, u32 k) {
    const u32 row = first_row(1);
    if (row >= n) return;
    const u8 *const rows[2] = {row_of<B>(w, row, k), row_of<B>(w, static_cast<u64>(n) + row, k)};
    const Activations x[1] = {Activations(quants, steps, 0, k)};
    f32 sums[2][1] = {};
    multiply_rows<B>(rows, x, k, sums);
    if (work_item() % GROUP == 0) y[row] = silu(sums[0][0]) * sums[1][0];
}

// For each pair, from `first` on, of an activation and an expert: row `token` of y is the product of the expert's
// matrix, n by k, and row `token / share` of the activations, times `weights[token]`. Without `tokens`,
// the token is the pair; without `weights`, the product stays as it is.
template <class B>
DEVICE void routed(const u8 *w, const u8 *quants, const Steps *steps, const u32 *tokens,
                   const u32 *experts, const f32 *weights, f32 *y, u32 *fault, u32 n, u32 k, u32 count,
                   u32 outputs, const Divisor &share, u32 first) {
    const u32 row = first_row(1), pair = first + block_y();
    if (row >= n) return;
    const u32 token = tokens != nullptr ? tokens[pair] : pair;
    const u32 expert = experts[pair];
    if (expert >= count || token >= outputs) {
        *fault = 1;
        return;
    }
    const u8 *const rows[1] = {row_of<B>(w, static_cast<u64>(expert) * n + row, k)};
    const Activations x[1] = {Activations(quants, steps, share.quotient(token), k)};
    f32 sums[1][1] = {};
    multiply_rows<B>(rows, x, k, sums);
    if (work_item() % GROUP != 0) return;
    const f32 weight = weights != nullptr ? weights[token] : 1;
    y[static_cast<u64>(token) * n + row] = sums[0][0] * weight;
}
