/* SPDX-License-Identifier: Apache-2.0 */
/* The table of cases, and its quick part, hold both sides of whatever an implementation treats
 * apart, and the quick part meets every implementation of cpu. Who adds a special case to a driver
 * adds its condition here. */
#include "verify/case.h"
#include "verify_family.h"

/* How a convolution or a pooling sees its operands, whichever of the three it is. */
typedef struct geometry {
    int64_t in[2], out[2], channels, filters, taps;
    const sc_window *window;
    int groups;
} geometry;

static geometry conv_of(const sc_op_desc *desc) {
    bool forward = desc->op == SC_OP_CONV2D, by_input = desc->op == SC_OP_CONV2D_GRAD_INPUT;
    const sc_tensor_desc *x = &desc->tensor[by_input ? desc->inputs : 0];
    const sc_tensor_desc *y = &desc->tensor[forward ? desc->inputs : by_input ? 0 : 1];
    const sc_window *window = &desc->attr.conv.window;
    return (geometry){{x->dim[2], x->dim[3]},
                      {y->dim[2], y->dim[3]},
                      x->dim[1],
                      y->dim[1],
                      (int64_t)window->kernel[0] * window->kernel[1],
                      window,
                      desc->attr.conv.groups};
}

static geometry pool_of(const sc_op_desc *desc) {
    bool forward = desc->op == SC_OP_MAXPOOL2D || desc->op == SC_OP_AVGPOOL2D;
    const sc_tensor_desc *x = &desc->tensor[forward ? 0 : desc->inputs];
    const sc_tensor_desc *y = &desc->tensor[forward ? desc->inputs : 0];
    return (geometry){.in = {x->dim[2], x->dim[3]},
                      .out = {y->dim[2], y->dim[3]},
                      .window = &desc->attr.pool.window};
}

static bool is_pointwise(const geometry *g) {
    const sc_window *w = g->window;
    return g->taps == 1 && w->stride[0] == 1 && w->stride[1] == 1 && !w->pad_before[0] &&
           !w->pad_before[1];
}

/* One side of a special case, or the other; NEITHER: the case has nothing to do with it. */
typedef enum side { NEITHER, ONE, OTHER } side;
static side side_of(bool one) {
    return one ? ONE : OTHER;
}

static side pointwise(const sc_op_desc *desc) {
    geometry g = conv_of(desc);
    return side_of(is_pointwise(&g));
}
static side pointwise_of_equal_width(const sc_op_desc *desc) {
    geometry g = conv_of(desc);
    return is_pointwise(&g) ? side_of(g.in[1] == g.out[1]) : NEITHER;
}
static side pointwise_of_equal_height(const sc_op_desc *desc) {
    geometry g = conv_of(desc);
    return is_pointwise(&g) ? side_of(g.in[0] == g.out[0]) : NEITHER;
}
static side pointwise_and_narrow(const sc_op_desc *desc) {
    geometry g = conv_of(desc);
    return is_pointwise(&g) ? side_of(g.in[1] < 16) : NEITHER;
}
static side pointwise_of_4096_pixels(const sc_op_desc *desc) {
    geometry g = conv_of(desc);
    return is_pointwise(&g) && g.out[1] < 16 ? side_of(g.out[0] * g.out[1] <= 4096) : NEITHER;
}
static side one_group(const sc_op_desc *desc) {
    return side_of(conv_of(desc).groups == 1);
}
static side one_channel_of_a_group(const sc_op_desc *desc) {
    geometry g = conv_of(desc);
    return side_of(g.channels == g.groups);
}
static side stride_of_one(const sc_op_desc *desc) {
    const sc_window *w = conv_of(desc).window;
    return side_of(w->stride[0] == 1 && w->stride[1] == 1);
}
static side stride_beyond_the_kernel(const sc_op_desc *desc) {
    const sc_window *w = conv_of(desc).window;
    return side_of(w->stride[1] > w->kernel[1]);
}
static side sum_in_one_piece(const sc_op_desc *desc) {
    geometry g = conv_of(desc);
    return side_of(g.channels / g.groups * g.taps <= 384);
}
static side one_band(const sc_op_desc *desc) {
    geometry g = conv_of(desc);
    return side_of(g.out[0] * g.out[1] <= 1024);
}
static side panel_of_filters(const sc_op_desc *desc) {
    return side_of(conv_of(desc).filters % 16 == 0);
}
static side chunks_of_one_sample(const sc_op_desc *desc) {
    return side_of(desc->tensor[0].dim[0] <= 16);
}
static side with_batch(const sc_op_desc *desc) {
    return side_of(desc->tensor[0].rows_per_sample > 0);
}
static side with_tail(const sc_op_desc *desc) {
    return side_of(desc->tail != NULL);
}
static side at_most_64_taps(const sc_op_desc *desc) {
    return side_of(conv_of(desc).taps <= 64);
}
static side kernel_within_registers(const sc_op_desc *desc) {
    return side_of(conv_of(desc).window->kernel[1] <= 28);
}
static side padding_of_one_side(const sc_op_desc *desc, int axis, bool after) {
    const sc_window *w = conv_of(desc).window;
    int all = w->pad_before[0] + w->pad_before[1] + w->pad_after[0] + w->pad_after[1];
    int here = after ? w->pad_after[axis] : w->pad_before[axis];
    return side_of(here > 0 && here == all);
}
static side top_alone(const sc_op_desc *desc) {
    return padding_of_one_side(desc, 0, false);
}
static side left_alone(const sc_op_desc *desc) {
    return padding_of_one_side(desc, 1, false);
}
static side bottom_alone(const sc_op_desc *desc) {
    return padding_of_one_side(desc, 0, true);
}
static side right_alone(const sc_op_desc *desc) {
    return padding_of_one_side(desc, 1, true);
}

static bool is_two_by_two(const sc_window *w) {
    return w->kernel[0] == 2 && w->kernel[1] == 2 && w->stride[0] == 2 && w->stride[1] == 2 &&
           w->dilation[0] == 1 && w->dilation[1] == 1;
}
static bool overhangs(const geometry *g) {
    bool over = false;
    for (int axis = 0; axis < 2; axis++)
        over |= (g->out[axis] - 1) * g->window->stride[axis] - g->window->pad_before[axis] +
                    (g->window->kernel[axis] - 1) * g->window->dilation[axis] >=
                g->in[axis];
    return over;
}
static side pairs(const sc_op_desc *desc) {
    return side_of(is_two_by_two(pool_of(desc).window));
}
static side pairs_over_the_far_border(const sc_op_desc *desc) {
    geometry g = pool_of(desc);
    return is_two_by_two(g.window) ? side_of(overhangs(&g)) : NEITHER;
}
static side pairs_with_a_rest(const sc_op_desc *desc) {
    geometry g = pool_of(desc);
    return is_two_by_two(g.window) ? side_of(2 * g.out[1] < g.in[1]) : NEITHER;
}
static side line_of_eight(const sc_op_desc *desc) {
    return side_of(pool_of(desc).out[1] < 8);
}
static side line_of_four(const sc_op_desc *desc) {
    return side_of(pool_of(desc).out[1] < 4);
}
static side line_of_sixteen(const sc_op_desc *desc) {
    return side_of(pool_of(desc).out[1] < 16);
}

static side few_rows(const sc_op_desc *desc) {
    const sc_tensor_desc *c = &desc->tensor[desc->inputs];
    return side_of(c->dim[c->rank - 2] <= 48);
}
static side deep(const sc_op_desc *desc) {
    const sc_tensor_desc *a = &desc->tensor[0];
    return side_of(a->dim[a->rank - (desc->attr.matmul.transpose_a ? 2 : 1)] <= 256);
}
static side transposed_a(const sc_op_desc *desc) {
    return side_of(desc->attr.matmul.transpose_a);
}
static side transposed_b(const sc_op_desc *desc) {
    return side_of(desc->attr.matmul.transpose_b);
}
static side shared_b(const sc_op_desc *desc) {
    return desc->tensor[0].rank > 2 ? side_of(desc->tensor[1].dim[0] == 1) : NEITHER;
}

static side long_row(const sc_op_desc *desc) {
    const sc_tensor_desc *x = &desc->tensor[0];
    return side_of(x->dim[x->rank - 1] < 1024);
}
static side row_of_1024(const sc_op_desc *desc) {
    const sc_tensor_desc *x = &desc->tensor[0];
    return side_of(x->dim[x->rank - 1] <= 1024);
}
static side row_of_4096(const sc_op_desc *desc) {
    const sc_tensor_desc *x = &desc->tensor[0];
    return side_of(x->dim[x->rank - 1] <= 4096);
}
static side whole_quads(const sc_op_desc *desc) {
    const sc_tensor_desc *x = &desc->tensor[0];
    return side_of(x->dim[x->rank - 1] % 4 == 0);
}
static int64_t columns_of_head(const sc_op_desc *desc) {
    return desc->tensor[0].dim[2] / desc->attr.attention.heads;
}
static side block_of_queries(const sc_op_desc *desc) {
    return side_of(desc->tensor[0].dim[1] <= 64);
}
static side block_of_keys(const sc_op_desc *desc) {
    return side_of(desc->tensor[1].dim[1] <= 64);
}
static side whole_panels(const sc_op_desc *desc) {
    return side_of(columns_of_head(desc) % 32 == 0);
}
static side columns_of_a_group(const sc_op_desc *desc) {
    return side_of(columns_of_head(desc) <= 128);
}
static side columns_of_lanes(const sc_op_desc *desc) {
    return side_of(columns_of_head(desc) <= 256);
}
static side causal(const sc_op_desc *desc) {
    return side_of(desc->attr.attention.causal);
}
static side with_lengths(const sc_op_desc *desc) {
    return side_of(desc->inputs == (desc->op == SC_OP_ATTENTION ? 4 : 7));
}
static side blind_queries(const sc_op_desc *desc) {
    return desc->attr.attention.causal ? side_of(desc->attr.attention.shift < 0) : NEITHER;
}
static side later_queries(const sc_op_desc *desc) {
    int64_t last = desc->tensor[0].dim[1] + desc->attr.attention.shift;
    return desc->attr.attention.causal ? side_of(last > desc->tensor[1].dim[1]) : NEITHER;
}
static side inner_axis(const sc_op_desc *desc) {
    return side_of(desc->attr.reduce.axes >> (desc->tensor[0].rank - 1) & 1);
}
static side outer_axis(const sc_op_desc *desc) {
    return side_of(desc->attr.reduce.axes & 1);
}
static side full_blocks(const sc_op_desc *desc) {
    return side_of(desc->tensor[0].dim[1] % 16 == 0);
}
static side bytes(const sc_op_desc *desc) {
    return side_of(desc->tensor[0].dtype == SOCLE_U8);
}
static side inner_stays(const sc_op_desc *desc) {
    int last = desc->tensor[0].rank - 1;
    return side_of(desc->attr.permute.order[last] == last);
}
static side more_than_a_turn(const sc_op_desc *desc) {
    return side_of(desc->tensor[0].dim[desc->tensor[0].rank - 1] <= 64);
}

typedef struct edge {
    const char *name;
    side (*of)(const sc_op_desc *desc);
    sc_op first, last;
    bool complete; /* held by the complete table alone: costly, or of no use in the quick part */
} edge;

#define CONV SC_OP_CONV2D, SC_OP_CONV2D_GRAD_WEIGHT
#define POOL SC_OP_MAXPOOL2D, SC_OP_AVGPOOL2D_GRAD
#define ONLY(op) op, op
#define NORM SC_OP_LAYER_NORM, SC_OP_LAYER_NORM_GRAD
#define ATTENTION SC_OP_ATTENTION, SC_OP_ATTENTION_GRAD_KEY
static const edge edges[] = {
    {"pointwise", pointwise, CONV, false},
    {"pointwise, equal widths", pointwise_of_equal_width, CONV, false},
    {"pointwise, equal heights", pointwise_of_equal_height, CONV, false},
    {"pointwise, below 16 columns", pointwise_and_narrow, CONV, false},
    {"pointwise, 4096 pixels", pointwise_of_4096_pixels, CONV, false},
    {"one group", one_group, CONV, false},
    {"one channel of a group", one_channel_of_a_group, CONV, false},
    {"strides of 1", stride_of_one, CONV, false},
    {"strides beyond the kernel", stride_beyond_the_kernel, CONV, false},
    {"sums in one piece", sum_in_one_piece, CONV, false},
    {"one band", one_band, CONV, false},
    {"whole panels of filters", panel_of_filters, CONV, true},
    {"chunks of one sample", chunks_of_one_sample, CONV, false},
    {"a batch", with_batch, CONV, false},
    {"a tail", with_tail, SC_OP_CONV2D, SC_OP_CONV2D_GRAD_INPUT, false},
    {"64 taps", at_most_64_taps, CONV, true},
    {"kernels within registers", kernel_within_registers, CONV, true},
    {"padding: top alone", top_alone, CONV, false},
    {"padding: left alone", left_alone, CONV, false},
    {"padding: bottom alone", bottom_alone, CONV, false},
    {"padding: right alone", right_alone, CONV, false},
    {"2x2", pairs, POOL, false},
    {"2x2 over the far border", pairs_over_the_far_border, POOL, false},
    {"2x2 with a rest", pairs_with_a_rest, POOL, false},
    {"lines below 4", line_of_four, POOL, false},
    {"lines below 8", line_of_eight, POOL, false},
    {"lines below 16", line_of_sixteen, POOL, false},
    {"a tail", with_tail, SC_OP_MAXPOOL2D_GRAD, SC_OP_MAXPOOL2D_GRAD, true},
    {"48 rows", few_rows, ONLY(SC_OP_MATMUL), false},
    {"256 deep", deep, ONLY(SC_OP_MATMUL), false},
    {"A transposed", transposed_a, ONLY(SC_OP_MATMUL), false},
    {"B transposed", transposed_b, ONLY(SC_OP_MATMUL), false},
    {"B shared", shared_b, ONLY(SC_OP_MATMUL), false},
    {"a tail", with_tail, ONLY(SC_OP_MATMUL), false},
    {"rows of 1024", long_row, SC_OP_SOFTMAX, SC_OP_SOFTMAX_GRAD, false},
    {"rows of 1024", row_of_1024, NORM, false},
    {"rows of 4096", row_of_4096, NORM, true},
    {"whole quads", whole_quads, NORM, false},
    {"a block of queries", block_of_queries, ATTENTION, false},
    {"a block of keys", block_of_keys, ATTENTION, false},
    {"whole panels", whole_panels, ATTENTION, false},
    {"heads of 128 columns", columns_of_a_group, ATTENTION, false},
    {"heads of 256 columns", columns_of_lanes, ATTENTION, false},
    {"causal", causal, ATTENTION, false},
    {"lengths", with_lengths, ATTENTION, false},
    {"queries that see nothing", blind_queries, ATTENTION, false},
    {"queries beyond the last key", later_queries, ATTENTION, false},
    {"the inner axis", inner_axis, ONLY(SC_OP_REDUCE), false},
    {"the outer axis", outer_axis, ONLY(SC_OP_REDUCE), false},
    {"whole blocks", full_blocks, ONLY(SC_OP_REORDER), false},
    {"bytes", bytes, SC_OP_PERMUTE, SC_OP_CROP2D, false},
    {"the inner dimension stays", inner_stays, ONLY(SC_OP_PERMUTE), false},
    {"lines of a turn", more_than_a_turn, ONLY(SC_OP_PERMUTE), false},
};
enum { EDGES = sizeof edges / sizeof edges[0] };

typedef struct collector {
    sc_verify_list list; /* first */
    sc_env env;
    int sides[2][EDGES][SC_OP_COUNT][3]; /* [quick][edge][op][side] */
} collector;

static void collect(sc_verify_list *list, const sc_verify_case *given) {
    collector *all = (collector *)list;
    sc_verify_case test = *given;
    bool expression = test.desc.op == SC_OP_ELEMENTWISE || test.desc.op == SC_OP_REDUCE;
    test.desc.expr = expression ? &test.expr : NULL;
    test.desc.tail = test.has_tail ? &test.tail : NULL;
    SC_OK(&all->env, sc_op_infer(&all->env, &test.desc));
    for (int e = 0; e < EDGES; e++) {
        if (test.desc.op < edges[e].first || test.desc.op > edges[e].last) continue;
        side met = edges[e].of(&test.desc);
        all->sides[0][e][test.desc.op][met]++;
        all->sides[1][e][test.desc.op][met] += test.quick;
    }
}

Test(verify_edges, both_sides_of_each_special_case) {
    static collector all;
    sc_env_init(&all.env, NULL, NULL);
    all.list.emit = collect;
    sc_verify_conv_cases(&all.list);
    sc_verify_pool_cases(&all.list);
    sc_verify_matmul_cases(&all.list);
    sc_verify_softmax_cases(&all.list);
    sc_verify_norm_cases(&all.list);
    sc_verify_attention_cases(&all.list);
    sc_verify_reduce_cases(&all.list);
    sc_verify_copy_cases(&all.list);
    for (int e = 0; e < EDGES; e++)
        for (int op = (int)edges[e].first; op <= (int)edges[e].last; op++)
            for (int quick = 0; quick < (edges[e].complete ? 1 : 2); quick++)
                if (!all.sides[quick][e][op][ONE] || !all.sides[quick][e][op][OTHER])
                    SC_TEST_FAIL("%s: the %s table has %d cases of %s on one side, %d on the other",
                                 sc_op_word((sc_op)op), quick ? "quick" : "complete",
                                 all.sides[quick][e][op][ONE], edges[e].name,
                                 all.sides[quick][e][op][OTHER]);
}

typedef struct roll {
    const char *name[64];
    sc_op op[64];
    int count;
} roll;

static void call(void *user, const sc_verify_row *row) {
    roll *seen = user;
    if (row->state != SC_VERIFY_PASS) return;
    for (int i = 0; i < seen->count; i++)
        if (seen->op[i] == row->op && strcmp(seen->name[i], row->implementation) == 0) return;
    seen->name[seen->count] = row->implementation;
    seen->op[seen->count++] = row->op;
}

Test(verify_edges, the_quick_part_meets_every_implementation) {
    static roll seen;
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_registry registry;
    sc_device *device;
    sc_device_choice cpu = {.sub_device = -1};
    sc_device_options device_options = SC_DEVICE_OPTIONS_DEFAULT;
    SC_OK(&env, sc_registry_create(&registry, &env));
    SC_OK(&env, sc_registry_open(&device, &registry, &env, &cpu, &device_options));
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    sc_verify_totals totals = {0};
    options.quick = true;
    SC_OK(&env, sc_verify_device(&env, device, "cpu", &options, call, &seen, &totals));
    for (const sc_implementation *const *list = device->implementations; *list; list++) {
        bool met = false;
        for (int i = 0; i < seen.count; i++)
            met |= seen.op[i] == (*list)->op && strcmp(seen.name[i], (*list)->name) == 0;
        if (!met)
            SC_TEST_FAIL("no quick case ran %s of %s", (*list)->name, sc_op_word((*list)->op));
    }
    sc_device_close(device);
    sc_registry_free(&registry, &env);
}
