// Rotary position embeddings: rotates pairs of elements by the angles of their position.
#define CHECKED_PACKS
#include "shapes.h"

namespace op {
// x is (batch, heads, positions, 2 half); the pair of i is i and half + i.
struct HalfSplit {
    static constexpr bool ADJACENT = false, HEADS_INSIDE = false;
};
// As above; the pair of i is 2 i and 2 i + 1.
struct Interleaved {
    static constexpr bool ADJACENT = true, HEADS_INSIDE = false;
};
// x is (batch, positions, heads, 2 half); the pair of i is i and half + i.
struct Thd {
    static constexpr bool ADJACENT = false, HEADS_INSIDE = true;
};
}  // namespace op

template <u32 N, class T>
DEVICE void rotate(const Pack<T, N> &a, const Pack<T, N> &b, const Pack<T, N> &cos,
                   const Pack<T, N> &sin, Pack<T, N> &to_a, Pack<T, N> &to_b) {
    typedef Compute<T> C;
    for (u32 k = 0; k < N; k++) {
        C x = computed(a.at[k]), y = computed(b.at[k]);
        C c = computed(cos.at[k]), s = computed(sin.at[k]);
        to_a.at[k] = static_cast<T>(x * c - y * s);
        to_b.at[k] = static_cast<T>(x * s + y * c);
    }
}

// A step: N pairs of one row of x.
template <class Form, u32 N, class T>
DEVICE void rope_pairs(const T *x, const T *cos, const T *sin, T *y, u64 row, u64 angles, u32 pair,
                       u32 half) {
    Pack<T, N> c = load<N>(cos + angles * half + pair), s = load<N>(sin + angles * half + pair);
    Pack<T, N> a, b, to_a, to_b;
    x += row * 2 * half;
    y += row * 2 * half;
    if constexpr (Form::ADJACENT) {
        T both[2 * N];
        x += 2 * pair;
        y += 2 * pair;
        for (u32 k = 0; k < 2 * N; k += N) {
            Pack<T, N> pack = load<N>(x + k);
            for (u32 i = 0; i < N; i++) both[k + i] = pack.at[i];
        }
        for (u32 k = 0; k < N; k++) a.at[k] = both[2 * k], b.at[k] = both[2 * k + 1];
        rotate(a, b, c, s, to_a, to_b);
        for (u32 k = 0; k < N; k++) both[2 * k] = to_a.at[k], both[2 * k + 1] = to_b.at[k];
        for (u32 k = 0; k < 2 * N; k += N) {
            Pack<T, N> pack;
            for (u32 i = 0; i < N; i++) pack.at[i] = both[k + i];
            store(y + k, pack);
        }
    } else {
        a = load<N>(x + pair);
        b = load<N>(x + half + pair);
        rotate(a, b, c, s, to_a, to_b);
        store(y + pair, to_a);
        store(y + half + pair, to_b);
    }
}

// `steps` of `lanes` pairs; `half` steps a row. Without HEADS_INSIDE `middle` is the positions and
// `outer` the heads, else the other way round. `table_batch` is the rows of angles of a batch where
// each has its own, else 0.
template <class Form, class T>
DEVICE void rope(const T *x, const T *cos, const T *sin, T *y, u32 steps, u32 table_batch,
                 const Divisor &half, const Divisor &middle, const Divisor &outer, u32 lanes) {
    u32 step = block_x() * BLOCK + work_item();
    if (step >= steps) return;
    u32 row = step;
    u32 pair = half.split(row);
    u32 rest = row;
    u32 inner = middle.split(rest);
    u32 next = outer.split(rest);  // leaves the batch in `rest`
    u32 position = Form::HEADS_INSIDE ? next : inner;
    u64 angles = position + static_cast<u64>(rest) * table_batch;
    constexpr u32 N = LANES<T>;
    if (lanes > 1) {
        rope_pairs<Form, N>(x, cos, sin, y, row, angles, pair * N, half.divisor * N);
    } else {
        rope_pairs<Form, 1>(x, cos, sin, y, row, angles, pair, half.divisor);
    }
}
