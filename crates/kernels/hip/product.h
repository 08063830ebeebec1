// The part of a product of tiles in LDS that a wave, or a work-item, computes and writes.
#pragma once
#include "tile.h"

template <class T>
struct Destination {
    T *data;
    u32 rows, columns;

    DEVICE void write(u32 row, u32 column, Compute<T> value) const {
        if (row < rows && column < columns) {
            data[static_cast<u64>(row) * columns + column] = static_cast<T>(value);
        }
    }
};

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

    DEVICE static typename M::Fragment fragment(const T *row) {
        typename M::Fragment fragment;
        __builtin_memcpy(&fragment, __builtin_assume_aligned(row, sizeof(fragment) < 16 ? 8 : 16),
                         sizeof(fragment));
        return fragment;
    }

    DEVICE void clear() {
        for (u32 i = 0; i < DOWN; i++) {
            for (u32 j = 0; j < ACROSS; j++) results[i][j] = 0;
        }
    }

    DEVICE void multiply(const T *a, const T *b) {
        constexpr u32 PITCH = Tile<T, ROWS>::PITCH;
        static_assert(PITCH == Tile<T, COLUMNS>::PITCH, "both tiles are stored by rows");
        a += (row0() + lane() % 16) * PITCH + M::offset();
        b += (column0() + lane() % 16) * PITCH + M::offset();
#pragma unroll
        for (u32 k = 0; k < Tile<T, ROWS>::DEPTH; k += M::DEPTH) {
            typename M::Fragment from_b[ACROSS];
            for (u32 j = 0; j < ACROSS; j++) from_b[j] = fragment(b + j * 16 * PITCH + k);
            for (u32 i = 0; i < DOWN; i++) {
                typename M::Fragment from_a = fragment(a + i * 16 * PITCH + k);
                for (u32 j = 0; j < ACROSS; j++) {
                    results[i][j] = M::multiply(from_a, from_b[j], results[i][j]);
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
                u32 column = tile_column + column0() + j * 16 + lane() % 16;
#pragma unroll
                for (u32 k = 0; k < sizeof(results[i][j]) / sizeof(f32); k++) {
                    to.write(tile_row + row0() + i * 16 + M::row(k), column, results[i][j][k]);
                }
            }
        }
    }
};

// The part of the tile that a work-item computes: of each 64 rows and columns, 4 and 4.
template <class T, u32 ROWS, u32 COLUMNS>
struct ByWorkItem {
    typedef Compute<T> C;
    static constexpr u32 DOWN = ROWS / 16, ACROSS = COLUMNS / 16;
    C results[DOWN][ACROSS];

    DEVICE static u32 row(u32 i) { return i / 4 * 64 + work_item() / 16 * 4 + i % 4; }
    DEVICE static u32 column(u32 j) { return j / 4 * 64 + work_item() % 16 * 4 + j % 4; }

    DEVICE void clear() {
        for (u32 i = 0; i < DOWN; i++) {
            for (u32 j = 0; j < ACROSS; j++) results[i][j] = 0;
        }
    }

    DEVICE void multiply(const C *a, const C *b) {
#pragma unroll 2
        for (u32 k = 0; k < Tile<T, ROWS>::DEPTH; k++) {
            C from_a[DOWN], from_b[ACROSS];
            for (u32 i = 0; i < DOWN; i++) from_a[i] = a[k * Tile<T, ROWS>::PITCH + row(i)];
            for (u32 j = 0; j < ACROSS; j++) from_b[j] = b[k * Tile<T, COLUMNS>::PITCH + column(j)];
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
            for (u32 j = 0; j < ACROSS; j++) {
                to.write(tile_row + row(i), tile_column + column(j), results[i][j]);
            }
        }
    }
};
