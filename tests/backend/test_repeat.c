/* SPDX-License-Identifier: Apache-2.0 */
/* Repeated regions on devices: a recurrent network as a region against the same network step by
 * step, forward and backward, by bits; fewer repetitions; random numbers; how many kernels; what is
 * refused. */
#include "repeat_net.h"

static void run(const char *device, const repeat_net *net, const sc_plan_options *options,
                const sc_launch *launch, repeat_result *out, sc_plan_size *size) {
    device_fixture f;
    plan_fixture p;
    device_open(&f, device, NULL);
    net_build(&p, &f, net);
    SC_OK(&f.env, plan_make(&p, options));
    net_write(&p);
    SC_OK(&f.env, plan_run(&p, launch));
    net_read(&p, out);
    if (size) *size = sc_plan_sizes(p.plan);
    plan_end(&p);
    device_close(&f);
}

/* Equal but for the sign of a zero: a region's sums begin with +0. Rows behind those of the launch
 * hold what they held. Where outside readers add their gradients in another order, within what 32
 * additions of numbers below 64 round. */
static void same(const repeat_result *a, const repeat_result *b, const repeat_net *net,
                 int64_t rows) {
    const float within = net->outside ? 2 * 32 * 64 * 0x1p-24f : 0;
    for (int i = 0; i < 2 + NET_WRT; i++) {
        size_t count = a->count[i];
        SC_EQ(count, b->count[i]);
        if (i == 0 || (i >= 2 && i < 5)) count = count / (size_t)net->capacity * (size_t)rows;
        for (size_t k = 0; k < count; k++)
            if (!(fabsf(a->data[i][k] - b->data[i][k]) <= within))
                SC_TEST_FAIL("result %d, element %zu: %.9g and %.9g", i, k, (double)a->data[i][k],
                             (double)b->data[i][k]);
    }
}

static void unrolled_gives_the_same(const char *device, int64_t steps, int64_t rows, bool gradient,
                                    const sc_plan_options *options) {
    repeat_net net = {.steps = steps, .capacity = 4, .gradient = gradient}, plain = net;
    const sc_launch launch = {.rows = rows, .step = 1, .seed = 9};
    repeat_result repeated, unrolled;
    SC_REPRO("%d steps, %d rows on %s", (int)steps, (int)rows, device);
    plain.unrolled = true;
    run(device, &net, options, &launch, &repeated, NULL);
    run(device, &plain, NULL, &launch, &unrolled, NULL);
    same(&repeated, &unrolled, &net, rows);
}

Test(repeat, unrolled_gives_the_same_cpu) {
    const sc_plan_options options[] = {{.hooks = {.separate = false}},
                                       {.hooks = {.separate = true}},
                                       {.hooks = {.separate = true, .keep_graph_order = true}}};
    for (int o = 0; o < 3; o++)
        for (int steps = 1; steps <= 6; steps += 1 + (steps == 2) * 2)
            for (int rows = 1; rows <= 4; rows += 3)
                unrolled_gives_the_same("cpu", steps, rows, true, &options[o]);
}

Test(repeat, unrolled_gives_the_same_opencl) {
    const sc_plan_options separate = {.hooks = {.separate = true}};
    unrolled_gives_the_same("opencl:0", 3, 3, sc_test_full(), NULL);
    if (sc_test_full()) unrolled_gives_the_same("opencl:0", 5, 4, true, &separate);
}

/* What the region reads, others read too; what it collects is not all carried on. */
Test(repeat, readers_outside) {
    repeat_net net = {.steps = 5, .capacity = 4, .gradient = true, .outside = true}, plain = net;
    const sc_plan_options separate = {.hooks = {.separate = true}};
    const sc_launch launch = {.rows = 3, .step = 1, .seed = 9};
    repeat_result repeated, unrolled;
    plain.unrolled = true;
    run("cpu", &plain, NULL, &launch, &unrolled, NULL);
    run("cpu", &net, NULL, &launch, &repeated, NULL);
    same(&repeated, &unrolled, &net, 3);
    run("cpu", &net, &separate, &launch, &repeated, NULL);
    same(&repeated, &unrolled, &net, 3);
}

/* Without a gradient nothing is kept for it, and the results are the same. */
Test(repeat, forward_alone) {
    repeat_net net = {.steps = 6, .capacity = 4}, train = net;
    const sc_launch launch = {.rows = 4, .step = 1, .seed = 9};
    repeat_result forward, both;
    train.gradient = true;
    run("cpu", &net, NULL, &launch, &forward, NULL);
    run("cpu", &train, NULL, &launch, &both, NULL);
    SC_EQ_MEMORY(forward.data[0], both.data[0], forward.count[0] * sizeof(float));
    SC_EQ_FLOAT_BITS(forward.data[1][0], both.data[1][0]);
}

/* A sum of 24 products of numbers below 4, in two orders: each rounds its partial sums, below 96,
 * 24 times. */
static const double two_orders = 2 * 24 * 96 * 0x1p-24;

/* Launches behind what the launch asks for are left out: the results are those of a network of so
 * many steps, and zeros behind. Only the product over all rows adds zeros in another order. */
Test(repeat, fewer_repetitions) {
    repeat_net net = {.steps = 6, .capacity = 4, .gradient = true}, exact = net;
    for (int64_t steps = 1; steps < 6; steps += 2) {
        const sc_launch launch = {.rows = 4, .step = 1, .seed = 9, .repetitions = steps};
        device_fixture f;
        plan_fixture p, q;
        repeat_result few, whole;
        float x[4 * 6 * NET_INPUTS], some[4 * 6 * NET_INPUTS];
        exact.steps = steps;
        device_open(&f, "cpu", NULL);
        net_build(&p, &f, &net);
        net_build(&q, &f, &exact);
        SC_OK(&f.env, plan_make(&p, NULL));
        SC_OK(&f.env, plan_make(&q, NULL));
        net_write(&p);
        net_write(&q);
        plan_read(&p, SC_LANE_INPUTS, 0, x, sizeof x);
        for (int n = 0; n < 4; n++)
            memcpy(some + n * steps * NET_INPUTS, x + n * 6 * NET_INPUTS,
                   (size_t)steps * NET_INPUTS * sizeof *x);
        plan_write(&q, SC_LANE_INPUTS, 0, some, (size_t)(4 * steps * NET_INPUTS) * sizeof *x);
        SC_OK(&f.env, plan_run(&p, &(sc_launch){.rows = 4, .step = 1, .seed = 9}));
        SC_OK(&f.env, plan_run(&p, &launch));
        SC_OK(&f.env, plan_run(&q, &launch));
        net_read(&p, &few);
        net_read(&q, &whole);
        for (int i = 0; i < 2 + NET_WRT; i++) {
            size_t each = i == 0 ? NET_UNITS : i == 2 ? NET_INPUTS : 0;
            for (size_t k = 0; k < few.count[i]; k++) {
                size_t sample = each ? k / (6 * each) : 0, at = each ? k % (6 * each) : k;
                bool inside = !each || at < (size_t)steps * each;
                float expected = !inside ? 0.0f
                                 : each  ? whole.data[i][sample * (size_t)steps * each + at]
                                         : whole.data[i][k];
                if (i == 5)
                    SC_NEAR((double)few.data[i][k], (double)expected, two_orders);
                else if (!(few.data[i][k] == expected))
                    SC_TEST_FAIL("%d steps, result %d, element %zu: %.9g, expected %.9g",
                                 (int)steps, i, k, (double)few.data[i][k], (double)expected);
            }
        }
        plan_end(&p);
        plan_end(&q);
        device_close(&f);
    }
}

/* Random numbers count by sample, element and repetition: the backward pass draws the forward's,
 * and a part of the batch draws its own. */
Test(repeat, random_numbers) {
    repeat_net net = {.steps = 5, .capacity = 4, .gradient = true, .dropout = 0.4f};
    repeat_result all, part, other;
    const sc_plan_options separate = {.hooks = {.separate = true}};
    run("cpu", &net, NULL, &(sc_launch){.rows = 4, .step = 1, .seed = 9}, &all, NULL);
    run("cpu", &net, &separate, &(sc_launch){.rows = 4, .step = 1, .seed = 9}, &part, NULL);
    same(&all, &part, &net, 4);
    run("cpu", &net, NULL, &(sc_launch){.rows = 2, .step = 1, .seed = 9}, &part, NULL);
    SC_EQ_MEMORY(all.data[0], part.data[0], part.count[0] / 2 * sizeof(float));
    run("cpu", &net, NULL, &(sc_launch){.rows = 4, .step = 1, .seed = 9, .sample_offset = 2},
        &other, NULL);
    SC_TRUE(memcmp(all.data[0], other.data[0], all.count[0] * sizeof(float)) != 0);
    /* A dropped unit is 0: other ones from repetition to repetition. */
    int dropped = 0, alike = 0;
    for (int n = 0; n < 4; n++)
        for (int k = 0; k < 5 * NET_UNITS; k++) {
            bool now = all.data[0][n * 5 * NET_UNITS + k] == 0;
            bool before = k >= NET_UNITS && all.data[0][n * 5 * NET_UNITS + k - NET_UNITS] == 0;
            dropped += now;
            alike += k >= NET_UNITS && now == before;
        }
    SC_TRUE(dropped > 20 && dropped < 60);
    SC_TRUE(alike > 20 && alike < 70);
}

/* Kernels are prepared once, whatever T is; what is kept for the gradient grows by steps alone. */
Test(repeat, kernels_do_not_grow) {
    sc_plan_size size[2][3];
    for (int gradient = 0; gradient < 2; gradient++)
        for (int s = 0; s < 3; s++) {
            static const int steps[] = {28, 140, 280};
            repeat_net net = {.steps = steps[s], .capacity = 2, .gradient = gradient};
            device_fixture f;
            plan_fixture p;
            device_open(&f, "cpu", NULL);
            net_build(&p, &f, &net);
            SC_OK(&f.env, plan_make(&p, NULL));
            size[gradient][s] = sc_plan_sizes(p.plan);
            plan_end(&p);
            device_close(&f);
            SC_EQ(size[gradient][s].launches, size[gradient][0].launches);
        }
    SC_TRUE(size[1][0].launches < 40);
    SC_TRUE(size[1][0].activations < size[1][1].activations);
    SC_TRUE(size[1][2].activations < 11 * size[1][0].activations);
}

enum { IMAGE = 16 * 5 * 5, KERNEL = 16 * 16 * 9 };

/* h = tanh(conv(x) + conv(h)) over images of 16 channels, with the gradients of both kernels: what
 * runs in blocks of channels outside a region is plain inside. */
static void convolve(bool unrolled, float sum[1], float gradient[2][KERNEL]) {
    enum { T = 3, N = 2 };
    const int64_t whole[5] = {T, N, 16, 5, 5}, slice[5] = {1, N, 16, 5, 5};
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 4, whole + 1);
    const sc_window window = {{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
    device_fixture f;
    plan_fixture p;
    static float data[T * N * IMAGE];
    sc_value w[2], dw[2], h = SC_NO_VALUE, carried = SC_NO_VALUE;
    device_open(&f, "cpu", NULL);
    plan_begin(&p, &f, N);
    sc_graph *graph = p.graph;
    sc_value x = plan_external(&p, SC_LANE_INPUTS, SOCLE_F32, false, 5, whole);
    for (int i = 0; i < 2; i++)
        w[i] = plan_external(&p, SC_LANE_PARAMETERS, SOCLE_F32, false, 4,
                             (const int64_t[]){16, 16, 3, 3});
    if (!unrolled) {
        sc_repeat_begin(graph, T, false);
        h = carried = sc_repeat_carry(graph, SC_NO_VALUE, &desc);
    }
    for (int64_t t = 0; t < (unrolled ? T : 1); t++) {
        sc_value now =
            unrolled
                ? sc_graph_alias(graph,
                                 sc_build_slice(graph, x, (const int64_t[]){t, 0, 0, 0, 0}, slice),
                                 &desc)
                : sc_repeat_read(graph, x, 1);
        sc_value y = sc_build_conv2d(graph, now, w[0], &window, 1);
        if (h != SC_NO_VALUE)
            y = sc_build_binary(graph, SC_EXPR_ADD, y, sc_build_conv2d(graph, h, w[1], &window, 1));
        h = sc_build_unary(graph, SC_EXPR_TANH, y);
    }
    if (!unrolled) {
        sc_repeat_next(graph, carried, h);
        sc_repeat_end(graph);
        h = sc_repeat_last(graph, carried);
    }
    sc_value loss = sc_build_reduce(graph, SC_REDUCE_SUM, h, 15);
    SC_OK(&f.env, sc_graph_gradient(graph, loss, SC_NO_VALUE, 2, w, dw, NULL));
    plan_output(&p, loss, SC_LANE_SUMS);
    for (int i = 0; i < 2; i++) plan_output(&p, dw[i], SC_LANE_GRADIENTS);
    SC_OK(&f.env, plan_make(&p, NULL));
    device_fill(data, T * N * IMAGE, 3);
    plan_write(&p, SC_LANE_INPUTS, 0, data, sizeof data);
    for (int i = 0; i < 2; i++) {
        device_fill(data, KERNEL, 5u + (uint32_t)i);
        for (int k = 0; k < KERNEL; k++) data[k] *= 0.05f;
        plan_write(&p, SC_LANE_PARAMETERS, i, data, KERNEL * sizeof *data);
    }
    SC_OK(&f.env, plan_run(&p, &(sc_launch){.rows = N}));
    plan_read(&p, SC_LANE_SUMS, 0, sum, sizeof *sum);
    for (int i = 0; i < 2; i++)
        plan_read(&p, SC_LANE_GRADIENTS, i, gradient[i], KERNEL * sizeof(float));
    plan_end(&p);
    device_close(&f);
}

/* Sums of 800 numbers below 1 and, in the kernels' gradients, of 150 products of numbers below 8,
 * each in another order; the rounding of a step before is passed on by at most 16 * 9 * 0.05. */
Test(repeat, convolutions) {
    static float gradient[2][2][KERNEL];
    float sum[2];
    convolve(false, &sum[0], gradient[0]);
    convolve(true, &sum[1], gradient[1]);
    SC_NEAR((double)sum[0], (double)sum[1], 2 * 800 * 800 * 0x1p-24);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < KERNEL; k++)
            SC_NEAR((double)gradient[0][i][k], (double)gradient[1][i][k],
                    2 * 150 * 8 * 8 * 0x1p-24);
}

/* A profile has the time of every repetition. */
Test(repeat, profile) {
    repeat_net net = {.steps = 7, .capacity = 2, .gradient = true};
    sc_device_options timed = SC_DEVICE_OPTIONS_DEFAULT;
    device_fixture f;
    plan_fixture p;
    timed.timestamps = true;
    device_open(&f, "cpu", &timed);
    net_build(&p, &f, &net);
    SC_OK(&f.env, plan_make(&p, &(sc_plan_options){.profile = true}));
    net_write(&p);
    for (int run = 0; run < 2; run++)
        SC_OK(&f.env, plan_run(&p, &(sc_launch){.rows = 2, .repetitions = 5}));
    int repeated = 0;
    for (int i = 0; i < sc_plan_launches(p.plan); i++) {
        uint64_t runs = sc_plan_launch_info(p.plan, i).runs;
        SC_TRUE(runs == 2 || runs == 10);
        repeated += runs == 10;
    }
    SC_TRUE(repeated >= 6);
    plan_end(&p);
    device_close(&f);
}

static void refused(int which, const char *text) {
    sc_env env;
    sc_graph *graph;
    SC_REPRO("case %d", which);
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_graph_create(&graph, &env, 2));
    const sc_tensor_desc whole = sc_tensor_make(SOCLE_F32, 0, 3, (const int64_t[]){4, 2, 3});
    const sc_tensor_desc one = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){2, 3});
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &whole, "x");
    sc_repeat_begin(graph,
                    which == 0   ? 0
                    : which == 1 ? SC_REPEAT_MOST + 1
                    : which == 2 ? 5
                                 : 4,
                    false);
    if (which == 3) sc_repeat_begin(graph, 4, false);
    sc_value h = sc_repeat_carry(graph, SC_NO_VALUE, &one), step = sc_repeat_read(graph, x, 1);
    sc_value y = sc_build_binary(graph, SC_EXPR_ADD, h, step);
    if (which == 4) sc_repeat_carry(graph, x, NULL);
    if (which == 5) sc_repeat_next(graph, h, x);
    if (which == 6) sc_graph_output(graph, y, SC_LANE_OUTPUTS, 0);
    if (which == 7) sc_repeat_next(graph, step, y);
    if (which == 8) sc_repeat_last(graph, h);
    if (which != 9) sc_repeat_next(graph, h, y);
    if (which == 10) sc_repeat_next(graph, h, y);
    sc_repeat_end(graph);
    if (which == 11) sc_build_unary(graph, SC_EXPR_TANH, y);
    if (which == 12) sc_repeat_end(graph);
    if (which == 13) sc_repeat_collect(graph, y);
    SC_TRUE(graph->status != SOCLE_OK);
    if (!strstr(env.text, text)) SC_TEST_FAIL("says '%s', not '%s'", env.text, text);
    sc_graph_destroy(graph);
}

Test(repeat, refused) {
    static const char *const texts[] = {
        "repeated 1 to 1048576 times, not 0 times",
        "not 1048577 times",
        "a region of 5 repetitions reads a slice of each",
        "a repeated region begins inside another",
        "declare what it carries and counts before",
        "a carried value is f32[N,3], what follows it is f32[4,2,3]",
        "a repeated region has no outputs of its own",
        "this value is not carried",
        "read behind the region's end",
        "a carried value has no next",
        "a carried value has one next",
        "belongs to a repeated region that has ended",
        "no repeated region has begun",
        "no repeated region has begun",
    };
    for (int i = 0; i < (int)(sizeof texts / sizeof texts[0]); i++) refused(i, texts[i]);
}
