/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a device still answers. A lost device may give any code, those for "no memory" and "wrong
 * argument" among them, so after a failure it gets a small command, with a deadline. And the
 * commands of a queue that has failed must end before the caller frees what its commands read and
 * write. It must not know operations. */
#include "opencl/ocl.h"

#include "base/deadline.h"

#include <time.h>

enum { NAP_FIRST = 20000, NAP_MOST = 1000000 };
static const uint64_t answer_within = 2000000000; /* ns; a busy device may take its time: then it is
                                                     not called lost */

typedef enum ending { ENDED, RUNNING, UNKNOWN } ending;

/* How a command stands; UNKNOWN: the driver does not tell. */
static ending ending_of(cl_event event, cl_int *state) {
    *state = CL_QUEUED;
    if (clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof *state, state, NULL) !=
        CL_SUCCESS)
        return UNKNOWN;
    return *state <= CL_COMPLETE ? ENDED : RUNNING;
}

static ending wait_for(cl_event event, uint64_t deadline, cl_int *state) {
    sc_deadline time = sc_deadline_start(deadline);
    long nap = NAP_FIRST;
    ending end;
    while ((end = ending_of(event, state)) == RUNNING && sc_deadline_left(&time)) {
        nanosleep(&(struct timespec){.tv_nsec = nap}, NULL);
        if (nap < NAP_MOST) nap += nap / 2;
    }
    return end;
}

bool sc_ocl_settle(sc_ocl_queue *queue) {
    cl_int state;
    if (queue->unanswered) return false;
    if (!queue->last) return true;
    ending end = clFlush(queue->handle) == CL_SUCCESS
                     ? wait_for(queue->last, SC_DEADLINE_DEFAULT, &state)
                     : UNKNOWN;
    if (end == RUNNING) queue->unanswered = true;
    if (end == UNKNOWN && clFinish(queue->handle) == CL_SUCCESS)
        end = ending_of(queue->last, &state);
    return end == ENDED && state == CL_COMPLETE;
}

/* False: the smallest of commands fails. One that is refused for want of memory leaves the idle
 * queue in order. */
static bool answers(sc_ocl_device *device) {
    static const cl_uint zero = 0;
    cl_event event = NULL;
    cl_int state = CL_COMPLETE;
    if (atomic_load(&device->lost)) return false;
    if (!device->setup || !device->nothing) return true; /* being opened or closed: not known yet */
    cl_mem memory = sc_ocl_memory(sc_ocl_nothing(device));
    cl_int code = clEnqueueFillBuffer(device->setup, memory, &zero, sizeof zero, 0, sizeof zero, 0,
                                      NULL, &event);
    if (code != CL_SUCCESS)
        return sc_ocl_cause_of(code) == SC_OCL_CAUSE_MEMORY &&
               clFinish(device->setup) == CL_SUCCESS;
    bool well = clFlush(device->setup) == CL_SUCCESS;
    if (well) well = wait_for(event, answer_within, &state) != UNKNOWN && state >= CL_COMPLETE;
    clReleaseEvent(event);
    return well;
}

socle_status sc_ocl_judge(sc_ocl_device *device, cl_int code, enum sc_ocl_path path) {
    if (sc_ocl_cause_of(code) == SC_OCL_CAUSE_BUILD) return sc_ocl_classify(code, path);
    if (!answers(device)) {
        atomic_store(&device->lost, true);
        return SOCLE_STATUS_DEVICE;
    }
    return sc_ocl_classify(code, path);
}

socle_status sc_ocl_device_fail(sc_env *env, sc_ocl_device *device, const char *call, cl_int code,
                                enum sc_ocl_path path) {
    socle_status status = sc_ocl_judge(device, code, path);
    sc_ocl_fail(env, device->base.info.name, call, code, path);
    if (!atomic_load(&device->lost)) return status;
    return sc_fail(env, status, "%s on %s failed: %s (%d), and the device no longer answers", call,
                   device->base.info.name, sc_ocl_error_name(code), (int)code);
}

socle_status sc_ocl_check_lost(sc_ocl_device *device, sc_env *env) {
    if (!atomic_load(&device->lost)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DEVICE,
                   "%s has stopped answering before; open it again to use it",
                   device->base.info.name);
}
