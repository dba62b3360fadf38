/* SPDX-License-Identifier: Apache-2.0 */
/* The path of samples to a device: a pass brings each sample once and in order whatever the
 * micro-batch, rows of any epoch come when they are asked for, and failures end it. */
#include "../train/fixture.h"

#include <string.h>

enum { CLASSES = 10 };
static const int capacities[] = {320, 64, 7, 1}; /* in one, in several, with a short last one, with
                                                    more than slots */

static sc_engine *engine_of(fixture *f, int capacity, const sc_optimizer *optimizer) {
    sc_engine *engine;
    sc_engine_options options = {.capacity = capacity, .optimizer = optimizer};
    FIXTURE_OK(sc_engine_create(&engine, f->device, f->net, &options));
    fixture_weights(f, engine, "mlp");
    return engine;
}

Test(stage, a_pass_brings_each_sample_once_in_order) {
    static float expected[320 * CLASSES], out[320 * CLASSES];
    fixture f;
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "mlp");
    SC_EQ(sc_dataset_count(f.data), 320);
    for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
        sc_engine *engine = engine_of(&f, capacities[c], NULL);
        memset(out, 0, sizeof out);
        FIXTURE_OK(sc_predict(engine, &(sc_stage_source){.dataset = f.data}, c ? out : expected));
        if (c) SC_TRUE(memcmp(out, expected, sizeof out) == 0);
        sc_engine_destroy(engine);
    }
    for (int i = 1; i < 320; i++) /* samples differ, so none came in the place of another */
        SC_TRUE(memcmp(expected, expected + (size_t)i * CLASSES, CLASSES * sizeof *expected) != 0);
    fixture_close(&f);
}

/* The prediction for one sample that a stage was asked for. */
static void predicted(sc_engine *engine, sc_stage *stage, uint32_t epoch, uint32_t place,
                      float *out) {
    int slot;
    FIXTURE_OK(sc_stage_slot(stage, &(sc_stage_rows){epoch, place, 1}, &slot));
    FIXTURE_OK(sc_engine_predict(engine, slot, 1, 0, out));
}

Test(stage, rows_of_any_epoch_at_any_time) {
    static float all[320 * CLASSES];
    static const struct {
        uint32_t epoch, place;
    } asked[] = {{0, 5}, {3, 319}, {1, 0}, {3, 318}, {0, 5}, {2, 100}};
    fixture f;
    sc_stage *stage;
    sc_order order;
    float out[CLASSES];
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "mlp");
    sc_engine *engine = engine_of(&f, 64, NULL);
    sc_stage_source source = {.dataset = f.data};
    FIXTURE_OK(sc_predict(engine, &source, all));
    FIXTURE_OK(sc_order_init(&order, &f.env, NULL, 320, 9, true));
    FIXTURE_OK(sc_stage_create(&stage, engine, &source, &order, 64));
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        predicted(engine, stage, asked[i].epoch, asked[i].place, out);
        sc_order_set_epoch(&order, asked[i].epoch);
        SC_TRUE(memcmp(out, all + (size_t)order.visit[asked[i].place] * CLASSES, sizeof out) == 0);
    }
    SC_EQ(sc_stage_slot(stage, &(sc_stage_rows){0, 300, 21}, &(int){0}),
          SOCLE_STATUS_INTERNAL); /* beyond the last */
    SC_EQ(sc_stage_slot(stage, &(sc_stage_rows){0, 0, 65}, &(int){0}),
          SOCLE_STATUS_INTERNAL); /* more
                                     than
                                     the
                                     capacity
                                   */
    sc_stage_destroy(stage);
    sc_order_free(&order);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

static socle_status third_fails(sc_engine *engine, int slot, int64_t rows, void *argument) {
    int *calls = argument;
    (void)slot;
    (void)rows;
    return ++*calls == 3 ? sc_fail(sc_engine_device(engine)->env, SOCLE_STATUS_DEVICE, "the third")
                         : SOCLE_OK;
}

Test(stage, a_failure_ends_the_pass) {
    fixture f;
    sc_order order;
    int calls = 0;
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "mlp");
    sc_engine *engine = engine_of(&f, 32, NULL);
    sc_stage_source source = {.dataset = f.data};
    FIXTURE_OK(sc_order_init(&order, &f.env, NULL, 320, 0, false));
    SC_EQ(sc_stage_pass(engine, &source, &order, 32, third_fails, &calls), SOCLE_STATUS_DEVICE);
    SC_EQ(calls, 3);
    SC_TRUE(strstr(fixture_text(), "the third") != NULL);
    sc_order_free(&order);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

Test(stage, columns_that_do_not_suit) {
    fixture f;
    sc_order order;
    sc_stage *stage;
    sc_dataset *wrong;
    static const unsigned char image[2 * 9];
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "mlp");
    sc_optimizer sgd = fixture_optimizer("sgd", 0.1f, 0);
    sc_engine *engine = engine_of(&f, 2, &sgd);
    FIXTURE_OK(sc_order_init(&order, &f.env, NULL, 2, 0, false));
    FIXTURE_OK(sc_dataset_create(&wrong, &f.env, "two", 2));
    SC_EQ(sc_stage_create(&stage, engine, &(sc_stage_source){.dataset = wrong}, &order, 2),
          SOCLE_STATUS_DATA);
    SC_TRUE(strstr(fixture_text(), "two: has no column \"input\"") != NULL);
    socle_shape shape = {.rank = 3, .size = {1, 3, 3}};
    FIXTURE_OK(sc_dataset_add_copy(wrong, "input", SOCLE_U8, &shape, image));
    SC_EQ(sc_stage_create(&stage, engine, &(sc_stage_source){.dataset = wrong}, &order, 2),
          SOCLE_STATUS_SHAPE);
    SC_TRUE(strstr(fixture_text(), "a row of \"input\" has 9 bytes, the network reads 144") !=
            NULL);
    sc_dataset_destroy(wrong);
    sc_order_free(&order);
    sc_engine_destroy(engine);
    fixture_close(&f);
}
