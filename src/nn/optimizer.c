/* SPDX-License-Identifier: Apache-2.0 */
/* Optimizers as expressions over parameters, gradients and states. SGD with momentum as PyTorch
 * defines it (v = m v + g, w -= lr v); Adam: Kingma and Ba 2015, epsilon outside the corrected
 * root. The L2 coefficient adds to the gradient. */
#include "nn/layer.h"

#include <math.h>

/* g + decay * w */
static int decayed_gradient(sc_expr *expr, const int *input) {
    int decay =
        sc_expr_add_node(expr, SC_EXPR_MUL, input[SC_UPDATE_DECAY], input[SC_UPDATE_PARAMETER], 0);
    return sc_expr_add_node(expr, SC_EXPR_ADD, input[SC_UPDATE_GRADIENT], decay, 0);
}

/* w - rate_scale * lr * direction */
static int step_along(sc_expr *expr, const int *input, int direction) {
    int rate = sc_expr_add_node(expr, SC_EXPR_MUL, input[SC_UPDATE_RATE_SCALE],
                                sc_expr_leaf(expr, SC_EXPR_SCALAR, SC_SCALAR_LEARNING_RATE, 0), 0);
    int move = sc_expr_add_node(expr, SC_EXPR_MUL, rate, direction, 0);
    return sc_expr_add_node(expr, SC_EXPR_SUB, input[SC_UPDATE_PARAMETER], move, 0);
}

/* rate * old + (1 - rate) * now */
static int blend(sc_expr *expr, float rate, int old, int now) {
    int kept = sc_expr_add_node(expr, SC_EXPR_MUL, sc_expr_const(expr, rate), old, 0);
    int added = sc_expr_add_node(expr, SC_EXPR_MUL, sc_expr_const(expr, 1.0f - rate), now, 0);
    return sc_expr_add_node(expr, SC_EXPR_ADD, kept, added, 0);
}

enum { SGD_RATE, SGD_MOMENTUM };

/* Without momentum the velocity is the gradient itself: nothing is kept between steps. */
static bool sgd_remembers(const sc_optimizer *optimizer) {
    return optimizer->value[SGD_MOMENTUM] != 0.0f;
}

static void sgd_update(const sc_optimizer *optimizer, sc_expr *expr, const int *input,
                       int *parameter, int state[SC_OPTIMIZER_STATES]) {
    if (!sgd_remembers(optimizer)) {
        *parameter = step_along(expr, input, decayed_gradient(expr, input));
        return;
    }
    int momentum = sc_expr_const(expr, optimizer->value[SGD_MOMENTUM]);
    int kept = sc_expr_add_node(expr, SC_EXPR_MUL, momentum, input[SC_UPDATE_STATE_0], 0);
    state[0] = sc_expr_add_node(expr, SC_EXPR_ADD, kept, decayed_gradient(expr, input), 0);
    *parameter = step_along(expr, input, state[0]);
}

enum { ADAM_RATE, ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON };

static void adam_scalars(const sc_optimizer *optimizer, uint32_t step,
                         float scalar[SC_LAUNCH_SCALARS]) {
    double beta1 = (double)optimizer->value[ADAM_BETA1],
           beta2 = (double)optimizer->value[ADAM_BETA2];
    scalar[SC_SCALAR_OPTIMIZER_0] = (float)(1.0 / (1.0 - pow(beta1, step)));
    scalar[SC_SCALAR_OPTIMIZER_1] = (float)(1.0 / sqrt(1.0 - pow(beta2, step)));
}

static void adam_update(const sc_optimizer *optimizer, sc_expr *expr, const int *input,
                        int *parameter, int state[SC_OPTIMIZER_STATES]) {
    int gradient = decayed_gradient(expr, input);
    int square = sc_expr_add_node(expr, SC_EXPR_MUL, gradient, gradient, 0);
    state[0] = blend(expr, optimizer->value[ADAM_BETA1], input[SC_UPDATE_STATE_0], gradient);
    state[1] = blend(expr, optimizer->value[ADAM_BETA2], input[SC_UPDATE_STATE_1], square);
    int mean = sc_expr_add_node(expr, SC_EXPR_MUL, state[0],
                                sc_expr_leaf(expr, SC_EXPR_SCALAR, SC_SCALAR_OPTIMIZER_0, 0), 0);
    int root =
        sc_expr_add_node(expr, SC_EXPR_MUL, sc_expr_add_node(expr, SC_EXPR_SQRT, state[1], 0, 0),
                         sc_expr_leaf(expr, SC_EXPR_SCALAR, SC_SCALAR_OPTIMIZER_1, 0), 0);
    int denominator = sc_expr_add_node(expr, SC_EXPR_ADD, root,
                                       sc_expr_const(expr, optimizer->value[ADAM_EPSILON]), 0);
    *parameter = step_along(expr, input, sc_expr_add_node(expr, SC_EXPR_DIV, mean, denominator, 0));
}

#define AT(number) offsetof(sc_optimizer, value[number])
#define RATE(its_example)                                                                          \
    {                                                                                              \
        "lr", SC_OPTION_FLOAT, AT(0), "the learning rate", 0, 1e6,                                 \
            .shorthand = true, .example = its_example, .aliases = "learning_rate"                  \
    }

static const sc_option sgd_options[] = {
    RATE("0.1"),
    {"momentum", SC_OPTION_FLOAT, AT(SGD_MOMENTUM),
     "how much of the last step's direction each step keeps", 0, 0.9999, .example = "0.9"},
};

static const sc_optimizer_kind sgd = {
    .record = {.word = "sgd",
               .help = "stochastic gradient descent, with momentum as PyTorch defines it",
               .options = sgd_options,
               .count = sizeof sgd_options / sizeof sgd_options[0],
               .standard = &(const sc_optimizer){.kind = &sgd, .value = {0.01f, 0.0f}},
               .size = sizeof(sc_optimizer)},
    .states = 1,
    .state_name = {"momentum"},
    .remembers = sgd_remembers,
    .update = sgd_update,
};

static const sc_option adam_options[] = {
    RATE("0.003"),
    {"beta1", SC_OPTION_FLOAT, AT(ADAM_BETA1), "decay of the first moment", 0, 0.9999,
     .example = "0.8", .aliases = "beta_1"},
    {"beta2", SC_OPTION_FLOAT, AT(ADAM_BETA2), "decay of the second moment", 0, 0.999999,
     .example = "0.99", .aliases = "beta_2"},
    {"epsilon", SC_OPTION_FLOAT, AT(ADAM_EPSILON), "added to the root", 1e-30, 1,
     .example = "0.001", .aliases = "eps"},
};

/* epsilon > 0: where a gradient has always been zero, the moments are zero too, and 0 / 0 is no
 * update. */
static const sc_optimizer_kind adam = {
    .record = {.word = "adam",
               .help = "moments of first and second order (Kingma and Ba 2015)",
               .options = adam_options,
               .count = sizeof adam_options / sizeof adam_options[0],
               .standard =
                   &(const sc_optimizer){.kind = &adam, .value = {0.001f, 0.9f, 0.999f, 1e-8f}},
               .size = sizeof(sc_optimizer)},
    .states = 2,
    .state_name = {"first_moment", "second_moment"},
    .scalars = adam_scalars,
    .update = adam_update,
};

static const sc_record *const records[] = {&sgd.record, &adam.record, NULL};

const sc_family sc_optimizer_family = {
    .what = "optimizer",
    .example = "adam or {adam: {lr: 0.001}}",
    .help = "How weights move: `optimizer: adam`, `optimizer: {adam: 0.003}` (the learning rate) "
            "or `optimizer: {adam: {lr: 0.003, "
            "beta1: 0.8}}`.",
    .foreign = "adamw adamax nadam radam adagrad adadelta asgd rmsprop lbfgs lion lamb",
    .record = records,
};

const sc_optimizer_kind *sc_optimizer_find(const char *word) {
    const char *named;
    return (const sc_optimizer_kind *)(const void *)sc_family_find(&sc_optimizer_family, word,
                                                                   &named); /* its first member */
}

int sc_optimizer_states(const sc_optimizer *optimizer) {
    const sc_optimizer_kind *kind = optimizer->kind;
    return kind->remembers && !kind->remembers(optimizer) ? 0 : kind->states;
}

sc_optimizer sc_optimizer_default(const sc_optimizer_kind *kind) {
    sc_optimizer optimizer;
    sc_record_defaults(&optimizer, &kind->record);
    return optimizer;
}
