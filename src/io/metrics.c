/* SPDX-License-Identifier: Apache-2.0 */
/* See metrics.h. The JSON lines are the record; the CSV is written beside them and rebuilt from
 * them when a run is resumed, so that a line torn by a crash disappears from both. A full disk
 * tears no line: what the file did not take whole is cut off again and waits in memory. */
#include "io/metrics.h"
#include "base/file.h"
#include "base/text.h"
#include "io/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

typedef struct output {
    char *path;
    int descriptor;
    off_t size;      /* of the whole rows in the file */
    sc_text waiting; /* rows that are not there yet */
    size_t begun;    /* bytes of them that are */
} output;

struct sc_metrics {
    sc_env *env;
    sc_metrics_columns columns;
    output json, csv;
};

static void add_json_line(sc_text *text, const sc_metrics_columns *columns,
                          const sc_metrics_row *row) {
    char number[SC_NUMBER_TEXT];
    sc_text_add(text, "{\"epoch\": %" PRId64, row->epoch);
    for (int i = 0; i < columns->count; i++) {
        if (!isfinite(row->value[i])) continue;
        sc_number_text(number, row->value[i]);
        sc_text_add(text, ", \"%s\": %s", columns->name[i], number);
    }
    sc_text_add(text, "}\n");
}

static void add_csv_header(sc_text *text, const sc_metrics_columns *columns) {
    sc_text_add(text, "epoch");
    for (int i = 0; i < columns->count; i++) sc_text_add(text, ",%s", columns->name[i]);
    sc_text_add(text, "\n");
}

static void add_csv_line(sc_text *text, const sc_metrics_columns *columns,
                         const sc_metrics_row *row) {
    char number[SC_NUMBER_TEXT];
    sc_text_add(text, "%" PRId64, row->epoch);
    for (int i = 0; i < columns->count; i++) {
        sc_number_text(number, row->value[i]);
        sc_text_add(text, ",%s", isfinite(row->value[i]) ? number : "");
    }
    sc_text_add(text, "\n");
}

/* One line of an earlier record; false if it is not one. */
static bool parse_line(sc_metrics_row *row, const sc_metrics_columns *columns, const char *line,
                       size_t length) {
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *epoch = json_object_get(object, "epoch");
    bool valid = json_is_integer(epoch);
    row->epoch = json_integer_value(epoch);
    for (int i = 0; i < columns->count; i++) {
        const json_t *value = json_object_get(object, columns->name[i]);
        row->value[i] = json_is_number(value) ? json_number_value(value) : NAN;
    }
    json_decref(object);
    return valid;
}

/* Rewrites both texts from the lines of epochs 1..keep. */
static void keep_lines(sc_text *json, sc_text *csv, const sc_metrics_columns *columns,
                       const char *old, size_t size, int64_t keep) {
    sc_metrics_row row;
    for (const char *line = old, *end; line < old + size; line = end + 1) {
        end = memchr(line, '\n', size - (size_t)(line - old));
        if (!end) return;
        if (!parse_line(&row, columns, line, (size_t)(end - line)) || row.epoch < 1 ||
            row.epoch > keep)
            continue;
        sc_text_add(json, "%.*s\n", (int)(end - line), line);
        add_csv_line(csv, columns, &row);
    }
}

static socle_status open_output(sc_metrics *metrics, output *file, const sc_text *content) {
    if (content->status != SOCLE_OK) return content->status;
    SC_TRY(sc_file_write_whole(metrics->env, file->path, content->data, content->length));
    file->size = (off_t)content->length;
    file->descriptor = open(file->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file->descriptor >= 0) return SOCLE_OK;
    return sc_fail(metrics->env, SOCLE_STATUS_IO, "%s: cannot open for appending: %s", file->path,
                   strerror(errno));
}

static socle_status start_files(sc_metrics *metrics, int64_t keep) {
    char *old = NULL;
    size_t size = 0;
    if (keep > 0) {
        socle_status status =
            sc_file_read(metrics->env, &old, &size, metrics->json.path, SC_METRICS_BYTES);
        if (status != SOCLE_OK && status != SOCLE_STATUS_NOT_FOUND) return status;
    }
    sc_text json, csv;
    sc_text_init(&json, metrics->env);
    sc_text_init(&csv, metrics->env);
    add_csv_header(&csv, &metrics->columns);
    if (old) keep_lines(&json, &csv, &metrics->columns, old, size, keep);
    socle_status status = open_output(metrics, &metrics->json, &json);
    if (status == SOCLE_OK) status = open_output(metrics, &metrics->csv, &csv);
    sc_text_free(&json);
    sc_text_free(&csv);
    sc_release(metrics->env, old);
    return status;
}

static socle_status join_path(sc_env *env, char **out, const char *directory, const char *name) {
    sc_text text;
    sc_text_init(&text, env);
    sc_text_add(&text, "%s/%s", directory, name);
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_copy_string(env, out, text.data);
    sc_text_free(&text);
    return status;
}

socle_status sc_metrics_open(sc_metrics **out, sc_env *env, const char *directory,
                             const sc_metrics_columns *columns, int64_t keep) {
    *out = NULL;
    sc_metrics *metrics;
    SC_TRY(sc_allocate(env, &metrics, 1, sizeof *metrics));
    metrics->env = env;
    metrics->columns = *columns;
    metrics->json.descriptor = metrics->csv.descriptor = -1;
    sc_text_init(&metrics->json.waiting, env);
    sc_text_init(&metrics->csv.waiting, env);
    socle_status status = join_path(env, &metrics->json.path, directory, SC_METRICS_FILE);
    if (status == SOCLE_OK)
        status = join_path(env, &metrics->csv.path, directory, SC_METRICS_TABLE);
    if (status == SOCLE_OK) status = start_files(metrics, keep);
    if (status != SOCLE_OK) {
        sc_metrics_close(metrics);
        return status;
    }
    *out = metrics;
    return SOCLE_OK;
}

static socle_status flush(const sc_metrics *metrics, output *file) {
    sc_text *rows = &file->waiting;
    if (rows->status != SOCLE_OK) return rows->status;
    while (file->begun < rows->length) {
        ssize_t written =
            write(file->descriptor, rows->data + file->begun, rows->length - file->begun);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            int code = errno;
            if (ftruncate(file->descriptor, file->size) == 0) file->begun = 0;
            return sc_fail(metrics->env, SOCLE_STATUS_IO, "cannot write %s: %s", file->path,
                           strerror(code));
        }
        file->begun += (size_t)written;
    }
    file->size += (off_t)rows->length;
    file->begun = 0;
    sc_text_clear(rows);
    return SOCLE_OK;
}

socle_status sc_metrics_flush(sc_metrics *metrics) {
    socle_status csv = flush(metrics, &metrics->csv);
    socle_status json = flush(metrics, &metrics->json); /* its text is the one that stays */
    return json != SOCLE_OK ? json : csv;
}

socle_status sc_metrics_append(sc_metrics *metrics, const sc_metrics_row *row) {
    add_json_line(&metrics->json.waiting, &metrics->columns, row);
    add_csv_line(&metrics->csv.waiting, &metrics->columns, row);
    return sc_metrics_flush(metrics);
}

static void close_output(const sc_metrics *metrics, output *file) {
    if (file->descriptor >= 0) close(file->descriptor);
    sc_text_free(&file->waiting);
    sc_release(metrics->env, file->path);
}

void sc_metrics_close(sc_metrics *metrics) {
    if (!metrics) return;
    close_output(metrics, &metrics->json);
    close_output(metrics, &metrics->csv);
    sc_release(metrics->env, metrics);
}
