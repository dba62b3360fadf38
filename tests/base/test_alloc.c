/* SPDX-License-Identifier: Apache-2.0 */
/* Host memory: alignment, zeroes, refusal, growth, and arithmetic that must not wrap. */
#include "sc_test.h"

Test(alloc, aligned_and_zeroed) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env env;
    sc_env_init(&env, &allocator, NULL);
    for (size_t count = 0; count < 200; count += 7) {
        unsigned char *memory;
        SC_OK(&env, sc_allocate(&env, &memory, count, 3));
        SC_TRUE(memory != NULL);
        SC_EQ((uintptr_t)memory % 64, 0);
        for (size_t i = 0; i < count * 3; i++) SC_EQ(memory[i], 0);
        sc_release(&env, memory);
    }
    sc_release(&env, NULL);
    SC_EQ(atomic_load(&state.live), 0);
}

Test(alloc, default_allocator_is_aligned) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        char *memory;
        SC_OK(&env, sc_allocate(&env, &memory, size, 1));
        SC_EQ((uintptr_t)memory % 64, 0);
        sc_release(&env, memory);
    }
}

Test(alloc, overflow_is_refused_before_the_allocator) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env env;
    sc_env_init(&env, &allocator, NULL);
    double *memory = (double *)&state;
    SC_FAILS(&env, sc_allocate(&env, &memory, SIZE_MAX / 4, 8), SOCLE_STATUS_OUT_OF_MEMORY);
    SC_TRUE(memory == NULL);
    SC_EQ(atomic_load(&state.requests), 0);
}

Test(alloc, refusal_clears_the_pointer_and_names_the_size) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 1);
    sc_env env;
    sc_env_init(&env, &allocator, NULL);
    int *memory = (int *)&state;
    SC_FAILS(&env, sc_allocate(&env, &memory, 5, 4), SOCLE_STATUS_OUT_OF_MEMORY);
    SC_TRUE(memory == NULL);
    SC_CONTAINS(env.text, "20");
    SC_EQ(env.status, SOCLE_STATUS_OUT_OF_MEMORY);
}

Test(alloc, grow_keeps_contents_and_zeroes_the_rest) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    int *array = NULL;
    size_t capacity = 0;
    for (size_t count = 1; count < 1000; count++) {
        SC_OK(&env, sc_grow(&env, &array, &capacity, count, sizeof *array));
        SC_TRUE(capacity >= count);
        for (size_t i = count - 1; i < capacity; i++) SC_EQ(array[i], 0);
        array[count - 1] = (int)count;
    }
    for (size_t i = 0; i < 999; i++) SC_EQ(array[i], (int)i + 1);
    SC_TRUE(capacity < 4000);
    sc_release(&env, array);
}

Test(alloc, failed_growth_keeps_the_array) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 2);
    sc_env env;
    sc_env_init(&env, &allocator, NULL);
    int *array = NULL;
    size_t capacity = 0;
    SC_OK(&env, sc_grow(&env, &array, &capacity, 3, sizeof *array));
    array[2] = 7;
    size_t before = capacity;
    SC_FAILS(&env, sc_grow(&env, &array, &capacity, before + 1, sizeof *array),
             SOCLE_STATUS_OUT_OF_MEMORY);
    SC_EQ(capacity, before);
    SC_EQ(array[2], 7);
    SC_FAILS(&env, sc_grow(&env, &array, &capacity, SIZE_MAX / 2, sizeof *array),
             SOCLE_STATUS_OUT_OF_MEMORY);
    SC_EQ(array[2], 7);
    sc_release(&env, array);
    SC_EQ(atomic_load(&state.live), 0);
}

static socle_status copy_a_string(sc_env *env, void *argument) {
    char *copy;
    SC_TRY(sc_copy_string(env, &copy, argument));
    SC_EQ_STR(copy, argument);
    sc_release(env, copy);
    return SOCLE_OK;
}

Test(alloc, copy_string_under_refusal) {
    sc_test_each_allocation(copy_a_string, "one two three");
}

Test(alloc, sizes_do_not_wrap) {
    size_t size = 42;
    SC_TRUE(!sc_mul_size(&size, SIZE_MAX, 2));
    SC_TRUE(!sc_mul_size(&size, SIZE_MAX / 2 + 1, 2));
    SC_TRUE(!sc_add_size(&size, SIZE_MAX, 1));
    SC_EQ(size, 42);
    SC_TRUE(sc_mul_size(&size, SIZE_MAX, 1) && size == SIZE_MAX);
    SC_TRUE(sc_mul_size(&size, SIZE_MAX, 0) && size == 0);
    SC_TRUE(sc_mul_size(&size, 0, SIZE_MAX) && size == 0);
    SC_TRUE(sc_add_size(&size, SIZE_MAX - 1, 1) && size == SIZE_MAX);
}

/* Against the compiler's own check, on all pairs of interesting values. */
Test(alloc, signed_arithmetic_agrees_with_the_compiler) {
    static const int64_t values[] = {0,
                                     1,
                                     -1,
                                     2,
                                     -2,
                                     3,
                                     -3,
                                     3037000499,
                                     3037000500,
                                     -3037000500,
                                     INT32_MAX,
                                     INT32_MIN,
                                     INT64_MAX,
                                     INT64_MIN,
                                     INT64_MAX / 2,
                                     INT64_MIN / 2,
                                     INT64_MAX - 1,
                                     INT64_MIN + 1,
                                     INT64_MAX / 3};
    size_t count = sizeof values / sizeof values[0];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int64_t a = values[i], b = values[j], expected, actual = 42;
            SC_REPRO("a = %" PRId64 ", b = %" PRId64, a, b);
            bool fits = !__builtin_mul_overflow(a, b, &expected);
            SC_EQ(sc_mul_i64(&actual, a, b), fits);
            SC_EQ(actual, fits ? expected : 42);
            actual = 42;
            fits = !__builtin_add_overflow(a, b, &expected);
            SC_EQ(sc_add_i64(&actual, a, b), fits);
            SC_EQ(actual, fits ? expected : 42);
        }
}
