/* SPDX-License-Identifier: Apache-2.0 */
/* See attempt.h. */
#include "tune/attempt.h"

#include "backend/measured.h"
#include "bench/measure.h"
#include "verify/trial.h"

#include <stdio.h>
#include <string.h>

/* Multiply-adds that the reference may take, about: it is slow. */
enum { REFERENCE_WORK = 1 << 22 };
/* Beyond so many times the best one measurement is enough. */
#define MUCH_SLOWER 4.0

static const char build[] = "socle tune " SC_VERSION;

/* ---- Data ---- */

/* Operations whose operands can be any numbers; others need indices. */
static const struct {
    sc_op op;
    uint8_t fill[6];
} data[] = {
    {SC_OP_MATMUL, {SC_FILL_REAL, SC_FILL_REAL}},
    {SC_OP_CONV2D, {SC_FILL_REAL, SC_FILL_REAL}},
    {SC_OP_CONV2D_GRAD_INPUT, {SC_FILL_REAL, SC_FILL_REAL}},
    {SC_OP_CONV2D_GRAD_WEIGHT, {SC_FILL_REAL, SC_FILL_REAL}},
    {SC_OP_MAXPOOL2D, {SC_FILL_REAL}},
    {SC_OP_MAXPOOL2D_GRAD, {SC_FILL_REAL, SC_FILL_TAP}},
    {SC_OP_AVGPOOL2D, {SC_FILL_REAL}},
    {SC_OP_AVGPOOL2D_GRAD, {SC_FILL_REAL}},
    {SC_OP_SOFTMAX, {SC_FILL_REAL}},
    {SC_OP_LAYER_NORM, {SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL}},
    {SC_OP_LAYER_NORM_GRAD,
     {SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL, SC_FILL_POSITIVE}},
    {SC_OP_ATTENTION, {SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL}},
    {SC_OP_ATTENTION_GRAD_QUERY,
     {SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL, SC_FILL_POSITIVE}},
    {SC_OP_ATTENTION_GRAD_KEY,
     {SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL, SC_FILL_POSITIVE}},
};

/* Attention over lengths, which are indices, has one input more. */
static bool has_lengths(const sc_op_desc *desc) {
    return (desc->op == SC_OP_ATTENTION && desc->inputs != 3) ||
           ((desc->op == SC_OP_ATTENTION_GRAD_QUERY || desc->op == SC_OP_ATTENTION_GRAD_KEY) &&
            desc->inputs != 6);
}

static const uint8_t *fill_of(const sc_op_desc *desc) {
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++)
        if (data[i].op == desc->op && !has_lengths(desc)) return data[i].fill;
    return NULL;
}

static bool is_free(const sc_op_desc *desc) {
    return desc->op == SC_OP_ELEMENTWISE || desc->op == SC_OP_REDUCE;
}

bool sc_tune_takes(const sc_op_desc *desc) {
    return is_free(desc) || fill_of(desc);
}

/* ---- Requests ---- */

void sc_tune_request_fill(sc_tune_request *request, const sc_op_desc *desc, const char *candidate) {
    memset(request, 0, sizeof *request);
    snprintf(request->build, sizeof request->build, "%s", build);
    request->desc = *desc;
    request->has_expr = desc->expr != NULL;
    request->has_tail = desc->tail != NULL;
    if (desc->expr) request->expr = *desc->expr;
    if (desc->tail) request->tail = *desc->tail;
    request->desc.expr = request->desc.tail = NULL;
    snprintf(request->candidate, sizeof request->candidate, "%s", candidate);
}

socle_status sc_tune_request_open(sc_env *env, sc_tune_request *request) {
    if (strncmp(request->build, build, sizeof request->build) != 0 ||
        !memchr(request->candidate, '\0', sizeof request->candidate))
        return sc_fail(env, SOCLE_STATUS_DATA, "a request of another program");
    request->desc.expr = request->has_expr ? &request->expr : NULL;
    request->desc.tail = request->has_tail ? &request->tail : NULL;
    return sc_op_check(env, &request->desc);
}

/* ---- The check ---- */

typedef struct attempt {
    sc_env *env;
    sc_device *device;
    sc_queue *queue;
    sc_verify_case test;
    double *input[SC_MAX_OPERANDS];
    int64_t capacity;
    sc_trial trial;
} attempt;

static int64_t capacity_of(const sc_op_desc *desc) {
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        if (desc->tensor[i].rows_per_sample) return sc_tensor_samples(&desc->tensor[i]);
    return 1;
}

/* Multiply-adds of the plainest loops, about. */
static double work_of(const sc_op_desc *desc) {
    double most = 0;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        double count = (double)sc_tensor_elements(&desc->tensor[i]);
        if (count > most) most = count;
    }
    const sc_tensor_desc *a = &desc->tensor[0], *b = &desc->tensor[1];
    const sc_tensor_desc *out = &desc->tensor[desc->inputs];
    switch (desc->op) {
    case SC_OP_MATMUL:
        return (double)sc_tensor_elements(out) *
               (double)a->dim[a->rank - (desc->attr.matmul.transpose_a ? 2 : 1)];
    case SC_OP_CONV2D:
        return (double)sc_tensor_elements(out) * (double)(b->dim[1] * b->dim[2] * b->dim[3]);
    case SC_OP_CONV2D_GRAD_INPUT:
        return (double)sc_tensor_elements(a) * (double)(b->dim[1] * b->dim[2] * b->dim[3]);
    case SC_OP_CONV2D_GRAD_WEIGHT:
        return (double)sc_tensor_elements(b) * (double)(out->dim[1] * out->dim[2] * out->dim[3]);
    case SC_OP_ATTENTION:
    case SC_OP_ATTENTION_GRAD_QUERY:
    case SC_OP_ATTENTION_GRAD_KEY:
        return 4.0 * (double)sc_tensor_elements(a) * (double)b->dim[1];
    default:
        return most;
    }
}

static socle_status fill_inputs(attempt *a, const sc_tune_request *request) {
    const uint8_t *fill = fill_of(&request->desc);
    a->test = (sc_verify_case){.desc = request->desc,
                               .expr = request->expr,
                               .tail = request->tail,
                               .has_tail = request->has_tail,
                               .scalar = 0.5f,
                               .label = "tune"};
    for (int i = 0; i < a->test.desc.inputs; i++) {
        const sc_tensor_desc *tensor = &a->test.desc.tensor[i];
        int64_t count = sc_tensor_elements(tensor);
        a->test.fill[i] = (uint8_t)(is_free(&a->test.desc)                 ? SC_FILL_POSITIVE
                                    : i < sc_op_base_inputs(&a->test.desc) ? fill[i]
                                                                           : SC_FILL_REAL);
        SC_TRY(sc_allocate(a->env, &a->input[i], (size_t)count, sizeof(double)));
        sc_verify_fill_operand(a->input[i], count, &a->test, i, 1);
    }
    return SOCLE_OK;
}

static sc_launch launch_of(int64_t rows) {
    return (sc_launch){.rows = rows,
                       .step = 7,
                       .seed = 1,
                       .scalar = {0.5f, -1.5f, 0.25f, 3, 1e-3f, 0.9f, 0.999f, 1e-8f}};
}

/* The reference's outputs, in `job`, whose arrays the caller releases. */
static socle_status compute(attempt *a, sc_reference_job *job, const sc_launch *launch) {
    const sc_op_desc *desc = &a->test.desc;
    *job = (sc_reference_job){.desc = desc,
                              .launch = launch,
                              .correct_divide =
                                  (a->device->info.traits & SC_TRAIT_CORRECT_DIVIDE) != 0};
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        sc_reference_array *array = &job->operand[i];
        array->tensor = desc->tensor[i];
        array->count = sc_tensor_elements_at(&desc->tensor[i], launch->rows);
        if (i < desc->inputs) {
            array->value = a->input[i];
            continue;
        }
        SC_TRY(sc_allocate(a->env, &array->value, (size_t)array->count, sizeof(double)));
        SC_TRY(sc_allocate(a->env, &array->bound, (size_t)array->count, sizeof(double)));
    }
    sc_reference_run(job);
    return SOCLE_OK;
}

static void free_job(attempt *a, sc_reference_job *job) {
    const sc_op_desc *desc = &a->test.desc;
    for (int i = desc->inputs; i < desc->inputs + desc->outputs; i++) {
        sc_release(a->env, job->operand[i].value);
        sc_release(a->env, job->operand[i].bound);
    }
}

/* A few samples against the reference; then all of them, of which the first are the same. */
static socle_status check(attempt *a, sc_trial_verdict *verdict) {
    const sc_op_desc *desc = &a->test.desc;
    double of_a_sample = work_of(desc) / (double)a->capacity;
    double few = of_a_sample > 0 ? REFERENCE_WORK / of_a_sample : 1;
    const sc_launch some = launch_of(few < 1                     ? 1
                                     : few < (double)a->capacity ? (int64_t)few
                                                                 : a->capacity);
    const sc_launch all = launch_of(a->capacity);
    const double *const *input = (const double *const *)a->input;
    sc_reference_job job = {0};
    socle_status status = compute(a, &job, &some);
    if (status == SOCLE_OK) status = sc_trial_launch(&a->trial, input, &some, 0, -1);
    if (status == SOCLE_OK) {
        sc_trial_check_memory(&a->trial, &some, 0, -1, verdict);
        sc_trial_check_values(&a->trial, &a->test, &job, verdict);
        status = sc_trial_launch(&a->trial, input, &all, 1, -1);
    }
    if (status == SOCLE_OK) {
        sc_trial_check_memory(&a->trial, &all, 1, -1, verdict);
        if (desc->tensor[desc->inputs].rows_per_sample)
            sc_trial_check_values(&a->trial, &a->test, &job, verdict);
    }
    free_job(a, &job);
    return status;
}

/* ---- The time ---- */

static socle_status enqueue(void *user, sc_queue *queue, int64_t times) {
    const attempt *a = user;
    const sc_op_desc *desc = &a->trial.desc;
    const sc_launch launch = launch_of(a->capacity);
    sc_operand operands[SC_MAX_OPERANDS];
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        operands[i] = (sc_operand){a->trial.operand[i].buffer, a->trial.guard};
    const sc_operand workspace = {a->trial.workspace.buffer,
                                  a->trial.workspace.buffer ? a->trial.guard : 0};
    for (int64_t i = 0; i < times; i++)
        SC_TRY(sc_kernel_enqueue(a->trial.kernel, queue, operands, workspace, &launch));
    return SOCLE_OK;
}

static socle_status take_time(attempt *a, const sc_tune_request *request, double *seconds) {
    sc_bench_figure figure;
    const double scale = request->round > 1 ? (double)(1 << (2 * (request->round - 1))) : 1;
    const sc_bench_patience once = {0, 0, 1, 1};
    const sc_bench_patience patience = {0.001 * scale, 0.01 * scale, 3, 15};
    SC_TRY(sc_bench_measure(&figure, a->queue, &once, enqueue, a));
    bool slow = request->best > 0 && figure.median > MUCH_SLOWER * request->best;
    if (!slow) SC_TRY(sc_bench_measure(&figure, a->queue, &patience, enqueue, a));
    *seconds = figure.median;
    return SOCLE_OK;
}

/* ---- All of it ---- */

/* Our kernels keep nothing of an item in memory on purpose: on a GPU what is there was spilled. */
const char *sc_tune_excess(const sc_device_info *info, const sc_kernel_needs *needs) {
    if (needs->spilled) return "spills registers";
    if (info->device_class == SC_DEVICE_GPU && needs->private_memory)
        return "keeps registers in memory";
    if (needs->local_memory > info->local_memory) return "takes more local memory than there is";
    return NULL;
}

/* The descriptor as it was planned, or with plain tensors where the implementation takes no others.
 */
static socle_status prepare(attempt *a, const sc_implementation *implementation) {
    sc_op_desc desc = a->test.desc;
    if (a->device->ops->needs) a->device->ops->needs(a->device);
    if (!sc_prepare_fits(a->device, &desc, implementation->name))
        for (int i = 0; i < desc.inputs + desc.outputs; i++)
            desc.tensor[i].layout = SC_LAYOUT_PLAIN;
    return sc_trial_create(&a->trial, a->env, a->device, a->queue, &desc, implementation->name,
                           false);
}

static void refuse(sc_tune_outcome *out, const char *what, const char *text) {
    snprintf(out->why, sizeof out->why, "%s: %.150s", what, text);
}

static bool is_fatal(socle_status status) {
    return status != SOCLE_STATUS_UNSUPPORTED && status != SOCLE_STATUS_BUILD;
}

static void judge(sc_tune_outcome *out, attempt *a, const sc_tune_request *request) {
    sc_trial_verdict verdict = {0};
    const sc_kernel_needs none = {0},
                          needs = a->device->ops->needs ? a->device->ops->needs(a->device) : none;
    const char *excess = sc_tune_excess(&a->device->info, &needs);
    if (excess) {
        snprintf(out->why, sizeof out->why, "%s", excess);
        return;
    }
    socle_status status = check(a, &verdict);
    if (status == SOCLE_OK && verdict.what) {
        refuse(out, "wrong result", verdict.message);
        return;
    }
    if (status == SOCLE_OK) status = take_time(a, request, &out->seconds);
    out->timed = status == SOCLE_OK;
    out->ends = !out->timed;
    if (!out->timed) refuse(out, "fails", a->env->text);
}

void sc_tune_attempt(sc_tune_outcome *out, sc_env *env, sc_device *device, sc_records *records,
                     const sc_tune_request *request) {
    attempt a = {.env = env, .device = device};
    *out = (sc_tune_outcome){0};
    const sc_implementation *implementation =
        sc_measured_implementation(device, request->desc.op, request->candidate);
    if (!implementation) {
        out->declined = true;
        return;
    }
    a.capacity = capacity_of(&request->desc);
    socle_status status = sc_records_set_tuning(records, &device->info, request->desc.op,
                                                implementation->name, request->candidate);
    if (status == SOCLE_OK) status = sc_queue_open(&a.queue, device);
    if (status == SOCLE_OK) status = fill_inputs(&a, request);
    if (status == SOCLE_OK) status = prepare(&a, implementation);
    if (status == SOCLE_OK) {
        judge(out, &a, request);
    } else {
        out->declined = status == SOCLE_STATUS_UNSUPPORTED;
        out->ends = is_fatal(status);
        refuse(out, status == SOCLE_STATUS_BUILD ? "does not build" : "fails", env->text);
    }
    if (a.trial.env) sc_trial_destroy(&a.trial);
    for (int i = 0; i < SC_MAX_OPERANDS; i++) sc_release(env, a.input[i]);
    if (a.queue) sc_queue_close(a.queue);
}
