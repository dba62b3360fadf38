/* SPDX-License-Identifier: Apache-2.0 */
/* `socle bench --compare`: records side by side, a column for each machine of each file, a line for
 * each thing that any of them measured. Reads files alone. */
#include "bench/bench.h"
#include "bench/record.h"
#include "cli/bench_report.h"
#include "io/quote.h"

#include <string.h>

/* A table has a column per machine beside three others. */
enum { MOST_COLUMNS = 12, FIRST_COLUMN = 3, MARK_TEXT = 16 };

typedef struct machine {
    const char *path;
    const json_t *device, *rows; /* of a file that was read */
    bool *taken;                 /* rows that stand in a line already */
} machine;

typedef struct comparison {
    sc_cli *cli;
    json_t *file[SC_BENCH_MOST_MACHINES];
    machine machine[MOST_COLUMNS];
    int machines;
    /* Of a line: the row of each machine, or NULL; `first` is of the first that has one. */
    const json_t *first, *row[MOST_COLUMNS];
} comparison;

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static socle_status add_machine(comparison *c, const char *path, const json_t *entry) {
    if (c->machines == MOST_COLUMNS)
        return sc_fail(&c->cli->env, SOCLE_STATUS_CONFIG, "at most %d machines stand side by side",
                       MOST_COLUMNS);
    machine *m = &c->machine[c->machines];
    *m = (machine){path, json_object_get(entry, "device"), json_object_get(entry, "rows"), NULL};
    SC_TRY(sc_allocate(&c->cli->env, &m->taken, json_array_size(m->rows) + 1, sizeof *m->taken));
    memset(m->taken, 0, (json_array_size(m->rows) + 1) * sizeof *m->taken);
    c->machines++;
    return SOCLE_OK;
}

static socle_status open_files(comparison *c, char *const *path, int count) {
    const json_t *entry;
    size_t i;
    for (int f = 0; f < count; f++) {
        SC_TRY(sc_bench_record_read(&c->file[f], &c->cli->env, path[f]));
        json_array_foreach(json_object_get(c->file[f], "machines"), i, entry)
            SC_TRY(add_machine(c, path[f], entry));
    }
    return SOCLE_OK;
}

/* The first row of `m` that no line has and that is of the same thing; NULL: none. */
static const json_t *take(machine *m, const json_t *wanted) {
    const json_t *row;
    size_t i;
    json_array_foreach(m->rows, i, row) if (!m->taken[i] && sc_bench_record_same(row, wanted)) {
        m->taken[i] = true;
        return row;
    }
    return NULL;
}

/* Calls `each` for every line: in the order of the first machine, then what it has not. */
static void each_line(comparison *c, void (*each)(comparison *c, void *user), void *user) {
    size_t i;
    for (int m = 0; m < c->machines; m++) json_array_foreach(c->machine[m].rows, i, c->first) {
            if (c->machine[m].taken[i]) continue;
            for (int other = 0; other < c->machines; other++)
                c->row[other] = other < m ? NULL : take(&c->machine[other], c->first);
            each(c, user);
        }
}

/* ---- JSON ---- */

static void copy(json_t *to, const json_t *from, const char *key) {
    json_t *value = json_object_get(from, key);
    if (value) json_object_set(to, key, value);
}

static void add_json(comparison *c, void *user) {
    static const char *const shared[] = {"event", "name", "shape", "network", "batch", "unit"};
    static const char *const own[] = {"median", "spread", "unsteady", "share", "implementation"};
    json_t *line = sc_report(NULL), *figures = json_array();
    for (size_t k = 0; k < sizeof shared / sizeof shared[0]; k++) copy(line, c->first, shared[k]);
    if (strcmp(text_of(c->first, "event"), "step") != 0) copy(line, c->first, "bytes");
    for (int m = 0; m < c->machines; m++) {
        json_t *figure = c->row[m] ? json_object() : json_null();
        for (size_t k = 0; c->row[m] && k < sizeof own / sizeof own[0]; k++)
            copy(figure, c->row[m], own[k]);
        json_array_append_new(figures, figure);
    }
    sc_report_value(line, "figures", figures);
    json_array_append_new(user, line);
}

static void print_json(comparison *c) {
    json_t *event = sc_report("compare"), *machines = json_array(), *rows = json_array();
    for (int m = 0; m < c->machines; m++) {
        json_t *one = json_deep_copy(c->machine[m].device);
        sc_report_text(one, "file", c->machine[m].path);
        json_array_append_new(machines, one);
    }
    each_line(c, add_json, rows);
    sc_report_value(event, "machines", machines);
    sc_report_value(event, "rows", rows);
    sc_report_print(c->cli, event);
}

/* ---- CSV ---- */

/* In quotation marks, those of its own doubled; control characters as '?'. */
static void put_quoted(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"') putchar('"');
        putchar((unsigned char)*text < ' ' || *text == 127 ? '?' : *text);
    }
    putchar('"');
}

static void add_csv(comparison *c, void *user) {
    static const char *const keys[] = {"event", "name", "shape", "network", "unit"};
    (void)user;
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        put_quoted(text_of(c->first, keys[k]));
        putchar(',');
    }
    if (strcmp(text_of(c->first, "event"), "step") == 0)
        printf(",%lld", json_integer_value(json_object_get(c->first, "batch")));
    else
        printf("%.0f,", json_number_value(json_object_get(c->first, "bytes")));
    for (int m = 0; m < c->machines; m++) {
        const json_t *median = json_object_get(c->row[m], "median");
        putchar(',');
        if (median) printf("%.9g", json_number_value(median));
    }
    putchar('\n');
}

static void print_csv(comparison *c) {
    printf("kind,name,shape,network,unit,bytes,batch");
    for (int m = 0; m < c->machines; m++) {
        sc_text title;
        sc_text_init(&title, &c->cli->env);
        sc_text_add(&title, "%s %s", c->machine[m].path, text_of(c->machine[m].device, "device"));
        putchar(',');
        put_quoted(title.data);
        sc_text_free(&title);
    }
    putchar('\n');
    each_line(c, add_csv, NULL);
}

/* ---- Tables ---- */

typedef struct print_state {
    sc_table *table;
    int lines, unsteady;
} print_state;

static void add_cells(comparison *c, void *user) {
    print_state *state = user;
    const char *event = text_of(c->first, "event");
    double bytes = json_number_value(json_object_get(c->first, "bytes"));
    state->lines++;
    sc_table_cell(state->table, "%s", text_of(c->first, "name"));
    if (strcmp(event, "step") == 0)
        sc_table_cell(state->table, "batch %lld",
                      json_integer_value(json_object_get(c->first, "batch")));
    else if (strcmp(event, "operation") == 0)
        sc_table_cell(state->table, "%s", text_of(c->first, "shape"));
    else
        sc_table_cell(state->table, "%s", bytes < 1e18 ? sc_bytes((uint64_t)bytes).text : "-");
    sc_table_cell(state->table, "%s", text_of(c->first, "unit"));
    for (int m = 0; m < c->machines; m++) {
        const json_t *median = json_object_get(c->row[m], "median");
        bool unsteady = median && json_is_true(json_object_get(c->row[m], "unsteady"));
        state->unsteady += unsteady;
        if (median)
            sc_table_cell(state->table, "%.4g%s", json_number_value(median), unsteady ? " !" : "");
        else
            sc_table_cell(state->table, "-");
    }
}

static socle_status print_table(comparison *c) {
    char title[MOST_COLUMNS][MARK_TEXT];
    sc_table_column column[FIRST_COLUMN + MOST_COLUMNS] = {
        {.title = "WHAT", .least = 0}, {.title = "OF", .least = 6}, {.title = "UNIT", .leaves = 1}};
    print_state state = {0};
    for (int m = 0; m < c->machines; m++) {
        snprintf(title[m], sizeof title[m], "(%d)", m + 1);
        column[FIRST_COLUMN + m] = (sc_table_column){.title = title[m], .right = true};
        printf("%s %s: %s, %s, driver %s\n", title[m], sc_quote(c->machine[m].path).text,
               sc_quote(text_of(c->machine[m].device, "device")).text,
               sc_quote(text_of(c->machine[m].device, "name")).text,
               sc_quote(text_of(c->machine[m].device, "driver")).text);
    }
    putchar('\n');
    SC_TRY(sc_table_create(&state.table, &c->cli->env, column, FIRST_COLUMN + c->machines));
    each_line(c, add_cells, &state);
    socle_status status = sc_table_print(state.table, stdout);
    sc_table_destroy(state.table);
    if (state.unsteady)
        printf("\n%d figures spread by more than %.0f %% of their median (!)\n", state.unsteady,
               SC_BENCH_STEADY * 100);
    return status;
}

socle_status sc_bench_compare(sc_cli *cli, char *const *path, int count, bool csv) {
    comparison c = {.cli = cli};
    socle_status status = open_files(&c, path, count);
    if (status == SOCLE_OK && cli->json)
        print_json(&c);
    else if (status == SOCLE_OK && csv)
        print_csv(&c);
    else if (status == SOCLE_OK)
        status = print_table(&c);
    for (int m = 0; m < c.machines; m++) sc_release(&cli->env, c.machine[m].taken);
    for (int f = 0; f < count; f++) json_decref(c.file[f]);
    return status;
}
