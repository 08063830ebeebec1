// Scores of all rows for many queries: products of tiles in f16, whatever rows are stored as, of
// which only the best key of each tile of 32 rows and query is written.
//
// Rows are made f16 on their way to LDS, times a power of two that keeps them from overflowing. A
// workgroup takes 128 rows and 128 queries; workgroups that take the same rows follow each other, so
// that rows come from device memory once.
#include "vector_block.h"
// Behind the header that chooses how blocks are multiplied.
#include "vector.h"

constexpr u32 ROWS = 128, COLUMNS = 128, GROUP_TILES = ROWS / TILE;

// 16 bytes of a row as f16.
template <class T>
struct Halves {
    static constexpr u32 N = LANES<T>;
    Vec<f16, N> at;
    DEVICE Halves(Unit unit, f32 scale) {
        auto pack = __builtin_bit_cast(Vec<T, N>, unit);
        for (u32 i = 0; i < N; i++) at[i] = static_cast<f16>(static_cast<f32>(pack[i]) * scale);
    }
};
template <>
struct Halves<u8> {
    static constexpr u32 N = 16;
    Vec<f16, N> at;
    DEVICE Halves(Unit unit, f32) {
        auto pack = __builtin_bit_cast(Vec<signed char, N>, unit);
        for (u32 i = 0; i < N; i++) at[i] = static_cast<f16>(pack[i]);
    }
};

// What a work-item brings of 128 rows to LDS: units of 16 bytes, the same ones of several rows.
template <class T>
struct Bring {
    static constexpr u32 N = LANES<T>, UNITS = STEP / N, AT_ONCE = BLOCK / UNITS;
    static constexpr u32 PACKS = ROWS / AT_ONCE;
    Global<Unit> row[PACKS];
    Unit held[PACKS];

    DEVICE void fetch(u32 step, u32 units) {
        const u32 unit = least(step * UNITS + work_item() % UNITS, units - 1);
#pragma unroll
        for (u32 i = 0; i < PACKS; i++) held[i] = row[i][unit];
    }
    DEVICE void stash(f16 *to, f32 scale) const {
        to += work_item() / UNITS * PITCH + work_item() % UNITS * N;
#pragma unroll
        for (u32 i = 0; i < PACKS; i++) {
            const Halves<T> halves(held[i], scale);
            __builtin_memcpy(__builtin_assume_aligned(to + i * AT_ONCE * PITCH, N < 8 ? 8 : 16),
                             &halves.at, sizeof(halves.at));
        }
    }
};

// The rows and queries of a workgroup.
struct Corner {
    Tiles tiles;
    Chosen chosen;
    u32 slot, slots, column;

    // Of slots past the end, the last.
    DEVICE u32 tile(u32 i) const { return chosen.tile(least(slot + i, slots - 1)); }
    DEVICE u32 rows(u32 i) const { return slot + i < slots ? chosen.rows(slot + i) : 0; }
};

// Factors, offsets and choice of a workgroup's rows, in LDS.
struct Facts {
    f32 factors[ROWS], offsets[ROWS];
    u32 rows[GROUP_TILES];

    DEVICE void read(const Corner &corner, u32 has_factors, u32 has_offsets) {
        const u32 i = work_item();
        if (i < ROWS) {
            const u32 tile = corner.tile(i / TILE), row = i % TILE;
            factors[i] = has_factors != 0
                             ? ::read<f32>(corner.tiles.at(tile, Plane::FACTORS, 4), row)
                             : 1.0f;
            offsets[i] = has_offsets != 0
                             ? ::read<f32>(corner.tiles.at(tile, Plane::OFFSETS, 4), row)
                             : 0.0f;
        }
        if (i < GROUP_TILES) rows[i] = corner.rows(i);
    }
};

// The part of the products that a wave computes: two tiles of rows.
struct Share {
    static constexpr u32 DOWN = 4, WAVES_DOWN = 2, WAVES_ACROSS = WAVES / WAVES_DOWN;
    static constexpr u32 ACROSS = COLUMNS / 16 / WAVES_ACROSS;
    Block::Result results[DOWN][ACROSS];

    DEVICE static u32 row0() { return wave() / WAVES_ACROSS * (DOWN * 16); }
    DEVICE static u32 column0() { return wave() % WAVES_ACROSS * (ACROSS * 16); }

    DEVICE Share() {
        for (u32 i = 0; i < DOWN; i++) {
            for (u32 j = 0; j < ACROSS; j++) results[i][j] = 0;
        }
    }
    DEVICE void add(const f16 *rows, const f16 *queries) {
        Block::multiply(rows + row0() * PITCH, queries + column0() * PITCH, results);
    }

    // The best value of the `pair`-th tile's rows for each of this lane's columns of block `j`.
    DEVICE void best(const Facts &facts, const f32 *weights, u32 pair, u32 j,
                     f32 (&values)[Block::HELD_COLUMNS]) const {
        for (u32 c = 0; c < Block::HELD_COLUMNS; c++) values[c] = -__builtin_inff();
        const u32 chosen = facts.rows[(row0() + pair * TILE) / TILE];
#pragma unroll
        for (u32 i = 0; i < 2; i++) {
#pragma unroll
            for (u32 e = 0; e < Block::RESULTS; e++) {
                const u32 c = Block::column_of(e), row = i * 16 + Block::row(e);
                const u32 at = row0() + pair * TILE + row;
                const f32 product = results[pair * 2 + i][j][e] * weights[c];
                const f32 value = __builtin_fmaf(product, facts.factors[at], -facts.offsets[at]);
                const bool is_chosen = (chosen >> row & 1) != 0;
                values[c] = __builtin_fmaxf(values[c], is_chosen ? value : -__builtin_inff());
            }
        }
        for (u32 c = 0; c < Block::HELD_COLUMNS; c++) {
            values[c] = reduce_lanes<WAVE, Block::SAME>(values[c], Largest());
        }
    }

    DEVICE void write(const Facts &facts, const Corner &corner, const f32 *weights, u32 *keys,
                      u32 pitch, u32 count) const {
#pragma unroll
        for (u32 j = 0; j < ACROSS; j++) {
            f32 own[Block::HELD_COLUMNS];
            u32 column[Block::HELD_COLUMNS];
            for (u32 c = 0; c < Block::HELD_COLUMNS; c++) {
                column[c] = corner.column + column0() + j * 16 + Block::column(c);
                own[c] = weights[column[c]];
            }
#pragma unroll
            for (u32 pair = 0; pair < 2; pair++) {
                f32 values[Block::HELD_COLUMNS];
                best(facts, own, pair, j, values);
                const u32 tile = row0() / TILE + pair, slot = corner.slot + tile;
                if (lane() >= Block::SAME || slot >= corner.slots) continue;
                for (u32 c = 0; c < Block::HELD_COLUMNS; c++) {
                    if (column[c] >= count) continue;
                    keys[static_cast<u64>(column[c]) * pitch + slot] =
                        facts.rows[tile] == 0 ? NONE : key_of(-values[c]);
                }
            }
        }
    }
};

// `queries`: rows of `steps` times 32 f16, as many as fill workgroups, times what `weights` take back;
// `across` workgroups share rows. `scale`: what rows are multiplied with.
template <class T>
DEVICE void product(const u64 *table, const f16 *queries, const f32 *weights, const u32 *live,
                    const u32 *filter, const u32 *list, const u32 *words, u32 *keys, u32 shift,
                    u32 units, u32 slots, u32 steps, u32 pitch, u32 count, u32 across,
                    u32 has_factors, u32 has_offsets, f32 scale) {
    alignas(16) SHARED f16 rows[ROWS * PITCH];
    alignas(16) SHARED f16 columns[COLUMNS * PITCH];
    SHARED Facts facts;
    const Corner corner = {{table, shift},
                           {list, words, live, filter},
                           block_x() / across * GROUP_TILES,
                           slots,
                           block_x() % across * COLUMNS};
    facts.read(corner, has_factors, has_offsets);
    typedef Bring<T> B;
    B from_rows;
#pragma unroll
    for (u32 i = 0; i < B::PACKS; i++) {
        const u32 row = work_item() / B::UNITS + i * B::AT_ONCE;
        const u64 tile = corner.tiles.at(corner.tile(row / TILE), Plane::ROWS, units * 16);
        from_rows.row[i] = reinterpret_cast<Global<Unit>>(tile) + row % TILE * units;
    }
    Bring<f16> from_queries;
#pragma unroll
    for (u32 i = 0; i < Bring<f16>::PACKS; i++) {
        const u32 query = corner.column + work_item() / Bring<f16>::UNITS + i * Bring<f16>::AT_ONCE;
        const u64 at = reinterpret_cast<u64>(queries + static_cast<u64>(query) * (steps * STEP));
        from_queries.row[i] = reinterpret_cast<Global<Unit>>(at);
    }
    Share share;
    from_rows.fetch(0, units);
    from_queries.fetch(0, steps * (STEP / 8));
    for (u32 step = 0; step < steps; step++) {
        from_rows.stash(rows, scale);
        from_queries.stash(columns, 1.0f);
        barrier();
        const u32 next = least(step + 1, steps - 1);
        from_rows.fetch(next, units);
        from_queries.fetch(next, steps * (STEP / 8));
        share.add(rows, columns);
        barrier();
    }
    share.write(facts, corner, weights, keys, pitch, count);
}
