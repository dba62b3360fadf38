/* SPDX-License-Identifier: Apache-2.0 */
/* Plans on real devices: rows and capacity, the sample offset, lanes that move from run to run,
 * forced implementations, several buffers. One small network with its gradient serves all of it. */
#include "plan_fixture.h"
#include "sc_device_bodies.h"

enum {
    CAPACITY = 9,
    PIXELS = 2 * 6 * 6,
    WEIGHTS = 5 * 2 * 9,
    BIASES = 5,
    HEAD = 4 * 45,
    RESULT = 4
};

/* conv 3x3 -> + bias -> relu -> pool -> dropout -> matmul: y [N,4]; the squares of y summed;
 * gradients of all three parameters. */
static void build(plan_fixture *p, device_fixture *f, int64_t capacity) {
    plan_begin(p, f, capacity);
    sc_graph *graph = p->graph;
    sc_value x =
        plan_external(p, SC_LANE_INPUTS, SOCLE_F32, true, 4, (const int64_t[]){capacity, 2, 6, 6});
    sc_value wrt[3] = {
        plan_external(p, SC_LANE_PARAMETERS, SOCLE_F32, false, 4, (const int64_t[]){5, 2, 3, 3}),
        plan_external(p, SC_LANE_PARAMETERS, SOCLE_F32, false, 1, (const int64_t[]){5}),
        plan_external(p, SC_LANE_PARAMETERS, SOCLE_F32, false, 2, (const int64_t[]){4, 45})};
    sc_graph_scope(graph, "conv");
    sc_value y =
        sc_build_conv2d(graph, x, wrt[0], &(sc_window){{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}, 1);
    y = sc_build_unary(
        graph, SC_EXPR_RELU,
        sc_build_binary(graph, SC_EXPR_ADD, y, sc_build_per_channel(graph, wrt[1], 4)));
    y = sc_build_maxpool2d(graph, y, &(sc_window){{2, 2}, {2, 2}, {1, 1}, {0, 0}, {0, 0}});
    sc_graph_scope(graph, "head");
    y = sc_build_dropout(graph, sc_build_reshape(graph, y, 2, (const int64_t[]){capacity, 45}),
                         0.4f);
    y = sc_build_matmul(graph, y, wrt[2], false, true);
    sc_value loss =
                 sc_build_reduce(graph, SC_REDUCE_SUM, sc_build_unary(graph, SC_EXPR_SQUARE, y), 2),
             gradient[3];
    sc_value total = sc_build_reduce(graph, SC_REDUCE_SUM, loss, 1);
    SC_OK(&f->env, graph->status);
    SC_OK(&f->env, sc_graph_gradient(graph, loss, SC_NO_VALUE, 3, wrt, gradient, NULL));
    plan_output(p, y, SC_LANE_OUTPUTS);
    plan_output(p, total, SC_LANE_SUMS);
    for (int i = 0; i < 3; i++) plan_output(p, gradient[i], SC_LANE_GRADIENTS);
}

static const size_t parameter_elements[3] = {WEIGHTS, BIASES, HEAD};

static void write_parameters(plan_fixture *p) {
    float data[HEAD];
    for (int i = 0; i < 3; i++) {
        device_fill(data, parameter_elements[i], 40u + (uint32_t)i);
        plan_write(p, SC_LANE_PARAMETERS, i, data, parameter_elements[i] * sizeof *data);
    }
}

static const float *images(void) {
    static float data[2 * CAPACITY * PIXELS];
    device_fill(data, 2 * CAPACITY * PIXELS, 7);
    return data;
}

typedef struct results {
    float y[CAPACITY * RESULT], total, weights[WEIGHTS], biases[BIASES], head[HEAD];
} results;

/* Runs rows of the images from `first` on. */
static void run(plan_fixture *p, int64_t rows, int64_t first, int64_t capacity, results *out) {
    sc_launch launch = {.rows = rows, .sample_offset = (uint32_t)first, .step = 3, .seed = 5};
    memset(out, 0, sizeof *out);
    if (rows)
        plan_write(p, SC_LANE_INPUTS, 0, images() + first * PIXELS,
                   (size_t)rows * PIXELS * sizeof(float));
    SC_OK(&p->f->env, plan_run(p, &launch));
    plan_read(p, SC_LANE_OUTPUTS, 0, out->y, (size_t)capacity * RESULT * sizeof(float));
    plan_read(p, SC_LANE_SUMS, 0, &out->total, sizeof out->total);
    plan_read(p, SC_LANE_GRADIENTS, 0, out->weights, sizeof out->weights);
    plan_read(p, SC_LANE_GRADIENTS, 1, out->biases, sizeof out->biases);
    plan_read(p, SC_LANE_GRADIENTS, 2, out->head, sizeof out->head);
}

static void prepare_plan(plan_fixture *p, device_fixture *f, int64_t capacity,
                         const sc_plan_options *options) {
    build(p, f, capacity);
    SC_OK(&f->env, plan_make(p, options));
    write_parameters(p);
}

static void same_sums(const results *a, const results *b) {
    SC_EQ_FLOAT_BITS(a->total, b->total);
    SC_EQ_MEMORY(a->weights, b->weights, sizeof a->weights);
    SC_EQ_MEMORY(a->biases, b->biases, sizeof a->biases);
    SC_EQ_MEMORY(a->head, b->head, sizeof a->head);
}

/* Fewer rows than the capacity: the bits of a plan made for just these rows, and not a byte behind
 * them is touched. */
static void rows_vary(const char *device) {
    device_fixture f;
    plan_fixture large, small;
    device_open(&f, device, NULL);
    prepare_plan(&large, &f, CAPACITY, NULL);
    for (int64_t rows = 0; rows <= CAPACITY; rows += rows < 2 ? 1 : 7) {
        results few, exact;
        SC_REPRO("%d rows of %d on %s", (int)rows, CAPACITY, device);
        SC_OK(&f.env, sc_queue_fill(f.queue, large.memory.base[SC_LANE_OUTPUTS], UINT32_MAX,
                                    CAPACITY * RESULT * sizeof(float)));
        run(&large, rows, 0, CAPACITY, &few);
        for (int64_t i = rows * RESULT; i < CAPACITY * RESULT; i++) {
            uint32_t word;
            memcpy(&word, &few.y[i], sizeof word);
            SC_EQ(word, UINT32_MAX);
        }
        if (rows == 0) {
            SC_EQ_FLOAT_BITS(few.total, 0.0f);
            for (int i = 0; i < WEIGHTS; i++) SC_TRUE(few.weights[i] == 0.0f);
            continue;
        }
        prepare_plan(&small, &f, rows, NULL);
        run(&small, rows, 0, rows, &exact);
        SC_TRUE(exact.total > 0);
        SC_EQ_MEMORY(few.y, exact.y, (size_t)rows * RESULT * sizeof(float));
        same_sums(&few, &exact);
        plan_end(&small);
    }
    plan_end(&large);
    device_close(&f);
}

Test(plan, rows_vary_cpu) {
    rows_vary("cpu");
}

SC_OPENCL_BODY(rows_vary)

Test(plan, rows_beyond_the_capacity) {
    device_fixture f;
    plan_fixture p;
    results before, after;
    device_open(&f, "cpu", NULL);
    prepare_plan(&p, &f, CAPACITY, NULL);
    run(&p, CAPACITY, 0, CAPACITY, &before);
    const int64_t wrong[] = {CAPACITY + 1, -1, INT64_MAX, INT64_MIN};
    for (int i = 0; i < 4; i++) {
        SC_FAILS(&f.env, plan_run(&p, &(sc_launch){.rows = wrong[i], .step = 4}),
                 SOCLE_STATUS_INVALID_ARGUMENT);
        SC_CONTAINS(f.env.text, "do not fit a plan for 9");
    }
    plan_read(&p, SC_LANE_OUTPUTS, 0, after.y, sizeof after.y);
    SC_EQ_MEMORY(before.y, after.y, sizeof after.y); /* nothing ran */
    plan_end(&p);
    device_close(&f);
}

/* Rows from k on, told where they stand in the batch, draw the dropout masks that they have in the
 * whole batch. */
static void offsets(const char *device) {
    device_fixture f;
    plan_fixture p;
    results whole, part, elsewhere;
    device_open(&f, device, NULL);
    prepare_plan(&p, &f, CAPACITY, NULL);
    run(&p, CAPACITY, 0, CAPACITY, &whole);
    for (int64_t k = 0; k < CAPACITY; k++) {
        SC_REPRO("rows from %d on, on %s", (int)k, device);
        run(&p, CAPACITY - k, k, CAPACITY, &part);
        SC_EQ_MEMORY(part.y, whole.y + k * RESULT, (size_t)(CAPACITY - k) * RESULT * sizeof(float));
    }
    run(&p, CAPACITY, CAPACITY, CAPACITY, &elsewhere);
    SC_TRUE(memcmp(elsewhere.y, whole.y, sizeof whole.y) != 0);
    plan_write(&p, SC_LANE_INPUTS, 0, images(), CAPACITY * PIXELS * sizeof(float));
    SC_OK(&f.env,
          plan_run(&p, &(sc_launch){.rows = CAPACITY, .sample_offset = 1, .step = 3, .seed = 5}));
    plan_read(&p, SC_LANE_OUTPUTS, 0, part.y, sizeof part.y);
    SC_TRUE(memcmp(part.y, whole.y, sizeof whole.y) != 0); /* equal images, other places: other
                                                              masks */
    plan_end(&p);
    device_close(&f);
}

Test(plan, sample_offset_cpu) {
    offsets("cpu");
}

SC_OPENCL_BODY(offsets)

/* One plan, two staging slots and two places for the sums. */
Test(plan, lanes_move_from_run_to_run) {
    device_fixture f;
    plan_fixture p;
    results here, there;
    device_open(&f, "cpu", NULL);
    prepare_plan(&p, &f, CAPACITY, NULL);
    run(&p, CAPACITY, 0, CAPACITY, &here);
    const sc_lane moved[] = {SC_LANE_INPUTS, SC_LANE_SUMS, SC_LANE_GRADIENTS};
    sc_lane_memory home = p.memory;
    for (int i = 0; i < 3; i++) {
        size_t bytes = p.map.lane[moved[i]].bytes;
        SC_OK(&f.env, sc_buffer_create(&p.memory.base[moved[i]].buffer, f.device, SC_BUFFER_DEVICE,
                                       bytes + 256));
        p.memory.base[moved[i]].offset = 128;
    }
    run(&p, CAPACITY, 0, CAPACITY, &there);
    SC_EQ_MEMORY(&here, &there, sizeof here);
    for (int i = 0; i < 3; i++) sc_buffer_destroy(p.memory.base[moved[i]].buffer);
    p.memory = home;
    p.memory.base[SC_LANE_SUMS].buffer = NULL; /* a lane that was not given */
    SC_FAILS(&f.env, plan_run(&p, &(sc_launch){.rows = 1}), SOCLE_STATUS_INTERNAL);
    SC_CONTAINS(f.env.text, "lane that has no memory");
    p.memory = home;
    plan_end(&p);
    device_close(&f);
}

static const char *implementation_of(const sc_plan *plan, sc_op op) {
    for (int i = 0; i < sc_plan_launches(plan); i++)
        if (sc_plan_launch_info(plan, i).op == op)
            return sc_plan_launch_info(plan, i).implementation;
    return "(none)";
}

static void refuses(device_fixture *f, const char *force, socle_status status, const char *part) {
    plan_fixture p;
    SC_REPRO("force %s", force);
    build(&p, f, CAPACITY);
    SC_FAILS(&f->env, plan_make(&p, &(sc_plan_options){.force = force}), status);
    SC_TRUE(p.plan == NULL);
    SC_CONTAINS(f->env.text, part);
    plan_end(&p);
}

Test(plan, force_by_operation) {
    device_fixture f;
    plan_fixture best, forced;
    results a, b;
    device_open(&f, "cpu", NULL);
    prepare_plan(&best, &f, CAPACITY, NULL);
    prepare_plan(&forced, &f, CAPACITY, &(sc_plan_options){.force = "matmul=plain,conv2d=plain"});
    SC_TRUE(strcmp(implementation_of(best.plan, SC_OP_CONV2D), "plain+tail") != 0);
    SC_EQ_STR(implementation_of(forced.plan, SC_OP_CONV2D), "plain+tail");
    SC_EQ_STR(implementation_of(forced.plan, SC_OP_MATMUL), "plain");
    SC_EQ_STR(implementation_of(forced.plan, SC_OP_CONV2D_GRAD_WEIGHT),
              implementation_of(best.plan, SC_OP_CONV2D_GRAD_WEIGHT));
    run(&best, CAPACITY, 0, CAPACITY, &a);
    run(&forced, CAPACITY, 0, CAPACITY, &b);
    for (int i = 0; i < CAPACITY * RESULT; i++) SC_NEAR((double)a.y[i], (double)b.y[i], 1e-5);
    plan_end(&best);
    plan_end(&forced);
    refuses(&f, "matmul=quick", SOCLE_STATUS_UNSUPPORTED, "head: matmul on ");
    refuses(&f, "matmul=quick", SOCLE_STATUS_UNSUPPORTED,
            "no implementation is named quick; there are: packed, plain");
    refuses(&f, "matmol=plain", SOCLE_STATUS_CONFIG,
            "no operation is named 'matmol', did you mean 'matmul'?");
    refuses(&f, "conv2d=plain,plain", SOCLE_STATUS_CONFIG, "no operation is named 'plain'");
    refuses(&f, "matmul", SOCLE_STATUS_CONFIG, "needs the name of an implementation");
    refuses(&f, "matmul=", SOCLE_STATUS_CONFIG, "needs the name of an implementation");
    refuses(&f, ",", SOCLE_STATUS_CONFIG, "no operation is named ''");
    device_close(&f);
}

/* A device that allocates little at once: several buffers, the same bits; less still: an error that
 * names the layer. */
Test(plan, several_buffers) {
    device_fixture f;
    plan_fixture one, several;
    results a, b;
    device_open(&f, "cpu", NULL);
    prepare_plan(&one, &f, CAPACITY, NULL);
    SC_EQ(sc_plan_sizes(one.plan).buffers, 1);
    run(&one, CAPACITY, 0, CAPACITY, &a);
    sc_plan_size size = sc_plan_sizes(one.plan);
    f.device->info.max_allocation = size.scratch + 127; /* the largest piece */
    SC_TRUE(size.activations > f.device->info.max_allocation);
    prepare_plan(&several, &f, CAPACITY, NULL);
    SC_TRUE(sc_plan_sizes(several.plan).buffers > 1);
    run(&several, CAPACITY, 0, CAPACITY, &b);
    SC_EQ_MEMORY(&a, &b, sizeof a);
    plan_end(&one);
    plan_end(&several);
    f.device->info.max_allocation = 4096;
    build(&one, &f, CAPACITY);
    SC_FAILS(&f.env, plan_make(&one, NULL), SOCLE_STATUS_DEVICE_MEMORY);
    SC_CONTAINS(f.env.text, "use a smaller micro-batch");
    plan_end(&one);
    device_close(&f);
}

SC_OPENCL_BODIES(plan)
