/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be tuned: descriptors, one for each operation and class of shapes. */
#ifndef SC_TUNE_SHAPES_H
#define SC_TUNE_SHAPES_H

#include "backend/backend.h"

typedef struct sc_tune_shape {
    sc_op_desc desc; /* its expressions are the two below */
    sc_expr expr, tail;
    char *name;   /* of the class */
    int launches; /* that were met of it */
} sc_tune_shape;

/* Zeroed but for env: empty. */
typedef struct sc_tune_shapes {
    sc_env *env;
    sc_tune_shape **shape;
    int count, room;
    socle_status status; /* the first failure; nothing is added after it */
} sc_tune_shapes;

/* Adds a descriptor whose class is not there yet and that can be checked; sc_watch.asked of a
 * sc_tune_shapes. */
void sc_tune_shapes_add(void *shapes, const sc_op_desc *desc);
/* Those of `socle bench`, of the operation that `word` names; NULL: of all. */
void sc_tune_shapes_standard(sc_tune_shapes *shapes, const char *word);
/* Those of a text (shape_list.c); `path` is for messages. Errors, in shapes->status: DATA, with the
 * line. */
void sc_tune_shapes_list(sc_tune_shapes *shapes, const char *text, const char *path);
void sc_tune_shapes_free(sc_tune_shapes *shapes);

#endif
