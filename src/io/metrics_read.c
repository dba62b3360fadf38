/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a run, read again. See metrics.h. */
#include "base/file.h"
#include "base/text.h"
#include "io/metrics.h"
#include "io/quote.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

void sc_metrics_table_free(sc_metrics_table *table) {
    for (int c = 0; c < table->columns; c++) sc_release(table->env, table->column[c].value);
    sc_release(table->env, table->epoch);
    *table = (sc_metrics_table){0};
}

const double *sc_metrics_find(const sc_metrics_table *table, const char *name) {
    for (int c = 0; c < table->columns; c++)
        if (strcmp(table->column[c].name, name) == 0) return table->column[c].value;
    return NULL;
}

/* The column of this name, with `rows` values that are missing where it is new. */
static socle_status column_of(sc_metrics_table *table, const char *name, size_t rows,
                              double **value) {
    *value = (double *)sc_metrics_find(table, name);
    if (*value) return SOCLE_OK;
    if (table->columns == SC_METRICS_COLUMNS || strlen(name) >= SC_METRICS_NAME)
        return sc_fail(table->env, SOCLE_STATUS_DATA,
                       "'%s' is one value more than the %d that an epoch has, or its name is too "
                       "long",
                       sc_quote(name).text, SC_METRICS_COLUMNS);
    sc_metrics_column *column = &table->column[table->columns];
    SC_TRY(sc_allocate(table->env, &column->value, rows, sizeof *column->value));
    strcpy(column->name, name);
    for (size_t i = 0; i < rows; i++) column->value[i] = NAN;
    table->columns++;
    *value = column->value;
    return SOCLE_OK;
}

static socle_status take_row(sc_metrics_table *table, const json_t *object, size_t rows) {
    const char *key;
    const json_t *value, *epoch = json_object_get(object, "epoch");
    double *column;
    if (!json_is_integer(epoch) || json_integer_value(epoch) < 1)
        return sc_fail(table->env, SOCLE_STATUS_DATA, "is no record of an epoch");
    table->epoch[table->rows] = (double)json_integer_value(epoch);
    json_object_foreach((json_t *)object, key, value) {
        if (value == epoch || !json_is_number(value)) continue;
        SC_TRY(column_of(table, key, rows, &column));
        column[table->rows] = json_number_value(value);
    }
    table->rows++;
    return SOCLE_OK;
}

static socle_status read_lines(sc_metrics_table *table, const char *text, size_t size) {
    size_t rows = 0, number = 0;
    for (size_t i = 0; i < size; i++) rows += text[i] == '\n';
    SC_TRY(sc_allocate(table->env, &table->epoch, rows, sizeof *table->epoch));
    for (const char *line = text, *end; (end = memchr(line, '\n', size - (size_t)(line - text)));
         line = end + 1) {
        number++;
        json_t *object = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
        socle_status status = take_row(table, object, rows);
        json_decref(object);
        if (status != SOCLE_OK) return sc_fail_prefix(table->env, status, "line %zu", number);
    }
    return SOCLE_OK;
}

socle_status sc_metrics_table_read(sc_metrics_table *out, sc_env *env, const char *directory) {
    char *text = NULL;
    size_t size = 0;
    sc_text path;
    *out = (sc_metrics_table){.env = env};
    sc_text_init(&path, env);
    sc_text_add(&path, "%s/%s", directory, SC_METRICS_FILE);
    socle_status status = path.status;
    if (status == SOCLE_OK) status = sc_file_read(env, &text, &size, path.data, SC_METRICS_BYTES);
    if (status == SOCLE_OK) {
        status = read_lines(out, text, size);
        if (status == SOCLE_STATUS_DATA) status = sc_fail_prefix(env, status, "%s", path.data);
    }
    sc_release(env, text);
    sc_text_free(&path);
    if (status != SOCLE_OK) sc_metrics_table_free(out);
    return status;
}
