/* SPDX-License-Identifier: Apache-2.0 */
/* Targets of a run: the common type, conversion, every allocation refused. */
#include "sc_test.h"

#include "train/columns.h"

static const socle_shape scalar = {0};
static const int32_t wide[3] = {0, 7, 255};
static const uint8_t narrow[3] = {0, 7, 255};
static const float values[3] = {0, 7, 255};

static socle_status make(sc_dataset **out, sc_env *env, const char *target, socle_dtype dtype) {
    const void *data[] = {[SOCLE_F32] = values, [SOCLE_U8] = narrow, [SOCLE_I32] = wide};
    SC_TRY(sc_dataset_create(out, env, "toy", 3));
    socle_status status = sc_dataset_add_copy(*out, "input", SOCLE_F32, &scalar, values);
    if (status == SOCLE_OK) status = sc_dataset_add_copy(*out, target, dtype, &scalar, data[dtype]);
    if (status == SOCLE_OK) return status;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}

/* The wider type of both, whichever comes first; every number arrives. */
Test(targets, one_type) {
    static const socle_dtype order[] = {SOCLE_U8, SOCLE_I32, SOCLE_F32};
    const void *data[] = {[SOCLE_F32] = values, [SOCLE_U8] = narrow, [SOCLE_I32] = wide};
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            sc_dataset *train, *test, *as;
            const sc_net net = {0};
            sc_engine_options chosen = {0};
            SC_OK(&env, make(&train, &env, "label", order[a]));
            SC_OK(&env, make(&test, &env, "target", order[b]));
            SC_OK(&env, sc_columns_choose(&chosen, &env, &net, train, test));
            SC_EQ(chosen.target_dtype, order[a > b ? a : b]);
            SC_OK(&env, sc_columns_convert(&as, &env, test, &chosen));
            SC_EQ(as == NULL, a <= b);
            if (as) {
                const sc_column *column = sc_dataset_column(as, 1);
                const socle_dtype dtype = order[a > b ? a : b];
                SC_EQ(column->dtype, dtype);
                SC_EQ_STR(column->name, "target");
                SC_EQ_MEMORY(column->data, data[dtype], 3 * (dtype == SOCLE_U8 ? 1 : 4));
                SC_TRUE(sc_dataset_column(as, 0)->data == sc_dataset_column(test, 0)->data);
            }
            sc_dataset_destroy(as);
            sc_dataset_destroy(test);
            sc_dataset_destroy(train);
        }
}

static socle_status convert(sc_env *env, void *unused) {
    sc_dataset *dataset, *as = NULL;
    (void)unused;
    SC_TRY(make(&dataset, env, "label", SOCLE_U8));
    socle_status status =
        sc_columns_convert(&as, env, dataset, &(sc_engine_options){.target_dtype = SOCLE_F32});
    sc_dataset_destroy(as);
    sc_dataset_destroy(dataset);
    return status;
}

Test(targets, each_allocation_may_fail) {
    sc_test_each_allocation(convert, NULL);
}
