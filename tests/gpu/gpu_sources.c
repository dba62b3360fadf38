/* SPDX-License-Identifier: Apache-2.0 */
/* Prepares every operation of the case tables, of the shapes of real networks and of every tile on
 * the first OpenCL device, through every implementation that the planner may choose there. Under
 * the source layer (source_layer.c) that device is a GPU, and what is prepared is gathered as text.
 * It launches nothing and must not know who compiles the texts. */
#include "backend/registry.h"
#include "bench/cases.h"
#include "opencl/ocl_tile.h"
#include "verify/session.h"

#include <stdio.h>
#include <stdlib.h>

static int prepared;

static socle_status prepare(sc_device *device, const sc_implementation *implementation,
                            const sc_op_desc *desc) {
    sc_kernel *kernel = NULL;
    socle_status status = sc_prepare(&kernel, device, desc, implementation->name);
    prepared += status == SOCLE_OK;
    sc_kernel_release(kernel);
    return status == SOCLE_STATUS_UNSUPPORTED ? SOCLE_OK : status;
}

/* CLBlast brings its own texts. */
static bool may_be_chosen(const sc_device *device, const sc_implementation *implementation,
                          sc_op op) {
    return implementation->op == op &&
           !(implementation->needs & (~device->info.traits | SC_TRAIT_BLAS));
}

static socle_status prepare_all(sc_device *device, const sc_op_desc *desc) {
    for (const sc_implementation *const *list = device->implementations; *list; list++)
        if (may_be_chosen(device, *list, desc->op)) SC_TRY(prepare(device, *list, desc));
    return SOCLE_OK;
}

static socle_status prepare_case(sc_session *session, const sc_verify_case *test, int number) {
    (void)number;
    return prepare_all(session->device, &test->desc);
}

static socle_status prepare_table(sc_env *env, sc_device *device) {
    const sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    sc_verify_totals totals = {0};
    sc_session session = {
        .env = env, .device = device, .options = &options, .totals = &totals, .run = prepare_case};
    return sc_session_walk(&session);
}

/* ---- Tiles ---- */

/* Tile number `number` of all that the parameters give; false: there are no more. */
static bool numbered(int tuning[SC_TUNING_PARAMETERS], int number) {
    for (int p = 0; sc_tile_parameters[p].name; p++) {
        int count = 0;
        while (count < SC_TUNING_VALUES && sc_tile_parameters[p].value[count]) count++;
        tuning[p] = sc_tile_parameters[p].value[number % count];
        number /= count;
    }
    return number == 0;
}

static socle_status prepare_tiles(sc_device *device, const sc_implementation *implementation,
                                  const sc_op_desc *desc) {
    int tuning[SC_TUNING_PARAMETERS] = {0};
    for (int number = 0; numbered(tuning, number); number++) {
        sc_kernel *kernel = NULL;
        socle_status status =
            implementation->prepare(&kernel, device, implementation, desc, tuning);
        prepared += status == SOCLE_OK;
        sc_kernel_release(kernel);
        if (status != SOCLE_OK && status != SOCLE_STATUS_UNSUPPORTED) return status;
    }
    return SOCLE_OK;
}

/* Whether an operation's text is one whose tiles were all prepared: one of each operation, and the
 * other one that it has for pointwise convolutions. */
static bool is_new(bool seen[SC_OP_COUNT][2], const sc_op_desc *desc) {
    const bool pointwise = desc->op != SC_OP_MATMUL && desc->attr.conv.window.kernel[0] == 1 &&
                           desc->attr.conv.window.stride[0] == 1;
    bool *place = &seen[desc->op][pointwise];
    const bool is = !*place;
    *place = true;
    return is;
}

static socle_status prepare_networks(sc_env *env, sc_device *device) {
    bool seen[SC_OP_COUNT][2] = {{false}};
    for (int number = 0;; number++) {
        sc_bench_case test;
        bool there = false;
        SC_TRY(sc_bench_case_at(env, number, &test, &there));
        if (!there) return SOCLE_OK;
        SC_TRY(prepare_all(device, &test.desc));
        for (const sc_implementation *const *list = device->implementations; *list; list++)
            if ((*list)->parameter == sc_tile_parameters && (*list)->op == test.desc.op &&
                is_new(seen, &test.desc))
                SC_TRY(prepare_tiles(device, *list, &test.desc));
    }
}

/* ---- Shapes of networks, through the implementation that is chosen ---- */

static socle_status prepare_shape(sc_env *env, sc_device *device, const char *network,
                                  const sc_op_desc *desc) {
    sc_kernel *kernel = NULL;
    sc_text text;
    sc_text_init(&text, env);
    sc_text_add(&text, "%s ", network);
    sc_op_print(&text, desc);
    socle_status status = text.status;
    if (status == SOCLE_OK && setenv("SOURCE_SHAPE", text.data, 1) != 0)
        status = sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "setenv");
    if (status == SOCLE_OK) status = sc_prepare(&kernel, device, desc, NULL);
    sc_kernel_release(kernel);
    unsetenv("SOURCE_SHAPE");
    sc_text_free(&text);
    return status;
}

/* Large enough to fill any device. */
static socle_status prepare_large(sc_env *env, sc_device *device) {
    sc_op_desc desc = {.op = SC_OP_MATMUL, .inputs = 2, .outputs = 1};
    desc.tensor[0] = sc_tensor_make(SOCLE_F32, 0, 2, (int64_t[]){4096, 4096});
    desc.tensor[1] = desc.tensor[0];
    SC_TRY(sc_op_infer(env, &desc));
    return prepare_shape(env, device, "large", &desc);
}

static socle_status prepare_shapes(sc_env *env, sc_device *device) {
    SC_TRY(prepare_large(env, device));
    for (int number = 0;; number++) {
        sc_bench_case test;
        bool there = false;
        SC_TRY(sc_bench_case_at(env, number, &test, &there));
        if (!there) return SOCLE_OK;
        SC_TRY(prepare_shape(env, device, test.network, &test.desc));
    }
}

int main(void) {
    sc_env env;
    sc_registry registry;
    sc_device_choice *choices = NULL;
    sc_device *device = NULL;
    int count = 0;
    sc_env_init(&env, NULL, NULL);
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    socle_status status = sc_registry_create(&registry, &env);
    if (status == SOCLE_OK)
        status = sc_registry_select(&registry, &env, "opencl:0", &choices, &count);
    if (status == SOCLE_OK)
        status = sc_registry_open(&device, &registry, &env, &choices[0], &options);
    /* First the chosen ones: what is prepared already is not asked for again. */
    if (status == SOCLE_OK) status = prepare_shapes(&env, device);
    if (status == SOCLE_OK) status = prepare_networks(&env, device);
    if (status == SOCLE_OK) status = prepare_table(&env, device);
    if (status != SOCLE_OK) fprintf(stderr, "gpu_sources: %s\n", env.text);
    if (device) sc_device_close(device);
    sc_release(&env, choices);
    sc_registry_free(&registry, &env);
    printf("%d operations prepared\n", prepared);
    return status == SOCLE_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
