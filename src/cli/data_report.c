/* SPDX-License-Identifier: Apache-2.0 */
/* See data_report.h. */
#include "cli/data_report.h"
#include "data/column_kind.h"
#include "data/spread.h"
#include "io/quote.h"
#include "op/op.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MOST_COUNTED = 1000, MOST_NAMED = 8, FEW = 20 };

/* One column: numbers that spread, or values that are counted. */
typedef struct column_row {
    sc_env *env;
    const char *name;
    char kind[96];
    bool days;
    int64_t different, missing; /* -1: not asked */
    sc_spread spread;
    const char *const *value; /* counted ones, NULL: their number is their name */
    int64_t *times;
    size_t counted; /* 0: they are not */
} column_row;

static void number_text(char *out, size_t size, const column_row *row, double value) {
    time_t seconds = (time_t)(value * 86400);
    struct tm day;
    if (row->days && gmtime_r(&seconds, &day))
        strftime(out, size, "%Y-%m-%d", &day);
    else
        snprintf(out, size, "%.6g", value);
}

static const char *name_of(char number[24], const column_row *row, size_t i) {
    snprintf(number, 24, "%zu", i);
    return row->value ? row->value[i] : number;
}

static void values_text(sc_text *out, const column_row *row) {
    char least[32], most[32], mean[32], number[24];
    if (!row->counted && row->spread.count) {
        number_text(least, sizeof least, row, row->spread.least);
        number_text(most, sizeof most, row, row->spread.most);
        number_text(mean, sizeof mean, row, row->spread.mean);
        sc_text_add(out, "%s to %s, mean %s, deviation %.4g%s", least, most, mean,
                    sc_spread_deviation(&row->spread), row->days ? " days" : "");
    }
    for (size_t i = 0; i < row->counted && i < MOST_NAMED; i++)
        sc_text_add(out, "%s%s: %lld", i ? ", " : "", sc_quote(name_of(number, row, i)).text,
                    (long long)row->times[i]);
    if (row->counted > MOST_NAMED) sc_text_add(out, " and %zu more", row->counted - MOST_NAMED);
    if (row->spread.odd) sc_text_add(out, "; %lld not finite", (long long)row->spread.odd);
}

static json_t *row_value(const column_row *row) {
    json_t *value = json_object(), *times = json_object();
    char number[24];
    sc_report_text(value, "name", row->name);
    sc_report_text(value, "kind", row->kind);
    if (row->different >= 0) sc_report_integer(value, "different", row->different);
    if (row->missing >= 0) sc_report_integer(value, "missing", row->missing);
    if (row->spread.count) {
        sc_report_number(value, "least", row->spread.least);
        sc_report_number(value, "most", row->spread.most);
        sc_report_number(value, "mean", row->spread.mean);
        sc_report_number(value, "deviation", sc_spread_deviation(&row->spread));
    }
    if (row->spread.odd) sc_report_integer(value, "not_finite", row->spread.odd);
    for (size_t i = 0; i < row->counted; i++)
        json_object_set_new(times, name_of(number, row, i), json_integer(row->times[i]));
    if (row->counted)
        sc_report_value(value, "times", times);
    else
        json_decref(times);
    return value;
}

static void add_row(sc_table *table, const column_row *row) {
    sc_text values;
    sc_text_init(&values, row->env);
    values_text(&values, row);
    sc_table_cell(table, "%s", sc_quote(row->name).text);
    sc_table_cell(table, "%s", row->kind);
    sc_table_cell(table, "%s", row->different < 0 ? "" : sc_grouped(row->different).text);
    sc_table_cell(table, "%s", row->missing < 0 ? "" : sc_grouped(row->missing).text);
    sc_table_cell(table, "%s", values.data);
    sc_text_free(&values);
}

static socle_status make_table(sc_table **out, sc_cli *cli) {
    static const sc_table_column columns[] = {{"COLUMN", .least = 8},
                                              {"KIND", .right = false},
                                              {"DIFFERENT", .right = true, .leaves = 1},
                                              {"MISSING", .right = true},
                                              {"VALUES", .least = 16}};
    return sc_table_create(out, &cli->env, columns, COUNT(columns));
}

/* ---- A table's columns ---- */

static void count_categories(column_row *row, const sc_look *look, const sc_frame *frame,
                             size_t column) {
    for (size_t r = 0; r < frame->rows; r++) {
        const char *cell = sc_frame_cell(frame, r, column);
        size_t low = 0, high = look->distincts;
        if (sc_cell_is_missing(cell)) continue;
        while (low + 1 < high) {
            size_t middle = (low + high) / 2;
            *(sc_cell_compare(cell, look->distinct[middle]) < 0 ? &high : &low) = middle;
        }
        row->times[low]++;
    }
}

static void spread_cells(column_row *row, const sc_frame *frame, size_t column) {
    for (size_t r = 0; r < frame->rows; r++) {
        const char *cell = sc_frame_cell(frame, r, column);
        double value;
        if (sc_cell_is_missing(cell)) continue;
        if (row->days ? sc_cell_date(&value, cell) : sc_cell_number(&value, cell, frame->decimal))
            sc_spread_add(&row->spread, value);
        else
            row->spread.odd++;
    }
}

static void describe_cells(column_row *row, const sc_look *look, const sc_frame *frame,
                           size_t column) {
    bool text = strcmp(row->kind, "categorical") == 0,
         few = look->distincts <= FEW && look->whole == look->values && look->values;
    if (!text) spread_cells(row, frame, column);
    if ((!text && !few) || look->distincts > SC_CATEGORIES) return;
    row->value = look->distinct;
    row->counted = look->distincts;
    count_categories(row, look, frame, column);
}

static socle_status report_column(sc_cli *cli, sc_table *table, json_t *list, const sc_frame *frame,
                                  size_t column) {
    int64_t *times;
    sc_look look;
    SC_TRY(sc_allocate(&cli->env, &times, MOST_COUNTED, sizeof *times));
    socle_status status = sc_frame_look(&look, frame, column);
    if (status == SOCLE_OK) {
        column_row row = {.env = &cli->env,
                          .name = sc_frame_name(frame, column),
                          .different = (int64_t)look.distincts,
                          .missing = (int64_t)look.missing,
                          .times = times};
        snprintf(row.kind, sizeof row.kind, "%s", look.values ? sc_look_kind(&look) : "empty");
        row.days = strcmp(row.kind, "date") == 0;
        describe_cells(&row, &look, frame, column);
        if (list)
            json_array_append_new(list, row_value(&row));
        else
            add_row(table, &row);
    }
    sc_look_free(&look, &cli->env);
    sc_release(&cli->env, times);
    return status;
}

static socle_status print_report(sc_cli *cli, sc_table *table, json_t *event, json_t *list) {
    if (!event) return sc_table_print(table, stdout);
    sc_report_value(event, "columns", list);
    sc_report_print(cli, event);
    return SOCLE_OK;
}

socle_status sc_data_report_frame(sc_cli *cli, const sc_frame *frame) {
    json_t *event = cli->json ? sc_report(NULL) : NULL, *list = cli->json ? json_array() : NULL;
    sc_table *table;
    SC_TRY(make_table(&table, cli));
    if (event) {
        sc_report_text(event, "file", frame->label);
        sc_report_integer(event, "rows", (int64_t)frame->rows);
        sc_report_value(event, "header", json_boolean(frame->header));
    } else {
        sc_cli_put(stdout, frame->label);
        printf(": %s rows, %zu columns%s\n", sc_grouped((int64_t)frame->rows).text, frame->columns,
               frame->header ? "" : ", without names");
    }
    socle_status status = SOCLE_OK;
    for (size_t c = 0; c < frame->columns && status == SOCLE_OK; c++)
        status = report_column(cli, table, list, frame, c);
    if (status == SOCLE_OK) status = print_report(cli, table, event, list);
    sc_table_destroy(table);
    return status;
}

/* ---- A data set's columns ---- */

static const char *const *names_of(const sc_preparation *preparation, size_t *count) {
    const sc_field *field = sc_preparation_classes(preparation);
    *count = field ? field->categories : 0;
    return field ? field->category : NULL;
}

static bool may_be_labels(const sc_column *column) {
    return column->dtype != SOCLE_F32 && sc_column_elements(column) == 1;
}

/* Of rows in memory. */
static void add_rows(column_row *row, const sc_column *column, int64_t rows) {
    const int64_t values = rows * sc_column_elements(column);
    for (int64_t i = 0; i < values; i++) sc_spread_add(&row->spread, sc_column_value(column, i));
    for (int64_t i = 0; i < values && may_be_labels(column); i++) {
        const int64_t label = sc_column_label(column, i);
        if (label >= 0 && label < MOST_COUNTED) row->times[label]++;
    }
}

/* What is streamed passes by in pieces of about so many bytes. */
static socle_status add_streamed(column_row *row, const sc_column *column, int64_t rows) {
    enum { PIECE = 1 << 20 };
    const uint32_t most = column->row_bytes < PIECE ? (uint32_t)(PIECE / column->row_bytes) : 1;
    sc_column piece = *column;
    uint32_t *number;
    void *data = NULL;
    SC_TRY(sc_allocate(row->env, &number, most, sizeof *number));
    socle_status status = sc_allocate(row->env, &data, most, column->row_bytes);
    for (int64_t first = 0; status == SOCLE_OK && first < rows; first += most) {
        const uint32_t count = rows - first < most ? (uint32_t)(rows - first) : most;
        for (uint32_t i = 0; i < count; i++) number[i] = (uint32_t)first + i;
        status = sc_column_read(column, row->env, number, count, data);
        piece.data = data;
        if (status == SOCLE_OK) add_rows(row, &piece, count);
    }
    sc_release(row->env, data);
    sc_release(row->env, number);
    return status;
}

/* Whole numbers that are few are labels, which are counted. */
static socle_status describe_values(column_row *row, const sc_dataset *dataset,
                                    const sc_column *column) {
    if (column->source)
        SC_TRY(add_streamed(row, column, sc_dataset_count(dataset)));
    else
        add_rows(row, column, sc_dataset_count(dataset));
    if (may_be_labels(column) && row->spread.least >= 0 && row->spread.most < MOST_COUNTED)
        row->counted = (size_t)row->spread.most + 1;
    return SOCLE_OK;
}

static void kind_text(char *out, size_t size, const sc_column *column) {
    int64_t dim[SC_MAX_RANK] = {0};
    for (int d = 0; d < column->shape.rank; d++) dim[d] = column->shape.size[d];
    sc_tensor_desc desc = sc_tensor_make((int)column->dtype, 0, column->shape.rank, dim);
    sc_tensor_text(out, size, &desc);
}

static socle_status report_values(sc_cli *cli, sc_table *table, json_t *list,
                                  const sc_dataset *dataset, const sc_column *column,
                                  const sc_preparation *preparation) {
    int64_t *times;
    size_t names;
    SC_TRY(sc_allocate(&cli->env, &times, MOST_COUNTED + 1, sizeof *times));
    column_row row = {
        .env = &cli->env, .name = column->name, .different = -1, .missing = -1, .times = times};
    row.value = names_of(preparation, &names);
    if (strcmp(column->name, sc_column_name(SC_COLUMN_LABEL)) != 0) row.value = NULL;
    kind_text(row.kind, sizeof row.kind, column);
    socle_status status = describe_values(&row, dataset, column);
    if (row.counted > names) row.value = NULL;
    if (status == SOCLE_OK && list)
        json_array_append_new(list, row_value(&row));
    else if (status == SOCLE_OK)
        add_row(table, &row);
    sc_release(&cli->env, times);
    return status;
}

/* ---- What became of a table's columns ---- */

static void how_text(char *out, size_t size, const sc_field *field) {
    char missing[128] = "";
    if (field->categories && strcmp(field->missing, "refuse") != 0)
        snprintf(missing, sizeof missing, "; no value: %s",
                 (size_t)field->fill < field->categories
                     ? sc_quote(field->category[(size_t)field->fill]).text
                     : "a category of its own");
    else if (strcmp(field->missing, "refuse") != 0)
        snprintf(missing, sizeof missing, "; no value: %.6g", field->fill);
    size_t numbers = sc_field_vocabulary(field);
    if (field->categories)
        snprintf(out, size, "%zu %s%s%s", field->categories,
                 field->target ? "classes" : "categories",
                 numbers ? ", by number as the input of its name" : "", missing);
    else if (field->centre != 0 || field->scale != 1)
        snprintf(out, size, "(x - %.6g) / %.6g%s", field->centre, field->scale, missing);
    else
        snprintf(out, size, "x%s", missing);
}

static socle_status report_fields(sc_cli *cli, const sc_preparation *preparation) {
    static const sc_table_column columns[] = {{"COLUMN", .least = 8},
                                              {"USE", .right = false},
                                              {"KIND", .right = false},
                                              {"NUMBERS", .right = true, .leaves = 1},
                                              {"MADE OF x", .least = 16}};
    sc_table *table;
    SC_TRY(sc_table_create(&table, &cli->env, columns, COUNT(columns)));
    for (size_t f = 0; f < preparation->fields; f++) {
        const sc_field *field = &preparation->field[f];
        char how[256];
        how_text(how, sizeof how, field);
        sc_table_cell(table, "%s", sc_quote(field->name).text);
        sc_table_cell(table, "%s", field->target ? "target" : "input");
        sc_table_cell(table, "%s", field->kind);
        sc_table_cell(table, "%zu", field->target ? 1 : sc_field_width(field));
        sc_table_cell(table, "%s", how);
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

static socle_status report_set(sc_cli *cli, const char *part, const sc_dataset *dataset,
                               const sc_preparation *preparation) {
    json_t *event = cli->json ? sc_report(NULL) : NULL, *list = cli->json ? json_array() : NULL;
    const char *label = sc_dataset_label(dataset);
    int64_t samples = sc_dataset_count(dataset);
    sc_table *table;
    SC_TRY(make_table(&table, cli));
    if (event) {
        if (part) sc_report_text(event, "part", part);
        sc_report_text(event, "file", label);
        sc_report_integer(event, "samples", samples);
    } else {
        printf("%s%s", part ? part : "", part ? ": " : "");
        sc_cli_put(stdout, label);
        printf(": %s samples\n", sc_grouped(samples).text);
    }
    socle_status status = SOCLE_OK;
    if (preparation->fields && !event) status = report_fields(cli, preparation);
    const sc_token_form *tokens = &preparation->tokens;
    if (tokens->length && event)
        sc_report_integer(event, "vocabulary", (int64_t)tokens->vocabulary.count);
    else if (tokens->length)
        printf("vocabulary: %zu numbers: 0 for what is in none, and %zu %ss\n",
               tokens->vocabulary.count, tokens->vocabulary.count - 1, tokens->vocabulary.by);
    for (int c = 0; c < sc_dataset_columns(dataset) && status == SOCLE_OK; c++)
        status =
            report_values(cli, table, list, dataset, sc_dataset_column(dataset, c), preparation);
    if (status == SOCLE_OK) status = print_report(cli, table, event, list);
    sc_table_destroy(table);
    return status;
}

socle_status sc_data_report_set(sc_cli *cli, const char *part, const sc_dataset *dataset) {
    sc_preparation preparation = {0};
    const char *text = sc_dataset_preparation(dataset);
    if (text) SC_TRY(sc_preparation_read(&preparation, &cli->env, sc_dataset_label(dataset), text));
    socle_status status = report_set(cli, part, dataset, &preparation);
    sc_preparation_free(&preparation);
    return status;
}
