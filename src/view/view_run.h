/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of figures read of a run: its files, its name. */
#ifndef SC_VIEW_VIEW_RUN_H
#define SC_VIEW_VIEW_RUN_H

#include "view/view.h"

/* There is a directory. Errors: DATA, with what is there instead. */
socle_status sc_view_is_run(sc_env *env, const char *path);

/* How a run is called in a figure: by the last part of its path, or where two of them have the
 * same, by the path. */
typedef struct sc_view_name {
    char text[96];
} sc_view_name;
/* out: one per run. */
void sc_view_names(sc_view_name *out, const sc_view_request *request);

#endif
