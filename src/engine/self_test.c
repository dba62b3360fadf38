/* SPDX-License-Identifier: Apache-2.0 */
/* The known-answer test of a device: small integers, whose sums and products every order of adding
 * gives to the bit, and random numbers by the text that the device runs too. Drivers exist that
 * compute wrong results and report success; what they train is worth nothing, so a device is asked
 * before it is used. It goes the way of all work (graph, plan, queue) and must not know a driver.
 *
 *   x [ROWS,DEPTH], w [UNITS,DEPTH]  ->  max(3x - 7, x*x), uniform random numbers, x w^T, sums of
 * the rows of x */
#include "engine/self_test.h"

#include "base/rng.h"
#include "base/shown.h"
#include "graph/build.h"
#include "graph/plan.h"
#include "nn/lanes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 21, DEPTH = 40, UNITS = 17, STEP = 5, OFFSET = 3, INPUTS = 2, OUTPUTS = 4 };
static const uint64_t seed = UINT64_C(0x0123456789abcdef), deadline = UINT64_C(60000000000);

static const char *const what[OUTPUTS] = {"elementwise arithmetic", "random numbers",
                                          "a product of matrices", "a sum of rows"};

typedef struct answers {
    float arithmetic[ROWS][DEPTH], uniform[ROWS][DEPTH], product[ROWS][UNITS], sum[ROWS];
} answers;

typedef struct self_test {
    float x[ROWS][DEPTH], w[UNITS][DEPTH];
    answers right, got;
    sc_env *env;
    sc_device *device;
    sc_queue *queue;
    sc_graph *graph;
    sc_plan *plan;
    sc_lane_map map;
    sc_lane_memory memory;
} self_test;

static const size_t input_bytes[INPUTS] = {sizeof((self_test *)0)->x, sizeof((self_test *)0)->w};
static const size_t output_bytes[OUTPUTS] = {
    sizeof((answers *)0)->arithmetic, sizeof((answers *)0)->uniform, sizeof((answers *)0)->product,
    sizeof((answers *)0)->sum};

/* uniform random number of one element: SC_EXPR_UNIFORM in op/expr.h says which. */
static float draw(uint32_t row, uint32_t element) {
    const uint32_t counter[4] = {element / 4, row + OFFSET, STEP, 0};
    uint32_t words[4];
    sc_rng_words(words, seed, counter);
    return (float)(words[element % 4] >> 8) * (1.0f / 16777216.0f);
}

static void find_answers(self_test *test) {
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < DEPTH; k++) test->x[i][k] = (float)((i * 7 + k * 5) % 9 - 4);
    for (int m = 0; m < UNITS; m++)
        for (int k = 0; k < DEPTH; k++) test->w[m][k] = (float)((m * 3 + k * 11) % 9 - 4);
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < DEPTH; k++) {
            float x = test->x[i][k];
            test->right.arithmetic[i][k] = fmaxf(3.0f * x - 7.0f, x * x);
            test->right.uniform[i][k] = draw((uint32_t)i, (uint32_t)k);
            test->right.sum[i] += x;
            for (int m = 0; m < UNITS; m++) test->right.product[i][m] += x * test->w[m][k];
        }
    }
}

static void describe_elementwise(sc_expr *expr) {
    sc_expr_init(expr);
    int x = sc_expr_input(expr, 0, SC_EXPR_FLOAT);
    int line = sc_expr_add_node(expr, SC_EXPR_MUL, x, sc_expr_const(expr, 3.0f), 0);
    line = sc_expr_add_node(expr, SC_EXPR_SUB, line, sc_expr_const(expr, 7.0f), 0);
    int square = sc_expr_add_node(expr, SC_EXPR_MUL, x, x, 0);
    sc_expr_output(expr, sc_expr_add_node(expr, SC_EXPR_MAX, line, square, 0));
    sc_expr_output(expr, sc_expr_leaf(expr, SC_EXPR_UNIFORM, 0, 0));
}

static socle_status build(self_test *test) {
    const int64_t x_dim[] = {ROWS, DEPTH}, w_dim[] = {UNITS, DEPTH};
    sc_tensor_desc x_desc = sc_tensor_make(SOCLE_F32, 1, 2, x_dim),
                   w_desc = sc_tensor_make(SOCLE_F32, 0, 2, w_dim);
    sc_expr expr;
    sc_value out[OUTPUTS];
    SC_TRY(sc_graph_create(&test->graph, test->env, ROWS));
    sc_graph_scope(test->graph, "self-test");
    sc_value x = sc_graph_external(test->graph, SC_LANE_INPUTS, 0, &x_desc, "x");
    sc_value w = sc_graph_external(test->graph, SC_LANE_INPUTS, 1, &w_desc, "w");
    describe_elementwise(&expr);
    sc_build_expr(test->graph, &expr, 1, &x, out);
    out[2] = sc_build_matmul(test->graph, x, w, false, true);
    out[3] = sc_build_reduce(test->graph, SC_REDUCE_SUM, x, 1u << 1);
    for (int i = 0; i < OUTPUTS; i++) sc_graph_output(test->graph, out[i], SC_LANE_OUTPUTS, i);
    return test->graph->status;
}

static socle_status allocate_lane(self_test *test, sc_lane lane, int count, const size_t *bytes) {
    sc_lane_layout *layout = &test->map.lane[lane];
    sc_operand *base = &test->memory.base[lane];
    SC_TRY(sc_lane_place(layout, test->env, count, bytes, NULL));
    SC_TRY(sc_buffer_create(&base->buffer, test->device, SC_BUFFER_DEVICE, layout->bytes));
    return sc_queue_fill(test->queue, *base, UINT32_MAX, layout->bytes); /* no answer is a NaN */
}

static sc_operand place(const self_test *test, sc_lane lane, int index) {
    return (sc_operand){test->memory.base[lane].buffer, test->map.lane[lane].offset[index]};
}

static socle_status run(self_test *test) {
    const void *in[INPUTS] = {test->x, test->w};
    void *out[OUTPUTS] = {test->got.arithmetic, test->got.uniform, test->got.product,
                          test->got.sum};
    sc_launch launch = {.rows = ROWS, .sample_offset = OFFSET, .step = STEP, .seed = seed};
    for (int i = 0; i < INPUTS; i++)
        SC_TRY(sc_queue_write(test->queue, place(test, SC_LANE_INPUTS, i), in[i], input_bytes[i]));
    SC_TRY(sc_plan_run(test->plan, test->queue, &test->memory, &launch));
    for (int i = 0; i < OUTPUTS; i++)
        SC_TRY(
            sc_queue_read(test->queue, out[i], place(test, SC_LANE_OUTPUTS, i), output_bytes[i]));
    return sc_queue_poll(test->queue, NULL, deadline);
}

/* The first wrong element of one output, named. */
static socle_status compare(const self_test *test, int output, const float *got,
                            const float *right) {
    const sc_device_info *info = &test->device->info;
    for (size_t i = 0; i < output_bytes[output] / sizeof *right; i++)
        if (memcmp(&got[i], &right[i], sizeof *right) != 0)
            return sc_fail(
                test->env, SOCLE_STATUS_DEVICE,
                "%s gives wrong results: %s, element %zu is %.9g and must be %.9g. Its driver, %s, "
                "is not to be "
                "trusted: use another one, or SOCLE_SELF_TEST=off to use it all the same",
                info->name, what[output], i, sc_shown((double)got[i]), sc_shown((double)right[i]),
                info->driver_version[0] ? info->driver_version : "of unknown version");
    return SOCLE_OK;
}

static socle_status judge(const self_test *test) {
    const answers *got = &test->got, *right = &test->right;
    SC_TRY(compare(test, 0, got->arithmetic[0], right->arithmetic[0]));
    SC_TRY(compare(test, 1, got->uniform[0], right->uniform[0]));
    SC_TRY(compare(test, 2, got->product[0], right->product[0]));
    return compare(test, 3, got->sum, right->sum);
}

static socle_status carry_out(self_test *test) {
    find_answers(test);
    SC_TRY(sc_queue_open(&test->queue, test->device));
    SC_TRY(build(test));
    SC_TRY(allocate_lane(test, SC_LANE_INPUTS, INPUTS, input_bytes));
    SC_TRY(allocate_lane(test, SC_LANE_OUTPUTS, OUTPUTS, output_bytes));
    SC_TRY(sc_plan_create(&test->plan, test->device, test->graph, &test->map, NULL));
    SC_TRY(run(test));
    return judge(test);
}

socle_status sc_device_self_test(sc_device *device) {
    const char *wish = getenv("SOCLE_SELF_TEST");
    self_test *test;
    if (wish && strcmp(wish, "off") == 0) return SOCLE_OK;
    SC_TRY(sc_allocate(device->env, &test, 1, sizeof *test));
    test->env = device->env;
    test->device = device;
    socle_status status = carry_out(test);
    sc_plan_destroy(test->plan);
    sc_graph_destroy(test->graph);
    sc_queue_close(test->queue); /* waits for what may still use the memory below */
    for (int lane = 0; lane < SC_LANE_COUNT; lane++)
        sc_buffer_destroy(test->memory.base[lane].buffer);
    sc_lane_map_free(&test->map, test->env);
    sc_release(test->env, test);
    return status;
}
