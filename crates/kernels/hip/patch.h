// Patches of images on their way from memory to LDS: the columns of a convolution's product.
//
// Nothing is unfolded in memory: column `p` is an output pixel, row `k` a tap of a channel, and the
// element of both is where that tap of that pixel reads the image, or 0 in the padding. Reads have no
// conditions, so that all are on their way together while the tile before is multiplied; what is
// outside reads something else, and is put right on its way to LDS.
#pragma once
#include "axis.h"
#include "tile.h"

// The images of a convolution. `depth` is channels times taps; outputs are numbered by batch, row
// and column.
template <class T>
struct Images {
    const T *data;
    u32 depth, pixels;
    u32 batch_stride, channel_stride;
    const Axis &h, &w;
};

// A row of the product: where it reads, as seen from tap 0 of channel 0. Rows follow each other, so
// that only the first of a work-item's is found by division.
template <class T>
struct Tap {
    u32 k, number_across, number_down;
    i32 across, down;
    i64 offset;

    DEVICE static Tap of(const Images<T> &images, u32 k) {
        Tap tap;
        tap.k = k;
        tap.number_across = images.w.taps.split(k);
        tap.number_down = images.h.taps.split(k);
        tap.across = static_cast<i32>(tap.number_across) * images.w.tap;
        tap.down = static_cast<i32>(tap.number_down) * images.h.tap;
        tap.offset = static_cast<i64>(static_cast<u64>(k) * images.channel_stride) +
                     static_cast<i64>(tap.down) * images.h.x_stride +
                     static_cast<i64>(tap.across) * images.w.x_stride;
        return tap;
    }

    DEVICE u32 exists(const Images<T> &images) const { return k < images.depth; }

    DEVICE void advance(const Images<T> &images) {
        const Axis &h = images.h, &w = images.w;
        const i64 by_column = static_cast<i64>(w.tap) * w.x_stride;
        const i64 by_row = static_cast<i64>(h.tap) * h.x_stride;
        k++;
        number_across++;
        across += w.tap;
        offset += by_column;
        if (number_across < w.taps.divisor) return;
        number_across = 0;
        across = 0;
        number_down++;
        down += h.tap;
        offset += by_row - by_column * w.taps.divisor;
        if (number_down < h.taps.divisor) return;
        number_down = 0;
        down = 0;
        offset += static_cast<i64>(images.channel_stride) - by_row * h.taps.divisor;
    }
};

// An output: where its tap 0 is in the image, and would be in memory, were there no padding.
template <class T>
struct Pixel {
    // Outside whichever the tap: sizes and distances are below 2^30.
    static constexpr i32 OUTSIDE = -(1 << 30);
    const T *origin;
    i32 row, column;

    DEVICE static Pixel of(const Images<T> &images, u32 number) {
        const bool exists = number < images.pixels;
        const u32 across = images.w.outputs.split(number);
        const u32 down = images.h.outputs.split(number);
        Pixel pixel;
        pixel.row = images.h.input(down);
        pixel.column = images.w.input(across);
        pixel.origin = images.data + static_cast<u64>(number) * images.batch_stride +
                       static_cast<i64>(pixel.row) * images.h.x_stride +
                       static_cast<i64>(pixel.column) * images.w.x_stride;
        if (!exists) pixel.row = OUTSIDE;
        return pixel;
    }
};

// A tile's columns, one pixel a work-item: work-items side by side read pixels side by side, and all
// of a wave the same rows, which so cost it nothing to find. For any strides.
template <class T, u32 COLUMNS>
struct SinglePixels {
    typedef Tile<T, COLUMNS> In;
    static constexpr u32 ROWS = COLUMNS * In::DEPTH / BLOCK;
    T held[ROWS];
    u32 outside;  // a bit for each row
    Pixel<T> pixel;

    DEVICE static u32 column() { return work_item() % COLUMNS; }
    DEVICE static u32 first_row() {
        u32 group = work_item() / COLUMNS;
        // There are scalar registers for so many.
        if constexpr (ROWS <= 8) group = __builtin_amdgcn_readfirstlane(group);
        return group * ROWS;
    }

    DEVICE void start(const Images<T> &images, u32 column0) {
        pixel = Pixel<T>::of(images, column0 + column());
    }

    // Reads the tile's rows from `k0` on ahead.
    DEVICE void fetch(const Images<T> &images, u32 k0) {
        outside = 0;
        Tap<T> tap = Tap<T>::of(images, k0 + first_row());
#pragma unroll
        for (u32 i = 0; i < ROWS; i++) {
            if (i > 0) tap.advance(images);
            const u32 in_row = images.h.holds(pixel.row + tap.down);
            const u32 in_column = images.w.holds(pixel.column + tap.across);
            const u32 inside = tap.exists(images) & in_row & in_column;
            const T *address = pixel.origin + tap.offset;
            held[i] = *(inside ? address : images.data);
            outside |= (inside ^ 1) << i;
        }
    }

    // Writes to LDS what `fetch` read.
    DEVICE void stash(typename In::Stored *tile) const {
        struct alignas(In::BY_ROWS && ROWS * sizeof(T) >= 16 ? 16 : sizeof(typename In::Stored)) {
            typename In::Stored at[ROWS];
        } rows;
#pragma unroll
        for (u32 i = 0; i < ROWS; i++) {
            rows.at[i] = outside >> i & 1 ? typename In::Stored(0)
                                          : static_cast<typename In::Stored>(held[i]);
        }
        tile += In::index({column(), first_row()});
        if constexpr (In::BY_ROWS) {
            *reinterpret_cast<decltype(rows) *>(tile) = rows;
        } else {
            for (u32 i = 0; i < ROWS; i++) tile[i * In::PITCH] = rows.at[i];
        }
    }
};

// Elements as they lie in memory, to be moved.
struct Bits128 {
    u64 low, high;

    // Towards higher and lower addresses, by less than 128 bits; zeros come in.
    DEVICE Bits128 up(u32 by) const {
        const u64 across = low >> 1 >> (63 - (by & 63));
        return by < 64 ? Bits128{low << by, high << by | across} : Bits128{0, low << (by & 63)};
    }
    DEVICE Bits128 down(u32 by) const {
        const u64 across = high << 1 << (63 - (by & 63));
        return by < 64 ? Bits128{low >> by | across, high >> by} : Bits128{high >> (by & 63), 0};
    }
};

// A tile's columns, 16 bytes of pixels side by side a work-item, for images where those read 16
// bytes side by side: outputs at a stride of 1, in rows that are rounded up to whole packs, from rows
// of at least one.
template <class T, u32 COLUMNS>
struct PixelPacks {
    typedef Tile<T, COLUMNS> In;
    static constexpr u32 N = LANES<T>, GROUPS = COLUMNS / N;
    static constexpr u32 ROWS = COLUMNS * In::DEPTH / BLOCK / N;
    Bits128 held[ROWS];
    i32 shift[ROWS];  // how many elements a pack was read too far in; N or more where outside
    Pixel<T> pixel;

    DEVICE static u32 column() { return work_item() % GROUPS * N; }
    DEVICE static u32 first_row() { return work_item() / GROUPS * ROWS; }

    DEVICE void start(const Images<T> &images, u32 column0) {
        pixel = Pixel<T>::of(images, column0 + column());
    }

    // Reads the tile's rows from `k0` on ahead; packs that reach out of the image further inside.
    DEVICE void fetch(const Images<T> &images, u32 k0) {
        const i32 last = static_cast<i32>(images.w.size - N);
        Tap<T> tap = Tap<T>::of(images, k0 + first_row());
#pragma unroll
        for (u32 i = 0; i < ROWS; i++) {
            if (i > 0) tap.advance(images);
            const u32 inside = tap.exists(images) & images.h.holds(pixel.row + tap.down);
            const i32 at = pixel.column + tap.across, from = at < 0 ? 0 : at > last ? last : at;
            const T *address = pixel.origin + tap.offset + (from - at);
            __builtin_memcpy(held + i, inside ? address : images.data, sizeof(Bits128));
            shift[i] = inside ? from - at : static_cast<i32>(N);
        }
    }

    // A pack as it is in the image, with 0 outside.
    DEVICE Pack<T, N> settled(u32 i) const {
        struct alignas(16) Packed {
            Pack<T, N> pack;
        };
        Bits128 bits = held[i];
        if (shift[i] != 0) {
            const u32 by = static_cast<u32>(shift[i] < 0 ? -shift[i] : shift[i]);
            const u32 width = by % N * 8 * sizeof(T);
            bits = shift[i] > 0 ? bits.up(width) : bits.down(width);
            if (by >= N) bits = Bits128{0, 0};
        }
        return __builtin_bit_cast(Packed, bits).pack;
    }

    // Writes to LDS what `fetch` read.
    DEVICE void stash(typename In::Stored *tile) const {
        Pack<T, N> packs[ROWS];
#pragma unroll
        for (u32 i = 0; i < ROWS; i++) packs[i] = settled(i);
        tile += In::index({column(), first_row()});
        if constexpr (In::BY_ROWS) {
#pragma unroll
            for (u32 j = 0; j < N; j++) {
                Pack<T, ROWS> rows;
                for (u32 i = 0; i < ROWS; i++) rows.at[i] = packs[i].at[j];
                *reinterpret_cast<Pack<T, ROWS> *>(tile + j * In::PITCH) = rows;
            }
        } else {
#pragma unroll
            for (u32 i = 0; i < ROWS; i++) {
                for (u32 j = 0; j < N; j++) {
                    tile[i * In::PITCH + j] = static_cast<typename In::Stored>(packs[i].at[j]);
                }
            }
        }
    }
};
