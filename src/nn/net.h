/* SPDX-License-Identifier: Apache-2.0 */
/* A network: inputs, layers in order, losses, and the parameters that the layers own. Its layers
 * may form several named networks, which read each other and are trained in phases. It is a
 * description; building it appends its operations to a graph, once per purpose (train, evaluate,
 * predict) and capacity. It knows graphs, not devices, files or loops. A net remembers its first
 * error, so building code needs no check per line. */
#ifndef SC_NN_NET_H
#define SC_NN_NET_H

#include "base/option.h"
#include "graph/build.h"
#include "nn/lanes.h"

enum {
    SC_LAYER_VALUES = 2, /* options of an activation */
    SC_LAYER_INPUTS = 64,
    SC_NET_INPUTS = 4,
    SC_NET_WORDS = SC_FAMILY_MOST_WORDS, /* every layer and activation */
    SC_NET_LAYERS = 10000,
    SC_NET_LOSSES = 16,
    SC_NET_NETWORKS = 8,      /* named networks that one net holds */
    SC_NET_APPLICATIONS = 16, /* of these to something */
    SC_NET_PHASES = 4,        /* of a training step */
    SC_LAYER_NAME = SC_NAME_MOST
};

typedef struct sc_initializer {
    const char *kind;  /* first, as an option of a kind has it: word of the table in init.c:
                          "he_normal", "glorot_uniform", "normal", "uniform", "zeros", "ones" */
    float scale;       /* sigma of normal, half-width of uniform, the value of constant; unused by
                          the others */
    sc_numbers values; /* of the kind "values": all of them, in the order of the tensor */
} sc_initializer;

/* Options of every layer kind in one flat record; a kind's table (layer.h) says which keys it
 * reads, their defaults and ranges. */
typedef struct sc_layer_options {
    int units;           /* dense, embedding, recurrent ones, noise */
    int heads;           /* attention */
    bool causal, rotary; /* attention */
    int layers;          /* recurrent ones: one above the other */
    bool bidirectional;  /* recurrent ones */
    float theta;         /* attention: of rotary positions */
    int vocabulary;      /* embedding */
    bool sparse;         /* embedding: an update moves the rows that its step looked up alone */
    int filters, groups; /* conv2d */
    int kernel[2], stride[2], dilation[2];
    sc_padding padding;
    bool use_bias, count_padding, ceil;
    bool per_channel;        /* prelu */
    int pieces;              /* maxout: linear maps of a unit; 0 in other layers */
    float rate;              /* dropout; reverse_gradient: the factor */
    bool spatial;            /* dropout: of whole channels */
    float deviation;         /* gaussian_noise, blur */
    float epsilon, momentum; /* of normalisation; batchnorm: running = momentum * running + (1 -
                                momentum) * batch */
    int group;               /* batchnorm: samples of a statistics group; 0: the whole batch */
    int axis;                /* concat, softmax, slice */
    int begin;               /* slice; its size is `units` */
    float k;                 /* local_response_norm; alpha and beta are values, its size `group` */
    int factor[2];           /* upsample */
    int size[2];             /* resize, adaptive_avgpool2d; conv2d_transpose: more at the end */
    const char *method;      /* resize: "bilinear", "nearest"; standardise: "image", "channel";
                                position: "learned", "sinusoidal"; upsample: as resize */
    socle_shape shape;       /* reshape: of a sample; permute: the order */
    const char *function;    /* activation: a word of activation_list.def ("relu"); rnn */
    float value[SC_LAYER_VALUES]; /* of an activation: what its formula reads, in the order of its
                                     row */
    const char *distribution;     /* noise: "normal", "uniform" */
    const char *returns;          /* rnn: "last", "sequence" */
    const char *formula;          /* expr: the user's text */
    sc_initializer weight_init, recurrent_init, bias_init;
    int share; /* the number of the layer whose parameters it takes, from 1; 0: it has its own */
} sc_layer_options;

typedef struct sc_layer_kind sc_layer_kind;

typedef struct sc_layer {
    const sc_layer_kind *kind;
    const char *name; /* unique; automatic: kind and ordinal ("conv2d2") */
    int inputs;
    int input[SC_LAYER_INPUTS]; /* node numbers: see sc_net_node below */
    sc_layer_options options;
    sc_tensor_desc output;  /* for one sample; inferred when added */
    const sc_expr *formula; /* of an activation or an expr layer: its text, read once; NULL: none */
    int first_parameter, parameters;
    bool again;   /* a layer of a network that is applied once more, without a name of its own */
    bool borrows; /* its parameters are those of an earlier layer, which owns them */
} sc_layer;

typedef enum sc_parameter_role {
    SC_PARAMETER_WEIGHT,
    SC_PARAMETER_BIAS,
    SC_PARAMETER_SCALE,
    SC_PARAMETER_STATISTIC
} sc_parameter_role;

typedef struct sc_parameter {
    const char *name;       /* "conv2d1.weight" */
    sc_parameter_role role; /* STATISTIC: running values, lane STATISTICS; others: lane PARAMETERS
                             */
    sc_tensor_desc desc;    /* not batched */
    sc_initializer init;
    int64_t fan_in, fan_out;
    int index; /* within its lane: ordinal among parameters, or among statistics */
} sc_parameter;

typedef struct sc_loss_kind sc_loss_kind;
typedef struct sc_metric_kind sc_metric_kind;
typedef struct sc_metric_options sc_metric_options;
/* Metrics, and how many of them may be sums. */
enum { SC_NO_LABEL = INT32_MIN, SC_NET_METRICS = 12, SC_NET_SUMS = 6, SC_LOSS_VALUES = 2 };
/* What an evaluation collects of each row, for metrics that need all of them. */
typedef enum sc_collects {
    SC_COLLECTS_NOTHING,
    SC_COLLECTS_CLASSES, /* labels and the classes that are predicted */
    SC_COLLECTS_SCORES   /* and scores */
} sc_collects;

/* How a loss compares: values of its options. */
typedef struct sc_loss_settings {
    float value[SC_LOSS_VALUES]; /* what its formula reads, in the order of its table */
    const char *reduction;       /* "mean", "sum": of the elements of a sample; NULL: it has none */
    const char *targets;         /* "labels", "probabilities"; NULL: the loss compares no classes */
} sc_loss_settings;
typedef struct sc_loss_options sc_loss_options;

/* One loss: what it compares, and what counts in it. */
typedef struct sc_loss_term {
    const sc_loss_kind *kind;
    sc_loss_settings settings;
    int output;      /* node number of the predictions */
    int32_t ignored; /* the label of what does not count; SC_NO_LABEL: all counts */
    int lengths;     /* the input that says how many rows of each sample count; -1: all do */
    float weight;    /* its factor in the sum of losses */
    int phase;       /* the phase of a step that makes it small; 0 where no phases are declared */
    float target;    /* what predictions are compared with; NaN: the labels or targets of the data
                      */
} sc_loss_term;

/* A named network: consecutive layers, called "NAME.LAYER". */
typedef struct sc_network {
    const char *name;
    int argument; /* the node that its layers read as their input; -1: they read none */
    size_t first, layers;
} sc_network;

/* What a network gives for an argument: generator, discriminator(input). */
typedef struct sc_application {
    int network, argument;
    int output; /* node number */
} sc_application;

/* A part of a training step: its losses, and the networks whose parameters they move. All phases of
 * a step see the weights with which it began (simultaneous gradient descent: Mescheder et al., The
 * Numerics of GANs, 2017). */
typedef struct sc_phase {
    const char *name;
    uint32_t trains;              /* networks, one bit each */
    const sc_metric_kind *metric; /* its loss, under the phase's name: "generator_loss" */
} sc_phase;

typedef struct sc_net {
    sc_env *env;
    sc_arena *arena;
    int inputs;
    struct {
        const char *name;
        sc_tensor_desc desc;
        float scale;
    } input[SC_NET_INPUTS]; /* desc: one sample, dim[0] = 1,
batched; dtype as the data has it (what layers take as numbers is converted on the device, x *
scale) */
    sc_layer *layer;
    size_t layers, layer_capacity;
    sc_parameter *parameter;
    size_t parameters, parameter_capacity;
    int trainable, statistics; /* counts */
    sc_loss_term loss[SC_NET_LOSSES];
    int losses; /* 0 until one is chosen */
    sc_network network[SC_NET_NETWORKS];
    int networks; /* 0: the layers are one network without a name */
    bool open;    /* the last one is being made */
    sc_application application[SC_NET_APPLICATIONS];
    int applications;
    sc_phase phase[SC_NET_PHASES];
    int phases;                                   /* 0: one that trains everything */
    const sc_metric_kind *metric[SC_NET_METRICS]; /* what is measured beside the loss: sums, then
                                                     what is computed of collected rows */
    int metrics, summed;
    sc_collects collects;    /* what evaluations collect for those */
    int output;              /* node number of the result: what predictions show */
    const char *preparation; /* how samples are made of what users have, for the model file; NULL:
                                as they are */
    int *slot; /* names to node numbers + 1: open addressing, 0 = free (net_names.c) */
    size_t slots;
    struct {
        const char *word;
        int last;
    } used[SC_NET_WORDS]; /* last ordinal per word, for automatic names */
    socle_status status;
} sc_net;

/* Node numbers name values of the network: 0 .. inputs-1 are inputs, inputs + k is layer k. -1
 * after an error. */

socle_status sc_net_create(sc_net **out, sc_env *env);
void sc_net_destroy(sc_net *net);
int sc_net_fail(sc_net *net, socle_status status); /* remembers; returns -1 */

/* `shape` of one sample without the batch ("1,28,28"). scale: 1/255 for images. Names, also of
 * layers: 1 to 100 letters, digits,
 * '_', '-' or '.', each used once. */
int sc_net_input(sc_net *net, const char *name, int dtype, const socle_shape *shape, float scale);
/* Adds a layer; name NULL = automatic. Shapes are inferred at once; an error gives the values and
 * the layer ("conv2d2: the kernel covers 5 ..."). Options are copied, their words too; start from
 * the kind's defaults, or from what sc_layer_kind_find gives. */
int sc_net_layer(sc_net *net, const sc_layer_kind *kind, const char *name, int inputs,
                 const int *input, const sc_layer_options *options);
/* Chooses the loss on the value of `node` by word. Errors: CONFIG for an unknown word, SHAPE. */
socle_status sc_net_loss(sc_net *net, const char *word, int node);
/* The same with options (nn/layer.h), NULL: the standard ones; of which `ignored` and `lengths` are
 * not read here. The formula is copied. Errors: also CONFIG with the formula's column. */
socle_status sc_net_loss_with(sc_net *net, const char *word, const sc_loss_options *options,
                              int node);
/* The loss "expr" is the mean of this formula of `prediction` and `target`; other losses have none.
 */
socle_status sc_net_loss_formula(sc_net *net, const char *word, const char *formula, int node);
/* One more loss, which is added to those before it `weight` times; the net's result stays what it
 * is. `target`: predictions are compared with this number; NaN: with the labels or targets of the
 * data, of which there is one column for all losses. Where there are several losses, that of a
 * sample is the sum over the losses of the mean over the labels that count. Errors: CONFIG, SHAPE.
 */
socle_status sc_net_add_loss(sc_net *net, const char *word, const sc_loss_options *options,
                             int node, float weight, float target);
/* Of the loss that was chosen or added last: what has the label `ignored` counts neither in the
 * loss nor in its mean; SC_NO_LABEL: all counts. Errors: CONFIG where the loss compares no classes.
 */
socle_status sc_net_ignore(sc_net *net, int32_t ignored);
/* net_lengths.c: of the same, of each sample's labels as many count, from the first on, as its
 * number in input `input` says; -1: all do. Errors: CONFIG where there is no label per step, or the
 * input gives no lengths. */
socle_status sc_net_loss_lengths(sc_net *net, int input);
/* net_networks.c. Begins a network, to which the layers added from now on belong; `argument`: the
 * node that it is applied to, -1: none. Errors: CONFIG. */
socle_status sc_net_begin_network(sc_net *net, const char *name, int argument);
/* Ends it: its result is that of its last layer. */
socle_status sc_net_end_network(sc_net *net);
/* Its number, or -1. */
int sc_net_find_network(const sc_net *net, const char *name);
/* The result of a network for the argument with which it was made. */
int sc_net_first_result(const sc_net *net, int network);
/* The result of a network for another argument, with the parameters that it has: a node, or -1
 * after an error (CONFIG, SHAPE). The same argument gives the same node. */
int sc_net_apply(sc_net *net, int network, int argument);
/* Whether the result of a node depends on an input of the net. */
bool sc_net_reads_inputs(const sc_net *net, int node);
/* One more phase; the losses that are added from now on are its. Errors: CONFIG. */
socle_status sc_net_add_phase(sc_net *net, const char *name, uint32_t trains);
/* Every loss reaches a parameter that its phase trains, and each network that a phase trains is
 * reached by one of its losses; networks that no phase trains are named in a warning. *loss: which
 * does not, or a loss of that phase. Errors: CONFIG. */
socle_status sc_net_check_phases(const sc_net *net, int *loss);
/* The phases of a step, at least 1. */
int sc_net_phases(const sc_net *net);
/* The phase that trains a parameter; -1: none does, and statistics are no parameters. */
int sc_net_phase_of(const sc_net *net, size_t parameter);
/* The first loss that compares with the labels or targets of the data; NULL: none does. */
const sc_loss_term *sc_net_labels(const sc_net *net);
/* The first loss whose predictions are the net's result; NULL: none. */
const sc_loss_term *sc_net_output_loss(const sc_net *net);
/* A loss may be below 0: the logarithm of a density, somebody's own formula. */
bool sc_net_is_signed(const sc_net *net);
/* Rows of a loss per sample: labels where it compares classes, else 1; and those of the losses that
 * compare with the labels of the data. */
int64_t sc_loss_term_rows(const sc_net *net, const sc_loss_term *term);
int64_t sc_net_label_rows(const sc_net *net);
/* Rows by which the whole counts: those of the loss, or 1 where there are several losses. */
int64_t sc_net_loss_rows(const sc_net *net);
/* The loss has several rows per sample, or some that do not count: what a step is divided by is
 * summed on the device. */
bool sc_net_sums_weight(const sc_net *net);
/* How many classes the loss tells apart; 0: none. */
int64_t sc_net_classes(const sc_net *net);
int sc_net_find(const sc_net *net, const char *name); /* node number or -1 */
const sc_tensor_desc *sc_net_desc(const sc_net *net, int node);
int64_t sc_net_parameter_count(const sc_net *net); /* trainable elements */
/* The most that the whole numbers of input `input` may be where they are lengths of sequences (1 to
 * that; the least of all that read them so); 0: they are none. *reader: the name of what says so;
 * NULL: it does not matter. */
int64_t sc_net_length_limit(const sc_net *net, int input, const char **reader);
/* Whether a node is an input of one whole number per sample, as it is in the data. Errors: CONFIG,
 * SHAPE, with what it is. */
socle_status sc_net_check_lengths(const sc_net *net, int node);
bool sc_net_has_batch_statistics(const sc_net *net);
/* The size of the statistics group that the net's batch normalisation names; 0: the whole batch.
 * errors: CONFIG (layers name different ones). */
socle_status sc_net_statistics_group(const sc_net *net, int64_t *group);
/* Batch normalisation can take statistics over groups of so many samples. errors: CONFIG (one value
 * has no variance). */
socle_status sc_net_check_group(const sc_net *net, int64_t rows);
/* metric.c: one more metric (nn/metric.h), once the loss is chosen; one of the table that is
 * measured already is no error. `options`: of "expr", copied; others need none, NULL. Errors:
 * CONFIG (unknown, the loss has none, too many; of a formula with its column; a name that is
 * taken). */
socle_status sc_net_measure(sc_net *net, const char *word, const sc_metric_options *options);
/* Evaluations collect so much at least. Errors: CONFIG (the loss tells no classes apart). */
socle_status sc_net_collect(sc_net *net, sc_collects collects);
int sc_net_metric(const sc_net *net, const char *word); /* its number, or -1 */
/* What says which epoch is best: "loss", or the number of a metric that is measured; NULL: the
 * first one, where it is measured unasked, else the loss. Errors: CONFIG (it is not measured). */
enum { SC_JUDGED_BY_LOSS = -1 };
socle_status sc_net_judge(int *judge, const sc_net *net, const char *word);
/* The metrics that a loss brings along. */
void sc_net_standard_metrics(sc_net *net);

/* How samples are made of what users have, as text that this floor does not read: it goes with the
 * net wherever it is written. */
socle_status sc_net_set_preparation(sc_net *net, const char *text);

/* DRAW: as EVALUATE, but what draws random numbers in training alone draws them here too. */
typedef enum sc_build_mode { SC_BUILD_TRAIN, SC_BUILD_EVALUATE, SC_BUILD_DRAW } sc_build_mode;

/* What a layer takes out of a table: row index[n] of it is row n of `found`. */
typedef struct sc_lookup {
    sc_value index, found; /* SC_NO_VALUE: it takes no rows */
} sc_lookup;

/* What building gives: values of the graph. */
typedef struct sc_build {
    sc_env *env;
    sc_net *net;
    sc_graph *graph;
    sc_build_mode mode;
    const sc_layer *layer; /* while a layer is being built */
    sc_value *parameter;   /* per net parameter: its external value in this graph, SC_NO_VALUE until
                              used */
    sc_value *statistic;   /* per net parameter of role STATISTIC, in TRAIN mode: this micro-batch's
                              value for it */
    sc_value *node;        /* per node number */
    sc_lookup *lookup;     /* per layer: of its parameter 0 */
} sc_build;

/* Appends the network up to net->output. `input` are values of the graph, one per net input, of any
 * dtype (converted to float here, but for layers that take whole numbers). Owns the arrays in `out`
 * until sc_build_free. */
socle_status sc_net_build(sc_build *out, sc_net *net, sc_graph *graph, sc_build_mode mode,
                          const sc_value *input);
/* The same with values of the caller's in place of the parameters' external ones, one per parameter
 * of the net; NULL: none. */
socle_status sc_net_build_with(sc_build *out, sc_net *net, sc_graph *graph, sc_build_mode mode,
                               const sc_value *input, const sc_value *parameter);
void sc_build_free(sc_build *build);
/* For layers: the external value of the current layer's parameter `k` (0-based in its declaration
 * order). */
sc_value sc_build_parameter(sc_build *build, int k);
/* For layers: this micro-batch's value for the current layer's parameter `k`, of role STATISTIC. Of
 * a network that is applied several times the first application's stays. */
void sc_build_set_statistic(sc_build *build, int k, sc_value value);
/* For layers: the rows of the current layer's parameter 0 that `index` [N] i32 names, zeros where
 * there is none. */
sc_value sc_build_look_up(sc_build *build, sc_value index);

/* Fills host memory with the initial values of a parameter: a function of seed and the parameter's
 * name alone. */
socle_status sc_parameter_initialize(sc_env *env, const sc_parameter *parameter, uint64_t seed,
                                     float *out);

#endif
