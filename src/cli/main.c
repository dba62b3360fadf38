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
#define SC_COMMAND(name, word, brief) {word, brief, &sc_##name##_argp, sc_##name##_command},
#include "cli/command_list.def"
#undef SC_COMMAND
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
        sc_help_command(cli, 1, argv);
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
