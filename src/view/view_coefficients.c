/* SPDX-License-Identifier: Apache-2.0 */
/* The weights of linear models over the strength of their penalty: with l2 (ridge) all of them
 * shrink, with l1 (lasso) one after the other becomes 0. A run per strength. */
#include "run/run_place.h"
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WEIGHTS = 21 /* as colours and dashes tell apart */, PANELS = 3, SYMBOLS = 5 };

/* Parts of a panel's height between two names, and of its width: for a letter of a name, around
 * names, for all of them at most, and right of the last run. */
#define LEAST_APART 0.065
#define CHARACTER 0.018
#define GAP 0.06
#define MOST_ROOM 0.3
#define RIGHT 0.03

/* Which penalty a run has. */
typedef enum penalty { RIDGE, LASSO, ELASTIC_NET, NONE } penalty;

typedef struct point {
    penalty penalty;
    double strength; /* l1 + l2 */
    double weight[MOST_WEIGHTS];
} point;

typedef struct path {
    const sc_view_request *request;
    int weights;
    sc_view_input input[MOST_WEIGHTS]; /* of the first run */
    point *point;                      /* one per run, sorted */
} path;

static int compare(const void *left, const void *right) {
    const point *a = left, *b = right;
    if (a->penalty != b->penalty) return a->penalty < b->penalty ? -1 : 1;
    return a->strength < b->strength ? -1 : a->strength > b->strength;
}

static socle_status read_penalty(point *out, sc_env *env, const char *run) {
    char *file;
    sc_config *config;
    double l1 = 0, l2 = 0;
    SC_TRY(sc_view_is_run(env, run));
    SC_TRY(sc_run_file(&file, env, run, SC_RUN_CONFIG));
    socle_status status = sc_config_load(&config, env, file);
    sc_release(env, file);
    if (status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    SC_TRY(status);
    const json_t *penalty = sc_config_find(config, "train.penalty");
    status = sc_config_get_number(&l1, config, penalty, "l1", 0, 1e6);
    if (status == SOCLE_OK) status = sc_config_get_number(&l2, config, penalty, "l2", 0, 1e6);
    sc_config_destroy(config);
    out->strength = l1 + l2;
    out->penalty = l1 > 0 && l2 > 0 ? ELASTIC_NET : l1 > 0 ? LASSO : l2 > 0 ? RIDGE : NONE;
    return status;
}

/* A dense layer of one unit that reads the input. */
static const sc_layer *linear_layer(const sc_net *net) {
    const sc_layer *layer = net->layers ? &net->layer[net->layers - 1] : NULL;
    for (size_t l = 0; l + 1 < net->layers; l++)
        if (net->layer[l].parameters) return NULL;
    if (!layer || net->inputs != 1 || strcmp(layer->kind->record.word, "dense") != 0 ||
        layer->options.units != 1)
        return NULL;
    return layer;
}

static socle_status read_run(path *path, int run) {
    sc_view_model model;
    point *point = &path->point[run];
    SC_TRY(read_penalty(point, path->request->env, path->request->run[run]));
    SC_TRY(sc_view_model_open(&model, path->request, run));
    socle_status status = SOCLE_OK;
    const sc_layer *layer = linear_layer(model.net);
    const int64_t count =
        layer ? sc_tensor_elements(&model.net->parameter[layer->first_parameter].desc) : 0;
    if (!layer || count > MOST_WEIGHTS || (run && count != path->weights))
        status =
            sc_fail(path->request->env, SOCLE_STATUS_CONFIG,
                    "%s: --what coefficients is of linear models, one dense layer of one unit, "
                    "of the same up to %d inputs",
                    model.run, MOST_WEIGHTS);
    path->weights = (int)count;
    for (int w = 0; status == SOCLE_OK && w < path->weights; w++) {
        point->weight[w] = (double)model.parameter[layer->first_parameter][w];
        if (!run) path->input[w] = sc_view_input_of(&model, w);
    }
    sc_view_model_close(&model);
    return status;
}

/* ---- Names beside the lines ---- */

/* Where the lines begin, at the weakest penalty, they are furthest apart. */
typedef struct name {
    int weight;
    double at, shown; /* where the line begins, and where its name stands */
} name;

static int compare_names(const void *left, const void *right) {
    const name *a = left, *b = right;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return a->weight - b->weight;
}

/* Names keep a distance of each other and lie around their lines: those that would touch become a
 * block, in whose middle the mean of their lines is. */
static void spread(name *names, int count) {
    const double range = names[count - 1].at - names[0].at;
    const double apart = range * fmin(LEAST_APART, 1.0 / count);
    int first[MOST_WEIGHTS + 1], blocks = 0;
    double middle[MOST_WEIGHTS];
    for (int n = 0; n < count; n++) {
        first[blocks] = n;
        middle[blocks++] = names[n].at;
        while (blocks > 1) {
            const int begin = first[blocks - 2], between = first[blocks - 1],
                      before = between - begin, behind = n + 1 - between;
            if (middle[blocks - 1] - middle[blocks - 2] >= apart * (before + behind) / 2) break;
            blocks--;
            middle[blocks - 1] =
                (middle[blocks - 1] * before + middle[blocks] * behind) / (before + behind);
        }
    }
    first[blocks] = count;
    for (int b = 0; b < blocks; b++)
        for (int n = first[b]; n < first[b + 1]; n++)
            names[n].shown =
                middle[b] + apart * (n - first[b] - (first[b + 1] - first[b] - 1) / 2.0);
}

/* Left of the first run, with a thin line to where each begins. A single run is in the middle. */
static void draw_names(const path *path, sc_panel *panel, const point *first, size_t count) {
    name names[MOST_WEIGHTS];
    size_t longest = 0;
    for (int w = 0; w < path->weights; w++) {
        const size_t length = strlen(path->input[w].name);
        names[w] = (name){w, first->weight[w], first->weight[w]};
        longest = length > longest ? length : longest;
    }
    qsort(names, (size_t)path->weights, sizeof *names, compare_names);
    spread(names, path->weights);
    const double last = first[count - 1].strength,
                 wide = last > first->strength ? last / first->strength : 10,
                 part = count > 1 ? fmin(longest * CHARACTER + GAP, MOST_ROOM) : 0.5;
    panel->x.low = first->strength / pow(wide, part / (1 - part));
    panel->x.high = first->strength * pow(wide, 1 + RIGHT);
    for (int n = 0; n < path->weights; n++) {
        const double x[2] = {first->strength / pow(wide, part / (1 - part) / 2), first->strength},
                     y[2] = {names[n].shown, names[n].at};
        sc_panel_line(panel, NULL, (sc_style){.colour = SC_COLOUR_GREY, .width = 35}, 2, x, y);
        sc_panel_label(panel, (sc_style){.colour = names[n].weight, .backed = true}, x[0], y[0],
                       path->input[names[n].weight].name);
    }
}

static void draw_panel(const path *path, sc_figure *figure, penalty penalty, const point *first,
                       size_t count, double *number) {
    static const char *const titles[PANELS] = {"Ridge", "Lasso", "Elastic net"},
                             *const labels[PANELS] = {"l2", "l1", "l1 + l2"};
    sc_panel *panel = sc_figure_panel(figure, titles[penalty], labels[penalty], "weight");
    panel->x.logarithmic = true;
    for (int w = 0; w < path->weights; w++) {
        const sc_style style = {.colour = w, .dash = w / SC_COLOURS, .symbol = w % SYMBOLS};
        for (size_t i = 0; i < count; i++) {
            number[i] = first[i].strength;
            number[count + i] = first[i].weight[w];
        }
        sc_panel_line(panel, path->input[w].name, style, count, number, number + count);
        sc_panel_points(panel, path->input[w].name, style, count, number, number + count, NULL);
    }
    draw_names(path, panel, first, count);
}

static socle_status draw(const path *path, sc_figure *figure) {
    const size_t runs = (size_t)path->request->runs;
    double *number;
    SC_TRY(sc_allocate(path->request->env, &number, 2 * runs, sizeof *number));
    qsort(path->point, runs, sizeof *path->point, compare);
    sc_figure_title(figure, "Weights over the strength of the penalty");
    for (size_t i = 0, next; i < runs; i = next) {
        for (next = i + 1; next < runs && path->point[next].penalty == path->point[i].penalty;)
            next++;
        if (path->point[i].penalty != NONE)
            draw_panel(path, figure, path->point[i].penalty, &path->point[i], next - i, number);
    }
    sc_release(path->request->env, number);
    if (figure->first) return SOCLE_OK;
    return sc_fail(path->request->env, SOCLE_STATUS_CONFIG,
                   "none of these runs has a penalty: --set train.penalty={l1: 0.01}");
}

socle_status sc_view_coefficients(sc_figure *figure, const sc_view_request *request) {
    path path = {.request = request};
    SC_TRY(sc_allocate(request->env, &path.point, (size_t)request->runs, sizeof *path.point));
    socle_status status = SOCLE_OK;
    for (int r = 0; status == SOCLE_OK && r < request->runs; r++) status = read_run(&path, r);
    if (status == SOCLE_OK) status = draw(&path, figure);
    sc_release(request->env, path.point);
    return status;
}
