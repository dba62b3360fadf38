/* SPDX-License-Identifier: Apache-2.0 */
/* `socle verify`: every operation on the user's own driver against the reference, and the record of
 * what failed. The cases and checks are src/verify's; here is only how they are asked for and
 * shown. */
#include "base/text.h"
#include "cli/cli.h"
#include "cli/verify_report.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEY_OP = 256,
    KEY_FAMILY,
    KEY_IMPLEMENTATION,
    KEY_CASE,
    KEY_SEED,
    KEY_SMALL,
    KEY_QUICK,
    KEY_RANDOM,
    KEY_NO_RECORD
};

typedef struct verify_settings {
    sc_cli *cli;
    sc_verify_options options;
    bool no_record;
} verify_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    verify_settings *settings = state->input;
    int64_t number;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case KEY_OP:
        settings->options.op = arg;
        return 0;
    case KEY_FAMILY:
        settings->options.family = arg;
        return 0;
    case KEY_IMPLEMENTATION:
        settings->options.implementation = arg;
        return 0;
    case KEY_CASE:
        if (sc_cli_integer(settings->cli, &number, "--case", arg, 0, INT32_MAX) != 0) return EINVAL;
        settings->options.number = (int)number;
        return 0;
    case KEY_SEED:
        if (sc_cli_integer(settings->cli, &number, "--seed", arg, 0, INT64_MAX) != 0) return EINVAL;
        settings->options.seed = (uint64_t)number;
        return 0;
    case KEY_SMALL:
        settings->options.small = true;
        return 0;
    case KEY_QUICK:
        settings->options.quick = true;
        return 0;
    case KEY_RANDOM:
        if (sc_cli_integer(settings->cli, &number, "--random", arg, 1, INT32_MAX) != 0)
            return EINVAL;
        settings->options.random = number;
        return 0;
    case KEY_NO_RECORD:
        settings->no_record = true;
        return 0;
    case ARGP_KEY_ARG:
        return sc_cli_usage(settings->cli, "verify takes no argument; name devices with --device");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

#define FAMILY_WORDS                                                                               \
    "elementwise, matmul, conv, pool, reduce, softmax, norm, attention, index, copy"

static const struct argp_option options[] = {
    {"op", KEY_OP, "OPERATION", 0, "This operation alone, e.g. conv2d", 1},
    {"family", KEY_FAMILY, "FAMILY", 0, "A family of operations alone: " FAMILY_WORDS, 1},
    {"implementation", KEY_IMPLEMENTATION, "NAME", 0, "This implementation alone", 1},
    {"case", KEY_CASE, "N", 0, "This case of each operation alone", 1},
    {"random", KEY_RANDOM, "N", 0,
     "Instead of the table N random cases of each family of operations; --seed says which", 1},
    {"seed", KEY_SEED, "N", 0, "Seed of the data, and of random cases", 1},
    {"small", KEY_SMALL, NULL, 0, "A few small cases", 1},
    {"quick", KEY_QUICK, NULL, 0,
     "A part of the table that still meets every implementation on both sides of what it treats "
     "apart",
     1},
    {"no-record", KEY_NO_RECORD, NULL, 0, "Do not set failing implementations aside", 1},
    {0},
};

static const struct argp_child children[] = {
    {&sc_cli_device_argp, 0, NULL, 0}, {&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_verify_argp = {
    .options = options,
    .parser = parse,
    .doc = "Checks every operation through every implementation a device offers against results in "
           "double precision. Failing "
           "implementations are recorded and set aside in later runs with the same driver.",
    .children = children};

static socle_status check_options(sc_cli *cli, const sc_verify_options *options) {
    const char *words[SC_OP_COUNT];
    for (int op = 0; op < SC_OP_COUNT; op++) words[op] = sc_op_word((sc_op)op);
    if (options->op) SC_TRY(sc_cli_word(cli, "--op", options->op, words, SC_OP_COUNT));
    int families = 0;
    while (families < SC_OP_COUNT && sc_verify_family_word(families)) {
        words[families] = sc_verify_family_word(families);
        families++;
    }
    if (options->family) SC_TRY(sc_cli_word(cli, "--family", options->family, words, families));
    if (options->random > 0 && (options->small || options->quick))
        return sc_fail(
            &cli->env, SOCLE_STATUS_CONFIG,
            "--random draws cases of its own: --small and --quick choose from the table");
    return SOCLE_OK;
}

socle_status sc_verify_command(sc_cli *cli, int argc, char **argv) {
    verify_settings settings = {.cli = cli, .options = SC_VERIFY_OPTIONS_DEFAULT};
    sc_verify_totals totals = {0};
    SC_TRY(sc_cli_parse(cli, &sc_verify_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(check_options(cli, &settings.options));
    const char *variable = getenv("SOCLE_DEVICE");
    const char *devices = cli->device ? cli->device : variable && *variable ? variable : "all";
    if (!settings.no_record) {
        SC_TRY(sc_records_load(&cli->records, &cli->env, NULL));
        settings.options.record = cli->records;
    }
    sc_device_options device_options = SC_DEVICE_OPTIONS_DEFAULT;
    device_options.threads = cli->threads;
    SC_TRY(sc_cli_settle(cli, devices));
    sc_verify_report report;
    sc_verify_report_begin(&report, cli);
    socle_status status = sc_verify_run(&cli->env, devices, &device_options, &settings.options,
                                        sc_verify_report_row, &report, &totals);
    if (status == SOCLE_OK) sc_verify_report_totals(&report, &totals);
    sc_verify_report_end(&report);
    SC_TRY(status);
    if (cli->records && sc_records_save(cli->records, &cli->env) != SOCLE_OK)
        sc_log_line(&cli->env, SOCLE_LOG_WARNING, "the record was not saved: %s", cli->env.text);
    if (!totals.pass && !totals.fail)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "no case matches --op, --family, --implementation and --case");
    if (!totals.fail) return SOCLE_OK;
    return sc_fail(&cli->env, SOCLE_STATUS_WRONG_RESULT, "%d of %d checks failed%s", totals.fail,
                   totals.pass + totals.fail,
                   cli->records ? "; the implementations are set aside from now on" : "");
}
