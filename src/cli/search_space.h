/* SPDX-License-Identifier: Apache-2.0 */
/* What a search goes over: for each key of the configuration a range or a list of values, written
 * as in optimizer.adam.lr=log(1e-4,1e-1), and the values that a candidate takes. */
#ifndef SC_CLI_SEARCH_SPACE_H
#define SC_CLI_SEARCH_SPACE_H

#include "cli/cli.h"

enum { SC_SEARCH_KEYS = 16, SC_SEARCH_VALUES = 64, SC_SEARCH_TEXT = 320 };

typedef struct sc_search_range {
    const char *text; /* as given; borrowed */
    char path[160];   /* the key */
    bool logarithmic, whole;
    double low, high;
    json_t *list; /* of values; NULL: a range */
} sc_search_range;

typedef struct sc_search_space {
    sc_env *env;
    int keys;
    sc_search_range range[SC_SEARCH_KEYS];
    bool grid;     /* all combinations; else each candidate is drawn */
    int64_t steps; /* of a range in a grid */
    uint64_t seed; /* of what is drawn */
} sc_search_space;

/* One more key, "PATH=RANGE": log(LOW,HIGH), linear(LOW,HIGH), int(LOW,HIGH), logint(LOW,HIGH), or
 * a list [a, b, c]. Errors: CONFIG. */
socle_status sc_search_space_add(sc_search_space *space, const char *text);
void sc_search_space_free(sc_search_space *space);
/* How many candidates a grid has; -1: more than `most`. */
int64_t sc_search_space_size(const sc_search_space *space, int64_t most);
/* What candidate `number` (from 0) has of key `key`: "optimizer.adam.lr=0.001", for sc_config_set;
 * a function of the space and these two alone. */
void sc_search_space_value(char out[SC_SEARCH_TEXT], const sc_search_space *space, int64_t number,
                           int key);

#endif
