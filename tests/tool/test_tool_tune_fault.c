/* SPDX-License-Identifier: Apache-2.0 */
/* A driver that hangs or gives up under a candidate costs that candidate: the search goes on with
 * the next one, and ends with the best of those that worked. */
#include "tool_fault.h"

static sc_temp temp;

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_tune_fault, .fini = end, .timeout = 400);

typedef struct counts {
    int timed, lost, wrong; /* candidates, by their texts */
} counts;

static counts look(const char *why) {
    const char *a, *b, *c, *d;
    json_t *device, *operation, *shape, *text,
        *root = json_load_file("home/socle/records/measured.json", 0, NULL);
    counts out = {0};
    if (!root) SC_TEST_FAIL("there is no record");
    json_object_foreach(json_object_get(root, "devices"), a, device) {
        json_object_foreach(device, b, operation) {
            json_object_foreach(operation, c, shape) {
                json_object_foreach(shape, d, text) {
                    if (strncmp(json_string_value(text), "round ", 6) == 0)
                        out.timed++;
                    else if (strstr(json_string_value(text), why))
                        out.lost++;
                    else
                        out.wrong++;
                }
            }
        }
    }
    json_decref(root);
    return out;
}

/* In every process the second kernel meets the fault. */
static counts tune_under(const char *mode, int deadline, const char *why) {
    tool_fault_begin(&temp, "opencl:0");
    setenv("XDG_DATA_HOME", sc_temp_file(&temp, "home"), 1);
    tool_fault(mode, 2);
    setenv("FAULT_CALL", "clCreateKernel", 1);
    tool_expect(0, NULL, "tune --device opencl:0 --op softmax --minutes 1 --deadline %d", deadline);
    tool_fault_end();
    return look(why);
}

Test(tool_tune_fault, hangs) {
    counts found = tune_under("hang", 3, "no answer within 3 s");
    SC_TRUE(found.timed >= 1 && found.lost >= 1);
    SC_EQ(found.wrong, 0);
}

Test(tool_tune_fault, gives_up) {
    counts found = tune_under("dead", 60, "fails: ");
    SC_TRUE(found.timed >= 1 && found.lost >= 1);
    SC_EQ(found.wrong, 0);
}
