/* SPDX-License-Identifier: Apache-2.0 */
/* The check device: a whole network trained on two devices at once, every launch compared; and that
 * a difference is found. */
#include "../train/fixture.h"

#include "backend/check.h"

static void train(fixture *f, sc_device *device, const char *network, sc_plan_options plan) {
    fixture_golden(f, network);
    /* Not Adam: it makes steps of full size of the rounding errors that a bias before batch
     * normalisation has for a gradient. */
    sc_optimizer optimizer = fixture_optimizer("sgd", 0.01f, 0.9f);
    sc_engine_options options = {.capacity = 16, .optimizer = &optimizer, .seed = 1, .plan = plan};
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, device, f->net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 1));
    for (uint32_t step = 1; step <= 3; step++)
        fixture_step(f, engine, step, (step - 1) * 16, 16, 1, 0.01f);
    SC_TRUE(sc_check_compared(device) > 3 * sc_plan_launches(sc_engine_train_plan(engine)));
    sc_engine_destroy(engine);
}

static void compare(const char *network) {
    fixture f, other;
    sc_device *check;
    setenv("SOCLE_CACHE", "0", 1); /* programs lie in it as other tests announced theirs */
    fixture_open(&other, "opencl:0", 0);
    fixture_open(&f, "cpu", 0);
    FIXTURE_OK(sc_check_open(&check, &f.env, f.device, other.device, 1e-5, 1e-5));
    train(&f, check, network, (sc_plan_options){0});
    const sc_prepared prepared = sc_device_prepared(other.device);
    int kernels = prepared.kernels + prepared.idle;
    cr_log_info("%s: %d kernels in %d programs", network, kernels, prepared.programs);
    SC_TRUE(2 * prepared.programs < kernels); /* the check device announces to its sides */
    sc_device_close(check);
    fixture_close(&f);
    fixture_close(&other);
}

Test(check_device, networks_on_cpu_and_opencl) {
    compare("cnn");
    if (sc_test_full()) compare("dropout");
}

/* One thread against two: equal bits, so no tolerance at all. */
Test(check_device, one_thread_and_two) {
    fixture f, other;
    sc_device *check;
    fixture_open(&other, "cpu", 1);
    fixture_open(&f, "cpu", 2);
    FIXTURE_OK(sc_check_open(&check, &f.env, f.device, other.device, 0, 0));
    train(&f, check, "cnn", (sc_plan_options){0});
    sc_device_close(check);
    fixture_close(&f);
    fixture_close(&other);
}

/* Different weights on the two sides must not pass. */
Test(check_device, finds_a_difference) {
    fixture f, other;
    sc_device *check;
    sc_buffer *buffer, *scratch;
    sc_queue *queue;
    sc_kernel *kernel;
    fixture_open(&other, "cpu", 1);
    fixture_open(&f, "cpu", 1);
    FIXTURE_OK(sc_check_open(&check, &f.env, f.device, other.device, 1e-3, 0));
    FIXTURE_OK(sc_buffer_create(&buffer, check, SC_BUFFER_DEVICE, 256));
    FIXTURE_OK(sc_queue_open(&queue, check));
    sc_expr expr;
    sc_expr_init(&expr);
    /* Reads memory that was never written alike: the step number decides nothing, the sides'
     * contents do. */
    sc_expr_output(
        &expr, sc_expr_add_node(&expr, SC_EXPR_RELU, sc_expr_input(&expr, 0, SC_EXPR_FLOAT), 0, 0));
    int64_t dim = 32;
    sc_op_desc desc = {.op = SC_OP_ELEMENTWISE, .inputs = 1, .outputs = 1, .expr = &expr};
    desc.tensor[0] = desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 1, &dim);
    FIXTURE_OK(sc_prepare(&kernel, check, &desc, NULL));
    FIXTURE_OK(sc_buffer_create(&scratch, check, SC_BUFFER_DEVICE, kernel->workspace + 1));
    sc_operand operands[2] = {{buffer, 0}, {buffer, 128}}, workspace = {scratch, 0};
    FIXTURE_OK(sc_queue_fill(queue, operands[0], 0x3f800000u, 128));
    FIXTURE_OK(sc_kernel_enqueue(kernel, queue, operands, workspace, &(sc_launch){.rows = 1}));
    sc_queue *only;
    FIXTURE_OK(sc_queue_open(&only, other.device));
    sc_operand second = sc_check_side(operands[0], 1);
    FIXTURE_OK(sc_queue_fill(only, (sc_operand){second.buffer, 64}, 0x40000000u, 4));
    FIXTURE_OK(sc_queue_finish(only));
    SC_EQ(sc_kernel_enqueue(kernel, queue, operands, workspace, &(sc_launch){.rows = 1}),
          SOCLE_STATUS_WRONG_RESULT);
    SC_TRUE(strstr(f.env.text, "element 16 is 1 by") != NULL);
    sc_queue_close(only);
    sc_kernel_release(kernel);
    sc_queue_close(queue);
    sc_buffer_destroy(buffer);
    sc_buffer_destroy(scratch);
    sc_device_close(check);
    fixture_close(&f);
    fixture_close(&other);
}
