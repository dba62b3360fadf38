/* SPDX-License-Identifier: Apache-2.0 */
/* The growing string, and the nearest word. */
#include "base/text.h"

#include "sc_test.h"

Test(text, starts_empty_and_grows) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_text text;
    sc_text_init(&text, &env);
    SC_EQ_STR(text.data, "");
    sc_text_clear(&text);
    sc_text_add(&text, "%s", "");
    for (int i = 0; i < 1000; i++) sc_text_add(&text, "%d,", i);
    sc_text_add_bytes(&text, "a\0b", 3);
    sc_text_add_bytes(&text, NULL, 0);
    SC_EQ(text.status, SOCLE_OK);
    SC_EQ(text.length, 10 * 2 + 90 * 3 + 900 * 4 + 3);
    SC_EQ(strncmp(text.data, "0,1,2,", 6), 0);
    SC_EQ_MEMORY(text.data + text.length - 7, "999,a\0b", 8);
    sc_text_clear(&text);
    SC_EQ_STR(text.data, "");
    sc_text_add(&text, "again");
    SC_EQ_STR(text.data, "again");
    sc_text_free(&text);
    SC_EQ_STR(text.data, "");
    sc_text_free(&text);
}

static socle_status build(sc_env *env, void *argument) {
    (void)argument;
    sc_text text;
    sc_text_init(&text, env);
    for (int i = 0; i < 100; i++) {
        sc_text_add(&text, "line %d\n", i);
        sc_text_add_bytes(&text, "--", 2);
        SC_EQ(strlen(text.data), text.length);
    }
    socle_status status = text.status;
    sc_text_free(&text);
    return status;
}

Test(text, a_failed_append_is_remembered) {
    sc_test_each_allocation(build, NULL);
}

Test(text, nothing_is_added_after_a_failure) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 2);
    sc_env env;
    sc_env_init(&env, &allocator, NULL);
    sc_text text;
    sc_text_init(&text, &env);
    sc_text_add(&text, "ab");
    for (int i = 0; i < 20; i++) sc_text_add(&text, "0123456789");
    sc_text_add(&text, "c");
    SC_EQ(text.status, SOCLE_STATUS_OUT_OF_MEMORY);
    SC_EQ_STR(text.data, "ab");
    sc_text_free(&text);
    SC_EQ(atomic_load(&state.live), 0);
}

Test(text, huge_append_is_refused) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_text text;
    sc_text_init(&text, &env);
    sc_text_add(&text, "x");
    sc_text_add_bytes(&text, "y", SIZE_MAX);
    SC_EQ(text.status, SOCLE_STATUS_OUT_OF_MEMORY);
    SC_EQ_STR(text.data, "x");
    sc_text_free(&text);
}

static const char *const words[] = {"relu", "conv2d", "maxpool", "dense", "dropout", "lr", "gelu"};

static const char *nearest(const char *word) {
    return sc_nearest_word(word, words, sizeof words / sizeof words[0]);
}

Test(text, nearest_word) {
    SC_EQ_STR(nearest("rleu"), "relu");
    SC_EQ_STR(nearest("Relu"), "relu");
    SC_EQ_STR(nearest("conv2"), "conv2d");
    SC_EQ_STR(nearest("max_pool"), "maxpool");
    SC_EQ_STR(nearest("dorpotu"), "dropout");
    SC_EQ_STR(nearest("lf"), "lr");
    SC_EQ_STR(nearest("dense"), "dense");
    SC_EQ_STR(nearest("elu"), "relu"); /* the first of two equally near ones */
}

Test(text, no_word_is_near) {
    SC_TRUE(nearest("transformer") == NULL);
    SC_TRUE(nearest("") == NULL);
    SC_TRUE(nearest("x") == NULL);
    SC_TRUE(nearest("abc") == NULL);
    SC_TRUE(sc_nearest_word("init", (const char *const[]){"units"}, 1) == NULL);
    SC_TRUE(sc_nearest_word("relu", words, 0) == NULL);
    char very_long[500];
    memset(very_long, 'a', sizeof very_long - 1);
    very_long[sizeof very_long - 1] = '\0';
    SC_TRUE(nearest(very_long) == NULL);
    const char *const long_words[] = {very_long};
    SC_TRUE(sc_nearest_word("relu", long_words, 1) == NULL);
}
