/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a recipe share. */
#ifndef SC_TRAIN_RECIPE_PRIVATE_H
#define SC_TRAIN_RECIPE_PRIVATE_H

#include "train/recipe.h"

/* recipe_keys.c: an error for a key that the section does not have. */
socle_status sc_recipe_check_keys(const sc_config *config, const json_t *object,
                                  sc_recipe_section_id id);
/* recipe_init.c: the value of train.init_from, and as it is resolved. */
socle_status sc_recipe_read_init(sc_recipe *recipe, const json_t *train);
json_t *sc_recipe_resolve_init(const sc_recipe *recipe);
/* recipe_data.c: a path as any folder understands it; a new reference. */
json_t *sc_recipe_absolute(const char *path);
/* data.<name> of the configuration; NULL where it is absent. */
socle_status sc_recipe_find_part(const json_t **part, const sc_config *config, const char *name);
/* recipe_weights.c: the value of class_weights in a part of the data. Absent: fine. */
socle_status sc_recipe_check_class_weights(const sc_config *config, const json_t *part);
/* Adds the column "weight" that they stand for. */
socle_status sc_recipe_add_class_weights(sc_dataset *dataset, const sc_config *config,
                                         const json_t *part);
/* Weights of 1 for the one of the two that has none, where the other has some; test may be NULL. */
socle_status sc_recipe_match_weights(sc_dataset *train, sc_dataset *test);

#endif
