/* SPDX-License-Identifier: Apache-2.0 */
/* Reads programs of several networks: `networks`, by name, `phases`, each with the networks that it
 * trains and its losses, and what losses are of: a layer or input, a network, or a network applied
 * to one of these, as in discriminator(generator). A network is made when something asks for it
 * first; networks that its layers read are made before it. */
#include "model/net_config_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct phase_item {
    const char *name;
} phase_item;

static const sc_option phase_options[] = {
    {"trains", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE, "the networks whose weights it moves",
     .required = true, .least = 1, .most = SC_NET_NETWORKS, .example = "generator"},
    {"losses", SC_OPTION_LIST, SC_OPTION_ELSEWHERE, "what it makes small", .required = true,
     .least = 1, .record = &sc_loss_item_record, .example = "[{loss: mse, of: generator}]"},
    {"name", SC_OPTION_NAME, offsetof(phase_item, name),
     "its loss is shown under this name, as in generator_loss",
     .standard = "that of the first network", .example = "critic"},
};

const sc_record sc_phase_record = {
    .word = "phases",
    .help = "The phases of a training step. Each moves the weights of its networks along the "
            "gradient of its losses, and nothing else. All phases of a step begin with the same "
            "weights (simultaneous gradient descent), and their order means nothing. The weights "
            "of a network are moved by one phase; which optimizer moves them, `train.groups` says "
            "(a network's name stands for all it has).",
    .options = phase_options,
    .count = sizeof phase_options / sizeof phase_options[0],
    .standard = &(const phase_item){0},
    .size = sizeof(phase_item),
};

/* The reading of one program. */
typedef struct program {
    sc_net *net;
    const sc_config *config;
    const json_t *networks;              /* NULL: there are none by name */
    const char *making[SC_NET_NETWORKS]; /* the networks being made, each for the one before it */
    int depth;
} program;

static bool is_network(const program *p, const char *name) {
    return name && json_object_get(p->networks, name);
}

static socle_status fail_circle(const program *p, const char *name) {
    sc_text text;
    sc_text_init(&text, p->net->env);
    bool within = false;
    for (int i = 0; i < p->depth; i++) {
        within |= strcmp(p->making[i], name) == 0;
        if (within) sc_text_add(&text, "%s -> ", p->making[i]);
    }
    socle_status status =
        sc_config_fail(p->config, p->networks, name, "networks read each other in a circle: %s%s",
                       text.status == SOCLE_OK ? text.data : "", name);
    sc_text_free(&text);
    return status;
}

static socle_status need_network(program *p, const char *name, int argument, bool given, int *out);

/* The network that a layer reads from: by its name, or by a layer of it, generator.dense1. */
static socle_status need_source(program *p, const char *name) {
    const char *network;
    json_t *layers;
    int node;
    json_object_foreach((json_t *)p->networks, network, layers) {
        size_t length = strlen(network);
        bool reads =
            name && strncmp(name, network, length) == 0 && (!name[length] || name[length] == '.');
        if (reads) return need_network(p, network, -1, false, &node);
    }
    return SOCLE_OK;
}

/* Networks that the layers of a list read are made before the list's own. */
static socle_status need_sources(program *p, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *from, *item;
        size_t n;
        SC_TRY(sc_layer_from(&from, p->config, list, i));
        SC_TRY(need_source(p, json_string_value(from)));
        json_array_foreach(from, n, item) SC_TRY(need_source(p, json_string_value(item)));
    }
    return SOCLE_OK;
}

static socle_status place_failure(const program *p, const char *name, socle_status status) {
    bool theirs = status == SOCLE_STATUS_CONFIG || status == SOCLE_STATUS_SHAPE;
    return theirs ? sc_config_fail(p->config, p->networks, name, "%s", p->net->env->text) : status;
}

static socle_status make_network(program *p, const char *name, int argument) {
    const json_t *list = json_object_get(p->networks, name);
    for (int i = 0; i < p->depth; i++)
        if (strcmp(p->making[i], name) == 0) return fail_circle(p, name);
    if (p->depth == SC_NET_NETWORKS)
        return sc_config_fail(p->config, p->networks, name, "there are at most %d networks",
                              SC_NET_NETWORKS);
    p->making[p->depth++] = name;
    SC_TRY(need_sources(p, list));
    p->depth--;
    SC_TRY(place_failure(p, name, sc_net_begin_network(p->net, name, argument)));
    SC_TRY(sc_net_read(p->net, p->config, list));
    return place_failure(p, name, sc_net_end_network(p->net));
}

/* The result of a network: of what is given, else of the data's only input, where it reads any. */
static socle_status need_network(program *p, const char *name, int argument, bool given, int *out) {
    sc_net *net = p->net;
    if (!given && net->inputs == 1) argument = 0;
    int number = sc_net_find_network(net, name);
    if (number < 0) {
        SC_TRY(make_network(p, name, argument));
        number = sc_net_find_network(net, name);
    }
    if (!given && net->network[number].argument < 0) argument = -1;
    *out = sc_net_apply(net, number, argument);
    return *out >= 0 ? SOCLE_OK : place_failure(p, name, net->status);
}

/* A text such as discriminator(generator), and where it stands. */
typedef struct expression {
    const json_t *item;
    const char *at;
} expression;

static socle_status fail_text(const program *p, const expression *e) {
    return sc_config_fail(p->config, e->item, "of",
                          "must be a name, or a network applied to one, as in "
                          "discriminator(generator); column %d is neither",
                          (int)(e->at - sc_loss_item_of(e->item)) + 1);
}

static socle_status fail_unknown(const program *p, const expression *e, const char *name) {
    const char *names[SC_NET_INPUTS + SC_OPTION_MOST], *key;
    json_t *list;
    size_t count = 0;
    for (int i = 0; i < p->net->inputs; i++) names[count++] = p->net->input[i].name;
    json_object_foreach((json_t *)p->networks, key,
                        list) if (count < sizeof names / sizeof names[0]) names[count++] = key;
    for (size_t l = 0; !p->networks && l < p->net->layers; l++)
        if (count < sizeof names / sizeof names[0]) names[count++] = p->net->layer[l].name;
    return sc_fail_unknown(p->config, e->item, "of", 0,
                           p->networks ? "network, layer or input" : "layer or input", NULL, name,
                           names, count);
}

static bool takes_name(expression *e, char name[SC_NAME_MOST + 1]) {
    static const char characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    e->at += strspn(e->at, " ");
    size_t length = strspn(e->at, characters);
    if (!length || length > SC_NAME_MOST) return false;
    snprintf(name, SC_NAME_MOST + 1, "%.*s", (int)length, e->at);
    e->at += length;
    e->at += strspn(e->at, " ");
    return true;
}

enum { DEEPEST = 8 };

static socle_status read_expression(program *p, expression *e, int depth, int *out) {
    char name[SC_NAME_MOST + 1];
    if (depth == DEEPEST || !takes_name(e, name)) return fail_text(p, e);
    int argument = -1;
    const bool given = *e->at == '(';
    if (given) {
        e->at++;
        if (!is_network(p, name)) return fail_unknown(p, e, name);
        SC_TRY(read_expression(p, e, depth + 1, &argument));
        if (*e->at != ')') return fail_text(p, e);
        e->at++;
        e->at += strspn(e->at, " ");
    }
    /* The key outlives the reading; `name` does not. */
    void *member = json_object_iter_at((json_t *)p->networks, name);
    if (member) return need_network(p, json_object_iter_key(member), argument, given, out);
    SC_TRY(need_source(p, name));
    *out = sc_net_find(p->net, name);
    return *out >= 0 ? SOCLE_OK : fail_unknown(p, e, name);
}

/* Lists of texts that were not read by their tables, as those of model files. */
static socle_status check_mapping(const program *p, const json_t *list, size_t i,
                                  const char *example) {
    if (json_is_object(json_array_get(list, i))) return SOCLE_OK;
    return sc_config_fail_item(p->config, list, i, "must be a mapping, as in %s", example);
}

/* The node that a loss is of. */
static socle_status read_of(program *p, const json_t *item, int *out) {
    expression e = {item, sc_loss_item_of(item)};
    *out = p->net->output;
    if (!e.at && p->networks)
        return sc_config_fail(p->config, item, NULL,
                              "with several networks, a loss says what it is `of`");
    if (!e.at) return SOCLE_OK;
    SC_TRY(read_expression(p, &e, 0, out));
    return *e.at ? fail_text(p, &e) : SOCLE_OK;
}

static socle_status read_losses(program *p, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        int of;
        SC_TRY(check_mapping(p, list, i, "{loss: mean_squared_error}"));
        SC_TRY(read_of(p, item, &of));
        SC_TRY(sc_loss_item_read(p->net, p->config, item, of));
    }
    return SOCLE_OK;
}

/* Networks that a phase trains, once its losses have made what they read. */
static socle_status find_trained(const program *p, const json_t *phase, const char *name,
                                 uint32_t *out) {
    const char *names[SC_OPTION_MOST], *key;
    json_t *list;
    size_t count = 0;
    if (!is_network(p, name)) {
        json_object_foreach((json_t *)p->networks, key, list) if (count < SC_OPTION_MOST)
            names[count++] = key;
        return sc_fail_unknown(p->config, phase, "trains", 0, "network", NULL, name, names, count);
    }
    int number = sc_net_find_network(p->net, name);
    if (number < 0)
        return sc_config_fail(p->config, phase, "trains",
                              "no loss of this phase reaches the network '%s'", name);
    *out |= 1u << number;
    return SOCLE_OK;
}

static socle_status read_trains(const program *p, const json_t *phase, uint32_t *out,
                                const char **first) {
    const json_t *trains = json_object_get(phase, "trains"), *item;
    size_t i;
    *out = 0;
    *first = json_string_value(json_is_array(trains) ? json_array_get(trains, 0) : trains);
    if (!json_is_array(trains)) return find_trained(p, phase, *first, out);
    json_array_foreach(trains, i, item)
        SC_TRY(find_trained(p, phase, json_string_value(item), out));
    return SOCLE_OK;
}

/* Checks a phase, and makes the networks that its losses are of: the order of phases means nothing.
 */
static socle_status begin_phase(program *p, const json_t *phase) {
    const json_t *losses = NULL;
    int node;
    SC_TRY(sc_record_read(NULL, p->config, phase, &sc_phase_record));
    SC_TRY(sc_config_get_array(&losses, p->config, phase, "losses"));
    for (size_t i = 0; i < json_array_size(losses); i++) {
        SC_TRY(check_mapping(p, losses, i, "{loss: mean_squared_error, of: generator}"));
        SC_TRY(read_of(p, json_array_get(losses, i), &node));
    }
    return SOCLE_OK;
}

static socle_status read_phase(program *p, const json_t *phase) {
    const json_t *losses = json_object_get(phase, "losses");
    phase_item values = {0};
    const char *first;
    uint32_t trains;
    SC_TRY(sc_record_read(&values, p->config, phase, &sc_phase_record));
    SC_TRY(read_trains(p, phase, &trains, &first));
    socle_status status = sc_net_add_phase(p->net, values.name ? values.name : first, trains);
    if (status == SOCLE_STATUS_CONFIG)
        return sc_config_fail(p->config, phase, NULL, "%s", p->net->env->text);
    SC_TRY(status);
    return read_losses(p, losses);
}

/* Which item of all the phases' losses is loss number `loss`. */
static socle_status fail_unreached(const program *p, const json_t *phases, int loss) {
    size_t number = (size_t)loss, i;
    const json_t *phase;
    json_array_foreach(phases, i, phase) {
        const json_t *losses = json_object_get(phase, "losses");
        if (number < json_array_size(losses))
            return sc_config_fail_item(p->config, losses, number, "%s", p->net->env->text);
        number -= json_array_size(losses);
    }
    return SOCLE_STATUS_CONFIG;
}

static socle_status read_phases(program *p, const json_t *phases) {
    size_t i;
    const json_t *phase;
    int loss;
    json_array_foreach(phases, i, phase) {
        SC_TRY(check_mapping(p, phases, i, "{trains: generator, losses: [...]}"));
        SC_TRY(begin_phase(p, phase));
    }
    json_array_foreach(phases, i, phase) SC_TRY(read_phase(p, phase));
    socle_status status = sc_net_check_phases(p->net, &loss);
    return status == SOCLE_STATUS_CONFIG ? fail_unreached(p, phases, loss) : status;
}

/* The result of the whole: of a network that makes its samples itself, else of the last one. */
static socle_status choose_output(const program *p) {
    sc_net *net = p->net;
    const char *name;
    json_t *list;
    bool found = false;
    json_object_foreach((json_t *)p->networks, name, list) {
        int number = sc_net_find_network(net, name);
        if (number < 0)
            return sc_config_fail(p->config, p->networks, name, "no loss reads this network");
        int node = sc_net_first_result(net, number);
        bool generates = !sc_net_reads_inputs(net, node);
        if (!found) net->output = node;
        found |= generates;
    }
    return SOCLE_OK;
}

socle_status sc_program_read(sc_net *net, const sc_config *config, const json_t *root) {
    const json_t *losses = NULL, *phases = NULL;
    program p = {.net = net, .config = config};
    SC_TRY(sc_config_get_object(&p.networks, config, root, "networks"));
    SC_TRY(sc_config_get_array(&losses, config, root, "losses"));
    SC_TRY(sc_config_get_array(&phases, config, root, "phases"));
    if (losses && phases)
        return sc_config_fail(config, root, "losses",
                              "beside phases, which have losses of their own");
    if (phases && !p.networks)
        return sc_config_fail(config, root, "phases",
                              "train networks, and there are no `networks`");
    if (phases) SC_TRY(read_phases(&p, phases));
    if (losses) SC_TRY(read_losses(&p, losses));
    return p.networks ? choose_output(&p) : SOCLE_OK;
}
