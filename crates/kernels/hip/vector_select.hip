// The best of many keys.
//
// `pick` finds few in one workgroup for each query: the keys are dealt to PILES piles, the k-th best
// of the piles' best is a bound that k keys meet, and those that meet it are few enough to be ranked
// one by one. `histogram` and `collect` find any number: digit by digit of key and row, the host
// narrows down the last that belongs.
#include "vector.h"

constexpr u32 PILES = 4 * BLOCK, CAPACITY = 2 * PILES;

// Where keys came from: without slots, from tiles themselves; else from the rows of those tiles.
struct Origin {
    const u32 *slots, *list;

    DEVICE u32 of(u32 at) const {
        u32 slot = slots == nullptr ? at : slots[at / TILE];
        if (list != nullptr && slot != NONE && slots != nullptr) slot = list[slot];
        return slots == nullptr ? slot : slot * TILE + at % TILE;
    }
};

// How many of the workgroup's piles have a key up to `limit`.
DEVICE u32 count_up_to(const u32 (&best)[4], u32 limit, u32 *partial) {
    u32 count = 0;
    for (u32 i = 0; i < 4; i++) count += BALLOT_COUNT(best[i] <= limit);
    if (lane() == 0) partial[work_item() / WAVE] = count;
    barrier();
    count = 0;
    for (u32 i = 0; i < WAVES; i++) count += partial[i];
    return count;
}

// The `wanted`-th smallest of the piles' keys, bit by bit.
DEVICE u32 bound_of(const u32 (&best)[4], u32 wanted) {
    SHARED u32 partial[2][WAVES];
    u32 bound = 0;
    for (u32 bit = 32; bit-- > 0;) {
        const u32 below = bound | ((1u << bit) - 1);
        if (count_up_to(best, below, partial[bit % 2]) < wanted) bound |= 1u << bit;
    }
    return bound;
}

// Calls f(key, place) for each key of this work-item's piles.
template <class F>
DEVICE void for_keys(const u32 *keys, u32 n, F f) {
    const u32 whole = n / 4 * 4;
#pragma unroll 4
    for (u32 at = work_item() * 4; at < whole; at += PILES) {
        Pack<u32, 4> pack = load<4>(keys + at);
        for (u32 i = 0; i < 4; i++) f(pack.at[i], at + i);
    }
    if (work_item() < n - whole) f(keys[whole + work_item()], whole + work_item());
}

// The best `wanted`, at most PILES / 2, of `n` keys of each query, best first, and of equal ones the
// earlier: keys in `best`, where they are from in `places`; NONE where there are fewer. `counts`: how
// many there are, or more than CAPACITY where too many keys are alike.
DEVICE void pick(const u32 *keys, const u32 *slots, const u32 *list, u32 *best, u32 *places,
                 u32 *counts, u32 n, u32 pitch, u32 slot_pitch, u32 wanted) {
    SHARED u64 found[CAPACITY];
    SHARED u32 count;
    const u32 query = block_x();
    keys += static_cast<u64>(query) * pitch;
    const Origin origin = {slots == nullptr ? nullptr : slots + query * slot_pitch, list};
    u32 piles[4] = {NONE, NONE, NONE, NONE};
    for_keys(keys, n, [&](u32 key, u32 at) { piles[at % 4] = least(piles[at % 4], key); });
    if (work_item() == 0) count = 0;
    const u32 bound = bound_of(piles, wanted);
    bool any = false;
    for (u32 i = 0; i < 4; i++) any |= piles[i] <= bound && piles[i] != NONE;
    if (any) {
        for_keys(keys, n, [&](u32 key, u32 at) {
            if (key > bound || key == NONE) return;
            u32 to = __hip_atomic_fetch_add(&count, 1, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
            if (to < CAPACITY) found[to] = static_cast<u64>(key) << 32 | origin.of(at);
        });
    }
    barrier();
    const u32 all = count, held = least(all, CAPACITY);
    best += query * wanted;
    places += query * wanted;
    if (work_item() == 0) counts[query] = all;
    for (u32 i = work_item(); i < wanted; i += BLOCK) {
        if (i < held) continue;
        best[i] = NONE;
        places[i] = NONE;
    }
    for (u32 i = work_item(); i < held; i += BLOCK) {
        const u64 own = found[i];
        u32 rank = 0;
        for (u32 j = 0; j < held; j++) rank += found[j] < own;
        if (rank >= wanted) continue;
        best[rank] = static_cast<u32>(own >> 32);
        places[rank] = static_cast<u32>(own);
    }
}

constexpr u32 DIGITS = 256;

// How often each value of the digit at `shift` occurs, among keys with their place whose digits above
// are those of `above`. `counts` are added to.
DEVICE void histogram(const u32 *keys, u32 *counts, u32 n, u32 shift, u64 above) {
    SHARED u32 own[DIGITS];
    for (u32 i = work_item(); i < DIGITS; i += BLOCK) own[i] = 0;
    barrier();
    const u32 first = block_x() * PILES * 4;
    for (u32 at = first + work_item(); at < least(n, first + PILES * 4); at += BLOCK) {
        const u64 entry = static_cast<u64>(keys[at]) << 32 | at;
        // In two steps: a shift by 64 is none.
        if (keys[at] == NONE || (entry >> shift >> 8) != above) continue;
        __hip_atomic_fetch_add(&own[entry >> shift & (DIGITS - 1)], 1, __ATOMIC_RELAXED,
                               __HIP_MEMORY_SCOPE_WORKGROUP);
    }
    barrier();
    for (u32 i = work_item(); i < DIGITS; i += BLOCK) {
        if (own[i] == 0) continue;
        __hip_atomic_fetch_add(&counts[i], own[i], __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
    }
}

// All keys with their place up to `last`, in any order; `count` says where the next goes.
DEVICE void collect(const u32 *keys, u64 *entries, u32 *count, u32 n, u32 capacity, u64 last) {
    const u32 first = block_x() * PILES * 4;
    for (u32 at = first + work_item(); at < least(n, first + PILES * 4); at += BLOCK) {
        const u64 entry = static_cast<u64>(keys[at]) << 32 | at;
        if (keys[at] == NONE || entry > last) continue;
        const u32 to = __hip_atomic_fetch_add(count, 1, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
        if (to < capacity) entries[to] = entry;
    }
}
