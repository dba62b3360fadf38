/* SPDX-License-Identifier: Apache-2.0 */
/* What makes samples of what lies in files. Of the rows of a table: which columns are inputs and
 * targets, how cells become numbers, and what was learnt of them for that: means, spreads,
 * categories, classes. Of pictures: their size, and the names of classes. It is learnt once, of
 * what is trained on, lies in the model file as text, and is applied to any further table with
 * these columns, or picture: so a model takes raw rows, and gives classes by name and values in the
 * units of the file. Knows no network and no configuration. */
#ifndef SC_DATA_PREPARATION_H
#define SC_DATA_PREPARATION_H

#include "base/arena.h"
#include "base/option.h"
#include "data/dataset.h"
#include "data/frame.h"
#include "data/picture.h"
#include "data/split.h"
#include "data/text_tokens.h"

enum { SC_CATEGORIES = 1000 }; /* of a column at most */

/* Words: numeric, categorical, date; none, standardise, min_max; refuse, mean, median,
 * most_frequent, category; one_hot, embedding, both. */
extern const sc_word sc_field_kinds[], sc_field_scales[], sc_field_missing[], sc_field_encodings[];

typedef struct sc_field {
    const char *name;
    const char *kind;
    const char *missing; /* what takes the place of no value */
    const char *encode;  /* what categories of an input become */
    bool target;
    double fill;           /* that: a number, days since 1970, the number of a category */
    double centre, scale;  /* of numbers and dates: x becomes (x - centre) / scale */
    const char **category; /* texts, in their order; a class's number is its place */
    size_t categories;
} sc_field;

/* Samples of a text: so many tokens, and the token behind them, or behind each of them. */
typedef struct sc_token_form {
    int64_t length; /* 0: samples are of no text */
    bool each;
    sc_vocabulary vocabulary;
} sc_token_form;

/* What samples are made of. */
typedef enum sc_made_of { SC_MADE_OF_ROWS, SC_MADE_OF_PICTURES, SC_MADE_OF_TEXT } sc_made_of;

typedef struct sc_preparation {
    sc_env *env;
    sc_arena *arena;
    sc_field *field; /* inputs in the order of the file, then targets in the order of the wish */
    size_t fields;
    bool header; /* of the file */
    char decimal;
    sc_picture_form picture; /* samples are such pictures, and no rows; height 0: they are none */
    sc_token_form tokens;
} sc_preparation;

typedef struct sc_names {
    const char *const *name;
    size_t count;
} sc_names;
bool sc_names_have(const sc_names *names, const char *name);

/* What is wished of one column; NULL: as for all. */
typedef struct sc_column_wish {
    const char *name, *kind, *scale, *missing, *encode;
} sc_column_wish;

typedef enum sc_task { SC_TASK_FOUND, SC_TASK_CLASSES, SC_TASK_VALUES } sc_task;

typedef struct sc_prepare_options {
    sc_names targets, ignored, features; /* no features: all that is not one of the others */
    const sc_column_wish *column;
    size_t columns;
    const char *scale, *missing, *encode; /* of all columns; NULL: none, refuse, one_hot */
    sc_task task; /* what numbers of the target are: FOUND: classes where they are whole, at most
                     100, and each twice on average */
    sc_split_options split; /* nothing is learnt of what it sets aside */
} sc_prepare_options;

/* Categories and classes are those of all rows; everything else is learnt of the rows that are
 * trained on. Errors: DATA (file, line and column): no value where nothing may take its place, a
 * column without any, text in what is numbers else, too many categories, one class only; NOT_FOUND
 * as DATA. */
socle_status sc_preparation_fit(sc_preparation *out, const sc_frame *frame,
                                const sc_prepare_options *options);
/* Column "input" [rows, features]; for each field that is embedded a column of its name [rows, 1]
 * (i32: the number of the category); and where the table has the targets "label" (i32) or "target"
 * [rows, targets]; `targets`: it must have them. The table's other columns are passed over. Errors:
 * DATA (file, line and column): a column that is missing, a category that was not learnt, no number
 * where one must be. */
socle_status sc_preparation_apply(sc_dataset **out, const sc_preparation *preparation,
                                  const sc_frame *frame, bool targets);
/* Samples are pictures of this form, and classes, if there are any, have these names, in order. */
socle_status sc_preparation_of_pictures(sc_preparation *out, sc_env *env,
                                        const sc_picture_form *form, const sc_names *classes);
void sc_preparation_free(sc_preparation *preparation); /* a zeroed one is fine */
sc_made_of sc_preparation_made_of(const sc_preparation *preparation);
/* Whether it makes samples of this; else an error: DATA ("a.csv: the model learnt from pictures,
 * and this is read as a table"). */
socle_status sc_preparation_check(const sc_preparation *preparation, sc_made_of what,
                                  const char *label);
/* Whether outputs of networks that learnt from them stand for the same: equally named classes,
 * tokens or columns, in the same order, of samples of the same kind. */
bool sc_preparation_answer_alike(const sc_preparation *a, const sc_preparation *b);
/* What class `number` is called; NULL: it has a number alone. */
const char *sc_preparation_class(const sc_preparation *preparation, int64_t number);

size_t sc_preparation_width(const sc_preparation *preparation); /* numbers of a sample's input */
size_t sc_field_width(const sc_field *field);                   /* of "input" */
/* Its categories are an input by number, of which there are as many; 0: they are not. */
size_t sc_field_vocabulary(const sc_field *field);
size_t sc_preparation_targets(const sc_preparation *preparation);
/* The i-th target; and the one whose categories are the classes, NULL: targets are values. */
const sc_field *sc_preparation_target(const sc_preparation *preparation, size_t index);
const sc_field *sc_preparation_classes(const sc_preparation *preparation);

/* preparation_text.c: one line of JSON, and back. `label` stands for a path in messages. Errors of
 * reading: DATA. */
socle_status sc_preparation_text(char **out, const sc_preparation *preparation);
socle_status sc_preparation_read(sc_preparation *out, sc_env *env, const char *label,
                                 const char *text);

/* frame_look.c: what is in a column. */
typedef struct sc_look {
    size_t values, missing; /* cells with and without a value */
    size_t numbers, whole, dates;
    size_t odd;            /* the first row whose value is no number; rows: there is none */
    const char **distinct; /* values that differ; in order where they are no more than
                              SC_CATEGORIES */
    size_t distincts;
} sc_look;
socle_status sc_frame_look(sc_look *out, const sc_frame *frame, size_t column);
void sc_look_free(sc_look *look, sc_env *env);
/* Numbers rows so that those with equal cells have equal numbers; *values: how many there are. A
 * missing value is one too. *out belongs to the caller. */
socle_status sc_frame_number_values(uint32_t **out, size_t *values, const sc_frame *frame,
                                    size_t column);
/* "numeric", "date" or "categorical": what most of a column is. */
const char *sc_look_kind(const sc_look *look);

#endif
