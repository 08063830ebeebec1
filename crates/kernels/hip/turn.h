// Matrices that are read along their columns: tiles are turned in LDS, so that neighbouring lanes
// read and write neighbouring elements, 16 bytes an access.
#pragma once
#include "walk.h"

// Rows and columns of a tile, as in the manifest.
constexpr u32 SIDE = 64;

// Lines of a tile as they are read. The pitch is odd in words, so that what one line of the result
// needs does not lie in one bank.
template <class T>
struct Lines {
    static constexpr u32 WORD = sizeof(T) < 4 ? 4 / sizeof(T) : 1;
    alignas(16) T at[SIDE][SIDE + WORD];

    template <u32 N>
    DEVICE void put(u32 line, u32 from, const Pack<T, N> &pack) {
        if constexpr (N % WORD == 0 && WORD > 1) {
            for (u32 i = 0; i < N; i += WORD) {
                __builtin_memcpy(__builtin_assume_aligned(&at[line][from + i], 4), &pack.at[i], 4);
            }
        } else {
            for (u32 i = 0; i < N; i++) at[line][from + i] = pack.at[i];
        }
    }

    // Elements that lie across the lines.
    template <u32 N>
    DEVICE Pack<T, N> turned(u32 line, u32 from) const {
        Pack<T, N> pack;
        for (u32 i = 0; i < N; i++) pack.at[i] = at[from + i][line];
        return pack;
    }
};

// How a workgroup shares a tile, N neighbouring elements of a line at a time.
template <u32 N>
struct Share {
    static constexpr u32 ACROSS = SIDE / N, STEP = BLOCK / ACROSS, PASSES = SIDE / STEP;
    DEVICE static u32 at() { return work_item() % ACROSS * N; }
    DEVICE static u32 line(u32 pass) { return pass * STEP + work_item() / ACROSS; }
};

// The tile of a workgroup: of `rows` by `columns` those from `row` and `column` on. Workgroups that
// run at a time take tiles of a square, so that what both sides touch lies close together.
struct TileAt {
    u32 row, column, rows, columns;

    DEVICE TileAt(u32 all_rows, u32 all_columns) {
        constexpr u32 BAND = 8;
        const u32 across = (all_columns + SIDE - 1) / SIDE, down = (all_rows + SIDE - 1) / SIDE;
        const u32 tile = block_y() * across + block_x();
        const u32 band = tile / (BAND * across) * BAND, in_band = tile % (BAND * across);
        const u32 height = least(down - band, BAND);
        row = (band + in_band % height) * SIDE;
        column = in_band / height * SIDE;
        rows = least(all_rows - row, SIDE);
        columns = least(all_columns - column, SIDE);
    }

    DEVICE bool is_whole() const { return rows == SIDE && columns == SIDE; }
};

// y[r * y_stride + c] = f(x[r + c * x_stride], r, c) for a whole tile; `x` and `y` are where it
// begins. `before` is called once the reads are under way, for others to follow them.
template <u32 N, class T, class B, class F>
DEVICE void turn_whole(Lines<T> &lines, const T *x, u64 x_stride, T *y, u64 y_stride, B before, F f) {
    typedef Share<N> S;
    Pack<T, N> held[S::PASSES];
#pragma unroll
    for (u32 pass = 0; pass < S::PASSES; pass++) {
        held[pass] = load<N>(x + S::line(pass) * x_stride + S::at());
    }
    before();
#pragma unroll
    for (u32 pass = 0; pass < S::PASSES; pass++) {
        lines.template put<N>(S::line(pass), S::at(), held[pass]);
    }
    barrier();
#pragma unroll
    for (u32 pass = 0; pass < S::PASSES; pass++) {
        const u32 line = S::line(pass);
        store(y + line * y_stride + S::at(), f(lines.template turned<N>(line, S::at()), pass));
    }
}

// As turn_whole, for the tile's rows and columns that exist, N elements an access; N divides all.
template <u32 N, class T, class F>
DEVICE void turn_part(Lines<T> &lines, const TileAt &tile, const T *x, u64 x_stride, T *y,
                      u64 y_stride, F f) {
    typedef Share<N> S;
#pragma unroll 4
    for (u32 pass = 0; pass < S::PASSES; pass++) {
        const u32 line = S::line(pass);
        if (line < tile.columns && S::at() < tile.rows) {
            lines.template put<N>(line, S::at(), load<N>(x + line * x_stride + S::at()));
        }
    }
    barrier();
#pragma unroll 4
    for (u32 pass = 0; pass < S::PASSES; pass++) {
        const u32 line = S::line(pass);
        if (line < tile.rows && S::at() < tile.columns) {
            store(y + line * y_stride + S::at(), f(lines.template turned<N>(line, S::at()), line));
        }
    }
}

// y[r * y_stride + c] = f(x[r + c * x_stride]) for the tile of this workgroup, each access as wide as
// addresses allow. `batch` walks over the matrices in `x` and in `y`.
template <class T, class F>
DEVICE void turn_map(Lines<T> &lines, const T *x, T *y, u32 rows, u32 columns, u32 x_stride,
                     u32 y_stride, const Walk<2> &batch, F f) {
    constexpr u32 N = LANES<T>, WORD = Lines<T>::WORD;
    u64 offsets[2];
    batch.locate(block_z(), offsets);
    const TileAt tile(rows, columns);
    x += offsets[0] + tile.row + static_cast<u64>(tile.column) * x_stride;
    y += offsets[1] + tile.column + static_cast<u64>(tile.row) * y_stride;
    const auto each = [=](auto pack, u32) {
        for (u32 k = 0; k < sizeof(pack) / sizeof(T); k++) pack.at[k] = f(pack.at[k]);
        return pack;
    };
    const bool even = (x_stride | y_stride) % N == 0 || PACK_ALIGNMENT<T, N> == sizeof(T);
    if (tile.is_whole() && even && aligned<N>(x, y)) {
        turn_whole<N>(lines, x, x_stride, y, y_stride, [] {}, each);
    } else if ((tile.rows | tile.columns | x_stride | y_stride) % WORD == 0 && aligned<WORD>(x, y)) {
        turn_part<WORD>(lines, tile, x, x_stride, y, y_stride, each);
    } else {
        turn_part<1>(lines, tile, x, x_stride, y, y_stride, each);
    }
}
