// Functions of one number. A new one is a function object here and a name in the manifest's
// `UnaryOp`.
#define CHECKED_PACKS
#include "math.h"
#include "table.h"
#include "turn.h"

namespace op {
// T is the type of the elements, C the type to compute in.
#define UNARY(name, expression)                \
    struct name {                              \
        template <class T, class C>            \
        DEVICE static C apply(C x) {           \
            return expression;                 \
        }                                      \
    };

constexpr f64 SQRT_2_OVER_PI = 0.79788456080286535587989211986876373;
constexpr f64 SQRT_1_OVER_2 = 0.70710678118654752440084436210484904;

template <class T, class C>
DEVICE C tanh_for(C x) {
    if constexpr (is_half<T>) {
        // Saturates to 1 where 2^x overflows.
        C e = math::exp_approximate(2 * math::abs(x));
        C y = 1 - 2 * __builtin_amdgcn_rcpf(e + 1);
        // Where that cancels, the series does not.
        y = math::abs(x) < C(0.0625) ? math::abs(x) * (1 - x * x * C(1.0 / 3)) : y;
        return __builtin_copysignf(y, x);
    } else {
        return math::tanh(x);
    }
}

// With (1 + tanh(u)) / 2 = 1 / (1 + exp(-2u)), which takes fewer steps and cancels nowhere.
template <class T, class C>
DEVICE C gelu_for(C x) {
    const C u = C(SQRT_2_OVER_PI) * x * (1 + C(0.044715) * x * x);
    if constexpr (is_half<T>) {
        return x * __builtin_amdgcn_rcpf(1 + math::exp_approximate(-2 * u));
    } else {
        return C(0.5) * x * (1 + tanh_for<T>(u));
    }
}

UNARY(Exp, math::exp_for<T>(x))
UNARY(Log, math::log(x))
UNARY(Sin, math::sin(x))
UNARY(Cos, math::cos(x))
UNARY(Tanh, (tanh_for<T>(x)))
UNARY(Neg, -x)
UNARY(Recip, 1 / x)
UNARY(Sqr, x *x)
UNARY(Sqrt, math::sqrt(x))
UNARY(Gelu, (gelu_for<T>(x)))
UNARY(GeluErf, C(0.5) * x * (1 + math::erf(x * C(SQRT_1_OVER_2))))
UNARY(Erf, math::erf(x))
UNARY(Relu, x > 0 ? x : C(0))
UNARY(Silu, x / (1 + math::exp_for<T>(-x)))
UNARY(Abs, math::abs(x))
UNARY(Ceil, math::ceil(x))
UNARY(Floor, math::floor(x))
UNARY(Round, math::round(x))
UNARY(Sign, C(x > 0) - C(x < 0))
UNARY(Sigmoid, 1 / (1 + math::exp_for<T>(-x)))
}  // namespace op

template <class Op, class T>
DEVICE T unary_of(T x) {
    return static_cast<T>(Op::template apply<T>(static_cast<Compute<T>>(x)));
}

template <class Op, class T>
DEVICE void unary(const T *x, T *y, u64 n) {
    elementwise(n, tabulated<T>(unary_of<Op, T>), y, x);
}

template <class Op, class T>
DEVICE void unary_strided(const T *x, T *y, const Walk<1> &walk) {
    strided(walk, tabulated<T>(unary_of<Op, T>), y, x);
}

// Of an operand that is read along its columns.
template <class Op, class T>
DEVICE void unary_turned(const T *x, T *y, u32 rows, u32 columns, u32 x_stride, u32 y_stride,
                         const Walk<2> &batch) {
    SHARED Lines<T> lines;
    turn_map(lines, x, y, rows, columns, x_stride, y_stride, batch, unary_of<Op, T>);
}

// --- Integers ------------------------------------------------------------------------------------

namespace op {
#define INTEGER(name, expression) \
    struct name {                 \
        template <class T>        \
        DEVICE T operator()(T x) const { \
            return static_cast<T>(expression); \
        }                         \
    };

// The lowest number has no opposite and stays.
INTEGER(AbsInteger, x < 0 ? T(0) - x : x)
INTEGER(ReluInteger, x < 0 ? T(0) : x)
INTEGER(SignInteger, (x > 0) - (x < 0))
}  // namespace op

template <class Op, class T>
DEVICE void unary_integer(const T *x, T *y, u64 n) {
    elementwise(n, Op(), y, x);
}

template <class Op, class T>
DEVICE void unary_integer_strided(const T *x, T *y, const Walk<1> &walk) {
    strided(walk, Op(), y, x);
}
