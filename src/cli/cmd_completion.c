/* SPDX-License-Identifier: Apache-2.0 */
/* `socle completion SHELL`: scripts for bash, zsh and fish, made from the same tables that parse
 * the command line. What a value can be follows from the name that the help has for it. */
#include "base/text.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "cli/reference.h"
#include "io/quote.h"
#include "view/view.h"

#include <ctype.h>
#include <string.h>

enum { MOST_TOPICS = 120 };

#define DEVICE_WORDS "auto cpu gpu all"

typedef struct completion_settings {
    sc_cli *cli;
    const char *shell;
} completion_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    completion_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case ARGP_KEY_ARG:
        if (settings->shell) return sc_cli_usage(settings->cli, "one shell at a time");
        settings->shell = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return sc_cli_usage(settings->cli, "for which shell? bash, zsh or fish");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_completion_argp = {
    .parser = parse,
    .args_doc = "bash|zsh|fish",
    .doc = "Prints a completion script. For this session: eval \"$(socle completion bash)\"",
    .children = children};

/* What can stand behind an option, or as an argument of a command. */
typedef enum value_kind {
    VALUE_NONE,    /* a number, a name that the person makes up */
    VALUE_WORDS,   /* print_words() */
    VALUE_DEVICES, /* DEVICE_WORDS and what `socle devices` lists */
    VALUE_FILES,
    VALUE_FOLDERS,
    VALUE_SETTING /* a key of a section, as in train.epochs=, and a value */
} value_kind;

/* From the name that the help has for it: "FILE", "test|train", "[TOPIC [NAME]]". */
static value_kind kind_of(const char *value) {
    static const struct {
        const char *name;
        value_kind kind;
    } kinds[] = {
        {"DEVICE", VALUE_DEVICES}, {"DIR", VALUE_FOLDERS},          {"FILE", VALUE_FILES},
        {"CONFIG", VALUE_FILES},   {"MODEL", VALUE_FILES},          {"CONFIG|MODEL", VALUE_FILES},
        {"FILE|-", VALUE_FILES},   {"OPERATION", VALUE_WORDS},      {"RUN...", VALUE_FILES},
        {"FIGURE", VALUE_WORDS},   {"[TOPIC [NAME]]", VALUE_WORDS}, {"PATH=VALUE", VALUE_SETTING},
        {"[WORD]", VALUE_WORDS},   {"KEY=RANGE", VALUE_SETTING},    {"[CONFIG]", VALUE_FILES}};
    if (!value) return VALUE_NONE;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(value, kinds[i].name) == 0) return kinds[i].kind;
    return islower(value[0]) && strchr(value, '|') ? VALUE_WORDS : VALUE_NONE;
}

static void print_setting(void *user, const char *section, const char *key) {
    (void)user;
    printf(" %s.%s=", section, key);
}

static bool print_word(void *user, const sc_explained *what) {
    (void)user;
    printf("%s ", what->record->word);
    return false;
}

static void print_words(const char *value) {
    if (strcmp(value, "OPERATION") == 0) {
        for (int op = 0; op < SC_OP_COUNT; op++)
            printf("%s%s", op ? " " : "", sc_op_word((sc_op)op));
    } else if (strcmp(value, "FIGURE") == 0) {
        for (int i = 0; sc_view_at(i); i++) printf("%s%s", i ? " " : "", sc_view_at(i)->word);
    } else if (strcmp(value, "[WORD]") == 0) {
        sc_explain_each(print_word, NULL);
    } else if (strcmp(value, "[TOPIC [NAME]]") == 0) {
        const char *topics[MOST_TOPICS];
        size_t count = sc_reference_topics(topics, MOST_TOPICS);
        printf("config");
        for (const sc_command *command = sc_commands(); command->name; command++)
            printf(" %s", command->name);
        for (size_t i = 0; i < count; i++) printf(" %s", topics[i]);
    } else {
        for (; *value; value++) putchar(*value == '|' ? ' ' : *value);
    }
}

static bool has_letter(const struct argp_option *option) {
    return option->key > 0 && option->key < 128 && isalnum(option->key);
}

static bool bash_words(void *user, const struct argp_option *option) {
    (void)user;
    printf(" --%s", option->name);
    if (has_letter(option)) printf(" -%c", option->key);
    return false;
}

/* What bash does for one kind of value. */
static void bash_value(const char *value) {
    switch (kind_of(value)) {
    case VALUE_WORDS:
        printf("words=\"");
        print_words(value);
        printf("\"");
        break;
    case VALUE_SETTING: /* no space behind the = */
        printf("words=\"");
        sc_reference_each_key(print_setting, NULL);
        printf("\"; compopt -o nospace 2>/dev/null");
        break;
    case VALUE_DEVICES:
        printf("words=$(_socle_devices)");
        break;
    case VALUE_FILES:
        printf("files=-f");
        break;
    case VALUE_FOLDERS:
        printf("files=-d");
        break;
    case VALUE_NONE:
        printf("files=none");
        break;
    }
}

/* "train --device" | "train -d") ... ;; */
static bool bash_option(void *user, const struct argp_option *option) {
    const char *command = user;
    if (!sc_cli_needs_value(option)) return false;
    printf("        '%s --%s'", command, option->name);
    if (has_letter(option)) printf("|'%s -%c'", command, option->key);
    printf(") ");
    bash_value(option->arg);
    printf(" ;;\n");
    return false;
}

static void print_bash(void) {
    printf("# bash completion for socle\n"
           "_socle_devices() {\n    echo " DEVICE_WORDS "\n"
           "    \"${COMP_WORDS[0]}\" devices 2>/dev/null | awk 'NR > 1 {print $1}'\n}\n"
           "_socle() {\n    local at=$((COMP_CWORD - 1)) words='' files=''\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} before\n"
           "    [ \"$current\" != = ] || { current=''; at=$((at + 1)); }\n"
           "    [ \"${COMP_WORDS[at]}\" != = ] || at=$((at - 1))\n"
           "    before=${COMP_WORDS[at]}\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"");
    for (const sc_command *command = sc_commands(); command->name; command++)
        printf("%s ", command->name);
    printf("--help --version\"\n    else\n        case \"${COMP_WORDS[1]} $before\" in\n");
    for (const sc_command *command = sc_commands(); command->name; command++)
        sc_cli_each_option(command->argp, bash_option, (void *)command->name);
    printf("        esac\n    fi\n    if [ -z \"$words$files\" ]; then\n"
           "        case ${COMP_WORDS[1]}/$current in\n");
    for (const sc_command *command = sc_commands(); command->name; command++) {
        printf("        %s/-*) words=\"", command->name);
        sc_cli_each_option(command->argp, bash_words, NULL);
        printf("\" ;;\n        %s/*) ", command->name);
        bash_value(command->argp->args_doc);
        printf(" ;;\n");
    }
    printf("        esac\n    fi\n"
           "    case $files in\n    none) COMPREPLY=() ;;\n"
           "    -*) COMPREPLY=($(compgen \"$files\" -- \"$current\")) ;;\n"
           "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n    esac\n"
           "}\ncomplete -o filenames -F _socle socle\n");
}

/* A text inside '...' of zsh or fish; brackets and colons mean something to zsh. */
static void print_quoted(const char *text, bool zsh) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs(zsh ? "'\\''" : "\\'", stdout);
        else if (zsh && strchr("[]:`", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_value(const char *value) {
    static const char *const actions[] = {[VALUE_NONE] = " ",
                                          [VALUE_DEVICES] = "_socle_devices",
                                          [VALUE_FILES] = "_files",
                                          [VALUE_FOLDERS] = "_files -/"};
    value_kind kind = kind_of(value);
    if (kind == VALUE_SETTING) {
        printf("{compadd -S \"\" --");
        sc_reference_each_key(print_setting, NULL);
        printf("}");
        return;
    }
    if (kind != VALUE_WORDS) {
        fputs(actions[kind], stdout);
        return;
    }
    putchar('(');
    print_words(value);
    putchar(')');
}

static void zsh_form(const struct argp_option *option, const char *form) {
    printf("            '%s[", form);
    print_quoted(option->doc, true);
    putchar(']');
    if (sc_cli_needs_value(option)) {
        printf(":value:");
        zsh_value(option->arg);
    }
    printf("' \\\n");
}

static bool zsh_option(void *user, const struct argp_option *option) {
    (void)user;
    char form[64];
    snprintf(form, sizeof form, "--%s%s", option->name, sc_cli_needs_value(option) ? "=" : "");
    zsh_form(option, form);
    snprintf(form, sizeof form, "-%c%s", option->key, sc_cli_needs_value(option) ? "+" : "");
    if (has_letter(option)) zsh_form(option, form);
    return false;
}

static void print_zsh(void) {
    printf("#compdef socle\n_socle_devices() {\n    local -a devices=(" DEVICE_WORDS
           " ${(f)\"$(socle devices 2>/dev/null | awk 'NR > 1 {print $1}')\"})\n"
           "    compadd -- $devices\n}\n"
           "_socle() {\n    local -a commands=(\n");
    for (const sc_command *command = sc_commands(); command->name; command++) {
        printf("        '%s:", command->name);
        print_quoted(command->summary, true);
        printf("'\n");
    }
    printf("    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        "
           "return\n    fi\n"
           "    local name=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $name in\n");
    for (const sc_command *command = sc_commands(); command->name; command++) {
        printf("        %s)\n            _arguments -s \\\n", command->name);
        sc_cli_each_option(command->argp, zsh_option, NULL);
        printf("            '*:value:");
        zsh_value(command->argp->args_doc);
        printf("' ;;\n");
    }
    printf("    esac\n}\nif [ \"$funcstack[1]\" = _socle ]; then _socle \"$@\"; else compdef "
           "_socle socle; fi\n");
}

static void fish_value(const char *value) {
    switch (kind_of(value)) {
    case VALUE_WORDS:
        printf(" -x -a '");
        print_words(value);
        printf("'");
        break;
    case VALUE_SETTING:
        printf(" -x -a '");
        sc_reference_each_key(print_setting, NULL);
        printf("'");
        break;
    case VALUE_DEVICES:
        printf(" -x -a '(__socle_devices)'");
        break;
    case VALUE_FILES:
        printf(" -r -F");
        break;
    case VALUE_FOLDERS:
        printf(" -x -a '(__fish_complete_directories)'");
        break;
    case VALUE_NONE:
        printf(" -x");
        break;
    }
}

static bool fish_option(void *user, const struct argp_option *option) {
    const char *command = user;
    printf("complete -c socle -n '__fish_seen_subcommand_from %s' -l %s", command, option->name);
    if (has_letter(option)) printf(" -s %c", option->key);
    if (sc_cli_needs_value(option)) fish_value(option->arg);
    printf(" -d '");
    print_quoted(option->doc, false);
    printf("'\n");
    return false;
}

static void print_fish(void) {
    printf("# fish completion for socle\n"
           "function __socle_devices\n    string split ' ' '" DEVICE_WORDS "'\n"
           "    socle devices 2>/dev/null | awk 'NR > 1 {print $1}'\nend\n");
    for (const sc_command *command = sc_commands(); command->name; command++) {
        printf("complete -c socle -n __fish_use_subcommand -f -a %s -d '", command->name);
        print_quoted(command->summary, false);
        printf("'\ncomplete -c socle -n '__fish_seen_subcommand_from %s'", command->name);
        fish_value(command->argp->args_doc);
        printf("\n");
        sc_cli_each_option(command->argp, fish_option, (void *)command->name);
    }
}

socle_status sc_completion_command(sc_cli *cli, int argc, char **argv) {
    static const char *const shells[] = {"bash", "zsh", "fish"};
    static void (*const print[])(void) = {print_bash, print_zsh, print_fish};
    completion_settings settings = {.cli = cli};
    SC_TRY(sc_cli_parse(cli, &sc_completion_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(settings.shell, shells[i]) != 0) continue;
        print[i]();
        return SOCLE_OK;
    }
    return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                   "no completion for '%s'; known are bash, zsh and fish",
                   sc_quote(settings.shell).text);
}
