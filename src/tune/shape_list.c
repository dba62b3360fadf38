/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes from a text: a layer per line, its word and its sizes between blanks, as the families of
 * src/bench name them ("dense 128 784 256"). What training such a layer takes is tuned. Lines that
 * begin with # say nothing. */
#include "bench/cases.h"
#include "tune/shapes.h"

#include <stdio.h>
#include <string.h>

enum { SIZES = 8, MOST = 1 << 20, WORD = 32 };

typedef struct line {
    const char *path;
    int number;
    char word[WORD];
    int64_t size[SIZES];
    int sizes; /* -1: what stands there is no size */
} line;

static const char *skip(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
    return at;
}

/* 0: it is none. */
static int64_t size_of(const char *at, size_t length) {
    int64_t value = 0;
    if (length == 0 || length > 7) return 0;
    for (size_t i = 0; i < length; i++) {
        if (at[i] < '0' || at[i] > '9') return 0;
        value = value * 10 + (at[i] - '0');
    }
    return value <= MOST ? value : 0;
}

static size_t word_length(const char *at, const char *end) {
    size_t length = 0;
    while (at + length < end && !strchr(" \t\r", at[length])) length++;
    return length;
}

static void read_line(line *l, const char *at, const char *end) {
    at = skip(at, end);
    size_t length = word_length(at, end);
    snprintf(l->word, sizeof l->word, "%.*s", (int)(length < WORD ? length : WORD - 1), at);
    for (l->sizes = 0, at = skip(at + length, end); at < end && l->sizes >= 0;
         at = skip(at + length, end)) {
        length = word_length(at, end);
        int64_t size = size_of(at, length);
        if (size == 0 || l->sizes == SIZES)
            l->sizes = -1;
        else
            l->size[l->sizes++] = size;
    }
}

static socle_status unknown(sc_env *env, const line *l) {
    const char *words[SIZES * 4];
    int sizes;
    size_t count = 0;
    while (count < sizeof words / sizeof words[0] &&
           (words[count] = sc_bench_family((int)count, &sizes)))
        count++;
    for (char *c = (char *)l->word; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~') *c = '?';
    const char *nearest = sc_nearest_word(l->word, words, count);
    return sc_fail(env, SOCLE_STATUS_DATA, "%s, line %d: '%s' names no layer%s%s%s", l->path,
                   l->number, l->word, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                   nearest ? "'?" : "");
}

static socle_status add_family(sc_tune_shapes *shapes, const line *l, int family) {
    bool there = true;
    for (int i = 0; there; i++) {
        sc_bench_case test;
        socle_status status = sc_bench_case_of(shapes->env, family, l->size, i, &test, &there);
        if (status == SOCLE_STATUS_OUT_OF_MEMORY) return status;
        if (status != SOCLE_OK)
            return sc_fail_prefix(shapes->env, SOCLE_STATUS_DATA, "%s, line %d", l->path,
                                  l->number);
        if (there) sc_tune_shapes_add(shapes, &test.desc);
    }
    return shapes->status;
}

/* What the families make of them stays within 64 bits. */
static bool is_too_large(const line *l) {
    double product = 1, most = 1;
    for (int i = 0; i < l->sizes; i++) {
        product *= (double)l->size[i];
        if ((double)l->size[i] > most) most = (double)l->size[i];
    }
    return product * most > 0x1p60;
}

static socle_status take_line(sc_tune_shapes *shapes, line *l) {
    const char *word;
    int sizes;
    if (!l->word[0] || l->word[0] == '#') return SOCLE_OK;
    for (int family = 0; (word = sc_bench_family(family, &sizes)); family++) {
        if (strcmp(word, l->word) != 0) continue;
        if (sizes != l->sizes)
            return sc_fail(shapes->env, SOCLE_STATUS_DATA,
                           "%s, line %d: %s has %d sizes, each from 1 to %d", l->path, l->number,
                           word, sizes, MOST);
        if (is_too_large(l))
            return sc_fail(shapes->env, SOCLE_STATUS_DATA,
                           "%s, line %d: %s of these sizes is too large", l->path, l->number, word);
        return add_family(shapes, l, family);
    }
    return unknown(shapes->env, l);
}

void sc_tune_shapes_list(sc_tune_shapes *shapes, const char *text, const char *path) {
    line l = {.path = path};
    while (*text && shapes->status == SOCLE_OK) {
        const char *end = strchr(text, '\n');
        if (!end) end = text + strlen(text);
        l.number++;
        read_line(&l, text, end);
        shapes->status = take_line(shapes, &l);
        text = *end ? end + 1 : end;
    }
}
