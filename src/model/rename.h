/* SPDX-License-Identifier: Apache-2.0 */
/* Names of tensors as another program chose them, turned into the names that a network uses:
 * "features.0.*" -> "conv2d1.*". A '*' stands for any characters, none too; those it stood for take
 * the place of the same '*' on the other side. It knows texts alone. */
#ifndef SC_MODEL_RENAME_H
#define SC_MODEL_RENAME_H

#include "base/env.h"

enum { SC_RENAME_STARS = 8, SC_RENAME_NAME = 256 };

typedef struct sc_rename {
    const char *from, *to; /* names, with equally many '*' */
} sc_rename;

/* A rule can be used. Errors: CONFIG (empty, other stars on one side than on the other, too many).
 */
socle_status sc_rename_check(sc_env *env, const sc_rename *rule);
/* True where the rule's pattern is the whole of `name`; then `out` holds the new name, cut to its
 * size. Each '*' takes as little as it can. */
bool sc_rename_apply(const sc_rename *rule, const char *name, char out[SC_RENAME_NAME]);

#endif
