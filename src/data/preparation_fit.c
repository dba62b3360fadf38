/* SPDX-License-Identifier: Apache-2.0 */
/* Learns a preparation from a table: the kinds of columns by looking, classes and categories of all
 * rows, and numbers of the rows that are trained on. */
#include "data/preparation.h"
#include "io/quote.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct fitting {
    sc_env *env;
    const sc_frame *frame;
    const sc_prepare_options *options;
    sc_preparation *out;
    sc_split split;
    double *number; /* the values of a column that are trained on */
    size_t numbers;
} fitting;

static bool is(const char *word, const char *other) {
    return word && strcmp(word, other) == 0;
}

static const sc_column_wish *wish_of(const fitting *fit, const char *name) {
    static const sc_column_wish none = {0};
    for (size_t i = 0; i < fit->options->columns; i++)
        if (is(fit->options->column[i].name, name)) return &fit->options->column[i];
    return &none;
}

static const char *first_of(const char *a, const char *b, const char *standard) {
    return a ? a : b ? b : standard;
}

static bool is_input(const fitting *fit, const char *name) {
    const sc_prepare_options *options = fit->options;
    if (sc_names_have(&options->targets, name) || sc_names_have(&options->ignored, name))
        return false;
    return !options->features.count || sc_names_have(&options->features, name);
}

/* ---- Kinds ---- */

static bool few_whole(const sc_look *look) {
    enum { MOST = 100 };
    return look->whole == look->values && look->distincts <= MOST &&
           look->distincts * 2 <= look->values;
}

static bool has_decimal_comma(const fitting *fit, const char *cell) {
    double number;
    return fit->frame->decimal != ',' && strchr(cell, ',') && sc_cell_number(&number, cell, ',');
}

static socle_status fail_comma(const fitting *fit, size_t row, size_t column,
                               const char *else_say) {
    return sc_frame_fail(fit->frame, row, column,
                         "'%s' is no number; if the comma is a decimal one, say decimal: \",\"%s",
                         sc_quote(sc_frame_cell(fit->frame, row, column)).text, else_say);
}

/* Numbers that are written with a comma are no categories: nearly all of a column are numbers once
 * the comma is a decimal one. */
static socle_status check_commas(const fitting *fit, size_t column, const sc_look *look) {
    const sc_frame *frame = fit->frame;
    size_t numbers = look->numbers, first = frame->rows;
    for (size_t r = frame->rows; r-- > 0;) {
        if (!has_decimal_comma(fit, sc_frame_cell(frame, r, column))) continue;
        numbers++;
        first = r;
    }
    if (first == frame->rows || numbers * 10 < look->values * 9) return SOCLE_OK;
    return fail_comma(fit, first, column, ", else columns: [{name: ..., kind: categorical}]");
}

/* Text beside numbers is most likely a slip, and not a category. */
static socle_status check_numbers(const fitting *fit, size_t column, const sc_look *look) {
    if (look->numbers == look->values) return SOCLE_OK;
    const char *cell = sc_frame_cell(fit->frame, look->odd, column);
    if (has_decimal_comma(fit, cell)) return fail_comma(fit, look->odd, column, "");
    return sc_frame_fail(
        fit->frame, look->odd, column,
        "'%s' is no number, and %zu other cells of the column are; correct it, or say "
        "columns: [{name: ..., kind: categorical}]",
        sc_quote(cell).text, look->numbers);
}

static socle_status check_categories(const fitting *fit, size_t column, const sc_look *look,
                                     bool said) {
    enum { FEW = 20 };
    bool names = !said && look->distincts > FEW && look->distincts * 2 > look->values;
    if (!names && look->distincts <= SC_CATEGORIES) return SOCLE_OK;
    return sc_frame_fail(fit->frame, 0, column,
                         "has %zu different texts in %zu rows, which are no categories%s: leave "
                         "the column out with ignore%s",
                         look->distincts, look->values, names ? "" : " (there may be 1000)",
                         names ? ", or say columns: [{name: ..., kind: categorical}]" : "");
}

static socle_status settle_kind(const fitting *fit, sc_field *field, size_t column,
                                const sc_look *look) {
    const char *said = wish_of(fit, field->name)->kind;
    sc_task task = fit->options->task;
    double value;
    field->kind = said ? said : sc_look_kind(look);
    bool classes = task == SC_TASK_CLASSES || (task == SC_TASK_FOUND && few_whole(look));
    if (!said && is(field->kind, "categorical")) SC_TRY(check_commas(fit, column, look));
    if (!said && field->target && is(field->kind, "numeric") && classes &&
        look->whole == look->values)
        field->kind = "categorical";
    if (!said && field->target && task == SC_TASK_VALUES && is(field->kind, "categorical"))
        return sc_frame_fail(fit->frame, look->odd, column,
                             "'%s' is no number, and the loss compares with numbers",
                             sc_quote(sc_frame_cell(fit->frame, look->odd, column)).text);
    if (is(field->kind, "numeric")) return check_numbers(fit, column, look);
    if (is(field->kind, "categorical")) return check_categories(fit, column, look, said);
    for (size_t r = 0; r < fit->frame->rows; r++) {
        const char *cell = sc_frame_cell(fit->frame, r, column);
        if (!sc_cell_is_missing(cell) && !sc_cell_date(&value, cell))
            return sc_frame_fail(fit->frame, r, column,
                                 "'%s' is no day as 2024-02-29 or 29.2.2024 are",
                                 sc_quote(cell).text);
    }
    return SOCLE_OK;
}

/* ---- What is learnt of numbers ---- */

static void collect(fitting *fit, const sc_field *field, size_t column) {
    fit->numbers = 0;
    for (uint32_t i = 0; i < fit->split.train_count; i++) {
        const char *cell = sc_frame_cell(fit->frame, fit->split.train[i], column);
        double value;
        if (sc_cell_is_missing(cell)) continue;
        if (is(field->kind, "date") ? sc_cell_date(&value, cell)
                                    : sc_cell_number(&value, cell, fit->frame->decimal))
            fit->number[fit->numbers++] = value;
    }
}

/* What the first sum lost by rounding is added behind it. */
static double mean_of(const double *number, size_t count) {
    double sum = 0, rest = 0;
    for (size_t i = 0; i < count; i++) sum += number[i];
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) rest += number[i] - mean;
    return mean + rest / (double)count;
}

/* Of all values, as of a population: divided by their number. */
static double deviation_of(const double *number, size_t count, double mean) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (number[i] - mean) * (number[i] - mean) / (double)count;
    return sqrt(sum);
}

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double most_frequent(const double *sorted, size_t count) {
    size_t best = 0, most = 0, same = 0;
    for (size_t i = 0; i < count; i++) {
        same = i && sorted[i] == sorted[i - 1] ? same + 1 : 1;
        if (same > most) most = same, best = i;
    }
    return sorted[best];
}

static double fill_of(const double *sorted, size_t count, const char *way, double mean) {
    if (is(way, "median")) return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    return is(way, "most_frequent") ? most_frequent(sorted, count) : mean;
}

/* A column of one value has no spread to divide by, and one below the normal numbers has too few
 * digits. */
static double or_one(double spread) {
    return spread >= DBL_MIN && isfinite(spread) ? spread : 1;
}

static socle_status learn_numbers(fitting *fit, sc_field *field, size_t column, const char *scale) {
    collect(fit, field, column);
    if (!fit->numbers)
        return sc_fail(fit->env, SOCLE_STATUS_DATA,
                       "%s: column %zu '%s' has no value in the rows that are trained on; leave it "
                       "out with ignore",
                       fit->frame->label, column + 1, sc_quote(field->name).text);
    double mean = mean_of(fit->number, fit->numbers),
           deviation = deviation_of(fit->number, fit->numbers, mean);
    qsort(fit->number, fit->numbers, sizeof *fit->number, compare_numbers);
    double least = fit->number[0], most = fit->number[fit->numbers - 1];
    field->fill = fill_of(fit->number, fit->numbers, field->missing, mean);
    field->scale = 1;
    if (is(scale, "standardise")) {
        field->centre = mean;
        field->scale = least < most ? or_one(deviation) : 1;
    } else if (is(scale, "min_max")) {
        field->centre = least;
        field->scale = or_one(most - least);
    }
    if (isfinite(field->fill) && isfinite(field->centre)) return SOCLE_OK;
    return sc_fail(fit->env, SOCLE_STATUS_DATA,
                   "%s: column %zu '%s' has numbers so large that they have no mean",
                   fit->frame->label, column + 1, sc_quote(field->name).text);
}

/* ---- Categories ---- */

static int compare_cells(const void *a, const void *b) {
    return sc_cell_compare(*(const char *const *)a, *(const char *const *)b);
}

static socle_status learn_categories(fitting *fit, sc_field *field, size_t column,
                                     const sc_look *look) {
    sc_arena *arena = fit->out->arena;
    size_t *seen, most = 0;
    field->categories = look->distincts;
    SC_TRY(sc_arena_allocate(arena, &field->category, look->distincts, sizeof *field->category));
    for (size_t i = 0; i < look->distincts; i++)
        SC_TRY(sc_arena_string(arena, &field->category[i], look->distinct[i]));
    field->scale = 1;
    if (is(field->missing, "category")) field->fill = (double)look->distincts;
    if (is(field->missing, "category") || is(field->missing, "refuse")) return SOCLE_OK;
    SC_TRY(sc_allocate(fit->env, &seen, look->distincts, sizeof *seen));
    for (uint32_t i = 0; i < fit->split.train_count; i++) {
        const char *cell = sc_frame_cell(fit->frame, fit->split.train[i], column);
        if (sc_cell_is_missing(cell)) continue;
        const char **at = bsearch(&cell, field->category, field->categories,
                                  sizeof *field->category, compare_cells);
        if (at) seen[at - field->category]++;
    }
    for (size_t i = 1; i < look->distincts; i++)
        if (seen[i] > seen[most]) most = i;
    field->fill = (double)most;
    sc_release(fit->env, seen);
    return SOCLE_OK;
}

/* ---- Columns ---- */

static socle_status check_missing(const fitting *fit, const sc_field *field, size_t column,
                                  const sc_look *look) {
    if (!look->values)
        return sc_fail(fit->env, SOCLE_STATUS_DATA,
                       "%s: column %zu '%s' has no value in any of %zu rows%s", fit->frame->label,
                       column + 1, sc_quote(field->name).text, fit->frame->rows,
                       field->target ? "" : "; leave it out with ignore");
    if (!look->missing || !is(field->missing, "refuse")) return SOCLE_OK;
    size_t row = 0;
    while (!sc_cell_is_missing(sc_frame_cell(fit->frame, row, column))) row++;
    const char *cell = sc_frame_cell(fit->frame, row, column);
    return sc_frame_fail(
        fit->frame, row, column, "has no value%s%s%s (%zu of %zu rows)%s", cell[0] ? " ('" : "",
        sc_quote(cell).text, cell[0] ? "')" : "", look->missing, fit->frame->rows,
        field->target
            ? "; a target must have one: leave these rows out"
            : "; say what takes its place: missing: mean, median, most_frequent or category");
}

static socle_status check_classes(const fitting *fit, const sc_field *field, size_t column) {
    if (!field->target || !field->categories) return SOCLE_OK;
    if (field->categories == 1)
        return sc_fail(fit->env, SOCLE_STATUS_DATA,
                       "%s: column %zu '%s' has one class only, '%s': there is nothing to tell "
                       "apart",
                       fit->frame->label, column + 1, sc_quote(field->name).text,
                       sc_quote(field->category[0]).text);
    if (fit->options->targets.count == 1) return SOCLE_OK;
    return sc_fail(fit->env, SOCLE_STATUS_DATA,
                   "%s: column %zu '%s' is of classes; of several targets all must be numbers",
                   fit->frame->label, column + 1, sc_quote(field->name).text);
}

static socle_status fit_look(fitting *fit, sc_field *field, size_t column, const sc_look *look) {
    const sc_column_wish *wish = wish_of(fit, field->name);
    const sc_prepare_options *options = fit->options;
    field->missing = field->target ? "refuse" : first_of(wish->missing, options->missing, "refuse");
    SC_TRY(check_missing(fit, field, column, look));
    SC_TRY(settle_kind(fit, field, column, look));
    if (is(field->kind, "categorical")) {
        SC_TRY(learn_categories(fit, field, column, look));
        if (!field->target) field->encode = first_of(wish->encode, options->encode, "one_hot");
    } else
        SC_TRY(learn_numbers(fit, field, column, first_of(wish->scale, options->scale, "none")));
    return check_classes(fit, field, column);
}

static socle_status fit_field(fitting *fit, size_t column, bool target) {
    sc_field *field = &fit->out->field[fit->out->fields++];
    sc_look look;
    field->target = target;
    SC_TRY(sc_arena_string(fit->out->arena, &field->name, sc_frame_name(fit->frame, column)));
    socle_status status = sc_frame_look(&look, fit->frame, column);
    if (status == SOCLE_OK) status = fit_look(fit, field, column, &look);
    sc_look_free(&look, fit->env);
    return status;
}

/* A column that says in every row what the target says gives the answer away. */
static void warn_of_copies(const fitting *fit, size_t target) {
    const sc_frame *frame = fit->frame;
    for (size_t c = 0; c < frame->columns; c++) {
        size_t r = 0;
        if (!is_input(fit, sc_frame_name(frame, c))) continue;
        while (r < frame->rows &&
               sc_cell_compare(sc_frame_cell(frame, r, c), sc_frame_cell(frame, r, target)) == 0)
            r++;
        if (r == frame->rows)
            sc_log_line(fit->env, SOCLE_LOG_WARNING,
                        "%s: the input '%s' is in every row what the target '%s' is", frame->label,
                        sc_quote(sc_frame_name(frame, c)).text,
                        sc_quote(sc_frame_name(frame, target)).text);
    }
}

static socle_status fit_all(fitting *fit) {
    const sc_frame *frame = fit->frame;
    const sc_names *targets = &fit->options->targets;
    for (size_t c = 0; c < frame->columns; c++)
        if (is_input(fit, sc_frame_name(frame, c))) SC_TRY(fit_field(fit, c, false));
    if (!sc_preparation_width(fit->out))
        return sc_fail(fit->env, SOCLE_STATUS_DATA,
                       fit->out->fields ? "%s: all inputs are embedded: leave at least one column "
                                          "to be numbers, or encode: both"
                                        : "%s: no column is left to be an input",
                       frame->label);
    for (size_t i = 0; i < targets->count; i++) {
        int64_t column = sc_frame_find(frame, targets->name[i]);
        if (column < 0) return sc_frame_fail_name(frame, targets->name[i]);
        SC_TRY(fit_field(fit, (size_t)column, true));
        warn_of_copies(fit, (size_t)column);
    }
    return SOCLE_OK;
}

static socle_status prepare(fitting *fit) {
    const sc_frame *frame = fit->frame;
    SC_TRY(sc_arena_create(&fit->out->arena, fit->env));
    SC_TRY(sc_arena_allocate(fit->out->arena, &fit->out->field,
                             frame->columns + fit->options->targets.count,
                             sizeof *fit->out->field));
    SC_TRY(sc_split_create(&fit->split, fit->env, (uint32_t)frame->rows, &fit->options->split));
    SC_TRY(sc_allocate(fit->env, &fit->number, frame->rows, sizeof *fit->number));
    return fit_all(fit);
}

socle_status sc_preparation_fit(sc_preparation *out, const sc_frame *frame,
                                const sc_prepare_options *options) {
    fitting fit = {.env = frame->env, .frame = frame, .options = options, .out = out};
    *out = (sc_preparation){.env = frame->env, .header = frame->header, .decimal = frame->decimal};
    socle_status status = prepare(&fit);
    sc_split_free(&fit.split, fit.env);
    sc_release(fit.env, fit.number);
    if (status != SOCLE_OK) sc_preparation_free(out);
    return status;
}
