/* SPDX-License-Identifier: Apache-2.0 */
/* Tables on standard output: by libsmartcols where it is built in and the output is a terminal (it
 * fits the width), else plain columns, so that what a script reads is the same everywhere. */
#include "cli/cli.h"

#include <stdarg.h>
#include <string.h>
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
    if (table->status != SOCLE_OK) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table->status =
        sc_grow(table->env, &table->cell, &table->capacity, table->cells + 1, sizeof *table->cell);
    if (table->status == SOCLE_OK)
        table->status = sc_copy_string(table->env, &table->cell[table->cells], text);
    if (table->status == SOCLE_OK) table->cells++;
}

static void print_row(const sc_table *table, FILE *stream, const int *width,
                      const char *const *cell) {
    for (int c = 0; c < table->count; c++) {
        bool last = c + 1 == table->count;
        if (table->columns[c].right)
            fprintf(stream, "%*s", width[c], cell[c]);
        else
            fprintf(stream, "%-*s", last ? 0 : width[c], cell[c]);
        fputs(last ? "\n" : "  ", stream);
    }
}

static void print_plain(const sc_table *table, FILE *stream) {
    enum { MOST_COLUMNS = 16 };
    int width[MOST_COLUMNS] = {0};
    const char *title[MOST_COLUMNS];
    for (int c = 0; c < table->count && c < MOST_COLUMNS; c++) {
        title[c] = table->columns[c].title;
        width[c] = (int)strlen(title[c]);
        for (size_t i = (size_t)c; i < table->cells; i += (size_t)table->count)
            if ((int)strlen(table->cell[i]) > width[c]) width[c] = (int)strlen(table->cell[i]);
    }
    print_row(table, stream, width, title);
    for (size_t i = 0; i + (size_t)table->count <= table->cells; i += (size_t)table->count)
        print_row(table, stream, width, (const char *const *)&table->cell[i]);
}

#if SC_HAVE_SMARTCOLS
static int fill_smart(struct libscols_table *smart, const sc_table *table) {
    for (int c = 0; c < table->count; c++)
        if (!scols_table_new_column(smart, table->columns[c].title, 0,
                                    table->columns[c].right ? SCOLS_FL_RIGHT : SCOLS_FL_TRUNC))
            return -1;
    for (size_t i = 0; i + (size_t)table->count <= table->cells; i += (size_t)table->count) {
        struct libscols_line *line = scols_table_new_line(smart, NULL);
        for (int c = 0; c < table->count; c++)
            if (!line || scols_line_set_data(line, (size_t)c, table->cell[i + (size_t)c]) != 0)
                return -1;
    }
    return 0;
}

/* False: nothing was printed. */
static bool print_smart(const sc_table *table, FILE *stream) {
    if (!isatty(fileno(stream))) return false;
    struct libscols_table *smart = scols_new_table();
    if (!smart) return false;
    scols_table_set_stream(smart, stream);
    bool printed = fill_smart(smart, table) == 0 && scols_print_table(smart) == 0;
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
