/* SPDX-License-Identifier: Apache-2.0 */
/* Which configuration a command reads, and what its command line sets over it: CONFIG and --set of
 * every command that takes a whole recipe. */
#ifndef SC_CLI_RECIPE_CHOICE_H
#define SC_CLI_RECIPE_CHOICE_H

#include "cli/cli.h"
#include "run/recipe.h"

enum { SC_CLI_SETS = 256 };

typedef struct sc_recipe_choice {
    sc_cli *cli;
    const char *config;           /* NULL: not given, where it is `optional` */
    const char *set[SC_CLI_SETS]; /* assignments in the order given */
    int sets;
    bool optional;
} sc_recipe_choice;

/* CONFIG and --set: a child whose input is a sc_recipe_choice. The command's own parser leaves
 * arguments to it. */
extern const struct argp sc_recipe_choice_argp;

/* The file with the assignments over it. A file that cannot be read is a mistake of usage, not of
 * data. Errors: CONFIG. */
socle_status sc_recipe_choice_config(sc_config **out, const sc_recipe_choice *choice);
/* The assignments over a configuration that came from elsewhere. Errors: CONFIG. */
socle_status sc_recipe_choice_apply(const sc_recipe_choice *choice, sc_config *config);

/* The recipe of that configuration: data loaded, network built. Both are the caller's to free, the
 * recipe first; on failure nothing is left. Errors: as sc_recipe_open. */
socle_status sc_recipe_choice_open(sc_config **config, sc_recipe *recipe,
                                   const sc_recipe_choice *choice);

#endif
