// Normalisation along the last dimension.
#include "math.h"
#include "rows.h"

// --- y = x / sqrt(mean(x^2) + epsilon) * scale ---------------------------------------------------

template <class T, u32 WORKERS, u32 HELD, u32 PACK>
DEVICE void rms_norm_row(const T *x, const T *scale, T *y, u32 columns, f32 epsilon) {
    typedef Compute<T> C;
    Row<T, WORKERS, HELD, PACK> row(x, columns), factors(scale, columns);
    row.hold(0);
    C mean = row.reduce(0, [](C value, u32) { return value * value; }, Sum()) / C(columns);
    C factor = 1 / math::sqrt(mean + C(epsilon));
    row.map([&](C value, u32 k) { return value * factor * factors.at(k); });
    row.write(y);
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
DEVICE void rms_norm_block(const T *x, const T *scale, T *y, u32 rows, u32 columns, f32 epsilon) {
    rms_norm_held<T, BLOCK, 32>(x, scale, y, rows, columns, epsilon);
}

template <class T>
DEVICE void rms_norm_wide(const T *x, const T *scale, T *y, u32 rows, u32 columns, f32 epsilon) {
    rms_norm_held<T, MANY, 16>(x, scale, y, rows, columns, epsilon);
}

template <class T, u32 PACK>
DEVICE void rms_norm_twice(const T *x, const T *scale, T *y, u32 columns, f32 epsilon) {
    typedef Compute<T> C;
    C sum = 0;
    for_elements<MANY, PACK>(x, 0, columns, [&](C value, u32) { sum += value * value; });
    C mean = reduce_workgroup<MANY>(sum, Sum()) / C(columns);
    C factor = 1 / math::sqrt(mean + C(epsilon));
    map_long_row<MANY, PACK>(x, y, 0, columns, [=](C value, u32 column) {
        return value * factor * static_cast<C>(scale[column]);
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
    typedef Row<T, WORKERS, HELD, PACK> Held;
    // The registers do not hold three rows of f64: those that all rows share are read last.
    constexpr bool AHEAD = sizeof(T) < 8;
    Held row(x, columns), factors(scale, AHEAD ? columns : 0), terms(shift, AHEAD ? columns : 0);
    row.hold(0);
    C mean = row.reduce(0, Sum()) / C(columns);
    auto square = [=](C value, u32 k) {
        bool there = Held::column(k) + k % PACK < columns;
        return there ? (value - mean) * (value - mean) : C(0);
    };
    C variance = row.reduce(0, square, Sum()) / C(columns);
    C factor = 1 / math::sqrt(variance + C(epsilon));
    row.map([&](C value, u32 k) {
        const u32 column = least(Held::column(k) + k % PACK, columns - 1);
        const C by = AHEAD ? factors.at(k) : static_cast<C>(scale[column]);
        const C more = AHEAD ? terms.at(k) : static_cast<C>(shift[column]);
        return (value - mean) * factor * by + more;
    });
    row.write(y);
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
DEVICE void layer_norm_block(const T *x, const T *scale, const T *shift, T *y, u32 rows,
                             u32 columns, f32 epsilon) {
    layer_norm_held<T, BLOCK, 32>(x, scale, shift, y, rows, columns, epsilon);
}

template <class T>
DEVICE void layer_norm_wide(const T *x, const T *scale, const T *shift, T *y, u32 rows,
                            u32 columns, f32 epsilon) {
    layer_norm_held<T, MANY, 16>(x, scale, shift, y, rows, columns, epsilon);
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
        C scaled = (value - mean) * factor * static_cast<C>(scale[column]);
        return scaled + static_cast<C>(shift[column]);
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
