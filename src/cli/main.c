/* SPDX-License-Identifier: Apache-2.0 */
/* The tool `socle`: the table of commands, and the dispatch to one of them. */
#include "base/text.h"
#include "cli/cli.h"
#include "io/quote.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const sc_command commands[] = {
    {"devices", "List the devices", &sc_devices_argp, sc_devices_run},
    {"train", "Train a network from a configuration", &sc_train_argp, sc_train_run},
    {"eval", "Evaluate a model on test data", &sc_eval_argp, sc_eval_run},
    {"predict", "Print a model's predictions", &sc_predict_argp, sc_predict_run},
    {"generate", "Write samples of a model that makes them itself", &sc_generate_argp,
     sc_generate_run},
    {"plot", "Draw what a run or model shows", &sc_plot_argp, sc_plot_run},
    {"compare", "Show several runs side by side", &sc_compare_argp, sc_compare_run},
    {"data", "Show what is in a file of samples", &sc_data_argp, sc_data_run},
    {"lr-find", "Propose a learning rate", &sc_lr_find_argp, sc_lr_find_run},
    {"summary", "Print the layers of a configuration or model", &sc_summary_argp, sc_summary_run},
    {"plan", "Say what memory a run will take", &sc_plan_argp, sc_plan_command_run},
    {"verify", "Check every operation on a device", &sc_verify_argp, sc_verify_command_run},
    {"inspect", "Print what a model or data file holds", &sc_inspect_argp, sc_inspect_run},
    {"explain", "Explain a layer, activation, loss, optimizer, schedule or metric",
     &sc_explain_argp, sc_explain_run},
    {"derive", "Print the derivative of a formula", &sc_derive_argp, sc_derive_run},
    {"descend", "Go down a formula step by step", &sc_descend_argp, sc_descend_run},
    {"schema", "Print the JSON Schema of configurations", &sc_schema_argp, sc_schema_run},
    {"completion", "Print a completion script for a shell", &sc_completion_argp, sc_completion_run},
    {"version", "Print the version and what was built in", &sc_version_argp, sc_version_run},
    {"help", "Explain a command, or what a configuration may say", &sc_help_argp, sc_help_run},
    {0},
};

const sc_command *sc_commands(void) {
    return commands;
}

const sc_command *sc_command_find(const char *name) {
    for (const sc_command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0) return command;
    return NULL;
}

socle_status sc_command_unknown(sc_cli *cli, const char *name) {
    const char *words[sizeof commands / sizeof commands[0]];
    size_t count = 0;
    for (const sc_command *command = commands; command->name; command++)
        words[count++] = command->name;
    const char *nearest = sc_nearest_word(name, words, count);
    return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                   "there is no command '%s'%s%s%s `socle help` lists them", sc_quote(name).text,
                   nearest ? "; did you mean '" : ";", nearest ? nearest : "", nearest ? "'?" : "");
}

/* A file opened later must not become standard output, input or error because one of them was
 * closed. Standard output gets a descriptor that refuses writing, so that lost results are noticed.
 */
static void hold_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0)
            if (open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR) != descriptor)
                _exit(1);
}

static socle_status run(sc_cli *cli, int argc, char **argv, char *title, size_t size) {
    if (argc < 2) {
        sc_help_run(cli, 1, argv);
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG, "a command is missing");
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) word = "help";
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) word = "version";
    if (word[0] == '-')
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "the option '%s' comes after a command, as in `socle train CONFIG %s`",
                       sc_quote(word).text, sc_quote(word).text);
    const sc_command *command = sc_command_find(word);
    if (!command) return sc_command_unknown(cli, word);
    snprintf(title, size, "socle %s", command->name);
    cli->command = title;
    return command->run(cli, argc - 1, argv + 1);
}

/* The leak check of AddressSanitizer, which else runs at exit. */
extern void __lsan_do_leak_check(void) __attribute__((weak));

/* Everything is written by now. What libraries do at exit can hang: drivers end threads of theirs,
 * some of which, where no address space is left, ask for memory for ever. */
static _Noreturn void leave(int code) {
    fflush(stderr);
    if (__lsan_do_leak_check) __lsan_do_leak_check();
    _exit(code);
}

int main(int argc, char **argv) {
    sc_cli cli;
    char title[32];
    hold_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error like a full disk */
    sc_cli_init(&cli);
    socle_status status = run(&cli, argc, argv, title, sizeof title);
    leave(sc_cli_finish(&cli, status));
}
