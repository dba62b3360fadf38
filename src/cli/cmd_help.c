/* SPDX-License-Identifier: Apache-2.0 */
/* `socle help`: all commands, or the options of one; and `socle version`. */
#include "cli/cli.h"

#include <string.h>

typedef struct help_settings {
    sc_cli *cli;
    const char *topic;
} help_settings;

static error_t parse_help(int key, char *arg, struct argp_state *state) {
    help_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case ARGP_KEY_ARG:
        if (settings->topic) return sc_cli_usage(settings->cli, "one command at a time");
        settings->topic = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child common_child[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_help_argp = {.parser = parse_help,
                                  .args_doc = "[COMMAND]",
                                  .doc = "Lists the commands, or explains one.",
                                  .children = common_child};

static void list_commands(void) {
    printf("Usage: socle COMMAND [OPTION...]\nTrains neural networks on every OpenCL device, and "
           "on a plain CPU.\n\n");
    for (const sc_command *command = sc_commands(); command->name; command++)
        printf("  %-11s %s\n", command->name, command->summary);
    printf("\n`socle help COMMAND` explains one. Results are printed on standard output, all else "
           "on standard\nerror. "
           "Exit codes: 0 success, 1 run-time failure, 2 usage or configuration, 3 bad data "
           "or\nmodel file, 4 no usable device "
           "or kernel build failed, 5 diverged, 6 threshold missed,\n129, 130, 143 and 152 "
           "stopped by a signal.\n");
}

socle_status sc_help_run(sc_cli *cli, int argc, char **argv) {
    help_settings settings = {.cli = cli};
    if (strcmp(cli->command, "socle help") != 0) {
        list_commands();
        return SOCLE_OK;
    }
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) argc = 1;
    SC_TRY(sc_cli_parse(cli, &sc_help_argp, argc, argv, &settings));
    if (!settings.topic) {
        list_commands();
        return SOCLE_OK;
    }
    const sc_command *command = sc_command_find(settings.topic);
    if (!command) return sc_command_unknown(cli, settings.topic);
    char title[32];
    snprintf(title, sizeof title, "socle %s", command->name);
    argp_help(command->argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, title);
    return SOCLE_OK;
}

static error_t parse_version(int key, char *arg, struct argp_state *state) {
    help_settings *settings = state->input;
    (void)arg;
    if (key == ARGP_KEY_INIT) {
        sc_cli_inputs(state, settings->cli);
        return 0;
    }
    if (key == ARGP_KEY_ARG) return sc_cli_usage(settings->cli, "version takes no argument");
    return ARGP_ERR_UNKNOWN;
}

const struct argp sc_version_argp = {.parser = parse_version,
                                     .doc = "Prints the version and what was built in.",
                                     .children = common_child};

socle_status sc_version_run(sc_cli *cli, int argc, char **argv) {
    help_settings settings = {.cli = cli};
    SC_TRY(sc_cli_parse(cli, &sc_version_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    if (cli->json) {
        json_t *event = sc_report("version");
        sc_report_text(event, "version", SC_VERSION);
        sc_report_value(event, "opencl", json_boolean(SC_HAVE_OPENCL));
        sc_report_value(event, "smartcols", json_boolean(SC_HAVE_SMARTCOLS));
        sc_report_print(cli, event);
        return SOCLE_OK;
    }
    printf("socle %s\n", SC_VERSION);
    printf("built with: opencl %s, smartcols %s\n", SC_HAVE_OPENCL ? "yes" : "no",
           SC_HAVE_SMARTCOLS ? "yes" : "no");
    return SOCLE_OK;
}
