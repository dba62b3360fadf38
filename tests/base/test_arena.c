/* SPDX-License-Identifier: Apache-2.0 */
/* The host arena: pieces are aligned, zeroed and apart, and all go at once. */
#include "base/arena.h"

#include "sc_test.h"

/* Sizes around the chunk size; every byte is written, then checked, so overlap would show. */
static socle_status fill(sc_env *env, void *argument) {
    enum { PIECES = 300 };
    static const size_t sizes[] = {1, 15, 16, 17, 100, 4095, 4096, 4097, 16384, 70000, 3};
    (void)argument;
    sc_arena *arena;
    SC_TRY(sc_arena_create(&arena, env));
    unsigned char *pieces[PIECES];
    socle_status status = SOCLE_OK;
    for (int i = 0; i < PIECES && status == SOCLE_OK; i++) {
        size_t size = sizes[i % 11];
        status = sc_arena_allocate(arena, &pieces[i], size, 1);
        if (status != SOCLE_OK) {
            SC_TRUE(pieces[i] == NULL);
            break;
        }
        SC_EQ((uintptr_t)pieces[i] % 16, 0);
        for (size_t j = 0; j < size; j++) SC_EQ(pieces[i][j], 0);
        memset(pieces[i], 1 + i % 255, size);
    }
    for (int i = 0; i < PIECES && status == SOCLE_OK; i++)
        for (size_t j = 0; j < sizes[i % 11]; j++) SC_EQ(pieces[i][j], 1 + i % 255);
    sc_arena_destroy(arena);
    return status;
}

Test(arena, pieces_are_apart_under_refusal) {
    sc_test_each_allocation(fill, NULL);
}

Test(arena, small_pieces_share_chunks) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env env;
    sc_env_init(&env, &allocator, NULL);
    sc_arena *arena;
    SC_OK(&env, sc_arena_create(&arena, &env));
    for (int i = 0; i < 10000; i++) {
        int *value;
        SC_OK(&env, sc_arena_allocate(arena, &value, 1, sizeof *value));
    }
    SC_TRUE(atomic_load(&state.requests) < 20);
    sc_arena_destroy(arena);
    SC_EQ(atomic_load(&state.live), 0);
}

Test(arena, a_large_piece_does_not_end_the_current_chunk) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env env;
    sc_env_init(&env, &allocator, NULL);
    sc_arena *arena;
    SC_OK(&env, sc_arena_create(&arena, &env));
    for (int i = 0; i < 50; i++) {
        char *memory;
        SC_OK(&env, sc_arena_allocate(arena, &memory, 1, 10));
        SC_OK(&env, sc_arena_allocate(arena, &memory, 1, 40000));
    }
    SC_EQ(atomic_load(&state.requests), 1 + 1 + 50);
    sc_arena_destroy(arena);
}

Test(arena, overflow) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_arena *arena;
    SC_OK(&env, sc_arena_create(&arena, &env));
    char *memory = (char *)&env;
    SC_FAILS(&env, sc_arena_allocate(arena, &memory, SIZE_MAX, 2), SOCLE_STATUS_OUT_OF_MEMORY);
    SC_TRUE(memory == NULL);
    SC_FAILS(&env, sc_arena_allocate(arena, &memory, SIZE_MAX, 1), SOCLE_STATUS_OUT_OF_MEMORY);
    SC_FAILS(&env, sc_arena_allocate(arena, &memory, SIZE_MAX - 20, 1), SOCLE_STATUS_OUT_OF_MEMORY);
    SC_OK(&env, sc_arena_allocate(arena, &memory, 0, 8));
    SC_TRUE(memory != NULL);
    sc_arena_destroy(arena);
    sc_arena_destroy(NULL);
}

Test(arena, strings_are_copied) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_arena *arena;
    SC_OK(&env, sc_arena_create(&arena, &env));
    char text[] = "conv1";
    const char *copy, *empty;
    SC_OK(&env, sc_arena_string(arena, &copy, text));
    SC_OK(&env, sc_arena_string(arena, &empty, ""));
    text[0] = 'X';
    SC_EQ_STR(copy, "conv1");
    SC_EQ_STR(empty, "");
    sc_arena_destroy(arena);
}
