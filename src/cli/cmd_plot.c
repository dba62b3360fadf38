/* SPDX-License-Identifier: Apache-2.0 */
/* `socle plot RUN...`: what a run or model shows, as a picture, in characters, or as the numbers
 * that would be drawn. Knows no kind of figure: they are rows of view/view_list.c. */
#include "base/text.h"
#include "cli/figure_output.h"
#include "io/quote.h"
#include "view/view.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEY_WHAT = 256,
    KEY_TEXT,
    KEY_DATA,
    KEY_SPLIT,
    KEY_LAYER,
    KEY_SAMPLE,
    KEY_COUNT,
    KEY_LOG,
    KEY_EPSILON,
    MOST_RUNS = 64,
    MOST_KINDS = 64
};

typedef struct plot_settings {
    sc_cli *cli;
    sc_view_request request;
    const sc_view_kind *kind;
    unsigned given; /* SC_VIEW_...: options that the command line has */
    sc_figure_output output;
    bool text;
    char *run[MOST_RUNS];
    sc_worker *worker; /* NULL until something is computed */
} plot_settings;

static error_t set_kind(plot_settings *settings, const char *word) {
    const char *words[MOST_KINDS];
    size_t count = 0;
    settings->kind = sc_view_find(word);
    if (settings->kind) return 0;
    for (const sc_view_kind *kind; (kind = sc_view_at((int)count)); count++)
        words[count] = kind->word;
    const char *nearest = sc_nearest_word(word, words, count);
    return sc_cli_usage(settings->cli, "--what: there is no figure '%s'%s%s%s", sc_quote(word).text,
                        nearest ? "; did you mean '" : "", nearest ? nearest : "",
                        nearest ? "'?" : "; `socle help plot` lists them");
}

static error_t add_run(plot_settings *settings, char *path) {
    if (settings->request.runs == MOST_RUNS)
        return sc_cli_usage(settings->cli, "at most %d runs", MOST_RUNS);
    settings->run[settings->request.runs++] = path;
    return 0;
}

/* An option that the chosen figure does not use is a mistake, not a wish to pass over. */
static error_t check_uses(const plot_settings *settings) {
    static const char *const option[] = {"--layer", "--sample", "--count", "--epsilon", "--log"};
    const unsigned idle = settings->given & ~settings->kind->uses;
    for (size_t i = 0; i < sizeof option / sizeof option[0]; i++)
        if (idle & 1U << i)
            return sc_cli_usage(settings->cli, "--what %s has no use for %s", settings->kind->word,
                                option[i]);
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    plot_settings *settings = state->input;
    sc_view_request *request = &settings->request;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = &settings->output;
        return 0;
    case KEY_WHAT:
        return set_kind(settings, arg);
    case KEY_TEXT:
        settings->text = true;
        return 0;
    case KEY_DATA:
        request->data = arg;
        return 0;
    case KEY_SPLIT:
        request->split = arg;
        if (strcmp(arg, "test") == 0 || strcmp(arg, "train") == 0) return 0;
        return sc_cli_usage(settings->cli, "--split: must be test or train, not '%s'", arg);
    case KEY_LAYER:
        settings->given |= SC_VIEW_LAYER;
        request->layer = arg;
        return 0;
    case KEY_SAMPLE:
        settings->given |= SC_VIEW_SAMPLE;
        return sc_cli_integer(settings->cli, &request->sample, "--sample", arg, 0, UINT32_MAX);
    case KEY_COUNT:
        settings->given |= SC_VIEW_COUNT;
        return sc_cli_integer(settings->cli, &request->count, "--count", arg, 1, 1000);
    case KEY_EPSILON:
        settings->given |= SC_VIEW_EPSILON;
        return sc_cli_number(settings->cli, &request->epsilon, "--epsilon", arg, 0, 1e6);
    case KEY_LOG:
        settings->given |= SC_VIEW_LOG;
        request->logarithmic = true;
        return 0;
    case ARGP_KEY_ARG:
        return add_run(settings, arg);
    case ARGP_KEY_END:
        if (!request->runs) return sc_cli_usage(settings->cli, "which run? socle plot RUN");
        return check_uses(settings);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"what", KEY_WHAT, "FIGURE", 0, "Which figure of those below (default: curves)", 1},
    {"text", KEY_TEXT, NULL, 0, "Draw with characters (without -o: always)", 1},
    {"data", KEY_DATA, "CONFIG", 0, "A configuration whose data are used (default: the run's own)",
     2},
    {"split", KEY_SPLIT, "test|train", 0, "Which data (default: test, where there are some)", 2},
    {"sample", KEY_SAMPLE, "N", 0,
     "features, saliency, adversarial: which sample of the data (default: 0)", 2},
    {"layer", KEY_LAYER, "NAME", 0, "filters, features, excites, latent: of this layer", 2},
    {"count", KEY_COUNT, "N", 0, "At most so many pictures, maps, layers or samples", 2},
    {"epsilon", KEY_EPSILON, "E", 0,
     "adversarial: how far a pixel is moved, of 1 from black to white (default: 0.1)", 2},
    {"log", KEY_LOG, NULL, 0, "curves: losses on a logarithmic axis", 2},
    {0},
};

static const struct argp_child children[] = {{&sc_figure_output_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

static bool is_first_of_its_needs(int number) {
    for (int i = 0; i < number; i++)
        if (strcmp(sc_view_at(i)->needs, sc_view_at(number)->needs) == 0) return false;
    return true;
}

static void list_figures_of(FILE *stream, const char *needs) {
    fprintf(stream, "Figures of %s:\n", needs);
    for (int i = 0; sc_view_at(i); i++)
        if (strcmp(sc_view_at(i)->needs, needs) == 0)
            fprintf(stream, "  %-12s %s\n", sc_view_at(i)->word, sc_view_at(i)->brief);
}

/* The figures of the table, below the options. */
static char *list_figures(int key, const char *text, void *input) {
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) return (char *)text;
    char *list = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&list, &size);
    if (!stream) return NULL;
    for (int i = 0; sc_view_at(i); i++)
        if (is_first_of_its_needs(i)) list_figures_of(stream, sc_view_at(i)->needs);
    if (fclose(stream) == 0) return list;
    free(list);
    return NULL;
}

const struct argp sc_plot_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "RUN...",
    .doc = "Draws what a run shows. RUN is the directory of a run, or a model file. With --json "
           "prints the numbers that would be drawn.\v",
    .children = children,
    .help_filter = list_figures};

static socle_status on_device(void *user, sc_worker_job job, void *argument) {
    plot_settings *settings = user;
    if (!settings->worker) SC_TRY(sc_cli_open_worker(settings->cli, &settings->worker, false));
    return sc_worker_run(settings->worker, job, argument, 0);
}

static socle_status print_json(sc_cli *cli, const plot_settings *settings,
                               const sc_figure *figure) {
    json_t *event = sc_report("figure"), *body;
    sc_report_text(event, "what", settings->kind->word);
    if (settings->output.file) sc_report_text(event, "file", settings->output.file);
    socle_status status = sc_figure_json(&body, figure);
    if (status == SOCLE_OK && json_object_update_missing(event, body) != 0)
        status = sc_fail(&cli->env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for the figure");
    json_decref(body);
    if (status == SOCLE_OK)
        sc_report_print(cli, event);
    else
        json_decref(event);
    return status;
}

static socle_status show(sc_cli *cli, const plot_settings *settings, const sc_figure *figure) {
    SC_TRY(sc_figure_output_write(&settings->output, figure));
    if (cli->json) return print_json(cli, settings, figure);
    if (settings->text || !settings->output.file) return sc_figure_output_print(cli, figure);
    sc_cli_say(cli, "wrote %s", settings->output.file);
    return SOCLE_OK;
}

socle_status sc_plot_command(sc_cli *cli, int argc, char **argv) {
    plot_settings settings = {.cli = cli, .output.cli = cli, .kind = sc_view_at(0)};
    sc_figure *figure;
    settings.request = (sc_view_request){.env = &cli->env,
                                         .run = settings.run,
                                         .epsilon = 0.1,
                                         .on_device = on_device,
                                         .user = &settings};
    SC_TRY(sc_cli_parse(cli, &sc_plot_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_figure_output_ready(&settings.output));
    SC_TRY(sc_figure_create(&figure, &cli->env));
    socle_status status = sc_view_draw(settings.kind, figure, &settings.request);
    if (status == SOCLE_OK) status = show(cli, &settings, figure);
    sc_figure_destroy(figure);
    sc_worker_destroy(settings.worker);
    return status;
}
