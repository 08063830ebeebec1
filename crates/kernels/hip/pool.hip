// Averages and maxima over windows of images: a work-item for each output, or for 16 bytes of them.
#define CHECKED_PACKS
#include "axis.h"

namespace op {
// `factor` is 1 over the size of the window.
struct Avg {
    template <class C>
    DEVICE static C join(C sum, C x, bool) {
        return sum + x;
    }
    template <class C>
    DEVICE static C finish(C sum, u64 factor) {
        return sum * from_scalar<C>(factor);
    }
};

// As on the CPU, a NaN counts only where it is the first element: it then is the result.
struct Max {
    template <class C>
    DEVICE static C join(C largest, C x, bool first) {
        return (first | (largest < x)) ? x : largest;
    }
    template <class C>
    DEVICE static C finish(C largest, u64) {
        return largest;
    }
};
}  // namespace op

// The first element of an output's window.
template <class T>
DEVICE const T *window_of(const T *x, const Place &place, u32 x_batch, u32 x_channel, const Axis &h,
                          const Axis &w) {
    return x + static_cast<u64>(place.batch) * x_batch +
           static_cast<u64>(place.channel) * x_channel +
           static_cast<u64>(h.input(place.row)) * h.x_stride +
           static_cast<u64>(w.input(place.column)) * w.x_stride;
}

// Windows of 2 by 2 side by side, in rows of adjacent elements: N outputs from four packs.
template <class Op, class T>
DEVICE void pool_pairs(const T *x, T *y, u64 factor, u32 n, u32 x_batch, u32 x_channel,
                       const Divisor &channels, const Axis &h, const Axis &w) {
    typedef Compute<T> C;
    constexpr u32 N = LANES<T>;
    const u32 first = (block_x() * BLOCK + work_item()) * N;
    if (first >= n) return;
    const T *window = window_of(x, place_of(first, channels, h, w), x_batch, x_channel, h, w);
    Pack<T, N> packs[2][2];
    for (u32 i = 0; i < 2; i++) {
        for (u32 j = 0; j < 2; j++) {
            packs[i][j] = load<N>(window + static_cast<u64>(i) * h.x_stride + j * N);
        }
    }
    Pack<T, N> pack;
    for (u32 k = 0; k < N; k++) {
        C result = 0;
        for (u32 i = 0; i < 2; i++) {
            for (u32 j = 2 * k; j < 2 * k + 2; j++) {
                result = Op::join(result, computed(packs[i][j / N].at[j % N]),
                                  i == 0 && j == 2 * k);
            }
        }
        pack.at[k] = static_cast<T>(Op::finish(result, factor));
    }
    store(y + first, pack);
}

template <class Op, class T>
DEVICE void pool(const T *x, T *y, u64 factor, u32 n, u32 x_batch, u32 x_channel, u32 wide,
                 const Divisor &channels, const Axis &h, const Axis &w) {
    typedef Compute<T> C;
    if (wide) return pool_pairs<Op>(x, y, factor, n, x_batch, x_channel, channels, h, w);
    each_place(y, n, false, channels, h, w, [&](const Place &place) {
        const T *window = window_of(x, place, x_batch, x_channel, h, w);
        C result = 0;
        for (u32 i = 0; i < h.taps.divisor; i++) {
            const T *row = window + static_cast<u64>(i) * h.x_stride;
            for (u32 j = 0; j < w.taps.divisor; j++) {
                C value = computed(row[static_cast<u64>(j) * w.x_stride]);
                result = Op::join(result, value, (i | j) == 0);
            }
        }
        return static_cast<T>(Op::finish(result, factor));
    });
}
