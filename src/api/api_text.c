/* SPDX-License-Identifier: Apache-2.0 */
/* Layers and losses as text, as a configuration has them. What the text means is the affair of
 * src/model. */
#include "api/api_net.h"
#include "base/text.h"
#include "model/net_config.h"

#include <math.h>

/* {network: [TEXT]} or {loss: TEXT}: nothing else may stand in the text. */
static socle_status parse(sc_config **out, sc_net *net, const char *function, const char *format,
                          const char *text) {
    sc_text whole;
    *out = NULL;
    if (!text)
        return sc_fail(net->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s: text is NULL", function);
    sc_text_init(&whole, net->env);
    sc_text_add(&whole, format, text);
    socle_status status = whole.status;
    if (status == SOCLE_OK)
        status = sc_config_parse(out, net->env, function, whole.data, whole.length);
    sc_text_free(&whole);
    if (status != SOCLE_OK || json_object_size(sc_config_root(*out)) == 1) return status;
    sc_config_destroy(*out);
    *out = NULL;
    return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: '%.60s' is more than one value", function,
                   text);
}

static socle_status read_layer(sc_net *net, int count, const int *x, const char *text) {
    sc_config *config;
    if (!x && count)
        return sc_fail(net->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_layer: the list of its inputs is NULL");
    SC_TRY(parse(&config, net, "socle_layer", "{network: [%s]}", text));
    const json_t *list = json_object_get(sc_config_root(config), "network");
    socle_status status = sc_layer_read(net, config, list, count, x);
    sc_config_destroy(config);
    return status;
}

socle_node socle_layer(socle_net *net, int count, const socle_node *x, const char *text) {
    sc_net *n = sc_api_net(net);
    if (!n) return -1;
    socle_status status = read_layer(n, count, x, text);
    return sc_api_added(net, status == SOCLE_OK ? n->inputs + (int)n->layers - 1
                                                : sc_net_fail(n, status));
}

static socle_status read_loss(sc_net *net, socle_node x, const char *text) {
    sc_config *config;
    SC_TRY(parse(&config, net, "socle_loss", "{loss: %s}", text));
    socle_status status = sc_loss_read(net, config, sc_config_root(config), x);
    sc_config_destroy(config);
    return status;
}

socle_status socle_loss(socle_net *net, socle_node x, const char *text) {
    sc_net *n;
    SC_TRY(sc_api_change_net(&n, net));
    socle_status status = read_loss(n, x, text);
    if (status != SOCLE_OK) sc_net_fail(n, status);
    sc_api_added(net, x);
    return status;
}

static socle_status read_added(sc_net *net, socle_node x, const char *text, float weight,
                               const float *target) {
    sc_config *config;
    const float none = text ? NAN : 0;
    if (!(weight >= 0 && weight <= 1e6f))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "socle_add_loss: weight must be 0 to 1e6, not %g", (double)weight);
    if (target && (!text || !isfinite(*target)))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       text ? "socle_add_loss: the target must be a finite number"
                            : "socle_add_loss: a target, and no loss that compares with it");
    SC_TRY(parse(&config, net, "socle_add_loss", "{loss: %s}",
                 text ? text : "{expr: prediction - target}"));
    socle_status status =
        sc_loss_add(net, config, sc_config_root(config), x, weight, target ? *target : none);
    sc_config_destroy(config);
    return status;
}

socle_status socle_add_loss(socle_net *net, socle_node x, const char *text, float weight,
                            const float *target) {
    sc_net *n;
    SC_TRY(sc_api_change_net(&n, net));
    socle_status status = read_added(n, x, text, weight, target);
    if (status != SOCLE_OK) sc_net_fail(n, status);
    sc_api_added(net, x);
    return status;
}
