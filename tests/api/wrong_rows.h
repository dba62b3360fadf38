/* SPDX-License-Identifier: Apache-2.0 */
/* The table of test_wrong.c: X(status, part of the text, call). What a row may use is there. */
#ifndef SC_TEST_API_WRONG_ROWS_H
#define SC_TEST_API_WRONG_ROWS_H

#define OPTS(...) (&(socle_conv2d_opts){__VA_ARGS__})
#define DENSE(...) (&(socle_dense_opts){__VA_ARGS__})
#define POOL(...) (&(socle_pool2d_opts){__VA_ARGS__})
#define WINDOW(...) (&(socle_window){.kernel = __VA_ARGS__})
#define ORDER(...) ((const int[]){__VA_ARGS__})
#define BOTH(a, b) ((const int[]){a, b})

#define ROWS(X)                                                                                    \
    /* operations: types */                                                                        \
    X(INVALID_ARGUMENT, "socle_op_to_float", built(w, socle_op_unary(w->graph, "relu", w->bytes))) \
    X(INVALID_ARGUMENT, "socle_op_to_float", built(w, socle_op_unary(w->graph, "exp", w->words)))  \
    X(INVALID_ARGUMENT, "u8", built(w, socle_op_binary(w->graph, "add", w->bytes, w->bytes)))      \
    X(INVALID_ARGUMENT, "u8", built(w, socle_op_binary(w->graph, "add", w->f, w->bytes)))          \
    X(INVALID_ARGUMENT, "i32", built(w, socle_op_binary(w->graph, "mul", w->words, w->f)))         \
    X(INVALID_ARGUMENT, "no elementwise", built(w, socle_op_unary(w->graph, "nosuch", w->f)))      \
    X(INVALID_ARGUMENT, "no elementwise", built(w, socle_op_unary(w->graph, "", w->f)))            \
    X(INVALID_ARGUMENT, "no elementwise", built(w, socle_op_unary(w->graph, NULL, w->f)))          \
    X(INVALID_ARGUMENT, "no elementwise", built(w, socle_op_unary(w->graph, "add", w->f)))         \
    X(INVALID_ARGUMENT, "no elementwise",                                                          \
      built(w, socle_op_unary(w->graph, "to_float", w->words)))                                    \
    X(INVALID_ARGUMENT, "no elementwise", built(w, socle_op_binary(w->graph, "relu", w->f, w->f))) \
    X(INVALID_ARGUMENT, "no elementwise", built(w, socle_op_binary(w->graph, "lt", w->f, w->f)))   \
    X(INVALID_ARGUMENT, "no elementwise", built(w, socle_op_unary(w->graph, "input", w->f)))       \
    X(INVALID_ARGUMENT, "not a value", built(w, socle_op_unary(w->graph, "relu", -1)))             \
    X(INVALID_ARGUMENT, "not a value", built(w, socle_op_unary(w->graph, "relu", 4711)))           \
    X(INVALID_ARGUMENT, "not a value", built(w, socle_op_binary(w->graph, "add", w->f, INT_MIN)))  \
    X(INVALID_ARGUMENT, "not a value", built(w, socle_op_to_float(w->graph, BIG, 1)))              \
    X(INVALID_ARGUMENT, "factor", built(w, socle_op_to_float(w->graph, w->bytes, NAN)))            \
    X(SHAPE, "matmul", built(w, socle_op_matmul(w->graph, w->bytes, w->bytes, 0, 1)))              \
    X(SHAPE, "matmul", built(w, socle_op_matmul(w->graph, w->f, w->f, 0, 0)))                      \
    X(SHAPE, "matmul", built(w, socle_op_matmul(w->graph, w->words, w->f, 0, 0)))                  \
    X(INVALID_ARGUMENT, "not a value", built(w, socle_op_matmul(w->graph, -1, w->f, 0, 0)))        \
    X(SHAPE, "conv2d", built(w, socle_op_conv2d(w->graph, w->bytes, w->g, WINDOW({2, 2}), 1)))     \
    X(SHAPE, "conv2d", built(w, socle_op_conv2d(w->graph, w->g, w->f, WINDOW({2, 2}), 1)))         \
    X(SHAPE, "conv2d", built(w, socle_op_conv2d(w->graph, w->g, w->g, WINDOW({0, 0}), 1)))         \
    X(SHAPE, "conv2d", built(w, socle_op_conv2d(w->graph, w->g, w->g, WINDOW({4, 4}), -1)))        \
    X(SHAPE, "conv2d", built(w, socle_op_conv2d(w->graph, w->g, w->g, WINDOW({4, 4}), BIG)))       \
    X(SHAPE, "stride",                                                                             \
      built(w, socle_op_conv2d(w->graph, w->g, w->g, WINDOW({4, 4}, .stride = {-1, 1}), 1)))       \
    X(SHAPE, "padding",                                                                            \
      built(w, socle_op_conv2d(w->graph, w->g, w->g, WINDOW({4, 4}, .pad = {0, 0, -1, 0}), 1)))    \
    X(INVALID_ARGUMENT, "window", built(w, socle_op_conv2d(w->graph, w->g, w->g, NULL, 1)))        \
    X(SHAPE, "maxpool2d", built(w, socle_op_maxpool2d(w->graph, w->g, WINDOW({0, 2}))))            \
    X(SHAPE, "maxpool2d", built(w, socle_op_maxpool2d(w->graph, w->g, WINDOW({5, 5}))))            \
    X(SHAPE, "maxpool2d", built(w, socle_op_maxpool2d(w->graph, w->f, WINDOW({1, 1}))))            \
    X(SHAPE, "maxpool2d", built(w, socle_op_maxpool2d(w->graph, w->bytes, WINDOW({1, 1}))))        \
    X(INVALID_ARGUMENT, "window", built(w, socle_op_maxpool2d(w->graph, w->g, NULL)))              \
    X(SHAPE, "avgpool2d", built(w, socle_op_avgpool2d(w->graph, w->g, WINDOW({BIG, 1}))))          \
    X(INVALID_ARGUMENT, "window", built(w, socle_op_avgpool2d(w->graph, w->g, NULL)))              \
    X(SHAPE, "axes", built(w, socle_op_sum(w->graph, w->f, 0)))                                    \
    X(SHAPE, "axes", built(w, socle_op_sum(w->graph, w->f, 4)))                                    \
    X(SHAPE, "axes", built(w, socle_op_sum(w->graph, w->f, ~0u)))                                  \
    X(SHAPE, "reduce", built(w, socle_op_sum(w->graph, w->bytes, 1)))                              \
    X(SHAPE, "softmax", built(w, socle_op_softmax(w->graph, w->bytes)))                            \
    X(SHAPE, "cross_entropy", built(w, socle_op_cross_entropy(w->graph, w->f, w->f)))              \
    X(SHAPE, "cross_entropy", built(w, socle_op_cross_entropy(w->graph, w->bytes, w->words)))      \
    X(SHAPE, "cross_entropy", built(w, socle_op_cross_entropy(w->graph, w->g, w->words)))          \
    X(SHAPE, "gather", built(w, socle_op_gather(w->graph, w->f, w->f)))                            \
    X(SHAPE, "gather", built(w, socle_op_gather(w->graph, w->f, w->bytes)))                        \
    X(SHAPE, "argmax", built(w, socle_op_argmax(w->graph, w->bytes)))                              \
    X(SHAPE, "reshape", built(w, socle_op_reshape(w->graph, w->f, SOCLE_SHAPE(7))))                \
    X(SHAPE, "", built(w, socle_op_reshape(w->graph, w->f, SOCLE_SHAPE(-2, -3))))                  \
    X(SHAPE, "", built(w, socle_op_reshape(w->graph, w->f, ((socle_shape){.rank = 7}))))           \
    X(SHAPE, "", built(w, socle_op_reshape(w->graph, w->f, ((socle_shape){.rank = -1}))))          \
    X(SHAPE, "", built(w, socle_op_reshape(w->graph, w->f, SOCLE_SHAPE(1LL << 33, 1LL << 33))))    \
    X(INVALID_ARGUMENT, "order", built(w, socle_op_permute(w->graph, w->f, NULL)))                 \
    X(SHAPE, "permute", built(w, socle_op_permute(w->graph, w->f, ORDER(0, 0))))                   \
    X(SHAPE, "permute", built(w, socle_op_permute(w->graph, w->f, ORDER(-1, BIG))))                \
    X(SHAPE, "concat", built(w, socle_op_concat(w->graph, 2, BOTH(w->f, w->bytes), 0)))            \
    X(SHAPE, "concat", built(w, socle_op_concat(w->graph, 2, BOTH(w->f, w->g), 0)))                \
    X(SHAPE, "concat", built(w, socle_op_concat(w->graph, 2, BOTH(w->f, w->f), 2)))                \
    X(SHAPE, "concat", built(w, socle_op_concat(w->graph, 2, BOTH(w->f, w->f), -1)))               \
    X(INVALID_ARGUMENT, "concat", built(w, socle_op_concat(w->graph, 0, BOTH(0, 0), 0)))           \
    X(INVALID_ARGUMENT, "concat", built(w, socle_op_concat(w->graph, INT_MIN, BOTH(0, 0), 0)))     \
    X(INVALID_ARGUMENT, "x is NULL", built(w, socle_op_concat(w->graph, 2, NULL, 0)))              \
    X(INVALID_ARGUMENT, "tensor", built(w, socle_op_tensor(w->graph, NULL)))                       \
    X(SHAPE, "store", stored(w, w->f, w->tensor[2]))                                               \
    X(SHAPE, "store", stored(w, w->f, w->tensor[1]))                                               \
    X(INVALID_ARGUMENT, "tensor", stored(w, w->f, NULL))                                           \
    X(INVALID_ARGUMENT, "not a value", stored(w, -7, w->tensor[0]))                                \
    X(STATE, "stores nothing", socle_graph_compile(w->graph))                                      \
    X(STATE, "compile", socle_graph_run(w->graph))                                                 \
    X(INVALID_ARGUMENT, "not a value", socle_graph_gradient(w->graph, BIG, 1, &w->f, &w->g))       \
    X(INVALID_ARGUMENT, "count", socle_graph_gradient(w->graph, w->f, -1, &w->f, &w->g))           \
    X(INVALID_ARGUMENT, "wrt", socle_graph_gradient(w->graph, w->f, 1, NULL, &w->g))               \
    X(INVALID_ARGUMENT, "", tensor(w, SOCLE_BF16 + 1, SOCLE_SHAPE(2)))                             \
    X(INVALID_ARGUMENT, "", tensor(w, -1, SOCLE_SHAPE(2)))                                         \
    X(SHAPE, "", tensor(w, SOCLE_F32, SOCLE_SHAPE(0)))                                             \
    X(SHAPE, "", tensor(w, SOCLE_F32, SOCLE_SHAPE(2, -3)))                                         \
    X(SHAPE, "", tensor(w, SOCLE_F32, SOCLE_SHAPE(1LL << 31)))                                     \
    X(SHAPE, "", tensor(w, SOCLE_U8, SOCLE_SHAPE(INT64_MAX, INT64_MAX)))                           \
    X(SHAPE, "", tensor(w, SOCLE_F32, ((socle_shape){.rank = BIG})))                               \
    X(SHAPE, "", tensor(w, SOCLE_F32, ((socle_shape){.rank = -1})))                                \
    X(INVALID_ARGUMENT, "bytes", socle_tensor_write(w->tensor[0], w->out, 23))                     \
    X(INVALID_ARGUMENT, "bytes", socle_tensor_read(w->tensor[0], w->out, SIZE_MAX))                \
    X(INVALID_ARGUMENT, "data", socle_tensor_read(w->tensor[0], NULL, 24))                         \
    /* networks */                                                                                 \
    X(CONFIG, "units", added(w, socle_dense(w->net, w->row, 0, NULL)))                             \
    X(CONFIG, "units", added(w, socle_dense(w->net, w->row, -5, NULL)))                            \
    X(SHAPE, "2^31", added(w, socle_dense(w->net, w->row, 1 << 30, NULL)))                         \
    X(SHAPE, "whole numbers", added(w, socle_embedding(w->net, w->row, 4, 4, NULL)))               \
    X(CONFIG, "vocabulary", added(w, socle_embedding(w->net, w->row, 0, 4, NULL)))                 \
    X(SHAPE, "expects a sequence", added(w, socle_rnn(w->net, w->row, 4, NULL, NULL)))             \
    X(CONFIG, "units", added(w, socle_rnn(w->net, w->image, 0, NULL, NULL)))                       \
    X(SHAPE, "length of each sample", added(w, socle_rnn(w->net, w->image, 4, &w->row, NULL)))     \
    X(CONFIG, "not a layer", added(w, socle_dense(w->net, 99, 4, NULL)))                           \
    X(CONFIG, "not a layer", added(w, socle_dense(w->net, -1, 4, NULL)))                           \
    X(CONFIG, "", added(w, socle_dense(w->net, w->row, 4, DENSE(.name = ""))))                     \
    X(CONFIG, "", added(w, socle_dense(w->net, w->row, 4, &(socle_dense_opts){.name = "a/b"})))    \
    X(CONFIG, "", added(w, socle_dense(w->net, w->row, 4, &(socle_dense_opts){.name = "input"})))  \
    X(CONFIG, "weight_init",                                                                       \
      added(w, socle_dense(w->net, w->row, 4, &(socle_dense_opts){.weight_init = {"nosuch", 1}}))) \
    X(CONFIG, "weight_init",                                                                       \
      added(w,                                                                                     \
            socle_dense(w->net, w->row, 4, &(socle_dense_opts){.weight_init = {"normal", NAN}})))  \
    X(CONFIG, "bias_init",                                                                         \
      added(w, socle_dense(w->net, w->row, 4, &(socle_dense_opts){.bias_init = {"uniform", -1}}))) \
    X(CONFIG, "filters", added(w, socle_conv2d(w->net, w->image, 0, 3, NULL)))                     \
    X(CONFIG, "kernel", added(w, socle_conv2d(w->net, w->image, 4, -3, NULL)))                     \
    X(SHAPE, "kernel", added(w, socle_conv2d(w->net, w->image, 4, 9, NULL)))                       \
    X(SHAPE, "", added(w, socle_conv2d(w->net, w->row, 4, 1, NULL)))                               \
    X(CONFIG, "stride", added(w, socle_conv2d(w->net, w->image, 4, 3, OPTS(.stride = {-1, 1}))))   \
    X(CONFIG, "dilation",                                                                          \
      added(w, socle_conv2d(w->net, w->image, 4, 3, OPTS(.dilation = {1, -1}))))                   \
    X(CONFIG, "groups", added(w, socle_conv2d(w->net, w->image, 4, 3, OPTS(.groups = -1))))        \
    X(SHAPE, "groups", added(w, socle_conv2d(w->net, w->image, 4, 3, OPTS(.groups = 2))))          \
    X(CONFIG, "padding", added(w, socle_conv2d(w->net, w->image, 4, 3, OPTS(.padding = 7))))       \
    X(CONFIG, "padding",                                                                           \
      added(w, socle_conv2d(w->net, w->image, 4, 3, OPTS(.pad = {-1, 0, 0, 0}))))                  \
    X(CONFIG, "kernel", added(w, socle_maxpool2d(w->net, w->image, 0, NULL)))                      \
    X(SHAPE, "kernel", added(w, socle_maxpool2d(w->net, w->image, 9, NULL)))                       \
    X(SHAPE, "", added(w, socle_maxpool2d(w->net, w->row, 2, NULL)))                               \
    X(SHAPE, "no data", added(w, socle_avgpool2d(w->net, w->image, 2, POOL(.pad = {3, 0, 0, 0})))) \
    X(SHAPE, "", added(w, socle_global_avgpool(w->net, w->row)))                                   \
    X(CONFIG, "epsilon",                                                                           \
      added(w, socle_batchnorm(w->net, w->row, &(socle_batchnorm_opts){.epsilon = NAN})))          \
    X(CONFIG, "momentum",                                                                          \
      added(w, socle_batchnorm(w->net, w->row, &(socle_batchnorm_opts){.momentum = 1.5f})))        \
    X(CONFIG, "group",                                                                             \
      added(w, socle_batchnorm(w->net, w->row, &(socle_batchnorm_opts){.group = -1})))             \
    X(CONFIG, "rate", added(w, socle_dropout(w->net, w->row, 1)))                                  \
    X(CONFIG, "rate", added(w, socle_dropout(w->net, w->row, -0.5f)))                              \
    X(CONFIG, "rate", added(w, socle_dropout(w->net, w->row, NAN)))                                \
    X(CONFIG, "function", added(w, socle_activation(w->net, w->row, NULL)))                        \
    X(CONFIG, "function", added(w, socle_activation(w->net, w->row, "nosuch")))                    \
    X(INVALID_ARGUMENT, "NULL", added(w, socle_layer(w->net, 1, NULL, "relu")))                    \
    X(INVALID_ARGUMENT, "text is NULL", added(w, socle_layer(w->net, 1, &w->row, NULL)))           \
    X(CONFIG, "nosuch", added(w, socle_layer(w->net, 1, &w->row, "nosuch")))                       \
    X(CONFIG, "slope", added(w, socle_layer(w->net, 1, &w->row, "{leaky_relu: {slope: 2000}}")))   \
    X(CONFIG, "one layer, not 2", added(w, socle_layer(w->net, 1, &w->row, "relu, relu")))         \
    X(CONFIG, "leave out from",                                                                    \
      added(w, socle_layer(w->net, 1, &w->row, "{relu: {from: input}}")))                          \
    X(CONFIG, "more than one value",                                                               \
      added(w, socle_layer(w->net, 1, &w->row, "relu], more: [relu")))                             \
    X(CONFIG, "", added(w, socle_layer(w->net, 1, &w->row, "{relu: ")))                            \
    X(CONFIG, "takes one", added(w, socle_layer(w->net, 2, BOTH(w->row, w->row), "relu")))         \
    X(CONFIG, "inputs", added(w, socle_layer(w->net, 1000000, &w->row, "add")))                    \
    X(CONFIG, "add", added(w, socle_add(w->net, 1, BOTH(0, 0))))                                   \
    X(CONFIG, "add", added(w, socle_add(w->net, -1, BOTH(0, 0))))                                  \
    X(INVALID_ARGUMENT, "NULL", added(w, socle_add(w->net, 2, NULL)))                              \
    X(SHAPE, "", added(w, socle_add(w->net, 2, BOTH(w->row, w->image))))                           \
    X(CONFIG, "axis", added(w, socle_concat(w->net, 2, BOTH(w->row, w->row), -1)))                 \
    X(SHAPE, "", added(w, socle_concat(w->net, 2, BOTH(w->row, w->row), 3)))                       \
    X(SHAPE, "", added(w, socle_concat(w->net, 2, BOTH(w->row, w->image), 0)))                     \
    X(CONFIG, "input", added(w, socle_input(w->net, SOCLE_SHAPE(2)))) /* the name is taken */      \
    X(SHAPE, "", added(w, socle_input_named(w->net, "b", SOCLE_F32, SOCLE_SHAPE(0), 1)))           \
    X(SHAPE, "",                                                                                   \
      added(w, socle_input_named(w->net, "b", SOCLE_F32, ((socle_shape){.rank = 9}), 1)))          \
    X(SHAPE, "", added(w, socle_input_named(w->net, "b", SOCLE_U8, SOCLE_SHAPE(1LL << 40), 1)))    \
    X(INVALID_ARGUMENT, "type 9",                                                                  \
      added(w, socle_input_named(w->net, "b", (socle_dtype)9, SOCLE_SHAPE(2), 1)))                 \
    X(CONFIG, "scale", added(w, socle_input_named(w->net, "b", SOCLE_U8, SOCLE_SHAPE(2), NAN)))    \
    X(SHAPE, "", socle_loss_softmax_cross_entropy(w->net, w->image))                               \
    X(CONFIG, "no layer", socle_loss_softmax_cross_entropy(w->net, 77))                            \
    X(CONFIG, "no layer", socle_loss_binary_cross_entropy(w->net, -2))                             \
    X(CONFIG, "nosuch", socle_loss(w->net, w->row, "nosuch"))                                      \
    X(CONFIG, "delta", socle_loss(w->net, w->row, "{huber: {delta: 0}}"))                          \
    X(CONFIG, "more than one value", socle_loss(w->net, w->row, "mse, more: 1"))                   \
    X(INVALID_ARGUMENT, "text is NULL", socle_loss(w->net, w->row, NULL))                          \
    X(CONFIG, "no layer", socle_loss(w->net, 77, "mse"))                                           \
    X(NOT_FOUND, "nosuch", socle_net_read(w->learner, "nosuch", w->out, 1))                        \
    X(INVALID_ARGUMENT, "elements", socle_net_read(w->learner, "dense1.bias", w->out, 9))          \
    X(INVALID_ARGUMENT, "name", socle_net_read(w->learner, NULL, w->out, 8))                       \
    X(INVALID_ARGUMENT, "data", socle_net_write(w->learner, "dense1.bias", NULL, 8))               \
    X(INVALID_ARGUMENT, "path", socle_save(w->learner, NULL))                                      \
    X(IO, "", socle_save(w->learner, "/nosuch/folder/model"))                                      \
    X(IO, "", socle_save(w->learner, ""))                                                          \
    X(INVALID_ARGUMENT, "path", load(w, NULL))                                                     \
    X(NOT_FOUND, "", load(w, "/nosuch"))                                                           \
    X(IO, "", load(w, "/"))                                                                        \
    /* data */                                                                                     \
    X(INVALID_ARGUMENT, "samples", arrays(w, 0, SOCLE_F32, SOCLE_SHAPE(2), SOCLE_U8, NULL))        \
    X(INVALID_ARGUMENT, "samples",                                                                 \
      arrays(w, INT64_MIN, SOCLE_F32, SOCLE_SHAPE(2), SOCLE_U8, NULL))                             \
    X(INVALID_ARGUMENT, "samples",                                                                 \
      arrays(w, 1LL << 33, SOCLE_F32, SOCLE_SHAPE(2), SOCLE_U8, NULL))                             \
    X(INVALID_ARGUMENT, "dtype", arrays(w, 2, 7, SOCLE_SHAPE(2), SOCLE_U8, NULL))                  \
    X(INVALID_ARGUMENT, "dtype", arrays(w, 2, SOCLE_F32, SOCLE_SHAPE(2), 7, NULL))                 \
    X(INVALID_ARGUMENT, "f32", arrays(w, 2, SOCLE_F32, SOCLE_SHAPE(2), SOCLE_F32, NULL))           \
    X(SHAPE, "", arrays(w, 2, SOCLE_F32, SOCLE_SHAPE(0), SOCLE_U8, NULL))                          \
    X(SHAPE, "", arrays(w, 2, SOCLE_F32, ((socle_shape){.rank = -3}), SOCLE_U8, NULL))             \
    X(SHAPE, "", arrays(w, 2, SOCLE_F32, SOCLE_SHAPE(INT64_MAX), SOCLE_U8, NULL))                  \
    X(SHAPE, "", arrays(w, 2, SOCLE_F32, SOCLE_SHAPE(2), SOCLE_F32, &SOCLE_SHAPE(-1)))             \
    X(INVALID_ARGUMENT, "there already",                                                           \
      socle_data_add_input(w->data, "input", SOCLE_F32, SOCLE_SHAPE(1), w->out))                   \
    X(INVALID_ARGUMENT, "name",                                                                    \
      socle_data_add_input(w->data, NULL, SOCLE_F32, SOCLE_SHAPE(1), w->out))                      \
    X(INVALID_ARGUMENT, "values",                                                                  \
      socle_data_add_input(w->data, "b", SOCLE_F32, SOCLE_SHAPE(1), NULL))                         \
    X(INVALID_ARGUMENT, "dtype",                                                                   \
      socle_data_add_input(w->data, "b", (socle_dtype)-1, SOCLE_SHAPE(1), w->out))                 \
    /* training */                                                                                 \
    X(CONFIG, "batch", (w->opts.batch = 0, fit(w)))                                                \
    X(CONFIG, "batch", (w->opts.batch = -1, fit(w)))                                               \
    X(CONFIG, "batch", (w->opts.batch = 1LL << 33, fit(w)))                                        \
    X(CONFIG, "batch", (w->opts.batch = INT64_MIN, fit(w)))                                        \
    X(CONFIG, "epochs", (w->opts.epochs = -1, fit(w)))                                             \
    X(CONFIG, "epochs", (w->opts.epochs = 1LL << 40, fit(w)))                                      \
    X(CONFIG, "steps", (w->opts.steps = -1, fit(w)))                                               \
    X(CONFIG, "validation", (w->opts.validation_split = NAN, fit(w)))                              \
    X(CONFIG, "validation", (w->opts.validation_split = 1, fit(w)))                                \
    X(CONFIG, "validation", (w->opts.validation_split = -0.1f, fit(w)))                            \
    X(CONFIG, "weight_decay", (w->opts.weight_decay = NAN, fit(w)))                                \
    X(CONFIG, "weight_decay", (w->opts.weight_decay = -1, fit(w)))                                 \
    X(CONFIG, "weight_decay", (w->opts.weight_decay = INFINITY, fit(w)))                           \
    X(CONFIG, "shift", (w->opts.augment.shift = -1, fit(w)))                                       \
    X(CONFIG, "augment", (w->opts.augment.flip_horizontal = 1, fit(w)))                            \
    X(DEVICE_MEMORY, "", (w->opts.memory = 1, fit(w)))                                             \
    X(CONFIG, "nosuch", (w->opts.optimizer = (socle_optimizer){"nosuch", {1}, 1}, fit(w)))         \
    X(CONFIG, "values", (w->opts.optimizer = (socle_optimizer){"sgd", {1}, -1}, fit(w)))           \
    X(CONFIG, "values", (w->opts.optimizer = (socle_optimizer){"sgd", {1}, 3}, fit(w)))            \
    X(CONFIG, "values", (w->opts.optimizer = (socle_optimizer){"adam", {1}, BIG}, fit(w)))         \
    X(CONFIG, "lr", (w->opts.optimizer = (socle_optimizer){"sgd", {NAN}, 1}, fit(w)))              \
    X(CONFIG, "lr", (w->opts.optimizer = (socle_optimizer){"sgd", {INFINITY}, 1}, fit(w)))         \
    X(CONFIG, "lr", (w->opts.optimizer = (socle_optimizer){NULL, {-1}, 1}, fit(w)))                \
    X(CONFIG, "momentum", (w->opts.optimizer = (socle_optimizer){"sgd", {1, 2}, 2}, fit(w)))       \
    X(CONFIG, "beta1", (w->opts.optimizer = (socle_optimizer){"adam", {1, NAN}, 2}, fit(w)))       \
    X(CONFIG, "epsilon",                                                                           \
      (w->opts.optimizer = (socle_optimizer){"adam", {1, 0.9f, 0.9f, -1}, 4}, fit(w)))             \
    X(INVALID_ARGUMENT, "data", socle_fit(w->learner, NULL, NULL))                                 \
    X(CONFIG, "no loss", socle_fit(w->net, w->data, NULL))                                         \
    X(INVALID_ARGUMENT, "out", socle_evaluate(w->learner, w->data, NULL))                          \
    X(CONFIG, "no loss", socle_evaluate(w->net, w->data, &(socle_result){0}))                      \
    X(INVALID_ARGUMENT, "data", socle_predict(w->learner, NULL, w->out, 1))                        \
    X(INVALID_ARGUMENT, "out", socle_predict(w->learner, w->data, NULL, 270))                      \
    X(INVALID_ARGUMENT, "floats", socle_predict(w->learner, w->data, w->out, SIZE_MAX))            \
    X(DATA, "image", socle_predict(w->net, w->data, w->out, 1))                                    \
    X(INVALID_ARGUMENT, "out", socle_memory_forecast(w->learner, w->data, NULL, NULL))             \
    X(CONFIG, "batch",                                                                             \
      (w->opts.batch = 1LL << 33,                                                                  \
       socle_memory_forecast(w->learner, NULL, &w->opts, &(socle_memory){0})))                     \
    X(INVALID_ARGUMENT, "rows", trainer(w, socle_adam(1), 0))                                      \
    X(INVALID_ARGUMENT, "2^31-1", trainer(w, socle_adam(1), 1LL << 33))                            \
    X(INVALID_ARGUMENT, "2^31-1", trainer(w, socle_adam(1), INT64_MIN))                            \
    X(CONFIG, "lr", trainer(w, socle_adam(NAN), 1))                                                \
    X(CONFIG, "nosuch", trainer(w, ((socle_optimizer){"nosuch", {1}, 1}), 1))                      \
    /* networks by name, losses beside each other */                                               \
    X(CONFIG, "'h' was begun and not ended", open_network(w, false))                               \
    X(CONFIG, "'h' was begun and not ended", open_network(w, true))                                \
    X(CONFIG, "no loss reads this network",                                                        \
      (named(w, "h", w->row), socle_save(w->net, "/tmp/never-written")))                           \
    X(CONFIG, "at least one input", no_input(w))                                                   \
    X(CONFIG, "INT32_MIN", socle_loss_ignore(w->learner, INT32_MIN))                               \
    X(CONFIG, "INT32_MIN", socle_loss_ignore(w->net, INT32_MIN))                                   \
    X(CONFIG, "no loss that compares",                                                             \
      socle_add_loss(w->net, named(w, "h", w->row), NULL, 1, &(float){2}))                         \
    X(CONFIG, "finite", socle_add_loss(w->net, named(w, "h", w->row), "mse", 1, &(float){NAN}))    \
    X(CONFIG, "weight", socle_add_loss(w->net, named(w, "h", w->row), "mse", NAN, NULL))           \
    X(INVALID_ARGUMENT, "capacity is -1", metrics(w, -1))                                          \
    X(INVALID_ARGUMENT, "out is NULL", metrics(w, 1))                                              \
    /* tables */                                                                                   \
    X(INVALID_ARGUMENT, "no quote", table(w, (socle_table_opts){.separator = '"'}))                \
    X(INVALID_ARGUMENT, "no end of a line", table(w, (socle_table_opts){.separator = '\n'}))       \
    X(INVALID_ARGUMENT, "another sign", table(w, (socle_table_opts){.separator = '.'}))            \
    X(INVALID_ARGUMENT, "another sign",                                                            \
      table(w, (socle_table_opts){.separator = ',', .decimal = ','}))                              \
    X(INVALID_ARGUMENT, "decimal must", table(w, (socle_table_opts){.decimal = 'x'}))              \
    X(INVALID_ARGUMENT, "header", table(w, (socle_table_opts){.header = 17}))                      \
    X(INVALID_ARGUMENT, "validation_split", table(w, (socle_table_opts){.validation_split = NAN})) \
    X(NOT_FOUND, "the name of a file is empty", table(w, (socle_table_opts){0}))                   \
    X(NOT_FOUND, "the name of a file is empty", load(w, ""))                                       \
    /* contexts */                                                                                 \
    X(INVALID_ARGUMENT, "", open_threads(-1))                                                      \
    X(INVALID_ARGUMENT, "", open_threads(BIG))                                                     \
    X(NO_DEVICE, "", open_name("nosuch device"))                                                   \
    X(CONFIG, "", open_name("cpu=0"))                                                              \
    X(CONFIG, "", open_name("cpu=nan"))                                                            \
    X(INVALID_ARGUMENT, "", socle_devices(NULL, 3, &(int){0}))                                     \
    X(INVALID_ARGUMENT, "", socle_devices(NULL, -1, &(int){0}))                                    \
    X(INVALID_ARGUMENT, "", socle_devices(NULL, 0, NULL))

#endif
