/* SPDX-License-Identifier: Apache-2.0 */
/* Toy data: each rule against what it says in double precision, classes in turn, noise as wide as
 * asked, and the same bits on every machine. */
#include "base/hash.h"
#include "data/preparation.h"
#include "data/toy.h"

#include "sc_test.h"

static sc_env env;

static const sc_toy_options *standard_of(const char *kind) {
    const char *named;
    const sc_record *record = sc_family_find(&sc_toy_family, kind, &named);
    SC_TRUE(record != NULL);
    return record->standard;
}

static sc_dataset *make(const char *kind, int64_t samples, float noise, int64_t seed) {
    sc_dataset *dataset;
    sc_toy_options options = *standard_of(kind);
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", kind);
    options.kind = kind;
    options.samples = samples;
    options.noise = noise;
    options.seed = seed;
    SC_OK(&env, sc_toy_make(&dataset, &env, &options));
    SC_EQ(sc_dataset_count(dataset), samples);
    return dataset;
}

static double at(const sc_dataset *dataset, const char *name, int64_t i) {
    return sc_column_value(sc_dataset_column(dataset, sc_dataset_find(dataset, name)), i);
}

Test(toy, gates) {
    static const struct {
        const char *kind;
        int table[4];
    } gates[] = {{"and", {0, 0, 0, 1}}, {"or", {0, 1, 1, 1}}, {"xor", {0, 1, 1, 0}}};
    for (int g = 0; g < 3; g++) {
        sc_dataset *data = make(gates[g].kind, 4, 0, 1);
        for (int i = 0; i < 4; i++) {
            SC_TRUE(at(data, "input", 2 * i) == i / 2 && at(data, "input", 2 * i + 1) == i % 2);
            SC_TRUE(at(data, "label", i) == gates[g].table[i]);
        }
        sc_dataset_destroy(data);
    }
}

enum { COUNT = 600 };

/* Of single-precision sine, cosine and products: a few roundings of 6e-8 each. */
#define NEAR 1e-6

Test(toy, shapes) {
    static const char *const kinds[] = {"circle", "moons", "spiral", "blobs", "gauss"};
    for (int k = 0; k < 5; k++) {
        sc_dataset *data = make(kinds[k], COUNT, 0, 3);
        for (int i = 0; i < COUNT; i++) {
            double x = at(data, "input", 2 * i), y = at(data, "input", 2 * i + 1);
            int class = (int)at(data, "label", i);
            SC_REPRO("%s, sample %d: %g, %g", kinds[k], i, x, y);
            SC_EQ(class, i % (strcmp(kinds[k], "blobs") == 0 ? 3 : 2));
            if (k == 0) SC_NEAR(hypot(x, y), class ? 0.5 : 1, NEAR);
            if (k == 1) SC_NEAR(class ? hypot(x - 1, y - 0.5) : hypot(x, y), 1, NEAR);
            if (k == 1) SC_TRUE(class ? y <= 0.5 + NEAR : y >= -NEAR);
            if (k == 2) {
                double r = hypot(x, y), angle = 2 * M_PI * (1.75 * r / 5 + class / 2.0);
                SC_NEAR(r * cos(angle), x, 100 * NEAR); /* the angle is up to 15, r to 5 */
                SC_NEAR(r * sin(angle), y, 100 * NEAR);
            }
            if (k == 3)
                SC_NEAR(hypot(x - 2 * cos(2 * M_PI * class / 3), y - 2 * sin(2 * M_PI * class / 3)),
                        0, 4 * NEAR);
            if (k == 4) SC_TRUE(x == (class ? 1 : -1) && y == x);
        }
        sc_dataset_destroy(data);
    }
}

Test(toy, values) {
    sc_dataset *plane = make("plane", COUNT, 0, 3), *sine = make("sine", COUNT, 0, 3);
    double least = 0, most = 0;
    for (int i = 0; i < COUNT; i++) {
        double x = at(sine, "input", i);
        SC_NEAR(at(sine, "target", i), sin(x), NEAR);
        SC_NEAR(at(plane, "target", i),
                (at(plane, "input", 2 * i) + at(plane, "input", 2 * i + 1)) / 2, NEAR);
        least = fmin(least, x), most = fmax(most, x);
    }
    SC_TRUE(least < -3 && least >= -3.1416 && most > 3 && most <= 3.1416);
    sc_dataset_destroy(plane);
    sc_dataset_destroy(sine);
}

/* A mean of n values scatters by noise / sqrt(n), a variance by noise^2 * sqrt(2 / n); five times
 * that is left out of in a million. */
Test(toy, noise_is_as_wide_as_asked) {
    enum { MANY = 20000 };
    const double noise = 0.25;
    sc_dataset *data = make("gauss", MANY, (float)noise, 11);
    double sum = 0, squares = 0;
    for (int i = 0; i < MANY; i++) {
        double off = at(data, "input", 2 * i) - (i % 2 ? 1 : -1);
        sum += off, squares += off * off;
    }
    SC_NEAR(sum / MANY, 0, 5 * noise / sqrt(MANY));
    SC_NEAR(squares / MANY, noise * noise, 5 * noise * noise * sqrt(2.0 / MANY));
    sc_dataset_destroy(data);
}

/* Sample i is the same however many there are, and another one with another seed. */
Test(toy, samples_are_numbered) {
    for (const sc_record *const *kind = sc_toy_family.record; *kind; kind++) {
        sc_dataset *few = make((*kind)->word, 8, 0.1f, 5), *many = make((*kind)->word, 40, 0.1f, 5),
                   *other = make((*kind)->word, 8, 0.1f, 6);
        const sc_column *a = sc_dataset_column(few, 0), *b = sc_dataset_column(many, 0),
                        *c = sc_dataset_column(other, 0);
        SC_EQ_MEMORY(a->data, b->data, 8 * a->row_bytes);
        SC_TRUE(memcmp(a->data, c->data, 8 * a->row_bytes) != 0);
        sc_dataset_destroy(few);
        sc_dataset_destroy(many);
        sc_dataset_destroy(other);
    }
}

/* What one machine made, every other one makes. */
Test(toy, bits_are_those_of_any_machine) {
    static const char *const known[] = {
        "66efb46350561fd37466a4f130599e1c", "8c855a26bd41bfee880c54777e67c386",
        "6a798213ceb07c7b99479878e13a93fa", "550f1ebfc5dd640764caf2dbe6f76c4b",
        "8bdad67a0d3ae292996b494921dc57d1", "7982ee95664f3ae4fa1af564e7e0c686",
        "1ecce84ac361207575a03c591e29acf0", "dafd359636d22910c8241447ef74513c",
        "45d2c1e0134b7f5b3fbf015adba113a7", "2ca2d540877fe78b0bb1ac58d908e8be",
        "66098fe918740572233496b1e3f09a02", "8a3a0dd4a6d959ce75e17b54ab295738"};
    int k = 0;
    for (const sc_record *const *kind = sc_toy_family.record; *kind; kind++, k++) {
        char text[SC_HASH_TEXT];
        sc_dataset *data = make((*kind)->word, 64, 0.1f, 42);
        static unsigned char bytes[64 * 2048];
        size_t used = 0;
        for (int c = 0; c < 2; c++) {
            const sc_column *column = sc_dataset_column(data, c);
            memcpy(bytes + used, column->data, 64 * column->row_bytes);
            used += 64 * column->row_bytes;
        }
        sc_hash_text(text, sc_hash_bytes(bytes, used, 0));
        SC_EQ_STR(text, known[k]);
        sc_dataset_destroy(data);
    }
    SC_EQ(k, sizeof known / sizeof *known);
}

/* A model of them is asked by rows of text. */
Test(toy, are_as_of_a_table) {
    for (const sc_record *const *kind = sc_toy_family.record; *kind; kind++) {
        sc_dataset *data = make((*kind)->word, 12, 0.1f, 5);
        sc_preparation preparation;
        if (sc_dataset_column(data, 0)->shape.rank == 3) { /* pictures are their own form */
            SC_TRUE(sc_dataset_preparation(data) == NULL);
            sc_dataset_destroy(data);
            continue;
        }
        SC_OK(&env, sc_preparation_read(&preparation, &env, "toy", sc_dataset_preparation(data)));
        const sc_field *classes = sc_preparation_classes(&preparation);
        const sc_column *input = sc_dataset_column(data, 0);
        SC_EQ(sc_preparation_width(&preparation), sc_column_elements(input));
        SC_EQ(classes == NULL, sc_dataset_find(data, "label") < 0);
        if (classes) SC_EQ(classes->categories, strcmp((*kind)->word, "blobs") == 0 ? 3 : 2);
        sc_preparation_free(&preparation);
        sc_dataset_destroy(data);
    }
}

static socle_status whole(sc_env *of, void *argument) {
    sc_toy_options options = *standard_of("spiral");
    sc_dataset *dataset;
    (void)argument;
    options.kind = "spiral";
    SC_TRY(sc_toy_make(&dataset, of, &options));
    sc_dataset_destroy(dataset);
    return SOCLE_OK;
}

Test(toy, failures) {
    sc_dataset *dataset;
    sc_env_init(&env, NULL, NULL);
    SC_FAILS(&env, sc_toy_make(&dataset, &env, &(sc_toy_options){.kind = "donut", .samples = 4}),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "donut");
    sc_test_each_allocation(whole, NULL);
}
