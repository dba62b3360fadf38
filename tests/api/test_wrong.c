/* SPDX-License-Identifier: Apache-2.0 */
/* Every mistake that a caller can make has a status of its own and a text; none is INTERNAL, none
 * is taken for sense. One table, a row per mistake, each on fresh objects. */
#include "api_test.h"
#include "wrong_rows.h"

#include <limits.h>

enum { BIG = INT32_MAX };

typedef struct wrong {
    socle_context *context;
    socle_graph *graph;
    socle_tensor *tensor[4];
    socle_value f, g, bytes, words; /* f32 [2,3], f32 [2,1,4,4], u8 [2,3], i32 [2] */
    socle_net *net;
    socle_node row, image; /* f32 [6], u8 [1,8,8] */
    socle_net *learner;    /* api_net */
    socle_data *data;      /* api_data */
    socle_fit_opts opts;
    float out[API_SAMPLES * API_CLASSES];
} wrong;

static void begin(wrong *w, socle_context *context) {
    static const int dtypes[4] = {SOCLE_F32, SOCLE_F32, SOCLE_U8, SOCLE_I32};
    const socle_shape shapes[4] = {SOCLE_SHAPE(2, 3), SOCLE_SHAPE(2, 1, 4, 4), SOCLE_SHAPE(2, 3),
                                   SOCLE_SHAPE(2)};
    socle_value *values[4] = {&w->f, &w->g, &w->bytes, &w->words};
    w->context = context;
    API_OK(context, socle_graph_create(&w->graph, context));
    for (int i = 0; i < 4; i++) {
        w->tensor[i] = api_tensor(context, (socle_dtype)dtypes[i], shapes[i]);
        *values[i] = socle_op_tensor(w->graph, w->tensor[i]);
    }
    API_OK(context, socle_net_create(&w->net, context));
    w->row = socle_input(w->net, SOCLE_SHAPE(6));
    w->image = socle_input_named(w->net, "image", SOCLE_U8, SOCLE_SHAPE(1, 8, 8), 1.0f / 255);
    w->learner = api_net(context);
    w->data = api_data(context);
    w->opts = api_opts();
}

static void end(wrong *w) {
    socle_graph_destroy(w->graph);
    for (int i = 0; i < 4; i++) socle_tensor_destroy(w->tensor[i]);
    socle_net_destroy(w->net);
    socle_net_destroy(w->learner);
    socle_data_destroy(w->data);
}

/* The graph's or the net's first error, which the next call that can fail reports; OK: the nonsense
 * was taken. */
static socle_status built(wrong *w, socle_value value) {
    return value >= 0 ? SOCLE_OK : socle_graph_compile(w->graph);
}
static socle_status added(wrong *w, socle_node node) {
    return node >= 0 ? SOCLE_OK : socle_loss_mean_squared_error(w->net, 0);
}
static socle_status stored(wrong *w, socle_value value, socle_tensor *tensor) {
    socle_op_store(w->graph, value, tensor);
    return socle_graph_compile(w->graph);
}
static socle_status fit(wrong *w) {
    return socle_fit(w->learner, w->data, &w->opts);
}
static socle_status trainer(wrong *w, socle_optimizer optimizer, int64_t batch) {
    socle_trainer *made;
    socle_status status = socle_trainer_create(&made, w->learner, optimizer, batch, 1);
    socle_trainer_destroy(made);
    return status;
}
static socle_status tensor(wrong *w, int dtype, socle_shape shape) {
    socle_tensor *made;
    socle_status status = socle_tensor_create(&made, w->context, (socle_dtype)dtype, shape);
    socle_tensor_destroy(made);
    return status;
}
static socle_status arrays(wrong *w, int64_t count, int dtype, socle_shape shape, int target_dtype,
                           const socle_shape *target_shape) {
    socle_data *made;
    socle_status status =
        socle_data_arrays(&made, w->context, count, (socle_dtype)dtype, shape, w->out,
                          (socle_dtype)target_dtype, target_shape, w->out);
    socle_data_destroy(made);
    return status;
}
static socle_status open_threads(int threads) {
    socle_context *made;
    socle_status status = socle_open_with(&made, "cpu", &(socle_open_opts){.threads = threads});
    socle_close(made);
    return status;
}
static socle_status open_name(const char *name) {
    socle_context *made;
    socle_status status = socle_open(&made, name);
    socle_close(made);
    return status;
}
static socle_status load(wrong *w, const char *path) {
    socle_net *made;
    socle_status status = socle_load(&made, w->context, path);
    socle_net_destroy(made);
    return status;
}

static socle_node named(wrong *w, const char *name, socle_node x) {
    if (socle_network_begin(w->net, name, x) != SOCLE_OK) return -1;
    socle_dense(w->net, x, 1, NULL);
    return socle_network_end(w->net);
}
/* Behind a whole one, another one that is never ended: empty, or with a layer that is lost. */
static socle_status open_network(wrong *w, bool layer) {
    socle_node x = named(w, "g", w->row);
    SC_EQ(socle_network_begin(w->net, "h", x), SOCLE_OK);
    if (layer) socle_dense(w->net, x, 1, NULL);
    return socle_save(w->net, "/tmp/never-written");
}
static socle_status no_input(wrong *w) {
    socle_net *net;
    API_OK(w->context, socle_net_create(&net, w->context));
    SC_TRUE(socle_layer(net, 0, NULL, "{noise: 8}") >= 0);
    socle_status status = socle_save(net, "/tmp/never-written");
    socle_net_destroy(net);
    return status;
}
static socle_status metrics(wrong *w, int capacity) {
    socle_trainer *made;
    API_OK(w->context, socle_trainer_create(&made, w->learner, socle_adam(1), 4, 1));
    socle_status status = socle_trainer_metrics(made, NULL, capacity, NULL);
    socle_trainer_destroy(made);
    return status;
}
static socle_status table(wrong *w, socle_table_opts opts) {
    socle_data *made = (void *)1;
    socle_status status = socle_data_csv(&made, w->context, "", &opts);
    SC_TRUE(!made);
    return status;
}

typedef struct row {
    socle_status expected;
    const char *text, *call;
    int number;
} row;

#define ROW(status, text, call) {SOCLE_STATUS_##status, text, #call, __COUNTER__},
static const row rows[] = {ROWS(ROW)};

/* The call of row `number`. */
static socle_status run(wrong *w, int number) {
    int at = 0;
#define RUN(status, text, call)                                                                    \
    if (at++ == number) return call;
    ROWS(RUN)
    return SOCLE_OK;
}

Test(api_wrong, each_mistake) {
    socle_context *context = api_open("cpu");
    int failures = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wrong w = {0};
        begin(&w, context);
        socle_status status = run(&w, (int)i);
        bool says = rows[i].text[0] == '\0' || strstr(socle_error(context), rows[i].text);
        if (status != rows[i].expected || !says) {
            failures++;
            fprintf(stderr, "%s: %s, expected %s with \"%s\"; text: %s\n", rows[i].call,
                    socle_status_text(status), socle_status_text(rows[i].expected), rows[i].text,
                    socle_error(context));
        }
        end(&w);
    }
    SC_EQ(failures, 0);
    socle_close(context);
}

/* NULL where a handle is required, which leaves no context to keep a text in. */
Test(api_wrong, no_handle) {
    socle_net *net = (void *)1;
    socle_data *data = (void *)1;
    socle_tensor *tensor = (void *)1;
    socle_graph *graph = (void *)1;
    const socle_shape shape = SOCLE_SHAPE(2);
    float x[4] = {0};
    const socle_status status[] = {
        socle_open(NULL, "cpu"),
        socle_net_create(NULL, NULL),
        socle_net_create(&net, NULL),
        socle_load(&net, NULL, "a"),
        socle_save(NULL, "a"),
        socle_net_read(NULL, "a", x, 1),
        socle_net_write(NULL, "a", x, 1),
        socle_loss_softmax_cross_entropy(NULL, 0),
        socle_loss_binary_cross_entropy(NULL, 0),
        socle_loss_mean_squared_error(NULL, 0),
        socle_data_idx(&data, NULL, "a", "b"),
        socle_data_arrays(&data, NULL, 2, SOCLE_F32, shape, x, SOCLE_F32, NULL, NULL),
        socle_data_add_input(NULL, "a", SOCLE_F32, shape, x),
        socle_fit(NULL, NULL, NULL),
        socle_evaluate(NULL, NULL, NULL),
        socle_predict(NULL, NULL, x, 1),
        socle_memory_forecast(NULL, NULL, NULL, NULL),
        socle_trainer_create(NULL, NULL, socle_adam(1), 1, 1),
        socle_trainer_step(NULL, 1, x, x, x),
        socle_trainer_step_with(NULL, NULL, x),
        socle_trainer_sync(NULL),
        socle_trainer_learning_rate(NULL, 1),
        socle_tensor_create(&tensor, NULL, SOCLE_F32, shape),
        socle_tensor_read(NULL, x, 4),
        socle_tensor_write(NULL, x, 4),
        socle_graph_create(&graph, NULL),
        socle_graph_compile(NULL),
        socle_graph_run(NULL),
        socle_graph_gradient(NULL, 0, 0, NULL, NULL),
    };
    for (size_t i = 0; i < sizeof status / sizeof status[0]; i++) {
        SC_REPRO("call %zu", i);
        SC_EQ(status[i], SOCLE_STATUS_INVALID_ARGUMENT);
    }
    SC_TRUE(!net && !data && !tensor && !graph);
    SC_EQ(socle_dense(NULL, 0, 4, NULL), -1);
    SC_EQ(socle_op_unary(NULL, "relu", 0), -1);
    SC_EQ(socle_op_to_float(NULL, 0, 1), -1);
    SC_EQ(socle_net_parameters(NULL), 0);
    SC_EQ(socle_outputs(NULL), 0);
    SC_EQ(socle_data_count(NULL), 0);
    SC_EQ(socle_tensor_bytes(NULL), 0);
    SC_TRUE(socle_error(NULL) != NULL);
    socle_net_destroy(NULL);
    socle_data_destroy(NULL);
    socle_trainer_destroy(NULL);
    socle_tensor_destroy(NULL);
    socle_graph_destroy(NULL);
    socle_close(NULL);
}
