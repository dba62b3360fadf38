/* SPDX-License-Identifier: Apache-2.0 */
/* The first step of a run's optimizer on single weights, in double precision. */
#ifndef SC_CLI_FOLLOW_UPDATE_H
#define SC_CLI_FOLLOW_UPDATE_H

#include "cli/follow.h"

typedef struct sc_follow_update {
    const char *without; /* what of the configuration moves weights in a way that is not followed;
                            NULL: nothing */
    sc_expr expr;        /* the new weight is its output */
    sc_launch launch;
    float decay;
} sc_follow_update;

socle_status sc_follow_update_begin(sc_follow_update *out, const sc_follow *follow);
/* A weight of this role after the step; NaN: not followed. */
double sc_follow_updated(const sc_follow_update *update, sc_parameter_role role, double weight,
                         double gradient);

#endif
