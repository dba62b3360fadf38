/* SPDX-License-Identifier: Apache-2.0 */
/* Writes losses, phases and networks as a configuration has them, and finds results by such texts.
 */
#include "io/json_text.h"
#include "model/net_config_private.h"

#include <math.h>
#include <string.h>

static const sc_application *application_of(const sc_net *net, int node) {
    for (int i = 0; i < net->applications; i++)
        if (net->application[i].output == node) return &net->application[i];
    return NULL;
}

void sc_node_text(sc_text *text, const sc_net *net, int node) {
    const sc_application *made = application_of(net, node);
    if (!made) {
        sc_text_add(text, "%s",
                    node < net->inputs ? net->input[node].name
                                       : net->layer[node - net->inputs].name);
        return;
    }
    sc_text_add(text, "%s", net->network[made->network].name);
    if (made->argument < 0) return;
    sc_text_add(text, "(");
    sc_node_text(text, net, made->argument);
    sc_text_add(text, ")");
}

int sc_node_of_text(const sc_net *net, const char *text) {
    int found = sc_net_find(net, text);
    for (int i = 0; found < 0 && i < net->applications; i++) {
        sc_text own;
        sc_text_init(&own, net->env);
        sc_node_text(&own, net, net->application[i].output);
        if (own.status == SOCLE_OK && strcmp(own.data, text) == 0)
            found = net->application[i].output;
        sc_text_free(&own);
    }
    return found;
}

/* Applied to an input of the net rather than to another network. */
static int result_of_data(const sc_net *net, int network) {
    for (int i = 0; i < net->applications; i++) {
        const sc_application *made = &net->application[i];
        if (made->network == network && made->argument >= 0 && made->argument < net->inputs)
            return made->output;
    }
    return sc_net_first_result(net, network);
}

static socle_status fail_no_network(const sc_net *net, const char *name) {
    sc_text known;
    sc_text_init(&known, net->env);
    for (int n = 0; n < net->networks; n++)
        sc_text_add(&known, "%s%s", n ? ", " : "; known: ", net->network[n].name);
    socle_status status =
        known.status == SOCLE_OK
            ? sc_fail(net->env, SOCLE_STATUS_CONFIG, "the model has no network '%.100s'%s", name,
                      net->networks ? known.data : ": it is one without a name")
            : known.status;
    sc_text_free(&known);
    return status;
}

socle_status sc_net_choose_result(sc_net *net, const char *name) {
    int network = sc_net_find_network(net, name);
    int node = network >= 0 ? result_of_data(net, network) : sc_node_of_text(net, name);
    if (node < net->inputs || !net->networks) return fail_no_network(net, name);
    net->output = node;
    return SOCLE_OK;
}

static json_t *node_value(const sc_net *net, int node) {
    sc_text text;
    sc_text_init(&text, net->env);
    sc_node_text(&text, net, node);
    json_t *out = text.status == SOCLE_OK ? json_string(text.data) : NULL;
    sc_text_free(&text);
    return out;
}

/* A target that is the data's is not there. */
static json_t *item_value(const sc_net *net, const sc_loss_term *term) {
    json_t *target = isnan(term->target) ? NULL : json_real(sc_number_of_float(term->target));
    return json_pack("{s: o, s: o, s: o, s: o*}", "loss", sc_loss_value(net, term), "of",
                     node_value(net, term->output), "weight",
                     json_real(sc_number_of_float(term->weight)), "target", target);
}

static json_t *losses_of(const sc_net *net, int phase) {
    json_t *list = json_array();
    for (int i = 0; i < net->losses; i++) {
        if (net->loss[i].phase != phase) continue;
        if (json_array_append_new(list, item_value(net, &net->loss[i])) == 0) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

json_t *sc_net_losses(const sc_net *net) {
    return losses_of(net, 0);
}

json_t *sc_net_phase_list(const sc_net *net) {
    json_t *list = json_array();
    bool done = list != NULL;
    for (int i = 0; done && i < net->phases; i++) {
        json_t *trains = json_array();
        for (int n = 0; n < net->networks; n++)
            if (net->phase[i].trains >> n & 1u)
                json_array_append_new(trains, json_string(net->network[n].name));
        json_t *phase = json_pack("{s: o, s: o, s: s}", "trains", trains, "losses",
                                  losses_of(net, i), "name", net->phase[i].name);
        done = json_array_append_new(list, phase) == 0;
    }
    if (done) return list;
    json_decref(list);
    return NULL;
}

json_t *sc_net_network_map(const sc_net *net) {
    json_t *map = json_object();
    bool done = map != NULL;
    for (int n = 0; done && n < net->networks; n++)
        done = json_object_set_new(map, net->network[n].name,
                                   sc_layer_list(net, &net->network[n])) == 0;
    if (done) return map;
    json_decref(map);
    return NULL;
}
