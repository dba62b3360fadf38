/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read and write networks share; nobody else includes this. */
#ifndef SC_MODEL_NET_CONFIG_PRIVATE_H
#define SC_MODEL_NET_CONFIG_PRIVATE_H

#include "base/text.h"
#include "io/record.h"
#include "model/net_config.h"

/* net_config.c: what a layer of a list reads as it is given: a name, a list of names, or NULL. */
socle_status sc_layer_from(const json_t **out, const sc_config *config, const json_t *list,
                           size_t index);
/* loss_config.c: an item of `losses`, on the node that it is of; `of`: that node, -1: the net's
 * result. */
socle_status sc_loss_item_read(sc_net *net, const sc_config *config, const json_t *item, int of);
/* What it says it is of; NULL: the net's result. */
const char *sc_loss_item_of(const json_t *item);
/* program_write.c. The node as `of` says it: "discriminator(generator)". */
void sc_node_text(sc_text *text, const sc_net *net, int node);
/* The application or node of this text, -1: there is none. */
int sc_node_of_text(const sc_net *net, const char *text);
/* Losses, phases and networks as a configuration has them; new references, NULL: no memory. */
json_t *sc_net_losses(const sc_net *net);
json_t *sc_net_phase_list(const sc_net *net);
json_t *sc_net_network_map(const sc_net *net);
/* net_config_write.c: the layers of a network, NULL: all that have no network. */
json_t *sc_layer_list(const sc_net *net, const sc_network *network);
json_t *sc_loss_value(const sc_net *net, const sc_loss_term *term);

#endif
