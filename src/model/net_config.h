/* SPDX-License-Identifier: Apache-2.0 */
/* Networks, losses and optimizers as text: what a configuration says becomes a sc_net, and a sc_net
 * becomes the canonical JSON that model files carry. Options go through the tables of nn/layer.h,
 * so no layer is known here by name. A layer is
 *
 *   relu                                              its word
 *   dense: 128                                        its main option
 *   conv2d: {filters: 32, kernel: 3, name: stem}      its options
 *   add: {from: [stem, conv2d3]}    or    add: [stem, conv2d3]
 *
 * `from` names layers above or inputs; without it a layer reads the one before it. Errors are
 * CONFIG with file, line and path. The net must have the environment of the configuration. */
#ifndef SC_MODEL_NET_CONFIG_H
#define SC_MODEL_NET_CONFIG_H

#include "io/config.h"
#include "nn/layer.h"

/* What `inputs:` lists. */
extern const sc_record sc_net_input_record;

/* The standard name of a network's only input. */
#define SC_INPUT_NAME "input"

/* `inputs:` of `root`, where it is there: a list of {name: left, shape: [1, 28, 28], dtype: u8,
 * scale: 0.004}; standard: input, f32,
 * 1. A shape is that of one sample. */
socle_status sc_net_read_inputs(sc_net *net, const sc_config *config, const json_t *root);
/* Appends the layers of a list (the `network:` of a configuration, NULL where it is missing) to a
 * net that has its inputs. */
socle_status sc_net_read(sc_net *net, const sc_config *config, const json_t *list);
/* The only layer of a list, which reads `count` nodes. Errors: also CONFIG where it names sources.
 */
socle_status sc_layer_read(sc_net *net, const sc_config *config, const json_t *list, int count,
                           const int *nodes);
/* `loss:` of `root`, which must be there, on a node: the net's output. */
socle_status sc_loss_read(sc_net *net, const sc_config *config, const json_t *root, int node);
/* The same as one more loss (sc_net_add_loss). */
socle_status sc_loss_add(sc_net *net, const sc_config *config, const json_t *root, int node,
                         float weight, float target);
/* What `losses` and `phases` list. */
extern const sc_record sc_loss_item_record, sc_phase_record;
/* An item of `losses` with what its record settles; a new reference, NULL: no memory. */
json_t *sc_loss_item_value(const sc_config *config, const json_t *item);
/* program_config.c: `losses` or `phases` of `root`, where they are there, and `networks`, which
 * they name. Without networks the net has its layers. Errors: CONFIG. */
socle_status sc_program_read(sc_net *net, const sc_config *config, const json_t *root);
/* The result of a net becomes that of one of its networks: "discriminator", of the data where it
 * was applied to them; or of one application, "discriminator(generator)". Errors: CONFIG. */
socle_status sc_net_choose_result(sc_net *net, const char *name);
/* `metrics`, if there: what the net measures beside what its loss brings along. Errors: CONFIG. */
socle_status sc_metrics_read(sc_net *net, const sc_config *config, const json_t *root);
/* `optimizer:` of `root`: adam, {adam: {lr: 0.001}} or {adam: 0.001}. Where it is absent *out stays
 * as it is. */
socle_status sc_optimizer_read(sc_optimizer *out, const sc_config *config, const json_t *root);

/* The whole network as one line of JSON: inputs, layers or networks with every option, output,
 * losses if chosen. Equal networks give equal texts. Release with sc_release. */
socle_status sc_net_text(char **out, const sc_net *net);
/* The layers alone, as a configuration has them, or the networks by name: each layer with its name,
 * every option and what it reads. A new reference; NULL: no memory. */
json_t *sc_net_layers(const sc_net *net);
/* Reads such a text into an empty net. */
socle_status sc_net_read_text(sc_net *net, const sc_config *config);

#endif
