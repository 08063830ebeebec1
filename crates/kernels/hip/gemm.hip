// Products of matrices: c = a b for each batch.
//
// A workgroup computes a tile of `c`. The tiles of `a` and `b` for the next step are read into
// registers while those of this step are multiplied from LDS: by matrix instructions where the
// target has them for the type, else by work-items that each hold a square of the tile.
#include "parts.h"
#include "product.h"

template <class Product, class T, u32 ROWS, u32 COLUMNS>
DEVICE void multiply_tile(const Operand<T> &a, const Operand<T> &b, const Summed<T> &c) {
    typedef Tile<T, ROWS> TileA;
    typedef Tile<T, COLUMNS> TileB;
    alignas(16) SHARED typename TileA::Stored shared_a[TileA::SIZE];
    alignas(16) SHARED typename TileB::Stored shared_b[TileB::SIZE];
    const u32 row0 = block_y() * ROWS, column0 = block_x() * COLUMNS;
    const Access access_a = access_of(a), access_b = access_of(b);
    Product product;
    product.clear();
    TileA tile_a;
    TileB tile_b;
    tile_a.fetch(a, access_a, row0, 0);
    tile_b.fetch(b, access_b, column0, 0);
    for (u32 k = 0; k < a.depth; k += TileA::DEPTH) {
        tile_a.stash(shared_a, a, access_a, row0, k);
        tile_b.stash(shared_b, b, access_b, column0, k);
        barrier();
        if (k + TileA::DEPTH < a.depth) {
            tile_a.fetch(a, access_a, row0, k + TileA::DEPTH);
            tile_b.fetch(b, access_b, column0, k + TileA::DEPTH);
        }
        product.multiply(shared_a, shared_b);
        barrier();
    }
    c.take(product, row0, column0);
}

template <class T, u32 ROWS, u32 COLUMNS>
DEVICE void gemm(const T *a, const T *b, void *c, u32 m, u32 n, u32 k, u32 a_row, u32 a_column,
                 u32 b_row, u32 b_column, u32 part_size, const Walk<2> &batch) {
    const PartOf part(block_z(), part_size, k);
    u64 offsets[2];
    batch.locate(part.whole ? block_z() : 0, offsets);
    const Operand<T> from_a = part_of(Operand<T>{a + offsets[0], m, k, a_row, a_column}, part);
    const Operand<T> from_b = part_of(Operand<T>{b + offsets[1], n, k, b_column, b_row}, part);
    const Summed<T> to = {c, m, n, part.whole};
    if constexpr (Matrix<T>::EXISTS) {
        multiply_tile<ByWave<T, ROWS, COLUMNS>, T, ROWS, COLUMNS>(from_a, from_b, to);
    } else {
        multiply_tile<ByWorkItem<T, ROWS, COLUMNS>, T, ROWS, COLUMNS>(from_a, from_b, to);
    }
}
