/* SPDX-License-Identifier: Apache-2.0 */
/* One refused request at a time over a whole session, on the first OpenCL device; every 31st,
 * for a session there takes a while. */
#include "memory.h"

Test(api_memory, refused_requests_opencl) {
    memory_refuse("opencl:0", 1, 31);
}
