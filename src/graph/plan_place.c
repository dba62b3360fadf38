/* SPDX-License-Identifier: Apache-2.0 */
/* Where each launch of a plan finds its operands, now that memory is placed: a lane or a buffer, an
 * offset, and in a repeated region how the offset moves. Knows neither kernels nor queues. */
#include "graph/plan_private.h"

typedef struct placer {
    sc_plan *plan;
    const sc_graph *graph;
    const sc_lane_map *lanes;
    const sc_live *live;
    const sc_placement *placement;
} placer;

static socle_status place_home(const placer *p, const sc_value_info *info, sc_place *out) {
    const sc_lane_layout *lane = &p->lanes->lane[info->lane];
    if (info->index < 0 || info->index >= lane->count)
        return sc_fail(p->plan->env, SOCLE_STATUS_INTERNAL,
                       "%s: lane %d has %d tensors, there is no number %d",
                       info->name ? info->name : "value", info->lane, lane->count, info->index);
    int chunk = lane->chunk ? lane->chunk[info->index] : 0;
    *out = (sc_place){.lane = info->lane, .buffer = chunk, .offset = lane->offset[info->index]};
    return SOCLE_OK;
}

/* Of a value that is no view. */
static socle_status place_memory(const placer *p, sc_value value, sc_place *out) {
    const sc_value_info *info = &p->graph->value[value];
    if (info->lane != SC_LANE_NONE) return place_home(p, info, out);
    int interval = p->live->of_value[value];
    if (interval < 0)
        return sc_fail(p->plan->env, SOCLE_STATUS_INTERNAL, "value %d has no place", value);
    *out = (sc_place){.lane = SC_LANE_NONE,
                      .buffer = p->placement[interval].buffer,
                      .offset = p->placement[interval].offset};
    if (info->slots || p->live->slots[value] == 1) return SOCLE_OK;
    out->motion = SC_BY_REPETITION;
    out->repeat = info->repeat;
    out->stride = sc_tensor_bytes(&info->desc);
    return SOCLE_OK;
}

static socle_status place_value(const placer *p, sc_value value, sc_place *out) {
    sc_value root = sc_graph_root(p->graph, value);
    const sc_value_info *info = &p->graph->value[root];
    if (info->within == SC_NO_VALUE) return place_memory(p, root, out);
    SC_TRY(place_value(p, info->within, out));
    if (info->motion == SC_STILL) {
        out->offset += info->offset;
        return SOCLE_OK;
    }
    sc_value memory = sc_graph_root(p->graph, info->within);
    out->motion = info->motion;
    out->repeat = info->repeat;
    out->shift = info->offset;
    out->stride = sc_tensor_bytes(&info->desc);
    if (p->graph->value[memory].slots > 1)
        out->extent = (size_t)p->live->slots[memory] * out->stride;
    return SOCLE_OK;
}

socle_status sc_plan_place_operands(sc_plan *plan, const sc_graph *graph, const sc_lane_map *lanes,
                                    const sc_live *live, const sc_placement *placement,
                                    const sc_plan_work *work) {
    const placer p = {plan, graph, lanes, live, placement};
    for (size_t k = 0; k < work->count; k++) {
        const sc_node *node = &graph->node[work->order[k]];
        sc_launch_record *launch = &plan->launch[k];
        for (int i = 0; i < node->inputs; i++)
            SC_TRY(place_value(&p, node->input[i], &launch->place[i]));
        for (int i = 0; i < node->outputs; i++)
            SC_TRY(place_value(&p, node->output[i], &launch->place[node->inputs + i]));
        launch->workspace = (sc_place){.lane = SC_LANE_NONE, .buffer = -1};
        if (work->workspace[k] >= 0) {
            sc_placement place = placement[work->workspace[k]];
            launch->workspace =
                (sc_place){.lane = SC_LANE_NONE, .buffer = place.buffer, .offset = place.offset};
        }
    }
    return SOCLE_OK;
}

socle_status sc_plan_note_repeats(sc_plan *plan, const sc_graph *graph, const sc_lane_map *lanes,
                                  const sc_live *live, const sc_placement *placement) {
    const placer p = {plan, graph, lanes, live, placement};
    SC_TRY(sc_arena_allocate(plan->arena, &plan->repeat, graph->repeats, sizeof *plan->repeat));
    SC_TRY(sc_arena_allocate(plan->arena, &plan->zeros, graph->crossings, sizeof *plan->zeros));
    for (size_t r = 0; r < graph->repeats; r++) plan->repeat[r] = graph->repeat[r];
    for (size_t c = 0; c < graph->crossings; c++) {
        const sc_crossing *one = &graph->crossing[c];
        bool behind = one->kind == SC_CROSS_COLLECT;
        sc_value first = behind ? one->outside : one->store;
        sc_value memory = first == SC_NO_VALUE ? first : sc_graph_memory(graph, first);
        if (one->kind == SC_CROSS_READ || (!behind && one->outside != SC_NO_VALUE) ||
            (behind && !graph->repeat[one->repeat - 1].to_longest) || live->of_value[first] < 0)
            continue;
        /* In turns, nobody reads what is collected. */
        if (behind && graph->value[memory].slots > 1 && live->slots[memory] <= 2) continue;
        sc_plan_zeros *zeros = &plan->zeros[plan->zeros_count++];
        *zeros = (sc_plan_zeros){.repeat = one->repeat,
                                 .slot = sc_tensor_bytes(sc_graph_desc(graph, one->inside)),
                                 .behind = behind};
        SC_TRY(place_value(&p, first, &zeros->place));
    }
    return SOCLE_OK;
}
