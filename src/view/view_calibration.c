/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the network is as often right as it says: of answers with like probabilities the share
 * that is right (a reliability diagram: Guo et al., On Calibration of Modern Neural Networks,
 * 2017). The expected calibration error is the mean distance of both, by the number of answers. */
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>

enum { BINS = 10 };

typedef struct bins {
    double count[BINS], right[BINS], confidence[BINS]; /* sums */
} bins;

static void collect(bins *out, const sc_view_answers *answers) {
    for (int64_t i = 0; i < answers->count; i++) {
        const double share = (double)answers->share[i * answers->classes + (int)answers->answer[i]];
        int bin = (int)ceil(share * BINS) - 1; /* each bin has its upper end */
        bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
        out->count[bin]++;
        out->right[bin] += answers->answer[i] == answers->truth[i];
        out->confidence[bin] += share;
    }
}

static double expected_error(const bins *bins, double samples) {
    double sum = 0;
    for (int b = 0; b < BINS; b++)
        if (bins->count[b] > 0) sum += fabs(bins->right[b] - bins->confidence[b]);
    return sum / samples;
}

static void add_reliability(sc_figure *figure, const bins *bins) {
    static const double diagonal[] = {0, 1};
    double x[BINS], y[BINS];
    sc_panel *panel = sc_figure_panel(figure, NULL, "probability that the network says",
                                      "share of answers that are right");
    int count = 0;
    panel->x.low = panel->y.low = 0;
    panel->x.high = panel->y.high = 1;
    panel->height = 0.8;
    panel->lines = 20;
    for (int b = 0; b < BINS; b++) {
        if (!(bins->count[b] > 0)) continue;
        x[count] = bins->confidence[b] / bins->count[b];
        y[count++] = bins->right[b] / bins->count[b];
    }
    sc_panel_line(panel, "as it should be", (sc_style){.colour = SC_COLOUR_GREY, .dash = 1}, 2,
                  diagonal, diagonal);
    sc_panel_line(panel, "the network", (sc_style){0}, (size_t)count, x, y);
    sc_panel_points(panel, "the network", (sc_style){0}, (size_t)count, x, y, NULL);
}

/* Said only where it is more than chance would give: two standard errors of the share. */
static const char *judgement(double confidence, double right, double samples) {
    const double error = sqrt(right * (1 - right) / samples);
    if (fabs(confidence - right) <= 2 * error) return "as sure of itself as it may be";
    return confidence > right ? "too sure of itself" : "not sure enough of itself";
}

static socle_status make(sc_figure *figure, const sc_view_model *model,
                         const sc_view_answers *answers) {
    bins bins = {0};
    double edge[BINS + 1], right = 0, confidence = 0;
    const double samples = (double)answers->count;
    sc_view_name name;
    collect(&bins, answers);
    for (int b = 0; b <= BINS; b++) edge[b] = (double)b / BINS;
    for (int b = 0; b < BINS; b++) right += bins.right[b], confidence += bins.confidence[b];
    sc_view_names(&name, model->request);
    sc_figure_title(figure, "Calibration of %s on %s", name.text, sc_view_model_what(model));
    add_reliability(figure, &bins);
    sc_panel *panel = sc_figure_panel(figure, NULL, "probability that the network says", "answers");
    panel->height = 0.3;
    panel->lines = 8;
    sc_panel_bars(panel, NULL, (sc_style){0}, BINS, edge, bins.count);
    sc_figure_note(figure,
                   "expected calibration error %.4f (over %d bins)\nthe network says %.1f %% on "
                   "average, and %.1f %% are right: it is %s",
                   expected_error(&bins, samples), BINS, 100 * confidence / samples,
                   100 * right / samples,
                   judgement(confidence / samples, right / samples, samples));
    return SOCLE_OK;
}

socle_status sc_view_calibration(sc_figure *figure, const sc_view_request *request) {
    return sc_view_with_answers(figure, request, make);
}
