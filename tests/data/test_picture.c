/* SPDX-License-Identifier: Apache-2.0 */
/* PNG and JPEG files as bytes, their colours and sizes, folders of them, and what is refused. The
 * files are those of the fuzzer's corpus. */
#include "data/folder.h"

#include "sc_temp.h"

#include <zlib.h>

static sc_env env;
static sc_temp temp;

static void begin(void) {
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
}

static void end(void) {
    sc_temp_remove(&temp);
}

TestSuite(picture, .init = begin, .fini = end);

static const char *corpus(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/picture/%s", SC_SOURCE_DIR, name);
    return path;
}

static sc_picture read_one(const char *name, int64_t height, int64_t width, int64_t channels) {
    sc_picture picture;
    SC_REPRO("%s", name);
    SC_OK(&env, sc_picture_read(&picture, &env, corpus(name)));
    SC_EQ(picture.height, height);
    SC_EQ(picture.width, width);
    SC_EQ(picture.channels, channels);
    return picture;
}

static void expect_pixels(const char *name, int64_t height, int64_t width, int64_t channels,
                          const uint8_t *pixel) {
    sc_picture picture = read_one(name, height, width, channels);
    for (int64_t i = 0; i < height * width * channels; i++) SC_EQ(picture.pixel[i], pixel[i]);
    sc_picture_free(&picture, &env);
}

Test(picture, png) {
    expect_pixels("grey.png", 2, 3, 1, (const uint8_t[]){0, 100, 255, 7, 8, 9});
    expect_pixels("colours.png", 1, 2, 3, (const uint8_t[]){255, 0, 0, 10, 20, 30});
    expect_pixels("palette.png", 1, 2, 3, (const uint8_t[]){200, 100, 50, 9, 9, 9});
    expect_pixels("bits.png", 1, 8, 1, (const uint8_t[]){255, 0, 255, 0, 0, 255, 0, 255});
    expect_pixels("deep.png", 1, 2, 1, (const uint8_t[]){128, 255}); /* 0x8080 / 257 */
    expect_pixels("alpha.png", 1, 2, 3, (const uint8_t[]){255, 0, 0, 255, 255, 255}); /* on white */
}

Test(picture, jpeg) {
    sc_picture picture = read_one("grey.jpg", 8, 8, 1); /* 128 everywhere, which is exact */
    for (int i = 0; i < 64; i++) SC_EQ(picture.pixel[i], 128);
    sc_picture_free(&picture, &env);
    picture = read_one("progressive.jpg", 16, 16, 3);
    sc_picture_free(&picture, &env);
    picture = read_one("colours.jpg", 8, 8, 3);
    sc_picture_free(&picture, &env);
}

static void refuse(const char *path, const char *text) {
    sc_picture picture;
    SC_REPRO("%s", path);
    SC_EQ(sc_picture_read(&picture, &env, path), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, path);
    SC_CONTAINS(env.text, text);
    SC_TRUE(!picture.pixel);
}

Test(picture, what_is_refused) {
    refuse(corpus("cut.png"), "the PNG file is broken");
    refuse(corpus("wide.png"), "cannot hold the 2000x60000 pixels");
    refuse(corpus("print.jpg"), "CMYK");
    refuse(sc_temp_put(&temp, "empty.png", "", 0), "is empty");
    refuse(sc_temp_put(&temp, "text.png", "a,b\n1,2\n", 8), "neither a PNG nor a JPEG file");
    char data[512];
    FILE *file = fopen(corpus("colours.jpg"), "rb");
    size_t size = file ? fread(data, 1, sizeof data, file) : 0;
    SC_TRUE(file && fclose(file) == 0 && size > 250);
    refuse(sc_temp_put(&temp, "cut.jpg", data, 250), "Premature end");
    refuse(sc_temp_put(&temp, "head.jpg", data, 20), "the JPEG file is broken");
}

Test(picture, colours) {
    sc_picture picture = read_one("colours.png", 1, 2, 3);
    SC_OK(&env, sc_picture_colour(&picture, &env, 1));
    SC_EQ(picture.pixel[0], 76); /* 0.299 * 255 = 76.2 */
    SC_EQ(picture.pixel[1], 18); /* 2.99 + 11.74 + 3.42 = 18.15 */
    SC_OK(&env, sc_picture_colour(&picture, &env, 3));
    for (int c = 0; c < 3; c++) SC_EQ(picture.pixel[c], 76);
    sc_picture_free(&picture, &env);
}

/* ---- Which way up ---- */

/* What is seen, by the rule of Exif: where row 0 and column 0 of the file are. */
Test(picture, is_turned_as_exif_says) {
    static const char *const seen[] = {"123456", "321654", "654321", "456123",
                                       "142536", "415263", "635241", "362514"};
    for (int orientation = 1; orientation <= 8; orientation++) {
        sc_picture picture;
        SC_REPRO("orientation %d", orientation);
        SC_OK(&env, sc_picture_create(&picture, &env, "test", 2, 3, 3));
        for (int i = 0; i < 18; i++) picture.pixel[i] = (uint8_t)('1' + i / 3);
        SC_OK(&env, sc_picture_turn(&picture, &env, orientation));
        SC_EQ(picture.height, orientation < 5 ? 2 : 3);
        SC_EQ(picture.width, orientation < 5 ? 3 : 2);
        for (int i = 0; i < 18; i++) SC_EQ(picture.pixel[i], seen[orientation - 1][i / 3]);
        sc_picture_free(&picture, &env);
    }
}

/* A list of one entry, behind eight bytes of head. */
static size_t put_exif(unsigned char out[26], bool big, int tag, int type, int value) {
    static const unsigned char little[] = "II*\0\10\0\0\0\1\0TT\3\0\1\0\0\0VV\0\0",
                               large[] = "MM\0*\0\0\0\10\0\1TT\0\3\0\0\0\1VV\0\0";
    const size_t size = sizeof large - 1;
    memcpy(out, big ? large : little, size);
    const int number[] = {tag, type, value}, at[] = {10, 12, 18};
    for (int i = 0; i < 3; i++) {
        out[at[i] + !big] = (unsigned char)(number[i] >> 8);
        out[at[i] + big] = (unsigned char)number[i];
    }
    return size;
}

Test(picture, exif_from_anywhere) {
    unsigned char data[26];
    for (int big = 0; big < 2; big++) {
        size_t size = put_exif(data, big, 0x0112, 3, 6);
        SC_EQ(sc_picture_orientation(data, size), 6);
        for (size_t cut = 0; cut < 20; cut++) { /* each in memory of its own size */
            unsigned char *part = malloc(cut + 1);
            memcpy(part, data, cut);
            SC_EQ(sc_picture_orientation(part, cut), 1);
            free(part);
        }
        static const int other[][3] = {
            {0x0113, 3, 6}, {0x0112, 4, 6}, {0x0112, 3, 0}, {0x0112, 3, 9}};
        for (int i = 0; i < 4; i++) {
            size = put_exif(data, big, other[i][0], other[i][1], other[i][2]);
            SC_EQ(sc_picture_orientation(data, size), 1);
        }
    }
    size_t size = put_exif(data, false, 0x0112, 3, 6);
    memset(data + 4, 0xFF, 4); /* a list far behind the end */
    SC_EQ(sc_picture_orientation(data, size), 1);
}

/* A chunk of a PNG file: its length, its word, its bytes, their checksum. Returns its bytes. */
static size_t put_chunk(unsigned char *out, const char *word, const void *data, size_t size) {
    memcpy(out + 4, word, 4);
    memcpy(out + 8, data, size);
    const uint32_t number[] = {(uint32_t)size, (uint32_t)crc32(0, out + 4, (uInt)size + 4)};
    for (int i = 0; i < 4; i++) {
        out[i] = (unsigned char)(number[0] >> (24 - 8 * i));
        out[8 + size + (size_t)i] = (unsigned char)(number[1] >> (24 - 8 * i));
    }
    return size + 12;
}

enum { PNG_HEAD = 8 + 25 /* IHDR */, PNG_END = 12, CHUNK_ROOM = 64 };

/* grey.png with a chunk put at its beginning or its end, and how high it is then: 2 as it is, 3
 * when it was turned. */
static int64_t height_with(const unsigned char *chunk, size_t size, bool behind) {
    unsigned char data[512], with[512 + CHUNK_ROOM];
    sc_picture picture;
    FILE *file = fopen(corpus("grey.png"), "rb");
    const size_t plain = file ? fread(data, 1, sizeof data, file) : 0;
    SC_TRUE(file && fclose(file) == 0 && plain > PNG_HEAD + PNG_END && plain < sizeof data);
    const size_t at = behind ? plain - PNG_END : PNG_HEAD;
    memcpy(with, data, at);
    memcpy(with + at, chunk, size);
    memcpy(with + at + size, data + at, plain - at);
    if (sc_picture_decode(&picture, &env, "exif.png", with, plain + size) != SOCLE_OK) return 0;
    const int64_t height = picture.height;
    if (height == 3) SC_EQ(picture.pixel[0], 7); /* the lower left corner comes first */
    sc_picture_free(&picture, &env);
    return height;
}

/* A PNG file says it in a chunk, wherever that stands; a damaged one is passed over, and none is
 * read beyond the end of the file. */
Test(picture, a_png_is_turned_as_its_exif_says) {
    unsigned char exif[26], chunk[CHUNK_ROOM];
    const size_t length = put_exif(exif, true, 0x0112, 3, 6);
    const size_t size = put_chunk(chunk, "eXIf", exif, length);
    for (int behind = 0; behind < 2; behind++) SC_EQ(height_with(chunk, size, behind), 3);
    SC_EQ(height_with(chunk, put_chunk(chunk, "eXIf", exif, 0), false), 2);
    SC_EQ(height_with(chunk, put_chunk(chunk, "eXIf", exif, 9), false), 2);
    SC_EQ(height_with(chunk, put_chunk(chunk, "teSt", exif, length), false), 2);
    put_chunk(chunk, "eXIf", exif, length);
    chunk[8 + 19] ^= 1; /* the checksum is that of another orientation */
    SC_EQ(height_with(chunk, size, false), 2);
    for (unsigned first = 0; first < 256; first += 85) { /* lengths that no file has */
        put_chunk(chunk, "eXIf", exif, length);
        chunk[0] = chunk[1] = (unsigned char)first;
        chunk[2] = chunk[3] = 0xFF;
        SC_TRUE(height_with(chunk, size, true) != 3);
        SC_TRUE(height_with(chunk, size, false) != 3);
    }
}

/* Files of 16 pixels by 8, the left half dark: one of a camera that was held upright, which has it
 * on top, and one of a camera upside down. */
Test(picture, a_photograph_stands_upright) {
    sc_picture picture = read_one("held.jpg", 16, 8, 1);
    for (int i = 0; i < 128; i++) SC_TRUE(i < 64 ? picture.pixel[i] < 60 : picture.pixel[i] > 200);
    sc_picture_free(&picture, &env);
    picture = read_one("over.jpg", 8, 16, 1);
    for (int i = 0; i < 128; i++)
        SC_TRUE(i % 16 >= 8 ? picture.pixel[i] < 60 : picture.pixel[i] > 200);
    sc_picture_free(&picture, &env);
}

static sc_picture picture_of(int64_t height, int64_t width, const uint8_t *pixel) {
    sc_picture picture;
    SC_OK(&env, sc_picture_create(&picture, &env, "test", height, width, 1));
    memcpy(picture.pixel, pixel, (size_t)(height * width));
    return picture;
}

/* By hand: halving [0, 0, 80, 80] weighs four pixels 1/8, 3/8, 3/8, 1/8, cut at the edge. */
Test(picture, scale) {
    sc_picture picture = picture_of(1, 4, (const uint8_t[]){0, 0, 80, 80});
    SC_OK(&env, sc_picture_scale(&picture, &env, 1, 2));
    SC_EQ(picture.pixel[0], 11); /* 80 * (1/8) / (7/8) = 11.4 */
    SC_EQ(picture.pixel[1], 69);
    sc_picture_free(&picture, &env);
    picture = picture_of(2, 1, (const uint8_t[]){0, 100}); /* 0, 25, 75, 100 */
    SC_OK(&env, sc_picture_scale(&picture, &env, 4, 1));
    const uint8_t wanted[] = {0, 25, 75, 100};
    for (int i = 0; i < 4; i++) SC_EQ(picture.pixel[i], wanted[i]);
    sc_picture_free(&picture, &env);
}

Test(picture, a_constant_stays_at_any_size) {
    uint8_t pixel[35];
    memset(pixel, 201, sizeof pixel);
    for (int64_t height = 1; height < 14; height += 3)
        for (int64_t width = 1; width < 14; width++) {
            sc_picture picture = picture_of(5, 7, pixel);
            SC_OK(&env, sc_picture_scale(&picture, &env, height, width));
            for (int64_t i = 0; i < height * width; i++) SC_EQ(picture.pixel[i], 201);
            sc_picture_free(&picture, &env);
        }
}

/* ---- Folders ---- */

static void copy_to(const char *folder, const char *name, const char *from) {
    char data[4096], path[200];
    FILE *in = fopen(corpus(from), "rb");
    size_t size = in ? fread(data, 1, sizeof data, in) : 0;
    SC_TRUE(in && fclose(in) == 0 && size);
    mkdir(sc_temp_file(&temp, folder), 0700);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    sc_temp_put(&temp, path, data, size);
}

static void refuse_folder(const char *folder, const char *text) {
    sc_folder list;
    SC_TRUE(sc_folder_list(&list, &env, folder, NULL) != SOCLE_OK);
    SC_CONTAINS(env.text, text);
    SC_TRUE(!list.env);
}

Test(picture, classes_are_folders) {
    sc_folder folder;
    sc_dataset *dataset;
    sc_picture_form form = {0};
    refuse_folder(temp.path, "has no folders in it");
    copy_to("10", "a.png", "grey.png");
    refuse_folder(temp.path, "has one class only, '10'");
    copy_to("9", "b.PNG", "grey.png");
    copy_to("9", "c.png", "grey.png");
    copy_to("9", "notes.txt", "grey.png");
    SC_OK(&env, sc_folder_list(&folder, &env, temp.path, NULL));
    SC_EQ(folder.classes, 2);
    SC_EQ_STR(folder.class[0], "9"); /* numbers by value */
    SC_EQ(folder.files, 3);
    SC_EQ(folder.others, 1);
    SC_OK(&env, sc_folder_form(&folder, &form));
    SC_OK(&env, sc_folder_read(&dataset, &folder, &form, 0));
    const sc_column *input = sc_dataset_column(dataset, 0), *label = sc_dataset_column(dataset, 1);
    SC_EQ(input->shape.rank, 3);
    SC_EQ(input->shape.size[1], 2);
    SC_EQ(input->shape.size[2], 3);
    SC_EQ(sc_column_value(input, 1), 100);
    SC_EQ(sc_column_label(label, 0), 0); /* 9/b, 10/a, 9/c: at 1/4, 1/2 and 3/4 of their classes */
    SC_EQ(sc_column_label(label, 1), 1);
    SC_EQ(sc_column_label(label, 2), 0);
    sc_dataset_destroy(dataset);
    sc_folder_free(&folder);
}

Test(picture, folders_that_are_refused) {
    sc_folder folder;
    sc_dataset *dataset;
    sc_picture_form form = {0};
    refuse_folder("/no/such/folder", "/no/such/folder: cannot open");
    copy_to("a", "1.png", "grey.png");
    copy_to("b", "notes.txt", "grey.png");
    refuse_folder(temp.path, "/b: has no picture in it");
    copy_to("b", "2.png", "bits.png");
    SC_OK(&env, sc_folder_list(&folder, &env, temp.path, NULL));
    SC_OK(&env, sc_folder_form(&folder, &form));
    SC_EQ(sc_folder_read(&dataset, &folder, &form, 0), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "/b/2.png: is a picture of 1x8 (height x width), the others are 2x3");
    form.scaled = true;
    SC_OK(&env, sc_folder_read(&dataset, &folder, &form, 0));
    sc_dataset_destroy(dataset);
    sc_folder_free(&folder);
    const char *one[] = {"a", "c"};
    const sc_names known = {one, 2};
    SC_EQ(sc_folder_list(&folder, &env, temp.path, &known), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "the folder 'b' is none of the 2 classes of the training data: a, c");
    copy_to("01", "1.png", "grey.png");
    copy_to("1", "1.png", "grey.png");
    refuse_folder(temp.path, "named by the same number");
}

/* Bits of each file are turned over, and files are cut: they are read or refused with a text. */
Test(picture, damaged_files) {
    static const char *const names[] = {"grey.png", "palette.png",     "alpha.png",
                                        "grey.jpg", "progressive.jpg", "colours.jpg"};
    char data[1024];
    for (size_t f = 0; f < sizeof names / sizeof *names; f++) {
        FILE *file = fopen(corpus(names[f]), "rb");
        size_t size = file ? fread(data, 1, sizeof data, file) : 0;
        SC_TRUE(file && fclose(file) == 0 && size && size < sizeof data);
        for (size_t at = 0; at < 2 * size; at++) {
            sc_picture picture;
            SC_REPRO("%s, %zu", names[f], at);
            data[at / 2] ^= (char)(1 << (at * 5) % 8);
            socle_status status =
                sc_picture_decode(&picture, &env, "x", data, at % 7 ? size : at / 2);
            data[at / 2] ^= (char)(1 << (at * 5) % 8);
            if (status == SOCLE_OK)
                sc_picture_free(&picture, &env);
            else
                SC_TRUE(status == SOCLE_STATUS_DATA && env.text[0] && !picture.pixel);
        }
    }
}
