// Scores of all rows for a few queries, each row read once: per tile and query, the best key.
//
// A wave takes a tile, and then the next of its own. A team of lanes shares a row, and has several rows
// at a time, so that what it reads of the queries from LDS serves them all. What is read next is on its
// way while what is there is multiplied, over the ends of rows and of tiles too, so that the same number
// of bytes is under way all the time. Costs are approximate; who reads them knows by how much.
#include "dot4.h"
#include "vector.h"

extern __attribute__((shared)) Unit staged[];

#if defined(RESIDENT_WORKGROUPS)
// Without two workgroups there is too little under way.
#undef RESIDENT_WORKGROUPS
#define RESIDENT_WORKGROUPS , 2
#endif

// How 16 bytes of a row are multiplied: elements of T with as many f32 of the query, which are PARTS
// units, USED of them at a time.
template <class T>
struct Slice {
    static constexpr Plane PLANE = Plane::ROWS;
    static constexpr u32 N = LANES<T>, PARTS = N / 4, USED = 1;
    f32 at[4];

    DEVICE void read(Unit unit, u32 part) {
        auto pack = __builtin_bit_cast(Vec<T, N>, unit);
        for (u32 i = 0; i < 4; i++) at[i] = static_cast<f32>(pack[part * 4 + i]);
    }
    DEVICE f32 add(f32 sum, const Unit (&query)[USED]) const {
        auto q = __builtin_bit_cast(Vec<f32, 4>, query[0]);
        for (u32 i = 0; i < 4; i++) sum = __builtin_fmaf(at[i], q[i], sum);
        return sum;
    }
};

// Signed bytes, with the query as two bytes for each element, the first worth 128 of the second.
template <>
struct Slice<u8> {
    static constexpr Plane PLANE = Plane::ROWS;
    static constexpr u32 PARTS = 2, USED = 2;
    Unit at;

    DEVICE void read(Unit unit, u32) { at = unit; }
    DEVICE f32 add(f32 sum, const Unit (&query)[USED]) const {
        i32 high = 0, low = 0;
        for (u32 i = 0; i < 4; i++) high = dot4(at[i], query[0][i], high);
        for (u32 i = 0; i < 4; i++) low = dot4(at[i], query[1][i], low);
        return sum + static_cast<f32>(high * 128 + low);
    }
};

// Squares of differences from rows as they were given: nothing cancels, however far from zero rows are.
struct Apart : Slice<f32> {
    static constexpr Plane PLANE = Plane::GIVEN;

    DEVICE f32 add(f32 sum, const Unit (&query)[USED]) const {
        auto q = __builtin_bit_cast(Vec<f32, 4>, query[0]);
        for (u32 i = 0; i < 4; i++) {
            const f32 apart = at[i] - q[i];
            sum = __builtin_fmaf(apart, apart, sum);
        }
        return sum;
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

// A wave's way through its tiles, step by step: at row `first` of a slot's tile, of which `rows` are
// meant. Which rows a slot means is read one slot ahead.
template <Plane PLANE, u32 STEP>
struct Walk {
    Chosen chosen;
    Tiles tiles;
    u32 slots, stride, row_bytes;
    u32 slot, rows, first, tile, next_rows;
    u64 start;

    DEVICE u32 rows_of(u32 slot) const { return chosen.rows(least(slot, slots - 1)); }
    DEVICE void enter(u32 to) {
        slot = to;
        first = 0;
        tile = chosen.tile(least(slot, slots - 1));
        start = tiles.at(tile, PLANE, row_bytes);
    }
    // The first slot is entered whatever it means: what it means is not waited for.
    DEVICE void begin(u32 own) {
        enter(own);
        rows = rows_of(own);
        next_rows = rows_of(own + stride);
    }
    // Goes on to the next step; calls skip(slot) for slots that mean no rows.
    template <class Skip>
    DEVICE void advance(Skip skip) {
        first += STEP;
        if (first < TILE) return;
        u32 next = slot + stride;
        rows = next_rows;
        next_rows = rows_of(next + stride);
        while (rows == 0 && next < slots) {
            skip(next);
            next += stride;
            rows = next_rows;
            next_rows = rows_of(next + stride);
        }
        enter(next);
    }
};

template <class S, u32 Q>
struct Scan {
    static constexpr u32 PARTS = S::PARTS;
    static constexpr bool IS_APART = S::PLANE == Plane::GIVEN;
    // Rows of a team at a time; few enough for the registers, and no more than a tile.
    static constexpr u32 ROWS = WAVE == 64 || Q > 1 ? 4 : 8;
    static constexpr u32 STEP = ROWS * TEAMS;
    // Lanes that differ only in which queries they are left with, and how many queries that are.
    static constexpr u32 SHARERS = ROWS == 8 || Q % 2 == 1 ? 1 : 2, HELD = Q / SHARERS;
    typedef Walk<S::PLANE, STEP> W;

    // What belongs to this lane's row.
    struct Row {
        f32 factor = 1, offset = 0;
    };

    u32 units, padded, has_factors, has_offsets;
    // What each query's products are multiplied with, in LDS.
    const f32 *weights;
    f32 best[HELD];
    f32 sums[ROWS * Q];

    // The row, of those of a step, whose sums this lane is left with.
    DEVICE static u32 row() {
        const u32 of_team = ROWS == 8 ? lane() % TEAM : lane() % TEAM / 2;
        return of_team * TEAMS + lane() / TEAM;
    }
    DEVICE static u32 query(u32 i) { return SHARERS == 2 ? lane() % 2 * HELD + i : i; }

    // Reads a unit of each row of a step. Past the end that is any: the queries' padding is zero.
    DEVICE void fetch(Unit (&to)[ROWS], u64 start, u32 first, u32 group) const {
        const auto rows = reinterpret_cast<Global<char>>(start);
        const u32 unit = least(group * TEAM + lane() % TEAM, units - 1);
        u32 from = ((first + lane() / TEAM) * units + unit) * 16;
#pragma unroll
        for (u32 r = 0; r < ROWS; r++) {
            to[r] = *reinterpret_cast<Global<Unit>>(rows + from);
            from += TEAMS * units * 16;
        }
    }
    DEVICE Row row_of(const W &walk) const {
        Row own;
        const u32 at = walk.first + row(), tile = walk.tile;
        if (has_factors != 0) own.factor = read<f32>(walk.tiles.at(tile, Plane::FACTORS, 4), at);
        if (has_offsets != 0) own.offset = read<f32>(walk.tiles.at(tile, Plane::OFFSETS, 4), at);
        return own;
    }

    // Adds the products of one unit of each row.
    DEVICE void add(const Unit (&units_of)[ROWS], u32 group) {
#pragma unroll
        for (u32 part = 0; part < PARTS; part += S::USED) add_part(units_of, group, part);
    }
    DEVICE void add_part(const Unit (&units_of)[ROWS], u32 group, u32 part) {
        const Unit *from = staged + (group * PARTS + part) * TEAM + lane() % TEAM;
        S slices[ROWS];
#pragma unroll
        for (u32 r = 0; r < ROWS; r++) {
            // Zero is apart from what is read past the end.
            const bool is_there = !IS_APART || group * TEAM + lane() % TEAM < units;
            slices[r].read(is_there ? units_of[r] : Unit{}, part);
        }
#pragma unroll
        for (u32 q = 0; q < Q; q++) {
            Unit query[S::USED];
#pragma unroll
            for (u32 i = 0; i < S::USED; i++) query[i] = from[i * TEAM];
#pragma unroll
            for (u32 r = 0; r < ROWS; r++) sums[r * Q + q] = slices[r].add(sums[r * Q + q], query);
            from += padded * PARTS;
            // Not all of many queries are read ahead: that takes more registers than some targets
            // have.
            if constexpr (Q > 4) {
                if (q % 2 == 1) __builtin_amdgcn_sched_barrier(0);
            }
        }
    }

    // Values the rows of a step, whose sums are complete.
    DEVICE void value(const Row &own, u32 rows, u32 first) {
        fold<TEAM / 2, ROWS * Q>(sums);
        const bool is_chosen = (rows >> (first + row()) & 1) != 0;
        for (u32 i = 0; i < HELD; i++) {
            const f32 value = __builtin_fmaf(sums[i] * own.factor, weights[query(i)], -own.offset);
            best[i] = __builtin_fmaxf(best[i], is_chosen ? value : -__builtin_inff());
        }
    }

    // The key of the tile whose rows were valued, for each query of this lane.
    DEVICE void close(u32 rows, u32 (&keys)[HELD]) {
        for (u32 i = 0; i < HELD; i++) {
            const f32 value = reduce_lanes<WAVE, SHARERS>(best[i], Largest());
            keys[i] = rows == 0 ? NONE : key_of(-value);
            best[i] = -__builtin_inff();
        }
    }
};

// Scans the slots that `walk` comes to from `own` on, and calls emit(slot, keys) for each.
// `stage(i)`: unit `i` of the queries; `weigh(q)`: what query q's products are multiplied with.
template <class S, u32 Q, class Stage, class Weigh, class Emit>
DEVICE void scan_slots(Scan<S, Q> &scan, typename Scan<S, Q>::W &walk, u32 own, Stage stage,
                       Weigh weigh, Emit emit) {
    typedef Scan<S, Q> Of;
    Unit now[Of::ROWS], next[Of::ROWS];
    walk.begin(own);
    scan.fetch(now, walk.start, 0, 0);
    typename Of::Row row = scan.row_of(walk);
    for (u32 i = work_item(); i < Q * scan.padded * Of::PARTS; i += BLOCK) staged[i] = stage(i);
    SHARED f32 weights[Q];
    if (work_item() < Q) weights[work_item()] = weigh(work_item());
    scan.weights = weights;
    for (u32 i = 0; i < Of::HELD; i++) scan.best[i] = -__builtin_inff();
    barrier();
    const u32 groups = scan.padded / TEAM;
    u32 keys[Of::HELD];
    while (walk.slot < walk.slots) {
        for (u32 i = 0; i < Of::ROWS * Q; i++) scan.sums[i] = 0;
#pragma unroll 1
        for (u32 group = 1; group < groups; group++) {
            scan.fetch(next, walk.start, walk.first, group);
            scan.add(now, group - 1);
#pragma unroll
            for (u32 r = 0; r < Of::ROWS; r++) now[r] = next[r];
        }
        const u32 slot = walk.slot, rows = walk.rows, first = walk.first;
        walk.advance([&](u32 empty) {
            for (u32 i = 0; i < Of::HELD; i++) keys[i] = NONE;
            emit(empty, keys);
        });
        typename Of::Row next_row;
        if (walk.slot < walk.slots) {
            scan.fetch(next, walk.start, walk.first, 0);
            next_row = scan.row_of(walk);
        }
        scan.add(now, groups - 1);
        scan.value(row, rows, first);
        row = next_row;
#pragma unroll
        for (u32 r = 0; r < Of::ROWS; r++) now[r] = next[r];
        if (first + Of::STEP < TILE) continue;
        scan.close(rows, keys);
        emit(slot, keys);
    }
}

// `queries`: Q times `padded` units, each in the parts of a slice, groups of 8 units part by part;
// `weights`: what each query's products are multiplied with. `keys`: `pitch` for each query. `piles`:
// the best key of each wave's tiles, `stride` for each query. `counters` are made 0, for what follows.
template <class S, u32 Q>
DEVICE void scan_all(const u64 *table, const Unit *queries, const f32 *weights, const u32 *live,
                     const u32 *filter, const u32 *list, const u32 *words, u32 *keys, u32 *piles,
                     u32 *counters, u32 shift, u32 units, u32 slots, u32 stride, u32 pitch, u32 count,
                     u32 has_factors, u32 has_offsets) {
    typedef Scan<S, Q> Of;
    const u32 padded = (units + TEAM - 1) / TEAM * TEAM;
    const u32 own = block_x() * WAVES + wave();
    Of scan = {units, padded, has_factors, has_offsets};
    typename Of::W walk = {{list, words, live, filter}, {table, shift}, slots, stride, units * 16};
    // The best keys so far of each wave.
    SHARED u32 pile[WAVES * Q];
    if (work_item() < WAVES * Q) pile[work_item()] = NONE;
    if (block_x() == 0 && work_item() < count) counters[work_item()] = 0;
    const auto stage = [&](u32 i) { return queries[i]; };
    const auto weigh = [&](u32 q) { return weights[q]; };
    scan_slots<S, Q>(scan, walk, own, stage, weigh, [&](u32 slot, const auto &best) {
        for (u32 i = 0; i < Of::HELD; i++) {
            const u32 q = Of::query(i), at = wave() * Q + q;
            if (lane() >= Of::SHARERS || q >= count) continue;
            pile[at] = least(pile[at], best[i]);
            keys[static_cast<u64>(q) * pitch + slot] = best[i];
        }
    });
    for (u32 i = 0; i < Of::HELD; i++) {
        const u32 q = Of::query(i);
        if (lane() < Of::SHARERS && q < count) piles[q * stride + own] = pile[wave() * Q + q];
    }
}

template <class T, u32 Q, class... A>
DEVICE void scan(const A &...arguments) {
    scan_all<Slice<T>, Q>(arguments...);
}
template <u32 Q, class... A>
DEVICE void scan_apart(const A &...arguments) {
    scan_all<Apart, Q>(arguments...);
}

// Slots that a few queries look at together: `slots` of `list` and `words` from `first` on, which are
// those of query `queries[i]` from its own slot `at[i]` on.
struct Job {
    static constexpr u32 MOST = 10;
    u32 first, slots, count, reserved;
    u32 queries[MOST], at[MOST];
};

// Scans slots that are not the same for all queries: a workgroup takes a job. `queries` are adjacent,
// each as that of `scan`. For each slot of a query, at most `pitch`, `keys` gets its key, `own_list`
// and `own_words` which tile it is and which of its rows are meant.
template <class T, u32 Q>
DEVICE void scan_lists(const u64 *table, const Unit *queries, const f32 *weights, const u32 *live,
                       const u32 *filter, const u32 *list, const u32 *words, const Job *jobs, u32 *keys,
                       u32 *own_list, u32 *own_words, u32 shift, u32 units, u32 pitch, u32 has_factors,
                       u32 has_offsets) {
    static_assert(Q <= Job::MOST);
    typedef Scan<Slice<T>, Q> Of;
    const u32 padded = (units + TEAM - 1) / TEAM * TEAM, each = padded * Of::PARTS;
    const Job &job = jobs[block_x()];
    list += job.first;
    words += job.first;
    Of scan = {units, padded, has_factors, has_offsets};
    typename Of::W walk = {{list, words, live, filter}, {table, shift}, job.slots, WAVES, units * 16};
    const auto of = [&](u32 q) { return job.queries[least(q, job.count - 1)]; };
    const auto stage = [&](u32 i) {
        return queries[static_cast<u64>(of(i / each)) * each + i % each];
    };
    const auto weigh = [&](u32 q) { return weights[of(q)]; };
    scan_slots<Slice<T>, Q>(scan, walk, wave(), stage, weigh, [&](u32 slot, const auto &best) {
        for (u32 i = 0; i < Of::HELD; i++) {
            const u32 q = Of::query(i);
            if (lane() >= Of::SHARERS || q >= job.count) continue;
            const u64 to = static_cast<u64>(job.queries[q]) * pitch + job.at[q] + slot;
            keys[to] = best[i];
            own_list[to] = list[slot];
            own_words[to] = words[slot];
        }
    });
}
