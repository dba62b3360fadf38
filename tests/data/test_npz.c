/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of arrays, as numpy.savez and savez_compressed write them (the fuzzer's corpus has
 * some), several files as one, and what is refused. */
#include "data/frame.h"
#include "data/npz.h"

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

TestSuite(npz, .init = begin, .fini = end);

static const char *corpus(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/npz/%s", SC_SOURCE_DIR, name);
    return path;
}

static void expect_array(const char *path, socle_dtype dtype, int64_t count, double first) {
    sc_idx idx;
    SC_REPRO("%s", path);
    SC_OK(&env, sc_idx_read(&idx, &env, path));
    SC_EQ(idx.dtype, dtype);
    SC_EQ(idx.size[0], count);
    const bool is_float = dtype == SOCLE_F32;
    SC_TRUE((is_float ? (double)*(float *)idx.data : (double)*(uint8_t *)idx.data) == first);
    sc_idx_free(&idx, &env);
}

Test(npz, arrays_by_name) {
    expect_array(corpus("plain.npz:x"), SOCLE_F32, 3, 1.5);
    expect_array(corpus("plain.npz:y"), SOCLE_U8, 3, 7);
    expect_array(corpus("packed.npz:x"), SOCLE_F32, 3, 1.5);
    expect_array(corpus("one.npz"), SOCLE_U8, 3, 7);
}

static void refuse(const char *path, const char *text) {
    sc_idx idx;
    SC_REPRO("%s", path);
    SC_FAILS(&env, sc_idx_read(&idx, &env, path), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, text);
    SC_TRUE(!idx.data);
}

Test(npz, what_is_refused) {
    refuse(corpus("plain.npz"), "has several arrays: x, y; say which, as in");
    refuse(corpus("plain.npz:z"), "has no array 'z'; it has x, y");
    refuse(corpus("cut.npz"), "is no archive that can be read");
    refuse(corpus("wrong_sum.npz:x"), "the archive is damaged");
    refuse(corpus("lies.npz:x"), "cannot hold the");
    refuse(sc_temp_put(&temp, "x.npz", "PK\3\4....", 8), "is no archive that can be read");
}

/* ---- Several files ---- */

static void put(const char *name, const void *bytes, size_t size) {
    sc_temp_put(&temp, name, bytes, size);
}

static void list(char out[600], const char *a, const char *b) {
    snprintf(out, 600, "%s/%s%s%s%s", temp.path, a, b ? "\n" : "", b ? temp.path : "", b ? b : "");
}

Test(npz, arrays_of_several_files) {
    char names[600];
    sc_idx idx;
    put("part-2", "\0\0\x08\1\0\0\0\2\1\2", 10);
    put("part-10", "\0\0\x08\1\0\0\0\1\3", 9);
    put("wide", "\0\0\x08\2\0\0\0\1\0\0\0\2\3\4", 14);
    list(names, "part-10", "/part-2");
    SC_OK(&env, sc_idx_read(&idx, &env, names));
    SC_EQ_MEMORY(idx.data, "\3\1\2", 3);
    sc_idx_free(&idx, &env);
    list(names, "part-*", NULL); /* numbers in names by value */
    SC_OK(&env, sc_idx_read(&idx, &env, names));
    SC_EQ(idx.size[0], 3);
    SC_EQ_MEMORY(idx.data, "\1\2\3", 3);
    sc_idx_free(&idx, &env);
    list(names, "{part-10,part-2}", NULL);
    SC_OK(&env, sc_idx_read(&idx, &env, names));
    sc_idx_free(&idx, &env);
    list(names, "part-2", "/wide");
    refuse(names, "wide: has elements of another type, or other sizes, than");
    list(names, "no-*", NULL);
    SC_FAILS(&env, sc_idx_read(&idx, &env, names), SOCLE_STATUS_NOT_FOUND);
    SC_CONTAINS(env.text, "no file has such a name");
    put("a[1]", "\0\0\x08\1\0\0\0\1\3", 9); /* a file of that name is no pattern */
    list(names, "a[1]", NULL);
    SC_OK(&env, sc_idx_read(&idx, &env, names));
    sc_idx_free(&idx, &env);
}

Test(npz, tables_of_several_files) {
    char names[600];
    sc_frame frame;
    put("a.csv", "x,y\n1,p\n2,q\n", 12);
    put("b.csv", "x;y\n3;r\n", 8);
    put("c.csv", "x,z\n3,r\n", 8);
    put("d.csv", "x\n3\n", 4);
    list(names, "a.csv", "/b.csv");
    SC_OK(&env, sc_frame_read_csv(&frame, &env, names, NULL));
    SC_EQ(frame.rows, 3);
    SC_EQ_STR(sc_frame_cell(&frame, 1, 1), "q");
    SC_EQ_STR(sc_frame_cell(&frame, 2, 1), "r");
    sc_frame_fail(&frame, 2, 1, "is odd");
    SC_CONTAINS(env.text, "b.csv:2: column 2 'y': is odd");
    sc_frame_fail(&frame, 1, 1, "is odd");
    SC_CONTAINS(env.text, "a.csv:3: column 2 'y': is odd");
    sc_frame_free(&frame);
    list(names, "a.csv", "/c.csv");
    SC_FAILS(&env, sc_frame_read_csv(&frame, &env, names, NULL), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "c.csv: column 2 is named 'z'");
    list(names, "a.csv", "/d.csv");
    SC_FAILS(&env, sc_frame_read_csv(&frame, &env, names, NULL), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "d.csv: has 1 columns");
}
