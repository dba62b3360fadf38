/* SPDX-License-Identifier: Apache-2.0 */
/* Texts as whole numbers: what a character and a word are, which tokens a vocabulary keeps, samples
 * of a text, and a preparation that is written and read again. */
#include "data/text_samples.h"

#include "sc_test.h"

static sc_env env;

static sc_preparation learnt(const char *text, const char *by, int64_t length, bool each,
                             size_t most) {
    const sc_token_form form = {.length = length, .each = each, .vocabulary.by = by};
    sc_preparation out;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", text);
    SC_OK(&env, sc_preparation_of_text(&out, &env, &form, "t", text, strlen(text), most));
    return out;
}

static void expect_tokens(const char *text, const char *by, size_t count,
                          const char *const *token) {
    sc_preparation kept = learnt(text, by, 1, false, 0);
    const sc_vocabulary *words = &kept.tokens.vocabulary;
    SC_EQ(words->count, count + 1);
    for (size_t i = 0; i < count; i++) SC_EQ_STR(words->token[i + 1], token[i]);
    sc_preparation_free(&kept);
}

Test(tokens, what_they_are) {
    expect_tokens("abca", "character", 3, (const char *const[]){"a", "b", "c"});
    expect_tokens("a\xC3\xA4\xE2\x82\xAC", "character", 3,
                  (const char *const[]){"a", "\xC3\xA4", "\xE2\x82\xAC"});
    expect_tokens("Hi, hi  you!\nHi", "word", 6,
                  (const char *const[]){"\n", "!", ",", "Hi", "hi", "you"});
    expect_tokens("gr\xC3\xBCn 42", "word", 2, (const char *const[]){"42", "gr\xC3\xBCn"});
}

Test(tokens, the_most_frequent) {
    sc_preparation kept = learnt("c b a c b c", "word", 1, false, 2);
    const sc_vocabulary *words = &kept.tokens.vocabulary;
    SC_EQ(words->count, 3);
    SC_EQ(sc_vocabulary_find(words, "a", 1), 0);
    SC_EQ(sc_vocabulary_find(words, "b", 1), 1);
    SC_EQ(sc_vocabulary_find(words, "c", 1), 2);
    SC_EQ(sc_vocabulary_find(words, "cc", 2), 0);
    sc_preparation_free(&kept);
}

static void expect_numbers(const sc_dataset *dataset, int column, const int32_t *number,
                           int64_t count) {
    const sc_column *of = sc_dataset_column(dataset, column);
    SC_EQ(sc_column_elements(of) * sc_dataset_count(dataset), count);
    for (int64_t i = 0; i < count; i++) SC_EQ(sc_column_label(of, i), number[i]);
}

Test(tokens, samples) {
    sc_preparation kept = learnt("abcabd", "character", 2, false, 0), each;
    sc_dataset *dataset;
    SC_OK(&env, sc_text_samples(&dataset, &kept, "t", "abcabd", 6, 2));
    expect_numbers(dataset, 0, (const int32_t[]){1, 2, 3, 1}, 4);
    expect_numbers(dataset, 1, (const int32_t[]){3, 2}, 2);
    SC_EQ(sc_dataset_reach(dataset), 1); /* the label of one is the first token of the next */
    sc_dataset_destroy(dataset);
    SC_OK(&env, sc_text_samples(&dataset, &kept, "t", "abcabd", 6, 1));
    SC_EQ(sc_dataset_reach(dataset), 2);
    sc_dataset_destroy(dataset);
    SC_OK(&env, sc_text_samples(&dataset, &kept, "t", "abcabd", 6, 3));
    SC_EQ(sc_dataset_reach(dataset), 0);
    sc_dataset_destroy(dataset);
    SC_OK(&env, sc_text_last(&dataset, &kept, "t", "xxab?", 5));
    expect_numbers(dataset, 0, (const int32_t[]){2, 0}, 2);
    SC_EQ(sc_dataset_columns(dataset), 1);
    sc_dataset_destroy(dataset);
    SC_FAILS(&env, sc_text_samples(&dataset, &kept, "t", "ab", 2, 1), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "t: has 2 characters, and a sample needs 3");
    sc_preparation_free(&kept);
    each = learnt("abcd", "character", 3, true, 0);
    SC_OK(&env, sc_text_samples(&dataset, &each, "t", "abcd", 4, 3));
    expect_numbers(dataset, 1, (const int32_t[]){2, 3, 4}, 3);
    sc_dataset_destroy(dataset);
    sc_preparation_free(&each);
}

Test(tokens, a_preparation_is_kept) {
    sc_preparation kept = learnt("to be, \"or\" not\nto", "word", 2, true, 0), again;
    char *text, *other;
    SC_OK(&env, sc_preparation_text(&text, &kept));
    SC_OK(&env, sc_preparation_read(&again, &env, "t", text));
    SC_OK(&env, sc_preparation_text(&other, &again));
    SC_EQ_STR(text, other);
    SC_EQ(again.tokens.length, 2);
    SC_TRUE(again.tokens.each);
    SC_EQ_STR(sc_preparation_class(&again, 1), "\n");
    sc_release(&env, text);
    sc_release(&env, other);
    sc_preparation_free(&kept);
    sc_preparation_free(&again);
    SC_FAILS(&env,
             sc_preparation_read(&again, &env, "t",
                                 "{\"fields\": [], \"tokens\": {\"by\": \"word\", \"length\": 1, "
                                 "\"vocabulary\": [\"b\", \"a\"]}}"),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "is not behind the one before it");
}
