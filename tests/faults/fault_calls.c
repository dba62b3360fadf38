/* SPDX-License-Identifier: Apache-2.0 */
/* The fault layer's plain entries: each asks fault_check and either fails or goes on to the driver.
 * Calls that do more than fail are in fault_effects.c. */
#include "fault_layer.h"

/* A call that returns a code. */
#define CODE_CALL(name, owner, parameters, arguments)                                              \
    static cl_int CL_API_CALL name##_entry parameters {                                            \
        cl_int code = fault_check(CALL_##name, owner);                                             \
        return code != CL_SUCCESS ? code : fault_real->name arguments;                             \
    }
/* One that returns an object and leaves the code behind its last argument. */
#define OBJECT_CALL(type, kind, name, owner, parameters, arguments)                                \
    static type CL_API_CALL name##_entry parameters {                                              \
        cl_int code = fault_check(CALL_##name, owner);                                             \
        type object = code == CL_SUCCESS ? fault_real->name arguments : NULL;                      \
        if (object) fault_objects(kind, 1);                                                        \
        if (given_code && code != CL_SUCCESS) *given_code = code;                                  \
        return object;                                                                             \
    }
/* A release happens whatever it says: a driver that reports an error has forgotten the object all
 * the same. */
#define RELEASE_CALL(name, type, kind, owner)                                                      \
    static cl_int CL_API_CALL name##_entry(type object) {                                          \
        cl_int code = fault_check(CALL_##name, owner);                                             \
        cl_int own = fault_real->name(object);                                                     \
        fault_objects(kind, -1);                                                                   \
        return code != CL_SUCCESS ? code : own;                                                    \
    }

CODE_CALL(clGetPlatformIDs, -1, (cl_uint room, cl_platform_id *list, cl_uint *count),
          (room, list, count))
CODE_CALL(clGetPlatformInfo, -1,
          (cl_platform_id platform, cl_platform_info key, size_t size, void *value, size_t *given),
          (platform, key, size, value, given))
CODE_CALL(clGetDeviceIDs, -1,
          (cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *list,
           cl_uint *count),
          (platform, type, room, list, count))
static cl_int CL_API_CALL clCreateSubDevices_entry(cl_device_id device,
                                                   const cl_device_partition_property *properties,
                                                   cl_uint room, cl_device_id *list,
                                                   cl_uint *count) {
    cl_int code = fault_check(CALL_clCreateSubDevices, -1);
    if (code == CL_SUCCESS)
        code = fault_real->clCreateSubDevices(device, properties, room, list, count);
    if (code == CL_SUCCESS && list) fault_objects(FAULT_DEVICE, (int)room);
    return code;
}

RELEASE_CALL(clReleaseDevice, cl_device_id, FAULT_DEVICE, -1)
RELEASE_CALL(clReleaseContext, cl_context, FAULT_CONTEXT, fault_owner_context(object))

static cl_context CL_API_CALL clCreateContext_entry(
    const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
    void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
    cl_int *given_code) {
    cl_int code = fault_check(CALL_clCreateContext, -1);
    if (code == CL_SUCCESS && !fault.reopens && fault_is_armed() && fault_owner_is_gone(devices[0]))
        code = fault.code;
    cl_context context =
        code == CL_SUCCESS
            ? fault_real->clCreateContext(properties, count, devices, notify, user, &code)
            : NULL;
    if (context) fault_objects(FAULT_CONTEXT, 1), fault_owner_opened(context);
    if (given_code) *given_code = code;
    return context;
}

static cl_command_queue CL_API_CALL
clCreateCommandQueue_entry(cl_context context, cl_device_id device,
                           cl_command_queue_properties properties, cl_int *given_code) {
    cl_int code = fault_check(CALL_clCreateCommandQueue, fault_owner_context(context));
    cl_command_queue queue =
        code == CL_SUCCESS ? fault_real->clCreateCommandQueue(context, device, properties, &code)
                           : NULL;
    if (queue) fault_objects(FAULT_QUEUE, 1), fault_owner_queue_opened(queue, context);
    if (given_code) *given_code = code;
    return queue;
}

static cl_int CL_API_CALL clReleaseCommandQueue_entry(cl_command_queue queue) {
    cl_int code = fault_check(CALL_clReleaseCommandQueue, fault_owner_queue(queue));
    fault_owner_queue_closed(queue); /* the library retains none, so this is the end of it */
    cl_int own = fault_real->clReleaseCommandQueue(queue);
    fault_objects(FAULT_QUEUE, -1);
    return code != CL_SUCCESS ? code : own;
}

CODE_CALL(clGetCommandQueueInfo, fault_owner_queue(queue),
          (cl_command_queue queue, cl_command_queue_info key, size_t size, void *value,
           size_t *given),
          (queue, key, size, value, given))
OBJECT_CALL(cl_mem, FAULT_MEMORY, clCreateSubBuffer, fault_owner_memory(parent),
            (cl_mem parent, cl_mem_flags flags, cl_buffer_create_type type, const void *region,
             cl_int *given_code),
            (parent, flags, type, region, given_code))
RELEASE_CALL(clReleaseMemObject, cl_mem, FAULT_MEMORY, fault_owner_memory(object))
CODE_CALL(clGetMemObjectInfo, fault_owner_memory(memory),
          (cl_mem memory, cl_mem_info key, size_t size, void *value, size_t *given),
          (memory, key, size, value, given))

OBJECT_CALL(cl_program, FAULT_PROGRAM, clCreateProgramWithSource, fault_owner_context(context),
            (cl_context context, cl_uint count, const char **text, const size_t *length,
             cl_int *given_code),
            (context, count, text, length, given_code))
OBJECT_CALL(cl_program, FAULT_PROGRAM, clCreateProgramWithBinary, fault_owner_context(context),
            (cl_context context, cl_uint count, const cl_device_id *devices, const size_t *size,
             const unsigned char **binary, cl_int *own, cl_int *given_code),
            (context, count, devices, size, binary, own, given_code))
CODE_CALL(clBuildProgram, fault_owner_program(program),
          (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
           void(CL_CALLBACK *notify)(cl_program, void *), void *user),
          (program, count, devices, options, notify, user))
CODE_CALL(clGetProgramInfo, fault_owner_program(program),
          (cl_program program, cl_program_info key, size_t size, void *value, size_t *given),
          (program, key, size, value, given))
CODE_CALL(clGetProgramBuildInfo, fault_owner_program(program),
          (cl_program program, cl_device_id device, cl_program_build_info key, size_t size,
           void *value, size_t *given),
          (program, device, key, size, value, given))
RELEASE_CALL(clReleaseProgram, cl_program, FAULT_PROGRAM, fault_owner_program(object))

OBJECT_CALL(cl_kernel, FAULT_KERNEL, clCreateKernel, fault_owner_program(program),
            (cl_program program, const char *name, cl_int *given_code), (program, name, given_code))
CODE_CALL(clSetKernelArg, fault_owner_kernel(kernel),
          (cl_kernel kernel, cl_uint number, size_t size, const void *value),
          (kernel, number, size, value))
RELEASE_CALL(clReleaseKernel, cl_kernel, FAULT_KERNEL, fault_owner_kernel(object))

CODE_CALL(clFlush, fault_owner_queue(queue), (cl_command_queue queue), (queue))
CODE_CALL(clFinish, fault_owner_queue(queue), (cl_command_queue queue), (queue))
CODE_CALL(clGetEventProfilingInfo, fault_owner_event(event),
          (cl_event event, cl_profiling_info key, size_t size, void *value, size_t *given),
          (event, key, size, value, given))
CODE_CALL(clSetEventCallback, fault_owner_event(event),
          (cl_event event, cl_int state, void(CL_CALLBACK *notify)(cl_event, cl_int, void *),
           void *user),
          (event, state, notify, user))

void fault_fill_calls(void) {
#define ENTRY(name) fault_table.name = name##_entry;
    ENTRY(clGetPlatformIDs)
    ENTRY(clGetPlatformInfo)
    ENTRY(clGetDeviceIDs)
    ENTRY(clCreateSubDevices)
    ENTRY(clReleaseDevice)
    ENTRY(clCreateContext)
    ENTRY(clReleaseContext)
    ENTRY(clCreateCommandQueue)
    ENTRY(clReleaseCommandQueue)
    ENTRY(clGetCommandQueueInfo)
    ENTRY(clCreateSubBuffer)
    ENTRY(clReleaseMemObject)
    ENTRY(clGetMemObjectInfo)
    ENTRY(clCreateProgramWithSource)
    ENTRY(clCreateProgramWithBinary)
    ENTRY(clBuildProgram)
    ENTRY(clGetProgramInfo)
    ENTRY(clGetProgramBuildInfo)
    ENTRY(clReleaseProgram)
    ENTRY(clCreateKernel)
    ENTRY(clSetKernelArg)
    ENTRY(clReleaseKernel)
    ENTRY(clFlush)
    ENTRY(clFinish)
    ENTRY(clGetEventProfilingInfo)
    ENTRY(clSetEventCallback)
#undef ENTRY
}
