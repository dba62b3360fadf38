/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a plan: fuses, prepares a kernel per node, lays intermediates and workspaces out by lifetime, allocates them and
 * writes the launch list. Everything that can fail for a reason of the network's fails here, with the layer's name. */
#include "graph/plan_private.h"

#include "graph/fuse.h"
#include "graph/live.h"

#include <string.h>

/* The implementation that "op=name,op=name" forces for `op`, copied to `out`; NULL when none. */
static const char *forced_name(const char *force, sc_op op, char *out, size_t size) {
    const char *word = sc_op_word(op);
    size_t length = strlen(word);
    for (const char *p = force; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
        if (strncmp(p, word, length) != 0 || p[length] != '=') continue;
        size_t name = strcspn(p + length + 1, ",");
        if (name >= size) return NULL;
        memcpy(out, p + length + 1, name);
        out[name] = '\0';
        return out;
    }
    return NULL;
}

static socle_status prepare_node(sc_plan *plan, const sc_graph *graph, const sc_node *node,
                                 sc_launch_record *launch) {
    sc_op_desc desc;
    char name[SC_NAME_TEXT];
    sc_graph_node_desc(graph, node, &desc);
    launch->op = node->op;
    launch->operands = node->inputs + node->outputs;
    if (node->name) SC_TRY(sc_arena_string(plan->arena, &launch->layer, node->name));
    socle_status status = sc_prepare(&launch->kernel, plan->device, &desc,
                                     forced_name(plan->options.force, node->op, name, sizeof name));
    if (status == SOCLE_OK) return status;
    return node->name ? sc_fail_prefix(plan->env, status, "%s", node->name) : status;
}

static socle_status prepare_nodes(sc_plan *plan, const sc_graph *graph, sc_live *live, int *workspace) {
    for (size_t n = 0; n < graph->nodes; n++) {
        const sc_node *node = &graph->node[n];
        if (node->dead) continue;
        int k = plan->launches;
        SC_TRY(prepare_node(plan, graph, node, &plan->launch[k]));
        plan->launches++;
        workspace[k] = -1;
        size_t bytes = plan->launch[k].kernel->workspace;
        if (bytes) SC_TRY(sc_live_add(live, (int)n, (int)n, bytes, "workspace", &workspace[k]));
    }
    return SOCLE_OK;
}

static socle_status place_value(sc_plan *plan, const sc_graph *graph, const sc_lane_map *lanes, const sc_live *live,
                                const sc_memplan *memory, sc_value value, sc_place *out) {
    const sc_value_info *info = &graph->value[sc_graph_root(graph, value)];
    if (info->lane == SC_LANE_NONE) {
        int interval = live->of_value[value];
        if (interval < 0) return sc_fail(plan->env, SOCLE_STATUS_INTERNAL, "value %d has no place", value);
        *out = (sc_place){SC_LANE_NONE, memory->placement[interval].buffer, memory->placement[interval].offset};
        return SOCLE_OK;
    }
    const sc_lane_layout *lane = &lanes->lane[info->lane];
    if (info->index < 0 || info->index >= lane->count)
        return sc_fail(plan->env, SOCLE_STATUS_INTERNAL, "%s: lane %d has %d tensors, there is no number %d",
                       info->name ? info->name : "value", info->lane, lane->count, info->index);
    *out = (sc_place){info->lane, -1, lane->offset[info->index]};
    return SOCLE_OK;
}

static socle_status place_operands(sc_plan *plan, const sc_graph *graph, const sc_lane_map *lanes,
                                   const sc_live *live, const sc_memplan *memory, const int *workspace) {
    int k = 0;
    for (size_t n = 0; n < graph->nodes; n++) {
        const sc_node *node = &graph->node[n];
        if (node->dead) continue;
        sc_launch_record *launch = &plan->launch[k];
        for (int i = 0; i < node->inputs; i++)
            SC_TRY(place_value(plan, graph, lanes, live, memory, node->input[i], &launch->place[i]));
        for (int i = 0; i < node->outputs; i++)
            SC_TRY(place_value(plan, graph, lanes, live, memory, node->output[i], &launch->place[node->inputs + i]));
        launch->workspace = (sc_place){SC_LANE_NONE, -1, 0};
        if (workspace[k] >= 0) {
            sc_placement place = memory->placement[workspace[k]];
            launch->workspace = (sc_place){SC_LANE_NONE, place.buffer, place.offset};
        }
        k++;
    }
    return SOCLE_OK;
}

static socle_status allocate_buffers(sc_plan *plan, const sc_memplan *memory, const sc_live *live) {
    int count = memory->buffers;
    size_t canaries = plan->options.separate ? 2 * SC_CANARY_BYTES : 0;
    SC_TRY(sc_arena_allocate(plan->arena, &plan->buffer, (size_t)count, sizeof *plan->buffer));
    SC_TRY(sc_arena_allocate(plan->arena, &plan->buffer_bytes, (size_t)count, sizeof *plan->buffer_bytes));
    SC_TRY(sc_arena_allocate(plan->arena, &plan->buffer_name, (size_t)count, sizeof *plan->buffer_name));
    for (int i = 0; plan->options.separate && i < live->count; i++)
        if (live->interval[i].name)
            SC_TRY(sc_arena_string(plan->arena, &plan->buffer_name[memory->placement[i].buffer],
                                   live->interval[i].name));
    for (int b = 0; b < count; b++) {
        plan->buffer_bytes[b] = memory->buffer_bytes[b];
        SC_TRY(sc_buffer_create(&plan->buffer[b], plan->device, SC_BUFFER_DEVICE, memory->buffer_bytes[b] + canaries));
        plan->buffers++;
    }
    plan->size.activations = memory->total + (size_t)count * canaries;
    return SOCLE_OK;
}

static socle_status lay_out(sc_plan *plan, const sc_graph *graph, const sc_lane_map *lanes, sc_live *live,
                            int *workspace) {
    SC_TRY(sc_live_intervals(live, graph));
    plan->size.intermediates = live->count;
    SC_TRY(prepare_nodes(plan, graph, live, workspace));
    for (int i = 0; i < plan->launches; i++)
        if (plan->launch[i].kernel->workspace > plan->size.scratch)
            plan->size.scratch = plan->launch[i].kernel->workspace;
    sc_memplan_options options = {.max_buffer = plan->device->info.max_allocation,
                                  .separate = plan->options.separate};
    sc_memplan memory;
    SC_TRY(sc_memplan_create(&memory, plan->env, live->interval, live->count, &options));
    socle_status status = place_operands(plan, graph, lanes, live, &memory, workspace);
    if (status == SOCLE_OK) status = allocate_buffers(plan, &memory, live);
    sc_memplan_free(&memory);
    return status;
}

static socle_status fill_plan(sc_plan *plan, sc_graph *graph, const sc_lane_map *lanes) {
    sc_fuse_options none = {.no_chains = true, .no_duplicates = true, .no_tails = true, .no_merges = true};
    SC_TRY(sc_arena_create(&plan->arena, plan->env));
    SC_TRY(sc_graph_fuse(graph, plan->options.keep_graph_order ? &none : NULL));
    int *workspace = NULL;
    SC_TRY(sc_arena_allocate(plan->arena, &workspace, graph->nodes, sizeof *workspace));
    SC_TRY(sc_arena_allocate(plan->arena, &plan->launch, graph->nodes, sizeof *plan->launch));
    sc_live live = {0};
    socle_status status = lay_out(plan, graph, lanes, &live, workspace);
    sc_live_free(&live);
    return status;
}

socle_status sc_plan_create(sc_plan **out, sc_device *device, sc_graph *graph, const sc_lane_map *lanes,
                            const sc_plan_options *options) {
    *out = NULL;
    if (graph->status != SOCLE_OK) return graph->status;
    sc_plan *plan;
    SC_TRY(sc_allocate(graph->env, &plan, 1, sizeof *plan));
    plan->env = graph->env;
    plan->device = device;
    plan->capacity = graph->capacity;
    if (options) plan->options = *options;
    socle_status status = fill_plan(plan, graph, lanes);
    plan->options.force = NULL; /* the caller's string, read during this call only */
    if (status != SOCLE_OK) {
        sc_plan_destroy(plan);
        return status;
    }
    plan->size.launches = plan->launches;
    plan->size.buffers = plan->buffers;
    *out = plan;
    return SOCLE_OK;
}

void sc_plan_destroy(sc_plan *plan) {
    if (!plan) return;
    for (int i = 0; i < plan->launches; i++) {
        sc_kernel_release(plan->launch[i].kernel);
        if (plan->launch[i].event) sc_event_release(plan->launch[i].event);
    }
    for (int b = 0; b < plan->buffers; b++) sc_buffer_destroy(plan->buffer[b]);
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
    return (sc_plan_launch){launch->layer, launch->op, sc_kernel_name(launch->kernel), launch->nanoseconds,
                            launch->runs};
}
