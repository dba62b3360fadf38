/* SPDX-License-Identifier: Apache-2.0 */
/* Samples that stay in their files: the same rows as in memory, from one file or several, of arrays
 * and of pictures; what is refused, and what becomes of files that change. */
#include "base/file.h"
#include "data/folder.h"
#include "data/idx.h"

#include "sc_temp.h"

static sc_env env;
static sc_temp temp;

static void begin(void) {
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
}

static void end(void) {
    sc_temp_remove(&temp);
}

TestSuite(streamed, .init = begin, .fini = end);

static void expect_same_rows(const sc_dataset *kept, const sc_dataset *streamed) {
    SC_TRUE(sc_dataset_is_streamed(streamed) && !sc_dataset_is_streamed(kept));
    const sc_column *a = sc_dataset_column(kept, sc_dataset_find(kept, "input")),
                    *b = sc_dataset_column(streamed, sc_dataset_find(streamed, "input"));
    uint32_t count = (uint32_t)sc_dataset_count(kept);
    SC_EQ(sc_dataset_count(streamed), count);
    SC_EQ(a->dtype, b->dtype);
    SC_EQ(a->row_bytes, b->row_bytes);
    SC_EQ(a->shape.rank, b->shape.rank);
    for (int d = 0; d < a->shape.rank; d++) SC_EQ(a->shape.size[d], b->shape.size[d]);
    SC_TRUE(!b->data);
    char row[1024], other[1024];
    SC_TRUE(3 * a->row_bytes <= sizeof row);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t next = i + 1 < count ? i + 1 : i, numbers[] = {i, next, count - 1 - i};
        memset(row, 0xA5, sizeof row);
        memset(other, 0xA5, sizeof other);
        SC_OK(&env, sc_column_read(a, &env, numbers, 3, row));
        SC_OK(&env, sc_column_read(b, &env, numbers, 3, other));
        SC_EQ_MEMORY(row, other, sizeof row); /* and nothing behind them */
    }
}

static void expect_same_layout(const char *images, const char *labels, sc_image_layout layout) {
    sc_dataset *kept, *streamed;
    SC_REPRO("%s", images);
    SC_OK(&env, sc_dataset_from_images(&kept, &env, images, labels, layout));
    SC_OK(&env, sc_dataset_stream_images(&streamed, &env, images, labels, layout));
    expect_same_rows(kept, streamed);
    sc_dataset_destroy(kept);
    sc_dataset_destroy(streamed);
}

static void expect_same(const char *images, const char *labels) {
    expect_same_layout(images, labels, SC_IMAGES_ASK);
}

static const char *put(const char *name, const char *bytes, size_t size) {
    return sc_temp_put(&temp, name, bytes, size);
}

Test(streamed, arrays) {
    char images[600], labels[600], npy[256];
    snprintf(labels, sizeof labels, "%s", put("labels", "\0\0\x08\1\0\0\0\3\2\1\0", 11));
    snprintf(images, sizeof images, "%s",
             put("bytes", "\0\0\x08\3\0\0\0\3\0\0\0\1\0\0\0\2\1\2\3\4\5\6", 22));
    expect_same(images, labels);
    expect_same(put("shorts", "\0\0\x0b\2\0\0\0\2\0\0\0\1\xff\xfe\1\2", 16), NULL);
    expect_same(put("doubles", "\0\0\x0e\1\0\0\0\1\x3f\xf8\0\0\0\0\0\0", 16), NULL);
    int length =
        snprintf(npy + 10, 100, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n");
    memcpy(npy, "\x93NUMPY\1\0", 8);
    npy[8] = (char)length;
    npy[9] = 0;
    const float values[] = {1.5f, -2, 3e30f, 0};
    memcpy(npy + 10 + length, values, sizeof values);
    expect_same(put("x.npy", npy, 10 + (size_t)length + sizeof values), NULL);
}

Test(streamed, several_files) {
    char names[1200];
    put("part-1", "\0\0\x08\2\0\0\0\2\0\0\0\2\1\2\3\4", 16);
    put("part-2", "\0\0\x08\2\0\0\0\1\0\0\0\2\5\6", 14);
    put("part-10", "\0\0\x08\2\0\0\0\3\0\0\0\2\7\x08\x09\x0a\x0b\x0c", 18);
    put("wide", "\0\0\x08\2\0\0\0\1\0\0\0\3\5\6\7", 15);
    snprintf(names, sizeof names, "%s/part-*", temp.path);
    expect_same(names, NULL);
    snprintf(names, sizeof names, "%s/part-1\n%s/wide", temp.path, temp.path);
    sc_dataset *dataset;
    SC_FAILS(&env, sc_dataset_stream_images(&dataset, &env, names, NULL, SC_IMAGES_ASK),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "wide: has elements of another type, or other sizes");
}

/* Channels that lie last are put first sample by sample, and asked about as in memory. */
Test(streamed, layouts) {
    enum { HEADER = 20, SIDE = 5, CHANNELS = 3, COUNT = 2 };
    char file[HEADER + COUNT * SIDE * SIDE * CHANNELS] =
        "\0\0\x08\4\0\0\0\2\0\0\0\5\0\0\0\5\0\0\0\3";
    sc_dataset *dataset;
    for (size_t i = HEADER; i < sizeof file; i++) file[i] = (char)(i * 7);
    const char *path = put("last", file, sizeof file);
    expect_same_layout(path, NULL, SC_IMAGES_NHWC);
    expect_same_layout(path, NULL, SC_IMAGES_NCHW);
    SC_FAILS(&env, sc_dataset_stream_images(&dataset, &env, path, NULL, SC_IMAGES_ASK),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "is the last size the channels?");
    file[2] = 0x0b; /* shorts, which become i32 */
    file[7] = 1;
    expect_same_layout(put("shorts", file, HEADER + 2 * SIDE * SIDE * CHANNELS), NULL,
                       SC_IMAGES_NHWC);
}

/* More files than are kept open. */
Test(streamed, many_files) {
    enum { FILES = 150 };
    char bytes[14] = "\0\0\x08\2\0\0\0\1\0\0\0\2", name[32], names[300];
    for (int i = 0; i < FILES; i++) {
        bytes[12] = (char)i;
        bytes[13] = (char)(i / 2);
        snprintf(name, sizeof name, "part-%d", i);
        put(name, bytes, sizeof bytes);
    }
    snprintf(names, sizeof names, "%s/part-*", temp.path);
    expect_same(names, NULL);
    sc_dataset *dataset;
    const uint32_t last = FILES - 1;
    char row[2];
    SC_OK(&env, sc_dataset_stream_images(&dataset, &env, names, NULL, SC_IMAGES_ASK));
    put("part-149", "\0\0\x08\2\0\0\0\1\0\0\0\1\5", 13); /* another one, under its name */
    SC_FAILS(&env, sc_column_read(sc_dataset_column(dataset, 0), &env, &last, 1, row),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "part-149: was changed while it was in use");
    SC_EQ(remove(sc_temp_file(&temp, "part-149")), 0);
    SC_FAILS(&env, sc_column_read(sc_dataset_column(dataset, 0), &env, &last, 1, row),
             SOCLE_STATUS_IO);
    sc_dataset_destroy(dataset);
}

Test(streamed, what_is_refused) {
    sc_dataset *dataset;
    SC_FAILS(&env, sc_dataset_stream_images(&dataset, &env, "/no/such", NULL, SC_IMAGES_ASK),
             SOCLE_STATUS_NOT_FOUND);
    SC_TRUE(!dataset);
    const char *path = put("cut", "\0\0\x08\2\0\0\0\3\0\0\0\2\1\2\3\4", 16);
    SC_FAILS(&env, sc_dataset_stream_images(&dataset, &env, path, NULL, SC_IMAGES_ASK),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "truncated");
    char names[600];
    snprintf(names, sizeof names, "%s/tests/fuzz/corpus/npz/plain.npz", SC_SOURCE_DIR);
    SC_FAILS(&env, sc_dataset_stream_images(&dataset, &env, names, NULL, SC_IMAGES_ASK),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "is packed");
    strcat(names, ":x");
    SC_FAILS(&env, sc_dataset_stream_images(&dataset, &env, names, NULL, SC_IMAGES_ASK),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "is packed");
    path = put("packed", "\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0", 20);
    SC_FAILS(&env, sc_dataset_stream_images(&dataset, &env, path, NULL, SC_IMAGES_ASK),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "is packed");
    path = put("large", "\0\0\x0e\1\0\0\0\2\x3f\xf0\0\0\0\0\0\0\x7f\xe0\0\0\0\0\0\0", 24);
    SC_OK(&env, sc_dataset_stream_images(&dataset, &env, path, NULL, SC_IMAGES_ASK));
    const uint32_t rows[] = {0, 1};
    float out[2];
    SC_OK(&env, sc_column_read(sc_dataset_column(dataset, 0), &env, rows, 1, out));
    SC_FAILS(&env, sc_column_read(sc_dataset_column(dataset, 0), &env, rows, 2, out),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "large: element 1 is too large for f32");
    sc_dataset_destroy(dataset);
}

/* A file that changes while it is in use is an error, and not other samples. */
Test(streamed, files_that_change) {
    const char whole[] = "\0\0\x08\2\0\0\0\3\0\0\0\2\1\2\3\4\5\6";
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}};
    sc_dataset *dataset;
    char row[8];
    const uint32_t last = 2;
    for (int how = 0; how < 3; how++) {
        const char *path = put("whole", whole, 18);
        SC_OK(&env, sc_dataset_stream_images(&dataset, &env, path, NULL, SC_IMAGES_ASK));
        const sc_column *column = sc_dataset_column(dataset, 0);
        SC_OK(&env, sc_column_read(column, &env, &last, 1, row));
        if (how == 0) SC_EQ(truncate(path, 15), 0);
        if (how == 1) put("whole", whole, 19);
        if (how == 2) SC_EQ(utimensat(AT_FDCWD, path, times, 0), 0);
        SC_FAILS(&env, sc_column_read(column, &env, &last, 1, row), SOCLE_STATUS_DATA);
        SC_CONTAINS(env.text, "whole: was changed while it was in use");
        sc_dataset_destroy(dataset);
    }
}

/* One that is streamed behind one that is kept, the other way round, and both. */
Test(streamed, two_as_one) {
    char first[600], second[600];
    snprintf(first, sizeof first, "%s", put("a", "\0\0\x08\2\0\0\0\2\0\0\0\2\1\2\3\4", 16));
    snprintf(second, sizeof second, "%s",
             put("b", "\0\0\x08\2\0\0\0\3\0\0\0\2\5\6\7\x08\x09\x0a", 18));
    for (int streamed = 0; streamed < 4; streamed++) {
        sc_dataset *a, *b, *kept[2], *joined, *all;
        SC_OK(&env, sc_dataset_from_idx(&kept[0], &env, first, NULL));
        SC_OK(&env, sc_dataset_from_idx(&kept[1], &env, second, NULL));
        SC_OK(&env, sc_dataset_join(&all, kept[0], kept[1]));
        SC_OK(&env, (streamed & 1 ? sc_dataset_stream_images
                                  : sc_dataset_from_images)(&a, &env, first, NULL, SC_IMAGES_ASK));
        SC_OK(&env, (streamed & 2 ? sc_dataset_stream_images
                                  : sc_dataset_from_images)(&b, &env, second, NULL, SC_IMAGES_ASK));
        SC_OK(&env, sc_dataset_join(&joined, a, b));
        SC_EQ(sc_dataset_count(joined), 5);
        if (streamed)
            expect_same_rows(all, joined);
        else
            SC_EQ_MEMORY(sc_dataset_column(all, 0)->data, sc_dataset_column(joined, 0)->data, 10);
        sc_dataset_destroy(all);
        sc_dataset_destroy(joined);
    }
}

Test(streamed, chosen_rows) {
    const char *path = put("a", "\0\0\x08\2\0\0\0\4\0\0\0\1\1\2\3\4", 16);
    const uint32_t rows[] = {3, 0, 0};
    sc_dataset *whole[2], *part[2];
    for (int i = 0; i < 2; i++) {
        SC_OK(&env, (i ? sc_dataset_stream_images : sc_dataset_from_images)(&whole[i], &env, path,
                                                                            NULL, SC_IMAGES_ASK));
        SC_OK(&env, sc_dataset_create(&part[i], &env, "part", 3));
        SC_OK(&env, sc_dataset_add_rows(part[i], sc_dataset_column(whole[i], 0), rows));
        SC_FAILS(&env, sc_dataset_add_rows(part[i], sc_dataset_column(whole[i], 0), rows),
                 SOCLE_STATUS_INVALID_ARGUMENT); /* twice; nothing is left of it */
    }
    expect_same_rows(part[0], part[1]);
    sc_dataset_keep(part[1], whole[1]);
    sc_dataset_destroy(part[0]);
    sc_dataset_destroy(part[1]);
    sc_dataset_destroy(whole[0]);
}

Test(streamed, pictures) {
    sc_folder folder, again;
    sc_dataset *kept, *streamed;
    sc_picture_form form = {.height = 4, .width = 4, .channels = 1, .scaled = true, .grey = true};
    char path[300];
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/picture/grey.png", SC_SOURCE_DIR);
    size_t size;
    char *picture;
    SC_OK(&env, sc_file_read(&env, &picture, &size, path, 1 << 20));
    put("one.png", picture, size);
    put("two.png", picture, size);
    put("three.png", picture, size);
    sc_release(&env, picture);
    SC_OK(&env, sc_folder_list_files(&folder, &env, temp.path));
    SC_OK(&env, sc_folder_list_files(&again, &env, temp.path));
    SC_OK(&env, sc_folder_read(&kept, &folder, &form, 0));
    SC_OK(&env, sc_folder_stream(&streamed, &again, &form, 0));
    SC_TRUE(!again.env);
    expect_same_rows(kept, streamed);
    put("two.png", "no picture", 10);
    const sc_column *column = sc_dataset_column(streamed, sc_dataset_find(streamed, "input"));
    const uint32_t rows[] = {0, 2, 1, 2};
    uint8_t out[64];
    SC_FAILS(&env, sc_column_read(column, &env, rows, 4, out), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "two.png: was changed while it was in use");
    /* Of several that cannot be read the first is named, whichever thread comes to it. */
    put("three.png", "another one", 11);
    for (int i = 0; i < 20; i++) {
        const uint32_t other[] = {0, 0, 1, 2, 2, 1};
        SC_FAILS(&env, sc_column_read(column, &env, other, 4, out), SOCLE_STATUS_DATA);
        SC_CONTAINS(env.text, "three.png: was changed");
    }
    sc_dataset_destroy(streamed);
    SC_OK(&env, sc_folder_stream(&streamed, &folder, &form, 1));
    SC_EQ(sc_dataset_count(streamed), 1);
    sc_dataset_destroy(kept);
    sc_dataset_destroy(streamed);
}
