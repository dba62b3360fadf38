/* SPDX-License-Identifier: Apache-2.0 */
/* `socle completion SHELL`: scripts for bash, zsh and fish, made from the same tables that parse
 * the command line. Values are completed as file names, but for --device, which has words of its
 * own. */
#include "base/text.h"
#include "cli/cli.h"
#include "io/quote.h"

#include <ctype.h>
#include <string.h>

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

static bool is_device(const struct argp_option *option) {
    return strcmp(option->name, "device") == 0;
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

static void print_bash(void) {
    printf("# bash completion for socle\n_socle() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"");
    for (const sc_command *command = sc_commands(); command->name; command++)
        printf("%s ", command->name);
    printf("--help --version\"\n    elif [ \"$before\" = --device ] || [ \"$before\" = -d ]; then\n"
           "        words=\"" DEVICE_WORDS "\"\n"
           "    else\n        case ${COMP_WORDS[1]} in\n");
    for (const sc_command *command = sc_commands(); command->name; command++) {
        printf("        %s) words=\"", command->name);
        sc_cli_each_option(command->argp, bash_words, NULL);
        printf("\" ;;\n");
    }
    printf("        esac\n        [[ $current == -* ]] || words=\n    fi\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "    [ -n \"$words\" ] || COMPREPLY=($(compgen -f -- \"$current\"))\n"
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

static bool zsh_option(void *user, const struct argp_option *option) {
    (void)user;
    const char *action = !option->arg        ? ""
                         : is_device(option) ? ":device:(" DEVICE_WORDS ")"
                                             : ":value:_files";
    printf("            '--%s%s[", option->name, option->arg ? "=" : "");
    print_quoted(option->doc, true);
    printf("]%s' \\\n", action);
    if (has_letter(option)) {
        printf("            '-%c%s[", option->key, option->arg ? "+" : "");
        print_quoted(option->doc, true);
        printf("]%s' \\\n", action);
    }
    return false;
}

static void print_zsh(void) {
    printf("#compdef socle\n_socle() {\n    local -a commands=(\n");
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
        printf("            '*:file:_files' ;;\n");
    }
    printf("    esac\n}\nif [ \"$funcstack[1]\" = _socle ]; then _socle \"$@\"; else compdef "
           "_socle socle; fi\n");
}

static bool fish_option(void *user, const struct argp_option *option) {
    const char *command = user;
    printf("complete -c socle -n '__fish_seen_subcommand_from %s' -l %s", command, option->name);
    if (has_letter(option)) printf(" -s %c", option->key);
    if (option->arg) printf(" -r");
    if (is_device(option)) printf(" -f -a '" DEVICE_WORDS "'");
    printf(" -d '");
    print_quoted(option->doc, false);
    printf("'\n");
    return false;
}

static void print_fish(void) {
    printf("# fish completion for socle\n");
    for (const sc_command *command = sc_commands(); command->name; command++) {
        printf("complete -c socle -n __fish_use_subcommand -f -a %s -d '", command->name);
        print_quoted(command->summary, false);
        printf("'\n");
        sc_cli_each_option(command->argp, fish_option, (void *)command->name);
    }
}

socle_status sc_completion_run(sc_cli *cli, int argc, char **argv) {
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
