/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences and images of labels through the public API: an embedding, a dense layer over tokens, a
 * loss per token and per pixel, and labels that do not count. */
#include "api_test.h"
#include "sc_temp.h"

enum { SAMPLES = 60, TOKENS = 5, WORDS = 8, PADDING = -100 };

typedef struct texts {
    int32_t token[SAMPLES][TOKENS], label[SAMPLES][TOKENS];
} texts;

/* The label of a token is a function of it; the last ones of every second sample are padding. */
static void write_texts(texts *t) {
    for (int i = 0; i < SAMPLES; i++)
        for (int k = 0; k < TOKENS; k++) {
            t->token[i][k] = (i * 7 + k * k * 3 + i / 8) % WORDS;
            t->label[i][k] = i % 2 && k > 2 ? PADDING : (t->token[i][k] * 3 + 1) % WORDS;
        }
}

static socle_net *token_net(socle_context *context) {
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input_named(net, NULL, SOCLE_I32, SOCLE_SHAPE(TOKENS), 1);
    x = socle_embedding(net, x, WORDS, 6, &(socle_embedding_opts){.name = "words"});
    x = socle_relu(net, socle_dense(net, x, 16, NULL));
    API_OK(context, socle_loss_softmax_cross_entropy(net, socle_dense(net, x, WORDS, NULL)));
    API_OK(context, socle_loss_ignore(net, PADDING));
    SC_EQ(socle_net_parameters(net), WORDS * 6 + 6 * 16 + 16 + 16 * WORDS + WORDS);
    return net;
}

static socle_data *text_data(socle_context *context, const texts *t) {
    const socle_shape labels = SOCLE_SHAPE(TOKENS);
    socle_data *data;
    API_OK(context, socle_data_arrays(&data, context, SAMPLES, SOCLE_I32, SOCLE_SHAPE(TOKENS),
                                      t->token, SOCLE_I32, &labels, t->label));
    return data;
}

API_TEST(api_sequences, learns_a_label_per_token) {
    socle_context *context = api_open(device);
    static texts t;
    write_texts(&t);
    socle_net *net = token_net(context), *loaded;
    socle_data *data = text_data(context, &t);
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    socle_result before, after, again;
    opts.optimizer = socle_adam(0.05f);
    opts.epochs = 25;
    opts.batch = 20;
    API_OK(context, socle_evaluate(net, data, &before));
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_evaluate(net, data, &after));
    SC_TRUE(before.accuracy < 0.6);
    SC_EQ(after.accuracy, 1); /* of what counts; padding is never predicted */
    SC_TRUE(after.loss < 0.1 * before.loss);
    static float shown[SAMPLES][TOKENS][WORDS];
    API_OK(context, socle_predict(net, data, &shown[0][0][0], sizeof shown / sizeof(float)));
    for (int i = 0; i < SAMPLES; i++)
        for (int k = 0; k < TOKENS; k++) {
            float sum = 0;
            for (int c = 0; c < WORDS; c++) sum += shown[i][k][c];
            SC_NEAR((double)sum, 1, 1e-5);
            if (t.label[i][k] != PADDING) SC_TRUE(shown[i][k][t.label[i][k]] > 0.5f);
        }
    sc_temp temp;
    sc_temp_make(&temp);
    const char *path = sc_temp_file(&temp, "tokens.safetensors");
    API_OK(context, socle_save(net, path));
    API_OK(context, socle_load(&loaded, context, path));
    API_OK(context, socle_evaluate(loaded, data, &again));
    SC_EQ(again.loss, after.loss);
    sc_temp_remove(&temp);
    socle_net_destroy(loaded);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

/* Adam's momentum moves rows that earlier steps looked up, but of a sparse table those of the step
 * alone. */
API_TEST_IN_FULL(api_sequences, sparse_rows_that_are_not_looked_up_stay) {
    enum { MANY = 200, UNITS = 3, STEPS = 3 };
    socle_context *context = api_open(device);
    static texts t;
    static float before[MANY][UNITS], after[MANY][UNITS];
    bool looked_up[MANY] = {false};
    write_texts(&t);
    for (int sparse = 0; sparse < 2; sparse++) {
        socle_net *net;
        socle_trainer *trainer;
        float loss;
        API_OK(context, socle_net_create(&net, context));
        socle_node x = socle_input_named(net, NULL, SOCLE_I32, SOCLE_SHAPE(TOKENS), 1);
        x = socle_layer(net, 1, &x,
                        sparse ? "embedding: {vocabulary: 200, units: 3, sparse: true}"
                               : "embedding: {vocabulary: 200, units: 3}");
        API_OK(context, socle_loss_softmax_cross_entropy(net, socle_dense(net, x, WORDS, NULL)));
        API_OK(context, socle_trainer_create(&trainer, net, socle_adam(0.05f), 10, 1));
        for (int step = 0; step < STEPS; step++) { /* rows of an earlier step have momentum */
            int32_t label[10][TOKENS] = {{0}};
            for (int i = 0; i < 10; i++)
                for (int k = 0; k < TOKENS; k++) {
                    t.token[i][k] = step * 40 + (i * 7 + k) % 11;
                    looked_up[t.token[i][k]] = true;
                }
            const socle_batch batch = {
                .rows = 10, .inputs = t.token, .targets = label, .target_dtype = SOCLE_I32};
            API_OK(context, socle_trainer_step_with(trainer, &batch, &loss));
            if (step + 2 == STEPS) {
                API_OK(context, socle_trainer_sync(trainer));
                API_OK(context,
                       socle_net_read(net, "embedding1.weight", &before[0][0], MANY * UNITS));
            }
        }
        API_OK(context, socle_trainer_sync(trainer));
        API_OK(context, socle_net_read(net, "embedding1.weight", &after[0][0], MANY * UNITS));
        for (int row = 0; row < MANY; row++) {
            const bool stays = memcmp(before[row], after[row], sizeof after[row]) == 0;
            const bool now = row >= (STEPS - 1) * 40 && row < (STEPS - 1) * 40 + 11;
            SC_EQ(stays, sparse ? !now : !looked_up[row]);
        }
        socle_trainer_destroy(trainer);
        socle_net_destroy(net);
    }
    socle_close(context);
}

Test(api_sequences, wrong_numbers_are_named) {
    socle_context *context = api_open("cpu");
    static texts t;
    write_texts(&t);
    t.token[7][2] = WORDS;
    socle_net *net = token_net(context);
    socle_data *data = text_data(context, &t);
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_DATA,
              "sample 7 has the number 8; words knows 0 to 7");
    socle_data_destroy(data);
    t.token[7][2] = 0;
    t.label[3][0] = WORDS;
    data = text_data(context, &t);
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_DATA, "sample 3 has label 8");
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

/* Pixels brighter than a half, found by a 1x1 convolution; the border has no label. */
Test(api_sequences, learns_a_label_per_pixel) {
    enum { SIDE = 6, UNKNOWN = 255 };
    static float image[SAMPLES][SIDE][SIDE];
    static unsigned char label[SAMPLES][SIDE][SIDE];
    socle_context *context = api_open("cpu");
    uint32_t state = 7;
    for (int i = 0; i < SAMPLES; i++)
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                state = state * 1664525u + 1013904223u;
                bool border = x == 0 || y == 0 || x == SIDE - 1 || y == SIDE - 1,
                     bright = state >> 31;
                image[i][y][x] = bright ? 1.0f : 0.0f;
                label[i][y][x] = border ? UNKNOWN : bright;
            }
    const socle_shape labels = SOCLE_SHAPE(SIDE, SIDE);
    socle_data *data;
    socle_net *net;
    socle_result after;
    API_OK(context, socle_data_arrays(&data, context, SAMPLES, SOCLE_F32,
                                      SOCLE_SHAPE(1, SIDE, SIDE), image, SOCLE_U8, &labels, label));
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_conv2d(net, socle_input(net, SOCLE_SHAPE(1, SIDE, SIDE)), 2, 1, NULL);
    API_OK(context, socle_loss_softmax_cross_entropy(net, x));
    API_OK(context, socle_loss_ignore(net, UNKNOWN));
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.optimizer = socle_adam(0.1f);
    opts.epochs = 12;
    opts.batch = 20;
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_evaluate(net, data, &after));
    SC_EQ(after.accuracy, 1);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

SC_OPENCL_BODIES(api_sequences)
