/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of conv2d and its two gradients: one table of geometries for all three. */
#include "verify/case.h"

typedef struct shape {
    int rows, channels, filters, height, width;
    int kernel[2], stride, dilation, before, after, groups;
    unsigned flags;
} shape;

/* SKEW: the width has one more of stride and of padding before. */
enum { SMALL = 1, SKEW = 2 };

static const shape shapes[] = {
    /* N  C   O   H   W    kernel  s  d  p  p  groups */
    {2, 1, 1, 4, 5, {3, 3}, 1, 1, 1, 1, 1, SMALL},
    {3, 3, 5, 7, 6, {3, 3}, 1, 1, 0, 0, 1, SMALL},
    {2, 4, 6, 6, 7, {3, 2}, 2, 1, 1, 0, 2, SMALL},
    {2, 3, 3, 5, 5, {3, 3}, 1, 2, 2, 2, 3, SMALL},
    {2, 17, 18, 3, 4, {1, 1}, 1, 1, 0, 0, 1, SMALL},
    {2, 3, 5, 7, 9, {2, 3}, 1, 1, 0, 1, 1, SMALL | SKEW},
    {3, 16, 16, 8, 8, {3, 3}, 1, 1, 1, 1, 1, 0},
    {2, 16, 32, 9, 15, {3, 3}, 1, 1, 1, 1, 1, 0},
    {2, 32, 17, 14, 14, {3, 3}, 1, 1, 1, 1, 1, 0},
    {3, 17, 33, 11, 9, {3, 3}, 1, 1, 1, 1, 1, 0},
    {2, 32, 32, 7, 29, {3, 3}, 1, 1, 1, 1, 1, 0},
    {4, 1, 32, 28, 28, {3, 3}, 1, 1, 1, 1, 1, 0},
    {2, 3, 16, 32, 31, {3, 3}, 1, 1, 1, 1, 1, 0},
    {2, 3, 64, 23, 23, {7, 7}, 2, 1, 3, 3, 1, 0},
    {2, 16, 16, 13, 13, {5, 5}, 1, 1, 2, 2, 1, 0},
    {2, 5, 7, 12, 10, {5, 3}, 2, 1, 1, 2, 1, 0},
    {2, 32, 64, 9, 9, {1, 1}, 1, 1, 0, 0, 1, 0},
    {2, 32, 16, 9, 9, {1, 1}, 2, 1, 0, 0, 1, 0},
    {2, 16, 16, 15, 16, {3, 3}, 2, 1, 1, 1, 1, 0},
    {2, 16, 16, 16, 17, {3, 3}, 3, 1, 1, 0, 1, 0},
    {2, 16, 32, 12, 12, {3, 3}, 1, 2, 2, 2, 1, 0},
    {2, 3, 4, 15, 11, {3, 3}, 2, 2, 1, 2, 1, 0},
    {2, 32, 32, 9, 8, {3, 3}, 1, 1, 1, 1, 2, 0},
    {2, 32, 32, 10, 10, {3, 3}, 1, 1, 1, 1, 32, 0},
    {2, 17, 34, 8, 9, {3, 3}, 2, 1, 0, 1, 17, 0},
    {2, 6, 9, 8, 8, {5, 5}, 1, 1, 2, 2, 3, 0},
    {1, 2, 3, 5, 5, {5, 5}, 1, 1, 0, 0, 1, 0},
    {2, 2, 3, 3, 3, {3, 3}, 1, 1, 2, 2, 1, 0}, /* full padding: some windows hold one element */
    {2, 2, 3, 4, 4, {1, 1}, 3, 1, 1, 1, 1, 0}, /* windows in the padding alone */
    {1, 3, 4, 1, 40, {1, 9}, 1, 1, 0, 0, 1, 0},
    {5, 8, 8, 2, 2, {3, 3}, 1, 1, 1, 1, 1, 0},
    {2, 48, 50, 6, 30, {3, 3}, 1, 1, 1, 1, 1, 0},
    {2, 16, 17, 11, 14, {3, 3}, 1, 1, 1, 0, 1, SKEW},
    {2, 4, 6, 12, 15, {3, 2}, 2, 1, 1, 1, 2, SKEW},
    {13, 4, 8, 5, 5, {3, 3}, 1, 1, 1, 1, 1, 0},
};

static void geometry(sc_verify_case *test, const shape *s) {
    int skew = s->flags & SKEW ? 1 : 0;
    test->desc.attr.conv.window = (sc_window){
        .kernel = {s->kernel[0], s->kernel[1]},
        .stride = {s->stride, s->stride + skew},
        .dilation = {s->dilation, s->dilation},
        .pad_before = {s->before, s->before + skew},
        .pad_after = {s->after, s->after},
    };
    test->desc.attr.conv.groups = s->groups;
}

enum { NO_TAIL, BIAS, GATE };

static void one(sc_verify_list *list, const shape *s, sc_op op, uint8_t fill, int tail) {
    sc_verify_case test =
        sc_verify_case_of(op, 2, 1, fill == SC_FILL_WHOLE ? "whole numbers" : "real numbers");
    geometry(&test, s);
    const sc_window *window = &test.desc.attr.conv.window;
    sc_tensor_desc x = SC_VERIFY_TENSOR(SOCLE_F32, true, s->rows, s->channels, s->height, s->width);
    sc_tensor_desc w = SC_VERIFY_TENSOR(SOCLE_F32, false, s->filters, s->channels / s->groups,
                                        s->kernel[0], s->kernel[1]);
    sc_tensor_desc y = SC_VERIFY_TENSOR(SOCLE_F32, true, s->rows, s->filters,
                                        sc_window_output(s->height, window, 0),
                                        sc_window_output(s->width, window, 1));
    bool by_input = op == SC_OP_CONV2D_GRAD_INPUT;
    test.desc.tensor[0] = by_input ? y : x;
    test.desc.tensor[1] = op == SC_OP_CONV2D_GRAD_WEIGHT ? y : w;
    if (by_input) test.desc.tensor[2] = x;
    test.fill[0] = test.fill[1] = fill;
    if (tail == GATE) sc_verify_gate(&test, by_input ? x : y, true);
    if (tail == BIAS)
        sc_verify_bias_relu(&test, SC_VERIFY_TENSOR(SOCLE_F32, false, 1,
                                                    by_input ? s->channels : s->filters, 1, 1));
    list->emit(list, &test);
}

void sc_verify_conv_cases(sc_verify_list *list) {
    static const sc_op ops[] = {SC_OP_CONV2D, SC_OP_CONV2D_GRAD_INPUT, SC_OP_CONV2D_GRAD_WEIGHT};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (list->small && !(shapes[i].flags & SMALL)) continue;
        for (int k = 0; k < 3; k++) {
            one(list, &shapes[i], ops[k], SC_FILL_WHOLE, NO_TAIL);
            if (list->small && i > 1) continue;
            bool tail = ops[k] != SC_OP_CONV2D_GRAD_WEIGHT;
            one(list, &shapes[i], ops[k], i % 2 ? SC_FILL_REAL : SC_FILL_WHOLE,
                tail ? BIAS : NO_TAIL);
            if (i % 3 == 0) one(list, &shapes[i], ops[k], SC_FILL_REAL, NO_TAIL);
            if (i % 3 == 1 && tail) one(list, &shapes[i], ops[k], SC_FILL_REAL, GATE);
        }
    }
}
