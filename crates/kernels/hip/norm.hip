// Normalisation along the last dimension.
#define CHECKED_PACKS
#include "math.h"
#include "rows.h"

// Whether registers hold what all rows share beside the row itself: more than 64 bytes of each cost
// too many waves.
template <class T, u32 WORKERS, u32 HELD, u32 PACK>
constexpr bool reads_ahead = sizeof(T) * HELD <= 64 && WORKERS < MANY && PACK > 1;

// --- y = x / sqrt(mean(x^2) + epsilon) * scale ---------------------------------------------------

template <class T, u32 WORKERS, u32 HELD, u32 PACK>
DEVICE void rms_norm_row(const T *x, const T *scale, T *y, u32 columns, f32 epsilon) {
    typedef Compute<T> C;
    typedef Row<T, WORKERS, HELD, PACK> R;
    const R row(x, columns);
    const Shared<R, T, reads_ahead<T, WORKERS, HELD, PACK>> factors(scale, columns);
    C mean = row.reduce(0, [](C value) { return value * value; }, Sum()) / C(columns);
    C factor = 1 / math::sqrt(mean + C(epsilon));
    row.write(y, [&](Pack<T, PACK> pack, u32 k) {
        const Pack<T, PACK> by = factors.pack(k);
        for (u32 i = 0; i < PACK; i++) {
            C value = computed(pack.at[i]) * factor * computed(by.at[i]);
            pack.at[i] = static_cast<T>(value);
        }
        return pack;
    });
}

template <class T, u32 WORKERS, u32 HELD>
DEVICE void rms_norm_held(const T *x, const T *scale, T *y, u32 rows, u32 columns, f32 epsilon) {
    u32 index = row_of<WORKERS>();
    if (index >= rows) return;
    u64 start = static_cast<u64>(index) * columns;
    if (aligned<LANES<T>>(x, scale, y) && columns % LANES<T> == 0) {
        rms_norm_row<T, WORKERS, HELD, LANES<T>>(x + start, scale, y + start, columns, epsilon);
    } else {
        rms_norm_row<T, WORKERS, HELD, 1>(x + start, scale, y + start, columns, epsilon);
    }
}

template <class T>
DEVICE void rms_norm_group(const T *x, const T *scale, T *y, u32 rows, u32 columns, f32 epsilon) {
    rms_norm_held<T, FEW, 16>(x, scale, y, rows, columns, epsilon);
}

template <class T>
DEVICE void rms_norm_wave(const T *x, const T *scale, T *y, u32 rows, u32 columns, f32 epsilon) {
    rms_norm_held<T, SOME, 32>(x, scale, y, rows, columns, epsilon);
}

template <class T>
DEVICE void rms_norm_short(const T *x, const T *scale, T *y, u32 rows, u32 columns, f32 epsilon) {
    rms_norm_held<T, BLOCK, 16>(x, scale, y, rows, columns, epsilon);
}

template <class T>
DEVICE void rms_norm_block(const T *x, const T *scale, T *y, u32 rows, u32 columns, f32 epsilon) {
    rms_norm_held<T, BLOCK, 32>(x, scale, y, rows, columns, epsilon);
}

template <class T>
DEVICE void rms_norm_wide(const T *x, const T *scale, T *y, u32 rows, u32 columns, f32 epsilon) {
    rms_norm_held<T, MANY, 32>(x, scale, y, rows, columns, epsilon);
}

template <class T, u32 PACK>
DEVICE void rms_norm_twice(const T *x, const T *scale, T *y, u32 columns, f32 epsilon) {
    typedef Compute<T> C;
    C sum = 0;
    for_elements<MANY, PACK>(x, 0, columns, [&](C value, u32) { sum += value * value; });
    C mean = reduce_workgroup<MANY>(sum, Sum()) / C(columns);
    C factor = 1 / math::sqrt(mean + C(epsilon));
    map_long_row<MANY, PACK>(x, y, 0, columns, [=](C value, u32 column) {
        return value * factor * computed(scale[column]);
    });
}

template <class T>
DEVICE void rms_norm_long(const T *x, const T *scale, T *y, u32, u32 columns, f32 epsilon) {
    u64 start = static_cast<u64>(block_x()) * columns;
    if (aligned<LANES<T>>(x, y) && columns % LANES<T> == 0) {
        rms_norm_twice<T, LANES<T>>(x + start, scale, y + start, columns, epsilon);
    } else {
        rms_norm_twice<T, 1>(x + start, scale, y + start, columns, epsilon);
    }
}

// --- y = (x - mean(x)) / sqrt(variance(x) + epsilon) * scale + shift -----------------------------

template <class T, u32 WORKERS, u32 HELD, u32 PACK>
DEVICE void layer_norm_row(const T *x, const T *scale, const T *shift, T *y, u32 columns,
                           f32 epsilon) {
    typedef Compute<T> C;
    typedef Row<T, WORKERS, HELD, PACK> R;
    const R row(x, columns);
    const Shared<R, T, reads_ahead<T, WORKERS, HELD, PACK>> factors(scale, columns), terms(shift, columns);
    C mean = row.reduce(0, [](C value) { return value; }, Sum()) / C(columns);
    auto square = [=](C value) { return (value - mean) * (value - mean); };
    C variance = row.reduce(0, square, Sum()) / C(columns);
    C factor = 1 / math::sqrt(variance + C(epsilon));
    row.write(y, [&](Pack<T, PACK> pack, u32 k) {
        const Pack<T, PACK> by = factors.pack(k), more = terms.pack(k);
        for (u32 i = 0; i < PACK; i++) {
            C value = (computed(pack.at[i]) - mean) * factor * computed(by.at[i]);
            pack.at[i] = static_cast<T>(value + computed(more.at[i]));
        }
        return pack;
    });
}

template <class T, u32 WORKERS, u32 HELD>
DEVICE void layer_norm_held(const T *x, const T *scale, const T *shift, T *y, u32 rows,
                            u32 columns, f32 epsilon) {
    u32 index = row_of<WORKERS>();
    if (index >= rows) return;
    u64 start = static_cast<u64>(index) * columns;
    x += start;
    y += start;
    if (aligned<LANES<T>>(x, scale, shift, y) && columns % LANES<T> == 0) {
        layer_norm_row<T, WORKERS, HELD, LANES<T>>(x, scale, shift, y, columns, epsilon);
    } else {
        layer_norm_row<T, WORKERS, HELD, 1>(x, scale, shift, y, columns, epsilon);
    }
}

template <class T>
DEVICE void layer_norm_group(const T *x, const T *scale, const T *shift, T *y, u32 rows,
                             u32 columns, f32 epsilon) {
    layer_norm_held<T, FEW, 16>(x, scale, shift, y, rows, columns, epsilon);
}

template <class T>
DEVICE void layer_norm_wave(const T *x, const T *scale, const T *shift, T *y, u32 rows,
                            u32 columns, f32 epsilon) {
    layer_norm_held<T, SOME, 32>(x, scale, shift, y, rows, columns, epsilon);
}

template <class T>
DEVICE void layer_norm_short(const T *x, const T *scale, const T *shift, T *y, u32 rows,
                            u32 columns, f32 epsilon) {
    layer_norm_held<T, BLOCK, 16>(x, scale, shift, y, rows, columns, epsilon);
}

template <class T>
DEVICE void layer_norm_block(const T *x, const T *scale, const T *shift, T *y, u32 rows,
                             u32 columns, f32 epsilon) {
    layer_norm_held<T, BLOCK, 32>(x, scale, shift, y, rows, columns, epsilon);
}

template <class T>
DEVICE void layer_norm_wide(const T *x, const T *scale, const T *shift, T *y, u32 rows,
                            u32 columns, f32 epsilon) {
    layer_norm_held<T, MANY, 32>(x, scale, shift, y, rows, columns, epsilon);
}

template <class T, u32 PACK>
DEVICE void layer_norm_thrice(const T *x, const T *scale, const T *shift, T *y, u32 columns,
                              f32 epsilon) {
    typedef Compute<T> C;
    C sum = 0, squares = 0;
    for_elements<MANY, PACK>(x, 0, columns, [&](C value, u32) { sum += value; });
    C mean = reduce_workgroup<MANY>(sum, Sum()) / C(columns);
    for_elements<MANY, PACK>(x, 0, columns,
                             [&](C value, u32) { squares += (value - mean) * (value - mean); });
    C variance = reduce_workgroup<MANY>(squares, Sum()) / C(columns);
    C factor = 1 / math::sqrt(variance + C(epsilon));
    map_long_row<MANY, PACK>(x, y, 0, columns, [=](C value, u32 column) {
        C scaled = (value - mean) * factor * computed(scale[column]);
        return scaled + computed(shift[column]);
    });
}

template <class T>
DEVICE void layer_norm_long(const T *x, const T *scale, const T *shift, T *y, u32, u32 columns,
                            f32 epsilon) {
    u64 start = static_cast<u64>(block_x()) * columns;
    x += start;
    y += start;
    if (aligned<LANES<T>>(x, y) && columns % LANES<T> == 0) {
        layer_norm_thrice<T, LANES<T>>(x, scale, shift, y, columns, epsilon);
    } else {
        layer_norm_thrice<T, 1>(x, scale, shift, y, columns, epsilon);
    }
}
