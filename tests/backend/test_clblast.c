/* SPDX-License-Identifier: Apache-2.0 */
/* Products through CLBlast whose matrices lie beyond what its int offsets can name: the limit is
 * made small, for memory of 2^31 elements is not at hand. The bits are those of matrices that lie
 * near, alone and in batches, with and without scratch memory. PoCL's optimizer is left out, which
 * takes long over CLBlast's kernels. */
#include "device_fixture.h"
#include "opencl/ocl.h"

enum { MOST = 3 * 80 * 80, FAR = 5000 };

static sc_op_desc batch_of(int64_t batch, int64_t rows, int64_t depth, int64_t columns,
                           bool one_right) {
    sc_op_desc desc = {.op = SC_OP_MATMUL, .inputs = 2, .outputs = 1};
    desc.tensor[0] = sc_tensor_make(SOCLE_F32, 1, 3, (const int64_t[]){batch, rows, depth});
    desc.tensor[1] = sc_tensor_make(SOCLE_F32, !one_right, 3,
                                    (const int64_t[]){one_right ? 1 : batch, depth, columns});
    desc.tensor[2] = sc_tensor_make(SOCLE_F32, 1, 3, (const int64_t[]){batch, rows, columns});
    return desc;
}

/* Operands begin FAR + `odd` elements behind the beginning of their buffers. */
static void run(device_fixture *f, const sc_op_desc *desc, size_t odd, size_t limit, float *out) {
    static float data[MOST];
    const size_t shift = (FAR + odd) * sizeof(float);
    sc_operand operand[3], workspace = {0};
    sc_kernel *kernel;
    const sc_launch launch = {.rows = desc->tensor[2].dim[0]};
    sc_ocl_device_of(f->device)->blas_elements = limit;
    SC_OK(&f->env, sc_prepare(&kernel, f->device, desc, "clblast"));
    for (int i = 0; i < 3; i++) {
        const size_t bytes = sc_tensor_bytes(&desc->tensor[i]);
        SC_TRUE(bytes <= sizeof data);
        operand[i] = (sc_operand){.offset = shift};
        SC_OK(&f->env,
              sc_buffer_create(&operand[i].buffer, f->device, SC_BUFFER_DEVICE, bytes + shift));
        device_fill(data, MOST, (uint32_t)i + 1);
        SC_OK(&f->env, sc_queue_write(f->queue, operand[i], data, bytes));
        SC_OK(&f->env, sc_queue_finish(f->queue));
    }
    if (kernel->workspace)
        SC_OK(&f->env,
              sc_buffer_create(&workspace.buffer, f->device, SC_BUFFER_DEVICE, kernel->workspace));
    SC_OK(&f->env, sc_kernel_enqueue(kernel, f->queue, operand, workspace, &launch));
    SC_OK(&f->env, sc_queue_read(f->queue, out, operand[2], sc_tensor_bytes(&desc->tensor[2])));
    SC_OK(&f->env, sc_queue_finish(f->queue));
    for (int i = 0; i < 3; i++) sc_buffer_destroy(operand[i].buffer);
    sc_buffer_destroy(workspace.buffer);
    sc_kernel_release(kernel);
}

Test(clblast, matrices_that_lie_far) {
    static float near[MOST], far[MOST];
    device_fixture f;
    device_open(&f, "opencl:0", NULL);
    if (!(f.device->info.traits & SC_TRAIT_BLAS)) cr_skip_test("CLBlast is not installed");
    const sc_op_desc descs[] = {batch_of(1, 33, 20, 17, false), batch_of(3, 33, 20, 17, false),
                                batch_of(3, 33, 20, 17, true)};
    for (size_t d = 0; d < sizeof descs / sizeof descs[0]; d++)
        for (size_t odd = 0; odd < 2; odd++) {
            const size_t bytes = sc_tensor_bytes(&descs[d].tensor[2]);
            memset(far, 0xff, sizeof far);
            run(&f, &descs[d], odd, INT32_MAX, near);
            run(&f, &descs[d], odd, 1000, far);
            SC_REPRO("product %zu, %zu", d, odd);
            SC_EQ_MEMORY(far, near, bytes);
            /* Between both: the second matrices of a batch alone lie too far. */
            run(&f, &descs[d], odd, FAR + odd + 33 * 20, far);
            SC_EQ_MEMORY(far, near, bytes);
        }
    device_close(&f);
}
