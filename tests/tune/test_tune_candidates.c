/* SPDX-License-Identifier: Apache-2.0 */
/* What is tried on a device, and one candidate of it: a sound one is timed, an unknown one
 * declined, and one whose results are wrong is never timed. */
#include "backend/device_fixture.h"
#include "backend/records.h"
#include "sc_temp.h"
#include "tune/attempt.h"
#include "tune/shapes.h"

static sc_op_desc product(void) {
    sc_op_desc desc = {.op = SC_OP_MATMUL, .inputs = 2, .outputs = 1};
    desc.tensor[0] = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){37, 70});
    desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){70, 53});
    desc.tensor[2] = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){37, 53});
    return desc;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    (void)out, (void)implementation, (void)desc, (void)tuning;
    return sc_fail(device->env, SOCLE_STATUS_UNSUPPORTED, "never");
}

static const sc_tuning_parameter table[] = {{"A", 0, {1, 2, 4}}, {"B", 8, {8, 16}}, {.name = NULL}};
static const sc_implementation odd = {.op = SC_OP_MATMUL,
                                      .name = "odd",
                                      .needs = SC_TRAIT_BLAS << 8,
                                      .parameter = table,
                                      .prepare = prepare};
static const sc_implementation even = {.op = SC_OP_MATMUL, .name = "even", .prepare = prepare};
static const sc_implementation other = {.op = SC_OP_SOFTMAX, .name = "even", .prepare = prepare};
static const sc_implementation *const list[] = {&odd, &other, &even, NULL};

Test(tune_candidates, all_points_once) {
    device_fixture f;
    sc_tune_candidate *candidate;
    int count;
    sc_op_desc desc = product();
    device_open(&f, "cpu", NULL);
    f.device->implementations = list;
    SC_OK(&f.env, sc_tune_candidates(&candidate, &count, f.device, &desc));
    SC_EQ(count, 2 + 6);
    SC_EQ_STR(candidate[0].text, "even"); /* what a run would take */
    SC_EQ_STR(candidate[1].text, "odd");
    for (int i = 2; i < count; i++) {
        SC_TRUE(candidate[i].implementation == &odd);
        for (int k = 2; k < i; k++) SC_TRUE(strcmp(candidate[i].text, candidate[k].text) != 0);
    }
    sc_release(&f.env, candidate);
    device_close(&f);
}

static void attempt(sc_tune_outcome *out, device_fixture *f, sc_records *records,
                    const sc_op_desc *desc, const char *candidate) {
    sc_tune_request request;
    sc_tune_request_fill(&request, desc, candidate);
    request.round = 1;
    SC_OK(&f->env, sc_tune_request_open(&f->env, &request));
    sc_tune_attempt(out, &f->env, f->device, records, &request);
}

/* The standard shapes through the first implementation. */
Test(tune_candidates, are_checked_and_timed) {
    device_fixture f;
    sc_records *records;
    sc_tune_outcome outcome;
    sc_tune_shapes shapes = {.env = NULL};
    device_open(&f, "cpu", NULL);
    shapes.env = &f.env;
    SC_OK(&f.env, sc_records_create(&records, &f.env));
    f.device->records = records;
    sc_tune_shapes_standard(&shapes, "softmax");
    sc_tune_shapes_standard(&shapes, "reduce");
    sc_tune_shapes_standard(&shapes, "layer_norm_grad");
    sc_op_desc desc = product();
    sc_tune_shapes_add(&shapes, &desc);
    desc.tensor[0].dim[0] = desc.tensor[2].dim[0] = 900; /* samples: the same class */
    sc_tune_shapes_add(&shapes, &desc);
    SC_OK(&f.env, shapes.status);
    SC_TRUE(shapes.count >= 4);
    SC_EQ(shapes.shape[shapes.count - 1]->launches, 2);
    for (int i = 0; i < shapes.count; i++) {
        sc_tune_candidate *candidate;
        int count;
        SC_OK(&f.env, sc_tune_candidates(&candidate, &count, f.device, &shapes.shape[i]->desc));
        SC_REPRO("%s by %s", shapes.shape[i]->name, candidate[0].text);
        attempt(&outcome, &f, records, &shapes.shape[i]->desc, candidate[0].text);
        SC_EQ_STR(outcome.why, "");
        SC_TRUE(outcome.timed && outcome.seconds > 0 && !outcome.ends);
        sc_release(&f.env, candidate);
    }
    attempt(&outcome, &f, records, &desc, "nothing A=1");
    SC_TRUE(outcome.declined && !outcome.timed);
    sc_tune_shapes_free(&shapes);
    device_close(&f);
    sc_records_destroy(records);
}

/* An implementation that leaves its output as it was. */
static socle_status idle(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                         sc_operand workspace, const sc_launch *launch) {
    (void)kernel, (void)queue, (void)operands, (void)workspace, (void)launch;
    return SOCLE_OK;
}

static void release(sc_kernel *kernel) {
    sc_release(kernel->device->env, kernel);
}

static socle_status prepare_idle(sc_kernel **out, sc_device *device,
                                 const sc_implementation *implementation, const sc_op_desc *desc,
                                 const int *tuning) {
    (void)desc, (void)tuning;
    SC_TRY(sc_allocate(device->env, out, 1, sizeof **out));
    **out = (sc_kernel){
        .device = device, .implementation = implementation, .enqueue = idle, .release = release};
    return SOCLE_OK;
}

static socle_status prepare_broken(sc_kernel **out, sc_device *device,
                                   const sc_implementation *implementation, const sc_op_desc *desc,
                                   const int *tuning) {
    (void)out, (void)implementation, (void)desc, (void)tuning;
    return sc_fail(device->env, SOCLE_STATUS_BUILD, "no such function");
}

Test(tune_candidates, wrong_ones_are_not_timed) {
    static const sc_implementation wrong = {
        .op = SC_OP_MATMUL, .name = "wrong", .prepare = prepare_idle};
    static const sc_implementation broken = {
        .op = SC_OP_MATMUL, .name = "broken", .prepare = prepare_broken};
    static const sc_implementation *const faulty[] = {&wrong, &broken, &odd, NULL};
    device_fixture f;
    sc_records *records;
    sc_tune_outcome outcome;
    sc_op_desc desc = product();
    device_open(&f, "cpu", NULL);
    SC_OK(&f.env, sc_records_create(&records, &f.env));
    f.device->records = records;
    f.device->implementations = faulty;
    attempt(&outcome, &f, records, &desc, "wrong");
    SC_TRUE(!outcome.timed && !outcome.declined && !outcome.ends);
    SC_CONTAINS(outcome.why, "wrong result");
    attempt(&outcome, &f, records, &desc, "broken");
    SC_TRUE(!outcome.timed && !outcome.declined);
    SC_CONTAINS(outcome.why, "does not build");
    attempt(&outcome, &f, records, &desc, "odd A=1 B=8");
    SC_TRUE(!outcome.timed && outcome.declined);
    device_close(&f);
    sc_records_destroy(records);
}

Test(tune_candidates, requests_of_others_are_refused) {
    sc_env env;
    sc_tune_request request;
    sc_op_desc desc = product();
    sc_env_init(&env, NULL, NULL);
    sc_tune_request_fill(&request, &desc, "plain");
    SC_OK(&env, sc_tune_request_open(&env, &request));
    request.build[3] ^= 1;
    SC_FAILS(&env, sc_tune_request_open(&env, &request), SOCLE_STATUS_DATA);
    sc_tune_request_fill(&request, &desc, "plain");
    memset(request.candidate, 'x', sizeof request.candidate);
    SC_FAILS(&env, sc_tune_request_open(&env, &request), SOCLE_STATUS_DATA);
    sc_tune_request_fill(&request, &desc, "plain");
    request.desc.tensor[1].dim[0] = 71;
    SC_TRUE(sc_tune_request_open(&env, &request) != SOCLE_OK);
}

Test(tune_candidates, what_spills_is_not_timed) {
    sc_device_info gpu = {.device_class = SC_DEVICE_GPU, .local_memory = 32768},
                   cpu = {.device_class = SC_DEVICE_CPU, .local_memory = 32768};
    sc_kernel_needs needs = {.local_memory = 32768};
    SC_TRUE(!sc_tune_excess(&gpu, &needs));
    needs.local_memory = 32769;
    SC_CONTAINS(sc_tune_excess(&gpu, &needs), "local memory");
    needs = (sc_kernel_needs){.spilled = 4};
    SC_CONTAINS(sc_tune_excess(&gpu, &needs), "spills");
    SC_CONTAINS(sc_tune_excess(&cpu, &needs), "spills");
    needs = (sc_kernel_needs){.private_memory = 64};
    SC_CONTAINS(sc_tune_excess(&gpu, &needs), "in memory");
    SC_TRUE(!sc_tune_excess(&cpu, &needs)); /* its stack */
}

/* A driver that says of every kernel that it spills: none is timed. */
static sc_kernel_needs spilling(sc_device *device) {
    (void)device;
    return (sc_kernel_needs){.spilled = 8};
}

Test(tune_candidates, the_driver_is_asked) {
    device_fixture f;
    sc_records *records;
    sc_tune_outcome outcome;
    sc_op_desc desc = product();
    device_open(&f, "cpu", NULL);
    sc_device_ops ops = *f.device->ops;
    SC_OK(&f.env, sc_records_create(&records, &f.env));
    f.device->records = records;
    attempt(&outcome, &f, records, &desc, "plain");
    SC_TRUE(outcome.timed);
    ops.needs = spilling;
    f.device->ops = &ops;
    attempt(&outcome, &f, records, &desc, "plain");
    SC_TRUE(!outcome.timed && !outcome.declined && !outcome.ends);
    SC_EQ_STR(outcome.why, "spills registers");
    device_close(&f);
    sc_records_destroy(records);
}

/* What an OpenCL driver says of a kernel with a tile in local memory. */
Test(tune_candidates, opencl_tells_of_local_memory) {
    device_fixture f;
    sc_kernel *kernel;
    sc_op_desc desc = product();
    device_open(&f, "opencl:0", NULL);
    if (!sc_prepare_fits(f.device, &desc, "tile")) cr_skip_test("no tiles here");
    f.device->ops->needs(f.device);
    SC_OK(&f.env, sc_prepare(&kernel, f.device, &desc, "tile"));
    sc_kernel_needs needs = f.device->ops->needs(f.device);
    SC_TRUE(needs.local_memory >= 2048 && needs.local_memory <= f.device->info.local_memory);
    SC_EQ(f.device->ops->needs(f.device).local_memory, 0); /* nothing was made since then */
    sc_kernel_release(kernel);
    device_close(&f);
}
