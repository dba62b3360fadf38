/* SPDX-License-Identifier: Apache-2.0 */
/* Weights that a kernel packs for itself. Where the operand is a parameter, the result stays from
 * run to run: its memory is the plan's own, and packing is a launch among those that run only after
 * the weights changed. Any other operand is packed by the kernel in every launch, and so is every
 * operand where memory is short. Knows no kernel. */
#include "graph/plan_private.h"

#include <stdio.h>
#include <string.h>

socle_status sc_plan_add_interval(sc_plan *plan, sc_live *live, const sc_interval *interval,
                                  const char *layer, int *out) {
    const char *name = interval->name;
    char text[2 * SC_NAME_TEXT];
    if (layer) {
        snprintf(text, sizeof text, "%s of %s", interval->name, layer);
        SC_TRY(sc_arena_string(plan->arena, &name, text));
    }
    return sc_live_add(live, interval->first, interval->last, interval->bytes, name, out);
}

socle_status sc_plan_keep_packed(sc_plan *plan, const sc_graph *graph, const sc_node *node,
                                 sc_launch_record *launch, sc_live *live, int *kept) {
    const sc_packing *packing = &launch->kernel->packing;
    *kept = -1;
    if (plan->options.hooks.plain_layouts || graph->recomputes || !packing->bytes ||
        !sc_graph_is_parameter(graph, node->input[packing->operand]))
        return SOCLE_OK;
    launch->packed = true;
    const sc_interval always = {
        .last = (int)graph->nodes, .bytes = packing->bytes, .name = "packed weights"};
    return sc_plan_add_interval(plan, live, &always, launch->layer, kept);
}

void sc_plan_add_packs(sc_plan *plan, const sc_placement *placement, const int *kept) {
    sc_launch_record *pack = plan->launch + plan->packs, *rest;
    int others = plan->launches - plan->packs, count = 0;
    kept += plan->packs; /* what is hoisted already reads no weights but plain ones */
    for (int i = 0; i < others; i++) count += kept[i] >= 0;
    rest = pack + count;
    memmove(rest, pack, (size_t)others * sizeof *pack);
    for (int i = 0; i < others; i++) {
        if (kept[i] < 0) continue;
        sc_place *operand = &rest[i].place[rest[i].kernel->packing.operand];
        const sc_placement place = placement[kept[i]];
        *pack = (sc_launch_record){
            .kernel = rest[i].kernel,
            .packs = true,
            .layer = rest[i].layer,
            .op = SC_OP_REORDER,
            .operands = 2,
            .place = {*operand,
                      {.lane = SC_LANE_NONE, .buffer = place.buffer, .offset = place.offset}},
            .workspace = {.lane = SC_LANE_NONE, .buffer = -1},
        };
        *operand = pack->place[1];
        pack++;
    }
    plan->packs += count;
    plan->launches += count;
}
