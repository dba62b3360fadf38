/* SPDX-License-Identifier: Apache-2.0 */
/* Scalar expressions: what one launch computes for each element. Activations, derivatives, loss
 * terms, optimizer updates, dropout, bias and scale are all expressions; the planner fuses chains
 * of them.
 *
 * An expression is a short list of nodes in order of evaluation (static single assignment): node k
 * uses only nodes < k. It has up to SC_EXPR_OUTPUTS results. It knows nothing of shapes or drivers:
 * the operation that carries it says what the inputs are and how they broadcast. */
#ifndef SC_OP_EXPR_H
#define SC_OP_EXPR_H

#include "base/env.h"

enum { SC_EXPR_NODES = 96, SC_EXPR_INPUTS = 12, SC_EXPR_OUTPUTS = 4, SC_LAUNCH_SCALARS = 8 };

typedef enum sc_expr_op {
    /* Leaves. */
    SC_EXPR_INPUT,     /* element of input `index`: float if its dtype is f32, else int (u8, i32) */
    SC_EXPR_CONST,     /* imm.f */
    SC_EXPR_CONST_INT, /* imm.i */
    SC_EXPR_SCALAR,    /* float launch argument scalar[index] */
    SC_EXPR_STEP,      /* int launch argument: the step number */
    SC_EXPR_ROWS,      /* int launch argument: samples of this launch */
    SC_EXPR_COORD,     /* int coordinate along dimension `index` of the operation's index space */
    SC_EXPR_SAMPLE,    /* int: global position of this row's sample in the batch (sample + sample
                          offset) */
    SC_EXPR_UNIFORM, /* float in [0,1): Philox key = seed, counter = (element in sample / 4, SAMPLE,
                        STEP, imm.i), word = element in sample % 4; not batched: SAMPLE = 0 */
    SC_EXPR_NORMAL,  /* float, standard normal; Box-Muller of words (0,1) for element % 4 in {0,1},
                        else (2,3) */
    SC_EXPR_LEAVES,
    SC_EXPR_BEFORE_TABLE = SC_EXPR_LEAVES - 1,
#define SC_EXPR(NAME, word, result, ta, tb, tc, body) SC_EXPR_##NAME,
#include "op/expr_list.def"
#undef SC_EXPR
    SC_EXPR_COUNT
} sc_expr_op;

typedef enum sc_expr_type { SC_EXPR_FLOAT, SC_EXPR_INT } sc_expr_type;

typedef struct sc_expr_node {
    uint8_t op;          /* sc_expr_op */
    uint8_t type;        /* sc_expr_type of the result */
    uint8_t index;       /* leaves: which input, scalar or dimension */
    uint8_t argument[3]; /* node numbers */
    union {
        float f;
        int32_t i;
    } imm;
} sc_expr_node;

typedef struct sc_expr {
    int nodes, inputs, outputs;
    uint8_t input_type[SC_EXPR_INPUTS]; /* sc_expr_type */
    uint8_t output[SC_EXPR_OUTPUTS];    /* node numbers */
    bool overflow; /* a builder call found no room: the expression is not usable */
    sc_expr_node node[SC_EXPR_NODES];
} sc_expr;

typedef struct sc_expr_info {
    const char *word; /* "tanh" */
    const char *body; /* "sc_tanh(a)"; NULL for leaves */
    int arity;
    sc_expr_type result, argument[3];
} sc_expr_info;

const sc_expr_info *sc_expr_op_info(sc_expr_op op);
/* By word ("relu"); SC_EXPR_COUNT when there is none. */
sc_expr_op sc_expr_op_by_word(const char *word);

/* Builders: return the node number; equal nodes are shared. Running out of room sets expr->overflow
 * and returns 0. Inputs are declared with sc_expr_input, which is idempotent per index. */
void sc_expr_init(sc_expr *expr);
int sc_expr_input(sc_expr *expr, int index, sc_expr_type type);
int sc_expr_const(sc_expr *expr, float value);
int sc_expr_const_int(sc_expr *expr, int32_t value);
int sc_expr_leaf(sc_expr *expr, sc_expr_op op, int index, int32_t imm);
int sc_expr_add_node(sc_expr *expr, sc_expr_op op, int a, int b, int c);
void sc_expr_output(sc_expr *expr, int node);

/* Checks types, order, ranges. Errors: INTERNAL naming the node. */
socle_status sc_expr_check(sc_env *env, const sc_expr *expr);
/* Drops nodes that no output needs; renumbers. Inputs keep their numbers. */
void sc_expr_prune(sc_expr *expr);
/* The same nodes in the same order, and the same outputs. */
bool sc_expr_equal(const sc_expr *a, const sc_expr *b);
/* Which inputs are used (bit mask). */
uint32_t sc_expr_used_inputs(const sc_expr *expr);
bool sc_expr_uses(const sc_expr *expr, sc_expr_op op);
/* Splices `producer` into `consumer`: consumer's input `at` becomes the producer's output `output`;
 * the producer's input i becomes the consumer's input map[i], which may be `at` itself: that is
 * free by then. False (consumer untouched) when there is no room. */
bool sc_expr_splice(sc_expr *consumer, int at, const sc_expr *producer, int output, const int *map);
/* Gradient of output `output` with respect to input `input`, times an incoming gradient: the result
 * is an expression with the inputs of `expr`, then its outputs (input number expr->inputs + k; used
 * where a derivative is cheaper from the result, as in tanh), then the incoming gradient (number
 * expr->inputs + expr->outputs). UNSUPPORTED for integer inputs and undifferentiable operations,
 * with the word named. Zero derivative gives constant 0. */
socle_status sc_expr_gradient(sc_env *env, sc_expr *out, const sc_expr *expr, int output,
                              int input);
/* The derivative of output 0 with respect to input `input`, of the inputs of `expr` alone. Errors:
 * as sc_expr_gradient. */
socle_status sc_expr_derivative(sc_env *env, sc_expr *out, const sc_expr *expr, int input);
/* A text form for cache keys and messages: "f0=in0 f1=tanh(f0) out f1". `text` is an sc_text. */
struct sc_text;
void sc_expr_print(struct sc_text *text, const sc_expr *expr);

#endif
