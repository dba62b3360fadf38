/* SPDX-License-Identifier: Apache-2.0 */
/* See curve.h. */
#include "cli/curve.h"
#include "base/number.h"
#include "io/quote.h"
#include "op/expr_parse.h"
#include "verify/reference.h"

#include <math.h>
#include <string.h>

static socle_status read_names(sc_curve *curve, const char *text, sc_text *names) {
    sc_formula_name name[SC_CURVE_VARIABLES];
    int count = sc_formula_variables(text, name, SC_CURVE_VARIABLES);
    if (count > SC_CURVE_VARIABLES)
        return sc_fail(&curve->cli->env, SOCLE_STATUS_CONFIG,
                       "the formula has %d variables; at most %d are looked at", count,
                       SC_CURVE_VARIABLES);
    for (int i = 0; i < count; i++) {
        if (name[i].length > SC_CURVE_NAME)
            return sc_fail(&curve->cli->env, SOCLE_STATUS_CONFIG,
                           "a variable has at most %d letters, not '%.*s'", SC_CURVE_NAME,
                           SC_CURVE_NAME, name[i].word);
        memcpy(curve->name[i], name[i].word, (size_t)name[i].length);
        curve->name[i][name[i].length] = '\0';
        sc_text_add(names, "%s ", curve->name[i]);
    }
    curve->variables = count;
    return names->status;
}

socle_status sc_curve_read(sc_curve *curve, sc_cli *cli, const char *text) {
    sc_text names;
    *curve = (sc_curve){.cli = cli};
    sc_text_init(&names, &cli->env);
    socle_status status = read_names(curve, text, &names);
    if (status == SOCLE_OK) status = sc_expr_read(&cli->env, &curve->value, text, names.data);
    sc_text_free(&names);
    SC_TRY(status);
    if (!curve->variables)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "'%s' has no variable, so nothing to derive it by", sc_quote(text).text);
    for (int i = 0; i < curve->variables; i++) {
        sc_expr_input(&curve->value, i, SC_EXPR_FLOAT);
        sc_expr_prune(&curve->value);
        status = sc_expr_derivative(&cli->env, &curve->slope[i], &curve->value, i);
        if (status == SOCLE_STATUS_UNSUPPORTED) status = SOCLE_STATUS_CONFIG;
        SC_TRY(status);
    }
    return SOCLE_OK;
}

static int find(const sc_curve *curve, const char *name, size_t length) {
    for (int i = 0; i < curve->variables; i++)
        if (strlen(curve->name[i]) == length && memcmp(curve->name[i], name, length) == 0) return i;
    return -1;
}

/* "x=1" or, where there is one variable, "1"; `length` characters. */
static socle_status read_coordinate(double *point, bool *given, const sc_curve *curve,
                                    const char *option, const char *text, size_t length) {
    char number[64] = "";
    const char *equals = memchr(text, '=', length);
    size_t name = equals ? (size_t)(equals - text) : 0, from = equals ? name + 1 : 0;
    int at = equals ? find(curve, text, name) : curve->variables == 1 ? 0 : -1;
    if (length - from < sizeof number) memcpy(number, text + from, length - from);
    if (equals && at < 0)
        return sc_fail(&curve->cli->env, SOCLE_STATUS_CONFIG,
                       "%s: the formula has no variable '%.*s'", option,
                       (int)(name < SC_CURVE_NAME ? name : SC_CURVE_NAME), sc_quote(text).text);
    if (at < 0)
        return sc_fail(&curve->cli->env, SOCLE_STATUS_CONFIG,
                       "%s: must name its variables, as in %s=1,%s=2", option, curve->name[0],
                       curve->name[1]);
    if (!sc_number_parse(&point[at], number) || !isfinite(point[at]))
        return sc_fail(&curve->cli->env, SOCLE_STATUS_CONFIG, "%s: '%s' is no finite number",
                       option, sc_quote(number[0] ? number : text).text);
    if (given[at])
        return sc_fail(&curve->cli->env, SOCLE_STATUS_CONFIG, "%s: %s is there twice", option,
                       curve->name[at]);
    given[at] = true;
    return SOCLE_OK;
}

socle_status sc_curve_point(double point[SC_CURVE_VARIABLES], const sc_curve *curve,
                            const char *option, const char *text) {
    bool given[SC_CURVE_VARIABLES] = {false};
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");
        SC_TRY(read_coordinate(point, given, curve, option, at, length));
        at += length;
        if (!*at) break;
    }
    for (int i = 0; i < curve->variables; i++)
        if (!given[i])
            return sc_fail(&curve->cli->env, SOCLE_STATUS_CONFIG, "%s: the value of %s is missing",
                           option, curve->name[i]);
    return SOCLE_OK;
}

double sc_curve_at(const sc_expr *expr, const double point[SC_CURVE_VARIABLES]) {
    double value[SC_EXPR_NODES] = {0};
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        value[k] = node->op == SC_EXPR_INPUT   ? point[node->index]
                   : node->op == SC_EXPR_CONST ? sc_number_of_float(node->imm.f)
                   : node->op == SC_EXPR_CONST_INT
                       ? (double)node->imm.i
                       : sc_reference_scalar((sc_expr_op)node->op, value[node->argument[0]],
                                             value[node->argument[1]], value[node->argument[2]]);
    }
    return value[expr->output[0]];
}

socle_status sc_curve_formula(sc_text *out, const sc_curve *curve, const sc_expr *expr) {
    const char *name[SC_CURVE_VARIABLES];
    for (int i = 0; i < SC_CURVE_VARIABLES; i++) name[i] = curve->name[i];
    return sc_expr_formula(out, expr, name);
}

json_t *sc_curve_json(const sc_curve *curve, const double point[SC_CURVE_VARIABLES]) {
    json_t *object = sc_report(NULL);
    for (int i = 0; i < curve->variables; i++) sc_report_number(object, curve->name[i], point[i]);
    return object;
}
