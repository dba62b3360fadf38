/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products through CLBlast, for GPU-class devices, where it is installed: it is opened at
 * run time, with the first device. CLBlast before 1.6.1 is not safe on first use from several
 * threads, so one lock of the whole process is held around its calls. It keeps what it built, and
 * with it the contexts, until it is told to forget: with the last device, as drivers may be gone
 * when the process ends. Its scratch memory is asked for at prepare time and lives in the planned
 * workspace, as a sub-buffer; where its batched call would allocate some of its own, the entries of
 * a batch go one by one. Its kernels take offsets as int: a matrix that lies beyond 2^31 elements
 * of its buffer reaches it as a sub-buffer. Empty sizes never reach it. */
#include "base/library.h"
#include "opencl/ocl.h"
#include "opencl/ocl_matmul_geometry.h"

#include <clblast_c.h>
#include <string.h>

static pthread_mutex_t clblast_lock = PTHREAD_MUTEX_INITIALIZER;

#define CLBLAST_FUNCTIONS(X)                                                                       \
    X(CLBlastClearCache)                                                                           \
    X(CLBlastSGemmTempBufferSize)                                                                  \
    X(CLBlastSgemm)                                                                                \
    X(CLBlastSgemmStridedBatched)                                                                  \
    X(CLBlastSgemmWithTempBuffer)

static struct {
#define POINTER(name) __typeof__(name) *name;
    CLBLAST_FUNCTIONS(POINTER)
#undef POINTER
} clblast;

/* Under the lock, as is the writing of `clblast`. */
static bool clblast_loaded;
static int clblast_devices; /* that are open and may use it */

bool sc_ocl_clblast_open(const sc_env *parent) {
    static const char *const names[] = {
#define NAME(name) #name,
        CLBLAST_FUNCTIONS(NAME)
#undef NAME
    };
    sc_env env; /* a library that is missing is no error of the caller's */
    sc_env_child(&env, parent);
    pthread_mutex_lock(&clblast_lock);
    if (!clblast_loaded)
        clblast_loaded = sc_library_open(&env, "libclblast.so.1", names,
                                         sizeof names / sizeof names[0], &clblast) == SOCLE_OK;
    bool loaded = clblast_loaded;
    if (loaded) clblast_devices++;
    pthread_mutex_unlock(&clblast_lock);
    if (!loaded) sc_log_line(&env, SOCLE_LOG_DEBUG, "no products through CLBlast: %s", env.text);
    return loaded;
}

void sc_ocl_clblast_close(void) {
    pthread_mutex_lock(&clblast_lock);
    if (--clblast_devices == 0) clblast.CLBlastClearCache();
    pthread_mutex_unlock(&clblast_lock);
}

typedef struct blas {
    sc_kernel base;
    sc_op_desc desc; /* without expressions, which are borrowed */
    size_t scratch;  /* bytes that CLBlast wants */
} blas;

typedef struct gemm {
    CLBlastTranspose transpose_a, transpose_b;
    size_t m, n, k, lead_a, lead_b, lead_c;
} gemm;

static gemm describe(const sc_shape_matmul *shape) {
    size_t m = (size_t)shape->rows, n = (size_t)shape->columns, k = (size_t)shape->depth;
    return (gemm){.transpose_a = shape->transpose_a ? CLBlastTransposeYes : CLBlastTransposeNo,
                  .transpose_b = shape->transpose_b ? CLBlastTransposeYes : CLBlastTransposeNo,
                  .m = m,
                  .n = n,
                  .k = k,
                  .lead_a = shape->transpose_a ? m : k,
                  .lead_b = shape->transpose_b ? k : n,
                  .lead_c = n};
}

/* The sub-buffer of the workspace, for one launch: many launches share this kernel, each with a
 * workspace of its own. NULL: CLBlast wants none. */
static socle_status scratch_piece(cl_mem *out, const blas *self, sc_queue *queue,
                                  sc_operand workspace) {
    size_t alignment = self->base.device->info.alignment;
    *out = NULL;
    if (self->scratch == 0) return SOCLE_OK;
    cl_buffer_region region = {(workspace.offset + alignment - 1) / alignment * alignment,
                               self->scratch};
    cl_int code = CL_SUCCESS;
    cl_mem piece = clCreateSubBuffer(sc_ocl_memory(workspace), CL_MEM_READ_WRITE,
                                     CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    if (code != CL_SUCCESS || !piece)
        return sc_ocl_fail(queue->env, self->base.device->info.name, "clCreateSubBuffer",
                           code ? code : CL_INVALID_MEM_OBJECT, SC_OCL_PATH_ALLOCATE);
    *out = piece;
    return SOCLE_OK;
}

/* A sum over nothing. */
static socle_status fill_zero(sc_ocl_queue *queue, sc_operand c, size_t elements) {
    static const float zero = 0.0f;
    cl_event event = NULL;
    cl_int code = clEnqueueFillBuffer(queue->handle, sc_ocl_memory(c), &zero, sizeof zero, c.offset,
                                      elements * sizeof zero, 0, NULL, &event);
    return sc_ocl_queue_done(queue, "clEnqueueFillBuffer", code, event);
}

/* A matrix as CLBlast is shown it. */
typedef struct matrix {
    cl_mem memory, made; /* made: NULL, or a sub-buffer to be released */
    size_t offset;       /* elements */
} matrix;

/* Whether `count` elements from element `first` on are within what an int can name. */
static bool is_near(const sc_ocl_device *device, sc_operand operand, size_t first, size_t count) {
    return operand.offset / sizeof(float) + first + count <= device->blas_elements;
}

static socle_status place(matrix *out, sc_ocl_queue *queue, sc_operand operand, size_t first,
                          size_t count) {
    const sc_ocl_device *device = sc_ocl_device_of(queue->base.device);
    const size_t alignment = device->base.info.alignment,
                 at = operand.offset + first * sizeof(float), begin = at / alignment * alignment;
    *out = (matrix){.memory = sc_ocl_memory(operand), .offset = at / sizeof(float)};
    if (is_near(device, operand, first, count)) return SOCLE_OK;
    cl_buffer_region region = {begin, at - begin + count * sizeof(float)};
    cl_int code = CL_SUCCESS;
    out->made = clCreateSubBuffer(out->memory, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    out->memory = out->made;
    out->offset = (at - begin) / sizeof(float);
    if (code == CL_SUCCESS && out->made) return SOCLE_OK;
    out->made = NULL;
    return sc_ocl_fail(queue->base.env, device->base.info.name, "clCreateSubBuffer",
                       code ? code : CL_INVALID_MEM_OBJECT, SC_OCL_PATH_ALLOCATE);
}

static socle_status multiply(sc_ocl_queue *queue, const gemm *g, const matrix *of, cl_mem piece) {
    cl_event event = NULL;
    pthread_mutex_lock(&clblast_lock);
    CLBlastStatusCode code = clblast.CLBlastSgemmWithTempBuffer(
        CLBlastLayoutRowMajor, g->transpose_a, g->transpose_b, g->m, g->n, g->k, 1.0f, of[0].memory,
        of[0].offset, g->lead_a, of[1].memory, of[1].offset, g->lead_b, 0.0f, of[2].memory,
        of[2].offset, g->lead_c, &queue->handle, &event, piece);
    pthread_mutex_unlock(&clblast_lock);
    return sc_ocl_queue_done(queue, "CLBlastSgemm", (cl_int)code, event);
}

static socle_status run_one(const blas *self, sc_ocl_queue *queue, const gemm *g,
                            const sc_operand *operands, size_t a_matrix, size_t b_matrix,
                            size_t c_matrix, cl_mem piece) {
    const size_t count[] = {g->m * g->k, g->k * g->n, g->m * g->n},
                 number[] = {a_matrix, b_matrix, c_matrix};
    const sc_operand operand[] = {operands[0], operands[1], operands[self->desc.inputs]};
    matrix of[3] = {{0}};
    socle_status status = SOCLE_OK;
    for (int i = 0; i < 3 && status == SOCLE_OK; i++)
        status = place(&of[i], queue, operand[i], number[i] * count[i], count[i]);
    if (status == SOCLE_OK) status = multiply(queue, g, of, piece);
    for (int i = 0; i < 3; i++)
        if (of[i].made) clReleaseMemObject(of[i].made); /* commands that use it keep it */
    return status;
}

static socle_status run_strided(const blas *self, sc_ocl_queue *queue, const gemm *g,
                                const sc_operand *operands, const sc_shape_matmul *shape) {
    sc_operand a = operands[0], b = operands[1], c = operands[self->desc.inputs];
    size_t a_stride = shape->matrices_a > 1 ? g->m * g->k : 0,
           b_stride = shape->matrices_b > 1 ? g->k * g->n : 0;
    cl_event event = NULL;
    pthread_mutex_lock(&clblast_lock);
    CLBlastStatusCode code = clblast.CLBlastSgemmStridedBatched(
        CLBlastLayoutRowMajor, g->transpose_a, g->transpose_b, g->m, g->n, g->k, 1.0f,
        sc_ocl_memory(a), a.offset / sizeof(float), g->lead_a, a_stride, sc_ocl_memory(b),
        b.offset / sizeof(float), g->lead_b, b_stride, 0.0f, sc_ocl_memory(c),
        c.offset / sizeof(float), g->lead_c, g->m * g->n, (size_t)shape->batch, &queue->handle,
        &event);
    pthread_mutex_unlock(&clblast_lock);
    return sc_ocl_queue_done(queue, "CLBlastSgemmStridedBatched", (cl_int)code, event);
}

/* Every operand has one matrix for all entries, or one per entry, and none lies too far. */
static bool is_strided(const blas *self, const gemm *g, const sc_shape_matmul *shape,
                       const sc_operand *operands) {
    const sc_ocl_device *device = sc_ocl_device_of(self->base.device);
    return is_near(device, operands[0], 0, (size_t)shape->matrices_a * g->m * g->k) &&
           is_near(device, operands[1], 0, (size_t)shape->matrices_b * g->k * g->n) &&
           is_near(device, operands[self->desc.inputs], 0, (size_t)shape->batch * g->m * g->n) &&
           (shape->matrices_a == 1 || shape->matrices_a == shape->batch) &&
           (shape->matrices_b == 1 || shape->matrices_b == shape->batch);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *base, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    blas *self = (blas *)kernel;
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    const sc_shape_matmul shape = sc_matmul_shape_at(&self->desc, launch->rows);
    const gemm g = describe(&shape);
    SC_TRY(sc_ocl_queue_check(queue));
    if (shape.batch == 0 || g.m == 0 || g.n == 0) return SOCLE_OK;
    if (g.k == 0)
        return fill_zero(queue, operands[self->desc.inputs], (size_t)shape.batch * g.m * g.n);
    /* Without scratch a product takes CLBlast's direct kernels, alone or in a batch. */
    if (shape.batch > 1 && !self->scratch && is_strided(self, &g, &shape, operands))
        return run_strided(self, queue, &g, operands, &shape);
    cl_mem piece;
    SC_TRY(scratch_piece(&piece, self, base, workspace));
    socle_status status = SOCLE_OK;
    for (int i = 0; i < shape.batch && status == SOCLE_OK; i++) {
        int a, b;
        sc_matmul_matrices(&shape, i, &a, &b);
        status = run_one(self, queue, &g, operands, (size_t)a, (size_t)b, (size_t)i, piece);
    }
    if (piece) clReleaseMemObject(piece); /* it stays until the commands that use it are done */
    return status;
}

static void release(sc_kernel *kernel) {
    sc_release(kernel->device->env, kernel);
}

static socle_status blas_failed(sc_ocl_device *device, const char *call, CLBlastStatusCode code) {
    return sc_ocl_fail(device->base.env, device->base.info.name, call, (cl_int)code,
                       SC_OCL_PATH_BUILD);
}

/* Scratch for the capacity. Offsets of 1 ask for the most: aligned matrices at offset 0 may go
 * without. */
static socle_status ask_scratch(blas *self, sc_ocl_device *device, int64_t capacity) {
    const sc_shape_matmul shape = sc_matmul_shape_at(&self->desc, capacity);
    const gemm g = describe(&shape);
    pthread_mutex_lock(&clblast_lock);
    CLBlastStatusCode code = clblast.CLBlastSGemmTempBufferSize(
        CLBlastLayoutRowMajor, g.transpose_a, g.transpose_b, g.m, g.n, g.k, 1, g.lead_a, 1,
        g.lead_b, 1, g.lead_c, &device->setup, &self->scratch);
    pthread_mutex_unlock(&clblast_lock);
    if (code != CLBlastSuccess) return blas_failed(device, "CLBlastSgemmTempBufferSize", code);
    if (self->scratch) self->base.workspace = self->scratch + device->base.info.alignment;
    return SOCLE_OK;
}

/* Compiles CLBlast's kernels: a product of one element, in memory that nothing reads. */
static socle_status warm_up(blas *self, sc_ocl_device *device) {
    cl_mem nothing = sc_ocl_memory(sc_ocl_nothing(device));
    bool batched = self->desc.tensor[self->desc.inputs].rank > 2;
    pthread_mutex_lock(&clblast_lock);
    CLBlastStatusCode code = clblast.CLBlastSgemm(
        CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, 1, 1, 1, 1.0f, nothing, 0, 1,
        nothing, 64, 1, 0.0f, nothing, 128, 1, &device->setup, NULL);
    if (code == CLBlastSuccess && batched)
        code = clblast.CLBlastSgemmStridedBatched(
            CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, 1, 1, 1, 1.0f, nothing,
            0, 1, 1, nothing, 64, 1, 1, 0.0f, nothing, 128, 1, 1, 2, &device->setup, NULL);
    pthread_mutex_unlock(&clblast_lock);
    if (code != CLBlastSuccess) return blas_failed(device, "CLBlastSgemm", code);
    cl_int finished = clFinish(device->setup);
    if (finished == CL_SUCCESS) return SOCLE_OK;
    return sc_ocl_fail(device->base.env, device->base.info.name, "first launch of CLBlast",
                       finished, SC_OCL_PATH_RUN);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    blas *self = NULL;
    (void)tuning;
    SC_TRY(sc_ocl_announce_check(sc_ocl_device_of(device)));
    SC_TRY(sc_allocate(device->env, &self, 1, sizeof *self));
    self->base = (sc_kernel){
        .device = device, .implementation = implementation, .enqueue = enqueue, .release = release};
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    int64_t capacity = sc_tensor_samples(&desc->tensor[desc->tensor[0].rows_per_sample ? 0 : 1]);
    socle_status status = ask_scratch(self, sc_ocl_device_of(device), capacity);
    if (status == SOCLE_OK) status = warm_up(self, sc_ocl_device_of(device));
    if (status != SOCLE_OK) {
        release(&self->base);
        return status;
    }
    *out = &self->base;
    return SOCLE_OK;
}

const sc_implementation sc_ocl_matmul_clblast = {.op = SC_OP_MATMUL,
                                                 .name = "clblast",
                                                 .needs = SC_TRAIT_BLAS | SC_TRAIT_MANY_ITEMS,
                                                 .prepare = prepare};
