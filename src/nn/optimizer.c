/* SPDX-License-Identifier: Apache-2.0 */
/* Optimizers: rows of formulas. An update reads, and gives new values to:
 *
 *   w      a parameter
 *   g      the gradient of the mean loss. Where the formula does not read `decay`, it has decay * w
 * in it lr     the learning rate of this parameter decay  the L2 coefficient of this parameter step
 * the number of the step, from 1
 *
 * and the optimizer's options by their keys. A name that is read before it is given a value is a
 * state: it begins as 0 and keeps its value from step to step. */
#include "nn/layer.h"

#define AT(number) offsetof(sc_optimizer, value[number])
#define RATE(its_example)                                                                          \
    {                                                                                              \
        "lr", SC_OPTION_FLOAT, AT(0), "the learning rate", 0, 1e6,                                 \
            .shorthand = true, .example = its_example, .aliases = "learning_rate"                  \
    }

static const sc_option sgd_options[] = {
    RATE("0.1"),
    {"momentum", SC_OPTION_FLOAT, AT(1), "how much of the last step's direction each step keeps", 0,
     0.9999, .example = "0.9"},
};

/* Momentum as PyTorch defines it: Sutskever et al. 2013 with the rate outside the velocity. */
static const sc_optimizer_kind sgd = {
    .record = {.word = "sgd",
               .help = "stochastic gradient descent, with momentum as PyTorch defines it "
                       "(Sutskever et al. 2013)",
               .options = sgd_options,
               .count = sizeof sgd_options / sizeof sgd_options[0],
               .standard = &(const sc_optimizer){.kind = &sgd, .value = {0.01f, 0.0f}},
               .size = sizeof(sc_optimizer)},
    .update = "v = momentum * v + g;"
              "w = w - lr * v",
    .plain = "w = w - lr * g",
    .plain_at = 1,
    .state_name = {"momentum"},
};

static const sc_option adam_options[] = {
    RATE("0.003"),
    {"beta1", SC_OPTION_FLOAT, AT(1), "decay of the first moment", 0, 0.9999, .example = "0.8",
     .aliases = "beta_1"},
    {"beta2", SC_OPTION_FLOAT, AT(2), "decay of the second moment", 0, 0.999999, .example = "0.99",
     .aliases = "beta_2"},
    {"epsilon", SC_OPTION_FLOAT, AT(3), "added to the root", 1e-30, 1, .example = "0.001",
     .aliases = "eps"},
};

/* epsilon > 0: where a gradient has always been zero, the moments are zero too, and 0 / 0 is no
 * update. */
static const sc_optimizer_kind adam = {
    .record = {.word = "adam",
               .help = "moments of first and second order (Kingma and Ba 2015, algorithm 1)",
               .options = adam_options,
               .count = sizeof adam_options / sizeof adam_options[0],
               .standard =
                   &(const sc_optimizer){.kind = &adam, .value = {0.001f, 0.9f, 0.999f, 1e-8f}},
               .size = sizeof(sc_optimizer)},
    .update = "square = g * g;"
              "m = beta1 * m + (1 - beta1) * g;"
              "v = beta2 * v + (1 - beta2) * square;"
              "mean = m * (1 / (1 - beta1 ** step));"
              "root = sqrt(v) * (1 / sqrt(1 - beta2 ** step));"
              "move = mean / (root + epsilon);"
              "w = w - lr * move",
    .state_name = {"first_moment", "second_moment"},
};

static const sc_option expr_options[] = {
    {"lr", SC_OPTION_FLOAT, AT(0), "the learning rate", 0, 1e6, .example = "0.01",
     .aliases = "learning_rate"},
    {"update", SC_OPTION_TEXT, offsetof(sc_optimizer, update),
     "a formula whose statements give w, a weight, a new value: of g, its gradient, lr, decay, "
     "step and names of its own",
     .required = true, .shorthand = true, .example = "v = 0.9 * v + g; w = w - lr * v"},
};

/* The user's own: sc_optimizer.update. */
static const sc_optimizer_kind expr = {
    .record = {.word = "expr",
               .help = "a formula of your own",
               .options = expr_options,
               .count = sizeof expr_options / sizeof expr_options[0],
               .standard = &(const sc_optimizer){.kind = &expr, .value = {0.001f}},
               .size = sizeof(sc_optimizer)},
};

static const sc_record *const records[] = {&sgd.record, &adam.record, &expr.record, NULL};

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

sc_optimizer sc_optimizer_default(const sc_optimizer_kind *kind) {
    sc_optimizer optimizer;
    sc_record_defaults(&optimizer, &kind->record);
    return optimizer;
}
