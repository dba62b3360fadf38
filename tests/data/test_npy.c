/* SPDX-License-Identifier: Apache-2.0 */
/* .npy files beside IDX files: every type of element in both byte orders, every version of the
 * header, and what is refused. The bytes are written here, as NumPy's description of the format has
 * them. */
#include "data/idx.h"

#include <zlib.h>

#include "sc_temp.h"

static sc_env env;

enum { ROOM = 4096 };

/* A header of `version` and `bytes` behind it. */
static size_t put(unsigned char *out, int version, const char *header, const void *bytes,
                  size_t size) {
    size_t length = strlen(header), wide = version == 1 ? 2 : 4;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (unsigned char)version;
    out[7] = 0;
    for (size_t i = 0; i < wide; i++) out[8 + i] = (unsigned char)(length >> 8 * i);
    memcpy(out + 8 + wide, header, length);
    memcpy(out + 8 + wide + length, bytes, size);
    return 8 + wide + length + size;
}

static socle_status parse(sc_idx *idx, int version, const char *header, const void *bytes,
                          size_t size) {
    unsigned char file[ROOM];
    size_t length = put(file, version, header, bytes, size);
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", header);
    return sc_idx_read_memory(idx, &env, "x.npy", file, length);
}

/* Two elements of this type are these numbers. */
static void elements(const char *type, const char *bytes, size_t size, socle_dtype dtype,
                     double first, double second) {
    char header[128];
    sc_idx idx;
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }\n",
             type);
    SC_OK(&env, parse(&idx, 1, header, bytes, size));
    SC_EQ(idx.dtype, dtype);
    SC_EQ(idx.rank, 1);
    SC_EQ(idx.size[0], 2);
    const double wanted[] = {first, second};
    for (int i = 0; i < 2; i++) {
        const unsigned char *at = (const unsigned char *)idx.data + (dtype == SOCLE_U8 ? 1 : 4) * i;
        float real;
        int32_t whole;
        memcpy(&real, at, dtype == SOCLE_U8 ? 1 : 4);
        memcpy(&whole, at, dtype == SOCLE_U8 ? 1 : 4);
        SC_TRUE((dtype == SOCLE_U8    ? (double)*at
                 : dtype == SOCLE_I32 ? (double)whole
                                      : (double)real) == wanted[i]);
    }
    sc_idx_free(&idx, &env);
}
#define ELEMENTS(type, bytes, dtype, first, second)                                                \
    elements(type, bytes, sizeof(bytes) - 1, dtype, first, second)

Test(npy, every_type) {
    ELEMENTS("|u1", "\x03\xff", SOCLE_U8, 3, 255);
    ELEMENTS("|b1", "\x01\x00", SOCLE_U8, 1, 0);
    ELEMENTS("|i1", "\x03\xff", SOCLE_I32, 3, -1);
    ELEMENTS("<u2", "\x03\x00\xff\xff", SOCLE_I32, 3, 65535);
    ELEMENTS(">u2", "\x00\x03\xff\xff", SOCLE_I32, 3, 65535);
    ELEMENTS("<i2", "\x03\x00\xfe\xff", SOCLE_I32, 3, -2);
    ELEMENTS("<u4", "\x03\0\0\0\xff\xff\xff\x7f", SOCLE_I32, 3, INT32_MAX);
    ELEMENTS("<i4", "\x03\0\0\0\0\0\0\x80", SOCLE_I32, 3, INT32_MIN);
    ELEMENTS(">i4", "\0\0\0\x03\x80\0\0\0", SOCLE_I32, 3, INT32_MIN);
    ELEMENTS("<i8", "\x03\0\0\0\0\0\0\0\xfe\xff\xff\xff\xff\xff\xff\xff", SOCLE_I32, 3, -2);
    ELEMENTS("<u8", "\x03\0\0\0\0\0\0\0\xff\xff\xff\x7f\0\0\0\0", SOCLE_I32, 3, INT32_MAX);
    ELEMENTS("<f2", "\x00\x39\x00\xc0", SOCLE_F32, 0.625, -2);
    ELEMENTS(">f2", "\x39\x00\xc0\x00", SOCLE_F32, 0.625, -2);
    ELEMENTS("<f2", "\x01\x00\xff\x7b", SOCLE_F32, 0x1p-24, 65504);
    ELEMENTS("<f4", "\0\0\x20\x3f\0\0\0\xc0", SOCLE_F32, 0.625, -2);
    ELEMENTS(">f4", "\x3f\x20\0\0\xc0\0\0\0", SOCLE_F32, 0.625, -2);
    ELEMENTS("<f8", "\0\0\0\0\0\0\xe4\x3f\0\0\0\0\0\0\0\xc0", SOCLE_F32, 0.625, -2);
    ELEMENTS(">f8", "\x3f\xe4\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0", SOCLE_F32, 0.625, -2);
}

Test(npy, versions_and_sizes) {
    static const char *const header =
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 1, 3), }          \n";
    for (int version = 1; version <= 3; version++) {
        sc_idx idx;
        SC_OK(&env, parse(&idx, version, header, "abcdef", 6));
        SC_EQ(idx.rank, 4);
        SC_EQ(idx.size[0], 2);
        SC_EQ(idx.size[3], 3);
        SC_EQ(idx.bytes, 6);
        SC_EQ_MEMORY(idx.data, "abcdef", 6);
        sc_idx_free(&idx, &env);
    }
    sc_idx idx;
    SC_OK(&env, parse(&idx, 1, "{'shape':(2,3),'fortran_order':False,'descr':'|u1'}", "abcdef", 6));
    SC_EQ(idx.rank, 2);
    sc_idx_free(&idx, &env);
}

/* As images and labels of a data set, plain and packed. */
Test(npy, are_taken_as_idx_files_are) {
    sc_temp temp;
    sc_dataset *dataset;
    unsigned char file[ROOM];
    char images[512], labels[512];
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    size_t size = put(file, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n",
                      "\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\xbf\0\0\0\0\0\0\x80\x3f", 24);
    snprintf(images, sizeof images, "%s", sc_temp_file(&temp, "x.npy.gz"));
    gzFile packed = gzopen(images, "wb");
    gzwrite(packed, file, (unsigned)size);
    gzclose(packed);
    size = put(file, 2, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }\n",
               "\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    snprintf(labels, sizeof labels, "%s", sc_temp_put(&temp, "y.npy", file, size));
    SC_OK(&env, sc_dataset_from_idx(&dataset, &env, images, labels));
    const sc_column *input = sc_dataset_column(dataset, 0), *label = sc_dataset_column(dataset, 1);
    SC_EQ(sc_dataset_count(dataset), 2);
    SC_EQ(sc_column_elements(input), 3);
    SC_TRUE(sc_column_value(input, 2) == 3 && sc_column_value(input, 3) == -1);
    SC_EQ_STR(label->name, "label");
    SC_EQ(sc_column_label(label, 0), 1);
    sc_dataset_destroy(dataset);
    sc_temp_remove(&temp);
}

static void refuse(const char *header, const char *bytes, size_t size, const char *needle) {
    sc_idx idx;
    SC_FAILS(&env, parse(&idx, 1, header, bytes, size), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, needle);
    SC_TRUE(!idx.data);
}
#define BAD(header, bytes, needle) refuse(header, bytes, sizeof(bytes) - 1, needle)
#define HEADER(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }"

Test(npy, what_is_refused) {
    BAD(HEADER("<f16", "(1,)"), "ab", "names a type that Socle does not read");
    BAD(HEADER("<f1", "(1,)"), "ab", "names a type that Socle does not read");
    BAD(HEADER("<c8", "(1,)"), "abcdefgh", "names a type");
    BAD(HEADER("|O", "(1,)"), "a", "names a type");
    BAD(HEADER("<U4", "(1,)"), "a", "names a type");
    BAD(HEADER("<i3", "(1,)"), "abc", "names a type");
    BAD("{'descr': [('a', '<f4')], 'shape': (1,)}", "abcd", "has no text for the type");
    BAD("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "abcd", "Fortran's order");
    BAD(HEADER("|u1", "()"), "a", "has no dimension");
    BAD(HEADER("|u1", "(0, 3)"), "", "has a size below 1");
    BAD(HEADER("|u1", "(1, 1, 1, 1, 1)"), "a", "has more than 4 dimensions");
    BAD(HEADER("|u1", "(1, -1)"), "a", "has a size that is no number");
    BAD(HEADER("|u1", "(1 1)"), "a", "is cut in its sizes");
    BAD(HEADER("|u1", "(99999999999,)"), "a", "has a size below 1 or above");
    BAD(HEADER("<f8", "(4294967295, 4294967295)"), "a", "makes the data too large");
    BAD("{'descr': '|u1', 'shape': (1,), }", "a", "lacks descr, fortran_order or shape");
    BAD("{'descr': '|u1', 'odd': 1}", "a", "has an unknown member");
    BAD("{'descr': '|u1'", "a", "is cut");
    BAD("[1]", "a", "is no dictionary");
    BAD(HEADER("<i4", "(2,)"), "abcd", "sizes 2 need");
    BAD(HEADER("<i4", "(1,)"), "abcdef", "it is longer than it says");
    BAD(HEADER("<i8", "(1,)"), "\0\0\0\x80\0\0\0\0", "element 0 is too large for i32");
    BAD(HEADER("<u8", "(1,)"), "\xff\xff\xff\xff\xff\xff\xff\xff",
        "element 0 is too large for i32");
    BAD(HEADER("<i8", "(1,)"), "\0\0\0\0\0\0\0\x80", "element 0 is too large for i32");
    BAD(HEADER("<f8", "(1,)"), "\0\0\0\0\0\0\xf0\x7e", "element 0 is too large for f32");
    static const unsigned char version[] = "\x93NUMPY\x04\x00\x01\x00{",
                               cut[] = "\x93NUMPY\x01\x00\x10\x00{'descr'",
                               long_one[] = "\x93NUMPY\x02\x00\xff\xff\xff\xff{";
    sc_idx idx;
    SC_FAILS(&env, sc_idx_read_memory(&idx, &env, "x", version, sizeof version), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "version 4 of .npy is unknown");
    SC_FAILS(&env, sc_idx_read_memory(&idx, &env, "x", cut, sizeof cut - 1), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "ends within the header");
    SC_FAILS(&env, sc_idx_read_memory(&idx, &env, "x", long_one, sizeof long_one),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "a header of 4294967295 bytes is none");
}

/* The types of IDX that are no type of a data set. */
Test(npy, idx_files_have_every_type_too) {
    static const struct {
        const char *bytes;
        size_t size;
        double first;
    } files[] = {{"\0\0\x09\x01\0\0\0\1\xfe", 9, -2},
                 {"\0\0\x0b\x01\0\0\0\1\xff\xfd", 10, -3},
                 {"\0\0\x0e\x01\0\0\0\1\xc0\0\0\0\0\0\0\0", 16, -2}};
    sc_env_init(&env, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        sc_idx idx;
        float real;
        int32_t whole;
        SC_OK(&env, sc_idx_read_memory(&idx, &env, "x.idx", files[i].bytes, files[i].size));
        memcpy(&real, idx.data, 4);
        memcpy(&whole, idx.data, 4);
        SC_EQ(idx.dtype, i == 2 ? SOCLE_F32 : SOCLE_I32);
        SC_TRUE((i == 2 ? (double)real : (double)whole) == files[i].first);
        sc_idx_free(&idx, &env);
    }
}

static socle_status whole(sc_env *of, void *argument) {
    unsigned char file[ROOM];
    sc_idx idx;
    (void)argument;
    size_t size = put(file, 1, HEADER("<i2", "(2,)"), "abcd", 4);
    SC_TRY(sc_idx_read_memory(&idx, of, "x.npy", file, size));
    sc_idx_free(&idx, of);
    return SOCLE_OK;
}

Test(npy, each_allocation_can_fail) {
    sc_test_each_allocation(whole, NULL);
}
