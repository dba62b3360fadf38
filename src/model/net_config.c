/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the layers and inputs of a network from a configuration tree. */
#include "model/net_config.h"

#include "io/quote.h"
#include "model/net_option.h"

#include <string.h>

/* One element of a `network:` list, taken apart. */
typedef struct entry {
    const json_t *list;
    size_t index;
    const json_t *mapping; /* {word: value}; NULL for a bare word */
    const char *word;
    const json_t *value;   /* NULL for a bare word */
    const json_t *options; /* value, where it is a mapping */
    const sc_layer_kind *kind;
    sc_layer_options set;
} entry;

static socle_status take_apart(entry *out, const sc_config *config, const json_t *list,
                               size_t index) {
    const json_t *item = json_array_get(list, index);
    *out = (entry){.list = list, .index = index, .word = json_string_value(item)};
    if (json_is_object(item)) {
        if (json_object_size(item) != 1)
            return sc_config_fail_item(
                config, list, index,
                "a layer is one word and its options, here are %zu keys side by side; write "
                "conv2d: {filters: 32, kernel: 3}, or indent the options below the word",
                json_object_size(item));
        out->mapping = item;
        out->word = json_object_iter_key(json_object_iter((json_t *)item));
        out->value = json_object_get(item, out->word);
        if (json_is_null(out->value)) out->value = NULL;
        if (json_is_object(out->value)) out->options = out->value;
    }
    if (!out->word)
        return sc_config_fail_item(config, list, index,
                                   "must be a layer such as relu or {dense: 128}");
    out->kind = sc_layer_kind_find(out->word, &out->set);
    if (out->kind) return SOCLE_OK;
    const char *const *words = sc_layer_words();
    return sc_fail_unknown(config, out->mapping ? out->mapping : list,
                           out->mapping ? out->word : NULL, index, SC_WORD_LAYER, out->word, words,
                           sc_count_words(words));
}

/* A failure that is about the layer as a whole. */
static socle_status fail_layer(const sc_config *config, const entry *entry, const char *text) {
    if (entry->mapping) return sc_config_fail(config, entry->mapping, entry->word, "%s", text);
    return sc_config_fail_item(config, entry->list, entry->index, "%s", text);
}

/* An activation's word has its function set already. */
static bool is_preset(const entry *entry, const sc_option *option) {
    const char *const *word = (const void *)((const char *)&entry->set + option->offset);
    return option->type == SC_OPTION_WORD && *word;
}

static const char *const layer_keys[] = {"name", "from", NULL};

const char *const *sc_net_layer_keys(void) {
    return layer_keys;
}

static socle_status check_keys(const sc_config *config, const entry *entry) {
    enum { MOST_KEYS = 24 };
    const char *keys[MOST_KEYS];
    size_t count = 0;
    for (; layer_keys[count]; count++) keys[count] = layer_keys[count];
    for (int i = 0; i < entry->kind->option_count && count < MOST_KEYS; i++)
        if (!is_preset(entry, &entry->kind->options[i]))
            keys[count++] = entry->kind->options[i].key;
    return sc_check_keys(config, entry->options, SC_WORD_OPTION, keys, count);
}

/* "dense: 128" in place of "dense: {units: 128}"; *main is the option it stands for. */
static socle_status read_main_option(const sc_option **main, const sc_config *config,
                                     entry *entry) {
    for (int i = 0; i < entry->kind->option_count && !*main; i++) {
        const sc_option *option = &entry->kind->options[i];
        if (option->shorthand && !is_preset(entry, option)) *main = option;
    }
    if (*main) return sc_option_read(&entry->set, config, entry->mapping, entry->word, *main);
    return sc_config_fail(config, entry->mapping, entry->word,
                          entry->kind->option_count > 1 ? "options are given by name, {key: value}"
                                                        : "takes no value of its own");
}

static socle_status read_options(const sc_config *config, entry *entry) {
    const sc_option *main = NULL;
    bool joins = json_is_array(entry->value) && entry->kind->inputs_max > 1;
    if (entry->options) SC_TRY(check_keys(config, entry));
    if (entry->value && !entry->options && !joins) SC_TRY(read_main_option(&main, config, entry));
    for (int i = 0; i < entry->kind->option_count; i++) {
        const sc_option *option = &entry->kind->options[i];
        if (is_preset(entry, option) || option == main) continue;
        if (json_object_get(entry->options, option->key))
            SC_TRY(sc_option_read(&entry->set, config, entry->options, option->key, option));
        else if (option->required) {
            sc_fail(sc_config_env(config), SOCLE_STATUS_CONFIG,
                    "'%s' (%s) is missing: write %s: {%s: ...%s}", option->key, option->help,
                    entry->word, option->key, entry->kind->option_count > 1 ? ", ..." : "");
            return fail_layer(config, entry, sc_config_env(config)->text);
        }
    }
    return SOCLE_OK;
}

/* A name in `from`: at a member of the options, or with key NULL at an element of a list. */
static socle_status find_node(int *out, const sc_net *net, const sc_config *config,
                              const json_t *container, const char *key, size_t index,
                              const char *name) {
    *out = sc_net_find(net, name);
    if (*out >= 0) return SOCLE_OK;
    size_t nodes = (size_t)net->inputs + net->layers;
    const char **names;
    SC_TRY(sc_allocate(net->env, &names, nodes, sizeof *names));
    for (size_t n = 0; n < nodes; n++)
        names[n] =
            n < (size_t)net->inputs ? net->input[n].name : net->layer[n - (size_t)net->inputs].name;
    socle_status status =
        sc_fail_unknown(config, container, key, index, SC_WORD_NAME, name, names, nodes);
    sc_release(net->env, names);
    return status;
}

static socle_status read_sources(int out[SC_LAYER_INPUTS], int *count, const sc_net *net,
                                 const sc_config *config, const json_t *list) {
    size_t size = json_array_size(list);
    for (size_t i = 0; i < size && i < SC_LAYER_INPUTS; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!name)
            return sc_config_fail_item(config, list, i,
                                       "must be the name of a layer above or of an input");
        SC_TRY(find_node(&out[i], net, config, list, NULL, i, name));
    }
    *count = size > INT32_MAX ? INT32_MAX : (int)size;
    return SOCLE_OK;
}

static socle_status read_from(int out[SC_LAYER_INPUTS], int *count, const sc_net *net,
                              const sc_config *config, const entry *entry) {
    const json_t *from = json_is_array(entry->value) && entry->kind->inputs_max > 1
                             ? entry->value
                             : json_object_get(entry->options, "from");
    *count = 1;
    if (json_is_string(from))
        return find_node(&out[0], net, config, entry->options, "from", 0, json_string_value(from));
    if (json_is_array(from)) return read_sources(out, count, net, config, from);
    if (from)
        return sc_config_fail(config, entry->options, "from",
                              "must be the name of a layer above, or a list of names");
    if (!net->layers && net->inputs != 1)
        return fail_layer(config, entry, "the network has several inputs: say which one with from");
    out[0] = net->inputs + (int)net->layers - 1;
    return SOCLE_OK;
}

static socle_status read_layer(sc_net *net, const sc_config *config, const json_t *list,
                               size_t index) {
    entry entry;
    const char *name = NULL;
    int from[SC_LAYER_INPUTS], count;
    SC_TRY(take_apart(&entry, config, list, index));
    SC_TRY(read_options(config, &entry));
    SC_TRY(sc_config_get_string(&name, config, entry.options, "name"));
    SC_TRY(read_from(from, &count, net, config, &entry));
    if (sc_net_layer(net, entry.kind, name, count, from, &entry.set) >= 0) return SOCLE_OK;
    bool theirs = net->status == SOCLE_STATUS_CONFIG || net->status == SOCLE_STATUS_SHAPE;
    return theirs ? fail_layer(config, &entry, net->env->text) : net->status;
}

socle_status sc_net_read(sc_net *net, const sc_config *config, const json_t *list) {
    size_t count = json_array_size(list);
    if (net->inputs < 1)
        return sc_fail(net->env, SOCLE_STATUS_STATE,
                       "the inputs of a network come before its layers");
    if (!json_is_array(list))
        return sc_config_fail(config, sc_config_root(config), "network",
                              "must be a list of layers");
    if (count == 0) return sc_config_fail(config, list, NULL, "a network has at least one layer");
    for (size_t i = 0; i < count; i++) SC_TRY(read_layer(net, config, list, i));
    return SOCLE_OK;
}

static socle_status read_shape(socle_shape *out, const sc_config *config, const json_t *object) {
    const json_t *list = NULL;
    size_t rank = 0;
    SC_TRY(sc_config_require(config, object, "shape"));
    if (!json_is_integer(json_object_get(object, "shape")))
        SC_TRY(sc_config_get_array(&list, config, object, "shape"));
    *out = (socle_shape){0};
    if (list && json_array_size(list) == 0) return SOCLE_OK; /* one number per sample */
    SC_TRY(sc_config_get_integers(out->size, &rank, SC_MAX_RANK - 1, config, object, "shape", 1,
                                  INT32_MAX));
    out->rank = (int)rank;
    return SOCLE_OK;
}

static const char *const input_keys[] = {"name", "shape", "dtype", "scale", NULL};

const char *const *sc_net_input_keys(void) {
    return input_keys;
}

static socle_status read_input(sc_net *net, const sc_config *config, const json_t *list,
                               size_t index) {
    static const char *const dtypes[] = {
        [SOCLE_F32] = "f32", [SOCLE_U8] = "u8", [SOCLE_I32] = "i32"};
    const json_t *input = json_array_get(list, index);
    const char *name = SC_INPUT_NAME;
    int dtype = SOCLE_F32;
    double scale = 1.0;
    socle_shape shape;
    if (!json_is_object(input))
        return sc_config_fail_item(config, list, index,
                                   "must be an input such as {name: left, shape: [1, 28, 28]}");
    SC_TRY(sc_check_keys(config, input, SC_WORD_KEY, input_keys, sc_count_words(input_keys)));
    SC_TRY(sc_config_get_string(&name, config, input, "name"));
    SC_TRY(read_shape(&shape, config, input));
    SC_TRY(sc_config_get_choice(&dtype, config, input, "dtype", dtypes,
                                sizeof dtypes / sizeof dtypes[0]));
    SC_TRY(sc_config_get_number(&scale, config, input, "scale", -1e30, 1e30));
    if (sc_net_input(net, name, dtype, &shape, (float)scale) >= 0) return SOCLE_OK;
    bool theirs = net->status == SOCLE_STATUS_CONFIG || net->status == SOCLE_STATUS_SHAPE;
    return theirs ? sc_config_fail_item(config, list, index, "%s", net->env->text) : net->status;
}

socle_status sc_net_read_inputs(sc_net *net, const sc_config *config, const json_t *root) {
    const json_t *list = NULL;
    SC_TRY(sc_config_get_array(&list, config, root, "inputs"));
    for (size_t i = 0; i < json_array_size(list); i++) SC_TRY(read_input(net, config, list, i));
    return SOCLE_OK;
}

static socle_status read_output(sc_net *net, const sc_config *config, const json_t *root) {
    const char *name = NULL;
    SC_TRY(sc_config_require(config, root, "output"));
    SC_TRY(sc_config_get_string(&name, config, root, "output"));
    return find_node(&net->output, net, config, root, "output", 0, name);
}

socle_status sc_net_read_text(sc_net *net, const sc_config *config) {
    static const char *const keys[] = {"inputs", "layers", "output", "loss"};
    const json_t *root = sc_config_root(config), *layers = NULL;
    SC_TRY(sc_config_check_keys(config, root, keys, sizeof keys / sizeof keys[0]));
    SC_TRY(sc_config_require(config, root, "inputs"));
    SC_TRY(sc_net_read_inputs(net, config, root));
    SC_TRY(sc_config_require(config, root, "layers"));
    SC_TRY(sc_config_get_array(&layers, config, root, "layers"));
    if (net->inputs < 1)
        return sc_config_fail(config, root, "inputs", "a network has at least one input");
    SC_TRY(sc_net_read(net, config, layers));
    SC_TRY(read_output(net, config, root));
    return json_object_get(root, "loss") ? sc_loss_read(net, config, root) : SOCLE_OK;
}
