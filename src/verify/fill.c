/* SPDX-License-Identifier: Apache-2.0 */
/* The data of the cases: random numbers, and the special values every scalar function must get
 * right. */
#include "verify/case.h"
#include "verify/draw.h"
#include "verify/storage.h"

#include <float.h>
#include <math.h>

static const double specials[] = {
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    0x1p-149,
    -0x1p-149,
    0x1.fffffcp-127,
    -0x1.fffffcp-127,
    FLT_MIN,
    -FLT_MIN,
    FLT_EPSILON,
    -FLT_EPSILON,
    0x1p-24,
    -0x1p-24,
    FLT_MAX,
    -FLT_MAX,
    INFINITY,
    -INFINITY,
    NAN,
    0x1.000002p0,
    0x1.fffffep-1,
    88.5,
    -88.5,
    89.0,
    -103.5,
    -104.5,
    8388607.5,
    -8388607.5,
    16777216.0,
    -16777217.0,
    2147483648.0,
    -2147483648.0,
    1e10,
    -1e10,
    1e20,
    -1e20,
    1e-20,
    -1e-20,
    1e-38,
    -1e-38,
    3.1415927,
    -1.5707964,
    0.69314718,
    10.0,
    -10.0,
    0.3,
    -0.7,
    1e-3,
    -1e-3,
    2.5,
};
enum { SPECIALS = sizeof specials / sizeof specials[0] };

/* Any sign and any exponent; now and then a special value. */
static double any_number(uint64_t *state) {
    if (sc_draw_below(state, 4) == 0) return specials[sc_draw_below(state, SPECIALS)];
    double size = ldexp(1 + sc_draw_uniform(state), (int)sc_draw_below(state, 60) - 40);
    return sc_draw_below(state, 2) ? size : -size;
}

static double special(uint64_t *state, int64_t i, int operand) {
    int64_t pairs = operand == 0 ? i : i / SPECIALS; /* every special with every special */
    bool listed = operand == 0 ? i < (int64_t)SPECIALS * SPECIALS : i / SPECIALS < SPECIALS;
    return listed ? specials[pairs % SPECIALS] : any_number(state);
}

/* Whole numbers, for integer operands: the ends of the range and what divides badly. */
static double special_whole(uint64_t *state, int64_t i, int operand) {
    static const double whole[] = {0,
                                   1,
                                   -1,
                                   2,
                                   -2,
                                   3,
                                   -7,
                                   255,
                                   256,
                                   65536,
                                   -65537,
                                   2147483647.0,
                                   -2147483647.0,
                                   -2147483648.0};
    const int64_t count = sizeof whole / sizeof whole[0];
    if (i >= count * count) return (double)(int32_t)sc_draw_next(state);
    return whole[operand == 0 ? i % count : i / count % count];
}

static double wide(uint64_t *state) {
    double size = 100 * pow(sc_draw_uniform(state), 4);
    return sc_draw_below(state, 2) ? size : -size;
}

static double with_nan(uint64_t *state) {
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    double value = sc_draw_uniform(state) * 4 - 2;
    return sc_draw_below(state, 16) == 0 ? odd[sc_draw_below(state, 3)] : value;
}

static double wild_index(uint64_t *state, int64_t limit) {
    switch (sc_draw_below(state, 8)) {
    case 0:
        return -1 - (double)sc_draw_below(state, 3);
    case 1:
        return (double)(limit + sc_draw_below(state, 3));
    case 2:
        return sc_draw_below(state, 2) ? -2147483648.0 : 2147483647.0;
    default:
        return (double)sc_draw_below(state, limit);
    }
}

/* Number `i` of those that go round all from -2 to beyond the limit, by steps of a prime that does
 * not divide how many there are: one of the three does not. */
static double different(const sc_verify_case *test, int index, int64_t i) {
    const int64_t count = sc_tensor_elements(&test->desc.tensor[index]);
    const int64_t span = test->limit + 4 > count ? test->limit + 4 : count;
    const int64_t step = span % 31 ? 31 : span % 37 ? 37 : 41;
    return (double)((i * step + 3) % span - 2);
}

/* A tap of the window of output `i` under which there is data. */
static double valid_tap(uint64_t *state, const sc_op_desc *desc, int64_t i) {
    const sc_window *window = &desc->attr.pool.window;
    const sc_tensor_desc *dy = &desc->tensor[0], *dx = &desc->tensor[desc->inputs];
    int64_t at[2] = {i / dy->dim[3] % dy->dim[2], i % dy->dim[3]};
    for (;;) {
        bool inside = true;
        int64_t tap[2];
        for (int axis = 0; axis < 2; axis++) {
            tap[axis] = sc_draw_below(state, window->kernel[axis]);
            int64_t x = at[axis] * window->stride[axis] - window->pad_before[axis] +
                        tap[axis] * window->dilation[axis];
            inside &= x >= 0 && x < dx->dim[2 + axis];
        }
        if (inside) return (double)(tap[0] * window->kernel[1] + tap[1]);
    }
}

/* One of the three numbers of a crop's origin: row, column, mirror. */
static double origin(uint64_t *state, const sc_op_desc *desc, int64_t field, bool wild) {
    static const double mirror[] = {0, 1, 0, -1, 0, -2147483648.0};
    if (field == 2) return mirror[sc_draw_below(state, sizeof mirror / sizeof mirror[0])];
    int64_t size = desc->tensor[0].dim[2 + field], out = desc->tensor[2].dim[2 + field];
    const double edge[] = {-2147483648.0,
                           -2147483647.0,
                           2147483647.0,
                           (double)(2147483648 - size),
                           (double)(2147483648 - out),
                           (double)-out,
                           (double)(1 - out),
                           (double)(size - 1),
                           (double)size};
    if (wild && sc_draw_below(state, 2))
        return edge[sc_draw_below(state, sizeof edge / sizeof edge[0])];
    return (double)(sc_draw_below(state, size + out - 1) - (out - 1));
}

/* Turns rows of numbers into rows of a (log-)softmax. */
static void normalise(double *value, int64_t count, int64_t n, bool log_form) {
    for (int64_t row = 0; row < count; row += n) {
        double sum = 0;
        for (int64_t i = row; i < row + n; i++) sum += exp(value[i]);
        for (int64_t i = row; i < row + n; i++)
            value[i] = log_form ? value[i] - log(sum) : exp(value[i]) / sum;
    }
}

static double one_value(uint64_t *state, const sc_verify_case *test, int index, int64_t i) {
    bool real = sc_dtype_is_float(test->desc.tensor[index].dtype);
    switch ((sc_verify_fill)test->fill[index]) {
    case SC_FILL_WHOLE:
        return (double)sc_draw_below(state, 9) - 4;
    case SC_FILL_LARGE:
        return (double)sc_draw_below(state, 129) - 64;
    case SC_FILL_POSITIVE:
        return 0x1p-8 + sc_draw_uniform(state) * 4;
    case SC_FILL_SPECIAL:
        return real ? special(state, i, index) : special_whole(state, i, index);
    case SC_FILL_WIDE:
        return wide(state);
    case SC_FILL_NAN:
        return with_nan(state);
    case SC_FILL_NEAR:
        return 1000 + sc_draw_uniform(state) * 4 - 2;
    case SC_FILL_TIES:
        return (double)sc_draw_below(state, 3) - 1;
    case SC_FILL_INDEX:
        return (double)sc_draw_below(state, test->limit);
    case SC_FILL_WILD_INDEX:
        return wild_index(state, test->limit);
    case SC_FILL_LENGTH:
        return i == 0 ? 0 : i == 1 ? (double)test->limit : wild_index(state, test->limit);
    case SC_FILL_DIFFERENT:
        return different(test, index, i);
    case SC_FILL_TAP:
        return valid_tap(state, &test->desc, i);
    case SC_FILL_ORIGIN:
    case SC_FILL_WILD_ORIGIN:
        return origin(state, &test->desc, i % 3, test->fill[index] == SC_FILL_WILD_ORIGIN);
    default:
        return real ? sc_draw_uniform(state) * 4 - 2 : (double)sc_draw_below(state, 256);
    }
}

void sc_verify_fill_operand(double *value, int64_t count, const sc_verify_case *test, int index,
                            uint64_t seed) {
    const sc_tensor_desc *tensor = &test->desc.tensor[index];
    uint64_t state = seed * 1000003 + (uint64_t)index * 7919 + (uint64_t)count;
    for (int64_t i = 0; i < count; i++) value[i] = one_value(&state, test, index, i);
    uint8_t fill = test->fill[index];
    if (fill == SC_FILL_PROBABILITY || fill == SC_FILL_LOG_PROBABILITY)
        normalise(value, count, tensor->dim[tensor->rank - 1], fill == SC_FILL_LOG_PROBABILITY);
    for (int64_t i = 0; i < count; i++) {
        value[i] = sc_storage_round(tensor->dtype, value[i]);
        if (tensor->dtype == SOCLE_I32) value[i] = trunc(value[i]);
        if (tensor->dtype == SOCLE_U8) value[i] = (double)(uint8_t)(int64_t)value[i];
    }
}
