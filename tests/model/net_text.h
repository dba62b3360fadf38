/* SPDX-License-Identifier: Apache-2.0 */
/* Networks from YAML text, for the tests of this folder. */
#ifndef SC_TESTS_NET_TEXT_H
#define SC_TESTS_NET_TEXT_H

#include "model/net_config.h"
#include "sc_test.h"

/* A net with one input "input" of the shape, u8 with scale 1/255, and the layers under `network:`
 * of `yaml`; the loss if there is one. The net is destroyed on failure. */
static SC_UNUSED socle_status net_from_yaml(sc_net **out, sc_env *env, const socle_shape *shape,
                                            const char *yaml) {
    sc_config *config;
    *out = NULL;
    SC_TRY(sc_config_parse(&config, env, "net.yaml", yaml, strlen(yaml)));
    socle_status status = sc_net_create(out, env);
    if (status == SOCLE_OK && sc_net_input(*out, SC_INPUT_NAME, SOCLE_U8, shape, 1.0f / 255.0f) < 0)
        status = (*out)->status;
    if (status == SOCLE_OK && !sc_config_find(config, "networks"))
        status = sc_net_read(*out, config, sc_config_find(config, "network"));
    if (status == SOCLE_OK && sc_config_find(config, "loss"))
        status = sc_loss_read(*out, config, sc_config_root(config), (*out)->output);
    if (status == SOCLE_OK) status = sc_program_read(*out, config, sc_config_root(config));
    if (status != SOCLE_OK) {
        sc_net_destroy(*out);
        *out = NULL;
    }
    sc_config_destroy(config);
    return status;
}

/* The net that a canonical text describes. */
static SC_UNUSED socle_status net_from_text(sc_net **out, sc_env *env, const char *text) {
    sc_config *config;
    *out = NULL;
    SC_TRY(sc_config_parse(&config, env, "text", text, strlen(text)));
    socle_status status = sc_net_create(out, env);
    if (status == SOCLE_OK) status = sc_net_read_text(*out, config);
    if (status != SOCLE_OK) {
        sc_net_destroy(*out);
        *out = NULL;
    }
    sc_config_destroy(config);
    return status;
}

#endif
