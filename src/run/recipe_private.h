/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a recipe share. */
#ifndef SC_RUN_RECIPE_PRIVATE_H
#define SC_RUN_RECIPE_PRIVATE_H

#include "data/idx.h"
#include "data/preparation.h"
#include "data/toy.h"
#include "run/recipe.h"

/* recipe_options.c */

extern const sc_record sc_recipe_train_record;

/* What `data` says beside its parts. */
typedef struct sc_recipe_files {
    double scale;       /* NaN: by the type of the data */
    const char *layout; /* "nchw", "nhwc"; NULL: asked where images look like the latter */
} sc_recipe_files;
extern const sc_record sc_recipe_files_record;
typedef struct sc_recipe_part {
    char *images, *labels, *csv, *folder, *text;
    bool standardise, min_max, stream;
    const char *missing, *encode, *separator, *decimal, *colour;
    const char *by, *labels_of; /* of a text */
    int64_t length, every, vocabulary;
    sc_toy_options toy;
    int64_t limit, per_class;
} sc_recipe_part;
extern const sc_record sc_recipe_column_record; /* of a sc_column_wish */
extern const sc_record sc_recipe_part_record;

/* recipe_init.c: train.init_from.rename; and the names as they are resolved, a new reference. */
socle_status sc_recipe_read_rename(sc_recipe *recipe);
json_t *sc_recipe_resolve_rename(const sc_recipe *recipe);
/* recipe_groups.c: train.groups; and the groups as they are resolved, a new reference. */
extern const sc_record sc_recipe_group_record;
socle_status sc_recipe_read_groups(sc_recipe *recipe);
/* Whether they suit the network, which is built. */
socle_status sc_recipe_check_groups(const sc_recipe *recipe);
json_t *sc_recipe_resolve_groups(const sc_recipe *recipe);
void sc_recipe_free_groups(sc_recipe *recipe);
/* recipe_data.c: `data` without its parts, by its table. */
socle_status sc_recipe_read_files(sc_recipe_files *out, const sc_config *config);
/* data.<name> of the configuration; NULL where it is absent. */
socle_status sc_recipe_find_part(const json_t **part, const sc_config *config, const char *name);
/* recipe_inputs.c: the names and files of `inputs` of a part of the data, before they are read.
 * Errors: CONFIG. */
socle_status sc_recipe_check_inputs(const sc_config *config, const json_t *part);
/* Adds a column for each of the files. */
socle_status sc_recipe_add_inputs(sc_dataset *dataset, sc_env *env, const sc_config *config,
                                  const json_t *part, sc_image_layout layout);
/* Puts them into a resolved part, with absolute paths. */
socle_status sc_recipe_resolve_inputs(json_t *out, sc_env *env, const sc_config *config,
                                      const json_t *part);
/* Behind the input of the images: one for each of these columns, with values as they are. */
void sc_recipe_inputs_of_net(sc_net *net, const sc_dataset *samples);
/* recipe_class_weights.c: adds the column "weight" that class_weights of a part of the data stand
 * for. */
socle_status sc_recipe_add_class_weights(sc_dataset *dataset, const sc_config *config,
                                         const json_t *part);
/* recipe_classes.c: puts the samples of the classes that a part of the data chooses in the place of
 * all. Errors: CONFIG, DATA. */
socle_status sc_recipe_choose_classes(sc_dataset **dataset, sc_env *env, const sc_config *config,
                                      const json_t *part, int64_t per_class);
/* identity_data.c: {"samples": N, "validation": M, "input": {...}, ...}, of which the last `tail`
 * are the validation; a new reference. Errors: those of reading rows. */
socle_status sc_identity_data(json_t **out, const sc_dataset *dataset, uint32_t tail);
/* recipe_columns.c: adds the columns whose files a part of the data names by keys of their own. */
socle_status sc_recipe_add_columns(sc_dataset *dataset, sc_env *env, const sc_config *config,
                                   const json_t *part);
/* Puts these keys into a resolved part, with absolute paths. */
socle_status sc_recipe_resolve_columns(json_t *out, sc_env *env, const sc_config *config,
                                       const json_t *part);

#endif
