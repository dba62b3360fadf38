/* SPDX-License-Identifier: Apache-2.0 */
/* Fusion must not change a bit of any result. Whole networks (with gradients, with updates in
 * place) and random graphs are computed as built and as fused; the fused form runs in the memory
 * that lifetimes and memory plan give it, so a value that is overwritten too early shows too. What
 * each rule does, and where it must not, is in test_fuse_rules.c. */
#include "graph/fuse.h"
#include "graph_samples.h"
#include "nn/lanes.h"

#include "random.h"
#include "sc_test.h"

/* Bit i switches rule i off. */
static sc_fuse_options options_of(unsigned off) {
    return (sc_fuse_options){off & 1, off & 2, off & 4, off & 8, off & 16, off & 8};
}

static int live_nodes(const sc_graph *graph) {
    int count = 0;
    for (size_t n = 0; n < graph->nodes; n++) count += !graph->node[n].dead;
    return count;
}

static void compare_homes(const graph_eval *actual, const graph_eval *expected) {
    for (int h = 0; h < expected->homes; h++) {
        const eval_home *home = &expected->home[h];
        const double *data =
            eval_home_data((graph_eval *)actual, home->lane, home->index, home->elements);
        for (int64_t i = 0; i < home->elements; i++)
            if (memcmp(&data[i], &home->data[i], sizeof data[i]) != 0 &&
                !(isnan(data[i]) && isnan(home->data[i])))
                SC_TEST_FAIL("lane %d index %d element %d is %.9g fused, %.9g as built", home->lane,
                             home->index, (int)i, data[i], home->data[i]);
    }
}

/* Runs `plain` as it is and `graph` fused and planned. */
static void compare_graphs(sc_graph *plain, sc_graph *graph, unsigned off, int64_t rows,
                           uint64_t seed) {
    sc_fuse_options options = options_of(off);
    SC_OK(graph->env, sc_graph_fuse(graph, &options));
    sc_live live;
    sc_memplan plan;
    SC_OK(graph->env, sc_live_intervals(&live, graph));
    SC_OK(graph->env, sc_memplan_create(&plan, graph->env, live.interval, live.count, NULL));
    graph_eval expected, actual;
    eval_create(&expected, plain, true, rows, NULL, NULL);
    eval_create(&actual, graph, true, rows, &live, &plan);
    sample_fill(&expected, seed);
    sample_fill(&actual, seed);
    eval_run(&expected);
    eval_run(&actual);
    compare_homes(&actual, &expected);
    eval_destroy(&expected);
    eval_destroy(&actual);
    sc_memplan_free(&plan);
    sc_live_free(&live);
}

Test(fuse, networks_keep_their_bits) {
    for (int n = 0; n < sample_net_count; n++)
        for (unsigned off = 0; off < 32; off++)
            for (int update = 0; update < 2; update++) {
                sample plain, fused;
                sample_create(&plain, &sample_nets[n], true, update);
                sample_create(&fused, &sample_nets[n], true, update);
                SC_REPRO("net %s, rules off 0x%x, update %d", sample_nets[n].name, off, update);
                compare_graphs(plain.graph, fused.graph, off, 1 + (int64_t)off % SAMPLE_CAPACITY,
                               1 + off);
                if (off == 0) SC_TRUE(live_nodes(fused.graph) < live_nodes(plain.graph));
                sample_destroy(&plain);
                sample_destroy(&fused);
            }
}

enum { POOL = 40, HOMES = 3 };

/* Values so far of the three shapes that random graphs use; broadcasting goes from small to large.
 */
typedef struct pool {
    sc_graph *graph;
    sc_value value[3][POOL];
    int count[3];
    uint64_t state;
    int outputs;
} pool;

static void keep(pool *p, int shape, sc_value value) {
    if (value != SC_NO_VALUE && p->count[shape] < POOL) p->value[shape][p->count[shape]++] = value;
}

static sc_value pick(pool *p, int shape) {
    int newest = p->count[shape] < 6 ? p->count[shape] : 6; /* mostly recent ones: long chains */
    int back = random_below(&p->state, 4) ? random_below(&p->state, newest)
                                          : random_below(&p->state, p->count[shape]);
    return p->value[shape][p->count[shape] - 1 - back];
}

static void shape_dims(int shape, int64_t *dim) {
    static const int64_t dims[3][2] = {{4, 6}, {4, 1}, {1, 6}};
    memcpy(dim, dims[shape], sizeof dims[shape]);
}

static void start(pool *p, sc_graph *graph, uint64_t seed) {
    *p = (pool){.graph = graph, .state = seed};
    for (int shape = 0; shape < 3; shape++) {
        int64_t dim[2];
        shape_dims(shape, dim);
        sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, shape != 2, 2, dim);
        for (int i = 0; i < HOMES; i++)
            keep(p, shape, sc_graph_external(graph, SC_LANE_STATE, 10 * shape + i, &desc, "home"));
    }
    const int64_t dim[2] = {4, 6};
    sc_tensor_desc bytes = sc_tensor_make(SOCLE_U8, 1, 2, dim);
    keep(p, 0,
         sc_build_to_float(graph, sc_graph_external(graph, SC_LANE_INPUTS, 0, &bytes, "bytes"),
                           0.5f));
}

static const sc_expr_op UNARY[] = {SC_EXPR_RELU, SC_EXPR_TANH,    SC_EXPR_SQUARE,
                                   SC_EXPR_NEG,  SC_EXPR_SIGMOID, SC_EXPR_SIN};
static const sc_expr_op BINARY[] = {SC_EXPR_ADD, SC_EXPR_MUL, SC_EXPR_SUB, SC_EXPR_MAX};

/* An expression with coordinates, a random number and two outputs. */
static void add_odd_expression(pool *p) {
    sc_expr expr;
    sc_expr_init(&expr);
    int x = sc_expr_input(&expr, 0, SC_EXPR_FLOAT), y = sc_expr_input(&expr, 1, SC_EXPR_FLOAT);
    int place =
        sc_expr_leaf(&expr, random_below(&p->state, 2) ? SC_EXPR_SAMPLE : SC_EXPR_COORD, 0, 0);
    int draw = sc_expr_leaf(&expr, random_below(&p->state, 2) ? SC_EXPR_UNIFORM : SC_EXPR_NORMAL, 0,
                            random_below(&p->state, 3));
    int shifted = sc_expr_add_node(&expr, SC_EXPR_ADD, x,
                                   sc_expr_add_node(&expr, SC_EXPR_TO_FLOAT, place, 0, 0), 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_MUL, shifted, draw, 0));
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SUB, y, draw, 0));
    sc_value out[2];
    int narrow = random_below(&p->state, 3);
    sc_build_expr(p->graph, &expr, 2, (sc_value[]){pick(p, 0), pick(p, narrow)}, out);
    for (int k = 0; k < 2; k++) keep(p, 0, out[k]);
}

static void add_reduce(pool *p) {
    int axis = random_below(&p->state, 2);
    sc_reduce_kind kind = (sc_reduce_kind)random_below(&p->state, 3);
    keep(p, axis ? 1 : 2, sc_build_reduce(p->graph, kind, pick(p, 0), 1u << axis));
}

static void add_matmul(pool *p) {
    sc_value right = sc_build_matmul(p->graph, pick(p, 0), pick(p, 0), true, false); /* [6,6] */
    keep(p, 0, sc_build_matmul(p->graph, pick(p, 0), right, false, false));
}

static void add_reshaped(pool *p) {
    const int64_t there[3] = {4, 2, 3}, back[2] = {4, 6};
    sc_value x = sc_build_reshape(p->graph, pick(p, 0), 3, there);
    if (random_below(&p->state, 2)) x = sc_build_unary(p->graph, SC_EXPR_SQUARE, x);
    keep(p, 0, sc_build_reshape(p->graph, x, 2, back));
}

/* Values that are written over an external of the same shape; afterwards nothing may read that one.
 */
static void add_update(pool *p, int shape) {
    int old = -1;
    for (int i = 0; i < p->count[shape] && old < 0; i++) {
        const sc_value_info *info = &p->graph->value[p->value[shape][i]];
        if (info->lane == SC_LANE_STATE && !info->is_output) old = i;
    }
    if (old < 0 || p->count[shape] < 4) return;
    sc_value target = p->value[shape][old];
    sc_value next =
        sc_build_binary(p->graph, BINARY[random_below(&p->state, 4)], target, pick(p, shape));
    p->value[shape][old] = sc_graph_update(p->graph, next, target);
}

static void grow(pool *p) {
    int shape = random_below(&p->state, 3) ? 0 : random_below(&p->state, 3);
    switch (random_below(&p->state, 12)) {
    case 0:
        add_odd_expression(p);
        break;
    case 1:
    case 2:
        add_reduce(p);
        break;
    case 3:
        add_matmul(p);
        break;
    case 4:
        add_reshaped(p);
        break;
    case 5:
        add_update(p, shape);
        break;
    case 6:
        keep(p, shape, sc_build_zeros_like(p->graph, pick(p, shape)));
        break;
    case 7:
        if (p->outputs < 6)
            sc_graph_output(p->graph, pick(p, shape), SC_LANE_OUTPUTS, 10 * shape + p->outputs++);
        break;
    case 8:
        keep(p, shape, sc_build_unary(p->graph, UNARY[random_below(&p->state, 6)], pick(p, shape)));
        break;
    default: {
        int other = random_below(&p->state, 3) ? shape : random_below(&p->state, 3);
        keep(p, shape == other ? shape : 0,
             sc_build_binary(p->graph, BINARY[random_below(&p->state, 4)], pick(p, shape),
                             pick(p, other)));
    }
    }
}

/* Two values computed from the homes must not be read after an update of these: only the pool's
 * current ones are. */
static sc_graph *random_graph(sc_env *env, uint64_t seed) {
    sc_graph *graph;
    sc_env_init(env, NULL, NULL);
    SC_OK(env, sc_graph_create(&graph, env, 4));
    pool p;
    start(&p, graph, seed);
    int steps = 10 + random_below(&p.state, 40);
    for (int i = 0; i < steps; i++) grow(&p);
    for (int shape = 0; shape < 3; shape++)
        sc_graph_output(graph, pick(&p, shape), SC_LANE_OUTPUTS, 100 + shape);
    SC_OK(env, graph->status);
    return graph;
}

Test(fuse, random_graphs_keep_their_bits) {
    long before = 0, after = 0;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        sc_env env, other;
        SC_REPRO("seed %d", (int)seed);
        sc_graph *plain = random_graph(&env, seed), *fused = random_graph(&other, seed);
        unsigned off = seed % 3 ? 0 : (unsigned)seed / 3 % 32;
        compare_graphs(plain, fused, off, 1 + (int64_t)seed % 4, seed);
        before += live_nodes(plain);
        after += live_nodes(fused);
        sc_graph_destroy(plain);
        sc_graph_destroy(fused);
    }
    sc_repro_line[0] = '\0';
    SC_TRUE(3 * after < 2 * before);
}

static socle_status build_and_fuse(sc_env *env, void *argument) {
    (void)argument;
    sc_graph *graph;
    SC_TRY(sc_graph_create(&graph, env, 4));
    const int64_t dim[2] = {4, 4};
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, 2, dim);
    sc_value x = sc_graph_external(graph, SC_LANE_PARAMETERS, 0, &desc, "x");
    sc_value y = sc_build_unary(graph, SC_EXPR_RELU, sc_build_matmul(graph, x, x, false, false));
    sc_graph_output(graph, sc_build_unary(graph, SC_EXPR_EXP, y), SC_LANE_OUTPUTS, 0);
    socle_status status = graph->status;
    if (status == SOCLE_OK) status = sc_graph_fuse(graph, NULL);
    sc_live live = {0};
    if (status == SOCLE_OK) status = sc_live_intervals(&live, graph);
    sc_live_free(&live);
    sc_graph_destroy(graph);
    return status;
}

Test(fuse, survives_refused_allocations) {
    sc_test_each_allocation(build_and_fuse, NULL);
}
