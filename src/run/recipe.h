/* SPDX-License-Identifier: Apache-2.0 */
/* A recipe: what a whole configuration says, ready to run: data sets, network, options of the
 * training loop. Reading goes in three steps, so that what is wrong is found in the order in which
 * it is cheap to look for: keys and values (CONFIG), data files (DATA), the network over them
 * (CONFIG or SHAPE). It knows files and networks, no device. */
#ifndef SC_RUN_RECIPE_H
#define SC_RUN_RECIPE_H

#include "io/record.h"
#include "model/model.h"
#include "train/fit.h"

/* When a run saves its state, beside its beginning and its end, and how many states stay. */
typedef struct sc_checkpoint_schedule {
    int64_t steps;        /* after every so many steps; 0: not by steps */
    double minutes;       /* so long after the last one; 0: not by time */
    double epoch_seconds; /* at the end of an epoch, if the last one is at least so old */
    int64_t keep;         /* files that stay, the newest among them */
} sc_checkpoint_schedule;

typedef struct sc_recipe {
    sc_env *env;
    const sc_config *config;
    sc_fit_options fit; /* callbacks are the caller's to set */
    sc_checkpoint_schedule checkpoint;
    sc_dataset *train, *test; /* test: NULL where the configuration names none */
    sc_net *net;
    sc_parameter_group *group; /* of fit, as many as it says */
    const char *reproducible;  /* the word of fit.reproducible and fit.plan.portable */
    const char *precision;     /* the word of fit.precision; NULL: f32 */
    const char *sampling;      /* a word; NULL: as fit.shuffle says */
    int64_t window;            /* that of fit */
    const char *flip; /* the word that fit.augment.flip_horizontal stands for; NULL: none */
    char *init_file;  /* weights to begin with; NULL: from the seed */
    sc_model_mapping init;
    bool init_preparation; /* rows of a table become samples as that file says */
    sc_rename *rename;     /* the rules of init */
    size_t rename_capacity;
} sc_recipe;

/* Checks every key, reads optimizer and training options. `env` is the configuration's; `config`
 * must outlive the recipe. On failure nothing is left to free. */
socle_status sc_recipe_read(sc_recipe *out, sc_env *env, const sc_config *config);
/* Loads data.train and data.test. What is missing or unreadable is DATA. */
socle_status sc_recipe_load(sc_recipe *recipe);
/* Builds the network on the shape of the training data, with its loss, and checks that the data
 * suit it. */
socle_status sc_recipe_build(sc_recipe *recipe);
/* The three in one. On failure nothing is left to free. */
socle_status sc_recipe_open(sc_recipe *out, sc_env *env, const sc_config *config);
/* A network of a configuration that need not be a whole recipe: `network`, and where they are there
 * `inputs` and `loss`. `samples`: gives the input where the configuration names none; may be NULL.
 * Errors: CONFIG. */
socle_status sc_recipe_network(sc_net **out, sc_env *env, const sc_config *config,
                               const sc_dataset *samples);
/* recipe_init.c: one more rule for the names in the file of train.init_from; its texts must outlive
 * the recipe. Errors: CONFIG. */
socle_status sc_recipe_add_rename(sc_recipe *recipe, sc_rename rule);
/* Puts the weights of train.init_from, if there, in the place of the initial ones. Errors: DATA,
 * and of the devices. */
socle_status sc_recipe_initialize(const sc_recipe *recipe, sc_trainer *trainer);
void sc_recipe_free(sc_recipe *recipe); /* a zeroed one is fine */

/* Everything the recipe settled, defaults included, as a configuration that gives the same run from
 * anywhere: paths are absolute. *out is a new reference. */
socle_status sc_recipe_resolve(json_t **out, const sc_recipe *recipe);

/* recipe_options.c: what a whole configuration may say. Values lie in sc_recipe. */
extern const sc_record sc_recipe_record;

/* recipe_data.c: data.<part> ("train", "test") of a configuration; *out is NULL where it is absent.
 * Rows of a table become samples by `preparation` (data/preparation.h), that of a model or of the
 * training data; NULL: by what is learnt of the training data. */
socle_status sc_recipe_data(sc_dataset **out, sc_env *env, const sc_config *config,
                            const char *part, const char *preparation);
/* The same, all in memory, also what the configuration leaves in its files (`stream`): for whoever
 * does not read rows by sc_column_read. */
socle_status sc_recipe_data_whole(sc_dataset **out, sc_env *env, const sc_config *config,
                                  const char *part, const char *preparation);
/* The `data` section, if there is one, is as its table says; neither part need be there. */
socle_status sc_recipe_check_data(const sc_config *config);
/* The `data` section with absolute paths; NULL where there is none. */
socle_status sc_recipe_resolve_data(json_t **out, sc_env *env, const sc_config *config);
/* The data have the net's inputs (name, type, shape); and, where `targets`, what its loss compares
 * with, and factors, if any, that can be used. Errors: DATA. */
socle_status sc_recipe_suits(sc_env *env, const sc_net *net, const sc_dataset *dataset,
                             bool targets);
/* recipe_inputs.c: the net has an input of this name. Errors: CONFIG, with the names there are. */
socle_status sc_recipe_has_input(sc_env *env, const sc_net *net, const char *name);
/* data.<part>.inputs, if there, names inputs of the net alone. Errors: CONFIG. */
socle_status sc_recipe_suits_inputs(const sc_config *config, const char *part, const sc_net *net);
/* recipe_class_weights.c: data.<part>.class_weights, if there, has a weight for each class that the
 * net's loss tells apart. Errors: CONFIG. */
socle_status sc_recipe_suits_class_weights(const sc_config *config, const char *part,
                                           const sc_net *net);

#endif
