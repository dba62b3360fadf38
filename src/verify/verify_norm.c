/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of layer normalisation and its gradient: row lengths around every vector and work-group,
 * rows of one value, of equal values, of large ones close together, NaN. */
#include "verify/case.h"

static void forward(sc_verify_list *list, sc_tensor_desc x, uint8_t fill, float epsilon) {
    sc_verify_case test = sc_verify_case_of(SC_OP_LAYER_NORM, 3, 3, "rows");
    test.desc.tensor[0] = x;
    test.desc.tensor[1] = test.desc.tensor[2] = SC_VERIFY_TENSOR(SOCLE_F32, 0, x.dim[x.rank - 1]);
    test.desc.attr.layer_norm.epsilon = epsilon;
    test.fill[0] = fill;
    test.quick = sc_tensor_elements(&x) < 1 << 13;
    list->emit(list, &test);
}

static void gradient(sc_verify_list *list, sc_tensor_desc x, uint8_t fill) {
    sc_verify_case test = sc_verify_case_of(SC_OP_LAYER_NORM_GRAD, 5, 1, "rows");
    test.desc.tensor[0] = test.desc.tensor[2] = test.desc.tensor[3] = x;
    test.desc.tensor[1] = SC_VERIFY_TENSOR(SOCLE_F32, 0, x.dim[x.rank - 1]);
    test.desc.tensor[3].dim[x.rank - 1] = 1;
    test.desc.tensor[4] = test.desc.tensor[3];
    test.fill[0] = test.fill[2] = fill;
    test.fill[4] = SC_FILL_POSITIVE;
    test.quick = sc_tensor_elements(&x) < 1 << 13;
    list->emit(list, &test);
}

static void both(sc_verify_list *list, sc_tensor_desc x, uint8_t fill) {
    forward(list, x, fill, 1e-5f);
    gradient(list, x, fill);
}

void sc_verify_norm_cases(sc_verify_list *list) {
    static const int64_t size[] = {1,   2,   5,    16,   31,   33,   64,   80,  255,
                                   256, 259, 1024, 1025, 1028, 4096, 4099, 8195};
    for (int i = 0; i < (list->small ? 5 : 17); i++) {
        sc_tensor_desc x = SC_VERIFY_TENSOR(SOCLE_F32, 1, size[i] > 1000 ? 3 : 7, size[i]);
        both(list, x, SC_FILL_REAL);
        both(list, x, SC_FILL_WIDE);
        both(list, x, SC_FILL_NAN);
    }
    both(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 4, 5, 6), SC_FILL_REAL);
    both(list, SC_VERIFY_TENSOR(SOCLE_F32, 0, 33), SC_FILL_REAL);
    both(list, SC_VERIFY_TENSOR(SOCLE_F32, 5, 15, 33), SC_FILL_REAL);
    forward(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, 7), SC_FILL_TIES, 1e-12f);
    forward(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 40, 2), SC_FILL_TIES, 1e-5f); /* equal values */
    forward(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 9, 20), SC_FILL_NEAR, 1e-5f);
    forward(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 10), SC_FILL_REAL, 4.0f);
    if (list->pieces) both(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 300, 1031), SC_FILL_REAL);
    if (!list->small) both(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 1031, 12), SC_FILL_REAL);
}

void sc_verify_norm_random(sc_verify_list *list, sc_draw *draw) {
    static const uint8_t fills[] = {SC_FILL_REAL, SC_FILL_WIDE, SC_FILL_NEAR, SC_FILL_NAN};
    uint64_t *state = &draw->row;
    int64_t size[SC_MAX_RANK];
    bool rows = !sc_draw_once_in(state, 4);
    int rank = (int)sc_draw_between(state, rows ? 2 : 1, 4);
    sc_draw_sizes(state, rank, size, 1 << 13);
    sc_tensor_desc x = sc_verify_tensor(SOCLE_F32, rows, rank, size);
    uint8_t fill = fills[sc_draw_below(state, 4)];
    if (sc_draw_once_in(state, 2))
        forward(list, x, fill, sc_draw_once_in(state, 2) ? 1e-5f : 0.5f);
    else
        gradient(list, x, fill);
}
