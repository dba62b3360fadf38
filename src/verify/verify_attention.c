/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of attention and its gradients: sequences around every tile, one query, one key, heads of
 * many widths, causal masks of square and oblong shape, lengths from nothing to all keys and
 * beyond, scores of +-1e4, NaN. */
#include "verify/case.h"

#include <math.h>

enum { CAUSAL = 1, LENGTHS = 2 };

typedef struct shape {
    int64_t rows, per_sample, queries, keys, heads, depth;
} shape;

static void set_operands(sc_verify_case *test, const shape *s, int options, int64_t shift,
                         const uint8_t *fill) {
    const int64_t width = s->heads * s->depth, per = s->per_sample;
    sc_op_desc *desc = &test->desc;
    sc_tensor_desc *t = desc->tensor;
    t[0] = SC_VERIFY_TENSOR(SOCLE_F32, per, s->rows, s->queries, width);
    t[1] = t[2] = SC_VERIFY_TENSOR(SOCLE_F32, per, s->rows, s->keys, width);
    if (desc->op != SC_OP_ATTENTION) {
        t[3] = t[0];
        t[4] = t[5] = SC_VERIFY_TENSOR(SOCLE_F32, per, s->rows, s->queries, s->heads);
    }
    if (options & LENGTHS) {
        t[desc->inputs] = SC_VERIFY_TENSOR(SOCLE_I32, per, s->rows);
        test->fill[desc->inputs++] = SC_FILL_LENGTH;
        test->limit = s->keys;
    }
    for (int i = 0; i < 4; i++) test->fill[i] = fill[i];
    if (desc->op != SC_OP_ATTENTION) test->fill[4] = SC_FILL_POSITIVE;
    if (desc->op == SC_OP_ATTENTION && options & LENGTHS) test->fill[3] = SC_FILL_LENGTH;
    desc->attr.attention.heads = (int)s->heads;
    desc->attr.attention.scale = 1 / (float)sqrt((double)s->depth);
    desc->attr.attention.causal = options & CAUSAL;
    if (options & CAUSAL) desc->attr.attention.shift = shift;
    int64_t pairs = s->rows * s->heads * s->queries * s->keys;
    test->quick = pairs * s->depth < 1 << 19;
}

static const char *label_of(int options) {
    static const char *const labels[] = {"all", "causal", "lengths", "causal, lengths"};
    return labels[options];
}

static void forward(sc_verify_list *list, shape s, int options, int64_t shift,
                    const uint8_t *fill) {
    sc_verify_case test = sc_verify_case_of(SC_OP_ATTENTION, 3, 2, label_of(options));
    set_operands(&test, &s, options, shift, fill);
    list->emit(list, &test);
}

static void backward(sc_verify_list *list, sc_op op, shape s, int options, int64_t shift,
                     const uint8_t *fill) {
    const int outputs = op == SC_OP_ATTENTION_GRAD_KEY ? 2 : 1;
    sc_verify_case test = sc_verify_case_of(op, 6, outputs, label_of(options));
    set_operands(&test, &s, options, shift, fill);
    list->emit(list, &test);
}

/* All three, the last query seeing the last key. */
static void all(sc_verify_list *list, shape s, int options, const uint8_t *fill) {
    const int64_t shift = s.keys - s.queries;
    forward(list, s, options, shift, fill);
    backward(list, SC_OP_ATTENTION_GRAD_QUERY, s, options, shift, fill);
    backward(list, SC_OP_ATTENTION_GRAD_KEY, s, options, shift, fill);
}

static const uint8_t real[4] = {SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL, SC_FILL_REAL};
static const uint8_t odd[4] = {SC_FILL_NAN, SC_FILL_NAN, SC_FILL_NAN, SC_FILL_NAN};
static const uint8_t odd_values[4] = {SC_FILL_REAL, SC_FILL_REAL, SC_FILL_NAN, SC_FILL_NAN};
static const uint8_t large[4] = {SC_FILL_LARGE, SC_FILL_LARGE, SC_FILL_WHOLE, SC_FILL_WHOLE};

void sc_verify_attention_cases(sc_verify_list *list) {
    /* rows, rows per sample, queries, keys, heads, depth; the first are the small subset */
    static const shape shapes[] = {
        {3, 1, 5, 7, 2, 3},     {3, 1, 1, 1, 1, 1},      {2, 1, 1, 9, 2, 4},
        {3, 1, 9, 1, 1, 16},    {4, 2, 17, 20, 1, 16},   {2, 1, 33, 33, 1, 8},
        {1, 0, 12, 12, 2, 5},   {2, 1, 64, 64, 1, 16},   {2, 1, 65, 63, 2, 16},
        {2, 1, 31, 97, 1, 64},  {2, 1, 130, 33, 1, 80},  {2, 1, 40, 70, 1, 128},
        {2, 1, 18, 35, 1, 130}, {1, 1, 100, 129, 1, 33}, {5, 1, 16, 32, 3, 1},
        {2, 1, 33, 65, 1, 32},  {1, 0, 66, 130, 1, 20},  {1, 1, 5, 6, 1, 260},
    };
    int count = list->small ? 7 : (int)(sizeof shapes / sizeof shapes[0]);
    for (int i = 0; i < count; i++)
        for (int options = 0; options < 4; options++)
            if (!list->small || options == i % 4 || i == 0) all(list, shapes[i], options, real);
    for (int options = 0; options < 4; options++) {
        all(list, (shape){3, 1, 9, 21, 1, 4}, options, odd);
        all(list, (shape){3, 1, 21, 40, 1, 4}, options, odd_values);
        if (list->half) continue;
        forward(list, (shape){3, 1, 18, 35, 1, 16}, options, 17, large);
    }
    for (int64_t shift = -6; shift <= 12; shift += 6) { /* queries that see nothing; all of them */
        shape s = {2, 1, 10, 8, 2, 4};
        forward(list, s, CAUSAL, shift, real);
        backward(list, SC_OP_ATTENTION_GRAD_QUERY, s, CAUSAL | LENGTHS, shift, real);
        backward(list, SC_OP_ATTENTION_GRAD_KEY, s, CAUSAL, shift, real);
    }
    if (list->pieces) all(list, (shape){24, 1, 20, 20, 2, 64}, CAUSAL | LENGTHS, real);
    if (list->small) return;
    forward(list, (shape){2, 1, 70, 300, 1, 64}, CAUSAL | LENGTHS, 230, large);
    all(list, (shape){1, 1, 256, 256, 1, 64}, CAUSAL, real);
}

void sc_verify_attention_random(sc_verify_list *list, sc_draw *draw) {
    static const int64_t depths[] = {1, 2, 4, 8, 16, 20, 32, 64, 80};
    uint64_t *state = &draw->row, *style = &draw->style;
    int options = (int)sc_draw_below(style, 4), op = (int)sc_draw_below(style, 3);
    shape s = {.depth = depths[sc_draw_below(style, 9)],
               .heads = sc_draw_between(state, 1, 3),
               .queries = sc_draw_size(state, 140),
               .keys = sc_draw_size(state, 140),
               .rows = sc_draw_between(state, 1, 4)};
    s.per_sample = !sc_draw_once_in(state, 4);
    while (s.rows * s.heads * s.queries * s.keys * s.depth > 1 << 18)
        s.queries = s.queries / 2 + 1, s.keys = s.keys / 2 + 1, s.heads = s.rows = 1;
    int64_t shift = sc_draw_between(state, -s.queries / 2, s.keys);
    const uint8_t *fill = sc_draw_once_in(state, 4) ? odd_values : real;
    if (op == 0)
        forward(list, s, options, shift, fill);
    else
        backward(list, op == 1 ? SC_OP_ATTENTION_GRAD_QUERY : SC_OP_ATTENTION_GRAD_KEY, s, options,
                 shift, fill);
}
