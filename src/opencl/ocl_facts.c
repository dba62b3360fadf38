/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of drivers that cannot be asked of them: the one place where a platform's name
 * decides something. A driver that is not here gets what every driver may get. */
#include "opencl/ocl.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *platform; /* part of CL_PLATFORM_NAME */
    sc_ocl_facts facts;
} known[] = {
    {"Portable Computing Language", {.caches_programs = true}},
    {"NVIDIA", {.caches_programs = true}},
    /* Its scheduler keeps the place of one worker for the thread that waits in it. */
    {"Intel(R) OpenCL", {.works_while_waited_for = true}},
};

sc_ocl_facts sc_ocl_facts_of(const char *platform, sc_device_class device_class) {
    sc_ocl_facts facts = {0};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strstr(platform, known[i].platform)) facts = known[i].facts;
    if (device_class != SC_DEVICE_CPU) facts.works_while_waited_for = false;
    const char *wait = getenv("SOCLE_OPENCL_WAIT");
    if (wait && strcmp(wait, "inside") == 0) facts.works_while_waited_for = true;
    if (wait && strcmp(wait, "asleep") == 0) facts.works_while_waited_for = false;
    return facts;
}
