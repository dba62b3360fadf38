/* SPDX-License-Identifier: Apache-2.0 */
/* Rounding to storage types: a type has so many digits, a smallest step and a largest number. */
#include "verify/storage.h"
#include "verify/case.h"

#include <math.h>

typedef struct format {
    int digits;   /* binary, the leading one included */
    int smallest; /* exponent of the smallest step: of subnormals */
    int beyond;   /* exponent of the first power of two that it has no room for */
} format;

static const format formats[] = {
    [SOCLE_F32] = {24, -149, 128}, [SOCLE_F16] = {11, -24, 16}, [SOCLE_BF16] = {8, -133, 128}};

/* The distance of the type's numbers around `value`. */
static double step(const format *f, double value) {
    int exponent;
    frexp(value, &exponent);
    return ldexp(1, fmax(exponent - f->digits, f->smallest));
}

double sc_storage_overflow(int dtype) {
    return ldexp(1, formats[dtype].beyond);
}

double sc_storage_largest(int dtype) {
    const format *f = &formats[dtype];
    return ldexp(1, f->beyond) - ldexp(1, f->beyond - f->digits);
}

double sc_storage_round(int dtype, double value) {
    if (!sc_dtype_is_float(dtype) || !isfinite(value) || value == 0) return value;
    double unit = step(&formats[dtype], value), rounded = nearbyint(value / unit) * unit;
    if (fabs(rounded) > sc_storage_largest(dtype)) return copysign(INFINITY, value);
    return copysign(rounded, value);
}

double sc_storage_half_ulp(int dtype, double value) {
    if (!sc_dtype_is_float(dtype) || !isfinite(value)) return 0;
    return step(&formats[dtype], value) / 2;
}

double sc_storage_decode(int dtype, uint16_t bits) {
    const format *f = &formats[dtype];
    const int fraction = f->digits - 1, all = (1 << (15 - fraction)) - 1;
    const int exponent = bits >> fraction & all, rest = bits & ((1 << fraction) - 1);
    double size = exponent == all ? (rest ? NAN : INFINITY)
                  : exponent      ? ldexp((1 << fraction) + rest, f->smallest + exponent - 1)
                                  : ldexp(rest, f->smallest);
    return bits >> 15 ? -size : size;
}

uint16_t sc_storage_encode(int dtype, double value) {
    const format *f = &formats[dtype];
    const int fraction = f->digits - 1, all = (1 << (15 - fraction)) - 1;
    const int sign = signbit(value) ? 1 << 15 : 0;
    int exponent = 0;
    value = fabs(value);
    if (isnan(value)) return (uint16_t)(sign | all << fraction | 1 << (fraction - 1));
    if (isinf(value)) return (uint16_t)(sign | all << fraction);
    double steps = ldexp(value, -f->smallest);
    for (; steps >= 1 << f->digits; steps /= 2) exponent++;
    /* The leading digit of a normal number adds 1 to the exponent's place. */
    return (uint16_t)(sign | ((exponent << fraction) + (int)steps));
}

void sc_storage_case(sc_verify_case *test, int dtype, uint64_t mixture) {
    static const uint8_t types[] = {SOCLE_F32, SOCLE_F16, SOCLE_BF16};
    sc_op_desc *desc = &test->desc;
    const sc_window *window = &desc->attr.pool.window;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        uint8_t *type = &desc->tensor[i].dtype;
        if (mixture && (!i || desc->op != SC_OP_PUT_ROWS))
            dtype = types[sc_draw_below(&mixture, 3)];
        bool place = sc_op_computed_dtype(desc, i) == SOCLE_I32 &&
                     (desc->op == SC_OP_MAXPOOL2D || desc->op == SC_OP_MAXPOOL2D_GRAD);
        if (sc_dtype_is_float(*type)) *type = (uint8_t)dtype;
        if (place && dtype != SOCLE_F32 && window->kernel[0] * window->kernel[1] <= 256)
            *type = SOCLE_U8;
    }
}
