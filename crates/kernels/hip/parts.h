// Sums in parts: where a product has too few tiles to keep a device busy, workgroups along z share its
// inner dimension, each leaves a sum of its own in the compute type, and `sum_parts` adds them up in
// order, so that results are the same in every run. Such a product has no batches.
#pragma once
#include "device.h"

// What part z adds up: `size` elements of the inner dimension, or what is left of its `k`. A product
// whose part is all of it is whole, and z is its batch.
struct PartOf {
    u32 begin, end;
    bool whole;

    DEVICE PartOf(u32 z, u32 size, u32 k) : begin(0), end(k), whole(size >= k) {
        if (whole) return;
        begin = z * size;
        end = least(begin + size, k);
    }
};

// A sum on its way out: as an element of the result, or as it is.
template <class T>
DEVICE void write_sum(void *to, bool whole, u64 at, Compute<T> sum) {
    if (whole) {
        static_cast<T *>(to)[at] = static_cast<T>(sum);
    } else {
        static_cast<Compute<T> *>(to)[at] = sum;
    }
}
