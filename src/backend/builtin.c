/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that names concrete drivers. Adding a backend is one folder and one row here; a
 * second row if it can be measured against its own limits. */
#include "backend/backend.h"
#include "backend/roof.h"

extern const sc_driver sc_cpu_driver;
extern const sc_roof_driver sc_cpu_roof_driver;
#if SC_HAVE_OPENCL
extern const sc_driver sc_ocl_driver;
extern const sc_roof_driver sc_ocl_roof_driver;
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

static const sc_roof_driver *const roof_drivers[] = {
    &sc_cpu_roof_driver,
#if SC_HAVE_OPENCL
    &sc_ocl_roof_driver,
#endif
};

socle_status sc_roof_prepare(sc_kernel **out, sc_device *device, const sc_roof_desc *desc) {
    *out = NULL;
    if (desc->elements <= 0 || desc->elements % SC_ROOF_GRAIN || desc->rounds <= 0 ||
        (desc->kind == SC_ROOF_MULTIPLY_ADD && desc->rounds % SC_ROOF_ROUND_GRAIN))
        return sc_fail(device->env, SOCLE_STATUS_CONFIG,
                       "a roof of %lld elements and %lld rounds; they are multiples of %d and %d",
                       (long long)desc->elements, (long long)desc->rounds, SC_ROOF_GRAIN,
                       SC_ROOF_ROUND_GRAIN);
    for (size_t i = 0; i < sizeof roof_drivers / sizeof roof_drivers[0]; i++)
        if (roof_drivers[i]->driver == device->info.driver)
            return roof_drivers[i]->prepare(out, device, desc);
    return sc_fail(device->env, SOCLE_STATUS_UNSUPPORTED,
                   "%s has no kernels that measure its own limits", device->info.name);
}
