/* SPDX-License-Identifier: Apache-2.0 */
/* One operation of an expression on numbers: the rows of expr_list.def by the very functions of
 * cl/scalar.h, so that a result has the bits that a device would compute. */
#include "op/expr_apply.h"

#include <sys/types.h>

#include "cl/scalar.h"
#include "cl/scalar_special.h"

#define TYPE_F float
#define TYPE_I int32_t
#define TYPE__ int
#define GET_F(value) (value).f
#define GET_I(value) (value).i
#define GET__(value) 0
#define FIELD_F f
#define FIELD_I i

sc_scalar sc_expr_apply(sc_expr_op op, const sc_scalar argument[3]) {
    sc_scalar value = {.i = 0};
    switch (op) {
#define SC_EXPR(NAME, word, result, ta, tb, tc, body)                                              \
    case SC_EXPR_##NAME: {                                                                         \
        const TYPE_##ta a = GET_##ta(argument[0]);                                                 \
        const TYPE_##tb b = GET_##tb(argument[1]);                                                 \
        const TYPE_##tc c = GET_##tc(argument[2]);                                                 \
        (void)b, (void)c;                                                                          \
        value.FIELD_##result = body;                                                               \
        break;                                                                                     \
    }
#include "op/expr_list.def"
#undef SC_EXPR
    default:
        break;
    }
    return value;
}
