// Packed values as bf16.
#pragma once
#include "matrix.h"
#include "packed.h"

// Two numbers as bf16 in a word: rounded to the nearest by the target's instruction, or with halves
// rounded up.
DEVICE u32 two_bf16(f32 low, f32 high) {
#if defined(REDWICK_BF16_PAIRS)
    const Vector<f32, 2> both = {low, high};
    return __builtin_bit_cast(u32, __builtin_convertvector(both, Vector<bf16, 2>));
#else
    const u32 a = __builtin_bit_cast(u32, low) + 0x8000, b = __builtin_bit_cast(u32, high) + 0x8000;
    return a >> 16 | (b & 0xffff0000);
#endif
}

// Byte `i` of a word as a number, more by BIAS; a byte below 128 if it is not WHOLE. Where this takes
// a slow instruction, the byte becomes bits of a number of which it is the last bits before the point.
template <bool WHOLE>
struct ByteNumber {
#if defined(REDWICK_SLOW_BYTE_CASTS)
    static constexpr f32 BIAS = WHOLE ? 0x1p15f : 0x1p7f;
    DEVICE static f32 of(u32 word, u32 i) {
        constexpr u32 BITS = __builtin_bit_cast(u32, BIAS);
        const u32 order = WHOLE ? 0x7604 | i << 4 : 0x7054 | i << 8;
        return __builtin_bit_cast(f32, __nvvm_prmt(word, BITS, order));
    }
#else
    static constexpr f32 BIAS = 0;
    DEVICE static f32 of(u32 word, u32 i) { return static_cast<f32>(word >> i * 8 & 0xff); }
#endif
};

// The values of a group as bf16, of a type of blocks. Scale times bias has no more bits than f32 holds.
template <class B>
DEVICE void unpack(const Group &group, u32 (&words)[8]) {
    // Bytes with a sign are 128 less than without.
    constexpr bool HAS_SIGN = B::BYTES > B::VALUES;
    typedef ByteNumber<HAS_SIGN> Number;
    constexpr f32 ZERO = (HAS_SIGN ? 128 : B::ZERO) + Number::BIAS;
    const f32 shift = __builtin_fmaf(-ZERO, group.scale, B::HAS_MIN ? -group.min : 0);
#pragma unroll
    for (u32 i = 0; i < 8; i++) {
        const u32 quants = group.quants[i / 2] ^ (HAS_SIGN ? 0x80808080u : 0);
        const f32 low = Number::of(quants, i % 2 * 2), high = Number::of(quants, i % 2 * 2 + 1);
        words[i] = two_bf16(__builtin_fmaf(group.scale, low, shift),
                            __builtin_fmaf(group.scale, high, shift));
    }
}
