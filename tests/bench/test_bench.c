/* SPDX-License-Identifier: Apache-2.0 */
/* Figures from samples, the kernels of roofs, and that a kernel which leaves work out is noticed.
 * No test looks at how fast anything is. */
#include "backend/null.h"
#include "backend/registry.h"
#include "bench/cases.h"
#include "bench/networks.h"
#include "bench/roofs.h"
#include "sc_test.h"

Test(bench, a_figure_is_median_and_quartiles) {
    double sample[] = {5.0, 1.0, 3.0, 2.0, 4.0};
    sc_bench_figure figure = sc_bench_figure_of(sample, 5);
    SC_NEAR(figure.median, 3.0, 0.0);
    SC_NEAR(figure.low, 2.0, 0.0);
    SC_NEAR(figure.high, 4.0, 0.0);
    SC_NEAR(figure.spread, 2.0 / 3.0, 1e-15);
    SC_EQ(figure.samples, 5);
    SC_TRUE(figure.unsteady);
    double four[] = {10.0, 10.2, 10.1, 10.3};
    figure = sc_bench_figure_of(four, 4);
    SC_NEAR(figure.median, 10.15, 1e-12);
    SC_TRUE(!figure.unsteady);
    double one[] = {2.0};
    figure = sc_bench_figure_of(one, 1);
    SC_NEAR(figure.median, 2.0, 0.0);
    SC_NEAR(figure.spread, 0.0, 0.0);
}

/* A clock that stood still or went back is no infinite speed. */
Test(bench, an_impossible_sample_is_no_figure) {
    static const double wrong[] = {0.0, -1.0, NAN, INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        double sample[] = {1.0, wrong[i], 1.0};
        sc_bench_figure figure = sc_bench_figure_of(sample, 3);
        SC_TRUE(isnan(figure.median));
        SC_TRUE(figure.unsteady);
    }
}

Test(bench, the_roof_that_binds_is_named) {
    const sc_bench_roofs roofs = {.flops = 100.0,
                                  .sizes = 2,
                                  .size = {1000.0, 1e6},
                                  .bandwidth = {50.0, 10.0},
                                  .launch = 0.5};
    const char *bound;
    SC_NEAR(sc_bench_least(&roofs, 1000.0, 100.0, &bound), 10.0, 0.0);
    SC_EQ_STR(bound, "compute");
    SC_NEAR(sc_bench_least(&roofs, 1000.0, 1000.0, &bound), 20.0, 0.0); /* in the cache */
    SC_EQ_STR(bound, "memory");
    SC_NEAR(sc_bench_least(&roofs, 1000.0, 2000.0, &bound), 200.0, 0.0);
    SC_EQ_STR(bound, "memory");
    SC_NEAR(sc_bench_least(&roofs, 1.0, 1.0, &bound), 0.5, 0.0);
    SC_EQ_STR(bound, "launch");
}

typedef struct roof_fixture {
    sc_env env;
    sc_registry registry;
    sc_device *device;
    sc_queue *queue;
} roof_fixture;

static void open_device(roof_fixture *f, const char *name, int threads) {
    sc_device_choice *choice;
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    int count;
    options.threads = threads;
    sc_env_init(&f->env, NULL, NULL);
    SC_OK(&f->env, sc_registry_create(&f->registry, &f->env));
    if (sc_registry_select(&f->registry, &f->env, name, &choice, &count) != SOCLE_OK)
        cr_skip_test("no device %s here: %s", name, f->env.text);
    SC_OK(&f->env, sc_registry_open(&f->device, &f->registry, &f->env, &choice[0], &options));
    SC_OK(&f->env, sc_queue_open(&f->queue, f->device));
    sc_release(&f->env, choice);
}

static void close_device(roof_fixture *f) {
    sc_queue_close(f->queue);
    sc_device_close(f->device);
    sc_registry_free(&f->registry, &f->env);
}

/* What the kernel leaves in `value`, of ones from buffers of exactly its size. */
static void run_roof(roof_fixture *f, const sc_roof_desc *desc, float *value) {
    size_t bytes = (size_t)desc->elements * sizeof *value;
    const sc_launch launch = {.rows = 1};
    sc_buffer *in, *out;
    sc_kernel *kernel;
    SC_OK(&f->env, sc_buffer_create(&in, f->device, SC_BUFFER_DEVICE, bytes));
    SC_OK(&f->env, sc_buffer_create(&out, f->device, SC_BUFFER_DEVICE, bytes));
    SC_OK(&f->env, sc_queue_fill(f->queue, (sc_operand){in, 0}, 0x3f800000u, bytes));
    SC_OK(&f->env, sc_queue_fill(f->queue, (sc_operand){out, 0}, 0, bytes));
    SC_OK(&f->env, sc_roof_prepare(&kernel, f->device, desc));
    const sc_operand operands[2] = {{in, 0}, {out, 0}};
    SC_OK(&f->env, sc_kernel_enqueue(kernel, f->queue, operands, (sc_operand){NULL, 0}, &launch));
    SC_OK(&f->env, sc_queue_read(f->queue, value, (sc_operand){out, 0}, bytes));
    SC_OK(&f->env, sc_queue_finish(f->queue));
    sc_kernel_release(kernel);
    sc_buffer_destroy(in);
    sc_buffer_destroy(out);
}

/* Numbers of elements that threads, vectors and groups divide unevenly. */
static void all_the_work_is_done(const char *device, int threads) {
    enum { MOST = 37 * SC_ROOF_GRAIN };
    static const int64_t elements[] = {SC_ROOF_GRAIN, 3 * SC_ROOF_GRAIN, MOST};
    static float value[MOST];
    roof_fixture f;
    open_device(&f, device, threads);
    for (int kind = 0; kind < SC_ROOF_KINDS; kind++)
        for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
            const sc_roof_desc desc = {(sc_roof_kind)kind, elements[i], 3 * SC_ROOF_ROUND_GRAIN};
            run_roof(&f, &desc, value);
            SC_OK(&f.env, sc_bench_check_roof(&f.env, device, &desc, value));
        }
    close_device(&f);
}

Test(bench, all_the_work_is_done_cpu) {
    all_the_work_is_done("cpu", 1);
    all_the_work_is_done("cpu", 3);
}

#if SC_HAVE_OPENCL
Test(bench, all_the_work_is_done_opencl) {
    all_the_work_is_done("opencl:0", 0);
}
#endif

/* One round less, one element untouched, one pass over a part: each is another result. */
Test(bench, work_that_was_left_out_is_noticed) {
    static float value[8 * SC_ROOF_GRAIN];
    roof_fixture f;
    open_device(&f, "cpu", 2);
    for (int kind = 0; kind < SC_ROOF_KINDS; kind++) {
        sc_roof_desc desc = {(sc_roof_kind)kind, 8 * SC_ROOF_GRAIN, 4 * SC_ROOF_ROUND_GRAIN};
        run_roof(&f, &desc, value);
        SC_OK(&f.env, sc_bench_check_roof(&f.env, "cpu", &desc, value));
        if (kind == SC_ROOF_READ || kind == SC_ROOF_MULTIPLY_ADD) {
            desc.rounds += SC_ROOF_ROUND_GRAIN;
            SC_FAILS(&f.env, sc_bench_check_roof(&f.env, "cpu", &desc, value),
                     SOCLE_STATUS_WRONG_RESULT);
            SC_CONTAINS(f.env.text, "left something out");
            desc.rounds -= SC_ROOF_ROUND_GRAIN;
        }
        for (int64_t i = 0; i < desc.elements; i++)
            if (value[i] != 0.0f) {
                value[i] = 0.0f;
                break;
            }
        SC_FAILS(&f.env, sc_bench_check_roof(&f.env, "cpu", &desc, value),
                 SOCLE_STATUS_WRONG_RESULT);
    }
    close_device(&f);
}

Test(bench, sizes_beside_the_grain_are_refused) {
    static const sc_roof_desc wrong[] = {{SC_ROOF_READ, SC_ROOF_GRAIN + 1, 1},
                                         {SC_ROOF_COPY, 0, 1},
                                         {SC_ROOF_WRITE, SC_ROOF_GRAIN, 0},
                                         {SC_ROOF_MULTIPLY_ADD, SC_ROOF_GRAIN, 3}};
    roof_fixture f;
    sc_kernel *kernel;
    open_device(&f, "cpu", 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        SC_FAILS(&f.env, sc_roof_prepare(&kernel, f.device, &wrong[i]), SOCLE_STATUS_CONFIG);
    close_device(&f);
}

static void no_row(void *user, const sc_bench_row *row) {
    (void)row;
    ++*(int *)user;
}

/* A driver without such kernels says so, and shows no figure. */
Test(bench, a_driver_without_roofs_is_refused) {
    sc_null_counts counts = {0};
    const sc_bench_options options = {.quick = true};
    sc_env env;
    sc_device *device;
    int rows = 0;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_null_open(&device, &env, &counts));
    SC_FAILS(&env, sc_bench_device(&env, device, "null", &options, no_row, &rows),
             SOCLE_STATUS_UNSUPPORTED);
    SC_EQ(rows, 0);
    SC_EQ(counts.buffers, 0);
    SC_EQ(counts.queues, 0);
    SC_EQ(counts.kernels, 0);
    sc_device_close(device);
}

/* What would measure nothing is refused before anything is measured. */
Test(bench, what_is_not_measured_is_refused) {
    static const sc_bench_options wrong[] = {
        {.operation = "pad"}, {.operation = "softmac"}, {.network = "resnet"}};
    sc_null_counts counts = {0};
    sc_env env;
    sc_device *device;
    int rows = 0;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_null_open(&device, &env, &counts));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        SC_FAILS(&env, sc_bench_device(&env, device, "null", &wrong[i], no_row, &rows),
                 SOCLE_STATUS_CONFIG);
        SC_CONTAINS(env.text, "is not among what is measured");
    }
    SC_EQ(rows, 0);
    sc_device_close(device);
}

/* Each operation of the table once, and no other. */
Test(bench, operations_that_are_measured_are_listed) {
    bool seen[SC_OP_COUNT] = {false}, there = true;
    const char *word;
    sc_bench_case test;
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (int number = 0; there; number++) {
        SC_OK(&env, sc_bench_case_at(&env, number, &test, &there));
        if (there) seen[test.desc.op] = true;
    }
    int number = 0;
    for (int op = 0; op < SC_OP_COUNT; op++)
        if (seen[op]) {
            word = sc_bench_operation_word(number++);
            SC_TRUE(word != NULL);
            SC_EQ_STR(word, sc_op_word((sc_op)op));
        }
    SC_TRUE(number > 10 && !sc_bench_operation_word(number));
    SC_TRUE(!sc_bench_operation_word(-1));
}

/* Descriptors that every driver may rely on, and what they need at least. */
Test(bench, cases_are_whole) {
    bool seen[SC_OP_COUNT] = {false}, there = true;
    sc_bench_case test;
    sc_env env;
    int quick = 0;
    sc_env_init(&env, NULL, NULL);
    for (int number = 0; there; number++) {
        SC_OK(&env, sc_bench_case_at(&env, number, &test, &there));
        if (!there) break;
        seen[test.desc.op] = true;
        quick += test.quick;
        SC_TRUE(test.rows > 0 && test.flops >= 0.0 && isfinite(test.flops));
        double bytes = 0.0;
        for (int i = 0; i < test.desc.inputs + test.desc.outputs; i++)
            bytes += (double)sc_tensor_bytes(&test.desc.tensor[i]);
        SC_NEAR(test.bytes, bytes, 0.0);
    }
    SC_TRUE(quick > 0);
    static const sc_op wanted[] = {SC_OP_ELEMENTWISE,
                                   SC_OP_MATMUL,
                                   SC_OP_CONV2D,
                                   SC_OP_CONV2D_GRAD_INPUT,
                                   SC_OP_CONV2D_GRAD_WEIGHT,
                                   SC_OP_MAXPOOL2D,
                                   SC_OP_MAXPOOL2D_GRAD,
                                   SC_OP_REDUCE,
                                   SC_OP_SOFTMAX,
                                   SC_OP_SOFTMAX_GRAD,
                                   SC_OP_CROSS_ENTROPY,
                                   SC_OP_GATHER,
                                   SC_OP_SCATTER_ADD,
                                   SC_OP_PERMUTE,
                                   SC_OP_LAYER_NORM,
                                   SC_OP_LAYER_NORM_GRAD,
                                   SC_OP_ATTENTION,
                                   SC_OP_ATTENTION_GRAD_QUERY,
                                   SC_OP_ATTENTION_GRAD_KEY};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (!seen[wanted[i]]) SC_TEST_FAIL("%s has no shape", sc_op_word(wanted[i]));
}

/* Counted by hand: fashion-mlp's first layer, and the second convolution of fashion-cnn. */
Test(bench, flops_are_those_of_the_mathematics) {
    sc_bench_case test;
    sc_env env;
    bool there = true, product = false, convolution = false;
    sc_env_init(&env, NULL, NULL);
    for (int number = 0; there; number++) {
        SC_OK(&env, sc_bench_case_at(&env, number, &test, &there));
        if (!there) break;
        if (test.desc.op == SC_OP_MATMUL && strcmp(test.network, "fashion-mlp") == 0) {
            SC_NEAR(test.flops, 51380224.0, 0.0); /* 2 * 128 * 784 * 256 */
            product = true;
        }
        if (test.desc.op == SC_OP_CONV2D_GRAD_INPUT && strcmp(test.network, "fashion-cnn") == 0) {
            SC_NEAR(test.flops, 924844032.0, 0.0); /* 2 * 128 * 64 * 14 * 14 * 32 * 9 */
            convolution = true;
        }
    }
    SC_TRUE(product && convolution);
}

static void keep_row(void *user, const sc_bench_row *row) {
    *(sc_bench_row *)user = *row;
}

/* A step that was timed has moved weights, which the measuring function itself looks at. */
Test(bench, a_training_step_is_one) {
    const sc_bench_options options = {.quick = true, .network = "fashion-mlp"};
    sc_bench_row row = {0};
    roof_fixture f;
    open_device(&f, "cpu", 2);
    sc_bench_session session = {.env = &f.env,
                                .device = f.device,
                                .queue = f.queue,
                                .name = "cpu:0",
                                .options = &options,
                                .sink = keep_row,
                                .user = &row,
                                .roofs = {.launch = 1e-6}};
    SC_OK(&f.env, sc_bench_measure_steps(&session));
    SC_EQ(row.kind, SC_BENCH_STEP);
    SC_EQ_STR(row.name, "fashion-mlp");
    SC_EQ(row.batch, 128);
    SC_TRUE(row.launches > 0 && row.figure.median > 0.0 && isfinite(row.figure.median));
    SC_NEAR(row.milliseconds, 128e3 / row.figure.median, 1e-9 * row.milliseconds);
    SC_NEAR(row.launch_share, row.launches * 1e-3 / row.milliseconds, 1e-9);
    close_device(&f);
}

static void keep_line(void *user, socle_log_level level, const char *text) {
    if (level == SOCLE_LOG_WARNING) snprintf(user, SC_BENCH_SHAPE_TEXT, "%s", text);
}

/* The others are measured: 8 MiB hold fashion-mlp, and not fashion-cnn. */
Test(bench, a_network_that_does_not_fit_is_left_out) {
    const sc_bench_options options = {.quick = true};
    char line[SC_BENCH_SHAPE_TEXT] = "";
    sc_bench_row row = {0};
    roof_fixture f;
    open_device(&f, "cpu", 2);
    f.env.logger = (socle_logger){keep_line, line, SOCLE_LOG_WARNING};
    sc_device_set_budget(f.device, 8 << 20);
    sc_bench_session session = {&f.env,   f.device, f.queue, "cpu:0",
                                &options, keep_row, &row,    {.sizes = 0}};
    SC_OK(&f.env, sc_bench_measure_steps(&session));
    SC_EQ_STR(row.name, "fashion-mlp");
    SC_TRUE(row.bytes < 8 << 20);
    SC_EQ_STR(line, "cpu:0: a step of fashion-cnn with 128 samples is not measured: the device has "
                    "not enough memory");
    close_device(&f);
}

/* A device that computes nothing moves no weight: its speed is not shown. */
Test(bench, a_step_that_trains_nothing_is_noticed) {
    const sc_bench_options options = {.quick = true, .network = "fashion-mlp"};
    sc_null_counts counts = {0};
    sc_bench_row row = {0};
    sc_env env;
    sc_device *device;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_null_open(&device, &env, &counts));
    sc_bench_session session = {.env = &env,
                                .device = device,
                                .name = "null",
                                .options = &options,
                                .sink = keep_row,
                                .user = &row,
                                .roofs = {.launch = 1e-6}};
    SC_OK(&env, sc_queue_open(&session.queue, device));
    SC_FAILS(&env, sc_bench_measure_steps(&session), SOCLE_STATUS_WRONG_RESULT);
    SC_CONTAINS(env.text, "moved no weight");
    SC_TRUE(!row.name);
    sc_queue_close(session.queue);
    sc_device_close(device);
}

/* By their weights. */
Test(bench, networks_are_what_they_are_called) {
    static const struct {
        const char *name;
        int64_t weights;
    } known[] = {{"fashion-mlp", 247766},
                 {"fashion-cnn", 421642},
                 {"resnet-18", 11181642},
                 {"gpt", 3323648}};
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const sc_bench_network *network = sc_bench_network_at((int)i);
        sc_net *net;
        int64_t count = 0;
        SC_EQ_STR(network->name, known[i].name);
        SC_OK(&env, sc_bench_network_create(&net, &env, network));
        for (size_t p = 0; p < net->parameters; p++)
            if (net->parameter[p].role != SC_PARAMETER_STATISTIC)
                count += sc_tensor_elements(&net->parameter[p].desc);
        SC_EQ(count, known[i].weights);
        sc_net_destroy(net);
    }
    SC_TRUE(!sc_bench_network_at(4));
}
