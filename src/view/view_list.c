/* SPDX-License-Identifier: Apache-2.0 */
/* The table of figures. A new one is a row here and a function in a file of its own. */
#include "view/view_list.h"

#include <string.h>

enum { MOST_RUNS = 7 /* one colour each */, MOST_PATH = 64 };

#define MODEL "a run or model"
#define DATA "a run, or a model with --data"

static const sc_view_kind kinds[] = {
    {"curves", "loss and metrics over the epochs, of one run or of several", "runs", MOST_RUNS,
     SC_VIEW_LOG, sc_view_curves},
    {"confusion", "which classes are taken for which", DATA, 1, 0, sc_view_confusion},
    {"mistakes", "the worst mistakes as a gallery", DATA, 1, SC_VIEW_COUNT, sc_view_mistakes},
    {"roc", "receiver operating characteristic, precision over recall", DATA, 1, 0, sc_view_roc},
    {"calibration", "whether probabilities are right, with the expected error", DATA, 1, 0,
     sc_view_calibration},
    {"filters", "the filters of the first convolution, or of --layer", MODEL, 1,
     SC_VIEW_LAYER | SC_VIEW_COUNT, sc_view_filters},
    {"features", "what each layer makes of --sample", DATA, 1,
     SC_VIEW_LAYER | SC_VIEW_SAMPLE | SC_VIEW_COUNT, sc_view_features},
    {"saliency", "which pixels of --sample decide", DATA, 1, SC_VIEW_SAMPLE, sc_view_saliency},
    {"adversarial", "a picture, what misleads the network, and both together", DATA, 1,
     SC_VIEW_SAMPLE | SC_VIEW_EPSILON, sc_view_adversarial},
    {"excites", "pictures that excite most the units of the result, or --layer", DATA, 1,
     SC_VIEW_LAYER | SC_VIEW_COUNT, sc_view_excites},
    {"boundary", "what a network of two numbers answers where, with the data", DATA, 1,
     SC_VIEW_COUNT, sc_view_boundary},
    {"regions", "the line of each unit of its first layer, and how they combine", DATA, 1,
     SC_VIEW_COUNT, sc_view_regions},
    {"errors", "its data sized by their loss, with the number of errors", DATA, 1, SC_VIEW_COUNT,
     sc_view_errors},
    {"fit", "networks of one number as curves over their data", "runs, or models with --data",
     MOST_RUNS, SC_VIEW_COUNT, sc_view_fit},
    {"coefficients", "the weights of linear models over the strength of their penalty", "runs",
     MOST_PATH, 0, sc_view_coefficients},
    {"latent", "where the data lie in a layer of two units", DATA, 1, SC_VIEW_LAYER | SC_VIEW_COUNT,
     sc_view_latent},
    {"landscape", "the loss along two random directions of the weights", DATA, 1, SC_VIEW_COUNT,
     sc_view_landscape},
    {"gradients", "the gradient of the loss by the weights of each layer", DATA, 1, 0,
     sc_view_gradients},
    {"histograms", "the weights of each layer", MODEL, 1, SC_VIEW_COUNT, sc_view_histograms},
    {"network", "the layers, their shapes and parameters", MODEL, 1, 0, sc_view_network},
};

enum { COUNT = sizeof kinds / sizeof kinds[0] };

const sc_view_kind *sc_view_at(int number) {
    return number >= 0 && number < COUNT ? &kinds[number] : NULL;
}

const sc_view_kind *sc_view_find(const char *word) {
    for (int i = 0; i < COUNT; i++)
        if (strcmp(kinds[i].word, word) == 0) return &kinds[i];
    return NULL;
}

socle_status sc_view_draw(const sc_view_kind *kind, sc_figure *figure,
                          const sc_view_request *request) {
    if (request->runs > kind->most_runs)
        return sc_fail(request->env, SOCLE_STATUS_CONFIG,
                       "--what %s shows at most %d of them at once, not %d", kind->word,
                       kind->most_runs, request->runs);
    SC_TRY(kind->draw(figure, request));
    return figure->status;
}
