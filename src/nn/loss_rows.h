/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows of losses are written with; for loss.c and loss_values.c alone. */
#ifndef SC_NN_LOSS_ROWS_H
#define SC_NN_LOSS_ROWS_H

#include "nn/layer.h"

#define OPTIONS(array) .options = (array), .count = sizeof(array) / sizeof((array)[0])
#define NO_OPTIONS .count = 0
#define AT(field) offsetof(sc_loss_options, field)
/* The parts of a row that are the same in all; `...`: its settings. */
#define RECORD(its_word, its_aliases, its_options, its_help, ...)                                  \
    .record = {.word = its_word,                                                                   \
               .help = its_help,                                                                   \
               .aliases = its_aliases,                                                             \
               its_options,                                                                        \
               .size = sizeof(sc_loss_options),                                                    \
               .standard =                                                                         \
                   &(const sc_loss_options){.ignored = SC_NO_LABEL, .settings = {__VA_ARGS__}}}
/* The option of this place among the values; the first one may stand for all. */
#define NUMBER(place, its_key, its_least, its_most, its_example, its_help, its_aliases)            \
    {                                                                                              \
        its_key, SC_OPTION_FLOAT, AT(settings.value[place]), its_help, its_least, its_most,        \
            .shorthand = (place) == 0, .example = its_example, .aliases = its_aliases              \
    }

static const sc_word reductions[] = {
    {"mean", "their mean", NULL}, {"sum", "their sum", NULL}, {NULL, NULL, NULL}};
#define REDUCTION                                                                                  \
    {                                                                                              \
        "reduction", SC_OPTION_WORD, AT(settings.reduction),                                       \
            "what the elements of a sample come to; a step divides their sum over the samples by " \
            "the number of samples",                                                               \
            .words = reductions, .example = "sum"                                                  \
    }

#endif
