/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a plan: fuses, chooses layouts, prepares a kernel per node, has intermediates and
 * workspaces placed by lifetime (plan_memory.c), and writes the launch list. Everything that can
 * fail for a reason of the network's fails here, with the layer's name. */
#include "graph/plan_private.h"

#include "base/thread_pool.h"
#include "graph/fuse.h"

#define BUILT UINT64_C(5000000) /* ns; to find a kernel among those that are built takes less */

/* What took its time was built now; the rest was there already. */
static void say_prepared(const sc_plan *plan, const sc_launch_record *launch, uint64_t took) {
    if (took >= BUILT)
        sc_log_line(plan->device->env, SOCLE_LOG_DEBUG, "%s%s%s (%s) built in %.2f s",
                    launch->layer ? launch->layer : "", launch->layer ? ": " : "",
                    sc_op_word(launch->op), sc_kernel_name(launch->kernel), (double)took * 1e-9);
}

static socle_status prepare_node(sc_plan *plan, const sc_graph *graph, const sc_node *node,
                                 sc_launch_record *launch) {
    sc_op_desc desc;
    char name[SC_NAME_TEXT];
    sc_graph_node_desc(graph, node, &desc);
    launch->op = node->op;
    launch->operands = node->inputs + node->outputs;
    launch->repeat = node->repeat;
    if (node->name) SC_TRY(sc_arena_string(plan->arena, &launch->layer, node->name));
    uint64_t began = sc_now_ns();
    socle_status status = sc_prepare(&launch->kernel, plan->device, &desc,
                                     sc_plan_forced(plan->options.force, node->op, name));
    if (status == SOCLE_OK) {
        say_prepared(plan, launch, sc_now_ns() - began);
        return status;
    }
    return node->name ? sc_fail_prefix(plan->env, status, "%s", node->name) : status;
}

/* Numbers of the live nodes in the order of the launch list. */
static void order_nodes(sc_plan *plan, const sc_graph *graph, int *order) {
    int count = 0;
    for (int hoisted = 1; hoisted >= 0; hoisted--) {
        for (size_t n = 0; n < graph->nodes; n++)
            if (!graph->node[n].dead && graph->node[n].hoistable == (hoisted != 0))
                order[count++] = (int)n;
        if (hoisted) plan->packs = count;
    }
}

static size_t workspace_bytes(const sc_launch_record *launch) {
    return launch->kernel->workspace - (launch->packed ? launch->kernel->packing.bytes : 0);
}

static socle_status add_workspace(sc_plan *plan, sc_live *live, int node, int number, int *out) {
    const sc_launch_record *launch = &plan->launch[number];
    const sc_interval scratch = {node, node, workspace_bytes(launch), -1, "workspace"};
    *out = -1;
    if (!scratch.bytes) return SOCLE_OK;
    if (scratch.bytes > plan->size.scratch) plan->size.scratch = scratch.bytes;
    return sc_plan_add_interval(plan, live, &scratch, launch->layer, out);
}

/* All that prepare_each will ask for, so that the device can build it together. */
static void announce_each(sc_plan *plan, const sc_graph *graph, const sc_plan_work *work) {
    sc_device *device = plan->device;
    if (!sc_announce_begin(device)) return;
    for (size_t k = 0; k < work->count; k++) {
        const sc_node *node = &graph->node[work->order[k]];
        sc_op_desc desc;
        char name[SC_NAME_TEXT];
        sc_graph_node_desc(graph, node, &desc);
        sc_announce(device, &desc, sc_plan_forced(plan->options.force, node->op, name));
    }
    sc_tell_building(device->env, "all layers", 1, (int)work->count);
    sc_announce_end(device);
}

static socle_status prepare_each(sc_plan *plan, const sc_graph *graph, sc_live *live,
                                 sc_plan_work *work) {
    for (size_t k = 0; k < work->count; k++) {
        int n = work->order[k];
        const sc_node *node = &graph->node[n];
        const char *what = node->name ? node->name : sc_op_word(node->op);
        sc_tell_building(plan->device->env, what, (int)k + 1, (int)work->count);
        SC_TRY(prepare_node(plan, graph, node, &plan->launch[k]));
        plan->launches++;
        SC_TRY(sc_plan_keep_packed(plan, graph, node, &plan->launch[k], live, &work->kept[k]));
        SC_TRY(add_workspace(plan, live, n, (int)k, &work->workspace[k]));
    }
    return SOCLE_OK;
}

/* A caller that was told of the building is told of its end too, also where it failed. */
static socle_status prepare_nodes(sc_plan *plan, const sc_graph *graph, sc_live *live,
                                  sc_plan_work *work) {
    announce_each(plan, graph, work);
    socle_status status = prepare_each(plan, graph, live, work);
    sc_tell_building(plan->device->env, NULL, (int)work->count, (int)work->count);
    return status;
}

static size_t whole_words(size_t bytes) {
    return (bytes + 3) / 4 * 4;
}

/* Separate mode: which tensor or workspace a buffer holds, and how much of it that is. */
static socle_status describe_buffers(sc_plan *plan, const sc_graph *graph, const sc_live *live,
                                     const sc_placement *placement, const sc_plan_work *work) {
    for (size_t v = 0; v < graph->values; v++) {
        const sc_value_info *info = &graph->value[v];
        if (live->of_value[v] < 0 || sc_graph_memory(graph, (sc_value)v) != (sc_value)v) continue;
        sc_plan_buffer *buffer = &plan->buffer[placement[live->of_value[v]].buffer];
        buffer->used = whole_words(sc_tensor_bytes(&info->desc) * (size_t)live->slots[v]);
        buffer->persists = info->node >= 0 && graph->node[info->node].hoistable;
    }
    for (size_t k = 0; k < work->count; k++) {
        const sc_launch_record *launch = &plan->launch[k];
        if (work->workspace[k] >= 0)
            plan->buffer[placement[work->workspace[k]].buffer].used =
                whole_words(workspace_bytes(launch));
        if (work->kept[k] < 0) continue;
        sc_plan_buffer *buffer = &plan->buffer[placement[work->kept[k]].buffer];
        buffer->used = whole_words(launch->kernel->packing.bytes);
        buffer->persists = true;
    }
    for (int i = 0; i < live->count; i++)
        if (live->interval[i].name)
            SC_TRY(sc_arena_string(plan->arena, &plan->buffer[placement[i].buffer].name,
                                   live->interval[i].name));
    return SOCLE_OK;
}

/* What the memory plan is to know of each interval beside its life. */
static void describe_intervals(const sc_plan *plan, const sc_graph *graph, const sc_live *live,
                               const sc_plan_work *work, bool *persists, const char **layer) {
    for (size_t v = 0; v < graph->values; v++) {
        const sc_value_info *info = &graph->value[v];
        if (live->of_value[v] < 0 || sc_graph_memory(graph, (sc_value)v) != (sc_value)v) continue;
        const sc_node *node = info->node < 0 ? NULL : &graph->node[info->node];
        persists[live->of_value[v]] = node && node->hoistable;
        layer[live->of_value[v]] = node ? node->name : info->name;
    }
    for (size_t k = 0; k < work->count; k++) {
        if (work->workspace[k] >= 0) layer[work->workspace[k]] = plan->launch[k].layer;
        if (work->kept[k] < 0) continue;
        persists[work->kept[k]] = true;
        layer[work->kept[k]] = plan->launch[k].layer;
    }
}

static socle_status lay_out(sc_plan *plan, const sc_graph *graph, const sc_lane_map *lanes,
                            sc_live *live, sc_plan_work *work) {
    SC_TRY(sc_live_intervals(live, graph));
    plan->size.intermediates = live->count;
    SC_TRY(prepare_nodes(plan, graph, live, work));
    size_t count = (size_t)live->count;
    sc_placement *placement;
    bool *persists;
    const char **layer;
    SC_TRY(sc_arena_allocate(plan->arena, &placement, count, sizeof *placement));
    SC_TRY(sc_arena_allocate(plan->arena, &persists, count, sizeof *persists));
    SC_TRY(sc_arena_allocate(plan->arena, &layer, count, sizeof *layer));
    describe_intervals(plan, graph, live, work, persists, layer);
    sc_plan_intervals intervals = {live, persists, layer};
    SC_TRY(sc_plan_place(plan, &intervals, placement));
    SC_TRY(sc_plan_place_operands(plan, graph, lanes, live, placement, work));
    SC_TRY(sc_plan_note_repeats(plan, graph, lanes, live, placement));
    if (plan->options.hooks.separate) SC_TRY(describe_buffers(plan, graph, live, placement, work));
    sc_plan_add_packs(plan, placement, work->kept);
    return sc_plan_allocate(plan);
}

/* The canonical order makes equal bits only where each operation rounds as IEEE 754 says. */
static socle_status check_portable(const sc_plan *plan) {
    const sc_device_info *info = &plan->device->info;
    if (!plan->options.portable) return SOCLE_OK;
    if (!(info->traits & SC_TRAIT_DENORMALS))
        return sc_fail(
            plan->env, SOCLE_STATUS_UNSUPPORTED,
            "portable: %s (%s) replaces numbers below 2^-126 by zero, so its bits cannot "
            "be those of other devices; leave it out",
            info->name, info->platform);
    if (!(info->traits & SC_TRAIT_CORRECT_DIVIDE))
        return sc_fail(plan->env, SOCLE_STATUS_UNSUPPORTED,
                       "portable: %s (%s) does not round divisions and square roots correctly, so "
                       "its bits cannot be those of other devices; leave it out",
                       info->name, info->platform);
    return SOCLE_OK;
}

static socle_status fill_plan(sc_plan *plan, sc_graph *graph, const sc_lane_map *lanes) {
    sc_fuse_options none = {.no_chains = true,
                            .no_duplicates = true,
                            .no_tails = true,
                            .no_merges = true,
                            .no_views = true};
    SC_TRY(check_portable(plan));
    SC_TRY(sc_plan_check_force(plan->env, plan->options.force));
    SC_TRY(sc_arena_create(&plan->arena, plan->env));
    SC_TRY(sc_graph_fuse(graph, plan->options.hooks.keep_graph_order ? &none : NULL));
    if (!plan->options.hooks.plain_layouts) SC_TRY(sc_plan_assign_layouts(plan, graph));
    sc_plan_work work = {0};
    SC_TRY(sc_arena_allocate(plan->arena, &work.order, graph->nodes, sizeof *work.order));
    SC_TRY(sc_arena_allocate(plan->arena, &work.workspace, graph->nodes, sizeof *work.workspace));
    SC_TRY(sc_arena_allocate(plan->arena, &work.kept, graph->nodes, sizeof *work.kept));
    /* Each node, and one launch that packs for it. */
    SC_TRY(sc_arena_allocate(plan->arena, &plan->launch, 2 * graph->nodes, sizeof *plan->launch));
    for (size_t n = 0; n < graph->nodes; n++) work.count += !graph->node[n].dead;
    order_nodes(plan, graph, work.order);
    sc_live live = {0};
    socle_status status = lay_out(plan, graph, lanes, &live, &work);
    sc_live_free(&live);
    return status;
}

socle_status sc_plan_create(sc_plan **out, sc_device *device, sc_graph *graph,
                            const sc_lane_map *lanes, const sc_plan_options *options) {
    *out = NULL;
    if (graph->status != SOCLE_OK) return graph->status;
    sc_plan *plan;
    SC_TRY(sc_allocate(graph->env, &plan, 1, sizeof *plan));
    plan->env = graph->env;
    plan->device = device;
    plan->capacity = graph->capacity;
    plan->weights = graph->weights;
    if (options) plan->options = *options;
    graph->portable = plan->options.portable;
    socle_status status = fill_plan(plan, graph, lanes);
    plan->options.force = NULL; /* the caller's string, read during this call only */
    if (status != SOCLE_OK) {
        sc_plan_destroy(plan);
        return status;
    }
    plan->size.launches = plan->launches;
    plan->size.packs = plan->packs;
    plan->stale = true;
    plan->size.buffers = plan->buffers;
    *out = plan;
    return SOCLE_OK;
}

void sc_plan_destroy(sc_plan *plan) {
    if (!plan) return;
    for (int i = 0; i < plan->launches; i++) {
        if (!plan->launch[i].packs) sc_kernel_release(plan->launch[i].kernel);
        if (plan->launch[i].event) sc_event_release(plan->launch[i].event);
    }
    for (int b = 0; b < plan->buffers; b++) sc_buffer_destroy(plan->buffer[b].memory);
    sc_arena_destroy(plan->arena);
    sc_release(plan->env, plan);
}

sc_plan_size sc_plan_sizes(const sc_plan *plan) {
    return plan->size;
}

int sc_plan_launches(const sc_plan *plan) {
    return plan->launches;
}

sc_plan_launch sc_plan_launch_info(const sc_plan *plan, int number) {
    const sc_launch_record *launch = &plan->launch[number];
    return (sc_plan_launch){launch->layer,  launch->op,          sc_kernel_name(launch->kernel),
                            launch->kernel, launch->nanoseconds, launch->runs};
}
