// Spatial dimensions of convolutions, poolings and upsamplings: `Axis` of src/axis.rs.
#pragma once
#include "walk.h"

struct Axis {
    Divisor outputs, taps;
    u32 size;
    i32 start, step, tap;
    u32 x_stride, y_stride;

    // Where tap 0 of an output reads.
    DEVICE i32 input(u32 output) const { return start + static_cast<i32>(output) * step; }

    DEVICE bool holds(i32 at) const { return static_cast<u32>(at) < size; }
};

// An output of images laid out [batch][channel][row][column].
struct Place {
    u32 batch, channel, row, column;
};

DEVICE Place place_of(u32 output, const Divisor &channels, const Axis &h, const Axis &w) {
    Place place;
    place.column = w.outputs.split(output);
    place.row = h.outputs.split(output);
    place.channel = channels.split(output);
    place.batch = output;
    return place;
}

// y[i] = f(place of i) for n adjacent outputs. Where `wide`, rows are whole numbers of 16 bytes,
// and each work-item writes that many.
template <class T, class F>
DEVICE void each_place(T *y, u32 n, bool wide, const Divisor &channels, const Axis &h,
                       const Axis &w, F f) {
    constexpr u32 N = LANES<T>;
    const u32 first = (block_x() * BLOCK + work_item()) * (wide ? N : 1);
    if (first >= n) return;
    Place place = place_of(first, channels, h, w);
    if (!wide) {
        y[first] = f(place);
        return;
    }
    Pack<T, N> pack;
#pragma unroll
    for (u32 i = 0; i < N; i++) {
        pack.at[i] = f(place);
        place.column++;
    }
    store(y + first, pack);
}
