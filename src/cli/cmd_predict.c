/* SPDX-License-Identifier: Apache-2.0 */
/* `socle predict`: one line per sample: the class and its probability, or every output. Predictions
 * are printed batch by batch, so that a reader need not wait for the last. */
#include "cli/draws.h"
#include "cli/predict_settings.h"
#include "model/net_config.h"
#include "nn/layer.h"
#include "run/recipe_config.h"

typedef struct predict_job {
    const sc_predict_settings *settings;
    sc_net *net;
    sc_predict_input input;
    sc_prediction_form form;
    float *out; /* predictions of one micro-batch */
    int64_t printed;
    int64_t broken; /* samples with outputs that are not finite numbers */
    sc_draws draws; /* count 0: none */
} predict_job;

/* A pass ends once its output cannot be written; the tool reports that at its end. */
static socle_status print_rows(sc_engine *engine, int slot, int64_t rows, void *argument) {
    predict_job *job = argument;
    int64_t size = sc_engine_prediction_size(engine);
    const uint32_t first = (uint32_t)job->printed;
    SC_TRY(job->draws.count ? sc_draws_predict(&job->draws, engine, slot, rows, first, job->out)
                            : sc_engine_predict(engine, slot, rows, first, job->out));
    for (int64_t r = 0; r < rows; r++) {
        const float *row = job->out + r * size;
        if (job->draws.count) job->form.deviation = job->draws.deviation + r * size;
        job->broken += !sc_prediction_print(&job->form, job->printed++, row, size);
    }
    SC_TRY(job->form.status);
    return ferror(stdout) ? SOCLE_STATUS_INTERRUPTED : SOCLE_OK;
}

static socle_status print_all(predict_job *job, sc_engine *engine) {
    sc_env *env = sc_engine_device(engine)->env;
    sc_stage_source source = {.dataset = job->input.dataset};
    size_t size = (size_t)(sc_engine_capacity(engine) * sc_engine_prediction_size(engine));
    sc_order order;
    SC_TRY(
        sc_order_init(&order, env, NULL, (uint32_t)sc_dataset_count(job->input.dataset), 0, false));
    socle_status status = sc_allocate(env, &job->out, size, sizeof *job->out);
    if (status == SOCLE_OK && job->settings->draws)
        status = sc_draws_create(&job->draws, env, job->settings->draws, size);
    if (status == SOCLE_OK)
        sc_prediction_begin(&job->form, sc_dataset_count(job->input.dataset),
                            sc_engine_prediction_size(engine));
    if (status == SOCLE_OK)
        status =
            sc_stage_pass(engine, &source, &order, sc_engine_capacity(engine), print_rows, job);
    sc_release(env, job->out);
    if (job->draws.env) sc_draws_free(&job->draws);
    sc_order_free(&order);
    if (status == SOCLE_STATUS_INTERRUPTED && ferror(stdout)) return SOCLE_OK;
    SC_TRY(status);
    sc_prediction_end(&job->form);
    SC_TRY(job->form.status);
    return sc_predict_check_outputs(env, job->broken, sc_dataset_count(job->input.dataset));
}

/* Predictions that cannot differ say nothing of how sure the network is. */
static socle_status check_draws(const predict_job *predict, sc_cli *cli) {
    const sc_net *net = predict->net;
    bool draws = !predict->settings->draws;
    for (size_t l = 0; l < net->layers; l++) draws |= net->layer[l].kind->draws;
    return draws ? SOCLE_OK
                 : sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                           "--dropout-samples: this network has no dropout and no noise, so its "
                           "predictions are always the same");
}

static socle_status job(sc_device *device, void *argument) {
    predict_job *predict = argument;
    sc_engine *engine;
    SC_TRY(sc_model_run_engine(&engine, device, predict->net, &predict->settings->choice,
                               predict->input.dataset, predict->settings->batch,
                               predict->settings->logits, predict->settings->draws > 0));
    socle_status status = print_all(predict, engine);
    sc_engine_destroy(engine);
    return status;
}

static socle_status write_rows(void *argument, sc_prediction_form *form) {
    sc_worker *worker;
    SC_TRY(sc_cli_open_worker(form->cli, &worker, false));
    socle_status status = sc_worker_run(worker, job, argument, 0);
    sc_worker_destroy(worker);
    return status;
}

/* The network of a configuration comes behind the samples, which may have to say its input, unless
 * it says how rows of a table become samples. */
static socle_status load_with(predict_job *predict, sc_cli *cli, const sc_config *config) {
    const sc_predict_settings *settings = predict->settings;
    const sc_model_choice *choice = &settings->choice;
    sc_predict_input *input = &predict->input;
    bool first = !config || sc_recipe_prepares(config);
    if (first) SC_TRY(sc_model_choice_net_of(&predict->net, choice, config, NULL));
    SC_TRY(sc_predict_samples(input, settings, predict->net, choice->model));
    if (!first) SC_TRY(sc_model_choice_net_of(&predict->net, choice, config, input->dataset));
    if (settings->network) SC_TRY(sc_net_choose_result(predict->net, settings->network));
    SC_TRY(sc_predict_check_inputs(settings, predict->net));
    SC_TRY(check_draws(predict, cli));
    return sc_recipe_suits(&cli->env, predict->net, predict->input.dataset, false);
}

static socle_status load(predict_job *predict, sc_cli *cli) {
    sc_config *config;
    SC_TRY(sc_model_choice_config(&config, &predict->settings->choice));
    socle_status status = load_with(predict, cli, config);
    sc_config_destroy(config);
    return status;
}

socle_status sc_predict_command(sc_cli *cli, int argc, char **argv) {
    sc_predict_settings settings = {
        .cli = cli, .choice = {.cli = cli, .several = true}, .batch = SC_MODEL_RUN_BATCH};
    predict_job predict = {.settings = &settings};
    SC_TRY(sc_cli_parse(cli, &sc_predict_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_predict_settle(&settings));
    if (settings.choice.models > 1) return sc_predict_together(&settings);
    socle_status status = load(&predict, cli);
    if (status == SOCLE_OK) {
        predict.form = sc_predict_form(&settings, predict.net, &predict.input.preparation,
                                       &predict.input.folder);
        status = sc_predict_write(&settings, &predict.form, write_rows, &predict);
    }
    sc_predict_input_free(&predict.input);
    sc_net_destroy(predict.net);
    return status;
}
