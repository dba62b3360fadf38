/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of device strings, written once for --device, SOCLE_DEVICE and the API:
 *
 *   TEXT  = ENTRY {"," ENTRY}          ENTRY = NAME ["/" SUB-DEVICE] ["=" WEIGHT]
 *   NAME  = cpu | gpu | auto | all | DRIVER:INDEX | a stable id | a device name, or a part of one,
 *           that fits only one device
 *
 * Where an entry ends is found in registry_words.c. It knows devices only by their description. */
#include "backend/registry_words.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct selection {
    const sc_registry *registry;
    sc_env *env;
    sc_device_choice *choice;
    size_t capacity;
    int count;
} selection;

static bool is_opencl_like(const sc_device_info *info) {
    return strcmp(info->driver->name, "cpu") != 0;
}

/* Larger is better, within one class: own memory before the host's, then more of it, then more
 * units. */
static bool better(const sc_device_info *a, const sc_device_info *b) {
    bool own_a = !(a->traits & SC_TRAIT_HOST_MEMORY), own_b = !(b->traits & SC_TRAIT_HOST_MEMORY);
    if (own_a != own_b) return own_a;
    if (a->memory != b->memory) return a->memory > b->memory;
    return a->compute_units > b->compute_units;
}

static int best_gpu(const sc_registry *registry) {
    int best = -1;
    for (int i = 0; i < registry->count; i++)
        if (registry->info[i].device_class == SC_DEVICE_GPU &&
            (best < 0 || better(&registry->info[i], &registry->info[best])))
            best = i;
    return best;
}

/* The one CPU-class device of `auto` and `all`: through OpenCL if there is one, else the plain
 * backend. */
static bool better_cpu(const sc_device_info *a, const sc_device_info *b) {
    if (is_opencl_like(a) != is_opencl_like(b)) return is_opencl_like(a);
    return a->compute_units > b->compute_units;
}

static int best_cpu(const sc_registry *registry) {
    int best = -1;
    for (int i = 0; i < registry->count; i++)
        if (registry->info[i].device_class == SC_DEVICE_CPU &&
            (best < 0 || better_cpu(&registry->info[i], &registry->info[best])))
            best = i;
    return best;
}

/* The part of an id that names the physical device: ".pci-..." or ".uuid-..."; NULL when the driver
 * tells neither. */
static const char *physical_key(const sc_device_info *info) {
    const char *key = strstr(info->id, ".pci-");
    return key ? key : strstr(info->id, ".uuid-");
}

/* One card behind two platforms. Without addresses, equal names on different platforms count as one
 * card. */
static bool same_card(const sc_device_info *a, const sc_device_info *b) {
    const char *key_a = physical_key(a), *key_b = physical_key(b);
    if (key_a && key_b && strncmp(key_a, key_b, 5) == 0) return strcmp(key_a, key_b) == 0;
    return strcmp(a->platform, b->platform) != 0 && strcasecmp(a->name, b->name) == 0;
}

/* By a part of a name (3 letters or more) that fits one device only. */
static int find_part(const sc_registry *registry, const char *word) {
    int found = -1, fits = 0;
    for (int i = 0; i < registry->count && strlen(word) >= 3; i++)
        if (strcasestr(registry->info[i].name, word)) {
            found = i;
            fits++;
        }
    return fits == 1 ? found : -1;
}

/* -1: nothing of that name. */
static int resolve(const sc_registry *registry, const char *word) {
    if (strcasecmp(word, "gpu") == 0) return best_gpu(registry);
    if (strcasecmp(word, "cpu") == 0) {
        for (int i = 0; i < registry->count; i++)
            if (!is_opencl_like(&registry->info[i])) return i;
        return -1;
    }
    return find_part(registry, word);
}

static socle_status no_such_device(selection *s, const char *word) {
    sc_text list;
    sc_text_init(&list, s->env);
    const char *words[64] = {"cpu", "gpu", "auto", "all"};
    size_t count = 4;
    for (int i = 0; i < s->registry->count; i++) {
        const sc_device_info *info = &s->registry->info[i];
        sc_text_add(&list, "%s%s:%d (%s, id %s)", i ? ", " : "", info->driver->name, info->index,
                    info->name, info->id);
        if (count + 2 <= sizeof words / sizeof words[0]) {
            words[count++] = info->name;
            words[count++] = info->id;
        }
    }
    const char *near = sc_nearest_word(word, words, count);
    if (near && strcasecmp(near, word) == 0)
        near = NULL; /* known, but nothing of the kind is here */
    sc_text why;
    sc_text_init(&why, s->env);
    sc_registry_explain(&why);
    socle_status status =
        sc_fail(s->env, SOCLE_STATUS_NO_DEVICE, "no device '%.100s'%s%s%s. Present: %s%s%s", word,
                near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "",
                s->registry->count ? list.data : "none", why.length ? "\n" : "", why.data);
    sc_text_free(&why);
    sc_text_free(&list);
    return status;
}

/* A name says which device is meant only where one has it. That of the processor is the plain cpu
 * backend's, though OpenCL may show it under the same name; one card behind two platforms is one.
 */
static socle_status check_alone(selection *s, const sc_device_word *entry) {
    const sc_device_info *first = &s->registry->info[entry->device];
    int others = 0;
    if (entry->known != strlen(first->name) ||
        strncasecmp(entry->text, first->name, entry->known) != 0)
        return SOCLE_OK;
    sc_text list;
    sc_text_init(&list, s->env);
    for (int i = 0; i < s->registry->count; i++) {
        const sc_device_info *info = &s->registry->info[i];
        if (info->driver != first->driver || strcasecmp(info->name, first->name) != 0) continue;
        if (info != first && same_card(info, first)) continue;
        sc_text_add(&list, "%s%s:%d (id %s)", others++ ? ", " : "", info->driver->name, info->index,
                    info->id);
    }
    socle_status status =
        others < 2 ? SOCLE_OK
                   : sc_fail(s->env, SOCLE_STATUS_NO_DEVICE,
                             "%d devices are called '%s': name one by its id or number: %s", others,
                             first->name, list.data);
    sc_text_free(&list);
    return status;
}

static socle_status append(selection *s, int entry, int sub_device, float share) {
    const sc_device_info *info = &s->registry->info[entry];
    for (int i = 0; i < s->count; i++)
        if (s->choice[i].entry == entry && info->device_class != SC_DEVICE_CPU)
            return sc_fail(s->env, SOCLE_STATUS_CONFIG, "device %s:%d (%s) is named twice",
                           info->driver->name, info->index, info->name);
    if (sub_device >= 0 && (info->device_class != SC_DEVICE_CPU || !is_opencl_like(info) ||
                            sub_device >= info->compute_units))
        return sc_fail(
            s->env, SOCLE_STATUS_NO_DEVICE,
            "%s:%d/%d: %s has no such sub-device (only OpenCL CPU devices have them, one per "
            "compute unit; it has %d)",
            info->driver->name, info->index, sub_device, info->name, info->compute_units);
    SC_TRY(sc_grow(s->env, &s->choice, &s->capacity, (size_t)s->count + 1, sizeof *s->choice));
    s->choice[s->count++] = (sc_device_choice){entry, sub_device, share};
    return SOCLE_OK;
}

/* A device that was to be expected and is not there is worth a warning; a machine without OpenCL is
 * not. */
static void say_fallback(selection *s, int entry) {
    if (is_opencl_like(&s->registry->info[entry])) return;
    sc_text why;
    sc_text_init(&why, s->env);
    sc_registry_explain(&why);
    if (why.length)
        sc_log_line(s->env, SOCLE_LOG_WARNING,
                    "no OpenCL device found, using the plain cpu backend: %s", why.data);
    else
        sc_log_line(s->env, SOCLE_LOG_INFO, "no OpenCL device found, using the plain cpu backend");
    sc_text_free(&why);
}

static socle_status append_auto(selection *s, float share) {
    int gpu = best_gpu(s->registry);
    int entry = gpu >= 0 ? gpu : best_cpu(s->registry);
    if (entry < 0) return no_such_device(s, "auto");
    say_fallback(s, entry);
    return append(s, entry, -1, share);
}

static socle_status append_all(selection *s, float share) {
    const sc_registry *registry = s->registry;
    for (int i = 0; i < registry->count; i++) {
        if (registry->info[i].device_class == SC_DEVICE_CPU) continue;
        bool seen = false;
        for (int k = 0; k < s->count && !seen; k++)
            seen = same_card(&registry->info[s->choice[k].entry], &registry->info[i]);
        if (!seen) SC_TRY(append(s, i, -1, share));
    }
    int cpu = best_cpu(registry);
    if (cpu >= 0) SC_TRY(append(s, cpu, -1, share));
    if (s->count) say_fallback(s, s->choice[0].entry);
    return s->count ? SOCLE_OK : no_such_device(s, "all");
}

/* A decimal number without exponent, the same in every locale. */
static bool parse_share(float *out, const char *text) {
    double value = 0, unit = 1;
    int digits = 0;
    bool fraction = false;
    for (const char *c = text; *c; c++) {
        if (*c == '.' && !fraction) {
            fraction = true;
        } else if (*c >= '0' && *c <= '9') {
            value = value * 10 + (*c - '0');
            if (fraction) unit *= 10;
            if (++digits > 15) return false;
        } else {
            return false;
        }
    }
    *out = (float)(value / unit);
    return digits > 0 && *out > 0;
}

/* Cuts "/3" off the end of a word; -1: there was none. */
static int cut_sub_device(char *word) {
    char *slash = strrchr(word, '/');
    if (!slash || !slash[1] || strlen(slash + 1) > 4) return -1;
    int value = 0;
    for (const char *c = slash + 1; *c; c++) {
        if (*c < '0' || *c > '9') return -1;
        value = value * 10 + (*c - '0');
    }
    *slash = '\0';
    return value;
}

static socle_status append_entry(selection *s, sc_device_word *entry) {
    float share = 0;
    char *suffix = entry->text + entry->known, *equals = strrchr(suffix, '=');
    if (equals) {
        *equals = '\0';
        if (!parse_share(&share, equals + 1))
            return sc_fail(s->env, SOCLE_STATUS_CONFIG,
                           "device '%s': share '%s' is not a number above 0, as in %s=2.5",
                           entry->text, equals + 1, entry->text);
    }
    char *word = entry->text;
    if (entry->known) SC_TRY(check_alone(s, entry));
    if (entry->known && !*suffix) return append(s, entry->device, -1, share);
    if (entry->known) {
        int wanted = cut_sub_device(suffix);
        return wanted >= 0 ? append(s, entry->device, wanted, share) : no_such_device(s, word);
    }
    if (strcasecmp(word, "auto") == 0) return append_auto(s, share);
    if (strcasecmp(word, "all") == 0) return append_all(s, share);
    int sub_device = -1, device = resolve(s->registry, word);
    if (device < 0) {
        char whole[sizeof entry->text];
        snprintf(whole, sizeof whole, "%s", word);
        sub_device = cut_sub_device(word);
        if (sub_device >= 0) device = resolve(s->registry, word);
        if (device < 0) return no_such_device(s, whole);
    }
    return append(s, device, sub_device, share);
}

socle_status sc_registry_select(const sc_registry *registry, sc_env *env, const char *text,
                                sc_device_choice **choices, int *count) {
    *choices = NULL;
    *count = 0;
    selection s = {.registry = registry, .env = env};
    const char *at = text ? text : "auto";
    sc_device_word entry;
    socle_status status = SOCLE_OK;
    while (status == SOCLE_OK && sc_device_word_next(&entry, registry, &at))
        status = append_entry(&s, &entry);
    if (status != SOCLE_OK) {
        sc_release(env, s.choice);
        return status;
    }
    *choices = s.choice;
    *count = s.count;
    return SOCLE_OK;
}
