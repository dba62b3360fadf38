/* SPDX-License-Identifier: Apache-2.0 */
/* A device against the reference: each case at several numbers of rows, through every
 * implementation and every choice of layouts it takes. */
#include "verify/verify.h"

#include "backend/records.h"
#include "verify/session.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 4, MOST_IMPLEMENTATIONS = 64 };

typedef struct standing {
    const sc_implementation *implementation;
    bool passed, failed;
} standing;

typedef struct run_session {
    sc_session session; /* first */
    standing standings[MOST_IMPLEMENTATIONS];
    int implementations;
} run_session;

/* A case with its data and what it must give at each number of rows. */
typedef struct prepared {
    const sc_verify_case *test;
    double *input[SC_MAX_OPERANDS];
    sc_launch launch[MOST_ROWS];
    sc_reference_job job[MOST_ROWS];
    int count;
} prepared;

static int row_counts(const sc_verify_case *test, int64_t rows[MOST_ROWS]) {
    int64_t capacity = sc_session_capacity(test);
    rows[0] = capacity;
    if (!sc_session_batched(test)) return 1;
    int count = 1;
    if (capacity > 2) rows[count++] = capacity - 1;
    if (capacity > 1) rows[count++] = 1;
    rows[count++] = 0;
    return count;
}

static bool all_whole(const sc_verify_case *test) {
    for (int i = 0; i < test->desc.inputs; i++)
        if (sc_dtype_is_float(test->desc.tensor[i].dtype) && test->fill[i] != SC_FILL_WHOLE &&
            test->fill[i] != SC_FILL_LARGE)
            return false;
    return true;
}

static socle_status compute(sc_session *session, prepared *p, int r) {
    const sc_op_desc *desc = &p->test->desc;
    sc_reference_job *job = &p->job[r];
    job->desc = desc;
    job->launch = &p->launch[r];
    job->whole = all_whole(p->test);
    job->correct_divide = (session->device->info.traits & SC_TRAIT_CORRECT_DIVIDE) != 0;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        sc_reference_array *array = &job->operand[i];
        array->tensor = desc->tensor[i];
        array->count = sc_tensor_elements_at(&desc->tensor[i], p->launch[r].rows);
        if (i < desc->inputs) {
            array->value = p->input[i];
            continue;
        }
        SC_TRY(sc_allocate(session->env, &array->value, (size_t)array->count, sizeof(double)));
        SC_TRY(sc_allocate(session->env, &array->bound, (size_t)array->count, sizeof(double)));
    }
    sc_reference_run(job);
    return SOCLE_OK;
}

static socle_status prepare_case(sc_session *session, prepared *p, const sc_verify_case *test) {
    int64_t rows[MOST_ROWS];
    p->test = test;
    p->count = row_counts(test, rows);
    SC_TRY(sc_session_inputs(session, test, p->input));
    for (int r = 0; r < p->count; r++) {
        p->launch[r] = sc_session_launch(session, test, rows[r]);
        SC_TRY(compute(session, p, r));
    }
    return SOCLE_OK;
}

static void free_case(sc_session *session, prepared *p) {
    int inputs = p->test->desc.inputs;
    for (int r = 0; r < p->count; r++)
        for (int i = inputs; i < inputs + p->test->desc.outputs; i++) {
            sc_release(session->env, p->job[r].operand[i].value);
            sc_release(session->env, p->job[r].operand[i].bound);
        }
    sc_session_free_inputs(session, p->input);
}

/* The result of the launch just made, kept for comparisons. */
static socle_status keep(sc_session *session, const sc_trial *trial, unsigned char **image) {
    for (int k = 0; k < trial->desc.outputs; k++) {
        size_t bytes = trial->operand[trial->desc.inputs + k].bytes;
        SC_TRY(sc_allocate(session->env, &image[k], bytes, 1));
        memcpy(image[k], sc_trial_data(trial, trial->desc.inputs + k), bytes);
    }
    return SOCLE_OK;
}

static bool can_overlap(const sc_op_desc *desc) {
    return desc->inputs > 0 && sc_tensor_equal(&desc->tensor[0], &desc->tensor[desc->inputs]);
}

/* At capacity the launch is repeated in other poison, and over its own input: all must give the
 * same bits. */
static socle_status repeat(sc_session *session, sc_trial *trial, const prepared *p,
                           sc_trial_verdict *verdict) {
    const double *const *input = (const double *const *)p->input;
    unsigned char *image[SC_EXPR_OUTPUTS] = {NULL};
    socle_status status = keep(session, trial, image);
    if (status == SOCLE_OK) status = sc_trial_launch(trial, input, &p->launch[0], 1, -1);
    if (status == SOCLE_OK) {
        sc_trial_check_memory(trial, &p->launch[0], 1, -1, verdict);
        sc_trial_check_bits(trial, &p->launch[0], image, "repeat", verdict);
    }
    if (status == SOCLE_OK && p->test->in_place && can_overlap(&trial->desc)) {
        status = sc_trial_launch(trial, input, &p->launch[0], 0, 0);
        if (status == SOCLE_OK) {
            sc_trial_check_memory(trial, &p->launch[0], 0, 0, verdict);
            sc_trial_check_bits(trial, &p->launch[0], image, "in place", verdict);
        }
    }
    for (int k = 0; k < SC_EXPR_OUTPUTS; k++) sc_release(session->env, image[k]);
    return status;
}

static socle_status try_rows(sc_session *session, sc_trial *trial, const prepared *p,
                             sc_trial_verdict *verdict) {
    for (int r = 0; r < p->count; r++) {
        int poison = r % 2;
        SC_TRY(sc_trial_launch(trial, (const double *const *)p->input, &p->launch[r], poison, -1));
        sc_trial_check_memory(trial, &p->launch[r], poison, -1, verdict);
        sc_trial_check_values(trial, p->test, &p->job[r], verdict);
        if (r == 0) SC_TRY(repeat(session, trial, p, verdict));
    }
    return SOCLE_OK;
}

/* One choice of layouts. UNSUPPORTED (with *row untouched but for its message): the implementation
 * declined. */
static socle_status try_layout(sc_session *session, const prepared *p, const sc_op_desc *desc,
                               sc_verify_row *row) {
    sc_trial trial;
    sc_trial_verdict verdict = {0};
    socle_status status =
        sc_trial_create(&trial, session->env, session->device, session->queue, desc,
                        row->implementation, session->options->exact_buffers);
    if (status == SOCLE_OK) {
        status = try_rows(session, &trial, p, &verdict);
        row->state = verdict.what || status != SOCLE_OK ? SC_VERIFY_FAIL : SC_VERIFY_PASS;
        row->what = verdict.what;
        row->worst = verdict.worst;
        memcpy(row->message, verdict.message, sizeof row->message);
        if (status != SOCLE_OK && !verdict.what) {
            row->what = "launch";
            sc_session_say(row, session->device->env);
        }
    } else {
        bool declined = status == SOCLE_STATUS_UNSUPPORTED;
        row->state = declined ? SC_VERIFY_UNSUPPORTED : SC_VERIFY_FAIL;
        row->what = declined ? NULL : "prepare";
        sc_session_say(row, session->device->env);
    }
    sc_trial_destroy(&trial);
    bool dead = status == SOCLE_STATUS_DEVICE || status == SOCLE_STATUS_TIMEOUT ||
                status == SOCLE_STATUS_OUT_OF_MEMORY;
    return dead ? status : SOCLE_OK;
}

/* Activations may be blocked; weights, biases and tables stay plain. */
static bool may_be_blocked(const sc_op_desc *desc, int i) {
    if (desc->tensor[i].rank != 4 || desc->op == SC_OP_REORDER) return false;
    bool conv = desc->op == SC_OP_CONV2D || desc->op == SC_OP_CONV2D_GRAD_INPUT;
    if (conv && i == 1) return false;
    if (desc->op == SC_OP_CONV2D_GRAD_WEIGHT && i == desc->inputs) return false;
    if (i >= desc->inputs || (i < sc_op_base_inputs(desc) && desc->op != SC_OP_ELEMENTWISE))
        return true;
    for (int d = 0; d < 4; d++)
        if (desc->tensor[i].dim[d] != desc->tensor[desc->inputs].dim[d]) return false;
    return true;
}

/* variant: bit 0 blocks inputs, bit 1 outputs. False when it changes nothing. */
static bool block(sc_op_desc *desc, int variant) {
    bool inputs = false, outputs = false;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        bool input = i < desc->inputs;
        if (!(variant >> !input & 1) || !may_be_blocked(desc, i)) continue;
        desc->tensor[i].layout = SC_LAYOUT_C16;
        *(input ? &inputs : &outputs) = true;
    }
    return inputs == (variant & 1) && outputs == (variant >> 1 & 1);
}

static void remember(run_session *run, const sc_implementation *implementation,
                     const sc_verify_row *row) {
    int i = 0;
    while (i < run->implementations && run->standings[i].implementation != implementation) i++;
    if (i == MOST_IMPLEMENTATIONS) return;
    if (i == run->implementations)
        run->standings[run->implementations++].implementation = implementation;
    run->standings[i].passed |= row->state == SC_VERIFY_PASS;
    bool first_failure = row->state == SC_VERIFY_FAIL && !run->standings[i].failed;
    run->standings[i].failed |= row->state == SC_VERIFY_FAIL;
    sc_session *session = &run->session;
    if (first_failure && session->options->record)
        (void)sc_records_set_quarantine(session->options->record, &session->device->info, row->op,
                                        row->implementation, row->repro);
}

static socle_status try_implementation(run_session *run, const sc_implementation *implementation,
                                       const prepared *p, int number) {
    sc_session *session = &run->session;
    bool takes_blocked = implementation->layouts >> SC_LAYOUT_C16 & 1;
    sc_verify_row declined = {.state = SC_VERIFY_UNSUPPORTED,
                              .implementation = implementation->name};
    bool ran = false;
    for (int variant = 0; variant < (takes_blocked ? 4 : 1); variant++) {
        sc_op_desc desc = p->test->desc;
        sc_verify_row row = {.implementation = implementation->name};
        if (!block(&desc, variant)) continue;
        SC_TRY(try_layout(session, p, &desc, &row));
        if (row.state == SC_VERIFY_UNSUPPORTED) {
            if (!declined.message[0]) declined = row;
            continue;
        }
        ran = true;
        sc_session_report(session, &row, p->test, number);
        remember(run, implementation, &row);
    }
    if (!ran) sc_session_report(session, &declined, p->test, number);
    return SOCLE_OK;
}

/* An operation that the device cannot run at all is a row too, so that it is noticed. */
static void report_missing(sc_session *session, const sc_verify_case *test, int number) {
    sc_verify_row row = {.state = SC_VERIFY_UNSUPPORTED, .implementation = "any"};
    snprintf(row.message, sizeof row.message, "%s has no implementation of %s",
             session->device->info.name, sc_op_word(test->desc.op));
    sc_session_report(session, &row, test, number);
}

static socle_status run_case(sc_session *session, const sc_verify_case *test, int number) {
    prepared p;
    memset(&p, 0, sizeof p);
    socle_status status = prepare_case(session, &p, test);
    const char *wanted = session->options->implementation;
    bool exists = false;
    for (const sc_implementation *const *list = session->device->implementations;
         *list && status == SOCLE_OK; list++) {
        if ((*list)->op != test->desc.op || (wanted && strcmp(wanted, (*list)->name) != 0))
            continue;
        exists = true;
        status = try_implementation((run_session *)session, *list, &p, number);
    }
    if (!exists && !wanted) report_missing(session, test, number);
    free_case(session, &p);
    return status;
}

/* An implementation that passed everything it ran is taken out of quarantine, if everything was
 * asked. */
static void release_quarantine(run_session *run) {
    sc_session *session = &run->session;
    const sc_verify_options *options = session->options;
    bool partial = options->number >= 0 || options->small || options->quick ||
                   options->random > 0 || options->every > 1;
    if (!options->record || partial) return;
    for (int i = 0; i < run->implementations; i++) {
        const standing *s = &run->standings[i];
        if (s->passed && !s->failed)
            (void)sc_records_set_quarantine(options->record, &session->device->info,
                                            s->implementation->op, s->implementation->name, NULL);
    }
}

socle_status sc_verify_device(sc_env *env, sc_device *device, const char *name,
                              const sc_verify_options *options, sc_verify_sink *sink, void *user,
                              sc_verify_totals *totals) {
    run_session *run;
    SC_TRY(sc_allocate(env, &run, 1, sizeof *run));
    run->session = (sc_session){.env = env,
                                .device = device,
                                .name = name,
                                .options = options,
                                .sink = sink,
                                .user = user,
                                .totals = totals,
                                .run = run_case};
    socle_status status = sc_queue_open(&run->session.queue, device);
    if (status == SOCLE_OK) {
        status = sc_session_walk(&run->session);
        sc_queue_close(run->session.queue);
    }
    if (status == SOCLE_OK) release_quarantine(run);
    totals->devices += run->implementations > 0;
    totals->implementations += run->implementations;
    sc_release(env, run);
    return status;
}
