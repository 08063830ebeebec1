// From the keys of tiles to the answer in one launch, for a few queries.
//
// A workgroup takes a query and a rank. It finds the tile of that rank, which is less work than to wait
// for somebody else to find it: a scan leaves the best key of each wave's tiles, so that only the tiles
// of few waves have to be looked at. It scores the tile's rows, and whichever workgroup is the last of
// a query to have done so picks the best rows of all its tiles.
#include "vector_canon.h"
#include "vector_pick.h"

// Tiles that can be scored for a query.
constexpr u32 MOST = 512;

// Keys that a work-item reads at a time.
constexpr u32 AT_ONCE = 4;

// The keys of all tiles of a query, dealt to the waves of the scan: tile `i` to wave `i % waves`, with
// each wave's best in `piles`.
struct Dealt {
    const u32 *keys, *piles;
    u32 n, waves;

    // Finds the best keys of tiles, at least `wanted` where there are as many. `hot` is memory for
    // CAPACITY numbers of waves.
    DEVICE void find(u32 wanted, Found &found, u32 *hot, u32 &hot_count, Board<BLOCK> &board) const {
        Piles best;
        best.deal<BLOCK>(piles, least(n, waves));
        found.clear();
        if (work_item() == 0) hot_count = 0;
        const u32 bound = bound_of(best.best, wanted, board);
        if (best.meets(bound)) {
            for_keys<BLOCK>(piles, least(n, waves), [&](u32 key, u32 at, u32) {
                if (key > bound || key == NONE) return;
                u32 to = __hip_atomic_fetch_add(&hot_count, 1, __ATOMIC_RELAXED,
                                                __HIP_MEMORY_SCOPE_WORKGROUP);
                if (to < CAPACITY) hot[to] = at;
            });
        }
        barrier();
        collect(bound, found, hot, least(hot_count, CAPACITY));
        // Of more waves than can be listed, not all were looked at.
        if (hot_count > CAPACITY) found.push(NONE, NONE);
        barrier();
    }

    // Takes the keys up to a bound from the tiles of some waves.
    DEVICE void collect(u32 bound, Found &found, const u32 *hot, u32 count) const {
        const u32 each = (n + waves - 1) / waves, all = count * each;
        for (u32 first = work_item(); first < all; first += BLOCK * AT_ONCE) {
            u32 key[AT_ONCE], slot[AT_ONCE];
#pragma unroll
            for (u32 i = 0; i < AT_ONCE; i++) {
                const u32 at = first + i * BLOCK;
                slot[i] = at < all ? hot[at / each] + at % each * waves : n;
                key[i] = slot[i] < n ? keys[slot[i]] : NONE;
            }
#pragma unroll
            for (u32 i = 0; i < AT_ONCE; i++) {
                if (key[i] <= bound && key[i] != NONE) found.push(key[i], slot[i]);
            }
        }
    }
};

// Whether this workgroup is the last of `all` to come here. It then sees what the others have written.
DEVICE bool is_last(u32 *counter, u32 all) {
    SHARED u32 before;
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "agent");
    barrier();
    if (work_item() == 0) {
        before = __hip_atomic_fetch_add(counter, 1, __ATOMIC_ACQ_REL, __HIP_MEMORY_SCOPE_AGENT);
    }
    barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "agent");
    return before + 1 == all;
}

// `keys`, `piles` and `counters` are those of a scan over `n` slots by `waves` waves. Of each query
// `tiles` tiles are scored and `wanted` rows picked. `values`: the tiles' keys; `costs` and `rows`: the
// rows' keys and numbers, best first, NONE where there are fewer; counts as those of `pick`. `scored` is
// memory for what workgroups tell the last.
DEVICE void finish(const u64 *table, const f32 *queries, const f64 *norms, const u32 *live,
                   const u32 *filter, const u32 *list, const u32 *words, const u32 *keys,
                   const u32 *piles, u32 *counters, u32 *scored, u32 *values, u32 *costs, u32 *rows,
                   u32 *tile_counts, u32 *row_counts, u32 n, u32 waves, u32 pitch,
                   u32 shift, u32 depth, u32 row_bytes, u32 query_pitch, u32 list_pitch, u32 tiles,
                   u32 wanted, u32 metric) {
    SHARED Found found;
    SHARED u32 hot[CAPACITY];
    SHARED u32 slots[MOST];
    SHARED u32 hot_count;
    SHARED Board<BLOCK> board;
    const u32 query = block_y();
    const Chosen chosen = Chosen{list, words, live, filter}.of(query, list_pitch);
    const Canon canon = {{table, shift}, queries, norms, depth, row_bytes, query_pitch, metric};
    const Dealt dealt = {keys + static_cast<u64>(query) * pitch, piles + query * waves, n, waves};
    dealt.find(tiles, found, hot, hot_count, board);
    values += query * tiles;
    found.for_ranks<BLOCK>(tiles, [&](u32 rank, u32 key, u32 slot) {
        slots[rank] = slot;
        if (block_x() == 0) values[rank] = key;
    });
    if (block_x() == 0 && work_item() == 0) tile_counts[query] = found.count;
    barrier();
    scored += query * tiles * TILE;
    const u32 slot = slots[block_x()], row = work_item() / TEAM;
    if (slot != NONE) {
        // All rows are scored: which of them are meant is read meanwhile.
        const u32 rows = chosen.rows(slot), key = canon.key(query, chosen.tile(slot), ~0u);
        if (work_item() % TEAM == 0) scored[block_x() * TILE + row] = rows >> row & 1 ? key : NONE;
    } else if (work_item() % TEAM == 0) {
        scored[block_x() * TILE + row] = NONE;
    }
    if (!is_last(counters + query, tiles)) return;
    Piles best;
    best.deal<BLOCK>(scored, tiles * TILE);
    found.clear();
    const u32 bound = bound_of(best.best, wanted, board);
    if (best.meets(bound)) {
        for_keys<BLOCK>(scored, tiles * TILE, [&](u32 key, u32 at, u32) {
            if (key <= bound && key != NONE) found.push(key, chosen.tile(slots[at / TILE]) * TILE + at % TILE);
        });
    }
    barrier();
    if (work_item() == 0) row_counts[query] = found.count;
    costs += query * wanted;
    rows += query * wanted;
    found.for_ranks<BLOCK>(wanted, [&](u32 rank, u32 key, u32 row) {
        costs[rank] = key;
        rows[rank] = row;
    });
}
