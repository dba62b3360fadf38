/* SPDX-License-Identifier: Apache-2.0 */
/* Attention and its gradients in blocks (Dao 2022 and 2023): a task has some rows of one head,
 * meets the other side a block at a time, and holds no more than scores of a block against a block.
 * Which rows a task owns, and what it meets:
 *
 *     attention             queries      keys and values; the largest score and the sum go along
 *     attention_grad_query  queries      keys and values
 *     attention_grad_key    keys         queries and the gradients of their results
 *
 * So every result has one owner, which adds up in the order of the other side: the bits depend on
 * the shape alone. Products are the register tiles of matmul. */
#include "cpu/cpu.h"
#include "cpu/cpu_impls.h"

#include <math.h>
#include <string.h>

/* Rows of a task; rows of the other side that it meets at a time, a multiple of every set's
 * tile_columns. The other side is packed for each task, so tasks have more. */
enum { OWN = 128, OTHER = 64, SIDES = 2 };
enum { QUERY, KEY, VALUE, SLOPE, LOGSUM, DELTA };

typedef struct attention {
    sc_cpu_kernel base;
    sc_op op;
    sc_tensor_desc q;
    int inputs;
    int64_t queries, keys, width, heads, depth; /* depth: columns of a head */
    int64_t padded;                             /* depth, up to whole panels */
    bool has_lengths, causal;
    int64_t shift;
    float scale;
} attention;

typedef struct job {
    const attention *self;
    const sc_operand *operands;
    sc_operand workspace;
    int64_t blocks; /* of each head */
} job;

typedef struct range {
    int64_t begin, end;
} range;

/* A task: its rows, and its scratch memory. */
typedef struct task {
    const job *work;
    const attention *self;
    const sc_cpu_isa *isa;
    int64_t sample, head, own, rows, length;
    range seen[OWN];                        /* by each row, of the block at hand */
    float state[OWN][2];                    /* largest score, sum of weights */
    float statistic[2][OTHER];              /* logsum, delta of the queries at hand */
    float *turned[SIDES], *straight[SIDES]; /* panels of the other side's two operands */
    float *score, *slope;                   /* [rows][OTHER] */
    float *sum[SIDES];                      /* [rows][padded] */
} task;

static int64_t clamp(int64_t value, int64_t most) {
    return value < 0 ? 0 : value > most ? most : value;
}

/* Row `row` of the task's head. */
static float *row_at(const task *t, int operand, int64_t row) {
    const attention *self = t->self;
    const int outputs = self->inputs;
    bool by_key = operand == KEY || operand == VALUE ||
                  (operand >= outputs && self->op == SC_OP_ATTENTION_GRAD_KEY);
    int64_t at = (t->sample * (by_key ? self->keys : self->queries) + row) * self->width;
    return (float *)sc_cpu_memory(t->work->operands[operand]) + at + t->head * self->depth;
}

static float *statistic_at(const task *t, int operand, int64_t row) {
    const attention *self = t->self;
    int64_t at = (t->sample * self->queries + row) * self->heads + t->head;
    return (float *)sc_cpu_memory(t->work->operands[operand]) + at;
}

/* What row `row` sees of `count` of the other side from `other` on, or is seen by. */
static range seen_by(const task *t, int64_t row, int64_t other, int64_t count) {
    const attention *self = t->self;
    range part = {0, count};
    if (self->op == SC_OP_ATTENTION_GRAD_KEY) {
        if (row >= t->length) part.end = 0;
        if (self->causal) part.begin = clamp(row - self->shift - other, part.end);
    } else {
        int64_t end = t->length;
        if (self->causal && row + self->shift + 1 < end) end = row + self->shift + 1;
        part.end = clamp(end - other, count);
    }
    return part;
}

/* Panels whose lanes are rows: [rows / columns][depth][columns]. */
static void pack_turned(const task *t, int side, int operand, int64_t other, int64_t count) {
    const int64_t columns = *t->isa->tile_columns, depth = t->self->depth;
    for (int64_t i = 0; i < count; i += columns)
        t->isa->pack_panel(t->turned[side] + i * depth, columns, row_at(t, operand, other + i),
                           t->self->width, 1, clamp(count - i, columns), depth);
}

/* Panels whose lanes are places of a row: [depth / columns][rows][columns]. */
static void pack_straight(const task *t, int side, int operand, int64_t other, int64_t count) {
    const int64_t columns = *t->isa->tile_columns, depth = t->self->depth;
    for (int64_t i = 0; i < depth; i += columns)
        t->isa->pack_panel(t->straight[side] + i * OTHER, columns, row_at(t, operand, other) + i, 1,
                           t->self->width, clamp(depth - i, columns), count);
}

/* to [rows][pitch] = rows from `row` of an operand times turned panels. */
static void multiply_turned(const task *t, float *to, int side, int operand, int64_t count) {
    const int64_t columns = *t->isa->tile_columns, most = *t->isa->tile_rows;
    const attention *self = t->self;
    sc_cpu_tile tile = {.pitch = OTHER, .depth = self->depth, .step = 1, .lines = 1};
    for (int i = 0; i < most; i++) tile.row_offset[i] = i * self->width;
    for (int64_t j = 0; j < count; j += columns)
        for (int64_t i = 0; i < t->rows; i += most) {
            tile.tile = to + i * OTHER + j;
            tile.panel = t->turned[side] + j * self->depth;
            tile.value = row_at(t, operand, t->own + i);
            tile.rows = (int)clamp(t->rows - i, most);
            t->isa->rows_tile(&tile);
        }
}

/* sum += factors of rows [row, row + rows), of which each has those of `part`, times straight
 * panels. */
static void add_rows(const task *t, int sum, const float *factor, int side, int64_t row, int rows,
                     range part) {
    const int64_t columns = *t->isa->tile_columns, padded = t->self->padded;
    sc_cpu_tile tile = {.pitch = padded,
                        .rows = rows,
                        .add = true,
                        .value = factor + row * OTHER + part.begin,
                        .depth = part.end - part.begin,
                        .step = 1,
                        .lines = 1};
    for (int i = 0; i < rows; i++) tile.row_offset[i] = i * OTHER;
    for (int64_t j = 0; j < padded; j += columns) {
        tile.tile = t->sum[sum] + row * padded + j;
        tile.panel = t->straight[side] + j * OTHER + part.begin * columns;
        t->isa->rows_tile(&tile);
    }
}

/* What a row does not see is left out, not multiplied by 0: it may be NaN. */
static void add_products(const task *t, int sum, const float *factor, int side, int64_t count) {
    const int64_t most = *t->isa->tile_rows;
    for (int64_t i = 0; i < t->rows; i += most) {
        const int rows = (int)clamp(t->rows - i, most);
        bool whole = true;
        for (int r = 0; r < rows; r++)
            whole &= t->seen[i + r].begin == 0 && t->seen[i + r].end == count;
        if (whole) add_rows(t, sum, factor, side, i, rows, (range){0, count});
        for (int r = 0; !whole && r < rows; r++)
            if (t->seen[i + r].end > t->seen[i + r].begin)
                add_rows(t, sum, factor, side, i + r, 1, t->seen[i + r]);
    }
}

static void store(const task *t, int operand, int64_t r, int sum, float factor) {
    const float *from = t->sum[sum] + r * t->self->padded;
    float *to = row_at(t, operand, t->own + r);
    for (int64_t d = 0; d < t->self->depth; d++) to[d] = from[d] * factor;
}

static void meet_keys(task *t, int64_t other, int64_t count) {
    pack_turned(t, 0, KEY, other, count);
    pack_straight(t, 1, VALUE, other, count);
    multiply_turned(t, t->score, 0, QUERY, count);
    for (int64_t r = 0; r < t->rows; r++) {
        t->seen[r] = seen_by(t, t->own + r, other, count);
        if (t->seen[r].end)
            t->isa->attention_weights(t->score + r * OTHER, t->seen[r].end, t->self->scale,
                                      t->state[r], t->sum[0] + r * t->self->padded,
                                      t->self->padded);
    }
    add_products(t, 0, t->score, 1, count);
}

static void finish(const task *t) {
    for (int64_t r = 0; r < t->rows; r++) {
        const float sum = t->state[r][1];
        bool nothing = seen_by(t, t->own + r, 0, t->self->keys).end == 0;
        store(t, t->self->inputs, r, 0, nothing ? 0.0f : 1.0f / sum);
        *statistic_at(t, t->self->inputs + 1, t->own + r) =
            nothing ? -INFINITY : t->isa->attention_logsum(t->state[r]);
    }
}

/* p and g of the pairs, in place of scores and slopes. */
static void weigh_pairs(task *t, int64_t other, int64_t count) {
    const bool by_key = t->self->op == SC_OP_ATTENTION_GRAD_KEY;
    for (int64_t r = 0; r < t->rows; r++) {
        const int64_t row = t->own + r, at = r * OTHER;
        range part = t->seen[r] = seen_by(t, row, other, count);
        const int64_t begin = at + part.begin, length = part.end - part.begin;
        if (length <= 0) continue;
        if (by_key)
            t->isa->attention_slopes(t->score + begin, t->slope + begin, length, t->self->scale,
                                     t->statistic[0] + part.begin, t->statistic[1] + part.begin);
        else
            t->isa->attention_slopes_of_row(t->score + begin, t->slope + begin, length,
                                            t->self->scale, *statistic_at(t, LOGSUM, row),
                                            *statistic_at(t, DELTA, row));
    }
}

static void meet_pairs(task *t, int64_t other, int64_t count) {
    const bool by_key = t->self->op == SC_OP_ATTENTION_GRAD_KEY;
    const int first = by_key ? QUERY : KEY, second = by_key ? SLOPE : VALUE;
    pack_turned(t, 0, first, other, count);
    pack_turned(t, 1, second, other, count);
    pack_straight(t, 0, first, other, count);
    if (by_key) pack_straight(t, 1, second, other, count);
    for (int64_t i = 0; by_key && i < count; i++) {
        t->statistic[0][i] = *statistic_at(t, LOGSUM, other + i);
        t->statistic[1][i] = *statistic_at(t, DELTA, other + i);
    }
    multiply_turned(t, t->score, 0, by_key ? KEY : QUERY, count);
    multiply_turned(t, t->slope, 1, by_key ? VALUE : SLOPE, count);
    weigh_pairs(t, other, count);
    add_products(t, 0, t->slope, 0, count);
    if (by_key) add_products(t, 1, t->score, 1, count);
}

/* The part of the other side that any row of the task sees. */
static range reach(const task *t) {
    const int64_t last = t->own + t->rows - 1;
    if (t->self->op != SC_OP_ATTENTION_GRAD_KEY) return seen_by(t, last, 0, t->self->keys);
    range part = seen_by(t, t->own, 0, t->self->queries);
    part.begin -= part.begin % OTHER;
    return part;
}

static void lay_out(task *t, float *scratch) {
    const attention *self = t->self;
    for (int side = 0; side < SIDES; side++) {
        t->turned[side] = scratch, scratch += OTHER * self->depth;
        t->straight[side] = scratch, scratch += OTHER * self->padded;
        t->sum[side] = scratch, scratch += OWN * self->padded;
        memset(t->sum[side], 0, (size_t)(t->rows * self->padded) * sizeof *scratch);
    }
    t->score = scratch;
    t->slope = scratch + OWN * OTHER;
    for (int64_t r = 0; r < t->rows; r++) t->state[r][0] = -INFINITY, t->state[r][1] = 0.0f;
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const attention *self = work->self;
    const bool by_key = self->op == SC_OP_ATTENTION_GRAD_KEY;
    task t = {.work = work, .self = self, .isa = sc_cpu_device_of(self->base.base.device)->isa};
    t.own = index % work->blocks * OWN;
    t.head = index / work->blocks % self->heads;
    t.sample = index / work->blocks / self->heads;
    t.rows = clamp((by_key ? self->keys : self->queries) - t.own, OWN);
    t.length = self->keys;
    if (self->has_lengths)
        t.length =
            clamp(((const int32_t *)sc_cpu_memory(work->operands[self->inputs - 1]))[t.sample],
                  self->keys);
    lay_out(&t, sc_cpu_scratch(&self->base, work->workspace, worker));
    const range all = reach(&t);
    for (int64_t other = all.begin; other < all.end; other += OTHER) {
        int64_t count = clamp(all.end - other, OTHER);
        if (self->op == SC_OP_ATTENTION)
            meet_keys(&t, other, count);
        else
            meet_pairs(&t, other, count);
    }
    if (self->op == SC_OP_ATTENTION) finish(&t);
    for (int64_t r = 0; self->op != SC_OP_ATTENTION && r < t.rows; r++) {
        store(&t, self->inputs, r, 0, self->scale);
        if (by_key) store(&t, self->inputs + 1, r, 1, 1.0f);
    }
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const attention *self = (const attention *)kernel;
    const bool by_key = self->op == SC_OP_ATTENTION_GRAD_KEY;
    job work = {.self = self, .operands = operands, .workspace = workspace};
    (void)queue;
    work.blocks = sc_ceil_div(by_key ? self->keys : self->queries, OWN);
    int64_t samples = sc_tensor_dim_at(&self->q, 0, launch->rows);
    sc_cpu_run(kernel->device, samples * self->heads * work.blocks, run_task, &work);
    return SOCLE_OK;
}

static size_t scratch_floats(const attention *self) {
    const size_t depth = (size_t)self->depth, padded = (size_t)self->padded;
    return SIDES * (OTHER * (depth + padded) + OWN * (padded + OTHER));
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    attention *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->op = desc->op;
    self->q = desc->tensor[QUERY];
    self->inputs = desc->inputs;
    self->queries = desc->tensor[QUERY].dim[1];
    self->keys = desc->tensor[KEY].dim[1];
    self->width = desc->tensor[QUERY].dim[2];
    self->heads = desc->attr.attention.heads;
    self->depth = self->width / self->heads;
    self->has_lengths = desc->inputs > (desc->op == SC_OP_ATTENTION ? 3 : 6);
    self->causal = desc->attr.attention.causal;
    self->shift = desc->attr.attention.shift;
    self->scale = desc->attr.attention.scale;
    self->padded = sc_round_up(self->depth, *sc_cpu_device_of(device)->isa->tile_columns);
    socle_status status = sc_cpu_scratch_plan(&self->base, scratch_floats(self) * sizeof(float));
    if (status == SOCLE_OK)
        *out = &self->base.base;
    else
        sc_kernel_release(&self->base.base);
    return status;
}

const sc_implementation sc_cpu_attention_blocks = {
    .op = SC_OP_ATTENTION, .name = "blocks", .prepare = prepare};
const sc_implementation sc_cpu_attention_grad_query_blocks = {
    .op = SC_OP_ATTENTION_GRAD_QUERY, .name = "blocks", .prepare = prepare};
const sc_implementation sc_cpu_attention_grad_key_blocks = {
    .op = SC_OP_ATTENTION_GRAD_KEY, .name = "blocks", .prepare = prepare};
