/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The longer functions of the scalar mathematics: sin and cos, erf, the Gaussian behind gelu, and
 * pow. The second half of scalar.h, which includes it; the same rules hold (types, equal bits,
 * subnormals, NaN). It must not know tensors, kernels or who calls it.
 */
#ifndef SC_SCALAR_SPECIAL_H
#define SC_SCALAR_SPECIAL_H

/*
 * sin(r + quadrant * pi / 2) for 0 <= r <= pi / 4 or -r; only the low two bits of quadrant count.
 * Odd quadrants take the cosine polynomial, the upper two the other sign.
 */
SC_INLINE SC_REAL sc_sin_quadrant(SC_REAL r, SC_UINT quadrant) {
    SC_REAL z = r * r;
    SC_REAL s = (-1.95182962e-4f * z + 8.33218917e-3f) * z - 0.166666552f;
    SC_REAL c = (2.4432773e-5f * z - 1.38873118e-3f) * z + 4.16666456e-2f;
    SC_REAL sine = r + (r * z) * s;
    SC_REAL cosine = (1.0f - 0.5f * z) + (z * z) * c;
    return sc_negate_if((quadrant & 2u) << 30, sc_select((quadrant & 1u) != 0u, cosine, sine));
}

/* Bits of high:low from offset bits below the top of high, offset < 32. */
SC_INLINE SC_UINT sc_window(SC_UINT high, SC_UINT low, SC_UINT offset) {
    return (high << offset) | ((low >> 1) >> (31u - offset));
}

/*
 * a >= 0, finite: a = quadrant * pi / 2 + r with |r| <= pi / 4, exact to the last bits for every
 * a. The fraction of a * 2 / pi comes from an integer product of the 24 bits of a with the 96 bits
 * of 2 / pi that matter for its exponent (Payne and Hanek); they are picked from seven words by
 * selects: first by 4, then by 2, then by 1.
 */
SC_INLINE SC_REAL sc_reduce_quadrant(SC_REAL a, SC_UINT *quadrant) {
    SC_UINT bits = SC_AS_UINT(a);
    SC_UINT position = (bits >> 23) - 126u;
    SC_UINT offset = position & 31u;
    SC_UINT by4 = 0u - ((position >> 7) & 1u);
    SC_UINT by2 = 0u - ((position >> 6) & 1u);
    SC_UINT by1 = 0u - ((position >> 5) & 1u);
#define SC_WORD(w) ((SC_UINT)(w))
    SC_UINT w0 = sc_blend(by4, SC_WORD(0x4d377036u), SC_WORD(0x00000028u));
    SC_UINT w1 = sc_blend(by4, SC_WORD(0xd8a5664fu), SC_WORD(0xbe60db93u));
    SC_UINT w2 = sc_blend(by4, SC_WORD(0x10e4107fu), SC_WORD(0x91054a7fu));
    SC_UINT w3 = SC_WORD(0x09d5f47du);
    SC_UINT w4 = SC_WORD(0x4d377036u);
    SC_UINT w5 = SC_WORD(0xd8a5664fu);
    SC_UINT w6 = SC_WORD(0x10e4107fu);
#undef SC_WORD
    w0 = sc_blend(by2, w2, w0);
    w1 = sc_blend(by2, w3, w1);
    w2 = sc_blend(by2, w4, w2);
    w3 = sc_blend(by2, w5, w3);
    w4 = sc_blend(by2, w6, w4);
    w0 = sc_blend(by1, w1, w0);
    w1 = sc_blend(by1, w2, w1);
    w2 = sc_blend(by1, w3, w2);
    w3 = sc_blend(by1, w4, w3);

    SC_UINT mantissa = (bits & 0x7fffffu) | 0x800000u;
    SC_UINT middle = sc_window(w1, w2, offset);
    SC_UINT carried = SC_MUL_HI(mantissa, sc_window(w2, w3, offset));
    SC_UINT low = mantissa * middle + carried;
    SC_UINT high = mantissa * sc_window(w0, w1, offset) + SC_MUL_HI(mantissa, middle);
    high = high - SC_MASK(low < carried);

    /*
     * high:low is a * 2 / pi modulo 4, times 2^62. Above a half, take the distance to the next
     * quadrant.
     */
    SC_UINT upper = (high >> 29) & 1u;
    SC_UINT flip = 0u - upper;
    SC_REAL top = SC_TO_REAL(SC_AS_INT((high ^ flip) & 0x3fffffffu)) * 16777216.0f;
    SC_REAL rest = SC_TO_REAL(SC_AS_INT((low ^ flip) >> 8));
    SC_REAL r = sc_negate_if(upper << 31, (top + rest) * 8.71967149e-17f);
    SC_INT small = a < 0.785f;
    *quadrant = sc_blend(SC_MASK(small), 0u, (high >> 30) + upper);
    return sc_select(small, a, r);
}

/* 2 ulp for every finite argument. sin(-x) = -sin(x), sin(-0) = -0; NaN at the infinities. */
SC_INLINE SC_REAL sc_sin(SC_REAL x) {
    SC_REAL a = sc_abs(x);
    SC_UINT quadrant;
    SC_REAL r = sc_reduce_quadrant(a, &quadrant);
    SC_REAL value = sc_sin_quadrant(r, quadrant);
    value = sc_negate_if(SC_AS_UINT(x) & SC_SIGN_BIT, value);
    return sc_select(a < SC_INFINITY, value, x - x);
}

/* As sc_sin; even. */
SC_INLINE SC_REAL sc_cos(SC_REAL x) {
    SC_REAL a = sc_abs(x);
    SC_UINT quadrant;
    SC_REAL r = sc_reduce_quadrant(a, &quadrant);
    SC_REAL value = sc_sin_quadrant(r, quadrant + 1u);
    return sc_select(a < SC_INFINITY, value, x - x);
}

/*
 * sin of turn / 2^32 whole turns: for angles that are random words, where the reduction is exact
 * and free.
 */
SC_INLINE SC_REAL sc_sin_turn(SC_UINT turn) {
    SC_UINT quadrant = (turn + 0x20000000u) >> 30;
    SC_REAL r = SC_TO_REAL(SC_AS_INT(turn - (quadrant << 30))) * 1.46291808e-9f;
    return sc_sin_quadrant(r, quadrant);
}

SC_INLINE SC_REAL sc_cos_turn(SC_UINT turn) {
    return sc_sin_turn(turn + 0x40000000u);
}

/*
 * x * P(x^2) / Q(x^2), relative error of the quotient 2^-24; from 3.92 on the nearest float is 1.
 */
SC_INLINE SC_REAL sc_erf(SC_REAL x) {
    SC_REAL a = sc_abs(x);
    SC_REAL bounded = sc_select(a > 3.92f, SC_CONST(3.92f), a);
    SC_REAL z = bounded * bounded;
    SC_REAL p = -1.29233397e-8f;
    p = p * z + 4.63893366e-6f;
    p = p * z + 3.77972116e-4f;
    p = p * z + 3.84317129e-3f;
    p = p * z + 5.42752482e-2f;
    p = p * z + 0.185167059f;
    p = p * z + 1.12837923f;
    SC_REAL q = 6.26952897e-5f;
    q = q * z + 1.30406744e-3f;
    q = q * z + 1.54436845e-2f;
    q = q * z + 0.113910563f;
    q = q * z + 0.497433811f;
    q = q * z + 1.0f;
    SC_REAL value = (bounded * p) / q;
    value = sc_select((a >= 3.92f) | (value > 1.0f), SC_CONST(1.0f), value);
    return sc_negate_if(SC_AS_UINT(x) & SC_SIGN_BIT, value);
}

/* The upper 12 of the 24 bits of x; products of two such numbers are exact. */
SC_INLINE SC_REAL sc_upper_bits(SC_REAL x) {
    return SC_AS_REAL(SC_AS_UINT(x) & 0xfffff000u);
}

/*
 * factor * (area of the standard normal density above a), for 0 <= a <= 15. The area is exp(-a^2 /
 * 2) * P(a) / Q(a) with a relative error of 2^-25.5; a^2 is carried in two parts, because the
 * exponent is up to 112.
 */
SC_INLINE SC_REAL sc_times_normal_tail(SC_REAL factor, SC_REAL a) {
    SC_REAL upper = sc_upper_bits(a);
    SC_REAL low = 0.5f * ((a - upper) * (a + upper));
    SC_REAL p = 4.11669863e-3f;
    p = p * a + 4.06356715e-2f;
    p = p * a + 0.183242083f;
    p = p * a + 0.438304007f;
    p = p * a + 0.5f;
    SC_REAL q = 1.03189144e-2f;
    q = q * a + 0.101864949f;
    q = q * a + 0.469489127f;
    q = q * a + 1.20253146f;
    q = q * a + 1.67449296f;
    q = q * a + 1.0f;
    return sc_times_exp(factor * (p / q), -0.5f * (upper * upper), low);
}

/*
 * The standard normal distribution function, (1 + erf(x / sqrt(2))) / 2, precise far into the
 * lower tail.
 */
SC_INLINE SC_REAL sc_normal_cdf(SC_REAL x) {
    SC_REAL a = sc_abs(x);
    SC_REAL bounded = sc_select(a > 15.0f, SC_CONST(15.0f), a);
    SC_REAL tail = sc_times_normal_tail(SC_CONST(1.0f), bounded);
    return sc_select(x < 0.0f, tail, 1.0f - tail);
}

/* x * normal_cdf(x), as max(x, 0) - |x| * tail(|x|), which does not cancel. gelu(-inf) = -0. */
SC_INLINE SC_REAL sc_gelu(SC_REAL x) {
    SC_REAL a = sc_abs(x);
    SC_REAL bounded = sc_select(a > 15.0f, SC_CONST(15.0f), a);
    SC_REAL tail = sc_times_normal_tail(bounded, bounded);
    return sc_select(x < 0.0f, -tail, x - tail);
}

/*
 * a * b - product, exactly, for product = the rounded a * b, where nothing overflows or is
 * subnormal.
 */
SC_INLINE SC_REAL sc_product_error(SC_REAL a, SC_REAL b, SC_REAL product) {
    SC_REAL a1 = sc_upper_bits(a);
    SC_REAL b1 = sc_upper_bits(b);
    SC_REAL a2 = a - a1;
    SC_REAL b2 = b - b1;
    return ((a1 * b1 - product) + (a1 * b2 + a2 * b1)) + a2 * b2;
}

/*
 * log(x) of a positive finite x as a sum of two floats, good to about 2^-29 relative. With s = f /
 * (2 + f): log(1 + f) = 2 s + s^3 * R(s^2). Both s and the sum are carried in two parts; 1 / (2 +
 * f) is (1 - s) / 2.
 */
SC_INLINE SC_REAL sc_log_two_parts(SC_REAL x, SC_REAL *low) {
    SC_REAL exponent;
    SC_REAL f = sc_split_exponent(x, &exponent);
    SC_REAL d = 2.0f + f;
    SC_REAL s = f / d;
    SC_REAL product = s * d;
    SC_REAL remainder = ((f - product) - sc_product_error(s, d, product)) - s * (f - (d - 2.0f));
    SC_REAL s_low = remainder * (0.5f - 0.5f * s);
    SC_REAL z = s * s;
    SC_REAL r = ((0.242693812f * z + 0.284991652f) * z + 0.400009692f) * z + 0.666666627f;
    SC_REAL tail = (s * z) * r + (2.0f * s_low + exponent * 1.42860677e-6f);

    SC_REAL big = exponent * 0.693145752f;
    SC_REAL sum = big + 2.0f * s;
    SC_REAL rounded = sum - big;
    tail = tail + ((big - (sum - rounded)) + (2.0f * s - rounded));
    SC_REAL high = sum + tail;
    *low = tail - (high - sum);
    return high;
}

/*
 * exp(y * log|x|) with the exponent in two parts. The cases of C99 Annex F, except that a NaN is
 * never hidden: pow(NaN, 0) and pow(1, NaN) are NaN. A negative finite x needs a whole y.
 */
SC_INLINE SC_REAL sc_pow(SC_REAL x, SC_REAL y) {
    SC_REAL a = sc_abs(x);
    SC_REAL log_low;
    SC_REAL log_high = sc_log_two_parts(a, &log_low);
    SC_REAL power = sc_clip(y, SC_CONST(-1.09951163e12f), SC_CONST(1.09951163e12f));
    SC_REAL product = power * log_high;
    SC_REAL low = sc_product_error(power, log_high, product) + power * log_low;
    SC_INT far = sc_abs(product) > 120.0f;
    SC_REAL bounded = sc_clip(product, SC_CONST(-120.0f), SC_CONST(120.0f));
    SC_REAL zero = SC_CONST(0.0f);
    SC_REAL value = sc_times_exp(SC_CONST(1.0f), bounded, sc_select(far, zero, -low));

    SC_INT at_end = (a == 0.0f) | (a == SC_INFINITY);
    SC_REAL end = sc_select((a == 0.0f) ^ (y < 0.0f), zero, SC_INFINITY);
    value = sc_select(at_end, end, value);
    value = sc_select(y == 0.0f, SC_CONST(1.0f), value);
    SC_REAL half_y = 0.5f * y;
    SC_INT whole = sc_floor(y) == y;
    SC_INT odd = whole & (sc_floor(half_y) != half_y);
    SC_INT negative = (SC_AS_UINT(x) & SC_SIGN_BIT) != 0u;
    value = sc_select(negative & odd, -value, value);
    value = sc_select(negative & !whole & !at_end, SC_NAN, value);
    return sc_select((x != x) | (y != y), x + y, value);
}

#endif
