/* SPDX-License-Identifier: Apache-2.0 */
/* Optimizers: rows of formulas. An update reads, and gives new values to:
 *
 *   w      a parameter
 *   g      the gradient of the mean loss; where the formula does not read `decay`, decay * w is in
 *          it
 *   lr     the learning rate of this parameter
 *   decay  the L2 coefficient of this parameter
 *   step   the number of the step, from 1
 *
 * and the optimizer's options by their keys. A name that is read before it is given a value is a
 * state: it begins as 0 and keeps its value from step to step. */
#include "nn/layer.h"

#include <math.h>
#include <string.h>

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
    .record.use = "small problems and lectures; with momentum 0.9 and a good schedule also the "
                  "best for images",
};

static const sc_option nesterov_options[] = {
    RATE("0.1"),
    {"momentum", SC_OPTION_FLOAT, AT(1), "how much of the last step's direction each step keeps", 0,
     0.9999, .example = "0.8"},
};

static const sc_optimizer_kind nesterov = {
    .record = {.word = "nesterov",
               .help = "momentum that looks ahead (Sutskever et al. 2013), as PyTorch's SGD with "
                       "nesterov",
               .aliases = "nag",
               .options = nesterov_options,
               .count = sizeof nesterov_options / sizeof nesterov_options[0],
               .standard = &(const sc_optimizer){.kind = &nesterov, .value = {0.01f, 0.9f}},
               .size = sizeof(sc_optimizer)},
    .update = "v = momentum * v + g;"
              "w = w - lr * (g + momentum * v)",
    .state_name = {"momentum"},
    .record.use = "as sgd with momentum, a little steadier at large rates",
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
    .keras = (const float[SC_OPTIMIZER_OPTIONS]){NAN, NAN, NAN, 1e-7f, NAN, NAN},
    .update = "square = g * g;"
              "m = beta1 * m + (1 - beta1) * g;"
              "v = beta2 * v + (1 - beta2) * square;"
              "mean = m * (1 / (1 - beta1 ** step));"
              "root = sqrt(v) * (1 / sqrt(1 - beta2 ** step));"
              "move = mean / (root + epsilon);"
              "w = w - lr * move",
    .state_name = {"first_moment", "second_moment"},
    .record.use = "the first choice where nothing else is known, with rates of about 0.001",
};

static const sc_optimizer_kind adamw = {
    .record =
        {.word = "adamw",
         .help =
             "adam whose weight decay does not go through the moments (Loshchilov and Hutter 2019)",
         .options = adam_options,
         .count = sizeof adam_options / sizeof adam_options[0],
         .standard = &(const sc_optimizer){.kind = &adamw, .value = {0.001f, 0.9f, 0.999f, 1e-8f}},
         .size = sizeof(sc_optimizer)},
    .keras = (const float[SC_OPTIMIZER_OPTIONS]){NAN, NAN, NAN, 1e-7f, NAN, NAN},
    .update = "m = beta1 * m + (1 - beta1) * g;"
              "v = beta2 * v + (1 - beta2) * g ** 2;"
              "mean = m * (1 / (1 - beta1 ** step));"
              "root = sqrt(v) * (1 / sqrt(1 - beta2 ** step));"
              "w = w - lr * decay * w - lr * mean / (root + epsilon)",
    .state_name = {"first_moment", "second_moment"},
    .record.use = "as adam, where weights are to decay: transformers and other large networks",
};

/* The second moment never falls, so that rare large gradients are not forgotten. */
static const sc_optimizer_kind amsgrad = {
    .record = {.word = "amsgrad",
               .help = "adam by the largest second moment so far (Reddi et al. 2018)",
               .options = adam_options,
               .count = sizeof adam_options / sizeof adam_options[0],
               .standard =
                   &(const sc_optimizer){.kind = &amsgrad, .value = {0.001f, 0.9f, 0.999f, 1e-8f}},
               .size = sizeof(sc_optimizer)},
    .keras = (const float[SC_OPTIMIZER_OPTIONS]){NAN, NAN, NAN, 1e-7f, NAN, NAN},
    .update = "m = beta1 * m + (1 - beta1) * g;"
              "v = beta2 * v + (1 - beta2) * g ** 2;"
              "largest = max(largest, v);"
              "mean = m * (1 / (1 - beta1 ** step));"
              "root = sqrt(largest) * (1 / sqrt(1 - beta2 ** step));"
              "w = w - lr * mean / (root + epsilon)",
    .state_name = {"first_moment", "second_moment", "largest_second_moment"},
    .record.use = "where adam does not settle",
};

/* The greatest gradient so far in the place of the second moment. */
static const sc_optimizer_kind adamax = {
    .record = {.word = "adamax",
               .help = "adam by the largest gradient (Kingma and Ba 2015, algorithm 2)",
               .options = adam_options,
               .count = sizeof adam_options / sizeof adam_options[0],
               .standard =
                   &(const sc_optimizer){.kind = &adamax, .value = {0.002f, 0.9f, 0.999f, 1e-8f}},
               .size = sizeof(sc_optimizer)},
    .keras = (const float[SC_OPTIMIZER_OPTIONS]){0.001f, NAN, NAN, 1e-7f, NAN, NAN},
    .update = "m = beta1 * m + (1 - beta1) * g;"
              "u = max(beta2 * u, abs(g));"
              "w = w - lr * (m * (1 / (1 - beta1 ** step))) / (u + epsilon)",
    .state_name = {"first_moment", "largest_gradient"},
    .record.use = "where gradients are 0 for most weights most of the time, as in embeddings",
};

/* mu grows with the step, so the product of all of them is a state: of 1 - product, as states begin
 * as 0. */
static const sc_optimizer_kind nadam = {
    .record = {.word = "nadam",
               .help = "adam with Nesterov's momentum (Dozat 2016)",
               .options = adam_options,
               .count = sizeof adam_options / sizeof adam_options[0],
               .standard =
                   &(const sc_optimizer){.kind = &nadam, .value = {0.002f, 0.9f, 0.999f, 1e-8f}},
               .size = sizeof(sc_optimizer)},
    .keras = (const float[SC_OPTIMIZER_OPTIONS]){0.001f, NAN, NAN, 1e-7f, NAN, NAN},
    .update = "mu = beta1 * (1 - 0.5 * 0.96 ** (0.004 * step));"
              "next = beta1 * (1 - 0.5 * 0.96 ** (0.004 * (step + 1)));"
              "m = beta1 * m + (1 - beta1) * g;"
              "v = beta2 * v + (1 - beta2) * g ** 2;"
              "rest = 1 - (1 - rest) * mu;"
              "root = sqrt(v) * (1 / sqrt(1 - beta2 ** step)) + epsilon;"
              "w = w - lr * ((1 - mu) / rest * g + next / (1 - (1 - rest) * next) * m) / root",
    .state_name = {"first_moment", "second_moment", "rest_of_momentum"},
    .record.use = "as adam, often a little faster at first",
};

/* Layers move by a share of their own size. */
static const sc_optimizer_kind lamb = {
    .record = {.word = "lamb",
               .help = "adam by layers, for large batches (You et al. 2020)",
               .options = adam_options,
               .count = sizeof adam_options / sizeof adam_options[0],
               .standard =
                   &(const sc_optimizer){.kind = &lamb, .value = {0.001f, 0.9f, 0.999f, 1e-6f}},
               .size = sizeof(sc_optimizer)},
    .update = "m = beta1 * m + (1 - beta1) * g;"
              "v = beta2 * v + (1 - beta2) * g ** 2;"
              "mean = m * (1 / (1 - beta1 ** step));"
              "root = sqrt(v) * (1 / sqrt(1 - beta2 ** step));"
              "move = mean / (root + epsilon) + decay * w;"
              "trust = norm(w) / norm(move) if norm(w) > 0 and norm(move) > 0 else 1;"
              "w = w - lr * trust * move",
    .state_name = {"first_moment", "second_moment"},
    .record.use = "batches of thousands of samples",
};

static const sc_option lion_options[] = {
    RATE("0.0003"),
    {"beta1", SC_OPTION_FLOAT, AT(1), "how much of the last direction a step keeps", 0, 0.9999,
     .example = "0.95", .aliases = "beta_1"},
    {"beta2", SC_OPTION_FLOAT, AT(2), "decay of the moment", 0, 0.999999, .example = "0.98",
     .aliases = "beta_2"},
};

static const sc_optimizer_kind lion = {
    .record = {.word = "lion",
               .help = "steps of one size, by the sign of a moment (Chen et al. 2023)",
               .options = lion_options,
               .count = sizeof lion_options / sizeof lion_options[0],
               .standard = &(const sc_optimizer){.kind = &lion, .value = {0.0001f, 0.9f, 0.99f}},
               .size = sizeof(sc_optimizer)},
    .keras = (const float[SC_OPTIMIZER_OPTIONS]){0.001f, NAN, NAN, NAN, NAN, NAN},
    .update = "w = w - lr * (sign(beta1 * m + (1 - beta1) * g) + decay * w);"
              "m = beta2 * m + (1 - beta2) * g",
    .state_name = {"moment"},
    .record.use = "large networks, with a third to a tenth of adamw's rate: one state a weight",
};

static const sc_option rmsprop_options[] = {
    RATE("0.001"),
    {"alpha", SC_OPTION_FLOAT, AT(1), "decay of the second moment", 0, 0.999999, .example = "0.9"},
    {"epsilon", SC_OPTION_FLOAT, AT(2), "added to the root", 1e-30, 1, .example = "0.001",
     .aliases = "eps"},
    {"momentum", SC_OPTION_FLOAT, AT(3), "how much of the last step's direction each step keeps", 0,
     0.9999, .example = "0.9"},
    {"inside", SC_OPTION_FLOAT, AT(4), "added under the root, as Keras has its epsilon", 0, 1,
     .example = "0.0000001", .aliases = "epsilon_inside"},
};

static const sc_optimizer_kind rmsprop = {
    .record = {.word = "rmsprop",
               .help = "gradients over their root mean square (Tieleman and Hinton 2012)",
               .options = rmsprop_options,
               .count = sizeof rmsprop_options / sizeof rmsprop_options[0],
               .standard =
                   &(const sc_optimizer){.kind = &rmsprop, .value = {0.01f, 0.99f, 1e-8f, 0.0f}},
               .size = sizeof(sc_optimizer)},
    .keras = (const float[SC_OPTIMIZER_OPTIONS]){0.001f, 0.9f, 1e-30f, NAN, 1e-7f, NAN},
    .paper = (const float[SC_OPTIMIZER_OPTIONS]){0.001f, 0.9f, NAN, NAN, NAN, NAN},
    .update = "v = alpha * v + (1 - alpha) * g ** 2;"
              "b = momentum * b + g / (sqrt(v + inside) + epsilon);"
              "w = w - lr * b",
    .plain = "v = alpha * v + (1 - alpha) * g ** 2;"
             "w = w - lr * g / (sqrt(v + inside) + epsilon)",
    .plain_at = 3,
    .state_name = {"second_moment", "momentum"},
    .record.use = "recurrent networks, and rates that should not depend on the size of gradients",
};

static const sc_option adagrad_options[] = {
    RATE("0.1"),
    {"epsilon", SC_OPTION_FLOAT, AT(1), "added to the root", 1e-30, 1, .example = "0.001",
     .aliases = "eps"},
    {"start", SC_OPTION_FLOAT, AT(2), "what the sum of squares begins with", 0, 1e6,
     .example = "0.1", .aliases = "initial_accumulator_value"},
    {"inside", SC_OPTION_FLOAT, AT(3), "added under the root, as Keras has its epsilon", 0, 1,
     .example = "0.0000001", .aliases = "epsilon_inside"},
};

static const sc_optimizer_kind adagrad = {
    .record = {.word = "adagrad",
               .help = "gradients over the root of the sum of all squares (Duchi et al. 2011)",
               .options = adagrad_options,
               .count = sizeof adagrad_options / sizeof adagrad_options[0],
               .standard = &(const sc_optimizer){.kind = &adagrad, .value = {0.01f, 1e-10f}},
               .size = sizeof(sc_optimizer)},
    .keras = (const float[SC_OPTIMIZER_OPTIONS]){0.001f, 1e-30f, 0.1f, 1e-7f, NAN, NAN},
    .update = "squares = squares + g ** 2;"
              "w = w - lr * g / (sqrt(squares + (start + inside)) + epsilon)",
    .record.use = "features that are seldom there; the steps become ever smaller",
};

static const sc_option adadelta_options[] = {
    RATE("0.5"),
    {"rho", SC_OPTION_FLOAT, AT(1), "decay of both averages", 0, 0.999999, .example = "0.95"},
    {"epsilon", SC_OPTION_FLOAT, AT(2), "added to both averages", 1e-30, 1, .example = "0.001",
     .aliases = "eps"},
};

static const sc_optimizer_kind adadelta = {
    .record = {.word = "adadelta",
               .help =
                   "steps of the size of earlier ones, over gradients by their root mean square "
                   "(Zeiler 2012)",
               .options = adadelta_options,
               .count = sizeof adadelta_options / sizeof adadelta_options[0],
               .standard = &(const sc_optimizer){.kind = &adadelta, .value = {1.0f, 0.9f, 1e-6f}},
               .size = sizeof(sc_optimizer)},
    .keras = (const float[SC_OPTIMIZER_OPTIONS]){0.001f, 0.95f, 1e-7f, NAN, NAN, NAN},
    .paper = (const float[SC_OPTIMIZER_OPTIONS]){NAN, 0.95f, NAN, NAN, NAN, NAN},
    .update = "v = rho * v + (1 - rho) * g ** 2;"
              "move = sqrt(moves + epsilon) / sqrt(v + epsilon) * g;"
              "moves = rho * moves + (1 - rho) * move ** 2;"
              "w = w - lr * move",
    .state_name = {"second_moment", "second_moment_of_moves"},
    .record.use = "where no rate is to be chosen",
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
    .record.use = "an update that is not among these",
    .record.source = "the formula is yours",
    .record.formula = "the formula",
};

static const sc_record *const records[] = {
    &sgd.record,     &nesterov.record, &adam.record, &adamw.record, &amsgrad.record,
    &adamax.record,  &nadam.record,    &lamb.record, &lion.record,  &rmsprop.record,
    &adagrad.record, &adadelta.record, &expr.record, NULL};

static const sc_word systems[] = {
    {"torch", "PyTorch's", "pytorch"},
    {"keras",
     "those of Keras 3: epsilon 1e-7, of rmsprop and adagrad under the root, whose sum "
     "begins with 0.1 in adagrad",
     "tensorflow tf"},
    {"paper", "those of the publication, where it has some", "original"},
    {0}};
static const sc_option common_options[] = {
    {"defaults", SC_OPTION_WORD, SC_OPTION_ELSEWHERE, "whose standard values the others have",
     .standard = "torch", .words = systems, .example = "keras"},
};
static const sc_record common = {
    .help = "What every optimizer has.", .options = common_options, .count = 1};

sc_optimizer sc_optimizer_default_of(const sc_optimizer_kind *kind, const char *system) {
    sc_optimizer out = sc_optimizer_default(kind);
    const sc_word *word = sc_option_word(&common_options[0], system);
    const float *other = !word                              ? NULL
                         : strcmp(word->word, "keras") == 0 ? kind->keras
                         : strcmp(word->word, "paper") == 0 ? kind->paper
                                                            : NULL;
    for (int i = 0; other && i < SC_OPTIMIZER_OPTIONS; i++)
        if (!isnan(other[i])) out.value[i] = other[i];
    return out;
}

const sc_family sc_optimizer_family = {
    .what = "optimizer",
    .example = "adam or {adam: {lr: 0.001}}",
    .help = "How weights move: `optimizer: adam`, `optimizer: {adam: 0.003}` (the learning rate) "
            "or `optimizer: {adam: {lr: 0.003, "
            "beta1: 0.8}}`.",
    .foreign = "radam asgd lbfgs rprop ftrl",
    .record = records,
    .common = &common,
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
