/* SPDX-License-Identifier: Apache-2.0 */
/* The rounds of test_tool_kill.c, five hundred of them. */
#include "kill_rounds.h"

static sc_temp temp;

static void end(void) {
    tool_end(&temp);
}

#define COURSE "train tool.yaml --epochs 12 --set 'train.checkpoint={steps: 3, keep: 3}'"

Test(tool_kill_long, five_hundred_rounds, .fini = end, .timeout = 3000) {
    tool_begin(&temp, false);
    const kill_rounds plan = {.begin = COURSE " -o run",
                              .resume = "train --resume run",
                              .whole = COURSE " -o whole",
                              .rounds = 500,
                              .seed = 500};
    kill_rounds_run(&plan);
}
