/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of CSV files: what becomes of quotes, line ends, separators and marks, what a cell is, and
 * what is refused with file and line. */
#include "data/frame.h"

#include <zlib.h>

#include "sc_temp.h"

static sc_env env;

static sc_frame parse_with(const char *text, size_t size, const sc_frame_format *format) {
    sc_frame frame;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", text);
    SC_OK(&env, sc_frame_parse_csv(&frame, &env, "t.csv", text, size, format));
    return frame;
}

/* Every cell, in brackets, a row per '|'. */
static const char *shown(const sc_frame *frame) {
    static char out[1024];
    size_t used = 0;
    for (size_t c = 0; c < frame->columns; c++)
        used += (size_t)snprintf(out + used, sizeof out - used, "<%s>", sc_frame_name(frame, c));
    for (size_t r = 0; r < frame->rows; r++) {
        used += (size_t)snprintf(out + used, sizeof out - used, "|");
        for (size_t c = 0; c < frame->columns; c++)
            used +=
                (size_t)snprintf(out + used, sizeof out - used, "[%s]", sc_frame_cell(frame, r, c));
    }
    return out;
}

static void expect_with(const char *text, const sc_frame_format *format, const char *wanted) {
    sc_frame frame = parse_with(text, strlen(text), format);
    SC_EQ_STR(shown(&frame), wanted);
    sc_frame_free(&frame);
}

static void expect(const char *text, const char *wanted) {
    expect_with(text, NULL, wanted);
}

Test(frame, what_files_look_like) {
    expect("a,b\n1,2\n", "<a><b>|[1][2]");
    expect("a,b\n1,2", "<a><b>|[1][2]");
    expect("a,b\r\n1,2\r\n", "<a><b>|[1][2]");
    expect("a,b\r1,2\r3,4", "<a><b>|[1][2]|[3][4]");
    expect("\xEF\xBB\xBF"
           "a,b\n1,2\n",
           "<a><b>|[1][2]");
    expect("a,b\n\n1,2\n\n\n", "<a><b>|[1][2]");
    expect("a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n", "<a><b>|[x, \"y\"][two\nlines]");
    expect("a , b\n 1 ,  2\n", "<a><b>|[1][2]");
    expect("a,b\n,\n", "<a><b>|[][]");
    expect("a;b\n1,5;2\n", "<a><b>|[1,5][2]");
    expect("a\tb\n1\t2\n", "<a><b>|[1][2]");
    expect("a|b\n1|2\n", "<a><b>|[1][2]");
    expect("\"a;b;c\",d\n1,2\n", "<a;b;c><d>|[1][2]");
    expect("one\n1\n2\n", "<one>|[1]|[2]");
    expect("1,2\n3,4\n", "<column1><column2>|[1][2]|[3][4]");
    expect("a,2\n3,4\n", "<column1><column2>|[a][2]|[3][4]");
    expect("a,,c\n1,2,3\n", "<a><column2><c>|[1][2][3]");
    expect("caff\xC3\xA8,b\n1,\xE2\x82\xAC\n", "<caff\xC3\xA8><b>|[1][\xE2\x82\xAC]");
}

Test(frame, what_is_said_of_them) {
    expect_with("a,b\nc,d\n", &(sc_frame_format){.header = "no"},
                "<column1><column2>|[a][b]|[c][d]");
    expect_with("1,2\n3,4\n", &(sc_frame_format){.header = "yes"}, "<1><2>|[3][4]");
    expect_with("a,b;c\n1,2;3\n", &(sc_frame_format){.separator = ';'}, "<a,b><c>|[1,2][3]");
}

Test(frame, lines_are_those_of_the_file) {
    static const char text[] = "a,b\n\n1,\"x\ny\"\r\n2,3\n";
    sc_frame frame = parse_with(text, sizeof text - 1, NULL);
    SC_EQ(frame.line[1], 3);
    SC_EQ(frame.line[2], 5);
    sc_frame_fail(&frame, 1, 1, "is %s", "odd");
    SC_EQ_STR(env.text, "t.csv:5: column 2 'b': is odd");
    sc_frame_fail_name(&frame, "aa");
    SC_EQ_STR(env.text, "t.csv: has no column 'aa'; did you mean 'a'?");
    sc_frame_free(&frame);
}

static void refuse(const char *text, size_t size, const char *needle) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_frame frame;
    sc_env_init(&env, &allocator, NULL);
    SC_REPRO("%s", needle);
    SC_FAILS(&env, sc_frame_parse_csv(&frame, &env, "t.csv", text, size, NULL), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, needle);
    SC_TRUE(!frame.text && !frame.cell);
    SC_EQ(atomic_load(&state.live), 0);
}
#define BAD(text, needle) refuse(text, sizeof(text) - 1, needle)

Test(frame, what_is_refused) {
    BAD("", "t.csv: is empty");
    BAD("\n\n", "t.csv: is empty");
    BAD("a,b\n", "t.csv: has names of columns, and no row");
    BAD("a,b\n1,2\n1,2,3\n", "t.csv:3: has 3 cells, the first row has 2");
    BAD("a,b\n1\n", "t.csv:2: has 1 cell, the first row has 2");
    BAD("a,b\n1,\"x\n2,3\n", "t.csv:2: a quote in this row is not closed");
    BAD("a,b\n1,2\n3,x\"y\n", "t.csv:3: a quote stands inside a cell");
    BAD("a,b\n1,\"x\"y\n", "t.csv:2: a quote stands inside a cell");
    BAD("a,b,a\n1,2,3\n", "t.csv:1: columns 1 and 3 are both named 'a'");
    BAD("a,b\n1,\0\n", "t.csv:2: has a zero byte");
    BAD("a,b\n1,caff\xE8\n", "t.csv:2: is not UTF-8");
    BAD("a,b\n1,\xED\xA0\x80\n", "t.csv:2: is not UTF-8");
}

Test(frame, a_packed_file_is_read_too) {
    sc_temp temp;
    sc_frame frame;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    gzFile file = gzopen(sc_temp_file(&temp, "t.csv.gz"), "wb");
    gzputs(file, "a,b\n1,2\n");
    gzclose(file);
    SC_OK(&env, sc_frame_read_csv(&frame, &env, temp.file, NULL));
    SC_EQ_STR(shown(&frame), "<a><b>|[1][2]");
    sc_frame_free(&frame);
    SC_FAILS(&env, sc_frame_read_csv(&frame, &env, "/none.csv", NULL), SOCLE_STATUS_NOT_FOUND);
    sc_temp_remove(&temp);
}

static void number(const char *cell, char decimal, double wanted) {
    double value = NAN;
    SC_REPRO("%s", cell);
    SC_EQ(sc_cell_number(&value, cell, decimal), !isnan(wanted));
    if (!isnan(wanted)) SC_TRUE(value == wanted);
}

/* Short numbers are read in another way than long ones: both round as the compiler does. */
Test(frame, numbers) {
    number("3.14", '.', 3.14);
    number("-0.1", '.', -0.1);
    number("+2", '.', 2);
    number(".5", '.', .5);
    number("5.", '.', 5);
    number("123456789.012345", '.', 123456789.012345);
    number("0.000000000000001", '.', 0.000000000000001);
    number("12345678901234567890", '.', 12345678901234567890.0);
    number("1e-3", '.', 1e-3);
    number("3,14", ',', 3.14);
    number("3.14", ',', 3.14);
    static const char *const none[] = {"",    ".",     "-",    "1.2.3", "0x10", "inf",
                                       "nan", "1e999", "3,14", "1 2",   "1_0",  "--1"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) number(none[i], '.', NAN);
    number("1.234,5", ',', NAN);
    number("1,2,3", ',', NAN);
}

static void day(const char *cell, double wanted) {
    double value = NAN;
    SC_REPRO("%s", cell);
    SC_EQ(sc_cell_date(&value, cell), !isnan(wanted));
    if (!isnan(wanted)) SC_TRUE(value == wanted);
}

Test(frame, days) {
    day("1970-01-01", 0);
    day("1969-12-31", -1);
    day("2000-03-01", 11017);
    day("2024-02-29", 19782);
    day("2024/02/29", 19782);
    day("29.2.2024", 19782);
    day("2024-02-29T12:00", 19782.5);
    day("2024-02-29 06:00:00Z", 19782.25);
    static const char *const none[] = {"2023-02-29",       "2024-13-01",     "2024-1",
                                       "24-01-01",         "2024-01/01",     "32.1.2024",
                                       "2024-01-01T25:00", "2024-01-01 1:2", "2024-01-01x"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) day(none[i], NAN);
}

Test(frame, an_order_of_cells) {
    static const char *const sorted[] = {"-1", "2", "2.5", "10", "10 apples", "apple", "banana"};
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < 7; k++) {
            int order = sc_cell_compare(sorted[i], sorted[k]);
            SC_EQ((order > 0) - (order < 0), (i > k) - (i < k));
        }
    SC_EQ(sc_cell_compare("1", "1.0"), 0);
}

static socle_status whole(sc_env *of, void *argument) {
    static const char text[] = "a,b\n1,\n2,x\n";
    sc_frame frame;
    (void)argument;
    SC_TRY(sc_frame_parse_csv(&frame, of, "t.csv", text, sizeof text - 1, NULL));
    sc_frame_free(&frame);
    return SOCLE_OK;
}

Test(frame, each_allocation_can_fail) {
    sc_test_each_allocation(whole, NULL);
}
