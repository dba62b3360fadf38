/* SPDX-License-Identifier: Apache-2.0 */
/* What `socle predict` was asked for, and what one model and several have in common: their samples,
 * the form of their predictions, the file these go to. */
#ifndef SC_CLI_PREDICT_SETTINGS_H
#define SC_CLI_PREDICT_SETTINGS_H

#include "cli/predict_input.h"
#include "cli/prediction.h"

typedef struct sc_predict_settings {
    sc_cli *cli;
    sc_model_choice choice;
    const char *input;
    sc_input_file file[SC_NET_INPUTS];
    int files;
    const char *network, *output;
    bool all, logits, overwrite, formatted;
    sc_prediction_way way;
    sc_image_layout layout;
    int64_t batch, draws; /* draws 0: dropout is off, as ever */
} sc_predict_settings;

/* Makes the form of what is written out of the options and the ending of the file. Errors: CONFIG
 * (it has none of the endings; the file is there already). */
socle_status sc_predict_settle(sc_predict_settings *settings);
/* The samples as a network reads them, with its further inputs. `net`: NULL where the samples say
 * what it is like; `model` names it in messages. The caller frees *out, after an error too. */
socle_status sc_predict_samples(sc_predict_input *out, const sc_predict_settings *settings,
                                const sc_net *net, const char *model);
/* Errors: CONFIG (--inputs names one that the network does not have). */
socle_status sc_predict_check_inputs(const sc_predict_settings *settings, const sc_net *net);
/* How the result of a network is shown; `preparation` and `folder` have to outlive it. */
sc_prediction_form sc_predict_form(const sc_predict_settings *settings, const sc_net *net,
                                   const sc_preparation *preparation, const sc_folder *folder);
/* Predictions of `write`, to standard output or to the file, which appears whole or not at all. */
socle_status sc_predict_write(const sc_predict_settings *settings, sc_prediction_form *form,
                              socle_status (*write)(void *user, sc_prediction_form *form),
                              void *user);
/* `env`: of the thread that asks. Errors: DIVERGED (so many outputs were not finite numbers). */
socle_status sc_predict_check_outputs(sc_env *env, int64_t broken, int64_t samples);

/* predict_together.c: several models answer by the mean of what they predict. */
socle_status sc_predict_together(const sc_predict_settings *settings);

#endif
