/* SPDX-License-Identifier: Apache-2.0 */
/* The planner's separate mode: every intermediate in a buffer of its own between two canaries,
 * filled with NaN before each run, so that reading what was never written and writing past an end
 * both show. Slow, for tests and for finding a driver's faults; an overrun inside an arena would be
 * invisible to sanitizers. */
#include "graph/plan_private.h"

static const uint32_t canary_word = 0xC0DEC0DEu, poison_word = 0x7FC0FFEEu; /* the second is a NaN
                                                                             */

/* From the tensor's end to the buffer's: an element too far is found even inside the padding. */
static size_t tail_bytes(const sc_plan_buffer *buffer) {
    return buffer->bytes - buffer->used + SC_CANARY_BYTES;
}

socle_status sc_plan_poison(sc_plan *plan, sc_queue *queue) {
    for (int b = 0; b < plan->buffers; b++) {
        const sc_plan_buffer *buffer = &plan->buffer[b];
        if (buffer->persists && !plan->stale) continue;
        sc_operand head = {buffer->memory, 0}, body = {buffer->memory, SC_CANARY_BYTES},
                   tail = {buffer->memory, SC_CANARY_BYTES + buffer->used};
        SC_TRY(sc_queue_fill(queue, head, canary_word, SC_CANARY_BYTES));
        SC_TRY(sc_queue_fill(queue, body, poison_word, buffer->used));
        SC_TRY(sc_queue_fill(queue, tail, canary_word, tail_bytes(buffer)));
    }
    return SOCLE_OK;
}

static socle_status check_one(sc_plan *plan, sc_queue *queue, int b, size_t offset, size_t bytes,
                              const char *side) {
    const sc_plan_buffer *buffer = &plan->buffer[b];
    uint32_t word[(SC_CANARY_BYTES + SC_MEMPLAN_ALIGNMENT) / sizeof(uint32_t)];
    SC_TRY(sc_queue_read(queue, word, (sc_operand){buffer->memory, offset}, bytes));
    SC_TRY(sc_queue_finish(queue));
    for (size_t i = 0; i < bytes / sizeof word[0]; i++)
        if (word[i] != canary_word)
            return sc_fail(plan->env, SOCLE_STATUS_WRONG_RESULT,
                           "memory %s %s (%zu bytes) was overwritten: a kernel leaves its bounds; "
                           "run socle verify",
                           side, buffer->name ? buffer->name : "an intermediate tensor",
                           buffer->used);
    return SOCLE_OK;
}

socle_status sc_plan_check_canaries(sc_plan *plan, sc_queue *queue) {
    for (int b = 0; b < plan->buffers; b++) {
        const sc_plan_buffer *buffer = &plan->buffer[b];
        SC_TRY(check_one(plan, queue, b, 0, SC_CANARY_BYTES, "before"));
        SC_TRY(check_one(plan, queue, b, SC_CANARY_BYTES + buffer->used, tail_bytes(buffer),
                         "behind"));
    }
    return SOCLE_OK;
}
