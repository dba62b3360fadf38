/* SPDX-License-Identifier: Apache-2.0 */
/* `socle devices`: what a run could use, and what to install where OpenCL finds nothing. */
#include "cli/cli.h"

#include <string.h>

typedef struct devices_settings {
    sc_cli *cli;
} devices_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    devices_settings *settings = state->input;
    (void)arg;
    if (key == ARGP_KEY_INIT) {
        sc_cli_inputs(state, settings->cli);
        return 0;
    }
    if (key == ARGP_KEY_ARG)
        return sc_cli_usage(settings->cli,
                            "devices takes no argument; `--device` belongs to other commands");
    return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_devices_argp = {
    .parser = parse,
    .doc = "Lists the devices: the plain cpu backend, then every OpenCL device. What stands under "
           "DEVICE or ID can be given to "
           "--device of other commands.",
    .children = children};

/* Faults of what is installed come first; advice to install something, where nothing is. */
static void explain_missing(sc_cli *cli) {
    sc_text why;
    sc_text_init(&why, &cli->env);
    sc_registry_explain(&why);
    bool explained = why.length > 0;
    for (const char *at = why.data; *at; at += *at == '\n') {
        size_t length = strcspn(at, "\n");
        sc_log_line(&cli->env, SOCLE_LOG_WARNING, "%.*s", (int)length, at);
        at += length;
    }
    sc_text_free(&why);
    if (explained) return;
    for (int i = 0; i < cli->registry.count; i++)
        if (strcmp(cli->registry.info[i].driver->name, "opencl") == 0) return;
#if SC_HAVE_OPENCL
    sc_cli_say(
        cli, "No OpenCL device was found. A driver is a package of its own; on Debian and Ubuntu:\n"
             "  any CPU     apt-get install pocl-opencl-icd\n"
             "  Intel GPU   apt-get install intel-opencl-icd\n"
             "  AMD GPU     apt-get install mesa-opencl-icd, or AMD's ROCm\n"
             "  NVIDIA GPU  apt-get install nvidia-opencl-icd, with NVIDIA's driver\n"
             "`clinfo` shows what the OpenCL loader sees.");
#else
    sc_cli_say(cli, "This build has no OpenCL driver (SOCLE_OPENCL=OFF).");
#endif
}

static socle_status print_table(sc_cli *cli) {
    static const sc_table_column columns[] = {{"DEVICE", .least = 0},
                                              {"NAME", .least = 12},
                                              {"TYPE", .leaves = 5},
                                              {"VENDOR", .least = 8, .leaves = 2},
                                              {"DRIVER", .least = 8, .leaves = 1},
                                              {"MEMORY", .right = true, .leaves = 4},
                                              {"UNITS", .right = true, .leaves = 3},
                                              {"ID", .least = 0}};
    sc_table *table;
    SC_TRY(sc_table_create(&table, &cli->env, columns, sizeof columns / sizeof columns[0]));
    for (int i = 0; i < cli->registry.count; i++) {
        const sc_device_info *info = &cli->registry.info[i];
        sc_table_cell(table, "%s:%d", info->driver->name, info->index);
        sc_table_cell(table, "%s", info->name);
        sc_table_cell(table, "%s",
                      info->device_class == SC_DEVICE_GPU   ? "gpu"
                      : info->device_class == SC_DEVICE_CPU ? "cpu"
                                                            : "other");
        sc_table_cell(table, "%s", info->vendor);
        sc_table_cell(table, "%s", info->driver_version);
        sc_table_cell(table, "%s", sc_bytes(info->memory).text);
        sc_table_cell(table, "%d", info->compute_units);
        sc_table_cell(table, "%s", info->id);
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

socle_status sc_devices_command(sc_cli *cli, int argc, char **argv) {
    devices_settings settings = {cli};
    SC_TRY(sc_cli_parse(cli, &sc_devices_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_cli_registry(cli, NULL));
    if (cli->json)
        for (int i = 0; i < cli->registry.count; i++)
            sc_report_print(cli, sc_report_device(&cli->registry.info[i]));
    else
        SC_TRY(print_table(cli));
    explain_missing(cli);
    return SOCLE_OK;
}
