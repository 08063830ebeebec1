// Products of matrices that are read in packs of 16 bytes: c = a b for each batch. Large tiles, and no
// more reads of memory than they need; gemm.hip takes operands of any other layout.
//
// Tiles go through LDS: `a` and `b` for the next step are on their way while those of this step are
// multiplied. Where work-items multiply, without matrix instructions, a step has one barrier, since
// two tiles of each are in LDS, if they fit; where matrix instructions do, several workgroups share a
// compute unit, and one multiplies while another waits.
#include "panel.h"
#include "product.h"

// The tiles of `c`, numbered so that those of neighbouring numbers are near each other: workgroups
// that run at once share much of what they read. They go down columns of 2048 rows.
template <u32 ROWS, u32 COLUMNS>
struct NearTiles {
    static constexpr u32 HEIGHT = 2048 / ROWS;
    u32 down, across, count;

    DEVICE NearTiles(u32 m, u32 n)
        : down((m + ROWS - 1) / ROWS), across((n + COLUMNS - 1) / COLUMNS), count(down * across) {}

    DEVICE u32 row0(u32 number) const {
        const u32 first = number / (HEIGHT * across) * HEIGHT;
        return (first + (number - first * across) % least(HEIGHT, down - first)) * ROWS;
    }
    DEVICE u32 column0(u32 number) const {
        const u32 first = number / (HEIGHT * across) * HEIGHT;
        return (number - first * across) / least(HEIGHT, down - first) * COLUMNS;
    }
};

#if defined(REDWICK_MATRIX_WGMMA)
#include "wgmma.h"
#endif

template <class Product, class T, Major A, Major B, u32 ROWS, u32 COLUMNS>
DEVICE void multiply_panels(const Operand<T> &a, const Operand<T> &b, const Summed<T> &c) {
    typedef Panel<T, ROWS, A> PanelA;
    typedef Panel<T, COLUMNS, B> PanelB;
    constexpr u32 BYTES = PanelA::Layout::SIZE * sizeof(typename PanelA::Stored) +
                          PanelB::Layout::SIZE * sizeof(typename PanelB::Stored);
    constexpr u32 TILES = Matrix<T>::EXISTS || BYTES > 24 << 10 ? 1 : 2;
    alignas(16) SHARED typename PanelA::Stored shared_a[TILES][PanelA::Layout::SIZE];
    alignas(16) SHARED typename PanelB::Stored shared_b[TILES][PanelB::Layout::SIZE];
    const NearTiles<ROWS, COLUMNS> tiles(c.rows, c.columns);
    const u32 number = block_y() * tiles.across + block_x();
    const u32 row0 = tiles.row0(number), column0 = tiles.column0(number);
    Product product;
    product.clear();
    PanelA panel_a(a, row0);
    PanelB panel_b(b, column0);
    panel_a.fetch();
    panel_b.fetch();
    u32 tile = 0;
#pragma unroll 1
    for (u32 k = 0; k < a.depth; k += PanelA::DEPTH) {
        panel_a.stash(shared_a[tile]);
        panel_b.stash(shared_b[tile]);
        barrier();
        if (k + PanelA::DEPTH < a.depth) {
            panel_a.fetch();
            panel_b.fetch();
        }
        product.multiply(shared_a[tile], shared_b[tile]);
        if constexpr (TILES == 1) barrier();
        tile = (tile + 1) % TILES;
    }
    c.take(product, row0, column0);
}

// Of an operand, the stride along k is 1 where its Major is Depth, else the other one is.
template <class T, Major A, Major B, u32 ROWS, u32 COLUMNS>
DEVICE void gemm_packed(const T *a, const T *b, void *c, u32 m, u32 n, u32 k, u32 a_row, u32 a_column,
                        u32 b_row, u32 b_column, u32 part_size, const Walk<2> &batch) {
    const PartOf part(block_z(), part_size, k);
    u64 offsets[2] = {0, 0};
    if (batch.rank != 0 && part.whole) batch.locate(block_z(), offsets);
    const Operand<T> from_a = part_of(Operand<T>{a + offsets[0], m, k, a_row, a_column}, part);
    const Operand<T> from_b = part_of(Operand<T>{b + offsets[1], n, k, b_column, b_row}, part);
#if defined(REDWICK_MATRIX_WGMMA)
    // Workgroups that take turns with tiles take all of k.
    if constexpr (Matrix<T>::EXISTS) {
        const Destination<T> to = {static_cast<T *>(c) + static_cast<u64>(block_z()) * m * n, m, n};
        return multiply_by_teams<T, A, B, ROWS, COLUMNS>(from_a, from_b, to);
    }
#endif
    const Summed<T> to = {c, m, n, part.whole};
    if constexpr (Matrix<T>::EXISTS) {
        multiply_panels<ByWave<T, ROWS, COLUMNS>, T, A, B, ROWS, COLUMNS>(from_a, from_b, to);
    } else {
        multiply_panels<ByWorkItem<T, ROWS, COLUMNS>, T, A, B, ROWS, COLUMNS>(from_a, from_b, to);
    }
}
