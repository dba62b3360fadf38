/* SPDX-License-Identifier: Apache-2.0 */
/* See bench_report.h. */
#include "cli/bench_report.h"

#include "base/file.h"
#include "bench/record.h"
#include "io/json_text.h"
#include "socle/socle.h"

#include <math.h>

static const char *const kinds[] = {
    [SC_BENCH_ROOF] = "roof", [SC_BENCH_OPERATION] = "operation", [SC_BENCH_STEP] = "step"};

void sc_bench_report_begin(sc_bench_report *report, sc_cli *cli, bool csv, bool keeps) {
    *report = (sc_bench_report){.cli = cli, .csv = csv, .machines = keeps ? json_array() : NULL};
    if (csv)
        printf("kind,device,name,shape,network,implementation,bytes,unit,median,low,high,spread,"
               "samples,unsteady,gflops,gbytes,share,bound,batch,launches,milliseconds,launch_"
               "share\n");
}

void sc_bench_report_device(sc_bench_report *report, const sc_device_info *info) {
    if (report->machines)
        report->machine = json_pack("{s:o, s:[]}", "device", sc_report_device(info), "rows");
    if (report->csv) return;
    if (!report->cli->json) {
        printf("%s:%d  %s, driver %s\n", info->driver->name, info->index, info->name,
               info->driver_version);
        return;
    }
    json_t *event = sc_report("device");
    json_t *device = sc_report_device(info);
    json_object_update(event, device);
    json_decref(device);
    sc_report_text(event, "socle", socle_version());
    sc_report_print(report->cli, event);
}

static json_t *json_of(const sc_bench_row *row) {
    json_t *event = sc_report(kinds[row->kind]);
    sc_report_text(event, "device", row->device);
    sc_report_text(event, "name", row->name);
    sc_report_number(event, "bytes", row->bytes);
    sc_report_text(event, "unit", row->unit);
    sc_report_number(event, "median", row->figure.median);
    sc_report_number(event, "low", row->figure.low);
    sc_report_number(event, "high", row->figure.high);
    sc_report_number(event, "spread", row->figure.spread);
    sc_report_integer(event, "samples", row->figure.samples);
    sc_report_value(event, "unsteady", json_boolean(row->figure.unsteady));
    if (row->kind == SC_BENCH_OPERATION) {
        sc_report_text(event, "shape", row->shape);
        sc_report_text(event, "network", row->network);
        sc_report_text(event, "implementation", row->implementation);
        sc_report_number(event, "flops", row->flops);
        sc_report_number(event, "gflops", row->gflops);
        sc_report_number(event, "gbytes", row->gbytes);
        sc_report_number(event, "share", row->share);
        sc_report_text(event, "bound", row->bound);
    }
    if (row->kind == SC_BENCH_STEP) {
        sc_report_integer(event, "batch", row->batch);
        sc_report_integer(event, "launches", row->launches);
        sc_report_number(event, "milliseconds", row->milliseconds);
        sc_report_number(event, "launch_share", row->launch_share);
    }
    return event;
}

/* Texts of rows hold no quotation marks. */
static void print_csv(const sc_bench_row *row) {
    bool operation = row->kind == SC_BENCH_OPERATION;
    printf("%s,%s,\"%s\",\"%s\",\"%s\",\"%s\",%.0f,%s,%.9g,%.9g,%.9g,%.4f,%d,%d,", kinds[row->kind],
           row->device, row->name, row->shape, operation ? row->network : "",
           operation ? row->implementation : "", row->bytes, row->unit, row->figure.median,
           row->figure.low, row->figure.high, row->figure.spread, row->figure.samples,
           row->figure.unsteady);
    if (operation)
        printf("%.9g,%.9g,%.4f,%s,,,,\n", row->gflops, row->gbytes, row->share, row->bound);
    else if (row->kind == SC_BENCH_STEP)
        printf(",,,,%lld,%d,%.9g,%.4f\n", (long long)row->batch, row->launches, row->milliseconds,
               row->launch_share);
    else
        printf(",,,,,,,\n");
    fflush(stdout);
}

static void print_table(sc_bench_report *report) {
    if (!report->table) return;
    if (report->status == SOCLE_OK) report->status = sc_table_print(report->table, stdout);
    sc_table_destroy(report->table);
    report->table = NULL;
    putchar('\n');
    fflush(stdout);
}

static socle_status begin_table(sc_bench_report *report, sc_bench_kind kind) {
    static const sc_table_column roofs[] = {{"ROOF", .least = 0},
                                            {"BYTES", .right = true, .leaves = 2},
                                            {"FIGURE", .right = true},
                                            {"UNIT", .least = 0},
                                            {"SPREAD", .right = true, .leaves = 1}};
    static const sc_table_column operations[] = {{"OPERATION", .least = 0},
                                                 {"SHAPE", .least = 12},
                                                 {"BY", .leaves = 2},
                                                 {"US", .right = true},
                                                 {"SPREAD", .right = true, .leaves = 1},
                                                 {"GFLOP/S", .right = true},
                                                 {"GB/S", .right = true},
                                                 {"SHARE", .right = true},
                                                 {"OF", .least = 0}};
    static const sc_table_column steps[] = {{"TRAINING STEP", .least = 0},
                                            {"BATCH", .right = true},
                                            {"SAMPLES/S", .right = true},
                                            {"SPREAD", .right = true, .leaves = 1},
                                            {"MS", .right = true},
                                            {"LAUNCHES", .right = true},
                                            {"OF WHICH", .right = true, .leaves = 2},
                                            {"MEMORY", .right = true, .leaves = 3}};
    print_table(report);
    report->kind = kind;
    if (kind == SC_BENCH_STEP)
        return sc_table_create(&report->table, &report->cli->env, steps,
                               sizeof steps / sizeof steps[0]);
    if (kind == SC_BENCH_ROOF)
        return sc_table_create(&report->table, &report->cli->env, roofs,
                               sizeof roofs / sizeof roofs[0]);
    return sc_table_create(&report->table, &report->cli->env, operations,
                           sizeof operations / sizeof operations[0]);
}

static void add_spread(sc_table *table, const sc_bench_figure *figure) {
    sc_table_cell(table, "%.1f %%%s", figure->spread * 100, figure->unsteady ? " !" : "");
}

static void add_cells(sc_table *table, const sc_bench_row *row) {
    sc_table_cell(table, "%s", row->name);
    if (row->kind == SC_BENCH_ROOF) {
        sc_table_cell(table, "%s", sc_bytes((uint64_t)row->bytes).text);
        sc_table_cell(table, "%.3g", row->figure.median);
        sc_table_cell(table, "%s", row->unit);
        add_spread(table, &row->figure);
        return;
    }
    if (row->kind == SC_BENCH_STEP) {
        sc_table_cell(table, "%lld", (long long)row->batch);
        sc_table_cell(table, "%.4g", row->figure.median);
        add_spread(table, &row->figure);
        sc_table_cell(table, "%.4g", row->milliseconds);
        sc_table_cell(table, "%d", row->launches);
        sc_table_cell(table, "%.0f %%", row->launch_share * 100);
        sc_table_cell(table, "%s", sc_bytes((uint64_t)row->bytes).text);
        return;
    }
    sc_table_cell(table, "%s", row->shape);
    sc_table_cell(table, "%s", row->implementation);
    sc_table_cell(table, "%.4g", row->figure.median);
    add_spread(table, &row->figure);
    sc_table_cell(table, "%.3g", row->gflops);
    sc_table_cell(table, "%.3g", row->gbytes);
    sc_table_cell(table, "%.0f %%", row->share * 100);
    sc_table_cell(table, "%s", row->bound);
}

void sc_bench_report_row(void *user, const sc_bench_row *row) {
    sc_bench_report *report = user;
    report->rows++;
    report->unsteady += row->figure.unsteady;
    if (report->machine &&
        json_array_append_new(json_object_get(report->machine, "rows"), json_of(row)) != 0)
        report->status = SOCLE_STATUS_OUT_OF_MEMORY;
    if (report->cli->json) {
        sc_report_print(report->cli, json_of(row));
        return;
    }
    if (report->csv) {
        print_csv(row);
        return;
    }
    if ((!report->table || report->kind != row->kind) && report->status == SOCLE_OK)
        report->status = begin_table(report, row->kind);
    if (report->table) add_cells(report->table, row);
}

void sc_bench_report_device_end(sc_bench_report *report, bool whole) {
    print_table(report);
    if (whole && report->machine) json_array_append(report->machines, report->machine);
    json_decref(report->machine);
    report->machine = NULL;
}

socle_status sc_bench_report_save(const sc_bench_report *report, bool quick, const char *path) {
    sc_env *env = &report->cli->env;
    json_t *root = sc_report(NULL);
    sc_text text;
    if (report->status != SOCLE_OK || !json_array_size(report->machines)) {
        json_decref(root);
        return sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: out of memory for a record", path);
    }
    sc_report_integer(root, "socle_bench", SC_BENCH_RECORD_VERSION);
    sc_report_text(root, "socle", socle_version());
    sc_report_value(root, "quick", json_boolean(quick));
    sc_report_value(root, "machines", json_incref(report->machines));
    sc_text_init(&text, env);
    sc_json_text(&text, root, 1);
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_file_write_whole(env, path, text.data, text.length);
    sc_text_free(&text);
    json_decref(root);
    return status;
}

void sc_bench_report_end(sc_bench_report *report) {
    print_table(report);
    json_decref(report->machines);
    if (!report->unsteady || report->cli->json || report->csv) return;
    printf("%d of %d figures spread by more than %.0f %% of their median (!): something else used "
           "the machine\n",
           report->unsteady, report->rows, SC_BENCH_STEADY * 100);
}
