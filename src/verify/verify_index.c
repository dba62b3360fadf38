/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of gather, scatter-add, put-rows and argmax: repeated and absent indices, indices out of
 * range, ties, NaN. */
#include "verify/case.h"

static void gather(sc_verify_list *list, int dtype, int64_t table, int64_t rows, int64_t width,
                   int64_t per_sample, uint8_t fill) {
    sc_verify_case test =
        sc_verify_case_of(SC_OP_GATHER, 2, 1, fill == SC_FILL_INDEX ? "in range" : "out of range");
    test.desc.tensor[0] = width == 0 ? SC_VERIFY_TENSOR(dtype, 0, table)
                                     : SC_VERIFY_TENSOR(dtype, 0, table, width, 3);
    test.desc.tensor[1] = SC_VERIFY_TENSOR(SOCLE_I32, per_sample, rows);
    test.fill[1] = fill;
    test.limit = table;
    test.quick = true;
    list->emit(list, &test);
}

static void scatter(sc_verify_list *list, int64_t table, int64_t rows, int64_t width,
                    int64_t per_sample, uint8_t fill) {
    sc_verify_case test = sc_verify_case_of(SC_OP_SCATTER_ADD, 2, 1,
                                            fill == SC_FILL_INDEX ? "in range" : "out of range");
    test.desc.tensor[0] = SC_VERIFY_TENSOR(SOCLE_I32, per_sample, rows);
    test.desc.tensor[1] = width == 0 ? SC_VERIFY_TENSOR(SOCLE_F32, per_sample, rows)
                                     : SC_VERIFY_TENSOR(SOCLE_F32, per_sample, rows, width);
    test.desc.tensor[2] = width == 0 ? SC_VERIFY_TENSOR(SOCLE_F32, 0, table)
                                     : SC_VERIFY_TENSOR(SOCLE_F32, 0, table, width);
    test.fill[0] = fill;
    test.limit = table;
    test.quick = true;
    list->emit(list, &test);
}

/* One to three digits of a key, at their edges; more rows than a group has work-items, and tiles of
 * several rounds. */
static void scatter_sorts(sc_verify_list *list) {
    scatter(list, 1, 300, 2, 1, SC_FILL_WILD_INDEX);
    if (list->small) return;
    scatter(list, 255, 256, 3, 1, SC_FILL_WILD_INDEX);
    scatter(list, 256, 257, 3, 0, SC_FILL_WILD_INDEX);
    scatter(list, 257, 2048, 2, 1, SC_FILL_INDEX);
    scatter(list, 65535, 700, 1, 1, SC_FILL_WILD_INDEX);
    scatter(list, 65537, 700, 1, 0, SC_FILL_INDEX);
    scatter(list, 300, 33000, 2, 0, SC_FILL_WILD_INDEX);
}

static void put(sc_verify_list *list, int dtype, int64_t table, int64_t rows, int64_t width,
                int64_t per_sample) {
    sc_verify_case test = sc_verify_case_of(SC_OP_PUT_ROWS, 3, 1, "different rows");
    test.desc.tensor[0] =
        width == 0 ? SC_VERIFY_TENSOR(dtype, 0, table) : SC_VERIFY_TENSOR(dtype, 0, table, width);
    test.desc.tensor[1] = SC_VERIFY_TENSOR(SOCLE_I32, per_sample, rows);
    test.desc.tensor[2] = width == 0 ? SC_VERIFY_TENSOR(dtype, per_sample, rows)
                                     : SC_VERIFY_TENSOR(dtype, per_sample, rows, width);
    test.fill[0] = dtype == SOCLE_F32 ? SC_FILL_SPECIAL : SC_FILL_REAL;
    test.fill[1] = SC_FILL_DIFFERENT;
    test.limit = table;
    test.in_place = test.quick = true;
    list->emit(list, &test);
}

static void argmax(sc_verify_list *list, sc_tensor_desc x, uint8_t fill) {
    sc_verify_case test =
        sc_verify_case_of(SC_OP_ARGMAX, 1, 1, fill == SC_FILL_NAN ? "NaN" : "numbers");
    test.desc.tensor[0] = x;
    test.fill[0] = fill;
    test.quick = true;
    list->emit(list, &test);
}

void sc_verify_index_cases(sc_verify_list *list) {
    static const int64_t size[] = {1, 5, 32, 65, 1021};
    for (int i = 0; i < (list->small ? 2 : 5); i++) {
        int64_t n = size[i];
        gather(list, SOCLE_F32, n, 33, 5, 1, SC_FILL_INDEX);
        gather(list, SOCLE_U8, 17, n, 4, 1, SC_FILL_WILD_INDEX);
        gather(list, SOCLE_I32, n, 9, 0, 1, SC_FILL_WILD_INDEX);
        gather(list, SOCLE_U8, n, 9, 1, 0, SC_FILL_INDEX);
        scatter(list, n, 33, 5, 1, SC_FILL_INDEX);
        scatter(list, 7, n, 3, 1, SC_FILL_INDEX);
        scatter(list, 7, n, 0, 1, SC_FILL_WILD_INDEX);
        scatter(list, n, 12, 17, 0, SC_FILL_WILD_INDEX);
        put(list, SOCLE_F32, n, 33, 5, 1);
        put(list, SOCLE_U8, 70, n, 7, 1);
        put(list, SOCLE_I32, n, 9, 0, 0);
        argmax(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, n), SC_FILL_REAL);
        argmax(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, n), SC_FILL_TIES);
        argmax(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, n), SC_FILL_NAN);
        argmax(list, SC_VERIFY_TENSOR(SOCLE_F32, 0, n), SC_FILL_NAN);
    }
    argmax(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 4, 3, 5, 10), SC_FILL_TIES);
    argmax(list, SC_VERIFY_TENSOR(SOCLE_F32, 6, 18, 10), SC_FILL_NAN); /* several rows per sample */
    gather(list, SOCLE_F32, 11, 18, 5, 6, SC_FILL_INDEX);
    scatter(list, 11, 18, 5, 6, SC_FILL_INDEX);
    scatter(list, 300, 18, 33, 6, SC_FILL_WILD_INDEX);
    put(list, SOCLE_F32, 300, 18, list->small ? 33 : 1033, 6);
    if (list->pieces) put(list, SOCLE_F32, 40, 9000, 33, 1);
    if (list->pieces) scatter(list, 40, 9000, 33, 1, SC_FILL_WILD_INDEX);
    if (!list->small) scatter(list, 16500, 90, 3, 6, SC_FILL_WILD_INDEX); /* longer ranges */
    scatter(list, 3, list->small ? 20 : 2049, 8, true, SC_FILL_INDEX); /* long chains per row of the
                                                                          table */
    scatter_sorts(list);
}

void sc_verify_index_random(sc_verify_list *list, sc_draw *draw) {
    uint64_t *state = &draw->row;
    int64_t rows = !sc_draw_once_in(state, 4);
    int64_t entries = sc_draw_size(state, 300), indices = sc_draw_size(state, 300);
    int64_t width = sc_draw_once_in(state, 4) ? 0 : sc_draw_size(state, 80);
    uint8_t fill = sc_draw_once_in(state, 2) ? SC_FILL_INDEX : SC_FILL_WILD_INDEX;
    static const uint8_t numbers[] = {SC_FILL_REAL, SC_FILL_TIES, SC_FILL_NAN};
    int64_t size[SC_MAX_RANK];
    int rank = (int)sc_draw_between(state, rows ? 2 : 1, 4);
    switch (sc_draw_below(state, 4)) {
    case 3:
        put(list, (int)sc_draw_below(state, 3), entries, indices, width, rows);
        break;
    case 0:
        gather(list, (int)sc_draw_below(state, 3), entries, indices, width, rows, fill);
        break;
    case 1:
        scatter(list, entries, indices, width, rows, fill);
        break;
    default:
        sc_draw_sizes(state, rank, size, 1 << 13);
        argmax(list, sc_verify_tensor(SOCLE_F32, rows, rank, size),
               numbers[sc_draw_below(state, 3)]);
        break;
    }
}
