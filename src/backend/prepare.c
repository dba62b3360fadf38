/* SPDX-License-Identifier: Apache-2.0 */
/* Choice of an implementation for one operation: walks them in order (choice.h), passes over what
 * does not fit (traits, layout, quarantine, its own refusal), takes the first that prepares, and
 * keeps the reasons for the message when none does. An implementation that cannot fuse a tail gets
 * one behind it (compose.c), one that takes no half precision gets conversions around it
 * (compose_storage.c). What is prepared already is shared (kernel_cache.c). Nothing is measured
 * here. It must not know any driver. */
#include "backend/choice.h"
#include "backend/compose.h"
#include "backend/kernel_cache.h"
#include "backend/measured.h"
#include "backend/records.h"
#include "backend/tuning.h"
#include "base/text.h"

#include <string.h>

static const struct {
    uint32_t trait;
    const char *word;
} trait_words[] = {
    {SC_TRAIT_LOCAL_MEMORY, "needs local memory"},
    {SC_TRAIT_FAST_FMA, "needs a fast fma"},
    {SC_TRAIT_WIDE_ITEMS, "needs wide work-items"},
    {SC_TRAIT_MANY_ITEMS, "needs many work-items"},
    {SC_TRAIT_CORRECT_DIVIDE, "needs correct division"},
    {SC_TRAIT_DENORMALS, "needs denormals"},
    {SC_TRAIT_HALF, "needs half precision"},
    {SC_TRAIT_DOUBLE, "needs double precision"},
    {SC_TRAIT_BLAS, "needs a BLAS library"},
};

static const char *missing_trait(uint32_t missing) {
    for (size_t i = 0; i < sizeof trait_words / sizeof trait_words[0]; i++)
        if (missing & trait_words[i].trait) return trait_words[i].word;
    return "needs an unknown trait";
}

static uint32_t layout_mask(const sc_implementation *implementation) {
    return implementation->layouts ? implementation->layouts : 1u << SC_LAYOUT_PLAIN;
}

static bool layouts_fit(const sc_implementation *implementation, const sc_op_desc *desc) {
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        if (desc->tensor[i].rank == 4 &&
            !(layout_mask(implementation) >> desc->tensor[i].layout & 1))
            return false;
    return true;
}

/* Whether it was measured to be the best, which counts for more than what it asks for. */
static bool is_measured(const sc_device *device, const sc_implementation *implementation,
                        const sc_op_desc *desc) {
    return sc_measured_implementation(device, desc->op, sc_measured_best(device, desc)) ==
           implementation;
}

/* Why `implementation` is not even asked to prepare; NULL when it is. */
static const char *obstacle(const sc_device *device, const sc_implementation *implementation,
                            const sc_op_desc *desc, bool forced) {
    uint32_t needs = forced ? implementation->needs & SC_TRAIT_BLAS : implementation->needs;
    uint32_t missing = needs & ~device->info.traits;
    if (missing & ~(uint32_t)SC_TRAIT_BLAS && is_measured(device, implementation, desc))
        missing &= SC_TRAIT_BLAS;
    if (missing) return missing_trait(missing);
    if (!forced && device->records &&
        sc_records_quarantined(device->records, &device->info, desc->op, implementation->name))
        return "quarantined, socle verify found it wrong on this driver";
    if (desc->portable && !implementation->canonical) return "does not keep the canonical order";
    if (!layouts_fit(implementation, desc)) return "does not take this layout";
    if (implementation->accepts && !implementation->accepts(device, desc))
        return "does not take this shape or type";
    return NULL;
}

/* How an implementation would run a descriptor. */
typedef struct way {
    bool converts;  /* on operands that are converted before and after: then it runs `asked` */
    bool composite; /* without the tail, which follows: then it runs `bare` */
    sc_op_desc asked, bare;
} way;

static const sc_op_desc *runs(const way *w) {
    return w->composite ? &w->bare : &w->asked;
}

static bool stores(const sc_implementation *implementation, const sc_op_desc *desc) {
    int first = -1;
    if (implementation->storage != SC_STORAGE_MOVED) return implementation->storage;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        const sc_tensor_desc *tensor = &desc->tensor[i];
        if (!sc_dtype_is_float(tensor->dtype)) continue;
        if (first >= 0 && tensor->dtype != first) return false;
        first = tensor->dtype;
    }
    return true;
}

/* Returns the obstacle, or NULL. */
static const char *find_way(const sc_device *device, const sc_implementation *implementation,
                            const sc_op_desc *desc, bool forced, way *out) {
    out->converts = sc_compose_is_stored(desc) && !stores(implementation, desc);
    out->asked = *desc;
    if (out->converts) {
        /* Conversions are elementwise themselves. */
        if (desc->op == SC_OP_ELEMENTWISE || desc->op == SC_OP_REDUCE)
            return "takes no half precision";
        sc_compose_computed(&out->asked, desc);
    }
    desc = &out->asked;
    out->composite = desc->tail && !implementation->fuses_tail;
    const char *why = out->composite ? NULL : obstacle(device, implementation, desc, forced);
    if (!desc->tail || (!out->composite && !why)) return why;
    out->composite = true; /* what cannot be fused may still work apart */
    sc_compose_bare(&out->bare, desc);
    why = obstacle(device, implementation, &out->bare, forced);
    if (why) return why;
    sc_op_desc tail;
    sc_compose_tail_desc(&tail, desc);
    return sc_prepare_fits(device, &tail, NULL) ? NULL
                                                : "no elementwise implementation takes its tail";
}

/* Whether `implementation` would be asked for exactly this descriptor, which need not be a sound
 * one. */
static bool takes(const sc_device *device, const sc_implementation *implementation,
                  const sc_op_desc *desc, bool forced) {
    sc_env quiet;
    way w;
    sc_env_child(&quiet, device->env);
    return sc_op_check(&quiet, desc) == SOCLE_OK &&
           !find_way(device, implementation, desc, forced, &w);
}

bool sc_prepare_fits(const sc_device *device, const sc_op_desc *desc, const char *force) {
    const sc_implementation *one;
    sc_choice choice = sc_choice_of(device, desc, force);
    while ((one = sc_choice_next(&choice)))
        if (takes(device, one, desc, force != NULL)) return true;
    return false;
}

uint32_t sc_prepare_layouts(const sc_device *device, const sc_op_desc *desc, int operand,
                            const char *force) {
    sc_op_desc plain = *desc, varied = *desc;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) plain.tensor[i].layout = SC_LAYOUT_PLAIN;
    const sc_implementation *one;
    sc_choice choice = sc_choice_of(device, desc, force);
    while ((one = sc_choice_next(&choice))) {
        uint32_t mask = 0;
        for (int layout = 0; takes(device, one, desc, force != NULL) && layout < SC_LAYOUT_COUNT;
             layout++) {
            varied.tensor[operand].layout = (uint8_t)layout;
            if (takes(device, one, &varied, force != NULL)) mask |= 1u << layout;
        }
        if (mask) return mask;
        if (takes(device, one, &plain, force != NULL)) break;
    }
    return 1u << SC_LAYOUT_PLAIN;
}

static void add_reason(sc_text *reasons, const sc_implementation *implementation, const char *why) {
    sc_text_add(reasons, "%s%s: %s", reasons->length ? "; " : "", implementation->name, why);
}

static void read_tuning(int tuning[SC_TUNING_PARAMETERS], const sc_device *device,
                        const sc_implementation *implementation, const sc_op_desc *desc) {
    const char *record = sc_measured_best(device, desc);
    if (sc_measured_implementation(device, desc->op, record) != implementation)
        record = device->records ? sc_records_tuning(device->records, &device->info,
                                                     implementation->op, implementation->name)
                                 : NULL;
    sc_tuning_read(tuning, implementation, record);
}

/* Everything beside the implementation that decides what a kernel does. */
static socle_status write_key(sc_text *key, const sc_device *device,
                              const sc_implementation *implementation, const sc_op_desc *desc) {
    int tuning[SC_TUNING_PARAMETERS];
    read_tuning(tuning, device, implementation, desc);
    sc_text_init(key, device->env);
    sc_op_print(key, desc);
    sc_tuning_print(key, implementation, tuning);
    return key->status;
}

static socle_status share(sc_kernel **out, sc_device *device,
                          const sc_implementation *implementation, const sc_op_desc *desc,
                          const way *w);

/* Each kernel that another is made of is shared too. */
static socle_status make(sc_kernel **out, sc_device *device,
                         const sc_implementation *implementation, const sc_op_desc *desc,
                         const way *w) {
    if (w && w->converts) {
        way inner = *w;
        inner.converts = false;
        SC_TRY(share(out, device, implementation, &w->asked, &inner));
        return sc_compose_storage(out, device, desc);
    }
    if (w && w->composite) {
        SC_TRY(share(out, device, implementation, &w->bare, NULL));
        return sc_compose_tail(out, device, desc);
    }
    int tuning[SC_TUNING_PARAMETERS];
    read_tuning(tuning, device, implementation, desc);
    return implementation->prepare(out, device, implementation, desc, tuning);
}

/* The kernel of `implementation` for `desc`, from the cache or made now. w: NULL, or how it runs a
 * descriptor that it does not take as it is. */
static socle_status share(sc_kernel **out, sc_device *device,
                          const sc_implementation *implementation, const sc_op_desc *desc,
                          const way *w) {
    sc_text key;
    sc_kernel *kernel = NULL;
    socle_status status = write_key(&key, device, implementation, desc);
    if (status == SOCLE_OK) kernel = sc_kernel_cache_find(device, implementation, key.data);
    if (status == SOCLE_OK && !kernel) {
        status = make(&kernel, device, implementation, desc, w);
        if (status == SOCLE_OK) read_tuning(kernel->tuning, device, implementation, desc);
        if (status == SOCLE_OK) status = sc_kernel_cache_add(kernel, implementation, key.data);
    }
    sc_text_free(&key);
    if (status == SOCLE_OK) *out = kernel;
    return status;
}

static socle_status prepare_one(sc_kernel **out, sc_device *device,
                                const sc_implementation *implementation, const sc_op_desc *desc,
                                bool forced, sc_text *reasons) {
    way w;
    const char *why = find_way(device, implementation, desc, forced, &w);
    if (why) {
        add_reason(reasons, implementation, why);
        return SOCLE_STATUS_UNSUPPORTED;
    }
    socle_status status = share(out, device, implementation, desc, &w);
    if (status != SOCLE_OK) add_reason(reasons, implementation, device->env->text);
    return status;
}

/* A build failure or a refusal leaves the next implementation a chance; a dead device or no memory
 * does not. */
static bool try_next(socle_status status) {
    return status == SOCLE_STATUS_UNSUPPORTED || status == SOCLE_STATUS_BUILD;
}

/* A forced name that no implementation of the operation has is an error that lists those there are.
 */
static socle_status no_such_name(const sc_device *device, sc_op op, const char *force) {
    sc_text names;
    sc_text_init(&names, device->env);
    for (const sc_implementation *const *list = device->implementations; *list; list++)
        if ((*list)->op == op) sc_text_add(&names, "%s%s", names.length ? ", " : "", (*list)->name);
    socle_status status = sc_fail(device->env, SOCLE_STATUS_UNSUPPORTED,
                                  "%s on %s: no implementation is named %s; there %s: %s",
                                  sc_op_word(op), device->info.name, force,
                                  names.length ? "are" : "is", names.length ? names.data : "none");
    sc_text_free(&names);
    return status;
}

static socle_status none_left(sc_device *device, const sc_op_desc *desc, const char *force,
                              bool built_wrong, const sc_text *reasons) {
    sc_text what;
    sc_text_init(&what, device->env);
    sc_op_print(&what, desc);
    socle_status status =
        sc_fail(device->env, built_wrong ? SOCLE_STATUS_BUILD : SOCLE_STATUS_UNSUPPORTED,
                "%s on %s: no implementation%s%s fits (%s). Operation: %s", sc_op_word(desc->op),
                device->info.name, force ? " named " : "", force ? force : "",
                reasons->length ? reasons->data : "none exists", what.data);
    sc_text_free(&what);
    return status;
}

socle_status sc_prepare(sc_kernel **out, sc_device *device, const sc_op_desc *desc,
                        const char *force) {
    *out = NULL;
    SC_TRY(sc_op_check(device->env, desc));
    sc_text reasons;
    sc_text_init(&reasons, device->env);
    socle_status status = SOCLE_STATUS_UNSUPPORTED;
    bool built_wrong = false, found = false;
    const sc_implementation *one;
    sc_choice choice = sc_choice_of(device, desc, force);
    if (device->watch.asked && !force) device->watch.asked(device->watch.user, desc);
    while ((one = sc_choice_next(&choice))) {
        found = true;
        status = prepare_one(out, device, one, desc, force != NULL, &reasons);
        if (status == SOCLE_OK || !try_next(status)) break;
        if (status == SOCLE_STATUS_BUILD) {
            built_wrong = true;
            sc_log_line(device->env, SOCLE_LOG_WARNING,
                        "%s %s on %s did not build, trying the next: %s", sc_op_word(desc->op),
                        one->name, device->info.name, device->env->text);
        }
    }
    if (status != SOCLE_OK && try_next(status))
        status = force && !found ? no_such_name(device, desc->op, force)
                                 : none_left(device, desc, force, built_wrong, &reasons);
    sc_text_free(&reasons);
    return status;
}

bool sc_announce_begin(sc_device *device) {
    if (!device->ops->announce_begin) return false;
    device->ops->announce_begin(device);
    return true;
}

void sc_announce_end(sc_device *device) {
    device->ops->announce_end(device);
    sc_kernel_cache_forget(device);
}

/* INTERRUPTED: it is announced. */
static socle_status announce_bare(sc_device *device, const sc_implementation *implementation,
                                  const sc_op_desc *desc) {
    sc_text key;
    sc_kernel *kernel = NULL;
    socle_status status = write_key(&key, device, implementation, desc);
    if (status == SOCLE_OK && !sc_kernel_cache_note(device, implementation, key.data))
        status = SOCLE_STATUS_INTERRUPTED;
    sc_text_free(&key);
    if (status == SOCLE_OK) status = share(&kernel, device, implementation, desc, NULL);
    if (status == SOCLE_OK) sc_kernel_release(kernel);
    return status;
}

/* What became of it, as prepare_one says; INTERRUPTED: it is announced. */
static socle_status announce_one(sc_device *device, const sc_implementation *implementation,
                                 const sc_op_desc *desc, bool forced) {
    sc_op_desc tail;
    way w;
    if (find_way(device, implementation, desc, forced, &w)) return SOCLE_STATUS_UNSUPPORTED;
    socle_status status = announce_bare(device, implementation, runs(&w));
    if ((!w.composite && !w.converts) || try_next(status)) return status;
    if (w.converts) sc_compose_storage_announce(device, desc);
    if (!w.composite) return status;
    sc_compose_tail_desc(&tail, &w.asked);
    sc_announce(device, &tail, NULL);
    return status;
}

void sc_announce(sc_device *device, const sc_op_desc *desc, const char *force) {
    sc_env quiet;
    sc_env_child(&quiet, device->env);
    if (sc_op_check(&quiet, desc) != SOCLE_OK) return;
    socle_status status = SOCLE_STATUS_UNSUPPORTED;
    const sc_implementation *one;
    sc_choice choice = sc_choice_of(device, desc, force);
    while (try_next(status) && (one = sc_choice_next(&choice)))
        status = announce_one(device, one, desc, force != NULL);
}
