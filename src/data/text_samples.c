/* SPDX-License-Identifier: Apache-2.0 */
/* See text_samples.h. */
#include "data/text_samples.h"
#include "data/column_kind.h"
#include "data/files.h"
#include "io/quote.h"
#include "io/stream.h"

#include <inttypes.h>
#include <string.h>

enum { STEP = 1 << 20 };

static size_t line_of(const char *text, size_t at) {
    size_t line = 1;
    for (size_t i = 0; i < at; i++) line += text[i] == '\n';
    return line;
}

socle_status sc_text_clean(sc_env *env, const char *label, char *text, size_t *size) {
    static const char mark[] = "\xEF\xBB\xBF";
    size_t good = sc_utf8_bytes(text), kept = 0,
           first = strncmp(text, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
    if (good < *size)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       text[good] ? "%s:%zu: is not UTF-8; save the file so, or use iconv"
                                  : "%s:%zu: has a zero byte: this is no text, or UTF-16: save it "
                                    "as UTF-8",
                       label, line_of(text, good));
    for (size_t i = first; i < *size; i++)
        if (text[i] != '\r')
            text[kept++] = text[i];
        else if (text[i + 1] != '\n')
            text[kept++] = '\n';
    text[kept] = '\0';
    *size = kept;
    return SOCLE_OK;
}

static socle_status read_file(char **text, size_t *size, size_t *capacity, sc_env *env,
                              const char *path) {
    sc_input input;
    sc_stream *stream;
    size_t got = STEP, begin = *size;
    SC_TRY(sc_input_open(&input, env, path));
    SC_TRY(sc_stream_open(&stream, &input));
    socle_status status = SOCLE_OK;
    while (status == SOCLE_OK && got == STEP) {
        status = sc_grow(env, text, capacity, *size + STEP, 1);
        if (status == SOCLE_OK) status = sc_stream_read(stream, *text + *size, STEP, &got);
        if (status == SOCLE_OK) *size += got;
    }
    sc_stream_close(stream);
    if (status == SOCLE_OK) status = sc_grow(env, text, capacity, *size + 1, 1);
    SC_TRY(status);
    (*text)[*size] = '\0';
    size_t length = *size - begin;
    SC_TRY(sc_text_clean(env, path, *text + begin, &length));
    *size = begin + length;
    return SOCLE_OK;
}

socle_status sc_text_read_files(char **text, size_t *size, sc_env *env, const char *paths) {
    sc_files files;
    size_t capacity = 0;
    *text = NULL;
    *size = 0;
    SC_TRY(sc_files_find(&files, env, paths));
    socle_status status = SOCLE_OK;
    for (size_t i = 0; status == SOCLE_OK && i < files.count; i++)
        status = read_file(text, size, &capacity, env, files.path[i]);
    sc_files_free(&files);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_release(env, *text);
    *text = NULL;
    return status;
}

socle_status sc_preparation_of_text(sc_preparation *out, sc_env *env, const sc_token_form *form,
                                    const char *label, const char *text, size_t size, size_t most) {
    *out = (sc_preparation){.env = env, .header = true, .decimal = '.', .tokens = *form};
    socle_status status = sc_arena_create(&out->arena, env);
    if (status == SOCLE_OK)
        status = sc_vocabulary_learn(&out->tokens.vocabulary, out->arena, env, label, text, size,
                                     form->vocabulary.by, most);
    if (status != SOCLE_OK) sc_preparation_free(out);
    return status;
}

typedef struct windows {
    const sc_token_form *form;
    const int32_t *number;
    int64_t count, every, first; /* samples, and where they begin */
} windows;

static socle_status add_columns(sc_dataset *dataset, const windows *from, bool labels) {
    int64_t length = from->form->length;
    const socle_shape row = {.rank = 1, .size = {length}}, one = {0};
    void *inputs, *targets = NULL;
    SC_TRY(sc_dataset_add_new(dataset, &inputs, sc_column_name(SC_COLUMN_INPUT), SOCLE_I32, &row));
    if (labels)
        SC_TRY(sc_dataset_add_new(dataset, &targets, sc_column_name(SC_COLUMN_LABEL), SOCLE_I32,
                                  from->form->each ? &row : &one));
    int32_t *input = inputs, *label = targets;
    for (int64_t i = 0; i < from->count; i++) {
        const int32_t *at = from->number + from->first + i * from->every;
        memcpy(input + i * length, at, (size_t)length * sizeof *at);
        if (label && from->form->each)
            memcpy(label + i * length, at + 1, (size_t)length * sizeof *at);
        else if (label)
            label[i] = at[length];
    }
    return SOCLE_OK;
}

static socle_status make(sc_dataset **out, const sc_preparation *preparation, const char *label,
                         const windows *from, bool labels) {
    char *text = NULL;
    SC_TRY(sc_dataset_create(out, preparation->env, label, from->count));
    socle_status status = add_columns(*out, from, labels);
    if (status == SOCLE_OK) status = sc_preparation_text(&text, preparation);
    if (status == SOCLE_OK) status = sc_dataset_set_preparation(*out, text);
    sc_release(preparation->env, text);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}

static socle_status fail_short(const sc_preparation *preparation, const char *label, size_t count,
                               int64_t needed) {
    return sc_fail(preparation->env, SOCLE_STATUS_DATA,
                   "%s: has %zu %ss, and a sample needs %" PRId64, label, count,
                   preparation->tokens.vocabulary.by, needed);
}

socle_status sc_text_samples(sc_dataset **out, const sc_preparation *preparation, const char *label,
                             const char *text, size_t size, int64_t every) {
    const sc_token_form *form = &preparation->tokens;
    size_t count;
    int32_t *number;
    *out = NULL;
    socle_status status =
        sc_vocabulary_apply(&number, &count, preparation->env, &form->vocabulary, text, size);
    windows from = {form, number, ((int64_t)count - form->length - 1) / every + 1, every, 0};
    if (status == SOCLE_OK && (int64_t)count <= form->length)
        status = fail_short(preparation, label, count, form->length + 1);
    if (status == SOCLE_OK) status = make(out, preparation, label, &from, true);
    /* A sample is `length` tokens and what comes behind the last. */
    if (status == SOCLE_OK) sc_dataset_set_reach(*out, sc_ceil_div(form->length + 1, every) - 1);
    sc_release(preparation->env, number);
    return status;
}

socle_status sc_text_last(sc_dataset **out, const sc_preparation *preparation, const char *label,
                          const char *text, size_t size) {
    const sc_token_form *form = &preparation->tokens;
    size_t count;
    int32_t *number;
    *out = NULL;
    socle_status status =
        sc_vocabulary_apply(&number, &count, preparation->env, &form->vocabulary, text, size);
    windows from = {form, number, 1, 1, (int64_t)count - form->length};
    if (status == SOCLE_OK && (int64_t)count < form->length)
        status = fail_short(preparation, label, count, form->length);
    if (status == SOCLE_OK) status = make(out, preparation, label, &from, false);
    sc_release(preparation->env, number);
    return status;
}
