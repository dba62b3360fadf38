/* SPDX-License-Identifier: Apache-2.0 */
/* `socle bench`: what a device can do at most, and how much of it each operation reaches. What is
 * measured, and how, is src/bench's; here is only how it is asked for. */
#include "bench/record.h"
#include "cli/bench_report.h"
#include "cli/cli.h"
#include "io/quote.h"

#include <sys/stat.h>

enum { KEY_QUICK = 256, KEY_CSV, KEY_OP, KEY_NET, KEY_COMPARE, KEY_OVERWRITE };

typedef struct bench_settings {
    sc_cli *cli;
    sc_bench_options options;
    bool csv, overwrite;
    const char *output; /* of the record; NULL: none */
    char *compared[SC_BENCH_MOST_MACHINES];
    int files;
} bench_settings;

/* Files behind --compare, the first of which is its argument. */
static error_t add_file(bench_settings *settings, char *path) {
    if (settings->files == SC_BENCH_MOST_MACHINES)
        return sc_cli_usage(settings->cli, "--compare: at most %d files", SC_BENCH_MOST_MACHINES);
    settings->compared[settings->files++] = path;
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    bench_settings *settings = state->input;
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case KEY_QUICK:
        settings->options.quick = true;
        return 0;
    case KEY_OP:
        settings->options.operation = arg;
        return 0;
    case KEY_NET:
        settings->options.network = arg;
        return 0;
    case KEY_CSV:
        settings->csv = true;
        return 0;
    case 'o':
        settings->output = arg;
        return 0;
    case KEY_OVERWRITE:
        settings->overwrite = true;
        return 0;
    case KEY_COMPARE:
        return add_file(settings, arg);
    case ARGP_KEY_ARG:
        if (settings->files) return add_file(settings, arg);
        return sc_cli_usage(settings->cli, "bench takes no argument; name devices with --device");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"op", KEY_OP, "OPERATION", 0, "Of the operations this one alone, e.g. conv2d", 1},
    {"net", KEY_NET, "NETWORK", 0, "Of the training steps this one alone, e.g. fashion-cnn", 1},
    {"quick", KEY_QUICK, NULL, 0, "Fewer sizes, shapes and samples: 20 s on two processor cores",
     1},
    {"output", 'o', "FILE", 0, "Write a record of all figures to FILE, as JSON", 1},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "Replace FILE if it is there", 1},
    {"compare", KEY_COMPARE, "FILE", 0,
     "Measure nothing: show records side by side; further files may follow", 1},
    {"csv", KEY_CSV, NULL, 0, "Rows as CSV, of all devices below one line of titles", 1},
    {0},
};

static const struct argp_child children[] = {
    {&sc_cli_device_argp, 0, NULL, 0}, {&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_bench_argp = {
    .options = options,
    .parser = parse,
    .doc =
        "Measures what each device can do at most: multiply-adds, bandwidth at sizes from cache "
        "to memory, launches, and transfers; then operations at shapes of real networks, with the "
        "share that they reach of what binds them; then whole training steps. Figures are medians; "
        "what spreads by more than 10 % is marked. Nothing else should use the machine meanwhile.",
    .children = children};

static socle_status bench_choice(sc_cli *cli, const sc_device_choice *choice,
                                 const bench_settings *settings, sc_bench_report *report) {
    sc_device_options how = SC_DEVICE_OPTIONS_DEFAULT;
    sc_device *device;
    char name[SC_ID_TEXT];
    how.threads = cli->threads;
    how.records = cli->records;
    SC_TRY(sc_registry_open(&device, &cli->registry, &cli->env, choice, &how));
    snprintf(name, sizeof name, "%s:%d", device->info.driver->name, device->info.index);
    sc_cli_say(cli, "measuring %s", name);
    sc_bench_report_device(report, &device->info);
    socle_status status =
        sc_bench_device(&cli->env, device, name, &settings->options, sc_bench_report_row, report);
    sc_bench_report_device_end(report, status == SOCLE_OK);
    sc_device_close(device);
    return status == SOCLE_OK ? report->status : status;
}

/* CONFIG where `word` is none of those that `word_at` gives; NULL is fine. */
static socle_status check_word(sc_cli *cli, const char *option, const char *word,
                               const char *(*word_at)(int number)) {
    const char *words[SC_OP_COUNT];
    int count = 0;
    while (count < SC_OP_COUNT && (words[count] = word_at(count))) count++;
    return word ? sc_cli_word(cli, option, word, words, count) : SOCLE_OK;
}

/* What cannot be said together, or would write over a file. */
static socle_status check(sc_cli *cli, const bench_settings *settings) {
    struct stat info;
    if (settings->csv && cli->json)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--csv and --json are two forms of the same rows: choose one");
    if (settings->files && (settings->output || settings->options.operation ||
                            settings->options.network || settings->options.quick))
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--compare measures nothing: give files alone");
    SC_TRY(check_word(cli, "--op", settings->options.operation, sc_bench_operation_word));
    SC_TRY(check_word(cli, "--net", settings->options.network, sc_bench_network_name));
    if (settings->options.network && settings->options.operation)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--op and --net each leave out what the other names: choose one");
    if (settings->output && !settings->overwrite && stat(settings->output, &info) == 0)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "-o: %s is there already: name another file, or --overwrite",
                       sc_quote(settings->output).text);
    return SOCLE_OK;
}

/* A device that fails does not keep the others from being measured. */
static socle_status bench_choices(sc_cli *cli, const bench_settings *settings,
                                  sc_bench_report *report) {
    const sc_device_choice *choice;
    socle_status first = SOCLE_OK;
    int count, failed = 0;
    SC_TRY(sc_cli_select(cli, &choice, &count));
    SC_TRY(sc_records_load(&cli->records, &cli->env, NULL));
    for (int i = 0; i < count; i++) {
        socle_status status = bench_choice(cli, &choice[i], settings, report);
        if (status == SOCLE_OK) continue;
        if (first == SOCLE_OK) first = status;
        failed++;
        if (count > 1) sc_cli_say(cli, "%s", cli->env.text);
    }
    if (settings->output && failed < count)
        SC_TRY(sc_bench_report_save(report, settings->options.quick, settings->output));
    if (failed && count > 1)
        return sc_fail(&cli->env, first, "%d of %d devices could not be measured", failed, count);
    return first;
}

socle_status sc_bench_command(sc_cli *cli, int argc, char **argv) {
    bench_settings settings = {.cli = cli};
    sc_bench_report report;
    SC_TRY(sc_cli_parse(cli, &sc_bench_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(check(cli, &settings));
    if (settings.files)
        return sc_bench_compare(cli, settings.compared, settings.files, settings.csv);
    sc_bench_report_begin(&report, cli, settings.csv, settings.output != NULL);
    socle_status status = bench_choices(cli, &settings, &report);
    sc_bench_report_end(&report);
    return status;
}
