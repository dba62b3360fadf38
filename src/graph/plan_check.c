/* SPDX-License-Identifier: Apache-2.0 */
/* The planner's separate mode: every intermediate in a buffer of its own between two canaries, filled with NaN before each
 * run, so that reading what nobody wrote and writing past an end both show. Slow, for tests and for finding a driver's
 * faults; an overrun inside an arena would be invisible to sanitizers. */
#include "graph/plan_private.h"

static const uint32_t canary_word = 0xC0DEC0DEu, poison_word = 0x7FC0FFEEu; /* the second is a NaN */

socle_status sc_plan_poison(sc_plan *plan, sc_queue *queue) {
    for (int b = 0; b < plan->buffers; b++) {
        sc_operand head = {plan->buffer[b], 0}, body = {plan->buffer[b], SC_CANARY_BYTES},
                   tail = {plan->buffer[b], SC_CANARY_BYTES + plan->buffer_bytes[b]};
        SC_TRY(sc_queue_fill(queue, head, canary_word, SC_CANARY_BYTES));
        SC_TRY(sc_queue_fill(queue, body, poison_word, plan->buffer_bytes[b]));
        SC_TRY(sc_queue_fill(queue, tail, canary_word, SC_CANARY_BYTES));
    }
    return SOCLE_OK;
}

static socle_status check_one(sc_plan *plan, sc_queue *queue, int b, size_t offset, const char *side) {
    uint32_t word[SC_CANARY_BYTES / 4];
    SC_TRY(sc_queue_read(queue, word, (sc_operand){plan->buffer[b], offset}, sizeof word));
    SC_TRY(sc_queue_finish(queue));
    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
        if (word[i] != canary_word)
            return sc_fail(plan->env, SOCLE_STATUS_WRONG_RESULT,
                           "memory %s %s (%zu bytes) was overwritten: a kernel leaves its bounds; run socle verify",
                           side, plan->buffer_name[b] ? plan->buffer_name[b] : "an intermediate tensor",
                           plan->buffer_bytes[b]);
    return SOCLE_OK;
}

socle_status sc_plan_check_canaries(sc_plan *plan, sc_queue *queue) {
    for (int b = 0; b < plan->buffers; b++) {
        SC_TRY(check_one(plan, queue, b, 0, "before"));
        SC_TRY(check_one(plan, queue, b, SC_CANARY_BYTES + plan->buffer_bytes[b], "behind"));
    }
    return SOCLE_OK;
}
