/* SPDX-License-Identifier: Apache-2.0 */
/* See text_tokens.h. Tokens are counted in a table by their hash; a vocabulary is a sorted list. */
#include "data/text_tokens.h"
#include "base/hash.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const sc_word sc_token_kinds[] = {
    {"character", "each character of the text", "char characters letter"},
    {"word", "each run of letters and digits, and each other sign that is no space", "words"},
    {0}};

/* Bytes of the character of UTF-8 at `text`; 1: it is none. */
static size_t character_bytes(const char *text, size_t size) {
    unsigned char first = (unsigned char)text[0];
    size_t bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 1;
    if (bytes > size) return 1;
    for (size_t i = 1; i < bytes; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80) return 1;
    return bytes;
}

static bool is_of_word(char byte) {
    return isalnum((unsigned char)byte) || (unsigned char)byte >= 0x80;
}

static size_t next_word(const char *text, size_t size, size_t *at) {
    while (*at < size && text[*at] != '\n' && isspace((unsigned char)text[*at])) (*at)++;
    size_t begin = *at;
    while (*at < size && is_of_word(text[*at])) (*at)++;
    if (*at == begin && *at < size) (*at)++;
    return *at - begin;
}

size_t sc_text_token_next(const char *text, size_t size, size_t *at, const char *by) {
    if (strcmp(by, "word") == 0) return next_word(text, size, at);
    if (*at >= size) return 0;
    size_t bytes = character_bytes(text + *at, size - *at);
    *at += bytes;
    return bytes;
}

/* ---- Counting ---- */

typedef struct counted {
    const char *token; /* in the text; NULL: a free place */
    size_t length, times;
} counted;

typedef struct counting {
    sc_env *env;
    counted *place;
    size_t places, used; /* places: a power of two */
} counting;

static counted *find_place(const counting *in, const char *token, size_t length) {
    size_t at = (size_t)sc_hash_bytes(token, length, 0).low & (in->places - 1);
    while (in->place[at].token &&
           (in->place[at].length != length || memcmp(in->place[at].token, token, length) != 0))
        at = (at + 1) & (in->places - 1);
    return &in->place[at];
}

static socle_status enlarge(counting *in) {
    counting larger = {in->env, NULL, in->places ? 2 * in->places : 1024, in->used};
    SC_TRY(sc_allocate(in->env, &larger.place, larger.places, sizeof *larger.place));
    for (size_t i = 0; i < in->places; i++)
        if (in->place[i].token)
            *find_place(&larger, in->place[i].token, in->place[i].length) = in->place[i];
    sc_release(in->env, in->place);
    *in = larger;
    return SOCLE_OK;
}

static socle_status count(counting *in, const char *token, size_t length) {
    if (in->used * 2 >= in->places) SC_TRY(enlarge(in));
    counted *place = find_place(in, token, length);
    if (!place->token) {
        *place = (counted){token, length, 0};
        in->used++;
    }
    place->times++;
    return SOCLE_OK;
}

static int compare_bytes(const char *a, size_t length, const char *b, size_t other) {
    int order = memcmp(a, b, length < other ? length : other);
    return order ? order : (length > other) - (length < other);
}

static int compare_tokens(const void *a, const void *b) {
    const counted *x = a, *y = b;
    return compare_bytes(x->token, x->length, y->token, y->length);
}

static int compare_times(const void *a, const void *b) {
    const counted *x = a, *y = b;
    if (x->times != y->times) return x->times > y->times ? -1 : 1;
    return compare_tokens(a, b);
}

static size_t gather(counting *in) {
    size_t count = 0;
    for (size_t i = 0; i < in->places; i++)
        if (in->place[i].token) in->place[count++] = in->place[i];
    return count;
}

static socle_status keep(sc_vocabulary *out, sc_arena *arena, counting *in, size_t most) {
    size_t count = gather(in);
    if (most && count > most) {
        qsort(in->place, count, sizeof *in->place, compare_times);
        count = most;
    }
    qsort(in->place, count, sizeof *in->place, compare_tokens);
    SC_TRY(sc_arena_allocate(arena, &out->token, count + 1, sizeof *out->token));
    out->token[0] = "";
    for (size_t i = 0; i < count; i++) {
        char *copy;
        SC_TRY(sc_arena_allocate(arena, &copy, in->place[i].length + 1, 1));
        memcpy(copy, in->place[i].token, in->place[i].length);
        out->token[i + 1] = copy;
    }
    out->count = count + 1;
    return SOCLE_OK;
}

static socle_status learn(sc_vocabulary *out, sc_arena *arena, counting *in, const char *label,
                          const char *text, size_t size, size_t most) {
    for (size_t at = 0, length; (length = sc_text_token_next(text, size, &at, out->by));)
        SC_TRY(count(in, text + at - length, length));
    if (!in->used)
        return sc_fail(in->env, SOCLE_STATUS_DATA, "%s: has no %s in it", label, out->by);
    if (!most && in->used >= SC_VOCABULARY)
        return sc_fail(in->env, SOCLE_STATUS_DATA,
                       "%s: has %zu different %ss; say how many of the most frequent ones are the "
                       "vocabulary, at most %d",
                       label, in->used, out->by, SC_VOCABULARY - 1);
    return keep(out, arena, in, most);
}

socle_status sc_vocabulary_learn(sc_vocabulary *out, sc_arena *arena, sc_env *env,
                                 const char *label, const char *text, size_t size, const char *by,
                                 size_t most) {
    counting in = {.env = env};
    *out = (sc_vocabulary){.by = by};
    socle_status status = learn(out, arena, &in, label, text, size, most);
    sc_release(env, in.place);
    return status;
}

int32_t sc_vocabulary_find(const sc_vocabulary *vocabulary, const char *token, size_t length) {
    size_t low = 1, high = vocabulary->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *other = vocabulary->token[middle];
        int order = compare_bytes(token, length, other, strlen(other));
        if (order == 0) return (int32_t)middle;
        if (order < 0) high = middle;
        if (order > 0) low = middle + 1;
    }
    return 0;
}

socle_status sc_vocabulary_apply(int32_t **out, size_t *count, sc_env *env,
                                 const sc_vocabulary *vocabulary, const char *text, size_t size) {
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    for (size_t at = 0, length; (length = sc_text_token_next(text, size, &at, vocabulary->by));) {
        SC_TRY(sc_grow(env, out, &capacity, *count + 1, sizeof **out));
        (*out)[(*count)++] = sc_vocabulary_find(vocabulary, text + at - length, length);
    }
    return SOCLE_OK;
}
