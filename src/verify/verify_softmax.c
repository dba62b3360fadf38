/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of softmax, its gradient and cross-entropy: row lengths, large logits, NaN, labels out of
 * range. */
#include "verify/case.h"

static void softmax(sc_verify_list *list, sc_tensor_desc x, bool log_form, uint8_t fill) {
    sc_verify_case test = sc_verify_case_of(SC_OP_SOFTMAX, 1, 1, log_form ? "log" : "plain");
    test.desc.tensor[0] = x;
    test.desc.attr.softmax.log = log_form;
    test.fill[0] = fill;
    test.quick = true;
    list->emit(list, &test);
}

static void gradient(sc_verify_list *list, sc_tensor_desc x, bool log_form) {
    sc_verify_case test = sc_verify_case_of(SC_OP_SOFTMAX_GRAD, 2, 1, log_form ? "log" : "plain");
    test.desc.tensor[0] = test.desc.tensor[1] = x;
    test.desc.attr.softmax.log = log_form;
    test.fill[0] = log_form ? SC_FILL_LOG_PROBABILITY : SC_FILL_PROBABILITY;
    test.quick = true;
    list->emit(list, &test);
}

static void entropy_rows(sc_verify_list *list, int64_t per_sample, int64_t rows, int64_t classes,
                         int dtype, uint8_t logits, uint8_t labels) {
    sc_verify_case test = sc_verify_case_of(SC_OP_CROSS_ENTROPY, 2, 2,
                                            dtype == SOCLE_U8 ? "u8 labels" : "i32 labels");
    test.desc.tensor[0] = SC_VERIFY_TENSOR(SOCLE_F32, per_sample, rows, classes);
    test.desc.tensor[1] = SC_VERIFY_TENSOR(dtype, per_sample, rows);
    test.fill[0] = logits;
    test.fill[1] = labels;
    test.limit = classes;
    test.quick = true;
    list->emit(list, &test);
}

static void entropy(sc_verify_list *list, int64_t rows, int64_t classes, int dtype, uint8_t logits,
                    uint8_t labels) {
    entropy_rows(list, 1, rows, classes, dtype, logits, labels);
}

/* Several rows per sample: tokens, pixels. */
static void sequences(sc_verify_list *list) {
    sc_tensor_desc tokens = SC_VERIFY_TENSOR(SOCLE_F32, 5, 15, 33);
    for (int form = 0; form < 2; form++) {
        softmax(list, tokens, form, SC_FILL_REAL);
        gradient(list, tokens, form);
    }
    entropy_rows(list, 5, 15, 33, SOCLE_I32, SC_FILL_REAL, SC_FILL_INDEX);
    entropy_rows(list, 4, 12, 10, SOCLE_U8, SC_FILL_WIDE, SC_FILL_REAL);
}

void sc_verify_softmax_cases(sc_verify_list *list) {
    static const int64_t size[] = {1, 2, 5, 10, 31, 32, 33, 63, 64, 65, 257, 4099, 8200};
    for (int i = 0; i < (list->small ? 4 : 13); i++) {
        sc_tensor_desc x = SC_VERIFY_TENSOR(SOCLE_F32, 1, size[i] > 1000 ? 3 : 7, size[i]);
        for (int form = 0; form < 2; form++) {
            softmax(list, x, form, SC_FILL_REAL);
            softmax(list, x, form, SC_FILL_WIDE);
            softmax(list, x, form, SC_FILL_NAN); /* -inf is a class that is shut */
            gradient(list, x, form);
        }
        entropy(list, size[i] > 1000 ? 3 : 9, size[i], SOCLE_I32, SC_FILL_REAL, SC_FILL_INDEX);
        entropy(list, 9, size[i] > 256 ? 200 : size[i], SOCLE_U8, SC_FILL_WIDE, SC_FILL_INDEX);
    }
    sc_tensor_desc deep = SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 4, 5, 6),
                   flat = SC_VERIFY_TENSOR(SOCLE_F32, 0, 33);
    softmax(list, deep, false, SC_FILL_REAL);
    softmax(list, flat, true, SC_FILL_REAL);
    gradient(list, deep, false);
    gradient(list, flat, true);
    softmax(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 40, 10), false, SC_FILL_TIES);
    sequences(list);
    entropy(list, 12, 10, SOCLE_I32, SC_FILL_REAL, SC_FILL_WILD_INDEX);
    entropy(list, 12, 10, SOCLE_U8, SC_FILL_REAL, SC_FILL_REAL); /* bytes of 0..255: most are no
                                                                    class */
    if (list->pieces) softmax(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 300, 1031), true, SC_FILL_REAL);
    if (list->pieces) entropy(list, 300, 1031, SOCLE_I32, SC_FILL_REAL, SC_FILL_INDEX);
    if (!list->small) entropy(list, 1031, 10, SOCLE_U8, SC_FILL_REAL, SC_FILL_INDEX);
}

void sc_verify_softmax_random(sc_verify_list *list, sc_draw *draw) {
    uint64_t *state = &draw->row;
    int64_t size[SC_MAX_RANK], kind = sc_draw_below(state, 5);
    if (kind == 4) {
        bool bytes = sc_draw_once_in(state, 2), wild = sc_draw_once_in(state, 3);
        int64_t classes = sc_draw_size(state, bytes ? 256 : 1100), rows = sc_draw_size(state, 1100);
        while (rows * classes > 1 << 13) rows = rows / 2 + 1;
        entropy(list, rows, classes, bytes ? SOCLE_U8 : SOCLE_I32,
                sc_draw_once_in(state, 2) ? SC_FILL_REAL : SC_FILL_WIDE,
                wild ? (bytes ? SC_FILL_REAL : SC_FILL_WILD_INDEX) : SC_FILL_INDEX);
        return;
    }
    bool rows = !sc_draw_once_in(state, 4);
    int rank = (int)sc_draw_between(state, rows ? 2 : 1, 4);
    sc_draw_sizes(state, rank, size, 1 << 13);
    sc_tensor_desc x = sc_verify_tensor(SOCLE_F32, rows, rank, size);
    static const uint8_t fills[] = {SC_FILL_REAL, SC_FILL_WIDE, SC_FILL_TIES, SC_FILL_NAN};
    if (kind < 2)
        softmax(list, x, kind, fills[sc_draw_below(state, 4)]);
    else
        gradient(list, x, kind == 3);
}
