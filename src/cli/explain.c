/* SPDX-License-Identifier: Apache-2.0 */
/* See explain.h. */
#include "cli/explain.h"
#include "nn/layer.h"
#include "nn/metric.h"
#include "op/expr_parse.h"
#include "train/schedule.h"

#include <ctype.h>
#include <string.h>

typedef bool each_row(void *user, const sc_explained *what);

static bool each_activation(each_row *each, void *user) {
    const sc_option *words =
        sc_option_naming(&sc_layer_kind_find("relu", &(sc_layer_options){0})->record);
    for (const sc_word *word = words->words; word->word; word++) {
        const sc_record *record = sc_activation_record(word->word);
        const bool computed = !record->derivative;
        sc_explained what = {"activation", record, record->formula, computed ? "x" : NULL,
                             computed ? "x" : NULL};
        if (each(user, &what)) return true;
    }
    return false;
}

/* Activations with options are layer kinds too. */
static bool each_layer(each_row *each, void *user) {
    for (const sc_record *const *record = sc_layer_family.record; *record; record++) {
        sc_explained what = {"layer", *record, (*record)->formula, NULL, NULL};
        if (!sc_activation_record((*record)->word) && each(user, &what)) return true;
    }
    return false;
}

/* A formula of each class is for probabilities; of a label there is the record's. */
static bool each_loss(each_row *each, void *user) {
    for (const sc_record *const *record = sc_loss_family.record; *record; record++) {
        const sc_loss_kind *kind = (const sc_loss_kind *)(const void *)*record;
        const bool classes = kind->classes || kind->shares;
        sc_explained what = {"loss", *record, (*record)->formula, NULL, NULL};
        if (!(*record)->derivative) {
            what.formula = kind->formula;
            what.names = classes                            ? "log_probability target classes"
                         : !kind->second                    ? "prediction target"
                         : strcmp(kind->second, "variance") ? "prediction target spread"
                                                            : "prediction target variance";
            what.by = classes ? "log_probability" : "prediction";
        }
        if (each(user, &what)) return true;
    }
    return false;
}

static bool each_optimizer(each_row *each, void *user) {
    for (const sc_record *const *record = sc_optimizer_family.record; *record; record++) {
        const sc_optimizer_kind *kind = (const sc_optimizer_kind *)(const void *)*record;
        sc_explained what = {"optimizer", *record, kind->update ? kind->update : (*record)->formula,
                             NULL, NULL};
        if (each(user, &what)) return true;
    }
    return false;
}

static bool each_schedule(each_row *each, void *user) {
    for (const sc_record *const *record = sc_schedule_family.record; *record; record++) {
        const char *formula = sc_schedule_formula(*record);
        sc_explained what = {"schedule", *record, formula ? formula : (*record)->formula, NULL,
                             NULL};
        if (each(user, &what)) return true;
    }
    return false;
}

static bool each_metric(each_row *each, void *user) {
    for (int i = 0; sc_metric_at(i); i++) {
        const sc_metric_kind *kind = sc_metric_at(i);
        sc_explained what = {"metric", &kind->record,
                             kind->formula ? kind->formula : kind->record.formula, NULL, NULL};
        if (each(user, &what)) return true;
    }
    return false;
}

void sc_explain_each(each_row *each, void *user) {
    static bool (*const tables[])(each_row * each, void *user) = {
        each_layer, each_activation, each_loss, each_optimizer, each_schedule, each_metric};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (tables[i](each, user)) return;
}

enum { MOST_NAMES = 8 };

/* Names of the formula and then of the options that it may read, in one text and one by one. */
typedef struct naming {
    char text[MOST_NAMES * (SC_FORMULA_WORD + 1)];
    size_t length; /* of the text */
    const char *name[SC_EXPR_INPUTS];
    char copy[SC_EXPR_INPUTS][SC_FORMULA_WORD];
    int count;
} naming;

static void add_name(naming *out, const char *word, size_t length) {
    if (out->count == MOST_NAMES || length >= SC_FORMULA_WORD) return;
    memcpy(out->copy[out->count], word, length);
    out->copy[out->count][length] = '\0';
    out->name[out->count] = out->copy[out->count];
    snprintf(out->text + out->length, sizeof out->text - out->length, "%.*s ", (int)length, word);
    out->length += length + 1;
    out->count++;
}

static void name_inputs(naming *out, const sc_explained *what) {
    *out = (naming){.count = 0};
    for (const char *at = what->names; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        add_name(out, at, length);
        at += length;
    }
    for (int i = 0; i < what->record->count; i++)
        if (what->record->options[i].type == SC_OPTION_FLOAT)
            add_name(out, what->record->options[i].key, strlen(what->record->options[i].key));
}

socle_status sc_explain_derivative(sc_text *out, const sc_explained *what) {
    naming names;
    sc_expr value, slope;
    if (what->record->derivative) sc_text_add(out, "%s", what->record->derivative);
    if (what->record->derivative || !what->names || !what->formula) return out->status;
    name_inputs(&names, what);
    SC_TRY(sc_expr_read(out->env, &value, what->formula, names.text));
    for (int i = 0; i < names.count; i++) {
        if (strcmp(names.name[i], what->by) != 0) continue;
        sc_expr_input(&value, i, SC_EXPR_FLOAT);
        sc_expr_prune(&value);
        SC_TRY(sc_expr_derivative(out->env, &slope, &value, i));
        if (strcmp(what->by, "x") != 0) sc_text_add(out, "by %s: ", what->by);
        SC_TRY(sc_expr_formula(out, &slope, names.name));
    }
    return out->status;
}

/* "(Huber 1964, torch HuberLoss)": a year is in it. */
static bool has_year(const char *text, size_t length) {
    for (size_t i = 0; i + 4 <= length; i++)
        if ((text[i] == '1' || text[i] == '2') && strspn(text + i, "0123456789") == 4) return true;
    return false;
}

void sc_explain_source(sc_text *out, const sc_explained *what) {
    if (what->record->source) sc_text_add(out, "%s", what->record->source);
    for (const char *at = what->record->help; !what->record->source && (at = strchr(at, '('));
         at++) {
        size_t length = strcspn(at + 1, ")");
        if (!has_year(at + 1, length)) continue;
        sc_text_add_bytes(out, at + 1, length);
        return;
    }
}
