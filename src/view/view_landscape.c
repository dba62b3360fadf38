/* SPDX-License-Identifier: Apache-2.0 */
/* The loss around a network along two random directions of its weights, each as long in every
 * filter or unit as the weights there (Li et al., Visualizing the Loss Landscape of Neural Nets,
 * 2018). */
#include "base/rng.h"
#include "train/columns.h"
#include "train/fit.h"
#include "train/targets.h"
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>
#include <string.h>

enum { SIDE = 21, STANDARD_COUNT = 256, DIRECTIONS = 2, ROWS = 128 };
static const double reach = 1; /* directions are walked from -1 to 1 */
static const uint64_t seed = 1;

typedef struct landscape {
    const sc_view_model *model;
    const sc_dataset *dataset;
    float **direction[DIRECTIONS]; /* per parameter of role weight, else NULL */
    float **moved;                 /* the weights at a place */
    double *loss;                  /* SIDE x SIDE, rows from the top */
} landscape;

static size_t elements(const sc_parameter *parameter) {
    return (size_t)sc_tensor_elements(&parameter->desc);
}

/* Each row, that is a unit or filter, as long as the same row of the weights. */
static void match_rows(float *direction, const float *weight, size_t rows, size_t each) {
    for (size_t r = 0; r < rows; r++) {
        double own = 0, wanted = 0;
        for (size_t i = r * each; i < (r + 1) * each; i++) {
            own += (double)direction[i] * (double)direction[i];
            wanted += (double)weight[i] * (double)weight[i];
        }
        const double factor = own > 0 ? sqrt(wanted / own) : 0;
        for (size_t i = r * each; i < (r + 1) * each; i++)
            direction[i] = (float)(factor * (double)direction[i]);
    }
}

static socle_status draw_direction(landscape *land, int number) {
    const sc_view_model *model = land->model;
    const size_t parameters = model->net->parameters;
    SC_TRY(sc_allocate(model->env, &land->direction[number], parameters, sizeof(float *)));
    for (size_t p = 0; p < parameters; p++) {
        const sc_parameter *parameter = &model->net->parameter[p];
        const size_t count = elements(parameter), rows = (size_t)parameter->desc.dim[0];
        if (parameter->role != SC_PARAMETER_WEIGHT) continue;
        SC_TRY(sc_allocate(model->env, &land->direction[number][p], count, sizeof(float)));
        sc_rng_normal(land->direction[number][p], count, seed,
                      (uint32_t)(p * DIRECTIONS + (size_t)number), SC_RNG_INIT);
        match_rows(land->direction[number][p], model->parameter[p], rows, count / rows);
    }
    return SOCLE_OK;
}

static socle_status prepare(landscape *land) {
    const sc_view_model *model = land->model;
    for (int k = 0; k < DIRECTIONS; k++) SC_TRY(draw_direction(land, k));
    SC_TRY(sc_allocate(model->env, &land->moved, model->net->parameters, sizeof *land->moved));
    for (size_t p = 0; p < model->net->parameters; p++)
        if (land->direction[0][p])
            SC_TRY(sc_allocate(model->env, &land->moved[p], elements(&model->net->parameter[p]),
                               sizeof(float)));
    return sc_allocate(model->env, &land->loss, SIDE * SIDE, sizeof *land->loss);
}

static void release_arrays(const landscape *land, float **array) {
    for (size_t p = 0; array && p < land->model->net->parameters; p++)
        sc_release(land->model->env, array[p]);
    sc_release(land->model->env, array);
}

static double place_of(int step) {
    return reach * (2.0 * step / (SIDE - 1) - 1);
}

static socle_status move(const landscape *land, sc_engine *engine, double a, double b) {
    for (size_t p = 0; p < land->model->net->parameters; p++) {
        if (!land->moved[p]) continue;
        for (size_t i = 0; i < elements(&land->model->net->parameter[p]); i++)
            land->moved[p][i] = (float)((double)land->model->parameter[p][i] +
                                        a * (double)land->direction[0][p][i] +
                                        b * (double)land->direction[1][p][i]);
        SC_TRY(sc_engine_write(engine, (int)p, land->moved[p]));
    }
    return SOCLE_OK;
}

static socle_status walk(const landscape *land, sc_engine *engine, const char *target) {
    const sc_stage_source source = {.dataset = land->dataset, .target = target};
    sc_evaluation evaluation;
    for (size_t p = 0; p < land->model->net->parameters; p++)
        SC_TRY(sc_engine_write(engine, (int)p, land->model->parameter[p]));
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            SC_TRY(move(land, engine, place_of(column), place_of(SIDE - 1 - row)));
            SC_TRY(sc_evaluate(engine, &source, &evaluation));
            land->loss[row * SIDE + column] = evaluation.loss;
        }
    return SOCLE_OK;
}

static socle_status job(sc_device *device, void *argument) {
    const landscape *land = argument;
    const int64_t count = sc_dataset_count(land->dataset);
    sc_engine_options options = {.capacity = count < ROWS ? count : ROWS};
    const char *target;
    sc_engine *engine;
    SC_TRY(sc_targets_column(&target, device->env, land->dataset));
    SC_TRY(sc_columns_choose(&options, device->env, land->model->net, land->dataset, NULL));
    SC_TRY(sc_engine_create(&engine, device, land->model->net, &options));
    socle_status status = walk(land, engine, target);
    sc_engine_destroy(engine);
    return status;
}

/* Losses of very different sizes are told apart by their logarithms alone. */
static bool takes_logarithms(const landscape *land) {
    static const double much = 20;
    double least = INFINITY, most = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        if (!isfinite(land->loss[i])) continue;
        least = fmin(least, land->loss[i]);
        most = fmax(most, land->loss[i]);
    }
    return least > 0 && most > much * least;
}

static void draw(sc_figure *figure, const landscape *land) {
    const double half = reach / (SIDE - 1), origin = 0;
    const double here = land->loss[SIDE * (SIDE / 2) + SIDE / 2];
    const bool logarithms = takes_logarithms(land);
    sc_view_name name;
    int lower = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        lower += land->loss[i] < here;
        if (logarithms) land->loss[i] = log10(land->loss[i]);
    }
    const sc_grid grid = {.count = 1,
                          .rows = SIDE,
                          .columns = SIDE,
                          .channels = 1,
                          .value = land->loss,
                          .left = -reach - half,
                          .right = reach + half,
                          .bottom = -reach - half,
                          .top = reach + half,
                          .low = NAN,
                          .high = NAN,
                          .scale = logarithms ? "loss, as a power of 10" : "loss"};
    sc_view_names(&name, land->model->request);
    sc_figure_title(figure, "The loss around %s", name.text);
    sc_panel *panel =
        sc_figure_panel(figure, NULL, "along the first random direction", "along the second");
    panel->same_unit = true;
    panel->lines = 26;
    sc_panel_heat(panel, &grid);
    sc_panel_points(panel, "the network", (sc_style){.colour = 1, .symbol = 4}, 1, &origin, &origin,
                    NULL);
    sc_figure_note(figure,
                   "its loss over %lld samples of %s is %.4g; %d of the %d other places have a "
                   "smaller one; 1 along a direction is as long as the weights themselves",
                   (long long)sc_dataset_count(land->dataset), sc_view_model_what(land->model),
                   here, lower, SIDE * SIDE - 1);
}

static socle_status compute(sc_figure *figure, const sc_view_model *model,
                            const sc_dataset *dataset) {
    landscape land = {.model = model, .dataset = dataset};
    socle_status status = prepare(&land);
    if (status == SOCLE_OK) status = model->request->on_device(model->request->user, job, &land);
    if (status == SOCLE_OK) draw(figure, &land);
    for (int k = 0; k < DIRECTIONS; k++) release_arrays(&land, land.direction[k]);
    release_arrays(&land, land.moved);
    sc_release(model->env, land.loss);
    return status;
}

socle_status sc_view_landscape(sc_figure *figure, const sc_view_request *request) {
    sc_view_model model;
    sc_dataset *part = NULL;
    SC_TRY(sc_view_model_open(&model, request, 0));
    socle_status status = sc_view_model_data(&model, true);
    if (status == SOCLE_OK)
        status =
            sc_view_model_part(&model, 0, request->count ? request->count : STANDARD_COUNT, &part);
    if (status == SOCLE_OK) status = compute(figure, &model, part);
    sc_dataset_destroy(part);
    sc_view_model_close(&model);
    return status;
}
