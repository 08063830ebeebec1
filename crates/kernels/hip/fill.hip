// Writing one value to many elements.
#include "shapes.h"

template <class T>
DEVICE void fill(T *y, u64 bits, u64 n) {
    T value = static_cast<T>(bits);
    elementwise(n, [=] { return value; }, y);
}

template <class T>
DEVICE void fill_strided(T *y, u64 bits, const Walk<1> &walk) {
    T value = static_cast<T>(bits);
#pragma unroll
    for (u32 k = 0; k < UNROLL; k++) {
        u32 step = (block_x() * UNROLL + k) * BLOCK + work_item();
        u64 offsets[1];
        walk.locate(step, offsets);
        if (step < walk.steps) y[offsets[0]] = value;
    }
}
