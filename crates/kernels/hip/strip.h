// Strips of a matrix that go from memory to matrix instructions with no tile in LDS: for products
// that are bound by reading one operand, each element of which is used by one wave alone.
#pragma once
#include "matrix.h"

// 16 rows of a matrix that is adjacent along k, DEPTH elements of each, as a wave reads them: packs of
// 16 bytes, whichever elements of the sum these are, as long as both operands are read alike.
template <class T>
struct Strip {
    typedef Matrix<T> M;
    typedef typename M::Fragment Fragment;
    static constexpr u32 N = LANES<T>, HELD = sizeof(Fragment) / sizeof(T);
    // Fragments in the packs of a lane.
    static constexpr u32 PARTS = !M::LANE_IS_COLUMN ? 2 : HELD < N ? N / HELD : 1;
    static constexpr u32 DEPTH = M::DEPTH * PARTS, PACKS = PARTS * HELD / N;
    Vector<u32, 4> packs[PACKS];

    DEVICE static u32 row(u32 i) { return M::LANE_IS_COLUMN ? lane() % 16 : lane() / 4 + 8 * i; }
    DEVICE static u32 at(u32 i) {
        return M::LANE_IS_COLUMN ? M::offset() * PARTS + i * N : lane() % 4 * N;
    }

    // Reads elements from `k0` on of rows `row0` to `row0 + 15`; past `rows` the last row is read again,
    // past `k` elements are 0. Rows start at multiples of 16 bytes, and `k` is one of N.
    DEVICE void load(const T *from, u32 row0, u32 rows, u32 stride, u32 k0, u32 k) {
#pragma unroll
        for (u32 i = 0; i < PACKS; i++) {
            const u32 r = least(row0 + row(i), rows - 1), column = k0 + at(i);
            packs[i] = 0;
            if (column < k) {
                const T *there = from + static_cast<u64>(r) * stride + column;
                packs[i] = *reinterpret_cast<const Vector<u32, 4> *>(there);
            }
        }
    }

    DEVICE Fragment fragment(u32 part) const {
        Fragment fragment;
        if constexpr (M::LANE_IS_COLUMN) {
            __builtin_memcpy(&fragment, reinterpret_cast<const T *>(packs) + part * HELD,
                             sizeof(fragment));
        } else {
            for (u32 i = 0; i < 4; i++) fragment[i] = packs[i % 2][part * 2 + i / 2];
        }
        return fragment;
    }
};
