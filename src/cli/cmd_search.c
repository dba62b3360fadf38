/* SPDX-License-Identifier: Apache-2.0 */
/* `socle search CONFIG --over KEY=RANGE`: trains with settings from given ranges, all of a grid or
 * as many as are drawn, stops early those that lose (successive halving: Jamieson and Talwalkar
 * 2016), and shows which is best. Every candidate is a run, and a search that was stopped goes on.
 */
#include "cli/search.h"
#include "nn/metric.h"
#include "run/run_place.h"

#include <math.h>
#include <signal.h>
#include <string.h>

enum {
    KEY_OVER = 256,
    KEY_RUNS,
    KEY_GRID,
    KEY_HALVING,
    KEY_SEED,
    KEY_RESUME,
    KEY_MEMORY,
    KEY_OVERWRITE,
    STANDARD_RUNS = 9,
    STANDARD_HALVING = 3
};

typedef struct search_settings {
    sc_cli *cli;
    sc_recipe_choice choice;
    sc_search search;
    char *over[SC_SEARCH_KEYS];
    int overs;
    int64_t runs, grid, seed; /* 0: not given */
    const char *output, *resume;
    bool overwrite;
} search_settings;

static error_t check_settings(search_settings *settings) {
    sc_cli *cli = settings->cli;
    if (settings->resume) {
        if (settings->overwrite)
            return sc_cli_usage(cli, "--resume continues the search, --overwrite would replace it: "
                                     "one of the two");
        if (settings->choice.config || settings->overs || settings->output)
            return sc_cli_usage(cli, "--resume: the search has its configuration and ranges");
        return 0;
    }
    if (!settings->choice.config)
        return sc_cli_usage(cli, "which configuration? socle search CONFIG --over KEY=RANGE -o "
                                 "DIR, or socle search --resume DIR");
    if (!settings->overs)
        return sc_cli_usage(cli, "over what? --over 'optimizer.adam.lr=log(1e-4,1e-1)'");
    if (!settings->output) return sc_cli_usage(cli, "which directory? -o DIR");
    if (settings->grid && settings->runs)
        return sc_cli_usage(cli, "--runs: a grid has as many runs as it has combinations");
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    search_settings *settings = state->input;
    sc_cli *cli = settings->cli;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case KEY_OVER:
        if (settings->overs == SC_SEARCH_KEYS)
            return sc_cli_usage(cli, "--over: at most %d times", SC_SEARCH_KEYS);
        settings->over[settings->overs++] = arg;
        return 0;
    case KEY_RUNS:
        return sc_cli_integer(cli, &settings->runs, "--runs", arg, 1, SC_SEARCH_RUNS);
    case KEY_GRID:
        return sc_cli_integer(cli, &settings->grid, "--grid", arg, 1, SC_SEARCH_VALUES);
    case KEY_HALVING:
        return sc_cli_integer(cli, &settings->search.halving, "--halving", arg, 1, 1000);
    case KEY_SEED:
        return sc_cli_integer(cli, &settings->seed, "--seed", arg, 0, INT64_MAX);
    case KEY_MEMORY:
        return sc_cli_size(cli, &settings->search.memory, "--memory", arg);
    case KEY_OVERWRITE:
        settings->overwrite = true;
        return 0;
    case KEY_RESUME:
        settings->resume = arg;
        return 0;
    case 'o':
        settings->output = arg;
        return 0;
    case ARGP_KEY_END:
        return check_settings(settings);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"over", KEY_OVER, "KEY=RANGE", 0,
     "What is searched: log(LOW,HIGH), linear(LOW,HIGH), int(LOW,HIGH), logint(LOW,HIGH) or a list "
     "[A, B, C]; may be repeated",
     1},
    {"runs", KEY_RUNS, "N", 0, "So many settings are drawn (default: 9)", 1},
    {"grid", KEY_GRID, "K", 0, "Every combination instead, K values of each range", 1},
    {"halving", KEY_HALVING, "F", 0,
     "After each round one in F goes on, with F times the epochs; 1: all run to their end "
     "(default: "
     "3)",
     1},
    {"seed", KEY_SEED, "N", 0, "Seed of what is drawn (default: 1)", 1},
    {"output", 'o', "DIR", 0, "Directory of the search, with a run in it for each setting", 2},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "Replace the search that lies in DIR, and its runs", 2},
    {"resume", KEY_RESUME, "DIR", 0, "Continue the search in DIR", 2},
    {"memory", KEY_MEMORY, "SIZE", 0, "Device memory to use at most, e.g. 2G", 3},
    {0},
};

static const struct argp_child children[] = {{&sc_recipe_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_search_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "CONFIG",
    .doc =
        "Trains with settings from ranges and shows which does best on the validation, judged as "
        "`train.best` says. In the first round all train for a few epochs; the best of them go "
        "on, and the last ones to the end of train.epochs. DIR gets results.csv, results.json, "
        "best.json, which is the configuration of the best, and a run for each setting.\v"
        "A search that was stopped or killed goes on with --resume; each run in it goes on from "
        "its checkpoint, to the same results.",
    .children = children};

/* Every candidate has a configuration, and a network that suits where its samples are those of all.
 */
static socle_status check_candidates(const sc_search *search, const sc_recipe *recipe) {
    bool samples = true;
    for (int k = 0; k < search->space.keys; k++)
        samples &= strncmp(search->space.range[k].path, "data.", strlen("data.")) != 0;
    for (int64_t i = 0; i < search->runs; i++) {
        sc_config *config;
        sc_recipe one = {0};
        sc_net *net = NULL;
        SC_TRY(sc_search_config(&config, search, i));
        socle_status status = sc_recipe_read(&one, recipe->env, config);
        if (status == SOCLE_OK && samples)
            status = sc_recipe_network(&net, recipe->env, config, recipe->train);
        if (status == SOCLE_OK && net)
            status = sc_recipe_suits(recipe->env, net, recipe->train, true);
        sc_net_destroy(net);
        sc_recipe_free(&one);
        sc_config_destroy(config);
        if (status != SOCLE_OK)
            return sc_fail_prefix(recipe->env, status, "%s", search->candidate[i].name);
    }
    return SOCLE_OK;
}

/* What runs are judged by, and how long they are: the configuration must be a whole one. */
static socle_status settle(sc_search *search) {
    sc_env *env = &search->cli->env;
    sc_config *config;
    sc_recipe recipe = {0};
    int judge = SC_JUDGED_BY_LOSS;
    SC_TRY(sc_search_config(&config, search, 0));
    socle_status status = sc_recipe_open(&recipe, env, config);
    if (status == SOCLE_OK && !(recipe.fit.validation > 0))
        status = sc_fail(env, SOCLE_STATUS_CONFIG,
                         "a search compares what its runs reach on the validation, and there is "
                         "none: --set train.validation=0.1");
    if (status == SOCLE_OK) status = sc_net_judge(&judge, recipe.net, recipe.fit.best);
    if (status == SOCLE_OK) status = check_candidates(search, &recipe);
    if (status == SOCLE_OK) {
        const sc_metric_kind *metric =
            judge == SC_JUDGED_BY_LOSS ? NULL : recipe.net->metric[judge];
        snprintf(search->judge, sizeof search->judge, "val_%s",
                 metric ? sc_metric_word(metric) : "loss");
        search->higher = metric && metric->better == SC_HIGHER_IS_BETTER;
        search->epochs = recipe.fit.epochs;
    }
    sc_recipe_free(&recipe);
    sc_config_destroy(config);
    return status;
}

/* Rounds, of which the last trains to the end and each before it 1 / halving of the epochs. */
static int rounds_of(const sc_search *search) {
    int rounds = 1;
    if (search->halving == 1) return 1;
    for (int64_t runs = search->runs / search->halving, epochs = search->epochs / search->halving;
         runs >= 1 && epochs >= 1; runs /= search->halving, epochs /= search->halving)
        rounds++;
    return rounds;
}

static int64_t power(int64_t base, int exponent) {
    int64_t out = 1;
    while (exponent-- > 0) out *= base;
    return out;
}

static void say(const sc_search *search, const sc_search_candidate *candidate, int round,
                int rounds) {
    char value[SC_SEARCH_TEXT];
    sc_text text;
    sc_text_init(&text, &search->cli->env);
    for (int k = 0; k < search->space.keys; k++) {
        sc_search_space_value(value, &search->space, candidate->number, k);
        sc_text_add(&text, "%s%s", k ? "  " : "", value);
    }
    if (text.status == SOCLE_OK)
        sc_cli_say(search->cli, "round %d of %d  %s  %s  epochs %lld  %s %.4f", round + 1, rounds,
                   candidate->name, text.data, (long long)candidate->epochs, search->judge,
                   candidate->judged);
    sc_text_free(&text);
}

static socle_status run_round(sc_search *search, int round, int rounds,
                              const sc_fleet_device *device, int count) {
    const int64_t cut = power(search->halving, round), runs = (search->runs + cut - 1) / cut,
                  part = power(search->halving, rounds - 1 - round);
    const int64_t epochs = search->epochs / part;
    for (int64_t i = 0; i < runs; i++) {
        sc_search_candidate *candidate = &search->candidate[i];
        if (candidate->diverged) continue;
        SC_TRY(sc_search_judge(search, candidate, epochs));
        if (candidate->epochs < epochs) {
            SC_TRY(sc_search_run(search, candidate, epochs, device, count));
            SC_TRY(sc_search_judge(search, candidate, epochs));
        }
        candidate->rounds = round + 1;
        say(search, candidate, round, rounds);
    }
    sc_search_sort(search);
    return sc_search_write(search);
}

static socle_status run_rounds(sc_search *search) {
    const int rounds = rounds_of(search);
    sc_fleet_device *device;
    int count;
    SC_TRY(sc_cli_open_workers(search->cli, &device, &count, false));
    socle_status status = SOCLE_OK;
    for (int round = 0; round < rounds && status == SOCLE_OK; round++)
        status = run_round(search, round, rounds, device, count);
    sc_cli_close_workers(search->cli, device, count);
    return status;
}

/* A grid has its size, and all must be right before anything is on disk. */
static socle_status begin(search_settings *settings) {
    sc_search *search = &settings->search;
    sc_config *config;
    SC_TRY(sc_run_place_name(&settings->cli->env, settings->output));
    search->directory = settings->output;
    search->space = (sc_search_space){.env = &settings->cli->env,
                                      .grid = settings->grid > 0,
                                      .steps = settings->grid ? settings->grid : 1,
                                      .seed = (uint64_t)settings->seed};
    for (int i = 0; i < settings->overs; i++)
        SC_TRY(sc_search_space_add(&search->space, settings->over[i]));
    search->runs = settings->runs ? settings->runs : STANDARD_RUNS;
    if (settings->grid) search->runs = sc_search_space_size(&search->space, SC_SEARCH_RUNS);
    if (search->runs < 0)
        return sc_fail(&settings->cli->env, SOCLE_STATUS_CONFIG,
                       "--grid: more than %d combinations", SC_SEARCH_RUNS);
    SC_TRY(sc_recipe_choice_config(&config, &settings->choice));
    socle_status status = sc_search_begin(search, config, settings->over, settings->overs);
    sc_config_destroy(config);
    if (status == SOCLE_OK) status = settle(search);
    if (status == SOCLE_OK) status = sc_search_place(search, settings->overwrite);
    return status == SOCLE_OK ? sc_search_write_file(search) : status;
}

static socle_status go_on(search_settings *settings) {
    settings->search.directory = settings->resume;
    SC_TRY(sc_search_read(&settings->search));
    return settle(&settings->search);
}

static socle_status search_all(search_settings *settings) {
    sc_search *search = &settings->search;
    SC_TRY(settings->resume ? go_on(settings) : begin(settings));
    SC_TRY(run_rounds(search));
    return sc_search_print(search);
}

socle_status sc_search_command(sc_cli *cli, int argc, char **argv) {
    search_settings *settings;
    sc_signals_prepare();
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow fails like a full disk */
    SC_TRY(sc_allocate(&cli->env, &settings, 1, sizeof *settings));
    settings->cli = cli;
    settings->choice = (sc_recipe_choice){.cli = cli, .optional = true};
    settings->search = (sc_search){.cli = cli, .halving = STANDARD_HALVING};
    settings->seed = 1;
    socle_status status = sc_cli_parse(cli, &sc_search_argp, argc, argv, settings);
    if (status == SOCLE_OK && !cli->helped) status = search_all(settings);
    sc_search_free(&settings->search);
    sc_release(&cli->env, settings);
    return status;
}
