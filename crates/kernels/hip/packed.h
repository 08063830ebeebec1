// Packed weights: one struct for each type of block, which knows its layout and nothing else. The
// layouts are those of GGUF files, whose bytes are used as they are.
//
// Sixteen neighbouring values are a group; they have one scale. The groups whose bits lie in the same
// bytes are the parts of a piece, so that a lane that takes a whole piece reads its bytes once. Within
// a block, the number of a group is made of bits, highest first: the rest of the piece's number, the
// part, and the LOW lowest bits of the piece's number.
#pragma once
#include "device.h"

// value = scale * (quant - ZERO) - min, for each of 16 quants of 8 bits.
struct Group {
    u32 quants[4];
    f32 scale, min;
};

template <u32 VALUES_, u32 BYTES_, u32 LOW, u32 PART_BITS, i32 ZERO_, bool HAS_MIN_>
struct Block {
    static constexpr u32 VALUES = VALUES_, BYTES = BYTES_, PARTS = 1 << PART_BITS;
    static constexpr u32 GROUPS = VALUES / 16, PIECES = GROUPS / PARTS;
    static constexpr i32 ZERO = ZERO_;
    static constexpr bool HAS_MIN = HAS_MIN_;
    // Whether the parts are neighbours and have one scale.
    static constexpr bool UNIFORM = LOW == 0;
    static constexpr u32 LOW_MASK = (1 << LOW) - 1;

    DEVICE static u32 group_of(u32 piece, u32 part) {
        return piece >> LOW << (LOW + PART_BITS) | part << LOW | (piece & LOW_MASK);
    }
    DEVICE static u32 piece_of(u32 group) {
        return group >> (LOW + PART_BITS) << LOW | (group & LOW_MASK);
    }
    DEVICE static u32 part_of(u32 group) { return group >> LOW & (PARTS - 1); }
};

// Bits of two words, from bit `shift` on.
DEVICE u32 moved_word(u32 low, u32 high, u32 shift) {
    return static_cast<u32>((static_cast<u64>(high) << 32 | low) >> shift);
}

// Sources that define MOVED_READS have 16 bytes at an even address read by 8 at a time, where the
// hardware does not read them at once: fewer reads, and more to compute.
#if defined(REDWICK_ALIGNED_READS) && defined(MOVED_READS)
#define READS_BY_TWO_WORDS
struct alignas(8) TwoWords {
    u32 low, high;
};

// 16 bytes at an even address, by reads of 8.
template <class T>
DEVICE T read_moved(const u8 *from) {
    const u32 odd = reinterpret_cast<u64>(from) & 7, shift = odd % 4 * 8;
    const TwoWords *pairs = reinterpret_cast<const TwoWords *>(from - odd);
    // Not past the last byte: nothing may be there.
    const TwoWords a = pairs[0], b = pairs[1], c = pairs[odd != 0 ? 2 : 1];
    const bool upper = odd >= 4;
    const u32 first = upper ? a.high : a.low, second = upper ? b.low : a.high;
    const u32 third = upper ? b.high : b.low, fourth = upper ? c.low : b.high;
    const u32 fifth = upper ? c.high : c.low;
    const u32 moved[4] = {moved_word(first, second, shift), moved_word(second, third, shift),
                          moved_word(third, fourth, shift), moved_word(fourth, fifth, shift)};
    return __builtin_bit_cast(T, moved);
}
#endif

// What lies at a multiple of ALIGN bytes. The hardware reads 16 bytes at any address; where it does not,
// the words around are read, and moved.
template <class T, u32 ALIGN>
DEVICE T read(const u8 *from) {
    T x;
#if defined(READS_BY_TWO_WORDS)
    if constexpr (ALIGN < 4 && sizeof(T) == 16) return read_moved<T>(from);
#endif
#if defined(REDWICK_ALIGNED_READS)
    if constexpr (ALIGN < 4 && sizeof(T) > 4) {
        constexpr u32 COUNT = sizeof(T) / 4;
        const u32 odd = reinterpret_cast<u64>(from) & 3, shift = odd * 8;
        const u32 *words = reinterpret_cast<const u32 *>(from - odd);
        u32 moved[COUNT], low = words[0];
        for (u32 i = 0; i < COUNT; i++) {
            const u32 high = i + 1 < COUNT || odd != 0 ? words[i + 1] : 0;
            moved[i] = moved_word(low, high, shift);
            low = high;
        }
        __builtin_memcpy(&x, moved, sizeof(T));
        return x;
    }
#endif
    __builtin_memcpy(&x, __builtin_assume_aligned(from, ALIGN), sizeof(T));
    return x;
}

template <u32 N>
struct Words {
    u32 at[N];
};

DEVICE f32 half_at(const u8 *from) { return static_cast<f32>(read<f16, 2>(from)); }

// Bits 0 to 3 as the lowest bits of four bytes.
DEVICE u32 spread(u32 bits) { return bits * 0x00204081u & 0x01010101u; }

// Adds to four quants the four bits from `bits`, as bit 4 of each.
DEVICE u32 with_fifth_bits(u32 quants, u32 bits) { return quants | spread(bits & 15) << 4; }

template <u32 ALIGN>
DEVICE Group nibbles(const u8 *from, u32 part, f32 scale, f32 min) {
    Words<4> words = read<Words<4>, ALIGN>(from);
    Group group = {{}, scale, min};
    for (u32 i = 0; i < 4; i++) group.quants[i] = words.at[i] >> 4 * part & 0x0f0f0f0fu;
    return group;
}

template <u32 ALIGN>
DEVICE Group bytes(const u8 *from, f32 scale) {
    Words<4> words = read<Words<4>, ALIGN>(from);
    return {{words.at[0], words.at[1], words.at[2], words.at[3]}, scale, 0};
}

// Scale and min of a group of Q4K and Q5K: two halves and twelve bytes of 6-bit numbers. `sub` is the
// number of the 32 values that the group is of.
DEVICE void scale_and_min(const u8 *block, u32 sub, Group &group) {
    Words<4> head = read<Words<4>, 16>(block);
    const f32 d = static_cast<f32>(__builtin_bit_cast(f16, static_cast<u16>(head.at[0])));
    const f32 dmin = static_cast<f32>(__builtin_bit_cast(f16, static_cast<u16>(head.at[0] >> 16)));
    const u32 shift = sub % 4 * 8;
    const u32 low = head.at[1] >> shift, middle = head.at[2] >> shift, high = head.at[3] >> shift;
    const bool first = sub < 4;
    const u32 scale = first ? low & 63 : (high & 15) | (low >> 6 & 3) << 4;
    const u32 min = first ? middle & 63 : (high >> 4 & 15) | (middle >> 6 & 3) << 4;
    group.scale = d * static_cast<f32>(scale);
    group.min = dmin * static_cast<f32>(min);
}

namespace block {

// d, 32 nibbles.
struct Q40 : Block<32, 18, 0, 1, 8, false> {
    DEVICE static Group group(const u8 *block, u32, u32 part) {
        return nibbles<2>(block + 2, part, half_at(block), 0);
    }
};

// d, m, 32 nibbles.
struct Q41 : Block<32, 20, 0, 1, 0, true> {
    DEVICE static Group group(const u8 *block, u32, u32 part) {
        return nibbles<4>(block + 4, part, half_at(block), -half_at(block + 2));
    }
};

// d, 32 fifth bits, 32 nibbles.
struct Q50 : Block<32, 22, 0, 1, 16, false> {
    DEVICE static Group group(const u8 *block, u32, u32 part) {
        Group group = nibbles<2>(block + 6, part, half_at(block), 0);
        const u32 high = read<u32, 2>(block + 2) >> 16 * part;
        for (u32 i = 0; i < 4; i++) group.quants[i] = with_fifth_bits(group.quants[i], high >> 4 * i);
        return group;
    }
};

// d, m, 32 fifth bits, 32 nibbles.
struct Q51 : Block<32, 24, 0, 1, 0, true> {
    DEVICE static Group group(const u8 *block, u32, u32 part) {
        Group group = nibbles<8>(block + 8, part, half_at(block), -half_at(block + 2));
        const u32 high = read<u32, 4>(block + 4) >> 16 * part;
        for (u32 i = 0; i < 4; i++) group.quants[i] = with_fifth_bits(group.quants[i], high >> 4 * i);
        return group;
    }
};

// d, 32 signed bytes.
struct Q80 : Block<32, 34, 0, 1, 0, false> {
    DEVICE static Group group(const u8 *block, u32, u32 part) {
        return bytes<2>(block + 2 + 16 * part, half_at(block));
    }
};

// d, the sum that a product with a Q41 would want, 32 signed bytes.
struct Q81 : Block<32, 36, 0, 1, 0, false> {
    DEVICE static Group group(const u8 *block, u32, u32 part) {
        return bytes<4>(block + 4 + 16 * part, half_at(block));
    }
};

// 16 scales and mins of 4 bits, 256 quants of 2 bits, d, dmin. The four pairs of bits of a byte are
// 32 values apart.
struct Q2k : Block<256, 84, 1, 2, 0, true> {
    DEVICE static Group group(const u8 *block, u32 piece, u32 part) {
        const Words<4> words = read<Words<4>, 4>(block + 16 + 16 * piece);
        const Words<2> both = read<Words<2>, 4>(block + piece / 2 * 8);
        const u32 factors = (part < 2 ? both.at[0] : both.at[1]) >> 8 * (part % 2 * 2 + piece % 2);
        Group group = {{}, half_at(block + 80) * static_cast<f32>(factors & 15),
                       half_at(block + 82) * static_cast<f32>(factors >> 4 & 15)};
        for (u32 i = 0; i < 4; i++) group.quants[i] = words.at[i] >> 2 * part & 0x03030303u;
        return group;
    }
};

// 256 third bits, 256 quants of 2 bits, 16 scales of 6 bits, d. The bits lie as in Q2K; a byte of
// third bits is for eight values, 32 apart.
struct Q3k : Block<256, 110, 1, 2, 4, false> {
    DEVICE static Group group(const u8 *block, u32 piece, u32 part) {
        const u32 quarter = piece / 2, half = piece % 2;
        const Words<4> third = read<Words<4>, 2>(block + 16 * half);
        const Words<4> words = read<Words<4>, 2>(block + 32 + 16 * piece);
        Group group = {{}, half_at(block + 108) * scale(block + 96, quarter, part, half), 0};
        for (u32 i = 0; i < 4; i++) {
            const u32 high = third.at[i] >> (4 * quarter + part) & 0x01010101u;
            group.quants[i] = (words.at[i] >> 2 * part & 0x03030303u) | high << 2;
        }
        return group;
    }

    // Four bits of a scale are in the first eight bytes, two in the last four.
    DEVICE static f32 scale(const u8 *from, u32 quarter, u32 part, u32 half) {
        const Words<3> words = read<Words<3>, 2>(from);
        const u32 shift = 8 * (part % 2 * 2 + half) + 4 * quarter;
        const u32 low = (part < 2 ? words.at[0] : words.at[1]) >> shift & 15;
        const u32 high = words.at[2] >> (shift + part / 2 * 2) & 3;
        return static_cast<f32>(static_cast<i32>(low | high << 4) - 32);
    }
};

// d, dmin, 8 scales and mins, 256 nibbles. The nibbles of a byte are 32 values apart.
struct Q4k : Block<256, 144, 1, 1, 0, true> {
    DEVICE static Group group(const u8 *block, u32 piece, u32 part) {
        Group group = nibbles<16>(block + 16 + 16 * piece, part, 0, 0);
        scale_and_min(block, piece / 2 * 2 + part, group);
        return group;
    }
};

// d, dmin, 8 scales and mins, 256 fifth bits, 256 nibbles. As Q4K; a byte of fifth bits is for eight
// values, 32 apart.
struct Q5k : Block<256, 176, 1, 1, 0, true> {
    DEVICE static Group group(const u8 *block, u32 piece, u32 part) {
        const Words<4> high = read<Words<4>, 16>(block + 16 + piece % 2 * 16);
        Group group = nibbles<16>(block + 48 + 16 * piece, part, 0, 0);
        const u32 sub = piece / 2 * 2 + part;
        for (u32 i = 0; i < 4; i++) group.quants[i] |= (high.at[i] >> sub & 0x01010101u) << 4;
        scale_and_min(block, sub, group);
        return group;
    }
};

// 256 nibbles, 256 pairs of high bits, 16 scales of 8 bits, d. The nibbles of a byte are 64 values
// apart, its pairs of bits 32.
struct Q6k : Block<256, 210, 2, 1, 32, false> {
    DEVICE static Group group(const u8 *block, u32 piece, u32 part) {
        const u32 quarter = piece / 4, pair = piece / 2 % 2, half = piece % 2;
        const Words<4> high = read<Words<4>, 2>(block + 128 + 32 * quarter + 16 * half);
        const i32 scale = static_cast<signed char>(block[192 + group_of(piece, part)]);
        Group group = nibbles<2>(block + 16 * piece, part, 0, 0);
        for (u32 i = 0; i < 4; i++) {
            group.quants[i] |= (high.at[i] >> (4 * part + 2 * pair) & 0x03030303u) << 4;
        }
        group.scale = half_at(block + 208) * static_cast<f32>(scale);
        return group;
    }
};

// d in full precision, 256 signed bytes, 16 sums of 16 values.
struct Q8k : Block<256, 292, 0, 1, 0, false> {
    DEVICE static Group group(const u8 *block, u32 piece, u32 part) {
        return bytes<4>(block + 4 + 32 * piece + 16 * part, read<f32, 4>(block));
    }
};

}  // namespace block
