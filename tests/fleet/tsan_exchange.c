/* SPDX-License-Identifier: Apache-2.0 */
/* A plain program (Criterion does not run under ThreadSanitizer): the drill of the exchange. */
#include "exchange_drill.h"

#include <stdio.h>

int main(void) {
    for (int kind = 0; kind < 4; kind++) {
        exchange_drill drill = {.threads = 3 + kind % 2,
                                .steps = 150,
                                .fixed_tree = kind % 2,
                                .cancels = kind / 2,
                                .seed = 5};
        char why[EXCHANGE_DRILL_TEXT] = "";
        int decided;
        if (exchange_drill_run(&drill, &decided, why)) continue;
        fprintf(stderr, "drill %d: %s\n", kind, why);
        return 1;
    }
    return 0;
}
