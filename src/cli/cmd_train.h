/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `socle train` share: settings of the command line, and one run. */
#ifndef SC_CLI_CMD_TRAIN_H
#define SC_CLI_CMD_TRAIN_H

#include "cli/model_choice.h"
#include "cli/progress.h"
#include "cli/recipe_choice.h"
#include "run/run_directory.h"
#include "train/verdict.h"

typedef struct sc_train_settings {
    sc_cli *cli;
    sc_recipe_choice choice; /* no configuration: that of the run to resume */
    const char *output, *resume, *profile;
    uint64_t memory;
    sc_rename rename[SC_CLI_RENAMES]; /* for the file of train.init_from */
    int renames;
    const char *reproducible; /* a setting; NULL: none was given */
    bool overwrite;
    char epochs[64], batch[64], seed[64]; /* "train.epochs=3", or "" */
} sc_train_settings;

typedef struct sc_train_session {
    sc_cli *cli;
    const sc_train_settings *settings;
    const char *label; /* of the configuration */
    sc_recipe *recipe;
    sc_identity *identity;
    sc_progress_bar bar;
    uint64_t opened, began; /* when the command began, and the training; ns */
    sc_trainer *trainer;
    sc_trace *trace; /* NULL: none */
    sc_run_directory *directory;
    bool asked;          /* SIGUSR1 asks for a checkpoint that is not written yet */
    sc_directory *place; /* the directory; NULL: still to be made */
    bool silent;         /* nothing is shown, and the test data are left alone */
    int64_t pause; /* after so many epochs the run is left as it is, to go on later; 0: never */
    bool paused;
    sc_curve_point *curve; /* losses of the whole epochs of this invocation */
    size_t epochs, curve_capacity;
    sc_epoch_report last, best; /* epoch 0: none yet */
    double samples, seconds;    /* of the epochs of this invocation, training part alone */
    sc_evaluation test;
    bool tested;
} sc_train_session;

/* train_settings.c. What commands that make a run have in common: -o, --overwrite, --memory,
 * --reproducible and the short flags; a child whose input is a sc_train_settings. */
extern const struct argp sc_train_run_argp;
/* The short flags into the configuration. Errors: CONFIG. */
socle_status sc_train_apply_flags(sc_config *config, const sc_train_settings *settings);
/* The whole configuration of `socle train`. */
socle_status sc_train_load_config(sc_config **out, const sc_train_settings *settings);
/* A configuration that a checkpoint holds, with nothing over it, is the fault of that file: CONFIG
 * becomes DATA. */
socle_status sc_train_judge_config(const sc_train_settings *settings, socle_status status);
/* cmd_train.c: a whole run, of the configuration that `load` gives. `label`: of the run's name;
 * NULL: the configuration's. */
typedef socle_status (*sc_train_load)(sc_config **out, const void *user);
socle_status sc_train_run(const sc_train_settings *settings, const char *label, sc_train_load load,
                          const void *user);
/* train_session.c: takes the run's directory if it is there already. */
socle_status sc_train_claim(sc_train_session *session);
/* train_session.c: the run on these devices, from the trainer's making to its end. */
socle_status sc_train_on(sc_train_session *session, const sc_fleet_device *device, int count);
/* train_report.c: events and lines. */
/* Before kernels are built, which may take long. */
void sc_train_report_plan(sc_train_session *session, const sc_fleet_device *device, int count);
void sc_train_report_start(sc_train_session *session);
void sc_train_report_epoch(sc_train_session *session, const sc_epoch_report *report);
void sc_train_report_done(sc_train_session *session);
/* train_profile.c */
socle_status sc_train_profile_begin(sc_train_session *session);
socle_status sc_train_write_profile(sc_train_session *session, const char *path);

#endif
