// Packed weights to numbers, and activations to bytes.
#define MOVED_READS
#include "activations.h"
#include "packed.h"
#include "lanes.h"
#include "math.h"
#include "walk.h"

// Values that a work-item unpacks: half a group, so that what lanes write side by side is adjacent.
constexpr u32 UNPACKED = 8;

// Half the values of a group, rounded as on the CPU: a product, then a difference.
template <class B, class T>
DEVICE void unpack(const Group &group, u32 half, T *y) {
#pragma clang fp contract(off)
    constexpr u32 N = LANES<T> < UNPACKED ? LANES<T> : UNPACKED;
    const u32 quants[2] = {half == 0 ? group.quants[0] : group.quants[2],
                           half == 0 ? group.quants[1] : group.quants[3]};
    for (u32 i = 0; i < UNPACKED; i += N) {
        Pack<T, N> pack;
        for (u32 j = 0; j < N; j++) {
            const u32 quant = quants[(i + j) / 4] >> (i + j) % 4 * 8;
            const f32 number = static_cast<f32>(static_cast<signed char>(quant) - B::ZERO);
            pack.at[j] = static_cast<T>(group.scale * number - group.min);
        }
        store(y + i, pack);
    }
}

// A step for each work-item. With `ids`, row `ids[i]` of the weights becomes row i; without, all rows
// stay where they are.
template <class B, class T>
DEVICE void dequantize(const u8 *w, const u32 *ids, T *y, u32 *fault, u32 steps, u32 rows,
                       const Divisor &row_steps) {
    const u32 step = block_x() * BLOCK + work_item();
    if (step >= steps) return;
    u32 row = step;
    const u32 at = row_steps.split(row) * UNPACKED;
    u64 from = row;
    bool there = true;
    if (ids != nullptr) {
        from = ids[row];
        there = from < rows;
        if (!there) *fault = 1;
    }
    const u32 row_blocks = row_steps.divisor / (B::VALUES / UNPACKED);
    const u8 *block = w + (from * row_blocks + at / B::VALUES) * B::BYTES;
    const u32 number = at % B::VALUES / 16;
    Group group = {};
    if (there) group = B::group(block, B::piece_of(number), B::part_of(number));
    unpack<B>(group, at / UNPACKED % 2, y + static_cast<u64>(step) * UNPACKED);
}

template <class T>
DEVICE Pack<f32, 4> load_four(const T *x) {
    Pack<f32, 4> four;
    if (aligned<4>(x)) {
        Pack<T, 4> pack = load<4>(x);
        for (u32 i = 0; i < 4; i++) four.at[i] = static_cast<f32>(pack.at[i]);
    } else {
        for (u32 i = 0; i < 4; i++) four.at[i] = static_cast<f32>(x[i]);
    }
    return four;
}

// The step from one byte to the next, rounded to f16 as in blocks of the CPU's, so that results agree
// with its; but not where f16 has too few bits for it.
DEVICE f32 rounded_step(f32 step) {
    const f32 rounded = static_cast<f32>(static_cast<f16>(step));
    return step >= 0x1p-14f && step <= 65504.0f ? rounded : step;
}

// Activations as bytes, 32 with one step (see activations.h): eight lanes, four values each.
DEVICE void quantize_four(const Pack<f32, 4> &four, u32 step_at, u8 *quants, Steps *steps, u32 n) {
    const u32 at = least(step_at, n - 1);
    f32 largest = 0;
    for (u32 i = 0; i < 4; i++) largest = __builtin_fmaxf(largest, __builtin_fabsf(four.at[i]));
    largest = reduce_lanes<8>(largest, Largest());
    const f32 step = largest / 127;
    const f32 inverse = step != 0 ? 1 / step : 0;
    u32 word = 0;
    i32 sum = 0;
    for (u32 i = 0; i < 4; i++) {
        const i32 quant = static_cast<i32>(math::round(four.at[i] * inverse));
        word |= (static_cast<u32>(quant) & 0xff) << 8 * i;
        sum += quant;
    }
    sum = reduce_lanes<4>(sum, Sum());
    const i32 other = exchange<4>(sum);
    if (step_at >= n) return;
    reinterpret_cast<u32 *>(quants)[at] = word;
    if (at % 8 == 0) {
        steps[at / 8] = {rounded_step(step), static_cast<i16>(sum), static_cast<i16>(other)};
    }
}

template <class T>
DEVICE void quantize(const T *x, u8 *quants, Steps *steps, u32 n) {
    // Those past the end stay for the exchanges; they repeat the last four.
    const u32 at = block_x() * BLOCK + work_item();
    quantize_four(load_four(x + static_cast<u64>(least(at, n - 1)) * 4), at, quants, steps, n);
}

// The same for one row, normalised by its root mean square and multiplied by `norm`. Each workgroup
// goes over the whole row for the mean, which takes less than to wait for another.
DEVICE void quantize_row_normed(const f32 *x, const f32 *norm, u8 *quants, Steps *steps, u32 n,
                                f32 epsilon) {
    f32 sum = 0;
#pragma unroll 4
    for (u32 at = work_item(); at < n; at += BLOCK) {
        const Pack<f32, 4> four = load_four(x + static_cast<u64>(at) * 4);
        for (u32 i = 0; i < 4; i++) sum = __builtin_fmaf(four.at[i], four.at[i], sum);
    }
    const u32 at = block_x() * BLOCK + work_item();
    const u64 from = static_cast<u64>(least(at, n - 1)) * 4;
    Pack<f32, 4> four = load_four(x + from);
    const Pack<f32, 4> factors = load_four(norm + from);
    const f32 mean = reduce_workgroup(sum, Sum()) / (4 * static_cast<f32>(n));
    const f32 factor = 1 / math::sqrt(mean + epsilon);
    for (u32 i = 0; i < 4; i++) four.at[i] *= factor * factors.at[i];
    quantize_four(four, at, quants, steps, n);
}
