/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenCL functions that the driver calls, as pointers that are found at run time: a program
 * that stays on the cpu loads neither the OpenCL loader nor a vendor's driver, and runs where there
 * is none. Each name of the list below is a macro for its pointer, so that the files of the driver
 * call clFinish() as if it were linked.
 *
 * A new function takes two lines here: one in the list, one among the macros. */
#ifndef SC_OPENCL_OCL_API_H
#define SC_OPENCL_OCL_API_H

#include "base/env.h"

#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

#define SC_OCL_FUNCTIONS(X)                                                                        \
    X(clBuildProgram)                                                                              \
    X(clCreateBuffer)                                                                              \
    X(clCreateCommandQueue)                                                                        \
    X(clCreateContext)                                                                             \
    X(clCreateKernel)                                                                              \
    X(clCreateProgramWithBinary)                                                                   \
    X(clCreateProgramWithSource)                                                                   \
    X(clCreateSubBuffer)                                                                           \
    X(clCreateSubDevices)                                                                          \
    X(clEnqueueBarrierWithWaitList)                                                                \
    X(clEnqueueCopyBuffer)                                                                         \
    X(clEnqueueFillBuffer)                                                                         \
    X(clEnqueueMapBuffer)                                                                          \
    X(clEnqueueNDRangeKernel)                                                                      \
    X(clEnqueueReadBuffer)                                                                         \
    X(clEnqueueUnmapMemObject)                                                                     \
    X(clEnqueueWriteBuffer)                                                                        \
    X(clFinish)                                                                                    \
    X(clFlush)                                                                                     \
    X(clGetDeviceIDs)                                                                              \
    X(clGetDeviceInfo)                                                                             \
    X(clGetEventInfo)                                                                              \
    X(clGetEventProfilingInfo)                                                                     \
    X(clGetKernelWorkGroupInfo)                                                                    \
    X(clGetPlatformIDs)                                                                            \
    X(clGetPlatformInfo)                                                                           \
    X(clGetProgramBuildInfo)                                                                       \
    X(clGetProgramInfo)                                                                            \
    X(clReleaseCommandQueue)                                                                       \
    X(clReleaseContext)                                                                            \
    X(clReleaseDevice)                                                                             \
    X(clReleaseEvent)                                                                              \
    X(clReleaseKernel)                                                                             \
    X(clReleaseMemObject)                                                                          \
    X(clReleaseProgram)                                                                            \
    X(clRetainEvent)                                                                               \
    X(clSetEventCallback)                                                                          \
    X(clSetKernelArg)                                                                              \
    X(clWaitForEvents)

typedef struct sc_ocl_api {
#define SC_OCL_POINTER(name) __typeof__(name) *name;
    SC_OCL_FUNCTIONS(SC_OCL_POINTER)
#undef SC_OCL_POINTER
} sc_ocl_api;

/* Filled by the first sc_ocl_load that succeeds, and the same from then on. */
extern sc_ocl_api sc_ocl_calls;

/* Opens the OpenCL loader, once for the process, and never closes it: drivers keep threads.
 * NOT_FOUND when there is none, the text says why. Loads no vendor's driver. Thread: any. */
socle_status sc_ocl_load(sc_env *env);

#define clBuildProgram sc_ocl_calls.clBuildProgram
#define clCreateBuffer sc_ocl_calls.clCreateBuffer
#define clCreateCommandQueue sc_ocl_calls.clCreateCommandQueue
#define clCreateContext sc_ocl_calls.clCreateContext
#define clCreateKernel sc_ocl_calls.clCreateKernel
#define clCreateProgramWithBinary sc_ocl_calls.clCreateProgramWithBinary
#define clCreateProgramWithSource sc_ocl_calls.clCreateProgramWithSource
#define clCreateSubBuffer sc_ocl_calls.clCreateSubBuffer
#define clCreateSubDevices sc_ocl_calls.clCreateSubDevices
#define clEnqueueBarrierWithWaitList sc_ocl_calls.clEnqueueBarrierWithWaitList
#define clEnqueueCopyBuffer sc_ocl_calls.clEnqueueCopyBuffer
#define clEnqueueFillBuffer sc_ocl_calls.clEnqueueFillBuffer
#define clEnqueueMapBuffer sc_ocl_calls.clEnqueueMapBuffer
#define clEnqueueNDRangeKernel sc_ocl_calls.clEnqueueNDRangeKernel
#define clEnqueueReadBuffer sc_ocl_calls.clEnqueueReadBuffer
#define clEnqueueUnmapMemObject sc_ocl_calls.clEnqueueUnmapMemObject
#define clEnqueueWriteBuffer sc_ocl_calls.clEnqueueWriteBuffer
#define clFinish sc_ocl_calls.clFinish
#define clFlush sc_ocl_calls.clFlush
#define clGetDeviceIDs sc_ocl_calls.clGetDeviceIDs
#define clGetDeviceInfo sc_ocl_calls.clGetDeviceInfo
#define clGetEventInfo sc_ocl_calls.clGetEventInfo
#define clGetEventProfilingInfo sc_ocl_calls.clGetEventProfilingInfo
#define clGetKernelWorkGroupInfo sc_ocl_calls.clGetKernelWorkGroupInfo
#define clGetPlatformIDs sc_ocl_calls.clGetPlatformIDs
#define clGetPlatformInfo sc_ocl_calls.clGetPlatformInfo
#define clGetProgramBuildInfo sc_ocl_calls.clGetProgramBuildInfo
#define clGetProgramInfo sc_ocl_calls.clGetProgramInfo
#define clReleaseCommandQueue sc_ocl_calls.clReleaseCommandQueue
#define clReleaseContext sc_ocl_calls.clReleaseContext
#define clReleaseDevice sc_ocl_calls.clReleaseDevice
#define clReleaseEvent sc_ocl_calls.clReleaseEvent
#define clReleaseKernel sc_ocl_calls.clReleaseKernel
#define clReleaseMemObject sc_ocl_calls.clReleaseMemObject
#define clReleaseProgram sc_ocl_calls.clReleaseProgram
#define clRetainEvent sc_ocl_calls.clRetainEvent
#define clSetEventCallback sc_ocl_calls.clSetEventCallback
#define clSetKernelArg sc_ocl_calls.clSetKernelArg
#define clWaitForEvents sc_ocl_calls.clWaitForEvents

#endif
