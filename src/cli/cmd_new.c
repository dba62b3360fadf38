/* SPDX-License-Identifier: Apache-2.0 */
/* `socle new --task TASK`: a commented configuration to begin with, made from what is in the data.
 * It is read and built once before it is written, so that it trains as it is. */
#include "base/file.h"
#include "cli/new_config.h"
#include "io/quote.h"
#include "run/recipe.h"

#include <string.h>
#include <sys/stat.h>

enum { KEY_TASK = 256, KEY_DATA, KEY_LABELS, KEY_TARGET, KEY_BY, KEY_OVERWRITE };

typedef struct new_settings {
    sc_new_wish wish;
    const sc_new_task *task;
    const char *output; /* NULL: standard output */
    bool overwrite;
} new_settings;

static error_t set_task(new_settings *settings, const char *word) {
    sc_text known;
    for (int i = 0; sc_new_task_at(i); i++)
        if (strcmp(sc_new_task_at(i)->word, word) == 0) settings->task = sc_new_task_at(i);
    if (settings->task) return 0;
    sc_text_init(&known, &settings->wish.cli->env);
    for (int i = 0; sc_new_task_at(i); i++)
        sc_text_add(&known, "%s%s", i ? ", " : "", sc_new_task_at(i)->word);
    error_t error = sc_cli_usage(settings->wish.cli, "--task: there is no '%s'; known are %s",
                                 sc_quote(word).text, known.status == SOCLE_OK ? known.data : "");
    sc_text_free(&known);
    return error;
}

static error_t check_settings(const new_settings *settings) {
    struct stat info;
    if (!settings->task)
        return sc_cli_usage(settings->wish.cli, "for what? --task images, table, text or spiral");
    if (!settings->output || settings->overwrite || lstat(settings->output, &info) != 0) return 0;
    return sc_cli_usage(settings->wish.cli,
                        "-o: %s is there already: name another file, or --overwrite",
                        settings->output);
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    new_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->wish.cli);
        return 0;
    case KEY_TASK:
        return set_task(settings, arg);
    case KEY_DATA:
        settings->wish.data = arg;
        return 0;
    case KEY_LABELS:
        settings->wish.labels = arg;
        return 0;
    case KEY_TARGET:
        settings->wish.target = arg;
        return 0;
    case KEY_BY:
        settings->wish.by = arg;
        if (sc_is_among("character word", arg)) return 0;
        return sc_cli_usage(settings->wish.cli, "--by: must be character or word, not '%s'",
                            sc_quote(arg).text);
    case KEY_OVERWRITE:
        settings->overwrite = true;
        return 0;
    case 'o':
        settings->output = arg;
        return 0;
    case ARGP_KEY_ARG:
        return sc_cli_usage(settings->wish.cli, "unexpected argument '%s'; socle new --task TASK",
                            sc_quote(arg).text);
    case ARGP_KEY_END:
        return check_settings(settings);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"task", KEY_TASK, "images|table|text|spiral", 0, "What the data are", 1},
    {"data", KEY_DATA, "FILE", 0,
     "The images or their folder, with a folder for each class; the table; or the text", 1},
    {"labels", KEY_LABELS, "FILE", 0, "images: their labels", 1},
    {"target", KEY_TARGET, "COLUMN", 0,
     "table: the column that is predicted (default: the last one)", 1},
    {"by", KEY_BY, "character|word", 0, "text: what it is cut into (default: character)", 1},
    {"output", 'o', "FILE", 0, "The configuration (default: standard output)", 2},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "Replace FILE if it is there", 2},
    {0},
};

static const struct argp_child children[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_new_argp = {
    .options = options,
    .parser = parse,
    .doc = "Writes a commented configuration to begin with: it looks into the data, says what is "
           "there, and chooses a network, a loss and settings that suit. `socle train` takes it as "
           "it is.",
    .children = children};

/* What is written must be right: keys, files, the network over them. */
static socle_status check_text(sc_cli *cli, const sc_text *text) {
    sc_config *config;
    sc_recipe recipe;
    SC_TRY(sc_config_parse(&config, &cli->env, "the new configuration", text->data, text->length));
    socle_status status = sc_recipe_open(&recipe, &cli->env, config);
    if (status == SOCLE_OK) sc_recipe_free(&recipe);
    sc_config_destroy(config);
    return status;
}

static socle_status write_out(const new_settings *settings, const sc_text *text) {
    sc_cli *cli = settings->wish.cli;
    if (!settings->output) {
        fputs(text->data, stdout);
        return SOCLE_OK;
    }
    SC_TRY(sc_file_write_whole(&cli->env, settings->output, text->data, text->length));
    sc_cli_say(cli, "wrote %s; next: socle train %s", settings->output, settings->output);
    return SOCLE_OK;
}

socle_status sc_new_command(sc_cli *cli, int argc, char **argv) {
    new_settings settings = {.wish.cli = cli};
    sc_text text;
    SC_TRY(sc_cli_parse(cli, &sc_new_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    sc_text_init(&text, &cli->env);
    socle_status status = settings.task->write(&text, &settings.wish);
    if (status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    if (status == SOCLE_OK) status = check_text(cli, &text);
    if (status == SOCLE_OK) status = write_out(&settings, &text);
    sc_text_free(&text);
    return status;
}
