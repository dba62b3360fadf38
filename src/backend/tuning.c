/* SPDX-License-Identifier: Apache-2.0 */
/* See tuning.h. */
#include "backend/tuning.h"

#include "base/text.h"

#include <string.h>

/* The number that `text` of this length is; 0: it is none above 0. */
static int value_of(const char *text, size_t length) {
    int value = 0;
    if (length == 0 || length > 8) return 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') return 0;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static bool has_value(const sc_tuning_parameter *parameter, int value) {
    for (int i = 0; i < SC_TUNING_VALUES && parameter->value[i]; i++)
        if (parameter->value[i] == value) return true;
    return false;
}

/* One "NAME=VALUE". */
static void take(int *out, const sc_tuning_parameter *parameter, const char *word, size_t length) {
    for (int p = 0; p < SC_TUNING_PARAMETERS && parameter[p].name; p++) {
        size_t name = strlen(parameter[p].name);
        if (length <= name || word[name] != '=' || strncmp(word, parameter[p].name, name) != 0)
            continue;
        int value = value_of(word + name + 1, length - name - 1);
        if (has_value(&parameter[p], value)) out[p] = value;
    }
}

void sc_tuning_read(int out[SC_TUNING_PARAMETERS], const sc_implementation *implementation,
                    const char *record) {
    const sc_tuning_parameter *parameter = implementation->parameter;
    memset(out, 0, SC_TUNING_PARAMETERS * sizeof *out);
    if (!parameter) return;
    for (int p = 0; p < SC_TUNING_PARAMETERS && parameter[p].name; p++)
        out[p] = parameter[p].standard;
    while (record && *record) {
        size_t length = strcspn(record, " ");
        take(out, parameter, record, length);
        record += length + strspn(record + length, " ");
    }
}

void sc_tuning_print(sc_text *text, const sc_implementation *implementation, const int *tuning) {
    const sc_tuning_parameter *parameter = implementation->parameter;
    for (int p = 0; parameter && p < SC_TUNING_PARAMETERS && parameter[p].name; p++)
        sc_text_add(text, " %s=%d", parameter[p].name, tuning[p]);
}
