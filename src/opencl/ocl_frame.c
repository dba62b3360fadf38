/* SPDX-License-Identifier: Apache-2.0 */
/* See ocl_frame.h. */
#include "opencl/ocl_frame.h"

#include <stddef.h>
#include <string.h>

enum { SHAPE_BYTES = 256 };

/* The sizes of a launch, whatever the operation's struct of them is. */
typedef union shape {
    max_align_t align;
    char bytes[SHAPE_BYTES];
} shape;

const char *sc_ocl_element_option(size_t size) {
    return size == 1 ? "-D SC_ELEMENT=uchar" : size == 2 ? "-D SC_ELEMENT=ushort" : NULL;
}

static void release(sc_kernel *kernel) {
    sc_ocl_frame *frame = (sc_ocl_frame *)kernel;
    for (int k = 0; k < SC_OCL_FRAME_KERNELS; k++) sc_ocl_kernel_destroy(&frame->kernel[k]);
    sc_release(kernel->device->env, frame);
}

socle_status sc_ocl_frame_create(void *out, size_t size, sc_device *device,
                                 const sc_implementation *implementation, sc_ocl_enqueue *enqueue) {
    sc_ocl_frame *frame;
    SC_TRY(sc_allocate(device->env, out, 1, size));
    memcpy(&frame, out, sizeof frame);
    frame->base = (sc_kernel){
        .device = device, .implementation = implementation, .enqueue = enqueue, .release = release};
    return SOCLE_OK;
}

socle_status sc_ocl_frame_finish(sc_kernel **out, sc_ocl_frame *frame, socle_status status) {
    if (status == SOCLE_OK)
        *out = &frame->base;
    else
        release(&frame->base);
    return status;
}

socle_status sc_ocl_frame_program(const sc_ocl_program **out, sc_ocl_device *device,
                                  sc_text *prefix, const char *file, sc_text *defines) {
    socle_status status = prefix ? prefix->status : SOCLE_OK;
    if (status == SOCLE_OK && defines) status = defines->status;
    if (status == SOCLE_OK)
        status = sc_ocl_program_get(out, device, prefix ? prefix->data : NULL, file,
                                    defines ? defines->data : NULL);
    if (prefix) sc_text_free(prefix);
    if (defines) sc_text_free(defines);
    return status;
}

socle_status sc_ocl_single_enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch) {
    const sc_ocl_frame *frame = (const sc_ocl_frame *)kernel;
    shape shape;
    sc_ocl_call call;
    size_t global[3];
    (void)workspace;
    frame->single->arrange(frame, &shape, global, launch->rows);
    sc_ocl_call_begin(&call, sc_ocl_device_of(kernel->device), queue, &frame->kernel[0]);
    frame->single->arguments(&call, frame, operands, &shape, launch);
    return sc_ocl_call_run(&call, global);
}

socle_status sc_ocl_single_warm(sc_ocl_frame *frame, int64_t capacity) {
    shape shape;
    sc_ocl_call call;
    size_t largest[3];
    if (frame->single->shape_bytes > sizeof shape)
        return sc_fail(frame->base.device->env, SOCLE_STATUS_INTERNAL,
                       "sizes of %zu bytes in a frame of %d", frame->single->shape_bytes,
                       SHAPE_BYTES);
    frame->single->arrange(frame, &shape, largest, capacity);
    sc_ocl_call_begin(&call, sc_ocl_device_of(frame->base.device), NULL, &frame->kernel[0]);
    frame->single->arguments(&call, frame, NULL, frame->single->nothing, NULL);
    return sc_ocl_call_warm(&call, largest);
}

void sc_ocl_frame_operands(sc_ocl_call *call, const sc_operand *operands, int count,
                           const size_t *element) {
    for (int i = 0; i < count; i++)
        sc_ocl_call_operand(call, operands ? operands[i] : sc_ocl_nothing(call->device),
                            element[i]);
}
