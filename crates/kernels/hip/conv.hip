// Convolutions of images, also transposed ones (src/axis.rs says how those are convolutions too):
// products of the weights and of patches that are gathered while the tiles are filled.
//
// The weights are a matrix of output channels by input channels and taps. A workgroup computes a
// tile of output channels by pixels, as in gemm.hip.
#include "device.h"

// Short integers are added in 32 bits; what is beyond their own is lost at the end.
template <>
struct ComputeType<u8> {
    typedef u32 type;
};
template <>
struct ComputeType<u16> {
    typedef u32 type;
};

#include "patch.h"
#include "product.h"

// Where outputs go: element `column` of a row is a pixel. Rows of pixels may be longer than those of
// the image, of which there are `columns`.
template <class T>
struct Outputs {
    T *data;
    u32 channels, pixels, columns;
    u32 batch_stride, channel_stride;
    const Axis &h, &w;

    DEVICE void write(u32 channel, u32 pixel, Compute<T> value) const {
        if (channel >= channels || pixel >= pixels) return;
        const u32 across = w.outputs.split(pixel), down = h.outputs.split(pixel);
        if (across >= columns) return;
        T *to = data + static_cast<u64>(pixel) * batch_stride +
                static_cast<u64>(channel) * channel_stride;
        to[static_cast<u64>(down) * h.y_stride + static_cast<u64>(across) * w.y_stride] =
            static_cast<T>(value);
    }

    template <u32 N>
    DEVICE void write_pack(u32 channel, u32 pixel, const Compute<T> *values) const {
        for (u32 i = 0; i < N; i++) write(channel, pixel + i, values[i]);
    }
};

template <class T, u32 SIDE>
using InLds = typename Tile<T, SIDE>::Stored;

// Adds up from `begin` on along the weights' depth.
template <class Columns, class Product, class T, u32 ROWS, u32 COLUMNS>
DEVICE void convolve_tile(const Operand<T> &weight, const Images<T> &images, u32 begin, Access access,
                          Product &product, InLds<T, ROWS> *shared_a, InLds<T, COLUMNS> *shared_b) {
    typedef Tile<T, ROWS> Weights;
    const u32 row0 = block_y() * ROWS, column0 = block_x() * COLUMNS;
    product.clear();
    Weights weights;
    Columns columns;
    columns.start(images, column0);
    weights.fetch(weight, access, row0, begin);
    columns.fetch(images, begin);
    for (u32 k = begin; k < weight.depth; k += Weights::DEPTH) {
        weights.stash(shared_a, weight, access, row0, k);
        columns.stash(shared_b);
        barrier();
        if (k + Weights::DEPTH < weight.depth) {
            weights.fetch(weight, access, row0, k + Weights::DEPTH);
            columns.fetch(images, k + Weights::DEPTH);
        }
        product.multiply(shared_a, shared_b);
        barrier();
    }
}

template <bool BY_WAVE, class T, u32 ROWS, u32 COLUMNS>
struct ChooseProduct {
    typedef ByWorkItem<T, ROWS, COLUMNS> type;
};
template <class T, u32 ROWS, u32 COLUMNS>
struct ChooseProduct<true, T, ROWS, COLUMNS> {
    typedef ByWave<T, ROWS, COLUMNS> type;
};

// Where `part_size` is less than `depth`, z counts parts of it, whose sums go to `y` in the compute type:
// `outputs` of each, for `sum_parts`.
template <class T, u32 ROWS, u32 COLUMNS>
DEVICE void conv(const T *x, const T *weight, void *y, u32 channels, u32 depth, u32 pixels, u32 wide,
                 u32 x_batch, u32 x_channel, u32 y_batch, u32 y_channel, u32 part_size, u32 outputs,
                 const Axis &h, const Axis &w) {
    typedef typename ChooseProduct<Matrix<T>::EXISTS, T, ROWS, COLUMNS>::type Product;
    alignas(16) SHARED InLds<T, ROWS> a[Tile<T, ROWS>::SIZE];
    alignas(16) SHARED InLds<T, COLUMNS> b[Tile<T, COLUMNS>::SIZE];
    const PartOf part(block_z(), part_size, depth);
    const Access access = access_of(Operand<T>{weight, channels, depth, depth, 1});
    const Operand<T> weights = {weight, channels, part.end, depth, 1};
    const Images<T> images = {x, part.end, pixels, x_batch, x_channel, h, w};
    Product product;
    if (wide) {
        typedef PixelPacks<T, COLUMNS> Columns;
        convolve_tile<Columns, Product, T, ROWS, COLUMNS>(weights, images, part.begin, access, product, a, b);
    } else {
        typedef SinglePixels<T, COLUMNS> Columns;
        convolve_tile<Columns, Product, T, ROWS, COLUMNS>(weights, images, part.begin, access, product, a, b);
    }
    const u32 across = wide ? wide : ~0u, row0 = block_y() * ROWS, column0 = block_x() * COLUMNS;
    if (part.whole) {
        T *to = static_cast<T *>(y);
        product.write(Outputs<T>{to, channels, pixels, across, y_batch, y_channel, h, w}, row0, column0);
    } else {
        typedef Compute<T> C;
        C *to = static_cast<C *>(y) + static_cast<u64>(block_z()) * outputs;
        product.write(Outputs<C>{to, channels, pixels, across, y_batch, y_channel, h, w}, row0, column0);
    }
}

// One output a work-item, for few output channels, as in a depthwise convolution: a tile would be
// mostly empty. The weights are the same for all of a workgroup.
template <class T>
DEVICE void conv_direct(const T *x, const T *weight, T *y, u32 channels, u32 depth, u32 pixels, u32,
                        u32 x_batch, u32 x_channel, u32 y_batch, u32 y_channel, u32, u32, const Axis &h,
                        const Axis &w) {
    typedef Compute<T> C;
    const u32 first = block_x() * BLOCK + work_item(), channel = block_y();
    if (first >= pixels) return;
    u32 batch = first;
    const u32 across = w.outputs.split(batch), down = h.outputs.split(batch);
    const u32 taps = h.taps.divisor * w.taps.divisor;
    const T *image = x + static_cast<u64>(batch) * x_batch;
    weight += static_cast<u64>(channel) * depth;
    C sum = 0;
    for (u32 tap = 0; tap < least(taps, depth); tap++) {
        u32 tap_row = tap;
        const u32 tap_column = w.taps.split(tap_row);
        const i32 row = h.input(down) + static_cast<i32>(tap_row) * h.tap;
        const i32 column = w.input(across) + static_cast<i32>(tap_column) * w.tap;
        if (!h.holds(row) || !w.holds(column)) continue;
        const T *from = image + static_cast<u64>(row) * h.x_stride +
                        static_cast<u64>(column) * w.x_stride;
#pragma unroll 4
        for (u32 k = tap; k < depth; k += taps) {
            sum += static_cast<C>(*from) * static_cast<C>(weight[k]);
            from += x_channel;
        }
    }
    const Outputs<T> to = {y, channels, pixels, ~0u, y_batch, y_channel, h, w};
    to.write(channel, first, sum);
}
