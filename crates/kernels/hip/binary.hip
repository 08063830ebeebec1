// Functions of two numbers.
#include "shapes.h"

namespace op {
#define BINARY(name, expression)               \
    struct name {                              \
        template <class C>                     \
        DEVICE static C apply(C a, C b) {      \
            return static_cast<C>(expression); \
        }                                      \
    };

BINARY(Add, a + b)
BINARY(Sub, a - b)
BINARY(Mul, a *b)
BINARY(Div, a / b)
// A NaN in `b` is ignored, one in `a` is kept, as on the CPU.
BINARY(Minimum, a > b ? b : a)
BINARY(Maximum, a < b ? b : a)
}  // namespace op

template <class Op, class T>
DEVICE T binary_of(T a, T b) {
    typedef Compute<T> C;
    return static_cast<T>(Op::template apply<C>(static_cast<C>(a), static_cast<C>(b)));
}

template <class Op, class T>
DEVICE void binary(const T *a, const T *b, T *y, u64 n) {
    elementwise(n, binary_of<Op, T>, y, a, b);
}

template <class Op, class T>
DEVICE void binary_strided(const T *a, const T *b, T *y, const Walk<2> &walk) {
    strided(walk, binary_of<Op, T>, y, a, b);
}
