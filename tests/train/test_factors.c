/* SPDX-License-Identifier: Apache-2.0 */
/* Factors of what the rows of a loss count: what a factor of 0 leaves out is left out as an ignored
 * label leaves it out, by bits, whatever the parts of a step, the types, and the weights of samples
 * beside it; and host and device agree about what counts. */
#include "fixture.h"

#include "train/columns.h"

enum { SAMPLES = 10, ROWS = 12, VALUES = 24, CLASSES = 3, NONE = 255, STEPS = 3 };

static const sc_column_kind row_kind = {.name = "rows",
                                        .use = SC_USE_FACTOR,
                                        .dtypes = 1u << SOCLE_U8 | 1u << SOCLE_F32,
                                        .per_row = true};

typedef struct run {
    const char *device, *net; /* "tokens", "pixels", "values", or "heads": tokens with two losses */
    bool factor;              /* the rows are left out by a factor, else by their labels */
    int dtype;                /* of the factor */
    bool weighted, dropout;
    int parts;
} run;

typedef struct outcome {
    sc_totals totals;
    float *parameters;
    size_t count;
} outcome;

static int add(sc_net *net, const char *word, int input, int units) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &options);
    options.units = options.filters = units;
    options.kernel[0] = options.kernel[1] = 1;
    options.rate = 0.25f; /* of dropout */
    return sc_net_layer(net, kind, NULL, 1, &input, &options);
}

/* ROWS tokens of two values, as many pixels of two channels, or one row of all. */
static void build(fixture *f, const run *r) {
    const bool pixels = strcmp(r->net, "pixels") == 0, heads = strcmp(r->net, "heads") == 0,
               tokens = heads || strcmp(r->net, "tokens") == 0;
    const socle_shape shape = pixels   ? (socle_shape){3, {2, 3, 4}}
                              : tokens ? (socle_shape){2, {ROWS, 2}}
                                       : (socle_shape){1, {VALUES}};
    const char *word = pixels ? "conv2d" : "dense";
    FIXTURE_OK(sc_net_create(&f->net, &f->env));
    int x = sc_net_input(f->net, "input", SOCLE_F32, &shape, 1.0f);
    x = add(f->net, "tanh", add(f->net, word, x, 5), 0);
    if (r->dropout) x = add(f->net, "dropout", x, 0);
    int scores = add(f->net, word, x, CLASSES);
    FIXTURE_OK(sc_net_loss(f->net, "softmax_cross_entropy", scores));
    if (!r->factor) FIXTURE_OK(sc_net_ignore(f->net, NONE));
    if (!heads) return;
    FIXTURE_OK(sc_net_add_loss(f->net, "softmax_cross_entropy", NULL, add(f->net, word, x, CLASSES),
                               0.25f, NAN));
    if (!r->factor) FIXTURE_OK(sc_net_ignore(f->net, NONE));
}

static float noise(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 8388608.0f - 1.0f;
}

/* Columns of the data; of one sample no row counts. */
typedef struct columns {
    float input[SAMPLES * VALUES], weight[SAMPLES], f32[SAMPLES * ROWS];
    uint8_t label[SAMPLES * ROWS], u8[SAMPLES * ROWS];
} columns;

static void fill(columns *c, const run *r, int64_t rows) {
    unsigned state = 11;
    for (int i = 0; i < SAMPLES * VALUES; i++) c->input[i] = noise(&state);
    for (int i = 0; i < SAMPLES; i++) c->weight[i] = i % 4 == 1 ? 0.0f : 0.5f + (float)(i % 3);
    for (int64_t i = 0; i < SAMPLES * rows; i++) {
        c->u8[i] = i / rows != 7 && noise(&state) < 0.3f;
        c->f32[i] = (float)c->u8[i];
        c->label[i] = (uint8_t)(noise(&state) * 1.5f + 1.5f);
        if (!r->factor && !c->u8[i]) c->label[i] = NONE;
    }
}

static outcome train(const run *r) {
    static columns c;
    fixture f;
    sc_engine *engine;
    sc_engine_memory forecast;
    outcome out;
    sc_optimizer adam = fixture_optimizer("adam", 0.05f, 0);
    fixture_open(&f, r->device, 0);
    build(&f, r);
    const int64_t rows = sc_net_label_rows(f.net);
    const size_t item = r->dtype == SOCLE_U8 ? 1 : 4;
    fill(&c, r, rows);
    sc_engine_options options = {.capacity = SAMPLES,
                                 .micro_batches = r->parts,
                                 .optimizer = &adam,
                                 .seed = 3,
                                 .has_target_dtype = true,
                                 .target_dtype = SOCLE_U8};
    int factors = 0;
    if (r->factor) options.factor[factors++] = (sc_engine_factor){&row_kind, (uint8_t)r->dtype};
    if (r->weighted) options.factor[factors].kind = &sc_column_kinds[SC_COLUMN_WEIGHT];
    FIXTURE_OK(sc_engine_forecast(&forecast, f.device, f.net, &options, (sc_engine_uses){0}));
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    SC_EQ(sc_engine_memory_used(engine).total, forecast.total);
    SC_EQ(sc_engine_memory_used(engine).slot, forecast.slot);
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    for (int s = 0; s < STEPS; s++) {
        for (int part = 0; part < r->parts; part++) {
            int begin = SAMPLES * part / r->parts, end = SAMPLES * (part + 1) / r->parts;
            int slot = part % sc_engine_slots(engine), k = 0;
            const void *column[5] = {0};
            column[k++] = c.input + begin * VALUES;
            column[k++] = c.label + begin * rows;
            const char *factor = r->dtype == SOCLE_U8 ? (const char *)c.u8 : (const char *)c.f32;
            if (r->factor) column[k++] = factor + (size_t)(begin * rows) * item;
            if (r->weighted) column[k++] = c.weight + begin;
            FIXTURE_OK(sc_engine_upload(engine, slot, end - begin, column, NULL));
            FIXTURE_OK(sc_engine_slot_uploaded(engine, slot));
            FIXTURE_OK(
                sc_engine_micro_batch(engine, slot, end - begin, (uint32_t)begin, (uint32_t)s + 1));
        }
        FIXTURE_OK(
            sc_engine_commit(engine, &(sc_engine_step){(uint32_t)s + 1, SAMPLES, r->parts, 0.05f}));
    }
    FIXTURE_OK(sc_engine_totals(engine, &out.totals));
    SC_EQ(out.totals.bad_step, 0);
    out.parameters = fixture_parameters(&f, engine, &out.count);
    sc_engine_destroy(engine);
    fixture_close(&f);
    return out;
}

static void same(const outcome *a, const outcome *b) {
    SC_EQ(a->count, b->count);
    SC_EQ_MEMORY(a->parameters, b->parameters, a->count * sizeof *a->parameters);
    SC_TRUE(a->totals.sum.loss == b->totals.sum.loss &&
            a->totals.sum.weight == b->totals.sum.weight &&
            a->totals.sum.metric[0] == b->totals.sum.metric[0] &&
            a->totals.last_loss == b->totals.last_loss);
}

static void as_ignored(const char *device) {
    static const char *const nets[] = {"tokens", "pixels", "values", "heads"};
    const bool cpu = strcmp(device, "cpu") == 0;
    for (size_t n = 0; n < 4; n++)
        for (int form = 0; form < 4; form++) {
            if (!cpu && (n || form) && !sc_test_full()) continue; /* it compiles each */
            run by_label = {.device = device,
                            .net = nets[n],
                            .weighted = form & 1,
                            .dropout = form >> 1,
                            .parts = 1 + form};
            run by_factor = by_label;
            by_factor.factor = true;
            by_factor.dtype = form & 1 ? SOCLE_F32 : SOCLE_U8;
            SC_REPRO("%s, %s, weights %d, dropout %d, %d parts", device, nets[n], by_label.weighted,
                     by_label.dropout, by_label.parts);
            outcome a = train(&by_label), b = train(&by_factor);
            same(&a, &b);
            SC_TRUE(a.totals.sum.weight > 0 && a.totals.sum.loss > 0);
            free(a.parameters);
            free(b.parameters);
        }
}

Test(factors, leave_out_as_ignored_labels_cpu) {
    as_ignored("cpu");
}

Test(factors, leave_out_as_ignored_labels_opencl) {
    as_ignored("opencl:0");
}

/* Two factors and an ignored label: what the device sums up is what the host counts. */
Test(factors, host_and_device_count_alike) {
    static columns c;
    fixture f;
    run r = {.device = "cpu", .net = "tokens", .weighted = true, .parts = 1, .factor = true};
    outcome out = train(&r);
    fixture_open(&f, "cpu", 0);
    build(&f, &r);
    fill(&c, &r, ROWS);
    const sc_column rows = {"rows", SOCLE_F32, {1, {ROWS}}, ROWS * sizeof(float), c.f32, NULL},
                    weight = {"weight", SOCLE_F32, {0}, sizeof(float), c.weight, NULL};
    const sc_tally tally = {
        .rows = ROWS, .factors = 2, .factor = {{&rows, true}, {&weight, false}}};
    double sum = 0;
    for (int i = 0; i < SAMPLES; i++) sum += sc_tally_sample(&tally, i);
    SC_TRUE(sum > 0 && out.totals.sum.weight == STEPS * sum); /* halves, exactly */
    SC_TRUE(sc_tally_sample(&tally, 7) == 0);
    SC_TRUE(!sc_tally_any(&tally, (const uint32_t[]){7, 1}, 2));
    SC_TRUE(sc_tally_any(&tally, (const uint32_t[]){7, 2}, 2));
    free(out.parameters);
    fixture_close(&f);
}
