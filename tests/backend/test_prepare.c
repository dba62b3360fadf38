/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of an implementation: order, traits, layouts, records, force, refusals and their
 * texts; and that an operation with its tail behind it gives the bits of the fused form. */
#include "backend/measured.h"
#include "device_fixture.h"
#include "sc_temp.h"

/* An implementation that behaves as its test says: `status` of prepare, and what it was given. */
typedef struct scripted {
    sc_implementation base; /* first */
    const sc_implementation *inner;
    socle_status status;
    int asked;
    int tuning[2];
} scripted;

static const sc_tuning_parameter table[] = {
    {"TILE", 4, {2, 4, 8}}, {"UNROLL", 0, {1, 2}}, {.name = NULL}};

static socle_status prepare_scripted(sc_kernel **out, sc_device *device,
                                     const sc_implementation *implementation,
                                     const sc_op_desc *desc, const int *tuning) {
    scripted *self = (scripted *)(uintptr_t)implementation;
    self->asked++;
    memcpy(self->tuning, tuning, sizeof self->tuning);
    if (self->status != SOCLE_OK)
        return sc_fail(device->env, self->status, "%s says no", implementation->name);
    SC_TRY(self->inner->prepare(out, device, self->inner, desc, tuning));
    (*out)->implementation = implementation;
    return SOCLE_OK;
}

static bool accepts_nothing(const sc_device *device, const sc_op_desc *desc) {
    (void)device, (void)desc;
    return false;
}

typedef struct fixture {
    device_fixture f;
    scripted first, second;
    const sc_implementation *both[2];
    sc_op_desc desc;
    sc_expr expr;
} fixture;

/* A cpu whose list begins with two scripted forms of elementwise, then the driver's own. */
static void setup(fixture *x, const sc_device_options *options) {
    memset(x, 0, sizeof *x);
    device_open(&x->f, "cpu", options);
    const sc_implementation *inner = device_implementation(x->f.device, SC_OP_ELEMENTWISE, NULL);
    scripted *each[2] = {&x->first, &x->second};
    for (int i = 0; i < 2; i++) {
        each[i]->base = (sc_implementation){.op = SC_OP_ELEMENTWISE,
                                            .name = i ? "second" : "first",
                                            .parameter = table,
                                            .prepare = prepare_scripted};
        each[i]->inner = inner;
        x->both[i] = &each[i]->base;
    }
    device_put_first(&x->f, 2, x->both, x->f.device->implementations);
    sc_expr_init(&x->expr);
    sc_expr_output(&x->expr, sc_expr_add_node(&x->expr, SC_EXPR_RELU,
                                              sc_expr_input(&x->expr, 0, SC_EXPR_FLOAT), 0, 0));
    x->desc = (sc_op_desc){.op = SC_OP_ELEMENTWISE, .inputs = 1, .outputs = 1, .expr = &x->expr};
    x->desc.tensor[0] = x->desc.tensor[1] =
        sc_tensor_make(SOCLE_F32, 0, 4, (const int64_t[]){2, 16, 3, 3});
}

static void chosen(fixture *x, const char *force, const char *expected) {
    sc_kernel *kernel;
    SC_OK(&x->f.env, sc_prepare(&kernel, x->f.device, &x->desc, force));
    SC_EQ_STR(sc_kernel_name(kernel), expected);
    sc_kernel_release(kernel);
}

static void tuned(const scripted *implementation, int tile, int unroll) {
    SC_EQ(implementation->tuning[0], tile);
    SC_EQ(implementation->tuning[1], unroll);
}

static void refused(fixture *x, const char *force, socle_status expected) {
    sc_kernel *kernel = (sc_kernel *)x;
    SC_FAILS(&x->f.env, sc_prepare(&kernel, x->f.device, &x->desc, force), expected);
    SC_TRUE(kernel == NULL);
}

Test(prepare, takes_the_first_of_the_list) {
    fixture x;
    setup(&x, NULL);
    chosen(&x, NULL, "first");
    SC_EQ(x.second.asked, 0);
    device_close(&x.f);
}

Test(prepare, passes_over_missing_traits_and_shapes) {
    fixture x;
    setup(&x, NULL);
    x.f.device->info.traits &= ~(uint32_t)SC_TRAIT_HALF;
    x.first.base.needs = SC_TRAIT_HALF;
    chosen(&x, NULL, "second");
    SC_EQ(x.first.asked, 0);
    x.first.base.needs = 0;
    x.first.base.accepts = accepts_nothing;
    chosen(&x, NULL, "second");
    SC_EQ(x.first.asked, 0);
    device_close(&x.f);
}

Test(prepare, a_refusal_or_a_failed_build_falls_to_the_next) {
    fixture x;
    setup(&x, NULL);
    x.first.status = SOCLE_STATUS_UNSUPPORTED;
    chosen(&x, NULL, "second");
    SC_EQ(x.first.asked, 1);
    SC_EQ(x.f.log.count, 0);
    x.first.status = SOCLE_STATUS_BUILD;
    chosen(&x, NULL, "second");
    SC_EQ(x.f.log.count, 1); /* a build that fails is a defect, and is reported */
    SC_EQ(x.f.log.level[0], SOCLE_LOG_WARNING);
    SC_CONTAINS(x.f.log.text[0], "first says no");
    device_close(&x.f);
}

/* A dead device is dead for the next implementation too. */
Test(prepare, a_device_failure_ends_the_search) {
    fixture x;
    setup(&x, NULL);
    x.first.status = SOCLE_STATUS_DEVICE;
    refused(&x, NULL, SOCLE_STATUS_DEVICE);
    SC_EQ(x.second.asked, 0);
    device_close(&x.f);
}

Test(prepare, force_ignores_traits_and_has_no_second_choice) {
    fixture x;
    setup(&x, NULL);
    x.f.device->info.traits &= ~(uint32_t)(SC_TRAIT_HALF | SC_TRAIT_BLAS);
    x.second.base.needs = SC_TRAIT_BLAS; /* what is not linked in cannot be forced */
    refused(&x, "second", SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(x.f.env.text, "needs a BLAS library");
    x.second.base.needs = 0;
    x.second.status = SOCLE_STATUS_UNSUPPORTED;
    refused(&x, "second", SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(x.f.env.text, "second says no");
    x.second.status = SOCLE_OK;
    x.second.base.needs = SC_TRAIT_HALF;
    chosen(&x, "second", "second");
    SC_EQ(x.first.asked, 0);
    device_close(&x.f);
}

Test(prepare, an_unknown_forced_name_lists_the_known) {
    fixture x;
    setup(&x, NULL);
    refused(&x, "quick", SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(x.f.env.text, "no implementation is named quick");
    SC_CONTAINS(x.f.env.text, "first, second, ");
    for (const sc_implementation *const *list = x.f.device->implementations; *list; list++)
        if ((*list)->op == SC_OP_ELEMENTWISE) SC_CONTAINS(x.f.env.text, (*list)->name);
    SC_TRUE(!strstr(x.f.env.text, "packed")); /* of this operation alone */
    device_close(&x.f);
}

Test(prepare, the_text_gives_every_reason) {
    fixture x;
    setup(&x, NULL);
    scripted third = x.second, fourth = x.second;
    const sc_implementation *all[4] = {&x.first.base, &x.second.base, &third.base, &fourth.base};
    third.base.name = "third";
    fourth.base.name = "fourth";
    device_put_first(&x.f, 4, all, NULL);
    x.f.device->info.traits &= ~(uint32_t)SC_TRAIT_DOUBLE;
    x.first.base.needs = SC_TRAIT_DOUBLE;
    x.second.base.accepts = accepts_nothing;
    third.status = SOCLE_STATUS_UNSUPPORTED;
    fourth.base.layouts = 1u << SC_LAYOUT_C16;
    refused(&x, NULL, SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(x.f.env.text, "first: needs double precision; second: does not take this shape or "
                              "type; third: third says no; "
                              "fourth: does not take this layout");
    SC_CONTAINS(x.f.env.text, x.f.device->info.name);
    SC_CONTAINS(x.f.env.text, "f32[2,16,3,3]");
    third.status = SOCLE_STATUS_BUILD; /* then the failure is one of building */
    refused(&x, NULL, SOCLE_STATUS_BUILD);
    device_put_first(&x.f, 0, NULL, NULL);
    refused(&x, NULL, SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(x.f.env.text, "none exists");
    device_close(&x.f);
}

Test(prepare, layouts_are_asked_without_preparing) {
    fixture x;
    setup(&x, NULL);
    x.desc.tensor[0].layout = SC_LAYOUT_C16;
    SC_EQ(sc_prepare_layouts(x.f.device, &x.desc, 0, NULL), 1u << SC_LAYOUT_PLAIN);
    SC_TRUE(!sc_prepare_fits(x.f.device, &x.desc, NULL));
    x.second.base.layouts = 1u << SC_LAYOUT_PLAIN | 1u << SC_LAYOUT_C16;
    SC_TRUE(sc_prepare_fits(x.f.device, &x.desc, NULL));
    SC_TRUE(!sc_prepare_fits(x.f.device, &x.desc, "first"));
    /* The first choice takes plain tensors alone, so the second one's layouts do not count, unless
     * it is forced. */
    SC_EQ(sc_prepare_layouts(x.f.device, &x.desc, 0, NULL), 1u << SC_LAYOUT_PLAIN);
    SC_EQ(sc_prepare_layouts(x.f.device, &x.desc, 0, "second"), x.second.base.layouts);
    x.first.base.layouts = 1u << SC_LAYOUT_C16;
    x.desc.tensor[1].layout = SC_LAYOUT_C16;
    SC_EQ(sc_prepare_layouts(x.f.device, &x.desc, 0, NULL), 1u << SC_LAYOUT_C16);
    chosen(&x, NULL, "first");
    SC_EQ(x.first.asked, 1);
    device_close(&x.f);
}

Test(prepare, records_steer) {
    fixture x;
    sc_temp folder;
    sc_env env;
    sc_records *records;
    sc_temp_make(&folder);
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_records_load(&records, &env, folder.path));
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    options.records = records;
    setup(&x, &options);
    const sc_device_info *info = &x.f.device->info;
    chosen(&x, NULL, "first");
    tuned(&x.first, 4, 0);
    SC_OK(&env,
          sc_records_set_quarantine(records, info, SC_OP_ELEMENTWISE, "first", "case 3 was wrong"));
    chosen(&x, NULL, "second");
    chosen(&x, "first", "first"); /* forced, so that verify can try it again */
    SC_OK(&env,
          sc_records_set_quarantine(records, info, SC_OP_REDUCE, "second", "another operation"));
    chosen(&x, NULL, "second");
    SC_OK(&env, sc_records_set_quarantine(records, info, SC_OP_ELEMENTWISE, "first", NULL));
    chosen(&x, NULL, "first");
    SC_OK(&env,
          sc_records_set_tuning(records, info, SC_OP_ELEMENTWISE, "first", "TILE=8 UNROLL=2"));
    chosen(&x, NULL, "first");
    tuned(&x.first, 8, 2);
    chosen(&x, "second", "second");
    tuned(&x.second, 4, 0);
    int asked = x.first.asked;
    chosen(&x, NULL, "first"); /* equal values: the kernel that there is */
    SC_EQ(x.first.asked, asked);
    SC_OK(&env, sc_records_set_tuning(records, info, SC_OP_ELEMENTWISE, "first",
                                      "TILE=3 TILE SPEED=9 TILES=8  UNROLL=1 =2 UNROLL=999999999"));
    chosen(&x, NULL, "first"); /* what the table does not have does not count */
    SC_EQ(x.first.asked, asked + 1);
    tuned(&x.first, 4, 1);
    device_close(&x.f);
    sc_records_destroy(records);
    sc_temp_remove(&folder);
}

static void measured(sc_records *records, const fixture *x, const char *candidate, int rounds,
                     double seconds) {
    sc_text shape;
    sc_env env;
    const sc_measured value = {rounds, seconds, rounds > 0};
    sc_env_init(&env, NULL, NULL);
    sc_text_init(&shape, &env);
    sc_op_class(&shape, &x->desc);
    SC_OK(&env, sc_measured_set(records, &x->f.device->info, x->desc.op, shape.data, candidate,
                                &value, rounds ? NULL : "wrong result"));
    sc_text_free(&shape);
}

/* What was measured to be the best is asked first, with its values, whatever it needs; one that is
 * not there, set aside, or refuses leaves the device's order. */
Test(prepare, what_was_measured_is_asked_first) {
    fixture x;
    sc_env env;
    sc_records *records;
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_records_create(&records, &env));
    options.records = records;
    setup(&x, &options);
    const sc_device_info *info = &x.f.device->info;
    const sc_measured passing = {9, 1e-9, false}; /* measured, and not chosen */
    sc_text shape;
    sc_text_init(&shape, &env);
    sc_op_class(&shape, &x.desc);
    SC_OK(&env, sc_measured_set(records, info, x.desc.op, shape.data, "second", &passing, NULL));
    sc_text_free(&shape);
    chosen(&x, NULL, "first");
    measured(records, &x, "second TILE=8", 1, 2e-6);
    chosen(&x, NULL, "second");
    tuned(&x.second, 8, 0);
    chosen(&x, "first", "first"); /* the values are the other's */
    tuned(&x.first, 4, 0);
    measured(records, &x, "first TILE=8 UNROLL=2", 1, 1e-6);
    chosen(&x, NULL, "first");
    tuned(&x.first, 8, 2);
    measured(records, &x, "second TILE=8", 2, 3e-6); /* more rounds count for more */
    chosen(&x, NULL, "second");
    x.second.base.needs = SC_TRAIT_HALF << 8; /* no device has it */
    chosen(&x, NULL, "second");
    SC_OK(&env, sc_records_set_quarantine(records, info, x.desc.op, "second", "wrong"));
    chosen(&x, NULL, "first");
    SC_OK(&env, sc_records_set_quarantine(records, info, x.desc.op, "second", NULL));
    measured(records, &x, "second TILE=8", 0, 0); /* it is not to be used any more */
    chosen(&x, NULL, "first");
    measured(records, &x, "third", 9, 1e-9);
    chosen(&x, NULL, "first");
    device_close(&x.f);
    sc_records_destroy(records);
}

/* The reason of a quarantine is in the text when nothing else is left. */
Test(prepare, quarantine_of_all_is_told) {
    fixture x;
    sc_temp folder;
    sc_records *records;
    sc_env env;
    sc_temp_make(&folder);
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_records_load(&records, &env, folder.path));
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    options.records = records;
    setup(&x, &options);
    device_put_first(&x.f, 2, x.both, NULL);
    for (int i = 0; i < 2; i++)
        SC_OK(&env, sc_records_set_quarantine(records, &x.f.device->info, SC_OP_ELEMENTWISE,
                                              x.both[i]->name, "wrong"));
    refused(&x, NULL, SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(x.f.env.text, "first: quarantined");
    SC_CONTAINS(x.f.env.text, "second: quarantined");
    device_close(&x.f);
    sc_records_destroy(records);
    sc_temp_remove(&folder);
}
