// Functions of one element of 8 bits have 256 results: each workgroup computes them once.
#pragma once
#include "shapes.h"

template <class Y>
struct Looked {
    const Y *table;
    DEVICE Y operator()(f8e4m3 x) const { return table[x.bits]; }
};

// `f`, or where X is f8e4m3 a function object that looks its results up. All work-items of the
// workgroup call it.
template <class X, class F>
DEVICE auto tabulated(F f) {
    if constexpr (__is_same(X, f8e4m3)) {
        typedef decltype(f(X())) Y;
        static_assert(BLOCK == 256, "a work-item computes one result");
        SHARED Y table[256];
        table[work_item()] = f(__builtin_bit_cast(X, static_cast<u8>(work_item())));
        barrier();
        return Looked<Y>{table};
    } else {
        return f;
    }
}
