/* SPDX-License-Identifier: Apache-2.0 */
/* See new_config.h: a text, of which the next character or word is learnt. Its vocabulary is
 * counted. */
#include "cli/new_config.h"
#include "data/text_samples.h"
#include "io/quote.h"

#include <string.h>

enum { MOST_WORDS = 5000, CHARACTERS = 32, WORDS = 8, LEAST_SAMPLES = 20 };

/* What was found of a text. */
typedef struct found {
    sc_token_form form;
    size_t most;    /* of the vocabulary, as it is written; 0: all */
    size_t numbers; /* of the vocabulary, 0 among them */
    size_t tokens;
} found;

static bool of_words(const found *f) {
    return strcmp(f->form.vocabulary.by, "word") == 0;
}

static socle_status look_up(found *f, sc_env *env, const char *path, const char *text,
                            size_t size) {
    sc_preparation preparation;
    SC_TRY(sc_preparation_of_text(&preparation, env, &f->form, path, text, size, 0));
    f->numbers = preparation.tokens.vocabulary.count;
    sc_preparation_free(&preparation);
    f->most = f->numbers > MOST_WORDS + 1 ? MOST_WORDS : 0;
    if (f->most) f->numbers = f->most + 1;
    for (size_t at = 0; sc_text_token_next(text, size, &at, f->form.vocabulary.by);) f->tokens++;
    if ((int64_t)f->tokens >= LEAST_SAMPLES * f->form.length) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: has %zu %ss, which are too few to learn from; at least %lld", path,
                   f->tokens, f->form.vocabulary.by, (long long)(LEAST_SAMPLES * f->form.length));
}

/* A comment behind a line that begins at `begin`. */
static void comment(sc_text *out, size_t begin, const char *text) {
    const int written = (int)(out->length - begin), column = 46;
    sc_text_add(out, "%*s# %s\n", written < column ? column - written : 1, "", text);
}

static void write_network(sc_text *out, const found *f) {
    sc_text_add(out,
                "network:\n"
                "  # %zu numbers: 0 for what has none of its own, and one for each %s%s\n",
                f->numbers, f->form.vocabulary.by, f->most ? " of the most frequent" : "");
    size_t begin = out->length;
    sc_text_add(out, "  - embedding: {vocabulary: %zu, units: %d}", f->numbers,
                of_words(f) ? 64 : 16);
    comment(out, begin, "each becomes so many numbers");
    begin = out->length;
    sc_text_add(out, "  - rnn: {units: %d, return: sequence}", of_words(f) ? 128 : 96);
    comment(out, begin, "a state that goes from each to the next");
    begin = out->length;
    sc_text_add(out, "  - dense: %zu", f->numbers);
    comment(out, begin, "a score for each that may come next");
}

static void write_all(sc_text *out, const found *f, const sc_new_wish *wish) {
    const char *by = f->form.vocabulary.by;
    const long long length = f->form.length;
    sc_text_add(out,
                "# A network that tells the next %s of %s: %zu %ss, %s%zu different ones.\n"
                "data:\n"
                "  # samples are %lld %ss in a row, with what comes behind each of them\n"
                "  train: {text: ",
                by, sc_quote(wish->data).text, f->tokens, by, f->most ? "more than " : "",
                f->numbers - 1, length, by);
    sc_new_path(out, wish->data);
    sc_text_add(out, ", by: %s, length: %lld, labels_of: each", by, length);
    if (f->most) sc_text_add(out, ", vocabulary: %zu", f->most);
    sc_text_add(out, "}\n");
    write_network(out, f);
    sc_text_add(
        out,
        "loss: softmax_cross_entropy\n"
        "optimizer: {adam: {lr: 0.005}}\n"
        "# a tenth is set aside and judges; clip: slopes of long sequences are steep at "
        "times\n"
        "train: {epochs: 30, batch: 32, seed: 1, validation: 0.1, best: loss, "
        "early_stopping: 5, clip: 1}\n"
        "# then, with a text of at least %lld %ss:\n"
        "#   echo \"once upon a time ...\" | socle predict -m RUN/model.safetensors --input -\n",
        length, by);
}

socle_status sc_new_text(sc_text *out, const sc_new_wish *wish) {
    sc_env *env = &wish->cli->env;
    found f = {.form = {.each = true, .vocabulary.by = wish->by ? wish->by : "character"}};
    char *text;
    size_t size;
    if (!wish->data) return sc_fail(env, SOCLE_STATUS_CONFIG, "which text? --data FILE.txt");
    f.form.length = of_words(&f) ? WORDS : CHARACTERS;
    SC_TRY(sc_text_read_files(&text, &size, env, wish->data));
    socle_status status = look_up(&f, env, wish->data, text ? text : "", size);
    if (status == SOCLE_OK) write_all(out, &f, wish);
    sc_release(env, text);
    return status == SOCLE_OK ? out->status : status;
}
