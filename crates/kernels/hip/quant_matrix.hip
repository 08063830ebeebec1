// Products of packed weights and many rows of activations: tiles of the weights become bf16 on their
// way to LDS, and the matrix instructions do the rest, as in gemm.hip. bf16 has the range of f32, so
// no weight or activation overflows; its rounding is finer than that of activations to bytes.
#define MOVED_READS
#include "product.h"
#include "unpack.h"

// COLUMNS rows of weights, 32 values of each: a group for each work-item, as far as there are any.
template <class B, u32 COLUMNS>
struct PackedTile {
    typedef Tile<bf16, COLUMNS> T;
    static_assert(T::DEPTH == 32, "two groups are a row of the tile");
    Group held;

    DEVICE static bool takes_part() { return work_item() < COLUMNS * 2; }
    DEVICE static u32 column() { return work_item() / 2; }
    DEVICE static u32 half() { return work_item() % 2; }

    // Reads the tile that starts at row `column0` of n, value k0 of k. Past the end the last row is
    // read again; what comes of it is not written.
    DEVICE void fetch(const u8 *w, u32 n, u32 k, u32 column0, u32 k0) {
        if (!takes_part()) return;
        const u32 group = k0 % B::VALUES / 16 + half();
        const u64 row = least(column0 + column(), n - 1);
        const u8 *block = w + (row * (k / B::VALUES) + k0 / B::VALUES) * B::BYTES;
        held = B::group(block, B::piece_of(group), B::part_of(group));
    }

    DEVICE f32 value(u32 i) const {
        const i32 quant = static_cast<signed char>(held.quants[i / 4] >> i % 4 * 8);
        return __builtin_fmaf(held.scale, static_cast<f32>(quant - B::ZERO), -held.min);
    }

    DEVICE void stash(typename T::Stored *tile) const {
        if (!takes_part()) return;
        if constexpr (T::BY_ROWS) {
            Vector<u32, 4> words[2];
            for (u32 i = 0; i < 8; i++) words[i / 4][i % 4] = two_bf16(value(2 * i), value(2 * i + 1));
            void *to = __builtin_assume_aligned(tile + T::index({column(), half() * 16}), 16);
            __builtin_memcpy(to, words, sizeof(words));
        } else {
            for (u32 i = 0; i < 16; i++) tile[T::index({column(), half() * 16 + i})] = value(i);
        }
    }
};

template <class Product, class B, u32 ROWS, u32 COLUMNS>
DEVICE void multiply_packed(const Operand<bf16> &x, const u8 *w, u32 n, const Destination<f32> &y) {
    typedef Tile<bf16, ROWS> TileX;
    typedef PackedTile<B, COLUMNS> TileW;
    alignas(16) SHARED typename TileX::Stored shared_x[TileX::SIZE];
    alignas(16) SHARED typename TileW::T::Stored shared_w[TileW::T::SIZE];
    const u32 row0 = block_y() * ROWS, column0 = block_x() * COLUMNS;
    const Access access = Access::ALONG_DEPTH;
    Product product;
    product.clear();
    TileX tile_x;
    TileW tile_w;
    tile_x.fetch(x, access, row0, 0);
    tile_w.fetch(w, n, x.depth, column0, 0);
    for (u32 k = 0; k < x.depth; k += TileX::DEPTH) {
        tile_x.stash(shared_x, x, access, row0, k);
        tile_w.stash(shared_w);
        barrier();
        if (k + TileX::DEPTH < x.depth) {
            tile_x.fetch(x, access, row0, k + TileX::DEPTH);
            tile_w.fetch(w, n, x.depth, column0, k + TileX::DEPTH);
        }
        product.multiply(shared_x, shared_w);
        barrier();
    }
    product.write(y, row0, column0);
}

// y = x times the transposed weights: x is m by k and adjacent, its address a multiple of 16; the
// weights are n by k.
template <class B, u32 ROWS, u32 COLUMNS>
DEVICE void packed_gemm(const bf16 *x, const u8 *w, f32 *y, u32 m, u32 n, u32 k) {
    const Operand<bf16> from = {x, m, k, k, 1};
    const Destination<f32> to = {y, m, n};
    if constexpr (Matrix<bf16>::EXISTS) {
        multiply_packed<ByWave<bf16, ROWS, COLUMNS>, B, ROWS, COLUMNS>(from, w, n, to);
    } else {
        multiply_packed<ByWorkItem<bf16, ROWS, COLUMNS>, B, ROWS, COLUMNS>(from, w, n, to);
    }
}
