/* SPDX-License-Identifier: Apache-2.0 */
/* Which tensor of a file is which parameter of a network, and reading them. Nothing is read before
 * all of it is known to fit. */
#include "base/text.h"
#include "io/quote.h"
#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMED = 6 }; /* of a list in a message */

/* The work of one call: the tensor of each parameter, and what was left over. */
typedef struct mapping {
    sc_env *env;
    const sc_safetensors *file;
    const sc_net *net;
    const sc_model_mapping *rules;
    const sc_safetensors_tensor **tensor; /* per parameter; NULL: none */
    const sc_parameter **by_name;         /* sorted */
    const sc_safetensors_tensor *extra;   /* the first that could be a parameter and is none */
    size_t passed_over, kept;
    sc_text passed_names, kept_names;
    bool *used; /* per rule */
} mapping;

static int compare_parameters(const void *left, const void *right) {
    const sc_parameter *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static bool is_partial(const mapping *m) {
    return m->rules && m->rules->partial;
}

/* The name by the first rule that is for it; its own where none is. */
static const char *name_of(mapping *m, const sc_safetensors_tensor *tensor,
                           char out[SC_RENAME_NAME]) {
    for (size_t r = 0; m->rules && r < m->rules->rules; r++) {
        if (!sc_rename_apply(&m->rules->rule[r], tensor->name, out)) continue;
        m->used[r] = true;
        return out;
    }
    return tensor->name;
}

static const sc_parameter *find_parameter(const mapping *m, const char *name) {
    sc_parameter wanted = {.name = name};
    const sc_parameter *key = &wanted;
    if (!m->net->parameters) return NULL;
    const sc_parameter *const *found =
        bsearch(&key, m->by_name, m->net->parameters, sizeof *m->by_name, compare_parameters);
    return found ? *found : NULL;
}

static bool same_shape(const sc_safetensors_tensor *tensor, const sc_parameter *parameter) {
    if (tensor->shape.rank != parameter->desc.rank) return false;
    for (int d = 0; d < tensor->shape.rank; d++)
        if (tensor->shape.size[d] != parameter->desc.dim[d]) return false;
    return true;
}

static void add_name(sc_text *list, size_t *count, const char *name, const char *type) {
    if ((*count)++ < MOST_NAMED)
        sc_text_add(list, "%s%s (%s)", *count > 1 ? ", " : "", sc_quote(name).text, type);
}

static void text_of(char out[96], const socle_shape *shape) {
    int64_t dim[SC_MAX_RANK] = {0};
    for (int d = 0; d < shape->rank; d++) dim[d] = shape->size[d];
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, shape->rank, dim);
    sc_tensor_text(out, 96, &desc);
}

/* Whole numbers are read once before anything is taken: each must be one that f32 holds. */
static socle_status check_whole(const mapping *m, const sc_safetensors_tensor *tensor,
                                const sc_parameter *parameter) {
    const size_t count = (size_t)sc_tensor_elements(&parameter->desc);
    float *data;
    if (sc_safetensors_is_float(tensor)) return SOCLE_OK;
    SC_TRY(sc_allocate(m->env, &data, count, sizeof *data));
    socle_status status = sc_safetensors_read_floats(m->file, tensor, data, count);
    sc_release(m->env, data);
    return status;
}

/* A tensor that has a parameter's name: it must have its shape and hold numbers. */
static socle_status take_tensor(mapping *m, const sc_safetensors_tensor *tensor,
                                const sc_parameter *parameter) {
    const char *path = sc_safetensors_path(m->file);
    size_t number = (size_t)(parameter - m->net->parameter);
    bool numbers = sc_safetensors_is_number(tensor), shape = same_shape(tensor, parameter);
    if (m->tensor[number])
        return sc_fail(m->env, SOCLE_STATUS_DATA, "%s: '%s' and '%s' both are the parameter '%s'",
                       path, sc_quote(m->tensor[number]->name).text, sc_quote(tensor->name).text,
                       parameter->name);
    if (numbers && shape) {
        SC_TRY(check_whole(m, tensor, parameter));
        m->tensor[number] = tensor;
        return SOCLE_OK;
    }
    if (is_partial(m)) {
        add_name(&m->passed_names, &m->passed_over, tensor->name,
                 shape ? tensor->word : "another shape");
        return SOCLE_OK;
    }
    if (!numbers)
        return sc_fail(m->env, SOCLE_STATUS_DATA,
                       "%s: tensor '%s' is %s; a parameter is of floats of 16 to 64 bits, of whole "
                       "numbers or BOOL",
                       path, sc_quote(tensor->name).text, tensor->word);
    char found[96], wanted[96];
    text_of(found, &tensor->shape);
    sc_tensor_text(wanted, sizeof wanted, &parameter->desc);
    return sc_fail(
        m->env, SOCLE_STATUS_DATA, "%s: tensor '%s' has shape %s; the network's '%s' is %s", path,
        sc_quote(tensor->name).text, strchr(found, '['), parameter->name, strchr(wanted, '['));
}

static socle_status map_tensors(mapping *m) {
    char renamed[SC_RENAME_NAME];
    for (size_t i = 0; i < sc_safetensors_count(m->file); i++) {
        const sc_safetensors_tensor *tensor = sc_safetensors_at(m->file, i);
        if (strchr(tensor->name, '/')) continue;
        const sc_parameter *parameter = find_parameter(m, name_of(m, tensor, renamed));
        if (parameter)
            SC_TRY(take_tensor(m, tensor, parameter));
        else if (is_partial(m) || !sc_safetensors_is_float(tensor))
            add_name(&m->passed_names, &m->passed_over, tensor->name, tensor->word);
        else if (!m->extra)
            m->extra = tensor;
    }
    return SOCLE_OK;
}

/* The name in the file that is nearest to a parameter's. */
static socle_status fail_missing(const mapping *m, const char *name) {
    const char **names, *nearest;
    size_t count = sc_safetensors_count(m->file);
    SC_TRY(sc_allocate(m->env, &names, count, sizeof *names));
    for (size_t i = 0; i < count; i++) names[i] = sc_safetensors_at(m->file, i)->name;
    nearest = sc_nearest_word(name, names, count);
    sc_fail(m->env, SOCLE_STATUS_DATA,
            "%s: there is no tensor '%s' among %zu%s%s%s; names that another program gave are "
            "mapped by rename rules",
            sc_safetensors_path(m->file), sc_quote(name).text, count,
            nearest ? "; the nearest name is '" : "", nearest ? sc_quote(nearest).text : "",
            nearest ? "'" : "");
    sc_release(m->env, names);
    return SOCLE_STATUS_DATA;
}

static socle_status check_complete(mapping *m) {
    size_t found = 0;
    for (size_t p = 0; p < m->net->parameters; p++) {
        found += m->tensor[p] != NULL;
        if (m->tensor[p]) continue;
        if (!is_partial(m)) return fail_missing(m, m->net->parameter[p].name);
        add_name(&m->kept_names, &m->kept, m->net->parameter[p].name, "parameter");
    }
    if (m->extra)
        return sc_fail(m->env, SOCLE_STATUS_DATA,
                       "%s: tensor '%s' belongs to no layer of the network, which has %zu",
                       sc_safetensors_path(m->file), sc_quote(m->extra->name).text,
                       m->net->parameters);
    if (m->net->parameters && !found) return fail_missing(m, m->net->parameter[0].name);
    for (size_t r = 0; m->rules && r < m->rules->rules; r++)
        if (!m->used[r])
            return sc_fail(m->env, SOCLE_STATUS_CONFIG,
                           "%s: no tensor is named '%s', as rename says",
                           sc_safetensors_path(m->file), sc_quote(m->rules->rule[r].from).text);
    return SOCLE_OK;
}

static void say(const mapping *m, const char *what, const sc_text *names, size_t count) {
    if (count && names->status == SOCLE_OK)
        sc_log_line(m->env, SOCLE_LOG_WARNING, "%s: %zu %s: %s%s", sc_safetensors_path(m->file),
                    count, what, names->data, count > MOST_NAMED ? ", ..." : "");
}

static void end(mapping *m) {
    sc_text_free(&m->passed_names);
    sc_text_free(&m->kept_names);
    sc_release(m->env, m->tensor);
    sc_release(m->env, m->by_name);
    sc_release(m->env, m->used);
}

static socle_status fill(mapping *m) {
    size_t count = m->net->parameters;
    SC_TRY(sc_allocate(m->env, &m->tensor, count, sizeof *m->tensor));
    SC_TRY(sc_allocate(m->env, &m->by_name, count, sizeof *m->by_name));
    SC_TRY(sc_allocate(m->env, &m->used, m->rules ? m->rules->rules : 0, sizeof *m->used));
    for (size_t p = 0; p < count; p++) m->by_name[p] = &m->net->parameter[p];
    if (count > 1) qsort(m->by_name, count, sizeof *m->by_name, compare_parameters);
    for (size_t r = 0; m->rules && r < m->rules->rules; r++)
        SC_TRY(sc_rename_check(m->env, &m->rules->rule[r]));
    SC_TRY(map_tensors(m));
    return check_complete(m);
}

static socle_status begin(mapping *m, sc_env *env, const sc_safetensors *file, const sc_net *net,
                          const sc_model_mapping *rules) {
    *m = (mapping){.env = env, .file = file, .net = net, .rules = rules};
    sc_text_init(&m->passed_names, env);
    sc_text_init(&m->kept_names, env);
    socle_status status = fill(m);
    if (status != SOCLE_OK) end(m);
    return status;
}

socle_status sc_model_check_parameters(sc_env *env, const sc_safetensors *file, const sc_net *net,
                                       const sc_model_mapping *rules) {
    mapping m;
    SC_TRY(begin(&m, env, file, net, rules));
    end(&m);
    return SOCLE_OK;
}

/* Such values come from other programs, which train on with them; no run of Socle writes them. */
static void warn_non_finite(const mapping *m, const sc_parameter *parameter, const float *data) {
    int64_t elements = sc_tensor_elements(&parameter->desc), bad = 0;
    for (int64_t i = 0; i < elements; i++) bad += !isfinite(data[i]);
    if (bad)
        sc_log_line(m->env, SOCLE_LOG_WARNING,
                    "%s: tensor '%s' has %lld values that are NaN or infinite, of %lld",
                    sc_safetensors_path(m->file), parameter->name, (long long)bad,
                    (long long)elements);
}

static socle_status read_all(const mapping *m, float *data, sc_model_take take, void *user) {
    for (size_t p = 0; p < m->net->parameters; p++) {
        const sc_parameter *parameter = &m->net->parameter[p];
        if (!m->tensor[p]) continue;
        SC_TRY(sc_safetensors_read_floats(m->file, m->tensor[p], data,
                                          (size_t)sc_tensor_elements(&parameter->desc)));
        warn_non_finite(m, parameter, data);
        SC_TRY(take(user, (int)p, data));
    }
    return SOCLE_OK;
}

static size_t largest_parameter(const sc_net *net) {
    size_t largest = 0;
    for (size_t p = 0; p < net->parameters; p++) {
        size_t bytes = sc_tensor_bytes(&net->parameter[p].desc);
        if (bytes > largest) largest = bytes;
    }
    return largest;
}

socle_status sc_model_read_parameters(sc_env *env, const sc_safetensors *file, const sc_net *net,
                                      const sc_model_mapping *rules, sc_model_take take,
                                      void *user) {
    mapping m;
    float *data = NULL;
    SC_TRY(begin(&m, env, file, net, rules));
    say(&m, "tensors are not read, since no parameter takes them", &m.passed_names, m.passed_over);
    say(&m, "parameters have no tensor there and stay as they are", &m.kept_names, m.kept);
    socle_status status = sc_allocate(env, &data, largest_parameter(net), 1);
    if (status == SOCLE_OK) status = read_all(&m, data, take, user);
    sc_release(env, data);
    end(&m);
    return status;
}

socle_status sc_model_load_parameters(sc_env *env, const char *path, const sc_net *net,
                                      const sc_model_mapping *rules, sc_model_take take,
                                      void *user) {
    sc_safetensors *file;
    SC_TRY(sc_safetensors_open(&file, env, path));
    socle_status status = sc_model_read_parameters(env, file, net, rules, take, user);
    sc_safetensors_close(file);
    return status;
}
