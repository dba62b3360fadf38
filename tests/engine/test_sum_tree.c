/* SPDX-License-Identifier: Apache-2.0 */
/* However a step's micro-batches are split into runs, the additions are those of one holder: the
 * trees of additions are written down symbolically and compared. It knows numbers, no devices. */
#include "sc_test.h"

#include "engine/sum_tree.h"

enum { MOST = 40, HOLDERS = 4 * SC_SUM_NODES };

/* A sum as a number that tells its shape: which two sums were added, in which order. */
static uint64_t mix(uint64_t x) {
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t leaf(int64_t number) {
    return mix((uint64_t)number + 1);
}

static uint64_t added(uint64_t earlier, uint64_t later) {
    return mix(mix(earlier + UINT64_C(0x9e3779b97f4a7c15)) ^ later * 3);
}

static void apply(uint64_t *sum, const sc_sum_merge *merge, int merges) {
    for (int m = 0; m < merges; m++)
        sum[merge[m].earlier] = added(sum[merge[m].earlier], sum[merge[m].later]);
}

static int highest;

/* Micro-batches first .. end - 1 by one holder. The nodes that are left get holders from *next on,
 * as they would in host memory. */
static void add_run(sc_sum_tree *all, uint64_t *total, int *next, int64_t first, int64_t end) {
    sc_sum_tree own = {.nodes = 0};
    uint64_t sum[HOLDERS];
    sc_sum_merge merge[SC_SUM_NODES];
    for (int64_t i = first; i < end; i++) {
        int holder = (int)(i - first);
        sum[holder] = leaf(i);
        if (own.nodes + 1 > highest) highest = own.nodes + 1;
        apply(sum, merge, sc_sum_tree_push(&own, (sc_sum_node){0, i, holder}, merge));
    }
    for (int n = 0; n < own.nodes; n++) {
        total[*next] = sum[own.node[n].holder];
        own.node[n].holder = (*next)++;
        apply(total, merge, sc_sum_tree_push(all, own.node[n], merge));
    }
}

/* The sum of a step split at `end[0] <= end[1] ...`; the last one is the number of micro-batches.
 */
static uint64_t sum_of(const int64_t *end, int runs) {
    sc_sum_tree all = {.nodes = 0};
    uint64_t total[HOLDERS];
    sc_sum_merge merge[SC_SUM_NODES];
    int next = 0;
    for (int r = 0; r < runs; r++) add_run(&all, total, &next, r ? end[r - 1] : 0, end[r]);
    apply(total, merge, sc_sum_tree_join(&all, merge));
    SC_EQ(all.nodes, 1);
    SC_EQ(all.node[0].holder, 0);
    return total[0];
}

Test(sum_tree, one_holder_adds_as_the_picture_says) {
    uint64_t pair01 = added(leaf(0), leaf(1)), pair23 = added(leaf(2), leaf(3)),
             four = added(pair01, pair23);
    SC_EQ_U64(sum_of((int64_t[]){1}, 1), leaf(0));
    SC_EQ_U64(sum_of((int64_t[]){3}, 1), added(pair01, leaf(2)));
    SC_EQ_U64(sum_of((int64_t[]){5}, 1), added(four, leaf(4)));
    SC_EQ_U64(sum_of((int64_t[]){7}, 1), added(four, added(added(leaf(4), leaf(5)), leaf(6))));
}

Test(sum_tree, every_split_into_two) {
    for (int64_t count = 1; count <= MOST; count++) {
        uint64_t whole = sum_of(&count, 1);
        for (int64_t at = 0; at <= count; at++) {
            SC_REPRO("%" PRId64 " micro-batches, split at %" PRId64, count, at);
            SC_EQ_U64(sum_of((int64_t[]){at, count}, 2), whole);
        }
    }
}

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void sort(int64_t *value, int count) {
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && value[k] < value[k - 1]; k--) {
            int64_t swapped = value[k];
            value[k] = value[k - 1];
            value[k - 1] = swapped;
        }
}

Test(sum_tree, sampled_splits_into_three_and_more) {
    uint32_t state = 1;
    for (int64_t count = 1; count <= MOST; count++) {
        uint64_t whole = sum_of(&count, 1);
        for (int sample = 0; sample < 200; sample++) {
            int64_t end[6];
            int runs = 3 + sample % 4;
            for (int r = 0; r + 1 < runs; r++)
                end[r] = (int64_t)(next_random(&state) % ((uint32_t)count + 1));
            end[runs - 1] = count;
            sort(end, runs - 1);
            SC_REPRO("%" PRId64 " micro-batches, %d runs, sample %d", count, runs, sample);
            SC_EQ_U64(sum_of(end, runs), whole);
        }
    }
}

/* The most nodes that any run first .. end - 1 within a step holds. */
static int most_of_any_run(int64_t count) {
    highest = 0;
    for (int64_t first = 0; first < count; first++) {
        sc_sum_tree all = {.nodes = 0};
        uint64_t total[HOLDERS];
        int next = 0;
        add_run(&all, total, &next, first, count);
    }
    return highest;
}

Test(sum_tree, most_is_a_bound_and_reached) {
    for (int64_t count = 1; count <= 200; count++) {
        SC_REPRO("%" PRId64 " micro-batches", count);
        SC_EQ(sc_sum_tree_most(count), most_of_any_run(count));
    }
}

/* Nodes that a run holds at once, without their sums. */
static int nodes_of(int64_t first, int64_t end) {
    sc_sum_tree tree = {.nodes = 0};
    sc_sum_merge merge[SC_SUM_NODES];
    int most = 0;
    for (int64_t i = first; i < end; i++) {
        if (tree.nodes + 1 > most) most = tree.nodes + 1;
        sc_sum_tree_push(&tree, (sc_sum_node){0, i, 0}, merge);
    }
    return most;
}

Test(sum_tree, most_bounds_long_steps_too) {
    uint32_t state = 7;
    for (int64_t count = 1000; count < 40000; count += 1 + (int64_t)(next_random(&state) % 4000)) {
        SC_REPRO("%" PRId64 " micro-batches", count);
        int most = sc_sum_tree_most(count);
        SC_TRUE(most <= SC_SUM_NODES);
        SC_TRUE(nodes_of(0, count) <= most);
        for (int sample = 0; sample < 8; sample++) {
            int64_t first = sample ? (int64_t)(next_random(&state) % (uint32_t)count) : 1;
            SC_TRUE(nodes_of(first, count) <= most);
        }
    }
    SC_TRUE(sc_sum_tree_most(INT32_MAX) <= SC_SUM_NODES);
}
