// Normalisation along the last dimension.
#define CHECKED_PACKS
#include "math.h"
#include "short_rows.h"

// Whether registers hold what all rows share beside the row itself: more than 64 bytes of both
// together cost too many waves.
template <class T, u32 WORKERS, u32 HELD, u32 PACK, u32 SHARED_ROWS>
constexpr bool reads_ahead = sizeof(T) * HELD * SHARED_ROWS <= 64 && WORKERS < MANY && PACK > 1;

// --- y = x / sqrt(mean(x^2) + epsilon) * scale ---------------------------------------------------

template <class T, u32 WORKERS, u32 HELD, u32 PACK>
DEVICE void rms_norm_row(const T *x, const T *scale, T *y, u32 columns, f32 epsilon) {
    typedef Compute<T> C;
    typedef Row<T, WORKERS, HELD, PACK> R;
    const R row(x, columns);
    const Shared<R, T, reads_ahead<T, WORKERS, HELD, PACK, 1>> factors(scale, columns);
    C mean = row.reduce(0, [](C value) { return value * value; }, Sum()) / C(columns);
    C factor = math::inverse_root<T>(mean + C(epsilon));
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
    C factor = math::inverse_root<T>(mean + C(epsilon));
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
    typedef Shared<R, T, reads_ahead<T, WORKERS, HELD, PACK, 2>> Parameter;
    const Parameter factors(scale, columns), terms(shift, columns);
    C mean = row.reduce(0, [](C value) { return value; }, Sum()) / C(columns);
    auto square = [=](C value) { return (value - mean) * (value - mean); };
    C variance = row.reduce(0, square, Sum()) / C(columns);
    C factor = math::inverse_root<T>(variance + C(epsilon));
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
struct LayerNormRows {
    typedef Compute<T> C;
    const T *x, *scale, *shift;
    T *y;
    u32 rows, columns;
    f32 epsilon;

    template <u32 PACKS>
    DEVICE void of(u32 first) const {
        typedef ShortRows<T, PACKS> R;
        const R held(x, first, rows, columns);
        typename R::P factors[PACKS], terms[PACKS];
        for (u32 p = 0; p < PACKS; p++) {
            factors[p] = R::shared(scale, columns, p);
            terms[p] = R::shared(shift, columns, p);
        }
        C mean[R::ROWS], factor[R::ROWS];
        const C part = 1 / C(columns);
        held.reduce(0, [](C value, u32) { return value; }, Sum(), mean);
        for (u32 r = 0; r < R::ROWS; r++) mean[r] *= part;
        const auto square = [&](C value, u32 r) { return (value - mean[r]) * (value - mean[r]); };
        held.reduce(0, square, Sum(), factor);
        for (u32 r = 0; r < R::ROWS; r++) {
            factor[r] = math::inverse_root<T>(factor[r] * part + C(epsilon));
        }
        held.write(y, [&](C value, u32 r, u32 p, u32 i) {
            const C scaled = (value - mean[r]) * factor[r] * computed(factors[p].at[i]);
            return scaled + computed(terms[p].at[i]);
        });
    }
};

template <class T>
DEVICE void layer_norm_rows(const T *x, const T *scale, const T *shift, T *y, u32 rows,
                            u32 columns, f32 epsilon) {
    for_short_rows<T>(columns, LayerNormRows<T>{x, scale, shift, y, rows, columns, epsilon});
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

// Of whole packs, which lie where packs may: see softmax_half.
template <class T>
DEVICE void layer_norm_half(const T *x, const T *scale, const T *shift, T *y, u32, u32 columns,
                            f32 epsilon) {
    const u64 start = static_cast<u64>(block_x()) * columns;
    layer_norm_row<T, MANY / 2, 64, LANES<T>>(x + start, scale, shift, y + start, columns, epsilon);
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
    C factor = math::inverse_root<T>(variance + C(epsilon));
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
