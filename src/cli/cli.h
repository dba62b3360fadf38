/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of the tool share: the state of one invocation, the command table, and how
 * results, messages, events and exit codes leave the process. Results go to standard output,
 * everything else to standard error. Commands know the library's floors and this header, not each
 * other. */
#ifndef SC_CLI_CLI_H
#define SC_CLI_CLI_H

#include "backend/records.h"
#include "backend/registry.h"
#include "fleet/fleet.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>

typedef struct sc_cli {
    sc_env env;
    const char *command; /* "socle train", for messages; "socle" before the command is known */
    const char *device;  /* --device; NULL: not given */
    int threads;         /* --threads; 0 = all */
    bool no_self_test;   /* --no-self-test */
    bool json, quiet;
    int verbose;
    bool color;        /* of standard error */
    bool helped;       /* --help was answered: nothing is left to do */
    bool hangs;        /* a device never came back from a call: the process leaves by _exit */
    bool bar_shown;    /* the last line of the terminal is an unfinished progress bar */
    uint64_t building; /* when kernels began to be built; 0: they are not. Behind stderr's lock */
    bool building_shown, told_building; /* the bar is that of building; the line for those who see
                                           no bar has been said */
    int exit_code; /* set where the status does not say it (a missed threshold, a signal); 0: not */
    sc_registry registry;
    sc_records *records;
    sc_device_choice *choices;
} sc_cli;

typedef struct sc_command {
    const char *name, *summary;
    const struct argp *argp; /* options and arguments, for parsing, help and completion */
    socle_status (*run)(sc_cli *cli, int argc, char **argv);
} sc_command;

/* main.c: all commands, ended by a NULL name. */
const sc_command *sc_commands(void);
const sc_command *sc_command_find(const char *name);
socle_status sc_command_unknown(sc_cli *cli, const char *name); /* CONFIG, names the nearest */

/* common.c */
void sc_cli_init(sc_cli *cli);
/* Prints what failed, flushes standard output, frees everything; returns the exit code. */
int sc_cli_finish(sc_cli *cli, socle_status status);
/* A line on standard error, above the progress bar if there is one. */
void sc_cli_say(sc_cli *cli, const char *format, ...) SC_PRINTF(2, 3);
/* A text that may come from a file: control characters, which a terminal would obey, become '?';
 * line ends and tabs stay. */
void sc_cli_put(FILE *stream, const char *text);
/* Once the devices that `wish` may mean (NULL: all) are wanted: lets drivers set variables, which a
 * library never does. */
socle_status sc_cli_settle(sc_cli *cli, const char *wish);
/* The same, then the devices in cli->registry. */
socle_status sc_cli_registry(sc_cli *cli, const char *wish);
/* The devices that --device, else SOCLE_DEVICE, else "auto" names; borrowed from cli. */
socle_status sc_cli_select(sc_cli *cli, const sc_device_choice **choices, int *count);
/* The one device, opened on a thread of its own. CONFIG where several are named. */
socle_status sc_cli_open_worker(sc_cli *cli, sc_worker **out, bool timestamps);
/* The devices that the command line names, each on a thread of its own; those that fail to open are
 * left out with a line, an error only where none is left. *out is closed by sc_cli_close_workers.
 */
socle_status sc_cli_open_workers(sc_cli *cli, sc_fleet_device **out, int *count, bool timestamps);
void sc_cli_close_workers(sc_cli *cli, sc_fleet_device *device, int count);

/* building.c: socle_progress of the tool, `user` is the sc_cli: how far the building of kernels is.
 */
void sc_cli_building(void *user, const char *what, int number, int total);

/* parse.c: argp, with errors that name the nearest option. `settings` is the command's parser
 * input; children get `cli`. */
socle_status sc_cli_parse(sc_cli *cli, const struct argp *argp, int argc, char **argv,
                          void *settings);
/* For the parsers: hands `cli` to all children at ARGP_KEY_INIT. */
void sc_cli_inputs(struct argp_state *state, sc_cli *cli);
/* For the parsers: remembers a usage error (CONFIG); returns EINVAL. */
error_t sc_cli_usage(sc_cli *cli, const char *format, ...) SC_PRINTF(2, 3);
error_t sc_cli_integer(sc_cli *cli, int64_t *out, const char *option, const char *text,
                       int64_t minimum, int64_t maximum);
error_t sc_cli_number(sc_cli *cli, double *out, const char *option, const char *text,
                      double minimum, double maximum);
error_t sc_cli_size(sc_cli *cli, uint64_t *out, const char *option, const char *text); /* "512M" */
/* CONFIG where `word` is none of the `count` words; names the nearest, or all. */
socle_status sc_cli_word(sc_cli *cli, const char *option, const char *word,
                         const char *const *words, int count);
/* Whether the word behind it is its value; of an option whose value may be absent it is not. */
bool sc_cli_needs_value(const struct argp_option *option);
/* Calls `each` for every option that can be given, children's included; stops when it returns true.
 */
bool sc_cli_each_option(const struct argp *argp,
                        bool (*each)(void *user, const struct argp_option *option), void *user);
/* Option groups for `children` of a command's argp. */
extern const struct argp sc_cli_common_argp; /* -h -q -v --json */
extern const struct argp sc_cli_device_argp; /* -d --threads */

/* exit.c */
int sc_exit_code(socle_status status);

/* signals.c: from begin to end, SIGINT, SIGTERM, SIGHUP and SIGXCPU ask the run to stop; a second
 * SIGINT or SIGTERM ends the process. SIGUSR1 asks for a checkpoint, from prepare on. Those that
 * the process inherited as ignored stay ignored. */
void sc_signals_prepare(void);     /* before any driver is loaded */
void sc_signals_begin(void);       /* after the drivers were opened */
void sc_signals_look(void);        /* at each step: a driver may have replaced our handlers */
void sc_signals_end(void);         /* puts back the handlers that were found */
int sc_signal_seen(void);          /* the first that asked to stop; 0: none */
bool sc_signal_take_request(void); /* once for each time a checkpoint was asked for */

/* report.c: one JSON object per line. A number that is not finite is left out. */
json_t *sc_report(const char *name); /* {"event": name}; NULL name: {} */
void sc_report_number(json_t *event, const char *key, double value);
void sc_report_integer(json_t *event, const char *key, int64_t value);
void sc_report_text(json_t *event, const char *key, const char *text);
void sc_report_value(json_t *event, const char *key, json_t *value); /* takes the reference */
/* Lines such as "test accuracy 0.9", of what is a number. */
void sc_metrics_print(const char *what, const sc_net *net, const double *metric);
/* Loss and metrics of a network, each under its name behind a prefix: "val_loss". */
void sc_report_means(json_t *event, const char *prefix, const sc_net *net, double loss,
                     const double *metric);
void sc_report_print(sc_cli *cli, json_t *event); /* takes the reference; flushes */
json_t *sc_report_device(const sc_device_info *info);

/* table.c */
typedef struct sc_table_column {
    const char *title;
    bool right;
    /* On a terminal that is too narrow: the least width to which its texts are cut (0: never cut),
     * and, where cutting is not enough, when it is left out (1: first, 2: next, ...; 0: never). */
    int least, leaves;
} sc_table_column;
typedef struct sc_table sc_table;
socle_status sc_table_create(sc_table **out, sc_env *env, const sc_table_column *columns,
                             int count);
void sc_table_cell(sc_table *table, const char *format, ...) SC_PRINTF(2, 3); /* row by row;
                                                                                 remembers a failure
                                                                               */
socle_status sc_table_print(sc_table *table, FILE *stream);
void sc_table_destroy(sc_table *table); /* NULL is fine */
int sc_terminal_width(int descriptor);  /* columns; 80 where it is not known */
/* "1.5 GiB" */
typedef struct sc_bytes_text {
    char text[24];
} sc_bytes_text;
sc_bytes_text sc_bytes(uint64_t bytes);
/* "1,199,882" */
sc_bytes_text sc_grouped(int64_t value);

/* The commands, each in cmd_<name>.c. */
#define SC_COMMAND(name, word, brief)                                                              \
    extern const struct argp sc_##name##_argp;                                                     \
    socle_status sc_##name##_command(sc_cli *cli, int argc, char **argv);
#include "cli/command_list.def"
#undef SC_COMMAND

#endif
