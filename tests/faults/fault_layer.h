/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the fault layer: which calls it stands before, and the one question every one of
 * them asks. What the layer is and how it is told what to do is in fault_layer.c. */
#ifndef SC_TEST_FAULT_LAYER_H
#define SC_TEST_FAULT_LAYER_H

#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_layer.h>
#include <stdbool.h>

/* Every OpenCL function that the library calls, or that CLBlast calls for it. */
#define FAULT_CALLS(X)                                                                             \
    X(clGetPlatformIDs)                                                                            \
    X(clGetPlatformInfo)                                                                           \
    X(clGetDeviceIDs)                                                                              \
    X(clGetDeviceInfo)                                                                             \
    X(clCreateSubDevices)                                                                          \
    X(clReleaseDevice)                                                                             \
    X(clCreateContext)                                                                             \
    X(clReleaseContext)                                                                            \
    X(clCreateCommandQueue)                                                                        \
    X(clReleaseCommandQueue)                                                                       \
    X(clGetCommandQueueInfo)                                                                       \
    X(clCreateBuffer)                                                                              \
    X(clCreateSubBuffer)                                                                           \
    X(clReleaseMemObject)                                                                          \
    X(clGetMemObjectInfo)                                                                          \
    X(clCreateProgramWithSource)                                                                   \
    X(clCreateProgramWithBinary)                                                                   \
    X(clBuildProgram)                                                                              \
    X(clGetProgramInfo)                                                                            \
    X(clGetProgramBuildInfo)                                                                       \
    X(clReleaseProgram)                                                                            \
    X(clCreateKernel)                                                                              \
    X(clSetKernelArg)                                                                              \
    X(clGetKernelWorkGroupInfo)                                                                    \
    X(clReleaseKernel)                                                                             \
    X(clEnqueueNDRangeKernel)                                                                      \
    X(clEnqueueReadBuffer)                                                                         \
    X(clEnqueueWriteBuffer)                                                                        \
    X(clEnqueueCopyBuffer)                                                                         \
    X(clEnqueueFillBuffer)                                                                         \
    X(clEnqueueMapBuffer)                                                                          \
    X(clEnqueueUnmapMemObject)                                                                     \
    X(clEnqueueBarrierWithWaitList)                                                                \
    X(clFlush)                                                                                     \
    X(clFinish)                                                                                    \
    X(clWaitForEvents)                                                                             \
    X(clGetEventInfo)                                                                              \
    X(clGetEventProfilingInfo)                                                                     \
    X(clSetEventCallback)                                                                          \
    X(clRetainEvent)                                                                               \
    X(clReleaseEvent)

enum fault_call {
#define FAULT_ENUM(name) CALL_##name,
    FAULT_CALLS(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_CALL_COUNT
};

enum fault_mode {
    FAULT_NONE,
    FAULT_ONCE,
    FAULT_EVER,
    FAULT_DEAD,
    FAULT_HANG,
    FAULT_EVENT,
    FAULT_CORRUPT,
    FAULT_SLOW,
    FAULT_LIE
};

typedef struct fault_settings {
    enum fault_mode mode;
    bool wanted[FAULT_CALL_COUNT];
    long at;
    int device; /* -1: any */
    cl_int code;
    unsigned long microseconds;
    bool reopens;      /* a dead device can be opened again */
    const char *phase; /* of the program; NULL: any */
} fault_settings;

extern const cl_icd_dispatch *fault_real; /* what stands behind the layer */
extern cl_icd_dispatch fault_table;       /* the layer's own entries */
extern fault_settings fault;

/* Counts the call and says what it returns: CL_SUCCESS, then it goes on, or the fault's code.
 * `device` is the ordinal of the context the call belongs to, -1 where it is not known. Hangs and
 * delays happen in here. */
cl_int fault_check(enum fault_call call, int device);
/* `change` more (or fewer) objects that the program must release. */
enum fault_object {
    FAULT_DEVICE,
    FAULT_CONTEXT,
    FAULT_QUEUE,
    FAULT_MEMORY,
    FAULT_PROGRAM,
    FAULT_KERNEL,
    FAULT_EVENTS,
    FAULT_OBJECTS
};
void fault_objects(enum fault_object kind, int change);
/* The fault took effect in another way than by a code. */
void fault_note(void);
bool fault_is_armed(void);

/* fault_owner.c: ordinals of contexts, in the order in which they were opened; the queues of each.
 * All return -1 when the settings ask for no device, so that nothing is looked up in vain. */
int fault_owner_context(cl_context context);
int fault_owner_queue(cl_command_queue queue);
int fault_owner_memory(cl_mem memory);
int fault_owner_program(cl_program program);
int fault_owner_kernel(cl_kernel kernel);
int fault_owner_event(cl_event event);
void fault_owner_opened(cl_context context);
void fault_owner_queue_opened(cl_command_queue queue, cl_context context);
void fault_owner_queue_closed(cl_command_queue queue);
/* The end of a device: waits for all its work, since a device that has ended writes to no memory.
 */
void fault_owner_silence(int device);
bool fault_owner_is_gone(cl_device_id device);

/* fault_calls.c fills in plain entries, fault_effects.c those that do more than fail. */
void fault_fill_calls(void);
void fault_fill_effects(void);
bool fault_parse_lies(const char *text);

#endif
