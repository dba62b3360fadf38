/* SPDX-License-Identifier: Apache-2.0 */
/* See toy.h: the table, and the rule of each row. Sine and cosine are those of base/circle.h, which
 * have the same bits everywhere. */
#include "base/circle.h"
#include "base/rng.h"
#include "base/text.h"
#include "data/column_kind.h"
#include "data/toy_private.h"

#include <stdint.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(field) offsetof(sc_toy_options, field)

static const float pi = 3.14159274f;

/* What a rule makes a sample of. */
typedef struct draw {
    int64_t index;
    int class, classes;
    float uniform[4]; /* in [0, 1) */
    float normal[4];
    const sc_toy_options *options;
} draw;

typedef struct point {
    float x[2];
    float y; /* of values */
    int class;
} point;

typedef struct toy {
    sc_record record; /* first */
    int inputs;
    int classes; /* 0: as many as the option says; VALUES */
    void (*make)(point *out, const draw *of);
    sc_toy_paint *paint; /* of pictures; the others are NULL or 0 then */
    bool labels_pixels;
} toy;

enum { VALUES = -1, MOST_SAMPLES = 1000000 };

static void blur(point *out, const draw *of) {
    out->x[0] += of->options->noise * of->normal[0];
    out->x[1] += of->options->noise * of->normal[1];
}

/* ---- The rules ---- */

/* The corners of the unit square in turn. */
static void corner(point *out, const draw *of) {
    int at = (int)(of->index % 4);
    out->x[0] = (float)(at / 2);
    out->x[1] = (float)(at % 2);
}

static void make_and(point *out, const draw *of) {
    corner(out, of);
    out->class = out->x[0] == 1 && out->x[1] == 1;
    blur(out, of);
}

static void make_or(point *out, const draw *of) {
    corner(out, of);
    out->class = out->x[0] == 1 || out->x[1] == 1;
    blur(out, of);
}

static void make_xor(point *out, const draw *of) {
    corner(out, of);
    out->class = out->x[0] != out->x[1];
    blur(out, of);
}

static void on_circle(point *out, float radius, float turn) {
    out->x[0] = radius * sc_host_cos(2 * pi * turn);
    out->x[1] = radius * sc_host_sin(2 * pi * turn);
}

static void make_circle(point *out, const draw *of) {
    on_circle(out, of->class ? of->options->factor : 1.0f, of->uniform[0]);
    blur(out, of);
}

static void make_moons(point *out, const draw *of) {
    on_circle(out, 1.0f, of->uniform[0] / 2);
    if (of->class) {
        out->x[0] = 1.0f - out->x[0];
        out->x[1] = 0.5f - out->x[1];
    }
    blur(out, of);
}

static void make_gauss(point *out, const draw *of) {
    out->x[0] = out->x[1] = of->class ? 1.0f : -1.0f;
    blur(out, of);
}

/* An arm for each class, from the middle outwards. */
static void make_spiral(point *out, const draw *of) {
    float along = of->uniform[0];
    on_circle(out, 5 * along, of->options->turns * along + (float)of->class / (float)of->classes);
    blur(out, of);
}

static void make_blobs(point *out, const draw *of) {
    on_circle(out, 2.0f, (float)of->class / (float)of->classes);
    blur(out, of);
}

static void make_plane(point *out, const draw *of) {
    out->x[0] = 2 * of->uniform[0] - 1;
    out->x[1] = 2 * of->uniform[1] - 1;
    out->y = (out->x[0] + out->x[1]) / 2 + of->options->noise * of->normal[0];
}

static void make_sine(point *out, const draw *of) {
    out->x[0] = pi * (2 * of->uniform[0] - 1);
    out->y = sc_host_sin(out->x[0]) + of->options->noise * of->normal[0];
}

/* ---- The table ---- */

#define SAMPLES                                                                                    \
    {                                                                                              \
        "samples", SC_OPTION_LONG, AT(samples), "how many", 1, MOST_SAMPLES,                       \
            .shorthand = true, .example = "600", .unit = "samples"                                 \
    }
#define NOISE(help)                                                                                \
    { "noise", SC_OPTION_FLOAT, AT(noise), help, 0, 1e6, .example = "0.1" }
#define SEED                                                                                       \
    {                                                                                              \
        "seed", SC_OPTION_LONG, AT(seed),                                                          \
            "where the random numbers come from; another one for data that are not trained on", 0, \
            0x1p63, .example = "2"                                                                 \
    }
#define CLASSES(help)                                                                              \
    { "classes", SC_OPTION_INTEGER, AT(classes), help, 2, 1000, .example = "3" }
#define OF_POINTS "the standard deviation of what is added to each input"
#define OF_VALUES "the standard deviation of what is added to the target"

static const sc_option plain_options[] = {SAMPLES, NOISE(OF_POINTS), SEED};
static const sc_option value_options[] = {SAMPLES, NOISE(OF_VALUES), SEED};
static const sc_option circle_options[] = {SAMPLES,
                                           NOISE(OF_POINTS),
                                           SEED,
                                           {"factor", SC_OPTION_FLOAT, AT(factor),
                                            "the radius of the inner circle; the outer one's is 1",
                                            0, 1, .example = "0.3"}};
static const sc_option spiral_options[] = {
    SAMPLES,
    NOISE(OF_POINTS),
    SEED,
    CLASSES("arms, each a class"),
    {"turns", SC_OPTION_FLOAT, AT(turns), "of an arm around the middle", 0, 100, .example = "1.5"}};
#define PICTURES                                                                                   \
    {"size", SC_OPTION_PAIR,       AT(size), "height and width of a picture", 8,                   \
     1024,   .example = "[24, 32]"},                                                               \
    {                                                                                              \
        "channels", SC_OPTION_INTEGER, AT(channels), "1: grey, 3: colours", 1, 16, .example = "3"  \
    }
#define OF_PIXELS "the standard deviation of what is added to each pixel; 1 is from black to white"
static const sc_option stripe_options[] = {SAMPLES, NOISE(OF_PIXELS), SEED,
                                           CLASSES("directions, each a class"), PICTURES};
static const sc_option shape_options[] = {SAMPLES, NOISE(OF_PIXELS), SEED, PICTURES};
static const sc_option blob_options[] = {SAMPLES, NOISE(OF_POINTS), SEED,
                                         CLASSES("clouds, each a class")};

/* The standard values of a row; those that its rule does not read stay 0. */
#define FEW .samples = 4
#define MANY .samples = 300
#define CLOUDS .samples = 300, .noise = 0.5f, .classes = 3
#define CIRCLES .samples = 300, .factor = 0.5f
#define IMAGES .samples = 300, .noise = 0.1f, .channels = 1, .size = {32, 32}
#define ARMS .samples = 300, .classes = 2, .turns = 1.75f

#define ROW(of, text, its, ...)                                                                    \
    .record = {.word = of,                                                                         \
               .help = text,                                                                       \
               .options = its,                                                                     \
               .count = COUNT(its),                                                                \
               .standard = &(const sc_toy_options){.kind = of, .seed = 1, __VA_ARGS__},            \
               .size = sizeof(sc_toy_options)}

static const toy toys[] = {
    {ROW("and", "class 1 where both inputs are 1; the four corners in turn", plain_options, FEW), 2,
     2, make_and},
    {ROW("or", "class 1 where one of the inputs is 1; the four corners in turn", plain_options,
         FEW),
     2, 2, make_or},
    {ROW("xor", "class 1 where just one of the inputs is 1; the four corners in turn",
         plain_options, FEW),
     2, 2, make_xor},
    {ROW("circle", "class 1 on a circle inside that of class 0", circle_options, CIRCLES), 2, 2,
     make_circle},
    {ROW("moons", "two half circles of radius 1 that reach into each other", plain_options, MANY),
     2, 2, make_moons},
    {ROW("gauss", "two clouds, around (-1, -1) and (1, 1)", plain_options, CLOUDS), 2, 2,
     make_gauss},
    {ROW("spiral", "arms that wind around the middle, up to radius 5", spiral_options, ARMS), 2, 0,
     make_spiral},
    {ROW("blobs", "clouds around points on a circle of radius 2", blob_options, CLOUDS), 2, 0,
     make_blobs},
    {ROW("plane", "the value (x1 + x2) / 2 for inputs from -1 to 1", value_options, MANY), 2,
     VALUES, make_plane},
    {ROW("sine", "the value sin(x) for x from -pi to pi", value_options, MANY), 1, VALUES,
     make_sine},
    {ROW("stripes", "pictures of stripes, whose direction is the class", stripe_options, IMAGES,
         .classes = 4),
     .paint = sc_toy_stripes},
    {ROW("shapes",
         "pictures of discs, squares and triangles; each pixel has a class: 0 ground, 1 disc, 2 "
         "square, 3 triangle",
         shape_options, IMAGES),
     .paint = sc_toy_shapes, .labels_pixels = true},
};
static const sc_record *const records[] = {&toys[0].record,
                                           &toys[1].record,
                                           &toys[2].record,
                                           &toys[3].record,
                                           &toys[4].record,
                                           &toys[5].record,
                                           &toys[6].record,
                                           &toys[7].record,
                                           &toys[8].record,
                                           &toys[9].record,
                                           &toys[10].record,
                                           &toys[11].record,
                                           NULL};

const sc_family sc_toy_family = {
    .what = "generator",
    .example = "xor or {spiral: {samples: 600, noise: 0.1}}",
    .help = "Toy data for `data.train.generate` and `data.test.generate`: a function of their "
            "options, the same on every machine. Classes take turns, so that all are as frequent.",
    .record = records};

/* ---- Making ---- */

static void draw_sample(draw *of, int64_t index) {
    const uint64_t seed = (uint64_t)of->options->seed;
    of->index = index;
    of->class = (int)(index % of->classes);
    sc_rng_uniform(of->uniform, 4, seed, (uint32_t)index, SC_RNG_TOY);
    sc_rng_normal(of->normal, 4, seed, (uint32_t)index, SC_RNG_TOY_NOISE);
}

/* As a table would have it (data/preparation.h): columns x1, x2 and y, of numbers or classes, so
 * that a model is asked by rows of text. */
static socle_status describe(sc_dataset *dataset, const toy *kind, int classes) {
    static const char column[] = "{\"name\": \"%s\", \"kind\": \"%s\", \"missing\": \"refuse\"";
    sc_text text;
    sc_text_init(&text, sc_dataset_env(dataset));
    sc_text_add(&text, "{\"fields\": [");
    for (int i = 0; i < kind->inputs; i++) {
        sc_text_add(&text, column, i ? "x2" : "x1", "numeric");
        sc_text_add(&text, "}, ");
    }
    sc_text_add(&text, column, "y", kind->classes == VALUES ? "numeric" : "categorical");
    sc_text_add(&text, ", \"target\": true");
    for (int c = 0; kind->classes != VALUES && c < classes; c++)
        sc_text_add(&text, "%s\"%d\"", c ? ", " : ", \"categories\": [", c);
    sc_text_add(&text, "%s}]}", kind->classes == VALUES ? "" : "]");
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_dataset_set_preparation(dataset, text.data);
    sc_text_free(&text);
    return status;
}

static socle_status fill(sc_dataset *dataset, const toy *kind, const sc_toy_options *options) {
    const socle_shape one = {0}, value = {.rank = 1, .size = {1}},
                      inputs = {.rank = 1, .size = {kind->inputs}};
    bool values = kind->classes == VALUES;
    draw of = {.classes = values          ? 1
                          : kind->classes ? kind->classes
                                          : options->classes,
               .options = options};
    void *input, *target;
    SC_TRY(
        sc_dataset_add_new(dataset, &input, sc_column_name(SC_COLUMN_INPUT), SOCLE_F32, &inputs));
    SC_TRY(sc_dataset_add_new(dataset, &target,
                              sc_column_name(values ? SC_COLUMN_TARGET : SC_COLUMN_LABEL),
                              values ? SOCLE_F32 : SOCLE_I32, values ? &value : &one));
    for (int64_t i = 0; i < options->samples; i++) {
        draw_sample(&of, i);
        point made = {.class = of.class};
        kind->make(&made, &of);
        memcpy((float *)input + i * kind->inputs, made.x, (size_t)kind->inputs * sizeof(float));
        if (values)
            ((float *)target)[i] = made.y;
        else
            ((int32_t *)target)[i] = made.class;
    }
    return describe(dataset, kind, of.classes);
}

socle_status sc_toy_make(sc_dataset **out, sc_env *env, const sc_toy_options *options) {
    const char *named;
    const sc_record *record = sc_family_find(&sc_toy_family, options->kind, &named);
    *out = NULL;
    if (!record)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "there is no generator '%s'", options->kind);
    SC_TRY(sc_dataset_create(out, env, record->word, options->samples));
    const toy *kind = (const toy *)record;
    socle_status status =
        kind->paint ? sc_toy_paint_all(*out, env, options, kind->paint, kind->labels_pixels)
                    : fill(*out, kind, options);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}
