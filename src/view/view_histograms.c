/* SPDX-License-Identifier: Apache-2.0 */
/* The weights of each layer as a histogram: whether they have moved, died or run away; and so the
 * gradient of the loss by them: whether it reaches the first layers. */
#include "plot/axis.h"
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>
#include <string.h>

enum { BINS = 40, STANDARD_COUNT = 6, SAMPLES = 256 };

typedef struct spread {
    double low, high, mean, deviation, zeros; /* zeros: a share */
    bool finite;
} spread;

static spread measure(const float *value, size_t count) {
    spread out = {.low = INFINITY, .high = -INFINITY, .finite = true};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        const double x = (double)value[i];
        out.finite &= isfinite(x) != 0;
        out.low = fmin(out.low, x);
        out.high = fmax(out.high, x);
        out.zeros += x == 0;
        sum += x;
    }
    out.mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)value[i] - out.mean) * ((double)value[i] - out.mean);
    out.deviation = sqrt(squares / (double)count);
    out.zeros /= (double)count;
    return out;
}

static void add_panel(sc_figure *figure, const sc_parameter *parameter, const float *value,
                      size_t count, const spread *spread, const char *what) {
    double edge[BINS + 1], number[BINS] = {0};
    char text[SC_TICK_TEXT];
    const double low = spread->low, width = spread->high > low ? spread->high - low : 1;
    for (int b = 0; b <= BINS; b++) edge[b] = low + width * b / BINS;
    for (size_t i = 0; i < count; i++) {
        int bin = (int)(((double)value[i] - low) / width * BINS);
        number[bin < BINS ? bin : BINS - 1]++;
    }
    sc_panel *panel = sc_figure_panel(figure, NULL, what, "weights");
    panel->title =
        sc_figure_word(figure, "%s: %s weights, mean %.3g, standard deviation %.3g, %.1f %% are 0",
                       parameter->name, sc_count_text(text, (int64_t)count), spread->mean,
                       spread->deviation, 100 * spread->zeros);
    panel->height = 0.3;
    panel->lines = 8;
    sc_panel_bars(panel, NULL, (sc_style){0}, BINS, edge, number);
}

/* value[p]: the numbers of parameter p, which are a `what` of each weight. */
static socle_status draw(sc_figure *figure, const sc_view_model *model, float *const *value,
                         const char *what) {
    const int64_t most = model->request->count ? model->request->count : STANDARD_COUNT;
    int64_t shown = 0, weights = 0;
    for (size_t p = 0; p < model->net->parameters; p++) {
        const sc_parameter *parameter = &model->net->parameter[p];
        if (parameter->role != SC_PARAMETER_WEIGHT) continue;
        weights++;
        if (shown == most) continue;
        const size_t count = (size_t)sc_tensor_elements(&parameter->desc);
        const spread spread = measure(value[p], count);
        if (!spread.finite)
            return sc_fail(model->env, SOCLE_STATUS_DIVERGED, "%s: a %s of %s is NaN or infinite",
                           model->path, what, parameter->name);
        add_panel(figure, parameter, value[p], count, &spread, what);
        shown++;
    }
    if (!weights)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG, "%s: this network has no weights",
                       model->path);
    if (shown < weights)
        sc_figure_note(figure, "the first %lld of %lld; --count %lld shows all", (long long)shown,
                       (long long)weights, (long long)weights);
    return SOCLE_OK;
}

socle_status sc_view_histograms(sc_figure *figure, const sc_view_request *request) {
    sc_view_model model;
    sc_view_name name;
    SC_TRY(sc_view_model_open(&model, request, 0));
    sc_view_names(&name, request);
    sc_figure_title(figure, "Weights of %s", name.text);
    socle_status status = draw(figure, &model, model.parameter, "weight");
    sc_view_model_close(&model);
    return status;
}

static socle_status draw_gradients(sc_figure *figure, const sc_view_model *model,
                                   const sc_dataset *part) {
    const size_t parameters = model->net->parameters;
    float **slope;
    sc_view_name name;
    SC_TRY(sc_allocate(model->env, &slope, parameters, sizeof *slope));
    socle_status status = SOCLE_OK;
    for (size_t p = 0; status == SOCLE_OK && p < parameters; p++)
        status =
            sc_allocate(model->env, &slope[p],
                        (size_t)sc_tensor_elements(&model->net->parameter[p].desc), sizeof(float));
    if (status == SOCLE_OK) status = sc_view_slopes(model, part, slope);
    if (status == SOCLE_OK) {
        sc_view_names(&name, model->request);
        sc_figure_title(figure, "Gradients of %s: of its mean loss over %lld samples of %s",
                        name.text, (long long)sc_dataset_count(part), sc_view_model_what(model));
        status = draw(figure, model, slope, "gradient");
    }
    for (size_t p = 0; p < parameters; p++) sc_release(model->env, slope[p]);
    sc_release(model->env, slope);
    return status;
}

socle_status sc_view_gradients(sc_figure *figure, const sc_view_request *request) {
    sc_view_model model;
    sc_dataset *part = NULL;
    SC_TRY(sc_view_model_open(&model, request, 0));
    socle_status status = sc_view_model_data(&model, true);
    if (status == SOCLE_OK) status = sc_view_model_part(&model, 0, SAMPLES, &part);
    if (status == SOCLE_OK) status = draw_gradients(figure, &model, part);
    sc_dataset_destroy(part);
    sc_view_model_close(&model);
    return status;
}
