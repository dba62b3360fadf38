/* SPDX-License-Identifier: Apache-2.0 */
/* `socle tune`: which implementation, with which values of its parameters, is the quickest for the
 * shapes of a network on this device. How it is searched for is src/tune's; here is what is asked
 * for, and the process that tries candidates, which is this command once more. */
#include "backend/measured.h"
#include "base/file.h"
#include "base/thread_pool.h"
#include "bench/bench.h"
#include "cli/progress.h"
#include "cli/recipe_choice.h"
#include "cli/tune_report.h"
#include "train/fit_forecast.h"
#include "train/updates.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { KEY_OP = 256, KEY_SHAPES, KEY_MINUTES, KEY_DEADLINE, KEY_MERGE, KEY_ANSWER };
enum { MOST_MERGED = 64, STANDARD_MINUTES = 10, STANDARD_DEADLINE = 60, NAME = 64 };
enum { LIST_LIMIT = 1 << 20 };

typedef struct tune_settings {
    sc_cli *cli;
    sc_recipe_choice choice;
    const char *op, *shapes;
    char *list; /* what is in that file */
    double minutes;
    int64_t deadline; /* seconds */
    const char *merge[MOST_MERGED];
    int merges;
    bool answers;
} tune_settings;

static error_t add_file(tune_settings *settings, const char *path) {
    if (settings->merges == MOST_MERGED)
        return sc_cli_usage(settings->cli, "--merge: at most %d files", MOST_MERGED);
    settings->merge[settings->merges++] = path;
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    tune_settings *settings = state->input;
    sc_cli *cli = settings->cli;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case KEY_OP:
        settings->op = arg;
        return 0;
    case KEY_SHAPES:
        settings->shapes = arg;
        return 0;
    case KEY_MINUTES:
        return sc_cli_number(cli, &settings->minutes, "--minutes", arg, 0.01, 100000);
    case KEY_DEADLINE:
        return sc_cli_integer(cli, &settings->deadline, "--deadline", arg, 1, 3600);
    case KEY_MERGE:
        return add_file(settings, arg);
    case KEY_ANSWER:
        settings->answers = true;
        return 0;
    case ARGP_KEY_ARG: /* behind --merge: one more file */
        return settings->merges ? add_file(settings, arg) : ARGP_ERR_UNKNOWN;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"op", KEY_OP, "OPERATION", 0, "Without CONFIG: this operation alone, e.g. conv2d", 1},
    {"shapes", KEY_SHAPES, "FILE", 0, "Without CONFIG: the layers of a list, one a line", 1},
    {"minutes", KEY_MINUTES, "N", 0, "Time for each device; standard: 10", 1},
    {"deadline", KEY_DEADLINE, "SECONDS", 0,
     "Time after which a candidate that has not answered is given up; standard: 60", 1},
    {"merge", KEY_MERGE, "FILE", 0,
     "Measure nothing: take over what was measured elsewhere; further files may follow", 1},
    {"answer", KEY_ANSWER, NULL, OPTION_HIDDEN, "Try candidates for another process", 1},
    {0},
};

static const struct argp_child children[] = {{&sc_recipe_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_tune_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[CONFIG]",
    .doc =
        "Finds for each shape of a network the implementation, and the values of its parameters, "
        "that are quickest on a device; without CONFIG for the shapes of `socle bench`. Each "
        "candidate is checked against results in double precision, and only then timed, in a "
        "process of its own. What is known is kept (measured.json in the folder of records) and "
        "used by every later run; a search that ends early goes on where it was. No run needs it. "
        "Nothing else should use the machine meanwhile.",
    .children = children};

/* ---- The process that tries candidates ---- */

/* Standard output is for answers alone: what drivers print goes nowhere. */
static socle_status take_output(sc_cli *cli, int *output) {
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    *output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    bool taken = nothing >= 0 && *output >= 0 && dup2(nothing, STDOUT_FILENO) == STDOUT_FILENO;
    if (nothing >= 0) close(nothing);
    return taken ? SOCLE_OK : sc_fail(&cli->env, SOCLE_STATUS_IO, "no descriptors are left");
}

static socle_status answer(sc_cli *cli) {
    const sc_device_choice *choice;
    sc_device_options how = SC_DEVICE_OPTIONS_DEFAULT;
    sc_device *device;
    int count, output;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody reads the answer any more */
    SC_TRY(take_output(cli, &output));
    SC_TRY(sc_cli_select(cli, &choice, &count));
    SC_TRY(sc_records_create(&cli->records, &cli->env));
    how.threads = cli->threads;
    how.records = cli->records;
    SC_TRY(sc_registry_open(&device, &cli->registry, &cli->env, choice, &how));
    socle_status status = sc_tune_serve(&cli->env, device, cli->records, STDIN_FILENO, output);
    sc_device_close(device);
    return status;
}

/* ---- Shapes ---- */

static socle_status forecast(sc_device *device, const sc_recipe *recipe) {
    sc_forecast_request request;
    sc_forecast found;
    sc_updates updates;
    SC_TRY(sc_updates_create(&updates, recipe->net, &recipe->fit));
    socle_status status = sc_fit_forecast_request(&request, recipe->net, &recipe->fit, 1,
                                                  recipe->train, recipe->test);
    if (status == SOCLE_OK) {
        sc_updates_apply(&updates, &request.engine);
        sc_fit_set_budget(device, 0, 1);
        status = sc_forecast_micro_batch(&found, device, recipe->net, &request);
    }
    sc_updates_free(&updates);
    return status;
}

/* What a run would ask the device for, in training and in evaluation. */
static socle_status shapes_of_network(sc_device *device, const sc_recipe *recipe,
                                      sc_tune_shapes *shapes) {
    device->watch = (sc_watch){sc_tune_shapes_add, shapes};
    socle_status status = forecast(device, recipe);
    device->watch = (sc_watch){0};
    return status;
}

/* ---- The search ---- */

static bool stops(void) {
    sc_signals_look();
    return sc_signal_seen() != 0;
}

/* Passes over a network: where a shape is computed in another way the plan may be another one, and
 * meet shapes that it did not meet before. */
enum { PASSES = 8 };

typedef struct tuner {
    const tune_settings *settings;
    const sc_recipe *recipe; /* NULL: the standard shapes */
    sc_tune_shapes shapes;
    sc_tune_search search;
    uint64_t begin;
} tuner;

static socle_status collect(tuner *t) {
    if (t->recipe)
        SC_TRY(shapes_of_network(t->search.device, t->recipe, &t->shapes));
    else if (t->settings->list)
        sc_tune_shapes_list(&t->shapes, t->settings->list, t->settings->shapes);
    else
        sc_tune_shapes_standard(&t->shapes, t->settings->op);
    return t->shapes.status;
}

static socle_status pass(tuner *t) {
    const uint64_t passed = sc_now_ns() - t->begin, all = (uint64_t)(t->settings->minutes * 6e10);
    if (passed >= all) return SOCLE_OK;
    t->search.nanoseconds = all - passed;
    return sc_tune_search_run(&t->search);
}

static socle_status run_passes(tuner *t) {
    sc_cli *cli = t->settings->cli;
    for (int number = 0; number < PASSES; number++) {
        t->search.first = t->shapes.count;
        SC_TRY(collect(t));
        if (t->search.first == t->shapes.count) return SOCLE_OK;
        if (number == 0)
            sc_cli_say(cli, "tuning %s for %d shapes, at most %g minutes",
                       t->search.device->info.name, t->shapes.count, t->settings->minutes);
        SC_TRY(pass(t));
    }
    return SOCLE_OK;
}

static socle_status tune_device(const tune_settings *settings, sc_device *device, char *name,
                                const sc_recipe *recipe) {
    sc_cli *cli = settings->cli;
    char threads[NAME];
    snprintf(threads, sizeof threads, "--threads=%d", cli->threads);
    char *words[] = {"socle", "tune", "--answer", "--device", name, threads, NULL};
    if (!cli->threads) words[5] = NULL;
    sc_tune_worker worker = {.env = &cli->env,
                             .program = "/proc/self/exe",
                             .words = words,
                             .deadline = (uint64_t)settings->deadline * 1000000000u,
                             .stops = stops};
    sc_tune_printer printer = {.cli = cli, .device = name, .live = sc_progress_live(cli)};
    tuner t = {.settings = settings,
               .recipe = recipe,
               .shapes = {.env = &cli->env},
               .search = {.env = &cli->env,
                          .device = device,
                          .records = cli->records,
                          .worker = &worker,
                          .shapes = &t.shapes,
                          .report = sc_tune_print,
                          .user = &printer},
               .begin = sc_now_ns()};
    socle_status status = run_passes(&t);
    sc_tune_worker_end(&worker);
    sc_tune_shapes_free(&t.shapes);
    return status;
}

static socle_status tune_choice(const tune_settings *settings, const sc_device_choice *choice,
                                const sc_recipe *recipe) {
    sc_cli *cli = settings->cli;
    sc_device_options how = SC_DEVICE_OPTIONS_DEFAULT;
    sc_device *device;
    char name[NAME];
    how.threads = cli->threads;
    how.records = cli->records;
    SC_TRY(sc_registry_open(&device, &cli->registry, &cli->env, choice, &how));
    snprintf(name, sizeof name, "%s:%d", device->info.driver->name, device->info.index);
    sc_signals_begin();
    socle_status status = tune_device(settings, device, name, recipe);
    sc_signals_end();
    sc_device_close(device);
    if (status == SOCLE_STATUS_INTERRUPTED) {
        cli->exit_code = 128 + sc_signal_seen();
        return sc_fail(&cli->env, status,
                       "stopped; what was measured is kept, and the same command goes on with it");
    }
    return status;
}

static socle_status tune_devices(const tune_settings *settings, const sc_recipe *recipe) {
    const sc_device_choice *choice;
    int count;
    SC_TRY(sc_cli_select(settings->cli, &choice, &count));
    SC_TRY(sc_records_load(&settings->cli->records, &settings->cli->env, NULL));
    for (int i = 0; i < count; i++) SC_TRY(tune_choice(settings, &choice[i], recipe));
    return SOCLE_OK;
}

/* ---- What was measured elsewhere ---- */

static socle_status merge(const tune_settings *settings) {
    sc_cli *cli = settings->cli;
    int taken = 0;
    SC_TRY(sc_records_load(&cli->records, &cli->env, NULL));
    for (int i = 0; i < settings->merges; i++)
        SC_TRY(sc_measured_merge(cli->records, &cli->env, settings->merge[i], &taken));
    SC_TRY(sc_records_save(cli->records, &cli->env));
    sc_cli_say(cli, "%d measurements taken over", taken);
    return SOCLE_OK;
}

static socle_status check(const tune_settings *settings) {
    const char *words[SC_OP_COUNT];
    int count = 0;
    while (count < SC_OP_COUNT && (words[count] = sc_bench_operation_word(count))) count++;
    if (settings->merges && (settings->choice.config || settings->op || settings->shapes))
        return sc_fail(&settings->cli->env, SOCLE_STATUS_CONFIG,
                       "--merge measures nothing: give files alone");
    if ((settings->op != NULL) + (settings->shapes != NULL) + (settings->choice.config != NULL) > 1)
        return sc_fail(
            &settings->cli->env, SOCLE_STATUS_CONFIG,
            "the shapes are those of a configuration, of --shapes, or the standard ones, "
            "from which --op chooses: give one of the three");
    return settings->op ? sc_cli_word(settings->cli, "--op", settings->op, words, count) : SOCLE_OK;
}

static socle_status tune_list(tune_settings *settings) {
    sc_env *env = &settings->cli->env;
    size_t size;
    if (settings->shapes)
        SC_TRY(sc_file_read(env, &settings->list, &size, settings->shapes, LIST_LIMIT));
    socle_status status = tune_devices(settings, NULL);
    sc_release(env, settings->list);
    return status;
}

socle_status sc_tune_command(sc_cli *cli, int argc, char **argv) {
    tune_settings settings = {.cli = cli,
                              .choice = {.cli = cli, .optional = true},
                              .minutes = STANDARD_MINUTES,
                              .deadline = STANDARD_DEADLINE};
    sc_config *config;
    sc_recipe recipe;
    SC_TRY(sc_cli_parse(cli, &sc_tune_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    if (settings.answers) return answer(cli);
    SC_TRY(check(&settings));
    if (settings.merges) return merge(&settings);
    sc_signals_prepare();
    if (!settings.choice.config) return tune_list(&settings);
    SC_TRY(sc_recipe_choice_open(&config, &recipe, &settings.choice));
    socle_status status = tune_devices(&settings, &recipe);
    sc_recipe_free(&recipe);
    sc_config_destroy(config);
    return status;
}
