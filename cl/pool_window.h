/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window of a pooling, which is compiled in, as pool.cl and pool_grad.cl see it. OpenCL C only.
 * It must not know what is done with the elements of a window.
 *
 * -D list, [H] height and [W] width: SC_KERNEL_*, SC_STRIDE_*, SC_DILATION_*, SC_PAD_* (before),
 * SC_COUNT_PADDING, SC_OVERHANG (1: the last windows reach over the far border).
 */
#ifndef SC_POOL_WINDOW_H
#define SC_POOL_WINDOW_H

#define SC_TAPS (SC_KERNEL_H * SC_KERNEL_W)
#define SC_REACH_H ((SC_KERNEL_H - 1) * SC_DILATION_H)
#define SC_REACH_W ((SC_KERNEL_W - 1) * SC_DILATION_W)
/* No two windows share an element, and none reaches over the border. */
#define SC_DISJOINT                                                                                \
    (!SC_OVERHANG && SC_PAD_H == 0 && SC_PAD_W == 0 && SC_DILATION_H == 1 && SC_DILATION_W == 1 && \
     SC_STRIDE_H >= SC_KERNEL_H && SC_STRIDE_W >= SC_KERNEL_W && SC_STRIDE_W <= 8)
/* The most common window: 2 x 2, side by side. */
#define SC_PAIRS                                                                                   \
    (SC_DISJOINT && SC_KERNEL_H == 2 && SC_KERNEL_W == 2 && SC_STRIDE_H == 2 && SC_STRIDE_W == 2)
#if defined(__clang__) && SC_KERNEL_H * SC_KERNEL_W <= 16
#define SC_UNROLL _Pragma("unroll")
#else
#define SC_UNROLL
#endif

/* How many taps of a window that starts at `first` lie inside [0, size). */
static inline int sc_inside(int first, int size, int kernel_size, int dilation) {
    int count = 0;
    for (int k = 0; k < kernel_size; ++k)
        count += first + k * dilation >= 0 && first + k * dilation < size;
    return count;
}

/* What an average divides by. */
static inline float sc_divisor(int y, int x, int height, int width) {
#if SC_COUNT_PADDING
    return (float)SC_TAPS;
#else
    const int count = sc_inside(y, height, SC_KERNEL_H, SC_DILATION_H) *
                      sc_inside(x, width, SC_KERNEL_W, SC_DILATION_W);
    return (float)max(count, 1);
#endif
}

#endif
