/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas of a network as its users write them: read once, checked for all that training needs of
 * them. */
#ifndef SC_NN_NET_FORMULA_H
#define SC_NN_NET_FORMULA_H

#include "base/option.h"
#include "nn/net.h"

enum { SC_FORMULA_INPUTS = 8 };

/* Reads `text` as a formula of `names` ("x"), each of which it must use, into the net's memory. It
 * may read the FLOAT options of `record` by their keys, whose values are in `data`.
 * Forms that overflow get their safe ones, and the formula must have a derivative by each name.
 * Errors: CONFIG, with the column. */
socle_status sc_net_formula(const sc_expr **out, sc_net *net, const char *text, const char *names,
                            const sc_record *record, const void *data);
/* The same without options, of what nothing is trained by: it need have no derivative. */
socle_status sc_net_measure_formula(const sc_expr **out, sc_net *net, const char *text,
                                    const char *names);
/* "x", or of 2 to SC_FORMULA_INPUTS inputs "x1 x2 ...". */
const char *sc_formula_names(int inputs);
/* The formula of a layer: of x, or where it reads several of x1, x2, ... in their order, and of the
 * options of its kind. */
socle_status sc_layer_formula(sc_net *net, sc_layer *layer, const char *text);

#endif
