/* SPDX-License-Identifier: Apache-2.0 */
/* One stored number of a tensor, as what is computed with; for code that goes element by element.
 */
#ifndef SC_OP_STORAGE_H
#define SC_OP_STORAGE_H

#include "cl/storage.h"
#include "op/expr_apply.h"
#include "op/op.h"

/* .f of a float, .i of an integer. */
static inline sc_scalar sc_number_load(const void *memory, int dtype, int64_t at) {
    switch (dtype) {
    case SOCLE_F32:
        return (sc_scalar){.f = ((const float *)memory)[at]};
    case SOCLE_F16:
        return (sc_scalar){.f = sc_of_f16(((const uint16_t *)memory)[at])};
    case SOCLE_BF16:
        return (sc_scalar){.f = sc_of_bf16(((const uint16_t *)memory)[at])};
    case SOCLE_U8:
        return (sc_scalar){.i = ((const uint8_t *)memory)[at]};
    default:
        return (sc_scalar){.i = ((const int32_t *)memory)[at]};
    }
}

static inline void sc_number_store(void *memory, int dtype, int64_t at, sc_scalar value) {
    switch (dtype) {
    case SOCLE_F32:
        ((float *)memory)[at] = value.f;
        break;
    case SOCLE_F16:
        ((uint16_t *)memory)[at] = (uint16_t)sc_to_f16(value.f);
        break;
    case SOCLE_BF16:
        ((uint16_t *)memory)[at] = (uint16_t)sc_to_bf16(value.f);
        break;
    case SOCLE_U8:
        ((uint8_t *)memory)[at] = (uint8_t)value.i;
        break;
    default:
        ((int32_t *)memory)[at] = value.i;
        break;
    }
}

#endif
