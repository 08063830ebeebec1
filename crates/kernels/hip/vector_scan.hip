// Scores of all rows for a few queries, each row read once: per tile and query, the best key.
//
// A wave takes a tile. A team of lanes shares a row, and has several rows at a time, so that what it
// reads of the queries from LDS serves them all. Costs are approximate; who reads them knows by how
// much.
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

template <class T, u32 Q>
struct Scan {
    typedef Slice<T> S;
    // Rows of a team at a time; few enough for the registers, and no more than a tile.
    static constexpr u32 ROWS = WAVE == 64 || Q > 1 ? 4 : 8;
    static constexpr u32 STEP = ROWS * TEAMS;
    // Lanes that differ only in which queries they are left with, and how many queries that are.
    static constexpr u32 SHARERS = ROWS == 8 || Q % 2 == 1 ? 1 : 2, HELD = Q / SHARERS;

    u32 units, padded;

    // The row, of those of a step, whose sums this lane is left with.
    DEVICE static u32 row() {
        const u32 of_team = ROWS == 8 ? lane() % TEAM : lane() % TEAM / 2;
        return of_team * TEAMS + lane() / TEAM;
    }
    DEVICE static u32 query(u32 i) { return SHARERS == 2 ? lane() % 2 * HELD + i : i; }

    // Reads a unit of each row. Past the end that is any: the queries' padding is zero.
    DEVICE void fetch(Unit (&units_of)[ROWS], Global<char> rows, u32 group) const {
        const u32 unit = least(group * TEAM + lane() % TEAM, units - 1);
        u32 at = (lane() / TEAM * units + unit) * 16;
#pragma unroll
        for (u32 r = 0; r < ROWS; r++) {
            units_of[r] = *reinterpret_cast<Global<Unit>>(rows + at);
            at += TEAMS * units * 16;
        }
    }

    // Adds the products of one unit of each row.
    DEVICE void add(f32 (&sums)[ROWS * Q], const Unit (&units_of)[ROWS], u32 group) const {
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

    // Products of a step's rows, which start at `rows`; on return each lane has its own.
    DEVICE void products(u64 rows, f32 (&sums)[ROWS * Q]) const {
        const auto from = reinterpret_cast<Global<char>>(rows);
        const u32 groups = padded / TEAM;
        for (u32 i = 0; i < ROWS * Q; i++) sums[i] = 0;
        Unit now[ROWS], next[ROWS];
        fetch(now, from, 0);
        for (u32 group = 0; group < groups; group++) {
            fetch(next, from, least(group + 1, groups - 1));
            add(sums, now, group);
#pragma unroll
            for (u32 r = 0; r < ROWS; r++) now[r] = next[r];
        }
        fold<TEAM / 2, ROWS * Q>(sums);
    }
};

// `queries`: Q times `padded` units, each in the parts of a `Slice`, groups of 8 units part by part;
// `weights`: what each query's products are multiplied with. `keys`: `pitch` for each query.
template <class T, u32 Q>
DEVICE void scan(const u64 *table, const Unit *queries, const f32 *weights, const u32 *live,
                 const u32 *filter, const u32 *list, const u32 *words, u32 *keys, u32 shift,
                 u32 units, u32 slots, u32 stride, u32 pitch, u32 count, u32 has_factors,
                 u32 has_offsets) {
    typedef Scan<T, Q> S;
    const u32 padded = (units + TEAM - 1) / TEAM * TEAM;
    const S scan = {units, padded};
    const Tiles tiles = {table, shift};
    const Chosen chosen = {list, words, live, filter};
    for (u32 i = work_item(); i < Q * padded * Slice<T>::PARTS; i += BLOCK) staged[i] = queries[i];
    f32 weight[S::HELD];
    for (u32 i = 0; i < S::HELD; i++) weight[i] = weights[S::query(i)];
    barrier();
    for (u32 slot = block_x() * WAVES + wave(); slot < slots; slot += stride) {
        const u32 rows = chosen.rows(slot), tile = chosen.tile(slot);
        f32 best[S::HELD];
        for (u32 i = 0; i < S::HELD; i++) best[i] = -__builtin_inff();
        for (u32 first = 0; first < TILE && rows != 0; first += S::STEP) {
            const u32 row = first + S::row();
            f32 factor = 1, offset = 0;
            if (has_factors != 0) factor = read<f32>(tiles.at(tile, Plane::FACTORS, 4), row);
            if (has_offsets != 0) offset = read<f32>(tiles.at(tile, Plane::OFFSETS, 4), row);
            f32 totals[S::ROWS * Q];
            const u64 start = tiles.at(tile, Plane::ROWS, units * 16);
            scan.products(start + static_cast<u64>(first) * units * 16, totals);
            const bool is_chosen = (rows >> row & 1) != 0;
            for (u32 i = 0; i < S::HELD; i++) {
                f32 value = __builtin_fmaf(totals[i] * factor, weight[i], -offset);
                best[i] = __builtin_fmaxf(best[i], is_chosen ? value : -__builtin_inff());
            }
        }
        for (u32 i = 0; i < S::HELD; i++) {
            const f32 value = reduce_lanes<WAVE, S::SHARERS>(best[i], Largest());
            const u32 q = S::query(i);
            if (lane() < S::SHARERS && q < count) {
                keys[static_cast<u64>(q) * pitch + slot] = rows == 0 ? NONE : key_of(-value);
            }
        }
    }
}
