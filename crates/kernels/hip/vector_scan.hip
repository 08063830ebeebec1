// Scores of all rows for a few queries, each row read once: per tile and query, the best key.
//
// A wave takes a tile, and then the next of its own. A team of lanes shares a row, and has several rows
// at a time, so that what it reads of the queries from LDS serves them all. What is read next is on its
// way while what is there is multiplied, over the ends of rows and of tiles, so that the same number of
// bytes is under way all the time. Costs are approximate; who reads them knows by how much.
#include "dot4.h"
#include "vector.h"

extern __attribute__((shared)) Unit staged[];

// How 16 bytes of a row are multiplied: elements of T with as many f32 of the query.
template <class T>
struct Slice {
    static constexpr u32 N = LANES<T>, PARTS = N / 4;
    f32 at[N];

    DEVICE void read(Unit unit) {
        auto pack = __builtin_bit_cast(Vec<T, N>, unit);
        for (u32 i = 0; i < N; i++) at[i] = static_cast<f32>(pack[i]);
    }
    DEVICE f32 add(f32 sum, const Unit (&query)[PARTS]) const {
        for (u32 part = 0; part < PARTS; part++) {
            auto q = __builtin_bit_cast(Vec<f32, 4>, query[part]);
            for (u32 i = 0; i < 4; i++) sum = __builtin_fmaf(at[part * 4 + i], q[i], sum);
        }
        return sum;
    }
};

// Signed bytes, with the query as two bytes for each element, the first worth 128 of the second.
template <>
struct Slice<u8> {
    static constexpr u32 PARTS = 2;
    Unit at;

    DEVICE void read(Unit unit) { at = unit; }
    DEVICE f32 add(f32 sum, const Unit (&query)[PARTS]) const {
        i32 high = 0, low = 0;
        for (u32 i = 0; i < 4; i++) high = dot4(at[i], query[0][i], high);
        for (u32 i = 0; i < 4; i++) low = dot4(at[i], query[1][i], low);
        return sum + static_cast<f32>(high * 128 + low);
    }
};

// Adds up, over a team's lanes, each of N values; a lane is left with N / 8 of them, or with one.
// Of the halves that each step makes, lanes with the mask's bit keep the upper.
template <u32 mask, u32 N, u32 ALL>
DEVICE void fold(f32 (&values)[ALL]) {
    if constexpr (mask == 0) {
        return;
    } else if constexpr (N % 2 == 0) {
        const bool upper = (lane() & mask) != 0;
#pragma unroll
        for (u32 i = 0; i < N / 2; i++) {
            f32 keep = upper ? values[i + N / 2] : values[i];
            f32 give = upper ? values[i] : values[i + N / 2];
            values[i] = keep + exchange<mask>(give);
        }
        fold<mask / 2, N / 2>(values);
    } else {
#pragma unroll
        for (u32 i = 0; i < N; i++) values[i] += exchange<mask>(values[i]);
        fold<mask / 2, N>(values);
    }
}

// Where a wave is: at a group of units, of a step of rows, of a tile. `first` is the step's first row.
struct Place {
    u32 slot, tile, rows, first, group;
};

// A wave's way through its tiles. Which tile and which rows a slot means is read one slot ahead. Of a
// tile without rows only the last group of the last step is visited, and nothing is read.
template <u32 STEP>
struct Walk {
    Chosen chosen;
    Tiles tiles;
    u32 slots, stride, groups, row_bytes;
    Place at;
    u64 start;
    u32 next_tile, next_rows;
    u64 next_start;

    DEVICE void begin(u32 slot) {
        at.slot = slot;
        peek(slot);
        enter();
        peek(slot + stride);
    }
    DEVICE void peek(u32 slot) {
        const u32 next = least(slot, slots - 1);
        next_tile = chosen.tile(next);
        next_rows = chosen.rows(next);
        next_start = tiles.at(next_tile, Plane::ROWS, row_bytes);
    }
    DEVICE void enter() {
        at.tile = next_tile;
        at.rows = next_rows;
        start = next_start;
        at.first = at.rows == 0 ? TILE - STEP : 0;
        at.group = at.rows == 0 ? groups - 1 : 0;
    }
    DEVICE void advance() {
        if (++at.group < groups) return;
        at.group = 0;
        at.first += STEP;
        if (at.first < TILE) return;
        at.slot += stride;
        enter();
        peek(at.slot + stride);
    }
};

template <class T, u32 Q>
struct Scan {
    typedef Slice<T> S;
    // Rows of a team at a time; few enough for the registers, and no more than a tile. How many such
    // reads are under way besides the one that is multiplied.
    static constexpr u32 ROWS = WAVE == 64 || Q > 1 ? 4 : 8, AHEAD = ROWS == 8 ? 1 : 2;
    static constexpr u32 STEP = ROWS * TEAMS;
    // Lanes that differ only in which queries they are left with, and how many queries that are.
    static constexpr u32 SHARERS = ROWS == 8 || Q % 2 == 1 ? 1 : 2, HELD = Q / SHARERS;
    typedef Walk<STEP> W;

    // A unit of each row, and with the last units what belongs to this lane's row.
    struct Read {
        Unit units[ROWS];
        f32 factor, offset;
    };

    u32 units, padded, has_factors, has_offsets;
    f32 weight[HELD], best[HELD];
    f32 sums[ROWS * Q];

    // The row, of those of a step, whose sums this lane is left with.
    DEVICE static u32 row() {
        const u32 of_team = ROWS == 8 ? lane() % TEAM : lane() % TEAM / 2;
        return of_team * TEAMS + lane() / TEAM;
    }
    DEVICE static u32 query(u32 i) { return SHARERS == 2 ? lane() % 2 * HELD + i : i; }

    // Reads a unit of each row. Past the end that is any: the queries' padding is zero.
    DEVICE void fetch(Read &to, const W &walk) const {
        const Place &at = walk.at;
        if (at.slot >= walk.slots || at.rows == 0) return;
        const auto rows = reinterpret_cast<Global<char>>(walk.start);
        const u32 unit = least(at.group * TEAM + lane() % TEAM, units - 1);
        u32 from = ((at.first + lane() / TEAM) * units + unit) * 16;
#pragma unroll
        for (u32 r = 0; r < ROWS; r++) {
            to.units[r] = *reinterpret_cast<Global<Unit>>(rows + from);
            from += TEAMS * units * 16;
        }
        to.factor = 1;
        to.offset = 0;
        if (at.group + 1 < walk.groups) return;
        const u32 own = at.first + row();
        if (has_factors != 0) to.factor = read<f32>(walk.tiles.at(at.tile, Plane::FACTORS, 4), own);
        if (has_offsets != 0) to.offset = read<f32>(walk.tiles.at(at.tile, Plane::OFFSETS, 4), own);
    }

    // Adds the products of one unit of each row.
    DEVICE void add(const Unit (&units_of)[ROWS], u32 group) {
        const Unit *from = staged + group * (S::PARTS * TEAM) + lane() % TEAM;
        S slices[ROWS];
#pragma unroll
        for (u32 r = 0; r < ROWS; r++) slices[r].read(units_of[r]);
#pragma unroll
        for (u32 q = 0; q < Q; q++) {
            Unit query[S::PARTS];
#pragma unroll
            for (u32 part = 0; part < S::PARTS; part++) query[part] = from[part * TEAM];
#pragma unroll
            for (u32 r = 0; r < ROWS; r++) sums[r * Q + q] = slices[r].add(sums[r * Q + q], query);
            from += padded * S::PARTS;
            // Where a query is more than one unit, not all of them are read ahead: that takes more
            // registers than some targets have.
            if constexpr (S::PARTS > 1 && Q > 4) {
                if (q % 2 == 1) __builtin_amdgcn_sched_barrier(0);
            }
        }
    }

    // Multiplies what was read at a place, and values the rows whose sums that completes.
    DEVICE void take(const Read &from, const Place &at, u32 groups) {
        if (at.rows == 0) return;
        if (at.group == 0) {
            for (u32 i = 0; i < ROWS * Q; i++) sums[i] = 0;
        }
        add(from.units, at.group);
        if (at.group + 1 < groups) return;
        fold<TEAM / 2, ROWS * Q>(sums);
        const bool is_chosen = (at.rows >> (at.first + row()) & 1) != 0;
        for (u32 i = 0; i < HELD; i++) {
            const f32 value = __builtin_fmaf(sums[i] * from.factor, weight[i], -from.offset);
            best[i] = __builtin_fmaxf(best[i], is_chosen ? value : -__builtin_inff());
        }
    }

    // The key of the tile whose rows were valued, for each query of this lane.
    DEVICE void close(const Place &at, u32 (&keys)[HELD]) {
        for (u32 i = 0; i < HELD; i++) {
            const f32 value = reduce_lanes<WAVE, SHARERS>(best[i], Largest());
            keys[i] = at.rows == 0 ? NONE : key_of(-value);
            best[i] = -__builtin_inff();
        }
    }
};

// `queries`: Q times `padded` units, each in the parts of a `Slice`, groups of 8 units part by part;
// `weights`: what each query's products are multiplied with. `keys`: `pitch` for each query. `piles`:
// the best key of each wave's tiles, `stride` for each query. `counters` are made 0, for what follows.
template <class T, u32 Q>
DEVICE void scan(const u64 *table, const Unit *queries, const f32 *weights, const u32 *live,
                 const u32 *filter, const u32 *list, const u32 *words, u32 *keys, u32 *piles,
                 u32 *counters, u32 shift, u32 units, u32 slots, u32 stride, u32 pitch, u32 count,
                 u32 has_factors, u32 has_offsets) {
    typedef Scan<T, Q> S;
    constexpr u32 AHEAD = S::AHEAD;
    const u32 padded = (units + TEAM - 1) / TEAM * TEAM, groups = padded / TEAM;
    const u32 own = block_x() * WAVES + wave();
    S scan = {units, padded, has_factors, has_offsets};
    typename S::W walk = {{list, words, live, filter}, {table, shift}, slots, stride, groups,
                          units * 16};
    typename S::Read reads[AHEAD + 1];
    Place places[AHEAD + 1];
    walk.begin(own);
#pragma unroll
    for (u32 i = 0; i < AHEAD; i++) {
        places[i] = walk.at;
        scan.fetch(reads[i], walk);
        walk.advance();
    }
    for (u32 i = work_item(); i < Q * padded * Slice<T>::PARTS; i += BLOCK) staged[i] = queries[i];
    u32 pile[S::HELD];
    for (u32 i = 0; i < S::HELD; i++) {
        scan.weight[i] = weights[S::query(i)];
        scan.best[i] = -__builtin_inff();
        pile[i] = NONE;
    }
    if (block_x() == 0 && work_item() < count) counters[work_item()] = 0;
    barrier();
    while (places[0].slot < slots) {
        places[AHEAD] = walk.at;
        scan.fetch(reads[AHEAD], walk);
        walk.advance();
        scan.take(reads[0], places[0], groups);
        if (places[0].group + 1 == groups && places[0].first + S::STEP == TILE) {
            u32 best[S::HELD];
            scan.close(places[0], best);
            for (u32 i = 0; i < S::HELD; i++) {
                const u32 q = S::query(i);
                pile[i] = least(pile[i], best[i]);
                if (lane() >= S::SHARERS || q >= count) continue;
                keys[static_cast<u64>(q) * pitch + places[0].slot] = best[i];
            }
        }
#pragma unroll
        for (u32 i = 0; i < AHEAD; i++) {
            places[i] = places[i + 1];
            reads[i] = reads[i + 1];
        }
    }
    for (u32 i = 0; i < S::HELD; i++) {
        const u32 q = S::query(i);
        if (lane() < S::SHARERS && q < count) piles[q * stride + own] = pile[i];
    }
}
