/* SPDX-License-Identifier: Apache-2.0 */
/* The tile engine: every tile gives the bits of the plain kernels, which sum in the same order; so
 * do operands that begin anywhere, and work that is cut into launches. Pieces of the depth follow
 * from the shape alone. */
#include "backend/records.h"
#include "device_fixture.h"
#include "opencl/ocl.h"
#include "opencl/ocl_tile_geometry.h"
#include "sc_temp.h"

enum { MOST = 1 << 16, TILES = 4 };

typedef struct bench {
    device_fixture f;
    sc_temp folder;
    sc_env env;
    sc_records *records;
} bench;

static void bench_open(bench *b) {
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    sc_temp_make(&b->folder);
    sc_env_init(&b->env, NULL, NULL);
    SC_OK(&b->env, sc_records_load(&b->records, &b->env, b->folder.path));
    options.records = b->records;
    device_open(&b->f, "opencl:0", &options);
}

static void bench_close(bench *b) {
    device_close(&b->f);
    sc_records_destroy(b->records);
    sc_temp_remove(&b->folder);
}

/* Operands begin `shift` bytes behind the beginning of their buffers. */
static void run(bench *b, const sc_op_desc *desc, const char *name, const char *tuning,
                size_t shift, int64_t rows, float *out) {
    static float data[2][MOST];
    device_fixture *f = &b->f;
    sc_operand operand[3], workspace = {0};
    sc_kernel *kernel;
    const sc_launch launch = {.rows = rows};
    SC_OK(&b->env, sc_records_set_tuning(b->records, &f->device->info, desc->op, "tile", tuning));
    SC_OK(&f->env, sc_prepare(&kernel, f->device, desc, name));
    for (int i = 0; i < 3; i++) {
        const size_t bytes = sc_tensor_bytes(&desc->tensor[i]);
        SC_TRUE(bytes <= sizeof data[0]);
        operand[i] = (sc_operand){.offset = shift};
        SC_OK(&f->env,
              sc_buffer_create(&operand[i].buffer, f->device, SC_BUFFER_DEVICE, bytes + shift));
        if (i < 2) device_fill(data[i], MOST, (uint32_t)i + 1);
        SC_OK(&f->env, sc_queue_write(f->queue, operand[i], i < 2 ? data[i] : out, bytes));
    }
    if (kernel->workspace)
        SC_OK(&f->env,
              sc_buffer_create(&workspace.buffer, f->device, SC_BUFFER_DEVICE, kernel->workspace));
    SC_OK(&f->env, sc_kernel_enqueue(kernel, f->queue, operand, workspace, &launch));
    SC_OK(&f->env, sc_queue_read(f->queue, out, operand[2], sc_tensor_bytes(&desc->tensor[2])));
    SC_OK(&f->env, sc_queue_finish(f->queue));
    for (int i = 0; i < 3; i++) sc_buffer_destroy(operand[i].buffer);
    sc_buffer_destroy(workspace.buffer);
    sc_kernel_release(kernel);
}

static sc_op_desc product(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k) {
    sc_op_desc desc = {.op = SC_OP_MATMUL, .inputs = 2, .outputs = 1};
    desc.attr.matmul.transpose_a = transpose_a;
    desc.attr.matmul.transpose_b = transpose_b;
    desc.tensor[0] = transpose_a ? sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){k, m})
                                 : sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){m, k});
    desc.tensor[1] = sc_tensor_make(
        SOCLE_F32, 0, 2, transpose_b ? (const int64_t[]){n, k} : (const int64_t[]){k, n});
    desc.tensor[2] = sc_tensor_make(SOCLE_F32, !transpose_a, 2, (const int64_t[]){m, n});
    return desc;
}

/* x [n, 6, 13, 17], two groups; w [10, 3, 3, 2], or 1x1 with the stride 1. */
static sc_op_desc convolution(bench *b, sc_op op, int64_t n, int stride, int size) {
    sc_op_desc forward = {.op = SC_OP_CONV2D, .inputs = 2, .outputs = 1}, desc;
    forward.attr.conv.groups = 2;
    forward.attr.conv.window = (sc_window){{size, size > 1 ? size - 1 : 1},
                                           {stride, stride},
                                           {1, stride},
                                           {size / 2, size > 1},
                                           {size / 2, 0}};
    forward.tensor[0] = sc_tensor_make(SOCLE_F32, 1, 4, (const int64_t[]){n, 6, 12, 17});
    forward.tensor[1] = sc_tensor_make(
        SOCLE_F32, 0, 4, (const int64_t[]){10, 3, size, forward.attr.conv.window.kernel[1]});
    SC_OK(&b->env, sc_op_infer(&b->env, &forward));
    desc = forward;
    desc.op = op;
    if (op == SC_OP_CONV2D_GRAD_INPUT) {
        desc.tensor[0] = forward.tensor[2];
        desc.tensor[2] = forward.tensor[0];
    }
    if (op == SC_OP_CONV2D_GRAD_WEIGHT) {
        desc.tensor[1] = forward.tensor[2];
        desc.tensor[2] = forward.tensor[1];
    }
    SC_OK(&b->env, sc_op_check(&b->env, &desc));
    return desc;
}

/* The tile that large products get, wide and tall ones, and one with a single buffer. */
static const char *const tiles[TILES] = {
    NULL,
    "ROWS=128 COLUMNS=64 DEPTH=8 ITEM_ROWS=8 ITEM_COLUMNS=8 BUFFERS=2",
    "ROWS=32 COLUMNS=128 DEPTH=16 ITEM_ROWS=4 ITEM_COLUMNS=8 BUFFERS=2",
    "ROWS=64 COLUMNS=64 DEPTH=16 ITEM_ROWS=4 ITEM_COLUMNS=4 BUFFERS=1",
};

static void equals_plain(bench *b, const sc_op_desc *desc, int64_t rows) {
    static float standard[MOST], found[MOST];
    const size_t bytes = sc_tensor_bytes(&desc->tensor[2]);
    memset(standard, 0xff, bytes);
    run(b, desc, "plain", NULL, 0, rows, standard);
    for (int t = 0; t < TILES; t++) {
        if (!sc_test_full() && t && t != 1 + (int)desc->op % (TILES - 1)) continue;
        for (size_t shift = 0; shift <= 4; shift += 4) {
            SC_REPRO("%s, %s, operands at %zu", sc_op_word(desc->op), tiles[t] ? tiles[t] : "-",
                     shift);
            memset(found, 0xff, bytes);
            run(b, desc, "tile", tiles[t], shift, rows, found);
            SC_EQ_MEMORY(found, standard, bytes);
        }
    }
}

Test(tile, products_are_those_of_the_plain_kernel_to_the_bit) {
    bench b;
    bench_open(&b);
    for (int form = 0; form < 4; form++) {
        const bool ta = form & 1, tb = form >> 1;
        if (!sc_test_full() && form && form != 2) continue;
        sc_op_desc desc = product(ta, tb, 140, 76, 92); /* quads */
        equals_plain(&b, &desc, 140);
        desc = product(ta, tb, 37, 131, 61); /* none */
        equals_plain(&b, &desc, ta ? 37 : 36);
    }
    bench_close(&b);
}

Test(tile, convolutions_are_those_of_the_plain_kernel_to_the_bit) {
    bench b;
    bench_open(&b);
    for (int op = SC_OP_CONV2D; op <= SC_OP_CONV2D_GRAD_INPUT; op++)
        for (int stride = 1; stride <= 3; stride++) {
            if (!sc_test_full() && stride == 3) continue;
            const sc_op_desc desc = convolution(&b, (sc_op)op, 5, stride, stride == 1 ? 1 : 3);
            equals_plain(&b, &desc, 4);
        }
    bench_close(&b);
}

/* The capacity of a kernel is no part of the shape: as many samples give the same bits. */
Test(tile, pieces_do_not_depend_on_the_capacity) {
    static float small[MOST], large[MOST], cut[MOST];
    bench b;
    bench_open(&b);
    sc_op_desc desc = convolution(&b, SC_OP_CONV2D_GRAD_WEIGHT, 6, 1, 3);
    const size_t bytes = sc_tensor_bytes(&desc.tensor[2]);
    run(&b, &desc, "tile", NULL, 0, 5, small); /* 1,020 positions: two pieces */
    sc_ocl_device_of(b.f.device)->launch_products = 1;
    run(&b, &desc, "tile", NULL, 0, 5, cut);
    SC_EQ_MEMORY(cut, small, bytes);
    desc = convolution(&b, SC_OP_CONV2D_GRAD_WEIGHT, 29, 1, 3);
    run(&b, &desc, "tile", NULL, 0, 5, large);
    SC_EQ_MEMORY(large, small, bytes);
    bench_close(&b);
}

Test(tile, a_launch_is_as_long_as_the_device_lets_it_be) {
    static float whole[MOST], cut[MOST];
    bench b;
    bench_open(&b);
    const sc_op_desc desc = product(false, false, 140, 76, 92);
    run(&b, &desc, "tile", NULL, 0, 139, whole);
    sc_ocl_device_of(b.f.device)->launch_products = 64 * 32 * 96 * 2; /* two groups */
    run(&b, &desc, "tile", NULL, 0, 139, cut);
    SC_EQ_MEMORY(cut, whole, sc_tensor_bytes(&desc.tensor[2]));
    bench_close(&b);
}

/* ---- Arithmetic ---- */

static const sc_tile_limits usual = {1024, 49152, 20, NULL, 0};

static sc_shape_tile shape_of(int rows, int columns, int depth, int products) {
    return (sc_shape_tile){.rows = rows, .columns = columns, .depth = depth, .products = products};
}

/* What cl/tile.h refuses to compile. */
static void check_tile(const sc_tile *tile, const sc_tile_limits *limits) {
    const int items = sc_tile_items(tile);
    SC_TRUE(items % tile->rows == 0 && items % tile->columns == 0 && items % tile->depth == 0);
    SC_TRUE(tile->rows * tile->depth % (4 * items) == 0);
    SC_TRUE(tile->columns * tile->depth % (4 * items) == 0);
    SC_TRUE((size_t)items <= limits->items && sc_tile_local_bytes(tile) <= limits->local_bytes);
}

Test(tile_geometry, every_value_of_a_parameter_has_a_tile) {
    const int sizes[] = {1, 9, 64, 300, 5000};
    for (int loaders = 20; loaders <= 36; loaders += 8)
        for (const sc_tuning_parameter *p = sc_tile_parameters; p->name; p++)
            for (int v = 0; v < SC_TUNING_VALUES && p->value[v]; v++)
                for (int s = 0; s < 25; s++) {
                    const sc_tile_limits limits = {256, 32768, loaders, NULL, 0};
                    int tuning[SC_TUNING_PARAMETERS] = {0};
                    sc_shape_tile shape = shape_of(sizes[s % 5], sizes[s / 5], sizes[s % 3], 1);
                    sc_tile tile;
                    tuning[p - sc_tile_parameters] = p->value[v];
                    sc_tile_cut(&shape, 0);
                    SC_REPRO("%s=%d, %d loaders, size %d", p->name, p->value[v], loaders, s);
                    SC_TRUE(sc_tile_choose(&tile, &shape, tuning, &limits));
                    check_tile(&tile, &limits);
                }
}

Test(tile_geometry, tiles_suit_shape_and_device) {
    const int any[SC_TUNING_PARAMETERS] = {0};
    const int impossible[SC_TUNING_PARAMETERS] = {32, 32, 8, 8, 8};
    const sc_tile_limits little = {63, 49152, 20, NULL, 0}, none = {31, 49152, 20, NULL, 0},
                         poor = {1024, 1024, 20, NULL, 0};
    sc_shape_tile shape = shape_of(4096, 4096, 4096, 1);
    sc_tile tile;
    sc_tile_cut(&shape, 0);
    SC_TRUE(sc_tile_choose(&tile, &shape, any, &usual));
    SC_EQ(tile.item_rows * tile.item_columns, 64);
    SC_TRUE(tile.rows * tile.columns >= 8192);
    SC_TRUE(sc_tile_choose(&tile, &shape, any, &little));
    SC_EQ(sc_tile_items(&tile), 32);
    SC_TRUE(!sc_tile_choose(&tile, &shape, any, &none));
    SC_TRUE(!sc_tile_choose(&tile, &shape, any, &poor));
    SC_TRUE(!sc_tile_choose(&tile, &shape, impossible, &usual)); /* 16 items */
    shape = shape_of(20, 20, 20, 1);
    sc_tile_cut(&shape, 0);
    SC_TRUE(sc_tile_choose(&tile, &shape, any, &usual));
    SC_TRUE(tile.rows == 32 && tile.columns == 32);
}

/* Each vendor's predictions: every shape has a tile whatever the loaders, items keep within its
 * registers, and a small device gets as large tiles as a large one or larger. */
Test(tile_geometry, tiles_of_vendors) {
    static const char *const vendors[] = {"NVIDIA Corporation", "Advanced Micro Devices, Inc.",
                                          "AMD", "Intel(R) Corporation", "Nobody"};
    const int any[SC_TUNING_PARAMETERS] = {0};
    SC_EQ_STR(sc_tile_machine_of(vendors[3])->vendor, "Intel");
    SC_EQ_STR(sc_tile_machine_of(vendors[4])->vendor, "");
    for (size_t v = 0; v < sizeof vendors / sizeof vendors[0]; v++)
        for (int loaders = 20; loaders <= 36; loaders += 8)
            for (int size = 8; size <= 8192; size *= 4) {
                const sc_tile_machine *machine = sc_tile_machine_of(vendors[v]);
                const sc_tile_limits large = {1024, 65536, loaders, machine, 512},
                                     small = {1024, 65536, loaders, machine, 2};
                sc_shape_tile shape = shape_of(size, size, size, 1);
                sc_tile tile, other;
                sc_tile_cut(&shape, 0);
                SC_REPRO("%s, %d loaders, size %d", vendors[v], loaders, size);
                SC_TRUE(sc_tile_choose(&tile, &shape, any, &large));
                check_tile(&tile, &large);
                SC_TRUE(tile.item_rows * tile.item_columns < machine->registers - loaders);
                SC_TRUE(sc_tile_choose(&other, &shape, any, &small));
                SC_TRUE(other.rows * other.columns >= tile.rows * tile.columns);
            }
}

Test(tile_geometry, pieces_cover_the_depth) {
    sc_shape_tile shape = shape_of(64, 576, 200704, 1);
    const int depth = sc_tile_split_depth(sc_tile_outputs(&shape));
    SC_EQ(depth, 512);
    sc_tile_cut(&shape, depth);
    SC_EQ(shape.splits, 392);
    SC_EQ(shape.split_depth, 512);
    sc_tile_cut(&shape, 0);
    SC_TRUE(shape.splits == 1 && shape.split_depth == 200704);
    shape.depth = 513;
    sc_tile_cut(&shape, depth);
    SC_EQ(shape.splits, 2);
    shape.depth = 0; /* an empty sum is one too */
    sc_tile_cut(&shape, depth);
    SC_TRUE(shape.splits == 1 && shape.split_depth == 0);
    SC_EQ(sc_tile_split_depth(5120 * 5120), 25600);
    SC_TRUE(sc_tile_split_depth(INT64_MAX / 2) > 0);
    SC_EQ(sc_tile_split_depth(INT64_MAX / 2) % 4, 0);
}

Test(tile_geometry, launches_have_a_group_at_least) {
    const sc_tile tile = {128, 64, 8, 8, 8, 2};
    sc_shape_tile shape = shape_of(1000, 1000, 1 << 20, 3);
    sc_tile_cut(&shape, 0);
    sc_tile_cover(&shape, &tile);
    SC_EQ(sc_tile_groups(&shape), 3 * 8 * 16);
    SC_EQ(sc_tile_groups_together(&shape, &tile, INT64_C(1) << 34), 2);
    SC_EQ(sc_tile_groups_together(&shape, &tile, 1), 1);
}
