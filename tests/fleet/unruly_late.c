/* SPDX-License-Identifier: Apache-2.0 */
/* Late queues: commands are kept until a caller waits for them, and then run in order, those of
 * other queues that they wait for before. Host memory that is given away too early, or read too
 * early, shows here every time. */
#include "unruly_private.h"

typedef struct late_event {
    sc_event base;
    uint64_t done; /* commands of its queue */
} late_event;

static unruly_queue *queue_of(unruly *u, const sc_queue *queue) {
    for (int q = 0; q < UNRULY_QUEUES; q++)
        if (u->queue[q].queue == queue) return &u->queue[q];
    return NULL;
}

/* The list of a queue, made when first needed. */
static unruly_queue *list_of(unruly *u, sc_queue *queue) {
    unruly_queue *list = queue_of(u, queue);
    if (!list && (list = queue_of(u, NULL))) *list = (unruly_queue){.queue = queue};
    return list;
}

socle_status unruly_append(unruly *u, sc_queue *queue, const unruly_command *command) {
    unruly_queue *list = list_of(u, queue);
    if (!list)
        return sc_fail(queue->env, SOCLE_STATUS_INTERNAL, "more than %d late queues",
                       UNRULY_QUEUES);
    if (list->done == list->given) list->base = list->done; /* empty: begin at the front */
    size_t count = (size_t)(list->given - list->base);
    SC_TRY(sc_grow(queue->env, &list->command, &list->capacity, count + 1, sizeof *list->command));
    list->command[count] = *command;
    list->given++;
    return SOCLE_OK;
}

static socle_status run_until(unruly *u, sc_queue *queue, uint64_t done);

static socle_status run_one(unruly *u, sc_queue *queue, const unruly_command *c) {
    const sc_queue_ops *real = u->real_queue;
    switch (c->kind) {
    case UNRULY_WRITE:
        return real->write(queue, c->operand[0], c->from, c->bytes);
    case UNRULY_READ:
        return real->read(queue, c->to, c->operand[0], c->bytes);
    case UNRULY_COPY:
        return real->copy(queue, c->operand[0], c->operand[1], c->bytes);
    case UNRULY_FILL:
        return real->fill(queue, c->operand[0], c->pattern, c->bytes);
    case UNRULY_WAIT:
        return run_until(u, c->awaited, c->done);
    default:
        return c->kernel->enqueue(c->kernel->kernel, queue, c->operand, c->workspace, &c->launch);
    }
}

static socle_status run_until(unruly *u, sc_queue *queue, uint64_t done) {
    unruly_queue *list = list_of(u, queue);
    while (list->done < done) {
        unruly_command command = list->command[list->done++ - list->base]; /* counts as done when
                                                                              others wait for it */
        SC_TRY(run_one(u, queue, &command));
    }
    return SOCLE_OK;
}

socle_status unruly_late_record(unruly *u, sc_queue *queue, sc_event **out) {
    late_event *event;
    SC_TRY(sc_allocate(queue->env, &event, 1, sizeof *event));
    event->base.queue = queue;
    event->done = list_of(u, queue)->given;
    *out = &event->base;
    return SOCLE_OK;
}

socle_status unruly_late_wait(unruly *u, sc_queue *queue, sc_event *event) {
    unruly_command command = {
        .kind = UNRULY_WAIT, .awaited = event->queue, .done = ((late_event *)event)->done};
    return unruly_append(u, queue, &command);
}

/* A look moves nothing. */
socle_status unruly_late_poll(unruly *u, sc_queue *queue, sc_event *event, uint64_t deadline) {
    sc_queue *of = event ? event->queue : queue;
    uint64_t done = event ? ((late_event *)event)->done : list_of(u, queue)->given;
    if (!deadline)
        return list_of(u, of)->done >= done
                   ? SOCLE_OK
                   : sc_fail(queue->env, SOCLE_STATUS_TIMEOUT, "late: not yet");
    if (list_of(u, of)->done < done) unruly_sleep(u->manner.drowsy);
    return run_until(u, of, done);
}

bool unruly_late_event_release(unruly *u, sc_event *event) {
    if (!u->manner.late) return false;
    sc_release(event->queue->device->env, event);
    return true;
}

void unruly_late_close(unruly *u, sc_queue *queue) {
    unruly_queue *list = queue_of(u, queue);
    if (!list) return;
    sc_release(queue->env, list->command);
    *list = (unruly_queue){0};
}
