/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing sound safetensors files. */
#include "io/safetensors.h"

#include "safetensors_cases.h"
#include "sc_temp.h"

typedef struct fixture {
    sc_env env;
    sc_temp temp;
    char path[512];
} fixture;

static void set_up(fixture *test) {
    sc_env_init(&test->env, NULL, NULL);
    sc_temp_make(&test->temp);
    strcpy(test->path, sc_temp_file(&test->temp, "model.safetensors"));
}

Test(safetensors, reads_names_shapes_bytes_in_order_of_bytes) {
    sc_env env;
    sc_safetensors *file;
    raw_file raw = raw_make(strlen(RAW_SOUND), RAW_SOUND, RAW_SOUND_DATA);
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_safetensors_open_memory(&file, &env, "sound", raw.bytes, raw.size));
    static const char *const order[] = {"a.weight", "empty", "b", "c"};
    SC_EQ(sc_safetensors_count(file), 4);
    for (size_t i = 0; i < 4; i++) SC_EQ_STR(sc_safetensors_at(file, i)->name, order[i]);
    SC_TRUE(sc_safetensors_at(file, 4) == NULL);

    const sc_safetensors_tensor *c = sc_safetensors_find(file, "c");
    SC_EQ(c->dtype, SOCLE_U8);
    SC_EQ(c->shape.rank, 6);
    SC_EQ(c->shape.size[1], 2);
    SC_EQ(c->bytes, 4);
    unsigned char data[4];
    SC_OK(&env, sc_safetensors_read(file, c, data, 4));
    for (int i = 0; i < 4; i++) SC_EQ(data[i], 17 + i);
    SC_FAILS(&env, sc_safetensors_read(file, c, data, 3), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(sc_safetensors_find(file, "b")->shape.rank, 0);
    SC_EQ(sc_safetensors_find(file, "empty")->bytes, 0);
    SC_OK(&env, sc_safetensors_read(file, sc_safetensors_find(file, "empty"), NULL, 0));
    SC_TRUE(sc_safetensors_find(file, "d") == NULL);
    SC_TRUE(sc_safetensors_find(file, "__metadata__") == NULL);

    SC_EQ_STR(sc_safetensors_metadata(file, "format"), "socle");
    SC_EQ_STR(sc_safetensors_metadata(file, "note"), "caf\xc3\xa9 \"x - [{");
    SC_TRUE(sc_safetensors_metadata(file, "no") == NULL);
    const char *key, *value;
    SC_EQ(sc_safetensors_metadata_count(file), 2);
    sc_safetensors_metadata_at(file, 1, &key, &value);
    SC_EQ_STR(key, "note");
    sc_safetensors_metadata_at(file, 2, &key, &value);
    SC_TRUE(key == NULL && value == NULL);
    sc_safetensors_close(file);
    free(raw.bytes);
}

Test(safetensors, expect_names_what_differs) {
    sc_env env;
    sc_safetensors *file;
    const sc_safetensors_tensor *tensor;
    raw_file raw = raw_make(strlen(RAW_SOUND), RAW_SOUND, RAW_SOUND_DATA);
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_safetensors_open_memory(&file, &env, "sound", raw.bytes, raw.size));
    socle_shape shape = {.rank = 2, .size = {1, 3}};
    SC_OK(&env, sc_safetensors_expect(&tensor, file, "a.weight", SOCLE_F32, &shape));
    SC_OK(&env, sc_safetensors_expect(&tensor, file, "a.weight", SOCLE_F32, NULL));
    SC_EQ_STR(tensor->name, "a.weight");
    shape.size[0] = 4;
    SC_FAILS(&env, sc_safetensors_expect(&tensor, file, "a.weight", SOCLE_F32, &shape),
             SOCLE_STATUS_DATA);
    SC_EQ_STR(env.text, "sound: tensor 'a.weight' has shape [1, 3]; [4, 3] is expected");
    SC_FAILS(&env, sc_safetensors_expect(&tensor, file, "a.weight", SOCLE_U8, NULL),
             SOCLE_STATUS_DATA);
    SC_EQ_STR(env.text, "sound: tensor 'a.weight' is F32; U8 is expected");
    SC_FAILS(&env, sc_safetensors_expect(&tensor, file, "a.wieght", SOCLE_F32, NULL),
             SOCLE_STATUS_DATA);
    SC_EQ_STR(env.text,
              "sound: there is no tensor 'a.wieght' among 4; the nearest name is 'a.weight'");
    SC_TRUE(tensor == NULL);
    sc_safetensors_close(file);
    free(raw.bytes);
}

Test(safetensors, file_made_by_another_program) {
    sc_env env;
    sc_safetensors *file;
    const sc_safetensors_tensor *tensor;
    const socle_shape shape = {.rank = 2, .size = {32, 144}};
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_safetensors_open(&file, &env, SC_SOURCE_DIR "/tests/golden/mlp.safetensors"));
    SC_EQ(sc_safetensors_count(file), 6);
    SC_OK(&env, sc_safetensors_expect(&tensor, file, "dense1.weight", SOCLE_F32, &shape));
    float *weights = malloc(tensor->bytes);
    SC_OK(&env, sc_safetensors_read(file, tensor, weights, tensor->bytes));
    float largest = 0;
    for (size_t i = 0; i < tensor->bytes / sizeof *weights; i++)
        largest = fmaxf(largest, fabsf(weights[i]));
    SC_TRUE(largest > 0.001f && largest < 10);
    free(weights);
    sc_safetensors_close(file);
}

static socle_status write_sample(sc_env *env, const char *path, bool swap_metadata, size_t piece) {
    static const float weights[6] = {1, -2, 3.5f, 4, 5, 6};
    static const unsigned char bytes[3] = {7, 8, 9};
    unsigned char all[27];
    sc_safetensors_writer *writer;
    SC_TRY(sc_safetensors_writer_create(&writer, env, path));
    const socle_shape matrix = {.rank = 2, .size = {2, 3}}, vector = {.rank = 1, .size = {3}};
    socle_status status = SOCLE_OK;
    for (int i = 0; i < 2 && status == SOCLE_OK; i++)
        status = (i == 0) != swap_metadata
                     ? sc_safetensors_writer_metadata(writer, "zeta", "line\nand \"quote\"")
                     : sc_safetensors_writer_metadata(writer, "alpha", "\xc3\xa9");
    if (status == SOCLE_OK) status = sc_safetensors_writer_declare(writer, "u", SOCLE_U8, &vector);
    if (status == SOCLE_OK) status = sc_safetensors_writer_declare(writer, "w", SOCLE_F32, &matrix);
    memcpy(all, bytes, 3);
    memcpy(all + 3, weights, 24);
    for (size_t done = 0; done < sizeof all && status == SOCLE_OK; done += piece)
        status = sc_safetensors_writer_data(writer, all + done,
                                            piece < sizeof all - done ? piece : sizeof all - done);
    if (status == SOCLE_OK) return sc_safetensors_writer_commit(writer);
    sc_safetensors_writer_abandon(writer);
    return status;
}

static void slurp(const char *path, char **data, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) SC_TEST_FAIL("%s is not there", path);
    *data = calloc(1, 4096);
    *size = fread(*data, 1, 4096, file);
    fclose(file);
}

Test(safetensors, same_content_same_bytes) {
    fixture test;
    char *first, *second;
    size_t first_size, second_size, piece[] = {1, 2, 27, 100};
    set_up(&test);
    SC_OK(&test.env, write_sample(&test.env, test.path, false, 8));
    slurp(test.path, &first, &first_size);
    SC_EQ((uint64_t)first[0] % 8, 0);
    SC_EQ(first_size, 8 + (unsigned char)first[0] + 256 * (unsigned char)first[1] + 27);
    SC_CONTAINS(first + 8, "{\"__metadata__\": {\"alpha\": \"\xc3\xa9\", \"zeta\": "
                           "\"line\\nand \\\"quote\\\"\"}, \"u\": {\"dtype\": \"U8\", \"shape\": "
                           "[3], \"data_offsets\": [0, 3]}, \"w\": ");
    for (size_t i = 0; i < 4; i++) {
        SC_OK(&test.env, write_sample(&test.env, test.path, i % 2 == 0, piece[i]));
        slurp(test.path, &second, &second_size);
        SC_EQ(second_size, first_size);
        SC_EQ_MEMORY(second, first, first_size);
        free(second);
    }
    free(first);
    sc_temp_remove(&test.temp);
}

Test(safetensors, what_is_written_reads_back) {
    fixture test;
    sc_safetensors *file;
    float weights[6];
    set_up(&test);
    SC_OK(&test.env, write_sample(&test.env, test.path, false, 5));
    SC_OK(&test.env, sc_safetensors_open(&file, &test.env, test.path));
    SC_EQ_STR(sc_safetensors_metadata(file, "zeta"), "line\nand \"quote\"");
    SC_OK(&test.env, sc_safetensors_read(file, sc_safetensors_find(file, "w"), weights, 24));
    SC_EQ_FLOAT_BITS(weights[1], -2.0f);
    SC_EQ_FLOAT_BITS(weights[2], 3.5f);
    sc_safetensors_close(file);
    sc_temp_remove(&test.temp);
}

/* A header alone, with and without metadata. */
Test(safetensors, no_tensors) {
    fixture test;
    sc_safetensors_writer *writer;
    sc_safetensors *file;
    set_up(&test);
    for (int metadata = 0; metadata < 2; metadata++) {
        SC_OK(&test.env, sc_safetensors_writer_create(&writer, &test.env, test.path));
        if (metadata) SC_OK(&test.env, sc_safetensors_writer_metadata(writer, "k", ""));
        SC_OK(&test.env, sc_safetensors_writer_commit(writer));
        SC_OK(&test.env, sc_safetensors_open(&file, &test.env, test.path));
        SC_EQ(sc_safetensors_count(file), 0);
        SC_TRUE(sc_safetensors_find(file, "x") == NULL);
        SC_EQ(sc_safetensors_metadata_count(file), metadata);
        sc_safetensors_close(file);
    }
    sc_temp_remove(&test.temp);
}

Test(safetensors, writer_refuses_misuse_and_leaves_no_file) {
    fixture test;
    sc_safetensors_writer *writer;
    const socle_shape two = {.rank = 1, .size = {2}}, negative = {.rank = 1, .size = {-1}};
    const socle_shape huge = {.rank = 3, .size = {1LL << 31, 1LL << 31, 2}}, rank = {.rank = 7};
    set_up(&test);
    sc_env *env = &test.env;
    SC_OK(env, sc_safetensors_writer_create(&writer, env, test.path));
    SC_OK(env, sc_safetensors_writer_declare(writer, "a", SOCLE_F32, &two));
    SC_FAILS(env, sc_safetensors_writer_declare(writer, "a", SOCLE_F32, &two),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(env, sc_safetensors_writer_declare(writer, "b", SOCLE_F32, &negative),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(env, sc_safetensors_writer_declare(writer, "b", SOCLE_F32, &huge),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(env, sc_safetensors_writer_declare(writer, "b", SOCLE_F32, &rank),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(env, sc_safetensors_writer_declare(writer, "b", (socle_dtype)9, &two),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(env, sc_safetensors_writer_declare(writer, "", SOCLE_F32, &two),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(env, sc_safetensors_writer_declare(writer, "__metadata__", SOCLE_F32, &two),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(env, sc_safetensors_writer_declare(writer, "\xff", SOCLE_F32, &two),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(env, sc_safetensors_writer_metadata(writer, "k", "\xc3("),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_OK(env, sc_safetensors_writer_data(writer, "1234", 4));
    SC_FAILS(env, sc_safetensors_writer_metadata(writer, "k", "v"), SOCLE_STATUS_STATE);
    SC_FAILS(env, sc_safetensors_writer_declare(writer, "late", SOCLE_F32, &two),
             SOCLE_STATUS_STATE);
    SC_FAILS(env, sc_safetensors_writer_data(writer, "12345", 5), SOCLE_STATUS_STATE);
    SC_FAILS(env, sc_safetensors_writer_commit(writer), SOCLE_STATUS_STATE);
    SC_CONTAINS(env->text, "4 bytes");
    SC_EQ(sc_temp_count(&test.temp), 0);
    SC_FAILS(env, sc_safetensors_writer_create(&writer, env, "/nonexistent/dir/m"),
             SOCLE_STATUS_IO);
    sc_temp_remove(&test.temp);
}

static socle_status write_and_read(sc_env *env, void *argument) {
    sc_safetensors *file;
    const sc_safetensors_tensor *tensor;
    SC_TRY(write_sample(env, argument, false, 9));
    SC_TRY(sc_safetensors_open(&file, env, argument));
    socle_status status = sc_safetensors_expect(&tensor, file, "w", SOCLE_F32, NULL);
    sc_safetensors_close(file);
    return status;
}

Test(safetensors, every_allocation_may_fail) {
    fixture test;
    set_up(&test);
    sc_test_each_allocation(write_and_read, test.path);
    SC_EQ(sc_temp_count(&test.temp), 1);
    sc_temp_remove(&test.temp);
}

/* Random declarations, metadata and data come back as they were. */
Test(safetensors, random_round_trips) {
    fixture test;
    set_up(&test);
    unsigned state = 12345;
    for (int round = 0; round < 200; round++) {
        sc_safetensors_writer *writer;
        sc_safetensors *file;
        unsigned char data[4096], back[4096];
        size_t total = 0, count = (state = state * 1103515245 + 12345) >> 16 & 7;
        SC_REPRO("round %d", round);
        SC_OK(&test.env, sc_safetensors_writer_create(&writer, &test.env, test.path));
        for (size_t i = 0; i < count; i++) {
            char name[32];
            socle_shape shape = {.rank = (int)((state = state * 1103515245 + 12345) >> 16) % 7};
            size_t elements = 1;
            for (int d = 0; d < shape.rank; d++) {
                shape.size[d] = (state = state * 1103515245 + 12345) >> 16 & 1 ? 2 : round % 3;
                elements *= (size_t)shape.size[d];
            }
            socle_dtype dtype = (socle_dtype)(state >> 20 & 1 ? SOCLE_U8 : SOCLE_I32);
            snprintf(name, sizeof name, "t%zu/../%c", i, (int)(' ' + round % 90));
            SC_OK(&test.env, sc_safetensors_writer_declare(writer, name, dtype, &shape));
            total += elements * (dtype == SOCLE_U8 ? 1 : 4);
        }
        for (size_t i = 0; i < total; i++) data[i] = (unsigned char)(state = state * 69069 + 1);
        if (total > 0) SC_OK(&test.env, sc_safetensors_writer_data(writer, data, total));
        SC_OK(&test.env, sc_safetensors_writer_commit(writer));
        SC_OK(&test.env, sc_safetensors_open(&file, &test.env, test.path));
        SC_EQ(sc_safetensors_count(file), count);
        size_t done = 0;
        for (size_t i = 0; i < count; i++) {
            const sc_safetensors_tensor *tensor = sc_safetensors_at(file, i);
            SC_OK(&test.env, sc_safetensors_read(file, tensor, back + done, tensor->bytes));
            done += tensor->bytes;
        }
        SC_EQ(done, total);
        SC_EQ_MEMORY(back, data, total);
        sc_safetensors_close(file);
    }
    sc_temp_remove(&test.temp);
}
