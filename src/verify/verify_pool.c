/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of max and average pooling and their gradients, with ties and NaN for the maximum, and with
 * tails for the gradients. */
#include "verify/case.h"

typedef struct shape {
    int rows, channels, height, width, kernel[2], stride[2], dilation, before, after;
    bool small;
} shape;

static const shape shapes[] = {
    {3, 2, 4, 4, {2, 2}, {2, 2}, 1, 0, 0, true},
    {2, 3, 5, 7, {3, 2}, {2, 1}, 1, 1, 0, true},
    {2, 1, 3, 3, {3, 3}, {1, 1}, 1, 1, 1, true},
    {4, 16, 14, 14, {2, 2}, {2, 2}, 1, 0, 0, false},
    {2, 17, 15, 13, {2, 2}, {2, 2}, 1, 0, 0, false},
    {2, 32, 9, 11, {3, 3}, {2, 2}, 1, 1, 1, false},
    {2, 3, 12, 10, {3, 3}, {1, 1}, 2, 2, 2, false},
    {2, 5, 7, 7, {7, 7}, {1, 1}, 1, 0, 0, false},
    {3, 16, 8, 8, {3, 3}, {3, 3}, 1, 0, 1, false},
    {1, 33, 6, 6, {2, 3}, {1, 2}, 1, 0, 1, false},
    {2, 2, 1, 65, {1, 5}, {1, 3}, 1, 0, 0, false},
    {5, 4, 2, 2, {2, 2}, {1, 1}, 1, 1, 1, false},
    {2, 3, 7, 15, {2, 2}, {2, 2}, 1, 0, 1, false},
    {2, 3, 5, 9, {2, 2}, {2, 2}, 1, 0, 1, true},
    {2, 3, 28, 28, {2, 2}, {2, 2}, 1, 0, 0, false},
    {2, 2, 9, 71, {2, 2}, {2, 2}, 1, 0, 0, false},
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
    sc_window window = {
        .kernel = {s->kernel[0], s->kernel[1]},
        .stride = {s->stride[0], s->stride[1]},
        .dilation = {s->dilation, s->dilation},
        .pad_before = {s->kernel[0] > 1 ? s->before : 0, s->kernel[1] > 1 ? s->before : 0},
        .pad_after = {s->kernel[0] > 1 ? s->after : 0, s->kernel[1] > 1 ? s->after : 0},
    };
    test.desc.attr.pool.window = window;
    test.desc.attr.pool.count_padding = count_padding;
    sc_tensor_desc x = SC_VERIFY_TENSOR(SOCLE_F32, true, s->rows, s->channels, s->height, s->width);
    sc_tensor_desc y = SC_VERIFY_TENSOR(SOCLE_F32, true, s->rows, s->channels,
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
        sc_verify_bias_relu(&test, SC_VERIFY_TENSOR(SOCLE_F32, false, 1, s->channels, 1, 1));
    list->emit(list, &test);
}

void sc_verify_pool_cases(sc_verify_list *list) {
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const shape *s = &shapes[i];
        if (list->small && !s->small) continue;
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
}
