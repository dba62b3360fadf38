/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a run as a file, before anything is made of it. */
#ifndef SC_RUN_RECIPE_CONFIG_H
#define SC_RUN_RECIPE_CONFIG_H

#include "run/recipe.h"

/* Reads it; its errors tell where a misplaced key belongs. Errors: OUT_OF_MEMORY; CONFIG for all
 * else, a file that cannot be read too. */
socle_status sc_recipe_load_config(sc_config **out, sc_env *env, const char *path);
/* Whether samples are made of rows by what is learnt of data.train. */
bool sc_recipe_prepares(const sc_config *config);

#endif
