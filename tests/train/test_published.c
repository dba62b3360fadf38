/* SPDX-License-Identifier: Apache-2.0 */
/* The networks under examples/networks follow torchvision's: from the same first weights and
 * pictures, without dropout, the losses of five steps are PyTorch's (in double) within 1e-3
 * relative. Weights and pictures are a hash of a name and an index
 * (tests/golden/make_published.py). In a plain ./test one network takes two steps. */
#include "fixture.h"

#include "model/net_config.h"

enum { BATCH = 4, STEPS = 5, SIDE = 224, ELEMENTS = 3 * SIDE * SIDE };
#define MOMENTUM 0.9f

#include "published.h"

static uint32_t hash_of(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name; name++) hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash;
}

static uint32_t word(uint32_t seed, uint32_t index) {
    uint32_t x = (index * 2654435769u) ^ seed;
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

static float weight(const sc_parameter *parameter, uint32_t index) {
    const float u = (float)(word(hash_of(parameter->name), index) >> 8) * 0x1p-23f - 1.0f;
    const size_t length = strlen(parameter->name);
    if (parameter->desc.rank > 1)
        return u * (float)sqrt(6 * (double)parameter->desc.dim[0] /
                               (double)sc_tensor_elements(&parameter->desc));
    return u * 0.1f + (strcmp(parameter->name + length - 7, ".weight") == 0 ? 1.0f : 0.0f);
}

static void write_weights(fixture *f, sc_engine *engine) {
    for (size_t p = 0; p < f->net->parameters; p++) {
        const sc_parameter *parameter = &f->net->parameter[p];
        const size_t count = (size_t)sc_tensor_elements(&parameter->desc);
        if (parameter->role == SC_PARAMETER_STATISTIC) continue;
        float *data = malloc(count * sizeof *data);
        SC_TRUE(data != NULL);
        for (size_t i = 0; i < count; i++) data[i] = weight(parameter, (uint32_t)i);
        FIXTURE_OK(sc_engine_write(engine, (int)p, data));
        free(data);
    }
}

static void read_network(fixture *f, const char *name) {
    static uint8_t images[BATCH * ELEMENTS];
    const uint8_t labels[BATCH] = {0, 7, 14, 21};
    const socle_shape shape = {3, {3, SIDE, SIDE}}, label = {0};
    char path[512];
    sc_config *config;
    snprintf(path, sizeof path, "%s/examples/networks/%s.yaml", SC_SOURCE_DIR, name);
    FIXTURE_OK(sc_config_load(&config, &f->env, path));
    FIXTURE_OK(sc_net_create(&f->net, &f->env));
    sc_net_input(f->net, SC_INPUT_NAME, SOCLE_U8, &shape, 1.0f / 255.0f);
    FIXTURE_OK(sc_net_read(f->net, config, sc_config_find(config, "network")));
    if (sc_config_find(config, "loss"))
        FIXTURE_OK(sc_loss_read(f->net, config, sc_config_root(config), f->net->output));
    FIXTURE_OK(sc_program_read(f->net, config, sc_config_root(config)));
    sc_config_destroy(config);
    for (size_t l = 0; l < f->net->layers; l++)
        if (strcmp(f->net->layer[l].kind->record.word, "dropout") == 0)
            f->net->layer[l].options.rate = 0;
    for (uint32_t i = 0; i < sizeof images; i++)
        images[i] = (uint8_t)(word(hash_of("input"), i) >> 24);
    FIXTURE_OK(sc_dataset_create(&f->data, &f->env, "pictures", BATCH));
    FIXTURE_OK(sc_dataset_add_copy(f->data, "input", SOCLE_U8, &shape, images));
    FIXTURE_OK(sc_dataset_add_copy(f->data, "label", SOCLE_U8, &label, labels));
}

static void follow(int number, uint32_t steps) {
    fixture f;
    sc_engine *engine;
    const char *name = published[number].name;
    const float rate = published[number].rate;
    SC_REPRO("%s", name);
    fixture_open(&f, "cpu", 0);
    read_network(&f, name);
    sc_optimizer optimizer = fixture_optimizer("sgd", rate, MOMENTUM);
    sc_engine_options options = {
        .capacity = BATCH, .micro_batches = 1, .optimizer = &optimizer, .seed = 1};
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 1));
    write_weights(&f, engine);
    for (uint32_t step = 1; step <= steps; step++) {
        const double loss = (double)fixture_step(&f, engine, step, 0, BATCH, 1, rate),
                     expected = published[number].loss[step - 1];
        if (!(fabs(loss - expected) <= 1e-3 * expected))
            SC_TEST_FAIL("loss of step %d is %.9g, PyTorch's is %.9g", (int)step, loss, expected);
    }
    sc_engine_destroy(engine);
    fixture_close(&f);
}

Test(published, follow_torchvision) {
    for (int n = 0; n < (int)(sizeof published / sizeof published[0]); n++) {
        if (sc_test_full()) follow(n, STEPS);
        if (!sc_test_full() && strcmp(published[n].name, "resnet18") == 0) follow(n, 2);
    }
}
