/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's end of a shared step: gradients leave by ranges while the backward pass goes on,
 * totals come back, and the commit reads those. Lanes are touched by the compute queue alone: it
 * copies each finished range into a buffer that the transfer queue may read, and the totals arrive
 * in a buffer of their own. Devices that share the host's memory are copied from directly. It knows
 * one device; who adds up the sums of all is exchange.c. */
#include "engine/engine_private.h"

#include "base/thread_pool.h"

#include <string.h>

typedef struct bucket {
    char *host;
    sc_buffer *pinned; /* what `host` is; NULL: memory like any other, where the device allocates
                          too little at once */
    sc_pieces device;  /* none where the host's memory is the device's */
} bucket;

struct sc_engine_link {
    sc_queue *transfer;
    bool direct; /* the host's memory is the device's */
    int ranges, buckets;
    size_t end[SC_SUM_RANGES];
    int ready[SC_SUM_RANGES]; /* launches of the training plan after which a range is final */
    bucket bucket[SC_SUM_NODES];
    sc_event *sent[SC_SUM_RANGES];
    sc_pieces totals;
    sc_event *received, *committed;
    sc_trace *trace;
    int number;                    /* in the trace */
    int64_t clock;                 /* host minus device, ns */
    uint64_t asked[SC_SUM_RANGES]; /* traced: host, when the totals' coming was begun */
    uint64_t complete; /* traced: when all totals of the step before had come, so that its commit
                          began; 0: none */
    sc_event *began;   /* traced: what was queued before the step is done */
    sc_event *computed[SC_SUM_RANGES], *arrived[SC_SUM_RANGES]; /* traced: the part of the backward
                                                                   pass, and the totals' coming */
};

/* Ends of ranges: at ends of tensors, each of at least an eighth of the lane. Sums travel with the
 * last one. All engines have the same ranges, whatever the pieces. */
static void cut_ranges(const sc_engine *engine, sc_engine_link *link) {
    const sc_lane_layout *lane = &engine->map.lane[SC_LANE_GRADIENTS];
    size_t least = lane->bytes / SC_SUM_RANGES, begin = 0;
    int most = engine->options.hooks.ranges > 0 && engine->options.hooks.ranges < SC_SUM_RANGES
                   ? engine->options.hooks.ranges
                   : SC_SUM_RANGES;
    while (link->ranges < most - 1) {
        size_t end = lane->bytes;
        for (int t = 0; t < lane->count; t++) {
            size_t at = sc_lane_begin(lane, t);
            if (at >= begin + least && at > begin && at < end) end = at;
        }
        if (end >= lane->bytes) break;
        link->end[link->ranges++] = begin = end;
    }
    link->end[link->ranges++] = engine->partial_bytes;
    for (int r = 0; r < link->ranges - 1; r++)
        link->ready[r] =
            sc_plan_ready_after(engine->train, &engine->map, SC_LANE_GRADIENTS, link->end[r]);
    link->ready[link->ranges - 1] = sc_plan_launches(engine->train);
}

bool sc_engine_link_is_direct(const sc_engine *engine) {
    return (engine->device->info.traits & SC_TRAIT_HOST_MEMORY) &&
           !engine->options.hooks.own_memory;
}

int sc_engine_link_buckets(const sc_engine *engine) {
    return engine->options.fixed_tree ? sc_sum_tree_most(engine->options.micro_batches) : 1;
}

/* Host memory in one piece, which the account knows as staging memory either way. */
static socle_status create_host(sc_engine *engine, bucket *out) {
    if (engine->partial_cuts.count == 1) {
        SC_TRY(sc_buffer_create(&out->pinned, engine->device, SC_BUFFER_STAGING,
                                engine->partial_bytes));
        out->host = out->pinned->host;
        return SOCLE_OK;
    }
    SC_TRY(sc_device_take(engine->device, SC_BUFFER_STAGING, engine->partial_bytes));
    socle_status status = sc_allocate(engine->env, &out->host, engine->partial_bytes, 1);
    if (status != SOCLE_OK)
        sc_device_give_back(engine->device, SC_BUFFER_STAGING, engine->partial_bytes);
    return status;
}

static void destroy_bucket(sc_engine *engine, bucket *bucket) {
    sc_pieces_destroy(&bucket->device);
    sc_buffer_destroy(bucket->pinned);
    if (bucket->pinned) return;
    sc_release(engine->env, bucket->host);
    sc_device_give_back(engine->device, SC_BUFFER_STAGING, engine->partial_bytes);
}

static socle_status create_buckets(sc_engine *engine, sc_engine_link *link) {
    for (int b = 0; b < sc_engine_link_buckets(engine); b++) {
        SC_TRY(create_host(engine, &link->bucket[b]));
        link->buckets++;
        if (link->direct) continue;
        SC_TRY(sc_pieces_create(&link->bucket[b].device, engine->device, &engine->partial_cuts));
    }
    return sc_pieces_create(&link->totals, engine->device, &engine->partial_cuts);
}

socle_status sc_engine_link_create(sc_engine *engine) {
    if (!engine->trains)
        return sc_fail(engine->env, SOCLE_STATUS_STATE,
                       "an engine without an optimizer shares no steps");
    SC_TRY(sc_allocate(engine->env, &engine->link, 1, sizeof *engine->link));
    sc_engine_link *link = engine->link;
    link->direct = sc_engine_link_is_direct(engine);
    SC_TRY(sc_queue_open(&link->transfer, engine->device));
    cut_ranges(engine, link);
    return create_buckets(engine, link);
}

void sc_engine_link_destroy(sc_engine *engine) {
    sc_engine_link *link = engine->link;
    if (!link) return;
    if (link->transfer) sc_queue_finish(link->transfer);
    for (int r = 0; r < link->ranges; r++) {
        sc_event_release(link->sent[r]);
        sc_event_release(link->computed[r]);
        sc_event_release(link->arrived[r]);
    }
    sc_event_release(link->began);
    sc_event_release(link->received);
    sc_event_release(link->committed);
    for (int b = 0; b < link->buckets; b++) destroy_bucket(engine, &link->bucket[b]);
    sc_pieces_destroy(&link->totals);
    sc_queue_close(link->transfer);
    sc_release(engine->env, link);
    engine->link = NULL;
}

int sc_engine_ranges(const sc_engine *engine) {
    return engine->link->ranges;
}

size_t sc_engine_range_end(const sc_engine *engine, int range) {
    return engine->link->end[range];
}

static size_t range_begin(const sc_engine_link *link, int range) {
    return range ? link->end[range - 1] : 0;
}

float *sc_engine_bucket(const sc_engine *engine, int node) {
    return node < engine->link->buckets ? (float *)(void *)engine->link->bucket[node].host : NULL;
}

/* Puts `event` in the place of an older one. */
static socle_status record(sc_queue *queue, sc_event **event) {
    sc_event_release(*event);
    *event = NULL;
    return sc_queue_record(queue, event);
}

/* Copies a finished range of a node out of the lane. */
static socle_status take_out(sc_engine *engine, int node, int range) {
    sc_engine_link *link = engine->link;
    size_t begin = range_begin(link, range), end = link->end[range];
    const sc_pieces *from = &engine->partial[engine->tree.node[node].holder];
    const bucket *to = &link->bucket[node];
    return link->direct ? sc_pieces_read(from, engine->compute, to->host, begin, end)
                        : sc_pieces_copy(&to->device, engine->compute, from, begin, end);
}

/* What the compute queue took out goes on to host memory beside the computation. */
static socle_status carry(sc_engine *engine, int range) {
    sc_engine_link *link = engine->link;
    size_t begin = range_begin(link, range);
    SC_TRY(record(engine->compute, &link->sent[range]));
    SC_TRY(sc_queue_flush(engine->compute));
    if (link->direct) return SOCLE_OK;
    SC_TRY(sc_queue_wait_event(link->transfer, link->sent[range]));
    for (int n = 0; n < engine->tree.nodes; n++)
        SC_TRY(sc_pieces_read(&link->bucket[n].device, link->transfer, link->bucket[n].host, begin,
                              link->end[range]));
    SC_TRY(record(link->transfer, &link->sent[range]));
    return sc_queue_flush(link->transfer);
}

static socle_status send_range(sc_engine *engine, int range, const sc_sum_merge *merge,
                               int merges) {
    sc_engine_link *link = engine->link;
    if (link->trace) SC_TRY(record(engine->compute, &link->computed[range]));
    for (int m = 0; m < merges; m++)
        SC_TRY(sc_engine_add(engine, merge[m], range_begin(link, range), link->end[range]));
    for (int n = 0; n < engine->tree.nodes; n++) SC_TRY(take_out(engine, n, range));
    return carry(engine, range);
}

socle_status sc_engine_link_begin(sc_engine *engine) {
    sc_engine_link *link = engine->link;
    return link && link->trace && !engine->pending ? record(engine->compute, &link->began)
                                                   : SOCLE_OK;
}

socle_status sc_engine_send(sc_engine *engine, int slot, int64_t rows, uint32_t sample_offset,
                            uint32_t step) {
    sc_engine_link *link = engine->link;
    int partial = 0, merges, first = 0;
    sc_sum_merge merge[SC_SUM_NODES];
    SC_TRY(sc_engine_take_partial(engine, &partial));
    merges = sc_engine_push(engine, partial, merge);
    sc_lane_memory memory = sc_engine_bases(engine, slot, partial);
    sc_launch launch = sc_engine_launch(engine, slot, rows);
    launch.sample_offset = sample_offset;
    launch.step = step;
    SC_TRY(sc_engine_slot_begin(engine, slot));
    SC_TRY(sc_engine_link_begin(engine));
    for (int r = 0; r < link->ranges; r++) {
        SC_TRY(sc_plan_run_part(engine->train, engine->compute, &memory, &launch, first,
                                link->ready[r]));
        first = link->ready[r];
        SC_TRY(send_range(engine, r, merge, merges));
    }
    SC_TRY(sc_engine_slot_end(engine, slot));
    return sc_queue_flush(engine->compute);
}

socle_status sc_engine_sent(sc_engine *engine, int range, uint64_t deadline) {
    sc_engine_link *link = engine->link;
    return sc_queue_poll(link->direct ? engine->compute : link->transfer, link->sent[range],
                         deadline);
}

socle_status sc_engine_receive(sc_engine *engine, int range, const float *totals) {
    sc_engine_link *link = engine->link;
    size_t begin = range_begin(link, range), end = link->end[range];
    const char *from = (const char *)totals;
    if (range == 0 && link->committed) SC_TRY(sc_queue_wait_event(link->transfer, link->committed));
    if (!link->direct && link->bucket[0].pinned) { /* faster from there, and the bucket's own sums
                                                      are added up */
        memcpy(link->bucket[0].host + begin, from + begin, end - begin);
        from = link->bucket[0].host;
    }
    SC_TRY(sc_pieces_write(&link->totals, link->transfer, from, begin, end));
    if (link->trace) {
        link->asked[range] = sc_now_ns();
        SC_TRY(record(link->transfer, &link->arrived[range]));
    }
    if (range + 1 == link->ranges) SC_TRY(record(link->transfer, &link->received));
    return sc_queue_flush(link->transfer);
}

/* When an event was over, on the host's clock; 0 where there is none. */
static uint64_t host_time(const sc_engine_link *link, sc_event *event) {
    uint64_t start, end = 0;
    if (!event || sc_event_times(event, &start, &end) != SOCLE_OK) return 0;
    return (uint64_t)((int64_t)end + link->clock);
}

static void leave_span(const sc_engine_link *link, sc_trace_row row, const char *what, int range,
                       uint64_t start, uint64_t end) {
    sc_trace_span span = {
        link->number, row,   what,
        range,        start, end > start ? end : start}; /* two clocks may differ a little */
    if (start && end) sc_trace_add(link->trace, &span);
}

/* Spans of the step whose totals have arrived. The compute queue goes on when it has handed a range
 * over: to the host, or where that has memory of its own to the transfer queue. */
static void leave_spans(sc_engine *engine) {
    sc_engine_link *link = engine->link;
    uint64_t at = host_time(link, link->began);
    leave_span(link, SC_TRACE_COMPUTE, "commit", -1, link->complete, at); /* of the step before */
    for (int r = 0; r < link->ranges; r++) {
        uint64_t ready = host_time(link, link->computed[r]), sent = host_time(link, link->sent[r]);
        leave_span(link, SC_TRACE_COMPUTE, r ? "backward" : "forward and backward", r, at, ready);
        leave_span(link, SC_TRACE_TRANSFER, "send", r, ready, sent);
        link->complete = host_time(link, link->arrived[r]);
        leave_span(link, SC_TRACE_TRANSFER, "receive", r, link->asked[r], link->complete);
        at = link->direct ? sent : ready;
        sc_event_release(link->computed[r]);
        link->computed[r] = NULL;
    }
}

void sc_engine_link_uploaded(const sc_engine *engine, const sc_engine_slot *slot) {
    const sc_engine_link *link = engine->link;
    if (link && link->trace)
        leave_span(link, SC_TRACE_UPLOAD, "samples", -1, slot->asked,
                   host_time(link, slot->uploaded));
}

/* The device's clock beside the host's: the end of a small command, seen as soon as it is there. */
static socle_status compare_clocks(sc_engine_link *link) {
    uint64_t start, end;
    sc_event *event = NULL;
    SC_TRY(sc_queue_fill(link->transfer, link->totals.base[0], 0, SC_LANE_ALIGNMENT));
    SC_TRY(sc_queue_record(link->transfer, &event));
    socle_status status = sc_queue_finish(link->transfer);
    uint64_t now = sc_now_ns();
    if (status == SOCLE_OK) status = sc_event_times(event, &start, &end);
    if (status == SOCLE_OK) link->clock = (int64_t)now - (int64_t)end;
    sc_event_release(event);
    return status;
}

socle_status sc_engine_trace(sc_engine *engine, sc_trace *trace, int number) {
    sc_engine_link *link = engine->link;
    if (!link) return sc_fail(engine->env, SOCLE_STATUS_STATE, "only shared steps are traced");
    link->trace = trace;
    link->complete = 0;
    link->number = number;
    return trace ? compare_clocks(link) : SOCLE_OK;
}

socle_status sc_engine_received(sc_engine *engine, uint64_t deadline) {
    sc_engine_link *link = engine->link;
    SC_TRY(sc_queue_poll(link->transfer, NULL, deadline)); /* what a cancelled step still reads into
                                                              the buckets too */
    if (link->received && link->trace) leave_spans(engine);
    return SOCLE_OK;
}

socle_status sc_engine_commit_received(sc_engine *engine, const sc_engine_step *step) {
    sc_engine_link *link = engine->link;
    sc_lane_memory memory = engine->memory;
    memory.base[SC_LANE_GRADIENTS] = link->totals.base[0];
    memory.chunk[SC_LANE_GRADIENTS] = link->totals.base;
    memory.base[SC_LANE_SUMS] =
        sc_pieces_at(&link->totals, engine->map.lane[SC_LANE_GRADIENTS].bytes);
    SC_TRY(sc_queue_wait_event(engine->compute, link->received));
    SC_TRY(sc_engine_run_commit(engine, &memory, step));
    return record(engine->compute, &link->committed);
}
