/* SPDX-License-Identifier: Apache-2.0 */
/* SIGKILL at random moments: whatever is on disk then continues to the result of a run that was
 * never killed. */
#include "kill_rounds.h"

static sc_temp temp;

static void end(void) {
    tool_end(&temp);
}

#define COURSE "train tool.yaml --epochs 12 --set 'train.checkpoint={steps: 5, keep: 3}'"

Test(tool_kill, some_rounds, .fini = end, .timeout = 200) {
    tool_begin(&temp, false);
    const kill_rounds plan = {.begin = COURSE " -o run",
                              .resume = "train --resume run",
                              .whole = COURSE " -o whole",
                              .rounds = sc_test_full() ? 20 : 8,
                              .seed = 20};
    kill_rounds_run(&plan);
}

#define TWO "--device opencl:0/0,opencl:0/1 --json"

/* Several devices at work; the run that was never killed had one. Only training is interrupted:
 * kernels that a driver is building are its own to keep whole. */
Test(tool_kill, two_devices, .fini = end, .timeout = 1500) {
    tool_begin(&temp, true);
    tool_result result = tool_run(COURSE " -o tried --reproducible " TWO);
    int code = result.code;
    tool_free(&result);
    if (code == 4) cr_skip_test("no OpenCL device with two parts here");
    SC_EQ(code, 0);
    const kill_rounds plan = {.begin = COURSE " -o run --reproducible " TWO,
                              .resume = "train --resume run " TWO,
                              .whole = COURSE " -o whole --reproducible --device opencl:0/0 --json",
                              .started = "\"start\"",
                              .rounds = sc_test_full() ? 20 : 2,
                              .seed = 4};
    kill_rounds_run(&plan);
}
