// Canonical scores of tiles of rows.
#include "vector_canon.h"

// Keys of the rows of `slots[query][i]`, or of all tiles where that is null: TILE for each. A
// workgroup takes a tile. `queries`: `query_pitch` numbers each, `row_bytes` those of a given row;
// `list_pitch`: see `Chosen::of`.
DEVICE void score(const u64 *table, const f32 *queries, const f64 *norms, const u32 *live,
                  const u32 *filter, const u32 *list, const u32 *words, const u32 *slots, u32 *keys,
                  u32 shift, u32 depth, u32 row_bytes, u32 query_pitch, u32 pitch, u32 slot_pitch,
                  u32 list_pitch, u32 metric) {
    static_assert(BLOCK == TILE * TEAM, "a team for each row of a tile");
    const u32 at = block_x(), query = block_y(), row = work_item() / TEAM;
    const Canon canon = {{table, shift}, queries, norms, depth, row_bytes, query_pitch, metric};
    const Chosen chosen = Chosen{list, words, live, filter}.of(query, list_pitch);
    const u32 slot = slots == nullptr ? at : slots[query * slot_pitch + at];
    const u32 rows = slot == NONE ? 0 : chosen.rows(slot);
    const u32 key = canon.key(query, rows == 0 ? 0 : chosen.tile(slot), rows);
    if (work_item() % TEAM == 0) keys[static_cast<u64>(query) * pitch + at * TILE + row] = key;
}
