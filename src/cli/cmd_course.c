/* SPDX-License-Identifier: Apache-2.0 */
/* `socle course`: the ideas of a first course in teaching order, and one of them run: the commands
 * of its page, each as a process of this program, one after the other. */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/course.h"
#include "io/quote.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEY_SHOW = 256, KEY_OVERWRITE, PASSED = 8 };

typedef struct course_settings {
    sc_cli *cli;
    const char *idea;
    bool show, overwrite;
} course_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    course_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case KEY_SHOW:
        settings->show = true;
        return 0;
    case KEY_OVERWRITE:
        settings->overwrite = true;
        return 0;
    case ARGP_KEY_ARG:
        if (settings->idea) return sc_cli_usage(settings->cli, "one idea at a time");
        settings->idea = arg;
        return 0;
    case ARGP_KEY_END:
        if (settings->idea || (!settings->show && !settings->overwrite)) return 0;
        return sc_cli_usage(settings->cli, "which idea? `socle course` lists them");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"show", KEY_SHOW, NULL, 0, "Print the page of the idea, and run nothing", 1},
    {"overwrite", KEY_OVERWRITE, NULL, 0,
     "Replace the runs and pictures that an earlier time has left", 1},
    {0},
};

static const struct argp_child children[] = {
    {&sc_cli_device_argp, 0, NULL, 0}, {&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_course_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[IDEA]",
    .doc = "Lists the ideas of a first course in neural networks, or runs one of them, named by "
           "its number: the commands of its page, which leave their runs and pictures in the "
           "folder runs.",
    .children = children};

/* ---- The list ---- */

static socle_status list(sc_cli *cli, const sc_course *course) {
    for (size_t i = 0; i < course->pages; i++) {
        const sc_course_page *page = &course->page[i];
        char *text;
        const char *title;
        SC_TRY(sc_course_read(&text, course, &cli->env, page));
        int length = (int)sc_course_title(&title, text);
        if (cli->json) {
            json_t *event = sc_report("idea");
            sc_report_integer(event, "number", page->number);
            sc_report_text(event, "name", page->name);
            sc_report_value(event, "title", json_stringn(title, (size_t)length));
            sc_report_print(cli, event);
        } else {
            printf("%.*s\n", length, title);
        }
        sc_release(&cli->env, text);
    }
    sc_cli_say(cli, "`socle course 1` runs the first one, `socle course 1 --show` prints its page");
    return SOCLE_OK;
}

/* ---- One command ---- */

typedef struct option_search {
    const char *name;
} option_search;

static bool is_named(void *user, const struct argp_option *option) {
    const option_search *search = user;
    return strcmp(option->name, search->name) == 0;
}

/* The words of a child: `socle`, its command, what is passed on, the rest. */
typedef struct child_words {
    char *word[SC_COURSE_WORDS + 2 * PASSED + 2];
    int words;
    char threads[16];
    const sc_command *command;
} child_words;

/* An option of `socle course` is one of the command too, where that has it. */
static void pass(child_words *out, const char *option, const char *value) {
    option_search search = {option + 2};
    if (!sc_cli_each_option(out->command->argp, is_named, &search)) return;
    out->word[out->words++] = (char *)(uintptr_t)option;
    if (value) out->word[out->words++] = (char *)(uintptr_t)value;
}

static socle_status fill_words(child_words *out, const course_settings *settings,
                               const sc_course_line *command) {
    sc_cli *cli = settings->cli;
    *out = (child_words){.command = command->words ? sc_command_find(command->word[0]) : NULL};
    if (!out->command) return sc_command_unknown(cli, command->words ? command->word[0] : "");
    if (strcmp(out->command->name, "course") == 0)
        return sc_fail(&cli->env, SOCLE_STATUS_DATA,
                       "a page of the course is damaged: it runs the course: %s",
                       sc_quote(command->text).text);
    out->word[out->words++] = (char *)(uintptr_t) "socle";
    out->word[out->words++] = command->word[0];
    snprintf(out->threads, sizeof out->threads, "%d", cli->threads);
    if (settings->overwrite) pass(out, "--overwrite", NULL);
    if (cli->device) pass(out, "--device", cli->device);
    if (cli->threads) pass(out, "--threads", out->threads);
    if (cli->no_self_test) pass(out, "--no-self-test", NULL);
    if (cli->json) pass(out, "--json", NULL);
    if (cli->quiet) pass(out, "--quiet", NULL);
    if (cli->verbose) pass(out, "--verbose", NULL);
    for (int i = 1; i < command->words; i++) out->word[out->words++] = command->word[i];
    return SOCLE_OK;
}

/* Signals that end a run are the child's to answer: from a terminal it gets them by itself, what
 * was sent to this process alone is passed on. */
static int wait_for(pid_t child, const sigset_t *watched) {
    int status;
    for (;;) {
        if (waitpid(child, &status, WNOHANG) == child) break;
        int number = sigwaitinfo(watched, NULL);
        if (number == SIGTERM || number == SIGUSR1) kill(child, number);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static socle_status run_child(sc_cli *cli, const child_words *words, int *code) {
    sigset_t watched, before;
    posix_spawnattr_t attributes;
    pid_t child;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD};
    sigemptyset(&watched);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) sigaddset(&watched, numbers[i]);
    int error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        signal(SIGCHLD, SIG_DFL); /* ignored, a child would leave no exit code */
        sigprocmask(SIG_BLOCK, &watched, &before);
        posix_spawnattr_setsigmask(&attributes, &before);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        error = posix_spawn(&child, "/proc/self/exe", NULL, &attributes, words->word, environ);
        if (error == 0) *code = wait_for(child, &watched);
        sigprocmask(SIG_SETMASK, &before, NULL);
        posix_spawnattr_destroy(&attributes);
    }
    if (error == 0) return SOCLE_OK;
    return sc_fail(&cli->env, SOCLE_STATUS_IO, "no process for a command: %s", strerror(error));
}

/* ---- A page ---- */

/* The folder of what -o names, which by hand is made once. */
static socle_status make_folder(sc_env *env, const sc_course_line *command) {
    for (int i = 1; i + 1 < command->words; i++) {
        const char *value = command->word[i + 1], *slash = strrchr(value, '/');
        char *folder;
        if (strcmp(command->word[i], "-o") != 0 || !slash || slash == value) continue;
        SC_TRY(sc_copy_string(env, &folder, value));
        folder[slash - value] = '\0';
        socle_status status = sc_make_directories(env, folder);
        sc_release(env, folder);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

static void show_command(sc_cli *cli, const child_words *words, int number) {
    if (cli->json) {
        json_t *event = sc_report("command"), *list = json_array();
        for (int i = 0; i < words->words; i++)
            json_array_append_new(list, json_string(words->word[i]));
        sc_report_integer(event, "number", number);
        sc_report_value(event, "words", list);
        sc_report_print(cli, event);
        return;
    }
    printf("\n$");
    for (int i = 0; i < words->words; i++) {
        const char *word = words->word[i];
        const char *quote = word[strcspn(word, " ;'\"[]{}|&<>()$`\\*?~#")] == '\0' && *word ? ""
                            : strchr(word, '\'')                                            ? "\""
                                                                                            : "'";
        printf(" %s%s%s", quote, word, quote);
    }
    printf("\n");
    fflush(stdout);
}

static socle_status run_command(const course_settings *settings, const sc_course_line *command,
                                int number) {
    sc_cli *cli = settings->cli;
    child_words words;
    int code = 0;
    SC_TRY(fill_words(&words, settings, command));
    SC_TRY(make_folder(&cli->env, command));
    show_command(cli, &words, number);
    SC_TRY(run_child(cli, &words, &code));
    if (code == command->code) return SOCLE_OK;
    cli->exit_code = code ? code : 1;
    return sc_fail(&cli->env, SOCLE_STATUS_IO, "command %d of the page ended with exit code %d",
                   number, code);
}

static socle_status run_page(const course_settings *settings, const sc_course *course,
                             const char *text) {
    sc_env *env = &settings->cli->env;
    sc_course_line command;
    const char *at = sc_course_commands(text);
    for (int number = 1;; number++) {
        SC_TRY(sc_course_next(&command, &at, course, env));
        if (!command.text) return SOCLE_OK;
        socle_status status = run_command(settings, &command, number);
        sc_course_line_free(&command, env);
        SC_TRY(status);
    }
}

static void introduce(const sc_cli *cli, const char *text) {
    const char *title, *question;
    if (cli->json || cli->quiet) return;
    int length = (int)sc_course_title(&title, text);
    printf("%.*s\n\n", length, title);
    length = (int)sc_course_question(&question, text);
    printf("%.*s\n", length, question);
}

static socle_status answer(const course_settings *settings, const sc_course *course) {
    sc_cli *cli = settings->cli;
    const sc_course_page *page;
    char *text;
    if (!settings->idea) return list(cli, course);
    SC_TRY(sc_course_find(&page, course, &cli->env, settings->idea));
    SC_TRY(sc_course_read(&text, course, &cli->env, page));
    socle_status status = SOCLE_OK;
    if (settings->show) {
        fputs(text, stdout);
    } else {
        introduce(cli, text);
        status = run_page(settings, course, text);
        if (status == SOCLE_OK)
            sc_cli_say(cli, "\n%s/docs/course/%s.md says what was to be seen", course->root,
                       page->name);
    }
    sc_release(&cli->env, text);
    return status;
}

socle_status sc_course_command(sc_cli *cli, int argc, char **argv) {
    course_settings settings = {.cli = cli};
    sc_course course;
    SC_TRY(sc_cli_parse(cli, &sc_course_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_course_open(&course, &cli->env));
    socle_status status = answer(&settings, &course);
    sc_course_close(&course, &cli->env);
    return status;
}
