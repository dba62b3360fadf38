/* SPDX-License-Identifier: Apache-2.0 */
/* `socle verify`: every operation on the user's own driver against the reference, and the record of
 * what failed. The cases and checks are src/verify's; here is only how they are asked for and
 * shown. */
#include "base/text.h"
#include "cli/cli.h"
#include "io/quote.h"
#include "verify/verify.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_OP = 256, KEY_IMPLEMENTATION, KEY_CASE, KEY_SEED, KEY_SMALL, KEY_NO_RECORD };

typedef struct verify_settings {
    sc_cli *cli;
    sc_verify_options options;
    bool no_record;
    char device[SC_ID_TEXT]; /* under way, as last announced */
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
    case KEY_NO_RECORD:
        settings->no_record = true;
        return 0;
    case ARGP_KEY_ARG:
        return sc_cli_usage(settings->cli, "verify takes no argument; name devices with --device");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"op", KEY_OP, "OPERATION", 0, "This operation alone, e.g. conv2d", 1},
    {"implementation", KEY_IMPLEMENTATION, "NAME", 0, "This implementation alone", 1},
    {"case", KEY_CASE, "N", 0, "This case of each operation alone", 1},
    {"seed", KEY_SEED, "N", 0, "Seed of the data", 1},
    {"small", KEY_SMALL, NULL, 0, "A few small cases", 1},
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

static void print_json(sc_cli *cli, const sc_verify_row *row) {
    static const char *const words[] = {"pass", "fail", "unsupported"};
    json_t *event = sc_report("check");
    sc_report_text(event, "device", row->device);
    sc_report_text(event, "operation", sc_op_word(row->op));
    sc_report_text(event, "implementation", row->implementation);
    sc_report_integer(event, "case", row->number);
    sc_report_text(event, "label", row->label ? row->label : "");
    sc_report_text(event, "state", words[row->state]);
    sc_report_number(event, "worst", row->worst);
    if (row->state != SC_VERIFY_PASS) sc_report_text(event, "message", row->message);
    sc_report_text(event, "repeat", row->repro);
    sc_report_print(cli, event);
}

/* A device may take minutes, most of them for building kernels. */
static void announce(verify_settings *settings, const char *device) {
    if (strcmp(settings->device, device) == 0) return;
    snprintf(settings->device, sizeof settings->device, "%s", device);
    sc_cli_say(settings->cli, "checking %s", device);
}

static void show(void *user, const sc_verify_row *row) {
    verify_settings *settings = user;
    sc_cli *cli = settings->cli;
    announce(settings, row->device);
    if (cli->json) {
        print_json(cli, row);
        return;
    }
    const char *op = sc_op_word(row->op);
    if (row->state == SC_VERIFY_FAIL)
        printf("FAIL %s %s %s case %d (%s): %s: %s\n    %s\n", row->device, op, row->implementation,
               row->number, row->label ? row->label : "", row->what, row->message, row->repro);
    else if (cli->verbose)
        printf("%s %s %s %s case %d (%s)%s%s\n", row->state == SC_VERIFY_PASS ? "ok  " : "none",
               row->device, op, row->implementation, row->number, row->label ? row->label : "",
               row->state == SC_VERIFY_PASS ? "" : ": ",
               row->state == SC_VERIFY_PASS ? "" : row->message);
}

static void print_totals(sc_cli *cli, const sc_verify_totals *totals) {
    if (!cli->json) {
        printf("%d rows on %d device%s through %d implementation%s: %d passed, %d failed, %d "
               "unsupported\n",
               totals->pass + totals->fail + totals->unsupported, totals->devices,
               totals->devices == 1 ? "" : "s", totals->implementations,
               totals->implementations == 1 ? "" : "s", totals->pass, totals->fail,
               totals->unsupported);
        return;
    }
    json_t *event = sc_report("done");
    sc_report_integer(event, "passed", totals->pass);
    sc_report_integer(event, "failed", totals->fail);
    sc_report_integer(event, "unsupported", totals->unsupported);
    sc_report_integer(event, "devices", totals->devices);
    sc_report_integer(event, "implementations", totals->implementations);
    sc_report_print(cli, event);
}

static socle_status check_operation(sc_cli *cli, const char *word) {
    const char *words[SC_OP_COUNT];
    for (int op = 0; op < SC_OP_COUNT; op++) {
        words[op] = sc_op_word((sc_op)op);
        if (strcmp(words[op], word) == 0) return SOCLE_OK;
    }
    const char *nearest = sc_nearest_word(word, words, SC_OP_COUNT);
    return sc_fail(&cli->env, SOCLE_STATUS_CONFIG, "--op: there is no operation '%s'%s%s%s",
                   sc_quote(word).text, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                   nearest ? "'?" : "");
}

socle_status sc_verify_command_run(sc_cli *cli, int argc, char **argv) {
    verify_settings settings = {.cli = cli, .options = SC_VERIFY_OPTIONS_DEFAULT};
    sc_verify_totals totals = {0};
    SC_TRY(sc_cli_parse(cli, &sc_verify_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    if (settings.options.op) SC_TRY(check_operation(cli, settings.options.op));
    const char *variable = getenv("SOCLE_DEVICE");
    const char *devices = cli->device ? cli->device : variable && *variable ? variable : "all";
    if (!settings.no_record) {
        SC_TRY(sc_records_load(&cli->records, &cli->env, NULL));
        settings.options.record = cli->records;
    }
    sc_device_options device_options = SC_DEVICE_OPTIONS_DEFAULT;
    device_options.threads = cli->threads;
    SC_TRY(sc_verify_run(&cli->env, devices, &device_options, &settings.options, show, &settings,
                         &totals));
    print_totals(cli, &totals);
    if (cli->records && sc_records_save(cli->records, &cli->env) != SOCLE_OK)
        sc_log_line(&cli->env, SOCLE_LOG_WARNING, "the record was not saved: %s", cli->env.text);
    if (!totals.pass && !totals.fail)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "no case matches --op, --implementation and --case");
    if (!totals.fail) return SOCLE_OK;
    return sc_fail(&cli->env, SOCLE_STATUS_WRONG_RESULT, "%d of %d checks failed%s", totals.fail,
                   totals.pass + totals.fail,
                   cli->records ? "; the implementations are set aside from now on" : "");
}
