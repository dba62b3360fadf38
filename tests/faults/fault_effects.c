/* SPDX-License-Identifier: Apache-2.0 */
/* The fault layer's entries that do more than fail: commands whose events end badly, read-backs
 * with a flipped bit, devices that lie about their limits and then keep to the lie. */
#include "fault_layer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lies ---- */

static struct lie {
    const char *name;
    cl_device_info key;
    size_t size;
    bool told;
    cl_ulong value;
} lies[] = {
    {"CL_DEVICE_MAX_MEM_ALLOC_SIZE", CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(cl_ulong), false, 0},
    {"CL_DEVICE_GLOBAL_MEM_SIZE", CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(cl_ulong), false, 0},
    {"CL_DEVICE_LOCAL_MEM_SIZE", CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong), false, 0},
    {"CL_DEVICE_MAX_WORK_GROUP_SIZE", CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t), false, 0},
    {"CL_DEVICE_MAX_PARAMETER_SIZE", CL_DEVICE_MAX_PARAMETER_SIZE, sizeof(size_t), false, 0},
    {"CL_DEVICE_AVAILABLE", CL_DEVICE_AVAILABLE, sizeof(cl_bool), false, 0},
    {"CL_DEVICE_TYPE", CL_DEVICE_TYPE, sizeof(cl_device_type), false, 0},
};
enum { LIES = sizeof lies / sizeof lies[0] };

bool fault_parse_lies(const char *text) {
    bool any = false;
    while (text && *text) {
        const char *equals = strchr(text, '=');
        struct lie *found = NULL;
        for (int i = 0; equals && i < LIES; i++)
            if (strlen(lies[i].name) == (size_t)(equals - text) &&
                strncmp(lies[i].name, text, strlen(lies[i].name)) == 0)
                found = &lies[i];
        if (!found) return false;
        char *end;
        found->value = strtoull(equals + 1, &end, 10);
        if (end == equals + 1 || (*end && *end != ',')) return false;
        found->told = any = true;
        text = *end ? end + 1 : end;
    }
    return any;
}

/* The value told instead of the truth; false: no lie about this. */
static bool lied(cl_device_info key, cl_ulong *value, size_t *size) {
    if (fault.mode == FAULT_LIE && !fault_is_armed())
        return false; /* in other modes the lie is no fault that ends */
    for (int i = 0; i < LIES; i++) {
        if (lies[i].key != key || !lies[i].told) continue;
        *value = lies[i].value;
        *size = lies[i].size;
        return true;
    }
    return false;
}

static cl_int CL_API_CALL clGetDeviceInfo_entry(cl_device_id device, cl_device_info key,
                                                size_t size, void *value, size_t *given) {
    cl_ulong lie;
    size_t needed;
    cl_int code = fault_check(CALL_clGetDeviceInfo, -1);
    if (code != CL_SUCCESS) return code;
    if (!lied(key, &lie, &needed))
        return fault_real->clGetDeviceInfo(device, key, size, value, given);
    if (fault.mode == FAULT_LIE) fault_note();
    if (value && size < needed) return CL_INVALID_VALUE;
    if (value) memcpy(value, &lie, needed); /* little-endian, as every device we use */
    if (given) *given = needed;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL clGetKernelWorkGroupInfo_entry(cl_kernel kernel, cl_device_id device,
                                                         cl_kernel_work_group_info key, size_t size,
                                                         void *value, size_t *given) {
    cl_ulong lie;
    size_t needed;
    cl_int code = fault_check(CALL_clGetKernelWorkGroupInfo, fault_owner_kernel(kernel));
    if (code == CL_SUCCESS)
        code = fault_real->clGetKernelWorkGroupInfo(kernel, device, key, size, value, given);
    if (code == CL_SUCCESS && value && key == CL_KERNEL_WORK_GROUP_SIZE &&
        lied(CL_DEVICE_MAX_WORK_GROUP_SIZE, &lie, &needed) && lie < *(size_t *)value)
        *(size_t *)value = (size_t)lie;
    return code;
}

/* Bytes of all buffers there are, for the lie about global memory. */
static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static cl_ulong memory_used;

static void add_memory(cl_ulong bytes, bool more) {
    pthread_mutex_lock(&memory_lock);
    memory_used = more ? memory_used + bytes : memory_used - bytes;
    pthread_mutex_unlock(&memory_lock);
}

static void CL_CALLBACK gone(cl_mem memory, void *bytes) {
    (void)memory;
    add_memory((cl_ulong)(size_t)bytes, false);
}

static cl_int beyond_memory(size_t bytes) {
    cl_ulong limit;
    size_t size;
    if (lied(CL_DEVICE_MAX_MEM_ALLOC_SIZE, &limit, &size) && bytes > limit)
        return CL_INVALID_BUFFER_SIZE;
    pthread_mutex_lock(&memory_lock);
    bool full = lied(CL_DEVICE_GLOBAL_MEM_SIZE, &limit, &size) && memory_used + bytes > limit;
    pthread_mutex_unlock(&memory_lock);
    return full ? CL_MEM_OBJECT_ALLOCATION_FAILURE : CL_SUCCESS;
}

static cl_mem CL_API_CALL clCreateBuffer_entry(cl_context context, cl_mem_flags flags, size_t bytes,
                                               void *host, cl_int *given_code) {
    cl_int code = fault_check(CALL_clCreateBuffer, fault_owner_context(context));
    cl_mem memory = NULL;
    cl_ulong limit;
    size_t size;
    if (code == CL_SUCCESS) code = beyond_memory(bytes);
    if (code == CL_SUCCESS) memory = fault_real->clCreateBuffer(context, flags, bytes, host, &code);
    if (memory) fault_objects(FAULT_MEMORY, 1);
    if (memory && lied(CL_DEVICE_GLOBAL_MEM_SIZE, &limit, &size) &&
        fault_real->clSetMemObjectDestructorCallback(memory, gone, (void *)bytes) == CL_SUCCESS)
        add_memory(bytes, true);
    if (given_code) *given_code = code;
    return memory;
}

/* A launch that the device of the lie could not run. */
static cl_int beyond_group(cl_command_queue queue, cl_kernel kernel, cl_uint dims,
                           const size_t *local) {
    cl_ulong limit, used = 0;
    size_t size, items = 1;
    cl_device_id device = NULL;
    for (cl_uint i = 0; local && i < dims; i++) items *= local[i];
    if (lied(CL_DEVICE_MAX_WORK_GROUP_SIZE, &limit, &size) && items > limit)
        return CL_INVALID_WORK_GROUP_SIZE;
    if (!lied(CL_DEVICE_LOCAL_MEM_SIZE, &limit, &size)) return CL_SUCCESS;
    fault_real->clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    fault_real->clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof used,
                                         &used, NULL);
    return used > limit ? CL_OUT_OF_RESOURCES : CL_SUCCESS;
}

/* ---- Events that end badly ---- */

enum { MOST_MARKED = 4096, MOST_BROKEN = 64 };

static pthread_mutex_t mark_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    cl_event event;
    int users; /* references of the program; the driver's own are none of ours */
} marked[MOST_MARKED];
static cl_command_queue broken[MOST_BROKEN];

static bool is_marked(cl_event event) {
    bool found = false;
    if (fault.mode != FAULT_EVENT || !fault_is_armed()) return false;
    pthread_mutex_lock(&mark_lock);
    for (int i = 0; i < MOST_MARKED && !found; i++) found = marked[i].event == event;
    pthread_mutex_unlock(&mark_lock);
    return found;
}

static bool is_broken(cl_command_queue queue) {
    bool found = false;
    for (int i = 0; i < MOST_BROKEN && !found; i++) found = broken[i] == queue;
    return found;
}

/* Notes the event of a command that was handed over: broken if the fault falls on it, its queue is,
 * or what it waits for. */
static void mark(bool now, cl_command_queue queue, const cl_event *made, cl_uint waits,
                 const cl_event *wait) {
    cl_event event = made ? *made : NULL;
    if (event) fault_objects(FAULT_EVENTS, 1);
    if (fault.mode != FAULT_EVENT || !fault_is_armed()) return;
    for (cl_uint i = 0; i < waits; i++) now = now || is_marked(wait[i]);
    pthread_mutex_lock(&mark_lock);
    now = now || is_broken(queue);
    int place = 0;
    while (now && place < MOST_BROKEN && broken[place] && broken[place] != queue) place++;
    if (now && place < MOST_BROKEN) broken[place] = queue;
    place = 0;
    while (now && event && place < MOST_MARKED && marked[place].event) place++;
    if (now && event && place < MOST_MARKED) {
        marked[place].event = event;
        marked[place].users = 1;
    }
    pthread_mutex_unlock(&mark_lock);
}

/* Its address may come again for another event once the program has let go. */
static void count_users(cl_event event, int change) {
    pthread_mutex_lock(&mark_lock);
    for (int i = 0; i < MOST_MARKED; i++)
        if (marked[i].event == event && (marked[i].users += change) == 0) marked[i].event = NULL;
    pthread_mutex_unlock(&mark_lock);
    fault_objects(FAULT_EVENTS, change);
}

static cl_int CL_API_CALL clRetainEvent_entry(cl_event event) {
    cl_int code = fault_check(CALL_clRetainEvent, fault_owner_event(event));
    if (code == CL_SUCCESS) code = fault_real->clRetainEvent(event);
    if (code == CL_SUCCESS) count_users(event, 1);
    return code;
}

static cl_int CL_API_CALL clReleaseEvent_entry(cl_event event) {
    cl_int code = fault_check(CALL_clReleaseEvent, fault_owner_event(event));
    count_users(event, -1);
    cl_int own = fault_real->clReleaseEvent(event);
    return code != CL_SUCCESS ? code : own;
}

static cl_int CL_API_CALL clGetEventInfo_entry(cl_event event, cl_event_info key, size_t size,
                                               void *value, size_t *given) {
    cl_int code = fault_check(CALL_clGetEventInfo, fault_owner_event(event));
    if (code == CL_SUCCESS) code = fault_real->clGetEventInfo(event, key, size, value, given);
    if (code == CL_SUCCESS && key == CL_EVENT_COMMAND_EXECUTION_STATUS && value &&
        *(cl_int *)value == CL_COMPLETE && is_marked(event))
        *(cl_int *)value = fault.code;
    return code;
}

static cl_int CL_API_CALL clWaitForEvents_entry(cl_uint count, const cl_event *events) {
    cl_int code = fault_check(CALL_clWaitForEvents, count ? fault_owner_event(events[0]) : -1);
    if (code != CL_SUCCESS) return code;
    code = fault_real->clWaitForEvents(count, events);
    for (cl_uint i = 0; i < count; i++)
        if (is_marked(events[i])) return CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    return code;
}

/* ---- Commands ---- */

/* What a command returns. In the modes event and corrupt the fault is not its code but *now. */
static cl_int check_command(enum fault_call call, cl_command_queue queue, bool *now) {
    cl_int code = fault_check(call, fault_owner_queue(queue));
    *now = code != CL_SUCCESS && (fault.mode == FAULT_EVENT || fault.mode == FAULT_CORRUPT);
    return *now ? CL_SUCCESS : code;
}

/* The highest bit of the mantissa of the float in the middle. */
static void flip(void *data, size_t bytes) {
    size_t at = bytes / 2 / 4 * 4 + 2;
    ((unsigned char *)data)[at < bytes ? at : 0] ^= 0x40;
}

static cl_int CL_API_CALL clEnqueueNDRangeKernel_entry(cl_command_queue queue, cl_kernel kernel,
                                                       cl_uint dims, const size_t *offset,
                                                       const size_t *global, const size_t *local,
                                                       cl_uint waits, const cl_event *wait,
                                                       cl_event *event) {
    bool now;
    cl_int code = check_command(CALL_clEnqueueNDRangeKernel, queue, &now);
    if (code == CL_SUCCESS) code = beyond_group(queue, kernel, dims, local);
    if (code == CL_SUCCESS)
        code = fault_real->clEnqueueNDRangeKernel(queue, kernel, dims, offset, global, local, waits,
                                                  wait, event);
    if (code == CL_SUCCESS) mark(now, queue, event, waits, wait);
    return code;
}

static cl_int CL_API_CALL clEnqueueReadBuffer_entry(cl_command_queue queue, cl_mem memory,
                                                    cl_bool block, size_t offset, size_t bytes,
                                                    void *to, cl_uint waits, const cl_event *wait,
                                                    cl_event *event) {
    bool now;
    cl_int code = check_command(CALL_clEnqueueReadBuffer, queue, &now);
    bool spoil = now && fault.mode == FAULT_CORRUPT;
    if (code == CL_SUCCESS)
        code = fault_real->clEnqueueReadBuffer(queue, memory, spoil ? CL_TRUE : block, offset,
                                               bytes, to, waits, wait, event);
    if (code == CL_SUCCESS) mark(now, queue, event, waits, wait);
    if (code == CL_SUCCESS && spoil) flip(to, bytes);
    return code;
}

static void *CL_API_CALL clEnqueueMapBuffer_entry(cl_command_queue queue, cl_mem memory,
                                                  cl_bool block, cl_map_flags flags, size_t offset,
                                                  size_t bytes, cl_uint waits, const cl_event *wait,
                                                  cl_event *event, cl_int *given_code) {
    bool now;
    void *address = NULL;
    cl_int code = check_command(CALL_clEnqueueMapBuffer, queue, &now);
    bool spoil = now && fault.mode == FAULT_CORRUPT;
    if (code == CL_SUCCESS)
        address = fault_real->clEnqueueMapBuffer(queue, memory, spoil ? CL_TRUE : block, flags,
                                                 offset, bytes, waits, wait, event, &code);
    if (address) mark(now, queue, event, waits, wait);
    if (address && spoil) flip(address, bytes);
    if (given_code) *given_code = code;
    return address;
}

#define COMMAND(name, parameters, arguments)                                                       \
    static cl_int CL_API_CALL name##_entry parameters {                                            \
        bool now;                                                                                  \
        cl_int code = check_command(CALL_##name, queue, &now);                                     \
        if (code == CL_SUCCESS) code = fault_real->name arguments;                                 \
        if (code == CL_SUCCESS) mark(now, queue, event, waits, wait);                              \
        return code;                                                                               \
    }
COMMAND(clEnqueueWriteBuffer,
        (cl_command_queue queue, cl_mem memory, cl_bool block, size_t offset, size_t bytes,
         const void *from, cl_uint waits, const cl_event *wait, cl_event *event),
        (queue, memory, block, offset, bytes, from, waits, wait, event))
COMMAND(clEnqueueCopyBuffer,
        (cl_command_queue queue, cl_mem from, cl_mem to, size_t from_offset, size_t to_offset,
         size_t bytes, cl_uint waits, const cl_event *wait, cl_event *event),
        (queue, from, to, from_offset, to_offset, bytes, waits, wait, event))
COMMAND(clEnqueueFillBuffer,
        (cl_command_queue queue, cl_mem memory, const void *pattern, size_t size, size_t offset,
         size_t bytes, cl_uint waits, const cl_event *wait, cl_event *event),
        (queue, memory, pattern, size, offset, bytes, waits, wait, event))
COMMAND(clEnqueueUnmapMemObject,
        (cl_command_queue queue, cl_mem memory, void *address, cl_uint waits, const cl_event *wait,
         cl_event *event),
        (queue, memory, address, waits, wait, event))
COMMAND(clEnqueueBarrierWithWaitList,
        (cl_command_queue queue, cl_uint waits, const cl_event *wait, cl_event *event),
        (queue, waits, wait, event))

void fault_fill_effects(void) {
#define ENTRY(name) fault_table.name = name##_entry;
    ENTRY(clGetDeviceInfo)
    ENTRY(clGetKernelWorkGroupInfo)
    ENTRY(clCreateBuffer)
    ENTRY(clRetainEvent)
    ENTRY(clReleaseEvent)
    ENTRY(clGetEventInfo)
    ENTRY(clWaitForEvents)
    ENTRY(clEnqueueNDRangeKernel)
    ENTRY(clEnqueueReadBuffer)
    ENTRY(clEnqueueMapBuffer)
    ENTRY(clEnqueueWriteBuffer)
    ENTRY(clEnqueueCopyBuffer)
    ENTRY(clEnqueueFillBuffer)
    ENTRY(clEnqueueUnmapMemObject)
    ENTRY(clEnqueueBarrierWithWaitList)
#undef ENTRY
}
