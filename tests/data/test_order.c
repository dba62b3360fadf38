/* SPDX-License-Identifier: Apache-2.0 */
/* Orders and splits: each sample exactly once, repeatable, different per epoch and seed. */
#include "data/order.h"
#include "data/split.h"

#include "sc_test.h"

static const uint32_t counts[] = {1, 2, 3, 5, 31, 64, 1000, 60000};
enum { COUNTS = sizeof counts / sizeof *counts };

static void expect_permutation(const uint32_t *visit, uint32_t count) {
    unsigned char *seen = calloc(count, 1);
    for (uint32_t i = 0; i < count; i++) {
        SC_TRUE(visit[i] < count);
        SC_EQ(seen[visit[i]]++, 0);
    }
    free(seen);
}

Test(order, every_sample_once_per_epoch) {
    sc_env env;
    sc_order order;
    sc_env_init(&env, NULL, NULL);
    for (size_t c = 0; c < COUNTS; c++) {
        SC_OK(&env, sc_order_init(&order, &env, NULL, counts[c], 1, true));
        for (uint32_t epoch = 0; epoch < 5; epoch++) {
            SC_REPRO("%u samples, epoch %u", counts[c], epoch);
            sc_order_set_epoch(&order, epoch);
            expect_permutation(order.visit, counts[c]);
        }
        sc_order_free(&order);
        sc_order_free(&order);
    }
}

Test(order, depends_on_seed_and_epoch_only) {
    enum { COUNT = 100 };
    sc_env env;
    sc_order a, b;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_order_init(&a, &env, NULL, COUNT, 1, true));
    SC_OK(&env, sc_order_init(&b, &env, NULL, COUNT, 1, true));
    sc_order_set_epoch(&a, 3);
    SC_TRUE(memcmp(a.visit, b.visit, COUNT * sizeof *a.visit) != 0);
    for (uint32_t epoch = 9; epoch-- > 3;) sc_order_set_epoch(&b, epoch);
    SC_EQ_MEMORY(a.visit, b.visit, COUNT * sizeof *a.visit);
    sc_order_free(&b);
    SC_OK(&env, sc_order_init(&b, &env, NULL, COUNT, 2, true));
    sc_order_set_epoch(&b, 3);
    SC_TRUE(memcmp(a.visit, b.visit, COUNT * sizeof *a.visit) != 0);
    sc_order_free(&a);
    sc_order_free(&b);
}

Test(order, without_shuffle_as_given) {
    static const uint32_t members[] = {4, 2, 9};
    sc_env env;
    sc_order order;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_order_init(&order, &env, members, 3, 1, false));
    for (uint32_t epoch = 0; epoch < 3; epoch++) {
        sc_order_set_epoch(&order, epoch);
        SC_EQ_MEMORY(order.visit, members, sizeof members);
    }
    sc_order_free(&order);
    SC_OK(&env, sc_order_init(&order, &env, members, 3, 1, true));
    uint32_t sum = 0;
    for (uint32_t epoch = 0; epoch < 20; epoch++) {
        sc_order_set_epoch(&order, epoch);
        SC_EQ(order.visit[0] + order.visit[1] + order.visit[2], 15);
        sum += order.visit[0];
    }
    SC_TRUE(sum > 2 * 20 && sum < 9 * 20);
    sc_order_free(&order);
}

Test(split, two_ascending_parts_of_the_whole) {
    static const double fractions[] = {0, 1e-9, 0.1, 0.25, 0.5, 0.999999};
    sc_env env;
    sc_split split, again;
    sc_env_init(&env, NULL, NULL);
    for (size_t c = 1; c < COUNTS; c++) {
        for (size_t f = 0; f < sizeof fractions / sizeof *fractions; f++) {
            uint32_t count = counts[c];
            SC_REPRO("%u samples, fraction %g", count, fractions[f]);
            SC_OK(&env, sc_split_create(
                            &split, &env, count,
                            &(sc_split_options){.fraction = fractions[f], .fold = 1, .seed = 42}));
            SC_EQ(split.train_count + split.validation_count, count);
            SC_TRUE(split.train_count >= 1);
            SC_EQ(split.validation_count > 0, fractions[f] > 0);
            double wanted = fmin(fmax(count * fractions[f], fractions[f] > 0), count - 1);
            SC_NEAR(split.validation_count, wanted, 0.5);
            uint32_t *all = malloc(count * sizeof *all);
            memcpy(all, split.train, split.train_count * sizeof *all);
            memcpy(all + split.train_count, split.validation, split.validation_count * sizeof *all);
            expect_permutation(all, count);
            free(all);
            for (uint32_t i = 1; i < split.train_count; i++)
                SC_TRUE(split.train[i - 1] < split.train[i]);
            for (uint32_t i = 1; i < split.validation_count; i++)
                SC_TRUE(split.validation[i - 1] < split.validation[i]);
            SC_OK(&env, sc_split_create(
                            &again, &env, count,
                            &(sc_split_options){.fraction = fractions[f], .fold = 1, .seed = 42}));
            SC_EQ_MEMORY(again.validation, split.validation,
                         split.validation_count * sizeof(uint32_t));
            sc_split_free(&again, &env);
            sc_split_free(&split, &env);
        }
    }
}

Test(split, seeds_choose_other_samples_evenly) {
    sc_env env;
    sc_split split;
    unsigned chosen[20] = {0};
    sc_env_init(&env, NULL, NULL);
    for (uint64_t seed = 0; seed < 2000; seed++) {
        SC_OK(&env,
              sc_split_create(&split, &env, 20,
                              &(sc_split_options){.fraction = 0.25, .fold = 1, .seed = seed}));
        for (uint32_t i = 0; i < 5; i++) chosen[split.validation[i]]++;
        sc_split_free(&split, &env);
    }
    /* 500 expected each, standard deviation 19.4. */
    for (int i = 0; i < 20; i++) SC_NEAR(chosen[i], 500, 5 * 19.4);
}

/* The samples that are held back are not the first, nor the last, of any early epoch. */
Test(split, is_no_piece_of_an_epoch) {
    enum { COUNT = 1000, PART = 100 };
    sc_env env;
    sc_split split;
    sc_order order;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_split_create(&split, &env, COUNT,
                                &(sc_split_options){.fraction = 0.1, .fold = 1, .seed = 3}));
    SC_OK(&env, sc_order_init(&order, &env, NULL, COUNT, 3, true));
    bool held[COUNT] = {false};
    for (uint32_t i = 0; i < PART; i++) held[split.validation[i]] = true;
    for (uint32_t epoch = 0; epoch < 10; epoch++) {
        unsigned first = 0, last = 0;
        sc_order_set_epoch(&order, epoch);
        for (uint32_t i = 0; i < PART; i++) {
            first += held[order.visit[i]];
            last += held[order.visit[COUNT - 1 - i]];
        }
        SC_REPRO("epoch %u", epoch);
        SC_TRUE(first < PART / 2 && last < PART / 2);
    }
    sc_order_free(&order);
    sc_split_free(&split, &env);
}

Test(split, refuses) {
    static const double fractions[] = {-0.1, 1, 1.5, NAN, INFINITY};
    sc_env env;
    sc_split split;
    sc_env_init(&env, NULL, NULL);
    for (size_t f = 0; f < sizeof fractions / sizeof *fractions; f++)
        SC_FAILS(
            &env,
            sc_split_create(&split, &env, 10,
                            &(sc_split_options){.fraction = fractions[f], .fold = 1, .seed = 1}),
            SOCLE_STATUS_CONFIG);
    SC_FAILS(&env,
             sc_split_create(&split, &env, 1,
                             &(sc_split_options){.fraction = 0.1, .fold = 1, .seed = 1}),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "at least 2 are needed");
    SC_OK(&env, sc_split_create(&split, &env, 1,
                                &(sc_split_options){.fraction = 0, .fold = 1, .seed = 1}));
    SC_EQ(split.train_count, 1);
    sc_split_free(&split, &env);
}

/* Samples that overlap with so many that follow are cut as one piece; no value of it is trained on,
 * and over all folds each sample is once in the validation part. */
Test(order, samples_in_order_are_set_aside_as_one_piece) {
    enum { COUNT = 40, FOLDS = 4 };
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (uint32_t reach = 0; reach < 4; reach++) {
        int seen[COUNT] = {0};
        for (int64_t fold = 1; fold <= FOLDS; fold++) {
            sc_split split;
            const sc_split_options options = {
                .fraction = 1.0 / FOLDS, .fold = fold, .seed = 3, .in_order = true, .reach = reach};
            SC_OK(&env, sc_split_create(&split, &env, COUNT, &options));
            SC_EQ(split.validation_count, COUNT / FOLDS);
            const uint32_t first = split.validation[0], last = first + COUNT / FOLDS - 1;
            SC_EQ(split.validation[COUNT / FOLDS - 1], last);
            if (fold == 1) SC_EQ(last, COUNT - 1);
            const bool edge = fold == 1 || fold == FOLDS;
            SC_EQ(split.train_count, COUNT - COUNT / FOLDS - (edge ? reach : 2 * reach));
            for (uint32_t i = 0; i < split.train_count; i++)
                SC_TRUE(split.train[i] + reach < first || split.train[i] > last + reach);
            for (uint32_t i = first; i <= last; i++) seen[i]++;
            sc_split_free(&split, &env);
        }
        for (int i = 0; i < COUNT; i++) SC_EQ(seen[i], 1);
    }
    sc_split split;
    sc_split_options options = {.fraction = 0.5, .seed = 3, .in_order = true, .reach = 20};
    SC_FAILS(&env, sc_split_create(&split, &env, COUNT, &options), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "none is left to train on");
    const uint32_t kind[COUNT] = {0};
    options = (sc_split_options){.fraction = 0.5, .in_order = true, .stratum = kind};
    SC_FAILS(&env, sc_split_create(&split, &env, COUNT, &options), SOCLE_STATUS_CONFIG);
}

static socle_status make(sc_env *env, void *argument) {
    sc_split split;
    sc_order order;
    (void)argument;
    SC_TRY(sc_split_create(&split, env, 10,
                           &(sc_split_options){.fraction = 0.5, .fold = 1, .seed = 1}));
    socle_status status = sc_order_init(&order, env, split.train, split.train_count, 1, true);
    sc_order_free(&order);
    sc_split_free(&split, env);
    return status;
}

Test(split, every_allocation_may_fail) {
    sc_test_each_allocation(make, NULL);
}

/* Folds have every sample once, and their sizes differ by one at most. */
Test(order, folds_cover_the_samples) {
    sc_env env;
    sc_split split;
    sc_env_init(&env, NULL, NULL);
    for (uint32_t count = 7; count < 200; count += 31)
        for (int64_t folds = 2; folds <= 7; folds++) {
            int seen[200] = {0};
            for (int64_t fold = 1; fold <= folds; fold++) {
                SC_REPRO("%u samples, fold %d of %d", count, (int)fold, (int)folds);
                SC_OK(&env, sc_split_create(&split, &env, count,
                                            &(sc_split_options){.fraction = 1.0 / (double)folds,
                                                                .fold = fold,
                                                                .seed = 5}));
                SC_EQ(split.train_count + split.validation_count, count);
                SC_TRUE(split.validation_count * folds < count + folds &&
                        (split.validation_count + 1) * folds > count);
                for (uint32_t i = 0; i < split.validation_count; i++) seen[split.validation[i]]++;
                sc_split_free(&split, &env);
            }
            for (uint32_t i = 0; i < count; i++) SC_EQ(seen[i], 1);
        }
    SC_FAILS(&env,
             sc_split_create(&split, &env, 10,
                             &(sc_split_options){.fraction = 0.25, .fold = 5, .seed = 1}),
             SOCLE_STATUS_CONFIG);
    SC_FAILS(
        &env,
        sc_split_create(&split, &env, 10, &(sc_split_options){.fraction = 0, .fold = 2, .seed = 1}),
        SOCLE_STATUS_CONFIG);
    SC_FAILS(&env,
             sc_split_create(&split, &env, 10,
                             &(sc_split_options){.fraction = 0.25, .fold = -1, .seed = 1}),
             SOCLE_STATUS_CONFIG);
}

/* Every class has its share of each fold, rounded up or down, and folds have every sample once. */
Test(order, strata_have_their_share) {
    enum { COUNT = 97, CLASSES = 4, FOLDS = 5 };
    sc_env env;
    sc_split split;
    uint32_t class[COUNT], members[CLASSES] = {0}, seen[COUNT] = {0};
    sc_env_init(&env, NULL, NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        class[i] = i < 50 ? 7 : i % CLASSES;
        if (class[i] < CLASSES) members[class[i]]++;
    }
    for (int64_t fold = 1; fold <= FOLDS; fold++) {
        const sc_split_options options = {
            .fraction = 1.0 / FOLDS, .fold = fold, .seed = 3, .stratum = class};
        uint32_t found[CLASSES] = {0};
        SC_OK(&env, sc_split_create(&split, &env, COUNT, &options));
        SC_TRUE(split.validation_count == COUNT / FOLDS || split.validation_count == 20);
        for (uint32_t i = 0; i < split.validation_count; i++) {
            seen[split.validation[i]]++;
            if (class[split.validation[i]] < CLASSES) found[class[split.validation[i]]]++;
        }
        for (int c = 0; c < CLASSES; c++)
            SC_TRUE(found[c] + 1 >= members[c] / FOLDS && found[c] <= members[c] / FOLDS + 2);
        sc_split_free(&split, &env);
    }
    for (uint32_t i = 0; i < COUNT; i++) SC_EQ(seen[i], 1);
}

Test(order, groups_stay_together) {
    enum { COUNT = 60, GROUPS = 12, FOLDS = 4 };
    sc_env env;
    sc_split split;
    uint32_t group[COUNT], seen[COUNT] = {0};
    sc_env_init(&env, NULL, NULL);
    for (uint32_t i = 0; i < COUNT; i++) group[i] = 1000 * (i % GROUPS);
    for (int64_t fold = 1; fold <= FOLDS; fold++) {
        const sc_split_options options = {
            .fraction = 1.0 / FOLDS, .fold = fold, .seed = 3, .group = group};
        bool in[GROUPS] = {false};
        SC_OK(&env, sc_split_create(&split, &env, COUNT, &options));
        SC_EQ(split.validation_count, COUNT / FOLDS); /* equal groups, three to a fold */
        for (uint32_t i = 0; i < split.validation_count; i++) {
            in[group[split.validation[i]] / 1000] = true;
            seen[split.validation[i]]++;
        }
        for (uint32_t i = 0; i < split.train_count; i++) SC_TRUE(!in[group[split.train[i]] / 1000]);
        sc_split_free(&split, &env);
    }
    for (uint32_t i = 0; i < COUNT; i++) SC_EQ(seen[i], 1);
    memset(group, 0, sizeof group);
    const sc_split_options one = {.fraction = 0.5, .fold = 1, .seed = 3, .group = group};
    SC_FAILS(&env, sc_split_create(&split, &env, COUNT, &one), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "of 1 groups");
}

/* Every sample once, each within its window, windows and what is in them in another order in each
 * epoch. */
Test(order, windows) {
    enum { COUNT = 103, WINDOW = 10 };
    sc_env env;
    sc_order a, b;
    uint32_t before[COUNT];
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_order_init(&a, &env, NULL, COUNT, 5, true));
    SC_OK(&env, sc_order_set_window(&a, WINDOW, 0));
    SC_OK(&env, sc_order_copy(&b, &a));
    for (uint32_t epoch = 0; epoch < 3; epoch++) {
        int seen[COUNT] = {0}, same = 0, changes = 0;
        sc_order_set_epoch(&a, epoch);
        sc_order_set_epoch(&b, epoch);
        SC_EQ_MEMORY(a.visit, b.visit, sizeof before);
        for (int i = 0; i < COUNT; i++) {
            seen[a.visit[i]]++;
            same += epoch > 0 && a.visit[i] == before[i];
            changes += i > 0 && a.visit[i] / WINDOW != a.visit[i - 1] / WINDOW;
        }
        for (int i = 0; i < COUNT; i++) SC_EQ(seen[i], 1);
        SC_EQ(changes, COUNT / WINDOW); /* eleven pieces, each in one go */
        SC_TRUE(same < COUNT / 4);
        memcpy(before, a.visit, sizeof before);
    }
    SC_OK(&env, sc_order_set_window(&a, COUNT, 0)); /* as large as all: as without */
    SC_OK(&env, sc_order_set_window(&b, 0, 0));
    SC_EQ_MEMORY(a.visit, b.visit, sizeof before);
    sc_order_free(&a);
    sc_order_free(&b);
}

Test(order, a_tail_is_set_aside) {
    sc_env env;
    sc_split split;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_split_create(&split, &env, 10, &(sc_split_options){.tail = 3}));
    SC_EQ(split.train_count, 7);
    SC_EQ(split.validation_count, 3);
    for (uint32_t i = 0; i < 3; i++) SC_EQ(split.validation[i], 7 + i);
    sc_split_free(&split, &env);
}

/* Of n draws from n members a share of 1/e is left out; every place has every member alike, and a
 * copy draws the same. */
Test(order, with_replacement) {
    enum { COUNT = 6000 };
    sc_env env;
    sc_order a, b;
    uint32_t members[COUNT], before[COUNT];
    int absent = 0, same = 0;
    unsigned char seen[COUNT] = {0};
    double sum = 0;
    sc_env_init(&env, NULL, NULL);
    for (uint32_t i = 0; i < COUNT; i++) members[i] = 10 * i;
    SC_OK(&env, sc_order_init(&a, &env, members, COUNT, 1, true));
    sc_order_replace(&a, 0);
    memcpy(before, a.visit, sizeof before);
    SC_OK(&env, sc_order_copy(&b, &a));
    sc_order_set_epoch(&a, 4);
    sc_order_set_epoch(&b, 4);
    SC_EQ_MEMORY(a.visit, b.visit, sizeof before);
    for (int i = 0; i < COUNT; i++) {
        SC_TRUE(a.visit[i] % 10 == 0 && a.visit[i] / 10 < COUNT);
        seen[a.visit[i] / 10] = 1;
        sum += a.visit[i] / 10;
        same += a.visit[i] == before[i];
    }
    for (int i = 0; i < COUNT; i++) absent += !seen[i];
    SC_NEAR((double)absent / COUNT, 1 / 2.718281828, 0.02);
    SC_NEAR(sum / COUNT, COUNT / 2.0, 5 * COUNT / sqrt(12.0 * COUNT));
    SC_TRUE(same < 10);
    sc_order_free(&a);
    sc_order_free(&b);
}
