/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one invocation: messages, devices, and the way out. Knows no command. */
#include "base/text.h"
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wants_color(void) {
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (no_color && *no_color) return false;
    return isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

/* Takes the progress bar off the terminal, so that a line can stand there; with stderr locked. */
static void clear_bar(sc_cli *cli) {
    if (cli->bar_shown) fputs("\r\033[K", stderr);
    cli->bar_shown = false;
}

/* C0 but for line ends and tabs, DEL, and C1 (0xC2 0x80 to 0xC2 0x9F). */
static size_t control_bytes(const char *text) {
    unsigned char first = (unsigned char)text[0], second = first ? (unsigned char)text[1] : 0;
    if (first == 0xC2 && second >= 0x80 && second < 0xA0) return 2;
    return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F;
}

void sc_cli_put(FILE *stream, const char *text) {
    while (*text) {
        size_t control = control_bytes(text);
        fputc(control ? '?' : *text, stream);
        text += control ? control : 1;
    }
}

/* Whole lines, whichever device's thread they come from. */
static void print_message(sc_cli *cli, const char *level, const char *text) {
    flockfile(stderr);
    clear_bar(cli);
    bool red = cli->color && strcmp(level, "error: ") == 0;
    fprintf(stderr, "%s: %s%s%s", cli->command, red ? "\033[31m" : "", level, red ? "\033[0m" : "");
    sc_cli_put(stderr, text);
    fputc('\n', stderr);
    funlockfile(stderr);
}

static void log_line(void *user, socle_log_level level, const char *text) {
    static const char *const words[] = {"error: ", "warning: ", "", ""};
    print_message(user, words[level], text);
}

void sc_cli_init(sc_cli *cli) {
    memset(cli, 0, sizeof *cli);
    cli->command = "socle";
    cli->color = wants_color();
    socle_logger logger = {log_line, cli, SOCLE_LOG_INFO};
    sc_env_init(&cli->env, NULL, &logger);
    cli->env.progress = (socle_progress){sc_cli_building, cli};
}

void sc_cli_say(sc_cli *cli, const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    if (cli->quiet) return;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    flockfile(stderr);
    clear_bar(cli);
    sc_cli_put(stderr, text);
    fputc('\n', stderr);
    funlockfile(stderr);
    free(text);
}

static void set_variable(void *user, const char *name, const char *value) {
    const sc_cli *cli = user;
    int failed = value ? setenv(name, value, 1) : unsetenv(name);
    if (failed)
        sc_log_line(&cli->env, SOCLE_LOG_WARNING, "%s could not be set: %s", name, strerror(errno));
}

socle_status sc_cli_settle(sc_cli *cli, const char *wish) {
    const sc_environment environment = {set_variable, cli};
    return sc_registry_settle(&cli->env, wish, &environment);
}

socle_status sc_cli_registry(sc_cli *cli, const char *wish) {
    if (cli->registry.info) return SOCLE_OK;
    SC_TRY(sc_cli_settle(cli, wish));
    return sc_registry_create_for(&cli->registry, &cli->env, wish);
}

socle_status sc_cli_select(sc_cli *cli, const sc_device_choice **choices, int *count) {
    const char *wish = cli->device, *variable = getenv("SOCLE_DEVICE");
    if (!wish) wish = variable && *variable ? variable : "auto";
    SC_TRY(sc_cli_registry(cli, wish));
    sc_release(&cli->env, cli->choices);
    socle_status status = sc_registry_select(&cli->registry, &cli->env, wish, &cli->choices, count);
    *choices = cli->choices;
    return status;
}

/* A device that does not open is left out with a line, where others are named. */
static socle_status open_one(sc_cli *cli, sc_fleet_device *out, int *opened,
                             const sc_device_choice *choice, bool timestamps) {
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    options.threads = cli->threads;
    options.timestamps = timestamps;
    options.records = cli->records;
    options.self_test = !cli->no_self_test;
    sc_worker *worker;
    socle_status status = sc_worker_create(&worker, &cli->env, &cli->registry, choice, &options);
    if (status == SOCLE_STATUS_TIMEOUT) cli->hangs = true;
    SC_TRY(status);
    out[(*opened)++] = (sc_fleet_device){.worker = worker, .share = (double)choice->share};
    return SOCLE_OK;
}

socle_status sc_cli_open_workers(sc_cli *cli, sc_fleet_device **out, int *count, bool timestamps) {
    const sc_device_choice *choice;
    int named, opened = 0;
    *count = 0;
    SC_TRY(sc_cli_select(cli, &choice, &named));
    if (!cli->records) SC_TRY(sc_records_load(&cli->records, &cli->env, NULL));
    SC_TRY(sc_allocate(&cli->env, out, (size_t)named, sizeof **out));
    socle_status status = SOCLE_OK;
    for (int i = 0; i < named; i++) {
        socle_status one = open_one(cli, *out, &opened, &choice[i], timestamps);
        if (one == SOCLE_OK) continue;
        status = one;
        if (named > 1)
            sc_log_line(&cli->env, SOCLE_LOG_WARNING,
                        "goes on without %s, device %d of the list: %s",
                        cli->registry.info[choice[i].entry].name, i + 1, cli->env.text);
    }
    *count = opened;
    if (opened) return SOCLE_OK;
    sc_release(&cli->env, *out);
    *out = NULL;
    return status;
}

void sc_cli_close_workers(sc_cli *cli, sc_fleet_device *device, int count) {
    for (int i = 0; i < count; i++) {
        if (sc_worker_busy(device[i].worker)) {
            sc_worker_abandon(device[i].worker);
            cli->hangs = true;
        } else {
            sc_worker_destroy(device[i].worker);
        }
    }
    sc_release(&cli->env, device);
}

socle_status sc_cli_open_worker(sc_cli *cli, sc_worker **out, bool timestamps) {
    sc_fleet_device *device;
    int count;
    *out = NULL;
    SC_TRY(sc_cli_open_workers(cli, &device, &count, timestamps));
    *out = device[0].worker;
    if (count == 1) {
        sc_release(&cli->env, device);
        return SOCLE_OK;
    }
    *out = NULL;
    sc_cli_close_workers(cli, device, count);
    return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                   "%d devices are named; this command runs on one: --device DEVICE", count);
}

static void print_failure(sc_cli *cli, socle_status status, int code) {
    const char *text = cli->env.text[0] ? cli->env.text : socle_status_text(status);
    print_message(cli, status == SOCLE_STATUS_INTERRUPTED ? "" : "error: ", text);
    if (!cli->json) return;
    json_t *event = sc_report("error");
    sc_report_integer(event, "code", code);
    sc_report_text(event, "message", text);
    sc_report_print(cli, event);
}

/* The other end of the pipe was closed. */
static bool reader_is_gone(void) {
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/* Results that did not arrive are a failure, even if everything before went well. A reader that
 * left (`| head`) needs no message. */
static int close_output(sc_cli *cli, int code) {
    bool gone = reader_is_gone();
    bool lost = ferror(stdout) != 0;
    lost |= fclose(stdout) != 0;
    if (!lost || code != 0) return code;
    if (!gone) print_message(cli, "error: ", "standard output did not take all results");
    return sc_exit_code(SOCLE_STATUS_IO);
}

int sc_cli_finish(sc_cli *cli, socle_status status) {
    int code = cli->exit_code ? cli->exit_code : sc_exit_code(status);
    if (status != SOCLE_OK)
        print_failure(cli, status, code);
    else
        clear_bar(cli);
    code = close_output(cli, code);
    if (cli->hangs) _exit(code); /* a call that hangs can be neither ended nor released */
    sc_records_destroy(cli->records);
    sc_release(&cli->env, cli->choices);
    sc_registry_free(&cli->registry, &cli->env);
    return code;
}
