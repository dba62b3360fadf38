/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines. argp has the tables and the help; a look through the words beforehand finds what
 * it would report in its own way: unknown options (with the nearest one), missing and superfluous
 * values. Option names are never abbreviated: a script that worked must not change its meaning when
 * an option is added. */
#include "base/text.h"
#include "cli/cli.h"
#include "io/json_text.h"
#include "io/quote.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPTIONS = 64 };

typedef struct option_list {
    const struct argp_option *option[MOST_OPTIONS];
    size_t count;
} option_list;

error_t sc_cli_usage(sc_cli *cli, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sc_fail_v(&cli->env, SOCLE_STATUS_CONFIG, format, arguments);
    va_end(arguments);
    return EINVAL;
}

bool sc_cli_each_option(const struct argp *argp,
                        bool (*each)(void *user, const struct argp_option *option), void *user) {
    for (const struct argp_option *option = argp->options;
         option && (option->name || option->key || option->doc); option++)
        if (option->name && !(option->flags & OPTION_DOC) && each(user, option)) return true;
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        if (sc_cli_each_option(child->argp, each, user)) return true;
    return false;
}

static bool collect(void *user, const struct argp_option *option) {
    option_list *list = user;
    if (list->count < MOST_OPTIONS) list->option[list->count++] = option;
    return false;
}

static const struct argp_option *find_long(const option_list *list, const char *name,
                                           size_t length) {
    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->option[i]->name) == length &&
            strncmp(list->option[i]->name, name, length) == 0)
            return list->option[i];
    return NULL;
}

static const struct argp_option *find_short(const option_list *list, char letter) {
    for (size_t i = 0; i < list->count; i++)
        if (list->option[i]->key == letter) return list->option[i];
    return NULL;
}

static error_t unknown_long(sc_cli *cli, const option_list *list, const char *name, size_t length) {
    const char *words[MOST_OPTIONS];
    char given[SC_QUOTED];
    snprintf(given, sizeof given, "%.*s", (int)length, name);
    for (size_t i = 0; i < list->count; i++) words[i] = list->option[i]->name;
    const char *nearest = sc_nearest_word(given, words, list->count);
    return sc_cli_usage(cli, "unknown option '--%s'%s%s%s", sc_quote(given).text,
                        nearest ? "; did you mean '--" : "", nearest ? nearest : "",
                        nearest ? "'?" : "");
}

bool sc_cli_needs_value(const struct argp_option *option) {
    return option->arg && !(option->flags & OPTION_ARG_OPTIONAL);
}

/* One word that begins with "--". *skip: the next word is its value. */
static error_t check_long(sc_cli *cli, const option_list *list, const char *word, const char *next,
                          bool *skip) {
    size_t length = strcspn(word, "=");
    const struct argp_option *option = find_long(list, word, length);
    if (!option) return unknown_long(cli, list, word, length);
    if (option->key == 'h') cli->helped = true;
    if (strcmp(option->name, "json") == 0) cli->json = true;
    if (!option->arg && word[length])
        return sc_cli_usage(cli, "option '--%s' takes no value", option->name);
    if (sc_cli_needs_value(option) && !word[length] && !next)
        return sc_cli_usage(cli, "option '--%s' needs a value: --%s %s", option->name, option->name,
                            option->arg);
    *skip = sc_cli_needs_value(option) && !word[length];
    return 0;
}

/* A word of one-letter options: "-qv", "-oDIR", "-o". */
static error_t check_short(sc_cli *cli, const option_list *list, const char *word, const char *next,
                           bool *skip) {
    for (const char *letter = word; *letter; letter++) {
        const struct argp_option *option = find_short(list, *letter);
        if (!option)
            return sc_cli_usage(cli, "unknown option '-%s'",
                                sc_quote((char[]){*letter, '\0'}).text);
        if (option->key == 'h') cli->helped = true;
        if (!option->arg) continue;
        if (!letter[1] && !next)
            return sc_cli_usage(cli, "option '-%c' needs a value: -%c %s", *letter, *letter,
                                option->arg);
        *skip = !letter[1];
        return 0;
    }
    return 0;
}

static error_t check_words(sc_cli *cli, const struct argp *argp, int argc, char **argv) {
    option_list list = {.count = 0};
    sc_cli_each_option(argp, collect, &list);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool skip = false;
        error_t error = 0;
        if (strncmp(argv[i], "--", 2) == 0)
            error = check_long(cli, &list, argv[i] + 2, next, &skip);
        else if (argv[i][0] == '-' && argv[i][1])
            error = check_short(cli, &list, argv[i] + 1, next, &skip);
        if (error || cli->helped) return error;
        i += skip;
    }
    return 0;
}

void sc_cli_inputs(struct argp_state *state, sc_cli *cli) {
    for (int i = 0; state->root_argp->children && state->root_argp->children[i].argp; i++)
        state->child_inputs[i] = cli;
}

socle_status sc_cli_parse(sc_cli *cli, const struct argp *argp, int argc, char **argv,
                          void *settings) {
    argv[0] = (char *)cli->command;
    if (check_words(cli, argp, argc, argv) != 0) return SOCLE_STATUS_CONFIG;
    if (cli->helped) {
        argp_help(argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, argv[0]);
        return SOCLE_OK;
    }
    cli->env.text[0] = '\0';
    error_t error =
        argp_parse(argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP, NULL, settings);
    if (error == 0) return SOCLE_OK;
    if (cli->env.text[0] == '\0')
        sc_cli_usage(cli, "the arguments make no sense: %s", strerror(error));
    return SOCLE_STATUS_CONFIG;
}

/* As in a configuration, 1e3 is a whole number too. */
static bool parse_whole(long long *out, const char *text) {
    char *end;
    double real;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (end != text && *end == '\0' && text[strspn(text, "+-")] >= '0' &&
        text[strspn(text, "+-")] <= '9')
        return errno == 0;
    if (!sc_number_parse(&real, text) || real != floor(real) || fabs(real) >= 0x1p63) return false;
    *out = (long long)real;
    return true;
}

error_t sc_cli_integer(sc_cli *cli, int64_t *out, const char *option, const char *text,
                       int64_t minimum, int64_t maximum) {
    long long value;
    if (!parse_whole(&value, text) || value < minimum || value > maximum)
        return sc_cli_usage(cli, "%s: must be a whole number from %lld to %lld, not '%s'", option,
                            (long long)minimum, (long long)maximum, sc_quote(text).text);
    *out = value;
    return 0;
}

error_t sc_cli_number(sc_cli *cli, double *out, const char *option, const char *text,
                      double minimum, double maximum) {
    double value;
    if (!sc_number_parse(&value, text) || !(value >= minimum && value <= maximum))
        return sc_cli_usage(cli, "%s: must be a number from %g to %g, not '%s'", option, minimum,
                            maximum, sc_quote(text).text);
    *out = value;
    return 0;
}

/* "2G", "1.5G", "512M", "4096": binary multiples. */
error_t sc_cli_size(sc_cli *cli, uint64_t *out, const char *option, const char *text) {
    char number[32];
    size_t length = strlen(text);
    uint64_t unit = 1;
    if (length && length < sizeof number) {
        const char *letter = strchr("KMGkmg", text[length - 1]);
        if (letter && *letter) {
            int power = (int)(letter - "KMGkmg") % 3 + 1;
            unit = UINT64_C(1) << (10 * power);
            length--;
        }
        snprintf(number, sizeof number, "%.*s", (int)length, text);
    } else {
        number[0] = '\0';
    }
    double value;
    if (!sc_number_parse(&value, number) || !(value > 0) || value * (double)unit >= 0x1p62)
        return sc_cli_usage(cli, "%s: must be a size such as 512M or 2G, not '%s'", option,
                            sc_quote(text).text);
    *out = (uint64_t)(value * (double)unit);
    return 0;
}

static error_t parse_common(int key, char *arg, struct argp_state *state) {
    sc_cli *cli = state->input;
    (void)arg;
    switch (key) {
    case 'q':
        cli->quiet = true;
        cli->env.logger.level = SOCLE_LOG_WARNING;
        return 0;
    case 'v':
        cli->verbose++;
        cli->env.logger.level = SOCLE_LOG_DEBUG;
        return 0;
    case 'j':
        cli->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option common_options[] = {
    {"json", 'j', NULL, 0, "Print one JSON object per line on standard output", 90},
    {"quiet", 'q', NULL, 0, "Print results, warnings and errors alone", 90},
    {"verbose", 'v', NULL, 0, "Say more on standard error", 90},
    {"help", 'h', NULL, 0, "Print this help", 91},
    {0},
};
const struct argp sc_cli_common_argp = {.options = common_options, .parser = parse_common};

enum { KEY_NO_SELF_TEST = 512 };

static error_t parse_device(int key, char *arg, struct argp_state *state) {
    sc_cli *cli = state->input;
    int64_t threads = 0;
    switch (key) {
    case 'd':
        cli->device = arg;
        return 0;
    case 't':
        if (sc_cli_integer(cli, &threads, "--threads", arg, 1, 1024) != 0) return EINVAL;
        cli->threads = (int)threads;
        return 0;
    case KEY_NO_SELF_TEST:
        cli->no_self_test = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option device_options[] = {
    {"device", 'd', "DEVICE", 0,
     "cpu, gpu, opencl:0, an id or a name from `socle devices`, auto, all, or a list; each with "
     "a share if you like, as in opencl:0=3,cpu=1 (also: SOCLE_DEVICE)",
     80},
    {"threads", 't', "N", 0, "Threads of the cpu device (default: all processors)", 80},
    {"no-self-test", KEY_NO_SELF_TEST, NULL, 0,
     "Use a device even if it gives wrong results (also: SOCLE_SELF_TEST=off)", 80},
    {0},
};
const struct argp sc_cli_device_argp = {.options = device_options, .parser = parse_device};

socle_status sc_cli_word(sc_cli *cli, const char *option, const char *word,
                         const char *const *words, int count) {
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0) return SOCLE_OK;
    const char *nearest = sc_nearest_word(word, words, (size_t)count);
    sc_text hint;
    sc_text_init(&hint, &cli->env);
    if (nearest) sc_text_add(&hint, "; did you mean '%s'?", nearest);
    for (int i = 0; i < count && !nearest; i++)
        sc_text_add(&hint, "%s%s", i ? ", " : "; known: ", words[i]);
    socle_status status = sc_fail(&cli->env, SOCLE_STATUS_CONFIG, "%s: there is no '%s'%s", option,
                                  sc_quote(word).text, hint.data);
    sc_text_free(&hint);
    return status;
}
