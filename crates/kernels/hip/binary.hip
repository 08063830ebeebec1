// Functions of two numbers.
#define CHECKED_PACKS
#include "shapes.h"
#include "turn.h"

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

// y = op(a, b), where `x` is the one of them that is read along its columns: `y[r][c]` takes
// `x[r + c * x_stride]`. It is `b` where `second` is not 0. `other_column` is 1 or 0.
template <class Op, class T>
DEVICE void binary_turned(const T *x, const T *other, T *y, u32 rows, u32 columns, u32 x_stride,
                          u32 other_row, u32 other_column, u32 y_stride, u32 second,
                          const Walk<3> &batch) {
    constexpr u32 N = LANES<T>;
    typedef Share<N> S;
    SHARED Lines<T> lines;
    u64 offsets[3];
    batch.locate(block_z(), offsets);
    const TileAt tile(rows, columns);
    x += offsets[0] + tile.row + static_cast<u64>(tile.column) * x_stride;
    other += offsets[1] + static_cast<u64>(tile.row) * other_row + tile.column * other_column;
    y += offsets[2] + tile.column + static_cast<u64>(tile.row) * y_stride;
    const auto of = [=](T turned, T beside) {
        return second != 0 ? binary_of<Op, T>(beside, turned) : binary_of<Op, T>(turned, beside);
    };
    const u32 strides = x_stride | y_stride | (other_column != 0 ? other_row : 0);
    const bool even = strides % N == 0 || PACK_ALIGNMENT<T, N> == sizeof(T);
    const bool packs = aligned<N>(x, y) && (other_column == 0 || aligned<N>(other));
    if (tile.is_whole() && even && packs) {
        Pack<T, N> beside[S::PASSES];
        const auto read = [&] {
            for (u32 pass = 0; pass < S::PASSES; pass++) {
                const T *from = other + static_cast<u64>(S::line(pass)) * other_row;
                beside[pass] = load_or_repeat<N>(from + S::at() * other_column, other_column);
            }
        };
        turn_whole<N>(lines, x, x_stride, y, y_stride, read, [&](Pack<T, N> pack, u32 pass) {
            for (u32 k = 0; k < N; k++) pack.at[k] = of(pack.at[k], beside[pass].at[k]);
            return pack;
        });
    } else {
        turn_part<1>(lines, tile, x, x_stride, y, y_stride, [&](Pack<T, 1> pack, u32 line) {
            const u64 at = static_cast<u64>(line) * other_row + Share<1>::at() * other_column;
            return Pack<T, 1>{of(pack.at[0], other[at])};
        });
    }
}
