/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that names concrete drivers. Adding a backend is one folder and one row here. */
#include "backend/backend.h"

extern const sc_driver sc_cpu_driver;
#if SC_HAVE_OPENCL
extern const sc_driver sc_ocl_driver;
#endif

const sc_driver *const *sc_builtin_drivers(void) {
    static const sc_driver *const drivers[] = {
        &sc_cpu_driver,
#if SC_HAVE_OPENCL
        &sc_ocl_driver,
#endif
        NULL,
    };
    return drivers;
}
