// A language model's step of one token, in few launches that have the same arguments at each step: what
// changes, the token and its position, is in memory (`state`: the token, then the position), so that
// the step can be captured once and launched as a graph. Bound by reading the weights and the cache.
#include "lanes.h"
#include "math.h"

constexpr f32 NOTHING = -__builtin_inff();

// --- Products of one row, with what stands before and behind them ------------------------------

// Sums that a lane adds up of one row or two of the weights: of products, and of the squares of `x`.
template <u32 ROWS>
struct Sums {
    f32 products[ROWS] = {}, squares = 0;
};

// The part of the products of `x` (times `norm`, where NORMED) and ROWS rows of weights that belongs to
// this lane, N elements an access. The accesses to the weights of a round are on their way before the
// first is used; `x` and `norm` are in a cache.
template <bool NORMED, u32 ROWS, u32 N, class T>
DEVICE Sums<ROWS> multiply(const T *x, const T *norm, const T *const (&w)[ROWS], u32 k) {
    constexpr u32 STEP = GROUP * N, AHEAD = 8 / ROWS;
    Sums<ROWS> sums;
    auto add = [&](u32 at, const Pack<T, N> (&from)[ROWS]) {
        const Pack<T, N> xs = load<N>(x + at);
        Pack<T, N> factors = {};
        if constexpr (NORMED) factors = load<N>(norm + at);
#pragma unroll
        for (u32 i = 0; i < N; i++) {
            f32 value = static_cast<f32>(xs.at[i]);
            if constexpr (NORMED) {
                sums.squares = __builtin_fmaf(value, value, sums.squares);
                value *= static_cast<f32>(factors.at[i]);
            }
#pragma unroll
            for (u32 row = 0; row < ROWS; row++) {
                const f32 weight = static_cast<f32>(from[row].at[i]);
                sums.products[row] = __builtin_fmaf(value, weight, sums.products[row]);
            }
        }
    };
    u32 at = work_item() % GROUP * N;
    for (; at + (AHEAD - 1) * STEP < k; at += AHEAD * STEP) {
        Pack<T, N> from[AHEAD][ROWS];
#pragma unroll
        for (u32 i = 0; i < AHEAD; i++) {
#pragma unroll
            for (u32 row = 0; row < ROWS; row++) from[i][row] = load<N>(w[row] + at + i * STEP);
        }
        __builtin_amdgcn_sched_barrier(0);
#pragma unroll
        for (u32 i = 0; i < AHEAD; i++) add(at + i * STEP, from[i]);
    }
    for (; at < k; at += STEP) {
        Pack<T, N> from[ROWS];
#pragma unroll
        for (u32 row = 0; row < ROWS; row++) from[row] = load<N>(w[row] + at);
        add(at, from);
    }
    return sums;
}

// The whole products; all lanes of the group get them. Where NORMED, `x` is normalised by its root mean
// square and multiplied by `norm`: the division by the root comes behind the product.
template <bool NORMED, u32 ROWS, class T>
DEVICE Sums<ROWS> products(const T *x, const T *norm, const T *const (&w)[ROWS], u32 k, f32 epsilon) {
    constexpr u32 N = LANES<T>;
    const bool packed = k % N == 0 && aligned<N>(x, norm, w[0], w[ROWS - 1]);
    Sums<ROWS> sums = packed ? multiply<NORMED, ROWS, N>(x, norm, w, k)
                             : multiply<NORMED, ROWS, 1>(x, norm, w, k);
    f32 factor = 1;
    if constexpr (NORMED) {
        const f32 squares = reduce_lanes<GROUP>(sums.squares, Sum());
        factor = 1 / math::sqrt(squares / static_cast<f32>(k) + epsilon);
    }
#pragma unroll
    for (u32 row = 0; row < ROWS; row++) {
        sums.products[row] = reduce_lanes<GROUP>(sums.products[row], Sum()) * factor;
    }
    return sums;
}

DEVICE u32 number_of_group() { return block_x() * (BLOCK / GROUP) + work_item() / GROUP; }

// y = w x + add, for `n` rows of `k` weights; `add` may be null.
template <class T>
DEVICE void decode_product(const T *x, const T *, const T *w, const T *add, T *y, u32 n, u32 k,
                           f32 epsilon) {
    const u32 row = number_of_group();
    if (row >= n) return;
    const T *const rows[1] = {w + static_cast<u64>(row) * k};
    const Sums<1> sums = products<false>(x, x, rows, k, epsilon);
    if (work_item() % GROUP != 0) return;
    const f32 term = add != nullptr ? static_cast<f32>(add[row]) : 0;
    y[row] = static_cast<T>(sums.products[0] + term);
}

// y = w norm(x): two rows for each reading of `x` and `norm`.
template <class T>
DEVICE void decode_normed(const T *x, const T *norm, const T *w, const T *, T *y, u32 n, u32 k,
                          f32 epsilon) {
    const u32 row = number_of_group() * 2, other = least(row + 1, n - 1);
    if (row >= n) return;
    const T *const rows[2] = {w + static_cast<u64>(row) * k, w + static_cast<u64>(other) * k};
    const Sums<2> sums = products<true>(x, norm, rows, k, epsilon);
    if (work_item() % GROUP != 0) return;
    y[other] = static_cast<T>(sums.products[1]);
    y[row] = static_cast<T>(sums.products[0]);
}

DEVICE f32 silu(f32 x) { return x / (1 + math::exp(-x)); }

// y = silu(gate norm(x)) * (up norm(x)): `n` rows of gate, then as many of up.
template <class T>
DEVICE void decode_gated(const T *x, const T *norm, const T *w, const T *, T *y, u32 n, u32 k,
                         f32 epsilon) {
    const u32 row = number_of_group();
    if (row >= n) return;
    const T *const rows[2] = {w + static_cast<u64>(row) * k, w + (static_cast<u64>(n) + row) * k};
    const Sums<2> sums = products<true>(x, norm, rows, k, epsilon);
    if (work_item() % GROUP != 0) return;
    y[row] = static_cast<T>(silu(sums.products[0]) * sums.products[1]);
}

// --- The token and its place ---------------------------------------------------------------------

// The token's row of the table.
template <class T>
DEVICE void decode_embed(const T *table, const u32 *state, T *y, u32 rows, u32 columns) {
    const u32 column = block_x() * BLOCK + work_item();
    if (column >= columns) return;
    y[column] = table[static_cast<u64>(least(state[0], rows - 1)) * columns + column];
}

// The token that comes next, and its position; the token is also noted at its position in `history`.
DEVICE void decode_advance(const u32 *token, u32 *state, u32 *history, u32 context) {
    if (work_item() != 0) return;
    const u32 position = state[1] + 1;
    state[0] = token[0];
    state[1] = position;
    if (position < context) history[position] = token[0];
}

// Rotates heads of `q` and `k` by the position, and puts `k` and `v` where the caches have it. `x` has
// the heads of q, k and v one after another; a cache has `context` rows for each head. A work-item
// takes two elements: of q and k those that are rotated together.
template <class T>
DEVICE void decode_rope(const T *x, const T *cos, const T *sin, const u32 *state, T *q, T *k, T *v,
                        u32 heads, u32 k_heads, u32 width, u32 context, u32 interleaved) {
    const u32 half = width / 2, pair = block_x() * BLOCK + work_item();
    const u32 head = pair / half, at = pair % half, position = state[1];
    if (head >= heads + 2 * k_heads || position >= context) return;
    const u32 low = interleaved ? 2 * at : at, high = interleaved ? 2 * at + 1 : at + half;
    const T *from = x + static_cast<u64>(head) * width;
    const f32 a = static_cast<f32>(from[low]), b = static_cast<f32>(from[high]);
    const auto in_cache = [=](u32 of) {
        return (static_cast<u64>(head - of) * context + position) * width;
    };
    if (head >= heads + k_heads) {
        T *to = v + in_cache(heads + k_heads);
        to[low] = from[low];
        to[high] = from[high];
        return;
    }
    T *to = head < heads ? q + static_cast<u64>(head) * width : k + in_cache(heads);
    const u64 angle = static_cast<u64>(position) * half + at;
    const f32 c = static_cast<f32>(cos[angle]), s = static_cast<f32>(sin[angle]);
    to[low] = static_cast<T>(a * c - b * s);
    to[high] = static_cast<T>(a * s + b * c);
}

// --- Attention of one position -------------------------------------------------------------------

// Combines the values of lanes whose numbers differ in bits from FIRST on, within a group.
template <u32 FIRST, class F>
DEVICE f32 reduce_across(f32 x, F combine) {
    return reduce_lanes<GROUP, FIRST>(x, combine);
}

// The softmax of HEADS heads over some keys, and N columns of the weighted sums of `v`. Exponents are
// of 2.
template <u32 HEADS, u32 N>
struct Running {
    f32 highest[HEADS], sum[HEADS], y[HEADS][N];

    DEVICE Running() {
#pragma unroll
        for (u32 head = 0; head < HEADS; head++) {
            highest[head] = NOTHING;
            sum[head] = 0;
#pragma unroll
            for (u32 i = 0; i < N; i++) y[head][i] = 0;
        }
    }

    DEVICE void rescale(u32 head, f32 higher) {
        const f32 factor = higher == NOTHING ? 1 : __builtin_amdgcn_exp2f(highest[head] - higher);
        highest[head] = higher;
        sum[head] *= factor;
#pragma unroll
        for (u32 i = 0; i < N; i++) y[head][i] *= factor;
    }

    // Adds keys with their scores of a head.
    template <u32 KEYS, class T>
    DEVICE void add(u32 head, const f32 (&scores)[KEYS], const Pack<T, N> (&v)[KEYS]) {
        f32 higher = highest[head];
#pragma unroll
        for (u32 key = 0; key < KEYS; key++) higher = Largest()(higher, scores[key]);
        rescale(head, higher);
        const f32 shift = higher == NOTHING ? 0 : higher;
#pragma unroll
        for (u32 key = 0; key < KEYS; key++) {
            const f32 weight = __builtin_amdgcn_exp2f(scores[key] - shift);
            sum[head] += weight;
#pragma unroll
            for (u32 i = 0; i < N; i++) {
                y[head][i] = __builtin_fmaf(weight, static_cast<f32>(v[key].at[i]), y[head][i]);
            }
        }
    }
};

// The keys of a part: all are divided evenly, in multiples of what a workgroup takes side by side.
template <class T, u32 WIDTH>
DEVICE u32 keys_of_part(u32 length, u32 parts) {
    constexpr u32 SLOTS = BLOCK / (WIDTH / LANES<T>);
    const u32 size = (length + parts - 1) / parts;
    return (size + SLOTS - 1) / SLOTS * SLOTS;
}

// HEADS heads of `q` that share a head of `k` and `v`, over a part of the keys up to the position. A
// key's row lies in WIDTH / LANES<T> lanes, so that a workgroup's lanes have several keys side by side,
// and each takes KEYS of them at a time.
template <class T, u32 WIDTH, u32 HEADS>
DEVICE void decode_attention(const T *q, const T *k, const T *v, const u32 *state, f32 *parts,
                             f32 *weights, u32 heads, u32 group, u32 context, u32 part_count,
                             f32 scale) {
    constexpr u32 N = LANES<T>, ROW = WIDTH / N, SLOTS = BLOCK / ROW, KEYS = 2;
    constexpr u32 GROUPS = BLOCK / GROUP;
    static_assert(ROW <= GROUP, "a row lies in one group of lanes");
    SHARED f32 shared_y[GROUPS][HEADS][WIDTH], shared_highest[GROUPS][HEADS], shared_sum[GROUPS][HEADS];
    const u32 part = block_x(), slices = (group + HEADS - 1) / HEADS;
    const u32 k_head = block_y() / slices, first = k_head * group + block_y() % slices * HEADS;
    const u32 last = k_head * group + group - 1;
    const u32 slot = work_item() / ROW, column = work_item() % ROW * N;
    const u32 length = least(state[1] + 1, context);
    const u32 size = keys_of_part<T, WIDTH>(length, part_count), begin = part * size;
    if (begin >= length) return;
    const u32 end = least(begin + size, length);
    k += static_cast<u64>(k_head) * context * WIDTH + column;
    v += static_cast<u64>(k_head) * context * WIDTH + column;
    f32 query[HEADS][N];
#pragma unroll
    for (u32 head = 0; head < HEADS; head++) {
        const Pack<T, N> pack = load<N>(q + static_cast<u64>(least(first + head, last)) * WIDTH + column);
#pragma unroll
        for (u32 i = 0; i < N; i++) {
            query[head][i] = static_cast<f32>(pack.at[i]) * (scale * math::LOG2_E);
        }
    }
    Running<HEADS, N> running;
#pragma unroll 1
    for (u32 key = begin + slot; key - slot < end; key += SLOTS * KEYS) {
        Pack<T, N> ks[KEYS], vs[KEYS];
#pragma unroll
        for (u32 i = 0; i < KEYS; i++) {
            ks[i] = load<N>(k + static_cast<u64>(least(key + i * SLOTS, end - 1)) * WIDTH);
        }
#pragma unroll
        for (u32 i = 0; i < KEYS; i++) {
            vs[i] = load<N>(v + static_cast<u64>(least(key + i * SLOTS, end - 1)) * WIDTH);
        }
        __builtin_amdgcn_sched_barrier(0);
#pragma unroll
        for (u32 head = 0; head < HEADS; head++) {
            f32 scores[KEYS];
#pragma unroll
            for (u32 i = 0; i < KEYS; i++) {
                f32 score = 0;
                for (u32 j = 0; j < N; j++) {
                    score = __builtin_fmaf(query[head][j], static_cast<f32>(ks[i].at[j]), score);
                }
                score = reduce_lanes<ROW>(score, Sum());
                scores[i] = key + i * SLOTS < end ? score : NOTHING;
            }
            running.add(head, scores, vs);
        }
    }
    // First the slots of a group, then the groups.
    const u32 number = work_item() / GROUP;
#pragma unroll
    for (u32 head = 0; head < HEADS; head++) {
        running.rescale(head, reduce_across<ROW>(running.highest[head], Largest()));
        running.sum[head] = reduce_across<ROW>(running.sum[head], Sum());
#pragma unroll
        for (u32 i = 0; i < N; i++) {
            running.y[head][i] = reduce_across<ROW>(running.y[head][i], Sum());
        }
        if (work_item() % GROUP < ROW) {
#pragma unroll
            for (u32 i = 0; i < N; i++) shared_y[number][head][column + i] = running.y[head][i];
        }
        if (work_item() % GROUP == 0) {
            shared_highest[number][head] = running.highest[head];
            shared_sum[number][head] = running.sum[head];
        }
    }
    barrier();
    for (u32 at = work_item(); at < HEADS * WIDTH; at += BLOCK) {
        const u32 head = at / WIDTH;
        if (first + head > last) break;
        f32 highest = NOTHING, sum = 0, y = 0;
#pragma unroll
        for (u32 i = 0; i < GROUPS; i++) highest = Largest()(highest, shared_highest[i][head]);
        const f32 shift = highest == NOTHING ? 0 : highest;
#pragma unroll
        for (u32 i = 0; i < GROUPS; i++) {
            const f32 factor = __builtin_amdgcn_exp2f(shared_highest[i][head] - shift);
            sum = __builtin_fmaf(shared_sum[i][head], factor, sum);
            y = __builtin_fmaf(shared_y[i][head][at % WIDTH], factor, y);
        }
        const u64 row = static_cast<u64>(part) * heads + first + head;
        parts[row * WIDTH + at % WIDTH] = y;
        if (at % WIDTH == 0) {
            weights[row * 2] = highest;
            weights[row * 2 + 1] = sum;
        }
    }
}

// The most parts.
constexpr u32 MOST_PARTS = 64;

// Adds the parts of a head that have keys: a workgroup each. What it adds is on its way before it knows
// the factors.
template <class T, u32 WIDTH>
DEVICE void decode_combine(const f32 *parts, const f32 *weights, const u32 *state, T *y, u32 heads,
                           u32 part_count, u32 context) {
    constexpr u32 SHARES = BLOCK / WIDTH, HELD = MOST_PARTS / SHARES / 2;
    SHARED f32 factors[BLOCK], partial[SHARES][WIDTH];
    const u32 length = least(state[1] + 1, context), head = block_x();
    const u32 size = keys_of_part<T, WIDTH>(length, part_count), used = (length + size - 1) / size;
    const u32 share = work_item() / WIDTH, column = work_item() % WIDTH;
    const auto part_at = [=](u32 part) {
        return parts[(static_cast<u64>(part) * heads + head) * WIDTH + column];
    };
    f32 held[HELD], highest = NOTHING, sum = 0;
#pragma unroll
    for (u32 i = 0; i < HELD; i++) {
        held[i] = share + i * SHARES < used ? part_at(share + i * SHARES) : 0;
    }
    if (work_item() < used) {
        const f32 *weight = weights + (static_cast<u64>(work_item()) * heads + head) * 2;
        highest = weight[0];
        sum = weight[1];
    }
    const f32 all = reduce_workgroup(highest, Largest());
    const f32 factor = highest == NOTHING ? 0 : __builtin_amdgcn_exp2f(highest - all);
    factors[work_item()] = factor;
    const f32 whole = reduce_workgroup(sum * factor, Sum());
    f32 value = 0;
#pragma unroll
    for (u32 i = 0; i < HELD; i++) {
        value = __builtin_fmaf(held[i], factors[share + i * SHARES], value);
    }
    for (u32 part = share + HELD * SHARES; part < used; part += SHARES) {
        value = __builtin_fmaf(part_at(part), factors[part], value);
    }
    partial[share][column] = value;
    barrier();
    if (share != 0) return;
    for (u32 i = 1; i < SHARES; i++) value += partial[i][column];
    y[static_cast<u64>(head) * WIDTH + column] = static_cast<T>(whole == 0 ? 0 : value / whole);
}
