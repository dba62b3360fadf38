/* SPDX-License-Identifier: Apache-2.0 */
/* Columns: ownership, refusals, labels. */
#include "data/dataset.h"

#include "sc_test.h"

static const socle_shape image = {.rank = 3, .size = {1, 2, 2}}, scalar = {0};

static void count_release(void *user, const void *data) {
    int *released = user;
    SC_TRUE(data != NULL);
    ++*released;
}

Test(dataset, columns_of_three_kinds) {
    sc_env env;
    sc_dataset *dataset;
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env_init(&env, &allocator, NULL);
    unsigned char pixels[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const int32_t labels[3] = {2, 0, 1};
    int released = 0;
    void *target;
    SC_OK(&env, sc_dataset_create(&dataset, &env, "toy", 3));
    SC_OK(&env, sc_dataset_add_copy(dataset, "input", SOCLE_U8, &image, pixels));
    memset(pixels, 0, sizeof pixels);
    SC_OK(&env, sc_dataset_add_borrowed(dataset, "label", SOCLE_I32, &scalar, labels, count_release,
                                        &released));
    SC_OK(&env, sc_dataset_add_new(dataset, &target, "target", SOCLE_F32, &image));
    SC_EQ(sc_dataset_count(dataset), 3);
    SC_EQ(sc_dataset_columns(dataset), 3);
    SC_EQ(sc_dataset_find(dataset, "target"), 2);
    SC_EQ(sc_dataset_find(dataset, "none"), -1);
    SC_TRUE(sc_dataset_column(dataset, 3) == NULL && sc_dataset_column(dataset, -1) == NULL);
    const sc_column *input = sc_dataset_column(dataset, 0);
    SC_EQ(input->row_bytes, 4);
    SC_EQ(((const unsigned char *)input->data)[11], 12);
    SC_TRUE(sc_dataset_column(dataset, 1)->data == labels);
    SC_EQ(((float *)target)[11], 0);
    SC_EQ(sc_dataset_row_bytes(dataset), 4 + 4 + 16);
    SC_EQ(sc_dataset_bytes(dataset), 72);
    SC_EQ_STR(sc_dataset_label(dataset), "toy");

    SC_FAILS(&env,
             sc_dataset_add_borrowed(dataset, "label", SOCLE_I32, &scalar, labels, count_release,
                                     &released),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(released, 0);
    sc_dataset_destroy(dataset);
    SC_EQ(released, 1);
    SC_EQ(atomic_load(&state.live), 0);
    sc_dataset_destroy(NULL);
}

Test(dataset, refuses) {
    sc_env env;
    sc_dataset *dataset;
    void *data;
    char name[80];
    sc_env_init(&env, NULL, NULL);
    static const int64_t counts[] = {0, -1, INT64_MIN, (int64_t)UINT32_MAX + 1, INT64_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        SC_FAILS(&env, sc_dataset_create(&dataset, &env, "toy", counts[i]),
                 SOCLE_STATUS_INVALID_ARGUMENT);
    SC_OK(&env, sc_dataset_create(&dataset, &env, "toy", 1LL << 31));
    const socle_shape zero = {.rank = 1, .size = {0}},
                      deep = {.rank = 6, .size = {1, 1, 1, 1, 1, 1}};
    const socle_shape wrap = {.rank = 2, .size = {1LL << 33, 1LL << 31}};
    const socle_shape all = {.rank = 1, .size = {1LL << 33}}, bad = {.rank = -1};
    SC_FAILS(&env, sc_dataset_add_new(dataset, &data, "x", SOCLE_F32, &zero), SOCLE_STATUS_SHAPE);
    SC_CONTAINS(env.text, "toy: column 'x': size 0 of dimension 0");
    SC_FAILS(&env, sc_dataset_add_new(dataset, &data, "x", SOCLE_F32, &deep), SOCLE_STATUS_SHAPE);
    SC_FAILS(&env, sc_dataset_add_new(dataset, &data, "x", SOCLE_F32, &wrap), SOCLE_STATUS_SHAPE);
    SC_FAILS(&env, sc_dataset_add_new(dataset, &data, "x", SOCLE_F32, &all), SOCLE_STATUS_SHAPE);
    SC_FAILS(&env, sc_dataset_add_new(dataset, &data, "x", SOCLE_F32, &bad), SOCLE_STATUS_SHAPE);
    SC_FAILS(&env, sc_dataset_add_new(dataset, &data, "x", (socle_dtype)3, &scalar),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(&env, sc_dataset_add_new(dataset, &data, "", SOCLE_F32, &scalar),
             SOCLE_STATUS_INVALID_ARGUMENT);
    memset(name, 'n', sizeof name);
    name[64] = '\0';
    SC_FAILS(&env, sc_dataset_add_new(dataset, &data, name, SOCLE_F32, &scalar),
             SOCLE_STATUS_INVALID_ARGUMENT);
    for (int i = 0; i < SC_DATASET_MAX_COLUMNS; i++) {
        snprintf(name, sizeof name, "c%d", i);
        SC_OK(&env, sc_dataset_add_borrowed(dataset, name, SOCLE_F32, &scalar, name, NULL, NULL));
    }
    SC_FAILS(&env, sc_dataset_add_new(dataset, &data, "x", SOCLE_F32, &scalar),
             SOCLE_STATUS_INVALID_ARGUMENT);
    sc_dataset_destroy(dataset);
}

Test(dataset, labels) {
    sc_env env;
    sc_dataset *dataset;
    int64_t classes;
    static const uint8_t bytes[4] = {0, 9, 3, 255};
    static const int32_t words[4] = {0, 9, -1, 3};
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_dataset_create(&dataset, &env, "toy", 4));
    SC_OK(&env, sc_dataset_add_copy(dataset, "u", SOCLE_U8, &scalar, bytes));
    SC_OK(&env, sc_dataset_add_copy(dataset, "i", SOCLE_I32, &scalar, words));
    SC_OK(&env, sc_dataset_add_copy(dataset, "f", SOCLE_F32, &scalar, words));
    SC_OK(&env, sc_dataset_add_copy(dataset, "pair", SOCLE_U8,
                                    &(socle_shape){.rank = 1, .size = {1}}, bytes));
    SC_OK(&env, sc_dataset_check_labels(dataset, "u", 256));
    SC_OK(&env, sc_dataset_check_labels(dataset, "pair", 256));
    SC_FAILS(&env, sc_dataset_check_labels(dataset, "u", 255), SOCLE_STATUS_DATA);
    SC_EQ_STR(env.text,
              "toy: column 'u': sample 3 has label 255; with 255 classes, labels are 0 to 254");
    SC_FAILS(&env, sc_dataset_check_labels(dataset, "u", 9), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "sample 1 has label 9");
    SC_OK(&env, sc_dataset_set_source(dataset, "i", "first"));
    SC_OK(&env, sc_dataset_set_source(dataset, "i", "labels.idx"));
    SC_FAILS(&env, sc_dataset_set_source(dataset, "none", "x"), SOCLE_STATUS_NOT_FOUND);
    SC_FAILS(&env, sc_dataset_check_labels(dataset, "i", 100), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "labels.idx: column 'i': sample 2 has label -1");
    SC_FAILS(&env, sc_dataset_check_labels(dataset, "f", 10), SOCLE_STATUS_SHAPE);
    SC_FAILS(&env, sc_dataset_check_labels(dataset, "none", 10), SOCLE_STATUS_NOT_FOUND);
    SC_OK(&env, sc_dataset_classes(dataset, "u", &classes));
    SC_EQ(classes, 256);
    SC_FAILS(&env, sc_dataset_classes(dataset, "i", &classes), SOCLE_STATUS_DATA);
    sc_dataset_destroy(dataset);
}
