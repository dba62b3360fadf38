/* SPDX-License-Identifier: Apache-2.0 */
/* Building a public network, for api_net.c, api_layer.c and api_text.c alone. */
#ifndef SC_API_API_NET_H
#define SC_API_API_NET_H

#include "api/api.h"

/* The net to add to; NULL when there is none, after an error, in a callback, or while a trainer
 * reads it. */
sc_net *sc_api_net(socle_net *net);
/* The same for calls with a status. errors: INVALID_ARGUMENT (NULL), the first error of building,
 * STATE. */
socle_status sc_api_change_net(sc_net **out, socle_net *net);
/* Keeps the text of a first error; returns `node`. */
socle_node sc_api_added(socle_net *net, int node);

#endif
