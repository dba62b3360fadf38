/* SPDX-License-Identifier: Apache-2.0 */
/* Tables on standard output: by libsmartcols where it is built in and the output is a terminal
 * (names are cut before numbers and ids, whole columns are left out last; where not even that
 * fits, each row is a block of lines), else plain columns, so that what a script reads is the same
 * everywhere. */
#include "cli/cli.h"
#include "io/quote.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#if SC_HAVE_SMARTCOLS
#include <libsmartcols.h>
#endif

struct sc_table {
    sc_env *env;
    const sc_table_column *columns;
    int count;
    char **cell; /* rows * count */
    size_t cells, capacity;
    socle_status status;
};

socle_status sc_table_create(sc_table **out, sc_env *env, const sc_table_column *columns,
                             int count) {
    *out = NULL;
    sc_table *table;
    SC_TRY(sc_allocate(env, &table, 1, sizeof *table));
    *table = (sc_table){.env = env, .columns = columns, .count = count};
    *out = table;
    return SOCLE_OK;
}

void sc_table_destroy(sc_table *table) {
    if (!table) return;
    for (size_t i = 0; i < table->cells; i++) sc_release(table->env, table->cell[i]);
    sc_release(table->env, table->cell);
    sc_release(table->env, table);
}

void sc_table_cell(sc_table *table, const char *format, ...) {
    char text[256];
    sc_text shown;
    if (table->status != SOCLE_OK) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sc_text_init(&shown, table->env);
    sc_quote_whole(&shown, text); /* a row stays one line */
    table->status = shown.status;
    if (table->status == SOCLE_OK)
        table->status = sc_grow(table->env, &table->cell, &table->capacity, table->cells + 1,
                                sizeof *table->cell);
    if (table->status == SOCLE_OK)
        table->status = sc_copy_string(table->env, &table->cell[table->cells], shown.data);
    if (table->status == SOCLE_OK) table->cells++;
    sc_text_free(&shown);
}

enum { MOST_COLUMNS = 16, GAP = 2, STANDARD_WIDTH = 80 };

int sc_terminal_width(int descriptor) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return STANDARD_WIDTH;
}

/* How wide each column's texts are; 0: the column is left out. */
typedef struct layout {
    int width[MOST_COLUMNS];
} layout;

static layout measure(const sc_table *table) {
    layout out = {{0}};
    for (int c = 0; c < table->count && c < MOST_COLUMNS; c++) {
        out.width[c] = (int)strlen(table->columns[c].title);
        for (size_t i = (size_t)c; i < table->cells; i += (size_t)table->count)
            if ((int)strlen(table->cell[i]) > out.width[c])
                out.width[c] = (int)strlen(table->cell[i]);
    }
    return out;
}

static void print_row(const sc_table *table, FILE *stream, const layout *layout,
                      const char *const *cell) {
    for (int c = 0; c < table->count; c++) {
        bool last = c + 1 == table->count;
        if (table->columns[c].right)
            fprintf(stream, "%*s", layout->width[c], cell[c]);
        else
            fprintf(stream, "%-*s", last ? 0 : layout->width[c], cell[c]);
        fprintf(stream, "%*s", last ? 0 : GAP, "");
    }
    fputc('\n', stream);
}

static void print_plain(const sc_table *table, FILE *stream) {
    const char *title[MOST_COLUMNS];
    const layout layout = measure(table);
    for (int c = 0; c < table->count && c < MOST_COLUMNS; c++) title[c] = table->columns[c].title;
    print_row(table, stream, &layout, title);
    for (size_t i = 0; i + (size_t)table->count <= table->cells; i += (size_t)table->count)
        print_row(table, stream, &layout, (const char *const *)&table->cell[i]);
}

#if SC_HAVE_SMARTCOLS
/* What the columns need when those that may be cut are. */
static int least_width(const sc_table *table, const layout *layout) {
    int sum = 0;
    for (int c = 0; c < table->count; c++) {
        int least = table->columns[c].least, title = (int)strlen(table->columns[c].title);
        if (least && least < title) least = title;
        if (!layout->width[c]) continue;
        sum += (sum ? GAP : 0) + (least && least < layout->width[c] ? least : layout->width[c]);
    }
    return sum;
}

/* Leaves out columns, in their order, until the rest fits when it is cut. */
static void leave_out(const sc_table *table, layout *layout, int room) {
    for (int turn = 1; turn <= MOST_COLUMNS && least_width(table, layout) > room; turn++)
        for (int c = 0; c < table->count; c++)
            if (table->columns[c].leaves == turn) layout->width[c] = 0;
}

static int fill_smart(struct libscols_table *smart, const sc_table *table, const layout *layout) {
    for (int c = 0; c < table->count; c++) {
        const sc_table_column *column = &table->columns[c];
        int flags = (column->right ? SCOLS_FL_RIGHT : 0) | (column->least ? SCOLS_FL_TRUNC : 0);
        if (layout->width[c] && !scols_table_new_column(smart, column->title, 0, flags)) return -1;
    }
    for (size_t i = 0; i + (size_t)table->count <= table->cells; i += (size_t)table->count) {
        struct libscols_line *line = scols_table_new_line(smart, NULL);
        size_t shown = 0;
        for (int c = 0; c < table->count; c++)
            if (layout->width[c] &&
                (!line || scols_line_set_data(line, shown++, table->cell[i + (size_t)c]) != 0))
                return -1;
    }
    return 0;
}

/* Each cell on a line of its own, behind its title; a text that is too long stays whole. */
static void print_blocks(const sc_table *table, FILE *stream) {
    int widest = 0;
    for (int c = 0; c < table->count; c++)
        if ((int)strlen(table->columns[c].title) > widest)
            widest = (int)strlen(table->columns[c].title);
    for (size_t i = 0; i < table->cells; i++) {
        size_t c = i % (size_t)table->count;
        if (i && c == 0) fputc('\n', stream);
        fprintf(stream, "%-*s  %s\n", widest, table->columns[c].title, table->cell[i]);
    }
}

/* False: nothing was printed. */
static bool print_smart(const sc_table *table, FILE *stream) {
    if (!isatty(fileno(stream))) return false;
    layout layout = measure(table);
    int room = sc_terminal_width(fileno(stream));
    leave_out(table, &layout, room);
    if (least_width(table, &layout) > room) {
        print_blocks(table, stream);
        return true;
    }
    struct libscols_table *smart = scols_new_table();
    if (!smart) return false;
    scols_table_set_stream(smart, stream);
    scols_table_set_termwidth(smart, (size_t)room);
    scols_table_set_column_separator(smart, "  ");
    bool printed = fill_smart(smart, table, &layout) == 0 && scols_print_table(smart) == 0;
    scols_unref_table(smart);
    return printed;
}
#else
static bool print_smart(const sc_table *table, FILE *stream) {
    (void)table, (void)stream;
    return false;
}
#endif

socle_status sc_table_print(sc_table *table, FILE *stream) {
    if (table->status != SOCLE_OK) return table->status;
    if (!print_smart(table, stream)) print_plain(table, stream);
    return SOCLE_OK;
}

sc_bytes_text sc_bytes(uint64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    sc_bytes_text out;
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) value /= 1024, unit++;
    snprintf(out.text, sizeof out.text, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return out;
}

sc_bytes_text sc_grouped(int64_t value) {
    char digits[24];
    sc_bytes_text out = {""};
    int length = snprintf(digits, sizeof digits, "%lld", (long long)(value < 0 ? -value : value));
    char *at = out.text;
    if (value < 0) *at++ = '-';
    for (int i = 0; i < length && at < out.text + sizeof out.text - 2; i++) {
        if (i && (length - i) % 3 == 0) *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}
