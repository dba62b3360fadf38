/* SPDX-License-Identifier: Apache-2.0 */
/* Private to fuse*.c: what the rules share. A rule takes nodes apart into bodies (expression and
 * operands), joins them, and commits the result if sc_op_check accepts it; otherwise nothing has
 * changed. */
#ifndef SC_GRAPH_FUSE_PRIVATE_H
#define SC_GRAPH_FUSE_PRIVATE_H

#include "graph/fuse.h"

/* Nodes apart at most so far that lifetimes need no thought. */
enum { SC_FUSE_NEAR = 8 };
/* Stands in a body's operands for the raw result that a tail reads. */
enum { SC_FUSE_RAW = -2 };

typedef struct sc_fuse {
    sc_graph *graph;
    int *readers; /* per root value: live nodes that read it */
} sc_fuse;

typedef struct sc_fuse_body {
    sc_expr expr;
    int inputs;
    sc_value input[SC_MAX_OPERANDS];
} sc_fuse_body;

/* fuse_body.c */
void sc_fuse_body_load(const sc_node *node, sc_fuse_body *body);
/* The tail of `node` with SC_FUSE_RAW as operand 0; the identity if it has none. */
void sc_fuse_body_load_tail(const sc_graph *graph, const sc_node *node, sc_fuse_body *body);
/* Operand of `body` that is `value`, or the same bytes under an equal descriptor; -1. */
int sc_fuse_body_find(const sc_graph *graph, const sc_fuse_body *body, sc_value value);
/* Operand whose memory is `root`'s, or -1. */
int sc_fuse_body_find_root(const sc_graph *graph, const sc_fuse_body *body, sc_value root);
/* Puts output `output` of `producer` in place of operand `at`. False: no room, `body` is spoilt. */
bool sc_fuse_body_absorb(const sc_graph *graph, sc_fuse_body *body, int at,
                         const sc_fuse_body *producer, int output);
/* Adds the outputs of `other` behind those of `body`. False: no room, `body` is spoilt. */
bool sc_fuse_body_append(const sc_graph *graph, sc_fuse_body *body, const sc_fuse_body *other);
/* One operand per value, none unread; SC_FUSE_RAW first. */
void sc_fuse_body_compact(const sc_graph *graph, sc_fuse_body *body);

/* fuse_node.c */
void sc_fuse_count(sc_fuse *fuse, const sc_node *node, int change);
void sc_fuse_recount(sc_fuse *fuse);
sc_tensor_desc sc_fuse_space(const sc_graph *graph, const sc_node *node);
bool sc_fuse_same_dims(const sc_tensor_desc *a, const sc_tensor_desc *b); /* and rows */
/* `node` (ELEMENTWISE or REDUCE) with this body and the outputs it has: valid, and over the same
 * index space. */
bool sc_fuse_accepts(const sc_graph *graph, const sc_node *node, const sc_fuse_body *body);
void sc_fuse_commit(sc_fuse *fuse, int n, const sc_fuse_body *body);
void sc_fuse_kill(sc_fuse *fuse, int n);
/* Whether node `from` may do its reads at position `to` instead: no home it reads is overwritten on
 * the way; by `to` itself only in place, element by element. */
bool sc_fuse_may_delay(const sc_graph *graph, int from, int to, bool in_place);
/* Whether a home that `node` writes is written by `other` too, or read there as another value. */
bool sc_fuse_touches_home(const sc_graph *graph, const sc_node *node, const sc_node *other);
/* Whether at most SC_FUSE_NEAR live nodes lie between. */
bool sc_fuse_near(const sc_graph *graph, int from, int to);
/* Whether moving node `from` to `to` keeps more bytes alive on the way than it frees. */
bool sc_fuse_costs_memory(const sc_graph *graph, int from, int to);

/* fuse_chain.c: the last node that reads `root`; -1: none does. */
int sc_fuse_last_reader(const sc_fuse *fuse, sc_value root);
/* fuse_tail.c: the latest node whose result alone elementwise node `e` may be the tail of; -1. */
int sc_fuse_tail_base(const sc_fuse *fuse, int e);

/* The rules; each sweeps the whole graph. */
void sc_fuse_drop_dead(sc_fuse *fuse, bool *needed);
void sc_fuse_chains(sc_fuse *fuse);
void sc_fuse_duplicates(sc_fuse *fuse);
socle_status sc_fuse_tails(sc_fuse *fuse);
void sc_fuse_merges(sc_fuse *fuse);
void sc_fuse_views(sc_fuse *fuse);

#endif
