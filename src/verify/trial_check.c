/* SPDX-License-Identifier: Apache-2.0 */
/* Judging a launch: memory that must not have changed, values within their bounds, bits that must
 * repeat. */
#include "base/shown.h"
#include "verify/image.h"
#include "verify/storage.h"
#include "verify/tolerance.h"
#include "verify/trial.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void sc_trial_blame(sc_trial_verdict *verdict, const char *what, const char *format, ...) {
    if (verdict->what) return; /* the first failure counts */
    verdict->what = what;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict->message, sizeof verdict->message, format, arguments);
    va_end(arguments);
}

static const char *role(const sc_trial *trial, int operand, char text[32]) {
    bool input = operand < trial->desc.inputs;
    snprintf(text, 32, "%s %d", input ? "input" : "output",
             input ? operand : operand - trial->desc.inputs);
    return text;
}

static void check_guards(const sc_trial *trial, const sc_trial_operand *operand, const char *name,
                         int poison, sc_trial_verdict *verdict) {
    size_t guard = trial->guard, total = operand->buffer ? operand->buffer->bytes : 0;
    if (guard == 0 || total == 0) return;
    int64_t at = sc_image_find_touched(operand->got, guard, 0, poison);
    if (at >= 0)
        sc_trial_blame(verdict, "guard", "%s: byte %lld before its begin was written", name,
                       (long long)((int64_t)guard - at));
    size_t end = guard + operand->bytes;
    at = sc_image_find_touched(operand->got + end, total - end, end, poison);
    if (at >= 0)
        sc_trial_blame(verdict, "guard", "%s: byte %lld after its end was written", name,
                       (long long)at);
}

static void check_input(const sc_trial *trial, int i, const char *name, sc_trial_verdict *verdict) {
    const sc_trial_operand *operand = &trial->operand[i];
    for (size_t at = trial->guard; at < trial->guard + operand->bytes; at++)
        if (operand->sent[at] != operand->got[at]) {
            sc_trial_blame(verdict, "input", "%s was changed at byte %zu: 0x%02x became 0x%02x",
                           name, at - trial->guard, operand->sent[at], operand->got[at]);
            return;
        }
}

/* Beyond the rows of the launch an output keeps its poison; padding channels within them are zero.
 */
static void check_output(const sc_trial *trial, int i, const sc_launch *launch, int poison,
                         const char *name, sc_trial_verdict *verdict) {
    const sc_tensor_desc *tensor = &trial->desc.tensor[i];
    const unsigned char *data = sc_trial_data(trial, i);
    int64_t stored = sc_image_stored(tensor, launch->rows);
    size_t used = (size_t)stored * sc_dtype_size(tensor->dtype);
    int64_t at = sc_image_find_touched(data + used, trial->operand[i].bytes - used,
                                       trial->guard + used, poison);
    if (at >= 0)
        sc_trial_blame(verdict, "rows", "%s: a launch of %lld rows wrote byte %lld beyond them",
                       name, (long long)launch->rows, (long long)at);
    for (int64_t s = 0; s < stored; s++)
        if (sc_image_logical(tensor, s) < 0 && sc_image_get(data, tensor->dtype, s) != 0) {
            sc_trial_blame(verdict, "padding",
                           "%s: padding channel at stored element %lld is %g, must be 0", name,
                           (long long)s, sc_shown(sc_image_get(data, tensor->dtype, s)));
            return;
        }
}

void sc_trial_check_memory(const sc_trial *trial, const sc_launch *launch, int poison, int over,
                           sc_trial_verdict *verdict) {
    char name[32];
    for (int i = 0; i < trial->desc.inputs + trial->desc.outputs; i++) {
        role(trial, i, name);
        check_guards(trial, &trial->operand[i], name, poison, verdict);
        if (i < trial->desc.inputs && i != over) check_input(trial, i, name, verdict);
        if (i >= trial->desc.inputs && !(over >= 0 && i == trial->desc.inputs))
            check_output(trial, i, launch, poison, name, verdict);
    }
    check_guards(trial, &trial->workspace, "workspace", poison, verdict);
}

static bool zero_signs_differ(double got, double expected) {
    return got == 0 && expected == 0 && signbit(got) != signbit(expected);
}

/* Whether `got` may stand for `expected`; *part receives the error as a part of the bound. */
static bool acceptable(double got, double expected, double bound, bool signed_zero, int dtype,
                       double *part) {
    const bool half = dtype == SOCLE_F16 || dtype == SOCLE_BF16;
    const double most = half ? sc_storage_overflow(dtype) : FLT_MAX;
    *part = 0;
    if (isnan(expected)) return isnan(got);
    if (isnan(got)) return false;
    if (bound == 0) {
        if (fabs(expected) > FLT_MAX) expected = expected > 0 ? INFINITY : -INFINITY;
        return got == expected && !(signed_zero && zero_signs_differ(got, expected));
    }
    if (isinf(expected)) return got == expected;
    if (isinf(got)) return fabs(expected) + bound >= most && (got > 0) == (expected > 0);
    double error = fabs(got - expected);
    *part = isfinite(bound) ? error / bound : 0;
    return error <= bound;
}

static void check_zeros(const char *name, int64_t count, int64_t got, int64_t expected,
                        sc_trial_verdict *verdict) {
    const int64_t enough = 16;
    if (count >= enough && got * 2 > count && expected * 10 < count * 3)
        sc_trial_blame(verdict, "zeros", "%s: %lld of %lld elements are 0, the reference has %lld",
                       name, (long long)got, (long long)count, (long long)expected);
}

static void check_values(const sc_trial *trial, const sc_verify_case *test,
                         const sc_reference_job *job, int i, sc_trial_verdict *verdict) {
    const sc_tensor_desc *tensor = &trial->desc.tensor[i];
    const sc_reference_array *reference = &job->operand[i];
    const void *data = sc_trial_data(trial, i);
    bool flush =
        !(trial->device->info.traits & SC_TRAIT_DENORMALS) && sc_dtype_is_float(tensor->dtype);
    double flushed = flush ? sc_tolerance_flush(reference->count) : 0;
    int64_t stored = sc_image_stored(tensor, job->launch->rows), zeros = 0, reference_zeros = 0;
    char name[32];
    for (int64_t s = 0; s < stored; s++) {
        int64_t e = sc_image_logical(tensor, s);
        if (e < 0) continue;
        double got = sc_image_get(data, tensor->dtype, s), part;
        zeros += got == 0;
        reference_zeros += sc_storage_round(tensor->dtype, reference->value[e]) == 0;
        if (!acceptable(got, reference->value[e], reference->bound[e] + flushed,
                        test->signed_zero && !flush, tensor->dtype, &part)) {
            sc_trial_blame(
                verdict, "value",
                "%s[%lld] of %lld at %lld rows is %.9g, expected %.9g within %.3g (off by %.3g)",
                role(trial, i, name), (long long)e, (long long)reference->count,
                (long long)job->launch->rows, sc_shown(got), sc_shown(reference->value[e]),
                reference->bound[e], sc_shown(got - reference->value[e]));
            return;
        }
        if (part > verdict->worst) verdict->worst = part;
    }
    check_zeros(role(trial, i, name), reference->count, zeros, reference_zeros, verdict);
}

void sc_trial_check_values(const sc_trial *trial, const sc_verify_case *test,
                           const sc_reference_job *job, sc_trial_verdict *verdict) {
    for (int k = 0; k < trial->desc.outputs; k++)
        check_values(trial, test, job, trial->desc.inputs + k, verdict);
}

void sc_trial_check_bits(const sc_trial *trial, const sc_launch *launch,
                         unsigned char *const *image, const char *what, sc_trial_verdict *verdict) {
    for (int k = 0; k < trial->desc.outputs; k++) {
        const sc_tensor_desc *tensor = &trial->desc.tensor[trial->desc.inputs + k];
        const unsigned char *now = sc_trial_data(trial, trial->desc.inputs + k);
        size_t size = sc_dtype_size(tensor->dtype);
        int64_t stored = sc_image_stored(tensor, launch->rows);
        for (int64_t s = 0; s < stored; s++) {
            if (memcmp(now + (size_t)s * size, image[k] + (size_t)s * size, size) == 0) continue;
            double a = sc_image_get(image[k], tensor->dtype, s),
                   b = sc_image_get(now, tensor->dtype, s);
            if (isnan(a) && isnan(b)) continue;
            sc_trial_blame(verdict, what,
                           "output %d: stored element %lld is %.9g (%a), was %.9g (%a)", k,
                           (long long)s, sc_shown(b), sc_shown(b), sc_shown(a), sc_shown(a));
            return;
        }
    }
}
