// Comparisons, with 0 or 1 as the result.
#define CHECKED_PACKS
#include "shapes.h"

namespace op {
#define COMPARE(name, operator)           \
    struct name {                         \
        template <class C>                \
        DEVICE static bool apply(C a, C b) { \
            return a operator b;          \
        }                                 \
    };

COMPARE(Eq, ==)
COMPARE(Ne, !=)
COMPARE(Lt, <)
COMPARE(Le, <=)
COMPARE(Gt, >)
COMPARE(Ge, >=)
}  // namespace op

template <class Op, class T>
DEVICE u8 compare_of(T a, T b) {
    typedef Compute<T> C;
    return Op::template apply<C>(static_cast<C>(a), static_cast<C>(b));
}

template <class Op, class T>
DEVICE void compare(const T *a, const T *b, u8 *y, u64 n) {
    elementwise(n, compare_of<Op, T>, y, a, b);
}

template <class Op, class T>
DEVICE void compare_strided(const T *a, const T *b, u8 *y, const Walk<2> &walk) {
    strided(walk, compare_of<Op, T>, y, a, b);
}
