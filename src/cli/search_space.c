/* SPDX-License-Identifier: Apache-2.0 */
/* See search_space.h. */
#include "cli/search_space.h"

#include "base/number.h"
#include "base/rng.h"
#include "io/config.h"
#include "io/quote.h"

#include <math.h>
#include <string.h>

static socle_status fail(sc_env *env, const char *text, const char *why) {
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "--over %s: %s; write PATH=log(1e-4,1e-1), linear(0,0.5), int(1,8), "
                   "logint(16,256) or a list of values, as in train.batch=[32, 64]",
                   sc_quote(text).text, why);
}

/* "log(1e-4,1e-1)" */
static socle_status read_range(sc_search_range *out, sc_env *env, const char *value) {
    static const struct {
        const char *word;
        bool logarithmic, whole;
    } words[] = {{"log", true, false},
                 {"linear", false, false},
                 {"int", false, true},
                 {"logint", true, true}};
    char low[64], high[64];
    int length = 0;
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        const size_t size = strlen(words[w].word);
        if (strncmp(value, words[w].word, size) != 0 || value[size] != '(') continue;
        if (sscanf(value + size, "( %60[^, ] , %60[^) ] )%n", low, high, &length) != 2 || !length ||
            value[size + (size_t)length] || !sc_number_parse(&out->low, low) ||
            !sc_number_parse(&out->high, high))
            return fail(env, out->text, "needs two numbers");
        if (!isfinite(out->high - out->low)) return fail(env, out->text, "is too wide");
        out->logarithmic = words[w].logarithmic;
        out->whole = words[w].whole;
        if (out->whole && (out->low != floor(out->low) || out->high != floor(out->high) ||
                           fmax(fabs(out->low), fabs(out->high)) > 0x1p53))
            return fail(env, out->text, "needs two whole numbers, of at most 2^53");
        if (!(out->low < out->high)) return fail(env, out->text, "the second is not larger");
        if (out->logarithmic && !(out->low > 0))
            return fail(env, out->text, "a logarithmic range begins above 0");
        return SOCLE_OK;
    }
    return fail(env, out->text, "is neither a range nor a list");
}

/* What a candidate is told must have room. */
static bool fits(const sc_search_range *range, json_t *item) {
    char *text = json_dumps(item, JSON_ENCODE_ANY);
    const bool out = text && strlen(range->path) + strlen(text) + 2 <= SC_SEARCH_TEXT;
    free(text);
    return out;
}

/* "[16, 32]", of any values that a configuration has. */
static socle_status read_list(sc_search_range *out, sc_env *env, const char *value) {
    char text[1024];
    sc_config *config;
    if (snprintf(text, sizeof text, "list: %s", value) >= (int)sizeof text)
        return fail(env, out->text, "is too long");
    if (sc_config_parse(&config, env, "--over", text, strlen(text)) != SOCLE_OK)
        return fail(env, out->text, "is no list");
    json_t *list = sc_config_find(config, "list");
    if (json_is_array(list) && json_array_size(list) >= 1 &&
        json_array_size(list) <= SC_SEARCH_VALUES)
        out->list = json_deep_copy(list);
    sc_config_destroy(config);
    if (!out->list) return fail(env, out->text, "needs 1 to 64 values");
    for (size_t i = 0; i < json_array_size(out->list); i++) {
        if (fits(out, json_array_get(out->list, i))) continue;
        json_decref(out->list);
        return fail(env, out->text, "has a value that is too long");
    }
    return SOCLE_OK;
}

socle_status sc_search_space_add(sc_search_space *space, const char *text) {
    const char *equals = strchr(text, '=');
    sc_search_range *range = &space->range[space->keys];
    if (space->keys == SC_SEARCH_KEYS)
        return sc_fail(space->env, SOCLE_STATUS_CONFIG, "--over: at most %d keys", SC_SEARCH_KEYS);
    *range = (sc_search_range){.text = text};
    if (!sc_is_utf8(text)) return fail(space->env, text, "is not UTF-8");
    if (!equals || equals == text || (size_t)(equals - text) >= sizeof range->path)
        return fail(space->env, text, "names no key");
    memcpy(range->path, text, (size_t)(equals - text));
    for (int k = 0; k < space->keys; k++)
        if (strcmp(space->range[k].path, range->path) == 0)
            return fail(space->env, text, "this key is gone over already");
    SC_TRY(equals[1] == '[' ? read_list(range, space->env, equals + 1)
                            : read_range(range, space->env, equals + 1));
    space->keys++;
    return SOCLE_OK;
}

void sc_search_space_free(sc_search_space *space) {
    for (int k = 0; k < space->keys; k++) json_decref(space->range[k].list);
    space->keys = 0;
}

/* How many values a key has in a grid: of whole numbers no more than there are. */
static int64_t steps_of(const sc_search_space *space, int key) {
    const sc_search_range *range = &space->range[key];
    if (range->list) return (int64_t)json_array_size(range->list);
    const double all = range->high - range->low + 1;
    return range->whole && all < (double)space->steps ? (int64_t)all : space->steps;
}

int64_t sc_search_space_size(const sc_search_space *space, int64_t most) {
    int64_t size = 1;
    for (int k = 0; k < space->keys; k++)
        if ((size *= steps_of(space, k)) > most) return -1;
    return size;
}

/* From 0, at which the range begins, to 1, at which it ends. */
static double place_of(const sc_search_range *range, double part) {
    const double low = range->whole && !range->logarithmic ? range->low - 0.5 : range->low,
                 high = range->whole && !range->logarithmic ? range->high + 0.5 : range->high;
    const double value = range->logarithmic ? exp(log(low) + part * (log(high) - log(low)))
                                            : low + part * (high - low);
    if (!range->whole) return value;
    return fmin(fmax(round(value), range->low), range->high);
}

static double grid_value(const sc_search_range *range, int64_t step, int64_t steps) {
    if (steps == 1) return range->low;
    const double part = (double)step / (double)(steps - 1);
    const double value = range->logarithmic
                             ? exp(log(range->low) + part * (log(range->high) - log(range->low)))
                             : range->low + part * (range->high - range->low);
    return range->whole ? round(value) : value;
}

/* Four digits say all that a search tells apart, and read back as the same number. */
static void write_number(char *out, size_t size, const char *path, double value, bool whole) {
    if (whole)
        snprintf(out, size, "%s=%.0f", path, value);
    else
        snprintf(out, size, "%s=%.4g", path, value);
}

static void write_item(char *out, size_t size, const sc_search_range *range, int64_t index) {
    char *text = json_dumps(json_array_get(range->list, (size_t)index), JSON_ENCODE_ANY);
    snprintf(out, size, "%s=%s", range->path, text ? text : "null");
    free(text);
}

void sc_search_space_value(char out[SC_SEARCH_TEXT], const sc_search_space *space, int64_t number,
                           int key) {
    const sc_search_range *range = &space->range[key];
    const int64_t steps = steps_of(space, key);
    int64_t step = number;
    float draw[SC_SEARCH_KEYS];
    if (space->grid) {
        for (int k = space->keys - 1; k > key; k--) step /= steps_of(space, k);
        step %= steps;
        if (range->list)
            write_item(out, SC_SEARCH_TEXT, range, step);
        else
            write_number(out, SC_SEARCH_TEXT, range->path, grid_value(range, step, steps),
                         range->whole);
        return;
    }
    sc_rng_uniform(draw, SC_SEARCH_KEYS, space->seed, (uint32_t)number, SC_RNG_SEARCH);
    if (range->list)
        write_item(out, SC_SEARCH_TEXT, range, (int64_t)(draw[key] * (float)steps));
    else
        write_number(out, SC_SEARCH_TEXT, range->path, place_of(range, (double)draw[key]),
                     range->whole);
}
