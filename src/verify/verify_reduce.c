/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of reduce: every set of axes, the three kinds, several accumulators, an expression before
 * them, NaN, no rows. */
#include "verify/case.h"

/* One input, identity, kinds sum, max and min as three outputs. */
static void all_kinds(sc_verify_list *list, const char *label, sc_tensor_desc x, uint32_t axes,
                      uint8_t fill) {
    sc_verify_case test = sc_verify_case_of(SC_OP_REDUCE, 1, 3, label);
    int in = sc_expr_input(&test.expr, 0, SC_EXPR_FLOAT);
    test.desc.tensor[0] = x;
    test.desc.attr.reduce.axes = axes;
    test.fill[0] = fill;
    for (int k = 0; k < 3; k++) {
        sc_expr_output(&test.expr, in);
        test.desc.attr.reduce.kind[k] = (uint8_t)(SC_REDUCE_SUM + k);
    }
    test.quick = x.rank < 4 || axes % 4 == 1; /* a kernel for each set of axes */
    list->emit(list, &test);
}

/* The statistics of normalisation: sum and sum of squares of x - in1. */
static void moments(sc_verify_list *list, sc_tensor_desc x, sc_tensor_desc shift, uint32_t axes,
                    uint8_t fill) {
    sc_verify_case test = sc_verify_case_of(SC_OP_REDUCE, 2, 2, "moments");
    int a = sc_expr_input(&test.expr, 0, SC_EXPR_FLOAT),
        b = sc_expr_input(&test.expr, 1, SC_EXPR_FLOAT);
    int d = sc_expr_add_node(&test.expr, SC_EXPR_SUB, a, b, 0);
    sc_expr_output(&test.expr, d);
    sc_expr_output(&test.expr, sc_expr_add_node(&test.expr, SC_EXPR_SQUARE, d, 0, 0));
    test.desc.tensor[0] = x;
    test.desc.tensor[1] = shift;
    test.desc.attr.reduce.axes = axes;
    test.fill[0] = test.fill[1] = fill;
    test.quick = true;
    list->emit(list, &test);
}

/* How many of exp(x) * weight are finite and above 0.5, and their sum: integers, comparisons and
 * functions on the way. */
static void counted(sc_verify_list *list, sc_tensor_desc x, uint32_t axes) {
    sc_verify_case test = sc_verify_case_of(SC_OP_REDUCE, 2, 2, "counted");
    sc_expr *e = &test.expr;
    int a = sc_expr_input(e, 0, SC_EXPR_FLOAT), w = sc_expr_input(e, 1, SC_EXPR_INT);
    int flag = sc_expr_add_node(e, SC_EXPR_LT, sc_expr_const(e, 0.5f), a, 0);
    int both = sc_expr_add_node(e, SC_EXPR_INT_AND, flag,
                                sc_expr_add_node(e, SC_EXPR_IS_FINITE, a, 0, 0), 0);
    sc_expr_output(e, sc_expr_add_node(e, SC_EXPR_TO_FLOAT, both, 0, 0));
    int weight = sc_expr_add_node(e, SC_EXPR_TO_FLOAT, w, 0, 0);
    sc_expr_output(
        e, sc_expr_add_node(e, SC_EXPR_MUL, sc_expr_add_node(e, SC_EXPR_EXP, a, 0, 0), weight, 0));
    test.desc.tensor[0] = test.desc.tensor[1] = x;
    test.desc.tensor[1].dtype = SOCLE_U8;
    test.desc.attr.reduce.axes = axes;
    test.quick = true;
    list->emit(list, &test);
}

static void every_axis(sc_verify_list *list) {
    sc_tensor_desc x = SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 5, 4, 7);
    for (uint32_t axes = 1; axes < 16; axes++)
        all_kinds(list, "axes", x, axes, axes % 2 ? SC_FILL_WHOLE : SC_FILL_REAL);
    x = SC_VERIFY_TENSOR(SOCLE_F32, 4, 12, 5, 7);
    for (uint32_t axes = 1; axes < 8; axes++)
        all_kinds(list, "axes, several rows per sample", x, axes,
                  axes % 2 ? SC_FILL_WHOLE : SC_FILL_REAL);
    x = SC_VERIFY_TENSOR(SOCLE_F32, 0, 6, 1, 9);
    for (uint32_t axes = 1; axes < 8; axes++)
        all_kinds(list, "axes, no rows", x, axes, axes % 2 ? SC_FILL_REAL : SC_FILL_WHOLE);
}

static void sizes(sc_verify_list *list) {
    static const int64_t size[] = {1, 2, 5, 31, 32, 33, 63, 64, 65, 257, 1025, 20011};
    for (int i = 0; i < (list->small ? 4 : 12); i++) {
        int64_t n = size[i];
        all_kinds(list, "one long row", SC_VERIFY_TENSOR(SOCLE_F32, 0, n), 1, SC_FILL_WHOLE);
        all_kinds(list, "one long row, real", SC_VERIFY_TENSOR(SOCLE_F32, 0, n), 1, SC_FILL_REAL);
        all_kinds(list, "samples", SC_VERIFY_TENSOR(SOCLE_F32, 1, n), 1, SC_FILL_WHOLE);
        if (n > 2000) continue;
        all_kinds(list, "rows", SC_VERIFY_TENSOR(SOCLE_F32, 1, 7, n), 2, SC_FILL_WHOLE);
        all_kinds(list, "columns", SC_VERIFY_TENSOR(SOCLE_F32, 1, n, 37), 1, SC_FILL_REAL);
        all_kinds(list, "bias gradient", SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, n, 2, 5), 13,
                  SC_FILL_WHOLE);
    }
}

/* Sums of x * uniform, or of x where the sample's position is odd: the place within the sample. */
static void placed(sc_verify_list *list, sc_tensor_desc x, uint32_t axes) {
    sc_verify_case test = sc_verify_case_of(SC_OP_REDUCE, 1, 2, "random and sample");
    sc_expr *e = &test.expr;
    int a = sc_expr_input(e, 0, SC_EXPR_FLOAT);
    int odd = sc_expr_add_node(e, SC_EXPR_INT_AND, sc_expr_leaf(e, SC_EXPR_SAMPLE, 0, 0),
                               sc_expr_leaf(e, SC_EXPR_COORD, 0, 0), 0);
    sc_expr_output(e,
                   sc_expr_add_node(e, SC_EXPR_MUL, a, sc_expr_leaf(e, SC_EXPR_UNIFORM, 0, 2), 0));
    sc_expr_output(e, sc_expr_add_node(e, SC_EXPR_MUL, a,
                                       sc_expr_add_node(e, SC_EXPR_TO_FLOAT, odd, 0, 0), 0));
    test.desc.tensor[0] = x;
    test.desc.attr.reduce.axes = axes;
    test.quick = true;
    list->emit(list, &test);
}

void sc_verify_reduce_cases(sc_verify_list *list) {
    every_axis(list);
    sizes(list);
    all_kinds(list, "NaN and infinities", SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, 11), 2, SC_FILL_NAN);
    all_kinds(list, "NaN and infinities over samples", SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, 11), 1,
              SC_FILL_NAN);
    all_kinds(list, "ties", SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, 65), 3, SC_FILL_TIES);
    sc_tensor_desc image = SC_VERIFY_TENSOR(SOCLE_F32, 1, 4, 17, 6, 5),
                   channel = SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 17, 1, 1);
    moments(list, image, channel, 13, SC_FILL_REAL);
    moments(list, image, channel, 13, SC_FILL_WHOLE);
    moments(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, 65), SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, 1), 2,
            SC_FILL_REAL);
    moments(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 6, 1), SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 33), 1,
            SC_FILL_REAL);
    counted(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 8, 3, 9), 7);
    counted(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 8, 3, 9), 4);
    placed(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 8, 3, 9), 3);
    placed(list, SC_VERIFY_TENSOR(SOCLE_F32, 3, 12, 2, 9), 3);
    placed(list, SC_VERIFY_TENSOR(SOCLE_F32, 3, 12, 2, 9), 4);
}

void sc_verify_reduce_random(sc_verify_list *list, sc_draw *draw) {
    uint64_t *style = &draw->style;
    int64_t size[SC_MAX_RANK];
    bool rows = !sc_draw_once_in(style, 3);
    int rank = (int)sc_draw_between(style, 1, sc_draw_once_in(style, 4) ? 6 : 4);
    int inputs = (int)sc_draw_between(style, 1, 3), outputs = (int)sc_draw_between(style, 1, 3);
    sc_verify_case test = sc_verify_case_of(SC_OP_REDUCE, inputs, outputs, "random");
    sc_draw_sizes(&draw->row, rank, size, 1 << 11);
    /* Each dimension belongs to one input, and to others as it happens. */
    for (int i = 0; i < inputs; i++)
        test.desc.tensor[i] = sc_verify_tensor(SOCLE_F32, 0, rank, size);
    for (int d = 0; d < rank; d++) {
        int owner = (int)sc_draw_below(style, inputs);
        for (int i = 0; i < inputs; i++) {
            bool has = i == owner || sc_draw_below(style, 3) > 0;
            if (!has) test.desc.tensor[i].dim[d] = 1;
            if (d == 0) test.desc.tensor[i].rows_per_sample = rows && has;
        }
    }
    if (inputs > 1 && sc_draw_once_in(style, 3)) test.desc.tensor[1].dtype = SOCLE_U8;
    test.desc.attr.reduce.axes = (uint32_t)sc_draw_between(style, 1, (1 << rank) - 1);
    for (int k = 0; k < outputs; k++)
        test.desc.attr.reduce.kind[k] =
            (uint8_t)(sc_draw_once_in(style, 2) ? SC_REDUCE_SUM : sc_draw_between(style, 0, 2));
    sc_verify_random_expr(&test, style, outputs, sc_draw_once_in(style, 2));
    list->emit(list, &test);
}
