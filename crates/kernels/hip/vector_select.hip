// The best of many keys.
//
// `pick` finds few in one workgroup for each query. `histogram` and `collect` find any number: digit
// by digit of key and row, the host narrows down the last that belongs.
#include "vector_pick.h"

// Work-items of a workgroup of `pick`.
constexpr u32 WIDE = 1024;

// Where keys came from: without slots, from tiles themselves; else from the rows of those tiles.
struct Origin {
    const u32 *slots, *list;

    DEVICE u32 of(u32 at) const {
        u32 slot = slots == nullptr ? at : slots[at / TILE];
        if (list != nullptr && slot != NONE && slots != nullptr) slot = list[slot];
        return slots == nullptr ? slot : slot * TILE + at % TILE;
    }
};

// The best `wanted`, at most 512, of `n` keys of each query, best first, and of equal ones the
// earlier: keys in `best`, where they are from in `places`; NONE where there are fewer. `counts`: how
// many there are, or more than CAPACITY where too many keys are alike.
DEVICE void pick(const u32 *keys, const u32 *slots, const u32 *list, u32 *best, u32 *places,
                 u32 *counts, u32 n, u32 pitch, u32 slot_pitch, u32 list_pitch, u32 wanted) {
    SHARED Found found;
    SHARED Board<WIDE> board;
    const u32 query = block_x();
    keys += static_cast<u64>(query) * pitch;
    if (list != nullptr) list += static_cast<u64>(query) * list_pitch;
    const Origin origin = {slots == nullptr ? nullptr : slots + query * slot_pitch, list};
    Piles piles;
    piles.deal<WIDE>(keys, n);
    found.clear();
    const u32 bound = bound_of(piles.best, wanted, board);
    if (piles.meets(bound)) {
        for_keys<WIDE, 4>(keys, n, [&](u32 key, u32 at, u32) {
            if (key <= bound && key != NONE) found.push(key, origin.of(at));
        });
    }
    barrier();
    if (work_item() == 0) counts[query] = found.count;
    best += query * wanted;
    places += query * wanted;
    found.for_ranks<WIDE>(wanted, [&](u32 rank, u32 key, u32 place) {
        best[rank] = key;
        places[rank] = place;
    });
}

// Values of a digit; keys of a workgroup.
constexpr u32 DIGITS = 256, SEGMENT = 4096;

// How often each value of the digit at `shift` occurs, among keys with their place whose digits above
// are those of `above`. `counts` are added to.
DEVICE void histogram(const u32 *keys, u32 *counts, u32 n, u32 shift, u64 above) {
    SHARED u32 own[DIGITS];
    for (u32 i = work_item(); i < DIGITS; i += BLOCK) own[i] = 0;
    barrier();
    const u32 first = block_x() * SEGMENT;
    for (u32 at = first + work_item(); at < least(n, first + SEGMENT); at += BLOCK) {
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
    const u32 first = block_x() * SEGMENT;
    for (u32 at = first + work_item(); at < least(n, first + SEGMENT); at += BLOCK) {
        const u64 entry = static_cast<u64>(keys[at]) << 32 | at;
        if (keys[at] == NONE || entry > last) continue;
        const u32 to = __hip_atomic_fetch_add(count, 1, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
        if (to < capacity) entries[to] = entry;
    }
}
