/* SPDX-License-Identifier: Apache-2.0 */
/* Does this device compute? A few launches whose results are known to the bit, for the moment when
 * a device is opened.
 */
#ifndef SC_ENGINE_SELF_TEST_H
#define SC_ENGINE_SELF_TEST_H

#include "backend/backend.h"

/* Runs a sum, a product of matrices, elementwise arithmetic and random numbers, and compares all
 * bits. SOCLE_SELF_TEST=off in the environment leaves it out. Thread: the device's. Errors: DEVICE
 * with "gives wrong results" and the first wrong element; those of planning and running. */
socle_status sc_device_self_test(sc_device *device);

#endif
