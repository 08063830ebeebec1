// Averages and maxima over windows of images: a work-item for each output.
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

template <class Op, class T>
DEVICE void pool(const T *x, T *y, u64 factor, u32 n, u32 x_batch, u32 x_channel,
                 const Divisor &channels, const Axis &h, const Axis &w) {
    typedef Compute<T> C;
    each_place(y, n, false, channels, h, w, [&](const Place &place) {
        const T *window = x + static_cast<u64>(place.batch) * x_batch +
                          static_cast<u64>(place.channel) * x_channel +
                          static_cast<u64>(h.input(place.row)) * h.x_stride +
                          static_cast<u64>(w.input(place.column)) * w.x_stride;
        C result = 0;
        for (u32 i = 0; i < h.taps.divisor; i++) {
            const T *row = window + static_cast<u64>(i) * h.x_stride;
            for (u32 j = 0; j < w.taps.divisor; j++) {
                C value = static_cast<C>(row[static_cast<u64>(j) * w.x_stride]);
                result = Op::join(result, value, (i | j) == 0);
            }
        }
        return static_cast<T>(Op::finish(result, factor));
    });
}
