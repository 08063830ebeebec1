// The launch shapes of element-wise kernels: a function object is applied to each element.
#pragma once
#include "walk.h"

template <u32... I>
struct Indices {};
template <class, u32... I>
using IndicesOf = Indices<I...>;
template <u32 N>
using FirstIndices = __make_integer_seq<IndicesOf, u32, N>;

template <class... T>
constexpr u32 widest() {
    u32 size = 1;
    ((size = sizeof(T) > size ? sizeof(T) : size), ...);
    return size;
}

// y[i] = f(x[i]...) for n adjacent elements. Where all addresses allow, 16 bytes an access.
template <class F, class Y, class... X>
DEVICE void elementwise(u64 n, F f, Y *y, const X *...x) {
    constexpr u32 lanes = 16 / widest<Y, X...>();
    constexpr u32 span = BLOCK * UNROLL * lanes;
    const u64 first = static_cast<u64>(block_x()) * span;
    const u64 left = n - first;
    const u32 count = left < span ? static_cast<u32>(left) : span;
    y += first;
    ((x += first), ...);
    if (!aligned<lanes>(y, x...)) {
        for (u32 i = work_item(); i < count; i += BLOCK) y[i] = f(x[i]...);
        return;
    }
#pragma unroll
    for (u32 step = 0; step < UNROLL; step++) {
        u32 i = (step * BLOCK + work_item()) * lanes;
        if (i + lanes > count) break;
        Pack<Y, lanes> result;
        [&](const Pack<X, lanes> &...pack) {
            for (u32 k = 0; k < lanes; k++) result.at[k] = f(pack.at[k]...);
        }(load<lanes>(x + i)...);
        store(y + i, result);
    }
    u32 rest = count % lanes;
    if (work_item() < rest) {
        u32 i = count - rest + work_item();
        y[i] = f(x[i]...);
    }
}

// A pack of adjacent elements, or of one element repeated.
template <u32 N, class T>
DEVICE Pack<T, N> load_or_repeat(const T *from, u32 stride) {
    if (stride != 0) return load<N>(from);
    Pack<T, N> pack;
    T value = *from;
    for (u32 k = 0; k < N; k++) pack.at[k] = value;
    return pack;
}

template <u32... I, class F, class Y, class... X>
DEVICE void strided_step(Indices<I...>, const Walk<sizeof...(X)> &walk, u32 step, F f, Y *y,
                         const X *...x) {
    constexpr u32 lanes = 16 / widest<Y, X...>();
    u64 offsets[sizeof...(X)];
    walk.locate(step, offsets);
    if (walk.lanes == 1) {
        y[step] = f(x[offsets[I]]...);
        return;
    }
    Pack<Y, lanes> result;
    [&](const Pack<X, lanes> &...pack) {
        for (u32 k = 0; k < lanes; k++) result.at[k] = f(pack.at[k]...);
    }(load_or_repeat<lanes>(x + offsets[I], walk.strides[I][0])...);
    store(y + static_cast<u64>(step) * lanes, result);
}

// y[i] = f(x[..]...) for the elements of a walk; y is adjacent.
template <class F, class Y, class... X>
DEVICE void strided(const Walk<sizeof...(X)> &walk, F f, Y *y, const X *...x) {
    constexpr FirstIndices<sizeof...(X)> operands;
#pragma unroll
    for (u32 k = 0; k < UNROLL; k++) {
        u32 step = (block_x() * UNROLL + k) * BLOCK + work_item();
        if (step < walk.steps) strided_step(operands, walk, step, f, y, x...);
    }
}
