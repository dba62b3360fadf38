/* SPDX-License-Identifier: Apache-2.0 */
/* Whose call is it: the fault layer's list of contexts in the order in which they were opened, and
 * of their queues. A handle's context is asked of the driver itself. */
#include "fault_layer.h"

#include <pthread.h>

enum { MOST_CONTEXTS = 256, MOST_QUEUES = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cl_context contexts[MOST_CONTEXTS];
static int context_count;
static struct {
    cl_command_queue queue;
    int owner;
} queues[MOST_QUEUES];

/* The newest of that address: a closed context's may come again. */
static int ordinal_of(cl_context context) {
    pthread_mutex_lock(&lock);
    int number = context_count - 1;
    while (number >= 0 && contexts[number] != context) number--;
    pthread_mutex_unlock(&lock);
    return number;
}

int fault_owner_context(cl_context context) {
    return fault.device < 0 || !context ? -1 : ordinal_of(context);
}

#define OWNER(name, handle, call, key)                                                             \
    int fault_owner_##name(handle object) {                                                        \
        cl_context context = NULL;                                                                 \
        if (fault.device < 0 || !object) return -1;                                                \
        if (fault_real->call(object, key, sizeof context, &context, NULL) != CL_SUCCESS)           \
            return -1;                                                                             \
        return ordinal_of(context);                                                                \
    }
OWNER(queue, cl_command_queue, clGetCommandQueueInfo, CL_QUEUE_CONTEXT)
OWNER(memory, cl_mem, clGetMemObjectInfo, CL_MEM_CONTEXT)
OWNER(program, cl_program, clGetProgramInfo, CL_PROGRAM_CONTEXT)
OWNER(kernel, cl_kernel, clGetKernelInfo, CL_KERNEL_CONTEXT)
OWNER(event, cl_event, clGetEventInfo, CL_EVENT_CONTEXT)

void fault_owner_opened(cl_context context) {
    pthread_mutex_lock(&lock);
    if (context_count < MOST_CONTEXTS) contexts[context_count++] = context;
    pthread_mutex_unlock(&lock);
}

void fault_owner_queue_opened(cl_command_queue queue, cl_context context) {
    int owner = ordinal_of(context), free_place = 0;
    pthread_mutex_lock(&lock);
    while (free_place < MOST_QUEUES && queues[free_place].queue) free_place++;
    if (free_place < MOST_QUEUES) {
        queues[free_place].queue = queue;
        queues[free_place].owner = owner;
    }
    pthread_mutex_unlock(&lock);
}

void fault_owner_queue_closed(cl_command_queue queue) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MOST_QUEUES; i++)
        if (queues[i].queue == queue) queues[i].queue = NULL;
    pthread_mutex_unlock(&lock);
}

static cl_device_id gone;

bool fault_owner_is_gone(cl_device_id device) {
    pthread_mutex_lock(&lock);
    bool is = gone && gone == device;
    pthread_mutex_unlock(&lock);
    return is;
}

void fault_owner_silence(int device) {
    cl_command_queue mine[MOST_QUEUES];
    int count = 0;
    pthread_mutex_lock(&lock);
    fault_real->clGetContextInfo(contexts[device], CL_CONTEXT_DEVICES, sizeof gone, &gone, NULL);
    for (int i = 0; i < MOST_QUEUES; i++)
        if (queues[i].queue && queues[i].owner == device) mine[count++] = queues[i].queue;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < count; i++)
        fault_real->clFlush(mine[i]); /* first all: one may wait for another */
    for (int i = 0; i < count; i++) fault_real->clFinish(mine[i]);
}
