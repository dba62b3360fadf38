/* SPDX-License-Identifier: Apache-2.0 */
/* The lazy update of an embedding (`sparse: true`) against PyTorch's SparseAdam: rows that a step
 * looks up move, states of the others wait. */
#include "fixture.h"
#include "sc_device_bodies.h"
#include "sparse_expected.h"

#include <math.h>

static sc_net *build(fixture *f) {
    sc_net *net;
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find("embedding", &options);
    options.vocabulary = TORCH_WORDS;
    options.units = TORCH_UNITS;
    options.sparse = true;
    FIXTURE_OK(sc_net_create(&net, &f->env));
    int x = sc_net_input(net, "input", SOCLE_I32, &(socle_shape){1, {TORCH_TOKENS}}, 1);
    x = sc_net_layer(net, kind, NULL, 1, &x, &options);
    FIXTURE_OK(sc_net_loss(net, "mean_squared_error", x));
    return net;
}

/* As make_sparse.py has it. */
static void take_step(sc_engine *engine, int step) {
    int32_t token[TORCH_SAMPLES * TORCH_TOKENS];
    float target[TORCH_SAMPLES][TORCH_TOKENS][TORCH_UNITS];
    const void *column[2] = {token, target};
    for (int at = 0; at < TORCH_SAMPLES * TORCH_TOKENS; at++)
        token[at] = (5 * step + 3 * at * at) % TORCH_WORDS;
    for (int n = 0; n < TORCH_SAMPLES; n++)
        for (int t = 0; t < TORCH_TOKENS; t++)
            for (int u = 0; u < TORCH_UNITS; u++)
                target[n][t][u] = (float)(2 + cos((double)(step + n + 2 * t + 3 * u)));
    const int slot = step % sc_engine_slots(engine);
    FIXTURE_OK(sc_engine_step_samples(engine, column, TORCH_SAMPLES, NULL));
    FIXTURE_OK(sc_engine_upload(engine, slot, TORCH_SAMPLES, column, NULL));
    FIXTURE_OK(sc_engine_slot_uploaded(engine, slot));
    FIXTURE_OK(sc_engine_micro_batch(engine, slot, TORCH_SAMPLES, 0, (uint32_t)step + 1));
    FIXTURE_OK(
        sc_engine_commit(engine, &(sc_engine_step){(uint32_t)step + 1, TORCH_SAMPLES, 1, 0.05f}));
}

/* SparseAdam adds epsilon to the root of the second moment before its bias is corrected, Adam after
 * it: where gradients are 0.06 and more that is 1.4e-6 after these eight steps of 0.05. Eight
 * updates in float add a few roundings of numbers below 2 each. */
static void eight_steps_of_torch(const char *device) {
    fixture f;
    sc_engine *engine;
    fixture_open(&f, device, 0);
    f.net = build(&f);
    const sc_optimizer adam = fixture_optimizer("adam", 0.05f, 0);
    const sc_engine_options options = {.capacity = TORCH_SAMPLES,
                                       .optimizer = &adam,
                                       .seed = 3,
                                       .step_samples = TORCH_SAMPLES,
                                       .has_target_dtype = true,
                                       .target_dtype = SOCLE_F32};
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    SC_EQ(sc_engine_tables(engine), 1);
    float table[TORCH_WORDS][TORCH_UNITS];
    for (int w = 0; w < TORCH_WORDS; w++)
        for (int u = 0; u < TORCH_UNITS; u++) table[w][u] = (float)torch_table[0][w][u];
    FIXTURE_OK(sc_engine_write(engine, 0, table[0]));
    for (int step = 0; step < TORCH_STEPS; step++) {
        take_step(engine, step);
        FIXTURE_OK(sc_engine_read(engine, 0, table[0]));
        for (int w = 0; w < TORCH_WORDS; w++)
            for (int u = 0; u < TORCH_UNITS; u++) {
                SC_REPRO("step %d, row %d, unit %d", step + 1, w, u);
                SC_NEAR((double)table[w][u], torch_table[step + 1][w][u], 5e-6);
            }
    }
    sc_engine_destroy(engine);
    fixture_close(&f);
}

SC_DEVICE_BODY(sparse_torch, eight_steps_of_torch)

SC_OPENCL_BODIES(sparse_torch)
