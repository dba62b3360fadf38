/* SPDX-License-Identifier: Apache-2.0 */
/* An operation on operands that are stored in fewer bytes, by an implementation that takes none of
 * these: it runs on a few samples at a time, between launches that convert them. So what is stored
 * in half never depends on a driver, and its converted form is never there as a whole.
 *
 *   stored x --convert--> x of a piece --implementation--> y of a piece --convert--> stored y
 *
 * A result that sums over the samples is added up from piece to piece, and stored at the end. It
 * must not know which operation it is. */
#include "backend/compose.h"

#include <stdio.h>
#include <string.h>

enum { PIECE_BYTES = 1 << 20, ALIGNMENT = 128 };

/* An operand of which the implementation gets a converted form. */
typedef struct converted {
    sc_kernel *kernel; /* NULL: the implementation takes the operand as it is */
    size_t place;      /* of the converted form, in the workspace */
} converted;

typedef struct stored {
    sc_kernel base;
    sc_implementation shown; /* the operation's implementation under a name that tells of this */
    char name[64];
    sc_op_desc desc;                 /* expr and tail are not read */
    sc_kernel *inner, *add, *finish; /* add, finish: of a sum; each may be NULL */
    bool batched, sums;
    int64_t samples; /* of a piece */
    converted operand[SC_MAX_OPERANDS];
    size_t sum, part, scratch, packed; /* places in the workspace */
} stored;

static bool is_converted(const sc_op_desc *desc, int index) {
    return sc_op_computed_dtype(desc, index) != desc->tensor[index].dtype;
}

bool sc_compose_is_stored(const sc_op_desc *desc) {
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        if (is_converted(desc, i)) return true;
    return false;
}

static int64_t batch_of(const sc_op_desc *desc) {
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        if (desc->tensor[i].rows_per_sample) return sc_tensor_samples(&desc->tensor[i]);
    return 0;
}

/* Whether the result sums over the samples of the inputs. */
static bool sums_up(const sc_op_desc *desc) {
    return batch_of(desc) && !desc->tensor[desc->inputs].rows_per_sample;
}

/* Bytes of one sample; of all of a tensor that is not batched. */
static size_t sample_bytes(const sc_tensor_desc *tensor) {
    sc_tensor_desc one = *tensor;
    if (one.rows_per_sample) one.dim[0] = one.rows_per_sample;
    return sc_tensor_bytes(&one);
}

static size_t sample_elements(const sc_tensor_desc *tensor) {
    return sample_bytes(tensor) / sc_dtype_size(tensor->dtype);
}

static int64_t piece_samples(const sc_op_desc *desc) {
    const int64_t batch = batch_of(desc);
    size_t bytes = 0;
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        if (desc->tensor[i].rows_per_sample && is_converted(desc, i))
            bytes += sample_elements(&desc->tensor[i]) * sizeof(float);
    bool whole = !bytes || (desc->tail && sc_expr_uses(desc->tail, SC_EXPR_ROWS));
    int64_t most = whole ? batch : (int64_t)(PIECE_BYTES / bytes);
    if (most < 1) most = 1;
    return most < batch ? sc_ceil_div(batch, sc_ceil_div(batch, most)) : batch;
}

void sc_compose_computed(sc_op_desc *inner, const sc_op_desc *desc) {
    const int64_t samples = piece_samples(desc);
    *inner = *desc;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        sc_tensor_desc *tensor = &inner->tensor[i];
        tensor->dtype = (uint8_t)sc_op_computed_dtype(desc, i);
        if (tensor->rows_per_sample) tensor->dim[0] = samples * tensor->rows_per_sample;
    }
    sc_op_desc whole = *inner;
    if (sums_up(desc)) sc_compose_bare(inner, &whole); /* the tail takes the whole sum */
}

/* An elementwise operation over the elements of `tensor` as they lie, whatever its layout. */
static void flat_desc(sc_op_desc *out, sc_expr *expr, const sc_tensor_desc *tensor, int64_t samples,
                      int inputs, int from, int to) {
    const int64_t elements = (int64_t)sample_elements(tensor);
    const bool batched = tensor->rows_per_sample > 0;
    const int64_t dim[2] = {batched ? samples : 1, elements};
    const sc_expr_type type = sc_dtype_is_float(from) ? SC_EXPR_FLOAT : SC_EXPR_INT;
    *out = (sc_op_desc){.op = SC_OP_ELEMENTWISE, .inputs = inputs, .outputs = 1, .expr = expr};
    for (int i = 0; i < inputs; i++) out->tensor[i] = sc_tensor_make(from, batched, 2, dim);
    out->tensor[inputs] = sc_tensor_make(to, batched, 2, dim);
    sc_expr_init(expr);
    int a = sc_expr_input(expr, 0, type), b = inputs > 1 ? sc_expr_input(expr, 1, type) : a;
    sc_expr_output(expr, inputs > 1 ? sc_expr_add_node(expr, SC_EXPR_ADD, a, b, 0) : a);
}

static void conversion_desc(sc_op_desc *out, sc_expr *expr, const sc_op_desc *desc, int index) {
    const int here = desc->tensor[index].dtype, there = sc_op_computed_dtype(desc, index);
    const bool input = index < desc->inputs;
    flat_desc(out, expr, &desc->tensor[index], piece_samples(desc), 1, input ? here : there,
              input ? there : here);
}

/* The sum, as it was computed, through the tail into the output. */
static void finish_desc(sc_op_desc *out, sc_expr *expr, const sc_op_desc *desc) {
    if (!desc->tail) {
        conversion_desc(out, expr, desc, desc->inputs);
        return;
    }
    sc_compose_tail_desc(out, desc);
    out->tensor[0].dtype = SOCLE_F32;
}

static bool has_finish(const sc_op_desc *desc) {
    return sums_up(desc) && (desc->tail || is_converted(desc, desc->inputs));
}

/* Whether the implementation takes another form of operand `index` than is there. The operands of
 * a sum's tail, and its output, are the last launch's. */
static bool converts(const sc_op_desc *desc, int index) {
    bool last = sums_up(desc) && index >= sc_op_base_inputs(desc);
    return is_converted(desc, index) && !last;
}

void sc_compose_storage_announce(sc_device *device, const sc_op_desc *desc) {
    sc_op_desc launch;
    sc_expr expr;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        if (!converts(desc, i)) continue;
        conversion_desc(&launch, &expr, desc, i);
        sc_announce(device, &launch, NULL);
    }
    if (!has_finish(desc)) return;
    finish_desc(&launch, &expr, desc);
    sc_announce(device, &launch, NULL);
}

static sc_operand at(sc_operand place, size_t offset) {
    place.offset += offset;
    return place;
}

static socle_status launch_one(sc_kernel *kernel, sc_queue *queue, sc_operand from, sc_operand to,
                               sc_operand scratch, const sc_launch *launch) {
    return kernel->enqueue(kernel, queue, (const sc_operand[2]){from, to}, scratch, launch);
}

/* The operands of the piece that begins with sample `first`; converts the inputs that are so. */
static socle_status convert_inputs(const stored *self, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch, int64_t first,
                                   bool batched, sc_operand *list) {
    for (int i = 0; i < self->desc.inputs + self->desc.outputs; i++) {
        const sc_tensor_desc *tensor = &self->desc.tensor[i];
        const converted *operand = &self->operand[i];
        if ((tensor->rows_per_sample > 0) != batched) continue;
        size_t offset = batched ? (size_t)first * sample_bytes(tensor) : 0;
        list[i] = operand->kernel ? at(workspace, operand->place) : at(operands[i], offset);
        if (operand->kernel && i < self->desc.inputs)
            SC_TRY(launch_one(operand->kernel, queue, at(operands[i], offset), list[i],
                              at(workspace, self->scratch), launch));
    }
    return SOCLE_OK;
}

static socle_status convert_outputs(const stored *self, sc_queue *queue, const sc_operand *operands,
                                    sc_operand workspace, const sc_launch *launch, int64_t first,
                                    const sc_operand *list) {
    for (int i = self->desc.inputs; i < self->desc.inputs + self->desc.outputs; i++) {
        const sc_tensor_desc *tensor = &self->desc.tensor[i];
        size_t offset = tensor->rows_per_sample ? (size_t)first * sample_bytes(tensor) : 0;
        if (self->operand[i].kernel)
            SC_TRY(launch_one(self->operand[i].kernel, queue, list[i], at(operands[i], offset),
                              at(workspace, self->scratch), launch));
    }
    return SOCLE_OK;
}

/* Where its packed operand lies packed already, if it has one: stored_run packs once. */
static socle_status run_inner(const stored *self, sc_queue *queue, const sc_operand *list,
                              sc_operand workspace, const sc_launch *launch) {
    sc_kernel *inner = self->inner;
    sc_kernel_run *run = inner->packing.bytes ? inner->packing.enqueue : inner->enqueue;
    return run(inner, queue, list, at(workspace, self->scratch), launch);
}

/* One piece of a sum: the first becomes the sum, each other is added to it. */
static socle_status run_part(const stored *self, sc_queue *queue, sc_operand *list,
                             sc_operand workspace, const sc_launch *launch, bool first) {
    const int result = sc_op_base_inputs(&self->desc);
    const sc_operand sum = list[result];
    if (first) return run_inner(self, queue, list, workspace, launch);
    list[result] = at(workspace, self->part);
    SC_TRY(run_inner(self, queue, list, workspace, launch));
    const sc_operand addition[3] = {sum, list[result], sum};
    list[result] = sum;
    return self->add->enqueue(self->add, queue, addition, at(workspace, self->scratch), launch);
}

static socle_status run_piece(const stored *self, sc_queue *queue, const sc_operand *operands,
                              sc_operand workspace, const sc_launch *launch, int64_t first,
                              sc_operand *list) {
    SC_TRY(convert_inputs(self, queue, operands, workspace, launch, first, true, list));
    if (self->sums) return run_part(self, queue, list, workspace, launch, first == 0);
    SC_TRY(run_inner(self, queue, list, workspace, launch));
    return convert_outputs(self, queue, operands, workspace, launch, first, list);
}

static socle_status run_pieces(const stored *self, sc_queue *queue, const sc_operand *operands,
                               sc_operand workspace, const sc_launch *launch, sc_operand *list) {
    sc_launch part = *launch;
    if (!self->batched) return run_piece(self, queue, operands, workspace, launch, 0, list);
    /* A sum over no samples is one too. */
    for (int64_t first = 0; first < launch->rows || (first == 0 && self->sums);
         first += self->samples) {
        int64_t left = launch->rows - first;
        part.rows = left < self->samples ? left : self->samples;
        part.sample_offset = launch->sample_offset + (uint32_t)first;
        SC_TRY(run_piece(self, queue, operands, workspace, &part, first, list));
    }
    return SOCLE_OK;
}

static socle_status pack(sc_kernel *kernel, sc_queue *queue, sc_operand from, sc_operand to) {
    sc_kernel *inner = ((stored *)kernel)->inner;
    return inner->packing.pack(inner, queue, from, to);
}

static socle_status stored_run(stored *self, sc_queue *queue, const sc_operand *operands,
                               sc_operand workspace, const sc_launch *launch, bool packed) {
    sc_operand list[SC_MAX_OPERANDS], last[SC_MAX_OPERANDS + 1];
    const int result = sc_op_base_inputs(&self->desc), inputs = self->desc.inputs;
    const sc_packing *packing = &self->inner->packing;
    SC_TRY(convert_inputs(self, queue, operands, workspace, launch, 0, false, list));
    if (self->sums) list[result] = self->finish ? at(workspace, self->sum) : operands[inputs];
    if (packing->bytes && !packed) {
        const sc_operand to = at(workspace, self->packed);
        SC_TRY(pack(&self->base, queue, list[packing->operand], to));
        list[packing->operand] = to;
    }
    SC_TRY(run_pieces(self, queue, operands, workspace, launch, list));
    if (!self->finish) return SOCLE_OK;
    int count = 1;
    last[0] = list[result];
    for (int i = result; i < inputs + 1; i++) last[count++] = operands[i];
    return self->finish->enqueue(self->finish, queue, last, at(workspace, self->scratch), launch);
}

static socle_status stored_enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch) {
    return stored_run((stored *)kernel, queue, operands, workspace, launch, false);
}

static socle_status stored_enqueue_packed(sc_kernel *kernel, sc_queue *queue,
                                          const sc_operand *operands, sc_operand workspace,
                                          const sc_launch *launch) {
    return stored_run((stored *)kernel, queue, operands, workspace, launch, true);
}

static void stored_release(sc_kernel *kernel) {
    stored *self = (stored *)kernel;
    for (int i = 0; i < SC_MAX_OPERANDS; i++) sc_kernel_release(self->operand[i].kernel);
    sc_kernel_release(self->inner);
    sc_kernel_release(self->add);
    sc_kernel_release(self->finish);
    sc_release(kernel->device->env, self);
}

/* Takes `bytes` more of the workspace; returns where they begin. */
static size_t reserve(stored *self, size_t bytes) {
    size_t place = self->base.workspace;
    self->base.workspace = place + (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return place;
}

static void need_scratch(size_t *most, const sc_kernel *kernel) {
    if (kernel && kernel->workspace > *most) *most = kernel->workspace;
}

static socle_status prepare_operand(stored *self, sc_device *device, const sc_op_desc *desc,
                                    int index) {
    sc_op_desc launch;
    sc_expr expr;
    if (!converts(desc, index)) return SOCLE_OK;
    conversion_desc(&launch, &expr, desc, index);
    const int input = index < desc->inputs;
    self->operand[index].place = reserve(self, sc_tensor_bytes(&launch.tensor[input]));
    return sc_prepare(&self->operand[index].kernel, device, &launch, NULL);
}

static socle_status prepare_sum(stored *self, sc_device *device, const sc_op_desc *desc) {
    sc_op_desc launch;
    sc_expr expr;
    const sc_tensor_desc *result = &desc->tensor[desc->inputs];
    if (!self->sums) return SOCLE_OK;
    if (self->samples < batch_of(desc)) {
        flat_desc(&launch, &expr, result, 1, 2, SOCLE_F32, SOCLE_F32);
        self->part = reserve(self, sc_tensor_bytes(&launch.tensor[0]));
        SC_TRY(sc_prepare(&self->add, device, &launch, NULL));
    }
    if (!has_finish(desc)) return SOCLE_OK;
    finish_desc(&launch, &expr, desc);
    self->sum = reserve(self, sample_elements(result) * sizeof(float));
    return sc_prepare(&self->finish, device, &launch, NULL);
}

static socle_status prepare_all(stored *self, sc_device *device, const sc_op_desc *desc) {
    sc_kernel *inner = self->inner;
    size_t scratch = 0;
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        SC_TRY(prepare_operand(self, device, desc, i));
    SC_TRY(prepare_sum(self, device, desc));
    scratch = inner->workspace - inner->packing.bytes;
    need_scratch(&scratch, self->add);
    need_scratch(&scratch, self->finish);
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        need_scratch(&scratch, self->operand[i].kernel);
    self->scratch = reserve(self, scratch);
    self->packed = self->base.workspace;
    self->base.workspace += inner->packing.bytes;
    if (inner->packing.bytes && !self->operand[inner->packing.operand].kernel)
        self->base.packing = (sc_packing){.bytes = inner->packing.bytes,
                                          .operand = inner->packing.operand,
                                          .pack = pack,
                                          .enqueue = stored_enqueue_packed};
    return SOCLE_OK;
}

socle_status sc_compose_storage(sc_kernel **kernel, sc_device *device, const sc_op_desc *desc) {
    sc_kernel *inner = *kernel;
    stored *self = NULL;
    *kernel = NULL;
    socle_status status = sc_allocate(device->env, &self, 1, sizeof *self);
    if (status != SOCLE_OK) {
        sc_kernel_release(inner);
        return status;
    }
    self->inner = inner;
    self->desc = *desc;
    self->batched = batch_of(desc) > 0;
    self->sums = sums_up(desc);
    self->samples = piece_samples(desc);
    self->shown = *inner->implementation;
    snprintf(self->name, sizeof self->name, "%s+half", inner->implementation->name);
    self->shown.name = self->name;
    self->base = (sc_kernel){.device = device,
                             .implementation = &self->shown,
                             .enqueue = stored_enqueue,
                             .release = stored_release};
    status = prepare_all(self, device, desc);
    if (status != SOCLE_OK)
        stored_release(&self->base);
    else
        *kernel = &self->base;
    return status;
}
