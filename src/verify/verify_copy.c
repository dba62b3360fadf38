/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of permute, slice, concat, pad, crop2d and reorder, in every dtype. All are exact to the
 * bit. */
#include "verify/case.h"

#include <string.h>

static void permute(sc_verify_list *list, sc_tensor_desc x, const int *order) {
    sc_verify_case test = sc_verify_case_of(SC_OP_PERMUTE, 1, 1, sc_dtype_word(x.dtype));
    test.desc.tensor[0] = x;
    memcpy(test.desc.attr.permute.order, order, (size_t)x.rank * sizeof *order);
    test.signed_zero = true;
    test.fill[0] = SC_FILL_SPECIAL;
    test.quick = true;
    list->emit(list, &test);
}

static void permutes(sc_verify_list *list) {
    static const int order[][4] = {{0, 1, 3, 2}, {0, 2, 3, 1}, {0, 3, 1, 2}, {0, 3, 2, 1},
                                   {0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 2, 3}, {2, 3, 0, 1}};
    for (int i = 0; i < 8; i++) permute(list, SC_VERIFY_TENSOR(i % 3, i < 5, 3, 5, 7, 4), order[i]);
    static const int flip[] = {1, 0}, turn[] = {0, 2, 1}, six[] = {0, 5, 3, 1, 4, 2};
    static const int64_t size[] = {1, 2, 31, 33, 65, 129};
    for (int i = 0; i < (list->small ? 2 : 6); i++) {
        permute(list, SC_VERIFY_TENSOR(SOCLE_F32, 0, size[i], 65), flip);
        permute(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 17, size[i]), turn);
        permute(list, SC_VERIFY_TENSOR(SOCLE_U8, 1, 3, size[i], 33), turn);
    }
    permute(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 2, 3, 4, 5, 2, 3), six);
    permute(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 2, 8, 2, 3, 2, 9), six); /* turned within others */
    for (int dtype = 0; dtype < 3; dtype++) /* several tiles on either side */
        permute(list, SC_VERIFY_TENSOR(dtype, 1, 2, list->small ? 35 : 70, 129), turn);
}

static void one_slice_or_pad(sc_verify_list *list, sc_op op, sc_tensor_desc large,
                             sc_tensor_desc small, const int64_t *begin) {
    sc_verify_case test = sc_verify_case_of(op, 1, 1, sc_dtype_word(large.dtype));
    bool pads = op == SC_OP_PAD;
    test.desc.tensor[0] = pads ? small : large;
    test.desc.tensor[1] = pads ? large : small;
    memcpy(pads ? test.desc.attr.pad.before : test.desc.attr.slice.begin, begin,
           (size_t)large.rank * sizeof *begin);
    test.fill[0] = SC_FILL_SPECIAL;
    test.signed_zero = true;
    test.quick = true;
    list->emit(list, &test);
}

/* Slice and pad between the same two shapes. */
static void slice_and_pad(sc_verify_list *list, sc_tensor_desc large, sc_tensor_desc small,
                          const int64_t *begin) {
    one_slice_or_pad(list, SC_OP_SLICE, large, small, begin);
    one_slice_or_pad(list, SC_OP_PAD, large, small, begin);
}

static void slices(sc_verify_list *list) {
    for (int dtype = 0; dtype < 3; dtype++) {
        slice_and_pad(list, SC_VERIFY_TENSOR(dtype, 1, 5, 33), SC_VERIFY_TENSOR(dtype, 1, 5, 17),
                      (int64_t[]){0, 11});
        slice_and_pad(list, SC_VERIFY_TENSOR(dtype, 0, 9, 4, 5),
                      SC_VERIFY_TENSOR(dtype, 0, 2, 4, 1), (int64_t[]){7, 0, 4});
        slice_and_pad(list, SC_VERIFY_TENSOR(dtype, 1, 3, 2, 8, 9),
                      SC_VERIFY_TENSOR(dtype, 1, 3, 2, 5, 6), (int64_t[]){0, 0, 2, 1});
    }
    slice_and_pad(list, SC_VERIFY_TENSOR(SOCLE_F32, 0, 65), SC_VERIFY_TENSOR(SOCLE_F32, 0, 65),
                  (int64_t[]){0});
    slice_and_pad(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 2, 3, 3, 3, 3, 3),
                  SC_VERIFY_TENSOR(SOCLE_F32, 1, 2, 1, 2, 3, 2, 1), (int64_t[]){0, 1, 0, 0, 1, 2});
}

static void concat(sc_verify_list *list, int axis, int count, const sc_tensor_desc *parts) {
    sc_verify_case test = sc_verify_case_of(SC_OP_CONCAT, count, 1, sc_dtype_word(parts[0].dtype));
    memcpy(test.desc.tensor, parts, (size_t)count * sizeof *parts);
    for (int i = 0; i < count; i++) test.fill[i] = SC_FILL_SPECIAL;
    test.desc.attr.concat.axis = axis;
    test.signed_zero = true;
    test.quick = true;
    list->emit(list, &test);
}

static void concats(sc_verify_list *list) {
    for (int dtype = 0; dtype < 3; dtype++) {
        concat(list, 1, 2,
               (sc_tensor_desc[]){SC_VERIFY_TENSOR(dtype, 1, 5, 7),
                                  SC_VERIFY_TENSOR(dtype, 1, 5, 33)});
        concat(list, 1, 3,
               (sc_tensor_desc[]){SC_VERIFY_TENSOR(dtype, 1, 3, 2, 4, 5),
                                  SC_VERIFY_TENSOR(dtype, 1, 3, 1, 4, 5),
                                  SC_VERIFY_TENSOR(dtype, 1, 3, 17, 4, 5)});
    }
    concat(list, 0, 2,
           (sc_tensor_desc[]){SC_VERIFY_TENSOR(SOCLE_F32, 0, 5, 7),
                              SC_VERIFY_TENSOR(SOCLE_F32, 0, 2, 7)});
    concat(list, 2, 2,
           (sc_tensor_desc[]){SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 7, 1),
                              SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 7, 3)});
    concat(list, 0, 1, (sc_tensor_desc[]){SC_VERIFY_TENSOR(SOCLE_F32, 0, 65)});
    sc_tensor_desc many[15];
    for (int i = 0; i < 15; i++) many[i] = SC_VERIFY_TENSOR(SOCLE_F32, 1, 2, i % 3 + 1);
    concat(list, 1, 15, many);
}

static void crop(sc_verify_list *list, sc_tensor_desc x, int64_t height, int64_t width,
                 uint8_t fill) {
    sc_verify_case test =
        sc_verify_case_of(SC_OP_CROP2D, 2, 1, fill == SC_FILL_ORIGIN ? "inside" : "far outside");
    test.desc.tensor[0] = x;
    test.desc.tensor[1] = SC_VERIFY_TENSOR(SOCLE_I32, x.rows_per_sample, x.dim[0], 3);
    test.desc.tensor[2] =
        SC_VERIFY_TENSOR(x.dtype, x.rows_per_sample, x.dim[0], x.dim[1], height, width);
    test.fill[0] = SC_FILL_SPECIAL;
    test.fill[1] = fill;
    test.signed_zero = true;
    test.quick = true;
    list->emit(list, &test);
}

/* Results smaller than the input, larger, and one of each; single rows and columns; lines longer
 * than a work-item takes. */
static void crops(sc_verify_list *list) {
    static const int64_t size[][4] = {{9, 8, 5, 6}, {5, 6, 9, 8}, {7, 5, 4, 9},
                                      {6, 7, 6, 7}, {4, 9, 7, 5}, {1, 9, 3, 1},
                                      {9, 1, 1, 4}, {1, 1, 1, 1}, {32, 32, 32, 32}};
    for (int dtype = 0; dtype < 3; dtype++)
        for (int i = 0; i < (list->small ? 4 : 9); i++) {
            const int64_t *s = size[i];
            crop(list, SC_VERIFY_TENSOR(dtype, 1, 7, 3, s[0], s[1]), s[2], s[3], SC_FILL_ORIGIN);
            crop(list, SC_VERIFY_TENSOR(dtype, 1, 12, 1 + i % 2, s[0], s[1]), s[2], s[3],
                 SC_FILL_WILD_ORIGIN);
        }
    crop(list, SC_VERIFY_TENSOR(SOCLE_U8, 0, 5, 2, 6, 5), 4, 7, SC_FILL_WILD_ORIGIN);
    if (list->small) return;
    crop(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 6, 2, 3, 2100), 2, 2051, SC_FILL_ORIGIN);
    crop(list, SC_VERIFY_TENSOR(SOCLE_U8, 1, 6, 2, 3, 1030), 4, 4099, SC_FILL_WILD_ORIGIN);
    crop(list, SC_VERIFY_TENSOR(SOCLE_U8, 1, 65, 3, 32, 32), 32, 32, SC_FILL_ORIGIN);
}

static void reorder(sc_verify_list *list, int dtype, int from, int to, int64_t channels,
                    int64_t height, int64_t width) {
    sc_verify_case test =
        sc_verify_case_of(SC_OP_REORDER, 1, 1, to == SC_LAYOUT_C16 ? "to blocks" : "from blocks");
    test.desc.tensor[0] = test.desc.tensor[1] =
        SC_VERIFY_TENSOR(dtype, 1, 3, channels, height, width);
    test.desc.tensor[0].layout = (uint8_t)from;
    test.desc.tensor[1].layout = (uint8_t)to;
    test.fill[0] = SC_FILL_SPECIAL;
    test.signed_zero = true;
    test.quick = true;
    list->emit(list, &test);
}

static void reorders(sc_verify_list *list) {
    static const int64_t channels[] = {1, 3, 16, 17, 32, 33};
    for (int i = 0; i < 6; i++) {
        reorder(list, SOCLE_F32, SC_LAYOUT_PLAIN, SC_LAYOUT_C16, channels[i], 5, 7);
        reorder(list, SOCLE_F32, SC_LAYOUT_C16, SC_LAYOUT_PLAIN, channels[i], 5, 7);
    }
    reorder(list, SOCLE_I32, SC_LAYOUT_PLAIN, SC_LAYOUT_C16, 5, 3, 1);
    reorder(list, SOCLE_I32, SC_LAYOUT_C16, SC_LAYOUT_PLAIN, 5, 3, 1);
}

/* Several rows per sample. */
static void sequences(sc_verify_list *list) {
    static const int turn[] = {0, 2, 1};
    permute(list, SC_VERIFY_TENSOR(SOCLE_F32, 4, 12, 17, 5), turn);
    slice_and_pad(list, SC_VERIFY_TENSOR(SOCLE_F32, 4, 12, 33),
                  SC_VERIFY_TENSOR(SOCLE_F32, 4, 12, 17), (int64_t[]){0, 11});
    concat(list, 1, 2,
           (sc_tensor_desc[]){SC_VERIFY_TENSOR(SOCLE_U8, 4, 12, 7),
                              SC_VERIFY_TENSOR(SOCLE_U8, 4, 12, 33)});
    crop(list, SC_VERIFY_TENSOR(SOCLE_F32, 2, 6, 2, 6, 5), 4, 7, SC_FILL_WILD_ORIGIN);
}

void sc_verify_copy_cases(sc_verify_list *list) {
    permutes(list);
    slices(list);
    concats(list);
    crops(list);
    reorders(list);
    sequences(list);
}

static void random_permute(sc_verify_list *list, uint64_t *state, sc_tensor_desc x) {
    int order[SC_MAX_RANK];
    for (int d = 0; d < x.rank; d++) order[d] = d;
    const int first = x.rows_per_sample ? 1 : 0;
    for (int d = x.rank - 1; d > first; d--) {
        int other = (int)sc_draw_between(state, first, d), held = order[d];
        order[d] = order[other];
        order[other] = held;
    }
    permute(list, x, order);
}

static void random_slice(sc_verify_list *list, uint64_t *state, sc_tensor_desc large) {
    int64_t begin[SC_MAX_RANK] = {0};
    sc_tensor_desc small = large;
    for (int d = large.rows_per_sample ? 1 : 0; d < large.rank; d++) {
        if (sc_draw_once_in(state, 3)) continue;
        small.dim[d] = sc_draw_between(state, 1, large.dim[d]);
        begin[d] = sc_draw_between(state, 0, large.dim[d] - small.dim[d]);
    }
    one_slice_or_pad(list, sc_draw_once_in(state, 2) ? SC_OP_SLICE : SC_OP_PAD, large, small,
                     begin);
}

static void random_concat(sc_verify_list *list, uint64_t *state, sc_tensor_desc x) {
    sc_tensor_desc part[8] = {x};
    int axis = (int)sc_draw_between(state, x.rows_per_sample ? 1 : 0, x.rank - 1);
    int count = (int)sc_draw_between(state, 1, 8);
    for (int i = 0; i < count; i++) {
        part[i] = x;
        part[i].dim[axis] = sc_draw_between(state, 1, x.dim[axis]);
    }
    concat(list, axis, count, part);
}

void sc_verify_copy_random(sc_verify_list *list, sc_draw *draw) {
    uint64_t *state = &draw->row;
    int64_t size[SC_MAX_RANK], kind = sc_draw_below(state, 6);
    bool rows = !sc_draw_once_in(state, 4), four = kind > 3;
    int dtype = (int)sc_draw_below(state, 3);
    int rank = four ? 4 : (int)sc_draw_between(state, rows ? 2 : 1, SC_MAX_RANK);
    sc_draw_sizes(state, rank, size, 1 << 11);
    sc_tensor_desc x = sc_verify_tensor(dtype, rows, rank, size);
    bool blocks = sc_draw_once_in(state, 2);
    if (kind == 0)
        random_permute(list, state, x);
    else if (kind == 1 || kind == 2)
        random_slice(list, state, x);
    else if (kind == 3)
        random_concat(list, state, x);
    else if (kind == 4)
        crop(list, x, sc_draw_size(state, 40), sc_draw_size(state, 70),
             sc_draw_once_in(state, 2) ? SC_FILL_ORIGIN : SC_FILL_WILD_ORIGIN);
    else
        reorder(list, dtype, blocks ? SC_LAYOUT_PLAIN : SC_LAYOUT_C16,
                blocks ? SC_LAYOUT_C16 : SC_LAYOUT_PLAIN, size[1], size[2], size[3]);
}
