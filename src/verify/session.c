/* SPDX-License-Identifier: Apache-2.0 */
/* Walking the case tables: numbering, filtering, data, and the reporting of rows. */
#include "verify/session.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A case of the tables is our own text: one that does not check is a fault of the table. */
static socle_status complete(sc_session *session, sc_verify_case *test) {
    sc_op_desc *desc = &test->desc;
    desc->expr = desc->op == SC_OP_ELEMENTWISE || desc->op == SC_OP_REDUCE ? &test->expr : NULL;
    desc->tail = test->has_tail ? &test->tail : NULL;
    socle_status status = sc_op_infer(session->env, desc);
    if (status == SOCLE_OK) status = sc_op_check(session->env, desc);
    if (status == SOCLE_OK) return status;
    return sc_fail_prefix(session->env, SOCLE_STATUS_INTERNAL, "verify case %d of %s (%s)",
                          session->numbers[desc->op], sc_op_word(desc->op), test->label);
}

static void emit(sc_verify_list *list, const sc_verify_case *given) {
    sc_session *session = (sc_session *)list;
    if (session->status != SOCLE_OK) return;
    sc_verify_case test = *given;
    session->status = complete(session, &test);
    if (session->status != SOCLE_OK) return;
    int number = session->numbers[test.desc.op]++;
    const sc_verify_options *options = session->options;
    if (options->op && strcmp(options->op, sc_op_word(test.desc.op)) != 0) return;
    if (options->number >= 0 && options->number != number) return;
    if (options->every > 1 && number % options->every != 0) return;
    session->totals->cases++;
    session->status = session->run(session, &test, number);
}

socle_status sc_session_walk(sc_session *session) {
    static void (*const families[])(sc_verify_list *) = {
        sc_verify_elementwise_cases, sc_verify_matmul_cases, sc_verify_conv_cases,
        sc_verify_pool_cases,        sc_verify_reduce_cases, sc_verify_softmax_cases,
        sc_verify_index_cases,       sc_verify_copy_cases,
    };
    const char *wanted = session->options->op;
    bool known = !wanted;
    for (int op = 0; wanted && op < SC_OP_COUNT; op++)
        known |= strcmp(wanted, sc_op_word((sc_op)op)) == 0;
    if (!known)
        return sc_fail(session->env, SOCLE_STATUS_CONFIG, "verify: there is no operation named %s",
                       wanted);
    session->list.small = session->options->small;
    session->list.emit = emit;
    session->status = SOCLE_OK;
    memset(session->numbers, 0, sizeof session->numbers);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) families[i](&session->list);
    return session->status;
}

void sc_session_report(sc_session *session, sc_verify_row *row, const sc_verify_case *test,
                       int number) {
    row->device = session->name;
    row->op = test->desc.op;
    row->number = number;
    row->label = test->label;
    if (!row->what) row->what = "";
    snprintf(row->repro, sizeof row->repro,
             "socle verify --device %s --op %s --implementation %s --case %d --seed %llu%s",
             row->device, sc_op_word(row->op), row->implementation, number,
             (unsigned long long)session->options->seed, session->options->small ? " --small" : "");
    session->totals->pass += row->state == SC_VERIFY_PASS;
    session->totals->fail += row->state == SC_VERIFY_FAIL;
    session->totals->unsupported += row->state == SC_VERIFY_UNSUPPORTED;
    if (session->sink) session->sink(session->user, row);
}

void sc_session_say(sc_verify_row *row, const sc_env *env) {
    snprintf(row->message, sizeof row->message, "%.*s", (int)sizeof row->message - 1, env->text);
}

/* A device without subnormals reads them as zeros: then the data have none. */
static void flush(double *value, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (fabs(value[i]) < FLT_MIN) value[i] = copysign(0, value[i]);
}

socle_status sc_session_inputs(sc_session *session, const sc_verify_case *test, double **input) {
    uint32_t traits =
        session->device->info.traits & (session->other ? session->other->info.traits : UINT32_MAX);
    for (int i = 0; i < test->desc.inputs; i++) {
        const sc_tensor_desc *tensor = &test->desc.tensor[i];
        int64_t count = sc_tensor_elements(tensor);
        SC_TRY(sc_allocate(session->env, &input[i], (size_t)count, sizeof(double)));
        sc_verify_fill_operand(input[i], count, test, i, session->options->seed);
        if (tensor->dtype == SOCLE_F32 && !(traits & SC_TRAIT_DENORMALS)) flush(input[i], count);
    }
    return SOCLE_OK;
}

void sc_session_free_inputs(sc_session *session, double **input) {
    for (int i = 0; i < SC_MAX_OPERANDS; i++) sc_release(session->env, input[i]);
}

bool sc_session_batched(const sc_verify_case *test) {
    for (int i = 0; i < test->desc.inputs + test->desc.outputs; i++)
        if (test->desc.tensor[i].batched) return true;
    return false;
}

int64_t sc_session_capacity(const sc_verify_case *test) {
    for (int i = 0; i < test->desc.inputs + test->desc.outputs; i++)
        if (test->desc.tensor[i].batched) return test->desc.tensor[i].dim[0];
    return 1;
}

sc_launch sc_session_launch(const sc_session *session, const sc_verify_case *test, int64_t rows) {
    return (sc_launch){
        .rows = rows,
        .sample_offset = 1000,
        .step = 7,
        .seed = session->options->seed * UINT64_C(0x100000001),
        .scalar = {test->scalar, -1.5f, 0.25f, 3, 1e-3f, 0.9f, 0.999f, 1e-8f},
    };
}
