/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for an event, asleep and with a deadline (clWaitForEvents has none and may spin): the
 * queue's waiter wakes the caller. Where nothing will, it sleeps for short and growing times. */
#include "opencl/ocl.h"

#include "base/deadline.h"

enum { NAP_FIRST = 20000, NAP_MOST = 1000000, NAP_WITH_WAITER = 200000000 };

/* 1 = done, 0 = not yet, < 0 = the error code. */
static cl_int look(cl_event event) {
    cl_int state = CL_QUEUED;
    cl_int code =
        clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    if (code != CL_SUCCESS) return code;
    if (state > CL_COMPLETE) return 0;
    if (state < 0) return state;
    code = clWaitForEvents(1, &event); /* at once; makes its writes visible to this thread */
    return code == CL_SUCCESS ? 1 : code;
}

static socle_status timed_out(sc_ocl_queue *queue, uint64_t deadline) {
    queue->unanswered = deadline > 0;
    return sc_fail(queue->base.env, SOCLE_STATUS_TIMEOUT,
                   "%s has not finished its work within %.3f s", queue->base.device->info.name,
                   (double)deadline * 1e-9);
}

static cl_int look_until(sc_ocl_queue *queue, cl_event event, uint64_t deadline) {
    const sc_ocl_facts *facts = &sc_ocl_device_of(queue->base.device)->facts;
    sc_deadline time = sc_deadline_start(deadline);
    uint64_t nap = NAP_FIRST, most;
    unsigned seen;
    cl_int state;
    if (sc_ocl_waiter_ask(queue->waiter, event, facts->works_while_waited_for, &seen))
        nap = NAP_WITH_WAITER;
    while ((state = look(event)) == 0 && (most = sc_deadline_nap(&time)) > 0) {
        sc_ocl_waiter_sleep(queue->waiter, nap < most ? nap : most, &seen);
        if (nap < NAP_MOST) nap += nap / 2;
    }
    return state;
}

socle_status sc_ocl_wait(sc_ocl_queue *queue, cl_event event, uint64_t deadline) {
    cl_int code = clFlush(queue->handle);
    if (code != CL_SUCCESS) return sc_ocl_queue_done(queue, "clFlush", code, NULL);
    cl_int state = look(event);
    if (state == 0 && deadline > 0) state = look_until(queue, event, deadline);
    if (state == 0) return timed_out(queue, deadline);
    queue->unanswered = false;
    if (state == 1) return SOCLE_OK;
    socle_status status = sc_ocl_queue_done(queue, "a command", state, NULL);
    queue->mendable = false; /* what it was to write is not there */
    return status;
}
