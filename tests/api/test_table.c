/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and readers of the program's own through the public API: from rows to a model that knows
 * its classes by name, and samples that are read when they are needed. */
#include "api_test.h"

#include "sc_temp.h"

static sc_temp temp;

static const char table[] =
    "length,colour,kind\n1.0,red,apple\n1.2,red,apple\n0.9,green,apple\n"
    "1.1,red,apple\n3.0,yellow,banana\n3.2,yellow,banana\n2.9,green,banana\n"
    "3.1,yellow,banana\n";
static const char *const kind[] = {"kind", NULL};

static socle_net *fitted(socle_context *context, const socle_data *data, int64_t inputs,
                         int epochs) {
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    socle_net *net;
    opts.epochs = epochs;
    opts.batch = 4;
    opts.optimizer = socle_adam(0.1f);
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(inputs)), 2, NULL);
    API_OK(context, socle_loss_softmax_cross_entropy(net, x));
    API_OK(context, socle_fit(net, data, &opts));
    return net;
}

Test(api_table, from_rows_to_names) {
    socle_context *context = api_open("cpu");
    socle_table_opts opts = SOCLE_TABLE_OPTS_DEFAULT;
    socle_data *data, *asked;
    float out[4];
    sc_temp_make(&temp);
    opts.targets = kind;
    opts.scale = "standardise";
    API_OK(context, socle_data_csv(&data, context,
                                   sc_temp_put(&temp, "a.csv", table, sizeof table - 1), &opts));
    SC_EQ(socle_data_count(data), 8);
    SC_EQ(socle_data_features(data), 4); /* the length, and a number for each of 3 colours */
    SC_EQ(socle_data_classes(data), 2);
    SC_EQ_STR(socle_data_class(data, 0), "apple");
    SC_EQ_STR(socle_data_class(data, 1), "banana");
    SC_TRUE(!socle_data_class(data, 2) && !socle_data_class(NULL, 0));
    socle_net *net = fitted(context, data, 4, 40);
    static const char rows[] = "colour,length\nyellow,3.1\nred,1.0\n";
    const char *path = sc_temp_put(&temp, "b.csv", rows, sizeof rows - 1);
    API_OK(context, socle_data_csv_for(&asked, net, path));
    API_OK(context, socle_predict(net, asked, out, 4));
    SC_TRUE(out[1] > 0.5f && out[2] > 0.5f);
    SC_EQ_STR(socle_data_class(asked, 1), "banana");
    /* A model knows by itself what it learnt. */
    char model[300];
    socle_net *again;
    float other[4];
    snprintf(model, sizeof model, "%s/model.safetensors", temp.path);
    API_OK(context, socle_save(net, model));
    API_OK(context, socle_load(&again, context, model));
    socle_data_destroy(asked);
    API_OK(context, socle_data_csv_for(&asked, again, path));
    API_OK(context, socle_predict(again, asked, other, 4));
    SC_EQ_MEMORY(other, out, sizeof out);
    socle_data_destroy(asked);
    static const char unknown[] = "colour,length\nblue,3.1\n";
    path = sc_temp_put(&temp, "b.csv", unknown, sizeof unknown - 1);
    API_FAILS(context, socle_data_csv_for(&asked, again, path), SOCLE_STATUS_DATA,
              "'blue' is none of the 3 categories");
    socle_net_destroy(again);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
    sc_temp_remove(&temp);
}

Test(api_table, what_is_refused) {
    socle_context *context = api_open("cpu");
    socle_table_opts opts = SOCLE_TABLE_OPTS_DEFAULT;
    static const char *const none[] = {"sort", NULL};
    socle_data *data;
    sc_temp_make(&temp);
    const char *path = sc_temp_put(&temp, "a.csv", table, sizeof table - 1);
    API_FAILS(context, socle_data_csv(&data, context, NULL, NULL), SOCLE_STATUS_INVALID_ARGUMENT,
              "path is NULL");
    API_FAILS(context, socle_data_csv(&data, context, "/no/such", NULL), SOCLE_STATUS_NOT_FOUND,
              "/no/such");
    opts.targets = none;
    API_FAILS(context, socle_data_csv(&data, context, path, &opts), SOCLE_STATUS_DATA,
              "has no column 'sort'");
    opts.targets = kind;
    opts.features = kind;
    API_FAILS(context, socle_data_csv(&data, context, path, &opts), SOCLE_STATUS_INVALID_ARGUMENT,
              "'kind' is a target, and among the features too");
    opts.features = NULL;
    opts.validation_split = 1;
    API_FAILS(context, socle_data_csv(&data, context, path, &opts), SOCLE_STATUS_INVALID_ARGUMENT,
              "a validation_split of 1");
    opts.validation_split = 0;
    opts.missing = "zero";
    API_FAILS(context, socle_data_csv(&data, context, path, &opts), SOCLE_STATUS_INVALID_ARGUMENT,
              "missing 'zero' is no known word");
    SC_EQ(socle_data_csv(NULL, context, path, NULL), SOCLE_STATUS_INVALID_ARGUMENT);
    const float values[2] = {1, 2};
    API_OK(context, socle_data_arrays(&data, context, 2, SOCLE_F32, SOCLE_SHAPE(1), values,
                                      SOCLE_I32, NULL, NULL));
    SC_EQ(socle_data_features(data), 0);
    SC_EQ(socle_data_classes(NULL), 0);
    socle_net *net;
    socle_data *other;
    API_OK(context, socle_net_create(&net, context));
    API_FAILS(context, socle_data_csv_for(&other, net, path), SOCLE_STATUS_INVALID_ARGUMENT,
              "did not learn from a table");
    API_FAILS(context, socle_data_csv_for(&other, net, NULL), SOCLE_STATUS_INVALID_ARGUMENT,
              "path is NULL");
    SC_EQ(socle_data_csv_for(&other, NULL, path), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_data_csv_for(NULL, net, path), SOCLE_STATUS_INVALID_ARGUMENT);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
    sc_temp_remove(&temp);
}

/* ---- Samples that the program reads ---- */

enum { SAMPLES = 64, INPUTS = 3 };

typedef struct source {
    const float *values;
    int calls, fail_at; /* that call, and every later one; 0: none */
    uint32_t widest;    /* distance of two samples of one call */
} source;

/* The contexts here have one device, which asks for one call after the other. */
static int read_samples(void *user, const uint32_t *sample, uint32_t count, void *out) {
    source *from = user;
    if (++from->calls >= from->fail_at && from->fail_at) return 7;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t apart = sample[i] > sample[0] ? sample[i] - sample[0] : sample[0] - sample[i];
        if (apart > from->widest) from->widest = apart;
        memcpy((float *)out + (size_t)i * INPUTS, from->values + (size_t)sample[i] * INPUTS,
               INPUTS * sizeof(float));
    }
    return 0;
}

static void draw(float *values, int32_t *label) {
    for (int i = 0; i < SAMPLES; i++) {
        label[i] = i % 2;
        for (int k = 0; k < INPUTS; k++)
            values[i * INPUTS + k] = (float)(i * 7 % 5) + (float)(label[i] * (k + 1));
    }
}

Test(api_table, a_reader_gives_the_same_network) {
    socle_context *context = api_open("cpu");
    float values[SAMPLES * INPUTS], a[SAMPLES * 2], b[SAMPLES * 2];
    int32_t label[SAMPLES];
    source from = {.values = values};
    socle_data *kept, *streamed;
    draw(values, label);
    API_OK(context, socle_data_arrays(&kept, context, SAMPLES, SOCLE_F32, SOCLE_SHAPE(INPUTS),
                                      values, SOCLE_I32, NULL, label));
    API_OK(context, socle_data_stream(&streamed, context, SAMPLES, SOCLE_F32, SOCLE_SHAPE(INPUTS),
                                      read_samples, &from, SOCLE_I32, NULL, label));
    socle_net *first = fitted(context, kept, INPUTS, 3),
              *second = fitted(context, streamed, INPUTS, 3);
    API_OK(context, socle_predict(first, kept, a, SAMPLES * 2));
    API_OK(context, socle_predict(second, streamed, b, SAMPLES * 2));
    SC_EQ_MEMORY(a, b, sizeof a);
    socle_result of_kept, of_streamed;
    API_OK(context, socle_evaluate(first, kept, &of_kept));
    API_OK(context, socle_evaluate(second, streamed, &of_streamed));
    SC_TRUE(of_kept.loss == of_streamed.loss && of_kept.samples == of_streamed.samples);
    from.fail_at = 1;
    API_FAILS(context, socle_predict(second, streamed, b, SAMPLES * 2), SOCLE_STATUS_IO,
              "the program's reader returned 7 for 64 samples");
    API_OK(context, socle_predict(second, kept, b, SAMPLES * 2)); /* no device is at fault */
    SC_EQ_MEMORY(a, b, sizeof a);
    from.calls = 0;
    from.fail_at = 5;
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.batch = 4;
    API_FAILS(context, socle_fit(second, streamed, &opts), SOCLE_STATUS_IO,
              "the program's reader returned 7 for 4 samples");
    API_OK(context, socle_predict(second, kept, b, SAMPLES * 2)); /* with the weights before it */
    SC_EQ_MEMORY(a, b, sizeof a);
    socle_data_destroy(streamed);
    API_FAILS(context,
              socle_data_stream(&streamed, context, SAMPLES, SOCLE_F32, SOCLE_SHAPE(INPUTS), NULL,
                                NULL, SOCLE_I32, NULL, label),
              SOCLE_STATUS_INVALID_ARGUMENT, "read is NULL");
    socle_net_destroy(first);
    socle_net_destroy(second);
    socle_data_destroy(kept);
    socle_close(context);
}

/* Within windows no sample of a step lies far from another. */
Test(api_table, a_window_keeps_samples_together) {
    socle_context *context = api_open("cpu");
    float values[SAMPLES * INPUTS];
    int32_t label[SAMPLES];
    source from = {.values = values};
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    socle_data *data;
    draw(values, label);
    API_OK(context, socle_data_stream(&data, context, SAMPLES, SOCLE_F32, SOCLE_SHAPE(INPUTS),
                                      read_samples, &from, SOCLE_I32, NULL, label));
    socle_net *net = fitted(context, data, INPUTS, 1);
    SC_TRUE(from.widest >= 16);
    from.widest = 0;
    opts.batch = 8;
    opts.epochs = 3;
    opts.window = 8;
    API_OK(context, socle_fit(net, data, &opts));
    SC_TRUE(from.widest > 0 && from.widest < 8);
    opts.no_shuffle = 1;
    API_FAILS(context, socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG,
              "no_shuffle says that they are not");
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

/* Numbers that are looked up are checked before, so they lie in memory. */
Test(api_table, what_is_looked_up_lies_in_memory) {
    socle_context *context = api_open("cpu");
    float values[SAMPLES * INPUTS];
    int32_t label[SAMPLES];
    source from = {.values = values};
    socle_data *data;
    socle_net *net;
    draw(values, label);
    API_OK(context, socle_data_stream(&data, context, SAMPLES, SOCLE_I32, SOCLE_SHAPE(INPUTS),
                                      read_samples, &from, SOCLE_I32, NULL, label));
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input_named(net, "input", SOCLE_I32, SOCLE_SHAPE(INPUTS), 1);
    x = socle_flatten(net, socle_embedding(net, x, 10, 4, NULL));
    API_OK(context, socle_loss_softmax_cross_entropy(net, socle_dense(net, x, 2, NULL)));
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_DATA, "looks its numbers up");
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}
