/* SPDX-License-Identifier: Apache-2.0 */
/* Several files as one: a text names them, a name or a pattern per line. Knows no format. */
#ifndef SC_DATA_FILES_H
#define SC_DATA_FILES_H

#include "base/env.h"

typedef struct sc_files {
    sc_env *env;
    char **path;
    size_t count, capacity;
} sc_files;

/* The files of each line in turn. A line that names no file, and has one of * ? [ {, is a pattern
 * as of a shell; what it matches comes in the order of names, numbers in them by value. Names of
 * one file need not be there. Errors: NOT_FOUND (a pattern that nothing matches). */
socle_status sc_files_find(sc_files *out, sc_env *env, const char *names);
void sc_files_free(sc_files *files); /* a zeroed one is fine */

/* What stands for such a text in messages: "a.csv", or "a.csv and 2 more". Released by the caller.
 */
socle_status sc_files_label(char **out, sc_env *env, const char *names);

#endif
