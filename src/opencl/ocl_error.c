/* SPDX-License-Identifier: Apache-2.0 */
/* OpenCL error codes: their names, their causes, and which status they mean. OpenCL has no code for
 * a lost device and three for no memory, so a code is judged together with the path it came up on,
 * and where it may hide a lost device, the device is asked (ocl_health.c). It must not know queues
 * or programs. */
#include "opencl/ocl.h"

enum { CONTEXT_TERMINATED = -1121, NVIDIA_BAD_ACCESS = -9999 };

typedef struct error_name {
    cl_int code;
    const char *name;
} error_name;

#define ROW(name)                                                                                  \
    { name, #name }
static const error_name names[] = {
    ROW(CL_SUCCESS),
    ROW(CL_DEVICE_NOT_FOUND),
    ROW(CL_DEVICE_NOT_AVAILABLE),
    ROW(CL_COMPILER_NOT_AVAILABLE),
    ROW(CL_MEM_OBJECT_ALLOCATION_FAILURE),
    ROW(CL_OUT_OF_RESOURCES),
    ROW(CL_OUT_OF_HOST_MEMORY),
    ROW(CL_PROFILING_INFO_NOT_AVAILABLE),
    ROW(CL_MEM_COPY_OVERLAP),
    ROW(CL_IMAGE_FORMAT_MISMATCH),
    ROW(CL_IMAGE_FORMAT_NOT_SUPPORTED),
    ROW(CL_BUILD_PROGRAM_FAILURE),
    ROW(CL_MAP_FAILURE),
    ROW(CL_MISALIGNED_SUB_BUFFER_OFFSET),
    ROW(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
    ROW(CL_COMPILE_PROGRAM_FAILURE),
    ROW(CL_LINKER_NOT_AVAILABLE),
    ROW(CL_LINK_PROGRAM_FAILURE),
    ROW(CL_DEVICE_PARTITION_FAILED),
    ROW(CL_KERNEL_ARG_INFO_NOT_AVAILABLE),
    ROW(CL_INVALID_VALUE),
    ROW(CL_INVALID_DEVICE_TYPE),
    ROW(CL_INVALID_PLATFORM),
    ROW(CL_INVALID_DEVICE),
    ROW(CL_INVALID_CONTEXT),
    ROW(CL_INVALID_QUEUE_PROPERTIES),
    ROW(CL_INVALID_COMMAND_QUEUE),
    ROW(CL_INVALID_HOST_PTR),
    ROW(CL_INVALID_MEM_OBJECT),
    ROW(CL_INVALID_BINARY),
    ROW(CL_INVALID_BUILD_OPTIONS),
    ROW(CL_INVALID_PROGRAM),
    ROW(CL_INVALID_PROGRAM_EXECUTABLE),
    ROW(CL_INVALID_KERNEL_NAME),
    ROW(CL_INVALID_KERNEL_DEFINITION),
    ROW(CL_INVALID_KERNEL),
    ROW(CL_INVALID_ARG_INDEX),
    ROW(CL_INVALID_ARG_VALUE),
    ROW(CL_INVALID_ARG_SIZE),
    ROW(CL_INVALID_KERNEL_ARGS),
    ROW(CL_INVALID_WORK_DIMENSION),
    ROW(CL_INVALID_WORK_GROUP_SIZE),
    ROW(CL_INVALID_WORK_ITEM_SIZE),
    ROW(CL_INVALID_GLOBAL_OFFSET),
    ROW(CL_INVALID_EVENT_WAIT_LIST),
    ROW(CL_INVALID_EVENT),
    ROW(CL_INVALID_OPERATION),
    ROW(CL_INVALID_BUFFER_SIZE),
    ROW(CL_INVALID_GLOBAL_WORK_SIZE),
    ROW(CL_INVALID_PROPERTY),
    ROW(CL_INVALID_COMPILER_OPTIONS),
    ROW(CL_INVALID_LINKER_OPTIONS),
    ROW(CL_INVALID_DEVICE_PARTITION_COUNT),
    {-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
    {CONTEXT_TERMINATED, "CL_CONTEXT_TERMINATED_KHR"},
    {NVIDIA_BAD_ACCESS, "NVIDIA: illegal read or write to a buffer"},
};
#undef ROW

const char *sc_ocl_error_name(cl_int code) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].code == code) return names[i].name;
    return "unknown OpenCL error";
}

sc_ocl_cause sc_ocl_cause_of(cl_int code) {
    switch (code) {
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_RESOURCES:
    case CL_OUT_OF_HOST_MEMORY:
    case CL_INVALID_BUFFER_SIZE:
    case CL_MAP_FAILURE:
        return SC_OCL_CAUSE_MEMORY;
    case CL_DEVICE_NOT_AVAILABLE:
        return SC_OCL_CAUSE_BUSY;
    case CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST:
    case CL_INVALID_DEVICE:
    case CL_INVALID_CONTEXT:
    case CL_INVALID_COMMAND_QUEUE:
    case CL_INVALID_EVENT:
    case CONTEXT_TERMINATED:
    case NVIDIA_BAD_ACCESS:
        return SC_OCL_CAUSE_LOST;
    case CL_BUILD_PROGRAM_FAILURE:
    case CL_COMPILE_PROGRAM_FAILURE:
    case CL_LINK_PROGRAM_FAILURE:
    case CL_COMPILER_NOT_AVAILABLE:
    case CL_INVALID_BUILD_OPTIONS:
    case CL_INVALID_BINARY:
        return SC_OCL_CAUSE_BUILD;
    default:
        return SC_OCL_CAUSE_OURS;
    }
}

/* Resources that are short while a kernel is built or first launched are registers and local memory
 * of this kernel: another one may do with less. */
socle_status sc_ocl_classify(cl_int code, enum sc_ocl_path path) {
    bool builds = path == SC_OCL_PATH_BUILD;
    switch (sc_ocl_cause_of(code)) {
    case SC_OCL_CAUSE_MEMORY:
        return builds && code == CL_OUT_OF_RESOURCES ? SOCLE_STATUS_BUILD
                                                     : SOCLE_STATUS_DEVICE_MEMORY;
    case SC_OCL_CAUSE_BUILD:
        return SOCLE_STATUS_BUILD;
    case SC_OCL_CAUSE_OURS:
        return builds ? SOCLE_STATUS_BUILD : SOCLE_STATUS_DEVICE;
    default:
        return SOCLE_STATUS_DEVICE;
    }
}

socle_status sc_ocl_fail(sc_env *env, const char *device, const char *call, cl_int code,
                         enum sc_ocl_path path) {
    socle_status status = sc_ocl_classify(code, path);
    const char *advice =
        status == SOCLE_STATUS_DEVICE_MEMORY ? "; use a smaller batch or memory budget" : "";
    return sc_fail(env, status, "%s on %s failed: %s (%d)%s", call, device, sc_ocl_error_name(code),
                   (int)code, advice);
}
