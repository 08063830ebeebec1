// The best of many keys, found by one workgroup of WORKERS work-items.
//
// Keys are dealt to piles, four for each work-item. The k-th best of the piles' best is a bound that k
// keys meet, and those that meet it are few enough to be ranked one by one.
#pragma once
#include "vector.h"

// Keys that can be ranked.
constexpr u32 CAPACITY = 2048;

// What the waves of a workgroup found, twice, so that one barrier a round is enough.
template <u32 WORKERS>
struct Board {
    static constexpr u32 FLOCK = WORKERS / WAVE;
    alignas(16) u32 count[2][FLOCK];

    // The sum over the workgroup of a count that each lane of a wave has.
    DEVICE u32 sum(u32 own, u32 round) {
        u32 *at = count[round % 2];
        if (lane() == 0) at[work_item() / WAVE] = own;
        barrier();
        u32 sum = 0;
#pragma unroll
        for (u32 i = 0; i < FLOCK; i++) sum += at[i];
        return sum;
    }
    DEVICE u32 least_of(u32 own, u32 round) {
        u32 *at = count[round % 2];
        own = reduce_lanes<WAVE>(own, [](u32 a, u32 b) { return least(a, b); });
        if (lane() == 0) at[work_item() / WAVE] = own;
        barrier();
        u32 found = NONE;
#pragma unroll
        for (u32 i = 0; i < FLOCK; i++) found = least(found, at[i]);
        return found;
    }
};

// The greatest of the least keys of groups of `lanes` work-items, of which there are enough for `wanted`:
// as many keys do not pass it.
template <u32 WORKERS, u32 lanes = WAVE / 2>
DEVICE u32 groups_bound(u32 own, u32 wanted, Board<WORKERS> &board, u32 round) {
    if constexpr (lanes > 1) {
        if (WORKERS / lanes < wanted) {
            return groups_bound<WORKERS, lanes / 2>(own, wanted, board, round);
        }
    }
    own = reduce_lanes<lanes>(own, [](u32 a, u32 b) { return least(a, b); });
    return ~board.least_of(~own, round);
}

// A key that at least `wanted` piles do not pass, and where keys differ not many more; NONE where
// there are fewer piles that have any.
template <u32 WORKERS>
DEVICE u32 bound_of(const u32 (&best)[4], u32 wanted, Board<WORKERS> &board) {
    u32 round = 0, own = NONE;
    for (u32 i = 0; i < 4; i++) own = least(own, best[i]);
    // Too few do not pass `low`, enough do not pass `high`.
    u32 low = board.least_of(own, round++), high = NONE;
    if (wanted <= WORKERS) high = groups_bound<WORKERS>(own, wanted, board, round++);
    if (low != 0) low--;
    if (high == NONE) {
        u32 there = 0;
        for (u32 i = 0; i < 4; i++) there += BALLOT_COUNT(best[i] != NONE);
        if (board.sum(there, round++) < wanted) return NONE;
    }
    // The best are near each other, and keys are spread far: in steps that grow.
    for (u32 step = 1u << 16; high - low > 1;) {
        const bool is_far = high == NONE && step < (high - low) / 2;
        const u32 middle = is_far ? low + step : low + (high - low) / 2;
        u32 count = 0;
        for (u32 i = 0; i < 4; i++) count += BALLOT_COUNT(best[i] <= middle);
        count = board.sum(count, round++);
        if (count < wanted) {
            low = middle;
            if (step < 1u << 28) step *= 4;
        } else {
            high = middle;
            if (count <= wanted + wanted / 2) break;
        }
    }
    return high;
}

// Calls f(key, place, pile) for each key of this work-item's piles.
template <u32 WORKERS, u32 TIMES = 1, class F>
DEVICE void for_keys(const u32 *keys, u32 n, F f) {
    const u32 whole = n / 4 * 4;
#pragma unroll TIMES
    for (u32 at = work_item() * 4; at < whole; at += 4 * WORKERS) {
        Pack<u32, 4> pack = load<4>(keys + at);
        for (u32 i = 0; i < 4; i++) f(pack.at[i], at + i, i);
    }
    if (work_item() < n - whole) f(keys[whole + work_item()], whole + work_item(), 0);
}

// The best of each of this work-item's piles.
struct Piles {
    u32 best[4] = {NONE, NONE, NONE, NONE};

    template <u32 WORKERS>
    DEVICE void deal(const u32 *keys, u32 n) {
        for_keys<WORKERS, WORKERS / 128>(keys, n, [&](u32 key, u32, u32 pile) { best[pile] = least(best[pile], key); });
    }
    // Whether a key in them can meet the bound.
    DEVICE bool meets(u32 bound) const {
        bool any = false;
        for (u32 i = 0; i < 4; i++) any |= best[i] <= bound && best[i] != NONE;
        return any;
    }
};

// Entries in LDS: keys above where they are from.
struct Found {
    alignas(16) u64 entries[CAPACITY];
    u32 count;

    // All of the workgroup call it, with a barrier before the first entry.
    DEVICE void clear() {
        if (work_item() == 0) count = 0;
    }
    DEVICE void push(u32 key, u32 place) {
        u32 to = __hip_atomic_fetch_add(&count, 1, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
        if (to < CAPACITY) entries[to] = static_cast<u64>(key) << 32 | place;
    }
    // Calls f(rank, key, place) for the best `wanted`, and f(rank, NONE, NONE) where there are fewer.
    template <u32 WORKERS, class F>
    DEVICE void for_ranks(u32 wanted, F f) const {
        const u32 held = least(count, CAPACITY);
        for (u32 i = work_item(); i < wanted; i += WORKERS) {
            if (i >= held) f(i, NONE, NONE);
        }
        for (u32 i = work_item(); i < held; i += WORKERS) {
            const u64 own = entries[i];
            u32 rank = 0;
#pragma unroll 4
            for (u32 j = 0; j < held; j++) rank += entries[j] < own;
            if (rank < wanted) f(rank, static_cast<u32>(own >> 32), static_cast<u32>(own));
        }
    }
};
