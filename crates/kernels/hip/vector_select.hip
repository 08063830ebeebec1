// The best of many keys.
//
// `pick` finds few in one workgroup for each query: the keys are dealt to PILES piles, the k-th best
// of the piles' best is a bound that k keys meet, and those that meet it are few enough to be ranked
// one by one. `histogram` and `collect` find any number: digit by digit of key and row, the host
// narrows down the last that belongs.
#include "vector.h"

// Work-items of a workgroup of `pick`, and waves.
constexpr u32 WIDE = 1024, WIDE_WAVES = WIDE / WAVE;
constexpr u32 PILES = 4 * WIDE, CAPACITY = 2048;

// Where keys came from: without slots, from tiles themselves; else from the rows of those tiles.
struct Origin {
    const u32 *slots, *list;

    DEVICE u32 of(u32 at) const {
        u32 slot = slots == nullptr ? at : slots[at / TILE];
        if (list != nullptr && slot != NONE && slots != nullptr) slot = list[slot];
        return slots == nullptr ? slot : slot * TILE + at % TILE;
    }
};

// What the waves of a workgroup found, twice, so that one barrier a round is enough.
struct Board {
    alignas(16) u32 count[2][WIDE_WAVES];

    // The sum over the workgroup of a count that each lane of a wave has.
    DEVICE u32 sum(u32 own, u32 round) {
        u32 *at = count[round % 2];
        if (lane() == 0) at[work_item() / WAVE] = own;
        barrier();
        u32 sum = 0;
#pragma unroll
        for (u32 i = 0; i < WIDE_WAVES; i++) sum += at[i];
        return sum;
    }
    DEVICE u32 least_of(u32 own, u32 round) {
        u32 *at = count[round % 2];
        own = reduce_lanes<WAVE>(own, [](u32 a, u32 b) { return least(a, b); });
        if (lane() == 0) at[work_item() / WAVE] = own;
        barrier();
        u32 found = NONE;
#pragma unroll
        for (u32 i = 0; i < WIDE_WAVES; i++) found = least(found, at[i]);
        return found;
    }
};

// A key that at least `wanted` piles do not pass, and where keys differ not many more; NONE where
// there are fewer piles that have any.
DEVICE u32 bound_of(const u32 (&best)[4], u32 wanted, Board &board) {
    u32 round = 0, own = NONE;
    for (u32 i = 0; i < 4; i++) own = least(own, best[i]);
    // Too few do not pass `low`, enough do not pass `high`.
    u32 low = board.least_of(own, round++), high = NONE;
    if (low != 0) low--;
    u32 there = 0;
    for (u32 i = 0; i < 4; i++) there += BALLOT_COUNT(best[i] != NONE);
    if (board.sum(there, round++) < wanted) return NONE;
    // The best are near each other, and keys are spread far: in steps that grow.
    for (u32 step = 1u << 16; high - low > 1;) {
        const u32 middle = high == NONE && step < (high - low) / 2 ? low + step : low + (high - low) / 2;
        u32 count = 0;
        for (u32 i = 0; i < 4; i++) count += BALLOT_COUNT(best[i] <= middle);
        count = board.sum(count, round++);
        if (count < wanted) {
            low = middle;
            if (step < 1u << 28) step *= 4;
        } else {
            high = middle;
            if (count <= 3 * wanted) break;
        }
    }
    return high;
}

// Calls f(key, place) for each key of this work-item's piles.
template <class F>
DEVICE void for_keys(const u32 *keys, u32 n, F f) {
    const u32 whole = n / 4 * 4;
#pragma unroll 8
    for (u32 at = work_item() * 4; at < whole; at += PILES) {
        Pack<u32, 4> pack = load<4>(keys + at);
        for (u32 i = 0; i < 4; i++) f(pack.at[i], at + i);
    }
    if (work_item() < n - whole) f(keys[whole + work_item()], whole + work_item());
}

// The best `wanted`, at most 512, of `n` keys of each query, best first, and of equal ones the
// earlier: keys in `best`, where they are from in `places`; NONE where there are fewer. `counts`: how
// many there are, or more than CAPACITY where too many keys are alike.
DEVICE void pick(const u32 *keys, const u32 *slots, const u32 *list, u32 *best, u32 *places,
                 u32 *counts, u32 n, u32 pitch, u32 slot_pitch, u32 wanted) {
    SHARED u64 found[CAPACITY];
    SHARED Board board;
    SHARED u32 count;
    const u32 query = block_x();
    keys += static_cast<u64>(query) * pitch;
    const Origin origin = {slots == nullptr ? nullptr : slots + query * slot_pitch, list};
    u32 piles[4] = {NONE, NONE, NONE, NONE};
    for_keys(keys, n, [&](u32 key, u32 at) { piles[at % 4] = least(piles[at % 4], key); });
    if (work_item() == 0) count = 0;
    const u32 bound = bound_of(piles, wanted, board);
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
    for (u32 i = work_item(); i < wanted; i += WIDE) {
        if (i < held) continue;
        best[i] = NONE;
        places[i] = NONE;
    }
    for (u32 i = work_item(); i < held; i += WIDE) {
        const u64 own = found[i];
        u32 rank = 0;
        for (u32 j = 0; j < held; j++) rank += found[j] < own;
        if (rank >= wanted) continue;
        best[rank] = static_cast<u32>(own >> 32);
        places[rank] = static_cast<u32>(own);
    }
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
