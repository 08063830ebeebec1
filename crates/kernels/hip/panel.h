// Tiles of matrices that are read in packs of 16 bytes alone, on their way to LDS: which dimension is
// adjacent is known when the kernel is compiled, and the launcher has checked that packs are whole.
#pragma once
#include "tile.h"

// Which dimension of an operand is adjacent: k, or the other one.
enum class Major { Depth, Outer };

// OUTER by DEPTH elements, in LDS laid out as `Tile` is: by rows for matrix instructions, else by
// columns and in the compute type.
template <class T, u32 OUTER, Major MAJOR>
struct Panel {
    typedef Tile<T, OUTER> Layout;
    typedef typename Layout::Stored Stored;
    static constexpr u32 DEPTH = Layout::DEPTH, N = LANES<T>, PITCH = Layout::PITCH;
    static constexpr bool ALONG_DEPTH = MAJOR == Major::Depth, BY_ROWS = Layout::BY_ROWS;
    // Where packs are turned, small elements of two lines become one word.
    static constexpr u32 PAIR = BY_ROWS && !ALONG_DEPTH && sizeof(T) == 2 ? 2 : 1;
    // Packs of a line and lines of the panel, and how they are dealt out.
    static constexpr u32 ACROSS = (ALONG_DEPTH ? DEPTH : OUTER) / N;
    static constexpr u32 LINES = ALONG_DEPTH ? OUTER : DEPTH / PAIR;
    static constexpr u32 COUNT = ACROSS * LINES / BLOCK;
    static_assert(COUNT * BLOCK == ACROSS * LINES, "work-items have equal shares");
    // Work-items side by side take packs side by side; where turned, lines, so that they write to
    // different banks.
    static constexpr bool BY_LINES = BY_ROWS && !ALONG_DEPTH;
    static constexpr u32 STEP = BLOCK / (BY_LINES ? LINES : ACROSS);

    typedef Pack<T, N> PackOf;
    PackOf held[COUNT][PAIR];
    const T *from;
    u64 line_stride, between, ahead;
    u32 line, pack;
    u32 outer_left, depth_left;  // what is inside the matrix, from this work-item's first element on

    DEVICE Panel(const Operand<T> &operand, u32 outer0) {
        line = (BY_LINES ? work_item() % LINES : work_item() / ACROSS) * PAIR;
        pack = (BY_LINES ? work_item() / LINES : work_item() % ACROSS) * N;
        line_stride = ALONG_DEPTH ? operand.outer_stride : operand.depth_stride;
        const u32 outer = outer0 + (ALONG_DEPTH ? line : pack), depth = ALONG_DEPTH ? pack : line;
        from = operand.data + static_cast<u64>(outer) * (ALONG_DEPTH ? operand.outer_stride : 1) +
               static_cast<u64>(depth) * (ALONG_DEPTH ? 1 : operand.depth_stride);
        between = BY_LINES ? STEP * N : STEP * line_stride;
        ahead = ALONG_DEPTH ? DEPTH : DEPTH * line_stride;
        outer_left = outer < operand.outer_size ? operand.outer_size - outer : 0;
        depth_left = depth < operand.depth ? operand.depth - depth : 0;
    }

    // Whether the i-th pack, of line `of_pair`, is inside the matrix.
    DEVICE bool inside(u32 i, u32 of_pair) const {
        if constexpr (ALONG_DEPTH) return i * STEP < outer_left && depth_left != 0;
        if constexpr (BY_LINES) return i * STEP * N < outer_left && of_pair < depth_left;
        return outer_left != 0 && i * STEP < depth_left;
    }

    // Reads the next panel along k ahead. What lies outside the matrix is 0.
    DEVICE void fetch() {
#pragma unroll
        for (u32 i = 0; i < COUNT; i++) {
#pragma unroll
            for (u32 j = 0; j < PAIR; j++) {
                held[i][j] = PackOf{};
                if (inside(i, j)) held[i][j] = load_aligned(from + i * between + j * line_stride);
            }
        }
        from += ahead;
        depth_left = depth_left > DEPTH ? depth_left - DEPTH : 0;
    }

    // Writes to LDS what `fetch` read.
    DEVICE void stash(Stored *tile) const {
#pragma unroll
        for (u32 i = 0; i < COUNT; i++) {
            if constexpr (ALONG_DEPTH == BY_ROWS) {
                Pack<Stored, N> pack_of;
                for (u32 e = 0; e < N; e++) pack_of.at[e] = static_cast<Stored>(held[i][0].at[e]);
                Stored *to = tile + (line + i * STEP) * PITCH + pack;
                typedef Words<sizeof(pack_of) / 4> Whole;
                *reinterpret_cast<Whole *>(to) = __builtin_bit_cast(Whole, pack_of);
            } else if constexpr (!BY_ROWS) {
                for (u32 e = 0; e < N; e++) {
                    tile[(pack + e) * PITCH + line + i * STEP] = static_cast<Stored>(held[i][0].at[e]);
                }
            } else {
#pragma unroll
                for (u32 e = 0; e < N; e++) {
                    Pack<T, PAIR> pair;
                    for (u32 j = 0; j < PAIR; j++) pair.at[j] = held[i][j].at[e];
                    store(tile + (pack + i * STEP * N + e) * PITCH + line, pair);
                }
            }
        }
    }

    // Words at a multiple of 16 bytes.
    template <u32 COUNT>
    struct alignas(16) Words {
        u32 at[COUNT];
    };

    DEVICE static PackOf load_aligned(const T *at) {
        return __builtin_bit_cast(PackOf, *reinterpret_cast<const Words<4> *>(at));
    }
};
