// Products of tiles as NVIDIA's Hopper computes them: teams of 128 work-items multiply tiles that lie
// in LDS, where a ring of stages is filled ahead by copies that pass no register.
//
// Layouts: NVIDIA's PTX guide, "Asynchronous warpgroup level matrix instructions". A line of a tile
// is 128 bytes in LDS: 64 elements along k, or 64 rows of the operand at one k. Its packs of 16 bytes
// change places with the line's number, so that neither copies nor products meet in one bank.
#pragma once
#include "panel.h"
#include "product.h"

constexpr u32 TEAM = 128, LINE = 128, LINES = 64, PACK_BYTES = 16;
// Bytes of 64 lines, and between those of further rows of a tile.
constexpr u32 LINE_BLOCK = LINES * LINE;

DEVICE u32 lds_address(const void *at) {
    u64 address;
    asm("cvta.to.shared.u64 %0, %1;" : "=l"(address) : "l"(at));
    return static_cast<u32>(address);
}

// Copies 16 bytes to LDS. Done when `copies_done` says so of its group.
DEVICE void copy_ahead(u32 to, const void *from) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16;"
                 :
                 : "r"(to), "l"(from)
                 : "memory");
}
// The same, or writes zeros.
DEVICE void copy_or_clear_ahead(u32 to, const void *from, bool inside) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;"
                 :
                 : "r"(to), "l"(from), "r"(inside ? 16 : 0)
                 : "memory");
}
DEVICE void end_group_of_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <u32 pending>
DEVICE void copies_done() {
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

DEVICE void products_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void end_group_of_products() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <u32 pending>
DEVICE void products_done() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}

// What a work-item copies of each stage of an operand.
template <class T, u32 OUTER, Major MAJOR>
struct Copies {
    static_assert(sizeof(T) == 2, "a line holds 64 elements");
    static constexpr bool ALONG_DEPTH = MAJOR == Major::Depth;
    static constexpr u32 DEPTH = 64, N = LANES<T>, BYTES = OUTER * LINE;
    // Packs side by side in memory, lines between those of a work-item, and how many it has.
    static constexpr u32 ACROSS = (ALONG_DEPTH ? DEPTH : OUTER) / N;
    static constexpr u32 STEP = BLOCK / ACROSS, COUNT = OUTER * DEPTH / N / BLOCK;
    static_assert(STEP % 8 == 0, "packs of a work-item change places alike");
    const T *from;
    u64 between, ahead;
    u32 to, first, limit, lines_inside;
    u32 whole;  // until where along k all of the tile is inside the matrix

    // Starts at k = 0 of the tile at `outer0`.
    DEVICE void start(const Operand<T> &operand, u32 outer0) {
        const u32 line = work_item() / ACROSS, pack = work_item() % ACROSS;
        to = pack / 8 * LINE_BLOCK + line * LINE + (pack % 8 ^ line % 8) * PACK_BYTES;
        if constexpr (ALONG_DEPTH) {
            from = operand.data + static_cast<u64>(outer0 + line) * operand.outer_stride + pack * N;
            between = static_cast<u64>(STEP) * operand.outer_stride;
            ahead = DEPTH;
            first = pack * N;
            lines_inside = outer0 + line < operand.outer_size ? operand.outer_size - outer0 - line : 0;
        } else {
            from = operand.data + static_cast<u64>(line) * operand.depth_stride + outer0 + pack * N;
            between = static_cast<u64>(STEP) * operand.depth_stride;
            ahead = static_cast<u64>(DEPTH) * operand.depth_stride;
            first = line;
            lines_inside = outer0 + pack * N < operand.outer_size;
        }
        limit = operand.depth;
        whole = outer0 + OUTER <= operand.outer_size ? limit / DEPTH * DEPTH : 0;
    }

    // Copies the next stage, from `k` on, to `lds`.
    DEVICE void next(u32 lds, u32 k) {
        if (k < whole) {
#pragma unroll
            for (u32 i = 0; i < COUNT; i++) copy_ahead(lds + to + i * STEP * LINE, from + i * between);
        } else {
#pragma unroll
            for (u32 i = 0; i < COUNT; i++) {
                const bool inside = ALONG_DEPTH
                                        ? i * STEP < lines_inside && k + first < limit
                                        : lines_inside != 0 && k + first + i * STEP < limit;
                copy_or_clear_ahead(lds + to + i * STEP * LINE, from + i * between, inside);
            }
        }
        from += ahead;
    }

    // Of a tile in LDS, what the instruction reads from the k-th 16 of the 64 on.
    DEVICE static u64 descriptor(u32 lds, u32 k) {
        constexpr u64 SWIZZLED = 1ull << 62, LINE_GROUP = 8 * LINE / 16;
        constexpr u64 NEXT_BLOCK = ALONG_DEPTH ? 1 : LINE_BLOCK / 16;
        const u32 at = lds + k * (ALONG_DEPTH ? 32 : 16 * LINE);
        return SWIZZLED | LINE_GROUP << 32 | NEXT_BLOCK << 16 | (at & 0x3ffff) >> 4;
    }
};

// The names of registers 0 to 63, 64 to 127, and their values in `d`.
#define WGMMA_TEN(t) \
    "%" #t "0,%" #t "1,%" #t "2,%" #t "3,%" #t "4,%" #t "5,%" #t "6,%" #t "7,%" #t "8,%" #t "9,"
#define WGMMA_NAMES_60 WGMMA_TEN() WGMMA_TEN(1) WGMMA_TEN(2) WGMMA_TEN(3) WGMMA_TEN(4) WGMMA_TEN(5)
#define WGMMA_NAMES_64 WGMMA_NAMES_60 "%60,%61,%62,%63"
#define WGMMA_NAMES_120 \
    WGMMA_NAMES_60 WGMMA_TEN(6) WGMMA_TEN(7) WGMMA_TEN(8) WGMMA_TEN(9) WGMMA_TEN(10) WGMMA_TEN(11)
#define WGMMA_NAMES_128 WGMMA_NAMES_120 "%120,%121,%122,%123,%124,%125,%126,%127"
#define WGMMA_4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define WGMMA_16(i) WGMMA_4(i), WGMMA_4(i + 4), WGMMA_4(i + 8), WGMMA_4(i + 12)
#define WGMMA_64(i) WGMMA_16(i), WGMMA_16(i + 16), WGMMA_16(i + 32), WGMMA_16(i + 48)
#define WGMMA_128(i) WGMMA_64(i), WGMMA_64(i + 64)
#define WGMMA(type, columns, names, values, next1, next2, next3, next4)                            \
    asm volatile("{.reg .pred p; setp.ne.b32 p, 1, 0;"                                             \
                 "wgmma.mma_async.sync.aligned.m64n" #columns "k16.f32." type "." type " {" names  \
                 "}, " next1 ", " next2 ", p, 1, 1, " next3 ", " next4 ";}"                        \
                 : values                                                                          \
                 : "l"(a), "l"(b), "n"(A == Major::Outer ? 1 : 0), "n"(B == Major::Outer ? 1 : 0))

// d += a b for 64 rows and N columns; `d` is read when `products_done`.
template <class T, u32 N, Major A, Major B>
DEVICE void multiply_by_team(f32 (&d)[N / 2], u64 a, u64 b) {
    constexpr bool IS_F16 = __is_same(T, f16);
    static_assert(N == 128 || N == 256, "an instruction below");
    if constexpr (N == 256 && IS_F16) {
        WGMMA("f16", 256, WGMMA_NAMES_128, WGMMA_128(0), "%128", "%129", "%130", "%131");
    } else if constexpr (N == 256) {
        WGMMA("bf16", 256, WGMMA_NAMES_128, WGMMA_128(0), "%128", "%129", "%130", "%131");
    } else if constexpr (IS_F16) {
        WGMMA("f16", 128, WGMMA_NAMES_64, WGMMA_64(0), "%64", "%65", "%66", "%67");
    } else {
        WGMMA("bf16", 128, WGMMA_NAMES_64, WGMMA_64(0), "%64", "%65", "%66", "%67");
    }
}

// The part of the tile that a team computes: DOWN times 64 rows, all columns.
template <class T, u32 DOWN, u32 COLUMNS>
struct ByTeam {
    static constexpr u32 TEAMS = BLOCK / TEAM, ROWS = TEAMS * DOWN * 64;
    f32 results[DOWN][COLUMNS / 2];

    DEVICE static u32 row0() { return __builtin_amdgcn_readfirstlane(work_item() / TEAM) * DOWN * 64; }

    DEVICE void clear() {
#pragma unroll
        for (u32 i = 0; i < DOWN; i++) {
#pragma unroll
            for (u32 j = 0; j < COLUMNS / 2; j++) results[i][j] = 0;
        }
    }

    template <Major A, Major B>
    DEVICE void multiply(u32 a, u32 b) {
        typedef Copies<T, ROWS, A> FromA;
        typedef Copies<T, COLUMNS, B> FromB;
        products_begin();
#pragma unroll
        for (u32 k = 0; k < 4; k++) {
#pragma unroll
            for (u32 i = 0; i < DOWN; i++) {
                const u64 from_a = FromA::descriptor(a + (row0() + i * 64) * LINE, k);
                multiply_by_team<T, COLUMNS, A, B>(results[i], from_a, FromB::descriptor(b, k));
            }
        }
        end_group_of_products();
    }

    // Nothing reads the results before this.
    DEVICE void settle() {
        products_done<0>();
#pragma unroll
        for (u32 i = 0; i < DOWN; i++) {
#pragma unroll
            for (u32 j = 0; j < COLUMNS / 2; j++) asm volatile("" : "+f"(results[i][j])::"memory");
        }
    }

    DEVICE void write(const Destination<T> &to, u32 tile_row, u32 tile_column) const {
        const u32 wave = __builtin_amdgcn_readfirstlane(work_item() / WAVE);
        const u32 row0 = tile_row + wave / 4 * DOWN * 64 + wave % 4 * 16 + lane() / 4;
#pragma unroll
        for (u32 i = 0; i < DOWN; i++) {
#pragma unroll
            for (u32 half = 0; half < 2; half++) {
                const u32 row = row0 + i * 64 + half * 8;
#pragma unroll
                for (u32 j = 0; j < COLUMNS; j += 32) {
                    u32 pairs[4];
                    for (u32 e = 0; e < 4; e++) pairs[e] = pair(results[i] + j / 2 + e * 4 + half * 2);
                    turn(pairs);
                    write_pack(to, row, tile_column + j + lane() % 4 * 8, pairs);
                }
            }
        }
    }

    DEVICE static u32 pair(const f32 *numbers) {
        const Pack<T, 2> both = {static_cast<T>(numbers[0]), static_cast<T>(numbers[1])};
        return __builtin_bit_cast(u32, both);
    }

    // Four lanes side by side hold two columns of each of four blocks of 8; after this each holds one
    // block.
    DEVICE static void turn(u32 (&pairs)[4]) {
        const bool odd = lane() % 2 != 0, upper = lane() % 4 >= 2;
        for (u32 i = 0; i < 4; i += 2) {
            const u32 other = exchange_word<1>(odd ? pairs[i] : pairs[i + 1]);
            (odd ? pairs[i] : pairs[i + 1]) = other;
        }
        for (u32 i = 0; i < 2; i++) {
            const u32 other = exchange_word<2>(upper ? pairs[i] : pairs[i + 2]);
            (upper ? pairs[i] : pairs[i + 2]) = other;
        }
    }

    DEVICE static void write_pack(const Destination<T> &to, u32 row, u32 column, const u32 (&pairs)[4]) {
        if (row >= to.rows || column >= to.columns) return;
        T *there = to.data + static_cast<u64>(row) * to.columns + column;
        if (to.columns % LANES<T> == 0) {
            *reinterpret_cast<Vector<u32, 4> *>(there) = {pairs[0], pairs[1], pairs[2], pairs[3]};
            return;
        }
        T elements[LANES<T>];
        __builtin_memcpy(elements, pairs, sizeof(elements));
        for (u32 e = 0; e < LANES<T>; e++) {
            if (column + e < to.columns) there[e] = elements[e];
        }
    }
};

// c = a b for each tile in turn that is this workgroup's. Copies run ahead of products, also from one
// tile into the next, so that the tensor units wait neither for memory nor for results on their way
// out.
template <class T, Major A, Major B, u32 ROWS, u32 COLUMNS>
DEVICE void multiply_by_teams(const Operand<T> &a, const Operand<T> &b, const Destination<T> &c) {
    typedef ByTeam<T, ROWS / 128, COLUMNS> Product;
    typedef Copies<T, ROWS, A> FromA;
    typedef Copies<T, COLUMNS, B> FromB;
    // Of the stages, one is read by this step's products, and one by those of the step before.
    constexpr u32 STAGES = 4, AHEAD = STAGES - 2;
    constexpr u32 STAGE = FromA::BYTES + FromB::BYTES, RING = STAGES * STAGE;
    const u32 lds = lds_address(dynamic_lds());
    const NearTiles<ROWS, COLUMNS> tiles(c.rows, c.columns);
    const u32 steps = (a.depth + FromA::DEPTH - 1) / FromA::DEPTH;
    FromA from_a;
    FromB from_b;
    u32 filled = 0, used = 0;  // where the stages are that come next
    u32 next_tile = block_x(), next_step = 0;
    auto fill = [&] {
        if (next_step == 0 && next_tile < tiles.count) {
            from_a.start(a, tiles.row0(next_tile));
            from_b.start(b, tiles.column0(next_tile));
        }
        if (next_tile < tiles.count) {
            from_a.next(lds + filled, next_step * FromA::DEPTH);
            from_b.next(lds + filled + FromA::BYTES, next_step * FromA::DEPTH);
            next_step++;
            if (next_step == steps) {
                next_step = 0;
                next_tile += grid_x();
            }
        }
        end_group_of_copies();
        filled = filled + STAGE == RING ? 0 : filled + STAGE;
    };
#pragma unroll 1
    for (u32 i = 0; i < AHEAD; i++) fill();
#pragma unroll 1
    for (u32 tile = block_x(); tile < tiles.count; tile += grid_x()) {
        Product product;
        product.clear();
#pragma unroll 1
        for (u32 i = 0; i < steps; i++) {
            copies_done<AHEAD - 1>();
            barrier();  // All have got here: the stage is there, and that before the last is free.
            product.template multiply<A, B>(lds + used, lds + used + FromA::BYTES);
            fill();
            products_done<1>();
            used = used + STAGE == RING ? 0 : used + STAGE;
        }
        product.settle();
        product.write(c, tiles.row0(tile), tiles.column0(tile));
    }
}
