/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the public API share: assertions that print the context's error text, a context
 * on a device or a skip with the reason, a small data set and network. It knows public headers
 * alone. */
#ifndef SC_TEST_API_API_TEST_H
#define SC_TEST_API_API_TEST_H

#include "sc_device_bodies.h"

#include <socle/socle.h>

#define API_OK(context, call)                                                                      \
    do {                                                                                           \
        socle_status api_s = (call);                                                               \
        if (api_s != SOCLE_OK)                                                                     \
            SC_TEST_FAIL("%s returned %d (%s): %s", #call, (int)api_s, socle_status_text(api_s),   \
                         socle_error(context));                                                    \
    } while (0)

/* A call that must fail with `expected` and leave a text that contains `part`. */
#define API_FAILS(context, call, expected, part)                                                   \
    do {                                                                                           \
        socle_status api_s = (call);                                                               \
        if (api_s != (expected))                                                                   \
            SC_TEST_FAIL("%s returned %d (%s), expected %s; text: %s", #call, (int)api_s,          \
                         socle_status_text(api_s), #expected, socle_error(context));               \
        SC_CONTAINS(socle_error(context), part);                                                   \
    } while (0)

/* One body for the cpu and OpenCL: API_TEST(suite, name) { ... `device` ... } */
#define API_TEST(suite, name)                                                                      \
    static void name(const char *device);                                                          \
    SC_DEVICE_BODY(suite, name)                                                                    \
    static void name(const char *device)
/* The same, on OpenCL not in a plain ./test. */
#define API_TEST_IN_FULL(suite, name)                                                              \
    static void name(const char *device);                                                          \
    SC_DEVICE_BODY_IN_FULL(suite, name)                                                            \
    static void name(const char *device)

/* Opens `device`; one that is not there skips the test with the reason. */
static SC_UNUSED socle_context *api_open(const char *device) {
    socle_context *context;
    socle_status status = socle_open(&context, device);
    if (status == SOCLE_STATUS_NO_DEVICE) {
        char reason[256];
        snprintf(reason, sizeof reason, "%s", socle_error(context));
        socle_close(context);
        cr_skip_test("no device %s here: %s", device, reason);
    }
    API_OK(context, status);
    return context;
}

static SC_UNUSED socle_tensor *api_tensor(socle_context *context, socle_dtype dtype,
                                          socle_shape shape) {
    socle_tensor *tensor;
    API_OK(context, socle_tensor_create(&tensor, context, dtype, shape));
    return tensor;
}

enum { API_SAMPLES = 90, API_FEATURES = 6, API_CLASSES = 3 };

typedef struct api_blobs {
    float input[API_SAMPLES][API_FEATURES];
    unsigned char label[API_SAMPLES];
} api_blobs;

/* Three clouds of points, one per class; the same every time. */
static SC_UNUSED void api_draw(api_blobs *blobs) {
    uint32_t state = 12345;
    for (int i = 0; i < API_SAMPLES; i++) {
        blobs->label[i] = (unsigned char)(i % API_CLASSES);
        for (int k = 0; k < API_FEATURES; k++) {
            state = state * 1664525u + 1013904223u;
            blobs->input[i][k] =
                (float)(state >> 8) / 16777216.0f + (k % API_CLASSES == blobs->label[i] ? 1 : 0);
        }
    }
}

static SC_UNUSED socle_data *api_data(socle_context *context) {
    api_blobs blobs;
    socle_data *data;
    api_draw(&blobs);
    API_OK(context,
           socle_data_arrays(&data, context, API_SAMPLES, SOCLE_F32, SOCLE_SHAPE(API_FEATURES),
                             blobs.input, SOCLE_U8, NULL, blobs.label));
    return data;
}

/* dense 8, relu, dropout, dense 3, with its loss. Weights: "dense1.weight" [8,6] and so on. */
static SC_UNUSED socle_net *api_net(socle_context *context) {
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input(net, SOCLE_SHAPE(API_FEATURES));
    x = socle_dropout(net, socle_relu(net, socle_dense(net, x, 8, NULL)), 0.1f);
    x = socle_dense(net, x, API_CLASSES, NULL);
    API_OK(context, socle_loss_softmax_cross_entropy(net, x));
    return net;
}

/* The first layer's weights. */
enum { API_WEIGHTS = 8 * API_FEATURES };

static SC_UNUSED void api_weight(socle_context *context, socle_net *net, float out[API_WEIGHTS]) {
    API_OK(context, socle_net_read(net, "dense1.weight", out, API_WEIGHTS));
}

static SC_UNUSED socle_fit_opts api_opts(void) {
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.optimizer = socle_adam(0.02f);
    opts.epochs = 3;
    opts.batch = 16;
    return opts;
}

#endif
