/* SPDX-License-Identifier: Apache-2.0 */
/* See net_formula.h. */
#include "nn/net_formula.h"

#include "nn/layer.h"

#include <string.h>

/* Every name is read, and where it is `derived` the gradient by it can be made. */
static socle_status check_inputs(sc_env *env, const sc_expr *expr, const char *names,
                                 bool derived) {
    uint32_t used = sc_expr_used_inputs(expr);
    for (int i = 0; *(names += strspn(names, " ")); i++, names += strcspn(names, " ")) {
        sc_expr gradient;
        if (!(used & 1u << i))
            return sc_fail(env, SOCLE_STATUS_CONFIG, "column 1: the formula never uses %.*s",
                           (int)strcspn(names, " "), names);
        if (!derived) continue;
        socle_status status = sc_expr_gradient(env, &gradient, expr, 0, i);
        if (status == SOCLE_STATUS_UNSUPPORTED)
            return sc_fail_prefix(env, SOCLE_STATUS_CONFIG, "column 1");
        SC_TRY(status);
    }
    return SOCLE_OK;
}

static socle_status read(const sc_expr **out, sc_net *net, const char *text, const char *names,
                         const sc_record *record, const void *data, bool derived) {
    sc_expr expr, *kept;
    SC_TRY(sc_expr_read_with(net->env, &expr, text, names, record, data));
    SC_TRY(sc_expr_make_safe(net->env, &expr));
    SC_TRY(check_inputs(net->env, &expr, names, derived));
    SC_TRY(sc_arena_allocate(net->arena, &kept, 1, sizeof *kept));
    *kept = expr;
    *out = kept;
    return SOCLE_OK;
}

socle_status sc_net_formula(const sc_expr **out, sc_net *net, const char *text, const char *names,
                            const sc_record *record, const void *data) {
    return read(out, net, text, names, record, data, true);
}

socle_status sc_net_measure_formula(const sc_expr **out, sc_net *net, const char *text,
                                    const char *names) {
    static const sc_record none;
    return read(out, net, text, names, &none, NULL, false);
}

const char *sc_formula_names(int inputs) {
    static const char *const names[SC_FORMULA_INPUTS] = {"x",
                                                         "x1 x2",
                                                         "x1 x2 x3",
                                                         "x1 x2 x3 x4",
                                                         "x1 x2 x3 x4 x5",
                                                         "x1 x2 x3 x4 x5 x6",
                                                         "x1 x2 x3 x4 x5 x6 x7",
                                                         "x1 x2 x3 x4 x5 x6 x7 x8"};
    return names[inputs - 1];
}

socle_status sc_layer_formula(sc_net *net, sc_layer *layer, const char *text) {
    return sc_net_formula(&layer->formula, net, text, sc_formula_names(layer->inputs),
                          &layer->kind->record, &layer->options);
}
