/* SPDX-License-Identifier: Apache-2.0 */
/* `socle explain WORD`: what a layer, activation, loss, optimizer, schedule or metric is, out of
 * the table that the library itself reads. */
#include "cli/explain.h"
#include "io/quote.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

enum { KEY_LANG = 512, MOST_WORDS = 200, INDENT = 12 };

typedef struct explain_settings {
    sc_cli *cli;
    const char *word, *lang;
} explain_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    explain_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case KEY_LANG:
        settings->lang = arg;
        if (strcmp(arg, "en") == 0 || strcmp(arg, "it") == 0) return 0;
        return sc_cli_usage(settings->cli, "--lang: must be en or it, not '%s'",
                            sc_quote(arg).text);
    case ARGP_KEY_ARG:
        if (settings->word) return sc_cli_usage(settings->cli, "one word at a time");
        settings->word = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp_option options[] = {
    {"lang", KEY_LANG, "en|it", 0, "The language of name and sentence (default: en)", 0}, {0}};

const struct argp sc_explain_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[WORD]",
    .doc = "Prints of a layer, activation, loss, optimizer, schedule or metric what it is, its "
           "formula and derivative, when to use it and where it comes from; without a word one "
           "line for each.",
    .children = children};

/* Behind a label, in lines that fit; all but the first begin below its text. */
static void put(const char *label, const char *text) {
    const size_t width = (size_t)sc_terminal_width(STDOUT_FILENO), room = width > 40 ? width : 40;
    size_t column = INDENT;
    if (!text || !text[0]) return;
    printf("%-*s", INDENT, label);
    while (*(text += strspn(text, " "))) {
        size_t length = strcspn(text, " ");
        if (column > INDENT && column + length >= room) {
            printf("\n%*s", INDENT, "");
            column = INDENT;
        }
        printf("%s%.*s", column > INDENT ? " " : "", (int)length, text);
        column += length + 1;
        text += length;
    }
    printf("\n");
}

/* What is said of a row, as texts. */
typedef struct answer {
    sc_text formula, derivative, source, options, aliases;
    const char *term, *sentence; /* NULL: in English */
} answer;

static void begin(answer *out, sc_env *env) {
    *out = (answer){.term = NULL};
    sc_text_init(&out->formula, env);
    sc_text_init(&out->derivative, env);
    sc_text_init(&out->source, env);
    sc_text_init(&out->options, env);
    sc_text_init(&out->aliases, env);
}

static void end(answer *out) {
    sc_text_free(&out->formula);
    sc_text_free(&out->derivative);
    sc_text_free(&out->source);
    sc_text_free(&out->options);
    sc_text_free(&out->aliases);
}

static socle_status find_out(answer *out, const explain_settings *settings,
                             const sc_explained *what) {
    const sc_record *record = what->record;
    const bool italian = settings->lang && strcmp(settings->lang, "it") == 0;
    for (const char *at = what->formula; at && *at; at++)
        sc_text_add(&out->formula, "%c%s", *at, at[0] == ';' && at[1] != ' ' ? " " : "");
    SC_TRY(sc_explain_derivative(&out->derivative, what));
    sc_explain_source(&out->source, what);
    for (int i = 0; i < record->count; i++)
        sc_text_add(&out->options, "%s%s", i ? ", " : "", record->options[i].key);
    for (const char *at = record->aliases; at && *at; at++)
        sc_text_add_bytes(&out->aliases, *at == ' ' ? ", " : at, *at == ' ' ? 2 : 1);
    if (italian) sc_glossary_it(what->kind, record->word, &out->term, &out->sentence);
    return out->options.status;
}

static void print_text(const sc_explained *what, const answer *answer) {
    const sc_record *record = what->record;
    printf("%s, %s%s%s\n", record->word, what->kind, answer->term ? ": " : "",
           answer->term ? answer->term : "");
    put("", answer->term ? answer->sentence : record->help);
    put("formula", answer->formula.data);
    put("derivative", answer->derivative.data);
    put("options", answer->options.data);
    if (!answer->term) put("use", record->use);
    put("source", answer->source.data);
    put("also", answer->aliases.data);
}

static void print_json(sc_cli *cli, const sc_explained *what, const answer *answer) {
    json_t *event = sc_report("explain");
    sc_report_text(event, "kind", what->kind);
    sc_report_text(event, "word", what->record->word);
    sc_report_text(event, "help", what->record->help);
    if (what->formula) sc_report_text(event, "formula", answer->formula.data);
    if (answer->derivative.length) sc_report_text(event, "derivative", answer->derivative.data);
    if (what->record->use) sc_report_text(event, "use", what->record->use);
    if (answer->source.length) sc_report_text(event, "source", answer->source.data);
    if (answer->term) sc_report_text(event, "term", answer->term);
    if (answer->sentence) sc_report_text(event, "sentence", answer->sentence);
    sc_report_print(cli, event);
}

/* A walk over the rows: those of a word, or all. */
typedef struct walk {
    const explain_settings *settings;
    socle_status status;
    int shown;
    const char *words[MOST_WORDS];
    size_t count;
} walk;

static bool is_meant(const walk *walk, const sc_record *record) {
    const char *word = walk->settings->word;
    return !word || strcmp(record->word, word) == 0 || sc_is_among(record->aliases, word);
}

static bool visit(void *user, const sc_explained *what) {
    walk *walk = user;
    const explain_settings *settings = walk->settings;
    answer answer;
    if (walk->count < MOST_WORDS) walk->words[walk->count++] = what->record->word;
    if (!is_meant(walk, what->record)) return false;
    begin(&answer, &settings->cli->env);
    walk->status = find_out(&answer, settings, what);
    if (walk->status == SOCLE_OK && settings->cli->json)
        print_json(settings->cli, what, &answer);
    else if (walk->status == SOCLE_OK && settings->word) {
        if (walk->shown) printf("\n");
        print_text(what, &answer);
    } else if (walk->status == SOCLE_OK)
        printf("%-10s %-34s %s\n", what->kind, what->record->word,
               answer.term ? answer.term : what->record->help);
    end(&answer);
    walk->shown++;
    return walk->status != SOCLE_OK;
}

socle_status sc_explain_command(sc_cli *cli, int argc, char **argv) {
    explain_settings settings = {.cli = cli};
    SC_TRY(sc_cli_parse(cli, &sc_explain_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    walk walk = {.settings = &settings};
    sc_explain_each(visit, &walk);
    if (walk.status != SOCLE_OK || walk.shown) return walk.status;
    const char *nearest = sc_nearest_word(settings.word, walk.words, walk.count);
    return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                   "no layer, activation, loss, optimizer, schedule or metric is called '%s'%s%s%s "
                   "`socle explain` lists them",
                   sc_quote(settings.word).text, nearest ? "; did you mean '" : ";",
                   nearest ? nearest : "", nearest ? "'?" : "");
}
