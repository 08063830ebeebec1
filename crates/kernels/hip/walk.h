// Walks over strided operands: `Divisor` and `Walk` of src/walk.rs.
#pragma once
#include "device.h"

constexpr u32 MAX_DIMS = 6;

struct Divisor {
    u32 divisor, multiplier, shift;

    // n / divisor, for n below 2^31.
    DEVICE u32 quotient(u32 n) const {
        u32 high = (static_cast<u64>(n) * multiplier) >> 32;
        return (high + n) >> shift;
    }

    // Replaces n by n / divisor and gives n % divisor.
    DEVICE u32 split(u32 &n) const {
        u32 q = quotient(n);
        u32 remainder = n - q * divisor;
        n = q;
        return remainder;
    }
};

template <u32 N>
struct Walk {
    u32 rank, steps, lanes, reserved;
    Divisor dims[MAX_DIMS];    // innermost first
    u32 strides[N][MAX_DIMS];  // innermost first

    // The element of each operand that a step starts at.
    DEVICE void locate(u32 step, u64 (&offsets)[N]) const {
        for (u32 k = 0; k < N; k++) offsets[k] = 0;
#pragma unroll
        for (u32 dim = 0; dim < MAX_DIMS; dim++) {
            if (dim >= rank) break;
            u32 at = dim + 1 < rank ? dims[dim].split(step) : step;
            for (u32 k = 0; k < N; k++) offsets[k] += static_cast<u64>(at) * strides[k][dim];
        }
    }
};

// Elements that are only moved, as values that registers hold: a struct in an array of them would lie
// in memory.
template <class T>
struct Moved {
    typedef T type;
};
template <>
struct Moved<b128> {
    typedef u64 __attribute__((ext_vector_type(2))) type;
};
template <class T>
DEVICE const typename Moved<T>::type *moved(const T *x) {
    return reinterpret_cast<const typename Moved<T>::type *>(x);
}
template <class T>
DEVICE typename Moved<T>::type *moved(T *x) {
    return reinterpret_cast<typename Moved<T>::type *>(x);
}
