/* SPDX-License-Identifier: Apache-2.0 */
/* See shapes.h. */
#include "tune/shapes.h"

#include "bench/cases.h"
#include "tune/attempt.h"

#include <string.h>

static bool is_there(sc_tune_shapes *shapes, const sc_op_desc *desc, const char *name) {
    for (int i = 0; i < shapes->count; i++) {
        sc_tune_shape *shape = shapes->shape[i];
        if (shape->desc.op != desc->op || strcmp(shape->name, name) != 0) continue;
        shape->launches++;
        return true;
    }
    return false;
}

static socle_status make_room(sc_tune_shapes *shapes) {
    if (shapes->count < shapes->room) return SOCLE_OK;
    int room = shapes->room ? 2 * shapes->room : 16;
    sc_tune_shape **larger;
    SC_TRY(sc_allocate(shapes->env, &larger, (size_t)room, sizeof *larger));
    if (shapes->count) memcpy(larger, shapes->shape, (size_t)shapes->count * sizeof *larger);
    sc_release(shapes->env, shapes->shape);
    shapes->shape = larger;
    shapes->room = room;
    return SOCLE_OK;
}

static socle_status append(sc_tune_shapes *shapes, const sc_op_desc *desc, const char *name) {
    sc_tune_shape *shape;
    SC_TRY(make_room(shapes));
    SC_TRY(sc_allocate(shapes->env, &shape, 1, sizeof *shape));
    socle_status status = sc_copy_string(shapes->env, &shape->name, name);
    if (status != SOCLE_OK) {
        sc_release(shapes->env, shape);
        return status;
    }
    shape->desc = *desc;
    shape->launches = 1;
    if (desc->expr) {
        shape->expr = *desc->expr;
        shape->desc.expr = &shape->expr;
    }
    if (desc->tail) {
        shape->tail = *desc->tail;
        shape->desc.tail = &shape->tail;
    }
    shapes->shape[shapes->count++] = shape;
    return SOCLE_OK;
}

void sc_tune_shapes_add(void *user, const sc_op_desc *desc) {
    sc_tune_shapes *shapes = user;
    sc_text name;
    if (shapes->status != SOCLE_OK || !sc_tune_takes(desc)) return;
    sc_text_init(&name, shapes->env);
    sc_op_class(&name, desc);
    shapes->status = name.status;
    if (shapes->status == SOCLE_OK && !is_there(shapes, desc, name.data))
        shapes->status = append(shapes, desc, name.data);
    sc_text_free(&name);
}

void sc_tune_shapes_standard(sc_tune_shapes *shapes, const char *word) {
    sc_bench_case test;
    bool there = true;
    for (int number = 0; there && shapes->status == SOCLE_OK; number++) {
        shapes->status = sc_bench_case_at(shapes->env, number, &test, &there);
        if (shapes->status != SOCLE_OK || !there) return;
        if (!word || strcmp(word, sc_op_word(test.desc.op)) == 0)
            sc_tune_shapes_add(shapes, &test.desc);
    }
}

void sc_tune_shapes_free(sc_tune_shapes *shapes) {
    for (int i = 0; i < shapes->count; i++) {
        sc_release(shapes->env, shapes->shape[i]->name);
        sc_release(shapes->env, shapes->shape[i]);
    }
    sc_release(shapes->env, shapes->shape);
    shapes->shape = NULL;
    shapes->count = shapes->room = 0;
}
