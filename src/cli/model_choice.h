/* SPDX-License-Identifier: Apache-2.0 */
/* Which model a command reads: a model file, or a configuration beside a file of weights that
 * another program wrote, with rules for its names. */
#ifndef SC_CLI_MODEL_CHOICE_H
#define SC_CLI_MODEL_CHOICE_H

#include "cli/cli.h"
#include "data/dataset.h"
#include "io/config.h"
#include "model/model.h"

enum { SC_CLI_RENAMES = 256, SC_CLI_MODELS = 16 };

typedef struct sc_model_choice {
    sc_cli *cli;
    const char *model, *config;       /* config NULL: the model file says its network */
    const char *every[SC_CLI_MODELS]; /* all that were named, `model` first */
    int models;
    bool several; /* more than one may be */
    sc_rename rule[SC_CLI_RENAMES];
    int rules;
} sc_model_choice;

/* -m, --config, --rename: a child whose input is a sc_model_choice. */
extern const struct argp sc_model_choice_argp;

/* "FROM=TO", cut in two where it stands. */
error_t sc_cli_rename(sc_cli *cli, sc_rename *rules, int *count, char *text);

/* The network, and that the file has its parameters. `samples` give the input where a configuration
 * names none; may be NULL. Errors: DATA for a file that is missing or does not fit, CONFIG. */
socle_status sc_model_choice_net(sc_net **out, const sc_model_choice *choice,
                                 const sc_dataset *samples);
/* In two steps, for who must know the configuration before there are samples: *out is NULL where
 * there is none, and then the network is the model file's. */
socle_status sc_model_choice_config(sc_config **out, const sc_model_choice *choice);
socle_status sc_model_choice_net_of(sc_net **out, const sc_model_choice *choice,
                                    const sc_config *config, const sc_dataset *samples);
/* Hands the parameters to `take`; `env`: of the calling thread. */
socle_status sc_model_choice_load(sc_env *env, const sc_model_choice *choice, const sc_net *net,
                                  sc_model_take take, void *user);

#endif
