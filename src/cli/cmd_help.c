/* SPDX-License-Identifier: Apache-2.0 */
/* `socle help`: all commands, one of them, or what a configuration may say; and `socle version`. */
#include "base/text.h"
#include "cli/cli.h"
#include "cli/reference.h"
#include "io/quote.h"

#include <string.h>

typedef struct help_settings {
    sc_cli *cli;
    const char *topic, *name;
    sc_page_format format;
} help_settings;

enum { KEY_FORMAT = 512 };

static error_t set_format(help_settings *settings, const char *word) {
    static const char *const words[] = {
        [SC_PAGE_TEXT] = "text", [SC_PAGE_MARKDOWN] = "markdown", [SC_PAGE_MAN] = "man"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], word) != 0) continue;
        settings->format = (sc_page_format)i;
        return 0;
    }
    return sc_cli_usage(settings->cli, "--format: must be text, markdown or man, not '%s'",
                        sc_quote(word).text);
}

static error_t parse_help(int key, char *arg, struct argp_state *state) {
    help_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case KEY_FORMAT:
        return set_format(settings, arg);
    case ARGP_KEY_ARG:
        if (settings->name) return sc_cli_usage(settings->cli, "one topic at a time");
        *(settings->topic ? &settings->name : &settings->topic) = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child common_child[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp_option help_options[] = {
    {"format", KEY_FORMAT, "text|markdown|man", 0,
     "How to print what a configuration may say (default: text)", 0},
    {0}};

const struct argp sc_help_argp = {
    .options = help_options,
    .parser = parse_help,
    .args_doc = "[TOPIC [NAME]]",
    .doc = "Lists the commands, or explains one; or what a configuration may say: `help config` "
           "all of "
           "it, `help train` a section, `help layer` the layers, `help layer conv2d` one of them.",
    .children = common_child};

static void list_commands(void) {
    printf("Usage: socle COMMAND [OPTION...]\nTrains neural networks on every OpenCL device, and "
           "on a plain CPU.\n\n");
    for (const sc_command *command = sc_commands(); command->name; command++)
        printf("  %-14s %s\n", command->name, command->summary);
    printf("\n`socle help COMMAND` explains one, `socle help config` what a configuration may\n"
           "say: also one section (train, data, ...) or all layers, losses, metrics,\n"
           "optimizers, schedules and initialisers, or one of them (layer conv2d).\n"
           "Results are printed on standard output, all else on standard error. Exit codes:\n"
           "0 success, 1 run-time failure, 2 usage or configuration, 3 bad data or model\n"
           "file, 4 no usable device or kernel build failed, 5 diverged, 6 threshold\n"
           "missed, 129, 130, 143 and 152 stopped by a signal.\n");
}

static const char markdown_begin[] =
    "# What a configuration may say\n\nPrinted by `socle help --format=markdown config` from the "
    "tables that "
    "read it. [configuration.md](configuration.md) is the guide.\n\n";

static const char man_begin[] =
    ".TH SOCLE\\-CONFIG 5 \"\" \"socle " SC_VERSION "\" Socle\n.nh\n.ad l\n.SH NAME\n"
    "socle\\-config \\- what a configuration of socle may say\n.SH SYNOPSIS\n.nf\n"
    "data:\n  train: {images: FILE, labels: FILE}\n  test: {images: FILE, labels: FILE}\n"
    "network:\n  \\- conv2d: {filters: 32, kernel: 3, padding: same}\n  \\- relu\n  \\- maxpool: "
    "2\n"
    "  \\- flatten\n  \\- dense: 10\nloss: softmax_cross_entropy\noptimizer: {adam: {lr: 0.001}}\n"
    "train: {epochs: 5, batch: 128, validation: 0.1}\n.fi\n.SH DESCRIPTION\n"
    "A run is described by one YAML file; JSON is YAML too. Anchors, aliases and merge keys work;\n"
    "keys of the top level that begin with x\\- are your own, for anchors.\n"
    "Files are named relative to the folder of the configuration, or absolutely; ~/ at the "
    "beginning is\n"
    "the home directory, ${NAME} anywhere the environment's variable of that name.\n";

static const char man_end[] = ".SH SEE ALSO\n.BR socle (1)\n";

/* The frame of a whole page, which a text does without. */
static void add_whole(sc_page *page) {
    if (page->format == SC_PAGE_MARKDOWN) sc_text_add(&page->text, "%s", markdown_begin);
    if (page->format == SC_PAGE_MAN) sc_text_add(&page->text, "%s", man_begin);
    sc_reference(page);
    if (page->format == SC_PAGE_MAN) sc_text_add(&page->text, "%s", man_end);
}

static socle_status unknown_topic(sc_cli *cli, const char *topic, const char *name) {
    enum { MOST = 160 };
    const char *words[MOST];
    size_t count = sc_reference_topics(words, MOST - 40);
    for (const sc_command *command = sc_commands(); command->name && count < MOST - 1; command++)
        words[count++] = command->name;
    words[count++] = "config";
    const char *nearest = sc_nearest_word(topic, words, count);
    if (name && nearest && strcmp(topic, nearest) == 0)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "'%s' has no topic '%s'; `socle help %s` shows all of it", topic,
                       sc_quote(name).text, topic);
    return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                   "there is no command or topic '%s'%s%s%s `socle help` lists them",
                   sc_quote(topic).text, nearest ? "; did you mean '" : ";", nearest ? nearest : "",
                   nearest ? "'?" : "");
}

/* `train groups` is the section train.groups. */
static bool explain_part(sc_page *page, const char *topic, const char *name) {
    char section[64];
    snprintf(section, sizeof section, "%.30s.%.30s", topic, name);
    return sc_reference_section(page, section);
}

static socle_status explain(sc_page *page, const char *topic, const char *name, bool *found) {
    socle_status status = SOCLE_OK;
    *found = true;
    if (!name && strcmp(topic, "config") == 0)
        add_whole(page);
    else if (!sc_reference_family(page, topic, name, &status))
        *found = name ? explain_part(page, topic, name)
                      : sc_reference_section(page, topic) ||
                            (!sc_command_find(topic) &&
                             (sc_reference_kind(page, topic) || sc_reference_part(page, topic)));
    return status == SOCLE_OK ? page->text.status : status;
}

/* `train` is a command and a section: both are shown. */
static socle_status show(sc_cli *cli, const help_settings *settings) {
    const sc_command *command = settings->name || settings->format != SC_PAGE_TEXT
                                    ? NULL
                                    : sc_command_find(settings->topic);
    sc_page page = {.format = settings->format};
    bool found;
    sc_text_init(&page.text, &cli->env);
    socle_status status = explain(&page, settings->topic, settings->name, &found);
    if (status == SOCLE_OK && !found && !command)
        status = unknown_topic(cli, settings->topic, settings->name);
    if (status == SOCLE_OK && command) {
        char title[32];
        snprintf(title, sizeof title, "socle %s", command->name);
        argp_help(command->argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC,
                  title);
        if (found) printf("\nIn a configuration:\n");
    }
    if (status == SOCLE_OK)
        fputs(page.format == SC_PAGE_TEXT && !command && page.text.data[0] ? page.text.data + 1
                                                                           : page.text.data,
              stdout);
    sc_text_free(&page.text);
    return status;
}

socle_status sc_help_command(sc_cli *cli, int argc, char **argv) {
    help_settings settings = {.cli = cli};
    if (strcmp(cli->command, "socle help") != 0) {
        list_commands();
        return SOCLE_OK;
    }
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) argc = 1;
    SC_TRY(sc_cli_parse(cli, &sc_help_argp, argc, argv, &settings));
    if (settings.topic) return show(cli, &settings);
    list_commands();
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

socle_status sc_version_command(sc_cli *cli, int argc, char **argv) {
    help_settings settings = {.cli = cli};
    SC_TRY(sc_cli_parse(cli, &sc_version_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    if (cli->json) {
        json_t *event = sc_report("version");
        sc_report_text(event, "version", SC_VERSION);
        sc_report_value(event, "opencl", json_boolean(SC_HAVE_OPENCL));
        sc_report_value(event, "smartcols", json_boolean(SC_HAVE_SMARTCOLS));
        sc_report_value(event, "cairo", json_boolean(SC_HAVE_CAIRO));
        sc_report_print(cli, event);
        return SOCLE_OK;
    }
    printf("socle %s\n", SC_VERSION);
    printf("built with: opencl %s, smartcols %s, cairo %s\n", SC_HAVE_OPENCL ? "yes" : "no",
           SC_HAVE_SMARTCOLS ? "yes" : "no", SC_HAVE_CAIRO ? "yes" : "no");
    return SOCLE_OK;
}
