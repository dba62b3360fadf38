/* SPDX-License-Identifier: Apache-2.0 */
/* See new_config.h: a table. Its columns are looked up: what each is, what is missing, and which
 * tell nothing of other rows. */
#include "cli/new_config.h"
#include "data/preparation.h"
#include "io/quote.h"
#include "io/record.h"

#include <string.h>

enum { MOST_CLASSES = 20, SHOWN = 6 };

/* What was found of a table. */
typedef struct found {
    const sc_frame *frame;
    sc_look *look; /* per column */
    size_t target;
    bool classes; /* the target is one of several words or a few whole numbers */
} found;

static bool is_text(const sc_look *look) {
    return strcmp(sc_look_kind(look), "categorical") == 0;
}

/* Nearly every row has another text: a name, a number of a ticket. */
static bool tells_nothing(const sc_look *look) {
    return !look->values || (is_text(look) && (look->distincts > SC_CATEGORIES ||
                                               2 * look->distincts > look->values));
}

static socle_status find_target(found *f, const sc_new_wish *wish) {
    const int64_t at =
        wish->target ? sc_frame_find(f->frame, wish->target) : (int64_t)f->frame->columns - 1;
    if (at < 0) return sc_frame_fail_name(f->frame, wish->target);
    const sc_look *look = &f->look[at];
    f->target = (size_t)at;
    f->classes = is_text(look) || (look->whole == look->values && look->distincts <= MOST_CLASSES &&
                                   look->values >= 2 * look->distincts);
    if (!tells_nothing(look) && look->distincts > 1) return SOCLE_OK;
    return sc_fail(&wish->cli->env, SOCLE_STATUS_DATA,
                   "%s: the column '%s' cannot be learnt: %s; name another one by --target",
                   f->frame->label, sc_quote(sc_frame_name(f->frame, f->target)).text,
                   look->distincts > 1 ? "nearly every row has another text" : "it never differs");
}

static void describe_column(sc_text *out, const found *f, size_t column) {
    const sc_look *look = &f->look[column];
    const char *kind = look->values ? sc_look_kind(look) : "empty";
    sc_text_add(out, "#   %s: %s", sc_quote(sc_frame_name(f->frame, column)).text, kind);
    for (size_t i = 0; is_text(look) && !tells_nothing(look) && i < look->distincts; i++) {
        if (i == SHOWN) {
            sc_text_add(out, " and %zu more", look->distincts - SHOWN);
            break;
        }
        sc_text_add(out, "%s%s", i ? ", " : " (", sc_quote(look->distinct[i]).text);
    }
    if (is_text(look) && !tells_nothing(look)) sc_text_add(out, ")");
    if (!is_text(look) && look->values) sc_text_add(out, ", %zu different values", look->distincts);
    if (look->missing) sc_text_add(out, ", %zu missing", look->missing);
    if (column == f->target) sc_text_add(out, ": what is predicted");
    if (column != f->target && tells_nothing(look))
        sc_text_add(out, ": left out, nearly every row has another one");
    sc_text_add(out, "\n");
}

static void write_names(sc_text *out, const found *f) {
    int count = 0;
    for (size_t c = 0; c < f->frame->columns; c++) {
        if (c == f->target || !tells_nothing(&f->look[c])) continue;
        sc_text_add(out, count++ ? ", " : ", ignore: [");
        sc_new_quote(out, sc_frame_name(f->frame, c));
    }
    if (count) sc_text_add(out, "]");
}

/* What takes the place of no value, where an input misses some. */
static const char *filling(const found *f) {
    const char *out = NULL;
    for (size_t c = 0; c < f->frame->columns; c++) {
        const sc_look *look = &f->look[c];
        if (c == f->target || !look->missing || tells_nothing(look)) continue;
        if (is_text(look)) return "most_frequent";
        out = "median";
    }
    return out;
}

static void write_data(sc_text *out, const found *f, const sc_new_wish *wish) {
    const char *fill = filling(f);
    sc_text_add(out, "data:\n  train: {csv: ");
    sc_new_path(out, wish->data);
    sc_text_add(out, ", target: ");
    sc_new_quote(out, sc_frame_name(f->frame, f->target));
    sc_text_add(out, ", standardise: true");
    if (f->frame->decimal == ',') sc_text_add(out, ", decimal: \",\"");
    write_names(out, f);
    if (fill) sc_text_add(out, ", missing: %s", fill);
    if (f->classes && !is_text(&f->look[f->target])) {
        sc_text_add(out, ", columns: [{name: ");
        sc_new_quote(out, sc_frame_name(f->frame, f->target));
        sc_text_add(out, ", kind: categorical}]");
    }
    sc_text_add(out, "}\n");
}

static void write_all(sc_text *out, const found *f, const sc_new_wish *wish) {
    const sc_frame *frame = f->frame;
    sc_text_add(out, "# A network for the table %s: %zu rows of\n", sc_quote(wish->data).text,
                frame->rows);
    for (size_t c = 0; c < frame->columns; c++) describe_column(out, f, c);
    write_data(out, f, wish);
    sc_text_add(out, "network:\n"
                     "  - dense: 32          # so many units; more can learn more, and learn by "
                     "heart\n"
                     "  - relu\n"
                     "  - dropout: 0.1       # against that: leaves out units while training\n");
    if (f->classes)
        sc_text_add(out,
                    "  - dense: %zu           # a score for each of the classes\n"
                    "loss: softmax_cross_entropy\n"
                    "metrics: [accuracy, f1]\n",
                    f->look[f->target].distincts);
    else
        sc_text_add(out, "  - dense: 1           # the value, in standard deviations of the "
                         "target; predictions are in its units\n"
                         "loss: mean_squared_error\n"
                         "metrics: [mae, r2]\n");
    sc_text_add(out,
                "optimizer: {adam: {lr: 0.01}}\n"
                "# a fifth is set aside and judges; the run ends when its loss no longer falls\n"
                "train: {epochs: 100, batch: 32, seed: 1, validation: 0.2, best: loss, "
                "early_stopping: 20}\n");
}

static socle_status look_up(found *f, const sc_new_wish *wish) {
    socle_status status = SOCLE_OK;
    for (size_t c = 0; status == SOCLE_OK && c < f->frame->columns; c++)
        status = sc_frame_look(&f->look[c], f->frame, c);
    return status == SOCLE_OK ? find_target(f, wish) : status;
}

socle_status sc_new_table(sc_text *out, const sc_new_wish *wish) {
    sc_env *env = &wish->cli->env;
    const sc_frame_format format = {.finds_decimal = true};
    sc_frame frame = {0};
    found f = {.frame = &frame};
    if (!wish->data) return sc_fail(env, SOCLE_STATUS_CONFIG, "which table? --data FILE.csv");
    socle_status status = sc_frame_read_csv(&frame, env, wish->data, &format);
    if (status == SOCLE_OK) status = sc_allocate(env, &f.look, frame.columns, sizeof *f.look);
    if (status == SOCLE_OK) status = look_up(&f, wish);
    if (status == SOCLE_OK) write_all(out, &f, wish);
    for (size_t c = 0; f.look && c < frame.columns; c++) sc_look_free(&f.look[c], env);
    sc_release(env, f.look);
    sc_frame_free(&frame);
    return status == SOCLE_OK ? out->status : status;
}
