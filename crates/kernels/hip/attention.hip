// Attention: y = softmax(scale q k^T) v, with the scores never in memory.
//
// The rows of a tile are positions of all query heads that share a head of `k` and `v`, so these
// are read once for the group of them, in a prefill as in the decoding of one position. A workgroup
// goes over the keys in steps. Its waves share the rows among them, ROW_WAVES ways, and what waves
// are left share the keys of a step. Each keeps, for its 16 rows, the highest score so far, the sum
// of exponents relative to it and the weighted sum of `v`, and at the end these are brought to the
// highest of all and added (Milakov and Gimelshein, "Online normalizer calculation for softmax",
// 2018; Dao et al., "FlashAttention", 2022). Where workgroups are too few to fill the device, the
// keys are divided among workgroups too, and `attention_combine` adds in the same way.
//
// Both products are computed turned around: the scores as k q^T, so that a lane has scores of one
// row of `q`, and then v^T p^T of them as they lie in registers (see blocks.h).
#include "blocks.h"
#include "math.h"
#include "walk.h"

constexpr f32 NOTHING = -__builtin_inff();

// Kinds of masks.
constexpr u32 ADDED = 1, KEPT = 2;

// Where the rows of the heads of an operand lie, in elements.
struct Strides {
    u32 batch, head, row;
};

// What the tile's rows see of the operands.
template <class T>
struct Problem {
    Strides q, k, v, mask;
    u32 mask_column, q_length, k_length, width, v_width;
    Divisor group, k_heads, parts;
    u32 part_size, mask_kind, causal;
    f32 scale, cap;
};

// A number other than -inf to take exponents relative to.
DEVICE f32 shift_of(f32 highest) { return highest == NOTHING ? 0 : highest; }

// What brings exponents that add up to `sum` to 1. Rows that see no key give 0.
DEVICE f32 whole_of(f32 sum) { return sum == 0 ? 0 : 1 / sum; }

// Combines the values of the lanes that hold scores of one row.
template <class F>
DEVICE f32 reduce_row(f32 x, F combine) {
    x = combine(x, exchange<16>(x));
    if constexpr (WAVE == 64) x = combine(x, exchange<32>(x));
    return x;
}

// The softmax of a row so far, and WIDTH columns of the weighted sum, in blocks of 16 that lie as a
// product's results.
template <class T, u32 WIDTH>
struct Running {
    typedef Blocks<T> B;
    static constexpr u32 COUNT = WIDTH / 16;
    f32 highest = NOTHING, sum = 0;
    typename B::Result y[COUNT];

    DEVICE Running() {
        for (u32 i = 0; i < COUNT; i++) y[i] = 0;
    }

    DEVICE void scale(f32 factor) {
        sum *= factor;
        for (u32 i = 0; i < COUNT; i++) y[i] *= factor;
    }

    // Makes exponents of scores, and all before relative to the same highest score.
    template <u32 N>
    DEVICE void exponents(typename B::Result (&scores)[N]) {
        f32 higher = NOTHING;
        for (u32 i = 0; i < N; i++) {
            for (u32 j = 0; j < B::RESULTS; j++) higher = Largest()(higher, scores[i][j]);
        }
        higher = Largest()(highest, reduce_row(higher, Largest()));
        const f32 shift = shift_of(higher);
        scale(math::exp_for<T>(highest - shift));
        highest = higher;
        for (u32 i = 0; i < N; i++) {
            for (u32 j = 0; j < B::RESULTS; j++) {
                scores[i][j] = math::exp_for<T>(scores[i][j] - shift);
                sum += scores[i][j];
            }
        }
    }

    // Adds v^T p^T, `v` turned in LDS.
    template <u32 N>
    DEVICE void add(const T *v, u32 pitch, const typename B::Result (&scores)[N]) {
        for (u32 k = 0; k < N; k += B::DEPTH / 16) {
            typename B::Fragment p = B::turned(scores + k);
            for (u32 i = 0; i < COUNT; i++) {
                y[i] = B::multiply(v + i * 16 * pitch + k * 16, pitch, lane() % 16, p, y[i]);
            }
        }
    }

    // Adds what the other waves have for the same rows; wave 0 of KEY_WAVES has the whole.
    template <u32 KEY_WAVES, u32 ROWS>
    DEVICE void merge(u32 row_wave, u32 key_wave, f32 *room) {
        SHARED f32 all_highest[KEY_WAVES][ROWS], all_sums[KEY_WAVES][ROWS];
        const u32 row = row_wave * 16 + lane() % 16;
        if (lane() < 16) {
            all_highest[key_wave][row] = highest;
            all_sums[key_wave][row] = sum;
        }
        barrier();
        f32 higher = NOTHING;
        for (u32 i = 0; i < KEY_WAVES; i++) higher = Largest()(higher, all_highest[i][row]);
        const f32 shift = shift_of(higher);
        scale(math::exp_for<T>(highest - shift));
        highest = higher;
        sum = 0;
        for (u32 i = 0; i < KEY_WAVES; i++) {
            sum += all_sums[i][row] * math::exp_for<T>(all_highest[i][row] - shift);
        }
        room += row_wave * COUNT * B::RESULTS * WAVE + lane();
        for (u32 wave = 1; wave < KEY_WAVES; wave++) {
            if (key_wave == wave) {
                for_numbers([&](u32 at, f32 &number) { room[at * WAVE] = number; });
            }
            barrier();
            if (key_wave == 0) {
                for_numbers([&](u32 at, f32 &number) { number += room[at * WAVE]; });
            }
            barrier();
        }
    }

    template <class F>
    DEVICE void for_numbers(F f) {
        for (u32 i = 0; i < COUNT; i++) {
            for (u32 j = 0; j < B::RESULTS; j++) {
                f32 number = y[i][j];
                f(i * B::RESULTS + j, number);
                y[i][j] = number;
            }
        }
    }
};

// A tile's rows: which are positions of which heads.
template <class T, u32 ROWS>
struct Rows {
    const Problem<T> &problem;
    u32 first, batch, k_head;

    DEVICE Rows(const Problem<T> &problem) : problem(problem), first(block_x() * ROWS) {
        batch = block_z();
        k_head = problem.k_heads.split(batch);
    }

    // Replaces the number of a row by its position and gives its head within the group.
    DEVICE u32 head(u32 &row) const {
        row += first;
        return problem.group.split(row);
    }

    DEVICE bool exists(u32 row) const { return first + row < end(); }
    DEVICE u32 end() const { return problem.q_length * problem.group.divisor; }

    // Where a row of an operand with as many heads as `q` starts.
    DEVICE u64 offset(u32 row, const Strides &strides) const {
        u32 position = row, within = head(position);
        return static_cast<u64>(batch) * strides.batch +
               static_cast<u64>(k_head * problem.group.divisor + within) * strides.head +
               static_cast<u64>(position) * strides.row;
    }

    // Its number in the result, which has adjacent heads.
    DEVICE u64 number(u32 row) const {
        u32 position = row, within = head(position);
        return (static_cast<u64>(block_z()) * problem.group.divisor + within) * problem.q_length +
               position;
    }

    // One past the last key that a row may see.
    DEVICE u32 keys(u32 row) const {
        if (!problem.causal) return problem.k_length;
        u32 position = least(row, end() - 1 - first);
        head(position);
        i32 seen = static_cast<i32>(position + 1 + problem.k_length - problem.q_length);
        return seen < 0 ? 0 : seen;
    }
};

// The scores of one row, which a lane has some of, on their way to the exponents.
template <class T>
struct Scores {
    const Problem<T> &problem;
    const void *mask;
    u32 end;  // of the keys that the row sees

    DEVICE f32 masked(f32 score, u32 key) const {
        const u64 at = static_cast<u64>(key) * problem.mask_column;
        if (problem.mask_kind == ADDED) {
            return score + static_cast<f32>(static_cast<const T *>(mask)[at]);
        }
        return static_cast<const u8 *>(mask)[at] == 0 ? NOTHING : score;
    }

    DEVICE f32 operator()(f32 product, u32 key) const {
        if (key >= end) return NOTHING;
        f32 score = product * problem.scale;
        if (problem.cap != 0) score = math::tanh(score / problem.cap) * problem.cap;
        return problem.mask_kind == 0 ? score : masked(score, key);
    }
};

template <class T, u32 ROWS>
DEVICE const void *mask_of(const Rows<T, ROWS> &rows, const void *mask, u32 row) {
    const u64 size = rows.problem.mask_kind == ADDED ? sizeof(T) : 1;
    return static_cast<const u8 *>(mask) + rows.offset(row, rows.problem.mask) * size;
}

// A tile: ROW_WAVES * 16 rows, `STEP` keys at a time, WIDTH columns of `q`, `k` and `v`. Wider heads
// take several: of `q` and `k` one after another, of `v` a workgroup each.
template <class T, u32 WIDTH, u32 ROW_WAVES, u32 STEP>
struct Attention {
    typedef Blocks<T> B;
    static constexpr u32 ROWS = ROW_WAVES * 16, KEY_WAVES = BLOCK / WAVE / ROW_WAVES;
    static constexpr u32 KEYS = STEP / KEY_WAVES, COUNT = KEYS / 16;
    static_assert(KEYS % B::DEPTH == 0, "the keys of a wave are whole fragments");
    typedef Stage<T, ROWS, WIDTH> StageQ;
    typedef Stage<T, STEP, WIDTH> StageK;
    static constexpr u32 Q = 0, K = Q + StageQ::SIZE, V = K + StageK::SIZE;
    static constexpr u32 SIZE = V + StageK::TURNED_SIZE;
    static_assert(SIZE * sizeof(T) >= ROWS * WIDTH * sizeof(f32), "room to merge in");

    const Problem<T> &problem;
    const T *q, *k, *v;
    T *shared;
    Rows<T, ROWS> rows;
    u32 row_wave, key_wave;

    DEVICE auto part_of_q(u32 column) const {
        const bool packed = ((problem.width | problem.q.row | problem.q.head | problem.q.batch) %
                             LANES<T>) == 0 && aligned<LANES<T>>(q);
        auto row = [this](u32 row) {
            return rows.exists(row) ? q + rows.offset(row, problem.q) : nullptr;
        };
        return Part{row, column, problem.width, packed};
    }

    // Of `k` or `v`.
    DEVICE auto part_of(const T *from, const Strides &strides, u32 key, u32 end, u32 column,
                        u32 width) const {
        const bool packed = ((width | strides.row) % LANES<T>) == 0 && aligned<LANES<T>>(from);
        auto row = [=](u32 row) {
            const u64 at = static_cast<u64>(key + row) * strides.row;
            return key + row < end ? from + at : nullptr;
        };
        return Part{row, column, width, packed};
    }

    // Adds the part of k q^T that is in LDS.
    DEVICE void multiply(typename B::Result (&scores)[COUNT]) const {
        constexpr u32 PITCH = StageK::PITCH, IN_DEPTH = B::DEPTH / 16;
        const T *from_q = shared + Q + (row_wave * 16 + lane() % 16) * PITCH;
        const T *from_k = shared + K + key_wave * KEYS * PITCH;
#pragma unroll 2
        for (u32 at = 0; at < WIDTH; at += B::DEPTH) {
            typename B::Fragment b = B::fragment(from_q + at);
            for (u32 i = 0; i < COUNT; i++) {
                const T *a = from_k + i / IN_DEPTH * B::DEPTH * PITCH + at;
                u32 row = B::row_of(i % IN_DEPTH, lane() % 16);
                scores[i] = B::multiply(a, PITCH, row, b, scores[i]);
            }
        }
    }

    // The key that the j-th number of block `i` belongs to, from the first of the step.
    DEVICE u32 key_of(u32 i, u32 j) const {
        constexpr u32 IN_DEPTH = B::DEPTH / 16;
        return key_wave * KEYS + i / IN_DEPTH * B::DEPTH + B::row_of(i % IN_DEPTH, B::row(j));
    }

    DEVICE void run(Running<T, WIDTH> &running, const Scores<T> &score, u32 v_column, u32 begin,
                    u32 end) {
        StageK stage_k, stage_v;
        stage_k.template fetch<false>(part_of(k, problem.k, begin, end, 0, problem.width));
        for (u32 key = begin; key < end; key += STEP) {
            typename B::Result scores[COUNT];
            for (u32 i = 0; i < COUNT; i++) scores[i] = 0;
            const auto of_v = part_of(v, problem.v, key, end, v_column, problem.v_width);
            for (u32 column = 0, next = 0; next == 0 || next < problem.width; column = next) {
                next = column + WIDTH;
                if (key == begin || problem.width > WIDTH) {
                    StageQ stage;
                    stage.template fetch<false>(part_of_q(column));
                    stage.template stash<false>(shared + Q, part_of_q(column));
                }
                const auto of_k = part_of(k, problem.k, key, end, column, problem.width);
                stage_k.template stash<false>(shared + K, of_k);
                const bool last = next >= problem.width;
                if (last) stage_v.template fetch<true>(of_v);
                barrier();
                const u32 next_key = last ? key + STEP : key, next_column = last ? 0 : next;
                stage_k.template fetch<false>(
                    part_of(k, problem.k, next_key, end, next_column, problem.width));
                multiply(scores);
                if (last) stage_v.template stash<true>(shared + V, of_v);
                barrier();
            }
            for (u32 i = 0; i < COUNT; i++) {
                for (u32 j = 0; j < B::RESULTS; j++) {
                    scores[i][j] = score(scores[i][j], key + key_of(i, j));
                }
            }
            running.exponents(scores);
            running.add(shared + V + key_wave * KEYS, StageK::TURNED_PITCH, scores);
        }
    }
};

// Where results go: to `y` where a workgroup has all keys, else to the parts.
template <class T>
struct Results {
    T *y;
    f32 *parts, *weights;
    u32 part, part_count, rows, width;

    template <class R>
    DEVICE void write(const R &running, u64 row, u32 column0) const {
        typedef typename R::B B;
        const f32 factor = whole_of(running.sum);
        const u64 part_row = static_cast<u64>(part) * rows + row;
        for (u32 i = 0; i < R::COUNT; i++) {
            for (u32 j = 0; j < B::RESULTS; j++) {
                u32 column = column0 + i * 16 + B::row(j);
                if (column >= width) continue;
                f32 value = running.y[i][j];
                if (part_count == 1) {
                    y[row * width + column] = static_cast<T>(value * factor);
                } else {
                    parts[part_row * width + column] = value;
                }
            }
        }
        if (part_count > 1 && column0 == 0 && lane() < 16) {
            weights[part_row * 2] = running.highest;
            weights[part_row * 2 + 1] = running.sum;
        }
    }
};

template <class T, u32 WIDTH, u32 ROW_WAVES, u32 STEP>
DEVICE void attention(const T *q, const T *k, const T *v, const u8 *mask, T *y, f32 *parts,
                      f32 *weights, u32 q_batch, u32 q_head, u32 q_row, u32 k_batch, u32 k_head,
                      u32 k_row, u32 v_batch, u32 v_head, u32 v_row, u32 mask_batch, u32 mask_head,
                      u32 mask_row, u32 mask_column, u32 q_length, u32 k_length, u32 width,
                      u32 v_width, Divisor group, Divisor k_heads, Divisor part_count,
                      u32 part_size, u32 total_rows, u32 mask_kind, u32 causal, f32 scale, f32 cap) {
    typedef Attention<T, WIDTH, ROW_WAVES, STEP> A;
    alignas(16) SHARED T shared[A::SIZE];
    const Problem<T> problem = {{q_batch, q_head, q_row},
                                {k_batch, k_head, k_row},
                                {v_batch, v_head, v_row},
                                {mask_batch, mask_head, mask_row},
                                mask_column, q_length, k_length, width, v_width,
                                group, k_heads, part_count,
                                part_size, mask_kind, causal, scale, cap};
    const Rows<T, A::ROWS> rows(problem);
    k += static_cast<u64>(rows.batch) * k_batch + static_cast<u64>(rows.k_head) * k_head;
    v += static_cast<u64>(rows.batch) * v_batch + static_cast<u64>(rows.k_head) * v_head;
    u32 v_column = block_y();
    const u32 part = part_count.split(v_column), begin = part * part_size;
    v_column *= WIDTH;
    const u32 wave = __builtin_amdgcn_readfirstlane(work_item() / WAVE);
    const u32 row_wave = wave / A::KEY_WAVES, key_wave = wave % A::KEY_WAVES;
    const u32 row = row_wave * 16 + lane() % 16;
    const bool exists = rows.exists(row);
    const u32 last = least(rows.keys(A::ROWS - 1), least(begin + part_size, k_length));
    const Scores<T> score = {problem, exists ? mask_of(rows, mask, row) : mask,
                             exists ? least(rows.keys(row), last) : 0};
    Running<T, WIDTH> running;
    A attention = {problem, q, k, v, shared, rows, row_wave, key_wave};
    attention.run(running, score, v_column, begin, last);
    running.sum = reduce_row(running.sum, Sum());
    if constexpr (A::KEY_WAVES > 1) {
        running.template merge<A::KEY_WAVES, A::ROWS>(row_wave, key_wave,
                                                      reinterpret_cast<f32 *>(shared));
        if (key_wave != 0) return;
    }
    if (!exists) return;
    const Results<T> results = {y, parts, weights, part, part_count.divisor, total_rows, v_width};
    results.write(running, rows.number(row), v_column);
}

// Brings the parts of each row to one highest score, and adds: 32 lanes a row.
template <class T>
DEVICE void attention_combine(const f32 *parts, const f32 *weights, T *y, u32 rows, u32 columns,
                              u32 part_count) {
    const u32 row = block_x() * (BLOCK / GROUP) + work_item() / GROUP;
    if (row >= rows) return;
    const u64 next = static_cast<u64>(rows);
    f32 highest = NOTHING, sum = 0;
    for (u32 part = 0; part < part_count; part++) {
        highest = Largest()(highest, weights[(part * next + row) * 2]);
    }
    const f32 shift = shift_of(highest);
    for (u32 part = 0; part < part_count; part++) {
        const f32 *weight = weights + (part * next + row) * 2;
        sum += weight[1] * math::exp_for<T>(weight[0] - shift);
    }
    for (u32 column = work_item() % GROUP; column < columns; column += GROUP) {
        f32 value = 0;
        for (u32 part = 0; part < part_count; part++) {
            const u64 at = part * next + row;
            value += parts[at * columns + column] * math::exp_for<T>(weights[at * 2] - shift);
        }
        y[static_cast<u64>(row) * columns + column] = static_cast<T>(value * whole_of(sum));
    }
}
