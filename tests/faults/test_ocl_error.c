/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenCL's codes mean: three of them for "no memory", and a lost device behind any of them. */
#include "opencl/ocl.h"
#include "sc_test.h"

Test(ocl_error, no_memory_has_three_codes) {
    const cl_int code[] = {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES,
                           CL_OUT_OF_HOST_MEMORY};
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        SC_REPRO("%s", sc_ocl_error_name(code[i]));
        SC_EQ(sc_ocl_cause_of(code[i]), SC_OCL_CAUSE_MEMORY);
        SC_EQ(sc_ocl_classify(code[i], SC_OCL_PATH_ALLOCATE), SOCLE_STATUS_DEVICE_MEMORY);
        SC_EQ(sc_ocl_classify(code[i], SC_OCL_PATH_RUN), SOCLE_STATUS_DEVICE_MEMORY);
    }
    SC_EQ(sc_ocl_classify(CL_INVALID_BUFFER_SIZE, SC_OCL_PATH_ALLOCATE),
          SOCLE_STATUS_DEVICE_MEMORY);
}

/* A kernel that needs too much leaves the next implementation a chance; a lost device does not. */
Test(ocl_error, building) {
    SC_EQ(sc_ocl_classify(CL_OUT_OF_RESOURCES, SC_OCL_PATH_BUILD), SOCLE_STATUS_BUILD);
    SC_EQ(sc_ocl_classify(CL_BUILD_PROGRAM_FAILURE, SC_OCL_PATH_BUILD), SOCLE_STATUS_BUILD);
    SC_EQ(sc_ocl_classify(CL_INVALID_WORK_GROUP_SIZE, SC_OCL_PATH_BUILD), SOCLE_STATUS_BUILD);
    SC_EQ(sc_ocl_classify(CL_OUT_OF_HOST_MEMORY, SC_OCL_PATH_BUILD), SOCLE_STATUS_DEVICE_MEMORY);
    SC_EQ(sc_ocl_classify(CL_INVALID_COMMAND_QUEUE, SC_OCL_PATH_BUILD), SOCLE_STATUS_DEVICE);
}

Test(ocl_error, a_lost_device_shows_on_every_path) {
    const cl_int code[] = {CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST,
                           CL_INVALID_CONTEXT,
                           CL_INVALID_COMMAND_QUEUE,
                           CL_INVALID_DEVICE,
                           CL_DEVICE_NOT_AVAILABLE,
                           -1121,
                           -9999};
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++)
        for (int path = SC_OCL_PATH_ALLOCATE; path <= SC_OCL_PATH_BUILD; path++) {
            SC_REPRO("%s on path %d", sc_ocl_error_name(code[i]), path);
            SC_EQ(sc_ocl_classify(code[i], (enum sc_ocl_path)path), SOCLE_STATUS_DEVICE);
        }
    SC_EQ(sc_ocl_cause_of(CL_DEVICE_NOT_AVAILABLE), SC_OCL_CAUSE_BUSY);
    SC_EQ(sc_ocl_cause_of(CL_INVALID_KERNEL_ARGS), SC_OCL_CAUSE_OURS);
    SC_EQ(sc_ocl_classify(CL_INVALID_KERNEL_ARGS, SC_OCL_PATH_RUN), SOCLE_STATUS_DEVICE);
}
