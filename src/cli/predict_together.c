/* SPDX-License-Identifier: Apache-2.0 */
/* `socle predict` with several models: see ensemble.h. */
#include "cli/ensemble.h"
#include "cli/predict_settings.h"
#include "model/net_config.h"
#include "run/recipe_config.h"

#include <string.h>

static socle_status read_member(sc_member *member, const sc_predict_settings *settings) {
    sc_predict_input input;
    socle_status status = sc_predict_samples(&input, settings, member->net, member->path);
    if (status == SOCLE_OK) {
        member->dataset = input.dataset;
        member->folder = input.folder;
        input.dataset = NULL;
        input.folder = (sc_folder){0};
    }
    sc_predict_input_free(&input);
    return status;
}

/* The samples as each model reads them. */
static socle_status load_members(sc_ensemble *ensemble, const sc_predict_settings *settings) {
    sc_env *env = &ensemble->cli->env;
    for (int m = 0; m < ensemble->models; m++) {
        sc_member *member = &ensemble->member[m];
        if (settings->network) SC_TRY(sc_net_choose_result(member->net, settings->network));
        SC_TRY(read_member(member, settings));
        SC_TRY(sc_predict_check_inputs(settings, member->net));
        SC_TRY(sc_recipe_suits(env, member->net, member->dataset, false));
    }
    return SOCLE_OK;
}

static socle_status write_means(void *argument, sc_prediction_form *form) {
    const sc_ensemble *ensemble = argument;
    int64_t broken = 0;
    sc_prediction_begin(form, ensemble->samples, ensemble->size);
    for (int64_t i = 0; i < ensemble->samples && !ferror(stdout); i++) {
        form->deviation = ensemble->deviation + i * ensemble->size;
        broken +=
            !sc_prediction_print(form, i, ensemble->mean + i * ensemble->size, ensemble->size);
    }
    sc_prediction_end(form);
    SC_TRY(form->status);
    return sc_predict_check_outputs(&ensemble->cli->env, broken, ensemble->samples);
}

static socle_status answer(sc_ensemble *ensemble, const sc_predict_settings *settings) {
    const sc_member *first = &ensemble->member[0];
    sc_prediction_form form;
    sc_worker *worker;
    SC_TRY(sc_ensemble_open(ensemble, settings->cli, &settings->choice));
    SC_TRY(load_members(ensemble, settings));
    SC_TRY(sc_cli_open_worker(settings->cli, &worker, false));
    socle_status status = sc_worker_run(worker, sc_ensemble_predict, ensemble, 0);
    sc_worker_destroy(worker);
    SC_TRY(status);
    form = sc_predict_form(settings, first->net, &first->preparation, &first->folder);
    form.draws = true;
    return sc_predict_write(settings, &form, write_means, ensemble);
}

socle_status sc_predict_together(const sc_predict_settings *settings) {
    sc_cli *cli = settings->cli;
    sc_ensemble *ensemble;
    if (settings->draws)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--dropout-samples: is of one model; several deviate by themselves");
    if (strcmp(settings->input, "-") == 0)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--input -: several models read their samples from a file");
    SC_TRY(sc_allocate(&cli->env, &ensemble, 1, sizeof *ensemble));
    ensemble->batch = settings->batch;
    ensemble->logits = settings->logits;
    socle_status status = answer(ensemble, settings);
    sc_ensemble_close(ensemble);
    sc_release(&cli->env, ensemble);
    return status;
}
