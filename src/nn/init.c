/* SPDX-License-Identifier: Apache-2.0 */
/* Initial values. Glorot: Glorot and Bengio 2010, "Understanding the difficulty of training deep
 * feedforward neural networks"; He: He et al. 2015, "Delving Deep into Rectifiers". A parameter's
 * values depend on the seed and its own name alone, so adding a layer does not change the others'.
 */
#include "nn/layer.h"

#include "base/hash.h"
#include "base/rng.h"
#include "nn/word.h"

#include <math.h>
#include <string.h>

typedef enum fill { CONSTANT, UNIFORM, NORMAL } fill;

/* Half-width or sigma = factor * sqrt(1 / fans), or the scale given. */
typedef struct rule {
    fill fill;
    double factor;
    bool fan_in, fan_out, scaled;
} rule;

static const char *const words[] = {"zeros",      "ones",           "uniform",
                                    "normal",     "glorot_uniform", "glorot_normal",
                                    "he_uniform", "he_normal",      NULL};
static const rule rules[] = {
    {.fill = CONSTANT, .factor = 0},
    {.fill = CONSTANT, .factor = 1},
    {.fill = UNIFORM, .scaled = true},
    {.fill = NORMAL, .scaled = true},
    {.fill = UNIFORM, .factor = 2.449489742783178, .fan_in = true, .fan_out = true}, /* sqrt(6) */
    {.fill = NORMAL, .factor = 1.4142135623730951, .fan_in = true, .fan_out = true}, /* sqrt(2) */
    {.fill = UNIFORM, .factor = 2.449489742783178, .fan_in = true},
    {.fill = NORMAL, .factor = 1.4142135623730951, .fan_in = true},
};
_Static_assert(sizeof words / sizeof words[0] == sizeof rules / sizeof rules[0] + 1,
               "one rule per word");

const char *const *sc_initializer_words(void) {
    return words;
}

static int find(const char *word) {
    word = sc_word_meant(SC_WORD_INITIALIZER, word);
    for (int i = 0; word && words[i]; i++)
        if (strcmp(words[i], word) == 0) return i;
    return -1;
}

bool sc_initializer_needs_scale(const char *word) {
    int row = find(word);
    return row >= 0 && rules[row].scaled;
}

socle_status sc_initializer_check(sc_env *env, sc_initializer *init) {
    int row = find(init->kind);
    if (row < 0)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "there is no initialiser '%.60s'",
                       init->kind ? init->kind : "");
    if (rules[row].scaled && !(init->scale >= 0.0f && isfinite(init->scale)))
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: needs a finite scale of at least 0, not %g",
                       init->kind, (double)init->scale);
    init->kind = words[row];
    return SOCLE_OK;
}

/* Half-width or sigma of a parameter's values. */
static double spread(const rule *rule, const sc_parameter *parameter) {
    if (rule->scaled) return (double)parameter->init.scale;
    int64_t fans =
        (rule->fan_in ? parameter->fan_in : 0) + (rule->fan_out ? parameter->fan_out : 0);
    return fans > 0 ? rule->factor * sqrt(1.0 / (double)fans) : rule->factor;
}

socle_status sc_parameter_initialize(sc_env *env, const sc_parameter *parameter, uint64_t seed,
                                     float *out) {
    sc_initializer init = parameter->init;
    SC_TRY(sc_initializer_check(env, &init));
    const rule *rule = &rules[find(init.kind)];
    size_t count = (size_t)sc_tensor_elements(&parameter->desc);
    uint32_t stream = (uint32_t)sc_hash_bytes(parameter->name, strlen(parameter->name), 0).low;
    float scale = (float)spread(rule, parameter);
    switch (rule->fill) {
    case CONSTANT:
        for (size_t i = 0; i < count; i++) out[i] = (float)rule->factor;
        break;
    case UNIFORM:
        sc_rng_uniform(out, count, seed, stream, SC_RNG_INIT);
        for (size_t i = 0; i < count; i++) out[i] = (2.0f * out[i] - 1.0f) * scale;
        break;
    case NORMAL:
        sc_rng_normal(out, count, seed, stream, SC_RNG_INIT);
        for (size_t i = 0; i < count; i++) out[i] *= scale;
        break;
    }
    return SOCLE_OK;
}
