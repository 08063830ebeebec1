// Conversions between element types, with the results of Rust's `as`.
#define CHECKED_PACKS
#include "table.h"

template <class T>
struct Range;
template <>
struct Range<u8> {
    static constexpr u8 low = 0, high = 255;
};
template <>
struct Range<u32> {
    static constexpr u32 low = 0, high = 0xffffffff;
};
template <>
struct Range<i16> {
    static constexpr i16 low = -0x8000, high = 0x7fff;
};
template <>
struct Range<i32> {
    static constexpr i32 low = -0x7fffffff - 1, high = 0x7fffffff;
};
template <>
struct Range<i64> {
    static constexpr i64 low = -0x7fffffffffffffff - 1, high = 0x7fffffffffffffff;
};

// Out of range saturates, NaN becomes 0.
template <class To, class C>
DEVICE To saturate(C x) {
    constexpr C beyond = static_cast<C>(Range<To>::high / 2 + 1) * 2;
    if (!(x > static_cast<C>(Range<To>::low))) return x == x ? Range<To>::low : To(0);
    if (x >= beyond) return Range<To>::high;
    if constexpr (sizeof(To) < 4) {
        return static_cast<To>(static_cast<i32>(x));
    } else {
        return static_cast<To>(x);
    }
}

template <class From, class To>
DEVICE To cast_of(From x) {
    if constexpr (is_float<From> && !is_float<To>) {
        return saturate<To>(static_cast<Compute<From>>(x));
    } else if constexpr (sizeof(To) < 4 && is_float<To> && !__is_same(From, f64)) {
        return static_cast<To>(static_cast<f32>(x));
    } else if constexpr (__is_same(From, f8e4m3)) {
        return static_cast<To>(static_cast<f32>(x));
    } else {
        return static_cast<To>(x);
    }
}

template <class From, class To>
DEVICE void cast(const From *x, To *y, u64 n) {
    elementwise(n, tabulated<From>(cast_of<From, To>), y, x);
}

template <class From, class To>
DEVICE void cast_strided(const From *x, To *y, const Walk<1> &walk) {
    strided(walk, tabulated<From>(cast_of<From, To>), y, x);
}
