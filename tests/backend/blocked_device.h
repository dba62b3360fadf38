/* SPDX-License-Identifier: Apache-2.0 */
/* Pretended implementations that take blocked tensors: put before a device's own, they bring every
 * blocked operand into the plain layout, run the device's own implementation, and block the
 * results. So a plan with blocked values and packed weights runs on any device and must give the
 * bits of the plain plan. */
#ifndef SC_TEST_BLOCKED_DEVICE_H
#define SC_TEST_BLOCKED_DEVICE_H

#include "backend/backend.h"

enum { BLOCKED_OPS = 7, BLOCKED_LIST = 160 };

typedef enum blocked_manner {
    BLOCKED_ANY,    /* any mixture of layouts but all plain */
    BLOCKED_STRICT, /* convolutions: every operand blocked, the weight packed */
    BLOCKED_PAIRED, /* convolutions: the weight packed, and input or output blocked */
    BLOCKED_APART   /* as ANY, but convolutions fuse no tail: a tail launch over a blocked result */
} blocked_manner;

typedef struct blocked_implementation {
    sc_implementation base; /* first */
    struct blocked_device *owner;
} blocked_implementation;

typedef struct blocked_device {
    blocked_implementation own[BLOCKED_OPS];
    const sc_implementation *list[BLOCKED_LIST];
    const sc_implementation *const *real;
    sc_device *device;
    int launched; /* launches with a blocked operand */
} blocked_device;

/* `blocked` must outlive everything prepared on the device. */
void blocked_device_install(blocked_device *blocked, sc_device *device, blocked_manner manner);
/* The driver's own list again. */
void blocked_device_remove(blocked_device *blocked);

#endif
