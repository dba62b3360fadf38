/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind net.h share; no other file includes this. */
#ifndef SC_NN_NET_PRIVATE_H
#define SC_NN_NET_PRIVATE_H

#include "nn/layer.h"

/* net_names.c */
socle_status sc_net_check_name(sc_net *net, const char *name); /* well-formed and not used yet */
/* The checked name given, or with NULL an automatic one, "conv2d2": the word and its ordinal among
 * the layers of that word; names taken by hand are passed over. */
socle_status sc_net_name_layer(sc_net *net, const char *word, const char *given, const char **out);
/* Room for one more name, so that adding it cannot fail. */
socle_status sc_net_reserve_name(sc_net *net);
void sc_net_add_name(sc_net *net, int node);

/* metric.c: what shows the loss of the phase of this number, from 1. */
socle_status sc_net_phase_metric(sc_net *net, sc_phase *phase, int number);
/* net.c: one more layer, complete; its name is found from now on where `named`. */
socle_status sc_net_append_layer(sc_net *net, const sc_layer *layer, bool named);

#endif
