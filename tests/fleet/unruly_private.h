/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of unruly devices, for unruly.c and unruly_late.c alone. */
#ifndef SC_TEST_UNRULY_PRIVATE_H
#define SC_TEST_UNRULY_PRIVATE_H

#include "unruly.h"

#include <stdatomic.h>

enum { UNRULY_KERNELS = 1024, UNRULY_IMPLEMENTATIONS = 256, UNRULY_QUEUES = 8 };

typedef struct unruly_kernel {
    sc_kernel *kernel; /* NULL: free */
    socle_status (*enqueue)(sc_kernel *, sc_queue *, const sc_operand *, sc_operand,
                            const sc_launch *);
    void (*release)(sc_kernel *);
    sc_op op;
    int operands;
} unruly_kernel;

typedef enum unruly_kind {
    UNRULY_WRITE,
    UNRULY_READ,
    UNRULY_COPY,
    UNRULY_FILL,
    UNRULY_KERNEL,
    UNRULY_WAIT
} unruly_kind;

typedef struct unruly_command {
    unruly_kind kind;
    sc_operand operand[SC_MAX_OPERANDS + 2];
    const void *from;
    void *to;
    size_t bytes;
    uint32_t pattern;
    const unruly_kernel *kernel;
    sc_operand workspace;
    sc_launch launch;
    sc_queue *awaited; /* and the number of its commands that must be done */
    uint64_t done;
} unruly_command;

/* A late queue: commands done .. given - 1 are still to run. */
typedef struct unruly_queue {
    sc_queue *queue; /* NULL: free */
    unruly_command *command;
    size_t capacity;
    uint64_t base, done, given; /* base: number of command[0] */
} unruly_queue;

typedef struct unruly {
    int number;
    const sc_registry *registry;
    int entry;
    unruly_manner manner;
    _Atomic int64_t calls;
    _Atomic bool hanging;
    const sc_device_ops *real_device;
    const sc_queue_ops *real_queue;
    const sc_implementation *const *real_implementations;
    sc_implementation implementation[UNRULY_IMPLEMENTATIONS];
    const sc_implementation *list[UNRULY_IMPLEMENTATIONS];
    unruly_kernel kernel[UNRULY_KERNELS];
    unruly_queue queue[UNRULY_QUEUES];
} unruly;

extern const sc_driver unruly_driver;
unruly *unruly_of(const sc_device *device);
/* Counts one call; hangs or fails where that is due. */
socle_status unruly_count(unruly *u, sc_env *env);
void unruly_sleep(uint64_t nanoseconds);

/* unruly_late.c */
socle_status unruly_append(unruly *u, sc_queue *queue, const unruly_command *command);
socle_status unruly_late_record(unruly *u, sc_queue *queue, sc_event **out);
socle_status unruly_late_wait(unruly *u, sc_queue *queue, sc_event *event);
socle_status unruly_late_poll(unruly *u, sc_queue *queue, sc_event *event, uint64_t deadline);
bool unruly_late_event_release(unruly *u, sc_event *event); /* false: not one of these */
void unruly_late_close(unruly *u, sc_queue *queue);

#endif
