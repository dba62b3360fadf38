/* SPDX-License-Identifier: Apache-2.0 */
/* Training on augmented images is training on a data set that was augmented beforehand, here by
 * loops that share nothing with the devices': to the bit, however the samples come to the device.
 */
#include "../fleet/party.h"

static const sc_augment moves = {.shift = 2, .flip_horizontal = true},
                        erases = {.shift = 1, .erase = 0.6},
                        cuts = {.flip_horizontal = true, .cutout = 5};
static sc_augment augment = {.shift = 2, .flip_horizontal = true};

/* What one image looks like from an origin. */
static void move(uint8_t *out, const uint8_t *in, const socle_shape *shape, const int32_t *origin) {
    int channels = (int)shape->size[0], height = (int)shape->size[1], width = (int)shape->size[2];
    for (int c = 0; c < channels; c++)
        for (int i = 0; i < height; i++)
            for (int j = 0; j < width; j++) {
                int row = i + origin[0], column = (origin[2] ? width - 1 - j : j) + origin[1];
                bool inside = row >= 0 && row < height && column >= 0 && column < width;
                *out++ = inside ? in[(c * height + row) * width + column] : 0;
            }
}

/* What of it is covered. */
static void cover(uint8_t *image, const socle_shape *shape, const int32_t *hole) {
    int channels = (int)shape->size[0], height = (int)shape->size[1], width = (int)shape->size[2];
    for (int c = 0; c < channels; c++)
        for (int i = hole[0]; i < hole[0] + hole[2]; i++)
            for (int j = hole[1]; j < hole[1] + hole[3]; j++)
                if (i >= 0 && i < height && j >= 0 && j < width)
                    image[(c * height + i) * width + j] = 0;
}

/* The data set as epoch `epoch` shows it. */
static sc_dataset *moved(party *p, uint64_t seed, uint32_t epoch) {
    const sc_column *input = sc_dataset_column(p->data, sc_dataset_find(p->data, "input"));
    const sc_column *label = sc_dataset_column(p->data, sc_dataset_find(p->data, "label"));
    sc_dataset *out;
    void *to;
    int64_t count = sc_dataset_count(p->data);
    SC_OK(&p->env, sc_dataset_create(&out, &p->env, "moved", count));
    SC_OK(&p->env, sc_dataset_add_new(out, &to, "input", input->dtype, &input->shape));
    SC_OK(&p->env, sc_dataset_add_copy(out, "label", label->dtype, &label->shape, label->data));
    for (int64_t i = 0; i < count; i++) {
        int32_t origin[SC_AUGMENT_ORIGIN];
        sc_augment_origin(origin, &augment, seed, (uint32_t)i, epoch);
        move((uint8_t *)to + (size_t)i * input->row_bytes,
             (const uint8_t *)input->data + (size_t)i * input->row_bytes, &input->shape, origin);
        int32_t hole[SC_AUGMENT_HOLE];
        sc_augment_hole(hole, &augment, seed, (uint32_t)i, epoch, input->shape.size[1],
                        input->shape.size[2]);
        cover((uint8_t *)to + (size_t)i * input->row_bytes, &input->shape, hole);
    }
    return out;
}

static party_state train_on(const char *devices, party_run *run, bool beforehand) {
    static party p;
    party_state state;
    party_open(&p, devices);
    if (beforehand) party_data(&p, moved(&p, run->fit.seed, 0));
    run->fit.augment = beforehand ? (sc_augment){0} : augment;
    SC_OK(&p.env, party_train(&p, run, &state));
    party_close(&p);
    return state;
}

static void same_as_beforehand(const char *devices, const char *net, bool staged) {
    party_run run = party_standard(7); /* an epoch */
    run.net = net;
    run.fit.staged = staged;
    SC_REPRO("%s on %s, staged %d", net, devices, staged);
    party_state on_the_way = train_on(devices, &run, false), before = train_on(devices, &run, true);
    party_same(&on_the_way, &before);
    party_free(&on_the_way);
    party_free(&before);
}

Test(augment_training, cpu) {
    same_as_beforehand("cpu", "cnn", false);
    same_as_beforehand("cpu", "cnn", true);
    same_as_beforehand("cpu", "mlp", true);
    same_as_beforehand("cpu=3,cpu=1", "cnn", false);
}

Test(augment_training, cpu_covers) {
    augment = erases;
    same_as_beforehand("cpu", "cnn", false);
    same_as_beforehand("cpu=3,cpu=1", "mlp", true);
    augment = cuts;
    same_as_beforehand("cpu", "cnn", true);
    augment = moves;
}

Test(augment_training, opencl_covers) {
    augment = erases;
    if (sc_test_full()) same_as_beforehand("opencl:0", "mlp", false);
    augment = moves;
}

Test(augment_training, opencl) {
    same_as_beforehand("opencl:0", "cnn", false);
    if (sc_test_full()) same_as_beforehand("opencl:0", "cnn", true);
    same_as_beforehand("opencl:0=1,cpu=2", "mlp", false);
}

/* Every epoch shows other images; validation shows them as they are. */
Test(augment_training, epochs_differ_and_validation_is_plain) {
    static party p;
    party_run run = party_standard(14);
    party_state state, plain;
    party_state every = train_on("cpu", &run, false), first = train_on("cpu", &run, true);
    SC_TRUE(party_distance(&every, &first) > 1e-4);
    party_free(&every);
    party_free(&first);
    run = party_standard(4);
    run.fit.optimizer = fixture_optimizer("sgd", 0, 0);
    run.fit.validation = 0.25;
    party_open(&p, "cpu");
    SC_OK(&p.env, party_train(&p, &run, &plain));
    double loss = run.validation;
    run.fit.augment = augment;
    SC_OK(&p.env, party_train(&p, &run, &state));
    SC_EQ_FLOAT_BITS((float)run.validation, (float)loss);
    SC_TRUE(isfinite(loss));
    party_free(&state);
    party_free(&plain);
    party_close(&p);
}

static void refused(sc_augment wish, const char *text) {
    static party p;
    party_run run = party_standard(1);
    run.fit.augment = wish;
    party_open(&p, "cpu");
    SC_FAILS(&p.env, party_train(&p, &run, NULL), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(p.env.text, text);
    party_close(&p);
}

Test(augment_training, what_cannot_be) {
    refused((sc_augment){.shift = 12}, "12 pixels move images of 12x12 out of sight");
    refused((sc_augment){.shift = -1}, "must be 0 to");
}
