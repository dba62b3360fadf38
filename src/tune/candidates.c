/* SPDX-License-Identifier: Apache-2.0 */
/* See candidates.h. */
#include "tune/candidates.h"

#include <stdio.h>
#include <string.h>

static int values_of(const sc_tuning_parameter *parameter) {
    int count = 0;
    while (count < SC_TUNING_VALUES && parameter->value[count]) count++;
    return count;
}

/* All combinations of the values of an implementation's parameters; 0: it has none. */
static int points_of(const sc_implementation *implementation) {
    const sc_tuning_parameter *parameter = implementation->parameter;
    if (!parameter) return 0;
    int points = 1;
    for (int p = 0; p < SC_TUNING_PARAMETERS && parameter[p].name; p++)
        points *= values_of(&parameter[p]);
    return points;
}

static int common_divisor(int a, int b) {
    while (b) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Near the golden section of all, and without a divisor in common: steps of it meet each once. */
static int stride_of(int points) {
    int stride = (int)(0.618 * points);
    while (stride > 1 && common_divisor(stride, points) != 1) stride--;
    return stride > 0 ? stride : 1;
}

static void name_point(sc_tune_candidate *out, const sc_implementation *implementation,
                       int number) {
    const sc_tuning_parameter *parameter = implementation->parameter;
    int used = snprintf(out->text, sizeof out->text, "%s", implementation->name);
    out->implementation = implementation;
    for (int p = 0; p < SC_TUNING_PARAMETERS && parameter[p].name; p++) {
        int values = values_of(&parameter[p]);
        if (used < (int)sizeof out->text)
            used += snprintf(out->text + used, sizeof out->text - (size_t)used, " %s=%d",
                             parameter[p].name, parameter[p].value[number % values]);
        number /= values;
    }
}

static bool takes(const sc_device *device, const sc_implementation *implementation,
                  const sc_op_desc *desc) {
    return implementation->op == desc->op && sc_prepare_fits(device, desc, implementation->name);
}

static bool is_apt(const sc_device *device, const sc_implementation *implementation) {
    return (implementation->needs & ~device->info.traits) == 0;
}

socle_status sc_tune_candidates(sc_tune_candidate **out, int *count, const sc_device *device,
                                const sc_op_desc *desc) {
    int room = 1;
    const sc_implementation *const *list;
    for (list = device->implementations; *list; list++)
        if (takes(device, *list, desc)) room += 1 + points_of(*list);
    *count = 0;
    SC_TRY(sc_allocate(device->env, out, (size_t)room, sizeof **out));
    for (int apt = 1; apt >= 0; apt--)
        for (list = device->implementations; *list; list++) {
            if (is_apt(device, *list) != apt || !takes(device, *list, desc)) continue;
            sc_tune_candidate *one = &(*out)[(*count)++];
            one->implementation = *list;
            snprintf(one->text, sizeof one->text, "%s", (*list)->name);
        }
    for (list = device->implementations; *list; list++) {
        if (!takes(device, *list, desc)) continue;
        int points = points_of(*list), stride = stride_of(points);
        for (int i = 0, number = 0; i < points; i++, number = (number + stride) % points)
            name_point(&(*out)[(*count)++], *list, number);
    }
    return SOCLE_OK;
}
