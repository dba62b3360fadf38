/* SPDX-License-Identifier: Apache-2.0 */
/* See choice.h. */
#include "backend/choice.h"

#include "backend/measured.h"

#include <string.h>

sc_choice sc_choice_of(const sc_device *device, const sc_op_desc *desc, const char *force) {
    sc_choice choice = {.next = device->implementations, .op = desc->op, .force = force};
    if (!force)
        choice.favourite =
            sc_measured_implementation(device, desc->op, sc_measured_best(device, desc));
    return choice;
}

const sc_implementation *sc_choice_next(sc_choice *choice) {
    const sc_implementation *one = choice->favourite;
    if (one) {
        choice->given = one;
        choice->favourite = NULL;
        return one;
    }
    while ((one = *choice->next)) {
        choice->next++;
        if (one->op == choice->op && one != choice->given &&
            (!choice->force || strcmp(one->name, choice->force) == 0))
            return one;
    }
    return NULL;
}
