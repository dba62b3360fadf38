/* SPDX-License-Identifier: Apache-2.0 */
/* Recomputation through real plans: deep networks give the same bits of loss, statistics and
 * gradients whatever is made again, on every device here, and the plan's memory falls as the
 * estimate says. */
#include "device_fixture.h"
#include "graph/plan.h"
#include "graph/recompute.h"
#include "nn/lanes.h"
#include "null/deep_nets.h"

enum { MOST_HOMES = 256 };

/* A plan of a graph over lanes of its own, filled with numbers that depend on lane and index alone.
 */
typedef struct deep_plan {
    device_fixture *f;
    sc_lane_map map;
    sc_lane_memory memory;
    sc_plan *plan;
    sc_plan_size size;
    sc_recompute_report report;
} deep_plan;

/* The homes of one lane, as the graph's values have them. */
static void place_lane(deep_plan *p, const sc_graph *graph, int lane) {
    size_t bytes[MOST_HOMES] = {0};
    int count = 0;
    for (size_t v = 0; v < graph->values; v++) {
        const sc_value_info *info = &graph->value[v];
        if (info->lane != lane) continue;
        SC_TRUE(info->index < MOST_HOMES);
        bytes[info->index] = sc_tensor_bytes(&info->desc);
        if (info->index >= count) count = info->index + 1;
    }
    if (!count) return;
    sc_env *env = &p->f->env;
    sc_operand *base = &p->memory.base[lane];
    SC_OK(env, sc_lane_place(&p->map.lane[lane], env, count, bytes, NULL));
    SC_OK(env,
          sc_buffer_create(&base->buffer, p->f->device, SC_BUFFER_DEVICE, p->map.lane[lane].bytes));
    SC_OK(env, sc_queue_fill(p->f->queue, *base, UINT32_MAX, p->map.lane[lane].bytes));
}

/* Weights such that the activations keep their size from layer to layer. */
static void fill_value(deep_plan *p, const sc_value_info *info) {
    size_t elements = (size_t)sc_tensor_elements(&info->desc);
    float *data = malloc(elements * sizeof *data);
    bool weights = info->lane == SC_LANE_PARAMETERS && info->desc.rank > 1;
    float scale = weights ? 2.4f / sqrtf((float)(elements / (size_t)info->desc.dim[0])) : 1.0f;
    device_fill(data, elements, 100u * (uint32_t)info->lane + (uint32_t)info->index);
    for (size_t i = 0; i < elements; i++) data[i] *= scale;
    unsigned char *labels = (unsigned char *)data;
    for (size_t i = 0; i < elements && info->desc.dtype == SOCLE_U8; i++)
        labels[i] = (unsigned char)(i * 7 % DEEP_CLASSES);
    sc_operand place = p->memory.base[info->lane];
    place.offset += p->map.lane[info->lane].offset[info->index];
    SC_OK(&p->f->env, sc_queue_write(p->f->queue, place, data, sc_tensor_bytes(&info->desc)));
    SC_OK(&p->f->env, sc_queue_finish(p->f->queue));
    free(data);
}

/* The network brought under `limit`, planned. */
static void create(deep_plan *p, device_fixture *f, const deep_kind *kind, size_t limit,
                   const sc_plan_options *options) {
    deep_net net;
    *p = (deep_plan){.f = f};
    deep_create(&net, &f->env, kind);
    SC_OK(&f->env, sc_graph_recompute(net.graph, net.forward_nodes, limit, &p->report));
    for (int lane = 0; lane < SC_LANE_COUNT; lane++) place_lane(p, net.graph, lane);
    for (size_t v = 0; v < net.graph->values; v++) {
        const sc_value_info *info = &net.graph->value[v];
        if (info->lane != SC_LANE_NONE && !info->is_output) fill_value(p, info);
    }
    SC_OK(&f->env, sc_plan_create(&p->plan, f->device, net.graph, &p->map, options));
    p->size = sc_plan_sizes(p->plan);
    deep_destroy(&net);
}

static void destroy(deep_plan *p) {
    sc_plan_destroy(p->plan);
    for (int lane = 0; lane < SC_LANE_COUNT; lane++) sc_buffer_destroy(p->memory.base[lane].buffer);
    sc_lane_map_free(&p->map, &p->f->env);
}

/* Runs, and reads the lanes SUMS and GRADIENTS. */
static float *results(deep_plan *p, int64_t rows, size_t *elements) {
    static const sc_lane lane[2] = {SC_LANE_SUMS, SC_LANE_GRADIENTS};
    sc_env *env = &p->f->env;
    sc_launch launch = {.rows = rows, .sample_offset = 2, .step = 3, .seed = 5};
    SC_OK(env, sc_plan_run(p->plan, p->f->queue, &p->memory, &launch));
    size_t bytes[2] = {p->map.lane[lane[0]].bytes, p->map.lane[lane[1]].bytes}, at = 0;
    unsigned char *data = malloc(bytes[0] + bytes[1]);
    for (int i = 0; i < 2; at += bytes[i++])
        SC_OK(env, sc_queue_read(p->f->queue, data + at, p->memory.base[lane[i]], bytes[i]));
    SC_OK(env, sc_queue_finish(p->f->queue));
    *elements = at / sizeof(float);
    return (float *)(void *)data;
}

/* Padding apart, which stays what it was (a NaN here). */
static void plausible(const float *data, size_t elements) {
    size_t numbers = 0, zeros = 0;
    for (size_t i = 0; i < elements; i++) {
        SC_TRUE(!isinf(data[i]));
        numbers += !isnan(data[i]);
        zeros += data[i] == 0.0f;
    }
    SC_TRUE(numbers > 1000 && zeros < numbers / 2);
}

static void same_bits(deep_plan *plain, deep_plan *other, int64_t rows) {
    size_t elements, count;
    float *expected = results(plain, rows, &elements), *actual = results(other, rows, &count);
    plausible(expected, elements);
    SC_EQ(count, elements);
    SC_EQ_MEMORY(actual, expected, elements * sizeof *expected);
    free(expected);
    free(actual);
}

static void same_bits_of(device_fixture *f, const char *name, int limits, const int *percent) {
    const deep_kind *kind = deep_kind_named(name);
    deep_plan plain;
    create(&plain, f, kind, SIZE_MAX, NULL);
    for (int i = 0; i < limits; i++) {
        deep_plan less;
        create(&less, f, kind, plain.report.before * (size_t)percent[i] / 100, NULL);
        SC_REPRO("%s on %s, limit %d%%", name, f->device->info.id, percent[i]);
        SC_TRUE(less.report.segments > 0);
        same_bits(&plain, &less, kind->rows);
        same_bits(&plain, &less, kind->rows - 1);
        destroy(&less);
    }
    destroy(&plain);
}

static const int percents[] = {0, 40, 80};

Test(plan_recompute, same_bits_cpu) {
    device_fixture f;
    device_open(&f, "cpu", NULL);
    for (int k = 0; k < deep_kind_count; k++) same_bits_of(&f, deep_kinds[k].name, 3, percents);
    device_close(&f);
}

/* Fewer cases: with nothing cached, PoCL takes seconds to compile the kernels of each network. In a
 * plain ./test that of memory_falls_opencl, whose plans are the same. */
Test(plan_recompute, same_bits_opencl, .timeout = 230) {
    device_fixture f;
    device_open(&f, "opencl:0", NULL);
    same_bits_of(&f, "normalised", sc_test_full() ? 3 : 1, percents);
    if (sc_test_full()) {
        same_bits_of(&f, "narrow", 1, percents);
        same_bits_of(&f, "convolutions", 2, percents);
        same_bits_of(&f, "dense", 2, percents);
    }
    device_close(&f);
}

/* Memory of the plan itself. Beside the estimate it has workspaces and reordered copies. The
 * launches that are added are those of the parts made again, fused like the originals; packing
 * weights, where it is a launch of its own, is none of a run's. */
static void shrinks(device_fixture *f, const char *name, size_t percent) {
    deep_plan plain, less;
    const deep_kind *kind = deep_kind_named(name);
    create(&plain, f, kind, SIZE_MAX, NULL);
    create(&less, f, kind, 0, NULL);
    SC_REPRO("%s on %s: %zu -> %zu bytes, estimated %zu -> %zu; %d -> %d launches", name,
             f->device->info.id, plain.size.activations, less.size.activations, less.report.before,
             less.report.after, plain.size.launches, less.size.launches);
    SC_TRUE(100 * less.size.activations <= percent * plain.size.activations);
    int more = less.size.launches - less.size.packs, fewer = plain.size.launches - plain.size.packs;
    SC_TRUE(more > fewer);
    SC_TRUE(100 * more <= 130 * fewer);
    destroy(&plain);
    destroy(&less);
}

Test(plan_recompute, memory_falls_cpu) {
    device_fixture f;
    device_open(&f, "cpu", NULL);
    shrinks(&f, "convolutions", 42);
    shrinks(&f, "normalised", 48);
    shrinks(&f, "residual", 50);
    device_close(&f);
}

Test(plan_recompute, memory_falls_opencl, .timeout = 230) {
    device_fixture f;
    device_open(&f, "opencl:0", NULL);
    shrinks(&f, "normalised", 38);
    if (sc_test_full()) shrinks(&f, "convolutions", 38);
    device_close(&f);
}

/* One buffer per value, poisoned, canaries around: a value that is read before it is made again
 * would be a NaN. */
Test(plan_recompute, separate_buffers) {
    device_fixture f;
    deep_plan plain, less;
    device_open(&f, "cpu", NULL);
    const deep_kind *kind = deep_kind_named("narrow");
    create(&plain, &f, kind, SIZE_MAX, NULL);
    create(&less, &f, kind, 0, &(sc_plan_options){.hooks = {.separate = true}});
    same_bits(&plain, &less, kind->rows);
    destroy(&less);
    create(&less, &f, kind, 0,
           &(sc_plan_options){
               .hooks = {.separate = true, .keep_graph_order = true, .plain_layouts = true}});
    same_bits(&plain, &less, kind->rows);
    destroy(&less);
    destroy(&plain);
    device_close(&f);
}
