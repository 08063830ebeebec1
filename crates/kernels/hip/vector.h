// Rows of a vector store on the device, and how what is found in them is ordered.
//
// Rows lie in chunks; a table has for each chunk the addresses of its rows, of a factor and an offset
// for each row, and of the rows as they were given. 32 rows are a tile: a word of a bitset, and one
// number that a scan leaves, the key of the tile's best row. A *cost* is a score turned so that
// smaller is better; a *key* is the number that compares as the cost does.
#pragma once
#include "lanes.h"
#include "number.h"

constexpr u32 TILE = 32;
// Lanes that share a row, each with 16 bytes at a time, and teams of them in a wave.
constexpr u32 TEAM = 8, TEAMS = WAVE / TEAM, WAVES = BLOCK / WAVE;
// No row: what no key of a number is.
constexpr u32 NONE = ~0u;

template <class T, u32 N>
using Vec = T __attribute__((ext_vector_type(N)));
// 16 bytes.
typedef Vec<u32, 4> Unit;
template <class T>
using Global = const __attribute__((address_space(1))) T *;

#ifndef UNIFORM_REGISTER
#define UNIFORM_REGISTER "+s"
#endif
#ifndef ROUNDED_PRODUCT
#define ROUNDED_PRODUCT(a, b) ((a) * (b))
#endif
#ifndef BALLOT_COUNT
#define BALLOT_COUNT(condition)                                                      \
    (WAVE == 64 ? __builtin_popcountll(__builtin_amdgcn_ballot_w64(condition))       \
                : __builtin_popcount(__builtin_amdgcn_ballot_w32(condition)))
#endif

// The compiler is kept from computing with work-items' numbers in its place.
DEVICE u32 wave() {
    u32 wave = __builtin_amdgcn_readfirstlane(work_item() / WAVE);
    asm("" : UNIFORM_REGISTER(wave));
    return wave;
}

DEVICE u32 key_of(f32 cost) {
    u32 bits = __builtin_bit_cast(u32, cost);
    return (bits >> 31) != 0 ? ~bits : bits | 1u << 31;
}

// What the table has of each chunk.
enum class Plane { ROWS, FACTORS, OFFSETS, GIVEN };

// Tiles of all chunks; a chunk has 2^shift of them.
struct Tiles {
    const u64 *table;
    u32 shift;

    // Where a tile's part of a plane is, of which each row has `bytes`.
    DEVICE u64 at(u32 tile, Plane plane, u32 bytes) const {
        u64 chunk = table[(tile >> shift) * 4 + static_cast<u32>(plane)];
        u64 row = static_cast<u64>(tile & ((1u << shift) - 1)) * TILE;
        return chunk + row * bytes;
    }
};

template <class T>
DEVICE T read(u64 address, u32 at) {
    return reinterpret_cast<Global<T>>(address)[at];
}

// Which tiles there are to look at, and which rows of them: all, or those of a list, each with a
// word of its own.
struct Chosen {
    const u32 *list, *words, *live, *filter;

    // What one query looks at, where each has a list of its own, `pitch` slots after the one before.
    DEVICE Chosen of(u32 query, u32 pitch) const {
        if (list == nullptr) return *this;
        const u64 first = static_cast<u64>(query) * pitch;
        return {list + first, words + first, live, filter};
    }
    DEVICE u32 tile(u32 slot) const { return list == nullptr ? slot : list[slot]; }
    DEVICE u32 rows(u32 slot) const {
        const u32 at = tile(slot);
        u32 word = live[at];
        if (filter != nullptr) word &= filter[at];
        return words == nullptr ? word : word & words[slot];
    }
};
