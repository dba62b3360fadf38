/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a checkpoint of a small run on the cpu: it is refused, or the run goes on from it to
 * its end. The checksum always fits here (the hash is a constant, see CMakeLists.txt), so that
 * mutations pass it. */
#include "fuzz.h"

#include "backend/registry.h"
#include "base/hash.h"
#include "model/net_config.h"
#include "run/checkpoint.h"

#include <stdio.h>

sc_hash __wrap_sc_hash_bytes(const void *data, size_t size, uint64_t seed);

sc_hash __wrap_sc_hash_bytes(const void *data, size_t size, uint64_t seed) {
    (void)data, (void)size, (void)seed;
    return (sc_hash){0, 0};
}

enum { SAMPLES = 6 };

static const char text[] =
    "network: [{batchnorm: {group: 2}}, {dense: 2}]\nloss: softmax_cross_entropy\n";

static struct {
    sc_env env;
    sc_registry registry;
    sc_device *device;
    sc_net *net;
    sc_dataset *data;
    sc_identity identity;
} run;

static void require(socle_status status) {
    if (status != SOCLE_OK) fuzz_fail(__FILE__, __LINE__, run.env.text);
}

static sc_trainer *make_trainer(int64_t steps) {
    sc_trainer *trainer;
    sc_fit_options options = sc_fit_defaults();
    options.batch = 4;
    options.epochs = 2;
    options.validation = 0.34;
    options.steps = steps;
    require(sc_trainer_create(&trainer, run.device, run.net, &options, run.data, NULL));
    return trainer;
}

static void make_data(void) {
    const socle_shape shape = {.rank = 1, .size = {2}};
    float input[SAMPLES][2];
    uint8_t label[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        input[i][0] = (float)i;
        input[i][1] = (float)(i * i % 5);
        label[i] = (uint8_t)(i % 2);
    }
    require(sc_dataset_create(&run.data, &run.env, "data", SAMPLES));
    require(sc_dataset_add_copy(run.data, "input", SOCLE_F32, &shape, input));
    require(sc_dataset_add_copy(run.data, "target", SOCLE_U8, &(socle_shape){0}, label));
}

static void start(void) {
    sc_device_choice *choice;
    sc_config *config;
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    int count;
    options.threads = 1;
    sc_env_init(&run.env, NULL, NULL);
    require(sc_registry_create(&run.registry, &run.env));
    require(sc_registry_select(&run.registry, &run.env, "cpu", &choice, &count));
    require(sc_registry_open(&run.device, &run.registry, &run.env, &choice[0], &options));
    sc_release(&run.env, choice);
    require(sc_config_parse(&config, &run.env, "net", text, sizeof text - 1));
    require(sc_net_create(&run.net, &run.env));
    FUZZ_REQUIRE(
        sc_net_input(run.net, "input", SOCLE_F32, &(socle_shape){.rank = 1, .size = {2}}, 1) >= 0);
    require(sc_net_read(run.net, config, sc_config_find(config, "network")));
    require(sc_loss_read(run.net, config, sc_config_root(config), run.net->output));
    sc_config_destroy(config);
    make_data();
    static char settings[] = "{\"train\": {\"epochs\": 2}}", facts[] = "{\"samples\": 6}";
    run.identity = (sc_identity){.config = settings, .data = facts};
    require(sc_net_text(&run.identity.network, run.net));
}

/* The checkpoint after one step; libFuzzer begins with it. */
static size_t make_base(uint8_t *out, size_t most) {
    const char *path = fuzz_file("base");
    sc_trainer *trainer = make_trainer(1);
    require(sc_trainer_run(trainer));
    require(sc_checkpoint_save(trainer, path, &run.identity));
    sc_trainer_destroy(trainer);
    FILE *in = fopen(path, "rb");
    FUZZ_REQUIRE(in != NULL);
    size_t size = fread(out, 1, most, in);
    fclose(in);
    FUZZ_REQUIRE(size < most);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const socle_status bad[] = {SOCLE_STATUS_DATA, SOCLE_STATUS_CONFIG, SOCLE_OK};
    /* What a run with strange weights may come to. */
    static const socle_status odd[] = {SOCLE_STATUS_DIVERGED, SOCLE_OK};
    if (!run.device) start();
    if (size == 0) { /* the replay's way to the good checkpoint */
        static uint8_t base[1 << 16];
        size = make_base(base, sizeof base);
        FUZZ_REQUIRE(size > 0);
        data = base;
    }
    fuzz_write("checkpoint", data, size);
    static sc_trainer *trainer; /* a file that is refused leaves it as it was */
    if (!trainer) trainer = make_trainer(0);
    socle_status status = sc_checkpoint_load(trainer, fuzz_file("checkpoint"), &run.identity);
    if (status != SOCLE_OK) {
        fuzz_failed_well(sc_trainer_env(trainer), status, bad);
    } else {
        sc_position position = sc_trainer_position(trainer);
        FUZZ_REQUIRE(position.epoch <= 2);
        status = sc_trainer_run(trainer);
        if (status != SOCLE_OK) fuzz_failed_well(sc_trainer_env(trainer), status, odd);
        sc_trainer_destroy(trainer);
        trainer = NULL;
    }
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    static uint8_t base[1 << 16];
    static size_t base_size;
    if (!run.device) start();
    if (!base_size) base_size = make_base(base, sizeof base);
    return fuzz_mutate_safetensors(data, size, max_size, seed, base, base_size);
}
