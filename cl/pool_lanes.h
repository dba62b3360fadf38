/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SC_LANES (4, 8 or 16) neighbouring outputs of a pooling row at once, for strides along the width
 * of 1, or 2 with a window of at least 2. Included once per SC_LANES by pool.cl, which sets the
 * window and checks borders: no element outside the windows is read. Rows whose length is no
 * multiple are done with overlapping steps.
 */
#define SC_LANES_JOIN_TEXT(name, lanes) name##lanes
#define SC_LANES_JOIN(name, lanes) SC_LANES_JOIN_TEXT(name, lanes)
#define SC_LANES_FLOAT SC_LANES_JOIN(float, SC_LANES)
#define SC_LANES_INT SC_LANES_JOIN(int, SC_LANES)
#define SC_LANES_LOAD SC_LANES_JOIN(vload, SC_LANES)
#define SC_LANES_STORE SC_LANES_JOIN(vstore, SC_LANES)

/* Tap kw of each window. With stride 2 the other half of a load of twice the lanes is thrown away.
 */
static inline SC_LANES_FLOAT SC_LANES_JOIN(sc_tap, SC_LANES)(global const float *from,
                                                             const int kw) {
#if SC_STRIDE_W == 1
    return SC_LANES_LOAD(0, from + kw);
#elif SC_LANES == 16
    const float16 low = vload16(0, from + (kw ? kw - 1 : 0)),
                  high = vload16(1, from + (kw ? kw - 1 : 0));
    return kw ? (float16)(low.odd, high.odd) : (float16)(low.even, high.even);
#elif SC_LANES == 8
    const float16 both = vload16(0, from + (kw ? kw - 1 : 0));
    return kw ? both.odd : both.even;
#else
    const float8 both = vload8(0, from + (kw ? kw - 1 : 0));
    return kw ? both.odd : both.even;
#endif
}

static inline void SC_LANES_JOIN(sc_maxpool_lanes, SC_LANES)(global const float *from, int width,
                                                             global float *to, global int *tap) {
    SC_LANES_FLOAT most = (SC_LANES_FLOAT)(-INFINITY);
    SC_LANES_FLOAT place = (SC_LANES_FLOAT)(0.0f); /* as int, oclgrind 21.10 widens the condition to
                                                      255 */
    SC_UNROLL
    for (int kh = 0; kh < SC_KERNEL_H; ++kh) {
        SC_UNROLL
        for (int kw = 0; kw < SC_KERNEL_W; ++kw) {
            const SC_LANES_FLOAT v = SC_LANES_JOIN(sc_tap, SC_LANES)(
                from + kh * SC_DILATION_H * width, kw * SC_DILATION_W);
            const SC_LANES_INT more = ((v > most) | (v != v)) & (most == most);
            most = more ? v : most;
            place = more ? (SC_LANES_FLOAT)((float)(kh * SC_KERNEL_W + kw)) : place;
        }
    }
    SC_LANES_STORE(most, 0, to);
    SC_LANES_STORE(SC_LANES_JOIN(convert_int, SC_LANES)(place), 0, tap);
}

static inline void SC_LANES_JOIN(sc_avgpool_lanes, SC_LANES)(global const float *from, int width,
                                                             global float *to) {
    SC_LANES_FLOAT sum = (SC_LANES_FLOAT)(0.0f);
    SC_UNROLL
    for (int kh = 0; kh < SC_KERNEL_H; ++kh) {
        SC_UNROLL
        for (int kw = 0; kw < SC_KERNEL_W; ++kw)
            sum += SC_LANES_JOIN(sc_tap, SC_LANES)(from + kh * SC_DILATION_H * width,
                                                   kw * SC_DILATION_W);
    }
    SC_LANES_STORE(sum / (float)SC_TAPS, 0, to);
}

#undef SC_LANES_JOIN_TEXT
#undef SC_LANES_JOIN
#undef SC_LANES_FLOAT
#undef SC_LANES_INT
#undef SC_LANES_LOAD
#undef SC_LANES_STORE
#undef SC_LANES
