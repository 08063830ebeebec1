// Products of packed weights and some rows of activations, too many to be bound by reading the
// weights, too few to unpack these for: each lane unpacks weights into its own part of a matrix
// instruction's factor, as bf16, and no weight goes through LDS. Activations do, which the waves of a
// workgroup share: they are bf16 already, in the order in which lanes read them.
//
// A workgroup computes ROWS by COLUMNS results, a wave 16 columns of them. Where there are more waves
// than columns, they take turns along k, and add up their parts at the end.
#define MOVED_READS
#include "held.h"
#include "number.h"
#include "unpack.h"

// With one, its waves would all wait at once: see nvptx.h.
#undef RESIDENT_WORKGROUPS
#define RESIDENT_WORKGROUPS , 2

// Activations are in tiles of 16 rows, these in segments of 128 values: 8 groups of 16 values, of
// each 32 packs of 16 bytes.
constexpr u32 SEGMENT = 128, GROUP_PACKS = 32, SEGMENT_PACKS = SEGMENT / 16 * GROUP_PACKS;

// Where a group's pack is in its segment. Packs change places with the group's number, so that lanes
// that read side by side, of several groups, do not meet in one bank: all groups that lanes read at
// once differ in `turn`.
DEVICE u32 pack_at(u32 group, u32 pack) {
    const u32 turn = ((group >> 2 ^ group) & 1) | ((group >> 1 ^ group) & 1) << 1;
    return group * GROUP_PACKS + (pack ^ turn * 2);
}

// A segment of 16 rows of x, which are m by k and adjacent; what is outside becomes 0.
template <class T>
DEVICE void arrange(const T *x, Bytes16 *y, u32 m, u32 k) {
    const u32 group = work_item() / GROUP_PACKS, pack = work_item() % GROUP_PACKS;
    const u32 segments = (k + SEGMENT - 1) / SEGMENT;
    Bytes16 words;
    for (u32 i = 0; i < 4; i++) {
        const u32 row = block_y() * 16 + Held<>::row_of(pack, i);
        const u32 column = block_x() * SEGMENT + group * 16 + Held<>::word_of(pack, i) * 2;
        Pack<bf16, 2> pair = {};
        if (row < m && column < k) {
            const T *from = x + static_cast<u64>(row) * k + column;
            pair = {static_cast<bf16>(computed(from[0])), static_cast<bf16>(computed(from[1]))};
        }
        words[i] = __builtin_bit_cast(u32, pair);
    }
    y += (static_cast<u64>(block_y()) * segments + block_x()) * SEGMENT_PACKS;
    y[pack_at(group, pack)] = words;
}

// What a lane takes of a segment of a row of weights: of 32 values at a time, whose bits share bytes,
// the two groups.
template <class B>
struct Taken {
    static constexpr u32 UNITS = SEGMENT / 32;

    // A unit of the segment: its piece, and the first of its parts.
    struct Unit {
        u32 piece, part;
    };
    DEVICE static Unit unit(u32 k0, u32 number) {
        const u32 before = k0 % B::VALUES / 16 / B::PARTS;
        if constexpr (B::PARTS == 2) return {(before + number) % B::PIECES, 0};
        return {before + number % 2, number / 2 * 2};
    }

    // The group of the segment that the unit's i-th is.
    DEVICE static u32 group(u32 number, u32 i) {
        if constexpr (B::VALUES == 32) return number * 2 + i;
        const Unit at = unit(0, number);
        return B::group_of(at.piece, at.part + i);
    }
};

template <class B, u32 ROWS, u32 COLUMNS>
struct HeldProduct {
    typedef Held<> H;
    typedef Taken<B> T;
    static constexpr u32 TILES = ROWS / 16, ACROSS = COLUMNS / 16, PARTS = BLOCK / WAVE / ACROSS;
    static_assert(PARTS * ACROSS * WAVE == BLOCK, "a wave computes 16 columns");
    static constexpr u32 TURNS = T::UNITS / H::SHARERS;
    static constexpr u32 HELD = TILES * PARTS;  // packs of activations that a work-item fetches
    static constexpr u32 OTHERS = (PARTS - 1) * ACROSS * TILES * WAVE * H::RESULTS / 4;
    static constexpr u32 SIZE = HELD * SEGMENT_PACKS > OTHERS ? HELD * SEGMENT_PACKS : OTHERS;

    Group groups[H::ROWS][2];
    Bytes16 packs[HELD];
    typename H::Result results[TILES];
    const u8 *rows[H::ROWS];
    u32 k, segments, end, part;  // the sum ends before segment `end`

    DEVICE HeldProduct(const u8 *w, u32 column0, u32 n, u32 k, u32 end, u32 part)
        : k(k), segments((k + SEGMENT - 1) / SEGMENT), end(least(end, segments)), part(part) {
#pragma unroll
        for (u32 i = 0; i < H::ROWS; i++) {
            const u64 row = least(column0 + H::row(i), n - 1);
            rows[i] = w + row * (k / B::VALUES) * B::BYTES;
        }
#pragma unroll
        for (u32 i = 0; i < TILES; i++) results[i] = 0;
    }

    // Reads what the lane takes in a turn of this wave's segment, which is from value k0 on. What is past
    // the end is 0 times what is at the beginning.
    DEVICE void fetch_weights(u32 k0, u32 turn) {
        const u32 number = turn * H::SHARERS + H::sharer(), at = k0 + number * 32;
        const bool inside = at < k;
        const u32 block = inside ? at / B::VALUES * B::BYTES : 0;
        const typename T::Unit unit = T::unit(k0, number);
#pragma unroll
        for (u32 row = 0; row < H::ROWS; row++) {
#pragma unroll
            for (u32 i = 0; i < 2; i++) {
                Group group = B::group(rows[row] + block, unit.piece, unit.part + i);
                group.scale = inside ? group.scale : 0;
                group.min = inside ? group.min : 0;
                groups[row][i] = group;
            }
        }
    }

    // Reads activations of a step, a segment for each part.
    DEVICE void fetch_activations(const Bytes16 *x, u32 tile0, u32 segment0) {
#pragma unroll
        for (u32 i = 0; i < HELD; i++) {
            const u32 segment = segment0 + i % PARTS;
            const u64 at = static_cast<u64>(tile0 + i / PARTS) * segments + segment;
            packs[i] = 0;
            if (segment < end) packs[i] = x[at * SEGMENT_PACKS + work_item()];
        }
    }

    DEVICE void stash(Bytes16 *shared) const {
        static_assert(SEGMENT_PACKS == BLOCK, "a pack for each work-item");
#pragma unroll
        for (u32 i = 0; i < HELD; i++) shared[i * SEGMENT_PACKS + work_item()] = packs[i];
    }

    DEVICE void unpack_weights(typename H::Values (&values)[2]) const {
#pragma unroll
        for (u32 i = 0; i < 2; i++) {
#pragma unroll
            for (u32 row = 0; row < H::ROWS; row++) unpack<B>(groups[row][i], values[i].words[row]);
        }
    }

    DEVICE void multiply(u32 turn, const typename H::Values (&values)[2], const Bytes16 *shared) {
#pragma unroll
        for (u32 i = 0; i < 2; i++) {
            const u32 group = T::group(turn * H::SHARERS + H::sharer(), i);
            auto place = [group](u32 pack) { return pack_at(group, pack); };
#pragma unroll
            for (u32 tile = 0; tile < TILES; tile++) {
                const Bytes16 *from = shared + (tile * PARTS + part) * SEGMENT_PACKS;
                results[tile] = H::multiply(from, place, values[i], results[tile]);
            }
        }
    }

    // The products of a segment whose first turn has been fetched, while each next is on its way.
    DEVICE void step(const Bytes16 *shared, u32 k0, u32 next_k0) {
#pragma unroll 1
        for (u32 turn = 0; turn < TURNS; turn++) {
            typename H::Values values[2];
            unpack_weights(values);
            const bool last = turn + 1 == TURNS;
            fetch_weights(last ? next_k0 : k0, last ? 0 : turn + 1);
            multiply(turn, values, shared);
        }
    }

    // Adds the results of other parts, of the wave `wave` of them, to those of the first.
    DEVICE void add_up(f32 *shared, u32 wave) {
        if constexpr (PARTS == 1) return;
        auto at = [wave](u32 part, u32 tile, u32 i) {
            return (((part * ACROSS + wave) * TILES + tile) * H::RESULTS + i) * WAVE + lane();
        };
        if (part != 0) {
#pragma unroll
            for (u32 tile = 0; tile < TILES; tile++) {
                for (u32 i = 0; i < H::RESULTS; i++) shared[at(part - 1, tile, i)] = results[tile][i];
            }
        }
        barrier();
        if (part != 0) return;
#pragma unroll
        for (u32 tile = 0; tile < TILES; tile++) {
            for (u32 i = 0; i < H::RESULTS; i++) {
                for (u32 p = 1; p < PARTS; p++) results[tile][i] += shared[at(p - 1, tile, i)];
            }
        }
    }

    DEVICE void write(void *y, u32 row0, u32 column0, u32 m, u32 n, u32 to) const {
#pragma unroll
        for (u32 tile = 0; tile < TILES; tile++) {
#pragma unroll
            for (u32 i = 0; i < H::RESULTS; i++) {
                const u32 row = row0 + tile * 16 + H::result_row(i);
                const u32 column = column0 + H::result_column(i);
                if (row >= m || column >= n) continue;
                write_number(y, static_cast<u64>(row) * n + column, results[tile][i], to);
            }
        }
    }
};

// y = x times the transposed weights: x is m by k as `arrange` leaves it, with rows of 0 up to a whole
// tile; the weights are n by k. Where a part is less than k, it is whole segments, z counts parts, and
// y gets their sums, in f32.
template <class B, u32 ROWS, u32 COLUMNS>
DEVICE void held(const Bytes16 *x, const u8 *w, void *y, u32 m, u32 n, u32 k, u32 to, u32 part_size) {
    typedef HeldProduct<B, ROWS, COLUMNS> Product;
    SHARED Bytes16 shared[Product::SIZE];
    const u32 wave = __builtin_amdgcn_readfirstlane(work_item() / WAVE);
    const u32 part = wave / Product::ACROSS, across = wave % Product::ACROSS;
    const u32 row0 = block_y() * ROWS, column0 = block_x() * COLUMNS + across * 16;
    const u32 size = (part_size + SEGMENT - 1) / SEGMENT, first = block_z() * size;
    Product product(w, column0, n, k, first + size, part);
    product.fetch_weights((first + part) * SEGMENT, 0);
    product.fetch_activations(x, row0 / 16, first);
#pragma unroll 1
    for (u32 segment = first; segment < product.end; segment += Product::PARTS) {
        const u32 next = segment + Product::PARTS;
        product.stash(shared);
        barrier();
        product.fetch_activations(x, row0 / 16, next);
        product.step(shared, (segment + part) * SEGMENT, (next + part) * SEGMENT);
        barrier();
    }
    product.add_up(reinterpret_cast<f32 *>(shared), across);
    if (part != 0) return;
    if (part_size < k) y = static_cast<f32 *>(y) + static_cast<u64>(block_z()) * m * n;
    product.write(y, row0, column0, m, n, to);
}
