/* SPDX-License-Identifier: Apache-2.0 */
/* `socle lr-find CONFIG`: the loss over learning rates that grow step by step, drawn, and a rate to
 * begin with. Writes no run. */
#include "base/shown.h"
#include "cli/figure_output.h"
#include "cli/recipe_choice.h"
#include "train/rate_sweep.h"

#include <math.h>

enum { KEY_FROM = 256, KEY_TO, KEY_STEPS, KEY_MEMORY, SHOWN = 10 };

typedef struct find_settings {
    sc_cli *cli;
    sc_recipe_choice choice;
    uint64_t memory;
    sc_rate_sweep_options sweep;
    sc_figure_output output;
} find_settings;

static error_t check_settings(const find_settings *settings) {
    sc_cli *cli = settings->cli;
    if (settings->sweep.low >= settings->sweep.high)
        return sc_cli_usage(cli, "--to: %g is not above --from, %g", settings->sweep.high,
                            settings->sweep.low);
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    find_settings *settings = state->input;
    sc_cli *cli = settings->cli;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, cli);
        state->child_inputs[0] = &settings->output;
        state->child_inputs[1] = &settings->choice;
        return 0;
    case KEY_FROM:
        return sc_cli_number(cli, &settings->sweep.low, "--from", arg, 1e-30, 1e30);
    case KEY_TO:
        return sc_cli_number(cli, &settings->sweep.high, "--to", arg, 1e-30, 1e30);
    case KEY_STEPS:
        return sc_cli_integer(cli, &settings->sweep.steps, "--steps", arg, SC_RATE_SWEEP_LEAST,
                              SC_RATE_SWEEP_MOST);
    case KEY_MEMORY:
        return sc_cli_size(cli, &settings->memory, "--memory", arg);
    case ARGP_KEY_END:
        return check_settings(settings);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"from", KEY_FROM, "RATE", 0, "Rate of the first step (default: 1e-6)", 1},
    {"to", KEY_TO, "RATE", 0, "Rate of the last step (default: 10)", 1},
    {"steps", KEY_STEPS, "N", 0, "Steps between them (default: 200)", 1},
    {"memory", KEY_MEMORY, "SIZE", 0, "Device memory to use at most, e.g. 2G", 3},
    {0},
};

static const struct argp_child children[] = {{&sc_figure_output_argp, 0, NULL, 0},
                                             {&sc_recipe_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_lr_find_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "CONFIG",
    .doc =
        "Trains with learning rates that grow step by step, from the first weights on, shows the "
        "loss over them and proposes one (Smith 2017). It ends where the loss is four times its "
        "least. Nothing of it is kept; optimizer, batch and network are the configuration's.",
    .children = children};

static bool on_stop(void *user) {
    (void)user;
    sc_signals_look();
    return sc_signal_seen() != 0;
}

static void on_step(void *user, int64_t step, double loss) {
    const find_settings *settings = user;
    if (step % SHOWN == 0 && settings->cli->verbose)
        sc_cli_say(settings->cli, "step %lld of %lld, loss %.4g", (long long)step,
                   (long long)settings->sweep.steps, sc_shown(loss));
}

static void draw(sc_figure *figure, const sc_rate_sweep *sweep) {
    sc_figure_title(figure, "Loss over learning rates");
    sc_panel *panel = sc_figure_panel(figure, NULL, "learning rate", "loss");
    panel->x.logarithmic = true;
    sc_panel_points(panel, "of each step", (sc_style){.colour = 0}, sweep->steps, sweep->rate,
                    sweep->loss, NULL);
    sc_panel_line(panel, "averaged", (sc_style){.colour = 1}, sweep->steps, sweep->rate,
                  sweep->smooth);
    if (isnan(sweep->proposal)) return;
    for (size_t i = 0; i < sweep->steps; i++)
        if (sweep->rate[i] == sweep->proposal)
            sc_panel_points(panel, "falls fastest", (sc_style){.colour = 2, .symbol = 3}, 1,
                            &sweep->rate[i], &sweep->smooth[i], NULL);
}

static json_t *points(const sc_rate_sweep *sweep) {
    json_t *list = json_array();
    for (size_t i = 0; i < sweep->steps; i++) {
        json_t *point = sc_report(NULL);
        sc_report_number(point, "learning_rate", sweep->rate[i]);
        sc_report_number(point, "loss", sweep->loss[i]);
        sc_report_number(point, "averaged", sweep->smooth[i]);
        json_array_append_new(list, point);
    }
    return list;
}

static void print_json(sc_cli *cli, const sc_rate_sweep *sweep) {
    json_t *event = sc_report("lr_find");
    sc_report_number(event, "proposal", sweep->proposal);
    sc_report_number(event, "least_loss_at", sweep->least);
    sc_report_value(event, "points", points(sweep));
    sc_report_print(cli, event);
}

static socle_status print_text(sc_cli *cli, const sc_rate_sweep *sweep, const sc_figure *figure) {
    if (!cli->quiet) SC_TRY(sc_figure_output_print(cli, figure));
    if (isnan(sweep->proposal))
        printf(
            "the loss falls at no rate: begin with smaller ones (--from), or look at the data\n");
    else
        printf("learning rate %.2g (the averaged loss falls fastest there, and is least at %.2g)\n",
               sweep->proposal, sweep->least);
    return SOCLE_OK;
}

static socle_status show(const find_settings *settings, const sc_rate_sweep *sweep) {
    sc_cli *cli = settings->cli;
    sc_figure *figure;
    SC_TRY(sc_figure_create(&figure, &cli->env));
    draw(figure, sweep);
    socle_status status = sc_figure_output_write(&settings->output, figure);
    if (status == SOCLE_OK && cli->json)
        print_json(cli, sweep);
    else if (status == SOCLE_OK)
        status = print_text(cli, sweep, figure);
    sc_figure_destroy(figure);
    return status;
}

static socle_status sweep_on_devices(const find_settings *settings, sc_recipe *recipe) {
    sc_cli *cli = settings->cli;
    sc_fleet_device *device;
    sc_rate_sweep sweep;
    int count;
    recipe->fit.memory = settings->memory;
    SC_TRY(sc_cli_open_workers(cli, &device, &count, false));
    sc_signals_begin();
    socle_status status = sc_rate_sweep_run(&sweep, &cli->env, device, count, recipe->net,
                                            &recipe->fit, recipe->train, &settings->sweep);
    sc_signals_end();
    sc_cli_close_workers(cli, device, count);
    if (status == SOCLE_STATUS_INTERRUPTED) cli->exit_code = 128 + sc_signal_seen();
    SC_TRY(status);
    status = show(settings, &sweep);
    sc_rate_sweep_free(&sweep);
    return status;
}

socle_status sc_lr_find_command(sc_cli *cli, int argc, char **argv) {
    find_settings settings = {.cli = cli,
                              .choice.cli = cli,
                              .output.cli = cli,
                              .sweep = {.low = 1e-6, .high = 10, .steps = 200, .stop = on_stop}};
    sc_config *config;
    sc_recipe recipe;
    settings.sweep.user = &settings;
    settings.sweep.step = on_step;
    sc_signals_prepare();
    SC_TRY(sc_cli_parse(cli, &sc_lr_find_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_figure_output_ready(&settings.output));
    SC_TRY(sc_recipe_choice_open(&config, &recipe, &settings.choice));
    socle_status status = sweep_on_devices(&settings, &recipe);
    if (!cli->hangs) sc_recipe_free(&recipe);
    sc_config_destroy(config);
    return status;
}
