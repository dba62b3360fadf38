/* SPDX-License-Identifier: Apache-2.0 */
/* Networks: layers added in order or by name. Building functions return a node, or -1 after an error, which the net remembers; the
 * next call that can fail reports it. Shapes of a sample are without the batch. Weights: dense [units, inputs], conv2d
 * [filters, C/groups, KH, KW]. Options that stay zero take their standard value. */
#ifndef SOCLE_NET_H
#define SOCLE_NET_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct socle_net socle_net;
typedef int socle_node;

SOCLE_API socle_status socle_net_create(socle_net **out, socle_context *context);
SOCLE_API void socle_net_destroy(socle_net *net); /* NULL is fine */

typedef enum socle_padding { SOCLE_VALID = 0, SOCLE_SAME = 1 } socle_padding;

typedef struct socle_initializer {
    const char *kind; /* NULL: standard; "zeros", "ones", "normal", "uniform", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal" */
    float scale;      /* sigma of normal, half-width of uniform */
} socle_initializer;

typedef struct socle_dense_opts {
    const char *name;
    int no_bias;
    socle_initializer weight_init, bias_init;
} socle_dense_opts;

typedef struct socle_conv2d_opts {
    const char *name;
    int stride[2], dilation[2], groups;
    socle_padding padding;
    int pad[4]; /* top, bottom, left, right; used when padding is SOCLE_VALID */
    int no_bias;
    socle_initializer weight_init, bias_init;
} socle_conv2d_opts;

typedef struct socle_pool2d_opts {
    const char *name;
    int stride[2];
    socle_padding padding;
    int pad[4];
} socle_pool2d_opts;

typedef struct socle_batchnorm_opts {
    const char *name;
    float epsilon, momentum; /* 0: 1e-5 and 0.9 */
} socle_batchnorm_opts;

/* An input of f32 samples. */
SOCLE_API socle_node socle_input(socle_net *net, socle_shape shape);
/* An input by name; u8 samples are converted on the device as value * scale. */
SOCLE_API socle_node socle_input_named(socle_net *net, const char *name, socle_dtype dtype, socle_shape shape, float scale);
/* x [K] -> [units] */
SOCLE_API socle_node socle_dense(socle_net *net, socle_node x, int units, const socle_dense_opts *opts);
/* x [C,H,W] -> [filters,OH,OW], kernel x kernel */
SOCLE_API socle_node socle_conv2d(socle_net *net, socle_node x, int filters, int kernel, const socle_conv2d_opts *opts);
SOCLE_API socle_node socle_maxpool2d(socle_net *net, socle_node x, int kernel, const socle_pool2d_opts *opts);
SOCLE_API socle_node socle_avgpool2d(socle_net *net, socle_node x, int kernel, const socle_pool2d_opts *opts);
/* [C,H,W] -> [C] */
SOCLE_API socle_node socle_global_avgpool(socle_net *net, socle_node x);
SOCLE_API socle_node socle_batchnorm(socle_net *net, socle_node x, const socle_batchnorm_opts *opts);
SOCLE_API socle_node socle_dropout(socle_net *net, socle_node x, float rate);
SOCLE_API socle_node socle_flatten(socle_net *net, socle_node x);
/* By word: "relu", "sigmoid", "tanh", "softmax", ... */
SOCLE_API socle_node socle_activation(socle_net *net, socle_node x, const char *word);
SOCLE_API socle_node socle_relu(socle_net *net, socle_node x);
SOCLE_API socle_node socle_add(socle_net *net, int count, const socle_node *x);
/* Along dimension `axis` of a sample; 0 = channels. */
SOCLE_API socle_node socle_concat(socle_net *net, int count, const socle_node *x, int axis);

/* What training minimises, read from node x. errors: SHAPE. */
SOCLE_API socle_status socle_loss_softmax_cross_entropy(socle_net *net, socle_node x);
SOCLE_API socle_status socle_loss_binary_cross_entropy(socle_net *net, socle_node x);
SOCLE_API socle_status socle_loss_mean_squared_error(socle_net *net, socle_node x);

SOCLE_API int64_t socle_net_parameters(const socle_net *net); /* trainable elements */
/* Weights by name ("dense1.weight"), on the host between calls of fit. data: all elements, row-major f32, `count` of them.
 * errors: NOT_FOUND, INVALID_ARGUMENT. */
SOCLE_API socle_status socle_net_read(socle_net *net, const char *name, float *data, size_t count);
SOCLE_API socle_status socle_net_write(socle_net *net, const char *name, const float *data, size_t count);

/* Model files: safetensors with the network's description, so that socle_load needs only the file. errors: IO, DATA. */
SOCLE_API socle_status socle_save(socle_net *net, const char *path);
SOCLE_API socle_status socle_load(socle_net **out, socle_context *context, const char *path);

#ifdef __cplusplus
}
#endif
#endif
