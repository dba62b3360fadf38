/* SPDX-License-Identifier: Apache-2.0 */
/* `socle schema`: what a configuration may say, for editors. */
#include "cli/cli.h"
#include "cli/reference.h"
#include "io/json_text.h"

static error_t parse(int key, char *arg, struct argp_state *state) {
    sc_cli *cli = state->input;
    (void)arg;
    if (key == ARGP_KEY_INIT) {
        sc_cli_inputs(state, cli);
        return 0;
    }
    return key == ARGP_KEY_ARG ? sc_cli_usage(cli, "schema takes no argument") : ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_schema_argp = {.parser = parse,
                                    .doc =
                                        "Prints the JSON Schema (draft 2020-12) of configurations, "
                                        "with which editors complete and check them.",
                                    .children = children};

socle_status sc_schema_command(sc_cli *cli, int argc, char **argv) {
    SC_TRY(sc_cli_parse(cli, &sc_schema_argp, argc, argv, cli));
    if (cli->helped) return SOCLE_OK;
    json_t *schema = sc_schema();
    if (!schema) return sc_fail(&cli->env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for the schema");
    sc_text text;
    sc_text_init(&text, &cli->env);
    sc_json_text(&text, schema, cli->json ? 0 : 2);
    socle_status status = text.status;
    if (status == SOCLE_OK) printf("%s\n", text.data);
    sc_text_free(&text);
    json_decref(schema);
    return status;
}
