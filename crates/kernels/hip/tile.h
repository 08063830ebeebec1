// Tiles of a matrix on their way from memory to LDS.
#pragma once
#include "matrix.h"
#include "walk.h"

// An operand of a product: `outer` is the rows of `a` or the columns of `b`.
template <class T>
struct Operand {
    const T *data;
    u32 outer_size, depth;
    u32 outer_stride, depth_stride;
};

// How a tile is read: packs of 16 bytes along one of the dimensions, or single elements.
enum class Access { ALONG_DEPTH, ALONG_OUTER, SINGLE };

template <class T>
DEVICE Access access_of(const Operand<T> &from) {
    constexpr u32 N = LANES<T>;
    if (!aligned<N>(from.data)) return Access::SINGLE;
    if (from.depth_stride == 1 && (from.depth | from.outer_stride) % N == 0) {
        return Access::ALONG_DEPTH;
    }
    if (from.outer_stride == 1 && (from.outer_size | from.depth_stride) % N == 0) {
        return Access::ALONG_OUTER;
    }
    return Access::SINGLE;
}

// A tile of OUTER by DEPTH elements; a row of DEPTH is 64 bytes. In LDS it is [OUTER][DEPTH] for
// matrix instructions, else [DEPTH][OUTER] and already in the compute type. Rows are padded, so
// that a column does not fall into one bank.
template <class T, u32 OUTER_>
struct Tile {
    static constexpr u32 OUTER = OUTER_, DEPTH = 64 / sizeof(T), N = LANES<T>;
    static constexpr bool BY_ROWS = Matrix<T>::EXISTS;

    template <class A, class B, bool FIRST>
    struct Choose {
        typedef A type;
    };
    template <class A, class B>
    struct Choose<A, B, false> {
        typedef B type;
    };
    typedef typename Choose<T, Compute<T>, BY_ROWS>::type Stored;
    static constexpr u32 PITCH = (BY_ROWS ? DEPTH : OUTER) + 16 / sizeof(Stored);
    static constexpr u32 SIZE = (BY_ROWS ? OUTER : DEPTH) * PITCH;

    static constexpr u32 PACKS = OUTER * DEPTH / N / BLOCK;
    Pack<T, N> held[PACKS];

    struct Place {
        u32 outer, k;
    };

    // Where the j-th element of the i-th pack of this work-item belongs.
    DEVICE static Place place(Access access, u32 i, u32 j) {
        u32 pack = i * BLOCK + work_item();
        if (access == Access::ALONG_DEPTH) return {pack / (DEPTH / N), pack % (DEPTH / N) * N + j};
        return {pack % (OUTER / N) * N + j, pack / (OUTER / N)};
    }

    DEVICE static u32 index(Place place) {
        return BY_ROWS ? place.outer * PITCH + place.k : place.k * PITCH + place.outer;
    }

    DEVICE static const T *address(const Operand<T> &from, u32 outer, u32 k) {
        return from.data + static_cast<u64>(outer) * from.outer_stride +
               static_cast<u64>(k) * from.depth_stride;
    }

    // Reads the tile at `outer0`, `k0` ahead, where it is read in packs. What lies outside the
    // matrix is 0.
    DEVICE void fetch(const Operand<T> &from, Access access, u32 outer0, u32 k0) {
        if (access == Access::SINGLE) return;
#pragma unroll
        for (u32 i = 0; i < PACKS; i++) {
            Place at = place(access, i, 0);
            u32 outer = outer0 + at.outer, k = k0 + at.k;
            held[i] = Pack<T, N>{};
            if (outer < from.outer_size && k < from.depth) held[i] = load<N>(address(from, outer, k));
        }
    }

    // Writes to LDS what `fetch` read, or reads and writes single elements.
    DEVICE void stash(Stored *tile, const Operand<T> &from, Access access, u32 outer0,
                      u32 k0) const {
        constexpr Access DIRECT = BY_ROWS ? Access::ALONG_DEPTH : Access::ALONG_OUTER;
        constexpr Access TURNED = BY_ROWS ? Access::ALONG_OUTER : Access::ALONG_DEPTH;
        if (access == DIRECT) {
#pragma unroll
            for (u32 i = 0; i < PACKS; i++) {
                Pack<Stored, N> pack;
                for (u32 j = 0; j < N; j++) pack.at[j] = static_cast<Stored>(held[i].at[j]);
                void *to = __builtin_assume_aligned(tile + index(place(DIRECT, i, 0)), 16);
                __builtin_memcpy(to, &pack, sizeof(pack));
            }
        } else if (access == TURNED) {
#pragma unroll
            for (u32 i = 0; i < PACKS; i++) {
                for (u32 j = 0; j < N; j++) {
                    tile[index(place(TURNED, i, j))] = static_cast<Stored>(held[i].at[j]);
                }
            }
        } else {
            stash_singly(tile, from, outer0, k0);
        }
    }

    DEVICE static void stash_singly(Stored *tile, const Operand<T> &from, u32 outer0, u32 k0) {
        const bool outer_first = from.outer_stride == 1;
#pragma unroll 1
        for (u32 at = work_item(); at < OUTER * DEPTH; at += BLOCK) {
            Place to = {outer_first ? at % OUTER : at / DEPTH, outer_first ? at / OUTER : at % DEPTH};
            u32 outer = outer0 + to.outer, k = k0 + to.k;
            bool inside = outer < from.outer_size && k < from.depth;
            T value = inside ? *address(from, outer, k) : T(0);
            tile[index(to)] = static_cast<Stored>(value);
        }
    }
};
