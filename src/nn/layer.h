/* SPDX-License-Identifier: Apache-2.0 */
/* What a layer kind is: a record of options (base/option.h; configurations and model files are read
 * and written by it), and a build function. Adding a layer: one file layers_<family>.c with a
 * sc_layer_kind, one row in layer_list.c. */
#ifndef SC_NN_LAYER_H
#define SC_NN_LAYER_H

#include "base/option.h"
#include "nn/net.h"
#include "op/expr_parse.h"
#include "op/expr_step.h"

struct sc_layer_kind {
    sc_record record; /* its word and options, which lie in sc_layer_options; `from` says how many
                         inputs it takes */
    bool integers;    /* takes inputs of the network as the data have them; others take floats */
    bool looks_up;    /* takes rows of its only parameter, those that its input names */
    bool hands_on;    /* gives the numbers of its input, in another shape or as they are */
    bool draws;   /* what it gives while training is drawn, otherwise for each sample and step */
    bool source;  /* takes no input: makes its values itself */
    bool lengths; /* its last input, behind its sequences, may be how many steps each sample has
                     (sc_layer_lengths) */
    /* How often a sample uses the weights for one of its results, be it several of their rows once;
     * NULL: once. */
    int64_t (*uses)(const sc_layer *layer, const sc_tensor_desc *input);
    /* Multiply-adds of a sample; NULL: those of each weight for each of its results. */
    int64_t (*products)(const sc_net *net, const sc_layer *layer);
    /* Checks the input shapes, settles options left open (a pooling stride of 0, 0), declares
     * parameters (sc_layer_parameter). NULL: nothing to do. Messages leave the layer's name to the
     * caller. */
    socle_status (*declare)(sc_net *net, sc_layer *layer, const sc_tensor_desc *input);
    sc_value (*build)(sc_build *build, const sc_layer *layer, const sc_value *input);
};

/* layer_list.c: the records of all kinds, each the beginning of a sc_layer_kind; the words of
 * activations are kinds of their own. */
extern const sc_family sc_layer_family;
/* Kind and standard options for a word ("conv2d", "relu", which is an activation with its function
 * preset) or another system's word for the same; NULL when unknown. */
const sc_layer_kind *sc_layer_kind_find(const char *word, sc_layer_options *defaults);
const sc_layer_kind *sc_layer_kind_of(const sc_record *record);
/* "conv2d"; of an activation, its function: "relu". */
const char *sc_layer_word(const sc_layer_kind *kind, const sc_layer_options *options);

/* net_lengths.c: which of a layer's inputs gives the lengths of its last sequence: the last one, if
 * it is whole numbers straight from an input of the network, one per sample; -1: none does. */
int sc_layer_lengths(const sc_net *net, const sc_layer *layer);

/* What the table says of an activation, by its word, not by an alias; NULL: there is none. */
const sc_record *sc_activation_record(const char *word);

/* Initialisers (init.c): each describes a sc_initializer. */
extern const sc_family sc_initializer_family;
/* Whether values that are given are as many as the tensor has elements. Errors: CONFIG. */
socle_status sc_initializer_check(sc_env *env, const sc_initializer *init,
                                  const sc_tensor_desc *desc);

/* For declare(): appends a parameter "<layer>.<leaf>". */
socle_status sc_layer_parameter(sc_net *net, sc_layer *layer, const char *leaf,
                                sc_parameter_role role, int rank, const int64_t *dim,
                                sc_initializer init, int64_t fan_in, int64_t fan_out);

/* Losses (loss.c). A formula is of `prediction`, what the network gives, `target` and the options
 * of the loss. Where classes are compared with probabilities it is of each class, and a row has
 * their sum: of `log_probability`, `target` and `classes`, their number. */
struct sc_loss_kind {
    sc_record record;    /* its options lie in sc_loss_options */
    const char *applies; /* the activation that it applies to the outputs itself: "softmax"; NULL */
    const char *expects; /* the activation whose results it reads: "sigmoid"; NULL: any numbers */
    bool classes;        /* compares rows of scores with class numbers */
    bool shares;         /* compares rows of scores with probabilities of the classes */
    bool operation;      /* of class numbers, where all its values are 0: no formula */
    bool is_signed;      /* may be below 0 */
    bool settles;        /* moves nothing once every sample is right */
    const sc_loss_kind *soft; /* of class numbers: the same loss against probabilities; NULL */
    const char *formula;
    const char *second;  /* the formula's name for the second half of the outputs; NULL: all of them
                            are `prediction` */
    float least, most;   /* what targets may be; both 0: any finite number */
    const char *correct; /* 1 where a prediction is right, else 0; NULL: the loss has no accuracy */
    const char *shows;   /* of `prediction`: what predict shows; NULL: the prediction itself */
    const char *shows_second; /* of the second half: what predict shows there */
    const char *deviation;    /* of the second half: the deviation that it stands for; NULL: none */
    const sc_expr *expr;      /* of a user's formula, which a net has read; NULL: of the table */
};
/* What the options of losses are read into. */
struct sc_loss_options {
    const char *formula; /* expr: the user's text */
    const char *lengths; /* an input's name; NULL: every label counts */
    int ignored;         /* SC_NO_LABEL: none */
    sc_loss_settings settings;
};
extern const sc_family sc_loss_family; /* each record is the beginning of a sc_loss_kind */
const sc_loss_kind *sc_loss_find(const char *word);
/* The loss as it counts once and compares with the data; its output is open. NULL: the standard
 * options. What of `options` is no setting is left to the caller. */
sc_loss_term sc_loss_term_of(const sc_loss_kind *loss, const sc_loss_options *options);
bool sc_loss_counts_correct(const sc_loss_kind *loss); /* has an accuracy */

/* loss_build.c. Shape of one sample's target for an output shape; SHAPE when the output does not
 * fit the loss. */
socle_status sc_loss_target(sc_env *env, const sc_loss_kind *loss, const sc_tensor_desc *output,
                            sc_tensor_desc *target);
/* A loss row by row: one or several per sample (sc_build_class_loss), else the mean or sum over the
 * elements of each. `target` is not read where the term has a number in its place. */
sc_loss_rows sc_loss_build(sc_graph *graph, const sc_loss_term *term, sc_value output,
                           sc_value target);
/* A formula of `prediction` and `target`, floats: the mean over the elements of each sample. */
sc_value sc_loss_of_formula(sc_graph *graph, const char *formula, sc_value prediction,
                            sc_value target);
sc_value sc_loss_of_expr(sc_graph *graph, const sc_expr *expr, sc_value prediction,
                         sc_value target);
/* Of a loss against probabilities: 1 where the largest score is the largest target's, else 0; the
 * mean over the rows of each sample. */
sc_value sc_loss_right_shares(sc_graph *graph, const sc_loss_rows *rows);
/* Of a loss with a deviation: 1 where a target is at most `deviations` of it from its mean, else 0;
 * the mean over the elements of each sample. */
sc_value sc_loss_covered(sc_graph *graph, const sc_loss_term *term, const sc_loss_rows *rows,
                         double deviations);
/* What predict shows: softmax of logits, sigmoid, or the output itself. */
sc_value sc_loss_prediction(sc_graph *graph, const sc_loss_term *term, sc_value output);
/* The same of the part of an output that is compared with values. */
sc_value sc_loss_shown(sc_graph *graph, const sc_loss_term *term, sc_value prediction);

/* Optimizers (optimizer.c): an update is one formula over blocks of parameters. */
enum {
    SC_OPTIMIZER_OPTIONS = 6,
    SC_OPTIMIZER_STATES = 3,
    SC_STATE_NAME = 40,
    SC_OPTIMIZERS = 8, /* of one run, at most */
    SC_FROZEN = -1     /* in the place of an optimizer's number: nothing moves the parameter */
};
typedef struct sc_optimizer_kind sc_optimizer_kind;
typedef struct sc_optimizer {
    const sc_optimizer_kind *kind;
    float value[SC_OPTIMIZER_OPTIONS]; /* in the order of the kind's table; value[0] is the learning
                                          rate */
    const char *update;                /* in the place of the kind's own formula; borrowed */
} sc_optimizer;

/* Inputs of the update expression, in this order. Coefficients are per block of 32 parameters. */
enum {
    SC_UPDATE_PARAMETER,
    SC_UPDATE_GRADIENT /* already divided by the total weight */,
    SC_UPDATE_STATE_0,
    SC_UPDATE_STATE_1,
    SC_UPDATE_STATE_2,
    SC_UPDATE_RATE_SCALE,
    SC_UPDATE_DECAY,
    SC_UPDATE_SIDE, /* of 0 to which a weight with an L1 penalty is held: 1, -1, 0; NaN: none */
    SC_UPDATE_INPUTS
};
/* Launch scalars that updates may read. The rest is the commit's (src/engine/commit.h). */
enum {
    SC_SCALAR_LEARNING_RATE = 0,
    SC_SCALAR_INVERSE_SAMPLE_WEIGHT = 1,
    SC_SCALAR_GROUPS = 4 /* the others: terms of the step alone (op/expr_step.h) */
};

struct sc_optimizer_kind {
    sc_record record; /* its options lie in sc_optimizer; the first is the learning rate */
    /* Formulas in the names of optimizer.c. `plain` is the update where the option `plain_at` is 0;
     * NULL: there is none. */
    const char *update, *plain;
    int plain_at;
    /* Other systems' standard values, in the order of the options; NAN: ours, which are torch's.
     * NULL: all are. */
    const float *keras, *paper;
    const char *state_name[SC_OPTIMIZER_STATES]; /* in checkpoints: "momentum"; NULL: as in the
                                                    formula */
};
extern const sc_family sc_optimizer_family; /* each record is the beginning of a sc_optimizer_kind
                                             */
const sc_optimizer_kind *sc_optimizer_find(const char *word);
sc_optimizer sc_optimizer_default(const sc_optimizer_kind *kind);
/* The standard values of "torch", "keras" or "paper". */
sc_optimizer sc_optimizer_default_of(const sc_optimizer_kind *kind, const char *system);

/* optimizer_update.c: the formula, of the kind and its options or given. */
const char *sc_optimizer_text(const sc_optimizer *optimizer);
/* What an update's formula says. Checks a formula that is not of the table.
 * Errors: CONFIG with the column. */
socle_status sc_optimizer_check(sc_env *env, const sc_optimizer *optimizer);
int sc_optimizer_states(const sc_optimizer *optimizer); /* per parameter */
void sc_optimizer_state_name(char out[SC_STATE_NAME], const sc_optimizer *optimizer, int state);
/* What an update needs beside its expression. */
typedef struct sc_optimizer_terms {
    sc_step_terms step;   /* launch scalars: sc_optimizer_scalars */
    sc_formula_sums sums; /* further inputs, in their order */
} sc_optimizer_terms;
/* Adds the update to an expression: the nodes of the new parameter and the new states. Nodes that
 * nobody reads are left (sc_expr_prune). */
socle_status sc_optimizer_update(sc_env *env, const sc_optimizer *optimizer, sc_expr *expr,
                                 const int input[SC_UPDATE_INPUTS], int *parameter,
                                 int state[SC_OPTIMIZER_STATES], sc_optimizer_terms *terms);
/* Whether the update sums over tensors. */
bool sc_optimizer_has_sums(const sc_optimizer *optimizer);
/* The launch scalars of these terms at a step, from 1. */
void sc_optimizer_scalars(const sc_step_terms *terms, uint32_t step,
                          float scalar[SC_LAUNCH_SCALARS]);

#endif
