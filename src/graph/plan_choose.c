/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan asks for by name, and which layouts its device offers: the planner's questions to
 * prepare, asked before anything is prepared. It knows the contract, no implementation. */
#include "graph/plan_private.h"

#include "base/text.h"
#include "graph/layout.h"

#include <stdio.h>
#include <string.h>

/* One "OP=NAME" at `at`, which is advanced behind it; false at the end. */
static bool next_entry(const char **at, const char **word, size_t *word_length, const char **name,
                       size_t *name_length) {
    if (!*at || !**at) return false;
    size_t length = strcspn(*at, ","), split = strcspn(*at, ",=");
    *word = *at;
    *word_length = split;
    *name = *at + split + (split < length);
    *name_length = length - split - (split < length);
    *at += length + ((*at)[length] == ',');
    return true;
}

static bool is_word(sc_op op, const char *word, size_t length) {
    return strlen(sc_op_word(op)) == length && strncmp(sc_op_word(op), word, length) == 0;
}

static socle_status unknown_operation(sc_env *env, const char *word, size_t length) {
    const char *words[SC_OP_COUNT];
    char given[SC_NAME_TEXT];
    for (int op = 0; op < SC_OP_COUNT; op++) words[op] = sc_op_word((sc_op)op);
    snprintf(given, sizeof given, "%.*s", (int)(length < sizeof given ? length : sizeof given - 1),
             word);
    const char *near = sc_nearest_word(given, words, SC_OP_COUNT);
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "force: no operation is named '%s'%s%s%s; write OPERATION=IMPLEMENTATION,...",
                   given, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

socle_status sc_plan_check_force(sc_env *env, const char *force) {
    const char *word, *name;
    size_t word_length, name_length;
    while (next_entry(&force, &word, &word_length, &name, &name_length)) {
        bool known = false;
        for (int op = 0; op < SC_OP_COUNT; op++) known |= is_word((sc_op)op, word, word_length);
        if (!known) return unknown_operation(env, word, word_length);
        if (name_length == 0 || name_length >= SC_NAME_TEXT)
            return sc_fail(env, SOCLE_STATUS_CONFIG,
                           "force: %.*s needs the name of an implementation, as in %.*s=plain",
                           (int)word_length, word, (int)word_length, word);
    }
    return SOCLE_OK;
}

const char *sc_plan_forced(const char *force, sc_op op, char out[SC_NAME_TEXT]) {
    const char *word, *name;
    size_t word_length, name_length;
    while (next_entry(&force, &word, &word_length, &name, &name_length)) {
        if (!is_word(op, word, word_length)) continue;
        memcpy(out, name, name_length);
        out[name_length] = '\0';
        return out;
    }
    return NULL;
}

typedef struct questions {
    const sc_device *device;
    const char *force;
} questions;

static uint32_t accepts(void *payload, const sc_op_desc *desc, int operand) {
    const questions *q = payload;
    char name[SC_NAME_TEXT];
    return sc_prepare_layouts(q->device, desc, operand, sc_plan_forced(q->force, desc->op, name));
}

static bool fits(void *payload, const sc_op_desc *desc) {
    const questions *q = payload;
    char name[SC_NAME_TEXT];
    return sc_prepare_fits(q->device, desc, sc_plan_forced(q->force, desc->op, name));
}

socle_status sc_plan_assign_layouts(const sc_plan *plan, sc_graph *graph) {
    questions q = {plan->device, plan->options.force};
    return sc_graph_assign_layouts(graph, accepts, fits, &q, NULL);
}
