/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of max and average pooling and their gradients, with ties and NaN for the maximum, and with
 * tails for the gradients. */
#include "verify/case.h"

typedef struct shape {
    int rows, channels, height, width, kernel[2], stride[2], dilation[2];
    int pad[4]; /* top, left, bottom, right */
    unsigned flags;
} shape;

/* QUICK: also in the quick part. PLAIN: one row of each operation. PAIRS: two images to a sample.
 */
enum { SMALL = 1, QUICK = 2, PLAIN = 4, PAIRS = 8 };

static const shape shapes[] = {
    {3, 2, 4, 4, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, SMALL},
    {2, 3, 5, 7, {3, 2}, {2, 1}, {1, 1}, {1, 1, 0, 0}, SMALL},
    {2, 1, 3, 3, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, SMALL},
    {4, 16, 14, 14, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0},
    {2, 17, 15, 13, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0},
    {2, 32, 9, 11, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 0},
    {2, 3, 12, 10, {3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, 0},
    {2, 5, 7, 7, {7, 7}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 0},
    {3, 16, 8, 8, {3, 3}, {3, 3}, {1, 1}, {0, 0, 1, 1}, 0},
    {1, 33, 6, 6, {2, 3}, {1, 2}, {1, 1}, {0, 0, 1, 1}, 0},
    {2, 2, 1, 65, {1, 5}, {1, 3}, {1, 1}, {0, 0, 0, 0}, 0},
    {5, 4, 2, 2, {2, 2}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 0},
    {2, 3, 7, 15, {2, 2}, {2, 2}, {1, 1}, {0, 0, 1, 1}, 0},
    {2, 3, 5, 9, {2, 2}, {2, 2}, {1, 1}, {0, 0, 1, 1}, SMALL},
    {2, 3, 28, 28, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0},
    {2, 2, 9, 71, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0},
    {6, 2, 5, 7, {3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 0}, SMALL | PAIRS},
    {6, 2, 6, 8, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PAIRS},
};

/* Both sides of what implementations treat apart. */
static const shape edges[] = {
    /* 2x2 side by side: padding on each side alone, odd sizes, other strides and dilation. */
    {2, 3, 6, 8, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, QUICK | PLAIN},
    {2, 3, 5, 7, {2, 2}, {2, 2}, {1, 1}, {1, 0, 0, 0}, PLAIN},
    {2, 3, 5, 7, {2, 2}, {2, 2}, {1, 1}, {0, 1, 0, 0}, PLAIN},
    {2, 3, 5, 7, {2, 2}, {2, 2}, {1, 1}, {0, 0, 1, 0}, PLAIN},
    {2, 3, 5, 7, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 1}, QUICK | PLAIN},
    {2, 3, 5, 7, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, QUICK | PLAIN}, /* a line and a column left
                                                                          over */
    {2, 3, 6, 7, {2, 2}, {2, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {2, 3, 6, 7, {2, 2}, {1, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {2, 3, 7, 8, {2, 2}, {2, 2}, {2, 2}, {0, 0, 0, 0}, PLAIN},
    {2, 3, 7, 8, {2, 2}, {3, 3}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {2, 3, 1, 6, {2, 2}, {2, 2}, {1, 1}, {0, 0, 1, 0}, PLAIN},
    /* Outputs around 4, 8 and 16 lanes, two lines at once (8), gathered lines (1024). */
    {1, 3, 6, 2, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 5, 3, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 3, 6, 6, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, QUICK | PLAIN},
    {1, 2, 5, 5, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 3, 6, 8, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 5, 6, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 3, 6, 10, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 5, 7, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 3, 6, 14, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 5, 9, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, QUICK | PLAIN},
    {1, 3, 6, 16, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, QUICK | PLAIN},
    {1, 2, 5, 10, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 3, 6, 18, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 5, 11, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 3, 6, 30, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 5, 17, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 3, 6, 32, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 5, 18, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, QUICK | PLAIN},
    {1, 3, 6, 34, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, QUICK | PLAIN},
    {1, 2, 5, 19, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 4, 1024, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 4, 1030, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    /* Windows that share nothing, with steps up to 8 and beyond; windows that overlap. */
    {2, 3, 9, 17, {2, 3}, {3, 8}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {2, 3, 9, 19, {2, 3}, {3, 9}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {2, 3, 9, 10, {3, 3}, {2, 3}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    /* Strides of 1, 2 and 3 along lines narrower and wider than 8, windows over each border alone.
     */
    {2, 3, 8, 11, {3, 3}, {1, 1}, {1, 1}, {2, 0, 0, 0}, PLAIN},
    {2, 3, 9, 18, {3, 3}, {2, 2}, {1, 1}, {2, 0, 0, 0}, PLAIN},
    {2, 3, 9, 30, {3, 3}, {3, 3}, {1, 1}, {2, 0, 0, 0}, PLAIN},
    {2, 2, 9, 9, {3, 2}, {2, 1}, {2, 3}, {1, 0, 0, 0}, PLAIN},
    {2, 3, 8, 11, {3, 3}, {1, 1}, {1, 1}, {0, 2, 0, 0}, PLAIN},
    {2, 3, 9, 18, {3, 3}, {2, 2}, {1, 1}, {0, 2, 0, 0}, PLAIN},
    {2, 3, 9, 30, {3, 3}, {3, 3}, {1, 1}, {0, 2, 0, 0}, PLAIN},
    {2, 2, 9, 9, {3, 2}, {2, 1}, {2, 3}, {0, 1, 0, 0}, PLAIN},
    {2, 3, 8, 11, {3, 3}, {1, 1}, {1, 1}, {0, 0, 2, 0}, PLAIN},
    {2, 3, 9, 18, {3, 3}, {2, 2}, {1, 1}, {0, 0, 2, 0}, QUICK | PLAIN},
    {2, 3, 9, 30, {3, 3}, {3, 3}, {1, 1}, {0, 0, 2, 0}, PLAIN},
    {2, 2, 9, 9, {3, 2}, {2, 1}, {2, 3}, {0, 0, 1, 0}, PLAIN},
    {2, 3, 8, 11, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 2}, PLAIN},
    {2, 3, 9, 18, {3, 3}, {2, 2}, {1, 1}, {0, 0, 0, 2}, PLAIN},
    {2, 3, 9, 30, {3, 3}, {3, 3}, {1, 1}, {0, 0, 0, 2}, PLAIN},
    {2, 2, 9, 9, {3, 2}, {2, 1}, {2, 3}, {0, 0, 0, 1}, PLAIN},
    {1, 1, 1, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 5, 6, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, PLAIN},
    {1, 2, 5, 6, {1, 1}, {2, 3}, {1, 1}, {0, 0, 0, 0}, PLAIN},
};

/* The tails of gradients: a gate of full size that also draws, or a bias of each channel. */
enum { NO_TAIL, GATE, BIAS };

static void one(sc_verify_list *list, const shape *s, sc_op op, uint8_t fill, bool count_padding,
                int tail) {
    bool maximum = op == SC_OP_MAXPOOL2D || op == SC_OP_MAXPOOL2D_GRAD;
    bool backward = op == SC_OP_MAXPOOL2D_GRAD || op == SC_OP_AVGPOOL2D_GRAD;
    sc_verify_case test =
        sc_verify_case_of(op, backward && maximum ? 2 : 1, maximum && !backward ? 2 : 1,
                          count_padding ? "padding counted" : "padding not counted");
    sc_window window;
    for (int axis = 0; axis < 2; axis++) {
        window.kernel[axis] = s->kernel[axis];
        window.stride[axis] = s->stride[axis];
        window.dilation[axis] = s->dilation[axis];
        window.pad_before[axis] = s->pad[axis];
        window.pad_after[axis] = s->pad[2 + axis];
    }
    test.quick = (s->flags & QUICK) != 0;
    test.desc.attr.pool.window = window;
    test.desc.attr.pool.count_padding = count_padding;
    sc_tensor_desc x = SC_VERIFY_TENSOR(SOCLE_F32, 1, s->rows, s->channels, s->height, s->width);
    sc_tensor_desc y = SC_VERIFY_TENSOR(SOCLE_F32, 1, s->rows, s->channels,
                                        sc_window_output(s->height, &window, 0),
                                        sc_window_output(s->width, &window, 1));
    test.desc.tensor[0] = backward ? y : x;
    test.fill[0] = fill;
    if (backward && maximum) {
        test.desc.tensor[1] = y;
        test.desc.tensor[1].dtype = SOCLE_I32;
        test.fill[1] = SC_FILL_TAP;
    }
    if (backward) test.desc.tensor[test.desc.inputs] = x;
    if (tail == GATE) sc_verify_gate(&test, x, true);
    if (tail == BIAS)
        sc_verify_bias_relu(&test, SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, s->channels, 1, 1));
    if (s->flags & PAIRS) sc_verify_case_rows(&test, 2);
    list->emit(list, &test);
}

static void all_of(sc_verify_list *list, const shape *s, size_t i) {
    one(list, s, SC_OP_MAXPOOL2D, SC_FILL_REAL, false, NO_TAIL);
    one(list, s, SC_OP_MAXPOOL2D, SC_FILL_TIES, false, NO_TAIL);
    one(list, s, SC_OP_MAXPOOL2D, SC_FILL_NAN, false, NO_TAIL);
    one(list, s, SC_OP_MAXPOOL2D_GRAD, SC_FILL_WHOLE, false, NO_TAIL);
    one(list, s, SC_OP_MAXPOOL2D_GRAD, SC_FILL_REAL, false, NO_TAIL);
    one(list, s, SC_OP_MAXPOOL2D_GRAD, SC_FILL_REAL, false, i % 3 ? GATE : BIAS);
    for (int counted = 0; counted < 2; counted++) {
        one(list, s, SC_OP_AVGPOOL2D, SC_FILL_WHOLE, counted, NO_TAIL);
        one(list, s, SC_OP_AVGPOOL2D, SC_FILL_REAL, counted, NO_TAIL);
        one(list, s, SC_OP_AVGPOOL2D_GRAD, SC_FILL_REAL, counted, NO_TAIL);
    }
    one(list, s, SC_OP_AVGPOOL2D_GRAD, SC_FILL_WHOLE, false, NO_TAIL);
    one(list, s, SC_OP_AVGPOOL2D_GRAD, SC_FILL_REAL, false, i % 3 == 1 ? BIAS : GATE);
}

static void one_of_each(sc_verify_list *list, const shape *s, size_t i) {
    one(list, s, SC_OP_MAXPOOL2D, SC_FILL_TIES, false, NO_TAIL);
    one(list, s, SC_OP_MAXPOOL2D_GRAD, SC_FILL_WHOLE, false, i % 4 == 1 ? BIAS : NO_TAIL);
    one(list, s, SC_OP_AVGPOOL2D, SC_FILL_WHOLE, i % 2, NO_TAIL);
    one(list, s, SC_OP_AVGPOOL2D_GRAD, SC_FILL_REAL, i % 2, i % 4 == 3 ? BIAS : NO_TAIL);
}

void sc_verify_pool_cases(sc_verify_list *list) {
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (!list->small || shapes[i].flags & SMALL) all_of(list, &shapes[i], i);
    for (size_t i = 0; i < sizeof edges / sizeof edges[0] && !list->small; i++)
        one_of_each(list, &edges[i], i);
    static const shape pieces = {13, 5, 60, 91, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, SMALL};
    if (list->pieces) one_of_each(list, &pieces, 1);
}

/* Every window of these sizes lies on data, at least in part. */
static void draw_window(uint64_t *style, shape *s) {
    static const int sizes[] = {2, 3, 2, 1, 3, 4, 5, 2};
    bool pairs = sc_draw_once_in(style, 3);
    int64_t kind = sc_draw_below(style, 4), side = sc_draw_below(style, 4);
    for (int axis = 0; axis < 2; axis++) {
        s->kernel[axis] = pairs ? 2 : sizes[sc_draw_below(style, 8)];
        s->stride[axis] = pairs ? 2 : (int)sc_draw_between(style, 1, 3);
        s->dilation[axis] = !pairs && sc_draw_once_in(style, 4) ? 2 : 1;
        for (int end = 0; end < 2; end++) {
            int most = (s->kernel[axis] - 1) * s->dilation[axis], at = axis + 2 * end;
            int any = (int)sc_draw_between(style, 0, most);
            s->pad[at] = kind < 2 || (kind == 2 && at != side) ? 0 : any;
        }
    }
}

void sc_verify_pool_random(sc_verify_list *list, sc_draw *draw) {
    static const sc_op ops[] = {SC_OP_MAXPOOL2D, SC_OP_MAXPOOL2D_GRAD, SC_OP_AVGPOOL2D,
                                SC_OP_AVGPOOL2D_GRAD};
    static const uint8_t fills[] = {SC_FILL_TIES, SC_FILL_REAL, SC_FILL_WHOLE, SC_FILL_NAN};
    uint64_t *state = &draw->row;
    shape s = {0};
    int size[2];
    draw_window(&draw->style, &s);
    bool counted = sc_draw_once_in(&draw->style, 2);
    int64_t tail = sc_draw_below(&draw->style, 6);
    for (int axis = 0; axis < 2; axis++) {
        int span = (s.kernel[axis] - 1) * s.dilation[axis] + 1;
        int least = span - s.pad[axis] - s.pad[2 + axis];
        least = least < s.dilation[axis] ? s.dilation[axis] : least;
        size[axis] = least - 1 + (int)sc_draw_size(state, axis ? 70 : 20);
    }
    s.height = size[0];
    s.width = size[1];
    s.rows = (int)sc_draw_between(state, 1, 4);
    s.channels = (int)sc_draw_size(state, 1 + (1 << 12) / (size[0] * size[1]));
    sc_op op = ops[sc_draw_below(state, 4)];
    bool maximum = op == SC_OP_MAXPOOL2D || op == SC_OP_MAXPOOL2D_GRAD;
    bool gradient = op == SC_OP_MAXPOOL2D_GRAD || op == SC_OP_AVGPOOL2D_GRAD;
    uint8_t fill = fills[sc_draw_below(state, op == SC_OP_MAXPOOL2D ? 4 : 3)];
    one(list, &s, op, fill, counted && !maximum, gradient && tail <= BIAS ? (int)tail : NO_TAIL);
}
