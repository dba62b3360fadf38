/* SPDX-License-Identifier: Apache-2.0 */
/* The model of a run with what figures compute of it: weights in host memory, data, predictions. */
#ifndef SC_VIEW_VIEW_MODEL_H
#define SC_VIEW_VIEW_MODEL_H

#include "data/preparation.h"
#include "io/config.h"
#include "io/quote.h"
#include "nn/layer.h"
#include "nn/scoring.h"
#include "view/view.h"

typedef struct sc_view_model {
    const sc_view_request *request;
    sc_env *env;
    const char *run; /* as it was named */
    char *path;      /* of the model file */
    sc_net *net;
    float **parameter;          /* one array per parameter of the net */
    sc_preparation preparation; /* of rows of a table; zeroed where there is none */
    sc_config *config;          /* this and the next two: once sc_view_model_data was called */
    sc_dataset *dataset;
    const char *part; /* of the data: "test", "train" */
} sc_view_model;

/* A directory of a run, or a model file. Errors: DATA. */
socle_status sc_view_model_open(sc_view_model *out, const sc_view_request *request, int run);
void sc_view_model_close(sc_view_model *model); /* a zeroed one is fine */
/* Loads the data: of --data, else of the run's own configuration; which suit the network.
 * `targets`: with labels or targets that it can be judged by. Errors: CONFIG, DATA. */
socle_status sc_view_model_data(sc_view_model *model, bool targets);
/* "the test data", for titles. */
const char *sc_view_model_what(const sc_view_model *model);

/* What the network gives at `node` (as predictions show it where that is its result) for every
 * sample of a data set: *out is count rows of *size floats, released with sc_release. */
socle_status sc_view_model_outputs(const sc_view_model *model, int node, const sc_dataset *dataset,
                                   float **out, int64_t *size);
/* A data set of `count` samples of the model's data from number `first` on, or of as many as there
 * are; the data must outlive it. Errors: CONFIG (there is no such sample). */
socle_status sc_view_model_part(const sc_view_model *model, int64_t first, int64_t count,
                                sc_dataset **out);
/* How class `number` is called: by its name, where the model knows it. */
typedef struct sc_view_class {
    char text[SC_QUOTED];
} sc_view_class;
sc_view_class sc_view_class_name(const sc_view_model *model, int64_t number);
/* Number `number` of what the network reads: its column's name, and how the column's own values
 * follow from what the network sees: centre + scale * x. */
typedef struct sc_view_input {
    char name[96];
    double centre, scale;
} sc_view_input;
sc_view_input sc_view_input_of(const sc_view_model *model, int number);
sc_view_input sc_view_target_of(const sc_view_model *model); /* the first target */
/* Whether a value of the net is a picture, [1 or 3, H, W] of a sample. */
bool sc_view_is_picture(const sc_tensor_desc *desc);
/* The number of the input that is a picture; -1: none. */
int sc_view_picture_input(const sc_net *net);

/* The column of the model's data that is pictures; NULL: none. */
const sc_column *sc_view_pictures(const sc_view_model *model);
/* A grid for `count` pictures of a column's shape: bytes in 0..255, others as they are. */
sc_grid sc_view_picture_grid(const sc_column *column, const double *value, int count);

/* view_gradient.c: how much the sum over c of seed[c] * output[c] changes with each element of
 * input `input` (numbers as the data have them), for a sample. The network is as in an evaluation,
 * its output as it is before a loss's softmax or sigmoid. `gradient`: as many elements as the
 * input. */
socle_status sc_view_input_gradient(const sc_view_model *model, const sc_dataset *sample, int input,
                                    const float *seed, float *gradient);
/* The same of what a node gives, at a place of the caller's that is moved along the gradient. */
typedef struct sc_view_ascent {
    int node, input;
    const float *seed;
    float *x;           /* the input; moved */
    int steps;          /* 0: the gradient alone */
    double length;      /* of a step */
    double least, most; /* of an element of x */
} sc_view_ascent;
/* `sample` gives the other inputs; `gradient` is the last one. */
socle_status sc_view_ascend(const sc_view_model *model, const sc_dataset *sample,
                            const sc_view_ascent *ascent, float *gradient);
/* view_slopes.c: the gradient of the mean loss over a data set by every trained parameter, out[p];
 * those of statistics are not touched. Errors: CONFIG (the network has other losses than one of its
 * result). */
socle_status sc_view_slopes(const sc_view_model *model, const sc_dataset *dataset, float **out);

/* view_units.c: a panel of every unit and weight, where the network is a chain of a few small dense
 * layers; else nothing. */
void sc_view_add_units(sc_figure *figure, const sc_view_model *model);

/* view_answers.c: right answers beside the network's, where it tells classes apart, one label per
 * sample. */
typedef struct sc_view_answers {
    sc_env *env;
    int64_t count, classes;
    int64_t *sample;       /* their numbers: those whose label counts */
    float *truth, *answer; /* classes, as nn/scoring.h has them */
    float *share;          /* count rows of `classes` probabilities */
} sc_view_answers;
/* Errors: CONFIG (the network tells no classes apart), DIVERGED (an output is not finite). */
socle_status sc_view_answers_of(sc_view_answers *out, const sc_view_model *model);
void sc_view_answers_free(sc_view_answers *answers); /* a zeroed one is fine */
/* The same rows for nn/scoring.h; borrowed. */
sc_scored sc_view_scored(const sc_view_answers *answers);
/* Opens the request's model with its data, and hands it to `make` with its answers. */
typedef socle_status (*sc_view_make)(sc_figure *figure, const sc_view_model *model,
                                     const sc_view_answers *answers);
socle_status sc_view_with_answers(sc_figure *figure, const sc_view_request *request,
                                  sc_view_make make);

#endif
