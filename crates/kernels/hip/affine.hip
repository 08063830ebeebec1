// Functions of a number and of numbers that are the same for all elements.
#define CHECKED_PACKS
#include "math.h"
#include "table.h"
#include "turn.h"

// Rounded after the multiplication, as on the CPU.
#pragma clang fp contract(off)

template <class T>
struct AffineOf {
    Compute<T> mul, add;
    DEVICE T operator()(T x) const {
        return static_cast<T>(static_cast<Compute<T>>(x) * mul + add);
    }
};

template <class T>
DEVICE AffineOf<T> affine_of(u64 mul, u64 add) {
    return {from_scalar<Compute<T>>(mul), from_scalar<Compute<T>>(add)};
}

template <class T>
DEVICE void affine(const T *x, T *y, u64 mul, u64 add, u64 n) {
    elementwise(n, tabulated<T>(affine_of<T>(mul, add)), y, x);
}

template <class T>
DEVICE void affine_strided(const T *x, T *y, u64 mul, u64 add, const Walk<1> &walk) {
    strided(walk, tabulated<T>(affine_of<T>(mul, add)), y, x);
}

// Of an operand that is read along its columns.
template <class T>
DEVICE void affine_turned(const T *x, T *y, u64 mul, u64 add, u32 rows, u32 columns, u32 x_stride,
                          u32 y_stride, const Walk<2> &batch) {
    SHARED Lines<T> lines;
    turn_map(lines, x, y, rows, columns, x_stride, y_stride, batch, affine_of<T>(mul, add));
}

namespace op {
struct Powf {
    template <class C>
    DEVICE static C apply(C x, C exponent) {
        return math::pow(x, exponent);
    }
};
struct Elu {
    template <class C>
    DEVICE static C apply(C x, C alpha) {
        return x > 0 ? x : (math::exp(x) - 1) * alpha;
    }
};
}  // namespace op

template <class Op, class T>
struct MapScalarOf {
    Compute<T> scalar;
    DEVICE T operator()(T x) const {
        return static_cast<T>(Op::apply(static_cast<Compute<T>>(x), scalar));
    }
};

template <class Op, class T>
DEVICE void map_scalar(const T *x, T *y, u64 scalar, u64 n) {
    MapScalarOf<Op, T> map{from_scalar<Compute<T>>(scalar)};
    elementwise(n, tabulated<T>(map), y, x);
}

template <class Op, class T>
DEVICE void map_scalar_strided(const T *x, T *y, u64 scalar, const Walk<1> &walk) {
    MapScalarOf<Op, T> map{from_scalar<Compute<T>>(scalar)};
    strided(walk, tabulated<T>(map), y, x);
}
