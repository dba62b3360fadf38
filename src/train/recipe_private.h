/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a recipe share. */
#ifndef SC_TRAIN_RECIPE_PRIVATE_H
#define SC_TRAIN_RECIPE_PRIVATE_H

#include "train/recipe.h"

/* recipe_keys.c: an error for a key that the section does not have. */
socle_status sc_recipe_check_keys(const sc_config *config, const json_t *object,
                                  sc_recipe_section_id id);
/* recipe_data.c: data.<name> of the configuration; NULL where it is absent. */
socle_status sc_recipe_find_part(const json_t **part, const sc_config *config, const char *name);
/* recipe_weights.c: the value of class_weights in a part of the data. Absent: fine. */
socle_status sc_recipe_check_class_weights(const sc_config *config, const json_t *part);
/* Adds the column "weight" that they stand for. */
socle_status sc_recipe_add_class_weights(sc_dataset *dataset, const sc_config *config,
                                         const json_t *part);
/* Weights of 1 for test data (may be NULL) without weights, where the training data have some. */
socle_status sc_recipe_match_weights(const sc_dataset *train, sc_dataset *test);

#endif
