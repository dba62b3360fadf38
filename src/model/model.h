/* SPDX-License-Identifier: Apache-2.0 */
/* Model files: safetensors with one tensor per parameter of the network ("conv2d1.weight", ...,
 * "batchnorm1.running_mean", in that order) and metadata {format: socle, network: its canonical
 * JSON, version: 1}, and preparation where samples are made of
 * rows of a table (data/preparation.h). A model file says all that is needed to predict, and
 * nothing that varies between equal runs.
 *
 * Tensors whose names hold a '/' are no parameters (a checkpoint keeps its own that way) and are
 * passed over, and so, with a warning that names them, are those of types that no parameter has
 * (I64, BOOL). Everything else must agree with the network by name and shape; nothing is read
 * before all of it does. Values of other widths (F16, BF16, F64) are read as f32. */
#ifndef SC_MODEL_MODEL_H
#define SC_MODEL_MODEL_H

#include "io/safetensors.h"
#include "model/rename.h"
#include "nn/layer.h"

/* parameter[p]: values of net parameter p, statistics included. The file appears whole or not at
 * all. */
socle_status sc_model_save(sc_env *env, const char *path, const sc_net *net,
                           const float *const *parameter);
/* Whether a file of the net says all that it is: CONFIG where a net of networks has layers outside
 * of them or none of its losses reads one, and where there is no input. */
socle_status sc_model_check_net(sc_env *env, const sc_net *net);
/* The first half of it, for files that hold more: metadata, and the parameters declared. Their data
 * come next, in order. */
socle_status sc_model_declare(sc_safetensors_writer *writer, const sc_net *net);

/* Builds the net that the metadata describe, and checks that its tensors are there. Errors: DATA,
 * for a file without metadata too. */
socle_status sc_model_load_net(sc_net **out, sc_env *env, const char *path);
socle_status sc_model_read_net(sc_net **out, sc_env *env, const sc_safetensors *file);

/* Whether the model keeps how its samples are made (data/preparation.h). */
socle_status sc_model_has_preparation(bool *out, sc_env *env, const char *path);

/* How the names of a file become those of the network: the first rule that is for a name is used.
 */
typedef struct sc_model_mapping {
    const sc_rename *rule;
    size_t rules;
    bool partial; /* parameters without a tensor stay as they are, and tensors without a parameter
                     are passed over; each with a warning */
} sc_model_mapping;

/* The file has what the network needs; `mapping` NULL: under its own names. Errors: DATA (missing,
 * extra, of another type or shape), CONFIG (a rule that is none, or for no tensor). */
socle_status sc_model_check_parameters(sc_env *env, const sc_safetensors *file, const sc_net *net,
                                       const sc_model_mapping *mapping);
/* Hands each parameter's values to `take` (sc_engine_write, or a copy); needs no metadata. Data are
 * valid during the call. Errors: those of sc_model_check_parameters and of `take`. */
typedef socle_status (*sc_model_take)(void *user, int parameter, const float *data);
socle_status sc_model_load_parameters(sc_env *env, const char *path, const sc_net *net,
                                      const sc_model_mapping *mapping, sc_model_take take,
                                      void *user);
socle_status sc_model_read_parameters(sc_env *env, const sc_safetensors *file, const sc_net *net,
                                      const sc_model_mapping *mapping, sc_model_take take,
                                      void *user);

#endif
