/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of an operation: what preparing, launching, warming up and releasing have in common, so
 * that its file holds the geometry, the arguments and the text of its kernels. Knows no operation.
 */
#ifndef SC_OPENCL_OCL_FRAME_H
#define SC_OPENCL_OCL_FRAME_H

#include "opencl/ocl.h"

enum { SC_OCL_FRAME_KERNELS = 4 };

/* An operation that is one kernel over one struct of sizes. */
typedef struct sc_ocl_single {
    size_t shape_bytes;
    const void *nothing; /* the sizes of no work, for warming up */
    /* Sizes and global size, per dimension of the kernel, of a launch of `rows` samples. */
    void (*arrange)(const void *self, void *shape, size_t *global, int64_t rows);
    /* All arguments. operands NULL: a warm-up, and `launch` is NULL too. */
    void (*arguments)(sc_ocl_call *call, const void *self, const sc_operand *operands,
                      const void *shape, const sc_launch *launch);
} sc_ocl_single;

/* The first member of an operation's struct. Kernels that were made are destroyed with it. */
typedef struct sc_ocl_frame {
    sc_kernel base;
    sc_ocl_kernel kernel[SC_OCL_FRAME_KERNELS];
    const sc_ocl_single *single; /* NULL: the operation launches itself */
} sc_ocl_frame;

/* The option by which a text that moves elements learns how large they are; NULL: 4 bytes. */
const char *sc_ocl_element_option(size_t size);

typedef socle_status sc_ocl_enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                    sc_operand workspace, const sc_launch *launch);

/* Allocates the struct of a prepared operation (`size` bytes, zeroed, a sc_ocl_frame first) and
 * fills its head. */
socle_status sc_ocl_frame_create(void *out, size_t size, sc_device *device,
                                 const sc_implementation *implementation, sc_ocl_enqueue *enqueue);
/* The end of prepare: gives the kernel, or where `status` is a failure releases it. Returns
 * `status`. */
socle_status sc_ocl_frame_finish(sc_kernel **out, sc_ocl_frame *frame, socle_status status);

/* sc_ocl_program_get of texts that were put together; either may be NULL. Frees both. */
socle_status sc_ocl_frame_program(const sc_ocl_program **out, sc_ocl_device *device,
                                  sc_text *prefix, const char *file, sc_text *defines);

/* For frames with a `single`: the enqueue, and the warm-up at `capacity` rows that ends the
 * building. */
sc_ocl_enqueue sc_ocl_single_enqueue;
socle_status sc_ocl_single_warm(sc_ocl_frame *frame, int64_t capacity);
/* Operands one after the other, or in a warm-up as many of nothing; `element`: bytes of an element
 * of each. */
void sc_ocl_frame_operands(sc_ocl_call *call, const sc_operand *operands, int count,
                           const size_t *element);

#endif
