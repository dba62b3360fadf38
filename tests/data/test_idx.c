/* SPDX-License-Identifier: Apache-2.0 */
/* Sound IDX files: types, ranks, gzip, data sets made of them. */
#include "data/idx.h"

#include <zlib.h>

#include "sc_temp.h"

Test(idx, types_and_byte_order) {
    sc_env env;
    sc_idx idx;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_idx_read_memory(&idx, &env, "u8",
                                   "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
                                   "abcdef",
                                   18));
    SC_EQ(idx.dtype, SOCLE_U8);
    SC_EQ(idx.rank, 2);
    SC_EQ(idx.size[1], 3);
    SC_EQ(idx.bytes, 6);
    SC_EQ_MEMORY(idx.data, "abcdef", 6);
    sc_idx_free(&idx, &env);
    SC_OK(&env, sc_idx_read_memory(&idx, &env, "i32",
                                   "\0\0\x0c\x01\0\0\0\x02\0\0\x01\x02\xff\xff\xff\xfe", 16));
    SC_EQ(((int32_t *)idx.data)[0], 258);
    SC_EQ(((int32_t *)idx.data)[1], -2);
    sc_idx_free(&idx, &env);
    SC_OK(&env, sc_idx_read_memory(&idx, &env, "f32",
                                   "\0\0\x0d\x01\0\0\0\x02\xbf\x80\0\0\x40\x49\x0f\xdb", 16));
    SC_EQ(idx.dtype, SOCLE_F32);
    SC_EQ_FLOAT_BITS(((float *)idx.data)[0], -1.0f);
    SC_EQ_FLOAT_BITS(((float *)idx.data)[1], 3.14159274f);
    sc_idx_free(&idx, &env);
}

static void expect_shape(const char *bytes, size_t size, int rank, const int64_t *sizes) {
    sc_env env;
    sc_temp temp;
    sc_dataset *dataset;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    SC_OK(&env, sc_dataset_from_idx(&dataset, &env, sc_temp_put(&temp, "x", bytes, size), NULL));
    const sc_column *column = sc_dataset_column(dataset, sc_dataset_find(dataset, "input"));
    SC_EQ(sc_dataset_count(dataset), 2);
    SC_EQ(sc_dataset_columns(dataset), 1);
    SC_EQ(column->shape.rank, rank);
    for (int i = 0; i < rank; i++) SC_EQ(column->shape.size[i], sizes[i]);
    sc_dataset_destroy(dataset);
    sc_temp_remove(&temp);
}

Test(idx, shapes_of_samples) {
    expect_shape("\0\0\x08\x01\0\0\0\x02"
                 "ab",
                 10, 1, (int64_t[]){1});
    expect_shape("\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
                 "abcdef",
                 18, 1, (int64_t[]){3});
    expect_shape("\0\0\x08\x03\0\0\0\x02\0\0\0\x03\0\0\0\x01"
                 "abcdef",
                 22, 3, (int64_t[]){1, 3, 1});
    expect_shape("\0\0\x08\x04\0\0\0\x02\0\0\0\x03\0\0\0\x01\0\0\0\x01"
                 "abcdef",
                 26, 3, (int64_t[]){3, 1, 1});
}

#define GOLDEN SC_SOURCE_DIR "/tests/golden/"

Test(idx, images_and_labels) {
    sc_env env;
    sc_dataset *dataset;
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env_init(&env, &allocator, NULL);
    SC_OK(&env, sc_dataset_from_idx(&dataset, &env, GOLDEN "images-idx3-ubyte",
                                    GOLDEN "labels-idx1-ubyte"));
    SC_EQ(sc_dataset_count(dataset), 320);
    const sc_column *input = sc_dataset_column(dataset, 0), *label = sc_dataset_column(dataset, 1);
    SC_EQ_STR(input->name, "input");
    SC_EQ(input->row_bytes, 144);
    SC_EQ(input->dtype, SOCLE_U8);
    SC_EQ_STR(label->name, "label");
    SC_EQ(label->row_bytes, 1);
    SC_OK(&env, sc_dataset_check_labels(dataset, "label", 10));
    SC_FAILS(&env, sc_dataset_check_labels(dataset, "label", 9), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "labels-idx1-ubyte: column 'label': sample ");
    sc_dataset_destroy(dataset);
    SC_EQ(atomic_load(&state.live), 0);
}

Test(idx, targets_of_floats) {
    sc_env env;
    sc_temp temp;
    sc_dataset *dataset;
    char images[600];
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    strcpy(images, sc_temp_put(&temp, "images",
                               "\0\0\x08\x01\0\0\0\x02"
                               "ab",
                               10));
    SC_OK(&env, sc_dataset_from_idx(&dataset, &env, images,
                                    sc_temp_put(&temp, "targets",
                                                "\0\0\x0d\x01\0\0\0\x02\xbf\x80\0\0\0\0\0\0", 16)));
    const sc_column *target = sc_dataset_column(dataset, sc_dataset_find(dataset, "target"));
    SC_EQ(target->dtype, SOCLE_F32);
    SC_EQ(target->shape.rank, 1);
    SC_EQ_FLOAT_BITS(((const float *)target->data)[0], -1.0f);
    sc_dataset_destroy(dataset);
    sc_temp_remove(&temp);
}

/* The same bytes through gzip, whatever the names say. */
Test(idx, gzip_by_content_not_by_name) {
    sc_env env;
    sc_temp temp;
    sc_idx plain, packed;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    char *bytes = malloc(46096);
    FILE *file = fopen(GOLDEN "images-idx3-ubyte", "rb");
    SC_EQ(fread(bytes, 1, 46096, file), 46096);
    fclose(file);
    SC_OK(&env, sc_idx_read(&plain, &env, sc_temp_put(&temp, "plain.gz", bytes, 46096)));
    const char *path = sc_temp_file(&temp, "packed-idx3-ubyte");
    gzFile out = gzopen(path, "wb9");
    SC_EQ(gzwrite(out, bytes, 46096), 46096);
    SC_EQ(gzclose(out), Z_OK);
    SC_OK(&env, sc_idx_read(&packed, &env, path));
    SC_EQ(packed.rank, 3);
    SC_EQ(packed.bytes, plain.bytes);
    SC_EQ_MEMORY(packed.data, plain.data, plain.bytes);
    SC_EQ_MEMORY(packed.data, bytes + 16, plain.bytes);
    sc_idx_free(&packed, &env);
    sc_idx_free(&plain, &env);
    free(bytes);
    sc_temp_remove(&temp);
}

static socle_status read_golden(sc_env *env, void *argument) {
    sc_dataset *dataset;
    (void)argument;
    SC_TRY(
        sc_dataset_from_idx(&dataset, env, GOLDEN "images-idx3-ubyte", GOLDEN "labels-idx1-ubyte"));
    sc_dataset_destroy(dataset);
    return SOCLE_OK;
}

Test(idx, every_allocation_may_fail) {
    sc_test_each_allocation(read_golden, NULL);
}
