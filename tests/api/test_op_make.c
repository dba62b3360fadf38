/* SPDX-License-Identifier: Apache-2.0 */
/* Constants, comparisons, selection, slices and random numbers in public graphs, with gradients. */
#include "api_test.h"

#include <math.h>
#include <string.h>

typedef struct bench {
    socle_context *context;
    socle_graph *graph;
} bench;

static bench begin(const char *device) {
    bench b = {.context = api_open(device)};
    API_OK(b.context, socle_graph_create(&b.graph, b.context));
    return b;
}

static void end(bench *b) {
    socle_graph_destroy(b->graph);
    socle_close(b->context);
}

static socle_tensor *stored(bench *b, socle_value value, socle_shape shape) {
    socle_tensor *tensor = api_tensor(b->context, SOCLE_F32, shape);
    socle_op_store(b->graph, value, tensor);
    return tensor;
}

static void run(bench *b) {
    API_OK(b->context, socle_graph_run(b->graph));
}

static void expect(bench *b, socle_tensor *tensor, int count, const float *expected) {
    float found[64];
    API_OK(b->context, socle_tensor_read(tensor, found, (size_t)count * sizeof *found));
    for (int i = 0; i < count; i++)
        if (memcmp(&found[i], &expected[i], sizeof *found) != 0)
            SC_TEST_FAIL("element %d is %g, expected %g", i, (double)found[i], (double)expected[i]);
}

API_TEST_IN_FULL(api_op_make, constants) {
    bench b = begin(device);
    const float three[6] = {3, 3, 3, 3, 3, 3}, pi = 3.25f, sum[2] = {5, 5};
    socle_value x = socle_op_constant(b.graph, 3, SOCLE_SHAPE(2, 3));
    socle_value two = socle_op_constant(b.graph, 2, SOCLE_SHAPE(1));
    socle_value one = socle_op_constant(b.graph, 3, SOCLE_SHAPE(2));
    socle_tensor *all = stored(&b, x, SOCLE_SHAPE(2, 3)),
                 *scalar =
                     stored(&b, socle_op_constant(b.graph, pi, (socle_shape){0}), (socle_shape){0}),
                 *added = stored(&b, socle_op_binary(b.graph, "add", one, two), SOCLE_SHAPE(2));
    API_OK(b.context, socle_graph_compile(b.graph));
    run(&b);
    expect(&b, all, 6, three);
    expect(&b, scalar, 1, &pi);
    expect(&b, added, 2, sum);
    socle_tensor_destroy(all);
    socle_tensor_destroy(scalar);
    socle_tensor_destroy(added);
    end(&b);
}

API_TEST(api_op_make, comparisons_and_selection) {
    static const char *const words[] = {"lt", "le", "gt", "ge", "eq", "ne"};
    enum { N = 5, WORDS = 6 };
    bench b = begin(device);
    const float x[N] = {-1, 0, 2, NAN, INFINITY}, y[N] = {1, 0, 1, 1, INFINITY};
    const float expected[WORDS][N] = {{1, 0, 0, 0, 0}, {1, 1, 0, 0, 1}, {0, 0, 1, 0, 0},
                                      {0, 1, 1, 0, 1}, {0, 1, 0, 0, 1}, {1, 0, 1, 1, 0}};
    socle_tensor *tx = api_tensor(b.context, SOCLE_F32, SOCLE_SHAPE(N)),
                 *ty = api_tensor(b.context, SOCLE_F32, SOCLE_SHAPE(N)), *out[WORDS];
    API_OK(b.context, socle_tensor_write(tx, x, sizeof x));
    API_OK(b.context, socle_tensor_write(ty, y, sizeof y));
    socle_value vx = socle_op_tensor(b.graph, tx), vy = socle_op_tensor(b.graph, ty), least;
    for (int w = 0; w < WORDS; w++)
        out[w] = stored(&b, socle_op_compare(b.graph, words[w], vx, vy), SOCLE_SHAPE(N));
    /* The smaller one, and y where x is a NaN; its slope goes to the one that was chosen. */
    least = socle_op_select(b.graph, socle_op_compare(b.graph, "lt", vx, vy), vx, vy);
    socle_value wrt[2] = {vx, vy}, slope[2];
    API_OK(b.context, socle_graph_gradient(b.graph, least, 2, wrt, slope));
    socle_tensor *tl = stored(&b, least, SOCLE_SHAPE(N)),
                 *dx = stored(&b, slope[0], SOCLE_SHAPE(N)),
                 *dy = stored(&b, slope[1], SOCLE_SHAPE(N));
    API_OK(b.context, socle_graph_compile(b.graph));
    run(&b);
    for (int w = 0; w < WORDS; w++) {
        expect(&b, out[w], N, expected[w]);
        socle_tensor_destroy(out[w]);
    }
    expect(&b, tl, N, (float[]){-1, 0, 1, 1, INFINITY});
    expect(&b, dx, N, (float[]){1, 0, 0, 0, 0});
    expect(&b, dy, N, (float[]){0, 1, 1, 1, 1});
    socle_tensor *all[5] = {tx, ty, tl, dx, dy};
    for (int i = 0; i < 5; i++) socle_tensor_destroy(all[i]);
    end(&b);
}

API_TEST_IN_FULL(api_op_make, slices) {
    bench b = begin(device);
    const float x[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const int64_t from[2] = {1, 1}, size[2] = {2, 2};
    socle_tensor *tx = api_tensor(b.context, SOCLE_F32, SOCLE_SHAPE(3, 4));
    API_OK(b.context, socle_tensor_write(tx, x, sizeof x));
    socle_value vx = socle_op_tensor(b.graph, tx), slope;
    socle_value part = socle_op_slice(b.graph, vx, from, size);
    API_OK(b.context,
           socle_graph_gradient(b.graph, socle_op_unary(b.graph, "square", part), 1, &vx, &slope));
    socle_tensor *out = stored(&b, part, SOCLE_SHAPE(2, 2)),
                 *dx = stored(&b, slope, SOCLE_SHAPE(3, 4));
    API_OK(b.context, socle_graph_compile(b.graph));
    run(&b);
    expect(&b, out, 4, (float[]){5, 6, 9, 10});
    expect(&b, dx, 12, (float[]){0, 0, 0, 0, 0, 10, 12, 0, 0, 18, 20, 0});
    socle_tensor_destroy(tx);
    socle_tensor_destroy(out);
    socle_tensor_destroy(dx);
    end(&b);
}

enum { DRAWN = 4096 };

static void read_all(bench *b, socle_tensor *tensor, float *out) {
    API_OK(b->context, socle_tensor_read(tensor, out, DRAWN * sizeof *out));
}

/* Means and variances lie within six standard errors of what the distributions say; runs differ,
 * and a seed gives its numbers again. */
API_TEST(api_op_make, random_numbers) {
    static float uniform[3][DRAWN], normal[DRAWN], kept[DRAWN];
    bench b = begin(device);
    socle_tensor *tu =
                     stored(&b, socle_op_uniform(b.graph, SOCLE_SHAPE(DRAWN)), SOCLE_SHAPE(DRAWN)),
                 *tn = stored(&b, socle_op_normal(b.graph, SOCLE_SHAPE(DRAWN)), SOCLE_SHAPE(DRAWN));
    socle_value one = socle_op_constant(b.graph, 1, SOCLE_SHAPE(DRAWN));
    socle_tensor *td = stored(&b, socle_op_dropout(b.graph, one, 0.25f), SOCLE_SHAPE(DRAWN));
    API_OK(b.context, socle_graph_compile(b.graph));
    for (int r = 0; r < 3; r++) {
        if (r != 1) socle_graph_seed(b.graph, 7);
        run(&b);
        read_all(&b, tu, uniform[r]);
    }
    read_all(&b, tn, normal);
    read_all(&b, td, kept);
    SC_EQ_MEMORY(uniform[0], uniform[2], sizeof uniform[0]);
    SC_TRUE(memcmp(uniform[0], uniform[1], sizeof uniform[0]) != 0);
    double mean = 0, normal_mean = 0, square = 0;
    int dropped = 0;
    for (int i = 0; i < DRAWN; i++) {
        SC_TRUE(uniform[0][i] >= 0 && uniform[0][i] < 1);
        SC_TRUE(kept[i] == 0 || fabsf(kept[i] - 1 / 0.75f) < 1e-6f);
        mean += uniform[0][i] / DRAWN;
        normal_mean += normal[i] / DRAWN;
        square += normal[i] * normal[i] / DRAWN;
        dropped += kept[i] == 0;
    }
    SC_TRUE(fabs(mean - 0.5) < 6 * sqrt(1.0 / 12 / DRAWN));
    SC_TRUE(fabs(normal_mean) < 6 * sqrt(1.0 / DRAWN));
    SC_TRUE(fabs(square - 1) < 6 * sqrt(2.0 / DRAWN));
    SC_TRUE(fabs(dropped - 0.25 * DRAWN) < 6 * sqrt(0.25 * 0.75 * DRAWN));
    socle_tensor_destroy(tu);
    socle_tensor_destroy(tn);
    socle_tensor_destroy(td);
    end(&b);
}

typedef socle_value wrong_call(socle_graph *graph, socle_value x);
static socle_value no_such_comparison(socle_graph *graph, socle_value x) {
    return socle_op_compare(graph, "less", x, x);
}
static socle_value no_comparison(socle_graph *graph, socle_value x) {
    return socle_op_compare(graph, NULL, x, x);
}
static socle_value empty(socle_graph *graph, socle_value x) {
    (void)x;
    return socle_op_constant(graph, 1, SOCLE_SHAPE(2, 0));
}
static socle_value too_much_dropout(socle_graph *graph, socle_value x) {
    return socle_op_dropout(graph, x, 1);
}
static socle_value dropout_of_nothing(socle_graph *graph, socle_value x) {
    return socle_op_dropout(graph, x + 100, 0.5f);
}
static socle_value slice_without_size(socle_graph *graph, socle_value x) {
    return socle_op_slice(graph, x, (const int64_t[]){0}, NULL);
}
static socle_value slice_beyond(socle_graph *graph, socle_value x) {
    return socle_op_slice(graph, x, (const int64_t[]){3}, (const int64_t[]){2});
}
static socle_value other_shapes(socle_graph *graph, socle_value x) {
    return socle_op_select(graph, x, x, socle_op_constant(graph, 1, SOCLE_SHAPE(3)));
}

Test(api_op_make, mistakes) {
    static const struct {
        wrong_call *call;
        socle_status status;
        const char *text;
    } wrong[] = {
        {no_such_comparison, SOCLE_STATUS_INVALID_ARGUMENT, "no comparison \"less\""},
        {no_comparison, SOCLE_STATUS_INVALID_ARGUMENT, "no comparison \"\""},
        {empty, SOCLE_STATUS_SHAPE, "dimension 1 has size 0"},
        {too_much_dropout, SOCLE_STATUS_INVALID_ARGUMENT, "from 0 to 0.999, not 1"},
        {dropout_of_nothing, SOCLE_STATUS_INVALID_ARGUMENT, "is not a value"},
        {slice_without_size, SOCLE_STATUS_INVALID_ARGUMENT, "size"},
        {slice_beyond, SOCLE_STATUS_SHAPE, "slice"},
        {other_shapes, SOCLE_STATUS_SHAPE, "elementwise"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bench b = begin("cpu");
        socle_tensor *x = api_tensor(b.context, SOCLE_F32, SOCLE_SHAPE(4));
        SC_EQ(wrong[i].call(b.graph, socle_op_tensor(b.graph, x)), -1);
        API_FAILS(b.context, socle_graph_compile(b.graph), wrong[i].status, wrong[i].text);
        socle_tensor_destroy(x);
        end(&b);
    }
    SC_EQ(socle_op_constant(NULL, 1, SOCLE_SHAPE(1)), -1);
    SC_EQ(socle_op_uniform(NULL, SOCLE_SHAPE(1)), -1);
    SC_EQ(socle_op_slice(NULL, 0, NULL, NULL), -1);
    SC_EQ(socle_op_compare(NULL, "lt", 0, 0), -1);
    SC_EQ(socle_op_select(NULL, 0, 0, 0), -1);
    SC_EQ(socle_op_dropout(NULL, 0, 0.5f), -1);
    socle_graph_seed(NULL, 1);
}

SC_OPENCL_BODIES(api_op_make)
