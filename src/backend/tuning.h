/* SPDX-License-Identifier: Apache-2.0 */
/* The values by which an implementation is prepared: those of the device's record where its table
 * has them, else the standard ones. */
#ifndef SC_BACKEND_TUNING_H
#define SC_BACKEND_TUNING_H

#include "backend/backend.h"

struct sc_text;

/* `record`: "NAME=VALUE ..." or NULL. Names and values that are not in the table do not count: a
 * record may be of another version, and anybody may have written it. */
void sc_tuning_read(int out[SC_TUNING_PARAMETERS], const sc_implementation *implementation,
                    const char *record);
/* The values of the parameters in the same form, with a blank before each. */
void sc_tuning_print(struct sc_text *text, const sc_implementation *implementation,
                     const int *tuning);

#endif
