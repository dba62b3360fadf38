/* SPDX-License-Identifier: Apache-2.0 */
/* Networks: layers added in order or by name. Building functions return a node, or -1 after an
 * error, which the net remembers: the next call that can fail reports it with its text. A node may
 * be read by several layers. Shapes are those of one sample, without the batch. Options that stay
 * zero take their standard value; opts NULL: all standard; a name NULL: kind and number
 * ("conv2d2"). */
#ifndef SOCLE_NET_H
#define SOCLE_NET_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct socle_net socle_net;
typedef int socle_node;

/* Makes an empty network. errors: OUT_OF_MEMORY. */
SOCLE_API socle_status socle_net_create(socle_net **out, socle_context *context);
/* Releases the network; a trainer that uses it keeps it. NULL is fine. */
SOCLE_API void socle_net_destroy(socle_net *net);

/* SAME: windows around every stride-th position, the image bordered by zeros; VALID: inside the
 * image alone. */
typedef enum socle_padding { SOCLE_VALID = 0, SOCLE_SAME = 1 } socle_padding;

typedef struct socle_initializer {
    const char *kind; /* NULL: standard; "zeros", "ones", "normal", "uniform", "glorot_uniform",
                         "glorot_normal", "he_uniform", "he_normal", "fan_in_uniform" */
    float scale;      /* sigma of normal, half-width of uniform */
} socle_initializer;

typedef struct socle_dense_opts {
    const char *name;
    int no_bias;
    socle_initializer weight_init, bias_init; /* standard: he_normal, zeros */
} socle_dense_opts;

typedef struct socle_embedding_opts {
    const char *name;
    socle_initializer weight_init; /* standard: normal, 1 */
} socle_embedding_opts;

typedef struct socle_rnn_opts {
    const char *name;
    int relu;     /* the function of each step: tanh, else relu */
    int sequence; /* gives the states of all steps, else the last */
    int no_bias;
    socle_initializer weight_init, recurrent_init, bias_init; /* standard: fan_in_uniform */
} socle_rnn_opts;

typedef struct socle_conv2d_opts {
    const char *name;
    int stride[2], dilation[2], groups; /* height, width; standard: 1 */
    socle_padding padding;
    int pad[4]; /* top, bottom, left, right; used when padding is SOCLE_VALID */
    int no_bias;
    socle_initializer weight_init, bias_init; /* standard: he_normal, zeros */
} socle_conv2d_opts;

typedef struct socle_pool2d_opts {
    const char *name;
    int stride[2]; /* height, width; standard: the kernel's size */
    socle_padding padding;
    int pad[4]; /* top, bottom, left, right; used when padding is SOCLE_VALID */
} socle_pool2d_opts;

typedef struct socle_batchnorm_opts {
    const char *name;
    float epsilon, momentum; /* 0: 1e-5 and 0.9 */
    int group; /* samples that share statistics; 0: the whole batch, which then cannot be split */
} socle_batchnorm_opts;

/* Adds an input named "input" of f32 samples of `shape`. Inputs come before layers; at most 4. */
SOCLE_API socle_node socle_input(socle_net *net, socle_shape shape);
/* Adds an input by name: that of the column of the data set, "input" for the first one (NULL: so).
 * u8 and i32 samples are converted on the device, as value * scale, but for socle_embedding. */
SOCLE_API socle_node socle_input_named(socle_net *net, const char *name, socle_dtype dtype,
                                       socle_shape shape, float scale);
/* Fully connected layer along the last dimension. x: [..,K]; result [..,units]. Parameters: weight
 * [units, K], bias [units]. */
SOCLE_API socle_node socle_dense(socle_net *net, socle_node x, int units,
                                 const socle_dense_opts *opts);
/* A learned row of `units` features for each whole number of an input of u8 or i32, which are 0 to
 * vocabulary - 1. x: [..], an input of the network; result [..,units]. Parameters: weight
 * [vocabulary, units], of standard normal values at first. A step moves the rows alone that it
 * looks up, which costs as much as these, where socle_layer adds it with "sparse: true". */
SOCLE_API socle_node socle_embedding(socle_net *net, socle_node x, int vocabulary, int units,
                                     const socle_embedding_opts *opts);
/* Simple recurrent layer: h(t) = tanh(W x(t) + b + U h(t-1) + c). x: [T,K], or an image [1,T,K]
 * whose rows are steps; lengths: an input of the network, one u8 or i32 per sample, that says how
 * many steps it has, 1 to T; NULL: T. Result: [units], the last state, or [T,units], which is 0
 * behind a sample's length. Parameters: weight_ih_l0 [units, K], weight_hh_l0 [units, units],
 * bias_ih_l0 and bias_hh_l0 [units]. */
SOCLE_API socle_node socle_rnn(socle_net *net, socle_node x, int units, const socle_node *lengths,
                               const socle_rnn_opts *opts);
/* Convolution with windows of kernel x kernel. x: [C,H,W]; result [filters,OH,OW]. Parameters:
 * weight [filters, C/groups, kernel, kernel], bias [filters]. */
SOCLE_API socle_node socle_conv2d(socle_net *net, socle_node x, int filters, int kernel,
                                  const socle_conv2d_opts *opts);
/* Maximum of each kernel x kernel window. x: [C,H,W]; result [C,OH,OW]. */
SOCLE_API socle_node socle_maxpool2d(socle_net *net, socle_node x, int kernel,
                                     const socle_pool2d_opts *opts);
/* Mean of each kernel x kernel window, without its padding. x: [C,H,W]; result [C,OH,OW]. */
SOCLE_API socle_node socle_avgpool2d(socle_net *net, socle_node x, int kernel,
                                     const socle_pool2d_opts *opts);
/* Mean of each channel. x: [C,H,W]; result [C]. */
SOCLE_API socle_node socle_global_avgpool(socle_net *net, socle_node x);
/* Batch normalisation per channel. x: [C] or [C,H,W]; result the same. Parameters: weight, bias,
 * running_mean, running_var, each [C]. */
SOCLE_API socle_node socle_batchnorm(socle_net *net, socle_node x,
                                     const socle_batchnorm_opts *opts);
/* In training sets a share `rate` (0 to 0.999) of the elements to 0 and scales the others up. */
SOCLE_API socle_node socle_dropout(socle_net *net, socle_node x, float rate);
/* The same elements as one dimension. */
SOCLE_API socle_node socle_flatten(socle_net *net, socle_node x);
/* Elementwise function by word: "relu", "sigmoid", "tanh", "softmax" (along the last dimension),
 * "gelu", "elu" ... (docs/reference.md, "activation"), with its standard options. */
SOCLE_API socle_node socle_activation(socle_net *net, socle_node x, const char *word);
/* socle_activation by "relu". */
SOCLE_API socle_node socle_relu(socle_net *net, socle_node x);
/* A formula of each element: socle_expr(net, 1, &x, "x * tanh(log(1 + exp(x)))"). Of several nodes
 * (up to 8) they are x1, x2 ...; shapes of equal rank, sizes equal, or 1, which stretches.
 * formula: docs/configuration.md, "Formulas"; copied. An error names the column. */
SOCLE_API socle_node socle_expr(socle_net *net, int count, const socle_node *x,
                                const char *formula);
/* Any layer as a configuration has it: socle_layer(net, 1, &x, "{leaky_relu: 0.1}"),
 * "{maxout: {units: 64, pieces: 3, name: m}}" (docs/reference.md, "Layers"). x: the nodes that it
 * reads, in place of `from`; count 0: none ("{noise: 8}"). An error names the place in the text.
 */
SOCLE_API socle_node socle_layer(socle_net *net, int count, const socle_node *x, const char *text);
/* Sum of 2 to 64 nodes of equal shapes. */
SOCLE_API socle_node socle_add(socle_net *net, int count, const socle_node *x);
/* Joins 2 to 64 nodes along dimension `axis` of a sample; 0 = channels. Other sizes are equal. */
SOCLE_API socle_node socle_concat(socle_net *net, int count, const socle_node *x, int axis);

/* Networks by name, so that a step may train each in its own way (socle_phase, and groups in
 * train.h). The layers that are added from here to socle_network_end are the network's, and are
 * called "NAME.LAYER"; a net has its layers in such networks, or none of them. argument: the node
 * that they read and that others may take the place of; -1: none, as of what makes its samples of
 * noise. At most 8. errors: the first error of building; CONFIG, STATE (inside another one). */
SOCLE_API socle_status socle_network_begin(socle_net *net, const char *name, socle_node argument);
/* Ends it; what its last layer gives. */
SOCLE_API socle_node socle_network_end(socle_net *net);
/* What a network gives for another argument of the same shape, with the weights that it has: the
 * score of what another network made. At most 16 in all. */
SOCLE_API socle_node socle_network_apply(socle_net *net, const char *name, socle_node argument);
/* Predictions are of x. Without it they are of the last layer that was added, or of what the loss
 * reads. errors: the first error of building; CONFIG. */
SOCLE_API socle_status socle_net_output(socle_net *net, socle_node x);

/* Training minimises the cross-entropy of softmax(x) and class numbers, the mean over all of them.
 * x: [classes] with one label per sample, [..,classes] with labels [..], or images [classes,H,W]
 * with labels [H,W]; classes 2 or more, labels u8 or i32. errors: the first error of building;
 * SHAPE, CONFIG. */
SOCLE_API socle_status socle_loss_softmax_cross_entropy(socle_net *net, socle_node x);
/* What has this label (any but INT32_MIN, also one of no class) counts neither in the loss nor in
 * the mean: padding, unknown pixels. errors: the first error of building; CONFIG (no loss of
 * classes). */
SOCLE_API socle_status socle_loss_ignore(socle_net *net, int32_t label);
/* Of the labels of each sample as many count, from the first on, as input `lengths` says: one u8 or
 * i32, 1 to T. errors: the first error of building; CONFIG (no labels per step, no input), SHAPE.
 */
SOCLE_API socle_status socle_loss_lengths(socle_net *net, socle_node lengths);
/* Training minimises the mean cross-entropy of sigmoid(x) and targets of 0 to 1. x and targets:
 * equal shapes; f32, or class numbers 0 and 1. errors: the first error of building; CONFIG. */
SOCLE_API socle_status socle_loss_binary_cross_entropy(socle_net *net, socle_node x);
/* Training minimises the mean square of x - target. x and targets: equal shapes.
 * errors: the first error of building; CONFIG. */
SOCLE_API socle_status socle_loss_mean_squared_error(socle_net *net, socle_node x);

/* Training minimises the mean of a formula of `prediction`, the elements of x, and `target`:
 * socle_loss_expr(net, x, "abs(prediction - target)"). x and targets: equal shapes.
 * formula: docs/configuration.md, "Formulas"; copied. errors: the first error of building; CONFIG
 * (names the column). */
SOCLE_API socle_status socle_loss_expr(socle_net *net, socle_node x, const char *formula);

/* Training minimises any loss as a configuration has it: socle_loss(net, x, "{huber: 0.5}"),
 * "{mse: {reduction: sum}}" (docs/reference.md, "Losses", says what each compares x with).
 * errors: the first error of building; CONFIG (names the place in the text), SHAPE. */
SOCLE_API socle_status socle_loss(socle_net *net, socle_node x, const char *text);

/* One more loss beside those before it, of the phase that was added last: `weight` (0 to 1e6) times
 * the mean of what socle_loss has. text NULL: x itself is the loss, of each sample the mean of its
 * elements, however it was built of layers and inputs. target: a number that x is compared with;
 * NULL: the labels or targets of the data, of which there is one column for all losses. At most 16.
 * errors: as of socle_loss. */
SOCLE_API socle_status socle_add_loss(socle_net *net, socle_node x, const char *text, float weight,
                                      const float *target);
/* Begins a phase of a training step: it moves the weights of these networks, and no others, along
 * the gradient of the losses that are added behind it. All phases of a step see the weights with
 * which the step began. name: that of its loss where metrics are shown ("NAME_loss"); NULL: of the
 * first network. At most 4; a network is trained by one. errors: the first error of building;
 * CONFIG (a network that is not there). What no loss reaches is a CONFIG error of whoever trains.
 */
SOCLE_API socle_status socle_phase(socle_net *net, const char *name, int count,
                                   const char *const *trains);

/* Number of elements that training changes; 0 for NULL. */
SOCLE_API int64_t socle_net_parameters(const socle_net *net);
typedef struct socle_parameter {
    const char *name; /* "conv2d1.weight"; the net's */
    const char *role; /* the end of the name: "weight", "bias", "running_mean", "running_var" */
    socle_shape shape;
    int trained; /* 0: running statistics, which training keeps beside the weights */
} socle_parameter;

/* Describes parameter `index`, from 0 on, in the order of the layers.
 * errors: the first error of building; NOT_FOUND (there are no more), INVALID_ARGUMENT. */
SOCLE_API socle_status socle_net_parameter(socle_net *net, int64_t index, socle_parameter *out);
/* Copies a parameter by name ("dense1.weight") to host memory; before the first fit or write they
 * have the initial values of seed 1. data: all its elements, row-major f32, `count` of them.
 * errors: the first error of building; NOT_FOUND, INVALID_ARGUMENT (another count). */
SOCLE_API socle_status socle_net_read(socle_net *net, const char *name, float *data, size_t count);
/* Sets a parameter from host memory; as socle_net_read. A trainer that exists does not see it. */
SOCLE_API socle_status socle_net_write(socle_net *net, const char *name, const float *data,
                                       size_t count);

/* Writes a model file: safetensors with the network's description. It appears whole or not at all.
 * errors: the first error of building; IO; CONFIG (what no file could say: a network that was begun
 * and not ended, or that no loss reads; a net without an input). */
SOCLE_API socle_status socle_save(socle_net *net, const char *path);
/* Makes a network and its parameters from a model file alone. errors: NOT_FOUND, IO, DATA. */
SOCLE_API socle_status socle_load(socle_net **out, socle_context *context, const char *path);

/* What tensors are called in a file and in the network: {"features.0.*", "conv2d1.*"}. A '*' stands
 * for any characters, which take the place of the same '*' on the other side. */
typedef struct socle_rename {
    const char *from, *to;
} socle_rename;

/* Reads every parameter of a network from a safetensors file that need not say what network it is
 * for, as PyTorch's do (docs/weights.md). F16, BF16 and F64 become f32; tensors of types that no
 * parameter has are passed over, which the logger is told. rename: `count` rules, the first that is
 * for a name is used; NULL and 0: the file has the network's names. On failure the weights stay.
 * errors: the first error of building; NOT_FOUND, IO, DATA (missing, extra or of another shape),
 * CONFIG (a rule that is none, or for no tensor). */
SOCLE_API socle_status socle_load_weights(socle_net *net, const char *path, int count,
                                          const socle_rename *rename);

#ifdef __cplusplus
}
#endif
#endif
