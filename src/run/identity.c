/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is a run of, and whether one run can continue another: the same network, the same
 * training data, the same kind of optimizer, the same order of samples and the same statistics
 * groups. How long it goes on, and how fast it learns, may change. So may what decides only how
 * sums are rounded, which another device may need; the run then says that it is not, to the bit,
 * the one that was saved. */
#include "io/json_text.h"
#include "io/quote.h"
#include "model/net_config.h"
#include "nn/metric.h"
#include "run/checkpoint.h"
#include "run/recipe_private.h"

#include <stdio.h>
#include <string.h>

static socle_status text_of(char **out, sc_env *env, json_t *value) {
    sc_text text;
    sc_text_init(&text, env);
    sc_json_text(&text, value, 0);
    socle_status status =
        text.status == SOCLE_OK ? sc_copy_string(env, out, text.data) : text.status;
    sc_text_free(&text);
    json_decref(value);
    return status;
}

socle_status sc_identity_create(sc_identity *out, const sc_recipe *recipe) {
    json_t *config, *data;
    int64_t group;
    *out = (sc_identity){0};
    SC_TRY(sc_net_statistics_group(recipe->net, &group));
    int judge;
    SC_TRY(sc_net_judge(&judge, recipe->net, NULL));
    out->best = judge >= 0 ? sc_metric_word(recipe->net->metric[judge]) : "loss";
    out->open_statistics = sc_net_has_batch_statistics(recipe->net) && !group;
    SC_TRY(sc_recipe_resolve(&config, recipe));
    socle_status status = text_of(&out->config, recipe->env, config);
    if (status == SOCLE_OK) status = sc_identity_data(&data, recipe->train, recipe->fit.tail);
    if (status == SOCLE_OK) status = text_of(&out->data, recipe->env, data);
    if (status == SOCLE_OK) status = sc_net_text(&out->network, recipe->net);
    if (status != SOCLE_OK) sc_identity_free(out, recipe->env);
    return status;
}

void sc_identity_free(sc_identity *identity, sc_env *env) {
    sc_release(env, identity->config);
    sc_release(env, identity->network);
    sc_release(env, identity->data);
    *identity = (sc_identity){0};
}

enum { PLACE_TEXT = 200 };

static bool differ(const json_t *a, const json_t *b, char place[PLACE_TEXT], const json_t **in_a,
                   const json_t **in_b);

static bool members_differ(const json_t *a, const json_t *b, char place[PLACE_TEXT],
                           const json_t **in_a, const json_t **in_b) {
    size_t used = strlen(place);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)a, key, value) {
        snprintf(place + used, PLACE_TEXT - used, "%s%s", used ? "." : "", sc_quote(key).text);
        if (differ(value, json_object_get(b, key), place, in_a, in_b)) return true;
    }
    json_object_foreach((json_t *)b, key, value) {
        snprintf(place + used, PLACE_TEXT - used, "%s%s", used ? "." : "", sc_quote(key).text);
        if (!json_object_get(a, key)) return differ(NULL, value, place, in_a, in_b);
    }
    place[used] = '\0';
    return false;
}

static bool elements_differ(const json_t *a, const json_t *b, char place[PLACE_TEXT],
                            const json_t **in_a, const json_t **in_b) {
    size_t used = strlen(place);
    size_t longest =
        json_array_size(a) > json_array_size(b) ? json_array_size(a) : json_array_size(b);
    for (size_t i = 0; i < longest; i++) {
        snprintf(place + used, PLACE_TEXT - used, "[%zu]", i);
        if (differ(json_array_get(a, i), json_array_get(b, i), place, in_a, in_b)) return true;
    }
    place[used] = '\0';
    return false;
}

/* Finds the first place where two values are not equal; NULL is an absent one. Depth is that of
 * what json_loads accepts. */
static bool differ(const json_t *a, const json_t *b, char place[PLACE_TEXT], const json_t **in_a,
                   const json_t **in_b) {
    *in_a = a;
    *in_b = b;
    if (!a || !b) return a != b;
    if (json_is_object(a) && json_is_object(b)) return members_differ(a, b, place, in_a, in_b);
    if (json_is_array(a) && json_is_array(b)) return elements_differ(a, b, place, in_a, in_b);
    if (json_is_number(a) && json_is_number(b)) return json_number_value(a) != json_number_value(b);
    return !json_equal(a, b);
}

static void value_text(char *out, size_t size, sc_env *env, const json_t *value) {
    sc_text text;
    sc_text_init(&text, env);
    if (value) sc_json_text(&text, value, 0);
    snprintf(out, size, "%s",
             !value                    ? "nothing"
             : text.status == SOCLE_OK ? sc_quote(text.data).text
                                       : "?");
    sc_text_free(&text);
}

static socle_status refuse(sc_env *env, const char *what, const char *place, const json_t *saved,
                           const json_t *now) {
    char before[SC_QUOTED], after[SC_QUOTED];
    value_text(before, sizeof before, env, saved);
    value_text(after, sizeof after, env, now);
    return sc_fail(
        env, SOCLE_STATUS_CONFIG,
        "this run is no continuation of the checkpoint: %s differs at %s: %s then, %s now", what,
        place, before, after);
}

static socle_status match_texts(sc_env *env, const char *what, const char *saved, const char *now) {
    if (strcmp(saved, now) == 0) return SOCLE_OK;
    json_t *a = json_loads(saved, JSON_DECODE_ANY, NULL),
           *b = json_loads(now, JSON_DECODE_ANY, NULL);
    const json_t *in_a, *in_b;
    char place[PLACE_TEXT] = "";
    socle_status status = SOCLE_OK;
    if (!a)
        status = sc_fail(env, SOCLE_STATUS_DATA,
                         "the checkpoint is damaged: its record of %s is no JSON", what);
    else if (differ(a, b, place, &in_a, &in_b))
        status = refuse(env, what, place[0] ? place : "its top", in_a, in_b);
    json_decref(a);
    json_decref(b);
    return status;
}

/* A network as this version writes it: options that an earlier one did not know have the values
 * that stand for them. */
static socle_status renew_network(char **out, sc_env *env, const char *text) {
    sc_config *config;
    sc_net *net;
    SC_TRY(sc_config_parse(&config, env, "the checkpoint's network", text, strlen(text)));
    socle_status status = sc_net_create(&net, env);
    if (status == SOCLE_OK) {
        status = sc_net_read_text(net, config);
        if (status == SOCLE_OK) status = sc_net_text(out, net);
        sc_net_destroy(net);
    }
    sc_config_destroy(config);
    return status;
}

static socle_status match_networks(sc_env *env, const char *saved, const char *now) {
    char *renewed = NULL;
    if (strcmp(saved, now) == 0) return SOCLE_OK;
    socle_status status = renew_network(&renewed, env, saved);
    if (status == SOCLE_STATUS_OUT_OF_MEMORY) return status;
    /* What is no network differs by its text. */
    status = match_texts(env, "the network", renewed ? renewed : saved, now);
    sc_release(env, renewed);
    return status;
}

/* The only key of `optimizer`. */
static const char *optimizer_word(const json_t *config) {
    const char *word = json_object_iter_key(json_object_iter(json_object_get(config, "optimizer")));
    return word ? word : "";
}

/* How many numbers the optimizer of a saved configuration, or of a group in one, keeps of each
 * weight. */
static socle_status states_of(int *out, sc_env *env, const json_t *holder) {
    sc_optimizer optimizer = {0};
    sc_config *config;
    char *text;
    json_t *root = json_object();
    json_object_set(root, "optimizer", json_object_get(holder, "optimizer"));
    SC_TRY(text_of(&text, env, root));
    socle_status status = sc_config_parse(&config, env, "checkpoint", text, strlen(text));
    sc_release(env, text);
    if (status == SOCLE_OK) {
        status = sc_optimizer_read(&optimizer, config, sc_config_root(config));
        *out = status == SOCLE_OK && optimizer.kind ? sc_optimizer_states(&optimizer) : 0;
        sc_config_destroy(config);
    }
    return status == SOCLE_STATUS_OUT_OF_MEMORY || status == SOCLE_OK
               ? status
               : sc_fail_prefix(env, SOCLE_STATUS_DATA, "the checkpoint is damaged");
}

/* The same optimizer may keep more or less: sgd keeps nothing where momentum is 0. */
static socle_status match_states(sc_env *env, const json_t *before, const json_t *after,
                                 const char *place) {
    int then, now;
    SC_TRY(states_of(&then, env, before));
    SC_TRY(states_of(&now, env, after));
    if (then == now) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "this run is no continuation of the checkpoint: %s kept %s of each weight then, "
                   "keeps %s now; a momentum that was 0 stays 0, and another one stays above",
                   place, then ? "a state" : "nothing", now ? "a state" : "nothing");
}

/* Samples of a statistics group that the network leaves open. */
static int64_t statistics_rows(const json_t *train) {
    int64_t batch = json_integer_value(json_object_get(train, "batch")),
            micro_batch = json_integer_value(json_object_get(train, "micro_batch"));
    const json_t *reproducible = json_object_get(train, "reproducible");
    if (!json_is_true(reproducible) && !json_is_string(reproducible)) return batch;
    return micro_batch ? micro_batch : sc_fit_reproducible_rows(batch);
}

static socle_status match_statistics(sc_env *env, const json_t *before, const json_t *after) {
    int64_t then = statistics_rows(before), now = statistics_rows(after);
    if (then == now) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "this run is no continuation of the checkpoint: batch normalisation took its "
                   "statistics over %lld samples then, over %lld now; leave train.reproducible and "
                   "train.micro_batch as they were",
                   (long long)then, (long long)now);
}

/* An option of `train` in a saved configuration and in this one. What is absent is as by default.
 */
typedef struct setting {
    const sc_option *option;
    json_t *then, *now;
} setting;

static setting find_setting(const json_t *before, const json_t *after, int number) {
    const sc_record *train = &sc_recipe_train_record;
    const sc_option *option = sc_option_at(train, NULL, number);
    if (!option) return (setting){0};
    const void *standard = sc_option_standard(train, option);
    json_t *usual = standard ? sc_option_value(standard, option) : NULL;
    const json_t *then = json_object_get(before, option->key),
                 *now = json_object_get(after, option->key);
    setting out = {option, json_incref(then ? (json_t *)then : usual),
                   json_incref(now ? (json_t *)now : usual)};
    json_decref(usual);
    return out;
}

static void drop_setting(setting *setting) {
    json_decref(setting->then);
    json_decref(setting->now);
}

static void report_rounding(sc_env *env, const setting *setting) {
    char old[SC_QUOTED], new[SC_QUOTED];
    value_text(old, sizeof old, env, setting->then);
    value_text(new, sizeof new, env, setting->now);
    sc_log_line(env, SOCLE_LOG_INFO,
                "the run goes on with another train.%s (%s then, %s now): from here on it "
                "equals the one that was saved within rounding, not to the bit",
                setting->option->key, old, new);
}

static socle_status match_settings(sc_env *env, const json_t *before, const json_t *after,
                                   sc_option_identity identity) {
    static const char *const what[] = {[SC_RUN_SAMPLES] = "the samples of a step",
                                       [SC_RUN_SCORES] = "what says which epoch is best"};
    socle_status status = SOCLE_OK;
    setting setting;
    for (int i = 0; status == SOCLE_OK && (setting = find_setting(before, after, i)).option; i++) {
        char place[PLACE_TEXT] = "";
        const json_t *in_a, *in_b;
        bool other = setting.option->identity == identity &&
                     differ(setting.then, setting.now, place, &in_a, &in_b);
        if (other && identity != SC_RUN_ROUNDING)
            status = refuse(env, what[identity], setting.option->key, in_a, in_b);
        if (other && identity == SC_RUN_ROUNDING) report_rounding(env, &setting);
        drop_setting(&setting);
    }
    return status;
}

/* What has states, and of which kind; rates and decay may change. */
static json_t *structure_of(const json_t *train) {
    const json_t *groups = json_object_get(train, "groups"), *group;
    json_t *out = json_array();
    size_t i;
    json_array_foreach(groups, i, group) {
        json_t *entry = json_object();
        json_object_set(entry, "parameters", json_object_get(group, "parameters"));
        if (json_is_true(json_object_get(group, "frozen")))
            json_object_set_new(entry, "frozen", json_true());
        else if (json_object_get(group, "optimizer"))
            json_object_set_new(entry, "optimizer", json_string(optimizer_word(group)));
        json_array_append_new(out, entry);
    }
    return out;
}

static socle_status match_groups(sc_env *env, const json_t *before, const json_t *after) {
    json_t *then = structure_of(before), *now = structure_of(after);
    const json_t *was = json_object_get(before, "groups"), *is = json_object_get(after, "groups");
    const json_t *in_then, *in_now, *group;
    char place[PLACE_TEXT] = "train.groups";
    socle_status status = SOCLE_OK;
    size_t i;
    if (differ(then, now, place, &in_then, &in_now))
        status = refuse(env, "what moves a parameter", place, in_then, in_now);
    json_array_foreach(is, i, group) {
        snprintf(place, sizeof place, "the optimizer of train.groups[%zu]", i);
        if (status == SOCLE_OK) status = match_states(env, json_array_get(was, i), group, place);
    }
    bool changed = was != is && !json_equal(was, is); /* two that are not there are equal */
    if (status == SOCLE_OK && changed)
        sc_log_line(env, SOCLE_LOG_INFO, "the run goes on with other options of train.groups");
    json_decref(then);
    json_decref(now);
    return status;
}

/* A word that is not given is the usual one of the network, and other words for it are the same. */
static void settle_best(json_t *train, const char *usual) {
    const char *given = json_string_value(json_object_get(train, "best"));
    const sc_metric_kind *metric = given ? sc_metric_find(given) : NULL;
    const char *word = metric ? sc_metric_word(metric) : given ? given : usual;
    if (word) json_object_set_new(train, "best", json_string(word));
}

static socle_status match_course(sc_env *env, const json_t *saved, const json_t *now,
                                 const sc_identity *identity) {
    json_t *before = json_object_get(saved, "train"), *after = json_object_get(now, "train");
    settle_best(before, identity->best);
    settle_best(after, identity->best);
    SC_TRY(match_settings(env, before, after, SC_RUN_SAMPLES));
    SC_TRY(match_settings(env, before, after, SC_RUN_SCORES));
    if (strcmp(optimizer_word(saved), optimizer_word(now)) != 0)
        return sc_fail(
            env, SOCLE_STATUS_CONFIG,
            "this run is no continuation of the checkpoint: the optimizer was %s then, is %s now",
            sc_quote(optimizer_word(saved)).text, optimizer_word(now));
    SC_TRY(match_states(env, saved, now, "the optimizer"));
    if (!json_equal(json_object_get(saved, "optimizer"), json_object_get(now, "optimizer")))
        sc_log_line(env, SOCLE_LOG_INFO, "the run goes on with other options of the optimizer");
    SC_TRY(match_groups(env, before, after));
    if (identity->open_statistics) SC_TRY(match_statistics(env, before, after));
    return match_settings(env, before, after, SC_RUN_ROUNDING);
}

socle_status sc_identity_match(sc_env *env, const sc_identity *saved, const sc_identity *now) {
    SC_TRY(match_networks(env, saved->network, now->network));
    SC_TRY(match_texts(env, "the training data", saved->data, now->data));
    json_t *before = json_loads(saved->config, 0, NULL), *after = json_loads(now->config, 0, NULL);
    socle_status status = SOCLE_OK;
    if (!before || !after)
        status = sc_fail(env, SOCLE_STATUS_DATA,
                         "the checkpoint is damaged: its configuration is no JSON");
    else
        status = match_course(env, before, after, now);
    json_decref(before);
    json_decref(after);
    return status;
}
