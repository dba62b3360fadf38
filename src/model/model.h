/* SPDX-License-Identifier: Apache-2.0 */
/* Model files: safetensors with one tensor per parameter of the network ("conv2d1.weight", ...,
 * "batchnorm1.running_mean", in that order) and metadata {format: socle, network: its canonical
 * JSON, version: 1}. A model file says all that is needed to predict, and nothing that varies
 * between equal runs.
 *
 * Tensors whose names hold a '/' are no parameters (a checkpoint keeps its own that way) and are
 * passed over. Everything else must agree with the network by name, type and shape; nothing is read
 * before all of it does. */
#ifndef SC_MODEL_MODEL_H
#define SC_MODEL_MODEL_H

#include "io/safetensors.h"
#include "nn/layer.h"

/* parameter[p]: values of net parameter p, statistics included. The file appears whole or not at
 * all. */
socle_status sc_model_save(sc_env *env, const char *path, const sc_net *net,
                           const float *const *parameter);
/* The first half of it, for files that hold more: metadata, and the parameters declared. Their data
 * come next, in order. */
socle_status sc_model_declare(sc_safetensors_writer *writer, const sc_net *net);

/* Builds the net that the metadata describe, and checks that its tensors are there. Errors: DATA,
 * for a file without metadata too. */
socle_status sc_model_load_net(sc_net **out, sc_env *env, const char *path);
socle_status sc_model_read_net(sc_net **out, sc_env *env, const sc_safetensors *file);

/* Hands each parameter's values to `take` (sc_engine_write, or a copy); needs no metadata. Data are
 * valid during the call. Errors: DATA (missing, extra, of another type or shape), those of `take`.
 */
typedef socle_status (*sc_model_take)(void *user, int parameter, const float *data);
socle_status sc_model_load_parameters(sc_env *env, const char *path, const sc_net *net,
                                      sc_model_take take, void *user);
socle_status sc_model_read_parameters(sc_env *env, const sc_safetensors *file, const sc_net *net,
                                      sc_model_take take, void *user);

#endif
