/* SPDX-License-Identifier: Apache-2.0 */
/* `socle bench`: what a device can do at most, and how much of it each operation reaches. What is
 * measured, and how, is src/bench's; here is only how it is asked for. */
#include "cli/bench_report.h"
#include "cli/cli.h"

enum { KEY_QUICK = 256, KEY_CSV, KEY_OP, KEY_NET };

typedef struct bench_settings {
    sc_cli *cli;
    sc_bench_options options;
    bool csv;
} bench_settings;

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
    case ARGP_KEY_ARG:
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
    sc_bench_report_device_end(report);
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

socle_status sc_bench_command(sc_cli *cli, int argc, char **argv) {
    bench_settings settings = {.cli = cli};
    const sc_device_choice *choice;
    sc_bench_report report;
    int count;
    SC_TRY(sc_cli_parse(cli, &sc_bench_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    if (settings.csv && cli->json)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--csv and --json are two forms of the same rows: choose one");
    SC_TRY(check_word(cli, "--op", settings.options.operation, sc_bench_operation_word));
    SC_TRY(check_word(cli, "--net", settings.options.network, sc_bench_network_name));
    if (settings.options.network && settings.options.operation)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--op and --net each leave out what the other names: choose one");
    SC_TRY(sc_cli_select(cli, &choice, &count));
    SC_TRY(sc_records_load(&cli->records, &cli->env, NULL));
    sc_bench_report_begin(&report, cli, settings.csv);
    socle_status status = SOCLE_OK;
    for (int i = 0; i < count && status == SOCLE_OK; i++)
        status = bench_choice(cli, &choice[i], &settings, &report);
    sc_bench_report_end(&report);
    return status;
}
