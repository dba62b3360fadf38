/* SPDX-License-Identifier: Apache-2.0 */
/* Walking the case tables: numbering, filtering, data, and the reporting of rows. */
#include "verify/session.h"
#include "verify/storage.h"

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

/* A case that was asked for: counted in the first walk, run in the second. */
static void take(sc_session *session, const sc_verify_case *test, int number) {
    if (session->counting) {
        session->of++;
        return;
    }
    session->at++;
    session->totals->cases++;
    session->status = session->run(session, test, number);
}

/* The last of the walks over a family are of its small cases, in half precision: of both types, or
 * where few cases are wanted of one after the other. */
static int storage_of(const sc_session *session, int number) {
    const sc_verify_options *options = session->options;
    if (session->storage == SOCLE_F32 || !(options->small || options->quick))
        return session->storage;
    return number % 2 ? SOCLE_BF16 : SOCLE_F16;
}

static void emit(sc_verify_list *list, const sc_verify_case *given) {
    sc_session *session = (sc_session *)list;
    if (session->status != SOCLE_OK) return;
    sc_verify_case test = *given;
    session->status = complete(session, &test);
    if (session->status != SOCLE_OK) return;
    bool random = session->row >= 0;
    if (random) sc_verify_case_rows(&test, 1 + session->row % 4);
    int number = random ? (int)session->row : session->numbers[test.desc.op]++;
    const sc_verify_options *options = session->options;
    if (random && number % 3 == 2) sc_storage_case(&test, SOCLE_F32, (uint64_t)number);
    if (!random) sc_storage_case(&test, storage_of(session, number), 0);
    test.desc.portable = session->options->portable;
    session->status = sc_op_check(session->env, &test.desc);
    if (session->status != SOCLE_OK) return;
    if (options->op && strcmp(options->op, sc_op_word(test.desc.op)) != 0) return;
    if (options->number >= 0 && options->number != number) return;
    if (options->every > 1 && number % options->every != 0) return;
    if (options->quick && !test.quick && !random) return;
    take(session, &test, number);
}

typedef struct family {
    const char *word;
    void (*cases)(sc_verify_list *list);
    void (*random)(sc_verify_list *list, sc_draw *draw);
} family;

static const family families[] = {
    {"elementwise", sc_verify_elementwise_cases, sc_verify_elementwise_random},
    {"matmul", sc_verify_matmul_cases, sc_verify_matmul_random},
    {"conv", sc_verify_conv_cases, sc_verify_conv_random},
    {"pool", sc_verify_pool_cases, sc_verify_pool_random},
    {"reduce", sc_verify_reduce_cases, sc_verify_reduce_random},
    {"softmax", sc_verify_softmax_cases, sc_verify_softmax_random},
    {"norm", sc_verify_norm_cases, sc_verify_norm_random},
    {"attention", sc_verify_attention_cases, sc_verify_attention_random},
    {"index", sc_verify_index_cases, sc_verify_index_random},
    {"copy", sc_verify_copy_cases, sc_verify_copy_random},
};
enum { FAMILIES = sizeof families / sizeof families[0] };

const char *sc_verify_family_word(int index) {
    return index >= 0 && index < FAMILIES ? families[index].word : NULL;
}

/* A case depends on its number alone, so that one of them can be asked for. */
static void random_cases(sc_session *session, int f) {
    const sc_verify_options *options = session->options;
    int64_t first = options->number >= 0 ? options->number : 0;
    int64_t end = options->number >= 0 ? first + 1 : options->random;
    for (int64_t row = first; row < end && row < options->random; row++) {
        sc_draw draw = sc_draw_make(options->seed, f, row, options->random);
        session->row = row;
        families[f].random(&session->list, &draw);
        if (session->status != SOCLE_OK) return;
    }
}

/* The table of a family: as it is, then its small cases in half precision. */
static void table_cases(sc_session *session, int f) {
    const sc_verify_options *options = session->options;
    session->storage = SOCLE_F32;
    families[f].cases(&session->list);
    session->list.small = session->list.half = true;
    session->list.pieces = !options->small && !options->quick;
    for (int dtype = SOCLE_F16; dtype <= SOCLE_BF16; dtype++) {
        session->storage = dtype;
        families[f].cases(&session->list);
        if (options->small || options->quick) break;
    }
    session->list.small = options->small;
    session->list.half = session->list.pieces = false;
}

static void walk(sc_session *session, bool counting) {
    const sc_verify_options *options = session->options;
    session->counting = counting;
    session->row = -1;
    memset(session->numbers, 0, sizeof session->numbers);
    for (int f = 0; f < FAMILIES && session->status == SOCLE_OK; f++) {
        if (options->family && strcmp(options->family, families[f].word) != 0) continue;
        if (options->random > 0)
            random_cases(session, f);
        else
            table_cases(session, f);
    }
}

static socle_status check_words(sc_session *session) {
    const char *op = session->options->op, *group = session->options->family;
    bool known = !op, group_known = !group;
    for (int i = 0; op && i < SC_OP_COUNT; i++) known |= strcmp(op, sc_op_word((sc_op)i)) == 0;
    for (int f = 0; group && f < FAMILIES; f++) group_known |= strcmp(group, families[f].word) == 0;
    if (known && group_known) return SOCLE_OK;
    return sc_fail(session->env, SOCLE_STATUS_CONFIG, "verify: there is no %s named %s",
                   known ? "family of operations" : "operation", known ? group : op);
}

socle_status sc_session_walk(sc_session *session) {
    SC_TRY(check_words(session));
    session->list.small = session->options->small;
    session->list.emit = emit;
    session->status = SOCLE_OK;
    session->at = session->of = 0;
    walk(session, true);
    walk(session, false);
    return session->status;
}

/* The options that choose the same row again, beside its operation, implementation and number. */
static void choice_text(char out[64], const sc_verify_options *options) {
    out[0] = '\0';
    if (options->small) snprintf(out, 64, " --small");
    if (options->random > 0) snprintf(out, 64, " --random %lld", (long long)options->random);
}

void sc_session_report(sc_session *session, sc_verify_row *row, const sc_verify_case *test,
                       int number) {
    row->device = session->name;
    row->op = test->desc.op;
    row->number = number;
    row->label = test->label;
    row->at = session->at;
    row->of = session->of;
    if (!row->what) row->what = "";
    char choice[64];
    choice_text(choice, session->options);
    snprintf(row->repro, sizeof row->repro,
             "socle verify --device %s --op %s --implementation %s --case %d --seed %llu%s",
             row->device, sc_op_word(row->op), row->implementation, number,
             (unsigned long long)session->options->seed, choice);
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
        if (sc_dtype_is_float(tensor->dtype) && !(traits & SC_TRAIT_DENORMALS))
            flush(input[i], count);
    }
    return SOCLE_OK;
}

void sc_session_free_inputs(sc_session *session, double **input) {
    for (int i = 0; i < SC_MAX_OPERANDS; i++) sc_release(session->env, input[i]);
}

bool sc_session_batched(const sc_verify_case *test) {
    for (int i = 0; i < test->desc.inputs + test->desc.outputs; i++)
        if (test->desc.tensor[i].rows_per_sample) return true;
    return false;
}

int64_t sc_session_capacity(const sc_verify_case *test) {
    for (int i = 0; i < test->desc.inputs + test->desc.outputs; i++)
        if (test->desc.tensor[i].rows_per_sample) return sc_tensor_samples(&test->desc.tensor[i]);
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
