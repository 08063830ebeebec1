// Images at another size. Where an output lies in the input is computed in f64, as on the CPU.
#define CHECKED_PACKS
#include "axis.h"

// --- The nearest element -------------------------------------------------------------------------

// `scale` is the size of the input over that of the output.
DEVICE u32 nearest(u32 output, f64 scale, const Axis &axis) {
    return least(static_cast<u32>(static_cast<f64>(output) * scale), axis.size - 1);
}

template <class T>
DEVICE void upsample_nearest(const T *x, T *y, u64 h_scale, u64 w_scale, u32 n, u32 wide,
                             u32 x_batch, u32 x_channel, const Divisor &channels, const Axis &h,
                             const Axis &w) {
    const f64 down = from_scalar<f64>(h_scale), across = from_scalar<f64>(w_scale);
    each_place(y, n, wide, channels, h, w, [&](const Place &place) {
        return x[static_cast<u64>(place.batch) * x_batch +
                 static_cast<u64>(place.channel) * x_channel +
                 static_cast<u64>(nearest(place.row, down, h)) * h.x_stride +
                 static_cast<u64>(nearest(place.column, across, w)) * w.x_stride];
    });
}

// Twice as high and wide: half a pack becomes two whole ones, a step. `planes` images lie `x_plane`
// apart, their rows `x_row`; `groups` are the half packs of a row.
template <class T>
DEVICE void upsample_double(const T *x, T *y, u32 n, u32 x_plane, u32 x_row, const Divisor &groups,
                            const Divisor &rows) {
    constexpr u32 N = LANES<T>, STEPS = 2;  // as in the manifest
    const u32 width = groups.divisor * N;
    Pack<T, N / 2> found[STEPS];
    u64 to[STEPS];
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        u32 plane = (block_x() * STEPS + k) * BLOCK + work_item();
        if (plane >= n) break;
        const u32 group = groups.split(plane), row = rows.split(plane);
        found[k] = load<N / 2>(x + static_cast<u64>(plane) * x_plane + static_cast<u64>(row) * x_row +
                               group * (N / 2));
        to[k] = (static_cast<u64>(plane) * rows.divisor + row) * 2 * width + group * N;
    }
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        if ((block_x() * STEPS + k) * BLOCK + work_item() >= n) break;
        Pack<T, N> twice;
        for (u32 i = 0; i < N; i++) twice.at[i] = found[k].at[i / 2];
        store(y + to[k], twice);
        store(y + to[k] + width, twice);
    }
}

// --- Between four elements -----------------------------------------------------------------------

// Two neighbours, and how much the second counts.
struct Between {
    u32 first, second;
    f64 weight;
};

// `shift` is added to an output before it is scaled, and taken off after: 0.5 where the centres of
// elements are meant, else 0.
DEVICE Between between(u32 output, f64 scale, f64 shift, const Axis &axis) {
#pragma clang fp contract(off)
    f64 at = scale * (static_cast<f64>(output) + shift) - shift;
    at = at > 0 ? at : 0;
    u32 floor = static_cast<u32>(at);
    f64 weight = at - static_cast<f64>(floor);
    u32 first = least(floor, axis.size - 1);
    return {first, least(first + 1, axis.size - 1), weight < 1 ? weight : 1};
}

DEVICE f64 mix(f64 a, f64 b, f64 weight) {
#pragma clang fp contract(off)
    return a * (1 - weight) + b * weight;
}

template <class T>
DEVICE f64 widen(T x) {
    return static_cast<f64>(static_cast<Compute<T>>(x));
}

// Rounds to T; towards zero for integers, of which the largest i64 alone is out of an f64's range.
template <class T>
DEVICE T narrow(f64 x) {
    if constexpr (is_float<T>) {
        return static_cast<T>(x);
    } else if constexpr (sizeof(T) == 8) {
        constexpr f64 beyond = 9223372036854775808.0;
        return x >= beyond ? static_cast<T>(~0ul >> 1) : static_cast<T>(x);
    } else if constexpr (static_cast<T>(-1) < T(0)) {
        return static_cast<T>(static_cast<i32>(x));
    } else {
        return static_cast<T>(static_cast<u32>(x));
    }
}

template <class T>
DEVICE void upsample_bilinear(const T *x, T *y, u64 h_scale, u64 w_scale, u64 shift, u32 n,
                              u32 x_batch, u32 x_channel, const Divisor &channels, const Axis &h,
                              const Axis &w) {
    const f64 down = from_scalar<f64>(h_scale), across = from_scalar<f64>(w_scale);
    const f64 offset = from_scalar<f64>(shift);
    each_place(y, n, false, channels, h, w, [&](const Place &place) {
        const Between row = between(place.row, down, offset, h);
        const Between column = between(place.column, across, offset, w);
        const T *image = x + static_cast<u64>(place.batch) * x_batch +
                         static_cast<u64>(place.channel) * x_channel;
        const T *top = image + static_cast<u64>(row.first) * h.x_stride;
        const T *bottom = image + static_cast<u64>(row.second) * h.x_stride;
        const u64 left = static_cast<u64>(column.first) * w.x_stride;
        const u64 right = static_cast<u64>(column.second) * w.x_stride;
        const f64 above = mix(widen(top[left]), widen(top[right]), column.weight);
        const f64 below = mix(widen(bottom[left]), widen(bottom[right]), column.weight);
        return narrow<T>(mix(above, below, row.weight));
    });
}
