/* SPDX-License-Identifier: Apache-2.0 */
/* A host arena: many small allocations that live and die together (nodes of a graph, a parsed
 * config). */
#ifndef SC_BASE_ARENA_H
#define SC_BASE_ARENA_H

#include "env.h"

typedef struct sc_arena sc_arena;

socle_status sc_arena_create(sc_arena **out, sc_env *env);
void sc_arena_destroy(sc_arena *arena); /* NULL is fine */
/* Zeroed memory, aligned to 16 bytes, valid until the arena is destroyed. */
socle_status sc_arena_allocate(sc_arena *arena, void *out, size_t count, size_t size);
socle_status sc_arena_string(sc_arena *arena, const char **out, const char *text);

#endif
