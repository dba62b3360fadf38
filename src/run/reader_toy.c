/* SPDX-License-Identifier: Apache-2.0 */
/* Samples that a generator makes. */
#include "run/readers.h"

static socle_status read_toy(sc_dataset **out, const sc_reading *reading) {
    return sc_toy_make(out, reading->env, &reading->part->toy);
}

const sc_reader sc_reader_toy = {.key = "generate", .keys = "", .read = read_toy};
