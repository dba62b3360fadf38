/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of matmul: sizes around every tile border, both transposes, batch dims, each place of the
 * batched dim, tails. */
#include "verify/case.h"

static sc_verify_case product(const char *label, sc_tensor_desc a, sc_tensor_desc b, bool ta,
                              bool tb, uint8_t fill) {
    sc_verify_case test = sc_verify_case_of(SC_OP_MATMUL, 2, 1, label);
    test.desc.tensor[0] = a;
    test.desc.tensor[1] = b;
    test.desc.attr.matmul.transpose_a = ta;
    test.desc.attr.matmul.transpose_b = tb;
    test.fill[0] = test.fill[1] = fill;
    int row = a.rank - 2, column = a.rank - 1;
    int64_t products = a.dim[row] * a.dim[column] * b.dim[tb ? row : column];
    test.quick = products < 1 << 15;
    return test;
}

/* Rank 2. With `rows` per sample the samples lie along M, or along K where A is transposed and B is
 * not. */
static void plain(sc_verify_list *list, int64_t m, int64_t n, int64_t k, bool ta, bool tb,
                  int64_t rows, uint8_t fill, bool tail) {
    int64_t inner = ta && !tb ? rows : 0, outer = ta ? 0 : rows;
    sc_tensor_desc a =
        ta ? SC_VERIFY_TENSOR(SOCLE_F32, inner, k, m) : SC_VERIFY_TENSOR(SOCLE_F32, outer, m, k);
    sc_tensor_desc b =
        tb ? SC_VERIFY_TENSOR(SOCLE_F32, 0, n, k) : SC_VERIFY_TENSOR(SOCLE_F32, inner, k, n);
    sc_verify_case test = product(inner   ? "rows along K"
                                  : outer ? "rows along M"
                                          : "no rows",
                                  a, b, ta, tb, fill);
    if (tail) sc_verify_bias_relu(&test, SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, n));
    list->emit(list, &test);
}

static void gated(sc_verify_list *list, int64_t m, int64_t n, int64_t k, int64_t rows, bool draws) {
    sc_verify_case test = product("gate of full size", SC_VERIFY_TENSOR(SOCLE_F32, rows, m, k),
                                  SC_VERIFY_TENSOR(SOCLE_F32, 0, k, n), false, false, SC_FILL_REAL);
    sc_verify_gate(&test, SC_VERIFY_TENSOR(SOCLE_F32, rows, m, n), draws);
    list->emit(list, &test);
}

/* Gaussian noise on rows that begin at any place among the four numbers of a call. */
static void noisy(sc_verify_list *list) {
    sc_verify_case test =
        product("noise", SC_VERIFY_TENSOR(SOCLE_F32, 4, 8, 5),
                SC_VERIFY_TENSOR(SOCLE_F32, 0, 5, 21), false, false, SC_FILL_REAL);
    sc_expr_init(&test.tail);
    int raw = sc_expr_input(&test.tail, 0, SC_EXPR_FLOAT);
    int noise = sc_expr_leaf(&test.tail, SC_EXPR_NORMAL, 0, 2);
    sc_expr_output(&test.tail, sc_expr_add_node(&test.tail, SC_EXPR_ADD, raw, noise, 0));
    test.has_tail = true;
    list->emit(list, &test);
}

static void shapes(sc_verify_list *list) {
    static const int64_t shape[][3] = {
        {1, 1, 1},    {5, 3, 7},    {2, 33, 5},   {31, 2, 1},    {33, 17, 9}, /* the small subset
                                                                                 ends here */
        {32, 32, 32}, {33, 33, 33}, {63, 65, 64}, {65, 63, 31},  {1, 65, 33},    {65, 1, 33},
        {33, 65, 1},  {64, 64, 64}, {1, 1, 4099}, {7, 10, 784},  {128, 10, 128}, {129, 67, 257},
        {12, 33, 64}, {13, 16, 63}, {14, 48, 65}, {16, 128, 16}, {61, 31, 129},
    };
    int count = list->small ? 5 : (int)(sizeof shape / sizeof shape[0]);
    for (int i = 0; i < count; i++)
        for (int form = 0; form < 4; form++) {
            const int64_t *s = shape[i];
            bool ta = form & 1, tb = form >> 1;
            if (list->small && form != i % 4 && i != 1) continue;
            plain(list, s[0], s[1], s[2], ta, tb, true, SC_FILL_WHOLE, false);
            if (form == i % 4 || list->small) continue;
            plain(list, s[0], s[1], s[2], ta, tb, i % 2, SC_FILL_REAL, (i + form) % 2);
        }
    plain(list, 9, 21, 30, false, false, true, SC_FILL_REAL, true);
    plain(list, 9, 21, 30, false, true, true, SC_FILL_WHOLE, true);
    plain(list, 6, 5, 7, false, false, true, SC_FILL_NAN, false);
    gated(list, 9, 21, 30, 1, true);
    gated(list, 5, 18, 7, 0, false);
    plain(list, 12, 21, 7, false, true, 4, SC_FILL_WHOLE, true); /* several rows per sample */
    plain(list, 5, 7, 12, true, false, 3, SC_FILL_WHOLE, false);
    gated(list, 12, 21, 5, 4, true);
    noisy(list);
    if (list->pieces) plain(list, 600, 430, 10, false, false, 1, SC_FILL_REAL, true);
    if (list->pieces) plain(list, 5, 435, 600, true, false, 1, SC_FILL_REAL, true);
    if (!list->small) gated(list, 30, 128, 10, 1, true);
    if (!list->small) plain(list, 65, 33, 4096, true, false, 128, SC_FILL_WHOLE, false);
    if (!list->small) plain(list, 203, 301, 407, false, false, true, SC_FILL_REAL, false);
}

static void batches(sc_verify_list *list) {
    sc_tensor_desc a = SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 2, 5, 7),
                   b = SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 2, 7, 9);
    sc_tensor_desc weight = SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 1, 7, 9),
                   heads = SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 2, 7, 9);
    sc_verify_case test = product("batch", a, b, false, false, SC_FILL_WHOLE);
    list->emit(list, &test);
    test = product("batch, shared B", a, weight, false, false, SC_FILL_WHOLE);
    list->emit(list, &test);
    test = product("batch, B per second dimension", a, heads, false, false, SC_FILL_REAL);
    list->emit(list, &test);
    test = product("batch, shared A", SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 5, 7),
                   SC_VERIFY_TENSOR(SOCLE_F32, 1, 4, 7, 33), false, false, SC_FILL_WHOLE);
    list->emit(list, &test);
    test = product("batch of several rows", SC_VERIFY_TENSOR(SOCLE_F32, 3, 6, 5, 7),
                   SC_VERIFY_TENSOR(SOCLE_F32, 3, 6, 7, 4), false, false, SC_FILL_WHOLE);
    sc_verify_gate(&test, SC_VERIFY_TENSOR(SOCLE_F32, 3, 6, 5, 4), true);
    list->emit(list, &test);
    if (list->small) return;
    sc_tensor_desc wide = SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 33, 65),
                   tall = SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 65, 17);
    for (int form = 0; form < 4; form++) {
        sc_tensor_desc x = form & 1 ? SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 65, 33) : wide;
        sc_tensor_desc y = form >> 1 ? SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 17, 65) : tall;
        test = product("batch, transposes", x, y, form & 1, form >> 1,
                       form % 2 ? SC_FILL_REAL : SC_FILL_WHOLE);
        sc_verify_bias_relu(&test, SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 1, 17));
        list->emit(list, &test);
    }
    test = product("batch without rows", SC_VERIFY_TENSOR(SOCLE_F32, 0, 3, 1, 8, 6),
                   SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 4, 6, 5), false, false, SC_FILL_WHOLE);
    list->emit(list, &test);
}

void sc_verify_matmul_cases(sc_verify_list *list) {
    shapes(list);
    batches(list);
}

/* Batch dimensions, each of them in both, or of one element in one of the two; rows along the
 * first. */
static void draw_batch(uint64_t *state, sc_tensor_desc *a, sc_tensor_desc *b, int dims) {
    for (int d = 0; d < dims; d++) {
        int64_t size = sc_draw_between(state, 1, 4), kind = sc_draw_below(state, 4);
        a->dim[d] = kind == 1 ? 1 : size;
        b->dim[d] = kind == 2 ? 1 : size;
    }
    if (sc_draw_once_in(state, 3)) return;
    a->rows_per_sample = a->dim[0] > 1 || b->dim[0] == 1;
    b->rows_per_sample = b->dim[0] > 1;
}

void sc_verify_matmul_random(sc_verify_list *list, sc_draw *draw) {
    enum { PRODUCTS = 1 << 18 };
    uint64_t *state = &draw->row, *style = &draw->style;
    bool ta = sc_draw_once_in(style, 2), tb = sc_draw_once_in(style, 2);
    int dims = sc_draw_once_in(style, 3) ? (int)sc_draw_between(style, 1, 2) : 0;
    int64_t m = sc_draw_size(state, 300), n = sc_draw_size(state, 600),
            k = sc_draw_size(state, 2100);
    while (m * n * k > PRODUCTS && k > 1) k /= 2;
    while (m * n > PRODUCTS / 16) n = n / 2 + 1, m = m / 2 + 1;
    int64_t dim_a[4] = {1, 1, 1, 1}, dim_b[4] = {1, 1, 1, 1};
    dim_a[dims + ta] = m, dim_a[dims + !ta] = k;
    dim_b[dims + tb] = k, dim_b[dims + !tb] = n;
    sc_tensor_desc a = sc_verify_tensor(SOCLE_F32, 0, dims + 2, dim_a);
    sc_tensor_desc b = sc_verify_tensor(SOCLE_F32, 0, dims + 2, dim_b);
    if (dims) draw_batch(state, &a, &b, dims);
    bool rows = !dims && sc_draw_below(state, 4) > 0;
    if (rows) a.rows_per_sample = !ta || !tb, b.rows_per_sample = ta && !tb;
    uint8_t fill = sc_draw_once_in(state, 3) ? SC_FILL_REAL : SC_FILL_WHOLE;
    sc_verify_case test = product("random", a, b, ta, tb, fill);
    int64_t bias[4] = {1, 1, 1, 1}, tail = sc_draw_below(style, 4);
    bias[dims + 1] = n;
    if (tail == 0) sc_verify_bias_relu(&test, sc_verify_tensor(SOCLE_F32, 0, dims + 2, bias));
    if (tail == 1 && !dims && !(ta && rows))
        sc_verify_gate(&test, SC_VERIFY_TENSOR(SOCLE_F32, a.rows_per_sample, m, n),
                       sc_draw_once_in(style, 2));
    list->emit(list, &test);
}
