/* SPDX-License-Identifier: Apache-2.0 */
/* Initial values. Glorot: Glorot and Bengio 2010, "Understanding the difficulty of training deep
 * feedforward neural networks"; He: He et al. 2015, "Delving Deep into Rectifiers". A parameter's
 * values depend on the seed and its own name alone, so adding a layer does not change the others'.
 */
#include "nn/layer.h"

#include "base/hash.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

typedef enum fill { CONSTANT, UNIFORM, NORMAL, GIVEN } fill;

/* Half-width or sigma = factor * sqrt(1 / fans), or the scale given. */
typedef struct rule {
    fill fill;
    double factor;
    bool fan_in, fan_out, scaled;
} rule;

#define KIND(its_word, its_help, its_aliases)                                                      \
    {                                                                                              \
        .word = its_word, .help = its_help, .aliases = its_aliases,                                \
        .size = sizeof(sc_initializer), .standard = &(const sc_initializer) {                      \
            .kind = its_word                                                                       \
        }                                                                                          \
    }
#define SCALED(its_word, its_help, least)                                                          \
    {                                                                                              \
        .word = its_word, .help = its_help, .size = sizeof(sc_initializer),                        \
        .standard = &(const sc_initializer){.kind = its_word}, .count = 1,                         \
        .options = (const sc_option[]) {                                                           \
            {                                                                                      \
                "scale", SC_OPTION_FLOAT, offsetof(sc_initializer, scale), "that x", least, 1e6,   \
                    .required = true, .shorthand = true, .example = "0.01"                         \
            }                                                                                      \
        }                                                                                          \
    }
static const sc_record words[] = {
    KIND("zeros", "all 0", "zero"),
    KIND("ones", "all 1", "one"),
    SCALED("uniform", "from -x to x: {uniform: x}", 0),
    SCALED("normal", "with standard deviation x: {normal: x}", 0),
    KIND("glorot_uniform", "by inputs and outputs of a unit (Glorot and Bengio 2010)",
         "xavier_uniform"),
    KIND("glorot_normal", "by inputs and outputs of a unit (Glorot and Bengio 2010)",
         "xavier_normal"),
    KIND("he_uniform", "by inputs of a unit (He et al. 2015)", "kaiming_uniform"),
    KIND("he_normal", "by inputs of a unit (He et al. 2015)", "kaiming_normal"),
    KIND("fan_in_uniform",
         "from -x to x, x = 1 / sqrt(inputs of a unit; of an rnn its units): PyTorch's default",
         NULL),
    SCALED("constant", "all x: {constant: x}", -1e6),
    {.word = "values",
     .help = "these numbers, in the order of the tensor: of dense layers the weights of the first "
             "unit, then those of the next; of conv2d filter by filter, row by row",
     .size = sizeof(sc_initializer),
     .standard = &(const sc_initializer){.kind = "values"},
     .count = 1,
     .options = (const sc_option[]){{"numbers", SC_OPTION_NUMBERS, offsetof(sc_initializer, values),
                                     "all of them", -1e30, 1e30, .required = true,
                                     .shorthand = true, .example = "[3, 4]"}}},
};
static const rule rules[] = {
    {.fill = CONSTANT, .factor = 0},
    {.fill = CONSTANT, .factor = 1},
    {.fill = UNIFORM, .scaled = true},
    {.fill = NORMAL, .scaled = true},
    {.fill = UNIFORM, .factor = 2.449489742783178, .fan_in = true, .fan_out = true}, /* sqrt(6) */
    {.fill = NORMAL, .factor = 1.4142135623730951, .fan_in = true, .fan_out = true}, /* sqrt(2) */
    {.fill = UNIFORM, .factor = 2.449489742783178, .fan_in = true},
    {.fill = NORMAL, .factor = 1.4142135623730951, .fan_in = true},
    {.fill = UNIFORM, .factor = 1, .fan_in = true},
    {.fill = CONSTANT, .scaled = true},
    {.fill = GIVEN},
};
_Static_assert(sizeof words / sizeof words[0] == sizeof rules / sizeof rules[0],
               "one rule per word");

static const sc_record *const records[] = {&words[0], &words[1], &words[2],  &words[3],
                                           &words[4], &words[5], &words[6],  &words[7],
                                           &words[8], &words[9], &words[10], NULL};

const sc_family sc_initializer_family = {
    .what = "initialiser",
    .example = "he_normal or {normal: 0.01}",
    .help = "What parameters begin with: a word or, where it needs a number, `{normal: 0.01}`.",
    .foreign = "lecun_uniform lecun_normal truncated_normal trunc_normal orthogonal eye",
    .record = records,
};

/* Half-width or sigma of a parameter's values. */
static double spread(const rule *rule, const sc_parameter *parameter) {
    if (rule->scaled) return (double)parameter->init.scale;
    int64_t fans =
        (rule->fan_in ? parameter->fan_in : 0) + (rule->fan_out ? parameter->fan_out : 0);
    return fans > 0 ? rule->factor * sqrt(1.0 / (double)fans) : rule->factor;
}

socle_status sc_initializer_check(sc_env *env, const sc_initializer *init,
                                  const sc_tensor_desc *desc) {
    char text[96];
    const int64_t count = sc_tensor_elements(desc);
    if (!init->kind || strcmp(init->kind, "values") != 0 || init->values.count == count)
        return SOCLE_OK;
    sc_tensor_text(text, sizeof text, desc);
    return sc_fail(env, SOCLE_STATUS_CONFIG, "values: has %d number%s, and %s needs %lld",
                   init->values.count, init->values.count == 1 ? "" : "s", text, (long long)count);
}

socle_status sc_parameter_initialize(sc_env *env, const sc_parameter *parameter, uint64_t seed,
                                     float *out) {
    const char *named, *word = parameter->init.kind;
    const sc_record *kind = word ? sc_family_find(&sc_initializer_family, word, &named) : NULL;
    if (!kind)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "there is no initialiser '%.60s'",
                       word ? word : "");
    sc_initializer init = parameter->init;
    SC_TRY(sc_record_check(env, kind, &init));
    SC_TRY(sc_initializer_check(env, &init, &parameter->desc));
    const rule *rule = &rules[kind - words];
    size_t count = (size_t)sc_tensor_elements(&parameter->desc);
    uint32_t stream = (uint32_t)sc_hash_bytes(parameter->name, strlen(parameter->name), 0).low;
    float scale = (float)spread(rule, parameter);
    switch (rule->fill) {
    case CONSTANT:
        for (size_t i = 0; i < count; i++) out[i] = scale;
        break;
    case UNIFORM:
        sc_rng_uniform(out, count, seed, stream, SC_RNG_INIT);
        for (size_t i = 0; i < count; i++) out[i] = (2.0f * out[i] - 1.0f) * scale;
        break;
    case NORMAL:
        sc_rng_normal(out, count, seed, stream, SC_RNG_INIT);
        for (size_t i = 0; i < count; i++) out[i] *= scale;
        break;
    case GIVEN:
        memcpy(out, init.values.value, count * sizeof *out);
        break;
    }
    return SOCLE_OK;
}
