/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a formula of x and y: it becomes an expression that can be checked, made safe,
 * evaluated by every driver and differentiated, or the error names a column. */
#include "fuzz.h"

#include "op/expr_parse.h"

#include <ctype.h>

static void check_column(const sc_env *env) {
    const char *text =
        strncmp(env->text, "line ", 5) == 0 ? strstr(env->text, ", column ") : env->text;
    FUZZ_REQUIRE(text != NULL);
    text = strstr(text, "column ");
    FUZZ_REQUIRE(text && isdigit((unsigned char)text[7]) && text[7] != '0');
}

static void check_expr(sc_env *env, sc_expr *expr) {
    static const socle_status bad[] = {SOCLE_STATUS_UNSUPPORTED, SOCLE_OK};
    sc_expr gradient;
    FUZZ_REQUIRE(sc_expr_check(env, expr) == SOCLE_OK);
    for (int k = 0; k < expr->nodes; k++)
        FUZZ_REQUIRE(expr->node[k].op != SC_EXPR_CONST ||
                     expr->node[k].imm.f - expr->node[k].imm.f == 0.0f);
    FUZZ_REQUIRE(sc_expr_make_safe(env, expr) == SOCLE_OK);
    FUZZ_REQUIRE(sc_expr_check(env, expr) == SOCLE_OK);
    for (int input = 0; input < expr->inputs; input++) {
        socle_status status = sc_expr_gradient(env, &gradient, expr, 0, input);
        if (status == SOCLE_OK)
            FUZZ_REQUIRE(sc_expr_check(env, &gradient) == SOCLE_OK);
        else
            fuzz_failed_well(env, status, bad);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const socle_status bad[] = {SOCLE_STATUS_CONFIG, SOCLE_OK};
    sc_env env;
    sc_expr expr;
    char *text = malloc(size + 1);
    FUZZ_REQUIRE(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    sc_env_init(&env, NULL, NULL);
    socle_status status = sc_expr_read(&env, &expr, text, "x y k:int");
    if (status == SOCLE_OK)
        check_expr(&env, &expr);
    else
        fuzz_failed_well(&env, status, bad), check_column(&env);
    free(text);
    return 0;
}
