/* SPDX-License-Identifier: Apache-2.0 */
/* See search.h: a search in its directory. */
#include "base/file.h"
#include "base/text.h"
#include "cli/search.h"
#include "io/json_text.h"

#include <string.h>

enum { MOST_BYTES = 16 << 20, VERSION = 1 };

/* The configuration as it gives the same run from anywhere: its files under absolute names. */
static socle_status portable(json_t **out, const sc_config *config) {
    sc_env *env = sc_config_env(config);
    json_t *data = NULL, *init;
    char *file = NULL;
    SC_TRY(sc_recipe_resolve_data(&data, env, config));
    *out = json_deep_copy(sc_config_root(config));
    if (!*out || json_object_set_new(*out, "data", data) != 0)
        return sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for the configuration");
    init = json_object_get(json_object_get(*out, "train"), "init_from");
    if (!init) return SOCLE_OK;
    const json_t *holder = json_is_object(init)
                               ? json_object_get(sc_config_find(config, "train"), "init_from")
                               : sc_config_find(config, "train");
    SC_TRY(sc_config_get_path(&file, config, holder, json_is_object(init) ? "file" : "init_from"));
    if (json_is_object(init))
        json_object_set_new(init, "file", sc_absolute_path(file));
    else
        json_object_set_new(json_object_get(*out, "train"), "init_from", sc_absolute_path(file));
    sc_release(env, file);
    return SOCLE_OK;
}

socle_status sc_search_write_file(const sc_search *search) {
    sc_env *env = &search->cli->env;
    char *path;
    sc_text text;
    SC_TRY(sc_run_file(&path, env, search->directory, SC_SEARCH_FILE));
    sc_text_init(&text, env);
    sc_json_text(&text, search->file, 2);
    sc_text_add(&text, "\n");
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_file_write_whole(env, path, text.data, text.length);
    sc_text_free(&text);
    sc_release(env, path);
    return status;
}

static socle_status damaged(const sc_search *search, const char *path) {
    return sc_fail(&search->cli->env, SOCLE_STATUS_DATA, "%s: is damaged", path);
}

static socle_status take(sc_search *search, const char *path) {
    const json_t *file = search->file, *over = json_object_get(file, "over");
    sc_env *env = &search->cli->env;
    size_t i;
    json_t *item;
    sc_text text;
    search->space =
        (sc_search_space){.env = env,
                          .grid = json_is_true(json_object_get(file, "grid")),
                          .steps = json_integer_value(json_object_get(file, "steps")),
                          .seed = (uint64_t)json_integer_value(json_object_get(file, "seed"))};
    search->runs = json_integer_value(json_object_get(file, "runs"));
    search->halving = json_integer_value(json_object_get(file, "halving"));
    if (json_integer_value(json_object_get(file, "version")) != VERSION ||
        !json_is_object(json_object_get(file, "config")) || search->runs < 1 ||
        search->runs > SC_SEARCH_RUNS || search->halving < 1 || search->space.steps < 1)
        return damaged(search, path);
    json_array_foreach(over, i, item) {
        if (!json_is_string(item)) return damaged(search, path);
        SC_TRY(sc_search_space_add(&search->space, json_string_value(item)));
    }
    sc_text_init(&text, env);
    sc_json_text(&text, json_object_get(file, "config"), 2);
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_copy_string(env, &search->config, text.data);
    sc_text_free(&text);
    return status;
}

void sc_search_name(char out[SC_SEARCH_NAME], int64_t number) {
    snprintf(out, SC_SEARCH_NAME, "run-%03lld", (long long)number + 1);
}

static socle_status name_candidates(sc_search *search) {
    SC_TRY(sc_allocate(&search->cli->env, &search->candidate, (size_t)search->runs,
                       sizeof *search->candidate));
    for (int64_t i = 0; i < search->runs; i++) {
        search->candidate[i].number = i;
        sc_search_name(search->candidate[i].name, i);
    }
    return SOCLE_OK;
}

socle_status sc_search_begin(sc_search *search, const sc_config *config, char *const *over,
                             int count) {
    sc_env *env = &search->cli->env;
    json_t *root = NULL, *list = json_array();
    socle_status status = portable(&root, config);
    for (int i = 0; i < count; i++) json_array_append_new(list, json_string(over[i]));
    search->file =
        json_pack("{s: i, s: o, s: o, s: b, s: I, s: I, s: I, s: I}", "version", VERSION, "config",
                  root, "over", list, "grid", search->space.grid, "steps",
                  (json_int_t)search->space.steps, "runs", (json_int_t)search->runs, "seed",
                  (json_int_t)search->space.seed, "halving", (json_int_t)search->halving);
    SC_TRY(status);
    if (!search->file)
        return sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for " SC_SEARCH_FILE);
    sc_search_space_free(&search->space);
    SC_TRY(take(search, SC_SEARCH_FILE));
    return name_candidates(search);
}

socle_status sc_search_read(sc_search *search) {
    sc_env *env = &search->cli->env;
    char *path, *data = NULL;
    size_t size;
    SC_TRY(sc_run_file(&path, env, search->directory, SC_SEARCH_FILE));
    socle_status status = sc_file_read(env, &data, &size, path, MOST_BYTES);
    if (status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO)
        status = sc_fail(env, SOCLE_STATUS_DATA, "%s: holds no search", search->directory);
    if (status == SOCLE_OK) status = sc_directory_hold(&search->place, env, search->directory);
    if (status == SOCLE_OK) {
        search->file = json_loadb(data, size, JSON_REJECT_DUPLICATES, NULL);
        status = search->file ? take(search, path) : damaged(search, path);
    }
    sc_release(env, data);
    sc_release(env, path);
    return status == SOCLE_OK ? name_candidates(search) : status;
}

void sc_search_free(sc_search *search) {
    sc_search_space_free(&search->space);
    sc_release(&search->cli->env, search->config);
    sc_release(&search->cli->env, search->candidate);
    json_decref(search->file);
    sc_directory_release(search->place);
}

socle_status sc_search_config(sc_config **out, const sc_search *search, int64_t number) {
    sc_env *env = &search->cli->env;
    char value[SC_SEARCH_TEXT];
    SC_TRY(sc_config_parse(out, env, SC_SEARCH_FILE, search->config, strlen(search->config)));
    socle_status status = SOCLE_OK;
    for (int k = 0; number >= 0 && k < search->space.keys && status == SOCLE_OK; k++) {
        sc_search_space_value(value, &search->space, number, k);
        status = sc_config_set(*out, value);
    }
    if (status == SOCLE_OK) return status;
    sc_config_destroy(*out);
    *out = NULL;
    return status;
}
