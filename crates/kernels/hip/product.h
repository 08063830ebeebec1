// The part of a product of tiles in LDS that a wave, or a work-item, computes and writes.
#pragma once
#include "parts.h"
#include "tile.h"

template <class T>
struct Destination {
    T *data;
    u32 rows, columns;

    template <u32 N>
    struct alignas(N * sizeof(T)) Whole {
        T at[N];
    };

    DEVICE void write(u32 row, u32 column, Compute<T> value) const {
        if (row < rows && column < columns) {
            data[static_cast<u64>(row) * columns + column] = static_cast<T>(value);
        }
    }

    // Elements of a row side by side, at a multiple of their number; at once, where each row starts
    // at such a multiple.
    template <u32 N>
    DEVICE void write_pack(u32 row, u32 column, const Compute<T> *values) const {
        if (columns % N != 0) {
            for (u32 i = 0; i < N; i++) write(row, column + i, values[i]);
        } else if (row < rows && column < columns) {
            Whole<N> pack;
            for (u32 i = 0; i < N; i++) pack.at[i] = static_cast<T>(values[i]);
            T *to = data + static_cast<u64>(row) * columns + column;
            *reinterpret_cast<Whole<N> *>(to) = pack;
        }
    }
};

// The result of this workgroup's batch, or of its part along k.
template <class T>
struct Summed {
    void *data;
    u32 rows, columns;
    bool whole;

    template <class Product>
    DEVICE void take(const Product &product, u32 row0, u32 column0) const {
        const u64 first = static_cast<u64>(block_z()) * rows * columns;
        if (whole) {
            product.write(Destination<T>{static_cast<T *>(data) + first, rows, columns}, row0, column0);
        } else {
            typedef Compute<T> C;
            product.write(Destination<C>{static_cast<C *>(data) + first, rows, columns}, row0, column0);
        }
    }
};

// The elements of an operand that a part along k has.
template <class T>
DEVICE Operand<T> part_of(Operand<T> operand, const PartOf &part) {
    operand.data += static_cast<u64>(part.begin) * operand.depth_stride;
    operand.depth = part.end - part.begin;
    return operand;
}

// The part of the tile that a wave computes, in blocks of 16 by 16.
template <class T, u32 ROWS, u32 COLUMNS>
struct ByWave {
    typedef Matrix<T> M;
    static constexpr u32 WAVES_DOWN = 2, WAVES_ACROSS = BLOCK / WAVE / WAVES_DOWN;
    static constexpr u32 DOWN = ROWS / 16 / WAVES_DOWN, ACROSS = COLUMNS / 16 / WAVES_ACROSS;
    typename M::Result results[DOWN][ACROSS];

    DEVICE static u32 wave() { return __builtin_amdgcn_readfirstlane(work_item() / WAVE); }
    DEVICE static u32 row0() { return wave() / WAVES_ACROSS * DOWN * 16; }
    DEVICE static u32 column0() { return wave() % WAVES_ACROSS * ACROSS * 16; }

    DEVICE void clear() {
        for (u32 i = 0; i < DOWN; i++) {
            for (u32 j = 0; j < ACROSS; j++) results[i][j] = 0;
        }
    }

    DEVICE void multiply(const T *a, const T *b) {
        constexpr u32 PITCH = Tile<T, ROWS>::PITCH;
        static_assert(PITCH == Tile<T, COLUMNS>::PITCH, "both tiles are stored by rows");
        typedef Fragments<T> F;
        a += (row0() + lane() % 16) * PITCH + F::offset();
        b += (column0() + lane() % 16) * PITCH + F::offset();
#pragma unroll
        for (u32 k = 0; k < Tile<T, ROWS>::DEPTH; k += F::DEPTH) {
            F from_b[ACROSS];
            for (u32 j = 0; j < ACROSS; j++) from_b[j] = F::read(b + j * 16 * PITCH + k);
            for (u32 i = 0; i < DOWN; i++) {
                const F from_a = F::read(a + i * 16 * PITCH + k);
                for (u32 part = 0; part < FRAGMENTS<T>; part++) {
                    for (u32 j = 0; j < ACROSS; j++) {
                        results[i][j] =
                            M::multiply(from_a.at[part], from_b[j].at[part], results[i][j]);
                    }
                }
            }
        }
    }

    template <class To>
    DEVICE void write(const To &to, u32 tile_row, u32 tile_column) const {
#pragma unroll
        for (u32 i = 0; i < DOWN; i++) {
#pragma unroll
            for (u32 j = 0; j < ACROSS; j++) {
                u32 column = tile_column + column0() + j * 16 + M::column();
#pragma unroll
                for (u32 k = 0; k < sizeof(results[i][j]) / sizeof(f32); k++) {
                    to.write(tile_row + row0() + i * 16 + M::row(k), column + M::across(k),
                             results[i][j][k]);
                }
            }
        }
    }
};

// The part of the tile that a work-item computes: of each 64 rows and columns, 4 and 4. A wave's
// lanes are 8 across, so that what they read of a line is few words, read by many.
template <class T, u32 ROWS, u32 COLUMNS>
struct ByWorkItem {
    typedef Compute<T> C;
    static constexpr u32 DOWN = ROWS / 16, ACROSS = COLUMNS / 16;
    C results[DOWN][ACROSS];

    DEVICE static u32 row(u32 i) {
        const u32 down = work_item() / WAVE / 2 * (WAVE / 8) + work_item() % WAVE / 8;
        return i / 4 * 64 + down * 4 + i % 4;
    }
    DEVICE static u32 column(u32 j) {
        const u32 across = work_item() / WAVE % 2 * 8 + work_item() % 8;
        return j / 4 * 64 + across * 4 + j % 4;
    }

    DEVICE void clear() {
        for (u32 i = 0; i < DOWN; i++) {
            for (u32 j = 0; j < ACROSS; j++) results[i][j] = 0;
        }
    }

    // Four elements of a line, whose place is a multiple of four.
    DEVICE static void read(C *to, const C *from) {
        __builtin_memcpy(to, __builtin_assume_aligned(from, 16), 4 * sizeof(C));
    }

    DEVICE void multiply(const C *a, const C *b) {
#pragma unroll 2
        for (u32 k = 0; k < Tile<T, ROWS>::DEPTH; k++) {
            C from_a[DOWN], from_b[ACROSS];
            for (u32 i = 0; i < DOWN; i += 4) read(from_a + i, a + k * Tile<T, ROWS>::PITCH + row(i));
            for (u32 j = 0; j < ACROSS; j += 4) {
                read(from_b + j, b + k * Tile<T, COLUMNS>::PITCH + column(j));
            }
            for (u32 i = 0; i < DOWN; i++) {
                for (u32 j = 0; j < ACROSS; j++) results[i][j] += from_a[i] * from_b[j];
            }
        }
    }

    template <class To>
    DEVICE void write(const To &to, u32 tile_row, u32 tile_column) const {
#pragma unroll
        for (u32 i = 0; i < DOWN; i++) {
#pragma unroll
            for (u32 j = 0; j < ACROSS; j += 4) {
                to.template write_pack<4>(tile_row + row(i), tile_column + column(j), results[i] + j);
            }
        }
    }
};
