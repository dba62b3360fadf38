/* SPDX-License-Identifier: Apache-2.0 */
/* `socle plan`: what memory a run will take on each of its devices, before any is taken. The
 * figures are those by which `socle train` chooses its micro-batch. */
#include "cli/recipe_choice.h"
#include "train/fit_forecast.h"
#include "train/updates.h"

#include <string.h>

enum { KEY_BATCH = 256, KEY_MEMORY };

typedef struct plan_settings {
    sc_cli *cli;
    sc_recipe_choice choice;
    char batch[64]; /* "train.batch=64", or "" */
    uint64_t memory;
} plan_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    plan_settings *settings = state->input;
    sc_cli *cli = settings->cli;
    int64_t batch;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case KEY_BATCH:
        if (sc_cli_integer(cli, &batch, "--batch", arg, 1, INT32_MAX) != 0) return EINVAL;
        snprintf(settings->batch, sizeof settings->batch, "train.batch=%lld", (long long)batch);
        return 0;
    case KEY_MEMORY:
        return sc_cli_size(cli, &settings->memory, "--memory", arg);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"batch", KEY_BATCH, "N", 0, "Samples per step; short for --set train.batch=N", 1},
    {"memory", KEY_MEMORY, "SIZE", 0, "Device memory to use at most, e.g. 2G", 2},
    {0},
};

static const struct argp_child children[] = {{&sc_recipe_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_plan_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "CONFIG",
    .doc =
        "Prints the device memory that `socle train CONFIG` would take, part by part, whether it "
        "fits the budget and the device's allocations, and the micro-batch it would choose. "
        "Nothing is allocated on the device. Exits with 1 where it does not fit.\v"
        "Parts: parameters, gradients and states of the optimizer; statistics: running means of "
        "batch normalisation; coefficients: rate and decay of each parameter; inputs: samples of a "
        "step; outputs: predictions; data: all samples, where they stay on the device; "
        "activations: what layers hand on, and gradients of that; packed weights: weights again, "
        "in the order that the device computes with; weight updates: what applying gradients "
        "needs in passing; exchange: gradients of other devices.",
    .children = children};

/* One device; filled on its thread. */
typedef struct forecast_job {
    const plan_settings *settings;
    const sc_net *net;
    const sc_forecast_request *request;
    sc_forecast forecast;
    int sharers; /* devices that take their memory from the host's */
} forecast_job;

static socle_status forecast_on_device(sc_device *device, void *argument) {
    forecast_job *job = argument;
    sc_fit_set_budget(device, job->settings->memory, job->sharers);
    return sc_forecast_micro_batch(&job->forecast, device, (sc_net *)job->net, job->request);
}

/* A part of the memory, and the largest piece of it that must lie in one allocation. */
typedef struct memory_part {
    const char *word, *title; /* in JSON, in the table */
    uint64_t bytes, piece;
} memory_part;

enum { PARTS = 12 };

static void list_parts(const forecast_job *job, memory_part out[PARTS]) {
    const sc_engine_memory *m = &job->forecast.memory;
    uint64_t inputs = m->inputs / (uint64_t)job->forecast.engine.slots;
    const memory_part parts[PARTS] = {
        {"parameters", "parameters", m->parameters, m->parameter_piece},
        {"gradients", "gradients", m->gradients, m->partial_piece},
        {"optimizer", "optimizer", m->state, m->parameter_piece},
        {"statistics", "statistics", m->statistics, m->statistics},
        {"coefficients", "coefficients", m->coefficients, m->coefficients},
        {"inputs", "inputs", m->inputs, inputs},
        {"outputs", "outputs", m->outputs, m->outputs},
        {"data", "data", m->data, m->data},
        {"activations", "activations", m->activations, m->tensor},
        {"packed", "packed weights", m->packed, m->packed < m->tensor ? m->packed : m->tensor},
        {"steps", "weight updates", m->steps, m->steps < m->tensor ? m->steps : m->tensor},
        {"exchange", "exchange", m->exchange, m->exchange ? m->partial_piece : 0}};
    memcpy(out, parts, sizeof parts);
}

static void print_json(sc_cli *cli, const sc_worker *worker, const forecast_job *job,
                       const char *problem) {
    const sc_forecast *f = &job->forecast;
    memory_part part[PARTS];
    json_t *event = sc_report("plan"), *bytes = json_object();
    list_parts(job, part);
    for (int i = 0; i < PARTS; i++) sc_report_integer(bytes, part[i].word, (int64_t)part[i].bytes);
    sc_report_value(event, "device", sc_report_device(sc_worker_info(worker)));
    sc_report_value(event, "bytes", bytes);
    sc_report_integer(event, "total", (int64_t)f->memory.total);
    sc_report_integer(event, "staging", (int64_t)f->staging);
    sc_report_integer(event, "needed", (int64_t)f->needed);
    sc_report_integer(event, "budget", (int64_t)f->budget);
    sc_report_integer(event, "available", (int64_t)f->available);
    sc_report_integer(event, "largest_allocation", (int64_t)f->memory.piece);
    sc_report_text(event, "largest_allocation_of", f->memory.piece_name);
    sc_report_integer(event, "max_allocation", (int64_t)f->max_allocation);
    sc_report_integer(event, "batch", job->request->batch);
    sc_report_integer(event, "micro_batch", f->engine.capacity);
    sc_report_integer(event, "micro_batches", f->engine.micro_batches);
    sc_report_value(event, "resident", json_boolean(f->engine.resident));
    sc_report_value(event, "recompute", json_boolean(f->engine.recompute));
    sc_report_value(event, "fits", json_boolean(f->fits));
    if (problem) sc_report_text(event, "problem", problem);
    sc_report_print(cli, event);
}

static void add_row(sc_table *table, const char *word, uint64_t bytes, uint64_t piece,
                    const char *fits) {
    sc_table_cell(table, "%s", word);
    sc_table_cell(table, "%s", sc_grouped((int64_t)bytes).text);
    sc_table_cell(table, "%s", sc_bytes(bytes).text);
    sc_table_cell(table, "%s", piece ? sc_bytes(piece).text : "");
    sc_table_cell(table, "%s", fits);
}

static socle_status print_table(sc_cli *cli, const forecast_job *job) {
    static const sc_table_column columns[] = {{"PART", .right = false},
                                              {"BYTES", .right = true},
                                              {"SIZE", .right = true},
                                              {"LARGEST PIECE", .right = true},
                                              {"FITS", .right = false}};
    const sc_forecast *f = &job->forecast;
    memory_part part[PARTS];
    sc_table *table;
    SC_TRY(sc_table_create(&table, &cli->env, columns, sizeof columns / sizeof columns[0]));
    list_parts(job, part);
    for (int i = 0; i < PARTS; i++)
        if (part[i].bytes)
            add_row(table, part[i].title, part[i].bytes, part[i].piece,
                    part[i].piece <= f->max_allocation ? "yes" : "NO");
    add_row(table, "total", f->memory.total, f->memory.piece, f->fits ? "yes" : "NO");
    if (f->needed > f->memory.total) add_row(table, "with staging", f->needed, 0, "");
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

static socle_status print_text(sc_cli *cli, const sc_worker *worker, const forecast_job *job) {
    const sc_device_info *info = sc_worker_info(worker);
    const sc_forecast *f = &job->forecast;
    printf("%s:%d  %s\n", info->driver->name, info->index, info->name);
    SC_TRY(print_table(cli, job));
    printf("budget %s, available %s, at most %s in one allocation\n", sc_bytes(f->budget).text,
           sc_bytes(f->available).text, sc_bytes(f->max_allocation).text);
    printf("batch of %lld: %lld micro-batch%s of %lld, data %s%s\n", (long long)job->request->batch,
           (long long)f->engine.micro_batches, f->engine.micro_batches == 1 ? "" : "es",
           (long long)f->engine.capacity,
           f->engine.resident ? "on the device" : "staged from the host",
           f->engine.recompute ? ", activations made again in the backward pass" : "");
    return SOCLE_OK;
}

/* DEVICE_MEMORY: shown, but not fitting. */
static socle_status plan_device(sc_cli *cli, forecast_job *job, sc_worker *worker) {
    socle_status status = sc_worker_run(worker, forecast_on_device, job, 0);
    if (status != SOCLE_OK && (status != SOCLE_STATUS_DEVICE_MEMORY || !job->forecast.forecasts))
        return status;
    if (cli->json)
        print_json(cli, worker, job, status == SOCLE_OK ? NULL : cli->env.text);
    else
        SC_TRY(print_text(cli, worker, job));
    return status;
}

/* Every device is shown, whether the others fit or not. */
static socle_status plan_each(const plan_settings *settings, const sc_recipe *recipe,
                              const sc_updates *updates, const sc_fleet_device *device, int count) {
    sc_cli *cli = settings->cli;
    sc_forecast_request request;
    int misfits = 0;
    SC_TRY(sc_fit_forecast_request(&request, recipe->net, &recipe->fit, count, recipe->train,
                                   recipe->test));
    sc_updates_apply(updates, &request.engine);
    for (int i = 0; i < count; i++) {
        forecast_job job = {.settings = settings,
                            .net = recipe->net,
                            .request = &request,
                            .sharers = sc_fit_memory_sharers(device, count)};
        if (i && !cli->json) putchar('\n');
        socle_status status = plan_device(cli, &job, device[i].worker);
        if (status != SOCLE_OK && status != SOCLE_STATUS_DEVICE_MEMORY) return status;
        misfits += status != SOCLE_OK;
        if (status != SOCLE_OK && count > 1 && !cli->json) sc_cli_say(cli, "%s", cli->env.text);
    }
    if (misfits && count > 1)
        return sc_fail(&cli->env, SOCLE_STATUS_DEVICE_MEMORY,
                       "%d of %d devices have no room for this run", misfits, count);
    return misfits ? SOCLE_STATUS_DEVICE_MEMORY : SOCLE_OK;
}

static socle_status plan_devices(const plan_settings *settings, const sc_recipe *recipe) {
    sc_fleet_device *device;
    sc_updates updates;
    int count;
    SC_TRY(sc_updates_create(&updates, recipe->net, &recipe->fit));
    socle_status status = sc_cli_open_workers(settings->cli, &device, &count, false);
    if (status == SOCLE_OK) {
        status = plan_each(settings, recipe, &updates, device, count);
        sc_cli_close_workers(settings->cli, device, count);
    }
    sc_updates_free(&updates);
    return status;
}

socle_status sc_plan_command(sc_cli *cli, int argc, char **argv) {
    plan_settings settings = {.cli = cli, .choice.cli = cli};
    sc_config *config;
    sc_recipe recipe = {0};
    SC_TRY(sc_cli_parse(cli, &sc_plan_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_recipe_choice_config(&config, &settings.choice));
    socle_status status = settings.batch[0] ? sc_config_set(config, settings.batch) : SOCLE_OK;
    if (status == SOCLE_OK) status = sc_recipe_open(&recipe, &cli->env, config);
    if (status == SOCLE_OK) status = plan_devices(&settings, &recipe);
    sc_recipe_free(&recipe);
    sc_config_destroy(config);
    return status;
}
